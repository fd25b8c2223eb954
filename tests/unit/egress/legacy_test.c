/* Legacy upstreams: sessions opened lazily, shared, renewed, and kept apart. */
#include "egress/legacy.h"

#include <stdio.h>
#include <time.h>

#include "ipc/gen/send.h"

static void test_opened_lazily(void **state)
{
    struct rig *r = start(server);
    unsigned i =
        rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY, .caps = "{\"roots\":{}}"});

    (void)state;
    rig_both(r, i);
    assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_DONE);
    assert_int_equal(r->requests_n, 3);
    assert_true(asks(&r->requests[0], "\"initialize\""));
    assert_true(asks(&r->requests[0], "\"capabilities\":{\"roots\":{}}"));
    assert_true(asks(&r->requests[0], "\"protocolVersion\":\"2025-11-25\""));
    assert_false(rig_has(&r->requests[0], "Mcp-Session-Id"));
    assert_true(rig_has(&r->requests[0], "Authorization: Bearer s3cret"));
    assert_true(asks(&r->requests[1], "notifications/initialized"));
    assert_true(rig_has(&r->requests[1], "Mcp-Session-Id: s0\r\n"));
    assert_true(rig_has(&r->requests[1], "MCP-Protocol-Version: 2025-11-25\r\n"));
    assert_true(rig_has(&r->requests[2], "Mcp-Session-Id: s0\r\n"));
    assert_false(rig_has(&r->requests[2], "Mcp-Method"));
    /* The upstream's session id stays here. */
    assert_null(strstr((const char *)rig_call_of(r, i)->text.p, "s0"));
    /* What the server said of itself is stored. */
    assert_int_equal(r->snapshots_n, 1);
    assert_non_null(strstr((const char *)r->snapshots.p, "legacy server:{\"protocolVersion\""));

    i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
    rig_both(r, i);
    assert_int_equal(r->requests_n, 4); /* no second initialize */
    rig_stop(r);
}

static void test_sessions_apart(void **state)
{
    static const struct {
        unsigned char client, session, user, connection;
        const char *want;
    } rows[] = {
        {1, 1, 1, 1, "s0"}, {1, 2, 1, 1, "1"},  {2, 1, 1, 1, "2"}, {1, 1, 2, 2, "3"},
        {1, 1, 1, 3, "4"},  {1, 1, 1, 1, "s0"}, {1, 2, 1, 1, "1"}, {1, 1, 1, 3, "4"},
    };
    struct rig *r = start(server);

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        char header[64] = "Mcp-Session-Id: ";
        unsigned i = rig_ask(r, (struct rig_ask){.body = CALL,
                                                 .era = ERA_LEGACY,
                                                 .client = rows[k].client,
                                                 .session = rows[k].session,
                                                 .user = rows[k].user,
                                                 .connection = rows[k].connection});
        rig_both(r, i);
        strcat(header, rows[k].want);
        assert_true(rig_has(last(r), header));
    }
    assert_int_equal(count(r, "\"initialize\""), 5);
    rig_stop(r);
}

static void test_session_end(void **state)
{
    struct rig *r = start(server);
    struct msg_session_end m = {0};
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});

    (void)state;
    rig_both(r, i);
    m.session.b[0] = 1;
    assert_err(send_session_end(r->gateway->chan, &m), ERR_OK);
    i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
    rig_both(r, i);
    assert_true(rig_has(last(r), "Mcp-Session-Id: 1\r\n"));
    rig_stop(r);
}

/* A session is the gateway's that opened it: another has one of its own under the same id, and ends
 * that alone. */
static void test_sessions_of_gateways(void **state)
{
    static const struct {
        bool second, end;
        const char *want;
    } rows[] = {{false, false, "s0"}, {true, false, "1"},  {true, true, NULL}, {false, false, "s0"},
                {true, false, "2"},   {false, true, NULL}, {true, false, "2"}, {false, false, "3"}};
    struct rig *r = start(server);
    const struct msg_session_end m = {.session = {{1}}};

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct stage_peer *gateway = rows[k].second ? r->gateway2 : r->gateway;
        char header[64] = "Mcp-Session-Id: ";

        if (rows[k].end) {
            assert_err(send_session_end(gateway->chan, &m), ERR_OK);
            continue;
        }
        rig_both(r,
                 rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY, .gateway = gateway}));
        strcat(header, rows[k].want);
        assert_true(rig_has(last(r), header));
    }
    rig_stop(r);
}

