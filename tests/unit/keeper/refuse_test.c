/* Errors that egress writes, to what an upstream asked its client in vain. */
#include "world.h"

static void want_refusal(struct world *w, struct use_id use, uint64_t ask)
{
    assert_err(
        send_refuse_want(w->r->egress->own, &(struct msg_refuse_want){.use = use, .ask = ask}),
        ERR_OK);
}

/* An error that egress writes: with the credential of the use that runs, taking nothing. */
static void test_refuse(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);
    struct msg_permit *p = NULL;
    struct connection_id connection;
    struct use_id use;

    connect_ann(w);
    o.era = ERA_LEGACY;
    rig_say_call(w->r, &o);
    p = &rig_take(w->r->egress, MSG_PERMIT)->permit;
    use = p->use;
    connection = p->connection;
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_PERMIT)->call_permit.call, 1);
    for (uint64_t ask = 1; ask <= LIM_ASKS; ask++) {
        want_refusal(w, use, ask);
        p = &rig_take(w->r->egress, MSG_PERMIT)->permit;
        assert_int_equal(p->mode, MODE_REFUSE);
        assert_int_equal(p->call, ask);
        assert_true(ID_EQ(p->connection, connection));
        assert_true(sec_len(p->credential) > 0);
        rig_result(w->r->egress, p->use, RESULT_ANSWERED, false);
    }
    rig_settle(w->r);
    rig_quiet(w->r->gateway); /* which hears nothing of it */
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    rig_settle(w->r);
    want_refusal(w, use, 7);
    rig_settle(w->r);
    rig_quiet(w->r->egress); /* it is over */
}

/* Egress counts them; one that does not is not believed. */
static void test_refuse_without_end(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);
    struct use_id use;

    connect_ann(w);
    o.era = ERA_LEGACY;
    rig_say_call(w->r, &o);
    use = permitted(w, 1, false);
    for (uint64_t ask = 1; ask <= LIM_ASKS; ask++) {
        want_refusal(w, use, ask);
        IGNORE(rig_take(w->r->egress, MSG_PERMIT));
    }
    want_refusal(w, use, LIM_ASKS + 1);
    assert_true(rig_refused(w->r->egress));
}

/* Not when its connection was revoked meanwhile. */
static void test_refuse_not_without_lease(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);
    struct use_id use;

    connect_ann(w);
    o.era = ERA_LEGACY;
    rig_say_call(w->r, &o);
    use = permitted(w, 1, false);
    revoke_all(w);
    IGNORE(rig_take(w->r->egress, MSG_DROP));
    want_refusal(w, use, 1);
    rig_settle(w->r);
    rig_quiet(w->r->egress);
}

/* It goes with the credential, so it leaves no later than the lease lets anything leave. The plant
 * refusals_outlive turns this red. */
static void test_refuse_no_longer_than_the_lease(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);

    use_lease(w, LEASE_KIND_TASK, 2, 3000);
    connect_ann(w);
    o.era = ERA_LEGACY;
    rig_say_call(w->r, &o);
    want_refusal(w, permitted(w, 1, false), 1);
    assert_true(rig_take(w->r->egress, MSG_PERMIT)->permit.not_after <=
                loop_now(w->r->loop) + 3000);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_refuse),
        T(test_refuse_without_end),
        T(test_refuse_not_without_lease),
        T(test_refuse_no_longer_than_the_lease),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
