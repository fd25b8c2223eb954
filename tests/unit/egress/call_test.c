/* Modern calls through the real egress process: what leaves, once, and when it does not leave. */
#include "unit.h"

#include "egress/rig.h"

#include <string.h>
#include <sys/socket.h>

#include "ipc/gen/send.h"
#include "os/clock.h"
#include "os/sock.h"

#define RESULT                                                                                     \
    "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"content\":[],\"resultType\":\"complete\"}}"
#define CALL(id)                                                                                   \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"tools/call\",\"params\":{\"name\":\"t\"}}"

static struct rig rig;

static int teardown(void **state)
{
    (void)state;
    rig_kill(&rig);
    return 0;
}

static void answer(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    rig_say_json(c, q, r->canned != NULL ? r->canned : RESULT);
}

static struct rig *start(rig_script *script)
{
    rig_start(&rig, &(struct rig_conf){0});
    rig.script = script;
    return &rig;
}

static void assert_end(struct rig *r, unsigned i, enum answer_how how, enum err code)
{
    const struct rig_call *c = rig_call_of(r, i);

    assert_int_equal(c->ends, 1);
    assert_int_equal(c->how, how);
    assert_err(c->code, code);
}

static void assert_result(struct rig *r, unsigned i, enum result result, enum err code)
{
    const struct rig_use *u = rig_use_of(r, i);

    assert_int_equal(u->results, 1);
    assert_string_equal(result_name(u->result.result), result_name(result));
    assert_err((enum err)u->result.code, code);
}

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

/* --- what does not leave ---------------------------------------------------------------------- */

static void test_other_body(void **state)
{
    static const struct rig_ask rows[] = {
        {.wrong_body = CALL("8")},
        {.wrong_projection = CALL("7")},
        {.wrong_kind = true},
        {.body = "{\"jsonrpc\":\"2.0\",\"id\":7,\"id\":7,\"method\":\"tools/call\"}"},
        {.body = "not json"},
        {.body = "[" CALL("7") "]"},
        {.body = CALL("7"), .kind = CALL_KIND_NOTIFICATION},
        {.body = CALL("7"), .kind = CALL_KIND_RESPONSE},
    };

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct rig *r = start(answer);
        unsigned i = rig_ask(r, rows[k]);

        rig_result(r, i);
        if (rig_use_of(r, i)->result.result != RESULT_UNSENT)
            fail_msg("row %zu", k);
        stage_until_count(&r->s, &r->alerts, 1); /* the gateway is reported and cut off */
        assert_null(r->gateway->chan);
        assert_int_equal(r->dial_wants, 0);
        assert_int_equal(r->requests_n, 0);
        rig_stop(r);
    }
}

/* An array of n numbers as the arguments of a call; NUL-terminated. */
static void put_array(struct buf *out, unsigned levels, unsigned n)
{
    buf_put_str(out, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":"
                     "\"t\",\"arguments\":{\"a\":");
    for (unsigned i = 0; i < levels; i++)
        buf_put_u8(out, '[');
    for (unsigned i = 0; i < n; i++)
        buf_put_str(out, i == 0 ? "0" : ",0");
    for (unsigned i = 0; i < levels; i++)
        buf_put_u8(out, ']');
    buf_put_str(out, "}}}");
    buf_put_u8(out, 0);
}

/* Nor with another header, which a server may go by. */
static void test_other_header(void **state)
{
    static const struct request_headers yes = {{{SLICE_LIT("Tenant"), SLICE_LIT("test")}}, 1};
    static const struct {
        const struct request_headers *judged;
        const char *name, *value;
    } rows[] = {{NULL, "Tenant", "test"}, {&yes, "Tenant", "live"}, {&yes, "tenant", "test"}};

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct rig *r = start(answer);
        struct rig_ask a = {.body = CALL("7"), .permit_only = true, .headers = rows[k].judged};
        unsigned i = rig_ask(r, a);

        a.headers =
            &(struct request_headers){{{slice_str(rows[k].name), slice_str(rows[k].value)}}, 1};
        rig_head(r, i, &a);
        rig_body(r, i, &a);
        rig_result(r, i);
        stage_until_count(&r->s, &r->alerts, 1);
        if (rig_use_of(r, i)->result.result != RESULT_UNSENT || r->requests_n > 0)
            fail_msg("row %zu", k);
        rig_stop(r);
    }
}

