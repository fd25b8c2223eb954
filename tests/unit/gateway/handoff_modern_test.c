/* How a modern client is told of a handoff: by input_required, or in words. */
#include "modern.h"

/* --- the handoff ------------------------------------------------------------------------------ */

#define LINK "http://localhost:8401/h/77010000000000000000000000000000"

static void test_handoff(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    call_modern(s, &c, "1", URL, "");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    say_handoff(s, s->open.call, "SEALED1");
    WAIT(s, &c, has(&c, "\"requestState\":\"SEALED1\"}}"));
    assert_true(has(&c, "HTTP/1.1 200 "));
    assert_true(has(&c,
                    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"input_required\","
                    "\"inputRequests\":{\"sidegate\":{\"method\":\"elicitation/create\","
                    "\"params\":{\"mode\":\"url\",\"message\":\"The Weather needs"));
    assert_true(has(&c, "amber falcon"));
    assert_true(has(&c, "\"url\":\"" LINK "\""));
    assert_false(has(&c, "elicitationId"));
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
    assert_int_equal(s->n[MSG_SEND_HEAD], 0);
    all_is_over(s, &c);
}

/* The retry up to the keeper's decision. */
static void retry(struct stage *s, struct client *c, const char *action)
{
    struct buf b = BUF_INIT(512);
    unsigned opens = s->n[MSG_CALL_OPEN];

    *c = (struct client){0};
    buf_printf(&b,
               ",\"requestState\":\"SEALED1\",\"inputResponses\":{\"sidegate\":{\"action\":"
               "\"%s\"}}",
               action);
    buf_put_u8(&b, 0);
    call_modern(s, c, "2", URL, (const char *)b.p);
    buf_free(&b);
    WAIT_MSG(s, c, MSG_CALL_OPEN, opens + 1);
    assert_string_equal(s->open.state, "SEALED1");
}

static void test_retry_is_held(void **state)
{
    struct stage *s = *state;
    struct client c;

    assert_err(limit_set(SET_COMMENT_TIME, 100), ERR_OK);
    retry(s, &c, "accept");
    assert_int_equal(s->open.answer, ANSWER_ACCEPT);
    say_hold(s, s->open.call, "SEALED2");
    WAIT(s, &c, has(&c, "text/event-stream")); /* at once */
    WAIT(s, &c, has(&c, "\"progress\":2"));
    /* The person is done: the same call goes on. */
    say_permit(s, s->open.call, &s->alice, false);
    WAIT_MSG(s, &c, MSG_SEND_HEAD, 1);
    WAIT(s, &c, s->body.n == s->head.size);
    assert_body_is_shown(s);
    /* The upstream sees a request that was never asked anything. */
    assert_true(slice_find(buf_slice(&s->body), SLICE_LIT("requestState")) == s->body.n);
    assert_true(slice_find(buf_slice(&s->body), SLICE_LIT("inputResponses")) == s->body.n);
    say_answer(s, s->open.call,
               "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"resultType\":"
               "\"complete\",\"content\":[]}}");
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    assert_true(has(&c, "data: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\""));
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
    assert_true(ID_EQ(s->gone_use, s->head.use));
    all_is_over(s, &c);
}

static void test_leg_ends(void **state)
{
    struct stage *s = *state;
    struct client c;

    assert_err(limit_set(SET_HOLD_TIME, 200), ERR_OK);
    retry(s, &c, "accept");
    say_hold(s, s->open.call, "SEALED2");
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    assert_true(has(&c, "data: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"resultType\":"
                        "\"input_required\",\"requestState\":\"SEALED2\"}}\n\n"));
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
    assert_true(ID_IS_ZERO(s->gone_use)); /* of what is permitted on its way nothing was sent */
    all_is_over(s, &c);
    /* The last one ends with a result that a model can read. */
    retry(s, &c, "accept");
    say_hold(s, s->open.call, "");
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    assert_true(has(&c, "\"resultType\":\"complete\""));
    assert_true(has(&c, "\"isError\":true"));
    assert_true(has(&c, "waits for them at " SURFACE));
    all_is_over(s, &c);
}

static void test_hold_ends_otherwise(void **state)
{
    static const struct {
        enum ending how;
        const char *wanted;
    } rows[] = {{ENDING_DECLINED, "declined"},
                {ENDING_EXPIRED, "did not finish in time"},
                {ENDING_FAILED, "was not accepted"},
                {ENDING_CANCELLED, "set aside"},
                {ENDING_WAITING, "Never ask them for a password"}};
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct client c;

        retry(s, &c, "accept");
        say_hold(s, s->open.call, "SEALED2");
        WAIT(s, &c, has(&c, "text/event-stream"));
        say_neutral(s, s->open.call, rows[i].how);
        WAIT(s, &c, has(&c, rows[i].wanted));
        assert_true(has(&c, "\"isError\":true"));
        all_is_over(s, &c);
    }
    assert_int_equal(s->n[MSG_CALL_GONE], 0); /* the keeper knows */
}

