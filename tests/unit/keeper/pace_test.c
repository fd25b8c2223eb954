/* How fast somebody may go: what the keeper does with a pace. */
#include "world.h"

#include "keeper/auth.h"
#include "keeper/outbox.h"
#include "keeper/sums.h"

static int setup(void **state)
{
    world_setup(state);
    other_key(*state);
    return 0;
}

/* --- agent keys ------------------------------------------------------------------------------- */

static void limit(enum limit l, uint64_t value)
{
    assert_err(limit_set(l, value), ERR_OK);
}

static struct msg_call_open list(uint64_t number, struct sec *token)
{
    struct msg_call_open o = rig_call(number, token);

    o.method = SLICE_LIT("tools/list");
    o.name = SLICE_EMPTY;
    return o;
}

static void is_denied(struct world *w, const struct msg_call_open *o, enum err want)
{
    rig_say_call(w->r, o);
    assert_err(rig_take(w->r->gateway, MSG_CALL_DENY)->call_deny.code, want);
}

/* The next minute. */
static void flush(struct world *w)
{
    sums_flush(w->r->k);
    rig_settle(w->r);
}

/* Lists without a credential: no row and no record of their own, and one for all of a minute. */
static void test_lists_are_summed(void **state)
{
    struct world *w = *state;
    struct msg_call_open o;

    for (uint64_t n = 1; n <= 20; n++) {
        o = list(n, n % 2 ? w->ann : w->bob);
        rig_say_call(w->r, &o);
        assert_true(rig_take(w->r->gateway, MSG_CALL_PERMIT)->call_permit.anonymous);
        assert_int_equal(running(w), 0);
        rig_result(w->r->egress, rig_take(w->r->egress, MSG_PERMIT)->permit.use, RESULT_ANSWERED,
                   n % 3 == 0);
        rig_settle(w->r);
        gone(w, n);
    }
    assert_int_equal(w->r->events[EVENT_USE_RESERVED], 0);
    assert_int_equal(w->r->events[EVENT_USE_RESULT], 0);
    assert_int_equal(w->r->events[EVENT_LISTED], 0);
    flush(w);
    assert_int_equal(w->r->events[EVENT_LISTED], 2);
    assert_int_equal(w->r->numbers[EVENT_LISTED], 20);
    flush(w); /* nothing since */
    assert_int_equal(w->r->events[EVENT_LISTED], 2);
}

/* Above its rate a key gets what is stored, or is refused; others are not touched; and it goes on
 * by itself. */
static void test_key(void **state)
{
    struct world *w = *state;
    struct msg_call_open o;
    uint64_t n = 1, before = 0;

    limit(SET_KEY_BURST, 3);
    limit(SET_KEY_RATE, 1);
    for (; n <= 3; n++) {
        o = rig_call(n, w->ann);
        o.want = CALL_WANT_STATUS;
        rig_say_call(w->r, &o);
        rig_take(w->r->gateway, MSG_CALL_OWN);
    }
    before = w->r->audit_seq;
    for (; n <= 30; n++) {
        o = rig_call(n, w->ann);
        o.want = (enum call_want)(n % CALL_WANT_COUNT);
        is_denied(w, &o, ERR_TOO_FAST);
    }
    o = list(n, w->ann);
    rig_say_call(w->r, &o);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_STORED)->call_stored.call, n);
    assert_err(send_snapshot_get(w->r->gateway->own,
                                 &(struct msg_snapshot_get){.call = n, .kind = SNAPSHOT_TOOLS}),
               ERR_OK);
    assert_int_equal(rig_take(w->r->gateway, MSG_SNAPSHOT_PART)->snapshot_part.call, n);
    gone(w, n++);
    rig_quiet(w->r->egress);
    assert_int_equal(w->r->audit_seq, before); /* and nothing of it is recorded by itself */
    flush(w);
    assert_int_equal(w->r->events[EVENT_LIMITED], 1);
    assert_int_equal(w->r->numbers[EVENT_LIMITED], 28);
    o = rig_call(n++, w->other);
    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_HANDOFF);
    auth_find(w->r->k, w->ann)->pace.at -= 1000;
    o = rig_call(n++, w->ann);
    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_HANDOFF);
    o = rig_call(n++, w->ann);
    is_denied(w, &o, ERR_TOO_FAST);
}

