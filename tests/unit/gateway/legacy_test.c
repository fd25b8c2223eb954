/* Tests of the legacy era (2025-11-25): sessions, calls and the stream. */
#include "legacy.h"

/* --- the session ------------------------------------------------------------------------------ */

static void test_initialize(void **state)
{
    struct stage *s = *state;
    struct client c = {0};
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", URL, id);
    assert_int_equal(HASH_COUNT(s->g.sessions), 1);
    assert_memory_equal(id, "0007", 4); /* the lane */
    post_in(s, &c, id, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 2);
    assert_int_equal(s->open.want, CALL_WANT_OWN);
    assert_int_equal(s->open.kind, CALL_KIND_NOTIFICATION);
    say_own(s, s->open.call, false, false);
    WAIT(s, &c, has(&c, "HTTP/1.1 202 "));
    all_is_over(s, &c);
    c = (struct client){0};
    post_in(s, &c, id, "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 3);
    say_own(s, s->open.call, false, false);
    WAIT(s, &c, has(&c, "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"result\":{}}"));
    all_is_over(s, &c);
    assert_int_equal(s->n[MSG_SEND_HEAD], 0);
}

/* They are of the other era: here no person would have said yes to them, and nobody asked. */
static void test_no_state_in_this_era(void **state)
{
    static const char *const rows[] = {"\"requestState\":\"s\"", "\"requestState\":7",
                                       "\"inputResponses\":{}", "\"inputResponses\":[]"};
    struct stage *s = *state;
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", URL, id);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct client c = {0};
        struct buf b = BUF_INIT(512);

        buf_printf(&b,
                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
                   "\"forecast\",%s}}",
                   rows[i]);
        buf_put_u8(&b, 0);
        post_in(s, &c, id, (const char *)b.p);
        WAIT(s, &c, has(&c, "\"id\":1,\"error\":{\"code\":-32602"));
        all_is_over(s, &c);
        buf_free(&b);
    }
    assert_int_equal(s->n[MSG_CALL_OPEN], 1);
    assert_int_equal(s->n[MSG_SEND_HEAD], 0);
}

static void test_initialize_says_what_is_stored(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    post(s, &c, "/mcp/both", "",
         "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
         "\"2024-11-05\",\"capabilities\":{},\"clientInfo\":{\"name\":\"x\",\"version\":\"1\"}}}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    say_own(s, s->open.call, false, false);
    WAIT_MSG(s, &c, MSG_SNAPSHOT_GET, 1);
    say_snapshot(
        s, s->open.call, SNAPSHOT_SERVER,
        "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"resources\":{\"subscribe\":"
        "true}},\"serverInfo\":{\"name\":\"evil\"},\"instructions\":\"Ask \\\"nicely\\\"\"}");
    WAIT(s, &c, has(&c, "\"protocolVersion\":\"2025-11-25\""));
    assert_true(has(&c, "\"capabilities\":{\"resources\":{\"subscribe\":true},\"tools\":{"
                        "\"listChanged\":true}}"));
    assert_true(has(&c, "\"serverInfo\":{\"name\":\"both\",\"title\":\"The Weather\""));
    assert_true(has(&c, "Never ask the person for a password"));
    assert_true(has(&c, "\\n\\nAsk \\\"nicely\\\"\""));
    assert_false(has(&c, "evil"));
    WAIT(s, &c, HASH_COUNT(s->g.calls) == 0);
    client_close(&c);
}

static void test_session_is_bound(void **state)
{
    struct stage *s = *state;
    struct client c = {0};
    char id[ID_TEXT + 1];
    struct buf h = BUF_INIT(1024);

    open_session(s, "/mcp/both", URL, id);
    /* Another token: not even asked. */
    buf_printf(&h,
               "Authorization: Bearer other\r\nContent-Type: application/json\r\nAccept: */*\r\n"
               "Mcp-Session-Id: %s\r\n",
               id);
    buf_put_u8(&h, 0);
    request(s, &c, "POST /mcp/both", (const char *)h.p, CALL);
    WAIT(s, &c, has(&c, "HTTP/1.1 404 "));
    client_close(&c);
    /* Another upstream. */
    c = (struct client){0};
    buf_clear(&h);
    buf_printf(&h, "Mcp-Session-Id: %s\r\n", id);
    buf_put_u8(&h, 0);
    post(s, &c, "/mcp/legacy", (const char *)h.p, CALL);
    WAIT(s, &c, has(&c, "HTTP/1.1 404 "));
    client_close(&c);
    assert_int_equal(s->n[MSG_CALL_OPEN], 1);
    /* The keeper names another client: what it permitted is not sent. */
    c = (struct client){0};
    post_in(s, &c, id, CALL);
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 2);
    assert_false(ID_IS_ZERO(s->open.session));
    say_permit(s, s->open.call, &s->bob, false);
    WAIT(s, &c, has(&c, "HTTP/1.1 404 "));
    WAIT_MSG(s, &c, MSG_CALL_GONE, 2);
    assert_int_equal(s->n[MSG_SEND_HEAD], 0);
    all_is_over(s, &c);
    buf_free(&h);
}