/* Many at once: one opens, the others wait for it. */
static void test_shared_opening(void **state)
{
    struct rig *r = start(NULL);
    unsigned i[5];

    (void)state;
    for (unsigned k = 0; k < 5; k++)
        i[k] = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
    rig_requests(r, 1);
    stage_idle(&r->s, 50);
    assert_int_equal(r->requests_n, 1);
    r->script = server;
    server(r, &r->conns[0], &r->requests[0]);
    for (unsigned k = 0; k < 5; k++) {
        rig_both(r, i[k]);
        assert_int_equal(rig_call_of(r, i[k])->how, ANSWER_HOW_DONE);
    }
    assert_int_equal(count(r, "\"initialize\""), 1);
    assert_int_equal(r->requests_n, 7);
    rig_stop(r);
}

/* The one that opens gives up: the next one opens. */
static void test_opener_leaves(void **state)
{
    struct rig *r = start(NULL);
    unsigned first = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY}), second;

    (void)state;
    rig_requests(r, 1);
    second = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
    stage_idle(&r->s, 20);
    r->script = server;
    assert_err(send_call_cancel(r->gateway->chan, &(struct msg_call_cancel){first}), ERR_OK);
    rig_result(r, first);
    assert_int_equal(rig_use_of(r, first)->result.result, RESULT_UNSENT);
    rig_both(r, second);
    assert_int_equal(rig_call_of(r, second)->how, ANSWER_HOW_DONE);
    rig_stop(r);
}

/* Those that wait for it end with the one that opens; what another connection waits for goes on. */
static void test_drop_while_opening(void **state)
{
    struct rig *r = start(NULL);
    const struct msg_drop m = {.connection = {{1}}};
    unsigned i[4], other;

    (void)state;
    for (unsigned k = 0; k < ARRAY_LEN(i); k++)
        i[k] = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY, .connection = 1});
    rig_requests(r, 1);
    other = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY, .connection = 2});
    rig_requests(r, 2);
    assert_err(send_drop(r->keeper->chan, &m), ERR_OK);
    stage_until_count(&r->s, &r->dropped, 1);
    assert_int_equal(r->results_before_dropped, ARRAY_LEN(i));
    for (unsigned k = 0; k < ARRAY_LEN(i); k++)
        assert_err(rig_use_of(r, i[k])->result.code, ERR_GONE);
    r->script = server;
    server(r, &r->conns[r->requests[1].conn], &r->requests[1]);
    rig_both(r, other);
    assert_int_equal(rig_call_of(r, other)->how, ANSWER_HOW_DONE);
    rig_stop(r);
}

static void test_waiting_has_a_deadline(void **state)
{
    struct rig *r = start(NULL);
    unsigned first = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY}), second;
    struct timespec now;

    (void)state;
    rig_requests(r, 1);
    clock_gettime(CLOCK_BOOTTIME, &now);
    second = rig_ask(r, (struct rig_ask){.body = CALL,
                                         .era = ERA_LEGACY,
                                         .not_after = (uint64_t)now.tv_sec * 1000 +
                                                      (uint64_t)now.tv_nsec / 1000000 + 100});
    rig_both(r, second);
    assert_int_equal(rig_use_of(r, second)->result.result, RESULT_UNSENT);
    assert_err(rig_use_of(r, second)->result.code, ERR_TIMEOUT);
    assert_int_equal(rig_use_of(r, first)->results, 0);
    rig_stop(r);
}

static void test_server_without_sessions(void **state)
{
    struct rig *r = start(without_sessions);

    (void)state;
    for (unsigned k = 0; k < 3; k++) {
        unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
        rig_both(r, i);
        assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_DONE);
        assert_false(rig_has(last(r), "Mcp-Session-Id"));
    }
    assert_int_equal(count(r, "\"initialize\""), 1);
    rig_stop(r);
}

static void test_older_version(void **state)
{
    struct rig *r = start(NULL);
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});

    (void)state;
    rig_requests(r, 1);
    r->script = server;
    rig_say_json(&r->conns[0], &r->requests[0],
                 "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"protocolVersion\":\"2025-06-18\","
                 "\"capabilities\":{}}}");
    rig_both(r, i);
    assert_true(rig_has(last(r), "MCP-Protocol-Version: 2025-06-18\r\n"));
    rig_stop(r);
}

/* --- a session that the upstream forgot ------------------------------------------------------- */

static void forgets_s0(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    if (rig_has(q, "Mcp-Session-Id: s0") && asks(q, "tools/call") && r->results > 0)
        say_status(c, "404 Not Found");
    else
        server(r, c, q);
}

static void test_renewed_once(void **state)
{
    struct rig *r = start(forgets_s0);
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});

    (void)state;
    rig_both(r, i);
    i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
    rig_both(r, i);
    assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_DONE);
    assert_int_equal(rig_use_of(r, i)->result.result, RESULT_ANSWERED);
    assert_true(rig_has(last(r), "Mcp-Session-Id: 1\r\n"));
    assert_int_equal(count(r, "\"initialize\""), 2);
    assert_int_equal(count(r, "tools/call"), 3); /* one of them was refused with 404 */
    rig_stop(r);
}

