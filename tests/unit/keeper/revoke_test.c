/* Revoking and removing are answered when nothing can leave any more with what was revoked: each
 * egress process that had it has dropped it, or is gone; one that does neither is ended. The linker
 * puts the clock of this file in place of the real one. */
#include "rig.h"

#include "os/clock.h"

static uint64_t now; /* stands still but for what a test does */

uint64_t __wrap_clock_boot_ms(void);

uint64_t __wrap_clock_boot_ms(void)
{
    return now;
}

static int setup(void **state)
{
    struct rig *r = NULL;

    now = 1000000;
    rig_setup((void **)&r);
    rig_add_user(r, "ann", "ann's password");
    rig_add_key(r, "ann", "laptop", "ann-token");
    rig_connect(r, UP_KEY, "ann", "ann's password", "ann-token", "sk-ann");
    r->drops_silent = true;
    *state = r;
    return 0;
}

static void pass(struct rig *r, uint64_t ms)
{
    now += ms;
    rig_settle(r);
}

static void say_revoke(struct rig *r, enum ctl_scope scope, const char *name)
{
    assert_err(send_ctl_revoke(r->cli->own,
                               &(struct msg_ctl_revoke){.scope = scope, .name = slice_str(name)}),
               ERR_OK);
}

static void answered(struct rig *r, unsigned count)
{
    struct msg_ctl_done *m = &rig_take(r->cli, MSG_CTL_DONE)->ctl_done;

    assert_int_equal(m->code, ERR_OK);
    assert_int_equal(m->count, count);
}

static void told(struct fake *egress)
{
    (void)rig_take(egress, MSG_DROP);
}

/* --- who is waited for ------------------------------------------------------------------------ */

/* The plant revoke_unconfirmed turns this red. */
static void test_answered_when_dropped(void **state)
{
    struct rig *r = *state;

    say_revoke(r, CTL_SCOPE_ALL, "");
    told(r->egress);
    rig_quiet(r->cli);
    assert_int_equal(r->events[EVENT_CONNECTION_REVOKED], 1); /* which does not wait */
    rig_dropped(r->egress);
    answered(r, 1);
}

static void test_page_answered_when_dropped(void **state)
{
    struct rig *r = *state;
    struct sec *cookie = rig_login(r, "ann", "ann's password");
    struct msg_connection_revoke m = {.req = 2, .cookie = cookie};

    assert_err(send_connections_get(r->surface->own,
                                    &(struct msg_connections_get){.req = 1, .cookie = cookie}),
               ERR_OK);
    m.connection = rig_take(r->surface, MSG_CONNECTION_ROW)->connection_row.connection;
    m.csrf = rig_take(r->surface, MSG_ROWS_END)->rows_end.csrf;
    assert_err(send_connection_revoke(r->surface->own, &m), ERR_OK);
    told(r->egress);
    rig_quiet(r->surface);
    rig_dropped(r->egress);
    (void)rig_take(r->surface, MSG_PAGE_DONE);
    sec_free(cookie);
}

static void test_key_removed_when_dropped(void **state)
{
    struct rig *r = *state;
    struct msg_ctl_key_remove m = {{{0}}};

    assert_err(
        send_ctl_key_list(r->cli->own, &(struct msg_ctl_key_list){.user_name = slice_str("ann")}),
        ERR_OK);
    m.client = rig_take(r->cli, MSG_CTL_KEY_ROW)->ctl_key_row.client;
    answered(r, 0);
    assert_err(send_ctl_key_remove(r->cli->own, &m), ERR_OK);
    told(r->egress);
    rig_quiet(r->cli);
    assert_int_equal(r->events[EVENT_KEY_REMOVED], 1);
    rig_dropped(r->egress);
    answered(r, 0);
}

static void test_user_removed_when_dropped(void **state)
{
    struct rig *r = *state;

    assert_err(
        send_ctl_user_remove(r->cli->own, &(struct msg_ctl_user_remove){.name = slice_str("ann")}),
        ERR_OK);
    told(r->egress);
    rig_quiet(r->cli);
    assert_int_equal(r->events[EVENT_USER_REMOVED], 1);
    rig_dropped(r->egress);
    answered(r, 0);
}

