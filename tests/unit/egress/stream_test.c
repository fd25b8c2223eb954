/* The stream of a legacy session, and the end of either. */
#include "egress/legacy.h"

#include "ipc/gen/send.h"

/* The position that a client gives its stream is a guess like any other. */
static void test_guess_in_a_position(void **state)
{
    struct rig *r = start(server);
    struct rig_conn *c;
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});

    (void)state;
    rig_both(r, i);
    r->script = NULL;
    i = rig_ask(r, (struct rig_ask){.kind = CALL_KIND_STREAM,
                                    .era = ERA_LEGACY,
                                    .credential = "98765432",
                                    .last_event_id = "98765432"});
    rig_requests(r, 4);
    c = &r->conns[last(r)->conn];
    rig_say_stream(c);
    rig_say_event(c, last(r),
                  "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\","
                  "\"params\":{\"data\":98765432}}");
    stage_until_count(&r->s, &rig_call_of(r, i)->messages, 1);
    assert_true(slice_find(buf_slice(&rig_call_of(r, i)->text), SLICE_LIT("98765432")) <
                rig_call_of(r, i)->text.n);
    assert_int_equal(rig_use_of(r, i)->hits, 0);
    rig_stop(r);
}

static void test_stream(void **state)
{
    struct rig *r = start(server);
    struct rig_call *call;
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
    struct rig_conn *c;

    (void)state;
    rig_both(r, i);
    r->script = NULL;
    i = rig_ask(
        r, (struct rig_ask){.kind = CALL_KIND_STREAM, .era = ERA_LEGACY, .last_event_id = "ev-1"});
    call = rig_call_of(r, i);
    rig_requests(r, 4);
    assert_true(rig_has(last(r), "GET /mcp HTTP/1.1\r\n"));
    assert_true(rig_has(last(r), "Accept: text/event-stream\r\n"));
    assert_true(rig_has(last(r), "Last-Event-ID: ev-1\r\n"));
    assert_true(rig_has(last(r), "Mcp-Session-Id: s0\r\n"));
    assert_false(rig_has(last(r), "Content-Type"));
    c = &r->conns[last(r)->conn];
    rig_say_stream(c);
    rig_say_event(c, last(r), "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}");
    rig_say_event(c, last(r), "{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{}}"); /* nobody asked */
    rig_say_event(c, last(r), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}");
    stage_until_count(&r->s, &call->messages, 2);
    assert_int_equal(call->kind, ANSWER_KIND_SSE);
    assert_int_equal(rig_use_of(r, i)->results, 0);
    rig_say_stream_end(c);
    rig_both(r, i);
    assert_int_equal(call->how, ANSWER_HOW_DONE);
    assert_int_equal(rig_use_of(r, i)->result.result, RESULT_ANSWERED);
    rig_stop(r);
}

static unsigned deletes(struct rig *r)
{
    unsigned n = 0;

    for (unsigned k = 0; k < r->requests_n; k++)
        n += rig_has(&r->requests[k], "DELETE /mcp HTTP/1.1\r\n");
    return n;
}

static unsigned end_session(struct rig *r, unsigned char connection)
{
    return rig_ask(
        r, (struct rig_ask){.kind = CALL_KIND_END, .era = ERA_LEGACY, .connection = connection});
}

/* Once, with the credential, whatever the upstream says to it; and nobody finds the session then.
 */
static void test_end(void **state)
{
    static const char *const answers[] = {
        "200 OK", "202 Accepted", "204 No Content",       "405 Method Not Allowed",
        "401 No", "404 No",       "500 Server is broken",
    };

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(answers); k++) {
        struct rig *r = start(server);
        unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});

        rig_both(r, i);
        r->script = NULL;
        i = end_session(r, 0);
        rig_requests(r, 4);
        assert_int_equal(deletes(r), 1);
        assert_true(rig_has(last(r), "Mcp-Session-Id: s0\r\n"));
        assert_true(rig_has(last(r), "Authorization: Bearer s3cret"));
        assert_false(rig_has(last(r), "Content-"));
        say_status(&r->conns[last(r)->conn], answers[k]);
        rig_both(r, i);
        assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_DONE);
        assert_int_equal(rig_use_of(r, i)->result.result, RESULT_ANSWERED);
        assert_false(rig_use_of(r, i)->result.refused);
        r->script = server;
        i = end_session(r, 0); /* nothing to end */
        rig_both(r, i);
        assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_DONE);
        assert_int_equal(rig_use_of(r, i)->result.result, RESULT_UNSENT);
        i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
        rig_both(r, i);
        assert_true(rig_has(last(r), "Mcp-Session-Id: 1\r\n"));
        assert_int_equal(deletes(r), 1);
        rig_stop(r);
    }
}

/* Another's session is not found, one without an id has nothing to end, and a broken connection is
 * no reason to try again. */
static void test_end_of_nothing(void **state)
{
    struct rig *r = start(server);
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});

    (void)state;
    rig_both(r, i);
    i = end_session(r, 9);
    rig_both(r, i);
    assert_int_equal(deletes(r), 0);
    r->script = NULL;
    i = end_session(r, 0);
    rig_requests(r, 4);
    rig_hang_up(&r->conns[last(r)->conn]);
    rig_both(r, i);
    assert_int_equal(rig_use_of(r, i)->result.result, RESULT_UNKNOWN);
    r->script = server;
    i = end_session(r, 0);
    rig_both(r, i);
    assert_int_equal(deletes(r), 1);
    rig_stop(r);
    r = start(without_sessions);
    i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
    rig_both(r, i);
    i = end_session(r, 0);
    rig_both(r, i);
    assert_int_equal(deletes(r), 0);
    rig_stop(r);
}

