/*
 * A client's message on its way to the upstream. First byte: what is done to the message before it
 * is read, so that it stands at a limit, and what the gateway puts into it; second byte: how far
 * from the limit; the rest the message. Whatever intake takes, egress can read after it was written
 * again, and finds the same request, with no member that may be misread if there was none.
 */
#include "crypto/hash.h"
#include "crypto/judged.h"
#include "fuzz.h"
#include "gateway/rewrite.h"
#include "proto/misread.h"
#include "proto/projection.h"

#include <string.h>

enum {
    FULL_META = 1,   /* as many members in _meta as may be, the second byte fewer */
    FULL_PARAMS = 2, /* in params */
    FULL_NODES = 4,  /* values in the whole message */
    FULL_BYTES = 8,  /* bytes in the whole message */
    LEGACY = 16,
    NEW_ID = 128, /* and the message the longest id */
};

/* --- at the limit ----------------------------------------------------------------------------- */

static void fill(struct json_edits *e, const struct json *j, uint32_t object, uint32_t n)
{
    for (uint32_t i = json_count(j, object); json_is(j, object, JSON_OBJECT) && i < n; i++) {
        struct buf name = BUF_INIT(16);

        buf_printf(&name, "k%u", (unsigned)i);
        json_edit_add_member(e, object, buf_slice(&name), SLICE_LIT("0"));
        buf_free(&name);
    }
}

/* n times a text that is short. */
static void repeat(struct buf *out, const char *text, size_t n)
{
    struct buf many = BUF_INIT(4096);

    for (size_t i = 0; i < 256; i++)
        buf_put_str(&many, text);
    for (; n >= 256; n -= 256)
        buf_put(out, buf_slice(&many));
    for (; n > 0; n--)
        buf_put_str(out, text);
    buf_free(&many);
}

/* An array as a member of the message, of so many elements that there are n values in all. */
static void fill_nodes(struct json_edits *e, const struct json *j, uint32_t n)
{
    struct buf text = BUF_INIT(4 * LIM_JSON_NODES);

    if (!json_is(j, 0, JSON_OBJECT) || n < j->n + 3)
        return;
    buf_put_str(&text, "[0");
    repeat(&text, ",0", n - j->n - 3);
    buf_put_u8(&text, ']');
    json_edit_add_member(e, 0, SLICE_LIT("many"), buf_slice(&text));
    buf_free(&text);
}

static void prepare(struct slice text, uint8_t how, uint8_t off, struct buf *out)
{
    struct json_edits e;
    struct json j;
    uint32_t params, keys = LIM_JSON_KEYS - off, nodes = LIM_JSON_NODES - off;

    j = JSON_INIT;
    json_edits_init(&e, 8 * LIM_JSON_NODES);
    if ((how & (FULL_META | FULL_PARAMS | FULL_NODES | FULL_BYTES)) == 0 ||
        json_parse(&j, text, NULL) != ERR_OK) {
        buf_put(out, text); /* as it is: the most of what is tried */
    } else {
        params = json_get(&j, 0, "params");
        if (how & FULL_META)
            fill(&e, &j, json_get(&j, params, "_meta"), keys);
        if (how & FULL_PARAMS)
            fill(&e, &j, params, keys);
        if (how & FULL_NODES)
            fill_nodes(&e, &j, nodes);
        MUST(json_copy_edited(&j, 0, &e, out) == ERR_OK);
    }
    if ((how & FULL_BYTES) && out->n + off < limit_get(SET_BODY_BYTES))
        repeat(out, " ", limit_get(SET_BODY_BYTES) - off - out->n);
    json_edits_free(&e);
    json_free(&j);
}

/* --- the same request ------------------------------------------------------------------------- */

/* What keeper and egress judge; of a message that the keeper could not be asked about *ret is
 * false. */
static struct digest judge(const struct json *j, const struct mcp_request *q, bool *ret)
{
    struct buf projection = BUF_INIT(LIM_PROJECTION_BYTES), name = BUF_INIT(LIM_NAME_BYTES),
               method = BUF_INIT(LIM_METHOD_BYTES);
    struct judged seen = {.kind = (uint8_t)q->rpc.kind};
    struct digest d;

    *ret = projection_of(j, &q->rpc, NULL, hash_sha256, &projection) == ERR_OK;
    projection_put_name(&(struct projection_in){.j = j, .name = q->name, .sha256 = hash_sha256},
                        &name);
    seen.method = json_str_slice(j, q->rpc.method, &method);
    seen.name = buf_slice(&name);
    seen.projection = buf_slice(&projection);
    d = judged_digest(&seen);
    buf_free(&projection);
    buf_free(&name);
    buf_free(&method);
    return d;
}

