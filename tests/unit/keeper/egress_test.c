/* Egress processes, from the keeper: begun on demand, dialed for, and each of its own uses alone. */
#include "world.h"

#include "keeper/use.h"

static int setup(void **state)
{
    world_setup_ann(state);
    connect_ann(*state);
    return 0;
}

static void test_egress_on_demand(void **state)
{
    struct world *w = *state;

    rig_kill(w->r->egress);
    say_call(w, 1);
    assert_int_equal(rig_take(w->r->supervisor, MSG_EGRESS_WANT)->egress_want.upstream, UP_KEY);
    say_call(w, 2);
    rig_quiet(w->r->supervisor); /* asked once */
    rig_quiet(w->r->gateway);
    w->r->egress = rig_peer(w->r, ROLE_EGRESS, 1, 41, UP_KEY);
    (void)rig_take(w->r->egress, MSG_PERMIT);
    (void)rig_take(w->r->egress, MSG_PERMIT);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_PERMIT)->call_permit.egress_generation, 41);
}

/* It was on record when audit found another history than the store's; egress comes only then. */
static void test_other_history_before_egress(void **state)
{
    struct world *w = *state;

    rig_kill(w->r->egress);
    say_call(w, 1);
    (void)rig_take(w->r->supervisor, MSG_EGRESS_WANT);
    rig_kill(w->r->audit);
    w->r->audit = rig_peer(w->r, ROLE_AUDIT, 0, 31, 0);
    assert_err(send_audit_state(w->r->audit->own,
                                &(struct msg_audit_state){.seq = w->r->audit_seq + 5,
                                                          .head = w->r->audit_log[w->r->audit_seq],
                                                          .epoch = 1}),
               ERR_OK);
    rig_settle(w->r);
    w->r->egress = rig_peer(w->r, ROLE_EGRESS, 1, 41, UP_KEY);
    denied(w, 1, ERR_CORRUPT);
    rig_quiet(w->r->egress);
}

static void test_egress_cannot_start(void **state)
{
    struct world *w = *state;

    rig_kill(w->r->egress);
    say_call(w, 1);
    rig_take(w->r->supervisor, MSG_EGRESS_WANT);
    assert_err(
        send_egress_failed(w->r->supervisor->own, &(struct msg_egress_failed){.upstream = UP_KEY}),
        ERR_OK);
    denied(w, 1, ERR_UNAVAILABLE);
    assert_int_equal(running(w), 0);
    say_call(w, 2);
    rig_take(w->r->supervisor, MSG_EGRESS_WANT);
}

static void test_egress_dies_while_it_runs(void **state)
{
    struct world *w = *state;

    w->r->k->conf.upstreams[UP_KEY].lease = LEASE_KIND_ONCE;
    say_call(w, 1);
    (void)permit_of(w, 1);
    rig_kill(w->r->egress);
    rig_settle(w->r);
    assert_int_equal(w->r->events[EVENT_USE_UNKNOWN], 1);
    assert_int_equal(running(w), 0);
    rig_quiet(w->r->gateway);
}

static void test_dial(void **state)
{
    struct world *w = *state;
    struct msg_dial *d = NULL;
    struct use_id use;

    say_call(w, 1);
    use = permit_of(w, 1)->use;
    assert_err(send_dial_want(w->r->egress->own, &(struct msg_dial_want){.use = use, .dial = 5}),
               ERR_OK);
    d = &rig_take(w->r->dialer, MSG_DIAL)->dial;
    assert_int_equal(d->dial, 5);
    assert_false(ID_IS_ZERO(d->client));
    assert_int_equal(d->egress, 1);
    assert_int_equal(d->egress_generation, 15);
    assert_int_equal(d->upstream, UP_KEY);
    assert_slice(d->host, "up.example");
    assert_int_equal(d->port, 8000 + UP_KEY);
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    rig_settle(w->r);
    assert_err(send_dial_want(w->r->egress->own, &(struct msg_dial_want){.use = use, .dial = 6}),
               ERR_OK);
    rig_quiet(w->r->dialer); /* over */
}

static void test_too_many_dials(void **state)
{
    struct world *w = *state;
    struct use_id use;

    say_call(w, 1);
    use = permit_of(w, 1)->use;
    for (uint64_t i = 0; i < LIM_DIALS_PER_USE; i++)
        assert_err(
            send_dial_want(w->r->egress->own, &(struct msg_dial_want){.use = use, .dial = i}),
            ERR_OK);
    rig_settle(w->r);
    assert_non_null(w->r->egress->theirs);
    assert_err(send_dial_want(w->r->egress->own, &(struct msg_dial_want){.use = use}), ERR_OK);
    assert_true(rig_refused(w->r->egress));
}

/* A taken-over egress names a use of another one, in each message that has a use. */
static void foreign(struct world *w, struct fake **ret_evil, struct use_id *ret_use)
{
    say_call(w, 1);
    *ret_use = permit_of(w, 1)->use;
    *ret_evil = rig_peer(w->r, ROLE_EGRESS, 2, 51, UP_TRIED);
}

static void test_foreign_result(void **state)
{
    struct world *w = *state;
    struct fake *evil = NULL;
    struct use_id use;

    foreign(w, &evil, &use);
    rig_result(evil, use, RESULT_UNSENT, false);
    assert_true(rig_refused(evil));
    assert_int_equal(running(w), 1);
}

static void test_foreign_dial(void **state)
{
    struct world *w = *state;
    struct fake *evil = NULL;
    struct use_id use;

    foreign(w, &evil, &use);
    assert_err(send_dial_want(evil->own, &(struct msg_dial_want){.use = use}), ERR_OK);
    assert_true(rig_refused(evil));
    rig_quiet(w->r->dialer);
}

static void test_foreign_hits(void **state)
{
    struct world *w = *state;
    struct fake *evil = NULL;
    struct use_id use;

    foreign(w, &evil, &use);
    assert_err(send_use_hits(evil->own, &(struct msg_use_hits){.use = use, .hits = 1000000}),
               ERR_OK);
    assert_true(rig_refused(evil));
    assert_int_equal(w->r->events[EVENT_REFLECTED], 0);
}

static void test_foreign_snapshot(void **state)
{
    struct world *w = *state;
    struct fake *evil = NULL;
    struct use_id use;

    foreign(w, &evil, &use);
    assert_err(
        send_snapshot_put(
            evil->own, &(struct msg_snapshot_put){.use = use, .size = 2, .part = SLICE_LIT("{}")}),
        ERR_OK);
    assert_true(rig_refused(evil));
}

static void test_result_before_the_permit(void **state)
{
    struct world *w = *state;

    w->r->audit_silent = true;
    say_call(w, 1);
    rig_settle(w->r);
    rig_result(w->r->egress, w->r->k->uses->by_id->id, RESULT_ANSWERED,
               false); /* guessed: it was not told */
    assert_true(rig_refused(w->r->egress));
}

static void test_result_twice(void **state)
{
    struct world *w = *state;
    struct use_id use;

    say_call(w, 1);
    use = permit_of(w, 1)->use;
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    rig_result(w->r->egress, use, RESULT_UNSENT, false);
    assert_true(rig_refused(w->r->egress));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_egress_on_demand),
        T(test_other_history_before_egress),
        T(test_egress_cannot_start),
        T(test_egress_dies_while_it_runs),
        T(test_dial),
        T(test_too_many_dials),
        T(test_foreign_result),
        T(test_foreign_dial),
        T(test_foreign_hits),
        T(test_foreign_snapshot),
        T(test_result_before_the_permit),
        T(test_result_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
