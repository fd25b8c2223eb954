/* What rides on a lease or on an agent key ends with it, and not before. */
#include "world.h"

#include "keeper/auth.h"

static int setup(void **state)
{
    world_setup_ann(state);
    other_key(*state);
    use_lease(*state, LEASE_KIND_TASK, 1, 60000);
    return 0;
}

static struct use_id permit(struct world *w, struct fake *egress, const struct msg_call_open *m)
{
    struct msg_permit *p = NULL;

    rig_say_call(w->r, m);
    p = &rig_take(egress, MSG_PERMIT)->permit;
    assert_int_equal(p->call, m->call);
    (void)rig_take(w->r->gateway, MSG_CALL_PERMIT);
    return p->use;
}

static struct use_id call(struct world *w, uint64_t number)
{
    struct msg_call_open o = rig_call(number, w->ann);

    return permit(w, w->r->egress, &o);
}

static struct msg_call_open stream_of(uint64_t number, struct sec *token, uint16_t upstream)
{
    struct msg_call_open o = rig_call(number, token);

    o.upstream = upstream;
    o.era = ERA_LEGACY;
    o.kind = CALL_KIND_STREAM;
    o.method = o.name = o.projection = SLICE_EMPTY;
    o.session.b[0] = 1;
    return o;
}

static struct use_id stream(struct world *w, uint64_t number)
{
    struct msg_call_open o = stream_of(number, w->ann, UP_KEY);

    return permit(w, w->r->egress, &o);
}

static void is_cut(struct fake *egress, struct use_id use)
{
    assert_true(ID_EQ(rig_take(egress, MSG_CUT)->cut.use, use));
}

/* The last use of the lease is taken while the stream rides: it may until that call has ended. The
 * plant riders_stay turns this red. */
static void test_last_use(void **state)
{
    struct world *w = *state;
    struct use_id rider, use;

    connect_ann(w);
    rider = stream(w, 2);
    use = call(w, 3);
    rig_quiet(w->r->egress);
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    is_cut(w->r->egress, rider);
    rig_result(w->r->egress, rider, RESULT_ANSWERED, false);
    rig_quiet(w->r->egress);
    assert_null(w->r->k->rides);
}

/* What did not leave is given back, so something is left to ride on. */
static void test_last_use_given_back(void **state)
{
    struct world *w = *state;
    struct use_id use;

    connect_ann(w);
    (void)stream(w, 2);
    use = call(w, 3);
    rig_result(w->r->egress, use, RESULT_UNSENT, false);
    rig_quiet(w->r->egress);
    use = call(w, 4);
    rig_quiet(w->r->egress);
    rig_result(w->r->egress, use, RESULT_UNKNOWN, false);
    (void)rig_take(w->r->egress, MSG_CUT);
}

/* Of two that took the last uses, the one that ends last counts. */
static void test_last_of_two(void **state)
{
    struct world *w = *state;
    struct use_id rider, first, second;

    w->r->k->conf.upstreams[UP_KEY].lease_uses = 2;
    connect_ann(w);
    rider = stream(w, 2);
    first = call(w, 3);
    second = call(w, 4);
    rig_result(w->r->egress, second, RESULT_ANSWERED, false);
    rig_quiet(w->r->egress);
    rig_result(w->r->egress, first, RESULT_ANSWERED, false);
    is_cut(w->r->egress, rider);
}

static void test_time(void **state)
{
    struct world *w = *state;
    struct use_id rider, use;
    uint64_t end = 0;

    w->r->k->conf.upstreams[UP_KEY].lease_ms = 400;
    connect_ann(w);
    end = loop_now(w->r->loop) + 400 + 1000;
    rider = stream(w, 2);
    use = call(w, 3);
    while (TAILQ_EMPTY(&w->r->egress->said) && loop_now(w->r->loop) < end)
        loop_turn(w->r->loop, 50);
    is_cut(w->r->egress, rider);
    rig_quiet(w->r->egress); /* the call took its use in time, and goes on */
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
}

/* What takes a use is not cut, so it must have left by then. */
static void test_permit_ends_with_its_lease(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(3, w->ann);
    struct msg_permit *p = NULL;

    w->r->k->conf.upstreams[UP_KEY].lease_ms = 5000;
    connect_ann(w);
    rig_say_call(w->r, &o);
    p = &rig_take(w->r->egress, MSG_PERMIT)->permit;
    assert_true(p->not_after <= loop_now(w->r->loop) + 5000);
    rig_result(w->r->egress, p->use, RESULT_UNSENT, false);
}

/* The upstream takes the credential no more. */
static void test_refused(void **state)
{
    struct world *w = *state;
    struct use_id rider, use;

    connect_ann(w);
    rider = stream(w, 2);
    use = call(w, 3);
    rig_result(w->r->egress, use, RESULT_ANSWERED, true);
    is_cut(w->r->egress, rider);
}

static void test_revoked(void **state)
{
    struct world *w = *state;

    connect_ann(w);
    (void)stream(w, 2);
    revoke_all(w);
    (void)rig_take(w->r->egress, MSG_DROP); /* of all that the connection has */
    rig_quiet(w->r->egress);
}

/* Where no credential is needed there is no lease; the agent key is what it rides on. */
static void test_key_removed(void **state)
{
    struct world *w = *state;
    struct fake *egress = rig_peer(w->r, ROLE_EGRESS, 3, 16, UP_OPEN);
    struct msg_call_open o = stream_of(2, w->ann, UP_OPEN), c = rig_call(3, w->ann),
                         others = stream_of(4, w->other, UP_OPEN);
    struct use_id rider, use;

    c.upstream = UP_OPEN;
    rider = permit(w, egress, &o);
    use = permit(w, egress, &c);
    (void)permit(w, egress, &others);
    rig_result(egress, use, RESULT_ANSWERED, true); /* a refusal ends nobody else's */
    rig_quiet(egress);
    assert_err(send_ctl_key_remove(w->r->cli->own,
                                   &(struct msg_ctl_key_remove){
                                       .client = auth_find(w->r->k, w->ann)->row.who.client}),
               ERR_OK);
    is_cut(egress, rider);
    rig_quiet(egress);
}

/* Permitted on a lease that ends before it leaves: it does not leave. */
static void test_over_before_it_leaves(void **state)
{
    struct world *w = *state;
    struct use_id use;
    struct msg_call_open o = stream_of(3, w->ann, UP_KEY);

    connect_ann(w);
    use = call(w, 2);
    w->r->audit_silent = true;
    rig_say_call(w->r, &o);
    rig_settle(w->r);
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    rig_settle(w->r);
    rig_audit_ack(w->r);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_DENY)->call_deny.code, ERR_LEASE_OVER);
    rig_quiet(w->r->egress);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_last_use),
        T(test_last_use_given_back),
        T(test_last_of_two),
        T(test_time),
        T(test_permit_ends_with_its_lease),
        T(test_revoked),
        T(test_refused),
        T(test_revoked),
        T(test_key_removed),
        T(test_over_before_it_leaves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
