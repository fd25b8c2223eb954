/* How a legacy client is told of a handoff: by elicitation, by error, or in words. */
#include "legacy.h"

#define HANDOFF "77010000000000000000000000000000"

/* The link is on the call's stream; writes the id of our request. */
static void elicit(struct stage *s, struct client *c, const char *session)
{
    unsigned opens = s->n[MSG_CALL_OPEN];

    *c = (struct client){0};
    post_in(s, c, session, CALL);
    WAIT_MSG(s, c, MSG_CALL_OPEN, opens + 1);
    assert_int_equal(s->open.caps, 3);
    say_handoff(s, s->open.call, "");
    WAIT(s, c, has(c, "\"method\":\"elicitation/create\""));
    assert_true(has(c, "id: " HANDOFF "\ndata: \n\n")); /* priming */
    assert_true(has(c, "\"params\":{\"mode\":\"url\",\"elicitationId\":\"" HANDOFF "\""));
    assert_true(has(c, "\"url\":\"" SURFACE "/h/" HANDOFF "\""));
}

/* A POST of its own, with the answer. */
static void answer(struct stage *s, const char *session, unsigned n, const char *rest)
{
    struct client c = {0};
    struct buf b = BUF_INIT(512);
    unsigned opens = s->n[MSG_CALL_OPEN];

    buf_printf(&b, "{\"jsonrpc\":\"2.0\",\"id\":\"sg-%u\",%s}", n, rest);
    buf_put_u8(&b, 0);
    post_in(s, &c, session, (const char *)b.p);
    WAIT_MSG(s, &c, MSG_CALL_OPEN, opens + 1);
    assert_int_equal(s->open.kind, CALL_KIND_RESPONSE);
    assert_int_equal(s->open.want, CALL_WANT_OWN);
    say_own(s, s->open.call, false, true);
    WAIT(s, &c, has(&c, "HTTP/1.1 202 "));
    client_close(&c);
    buf_free(&b);
}

static void signal_end(struct stage *s, enum handoff_state state)
{
    const struct msg_handoff_signal m = {
        .session = s->g.sessions->id, .handoff = {{0x77, 0x01}}, .state = state};

    assert_err(send_handoff_signal(s->keeper, &m), ERR_OK);
}

static void test_elicitation(void **state)
{
    struct stage *s = *state;
    struct client c;
    char id[ID_TEXT + 1];
    uint64_t call;

    open_session(s, "/mcp/both", URL, id);
    elicit(s, &c, id);
    call = s->open.call;
    answer(s, id, 1, "\"result\":{\"action\":\"accept\"}");
    WAIT_MSG(s, &c, MSG_CALL_ANSWER, 1);
    assert_int_equal(s->answer, ANSWER_ACCEPT);
    say_hold(s, call, "");
    quiet(s, &c);
    signal_end(s, HANDOFF_STATE_COMPLETED);
    signal_end(s, HANDOFF_STATE_COMPLETED); /* hints may be repeated */
    say_permit(s, call, &s->alice, false);
    WAIT_MSG(s, &c, MSG_SEND_HEAD, 1);
    WAIT(s, &c, s->body.n == s->head.size);
    say_answer(s, call, RESULT);
    WAIT(s, &c, has(&c, "data: " RESULT "\n\n"));
    assert_int_equal(client_count(&c, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/elicitation/"
                                      "complete\",\"params\":{\"elicitationId\":\"" HANDOFF "\"}}"),
                     1);
    all_is_over(s, &c);
}

