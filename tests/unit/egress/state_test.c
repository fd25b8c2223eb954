/* requestState through the real egress process: what an upstream asks goes on sealed, what a permit
 * brings goes into the body, and a gateway has no part in either. */
#include "unit.h"

#include "egress/rig.h"

#include <string.h>

#include "ipc/gen/send.h"

#define CALL(more)                                                                                 \
    "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"t\"" more "}}"
#define ASKS(more)                                                                                 \
    "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"resultType\":\"input_required\","                 \
    "\"inputRequests\":{\"q\":{}}" more "}}"
#define RESULT                                                                                     \
    "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[],\"resultType\":\"complete\"}}"
#define KEY "s3cret-canary-0123456789"

static void answer(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    rig_say_json(c, q, r->canned);
}

static void answer_by_events(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    rig_say_stream(c);
    rig_say_event(c, q, r->canned);
    rig_say_stream_end(c);
}

static struct rig *start(rig_script *script, const char *canned)
{
    rig_start(&rig, &(struct rig_conf){0});
    rig.script = script;
    rig.canned = canned;
    rig.sealed = "SEALED";
    return &rig;
}

static void assert_said(struct rig *r, unsigned i, const char *text)
{
    struct buf *b = &rig_call_of(r, i)->text;

    buf_put_u8(b, 0);
    assert_string_equal((const char *)b->p, text);
}

/* The state of the upstream's, or none, becomes the keeper's; in an answer of either kind. */
static void test_asked(void **state)
{
    static const struct {
        const char *says, *theirs, *gets;
    } rows[] = {
        {ASKS(",\"requestState\":\"the\\u0041irs\""), "theAirs",
         ASKS(",\"requestState\":\"SEALED\"") "\n"},
        {ASKS(""), NULL, ASKS(",\"requestState\":\"SEALED\"") "\n"},
        {ASKS(",\"requestState\":\"\""), "", ASKS(",\"requestState\":\"SEALED\"") "\n"},
        /* What comes back of the credential is in nobody's state. */
        {ASKS(",\"requestState\":\"" KEY "\""), "[redacted by Sidegate]",
         ASKS(",\"requestState\":\"SEALED\"") "\n"},
    };

    (void)state;
    for (size_t k = 0; k < 2 * ARRAY_LEN(rows); k++) {
        struct rig *r = start(k % 2 ? answer : answer_by_events, rows[k / 2].says);
        unsigned i = rig_ask(r, (struct rig_ask){.body = CALL("")});
        struct rig_use *u = rig_use_of(r, i);

        rig_both(r, i);
        assert_int_equal(u->seals, 1);
        assert_int_equal(u->has_state, rows[k / 2].theirs != NULL);
        if (k / 2 < 3)
            assert_true(slice_eq_str(buf_slice(&u->theirs),
                                     rows[k / 2].theirs != NULL ? rows[k / 2].theirs : ""));
        else
            assert_true(slice_find(buf_slice(&u->theirs), SLICE_LIT(KEY)) == u->theirs.n);
        assert_said(r, i, rows[k / 2].gets);
        assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_DONE);
        assert_string_equal(result_name(u->result.result), result_name(RESULT_ANSWERED));
        rig_stop(r);
    }
}

/* What is no question, or of the other era, goes as it is. */
static void test_not_asked(void **state)
{
    static const struct rig_ask rows[] = {
        {.body = CALL("")},
        {.body = CALL(",\"requestState\":\"x\""), .kind = CALL_KIND_NOTIFICATION},
    };
    struct rig *r = start(answer, RESULT);
    unsigned i = rig_ask(r, rows[0]);

    (void)state;
    rig_both(r, i);
    assert_int_equal(rig_use_of(r, i)->seals, 0);
    assert_said(r, i, RESULT "\n");
    rig_stop(r);
}

static void test_what_is_no_state(void **state)
{
    static char big[LIM_UPSTREAM_STATE_BYTES + 256];
    const char *rows[] = {ASKS(",\"requestState\":7"), ASKS(",\"requestState\":null"), big};
    struct buf b = BUF_INIT(sizeof(big));

    (void)state;
    buf_put_str(&b, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"resultType\":\"input_required\","
                    "\"requestState\":\"");
    for (size_t n = 0; n <= LIM_UPSTREAM_STATE_BYTES; n++)
        buf_put_u8(&b, 'x');
    buf_put_str(&b, "\"}}");
    (void)slice_copy(buf_slice(&b), (uint8_t *)big, sizeof(big));
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct rig *r = start(answer, rows[k]);
        unsigned i = rig_ask(r, (struct rig_ask){.body = CALL("")});

        rig_both(r, i);
        assert_int_equal(rig_use_of(r, i)->seals, 0);
        assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_INVALID);
        assert_int_equal(rig_call_of(r, i)->messages, 0);
        rig_stop(r);
    }
    buf_free(&b);
}

/* While the keeper has not answered, nothing of the answer goes on; whatever ends the use then ends
 * it without. */
