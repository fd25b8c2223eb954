/* What comes between the moment at which the store is read for a permit and its answer: on a store
 * that answers later (late.c) there is such a moment. The last look before the permit leaves must
 * see it, since the answer is older. */
#include "world.h"

#include "ipc/gen/keeper.h"
#include "keeper/revoke.h"

static int setup(void **state)
{
    world_setup_ann(state);
    connect_ann(*state);
    return 0;
}

/* Audit has the record of the call that waits, so that its permit is read now. */
static void acknowledge(void *ctx)
{
    struct world *w = ctx;
    union msg_any ack = {.audit_ack = {.seq = w->r->audit_seq,
                                       .written = w->r->audit_seq,
                                       .head = w->r->audit_log[w->r->audit_seq]}};

    assert_true(keeper_dispatch(w->r->k, w->r->audit->theirs, MSG_AUDIT_ACK, &ack, -1));
}

static void reserve(struct world *w, uint64_t call)
{
    w->r->audit_silent = true;
    say_call(w, call);
    rig_quiet(w->r->egress);
    assert_int_equal(w->r->events[EVENT_USE_RESERVED], call);
}

/* Read while the revocation was not stored, answered when it was: neither the answer nor the set of
 * the dead tells of it any more. The plant last_look_blind turns this red. */
static void test_revoked_before_the_answer(void **state)
{
    struct world *w = *state;

    reserve(w, 1);
    revoke_connections(w->r->k, &(struct revoke_which){.all = true}, NULL, NULL);
    loop_defer(w->r->loop, acknowledge, w); /* after what is revoked was found */
    rig_take(w->r->egress, MSG_DROP);
    denied(w, 1, ERR_FORBIDDEN);
    rig_quiet(w->r->egress);
}

/* The same of a connection that the end of another use suspends. */
static void test_suspended_before_the_answer(void **state)
{
    struct world *w = *state;
    union msg_any end = {.use_result = {.result = RESULT_ANSWERED, .hits = 4}};

    assert_err(limit_set(SET_SCREEN_HITS, 3), ERR_OK);
    say_call(w, 1);
    end.use_result.use = permit_of(w, 1)->use;
    reserve(w, 2);
    assert_true(keeper_dispatch(w->r->k, w->r->egress->theirs, MSG_USE_RESULT, &end, -1));
    acknowledge(w);
    rig_take(w->r->egress, MSG_DROP);
    denied(w, 2, ERR_SUSPENDED);
    rig_quiet(w->r->egress);
}

/* What came between was another's: the permit is read once more, and leaves. */
static void test_another_before_the_answer(void **state)
{
    struct world *w = *state;

    reserve(w, 1);
    revoke_connections(w->r->k, &(struct revoke_which){.upstream = "another"}, NULL, NULL);
    acknowledge(w);
    (void)permit_of(w, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_revoked_before_the_answer),
        T(test_suspended_before_the_answer),
        T(test_another_before_the_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