/* A body that the keeper permitted, and that breaks a limit here, ends that call and no other: the
 * gateway is not to blame for what a client can choose. */
static void test_limits_end_the_call(void **state)
{
    static const struct {
        unsigned levels, n;
        enum err code;
    } rows[] = {
        {1, LIM_JSON_NODES, ERR_TOO_LARGE},
        {LIM_JSON_DEPTH, 1, ERR_TOO_DEEP},
    };
    struct rig *r = start(answer);
    unsigned running = rig_ask(r, (struct rig_ask){.body = CALL("1"), .body_later = true}), i;

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct buf b = BUF_INIT(4 << 20);

        put_array(&b, rows[k].levels, rows[k].n);
        i = rig_ask(r, (struct rig_ask){.body = (const char *)b.p});
        rig_result(r, i);
        assert_result(r, i, RESULT_UNSENT, rows[k].code);
        rig_both(r, i);
        assert_end(r, i, ANSWER_HOW_UNSENT, rows[k].code);
        buf_free(&b);
    }
    rig_body(r, running, &(struct rig_ask){.body = CALL("1")});
    rig_both(r, running);
    assert_end(r, running, ANSWER_HOW_DONE, ERR_OK);
    assert_non_null(r->gateway->chan);
    assert_int_equal(r->alerts, 0);
    assert_int_equal(r->requests_n, 1);
    rig_stop(r);
}

/* So does a body of more bytes than any may have, or a header too many. */
static void test_sizes_end_the_call(void **state)
{
    struct rig *r = start(answer);
    struct msg_send_head head = {.call = 40,
                                 .use = rig_use_id(40),
                                 .era = ERA_MODERN,
                                 .kind = CALL_KIND_REQUEST,
                                 .protocol = SLICE_LIT("2026-07-28"),
                                 .size = (uint32_t)limit_get(SET_BODY_BYTES) + LIM_REWRITE_BYTES};

    (void)state;
    head.size++;
    rig_permit(r, 40, &(struct rig_ask){.body = CALL("1")});
    assert_err(send_send_head(r->gateway->chan, &head), ERR_OK);
    stage_until_count(&r->s, &rig_call_of(r, 40)->ends, 1);
    assert_end(r, 40, ANSWER_HOW_UNSENT, ERR_TOO_LARGE);
    head.size--;
    head.call = 41;
    head.use = rig_use_id(41);
    rig_permit(r, 41, &(struct rig_ask){.body = CALL("1")});
    assert_err(send_send_head(r->gateway->chan, &head), ERR_OK);
    for (unsigned n = 0; n <= LIM_MCP_PARAMS; n++) {
        assert_int_equal(rig_call_of(r, 41)->ends, 0);
        assert_err(send_send_param(r->gateway->chan,
                                   &(struct msg_send_param){41, SLICE_LIT("a"), SLICE_LIT("b")}),
                   ERR_OK);
    }
    stage_until_count(&r->s, &rig_call_of(r, 41)->ends, 1);
    assert_end(r, 41, ANSWER_HOW_UNSENT, ERR_TOO_LARGE);
    assert_non_null(r->gateway->chan);
    assert_int_equal(r->alerts, 0);
    rig_stop(r);
}