/* The agent key says so: the call ends with the link, and the session's stream with the news. */
static void test_link_by_error(void **state)
{
    struct stage *s = *state;
    struct msg_call_handoff m = {
        .handoff = {{0x77, 0x01}}, .words = SLICE_LIT("amber falcon"), .by_error = true};
    struct client c = {0}, stream;
    char id[ID_TEXT + 1];
    unsigned opens, gone;

    open_session(s, "/mcp/both", URL, id);
    open_stream(s, &stream, id, false);
    opens = s->n[MSG_CALL_OPEN];
    gone = s->n[MSG_CALL_GONE];
    post_in(s, &c, id, CALL);
    WAIT_MSG(s, &c, MSG_CALL_OPEN, opens + 1);
    m.call = s->open.call;
    m.client = s->alice;
    assert_err(send_call_handoff(s->keeper, &m), ERR_OK);
    WAIT(s, &c, has(&c, "\"error\":{\"code\":-32042,"));
    assert_true(has(&c, "HTTP/1.1 200 "));
    assert_true(has(&c, "Content-Type: application/json\r\n"));
    assert_true(has(&c, "\"data\":{\"elicitations\":[{\"mode\":\"url\",\"elicitationId\":\"" HANDOFF
                        "\",\"message\":"));
    assert_true(has(&c, "\"url\":\"" SURFACE "/h/" HANDOFF "\"}]}}"));
    WAIT_MSG(s, &c, MSG_CALL_GONE, gone + 1);
    assert_int_equal(HASH_COUNT(s->g.calls), 0);
    client_close(&c);
    signal_end(s, HANDOFF_STATE_COMPLETED);
    WAIT(s, &stream,
         has(&stream, "\"method\":\"notifications/elicitation/complete\",\"params\":{"
                      "\"elicitationId\":\"" HANDOFF "\"}"));
    client_close(&stream);
    WAIT(s, &stream, s->g.sessions->stream == NULL);
}

/* A key that is not accepted any more: the person gives another one, and the same call is sent
 * again. */
static void test_refused_by_the_upstream(void **state)
{
    struct stage *s = *state;
    struct client c;
    char id[ID_TEXT + 1];
    uint64_t call;

    open_session(s, "/mcp/both", URL, id);
    for (int early = 0; early < 2; early++) {
        unsigned heads;

        start(s, &c, id, CALL);
        call = s->open.call;
        say_head(s, call, ANSWER_KIND_SSE); /* the refusal is an event of a stream */
        if (!early)
            say_end(s, call, ANSWER_HOW_REFUSED, ERR_UPSTREAM_REFUSED);
        quiet(s, &c);
        say_handoff(s, call, "");
        WAIT(s, &c, has(&c, "elicitation/create"));
        if (early)
            say_end(s, call, ANSWER_HOW_REFUSED, ERR_UPSTREAM_REFUSED);
        heads = s->n[MSG_SEND_HEAD];
        say_permit(s, call, &s->alice, false);
        WAIT_MSG(s, &c, MSG_SEND_HEAD, heads + 1);
        WAIT(s, &c, s->body.n == s->head.size);
        assert_slice(buf_slice(&s->body), CALL);
        say_answer(s, call, RESULT);
        WAIT(s, &c, has(&c, "data: " RESULT "\n\n"));
        all_is_over(s, &c);
    }
    /* Another call's person was quicker: there is a new key already. */
    start(s, &c, id, CALL);
    say_permit(s, s->open.call, &s->alice, false);
    quiet(s, &c);
    say_end(s, s->open.call, ANSWER_HOW_REFUSED, ERR_UPSTREAM_REFUSED);
    say_answer(s, s->open.call, RESULT);
    WAIT(s, &c, has(&c, RESULT));
    all_is_over(s, &c);
}

/* Legacy: the client's leaving cancels nothing, but the upstream does not have for ever. */
static void test_left_alone(void **state)
{
    struct stage *s = *state;
    struct client c;
    char id[ID_TEXT + 1];
    uint64_t answer_time = limit_get(SET_ANSWER_TIME);

    assert_err(limit_set(SET_ANSWER_TIME, 1000), ERR_OK);
    open_session(s, "/mcp/both", URL, id);
    start(s, &c, id, CALL);
    client_close(&c);
    while (HASH_COUNT(s->g.calls) > 0 && s->g.calls->sink != NULL)
        loop_turn(s->loop, 5);
    assert_int_equal(s->n[MSG_CALL_CANCEL], 0);
    WAIT_MSG(s, &c, MSG_CALL_CANCEL, 1);
    assert_int_equal(HASH_COUNT(s->g.calls), 0);
    assert_err(limit_set(SET_ANSWER_TIME, answer_time), ERR_OK);
}

