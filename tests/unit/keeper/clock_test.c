/* The wall clock jumps: nothing lives longer for it, in this life of the keeper or the next. The
 * linker puts the wall clock of this file in place of the real one. */
#include "world.h"

#include <sqlite3.h>
#include <stdio.h>

#include "keeper/outbox.h"
#include "os/clock.h"
#include "store/full_disk.h"

enum { MINUTE = 60000, DAY = 24 * 60 * MINUTE };

static int64_t jump; /* how far the wall clock is off */

uint64_t __real_clock_wall_ms(void);
uint64_t __wrap_clock_wall_ms(void);

uint64_t __wrap_clock_wall_ms(void)
{
    return (uint64_t)((int64_t)__real_clock_wall_ms() + jump);
}

static int setup(void **state)
{
    struct world *w = NULL;

    jump = 0;
    world_setup_ann(state);
    w = *state;
    use_lease(w, LEASE_KIND_TASK, 100, 10 * MINUTE);
    w->r->conf = w->r->k->conf;
    return 0;
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

static enum err note(void *ctx)
{
    return NOTE((struct keeper *)ctx, .event = EVENT_LOGOUT);
}

static uint64_t time_in_store(struct world *w)
{
    struct buf rows = rig_rows(w->r, Q_node_get);
    uint64_t time = ((const struct node_row *)(const void *)rows.p)->clock;

    buf_free(&rows);
    return time;
}

/* The time is not stored with each transaction, and is ahead of all of them (the plant clock_back
 * turns this red). */
static void test_never_back_over_a_start(void **state)
{
    struct world *w = *state;
    uint64_t stored = 0, granted = 0;

    rig_settle(w->r);
    w->r->audit_silent = true; /* what it says is stored, and the time with it */
    do {                       /* a slow machine may need several tries */
        pass(w, 2 * LIM_CLOCK_STEP);
        assert_err(store_run(w->r->k->store, STORE_NORMAL, note, w->r->k), ERR_OK);
        stored = time_in_store(w);
        pass(w, LIM_CLOCK_STEP / 2);
        granted = keeper_now(w->r->k);
        assert_err(store_run(w->r->k->store, STORE_NORMAL, note, w->r->k), ERR_OK);
        assert_true(granted <= time_in_store(w));
    } while (time_in_store(w) != stored);
    jump = -DAY;
    rig_crash(w->r);
    assert_true(w->r->k->clock_base >= granted);
}

/* A transaction that failed stored no time, and what is urgent is tried again at once. */
static void test_never_back_over_a_full_disk(void **state)
{
    struct world *w = *state;

    rig_settle(w->r);
    loop_turn(w->r->loop, 300);
    rig_settle(w->r);
    w->r->audit_silent = true;
    for (unsigned urgent = 0; urgent < 2; urgent++) {
        uint64_t granted;

        pass(w, 50 * MINUTE);
        full_disk = 1;
        if (urgent == 0)
            assert_err(store_run(w->r->k->store, STORE_NORMAL, note, w->r->k), ERR_NO_SPACE);
        granted = keeper_now(w->r->k);
        assert_err(store_run(w->r->k->store, urgent ? STORE_URGENT : STORE_NORMAL, note, w->r->k),
                   ERR_OK);
        assert_true(granted <= time_in_store(w));
    }
    full_disk = 0;
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

/* A requestState that lives on: it may be spent, and must then be remembered to its end. */
static struct buf sealed_state(struct world *w, uint64_t number)
{
    struct msg_call_open o = rig_call(number, w->ann);
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct use_id use;

    rig_say_call(w->r, &o);
    (void)rig_take(w->r->gateway, MSG_CALL_PERMIT);
    use = rig_take(w->r->egress, MSG_PERMIT)->permit.use;
    rig_seal(w->r->egress, use, "theirs", &st);
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    rig_settle(w->r);
    return st;
}

static void use_state(struct world *w, uint64_t number, const struct buf *st)
{
    struct msg_call_open o = rig_call(number, w->ann);

    o.state = buf_slice(st);
    rig_say_call(w->r, &o);
}

/* Rows of the closed store; it is open again afterwards. */
static int chains(struct world *w)
{
    char path[128];
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    int n = 0;

    rig_close(w->r, false);
    snprintf(path, sizeof(path), "%s/sidegate.db", w->r->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM chain", -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    n = sqlite3_column_int(q, 0);
    assert_int_equal(sqlite3_finalize(q), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    rig_open(w->r);
    return n;
}

static void spend(struct world *w, uint64_t number)
{
    struct buf st = sealed_state(w, number);

    use_state(w, number + 1, &st);
    (void)rig_take(w->r->gateway, MSG_CALL_PERMIT);
    rig_result(w->r->egress, rig_take(w->r->egress, MSG_PERMIT)->permit.use, RESULT_ANSWERED,
               false);
    rig_settle(w->r);
    buf_free(&st);
}

static void test_spent_to_the_end(void **state)
{
    struct world *w = *state;
    struct buf st;

    w->r->conf.upstreams[UP_KEY].lease = LEASE_KIND_KEEP;
    w->r->k->conf = w->r->conf;
    assert_err(limit_set(SET_HANDOFF_TIME, DAY), ERR_OK);
    connect_ann(w);
    st = sealed_state(w, 10);
    use_state(w, 11, &st);
    (void)rig_take(w->r->gateway, MSG_CALL_PERMIT);
    rig_result(w->r->egress, rig_take(w->r->egress, MSG_PERMIT)->permit.use, RESULT_ANSWERED,
               false);
    rig_settle(w->r);
    /* States that are made now end sooner; this one does not, and others push it out of nothing. */
    assert_err(limit_set(SET_HANDOFF_TIME, MINUTE), ERR_OK);
    pass(w, DAY - MINUTE);
    for (uint64_t n = 20; n < 40; n += 2)
        spend(w, n);
    use_state(w, 12, &st);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_DENY)->call_deny.code, ERR_BAD_STATE);
    buf_free(&st);
}

/* A call that needs a person: the state that it is to come back with. */
static struct buf asked(struct world *w, uint64_t number, const struct buf *st)
{
    struct msg_call_open o = rig_call(number, w->ann);
    struct buf next = BUF_INIT(LIM_STATE_BYTES);

    o.state = st ? buf_slice(st) : SLICE_EMPTY;
    rig_say_call(w->r, &o);
    buf_put(&next, rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.state);
    return next;
}

/* Of two states of one request the older one was used: it is remembered until the newer ends. */
static void test_spent_to_the_end_of_the_newest(void **state)
{
    struct world *w = *state;
    struct buf older = asked(w, 10, NULL), newer;

    connect_ann(w);
    pass(w, 30 * MINUTE); /* of the lease nothing is left */
    newer = asked(w, 11, &older);
    connect_ann(w);
    rig_forget(w->r->egress); /* the earlier value is dropped */
    use_state(w, 12, &older);
    (void)rig_take(w->r->gateway, MSG_CALL_PERMIT);
    rig_result(w->r->egress, rig_take(w->r->egress, MSG_PERMIT)->permit.use, RESULT_ANSWERED,
               false);
    rig_settle(w->r);
    pass(w, limit_get(SET_HANDOFF_TIME) + 40 * MINUTE);
    connect_ann(w);
    rig_forget(w->r->egress);
    spend(w, 13); /* takes along what is forgotten */
    use_state(w, 15, &newer);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_DENY)->call_deny.code, ERR_BAD_STATE);
    buf_free(&older);
    buf_free(&newer);
}

/* However many were spent, only those are kept that count. */
static void test_spent_are_forgotten(void **state)
{
    struct world *w = *state;

    w->r->conf.upstreams[UP_KEY].lease = LEASE_KIND_KEEP;
    w->r->k->conf = w->r->conf;
    connect_ann(w);
    for (uint64_t n = 10; n < 50; n += 2)
        spend(w, n);
    assert_int_equal(chains(w), 20);
    pass(w, DAY);
    for (uint64_t n = 50; n < 72; n += 2)
        spend(w, n);
    assert_int_equal(chains(w), 11);
}

int main(void)
{
    full_disk_install();
#define T(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_it_passes),
        T(test_never_back),
        T(test_never_back_over_a_start),
        T(test_never_back_over_a_full_disk),
        T(test_made_while_ahead),
        T(test_expired_while_ahead),
        T(test_put_back),
        T(test_spent_to_the_end),
        T(test_spent_to_the_end_of_the_newest),
        T(test_spent_are_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
