/* The wall clock jumps: nothing lives longer for it, in this life of the keeper or the next. The
 * linker puts the wall clock of this file in place of the real one. */
#include "rig.h"

#include <string.h>

#include "os/clock.h"

enum { MINUTE = 60000, DAY = 24 * 60 * MINUTE };

static int64_t jump; /* how far the wall clock is off */

uint64_t __real_clock_wall_ms(void);
uint64_t __wrap_clock_wall_ms(void);

uint64_t __wrap_clock_wall_ms(void)
{
    return (uint64_t)((int64_t)__real_clock_wall_ms() + jump);
}

struct world {
    struct rig *r;
    struct sec *ann;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    jump = 0;
    rig_setup((void **)&w->r);
    rig_add_user(w->r, "ann", "ann's password");
    rig_add_key(w->r, "ann", "laptop", "ann-token");
    w->ann = rig_sec("ann-token");
    w->r->conf.upstreams[UP_KEY].lease = LEASE_KIND_TASK;
    w->r->conf.upstreams[UP_KEY].lease_uses = 100;
    w->r->conf.upstreams[UP_KEY].lease_ms = 10 * MINUTE;
    w->r->k->conf = w->r->conf;
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    sec_free(w->ann);
    rig_teardown((void **)&w->r);
    free(w);
    return 0;
}

static void connect_ann(struct world *w)
{
    rig_connect(w->r, UP_KEY, "ann", "ann's password", "ann-token", "sk-ann");
}

/* Time passes, by every clock. */
static void pass(struct world *w, uint64_t ms)
{
    w->r->k->boot_base -= ms;
    jump += (int64_t)ms;
}

static void assert_live(struct world *w, uint64_t number)
{
    struct msg_call_open o = rig_call(number, w->ann);

    rig_say_call(w->r, &o);
    (void)rig_take(w->r->gateway, MSG_CALL_PERMIT);
    rig_result(w->r->egress, rig_take(w->r->egress, MSG_PERMIT)->permit.use, RESULT_ANSWERED,
               false);
}

static void assert_expired(struct world *w, uint64_t number)
{
    struct msg_call_open o = rig_call(number, w->ann);

    rig_say_call(w->r, &o);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.need, NEED_EXPIRED);
    rig_quiet(w->r->egress);
}

static void test_it_passes(void **state)
{
    struct world *w = *state;

    connect_ann(w);
    pass(w, 9 * MINUTE);
    assert_live(w, 2);
    pass(w, MINUTE);
    assert_expired(w, 3);
}

/* It follows the wall clock forward and never back. Two clocks that are cut to milliseconds differ
 * by one now and then. */
static void test_never_back(void **state)
{
    struct world *w = *state;
    struct keeper *k = w->r->k;
    uint64_t start = keeper_now(k), ahead = 0;

    jump = DAY;
    ahead = keeper_now(k);
    /* The two clocks turn their milliseconds at different moments. */
    assert_in_range(ahead, start + DAY - 2, start + DAY + 10 * MINUTE);
    jump = 0;
    assert_in_range(keeper_now(k), ahead, ahead + 10 * MINUTE);
    jump = -DAY;
    assert_in_range(keeper_now(k), ahead, ahead + 10 * MINUTE);
    k->boot_base -= 5 * MINUTE; /* and it goes on from there */
    assert_in_range(keeper_now(k), ahead + 5 * MINUTE, ahead + 15 * MINUTE);
}

/* What is made while the clock is ahead does not live longer when it is put right. */
static void test_made_while_ahead(void **state)
{
    struct world *w = *state;

    jump = DAY;
    connect_ann(w);
    jump = 0;
    assert_live(w, 2);
    pass(w, 10 * MINUTE);
    assert_expired(w, 3);
}

/* What expired while it was ahead does not come back. */
static void test_expired_while_ahead(void **state)
{
    struct world *w = *state;

    connect_ann(w);
    jump = DAY;
    assert_expired(w, 2);
    rig_forget(w->r->gateway);
    jump = 0;
    assert_expired(w, 3);
    rig_crash(w->r);
    assert_expired(w, 4);
}

/* Nor is a clock that is behind a way to make anything last. */
static void test_put_back(void **state)
{
    struct world *w = *state;

    connect_ann(w);
    jump = -DAY;
    assert_live(w, 2);
    w->r->k->boot_base -= 10 * MINUTE;
    assert_expired(w, 3);
    rig_settle(w->r);
    rig_crash(w->r);
    assert_expired(w, 4);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_it_passes),           T(test_never_back), T(test_made_while_ahead),
        T(test_expired_while_ahead), T(test_put_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