static void say_delete(struct stage *s, struct client *c, const char *session)
{
    unsigned opens = s->n[MSG_CALL_OPEN];
    struct buf h = BUF_INIT(512);

    *c = (struct client){0};
    buf_printf(&h, AUTH "Mcp-Session-Id: %s\r\n", session);
    buf_put_u8(&h, 0);
    request(s, c, "DELETE /mcp/both", (const char *)h.p, NULL);
    buf_free(&h);
    WAIT_MSG(s, c, MSG_CALL_OPEN, opens + 1);
    assert_int_equal(s->open.kind, CALL_KIND_END);
    assert_int_equal(s->open.want, CALL_WANT_SEND);
}

static void is_unknown(struct stage *s, const char *session)
{
    struct client c = {0};

    post_in(s, &c, session, CALL);
    WAIT(s, &c, has(&c, "HTTP/1.1 404 "));
    client_close(&c);
}

/* Over at once for the client, with all that it has open; and the upstream is told. */
static void test_delete(void **state)
{
    struct stage *s = *state;
    struct client c, held, del;
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", URL, id);
    open_stream(s, &c, id, false);
    start(s, &held, id, CALL);
    say_delete(s, &del, id);
    say_permit(s, s->open.call, &s->alice, false);
    WAIT(s, &del, has(&del, "HTTP/1.1 204 "));
    WAIT_MSG(s, &del, MSG_CALL_CANCEL, 1);
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    WAIT(s, &held, has(&held, "\r\n0\r\n\r\n"));
    assert_int_equal(HASH_COUNT(s->g.sessions), 0);
    is_unknown(s, id);
    WAIT_MSG(s, &del, MSG_SEND_HEAD, 2);
    assert_int_equal(s->head.kind, CALL_KIND_END);
    assert_int_equal(s->head.size, 0);
    quiet(s, &del);
    assert_int_equal(s->n[MSG_SESSION_END], 0); /* the upstream's is still needed */
    say_head(s, s->head.call, ANSWER_KIND_ACCEPTED);
    say_end(s, s->head.call, ANSWER_HOW_DONE, ERR_OK);
    WAIT_MSG(s, &del, MSG_SESSION_GONE, 1);
    WAIT_MSG(s, &del, MSG_SESSION_END, 1);
    client_close(&c);
    client_close(&held);
    all_is_over(s, &del);
}

/* An egress process that lies has the keeper take back what it permitted: nothing is freed twice,
 * and the keeper is not blamed. */
