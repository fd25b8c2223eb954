/* What a legacy upstream asks its client, under ids of ours. */
#include "legacy.h"

#include <stdio.h>

static void test_upstream_request(void **state)
{
    struct stage *s = *state;
    struct client c, r = {0};
    char id[ID_TEXT + 1];
    uint64_t call;

    open_session(s, "/mcp/both", FORM, id);
    start(s, &c, id, CALL);
    call = s->open.call;
    say_head(s, call, ANSWER_KIND_SSE);
    say_part(s, call,
             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sampling/createMessage\",\"params\":"
             "{\"x\":1.0}}",
             true);
    WAIT(s, &c,
         has(&c, "data: {\"jsonrpc\":\"2.0\",\"id\":\"sg-1\",\"method\":"
                 "\"sampling/createMessage\",\"params\":{\"x\":1.0}}\n\n"));
    post_in(s, &r, id, "{\"jsonrpc\":\"2.0\",\"id\":\"sg-1\",\"result\":{\"role\":\"assistant\"}}");
    WAIT_MSG(s, &r, MSG_CALL_OPEN, 3);
    assert_int_equal(s->open.kind, CALL_KIND_RESPONSE);
    assert_int_equal(s->open.want, CALL_WANT_SEND);
    assert_string_equal(s->open.method, "");
    assert_int_equal(s->open.projection.n, 0);
    say_permit(s, s->open.call, &s->alice, false);
    WAIT(s, &r, has(&r, "HTTP/1.1 202 "));
    WAIT_MSG(s, &r, MSG_SEND_HEAD, 2);
    WAIT(s, &r, s->body.n > 0);
    assert_slice(buf_slice(&s->body),
                 "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"role\":\"assistant\"}}");
    say_end(s, s->open.call, ANSWER_HOW_DONE, ERR_OK);
    client_close(&r);
    /* Answered once. */
    r = (struct client){0};
    post_in(s, &r, id, "{\"jsonrpc\":\"2.0\",\"id\":\"sg-1\",\"result\":{}}");
    WAIT(s, &r, has(&r, "HTTP/1.1 202 "));
    assert_int_equal(s->n[MSG_CALL_OPEN], 3);
    client_close(&r);
    say_part(s, call, RESULT, true);
    say_end(s, call, ANSWER_HOW_DONE, ERR_OK);
    WAIT(s, &c, has(&c, RESULT));
    all_is_over(s, &c);
}

static void test_upstream_takes_its_request_back(void **state)
{
    struct stage *s = *state;
    struct client c;
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", FORM, id);
    start(s, &c, id, CALL);
    say_head(s, s->open.call, ANSWER_KIND_SSE);
    say_part(s, s->open.call, "{\"jsonrpc\":\"2.0\",\"id\":\"u7\",\"method\":\"roots/list\"}",
             true);
    say_part(
        s, s->open.call,
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":"
        "\"u7\"}}",
        true);
    /* Of one that it never made. */
    say_part(
        s, s->open.call,
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":"
        "1}}",
        true);
    say_part(s, s->open.call, RESULT, true);
    say_end(s, s->open.call, ANSWER_HOW_DONE, ERR_OK);
    WAIT(s, &c, has(&c, RESULT));
    assert_true(has(&c, "\"params\":{\"requestId\":\"sg-1\"}"));
    assert_int_equal(client_count(&c, "notifications/cancelled"), 1);
    all_is_over(s, &c);
}

/* Egress is told so; the gateway has no permit and no body for it. */
static void is_refused(struct stage *s, const char *wanted)
{
    buf_put_u8(&s->refusals, 0);
    assert_string_equal((const char *)s->refusals.p, wanted);
    assert_int_equal(s->n[MSG_SEND_HEAD], 1);
}

/* Nobody is there to ask any more, on a call that goes on alone. */
static void test_requests_without_a_client(void **state)
{
    struct stage *s = *state;
    struct client c;
    char id[ID_TEXT + 1], wanted[64];
    uint64_t call;

    open_session(s, "/mcp/both", FORM, id);
    start(s, &c, id, CALL);
    call = s->open.call;
    say_head(s, call, ANSWER_KIND_SSE);
    client_close(&c);
    quiet(s, &c);
    say_part(s, call, "{\"jsonrpc\":\"2.0\",\"id\":\"u7\",\"method\":\"roots/list\"}", true);
    WAIT_MSG(s, &c, MSG_ASK_REFUSE, 1);
    say_part(s, call, RESULT, true);
    say_end(s, call, ANSWER_HOW_DONE, ERR_OK);
    WAIT(s, &c, HASH_COUNT(s->g.calls) == 0);
    snprintf(wanted, sizeof(wanted), "%llu \"u7\" no_room\n", (unsigned long long)call);
    is_refused(s, wanted);
}

static void test_undeclared_requests(void **state)
{
    static const char *const rows[] = {
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sampling/createMessage\",\"params\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"roots/list\"}",
        ("{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"elicitation/create\",\"params\":{\"mode\":"
         "\"form\"}}"),
        "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\",\"params\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"com.example/x\"}",
    };
    struct stage *s = *state;
    struct client c;
    struct buf wanted;
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", URL, id);
    start(s, &c, id, CALL);
    say_head(s, s->open.call, ANSWER_KIND_SSE);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        say_part(s, s->open.call, rows[i], true);
    say_part(s, s->open.call,
             "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"elicitation/create\",\"params\":{\"mode\":"
             "\"url\",\"url\":\"https://u.example\"}}",
             true);
    say_part(s, s->open.call, RESULT, true);
    say_end(s, s->open.call, ANSWER_HOW_DONE, ERR_OK);
    WAIT(s, &c, has(&c, RESULT));
    assert_int_equal(client_count(&c, "\"method\""), 1);
    assert_true(has(&c, "https://u.example"));
    WAIT_MSG(s, &c, MSG_ASK_REFUSE, ARRAY_LEN(rows));
    buf_init(&wanted, 1024);
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++)
        buf_printf(&wanted, "%llu %u unknown_method\n", (unsigned long long)s->open.call, i + 1);
    buf_put_u8(&wanted, 0);
    is_refused(s, (const char *)wanted.p);
    buf_free(&wanted);
    all_is_over(s, &c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_upstream_request),
        STAGED(test_upstream_takes_its_request_back),
        STAGED(test_requests_without_a_client),
        STAGED(test_undeclared_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