/* Done, and at once needed again. */
static void test_asked_again(void **state)
{
    struct stage *s = *state;
    struct client c;
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", URL, id);
    elicit(s, &c, id);
    say_handoff(s, s->open.call, "");
    WAIT(s, &c, client_count(&c, "elicitation/create") == 2);
    assert_true(has(&c, "\"id\":\"sg-2\""));
    say_hold(s, s->open.call, "");
    say_handoff(s, s->open.call, "");
    WAIT(s, &c, client_count(&c, "elicitation/create") == 3);
    client_close(&c);
    WAIT(s, &c, HASH_COUNT(s->g.calls) == 0);
}

/* The person is quicker than the client's dialog. */
static void test_done_before_the_answer(void **state)
{
    struct stage *s = *state;
    struct client c;
    char id[ID_TEXT + 1];
    uint64_t call;

    open_session(s, "/mcp/both", URL, id);
    elicit(s, &c, id);
    call = s->open.call;
    say_permit(s, call, &s->alice, false);
    WAIT_MSG(s, &c, MSG_SEND_HEAD, 1);
    WAIT(s, &c, s->body.n == s->head.size);
    quiet(s, &c);
    answer(s, id, 1, "\"result\":{\"action\":\"accept\"}");
    quiet(s, &c);
    assert_int_equal(s->n[MSG_CALL_ANSWER], 0);
    say_answer(s, call, RESULT);
    WAIT(s, &c, has(&c, RESULT));
    all_is_over(s, &c);
}

static void test_elicitation_answers(void **state)
{
    static const struct {
        const char *rest;
        enum answer answer;
    } rows[] = {
        {"\"result\":{\"action\":\"decline\"}", ANSWER_DECLINE},
        {"\"result\":{\"action\":\"cancel\"}", ANSWER_CANCEL},
        {"\"result\":{}", ANSWER_CANCEL},
    };
    struct stage *s = *state;
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", URL, id);
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        struct client c;
        uint64_t call;

        elicit(s, &c, id);
        call = s->open.call;
        answer(s, id, i + 1, rows[i].rest);
        WAIT_MSG(s, &c, MSG_CALL_ANSWER, i + 1);
        assert_int_equal(s->answer, rows[i].answer);
        say_neutral(s, call, ENDING_DECLINED);
        WAIT(s, &c, has(&c, "\"isError\":true"));
        assert_true(has(&c, "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":"));
        all_is_over(s, &c);
    }
}

/* A client that declared it and cannot is not shown another link. */
static void test_client_that_cannot(void **state)
{
    struct stage *s = *state;
    struct client c;
    char id[ID_TEXT + 1];
    uint64_t call;

    open_session(s, "/mcp/both", URL, id);
    elicit(s, &c, id);
    call = s->open.call;
    answer(s, id, 1, "\"error\":{\"code\":-32602,\"message\":\"no\"}");
    WAIT_MSG(s, &c, MSG_CALL_ANSWER, 1);
    assert_int_equal(s->answer, ANSWER_CANCEL);
    say_neutral(s, call, ENDING_WAITING);
    WAIT(s, &c, has(&c, "\"isError\":true"));
    all_is_over(s, &c);
    c = (struct client){0};
    post_in(s, &c, id, CALL);
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 4);
    assert_int_equal(s->open.caps, 2);
    client_close(&c);
    WAIT_MSG(s, &c, MSG_CALL_GONE, 3);
}