static void test_delete_taken_back(void **state)
{
    struct stage *s = *state;
    struct client del;
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", URL, id);
    say_delete(s, &del, id);
    say_permit(s, s->open.call, &s->alice, false);
    WAIT(s, &del, has(&del, "HTTP/1.1 204 "));
    WAIT_MSG(s, &del, MSG_SEND_HEAD, 1);
    say_deny(s, s->open.call, ERR_UPSTREAM_REFUSED);
    WAIT_MSG(s, &del, MSG_SESSION_GONE, 1);
    assert_int_equal(HASH_COUNT(s->g.sessions), 0);
    assert_int_equal(HASH_COUNT(s->g.calls), 0);
    all_is_over(s, &del);
    open_session(s, "/mcp/both", URL, id); /* the keeper is still there */
}

/* Who may not send it ends Sidegate's session alone; a wrong key ends nothing. */
static void test_delete_denied(void **state)
{
    struct stage *s = *state;
    struct client del;
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", URL, id);
    say_delete(s, &del, id);
    say_deny(s, s->open.call, ERR_UNAUTHENTICATED);
    WAIT(s, &del, has(&del, "HTTP/1.1 401 "));
    all_is_over(s, &del);
    say_delete(s, &del, id);
    say_permit(s, s->open.call, &s->bob, false);
    WAIT(s, &del, has(&del, "HTTP/1.1 404 "));
    all_is_over(s, &del);
    assert_int_equal(HASH_COUNT(s->g.sessions), 1);
    say_delete(s, &del, id);
    say_deny(s, s->open.call, ERR_FORBIDDEN);
    WAIT(s, &del, has(&del, "HTTP/1.1 204 "));
    WAIT_MSG(s, &del, MSG_SESSION_END, 1);
    assert_int_equal(s->n[MSG_SEND_HEAD], 0);
    all_is_over(s, &del);
    is_unknown(s, id);
}

/* What is lost on the way does not keep the session. */
static void test_delete_is_lost(void **state)
{
    struct stage *s = *state;
    struct client del;
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", URL, id);
    say_delete(s, &del, id);
    say_permit(s, s->open.call, &s->alice, false);
    WAIT_MSG(s, &del, MSG_SEND_HEAD, 1);
    stage_end(s, &s->egress);
    WAIT_MSG(s, &del, MSG_SESSION_GONE, 1);
    assert_int_equal(HASH_COUNT(s->g.calls), 0);
    client_close(&del);
    assert_false(s->keeper_ended);
}

static void test_idle_session_ends(void **state)
{
    struct stage *s = *state;
    struct client c = {0};
    char id[ID_TEXT + 1];

    assert_err(limit_set(SET_SESSION_IDLE, 3000), ERR_OK);
    open_session(s, "/mcp/both", URL, id);
    open_stream(s, &c, id, false);
    for (uint64_t from = client_now(); client_now() - from < 3300;)
        loop_turn(s->loop, 50);
    assert_int_equal(s->n[MSG_SESSION_GONE], 0); /* its stream is open */
    client_close(&c);
    WAIT_MSG(s, &c, MSG_SESSION_GONE, 1);
    assert_int_equal(HASH_COUNT(s->g.sessions), 0);
}

/* A further one takes the place of the one that nobody used for the longest time; when all are in
 * use it is refused. */