static void test_foreign_gateway(void **state)
{
    struct rig *r = start(answer);
    struct rig_ask a = {.body = CALL("1")};
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL("1"), .permit_only = true}), k;

    (void)state;
    a.gateway = r->gateway2; /* the permit is for the first */
    rig_head(r, i, &a);
    stage_until_count(&r->s, &r->alerts, 1);
    assert_null(r->gateway2->chan);
    a.gateway = r->gateway; /* whose use it is gets it all the same */
    rig_head(r, i, &a);
    rig_body(r, i, &a);
    rig_both(r, i);
    assert_end(r, i, ANSWER_HOW_DONE, ERR_OK);
    assert_int_equal(r->requests_n, 1);

    k = rig_ask(r, (struct rig_ask){.body = CALL("2")});
    rig_both(r, k);
    assert_end(r, k, ANSWER_HOW_DONE, ERR_OK);
    rig_stop(r);
}

/* The same with the halves in the other order. */
static void test_foreign_gateway_first(void **state)
{
    struct rig *r = start(answer);
    struct rig_ask a = {.body = CALL("1"), .gateway = r->gateway2};

    (void)state;
    rig_head(r, 0, &a);
    rig_body(r, 0, &a);
    stage_idle(&r->s, 20);
    a.gateway = r->gateway;
    rig_permit(r, 0, &a);
    rig_result(r, 0);
    assert_result(r, 0, RESULT_UNSENT, ERR_PROTOCOL);
    stage_until_count(&r->s, &r->alerts, 1);
    assert_null(r->gateway2->chan);
    assert_non_null(r->gateway->chan);
    assert_int_equal(r->dial_wants, 0);
    assert_int_equal(r->requests_n, 0);
    rig_stop(r);
}

/* What a gateway says that goes into headers, or that does not fit together. (No message between
 * processes holds a control character, tests/unit/ipc.) */
static void test_heads_that_are_refused(void **state)
{
    static const struct rig_ask rows[] = {
        {.body = CALL("1"), .protocol = " 2026-07-28"},
        {.body = CALL("1"), .protocol = "2026\u00e6"},
        {.body = CALL("1"), .last_event_id = "1 "},
        {.body = CALL("1"), .last_event_id = "\u00e6"},
        {.kind = CALL_KIND_STREAM, .era = ERA_LEGACY, .last_event_id = "\u00e6"},
        {.kind = CALL_KIND_STREAM, .era = ERA_LEGACY, .body = CALL("1")},
        {.kind = CALL_KIND_STREAM, .era = ERA_MODERN},
        {.body = ""},
    };

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct rig *r = start(answer);

        rig_permit(r, 0, &rows[k]);
        rig_head(r, 0, &rows[k]);
        stage_until_count(&r->s, &r->alerts, 1);
        if (r->gateway->chan != NULL || r->dial_wants > 0)
            fail_msg("row %zu", k);
        rig_stop(r);
    }
}

static void test_params_that_are_refused(void **state)
{
    static const struct {
        const char *name, *value;
        enum era era;
        bool after_body;
    } rows[] = {
        {"Region", "v\u00e6r", ERA_MODERN, false},
        {"Region", "no ", ERA_MODERN, false},
        {"Region", "", ERA_MODERN, false},
        {"Region: x", "no", ERA_MODERN, false},
        {"Re gion", "no", ERA_MODERN, false},
        {"R\u00e9gion", "no", ERA_MODERN, false},
        {"", "no", ERA_MODERN, false},
        {"Region", "no", ERA_LEGACY, false},
        {"Region", "no", ERA_MODERN, true},
    };

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct rig *r = start(answer);
        unsigned i =
            rig_ask(r, (struct rig_ask){.body = CALL("1"), .era = rows[k].era, .body_later = true});
        const struct msg_send_param m = {
            .call = i, .name = slice_str(rows[k].name), .value = slice_str(rows[k].value)};

        if (rows[k].after_body)
            assert_err(send_send_part(r->gateway->chan, &(struct msg_send_part){i, SLICE_LIT(" ")}),
                       ERR_OK);
        stage_idle(&r->s, 20);
        if (r->alerts > 0)
            fail_msg("row %zu: before it", k);
        assert_err(send_send_param(r->gateway->chan, &m), ERR_OK);
        stage_until_count(&r->s, &r->alerts, 1);
        if (r->gateway->chan != NULL || r->dial_wants > 0)
            fail_msg("row %zu", k);
        rig_stop(r);
    }
}