static void test_hold_without_a_keeper(void **state)
{
    struct stage *s = *state;
    struct client c;

    retry(s, &c, "accept");
    say_hold(s, s->open.call, "SEALED2");
    WAIT(s, &c, has(&c, "text/event-stream"));
    stage_end(s, &s->keeper);
    WAIT(s, &c, has(&c, "\"requestState\":\"SEALED1\""));
    client_close(&c);
}

static void test_leaving_a_held_leg(void **state)
{
    struct stage *s = *state;
    struct client c;

    retry(s, &c, "accept");
    say_hold(s, s->open.call, "SEALED2");
    WAIT(s, &c, has(&c, "text/event-stream"));
    client_close(&c);
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
    assert_int_equal(s->n[MSG_CALL_ANSWER], 0);
}

static void test_what_the_person_s_client_said(void **state)
{
    static const struct {
        const char *action;
        enum answer answer;
    } rows[] = {{"decline", ANSWER_DECLINE}, {"cancel", ANSWER_CANCEL}, {"nonsense", ANSWER_NONE}};
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct client c;

        retry(s, &c, rows[i].action);
        assert_int_equal(s->open.answer, rows[i].answer);
        say_neutral(s, s->open.call, ENDING_DECLINED);
        WAIT(s, &c, has(&c, "\"isError\":true"));
        all_is_over(s, &c);
    }
}

static void test_forged_state(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    call_modern(s, &c, "1", URL, ",\"requestState\":\"FORGED\"");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    assert_string_equal(s->open.state, "FORGED");
    say_deny(s, s->open.call, ERR_BAD_STATE);
    WAIT(s, &c, has(&c, "\"id\":1,\"error\":{\"code\":-32602"));
    assert_int_equal(s->n[MSG_SEND_HEAD], 0);
    all_is_over(s, &c);
}

static void test_refused_by_the_upstream(void **state)
{
    struct stage *s = *state;
    struct client c;

    for (int early = 0; early < 2; early++) {
        start(s, &c, URL, "");
        if (early) {
            say_handoff(s, s->open.call, "SEALED1");
            WAIT(s, &c, has(&c, "input_required"));
            say_end(s, s->open.call, ANSWER_HOW_REFUSED, ERR_UPSTREAM_REFUSED);
        } else {
            say_end(s, s->open.call, ANSWER_HOW_REFUSED, ERR_UPSTREAM_REFUSED);
            quiet(s, &c);
            say_handoff(s, s->open.call, "SEALED1");
        }
        WAIT(s, &c, has(&c, "\"requestState\":\"SEALED1\""));
        all_is_over(s, &c);
    }
}

/* --- without a link --------------------------------------------------------------------------- */

static void test_neutral(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    call_modern(s, &c, "1", "{}", "");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    assert_int_equal(s->open.caps, 2);
    say_neutral(s, s->open.call, ENDING_WAITING);
    WAIT(s, &c, has(&c, "HTTP/1.1 200 "));
    WAIT(s, &c, has(&c, "\"isError\":true"));
    assert_true(has(&c, "waits for them at " SURFACE));
    assert_true(has(&c, "\\\"amber falcon\\\""));
    assert_false(has(&c, "/h/"));
    all_is_over(s, &c);
    /* Other methods have only errors. */
    c = (struct client){0};
    post(s, &c, "/mcp/both",
         "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: resources/read\r\nMcp-Name: a:b\r\n",
         "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\"a:b\","
         "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
         "\"io.modelcontextprotocol/clientCapabilities\":{}}}}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 2);
    say_neutral(s, s->open.call, ENDING_WAITING);
    WAIT(s, &c, has(&c, "HTTP/1.1 400 "));
    WAIT(s, &c, has(&c, "\"code\":-32021"));
    assert_true(has(&c, "\"requiredCapabilities\":{\"elicitation\":{\"url\":{}}}"));
    all_is_over(s, &c);
}

/* What no link can be shown on, though the client could show one. */
static void test_no_link_outside_the_three_methods(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    post(s, &c, "/mcp/both",
         "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: completion/complete\r\n",
         "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"completion/complete\",\"params\":{"
         "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
         "\"io.modelcontextprotocol/clientCapabilities\":" URL "}}}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    assert_int_equal(s->open.caps, 2);
    client_close(&c);
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_handoff),
        STAGED(test_retry_is_held),
        STAGED(test_leg_ends),
        STAGED(test_hold_ends_otherwise),
        STAGED(test_hold_without_a_keeper),
        STAGED(test_leaving_a_held_leg),
        STAGED(test_what_the_person_s_client_said),
        STAGED(test_forged_state),
        STAGED(test_refused_by_the_upstream),
        STAGED(test_neutral),
        STAGED(test_no_link_outside_the_three_methods),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