static void test_each_process(void **state)
{
    struct rig *r = *state;
    struct fake *two = rig_peer(r, ROLE_EGRESS, 2, 16, UP_TWO);

    rig_connect(r, UP_TWO, "ann", "ann's password", "ann-token", "sk-two");
    say_revoke(r, CTL_SCOPE_ALL, "");
    told(r->egress);
    told(two);
    rig_dropped(two);
    rig_quiet(r->cli);
    rig_dropped(r->egress);
    answered(r, 2);
}

/* Each answer is one to the oldest drop of that process. */
static void test_in_order(void **state)
{
    struct rig *r = *state;

    rig_add_user(r, "bob", "bob's password");
    rig_add_key(r, "bob", "laptop", "bob-token");
    rig_connect(r, UP_KEY, "bob", "bob's password", "bob-token", "sk-bob");
    say_revoke(r, CTL_SCOPE_USER, "ann");
    say_revoke(r, CTL_SCOPE_USER, "bob");
    told(r->egress);
    told(r->egress);
    rig_dropped(r->egress);
    answered(r, 1);
    rig_quiet(r->cli);
    rig_dropped(r->egress);
    answered(r, 1);
}

static void test_none_is_there(void **state)
{
    struct rig *r = *state;

    rig_kill(r->egress);
    say_revoke(r, CTL_SCOPE_ALL, "");
    answered(r, 1);
}

static void test_answered_when_egress_is_gone(void **state)
{
    struct rig *r = *state;

    say_revoke(r, CTL_SCOPE_ALL, "");
    told(r->egress);
    rig_quiet(r->cli);
    rig_kill(r->egress);
    answered(r, 1);
}

/* What is told to the one that comes then is its own. */
static void test_not_answered_by_the_next(void **state)
{
    struct rig *r = *state;

    say_revoke(r, CTL_SCOPE_ALL, "");
    told(r->egress);
    rig_again(r->egress);
    answered(r, 1);
    rig_dropped(r->egress);
    assert_true(rig_refused(r->egress));
}

/* --- who does not answer ---------------------------------------------------------------------- */

static void test_silent_egress_is_ended(void **state)
{
    struct rig *r = *state;

    say_revoke(r, CTL_SCOPE_ALL, "");
    told(r->egress);
    for (uint64_t ms = 0; ms < LIM_DROP_MS - 1000; ms += 1000)
        pass(r, 1000);
    assert_false(rig_refused(r->egress));
    rig_quiet(r->cli);
    pass(r, 1000);
    assert_true(rig_refused(r->egress));
    answered(r, 1);
}

/* A time in which the keeper itself stood still, or the computer, is no time to answer in. */
static void test_still_keeper(void **state)
{
    struct rig *r = *state;

    say_revoke(r, CTL_SCOPE_ALL, "");
    told(r->egress);
    pass(r, 10 * LIM_DROP_MS);
    assert_false(rig_refused(r->egress));
    rig_dropped(r->egress);
    answered(r, 1);
    for (int i = 0; i < 100; i++)
        pass(r, LIM_DROP_MS); /* it has answered: nothing is waited for */
    assert_false(rig_refused(r->egress));
}

static void test_unasked(void **state)
{
    struct rig *r = *state;

    rig_dropped(r->egress);
    assert_true(rig_refused(r->egress));
}

/* The keeper stops, or crashes, while one is waited for. */
static void test_crash(void **state)
{
    struct rig *r = *state;

    say_revoke(r, CTL_SCOPE_ALL, "");
    told(r->egress);
    rig_crash(r);
    rig_quiet(r->cli);
    say_revoke(r, CTL_SCOPE_ALL, "");
    answered(r, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        T(test_answered_when_dropped),
        T(test_page_answered_when_dropped),
        T(test_key_removed_when_dropped),
        T(test_user_removed_when_dropped),
        T(test_each_process),
        T(test_in_order),
        T(test_none_is_there),
        T(test_answered_when_egress_is_gone),
        T(test_not_answered_by_the_next),
        T(test_silent_egress_is_ended),
        T(test_still_keeper),
        T(test_unasked),
        T(test_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