static void test_use_twice(void **state)
{
    struct rig *r = start(answer);
    struct rig_ask a = {.body = CALL("1")};
    unsigned i = rig_ask(r, a);

    (void)state;
    rig_both(r, i);
    rig_head(r, i + 10, &(struct rig_ask){.body = CALL("1")}); /* a new call, of another use */
    rig_head(r, i + 10, &(struct rig_ask){.body = CALL("1")}); /* and again */
    stage_until_count(&r->s, &r->alerts, 1);
    assert_null(r->gateway->chan);
    assert_int_equal(r->requests_n, 1);
    rig_stop(r);
}

/* An upstream that is gone before its socket arrives, or one that no descriptor is free for, is no
 * fault of the dialer. */
static void test_reset_before_it_arrives(void **state)
{
    const struct linger at_once = {.l_onoff = 1};
    struct rig *r = start(answer);
    unsigned i;
    int fd;

    (void)state;
    r->no_dial = true;
    i = rig_ask(r, (struct rig_ask){0});
    stage_until_count(&r->s, &r->dial_wants, 1);
    fd = rig_connect(r);
    stage_until_count(&r->s, &r->conns_n, 1);
    assert_int_equal(setsockopt(r->conns[0].fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)),
                     0);
    rig_hang_up(&r->conns[0]);
    assert_true(sock_wait(fd, 60000));
    rig_give(r, fd);
    rig_both(r, i);
    assert_result(r, i, RESULT_UNSENT, ERR_UPSTREAM_DOWN);
    assert_end(r, i, ANSWER_HOW_UNSENT, ERR_UPSTREAM_DOWN);
    r->no_dial = false;
    i = rig_ask(r, (struct rig_ask){0});
    rig_both(r, i);
    assert_result(r, i, RESULT_ANSWERED, ERR_OK);
    assert_int_equal(r->alerts, 0);
    rig_stop(r);
}

/* What one key waits for is not what others wait for. */
static void test_dials_of_one_key(void **state)
{
    struct rig *r = start(answer);
    unsigned first = 0, other;

    (void)state;
    r->no_dial = true;
    for (unsigned k = 0; k <= LIM_DIALS_PER_KEY; k++) {
        unsigned i = rig_ask(r, (struct rig_ask){.client = 1});

        first = k == 0 ? i : first;
    }
    other = rig_ask(r, (struct rig_ask){.client = 2, .user = 2, .connection = 2});
    stage_until_count(&r->s, &rig_use_of(r, other)->dial_wants, 1);
    assert_int_equal(r->dial_wants, LIM_DIALS_PER_KEY + 1);
    rig_dialed(r, 1);
    rig_both(r, first);
    stage_until_count(&r->s, &r->dial_wants, LIM_DIALS_PER_KEY + 2);
    rig_stop(r);
}

static void test_deadline(void **state)
{
    struct rig *r = start(answer);
    unsigned i = rig_ask(r, (struct rig_ask){.not_after = 1}), k;

    (void)state;
    rig_both(r, i);
    assert_result(r, i, RESULT_UNSENT, ERR_TIMEOUT);
    assert_end(r, i, ANSWER_HOW_UNSENT, ERR_TIMEOUT);

    /* It passes while the connection is being made. */
    r->no_dial = true;
    k = rig_ask(r, (struct rig_ask){.not_after = clock_boot_ms() + 60, .user = 2});
    stage_until_count(&r->s, &r->dial_wants, 2);
    stage_idle(&r->s, 100);
    rig_dialed(r, r->last_dial);
    rig_both(r, k);
    assert_result(r, k, RESULT_UNSENT, ERR_TIMEOUT);
    assert_int_equal(r->requests_n, 0);
    rig_stop(r);
}

