/* What a client sends at the limits, and what Sidegate makes of it: whatever intake takes, egress
 * can read; what intake does not take is refused with a sentence, and harms nobody. */
#include "stage.h"

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/judged.h"
#include "gateway/rewrite.h"
#include "proto/projection.h"

#define VERSION "\"" MCP_META_VERSION "\":\"2026-07-28\""
#define CAPS    "\"" MCP_META_CAPABILITIES "\":{}"

/* A tools/call with so many members in its _meta (at least two), elements in an array of its
 * arguments, levels around it, and members more in its params; without clientInfo. */
struct shape {
    uint32_t meta, elements;
    unsigned levels;
    const char *more;
};

static void put_call(struct buf *out, const struct shape *s)
{
    buf_put_str(out, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
                     "\"forecast\",\"arguments\":{\"city\":");
    for (unsigned i = 0; i < s->levels; i++)
        buf_put_u8(out, '[');
    for (uint32_t i = 0; i < s->elements; i++)
        buf_put_str(out, i == 0 ? "0" : ",0");
    for (unsigned i = 0; i < s->levels; i++)
        buf_put_u8(out, ']');
    buf_put_str(out, s->levels == 0 ? "0}" : "}");
    buf_printf(out, "%s,\"_meta\":{" VERSION "," CAPS, s->more == NULL ? "" : s->more);
    for (uint32_t i = 2; i < s->meta; i++)
        buf_printf(out, ",\"k%u\":0", (unsigned)i);
    buf_put_str(out, "}}}");
}

/* What keeper and egress are to find the same. */
static struct digest judge(const struct json *j, const struct mcp_request *q)
{
    struct buf projection = BUF_INIT(LIM_PROJECTION_BYTES), name = BUF_INIT(LIM_NAME_BYTES);
    struct judged seen = {.kind = (uint8_t)CALL_KIND_REQUEST, .method = SLICE_LIT("tools/call")};
    struct digest d;

    assert_err(projection_of(j, &q->rpc, NULL, hash_sha256, &projection), ERR_OK);
    projection_put_name(&(struct projection_in){.j = j, .name = q->name, .sha256 = hash_sha256},
                        &name);
    seen.name = buf_slice(&name);
    seen.projection = buf_slice(&projection);
    d = judged_digest(&seen);
    buf_free(&projection);
    buf_free(&name);
    return d;
}

/* ERR_OK: it was read, and what was made of it is the same request, within egress's limits. */
static enum err pass(struct slice text)
{
    struct buf out = BUF_INIT(limit_get(SET_BODY_BYTES) + LIM_REWRITE_BYTES);
    struct json j, again;
    struct mcp_request q, p;
    struct digest body, before, after;
    enum err e;

    j = JSON_INIT;
    again = JSON_INIT;
    e = rewrite_read(&j, text);
    if (e == ERR_OK) {
        assert_err(mcp_request_read(&j, SLICE_LIT("2026-07-28"), &q), ERR_OK);
        assert_err(rewrite_body(&j, &q, SLICE_EMPTY, &out, &body), ERR_OK);
        assert_err(json_parse(&again, buf_slice(&out), NULL), ERR_OK);
        assert_err(mcp_request_read(&again, SLICE_LIT("2026-07-28"), &p), ERR_OK);
        before = judge(&j, &q);
        after = judge(&again, &p);
        assert_memory_equal(before.b, after.b, sizeof(before.b));
    }
    json_free(&j);
    json_free(&again);
    buf_free(&out);
    return e;
}

static enum err pass_shape(const struct shape *s)
{
    struct buf b = BUF_INIT(1 << 20);
    enum err e;

    put_call(&b, s);
    e = pass(buf_slice(&b));
    buf_free(&b);
    return e;
}

