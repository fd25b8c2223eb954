/* What a legacy upstream asks its client, and the answers that egress words itself. */
#include "egress/legacy.h"

#include "ipc/gen/send.h"

static void test_server_asks(void **state)
{
    struct rig *r = start(server);
    struct rig_conn *c;
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY}), k;

    (void)state;
    rig_both(r, i);
    r->script = NULL;
    i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
    rig_requests(r, 4);
    c = &r->conns[last(r)->conn];
    rig_say_stream(c);
    rig_say_event(c, last(r), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\"}");
    stage_until_count(&r->s, &rig_call_of(r, i)->messages, 1);
    /* The client's answer is a message of its own. */
    k = rig_ask(r, (struct rig_ask){.era = ERA_LEGACY,
                                    .kind = CALL_KIND_RESPONSE,
                                    .body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"});
    rig_requests(r, 5);
    assert_true(rig_has(last(r), "Mcp-Session-Id: s0\r\n"));
    say_status(&r->conns[last(r)->conn], "202 Accepted");
    rig_both(r, k);
    assert_int_equal(rig_call_of(r, k)->kind, ANSWER_KIND_ACCEPTED);
    rig_say_event(c, &r->requests[3], RESULT);
    rig_both(r, i);
    assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_DONE);
    assert_int_equal(rig_call_of(r, i)->messages, 2);
    rig_stop(r);
}

static void refuse(struct rig *r, unsigned i, const char *id, enum refusal why)
{
    assert_err(
        send_ask_refuse(r->gateway->chan,
                        &(struct msg_ask_refuse){.call = i, .id = slice_str(id), .why = why}),
        ERR_OK);
}

/* What the client cannot be asked: the words are ours, the session and the credential the call's,
 * and the permit one of its own. */
static void test_server_asks_in_vain(void **state)
{
    static const struct {
        const char *id;
        enum refusal why;
        const char *want;
    } rows[] = {
        {"1", REFUSAL_UNKNOWN_METHOD,
         "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,"
         "\"message\":\"this client cannot be asked that\"}}"},
        {"\"u\"", REFUSAL_NO_ROOM,
         "{\"jsonrpc\":\"2.0\",\"id\":\"u\",\"error\":{\"code\":-32603,"
         "\"message\":\"this client cannot be asked that\"}}"},
    };
    struct rig *r = start(server);
    struct rig_conn *c;
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY}), k;

    (void)state;
    rig_both(r, i);
    r->script = NULL;
    i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
    rig_requests(r, 4);
    c = &r->conns[last(r)->conn];
    rig_say_stream(c);
    for (unsigned n = 0; n < ARRAY_LEN(rows); n++) {
        refuse(r, i, rows[n].id, rows[n].why);
        stage_until_count(&r->s, &r->refuse_wants, n + 1);
        assert_int_equal(r->requests_n, 4 + n); /* nothing without a permit */
        k = rig_ask(r, (struct rig_ask){.mode = MODE_REFUSE, .call = r->last_refusal});
        rig_requests(r, 5 + n);
        assert_string_equal((const char *)last(r)->body.p, rows[n].want);
        assert_true(rig_has(last(r), "Mcp-Session-Id: s0\r\n"));
        assert_true(rig_has(last(r), "Authorization: Bearer s3cret"));
        say_status(&r->conns[last(r)->conn], "202 Accepted");
        rig_result(r, k);
        assert_int_equal(rig_use_of(r, k)->result.result, RESULT_ANSWERED);
    }
    /* A permit for what nobody asked, or of another connection, sends nothing. */
    k = rig_ask(r, (struct rig_ask){.mode = MODE_REFUSE, .call = r->last_refusal});
    rig_result(r, k);
    assert_int_equal(rig_use_of(r, k)->result.result, RESULT_UNSENT);
    refuse(r, i, "3", REFUSAL_NO_ROOM);
    stage_until_count(&r->s, &r->refuse_wants, 3);
    k = rig_ask(r, (struct rig_ask){.mode = MODE_REFUSE, .call = r->last_refusal, .connection = 2});
    rig_result(r, k);
    assert_int_equal(rig_use_of(r, k)->result.result, RESULT_UNSENT);
    assert_int_equal(r->requests_n, 6);
    rig_say_event(c, &r->requests[3], RESULT);
    rig_both(r, i);
    /* It is over: what comes late is dropped. */
    refuse(r, i, "4", REFUSAL_NO_ROOM);
    rig_both(r,
             rig_ask(r, (struct rig_ask){.kind = CALL_KIND_END, .era = ERA_LEGACY, .session = 9}));
    assert_int_equal(r->refuse_wants, 3);
    rig_stop(r);
}

/* A gateway can say no, and nothing else: an id is a string or a number. */
static void test_refusal_is_no_body(void **state)
{
    static const char *const ids[] = {"1,\"result\":{\"action\":\"accept\"}", "{}", "", "null"};
    struct rig *r = start(server);
    unsigned i;

    (void)state;
    for (size_t n = 0; n < ARRAY_LEN(ids); n++) {
        i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
        rig_both(r, i);
        refuse(r, i, ids[n], REFUSAL_NO_ROOM);
        stage_until_count(&r->s, &r->alerts, 1);
        rig_stop(r);
        r = start(server);
    }
    rig_stop(r);
}

/* One that does not stop asking is not answered without end. */
static void test_server_asks_without_end(void **state)
{
    struct rig *r = start(server);
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});

    (void)state;
    rig_both(r, i);
    r->script = NULL;
    i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
    rig_requests(r, 4);
    for (unsigned n = 0; n < 2 * LIM_ASKS; n++)
        refuse(r, i, "1", REFUSAL_NO_ROOM);
    rig_say_json(&r->conns[last(r)->conn], last(r), RESULT);
    rig_both(r, i);
    assert_int_equal(r->refuse_wants, LIM_ASKS);
    rig_stop(r);
}

#define T(name) cmocka_unit_test_teardown(name, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_server_asks),
        T(test_server_asks_in_vain),
        T(test_refusal_is_no_body),
        T(test_server_asks_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
