/* Tests of the modern era (2026-07-28): calls, streams, cancelling, and what upstreams ask. */
#include "modern.h"

#include <string.h>

#include "ipc/gen/gateway.h"

/* --- a call ----------------------------------------------------------------------------------- */

static void test_call(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    start(s, &c, URL, "");
    assert_int_equal(s->open.upstream, UP_BOTH);
    assert_int_equal(s->open.era, ERA_MODERN);
    assert_int_equal(s->open.kind, CALL_KIND_REQUEST);
    assert_int_equal(s->open.want, CALL_WANT_SEND);
    assert_string_equal(s->open.method, "tools/call");
    assert_string_equal(s->open.name, "forecast");
    assert_int_equal(s->open.caps, 3);
    assert_true(ID_IS_ZERO(s->open.session));
    assert_string_equal(s->head.protocol, "2026-07-28");
    assert_true(ID_EQ(s->head.client, s->alice));
    assert_body_is_shown(s);
    /* Everything end to end as it was, numbers as written; the hop's own name in the _meta. */
    assert_slice(buf_slice(&s->body),
                 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
                 "\"forecast\",\"arguments\":{\"city\":\"Ulm\",\"days\":3.50},\"_meta\":{"
                 "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                 "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"sidegate\",\"version\":"
                 "\"0.1.0\"},\"io.modelcontextprotocol/clientCapabilities\":" URL
                 ",\"progressToken\":\"p\",\"com.example/kept\":[1.0,\"\xc3\xa4\"]}}}");
    say_answer(s, s->open.call, RESULT);
    WAIT(s, &c, HAS_BODY(&c, RESULT));
    assert_true(has(&c, "HTTP/1.1 200 "));
    assert_true(has(&c, "Content-Type: application/json\r\n"));
    assert_false(has(&c, "Mcp-Session-Id"));
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
    assert_int_equal(s->n[MSG_CALL_CANCEL], 0);
    all_is_over(s, &c);
}

/* What was told last of a call that is over. */
void __real_chan_tell(struct chan *c, enum msg type, const void *m, bool late);
void __wrap_chan_tell(struct chan *c, enum msg type, const void *m, bool late);
static bool gone_late;

void __wrap_chan_tell(struct chan *c, enum msg type, const void *m, bool late)
{
    if (type == MSG_CALL_GONE)
        gone_late = late;
    __real_chan_tell(c, type, m, late);
}

static void say_cut(struct stage *s, uint64_t call)
{
    say_head(s, call, ANSWER_KIND_JSON);
    say_end(s, call, ANSWER_HOW_CUT, ERR_UPSTREAM_UNKNOWN);
}

static void say_whole(struct stage *s, uint64_t call)
{
    say_answer(s, call, RESULT);
}

static void say_twice(struct stage *s, uint64_t call)
{
    say_head(s, call, ANSWER_KIND_JSON);
    say_part(s, call, RESULT, true);
    say_part(s, call, RESULT, true);
}

/* The keeper hears at once of a call that is broken off, and of each where another gateway has calls
 * of the same agent key. */
static void test_which_ends_may_wait(void **state)
{
    static const struct {
        bool alone;
        void (*say)(struct stage *s, uint64_t call); /* NULL: the client leaves */
        bool late;
    } rows[] = {
        {true, say_whole, true}, {true, say_twice, false},  {true, say_cut, false},
        {true, NULL, false},     {false, say_whole, false},
    };
    struct stage *s = *state;
    struct client c;

    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        gateway_on_conf_site(&s->g.conf, &(struct msg_conf_site){.alone = rows[i].alone});
        gone_late = !rows[i].late;
        start(s, &c, "{}", "");
        if (rows[i].say)
            rows[i].say(s, s->open.call);
        else
            client_close(&c);
        WAIT_MSG(s, &c, MSG_CALL_GONE, i + 1);
        client_close(&c);
        assert_int_equal(gone_late, rows[i].late);
    }
}

static void skip_the_permit(void *ctx)
{
    call_enter(ctx, CALL_UPSTREAM);
}

