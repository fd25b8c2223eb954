/* Tests of src/base/err.c: every row says something to somebody, and no value from outside can be
 * in it. */
#include "unit.h"

#include <string.h>

static void test_every_row(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ERR_COUNT; i++) {
        enum err e = (enum err)i;
        const char *sentence = err_sentence(e);

        assert_true(strlen(err_name(e)) > 0);
        assert_true(strlen(sentence) > 3);
        assert_null(strchr(sentence, '%'));
        assert_true(err_http(e) >= 200 && err_http(e) <= 599);
        if (e != ERR_OK)
            assert_int_not_equal(err_kind(e), ERR_KIND_NONE);
    }
}

static void test_kind_and_status_agree(void **state)
{
    (void)state;
    for (unsigned i = 1; i < ERR_COUNT; i++) {
        enum err e = (enum err)i;

        if (err_kind(e) == ERR_KIND_PEER)
            assert_in_range(err_http(e), 400, 499);
        if (err_kind(e) == ERR_KIND_OURS)
            assert_in_range(err_http(e), 500, 599);
    }
}

static void test_some(void **state)
{
    (void)state;
    assert_string_equal(err_name(ERR_OK), "OK");
    assert_int_equal(err_kind(ERR_OK), ERR_KIND_NONE);
    assert_string_equal(err_name(ERR_TOO_LARGE), "TOO_LARGE");
    assert_int_equal(err_http(ERR_TOO_LARGE), 413);
    assert_int_equal(err_kind(ERR_TOO_LARGE), ERR_KIND_PEER);
    assert_int_equal(err_kind(ERR_NO_SPACE), ERR_KIND_WORLD);
}

static void test_no_such_error(void **state)
{
    static const int wrong[] = {ERR_COUNT, ERR_COUNT + 1, -1, INT32_MAX};

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_string_equal(err_name((enum err)wrong[i]), "UNKNOWN");
        assert_int_equal(err_kind((enum err)wrong[i]), ERR_KIND_OURS);
        assert_int_equal(err_http((enum err)wrong[i]), 500);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row),
        cmocka_unit_test(test_kind_and_status_agree),
        cmocka_unit_test(test_some),
        cmocka_unit_test(test_no_such_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
