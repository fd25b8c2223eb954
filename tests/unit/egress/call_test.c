/* Modern calls through the real egress process: what leaves, once, and what comes back. */
#include "egress/modern.h"

#include <stdio.h>
#include <string.h>

#include "ipc/gen/send.h"
#include "os/clock.h"

static void test_call_and_answer(void **state)
{
    struct rig *r = start(answer);
    const struct rig_request *q = &r->requests[0];
    const struct rig_call *c;
    unsigned i = rig_ask(r, (struct rig_ask){0});

    (void)state;
    rig_both(r, i);
    c = rig_call_of(r, i);
    assert_int_equal(c->heads, 1);
    assert_int_equal(c->kind, ANSWER_KIND_JSON);
    assert_end(r, i, ANSWER_HOW_DONE, ERR_OK);
    assert_int_equal(c->messages, 1);
    assert_string_equal((const char *)c->text.p,
                        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[],\"resultType\":"
                        "\"complete\"}}\n");
    assert_result(r, i, RESULT_ANSWERED, ERR_OK);
    assert_int_equal(rig_use_of(r, i)->result.status, 200);
    assert_false(rig_use_of(r, i)->result.refused);
    assert_int_equal(r->requests_n, 1);
    assert_true(rig_has(q, "POST /mcp HTTP/1.1\r\n"));
    assert_true(rig_has(q, "Authorization: Bearer s3cret-canary-0123456789\r\n"));
    assert_true(rig_has(q, "MCP-Protocol-Version: 2026-07-28\r\n"));
    assert_true(rig_has(q, "Mcp-Method: tools/call\r\n"));
    assert_true(rig_has(q, "Mcp-Name: forecast\r\n"));
    assert_true(rig_has(q, "Accept: application/json, text/event-stream\r\n"));
    assert_true(rig_has(q, "Accept-Encoding: identity\r\n"));
    assert_true(rig_has(q, "Content-Type: application/json\r\n"));
    assert_false(rig_has(q, "Expect"));
    assert_false(rig_has(q, "Mcp-Session-Id"));
    assert_false(rig_has(q, "Cookie"));
    assert_string_equal((const char *)q->body.p,
                        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{"
                        "\"name\":\"forecast\",\"arguments\":{\"city\":\"Oslo\"}}}");
    rig_stop(r);
}

/* Whether of most such calls the keeper hears so much later than the gateway. */
static bool waits(struct rig *r, const struct rig_ask *a)
{
    unsigned late = 0;

    for (int n = 0; n < 9; n++) {
        unsigned i = rig_ask(r, *a);
        uint64_t ended;

        stage_until_count(&r->s, &rig_call_of(r, i)->ends, 1);
        ended = clock_boot_ms();
        rig_result(r, i);
        late += clock_boot_ms() - ended >= LIM_TELL_LATE_TIME / 2;
    }
    return late > 4;
}

/* The keeper says whether the end of a use may wait; it does if it is a good one. */
static void test_which_results_may_wait(void **state)
{
    static const struct {
        bool lazy;
        const char *canned;
        bool waits;
    } rows[] = {
        {true, RESULT, true},
        {false, RESULT, false},
        {true, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":\"s3cret-canary-0123456789\"}", false},
        {true, "{", false},
    };
    struct rig *r = start(answer);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        r->canned = rows[i].canned;
        assert_int_equal(waits(r, &(struct rig_ask){.lazy = rows[i].lazy}), rows[i].waits);
    }
    rig_stop(r);
}

/* A call whose body has 100,000 bytes. */
static const char *large_body(void)
{
    static char text[100 * 1000];
    const char before[] =
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":"
        "\"forecast\",\"arguments\":{\"city\":\"";
    const char after[] = "\"}}}";

    memset(text, 'x', sizeof(text));
    memcpy(text, before, sizeof(before) - 1);
    memcpy(text + sizeof(text) - sizeof(after), after, sizeof(after));
    return text;
}

static void silent(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    (void)r;
    (void)c;
    (void)q;
}

static struct rig *start_shared(rig_script *script)
{
    static const uint64_t limits[] = {SET_BODIES_BYTES, 1 << 20, SET_CLIENT_BYTES, 160 * 1000};

    rig_start(&rig, &(struct rig_conf){.limits = limits, .limits_n = 2});
    rig.script = script;
    return &rig;
}

/* What an agent key's calls hold is counted, here too: one more large one is not sent, and the use
 * is given back; small ones pass, and those of other keys. */