static void end_unasked(void *ctx)
{
    call_finish(ctx);
}

/* A call goes nowhere but where the row of its last event says. */
static void test_states_that_follow(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    call_modern(s, &c, "1", URL, "");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    assert_aborts(skip_the_permit, s->g.calls);
    say_hold(s, s->open.call, "STATE");
    WAIT(s, &c, s->g.calls->state == CALL_HOLD);
    assert_aborts(end_unasked, s->g.calls);
    client_close(&c);
    WAIT(s, &c, s->g.calls == NULL);
}

static void test_answer_in_parts(void **state)
{
    struct stage *s = *state;
    struct client c;

    start(s, &c, URL, "");
    say_head(s, s->open.call, ANSWER_KIND_JSON);
    say_part(s, s->open.call, "{\"jsonrpc\":\"2.0\",\"id\":1,\"res", false);
    say_part(s, s->open.call, "ult\":{\"resultType\":\"complete\",\"content\":[]}}", true);
    WAIT(s, &c, HAS_BODY(&c, RESULT));
    /* A second answer is one too many: it is dropped, and the call with it. */
    say_part(s, s->open.call, RESULT, true);
    WAIT_MSG(s, &c, MSG_CALL_CANCEL, 1);
    quiet(s, &c);
    assert_int_equal(client_count(&c, RESULT), 1);
    all_is_over(s, &c);
}

static const struct {
    const char *name, *answer, *wanted;
    unsigned status;
} answers[] = {
    {"no resultType", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[],\"resultType\":\"complete\"}}", 200},
    {"error", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32050,\"message\":\"x\"}}",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32050,\"message\":\"x\"}}", 200},
    {"unknown method",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"x\"}}",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"x\"}}", 404},
    {"header mismatch",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32020,\"message\":\"x\"}}",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32020,\"message\":\"x\"}}", 400},
    {"wrong id", "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}", "-32603", 200},
    {"id of another type", "{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":{}}", "-32603", 200},
    {"no JSON", "{", "not valid MCP", 200},
    {"no JSON-RPC", "{\"id\":1}", "not valid MCP", 200},
};

static void test_answers(void **state)
{
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        struct client c;
        struct buf status = BUF_INIT(64);

        print_message("    %s\n", answers[i].name);
        start(s, &c, "{}", "");
        say_answer(s, s->open.call, answers[i].answer);
        WAIT(s, &c, has(&c, answers[i].wanted));
        buf_printf(&status, "HTTP/1.1 %u ", answers[i].status);
        buf_put_u8(&status, 0);
        assert_true(has(&c, (const char *)status.p));
        buf_free(&status);
        all_is_over(s, &c);
    }
}

static const struct {
    enum answer_how how;
    enum err code;
    const char *wanted;
} ends[] = {
    {ANSWER_HOW_DONE, ERR_OK, "not valid MCP"},
    {ANSWER_HOW_UNSENT, ERR_UPSTREAM_DOWN, "nothing was sent"},
    {ANSWER_HOW_UNSENT, ERR_OK, "nothing was sent"},
    {ANSWER_HOW_UNKNOWN, ERR_UPSTREAM_UNKNOWN, "outcome is unknown"},
    {ANSWER_HOW_CUT, ERR_OK, "outcome is unknown"},
    {ANSWER_HOW_INVALID, ERR_UPSTREAM_STATUS, "HTTP error"},
    {ANSWER_HOW_TOO_LARGE, ERR_OK, "larger than the limit"},
    {ANSWER_HOW_INVALID, ERR_OK, "not valid MCP"},
};

static void test_failures(void **state)
{
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        struct client c;

        start(s, &c, "{}", "");
        say_end(s, s->open.call, ends[i].how, ends[i].code);
        WAIT(s, &c, has(&c, ends[i].wanted));
        assert_true(has(&c, "HTTP/1.1 200 "));
        assert_true(has(&c, "\"id\":1,\"error\":{\"code\":-32603"));
        all_is_over(s, &c);
    }
}