/* How many values stand in a call with one level and no element. */
static uint32_t values_of_the_rest(void)
{
    struct buf b = BUF_INIT(4096);
    struct json j;
    uint32_t n;

    j = JSON_INIT;
    put_call(&b, &(struct shape){.meta = 2, .levels = 1});
    assert_err(json_parse(&j, buf_slice(&b), NULL), ERR_OK);
    n = j.n;
    json_free(&j);
    buf_free(&b);
    return n;
}

static void test_rewritten_within_the_limits(void **state)
{
    const uint32_t keys = LIM_JSON_KEYS, nodes = LIM_JSON_NODES - values_of_the_rest();
    static const unsigned depth = LIM_JSON_DEPTH - 3; /* in the message, its params, arguments */

    (void)state;
    for (uint32_t k = 0; k <= LIM_REWRITE_KEYS; k++)
        assert_err(pass_shape(&(struct shape){.meta = keys - k}),
                   k < LIM_REWRITE_KEYS ? ERR_TOO_LARGE : ERR_OK);
    for (uint32_t k = LIM_REWRITE_NODES % 7; k <= LIM_REWRITE_NODES; k += 7)
        assert_err(pass_shape(&(struct shape){.meta = 2, .levels = 1, .elements = nodes - k}),
                   k < LIM_REWRITE_NODES ? ERR_TOO_LARGE : ERR_OK);
    assert_err(pass_shape(&(struct shape){.meta = 2, .levels = depth}), ERR_OK);
    assert_err(pass_shape(&(struct shape){.meta = 2, .levels = depth + 1}), ERR_TOO_DEEP);
}

#define MODERN                                                                                     \
    "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: forecast\r\n"

/* What would break a limit only when it leaves goes no further than intake. */
static void test_beyond_is_refused(void **state)
{
    static const struct shape rows[] = {{.meta = LIM_JSON_KEYS},
                                        {.meta = LIM_JSON_KEYS - LIM_REWRITE_KEYS + 1}};
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct client c = {0};
        struct buf b = BUF_INIT(1 << 20);

        put_call(&b, &rows[i]);
        buf_put_u8(&b, 0);
        post(s, &c, "/mcp/both", MODERN, (const char *)b.p);
        WAIT(s, &c, has(&c, "HTTP/1.1 ") || s->n[MSG_CALL_OPEN] > 0);
        assert_int_equal(s->n[MSG_CALL_OPEN], 0);
        assert_true(has(&c, "HTTP/1.1 413"));
        WAIT(s, &c, has(&c, "larger than the limit; send less at once"));
        client_close(&c);
        buf_free(&b);
    }
}

static void test_at_the_limit_is_sent(void **state)
{
    struct stage *s = *state;
    struct client c = {0};
    struct buf b = BUF_INIT(1 << 20);
    struct json j;

    j = JSON_INIT;
    put_call(&b, &(struct shape){.meta = LIM_JSON_KEYS - LIM_REWRITE_KEYS});
    buf_put_u8(&b, 0);
    post(s, &c, "/mcp/both", MODERN, (const char *)b.p);
    let_through(s, &c);
    assert_err(json_parse(&j, buf_slice(&s->body), NULL), ERR_OK);
    assert_int_equal(json_count(&j, json_get(&j, json_get(&j, 0, "params"), "_meta")),
                     LIM_JSON_KEYS - LIM_REWRITE_KEYS + 1);
    client_close(&c);
    json_free(&j);
    buf_free(&b);
}

/* An id of an upstream's request fits wherever it goes, at its longest; one byte more, and it is
 * none. */