static void test_share_of_a_key(void **state)
{
    struct rig *r = start_shared(silent);
    struct rig_ask a = {.body = large_body(), .client = 1}, other = a;
    unsigned first = rig_ask(r, a), i;

    (void)state;
    other.client = 2;
    rig_requests(r, 1);
    for (int head_first = 0; head_first < 2; head_first++) {
        a.head_first = head_first;
        i = rig_ask(r, a);
        rig_both(r, i);
        assert_end(r, i, ANSWER_HOW_UNSENT, ERR_RATE_LIMITED);
        assert_result(r, i, RESULT_UNSENT, ERR_RATE_LIMITED);
    }
    (void)rig_ask(r, other);
    rig_requests(r, 2);
    (void)rig_ask(r, (struct rig_ask){.client = 1});
    rig_requests(r, 3);
    assert_err(send_call_cancel(r->gateway->chan, &(struct msg_call_cancel){first}), ERR_OK);
    rig_result(r, first);
    a.head_first = false;
    (void)rig_ask(r, a);
    rig_requests(r, 4);
    assert_int_equal(r->requests_n, 4);
    assert_int_equal(r->alerts, 0);
    rig_stop(r);
}

/* What a request was parsed into is many times its text, and is held no longer than until it leaves:
 * before, the second of these had no room while the first waited for its answer. */
static void test_nodes_go_with_the_body(void **state)
{
    static char body[8192];
    struct buf b = BUF_INIT(sizeof(body));
    struct rig *r = start_shared(silent);

    (void)state;
    buf_put_str(&b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
                    "\"t\",\"arguments\":{\"a\":[0");
    for (int n = 0; n < 3000; n++)
        buf_put_str(&b, ",0");
    buf_put_str(&b, "]}}}");
    (void)slice_copy(buf_slice(&b), (uint8_t *)body, sizeof(body));
    for (unsigned i = 1; i <= 3; i++) {
        (void)rig_ask(r, (struct rig_ask){.body = body, .client = 1});
        rig_requests(r, i);
    }
    buf_free(&b);
    rig_stop(r);
}

/* Nor does an answer grow beyond the share: it is lost, as one whose connection broke. */
static void test_share_and_answers(void **state)
{
    struct rig *r = start_shared(answer);
    struct buf text = BUF_INIT(1 << 20);
    unsigned i, k;

    (void)state;
    buf_put_str(
        &text,
        "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"resultType\":\"complete\",\"content\":[],"
        "\"text\":\"");
    for (int n = 0; n < 200 * 1000; n++)
        buf_put_u8(&text, 'y');
    buf_put_str(&text, "\"}}");
    buf_put_u8(&text, 0);
    r->canned = (const char *)text.p;
    i = rig_ask(r, (struct rig_ask){.client = 1});
    rig_both(r, i);
    assert_end(r, i, ANSWER_HOW_UNKNOWN, ERR_UPSTREAM_UNKNOWN);
    assert_result(r, i, RESULT_UNKNOWN, ERR_RATE_LIMITED);
    r->canned = NULL;
    k = rig_ask(r, (struct rig_ask){.client = 1});
    rig_both(r, k);
    assert_end(r, k, ANSWER_HOW_DONE, ERR_OK);
    buf_free(&text);
    rig_stop(r);
}

/* Others hold nearly all that there is: an answer that needs more ends, since nobody would tell it
 * when there is room again. */
static void test_others_hold_the_room(void **state)
{
    struct rig *r = start_shared(silent);
    struct buf text = BUF_INIT(1 << 20);
    struct rig_ask a = {.body = large_body()};
    unsigned i, others = 0;

    (void)state;
    while (others < 64 && (others + 2) * strlen(a.body) < (1 << 20)) {
        a.client = 2 + others++;
        (void)rig_ask(r, a);
        rig_requests(r, others);
    }
    buf_put_str(
        &text,
        "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"resultType\":\"complete\",\"text\":\"");
    for (int n = 0; n < 140 * 1000; n++)
        buf_put_u8(&text, 'y');
    buf_put_str(&text, "\"}}");
    buf_put_u8(&text, 0);
    r->canned = (const char *)text.p;
    r->script = answer;
    i = rig_ask(r, (struct rig_ask){.client = 1});
    rig_both(r, i);
    assert_end(r, i, ANSWER_HOW_UNKNOWN, ERR_UPSTREAM_UNKNOWN);
    assert_result(r, i, RESULT_UNKNOWN, ERR_RATE_LIMITED);
    buf_free(&text);
    rig_stop(r);
}