/* What egress had no room for is not the upstream's fault, and worth another try. */
static void test_no_room_at_egress(void **state)
{
    static const struct {
        enum answer_how how;
        enum err code;
        const char *status, *wanted;
    } rows[] = {
        {ANSWER_HOW_UNSENT, ERR_RATE_LIMITED, "HTTP/1.1 429 ", "Retry-After: 1\r\n"},
        {ANSWER_HOW_UNSENT, ERR_AGAIN, "HTTP/1.1 503 ", "Retry-After: 1\r\n"},
        {ANSWER_HOW_INVALID, ERR_RATE_LIMITED, "HTTP/1.1 200 ", "not valid MCP"},
    };
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct client c;

        start(s, &c, "{}", "");
        say_end(s, s->open.call, rows[i].how, rows[i].code);
        WAIT(s, &c, has(&c, "\"id\":1,\"error\":{\"code\":"));
        assert_true(has(&c, rows[i].status));
        assert_true(has(&c, rows[i].wanted));
        all_is_over(s, &c);
    }
}

/* -32042 is not for this era, whoever says so. */
static void test_no_link_by_error(void **state)
{
    struct stage *s = *state;
    struct msg_call_handoff m = {.handoff = {{1}}, .state = SLICE_LIT("SEALED"), .by_error = true};
    struct client c = {0};

    call_modern(s, &c, "1", URL, "");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    m.call = s->open.call;
    m.client = s->alice;
    assert_err(send_call_handoff(s->keeper, &m), ERR_OK);
    WAIT(s, &c, has(&c, "\"requestState\":\"SEALED\""));
    assert_false(has(&c, "-32042"));
    all_is_over(s, &c);
}