static void test_longest_id(void **state)
{
    struct stage *s = *state;
    char session[ID_TEXT + 1];

    open_session(s, "/mcp/both", "{}", session);
    for (unsigned extra = 0; extra < 2; extra++) {
        struct client c = {0};
        struct buf ask = BUF_INIT(4096);

        buf_printf(&ask, "{\"jsonrpc\":\"2.0\",\"id\":\"%0*d\",\"method\":\"roots/list\"}",
                   (int)(LIM_RPC_ID_BYTES - 2 + extra), 0);
        buf_put_u8(&ask, 0);
        post_in(
            s, &c, session,
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"t\"}}");
        let_through(s, &c);
        say_head(s, s->head.call, ANSWER_KIND_SSE);
        say_part(s, s->head.call, (const char *)ask.p, true);
        WAIT(s, &c, s->n[MSG_ASK_REFUSE] > 0 && (extra == 0 || has(&c, "\"error\"")));
        assert_int_equal(s->n[MSG_ASK_REFUSE], 1);
        say_end(s, s->head.call, ANSWER_HOW_DONE, ERR_OK);
        WAIT(s, &c, HASH_COUNT(s->g.calls) == 0);
        assert_false(s->egress_ended);
        client_close(&c);
        buf_free(&ask);
    }
}

/* --- a keeper that stands still --------------------------------------------------------------- */

/* As long as they can be: more than its channel and the kernel could hold. */
enum { CALLS = CHAN_QUEUE / LIM_PROJECTION_BYTES + 128 };

static unsigned calls_in(const struct stage *s, enum call_state state)
{
    unsigned n = 0;

    for (const struct call *c = s->g.calls; c != NULL; c = c->hh.next)
        n += c->state == state;
    return n;
}

/* It is no lost channel, whoever asks how much: calls, and tokens that nobody knows yet, wait for
 * it, and are asked about in their order when it goes on. */
static void test_keeper_stands_still(void **state)
{
    struct stage *s = *state;
    struct client *c = mem_zalloc_array(CALLS + 1, sizeof(*c));
    struct buf more = BUF_INIT(LIM_PROJECTION_BYTES);
    unsigned asked;

    buf_put_str(&more, ",\"x\":\"");
    while (more.n < LIM_PROJECTION_BYTES - 1024)
        buf_put_u8(&more, 'x');
    buf_put(&more, slice_of((const uint8_t *)"\"", 2));
    stage_still_keeper(s);
    for (unsigned i = 0; i < CALLS; i++) {
        call_modern(s, &c[i], "1", "{}", (const char *)more.p);
        if (i == 0) { /* the keeper of before knew this token */
            WAIT(s, &c[0], s->g.keys.last_check == 1);
            keys_on_known(&s->g.keys, &(struct msg_token_known){.check = 1, .known = true});
        }
        WAIT(s, &c[i], HASH_COUNT(s->g.calls) == i + 1);
    }
    request(s, &c[CALLS], "GET /mcp/both", "Authorization: Bearer other\r\n", NULL);
    WAIT(s, &c[CALLS], s->g.keys.last_check == 2);
    asked = calls_in(s, CALL_ASKED);
    assert_in_range(asked, CHAN_FULL / LIM_PROJECTION_BYTES, CALLS / 2);
    assert_int_equal(calls_in(s, CALL_WAITING), CALLS - asked);
    client_close(&c[CALLS - 1]); /* nobody waits for this one any more */
    WAIT(s, &c[0], HASH_COUNT(s->g.calls) == CALLS - 1);
    assert_non_null(s->near_keeper);

    stage_wake_keeper(s);
    WAIT_MSG(s, &c[0], MSG_CALL_OPEN, CALLS - 1);
    WAIT_MSG(s, &c[0], MSG_TOKEN_CHECK, 2);
    assert_int_equal(calls_in(s, CALL_ASKED), CALLS - 1);
    assert_int_equal(s->g.last_call, s->open.call + 1); /* the last but one came last */
    for (unsigned i = 0; i <= CALLS; i++)
        client_close(&c[i]);
    buf_free(&more);
    mem_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rewritten_within_the_limits),
        STAGED(test_beyond_is_refused),
        STAGED(test_at_the_limit_is_sent),
        STAGED(test_longest_id),
        STAGED(test_keeper_stands_still),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