static void forgets_all(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    if (asks(q, "tools/call"))
        say_status(c, "404 Not Found");
    else
        server(r, c, q);
}

/* A session that the same use has opened cannot be over: that server's 404 says something else. */
static void test_not_renewed_at_once(void **state)
{
    struct rig *r = start(forgets_all);
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});

    (void)state;
    rig_both(r, i);
    assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_INVALID);
    assert_err(rig_call_of(r, i)->code, ERR_UPSTREAM_STATUS);
    assert_int_equal(rig_use_of(r, i)->result.result, RESULT_ANSWERED);
    assert_int_equal(count(r, "tools/call"), 1);
    rig_stop(r);
}

static void forgets_from_the_second(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    if (asks(q, "tools/call") && r->results > 0)
        say_status(c, "404 Not Found");
    else
        server(r, c, q);
}

static void test_renewed_no_more(void **state)
{
    struct rig *r = start(forgets_from_the_second);
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});

    (void)state;
    rig_both(r, i);
    i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
    rig_both(r, i);
    assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_INVALID);
    assert_err(rig_call_of(r, i)->code, ERR_UPSTREAM_STATUS);
    assert_int_equal(count(r, "tools/call"), 3);
    rig_stop(r);
}

/* Whether it opened the session or waited for another call that did: a call leaves twice at most. */
static void test_each_renewed_once(void **state)
{
    enum { CALLS = 4 };
    struct rig *r = start(forgets_from_the_second);
    unsigned i[CALLS];

    (void)state;
    rig_both(r, rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY}));
    for (unsigned k = 0; k < CALLS; k++)
        i[k] = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
    for (unsigned k = 0; k < CALLS; k++) {
        rig_both(r, i[k]);
        assert_int_equal(rig_call_of(r, i[k])->how, ANSWER_HOW_INVALID);
        assert_int_equal(rig_use_of(r, i[k])->result.result, RESULT_ANSWERED);
    }
    assert_int_equal(count(r, "tools/call"), 1 + 2 * CALLS);
    rig_stop(r);
}

/* An answer to the second initialize; NULL: it hangs up. */
static const char *second_status;

static void renews_badly(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    if (!asks(q, "\"initialize\"") || r->results == 0)
        forgets_from_the_second(r, c, q);
    else if (second_status != NULL)
        say_status(c, second_status);
    else
        rig_hang_up(c);
}

/* The message has left: its lease is not given back, and nobody is told that it did not. */
static void test_failed_renewal_is_not_unsent(void **state)
{
    static const struct {
        const char *status;
        enum result result;
        enum answer_how how;
        bool refused;
    } rows[] = {
        {"500 No", RESULT_ANSWERED, ANSWER_HOW_INVALID, false},
        {"404 No", RESULT_ANSWERED, ANSWER_HOW_INVALID, false},
        {"401 No", RESULT_ANSWERED, ANSWER_HOW_REFUSED, true},
        {NULL, RESULT_UNKNOWN, ANSWER_HOW_UNKNOWN, false},
    };

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct rig *r = start(renews_badly);
        unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});

        second_status = rows[k].status;
        rig_both(r, i);
        i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
        rig_both(r, i);
        assert_int_equal(rig_use_of(r, i)->result.result, rows[k].result);
        assert_int_equal(rig_use_of(r, i)->result.refused, rows[k].refused);
        assert_int_equal(rig_call_of(r, i)->how, rows[k].how);
        assert_int_equal(count(r, "tools/call"), 2);
        rig_stop(r);
    }
}

/* An error with the id of the request, or as one that knows no session says it. */
static const char *not_found_id;

static void not_found(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    char text[300];

    if (!rig_has(q, "Mcp-Session-Id: s0") || !asks(q, "tools/call") || r->results == 0) {
        server(r, c, q);
        return;
    }
    snprintf(text, sizeof(text),
             "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
             "\r\n{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":-32001,\"message\":\"no\"}}",
             sizeof("{'jsonrpc':'2.0','id':,'error':{'code':-32001,'message':'no'}}") - 1 +
                 strlen(not_found_id),
             not_found_id);
    rig_say(c, text);
}

static void test_not_found_is_an_answer(void **state)
{
    static const struct {
        const char *id;
        unsigned calls;
    } rows[] = {{"7", 2}, {"null", 3}, {"\"server-error\"", 3}};

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct rig *r = start(not_found);
        unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});

        not_found_id = rows[k].id;
        rig_both(r, i);
        i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
        rig_both(r, i);
        assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_DONE);
        assert_int_equal(count(r, "tools/call"), rows[k].calls);
        rig_stop(r);
    }
}

/* --- opening fails ---------------------------------------------------------------------------- */

