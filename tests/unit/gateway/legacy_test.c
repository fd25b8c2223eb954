/* Tests of the legacy era (2025-11-25): sessions, the stream, elicitation, requests both ways. */
#include "stage.h"

#include <stdio.h>
#include <string.h>

#define URL    "{\"elicitation\":{\"url\":{}}}"
#define FORM   "{\"elicitation\":{},\"sampling\":{},\"roots\":{\"listChanged\":true}}"
#define RESULT "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}"
#define CALL                                                                                       \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"forecast\","   \
    "\"arguments\":{},\"_meta\":{\"progressToken\":1}}}"
#define AUTH "Authorization: Bearer " TOKEN "\r\nAccept: text/event-stream\r\n"

static void idle(struct stage *s, struct client *c)
{
    WAIT(s, c, HASH_COUNT(s->g.calls) == 0);
    client_close(c);
    assert_false(s->keeper_ended);
    assert_false(s->egress_ended);
}

static void start(struct stage *s, struct client *c, const char *session, const char *body)
{
    *c = (struct client){0};
    post_in(s, c, session, body);
    let_through(s, c);
}

/* Accepts a GET stream; the keeper says that there is no connection for the upstream's. */
static void open_stream(struct stage *s, struct client *c, const char *session, bool with_feed)
{
    unsigned opens = s->n[MSG_CALL_OPEN], heads = s->n[MSG_SEND_HEAD];
    struct buf h = BUF_INIT(512);

    *c = (struct client){0};
    buf_printf(&h, AUTH "Mcp-Session-Id: %s\r\n", session);
    buf_put_u8(&h, 0);
    request(s, c, "GET /mcp/both", (const char *)h.p, NULL);
    buf_free(&h);
    WAIT_MSG(s, c, MSG_CALL_OPEN, opens + 2);
    assert_int_equal(s->open.kind, CALL_KIND_STREAM);
    assert_int_equal(s->open.want, CALL_WANT_SEND);
    say_own(s, s->open.call - 1, with_feed, false);
    if (with_feed)
        say_permit(s, s->open.call, &s->alice, false);
    else
        say_deny(s, s->open.call, ERR_FORBIDDEN);
    WAIT(s, c, has(c, "Content-Type: text/event-stream\r\n"));
    if (with_feed)
        WAIT_MSG(s, c, MSG_SEND_HEAD, heads + 1);
    quiet(s, c);
}

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
    idle(s, &c);
    c = (struct client){0};
    post_in(s, &c, id, "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 3);
    say_own(s, s->open.call, false, false);
    WAIT(s, &c, has(&c, "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"result\":{}}"));
    idle(s, &c);
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
        idle(s, &c);
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
    idle(s, &c);
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
    idle(s, &del);
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
    idle(s, &del);
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
    idle(s, &del);
    say_delete(s, &del, id);
    say_permit(s, s->open.call, &s->bob, false);
    WAIT(s, &del, has(&del, "HTTP/1.1 404 "));
    idle(s, &del);
    assert_int_equal(HASH_COUNT(s->g.sessions), 1);
    say_delete(s, &del, id);
    say_deny(s, s->open.call, ERR_FORBIDDEN);
    WAIT(s, &del, has(&del, "HTTP/1.1 204 "));
    WAIT_MSG(s, &del, MSG_SESSION_END, 1);
    assert_int_equal(s->n[MSG_SEND_HEAD], 0);
    idle(s, &del);
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

static void test_too_many_sessions(void **state)
{
    struct stage *s = *state;
    struct client c = {0};
    char id[ID_TEXT + 1];

    assert_err(limit_set(SET_SESSIONS_PER_CLIENT, 1), ERR_OK);
    open_session(s, "/mcp/both", URL, id);
    post(s, &c, "/mcp/both", "",
         "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
         "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"x\",\"version\":\"1\"}}}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 2);
    say_own(s, s->open.call, false, false);
    WAIT_MSG(s, &c, MSG_SNAPSHOT_GET, 2);
    say_snapshot(s, s->open.call, SNAPSHOT_SERVER, "");
    WAIT(s, &c, has(&c, "HTTP/1.1 429 "));
    idle(s, &c);
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
    idle(s, &c);
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
    idle(s, &b);
    /* Within one session it is refused while the first is in progress. */
    start(s, &a, id_a, CALL);
    post_in(s, &same, id_a, CALL);
    WAIT(s, &same, has(&same, "give each its own"));
    client_close(&same);
    say_answer(s, s->open.call, RESULT);
    WAIT(s, &a, has(&a, RESULT));
    idle(s, &a);
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
    idle(s, &c);
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
    idle(s, &n);
    /* Of what is not in progress. */
    n = (struct client){0};
    post_in(s, &n, id,
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
            "cancelled\",\"params\":{\"requestId\":9}}");
    WAIT(s, &n, has(&n, "HTTP/1.1 202 "));
    assert_int_equal(s->n[MSG_CALL_OPEN], 3);
    idle(s, &n);
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
    idle(s, &c);
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
    idle(s, &c);
}

/* --- the handoff ------------------------------------------------------------------------------ */

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
    idle(s, &c);
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
        idle(s, &c);
    }
    /* Another call's person was quicker: there is a new key already. */
    start(s, &c, id, CALL);
    say_permit(s, s->open.call, &s->alice, false);
    quiet(s, &c);
    say_end(s, s->open.call, ANSWER_HOW_REFUSED, ERR_UPSTREAM_REFUSED);
    say_answer(s, s->open.call, RESULT);
    WAIT(s, &c, has(&c, RESULT));
    idle(s, &c);
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
    idle(s, &c);
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
        idle(s, &c);
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
    idle(s, &c);
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
    idle(s, &c);
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
    idle(s, &c);
    c = (struct client){0};
    post_in(
        s, &c, id,
        "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"prompts/get\",\"params\":{\"name\":\"x\"}}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 3);
    say_neutral(s, s->open.call, ENDING_WAITING);
    WAIT(s, &c, has(&c, "\"id\":3,\"error\":{\"code\":-32603"));
    assert_true(has(&c, "HTTP/1.1 200 "));
    idle(s, &c);
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
    idle(s, &c);
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
    idle(s, &c);
    buf_free(&h);
}

/* --- the upstream's requests ------------------------------------------------------------------ */

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
    idle(s, &c);
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
    idle(s, &c);
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
    idle(s, &c);
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
        STAGED(test_stream),
        STAGED(test_feed_begins_again),
        STAGED(test_feed_ends_while_a_call_waits),
        STAGED(test_stream_without_a_key),
        STAGED(test_upstream_request),
        STAGED(test_upstream_takes_its_request_back),
        STAGED(test_requests_without_a_client),
        STAGED(test_undeclared_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
