/* Tests of src/os/timers.c: order, moving, removal, and that a heap of many stays a heap. */
#include "unit.h"

#include "os/timers.h"

static void test_due_order_then_order_of_setting(void **state)
{
    struct timers ts = {0};
    struct timer a = {0}, b = {0}, c = {0};

    (void)state;
    timers_set(&ts, &a, 20);
    timers_set(&ts, &b, 10);
    timers_set(&ts, &c, 20);
    assert_ptr_equal(timers_pop(&ts, 100, UINT64_MAX), &b);
    assert_ptr_equal(timers_pop(&ts, 100, UINT64_MAX), &a);
    assert_ptr_equal(timers_pop(&ts, 100, UINT64_MAX), &c);
    assert_null(timers_pop(&ts, 100, UINT64_MAX));
    timers_done(&ts);
}

static void test_not_before_it_is_due(void **state)
{
    struct timers ts = {0};
    struct timer a = {0};

    (void)state;
    assert_int_equal(timers_wait(&ts, 0), -1);
    timers_set(&ts, &a, 20);
    assert_null(timers_pop(&ts, 19, UINT64_MAX));
    assert_int_equal(timers_wait(&ts, 19), 1);
    assert_int_equal(timers_wait(&ts, 20), 0);
    assert_int_equal(timers_wait(&ts, 30), 0);
    assert_ptr_equal(timers_pop(&ts, 20, UINT64_MAX), &a);
    timers_set(&ts, &a, UINT64_MAX);
    assert_int_equal(timers_wait(&ts, 0), 3600000);
    timers_done(&ts);
}

static void test_set_after_the_mark_waits_for_the_next_turn(void **state)
{
    struct timers ts = {0};
    struct timer a = {0};
    uint64_t mark;

    (void)state;
    mark = timers_mark(&ts);
    timers_set(&ts, &a, 5);
    assert_null(timers_pop(&ts, 5, mark));
    assert_ptr_equal(timers_pop(&ts, 5, timers_mark(&ts)), &a);
    timers_done(&ts);
}

static void test_moved_and_removed(void **state)
{
    struct timers ts = {0};
    struct timer a = {0}, b = {0};

    (void)state;
    timers_remove(&ts, &a); /* idle: nothing */
    timers_set(&ts, &a, 5);
    timers_set(&ts, &b, 6);
    timers_set(&ts, &a, 7);
    assert_ptr_equal(timers_pop(&ts, 10, UINT64_MAX), &b);
    timers_remove(&ts, &a);
    assert_int_equal(a.place, 0);
    assert_null(timers_pop(&ts, 10, UINT64_MAX));
    timers_done(&ts);
}

enum { MANY = 2000 };

static void test_many_in_and_out_in_every_order(void **state)
{
    static struct timer t[MANY];
    struct timers ts = {0};
    uint64_t before = 0;
    size_t left = 0;
    const struct timer *p;

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        timers_set(&ts, &t[i], (i * 7919) % 1009);
    for (size_t i = 0; i < MANY; i += 3)
        timers_remove(&ts, &t[(i * 31) % MANY]);
    for (size_t i = 0; i < MANY; i += 5)
        timers_set(&ts, &t[i], (i * 104729) % 1013);
    for (size_t i = 0; i < MANY; i++)
        left += t[i].place != 0;
    while ((p = timers_pop(&ts, UINT64_MAX, UINT64_MAX)) != NULL) {
        assert_true(p->due >= before);
        before = p->due;
        left--;
    }
    assert_int_equal(left, 0);
    timers_done(&ts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_due_order_then_order_of_setting),
        cmocka_unit_test(test_not_before_it_is_due),
        cmocka_unit_test(test_set_after_the_mark_waits_for_the_next_turn),
        cmocka_unit_test(test_moved_and_removed),
        cmocka_unit_test(test_many_in_and_out_in_every_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
