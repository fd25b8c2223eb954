#include "unit.h"

#include "base/pace.h"

static void test_pace(void **state)
{
    const struct pace_limit l = {.burst = 3, .rate = 2};
    struct pace p = {0};
    uint64_t now = 1000;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(pace_take(&p, &l, now));
    assert_false(pace_take(&p, &l, now));
    assert_false(pace_take(&p, &l, now + 499));
    assert_true(pace_take(&p, &l, now + 500));
    assert_false(pace_take(&p, &l, now + 500));
    /* A second for each whatever the rate, and never more at once than the burst. */
    assert_true(pace_take(&p, &l, now += 1500));
    now += UINT64_MAX / 2;
    for (int i = 0; i < 3; i++)
        assert_true(pace_take(&p, &l, now));
    assert_false(pace_take(&p, &l, now));
    /* What was refused costs nothing. */
    for (int i = 0; i < 1000; i++)
        assert_false(pace_take(&p, &l, now));
    assert_true(pace_take(&p, &l, now + 500));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pace)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
