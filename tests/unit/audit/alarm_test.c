/* When the alarm of a disk that fills up is given. */
#include "unit.h"

#include "audit/alarm.h"
#include "base/limits.h"

/* When it begins, each hour while it lasts, and when it is over. */
static void test_begins_lasts_ends(void **state)
{
    const uint64_t least = limit_get(SET_DISK_WARN);
    struct alarm a = {.scarce = false};

    (void)state;
    for (unsigned i = 0; i < 2 * ALARM_REMIND; i++)
        assert_false(alarm_look(&a, least));
    for (int again = 0; again < 2; again++) {
        for (unsigned i = 0; i <= 3 * ALARM_REMIND; i++) {
            assert_int_equal(alarm_look(&a, least - 1), i % ALARM_REMIND == 0);
            assert_true(a.scarce);
        }
        assert_true(alarm_look(&a, UINT64_MAX));
        assert_false(a.scarce);
        assert_false(alarm_look(&a, least));
    }
}

/* The reserve of the log, which is for what ends something, is not touched before: there is room
 * for many times that. */
static void test_well_before_it_is_full(void **state)
{
    const struct limit_row *row = limit_row(SET_DISK_WARN);

    (void)state;
    assert_true(row->min >= 2 * (uint64_t)LIM_AUDIT_RESERVE);
    assert_true(row->def >= 256 * (uint64_t)LIM_AUDIT_RESERVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begins_lasts_ends),
        cmocka_unit_test(test_well_before_it_is_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