static void test_either_half_first(void **state)
{
    struct rig *r = start(answer);
    unsigned i = rig_ask(r, (struct rig_ask){.head_first = true}), k;

    (void)state;
    rig_both(r, i);
    assert_end(r, i, ANSWER_HOW_DONE, ERR_OK);
    k = rig_ask(r, (struct rig_ask){0});
    rig_both(r, k);
    assert_end(r, k, ANSWER_HOW_DONE, ERR_OK);
    assert_int_equal(r->requests_n, 2);
    assert_int_equal(r->conns_n, 1); /* kept alive */
    rig_stop(r);
}

/* Names that a header cannot hold as they are, and the client's Mcp-Param headers. */
static void test_headers_from_the_body(void **state)
{
    static const struct request_headers region = {{{SLICE_LIT("Region"), SLICE_LIT("no")}}, 1};
    struct rig *r = start(answer);
    struct rig_ask a = {.body =
                            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":"
                            "{\"name\":\"v\u00e6r\",\"arguments\":{\"region\":\"no\"}}}",
                        .headers = &region};
    unsigned i = rig_ask(r, a);

    (void)state;
    rig_both(r, i);
    assert_end(r, i, ANSWER_HOW_DONE, ERR_OK);
    assert_true(rig_has(&r->requests[0], "Mcp-Name: =?base64?dsOmcg==?=\r\n"));
    assert_true(rig_has(&r->requests[0], "Mcp-Param-Region: no\r\n"));
    rig_stop(r);
}

static void test_notification(void **state)
{
    struct rig *r = start(NULL);
    unsigned i = rig_ask(
        r,
        (struct rig_ask){.kind = CALL_KIND_NOTIFICATION,
                         .body = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\"}"});

    (void)state;
    rig_requests(r, 1);
    rig_say(&r->conns[0], "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    rig_both(r, i);
    assert_int_equal(rig_call_of(r, i)->kind, ANSWER_KIND_ACCEPTED);
    assert_int_equal(rig_call_of(r, i)->messages, 0);
    assert_end(r, i, ANSWER_HOW_DONE, ERR_OK);
    rig_stop(r);
}

static void test_stream_of_events(void **state)
{
    struct rig *r = start(NULL);
    unsigned i = rig_ask(r, (struct rig_ask){0}), k;
    const struct rig_call *c = rig_call_of(r, i);

    (void)state;
    rig_requests(r, 1);
    rig_say_stream(&r->conns[0]);
    stage_until_count(&r->s, &c->heads, 1);
    assert_int_equal(c->kind, ANSWER_KIND_SSE);
    rig_say_event(&r->conns[0], &r->requests[0],
                  "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{}}");
    stage_until_count(&r->s, &c->messages, 1); /* before the end */
    assert_int_equal(c->ends, 0);
    rig_say_event(&r->conns[0], &r->requests[0], RESULT);
    rig_both(r, i); /* the stream is still open */
    assert_end(r, i, ANSWER_HOW_DONE, ERR_OK);
    assert_int_equal(c->messages, 2);
    assert_null(strstr((const char *)c->text.p, "secret-event-id"));
    assert_null(strstr((const char *)c->text.p, "comment"));
    rig_say_stream_end(&r->conns[0]);
    stage_idle(&r->s, 30);
    k = rig_ask(r, (struct rig_ask){0}); /* on the same connection */
    rig_requests(r, 2);
    assert_int_equal(r->conns_n, 1);
    rig_say_json(&r->conns[0], &r->requests[1], RESULT);
    rig_both(r, k);
    rig_stop(r);
}

/* A stream that goes on after its response is closed after a moment. */
static void test_stream_that_does_not_end(void **state)
{
    struct rig *r = start(NULL);
    unsigned i = rig_ask(r, (struct rig_ask){0});
    struct rig_conn *c = &r->conns[0];

    (void)state;
    rig_requests(r, 1);
    rig_say_stream(c);
    rig_say_event(c, &r->requests[0], RESULT);
    rig_say_event(c, &r->requests[0], RESULT);
    rig_both(r, i);
    for (int k = 0; k < 40 && c->fd >= 0; k++) {
        rig_say_event(c, &r->requests[0], RESULT);
        stage_idle(&r->s, 50);
    }
    assert_int_equal(c->fd, -1);
    assert_int_equal(rig_call_of(r, i)->messages, 1);
    assert_int_equal(rig_call_of(r, i)->ends, 1);
    rig_stop(r);
}

/* --- users apart ------------------------------------------------------------------------------ */

static void test_two_users_never_on_one_connection(void **state)
{
    static const struct {
        unsigned char user, connection;
        const char *credential;
        unsigned conn;
    } rows[] = {
        {1, 1, NULL, 0}, {1, 1, NULL, 0}, {2, 2, "other-canary-1", 1},
        {1, 1, NULL, 0}, {2, 2, NULL, 1}, {1, 3, NULL, 2},
        {1, 1, "", 3},   {2, 2, "", 4},   {1, 1, NULL, 0},
        {1, 1, "", 3},   {1, 3, NULL, 2},
    };
    struct rig *r = start(answer);

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        unsigned i = rig_ask(r, (struct rig_ask){.user = rows[k].user,
                                                 .connection = rows[k].connection,
                                                 .credential = rows[k].credential});
        rig_both(r, i);
        assert_end(r, i, ANSWER_HOW_DONE, ERR_OK);
        assert_int_equal(r->requests[k].conn, rows[k].conn);
        if (rows[k].credential != NULL && rows[k].credential[0] == '\0')
            assert_false(rig_has(&r->requests[k], "Authorization"));
    }
    rig_stop(r);
}

