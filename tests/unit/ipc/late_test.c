/* Tests of src/ipc/chan.c: what may wait in a channel. */
#include "chan_world.h"

/* A clock that stands until a test puts it forward. */
uint64_t __wrap_clock_boot_ms(void);
static uint64_t now = 1000;

uint64_t __wrap_clock_boot_ms(void)
{
    return now;
}

static void tell(struct world *w, uint64_t call, bool late)
{
    tell_call_gone(w->a.chan, &(struct msg_call_gone){.call = call}, late);
    turns(w);
}

/* It leaves when its time is over, and is not put off by more of them. */
static void test_time(void **state)
{
    struct world *w = *state;

    both(w);
    turns(w);
    for (int i = 0; i < 3; i++) {
        w->b.messages = 0;
        tell(w, 1, true);
        now += LIM_TELL_LATE_TIME - 1;
        tell(w, 2, true);
        assert_int_equal(w->b.messages, 0);
        now += 1;
        turns(w);
        assert_int_equal(w->b.messages, 2);
        assert_int_equal(w->b.number, 2);
    }
}

/* It leaves with what is said after it, before that. */
static void test_next_message(void **state)
{
    struct world *w = *state;

    both(w);
    turns(w);
    tell(w, 1, true);
    assert_int_equal(w->b.messages, 0);
    tell(w, 2, false);
    assert_int_equal(w->b.messages, 2);
    assert_int_equal(w->b.number, 2);
    /* And the next one has its time from the beginning. */
    now += LIM_TELL_LATE_TIME / 2;
    turns(w);
    tell(w, 3, true);
    now += LIM_TELL_LATE_TIME / 2;
    turns(w);
    assert_int_equal(w->b.messages, 2);
    now += LIM_TELL_LATE_TIME / 2;
    turns(w);
    assert_int_equal(w->b.messages, 3);
}

static void test_what_was_said_in_the_same_turn(void **state)
{
    struct world *w = *state;

    both(w);
    turns(w);
    tell_call_gone(w->a.chan, &(struct msg_call_gone){.call = 1}, false);
    tell(w, 2, true);
    assert_int_equal(w->b.messages, 2);
}

/* Who waits for room is not kept waiting by what may wait. */
static void test_full(void **state)
{
    struct world *w = *state;

    both(w);
    turns(w);
    while (!chan_full(w->a.chan))
        tell_call_gone(w->a.chan, &(struct msg_call_gone){.call = 1}, true);
    tell(w, 2, true);
    while (w->b.number != 2)
        turns(w);
    assert_int_equal(w->a.writable, 1);
}

static void test_the_end_sends_it(void **state)
{
    struct world *w = *state;

    both(w);
    turns(w);
    tell(w, 1, true);
    chan_free(w->a.chan);
    w->a.chan = NULL;
    turns(w);
    assert_int_equal(w->b.messages, 1);
    assert_int_equal(w->b.closed, 1);
}

static void test_nobody_there(void **state)
{
    struct world *w = *state;

    tell_call_gone(NULL, &(struct msg_call_gone){.call = 1}, true);
    both(w);
    turns(w);
    tell(w, 1, true);
    chan_free(w->b.chan);
    w->b.chan = NULL;
    turns(w);
    assert_int_equal(w->a.closed, 1);
    now += LIM_TELL_LATE_TIME;
    turns(w);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_time), T(test_next_message),     T(test_what_was_said_in_the_same_turn),
        T(test_full), T(test_the_end_sends_it), T(test_nobody_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
