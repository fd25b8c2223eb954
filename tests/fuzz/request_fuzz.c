/*
 * A message, whatever its members' order: its document is written once more with the members of
 * every object the other way round, and must be the same request; and the canonical form is no
 * longer than a constant times the message.
 */
#include "fuzz.h"
#include "proto/jsonrpc.h"
#include "proto/request.h"

static void put(void *ctx, struct slice s)
{
    buf_put(ctx, s);
}

static void put_reversed(const struct json *j, uint32_t node, struct buf *out)
{
    uint32_t n = json_count(j, node), *v = NULL, k = json_first(j, node);
    bool is_object = json_is(j, node, JSON_OBJECT);

    if (n == 0) {
        json_copy(j, node, out);
        return;
    }
    v = calloc(n, sizeof(*v));
    MUST(v != NULL);
    for (uint32_t i = 0; i < n; i++, k = json_next(j, k))
        v[is_object ? n - 1 - i : i] = k;
    buf_put_u8(out, is_object ? '{' : '[');
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            buf_put_u8(out, ',');
        if (is_object) {
            json_copy(j, v[i], out);
            buf_put_u8(out, ':');
        }
        put_reversed(j, is_object ? json_value(j, v[i]) : v[i], out);
    }
    buf_put_u8(out, is_object ? '}' : ']');
    free(v);
}

static void check(const struct json *j, const struct jsonrpc *m)
{
    struct buf a = BUF_INIT(SIZE_MAX), b = BUF_INIT(SIZE_MAX), text = BUF_INIT(SIZE_MAX);
    struct json other;
    struct jsonrpc n;

    request_put(j, m, NULL, put, &a);
    MUST(a.n <= 128 + 10 * j->text.n);
    put_reversed(j, 0, &text);
    other = JSON_INIT;
    MUST(json_parse(&other, buf_slice(&text), NULL) == ERR_OK);
    MUST(jsonrpc_read(&other, &n) == ERR_OK);
    request_put(&other, &n, NULL, put, &b);
    MUST(slice_eq(buf_slice(&a), buf_slice(&b)));
    MUST(request_has_state(j, m) == request_has_state(&other, &n));
    MUST(request_has_answers(j, m) == request_has_answers(&other, &n));
    json_free(&other);
    buf_free(&a);
    buf_free(&b);
    buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct json j;
    struct jsonrpc m;

    j = JSON_INIT;
    if (json_parse(&j, slice_of(p, n), NULL) == ERR_OK && jsonrpc_read(&j, &m) == ERR_OK)
        check(&j, &m);
    json_free(&j);
    return 0;
}
