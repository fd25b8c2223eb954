/* Tests of src/base/slice.c: nothing is read outside a slice, and numbers have one spelling. */
#include "unit.h"

#include <string.h>

static void test_sub_is_always_inside(void **state)
{
    struct slice s = SLICE_LIT("abcdef");

    (void)state;
    assert_slice(slice_sub(s, 0, 6), "abcdef");
    assert_slice(slice_sub(s, 2, 4), "cd");
    assert_slice(slice_sub(s, 4, 100), "ef");
    assert_slice(slice_sub(s, 6, 6), "");
    assert_slice(slice_sub(s, 7, 9), "");
    assert_slice(slice_sub(s, 4, 2), "");
    assert_slice(slice_sub(s, SIZE_MAX, SIZE_MAX), "");
    assert_int_equal(slice_sub(s, 100, 200).n, 0);
    assert_slice(slice_sub(SLICE_EMPTY, 0, 10), "");
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(slice_eq(SLICE_LIT("a\0b"), SLICE_LIT("a\0b")));
    assert_false(slice_eq(SLICE_LIT("a\0b"), SLICE_LIT("a\0c")));
    assert_false(slice_eq(SLICE_LIT("ab"), SLICE_LIT("abc")));
    assert_true(slice_cmp(SLICE_LIT("a\0b"), SLICE_LIT("a\0c")) < 0);
    assert_true(slice_cmp(SLICE_LIT("ab"), SLICE_LIT("a")) > 0);
    assert_int_equal(slice_cmp(SLICE_EMPTY, SLICE_EMPTY), 0);
    assert_true(slice_eq(SLICE_EMPTY, SLICE_LIT("")));
    assert_true(slice_eq_str(SLICE_LIT("abc"), "abc"));
    assert_false(slice_eq_str(SLICE_LIT("abc\0"), "abc"));
    assert_false(slice_eq_str(SLICE_LIT("ABC"), "abc"));
}

static void test_equal_without_case(void **state)
{
    (void)state;
    assert_true(slice_eq_nocase(SLICE_LIT("Content-Type"), SLICE_LIT("cONTENT-tYPE")));
    assert_false(slice_eq_nocase(SLICE_LIT("Content-Type"), SLICE_LIT("Content_Type")));
    /* One bit apart, as letters are, but not letters. */
    assert_false(slice_eq_nocase(SLICE_LIT("@"), SLICE_LIT("`")));
    assert_false(slice_eq_nocase(SLICE_LIT("["), SLICE_LIT("{")));
    /* A-umlaut in ISO 8859-1, which some locales fold. */
    assert_false(slice_eq_nocase(SLICE_LIT("\xc4"), SLICE_LIT("\xe4")));
    assert_false(slice_eq_nocase(SLICE_LIT("ab"), SLICE_LIT("a")));
    assert_true(slice_eq_nocase(SLICE_EMPTY, SLICE_EMPTY));
}

static void test_starts_and_ends(void **state)
{
    struct slice s = SLICE_LIT("Bearer x");

    (void)state;
    assert_true(slice_starts(s, SLICE_LIT("Bearer ")));
    assert_true(slice_starts(s, SLICE_EMPTY));
    assert_true(slice_starts(s, s));
    assert_false(slice_starts(s, SLICE_LIT("Bearer xy")));
    assert_false(slice_starts(SLICE_EMPTY, s));
    assert_true(slice_ends(s, SLICE_LIT(" x")));
    assert_true(slice_ends(s, SLICE_EMPTY));
    assert_false(slice_ends(s, SLICE_LIT("y")));
    assert_false(slice_ends(SLICE_LIT("x"), s));
}

