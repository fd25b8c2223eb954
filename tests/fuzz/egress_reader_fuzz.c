/*
 * An upstream's answer. The first byte chooses what is expected; the rest comes in one piece and
 * byte by byte, and must give the same messages, at most one of them final and with our id.
 */
#include "base/limits.h"
#include "egress/reader.h"
#include "fuzz.h"

struct seen {
    struct buf text;
    unsigned finals;
};

static enum err on_message(void *ctx, const struct json *j, const struct jsonrpc *m, bool final)
{
    struct seen *s = ctx;

    s->finals += final;
    MUST(s->finals <= 1);
    if (final)
        MUST(jsonrpc_id_eq(jsonrpc_id_text(j, m->id), SLICE_LIT("7")));
    json_copy(j, 0, &s->text);
    buf_put_u8(&s->text, '\n');
    return ERR_OK;
}

static enum err run(const struct reader_rules *rules, struct slice in, size_t piece, struct seen *s)
{
    struct reader r;
    enum err e = ERR_OK;

    reader_init(&r, rules, on_message, s);
    while (in.n > 0 && e == ERR_OK) {
        e = reader_feed(&r, slice_sub(in, 0, piece));
        in = slice_sub(in, piece, in.n);
    }
    if (e == ERR_OK)
        e = reader_finish(&r);
    MUST(e == ERR_OK || e == ERR_TOO_LARGE || e == ERR_UPSTREAM_ANSWER || e == ERR_CLOSED);
    if (e == ERR_OK && rules->is_request)
        MUST(s->finals == 1);
    reader_free(&r);
    return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole = {.text = BUF_INIT(1 << 24)}, bytes = whole;
    struct slice in = slice_of(data, size);
    struct reader_rules rules = {.id = SLICE_LIT("7"), .max_message = 4096, .max_messages = 64};

    if (size == 0)
        return 0;
    rules.from = (enum reader_from)(data[0] % 3);
    rules.era = data[0] & 4 ? ERA_LEGACY : ERA_MODERN;
    rules.is_request = rules.from != READER_EVENTS || !(data[0] & 8);
    in = slice_sub(in, 1, in.n);
    MUST(run(&rules, in, in.n == 0 ? 1 : in.n, &whole) == run(&rules, in, 1, &bytes));
    MUST(slice_eq(buf_slice(&whole.text), buf_slice(&bytes.text)));
    buf_free(&whole.text);
    buf_free(&bytes.text);
    return 0;
}