static void test_notification(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    post(s, &c, "/mcp/both", "MCP-Protocol-Version: 2026-07-28\r\n",
         "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/com.example/x\"}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    assert_int_equal(s->open.kind, CALL_KIND_NOTIFICATION);
    say_permit(s, s->open.call, &s->alice, false);
    WAIT(s, &c, has(&c, "HTTP/1.1 202 "));
    WAIT_MSG(s, &c, MSG_SEND_PART, 1);
    say_head(s, s->open.call, ANSWER_KIND_ACCEPTED);
    say_end(s, s->open.call, ANSWER_HOW_DONE, ERR_OK);
    all_is_over(s, &c);
    /* Without a lease to ride on it is accepted, and goes nowhere. */
    c = (struct client){0};
    post(s, &c, "/mcp/both", "MCP-Protocol-Version: 2026-07-28\r\n",
         "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/com.example/x\"}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 2);
    say_deny(s, s->open.call, ERR_FORBIDDEN);
    WAIT(s, &c, has(&c, "HTTP/1.1 202 "));
    all_is_over(s, &c);
    /* Of a call that closing its stream has ended already. */
    c = (struct client){0};
    post(s, &c, "/mcp/both", "MCP-Protocol-Version: 2026-07-28\r\n",
         "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
         "cancelled\",\"params\":{\"requestId\":1}}");
    WAIT(s, &c, has(&c, "HTTP/1.1 202 "));
    assert_int_equal(s->n[MSG_CALL_OPEN], 2);
    all_is_over(s, &c);
}

/* --- streams ---------------------------------------------------------------------------------- */

#define PROGRESS                                                                                   \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":"    \
    "\"p\",\"progress\":1}}"

static void test_stream(void **state)
{
    struct stage *s = *state;
    struct client c;

    start(s, &c, "{}", "");
    say_head(s, s->open.call, ANSWER_KIND_SSE);
    WAIT(s, &c, has(&c, "Content-Type: text/event-stream\r\n"));
    assert_true(has(&c, "X-Accel-Buffering: no\r\n"));
    say_part(s, s->open.call, PROGRESS, true);
    WAIT(s, &c, has(&c, "event: message\ndata: " PROGRESS "\n\n"));
    say_part(s, s->open.call, RESULT, true);
    WAIT(s, &c, has(&c, "event: message\ndata: " RESULT "\n\n"));
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    say_end(s, s->open.call, ANSWER_HOW_DONE, ERR_OK);
    all_is_over(s, &c);
}

static void test_stream_that_breaks(void **state)
{
    struct stage *s = *state;
    struct client c;

    start(s, &c, "{}", "");
    say_head(s, s->open.call, ANSWER_KIND_SSE);
    say_part(s, s->open.call, PROGRESS, true);
    say_end(s, s->open.call, ANSWER_HOW_CUT, ERR_UPSTREAM_UNKNOWN);
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    assert_true(has(&c, "\"id\":1,\"error\":{\"code\":-32603"));
    all_is_over(s, &c);
}

static void test_quiet_stream_has_comments(void **state)
{
    struct stage *s = *state;
    struct client c;

    assert_err(limit_set(SET_COMMENT_TIME, 100), ERR_OK);
    start(s, &c, "{}", "");
    say_head(s, s->open.call, ANSWER_KIND_SSE);
    WAIT(s, &c, client_count(&c, "\r\n:\n\n") >= 3 || client_count(&c, ":\n\n") >= 3);
    client_close(&c);
    WAIT_MSG(s, &c, MSG_CALL_CANCEL, 1);
}

/* A client that stops reading: no more credit than its buffer, and all of it when it reads on. */
static void test_back_pressure(void **state)
{
    enum { PIECE = 40000, WINDOW = 4 * LIM_PART_BYTES };
    struct stage *s = *state;
    struct client c = {0};
    static char text[PIECE + 200];
    size_t sent = 0, n = 0;

    memset(text, 0, sizeof(text));
    strcpy(text, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":"
                 "\"info\",\"data\":\"");
    memset(text + strlen(text), 'x', PIECE);
    strcat(text, "\"}}");
    client_open_small(&c, s->port);
    call_modern(s, &c, "1", "{}", "");
    let_through(s, &c);
    say_head(s, s->open.call, ANSWER_KIND_SSE);
    WAIT(s, &c, has(&c, "text/event-stream"));
    c.deaf = true;
    /* Until the window is closed, and stays closed. */
    for (int idle = 0; idle < 20;) {
        if (sent + strlen(text) <= WINDOW + s->credit) {
            say_part(s, s->open.call, text, true);
            sent += strlen(text);
            n++;
            idle = 0;
        } else {
            idle++;
        }
        loop_turn(s->loop, 1);
        assert_true(sent < 64 << 20);
    }
    assert_true(sent - s->credit <= WINDOW);
    c.deaf = false;
    WAIT(s, &c, client_count(&c, "notifications/message") == n);
    WAIT(s, &c, s->credit + WINDOW >= sent + LIM_PART_BYTES);
    say_part(s, s->open.call, RESULT, true);
    say_end(s, s->open.call, ANSWER_HOW_DONE, ERR_OK);
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    all_is_over(s, &c);
}

static void test_large_message(void **state)
{
    struct stage *s = *state;
    struct client c;
    static char part[40001];
    enum { PARTS = 80 };

    memset(part, 'x', 40000);
    start(s, &c, "{}", "");
    say_head(s, s->open.call, ANSWER_KIND_SSE);
    say_part(s, s->open.call, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"x\":\"", false);
    for (unsigned i = 1; i <= PARTS; i++) {
        WAIT(s, &c, s->credit + 4 * LIM_PART_BYTES >= i * 40000 + 1000);
        say_part(s, s->open.call, part, false);
    }
    say_part(s, s->open.call, "\"}}", true);
    say_end(s, s->open.call, ANSWER_HOW_DONE, ERR_OK);
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    assert_true(c.got.n > PARTS * 40000);
    all_is_over(s, &c);
}

/* One that has no end within the limit. */
static void test_endless_message(void **state)
{
    struct stage *s = *state;
    struct client c;
    static char part[40001];

    assert_err(limit_set(SET_BODY_BYTES, 65536), ERR_OK);
    memset(part, 'x', 40000);
    start(s, &c, "{}", "");
    say_head(s, s->open.call, ANSWER_KIND_SSE);
    for (int i = 0; i < 6; i++)
        say_part(s, s->open.call, part, false);
    WAIT_MSG(s, &c, MSG_CALL_CANCEL, 1);
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    assert_true(has(&c, "not valid MCP"));
    all_is_over(s, &c);
}

/* --- leaving ---------------------------------------------------------------------------------- */

static void test_leaving(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    /* While the keeper thinks. */
    call_modern(s, &c, "1", "{}", "");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    client_close(&c);
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
    assert_int_equal(s->gone_call, s->open.call);
    say_permit(s, s->open.call, &s->alice, false); /* crossed on its way */
    quiet(s, &c);
    assert_int_equal(s->n[MSG_SEND_HEAD], 0);
    /* While the upstream works: closing the stream cancels. */
    start(s, &c, "{}", "");
    client_close(&c);
    WAIT_MSG(s, &c, MSG_CALL_CANCEL, 1);
    assert_int_equal(s->cancelled_call, s->open.call);
    WAIT_MSG(s, &c, MSG_CALL_GONE, 2);
    say_answer(s, s->open.call, RESULT); /* too late, and no harm */
    quiet(s, &c);
    all_is_over(s, &c);
}

static void test_peers_that_end(void **state)
{
    struct stage *s = *state;
    struct client c;

    start(s, &c, "{}", "");
    stage_end(s, &s->egress);
    WAIT(s, &c, has(&c, "outcome is unknown"));
    client_close(&c);
    /* A permit for a process that is not here yet. */
    c = (struct client){0};
    call_modern(s, &c, "1", "{}", "");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 2);
    say_permit(s, s->open.call, &s->alice, false);
    quiet(s, &c);
    assert_int_equal(s->n[MSG_SEND_HEAD], 1);
    stage_add_egress(s, UP_BOTH, 5);
    WAIT_MSG(s, &c, MSG_SEND_HEAD, 2);
    /* The keeper is lost while the upstream works: the answer still comes. */
    WAIT(s, &c, s->body.n == s->head.size);
    quiet(s, &c);
    stage_end(s, &s->keeper);
    quiet(s, &c);
    say_answer(s, s->open.call, RESULT);
    WAIT(s, &c, has(&c, RESULT));
    all_is_over(s, &c);
}

static void test_egress_that_does_not_come(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    assert_err(limit_set(SET_PERMIT_TIME, 100), ERR_OK);
    stage_end(s, &s->egress);
    call_modern(s, &c, "1", "{}", "");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    say_permit(s, s->open.call, &s->alice, false);
    quiet(s, &c);
    /* Another generation is not meant. */
    stage_add_egress(s, UP_BOTH, 6);
    WAIT(s, &c, has(&c, "HTTP/1.1 503 "));
    assert_int_equal(s->n[MSG_SEND_HEAD], 0);
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
    assert_true(ID_IS_ZERO(s->gone_use));
    client_close(&c);
}

/* Of what egress did not even take on it may have the permit still. */
static void test_egress_that_takes_nothing(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    start(s, &c, "{}", "");
    say_end(s, s->open.call, ANSWER_HOW_UNSENT, ERR_AGAIN);
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
    assert_true(ID_IS_ZERO(s->gone_use));
    all_is_over(s, &c);
}

/* --- breaches --------------------------------------------------------------------------------- */

static void test_out_of_turn(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    /* The keeper says something about a call that did not ask. */
    start(s, &c, "{}", "");
    say_own(s, s->open.call, true, false);
    WAIT(s, &c, s->keeper_ended);
    client_close(&c);
    WAIT(s, &c, s->near_keeper == NULL);
}

static void test_foreign_egress(void **state)
{
    struct stage *s = *state;
    struct client c;

    start(s, &c, "{}", "");
    struct chan *first = s->egress, *near_first = s->near_egress;
    stage_add_egress(s, UP_OPEN, 9);
    struct chan *second = s->egress;
    const struct msg_answer_part m = {
        .call = s->open.call, .last = true, .part = SLICE_LIT(RESULT)};
    assert_err(send_answer_part(second, &m), ERR_OK);
    WAIT(s, &c, s->egress_ended);
    quiet(s, &c);
    assert_false(has(&c, RESULT));
    s->egress = first;
    s->near_egress = near_first;
    say_answer(s, s->open.call, RESULT);
    WAIT(s, &c, has(&c, RESULT));
    client_close(&c);
}

/* --- the upstream's own questions ------------------------------------------------------------- */

#define ASKS(key, mode, state)                                                                     \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"input_required\","                 \
    "\"inputRequests\":{\"" key                                                                    \
    "\":{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"" mode                           \
    "\",\"message\":\"m\"}}}" state "}}"
#define FORM "{\"elicitation\":{\"form\":{}}}"

static void test_upstream_asks(void **state)
{
    struct stage *s = *state;
    struct client c;

    /* What egress made of the state goes as it is. */
    start(s, &c, FORM, "");
    say_answer(s, s->open.call, ASKS("user_name", "form", ",\"requestState\":\"SEALED\""));
    WAIT(s, &c, HAS_BODY(&c, ASKS("user_name", "form", ",\"requestState\":\"SEALED\"")));
    all_is_over(s, &c);
}

static void test_upstream_asks_what_may_not_be(void **state)
{
    static const char *const rows[] = {
        ASKS("k", "url", ""),         /* not declared */
        ASKS("sidegate", "form", ""), /* our name */
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"input_required\","
        "\"inputRequests\":{\"k\":{\"method\":\"tools/call\",\"params\":{}}}}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"input_required\","
        "\"inputRequests\":{\"k\":{\"method\":\"sampling/createMessage\",\"params\":{}}}}}",
    };
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct client c;

        start(s, &c, FORM, "");
        say_answer(s, s->open.call, rows[i]);
        WAIT(s, &c, has(&c, "\"id\":1,\"error\":{\"code\":-32603"));
        assert_false(has(&c, "input_required"));
        all_is_over(s, &c);
    }
}