static void test_unsealed_is_unsaid(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        struct rig *r = start(answer, ASKS(",\"requestState\":\"theirs\""));
        unsigned i;
        struct rig_use *u;

        r->sealed = NULL;
        i = rig_ask(r, (struct rig_ask){.body = CALL("")});
        u = rig_use_of(r, i);
        stage_until_count(&r->s, &u->seals, 1);
        stage_idle(&r->s, 20);
        assert_int_equal(rig_call_of(r, i)->messages, 0);
        assert_int_equal(u->results, 0);
        if (k == 0)
            stage_cut(r->keeper);
        else if (k == 1)
            assert_err(send_drop(r->keeper->chan, &(struct msg_drop){.connection = {{1}}}), ERR_OK);
        else
            assert_err(send_cut(r->keeper->chan, &(struct msg_cut){rig_use_id(i), ERR_LEASE_OVER}),
                       ERR_OK);
        stage_until_count(&r->s, &rig_call_of(r, i)->ends, 1);
        assert_int_equal(rig_call_of(r, i)->messages, 0);
        assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_UNKNOWN);
        if (k > 0) { /* too late, and no breach */
            assert_err(send_state_sealed(r->keeper->chan,
                                         &(struct msg_state_sealed){.use = rig_use_id(i)}),
                       ERR_OK);
            stage_idle(&r->s, 20);
            assert_non_null(r->keeper->chan);
        }
        rig_stop(r);
    }
}

/* The keeper lets the call go on no more: it ends, and says why. */
static void test_goes_on_no_more(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct rig *r =
            start(k == 0 ? answer : answer_by_events, ASKS(",\"requestState\":\"theirs\""));
        unsigned i;

        r->sealed = "";
        i = rig_ask(r, (struct rig_ask){.body = CALL("")});
        rig_both(r, i);
        assert_int_equal(rig_call_of(r, i)->messages, 0);
        assert_int_equal(rig_call_of(r, i)->code, ERR_CONTINUATIONS);
        assert_string_equal(result_name(rig_use_of(r, i)->result.result),
                            result_name(RESULT_ANSWERED));
        assert_int_equal(rig_use_of(r, i)->result.code, ERR_CONTINUATIONS);
        rig_stop(r);
    }
}

/* The keeper speaks of what was not asked. */
static void test_sealed_unasked(void **state)
{
    struct rig *r = start(NULL, NULL);
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL("")});

    (void)state;
    rig_requests(r, 1);
    assert_err(send_state_sealed(r->keeper->chan, &(struct msg_state_sealed){.use = rig_use_id(i)}),
               ERR_OK);
    stage_until_count(&r->s, &r->alerts, 1);
    assert_null(r->keeper->chan);
    rig_stop(r);
}

/* The permit's state goes into what leaves, as it was given, beside what the client answers. */
static void test_permitted_state(void **state)
{
    static const struct {
        const char *state, *body, *leaves;
    } rows[] = {
        {"theirs \"x\"\x01", CALL(",\"inputResponses\":{\"q\":1}"),
         CALL(",\"inputResponses\":{\"q\":1},\"requestState\":\"theirs \\\"x\\\"\\u0001\"")},
        {"", CALL(""), CALL(",\"requestState\":\"\"")},
        {NULL, CALL(",\"inputResponses\":{\"q\":1}"), CALL(",\"inputResponses\":{\"q\":1}")},
    };

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct rig *r = start(answer, RESULT);
        unsigned i = rig_ask(r, (struct rig_ask){.body = rows[k].body, .state = rows[k].state});

        rig_both(r, i);
        assert_int_equal(r->requests_n, 1);
        assert_string_equal((const char *)r->requests[0].body.p, rows[k].leaves);
        assert_said(r, i, RESULT "\n");
        rig_stop(r);
    }
}

/* The longest state, of bytes that JSON writes with six, beside the longest body. */
static void test_largest_state(void **state)
{
    static char theirs[LIM_UPSTREAM_STATE_BYTES + 1];
    struct rig *r = start(answer, RESULT);
    struct buf b = BUF_INIT(limit_get(SET_BODY_BYTES) + LIM_REWRITE_BYTES + 1);
    unsigned i;

    (void)state;
    memset(theirs, 1, sizeof(theirs) - 1);
    buf_put_str(&b, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":"
                    "\"t\",\"x\":\"");
    while (b.n < limit_get(SET_BODY_BYTES) + LIM_REWRITE_BYTES - 3)
        buf_put_u8(&b, 'x');
    buf_put_str(&b, "\"}}");
    buf_put_u8(&b, 0);
    assert_err(buf_err(&b), ERR_OK);
    i = rig_ask(r, (struct rig_ask){.body = (const char *)b.p, .state = theirs});
    rig_both(r, i);
    assert_int_equal(r->requests_n, 1);
    assert_said(r, i, RESULT "\n");
    rig_stop(r);
    buf_free(&b);
}

/* A gateway that puts one in itself lies, though the body be the one that was permitted. */
static void test_gateway_brings_one(void **state)
{
    static const struct rig_ask rows[] = {
        {.body = CALL(",\"requestState\":\"forged\"")},
        {.body = CALL(",\"requestState\":\"forged\""), .state = "theirs"},
        {.body = CALL(",\"requestState\":null")},
        {.body = CALL(",\"request\\u0053tate\":\"forged\"")},
        {.body = CALL(",\"requestState\":\"forged\""), .era = ERA_LEGACY},
        {.body = CALL(""), .state = "theirs", .era = ERA_LEGACY},
        {.body = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\"}", .state = "theirs"},
    };

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct rig *r = start(answer, RESULT);
        unsigned i = rig_ask(r, rows[k]);

        rig_result(r, i);
        if (rig_use_of(r, i)->result.result != RESULT_UNSENT)
            fail_msg("row %zu", k);
        stage_until_count(&r->s, &r->alerts, 1);
        assert_null(r->gateway->chan);
        assert_int_equal(r->requests_n, 0);
        rig_stop(r);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, rig_teardown)
    const struct CMUnitTest tests[] = {
        T(test_asked),
        T(test_not_asked),
        T(test_what_is_no_state),
        T(test_unsealed_is_unsaid),
        T(test_goes_on_no_more),
        T(test_sealed_unasked),
        T(test_permitted_state),
        T(test_largest_state),
        T(test_gateway_brings_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
