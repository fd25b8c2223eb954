/* Tests of src/base/limits.c: the table is in order, and a value outside its row is refused. */
#include "unit.h"

#include "base/limits.h"

#include <string.h>

static void test_every_row(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SET_COUNT; i++) {
        const struct limit_row *row = limit_row((enum limit)i);
        enum limit found;

        assert_true(row->min <= row->def && row->def <= row->max);
        assert_true(row->min > 0);
        assert_int_equal(limit_get((enum limit)i), row->def);
        assert_true(strlen(row->why) > 0);
        assert_true(strcmp(row->unit, "bytes") == 0 || strcmp(row->unit, "count") == 0 ||
                    strcmp(row->unit, "seconds") == 0 || strcmp(row->unit, "milliseconds") == 0);
        assert_true(limit_by_text(slice_str(row->text), &found)); /* no key is in two rows */
        assert_int_equal(found, i);
    }
}

static void test_set_within_the_row(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SET_COUNT; i++) {
        enum limit l = (enum limit)i;
        const struct limit_row *row = limit_row(l);

        assert_err(limit_set(l, row->min), ERR_OK);
        assert_int_equal(limit_get(l), row->min);
        assert_err(limit_set(l, row->max), ERR_OK);
        assert_int_equal(limit_get(l), row->max);
        assert_err(limit_set(l, row->max + 1), ERR_OUT_OF_RANGE);
        assert_err(limit_set(l, row->min - 1), ERR_OUT_OF_RANGE);
        assert_err(limit_set(l, UINT64_MAX), ERR_OUT_OF_RANGE);
        assert_int_equal(limit_get(l), row->max);
        assert_err(limit_set(l, row->def), ERR_OK);
    }
}

static void test_unknown_keys(void **state)
{
    static const char *const wrong[] = {"", "body", "body_bytes ", "BODY_BYTES", "body_bytesx"};
    enum limit l = SET_COUNT;

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(limit_by_text(slice_str(wrong[i]), &l));
    assert_int_equal(l, SET_COUNT);
}

static void get_outside(void *ctx)
{
    (void)ctx;
    (void)limit_get(SET_COUNT);
}

static void test_outside_is_a_bug(void **state)
{
    (void)state;
    assert_aborts(get_outside, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row),
        cmocka_unit_test(test_set_within_the_row),
        cmocka_unit_test(test_unknown_keys),
        cmocka_unit_test(test_outside_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
