/* Time in words. */
#include "surface/say.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NOW UINT64_C(1795387500000) /* 2026-11-22T22:45:00Z */
#define MIN UINT64_C(60000)

static void test_iso(void **state)
{
    char s[SAY_TEXT];

    (void)state;
    say_iso(0, s);
    assert_string_equal(s, "1970-01-01T00:00:00Z");
    say_iso(NOW + 999, s);
    assert_string_equal(s, "2026-11-22T22:45:00Z");
    say_iso(UINT64_MAX, s);
    assert_string_equal(s, "9999-12-31T23:59:59Z");
}

static void test_moment(void **state)
{
    char s[SAY_TEXT];

    (void)state;
    say_moment(NOW + MIN, NOW, s);
    assert_string_equal(s, "22:46 UTC");
    say_moment(NOW + 75 * MIN, NOW, s);
    assert_string_equal(s, "23 Nov 2026, 00:00 UTC");
    say_moment(NOW - 20 * 1440 * MIN, NOW, s);
    assert_string_equal(s, "2 Nov 2026, 22:45 UTC");
}

static void test_distance(void **state)
{
    static const struct {
        int64_t minutes;
        const char *text;
    } rows[] = {
        {1, "in 1 minute"},   {14, "in 14 minutes"},   {60, "in 1 hour"},     {2880, "in 2 days"},
        {-1, "1 minute ago"}, {-59, "59 minutes ago"}, {-150, "2 hours ago"}, {0, "just now"},
    };
    char s[SAY_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        say_distance(NOW + (uint64_t)(rows[i].minutes * 60000), NOW, s);
        assert_string_equal(s, rows[i].text);
    }
    say_distance(NOW + 59999, NOW, s);
    assert_string_equal(s, "in less than a minute");
    say_distance(NOW - 59999, NOW, s);
    assert_string_equal(s, "just now");
    say_distance(UINT64_MAX, 0, s);
    assert_string_equal(s, "in 213503982334 days");
}

static void test_span(void **state)
{
    char s[SAY_TEXT];

    (void)state;
    say_span(0, s);
    assert_string_equal(s, "0 seconds");
    say_span(1000, s);
    assert_string_equal(s, "1 second");
    say_span(600000, s);
    assert_string_equal(s, "10 minutes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_iso),
        cmocka_unit_test(test_moment),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_span),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