static void test_stream_breaks(void **state)
{
    struct rig *r = start(server);
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});

    (void)state;
    rig_both(r, i);
    r->script = NULL;
    i = rig_ask(r, (struct rig_ask){.kind = CALL_KIND_STREAM, .era = ERA_LEGACY});
    rig_requests(r, 4);
    rig_say_stream(&r->conns[last(r)->conn]);
    stage_until_count(&r->s, &rig_call_of(r, i)->heads, 1);
    rig_hang_up(&r->conns[last(r)->conn]);
    rig_both(r, i);
    assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_CUT);
    assert_int_equal(rig_use_of(r, i)->result.result, RESULT_ANSWERED); /* it had no effect */
    rig_stop(r);
}

static void cut(struct rig *r, unsigned i)
{
    assert_err(send_cut(r->keeper->chan, &(struct msg_cut){rig_use_id(i), ERR_LEASE_OVER}), ERR_OK);
}

/* What it rode on is over: the stream ends here and at the upstream, and nothing else does. */
static void test_stream_is_cut(void **state)
{
    struct rig *r = start(server);
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY}), stream, k;

    (void)state;
    rig_both(r, i);
    r->script = NULL;
    stream = rig_ask(r, (struct rig_ask){.kind = CALL_KIND_STREAM, .era = ERA_LEGACY});
    rig_requests(r, 4);
    k = last(r)->conn;
    rig_say_stream(&r->conns[k]);
    stage_until_count(&r->s, &rig_call_of(r, stream)->heads, 1);
    cut(r, i); /* it is over already */
    cut(r, stream);
    rig_both(r, stream);
    assert_int_equal(rig_call_of(r, stream)->how, ANSWER_HOW_CUT);
    assert_err(rig_call_of(r, stream)->code, ERR_LEASE_OVER);
    assert_int_equal(rig_use_of(r, stream)->result.result, RESULT_ANSWERED);
    assert_err(rig_use_of(r, stream)->result.code, ERR_LEASE_OVER);
    while (r->conns[k].fd >= 0)
        stage_idle(&r->s, 5);
    /* One that has not left does not leave; one with an effect is unknown. */
    i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY, .permit_only = true});
    cut(r, i);
    rig_result(r, i);
    assert_int_equal(rig_use_of(r, i)->result.result, RESULT_UNSENT);
    i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
    rig_requests(r, 5);
    cut(r, i);
    rig_both(r, i);
    assert_int_equal(rig_use_of(r, i)->result.result, RESULT_UNKNOWN);
    assert_err(rig_call_of(r, i)->code, ERR_UPSTREAM_UNKNOWN);
    rig_stop(r);
}

/* Also before the upstream has answered: the gateway begins it again with the next call. */
static void test_stream_is_cut_early(void **state)
{
    struct rig *r = start(server);
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});

    (void)state;
    rig_both(r, i);
    r->script = NULL;
    i = rig_ask(r, (struct rig_ask){.kind = CALL_KIND_STREAM, .era = ERA_LEGACY});
    rig_requests(r, 4);
    cut(r, i);
    rig_both(r, i);
    assert_err(rig_call_of(r, i)->code, ERR_LEASE_OVER);
    rig_stop(r);
}

/* Nobody would say when what it rides on is over. What has an answer goes on. The plant
 * riders_outlive turns this red. */
static void test_stream_ends_with_its_keeper(void **state)
{
    struct rig *r = start(server);
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY}), stream, k;

    (void)state;
    rig_both(r, i);
    r->script = NULL;
    i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});
    rig_requests(r, 4);
    stream = rig_ask(r, (struct rig_ask){.kind = CALL_KIND_STREAM, .era = ERA_LEGACY});
    rig_requests(r, 5);
    k = last(r)->conn;
    rig_say_stream(&r->conns[k]);
    stage_until_count(&r->s, &rig_call_of(r, stream)->heads, 1);
    stage_cut(r->keeper);
    stage_until_count(&r->s, &rig_call_of(r, stream)->ends, 1);
    assert_int_equal(rig_call_of(r, stream)->how, ANSWER_HOW_CUT);
    assert_err(rig_call_of(r, stream)->code, ERR_LEASE_OVER);
    while (r->conns[k].fd >= 0)
        stage_idle(&r->s, 5);
    rig_say_json(&r->conns[r->requests[3].conn], &r->requests[3], RESULT);
    stage_until_count(&r->s, &rig_call_of(r, i)->ends, 1);
    assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_DONE);
    rig_stop(r);
}

static void test_no_stream(void **state)
{
    struct rig *r = start(server);
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL, .era = ERA_LEGACY});

    (void)state;
    rig_both(r, i);
    r->script = NULL;
    i = rig_ask(r, (struct rig_ask){.kind = CALL_KIND_STREAM, .era = ERA_LEGACY});
    rig_requests(r, 4);
    say_status(&r->conns[last(r)->conn], "405 Method Not Allowed");
    rig_both(r, i);
    assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_INVALID);
    assert_err(rig_call_of(r, i)->code, ERR_BAD_METHOD);
    rig_stop(r);
}

#define T(name) cmocka_unit_test_teardown(name, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_guess_in_a_position),
        T(test_stream),
        T(test_end),
        T(test_end_of_nothing),
        T(test_stream_breaks),
        T(test_stream_is_cut),
        T(test_no_stream),
        T(test_stream_ends_with_its_keeper),
        T(test_stream_is_cut_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