/* Everything in params that the hop does not write itself is there as it was, and nothing else. */
static void check_params(const struct json *a, uint32_t p, const struct json *b, uint32_t q)
{
    static const char *const ours[] = {"_meta", "requestState", "inputResponses"};
    struct buf x = BUF_INIT(SIZE_MAX), y = BUF_INIT(SIZE_MAX), scratch = BUF_INIT(SIZE_MAX);

    MUST(json_count(b, q) <= json_count(a, p));
    for (uint32_t k = json_first(a, p); k != JSON_NONE; k = json_next(a, k)) {
        bool mine = false;

        for (size_t i = 0; i < ARRAY_LEN(ours); i++)
            mine |= json_str_eq_c(a, k, ours[i]);
        if (mine || json_count(a, p) > 64)
            continue;
        buf_clear(&x);
        buf_clear(&y);
        buf_clear(&scratch);
        json_copy(a, json_value(a, k), &x);
        uint32_t there = json_get_slice(b, q, json_str_slice(a, k, &scratch));
        MUST(there != JSON_NONE);
        json_copy(b, there, &y);
        MUST(slice_eq(buf_slice(&x), buf_slice(&y)));
    }
    buf_free(&x);
    buf_free(&y);
    buf_free(&scratch);
}

/* What was made another of. */
struct made {
    const struct json *j;
    const struct mcp_request *req;
    struct slice new_id;
};

static void check_again(const struct made *r, struct slice version, struct slice body)
{
    struct json j;
    struct mcp_request q;
    bool asked, same;
    struct digest before = judge(r->j, r->req, &asked), after;

    j = JSON_INIT;
    MUST(json_parse(&j, body, NULL) == ERR_OK);
    MUST(mcp_request_read(&j, version, &q) == ERR_OK);
    MUST(q.rpc.kind == r->req->rpc.kind && q.era == r->req->era && q.method == r->req->method);
    if (misread_member(r->j, &r->req->rpc) == JSON_NONE)
        MUST(misread_member(&j, &q.rpc) == JSON_NONE);
    after = judge(&j, &q, &same);
    MUST(asked == same && ID_EQ(before, after));
    if (q.rpc.kind != JSONRPC_NOTIFICATION && q.rpc.id != JSON_NONE)
        MUST(jsonrpc_id_eq(jsonrpc_id_text(&j, q.rpc.id),
                           r->new_id.n > 0 ? r->new_id : jsonrpc_id_text(r->j, r->req->rpc.id)));
    if (q.rpc.params != JSON_NONE)
        check_params(r->j, r->req->rpc.params, &j, q.rpc.params);
    json_free(&j);
}

static void check(struct slice text, uint8_t how)
{
    static char id[LIM_RPC_ID_BYTES];
    struct slice version = how & LEGACY ? SLICE_LIT("2025-11-25") : SLICE_LIT("2026-07-28");
    struct buf out = BUF_INIT(limit_get(SET_BODY_BYTES) + LIM_REWRITE_BYTES);
    struct json j;
    struct mcp_request q;
    struct digest d;

    memset(id, 'i', sizeof(id));
    id[0] = id[sizeof(id) - 1] = '"';
    j = JSON_INIT;
    if (rewrite_read(&j, text) == ERR_OK && mcp_request_read(&j, version, &q) == ERR_OK) {
        bool is_answer = q.rpc.kind == JSONRPC_RESULT || q.rpc.kind == JSONRPC_ERROR;
        struct made r = {.j = &j, .req = &q};

        if ((how & NEW_ID) && is_answer && q.rpc.id != JSON_NONE)
            r.new_id = slice_of(id, sizeof(id));
        MUST(rewrite_body(r.j, r.req, r.new_id, &out, &d) == ERR_OK);
        check_again(&r, version, buf_slice(&out));
    }
    json_free(&j);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text = BUF_INIT(SIZE_MAX);
    uint8_t how = size < 2 ? 0 : data[0];

    if (size < 2)
        return 0;
    /* So many values take long: seldom, and where it matters. */
    if (data[1] < LIM_REWRITE_NODES - 4 || data[1] > LIM_REWRITE_NODES + 4)
        how &= (uint8_t)~FULL_NODES;
    MUST(limit_set(SET_BODY_BYTES, how & FULL_NODES ? 1 << 20 : 1 << 17) == ERR_OK);
    prepare(slice_of(data + 2, size - 2), how, data[1], &text);
    if (text.n <= limit_get(SET_BODY_BYTES))
        check(buf_slice(&text), how);
    buf_free(&text);
    return 0;
}