static void test_drop_closes_what_was_opened(void **state)
{
    struct rig *r = start(NULL);
    unsigned busy = rig_ask(r, (struct rig_ask){.connection = 1});
    struct msg_drop m = {0};
    unsigned k;

    (void)state;
    rig_requests(r, 1);
    m.connection.b[0] = 1;
    assert_err(send_drop(r->keeper->chan, &m), ERR_OK);
    stage_until_count(&r->s, &r->dropped, 1);
    assert_int_equal(r->results_before_dropped, 1); /* said only when it is so */
    rig_both(r, busy);
    assert_result(r, busy, RESULT_UNKNOWN, ERR_GONE);
    assert_end(r, busy, ANSWER_HOW_UNKNOWN, ERR_UPSTREAM_UNKNOWN);
    while (r->conns[0].fd >= 0)
        stage_idle(&r->s, 5);

    r->script = answer;
    k = rig_ask(r, (struct rig_ask){.connection = 1});
    rig_both(r, k);
    assert_int_equal(r->requests[1].conn, 1);
    assert_err(send_drop(r->keeper->chan, &m), ERR_OK); /* idle now */
    stage_until_count(&r->s, &r->dropped, 2);
    while (r->conns[1].fd >= 0)
        stage_idle(&r->s, 5);
    assert_err(send_drop(r->keeper->chan, &m), ERR_OK); /* nothing is there */
    stage_until_count(&r->s, &r->dropped, 3);
    rig_stop(r);
}

#define T(name) cmocka_unit_test_teardown(name, rig_teardown)

/* With status 400, as a server of the modern era answers these. */
static void say_code(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    char body[100], text[300];

    (void)q;
    snprintf(body, sizeof(body),
             "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":%s,\"message\":\"no\"}}",
             r->canned);
    snprintf(text, sizeof(text),
             "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    rig_say(c, text);
}

static unsigned hints(const struct rig *r)
{
    static const struct slice event = {(const uint8_t *)"maybe_other_era", 15};
    struct slice log = buf_slice(&r->s.log);
    unsigned n = 0;

    for (size_t at; (at = slice_find(log, event)) < log.n; n++)
        log = slice_sub(log, at + event.n, log.n);
    return n;
}

/* What only a server that knows the modern era can say is no sign of one that does not. The log
 * keeps the order: when the last hint is there, so is each before it. */
static void test_hint_of_the_other_era(void **state)
{
    static const char *const codes[] = {"-32020", "-32021", "-32022", "-32000"};
    struct rig *r = start(say_code);

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(codes); k++) {
        unsigned i;

        r->canned = codes[k];
        i = rig_ask(r, (struct rig_ask){.body = CALL("7")});
        rig_both(r, i);
        assert_end(r, i, ANSWER_HOW_DONE, ERR_OK);
    }
    for (unsigned ms = 0; hints(r) < 2 && ms < 20000; ms++)
        stage_idle(&r->s, 1);
    assert_int_equal(hints(r), 2); /* of the last two */
    rig_stop(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_call_and_answer),
        T(test_which_results_may_wait),
        T(test_either_half_first),
        T(test_share_of_a_key),
        T(test_share_and_answers),
        T(test_others_hold_the_room),
        T(test_nodes_go_with_the_body),
        T(test_headers_from_the_body),
        T(test_notification),
        T(test_stream_of_events),
        T(test_stream_that_does_not_end),
        T(test_two_users_never_on_one_connection),
        T(test_drop_closes_what_was_opened),
        T(test_hint_of_the_other_era),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