static void test_halves_that_stay_alone(void **state)
{
    static const uint64_t limits[] = {SET_PERMIT_TIME, 100};
    struct rig *r = &rig;
    unsigned i, k, l;

    (void)state;
    rig_start(r, &(struct rig_conf){.limits = limits, .limits_n = 1});
    i = rig_ask(r, (struct rig_ask){.permit_only = true});
    rig_result(r, i);
    assert_result(r, i, RESULT_UNSENT, ERR_TIMEOUT);

    k = rig_ask(r, (struct rig_ask){.head_only = true});
    stage_until_count(&r->s, &rig_call_of(r, k)->ends, 1);
    assert_end(r, k, ANSWER_HOW_UNSENT, ERR_TIMEOUT);
    assert_int_equal(rig_use_of(r, k)->results, 0);

    l = rig_ask(r, (struct rig_ask){.body_later = true});
    rig_both(r, l);
    assert_result(r, l, RESULT_UNSENT, ERR_TIMEOUT);
    assert_end(r, l, ANSWER_HOW_UNSENT, ERR_TIMEOUT);
    assert_int_equal(r->dial_wants, 0);
    rig_stop(r);
}

static void test_keeper_lost(void **state)
{
    struct rig *r = start(NULL);
    unsigned running = rig_ask(r, (struct rig_ask){.user = 1}), waiting, alone;

    (void)state;
    rig_requests(r, 1);
    r->no_dial = true;
    waiting = rig_ask(r, (struct rig_ask){.user = 2});
    stage_until_count(&r->s, &r->dial_wants, 2);
    alone = rig_ask(r, (struct rig_ask){.user = 3, .body_later = true});
    stage_idle(&r->s, 30);
    stage_cut(r->keeper);
    stage_until_count(&r->s, &rig_call_of(r, waiting)->ends, 1);
    stage_until_count(&r->s, &rig_call_of(r, alone)->ends, 1);
    assert_end(r, waiting, ANSWER_HOW_UNSENT, ERR_UNAVAILABLE);
    assert_end(r, alone, ANSWER_HOW_UNSENT, ERR_UNAVAILABLE);
    /* What runs goes on. */
    rig_say_json(&r->conns[0], &r->requests[0], RESULT);
    stage_until_count(&r->s, &rig_call_of(r, running)->ends, 1);
    assert_end(r, running, ANSWER_HOW_DONE, ERR_OK);
    assert_int_equal(r->requests_n, 1);
    rig_stop(r);
}

static void test_gateway_lost(void **state)
{
    struct rig *r = start(NULL);
    unsigned running = rig_ask(r, (struct rig_ask){.user = 1}), waiting;

    (void)state;
    rig_requests(r, 1);
    r->no_dial = true;
    waiting = rig_ask(r, (struct rig_ask){.user = 2});
    stage_until_count(&r->s, &r->dial_wants, 2);
    stage_cut(r->gateway);
    rig_result(r, running);
    rig_result(r, waiting);
    assert_result(r, running, RESULT_UNKNOWN, ERR_CLOSED);
    assert_result(r, waiting, RESULT_UNSENT, ERR_CLOSED);
    while (r->conns[0].fd >= 0)
        stage_idle(&r->s, 5);
    rig_stop(r);
}