static const struct {
    const char *text; /* a whole answer, or JSON */
    enum result result;
    bool refused;
    enum answer_how how;
    enum err code;
} failures[] = {
    {"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", RESULT_UNSENT, true, ANSWER_HOW_REFUSED,
     ERR_UPSTREAM_REFUSED},
    {"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", RESULT_UNSENT, false, ANSWER_HOW_UNSENT,
     ERR_UPSTREAM_STATUS},
    {"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", RESULT_UNSENT, false, ANSWER_HOW_UNSENT,
     ERR_UPSTREAM_STATUS},
    {"", RESULT_UNSENT, false, ANSWER_HOW_UNSENT, ERR_CLOSED},
    {"{\"jsonrpc\":\"2.0\",\"id\":%ID,\"error\":{\"code\":-32600,\"message\":\"m\"}}",
     RESULT_UNSENT, false, ANSWER_HOW_UNSENT, ERR_UPSTREAM_ANSWER},
    {"{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{}}", RESULT_UNSENT, false, ANSWER_HOW_UNSENT,
     ERR_UPSTREAM_ANSWER},
    {"{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"protocolVersion\":\"2026-07-28\"}}",
     RESULT_UNSENT, false, ANSWER_HOW_UNSENT, ERR_UPSTREAM_ANSWER},
    {"{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"protocolVersion\":\"2025-11-25\\r\\nX: 1\"}}",
     RESULT_UNSENT, false, ANSWER_HOW_UNSENT, ERR_UPSTREAM_ANSWER},
    {"{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{\"protocolVersion\":\"2025-11-25\"}}",
     RESULT_UNSENT, false, ANSWER_HOW_UNSENT, ERR_UPSTREAM_ANSWER},
    {"{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"protocolVersion\":"
     "\"0123456789012345678901234567890"
     "123456789\"}}",
     RESULT_UNSENT, false, ANSWER_HOW_UNSENT, ERR_UPSTREAM_ANSWER},
};

static void test_opening_fails(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(failures); k++) {
        struct rig *r = start(NULL);
        unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
        const struct rig_use *u = rig_use_of(r, i);
        struct rig_conn *c = &r->conns[0];

        rig_requests(r, 1);
        if (failures[k].text[0] == '{')
            rig_say_json(c, &r->requests[0], failures[k].text);
        else if (failures[k].text[0] == 'H')
            rig_say(c, failures[k].text);
        else
            rig_hang_up(c);
        rig_both(r, i);
        if (u->result.result != failures[k].result || u->result.refused != failures[k].refused ||
            rig_call_of(r, i)->how != failures[k].how ||
            rig_call_of(r, i)->code != failures[k].code)
            fail_msg("failure %zu: %s %d %s %s", k, result_name(u->result.result),
                     u->result.refused, answer_how_name(rig_call_of(r, i)->how),
                     err_name(rig_call_of(r, i)->code));
        assert_int_equal(count(r, "tools/call"), 0);
        /* The next one tries anew, and gets there. */
        r->script = server;
        i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
        rig_both(r, i);
        assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_DONE);
        rig_stop(r);
    }
}

static void test_initialized_refused(void **state)
{
    struct rig *r = start(NULL);
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});

    (void)state;
    rig_requests(r, 1);
    rig_say_json(&r->conns[0], &r->requests[0], INIT_OK);
    rig_requests(r, 2);
    say_status(&r->conns[0], "400 Bad Request");
    rig_both(r, i);
    assert_int_equal(rig_use_of(r, i)->result.result, RESULT_UNSENT);
    assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_UNSENT);
    rig_stop(r);
}

static void test_bad_caps(void **state)
{
    static const char *const caps[] = {"[]", "{", "7", "{\"a\":1,\"a\":2}"};

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(caps); k++) {
        struct rig *r = start(server);
        unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY, .caps = caps[k]});

        rig_both(r, i);
        assert_int_equal(rig_use_of(r, i)->result.result, RESULT_UNSENT);
        assert_int_equal(r->requests_n, 0);
        rig_stop(r);
    }
}

#define T(name) cmocka_unit_test_teardown(name, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_opened_lazily),
        T(test_sessions_apart),
        T(test_session_end),
        T(test_sessions_of_gateways),
        T(test_shared_opening),
        T(test_opener_leaves),
        T(test_drop_while_opening),
        T(test_waiting_has_a_deadline),
        T(test_server_without_sessions),
        T(test_older_version),
        T(test_renewed_once),
        T(test_not_renewed_at_once),
        T(test_not_found_is_an_answer),
        T(test_renewed_no_more),
        T(test_each_renewed_once),
        T(test_failed_renewal_is_not_unsent),
        T(test_opening_fails),
        T(test_initialized_refused),
        T(test_bad_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