static void test_time_box(void **state)
{
    struct stage *s = *state;
    struct client c, stream;
    char id[ID_TEXT + 1];

    assert_err(limit_set(SET_HOLD_TIME, 2000), ERR_OK);
    assert_err(limit_set(SET_COMMENT_TIME, 100), ERR_OK);
    open_session(s, "/mcp/both", URL, id);
    open_stream(s, &stream, id, false);
    elicit(s, &c, id);
    WAIT(s, &c, has(&c, "\"isError\":true"));
    assert_true(has(&c, "waits for them at " SURFACE));
    assert_true(has(&c, "\"progressToken\":1,\"progress\":1"));
    WAIT_MSG(s, &c, MSG_CALL_GONE, 3);
    all_is_over(s, &c);
    /* Later the person finishes: the session's stream says so, and that lists may have changed. */
    signal_end(s, HANDOFF_STATE_COMPLETED);
    WAIT(s, &stream, has(&stream, "notifications/elicitation/complete"));
    WAIT(s, &stream, has(&stream, "notifications/tools/list_changed"));
    quiet(s, &stream);
    assert_false(has(&stream, "\r\n0\r\n\r\n"));
    client_close(&stream);
    assert_int_equal(HASH_COUNT(s->g.sessions), 1);
}

static void test_signal_is_for_those_who_were_shown(void **state)
{
    struct stage *s = *state;
    struct client stream;
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", URL, id);
    open_stream(s, &stream, id, false);
    signal_end(s, HANDOFF_STATE_COMPLETED);
    quiet(s, &stream);
    assert_false(has(&stream, "elicitation"));
    client_close(&stream);
}

static void test_answer_of_another_session(void **state)
{
    struct stage *s = *state;
    struct client c, other = {0};
    char id[ID_TEXT + 1], id_b[ID_TEXT + 1];

    open_session(s, "/mcp/both", URL, id);
    open_session(s, "/mcp/both", URL, id_b);
    elicit(s, &c, id);
    post_in(s, &other, id_b,
            "{\"jsonrpc\":\"2.0\",\"id\":\"sg-1\",\"result\":{\"action\":\"accept\"}}");
    WAIT(s, &other, has(&other, "HTTP/1.1 202 "));
    quiet(s, &c);
    assert_int_equal(s->n[MSG_CALL_ANSWER], 0);
    assert_int_equal(s->n[MSG_CALL_OPEN], 3);
    client_close(&other);
    client_close(&c);
    WAIT(s, &c, HASH_COUNT(s->g.calls) == 0);
}

static void test_neutral(void **state)
{
    struct stage *s = *state;
    struct client c = {0};
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", FORM, id);
    post_in(s, &c, id, CALL);
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 2);
    say_neutral(s, s->open.call, ENDING_WAITING);
    WAIT(s, &c, has(&c, "\"isError\":true"));
    assert_true(has(&c, "application/json"));
    assert_false(has(&c, "resultType"));
    all_is_over(s, &c);
    c = (struct client){0};
    post_in(
        s, &c, id,
        "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"prompts/get\",\"params\":{\"name\":\"x\"}}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 3);
    say_neutral(s, s->open.call, ENDING_WAITING);
    WAIT(s, &c, has(&c, "\"id\":3,\"error\":{\"code\":-32603"));
    assert_true(has(&c, "HTTP/1.1 200 "));
    all_is_over(s, &c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_elicitation),
        STAGED(test_link_by_error),
        STAGED(test_refused_by_the_upstream),
        STAGED(test_left_alone),
        STAGED(test_asked_again),
        STAGED(test_done_before_the_answer),
        STAGED(test_elicitation_answers),
        STAGED(test_client_that_cannot),
        STAGED(test_time_box),
        STAGED(test_signal_is_for_those_who_were_shown),
        STAGED(test_answer_of_another_session),
        STAGED(test_neutral),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