static void test_cancel(void **state)
{
    struct rig *r = start(NULL);
    unsigned i = rig_ask(r, (struct rig_ask){0}), early;

    (void)state;
    rig_requests(r, 1);
    assert_err(send_call_cancel(r->gateway->chan, &(struct msg_call_cancel){i}), ERR_OK);
    rig_result(r, i);
    assert_result(r, i, RESULT_UNKNOWN, ERR_CLOSED);
    while (r->conns[0].fd >= 0)
        stage_idle(&r->s, 5);
    assert_int_equal(rig_call_of(r, i)->ends, 0);

    /* Before the permit came. */
    early = rig_ask(r, (struct rig_ask){.head_only = true, .head_first = true});
    assert_err(send_call_cancel(r->gateway->chan, &(struct msg_call_cancel){early}), ERR_OK);
    stage_idle(&r->s, 20);
    rig_permit(r, early, &(struct rig_ask){.body = CALL("1")});
    rig_result(r, early);
    assert_result(r, early, RESULT_UNSENT, ERR_CLOSED);
    assert_int_equal(r->requests_n, 1);
    rig_stop(r);
}

static void test_no_connection(void **state)
{
    static const enum err errs[] = {ERR_UPSTREAM_DOWN, ERR_UPSTREAM_ADDRESS, ERR_TIMEOUT,
                                    ERR_AGAIN};
    struct rig *r = start(answer);
    unsigned i;

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(errs); k++) {
        r->dial_error = errs[k];
        i = rig_ask(r, (struct rig_ask){0});
        rig_both(r, i);
        assert_result(r, i, RESULT_UNSENT, errs[k]);
        assert_end(r, i, ANSWER_HOW_UNSENT, errs[k]);
    }
    r->no_dial = true;
    i = rig_ask(r, (struct rig_ask){0});
    stage_until_count(&r->s, &r->dial_wants, ARRAY_LEN(errs) + 1);
    stage_cut(r->dialer);
    rig_both(r, i);
    assert_result(r, i, RESULT_UNSENT, ERR_UNAVAILABLE);
    rig_stop(r);
}

/* A socket that comes too late is closed, and not somebody else's. */
static void test_late_socket(void **state)
{
    struct rig *r = start(answer);
    unsigned i;

    (void)state;
    r->no_dial = true;
    i = rig_ask(r, (struct rig_ask){0});
    stage_until_count(&r->s, &r->dial_wants, 1);
    assert_err(send_call_cancel(r->gateway->chan, &(struct msg_call_cancel){i}), ERR_OK);
    rig_result(r, i);
    rig_dialed(r, r->last_dial);
    while (r->conns_n < 1 || r->conns[0].fd >= 0)
        stage_idle(&r->s, 5);
    assert_int_equal(r->requests_n, 0);
    rig_stop(r);
}

/* A credential that could end a header line goes nowhere. */
static void test_credential_with_line_end(void **state)
{
    struct rig *r = start(answer);
    unsigned i = rig_ask(r, (struct rig_ask){.credential = "a\r\nEvil: 1"});

    (void)state;
    rig_both(r, i);
    assert_result(r, i, RESULT_UNSENT, ERR_INVALID_PARAMS);
    assert_int_equal(r->dial_wants, 0);
    rig_stop(r);
}

#define T(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_call_and_answer),
        T(test_either_half_first),
        T(test_share_of_a_key),
        T(test_share_and_answers),
        T(test_nodes_go_with_the_body),
        T(test_headers_from_the_body),
        T(test_notification),
        T(test_stream_of_events),
        T(test_stream_that_does_not_end),
        T(test_two_users_never_on_one_connection),
        T(test_drop_closes_what_was_opened),
        T(test_other_body),
        T(test_other_header),
        T(test_limits_end_the_call),
        T(test_sizes_end_the_call),
        T(test_foreign_gateway),
        T(test_foreign_gateway_first),
        T(test_heads_that_are_refused),
        T(test_params_that_are_refused),
        T(test_use_twice),
        T(test_reset_before_it_arrives),
        T(test_dials_of_one_key),
        T(test_deadline),
        T(test_halves_that_stay_alone),
        T(test_keeper_lost),
        T(test_gateway_lost),
        T(test_cancel),
        T(test_no_connection),
        T(test_late_socket),
        T(test_credential_with_line_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