static void test_answer_to_the_upstream(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    call_modern(s, &c, "1", FORM,
                ",\"requestState\":\"SEALED\",\"inputResponses\":{\"user_name\":{\"action\":"
                "\"accept\",\"content\":{\"n\":\"x\"}}}");
    let_through(s, &c);
    assert_string_equal(s->open.state, "SEALED");
    assert_true(s->open.answers);
    assert_int_equal(s->open.answer, ANSWER_NONE);
    assert_body_is_shown(s);
    assert_true(slice_find(buf_slice(&s->body), SLICE_LIT("requestState")) == s->body.n);
    assert_true(slice_find(buf_slice(&s->body), SLICE_LIT("\"inputResponses\":{\"user_name\":{")) <
                s->body.n);
    say_answer(s, s->open.call, RESULT);
    WAIT(s, &c, has(&c, RESULT));
    all_is_over(s, &c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_call),
        STAGED(test_which_ends_may_wait),
        STAGED(test_states_that_follow),
        STAGED(test_answer_in_parts),
        STAGED(test_answers),
        STAGED(test_failures),
        STAGED(test_no_room_at_egress),
        STAGED(test_no_link_by_error),
        STAGED(test_notification),
        STAGED(test_stream),
        STAGED(test_stream_that_breaks),
        STAGED(test_quiet_stream_has_comments),
        STAGED(test_back_pressure),
        STAGED(test_large_message),
        STAGED(test_endless_message),
        STAGED(test_leaving),
        STAGED(test_peers_that_end),
        STAGED(test_egress_that_does_not_come),
        STAGED(test_egress_that_takes_nothing),
        STAGED(test_out_of_turn),
        STAGED(test_foreign_egress),
        STAGED(test_upstream_asks),
        STAGED(test_upstream_asks_what_may_not_be),
        STAGED(test_answer_to_the_upstream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