/* All keys of a person have a rate together. */
static void test_person(void **state)
{
    struct world *w = *state;
    struct msg_call_open o;

    limit(SET_PERSON_BURST, 3);
    limit(SET_PERSON_RATE, 1);
    for (uint64_t n = 1; n <= 3; n++) {
        o = rig_call(n, n % 2 ? w->ann : w->other);
        rig_say_call(w->r, &o);
        rig_take(w->r->gateway, MSG_CALL_HANDOFF);
    }
    o = rig_call(4, w->other);
    is_denied(w, &o, ERR_TOO_FAST);
    o = rig_call(5, w->ann);
    is_denied(w, &o, ERR_TOO_FAST);
    o = rig_call(6, w->bob);
    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_HANDOFF);
}

/* --- people and strangers --------------------------------------------------------------------- */

/* Log-ins that failed: so many are recorded each, the rest together. */
static void test_strangers(void **state)
{
    struct world *w = *state;

    limit(SET_STRANGER_BURST, 3);
    limit(SET_STRANGER_RATE, 1);
    limit(SET_LOGINS_PER_MINUTE, 1000);
    for (int i = 0; i < 10; i++) {
        struct sec *v = rig_verifier("not hers");

        assert_err(send_login(w->r->surface->own,
                              &(struct msg_login){.name = SLICE_LIT("ann"), .verifier = v}),
                   ERR_OK);
        assert_int_equal(rig_take(w->r->surface, MSG_PAGE_DENIED)->page_denied.why,
                         DENIAL_WRONG_PASSWORD);
        sec_free(v);
    }
    assert_int_equal(w->r->events[EVENT_LOGIN_FAILED], 3);
    flush(w);
    assert_int_equal(w->r->events[EVENT_LOGIN_FAILED], 4);
    assert_int_equal(w->r->numbers[EVENT_LOGIN_FAILED], 7);
    sec_free(rig_login(w->r, "ann", "ann's password")); /* who knows it is let in all the while */
}

/* One person looks at the handoffs of another, over and over. */
static void test_wrong_person(void **state)
{
    struct world *w = *state;
    struct sec *bob = rig_login(w->r, "bob", "bob's password");
    struct msg_call_open o = rig_call(1, w->ann);
    struct handoff_id h;

    limit(SET_PERSON_BURST, 5);
    limit(SET_PERSON_RATE, 1);
    rig_say_call(w->r, &o);
    h = rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.handoff;
    for (int i = 0; i < 20; i++) {
        assert_err(send_handoff_get(w->r->surface->own,
                                    &(struct msg_handoff_get){.cookie = bob, .handoff = h}),
                   ERR_OK);
        assert_int_equal(rig_take(w->r->surface, MSG_PAGE_DENIED)->page_denied.why,
                         DENIAL_NOT_YOURS);
    }
    assert_int_equal(w->r->events[EVENT_WRONG_PERSON], 5);
    flush(w);
    assert_int_equal(w->r->events[EVENT_WRONG_PERSON], 6);
    assert_int_equal(w->r->numbers[EVENT_WRONG_PERSON], 15);
    sec_free(bob);
}

/* Counts that could not be written are not lost. */
static void test_counts_wait(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = list(1, w->ann);

    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_PERMIT);
    w->r->k->outbox->issued += 1 << 20; /* too many records wait */
    flush(w);
    assert_int_equal(w->r->events[EVENT_LISTED], 0);
    w->r->k->outbox->issued -= 1 << 20;
    o = list(2, w->ann);
    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_PERMIT);
    flush(w);
    assert_int_equal(w->r->numbers[EVENT_LISTED], 2);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_lists_are_summed), T(test_key),          T(test_person),
        T(test_strangers),        T(test_wrong_person), T(test_counts_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