static void test_find(void **state)
{
    struct slice s = SLICE_LIT("a=b=c\0d");

    (void)state;
    assert_int_equal(slice_find_byte(s, '='), 1);
    assert_int_equal(slice_find_byte(s, 0), 5);
    assert_int_equal(slice_find_byte(s, 'x'), s.n);
    assert_int_equal(slice_find_byte(SLICE_EMPTY, 0), 0);
    assert_int_equal(slice_find(s, SLICE_LIT("b=")), 2);
    assert_int_equal(slice_find(s, SLICE_LIT("\0d")), 5);
    assert_int_equal(slice_find(s, SLICE_LIT("bb")), s.n);
    assert_int_equal(slice_find(s, SLICE_LIT("a=b=c\0dx")), s.n);
    assert_int_equal(slice_find(s, SLICE_EMPTY), 0);
    assert_int_equal(slice_find(SLICE_EMPTY, SLICE_EMPTY), 0);
    assert_int_equal(slice_find(SLICE_EMPTY, s), 0);
}

static void test_trim(void **state)
{
    (void)state;
    assert_slice(slice_trim(SLICE_LIT(" \t a b\t ")), "a b");
    assert_slice(slice_trim(SLICE_LIT("\ra\n")), "\ra\n"); /* not optional white space */
    assert_slice(slice_trim(SLICE_LIT(" \t ")), "");
    assert_slice(slice_trim(SLICE_EMPTY), "");
}

static void test_numbers(void **state)
{
    static const struct {
        const char *text;
        uint64_t max;
        bool ok;
        uint64_t value;
    } rows[] = {
        {"0", 0, true, 0},
        {"1", 0, false, 0},
        {"9", 8, false, 0},
        {"8", 8, true, 8},
        {"10", 10, true, 10},
        {"11", 10, false, 0},
        {"100", 99, false, 0},
        {"65535", 65535, true, 65535},
        {"65536", 65535, false, 0},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"18446744073709551620", UINT64_MAX, false, 0},
        {"99999999999999999999", UINT64_MAX, false, 0},
        {"184467440737095516150", UINT64_MAX, false, 0},
        {"", 10, false, 0},
        {"00", 10, false, 0},
        {"01", 10, false, 0},
        {"+1", 10, false, 0},
        {"-1", 10, false, 0},
        {" 1", 10, false, 0},
        {"1 ", 10, false, 0},
        {"1.0", 10, false, 0},
        {"0x1", 10, false, 0},
        {"1e1", 10, false, 0},
        {"\xd9\xa1", 10, false, 0}, /* ARABIC-INDIC DIGIT ONE */
        {"/", 10, false, 0},
        {":", 10, false, 0},
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t v = 77;

        assert_int_equal(slice_to_u64(slice_str(rows[i].text), rows[i].max, &v), rows[i].ok);
        assert_true(v == (rows[i].ok ? rows[i].value : 77));
    }
}

static void test_cstr(void **state)
{
    char dst[4];

    (void)state;
    assert_true(slice_to_cstr(SLICE_LIT("abc"), dst, sizeof dst));
    assert_string_equal(dst, "abc");
    assert_true(slice_to_cstr(SLICE_EMPTY, dst, sizeof dst));
    assert_string_equal(dst, "");
    memset(dst, 'x', sizeof dst);
    assert_false(slice_to_cstr(SLICE_LIT("abcd"), dst, sizeof dst));
    assert_string_equal(dst, "");
    memset(dst, 'x', sizeof dst);
    assert_false(slice_to_cstr(SLICE_LIT("a\0b"), dst, sizeof dst));
    assert_string_equal(dst, "");
}

static void slice_of_nothing(void *ctx)
{
    (void)ctx;
    (void)slice_of(NULL, 1);
}

static void test_null_with_a_length_is_a_bug(void **state)
{
    (void)state;
    assert_int_equal(slice_of(NULL, 0).n, 0);
    assert_aborts(slice_of_nothing, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sub_is_always_inside),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_equal_without_case),
        cmocka_unit_test(test_starts_and_ends),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_trim),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_cstr),
        cmocka_unit_test(test_null_with_a_length_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