static void test_too_many_sessions(void **state)
{
    struct stage *s = *state;
    struct client c = {0}, running[2];
    char id[3][ID_TEXT + 1];
    uint64_t calls[2];
    unsigned opens;

    assert_err(limit_set(SET_SESSIONS_PER_CLIENT, 2), ERR_OK);
    open_session(s, "/mcp/both", URL, id[0]);
    open_session(s, "/mcp/both", URL, id[1]);
    start(s, &running[0], id[0], CALL);
    calls[0] = s->open.call;
    open_session(s, "/mcp/both", URL, id[2]);
    WAIT_MSG(s, &running[0], MSG_SESSION_GONE, 1);
    post_in(s, &c, id[1], CALL);
    WAIT(s, &c, has(&c, "HTTP/1.1 404 "));
    client_close(&c);

    start(s, &running[1], id[2], CALL);
    calls[1] = s->open.call;
    opens = s->n[MSG_CALL_OPEN];
    c = (struct client){0};
    post(s, &c, "/mcp/both", "",
         "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
         "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"x\",\"version\":\"1\"}}}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, opens + 1);
    say_own(s, s->open.call, false, false);
    WAIT_MSG(s, &c, MSG_SNAPSHOT_GET, 4);
    say_snapshot(s, s->open.call, SNAPSHOT_SERVER, "");
    WAIT(s, &c, has(&c, "HTTP/1.1 429 "));
    for (unsigned k = 0; k < 2; k++) {
        say_answer(s, calls[k], RESULT);
        WAIT(s, &running[k], has(&running[k], RESULT));
        client_close(&running[k]);
    }
    all_is_over(s, &c);
    /* Both are idle again: who was first goes first. */
    open_session(s, "/mcp/both", URL, id[1]);
    c = (struct client){0};
    post_in(s, &c, id[0], CALL);
    WAIT(s, &c, has(&c, "HTTP/1.1 404 "));
    client_close(&c);
    /* One with a stream is in use, however long nobody called in it. */
    open_stream(s, &running[0], id[2], false);
    open_session(s, "/mcp/both", URL, id[0]);
    c = (struct client){0};
    post_in(s, &c, id[1], CALL);
    WAIT(s, &c, has(&c, "HTTP/1.1 404 "));
    client_close(&running[0]);
    all_is_over(s, &c);
    assert_err(limit_set(SET_SESSIONS_PER_CLIENT, 32), ERR_OK);
}

/* --- calls ------------------------------------------------------------------------------------ */

static void test_call(void **state)
{
    struct stage *s = *state;
    struct client c;
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", FORM, id);
    start(s, &c, id, CALL);
    assert_int_equal(s->open.era, ERA_LEGACY);
    assert_int_equal(s->open.caps, 2);
    assert_string_equal(s->head.protocol, "2025-11-25");
    assert_string_equal(s->head.caps, FORM);
    assert_slice(buf_slice(&s->body), CALL);
    say_answer(s, s->open.call, RESULT);
    WAIT(s, &c, has(&c, "\r\n\r\n" RESULT)); /* nothing is added */
    all_is_over(s, &c);
}

/* Clients of different sessions count their ids from the same number. */
static void test_colliding_ids(void **state)
{
    struct stage *s = *state;
    struct client a, b, same = {0};
    char id_a[ID_TEXT + 1], id_b[ID_TEXT + 1];
    uint64_t call_a, call_b;

    open_session(s, "/mcp/both", URL, id_a);
    open_session(s, "/mcp/both", URL, id_b);
    start(s, &a, id_a, CALL);
    call_a = s->open.call;
    start(s, &b, id_b, CALL);
    call_b = s->open.call;
    say_answer(s, call_b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"for\":\"b\"}}");
    say_answer(s, call_a, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"for\":\"a\"}}");
    WAIT(s, &a, has(&a, "\"for\":\"a\""));
    WAIT(s, &b, has(&b, "\"for\":\"b\""));
    assert_false(has(&a, "\"for\":\"b\""));
    client_close(&a);
    all_is_over(s, &b);
    /* Within one session it is refused while the first is in progress. */
    start(s, &a, id_a, CALL);
    post_in(s, &same, id_a, CALL);
    WAIT(s, &same, has(&same, "give each its own"));
    client_close(&same);
    say_answer(s, s->open.call, RESULT);
    WAIT(s, &a, has(&a, RESULT));
    all_is_over(s, &a);
}

static void test_disconnect_is_no_cancellation(void **state)
{
    struct stage *s = *state;
    struct client c;
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", URL, id);
    start(s, &c, id, CALL);
    client_close(&c);
    for (int i = 0; i < 20; i++)
        loop_turn(s->loop, 1);
    assert_int_equal(s->n[MSG_CALL_CANCEL], 0);
    say_answer(s, s->open.call, RESULT);
    all_is_over(s, &c);
    assert_int_equal(s->n[MSG_CALL_CANCEL], 0);
}

static void test_cancelled(void **state)
{
    struct stage *s = *state;
    struct client c, n = {0};
    char id[ID_TEXT + 1];
    uint64_t call;

    open_session(s, "/mcp/both", URL, id);
    start(s, &c, id, CALL);
    call = s->open.call;
    post_in(s, &n, id,
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
            "cancelled\",\"params\":{\"requestId\":1}}");
    WAIT_MSG(s, &n, MSG_CALL_CANCEL, 1);
    assert_int_equal(s->cancelled_call, call);
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n")); /* no answer */
    assert_false(has(&c, "jsonrpc"));
    /* The upstream is told too. */
    WAIT_MSG(s, &n, MSG_CALL_OPEN, 3);
    assert_string_equal(s->open.method, "notifications/cancelled");
    say_permit(s, s->open.call, &s->alice, false);
    WAIT(s, &n, has(&n, "HTTP/1.1 202 "));
    WAIT_MSG(s, &n, MSG_SEND_HEAD, 2);
    say_end(s, s->open.call, ANSWER_HOW_DONE, ERR_OK);
    client_close(&c);
    all_is_over(s, &n);
    /* Of what is not in progress. */
    n = (struct client){0};
    post_in(s, &n, id,
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
            "cancelled\",\"params\":{\"requestId\":9}}");
    WAIT(s, &n, has(&n, "HTTP/1.1 202 "));
    assert_int_equal(s->n[MSG_CALL_OPEN], 3);
    all_is_over(s, &n);
}

/* --- logging ---------------------------------------------------------------------------------- */

#define LOG_AT(level)                                                                              \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"" level     \
    "\",\"data\":1}}"

static void test_log_level(void **state)
{
    struct stage *s = *state;
    struct client c = {0};
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", URL, id);
    post_in(s, &c, id,
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"logging/setLevel\",\"params\":{\"level\":"
            "\"loud\"}}");
    WAIT(s, &c, has(&c, "\"id\":2,\"error\":{\"code\":-32602"));
    assert_true(has(&c, "HTTP/1.1 200 "));
    client_close(&c);
    c = (struct client){0};
    post_in(s, &c, id,
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"logging/setLevel\",\"params\":{\"level\":"
            "\"warning\"}}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 2);
    say_own(s, s->open.call, false, false);
    WAIT(s, &c, has(&c, "\"id\":2,\"result\":{}"));
    all_is_over(s, &c);
    start(s, &c, id, CALL);
    say_head(s, s->open.call, ANSWER_KIND_SSE);
    say_part(s, s->open.call, LOG_AT("info"), true);
    say_part(s, s->open.call, LOG_AT("warning"), true);
    say_part(s, s->open.call, LOG_AT("emergency"), true);
    say_part(s, s->open.call, LOG_AT("unheard"), true);
    say_part(s, s->open.call, RESULT, true);
    say_end(s, s->open.call, ANSWER_HOW_DONE, ERR_OK);
    WAIT(s, &c, has(&c, RESULT));
    assert_false(has(&c, "\"info\""));
    assert_true(has(&c, "\"warning\"") && has(&c, "\"emergency\"") && has(&c, "\"unheard\""));
    all_is_over(s, &c);
}

/* --- the stream ------------------------------------------------------------------------------- */

static void test_stream(void **state)
{
    struct stage *s = *state;
    struct client c, second = {0};
    char id[ID_TEXT + 1];
    struct buf h = BUF_INIT(512);

    open_session(s, "/mcp/both", FORM, id);
    open_stream(s, &c, id, true);
    assert_int_equal(s->head.kind, CALL_KIND_STREAM);
    assert_int_equal(s->head.size, 0);
    assert_int_equal(s->open.projection.n, 0);
    say_head(s, s->open.call, ANSWER_KIND_SSE);
    say_part(s, s->open.call,
             "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}", true);
    WAIT(s, &c, has(&c, "notifications/tools/list_changed"));
    /* An answer does not belong there. */
    say_part(s, s->open.call, RESULT, true);
    /* One stream a session. */
    buf_printf(&h, AUTH "Mcp-Session-Id: %s\r\n", id);
    buf_put_u8(&h, 0);
    request(s, &second, "GET /mcp/both", (const char *)h.p, NULL);
    WAIT(s, &second, has(&second, "HTTP/1.1 409 "));
    assert_false(has(&c, RESULT));
    client_close(&second);
    /* The client closes it: so is the upstream's. */
    client_close(&c);
    WAIT_MSG(s, &c, MSG_CALL_CANCEL, 1);
    all_is_over(s, &c);
    buf_free(&h);
}

/* A call that is let through with or without a credential; whether it brings a feed along, which is
 * then the last call_open. */
static void call_for_feed(struct stage *s, struct client *c, const char *session, bool anonymous,
                          bool feeds)
{
    unsigned opens = s->n[MSG_CALL_OPEN], heads = s->n[MSG_SEND_HEAD];
    uint64_t call = 0;

    *c = (struct client){0};
    post_in(s, c, session, CALL);
    WAIT_MSG(s, c, MSG_CALL_OPEN, opens + 1);
    call = s->open.call;
    say_permit(s, call, &s->alice, anonymous);
    WAIT_MSG(s, c, MSG_SEND_HEAD, heads + 1);
    say_answer(s, call, RESULT);
    WAIT(s, c, has(c, RESULT));
    client_close(c);
    WAIT_MSG(s, c, MSG_CALL_OPEN, opens + 1 + feeds);
    assert_int_equal(s->open.kind, feeds ? CALL_KIND_STREAM : CALL_KIND_REQUEST);
    assert_string_equal(s->open.token, TOKEN);
}

/* The client's stream outlives its feed; a call that goes out with a credential brings a new one,
 * once. */
static void test_feed_begins_again(void **state)
{
    struct stage *s = *state;
    struct client c, call;
    char id[ID_TEXT + 1];
    uint64_t feed = 0;

    open_session(s, "/mcp/both", FORM, id);
    open_stream(s, &c, id, false);
    call_for_feed(s, &call, id, true, false);
    call_for_feed(s, &call, id, false, true);
    feed = s->open.call;
    say_permit(s, feed, &s->alice, false);
    WAIT(s, &call, s->head.call == feed);
    call_for_feed(s, &call, id, false, false);
    say_head(s, feed, ANSWER_KIND_SSE);
    say_end(s, feed, ANSWER_HOW_CUT, ERR_LEASE_OVER);
    WAIT(s, &c, call_by_id(&s->g, feed) == NULL);
    assert_false(has(&c, "\r\n0\r\n\r\n"));
    call_for_feed(s, &call, id, false, true);
    feed = s->open.call;
    say_permit(s, feed, &s->alice, false);
    WAIT(s, &call, s->head.call == feed);
    say_head(s, feed, ANSWER_KIND_SSE);
    say_part(s, feed, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}", true);
    WAIT(s, &c, has(&c, "notifications/message"));
    /* One that the upstream ended is the client's to ask for: a server without such a stream would
     * be asked with each call. */
    say_end(s, feed, ANSWER_HOW_DONE, ERR_OK);
    WAIT(s, &c, call_by_id(&s->g, feed) == NULL);
    call_for_feed(s, &call, id, false, false);
    client_close(&c);
    WAIT(s, &c, HASH_COUNT(s->g.calls) == 0);
    assert_false(s->keeper_ended);
    assert_false(s->egress_ended);
}

/* Also by a call that was asked for before the last feed had ended. */
static void test_feed_ends_while_a_call_waits(void **state)
{
    struct stage *s = *state;
    struct client c, call;
    char id[ID_TEXT + 1];
    uint64_t feed = 0, waits = 0;

    open_session(s, "/mcp/both", FORM, id);
    open_stream(s, &c, id, false);
    call_for_feed(s, &call, id, false, true);
    feed = s->open.call;
    say_permit(s, feed, &s->alice, false);
    WAIT(s, &call, s->head.call == feed);
    call = (struct client){0};
    post_in(s, &call, id, CALL);
    WAIT(s, &call, s->open.call > feed);
    waits = s->open.call;
    say_head(s, feed, ANSWER_KIND_SSE);
    say_end(s, feed, ANSWER_HOW_CUT, ERR_LEASE_OVER);
    WAIT(s, &c, call_by_id(&s->g, feed) == NULL);
    say_permit(s, waits, &s->alice, false);
    WAIT(s, &call, s->open.call > waits);
    assert_int_equal(s->open.kind, CALL_KIND_STREAM);
    assert_string_equal(s->open.token, TOKEN);
    say_deny(s, s->open.call, ERR_FORBIDDEN);
    say_answer(s, waits, RESULT);
    WAIT(s, &call, has(&call, RESULT));
    client_close(&call);
    client_close(&c);
    WAIT(s, &c, HASH_COUNT(s->g.calls) == 0);
}

static void test_stream_without_a_key(void **state)
{
    struct stage *s = *state;
    struct client c = {0};
    char id[ID_TEXT + 1];
    struct buf h = BUF_INIT(512);

    open_session(s, "/mcp/both", FORM, id);
    buf_printf(&h, AUTH "Mcp-Session-Id: %s\r\n", id);
    buf_put_u8(&h, 0);
    request(s, &c, "GET /mcp/both", (const char *)h.p, NULL);
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 3);
    say_deny(s, s->open.call - 1, ERR_UNAUTHENTICATED);
    say_deny(s, s->open.call, ERR_UNAUTHENTICATED);
    WAIT(s, &c, has(&c, "HTTP/1.1 401 "));
    all_is_over(s, &c);
    buf_free(&h);
}

/* Whatever was shown with its agent key ends: the session, its stream, calls, connections. Another
 * key's connection stays. */
static void test_key_removed(void **state)
{
    struct stage *s = *state;
    struct client stream, call, idle = {0}, other = {0};
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", FORM, id);
    open_stream(s, &stream, id, true);
    start(s, &call, id, CALL);
    request(s, &idle, "GET /mcp/both", "Authorization: Bearer " TOKEN "\r\n", NULL);
    WAIT(s, &idle, has(&idle, "HTTP/1.1 406 "));
    request(s, &other, "GET /mcp/both", "Authorization: Bearer other\r\n", NULL);
    WAIT(s, &other, has(&other, "HTTP/1.1 406 "));
    say_gone(s);
    WAIT(s, &stream, stream.eof);
    assert_true(has(&stream, "\r\n0\r\n\r\n"));
    WAIT(s, &call, call.eof);
    assert_true(has(&call, "HTTP/1.1 401 "));
    WAIT(s, &idle, idle.eof);
    WAIT(s, &other, httpd_count(s->g.http) == 1);
    assert_false(other.eof);
    assert_int_equal(HASH_COUNT(s->g.calls), 0);
    assert_int_equal(HASH_COUNT(s->g.sessions), 0);
    WAIT_MSG(s, &other, MSG_SESSION_GONE, 1);
    WAIT_MSG(s, &other, MSG_SESSION_END, 1);
    client_close(&stream);
    client_close(&call);
    client_close(&idle);
    all_is_over(s, &other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_initialize),
        STAGED(test_no_state_in_this_era),
        STAGED(test_initialize_says_what_is_stored),
        STAGED(test_session_is_bound),
        STAGED(test_delete),
        STAGED(test_delete_taken_back),
        STAGED(test_delete_denied),
        STAGED(test_delete_is_lost),
        STAGED(test_idle_session_ends),
        STAGED(test_too_many_sessions),
        STAGED(test_call),
        STAGED(test_colliding_ids),
        STAGED(test_disconnect_is_no_cancellation),
        STAGED(test_cancelled),
        STAGED(test_log_level),
        STAGED(test_stream),
        STAGED(test_feed_begins_again),
        STAGED(test_feed_ends_while_a_call_waits),
        STAGED(test_stream_without_a_key),
        STAGED(test_key_removed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
