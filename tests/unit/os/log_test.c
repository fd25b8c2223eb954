/* Tests of src/os/log.c: one line a record, whatever the values are, and levels. */
#include "unit.h"

#include "os/log.h"

#include <string.h>

static char lines[4096];

static void keep(void *ctx, struct slice line)
{
    size_t n = strlen(lines);

    (void)ctx;
    assert_true(n + line.n < sizeof lines);
    memcpy(lines + n, line.p, line.n);
    lines[n + line.n] = '\0';
}

static int start(void **state)
{
    (void)state;
    lines[0] = '\0';
    log_set_sink(keep, NULL);
    log_set_level(LEVEL_INFO);
    return 0;
}

static void test_fields_of_each_type(void **state)
{
    struct use_id id = {{0xab, 0xcd}};

    (void)state;
    log_event(LEVEL_WARN, "upstream_refused", LOG_ID("use", id), LOG_STR("upstream", "weather"),
              LOG_NUM("status", 401), LOG_ERR(ERR_TIMEOUT));
    assert_string_equal(lines, "warn upstream_refused use=abcd0000000000000000000000000000 "
                               "upstream=\"weather\" status=401 error=TIMEOUT\n");
}

static void test_no_fields(void **state)
{
    (void)state;
    log_event(LEVEL_ERROR, "tired");
    assert_string_equal(lines, "error tired\n");
}

static void test_text_from_outside_stays_in_its_quotes(void **state)
{
    static const struct {
        struct slice in;
        const char *out;
    } rows[] = {
        {{NULL, 0}, "info e t=\"\"\n"},
        {SLICE_LIT("a\nerror forged x=1"), "info e t=\"a\\x0aerror forged x=1\"\n"},
        {SLICE_LIT("\" x=\"1"), "info e t=\"\\\" x=\\\"1\"\n"},
        {SLICE_LIT("a\\"), "info e t=\"a\\\\\"\n"},
        {SLICE_LIT("\0\x1b[2J\x7f\xc3\xa9"), "info e t=\"\\x00\\x1b[2J\\x7f\\xc3\\xa9\"\n"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        lines[0] = '\0';
        log_event(LEVEL_INFO, "e", LOG_TEXT("t", rows[i].in));
        assert_string_equal(lines, rows[i].out);
    }
}

static void test_long_text_is_cut_and_says_so(void **state)
{
    char text[300];

    (void)state;
    memset(text, 'a', sizeof text);
    log_event(LEVEL_INFO, "e", LOG_TEXT("t", slice_of(text, sizeof text)));
    assert_int_equal(strlen(lines), strlen("info e t=\"\"+44\n") + 256);
    assert_non_null(strstr(lines, "aaa\"+44\n"));
}

static void test_a_line_has_a_maximum(void **state)
{
    uint8_t text[256] = {0};
    struct slice t = slice_of(text, sizeof text);

    (void)state;
    log_event(LEVEL_INFO, "e", LOG_TEXT("a", t), LOG_TEXT("b", t), LOG_TEXT("c", t));
    assert_string_equal(lines, "info e cut=1\n");
}

static void test_levels(void **state)
{
    (void)state;
    log_event(LEVEL_DEBUG, "quiet");
    assert_string_equal(lines, "");
    assert_false(log_wants(LEVEL_DEBUG));
    log_set_level(LEVEL_DEBUG);
    log_event(LEVEL_DEBUG, "loud");
    assert_string_equal(lines, "debug loud\n");
    log_set_level(LEVEL_ERROR);
    log_event(LEVEL_WARN, "quiet");
    assert_string_equal(lines, "debug loud\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_fields_of_each_type, start),
        cmocka_unit_test_setup(test_no_fields, start),
        cmocka_unit_test_setup(test_text_from_outside_stays_in_its_quotes, start),
        cmocka_unit_test_setup(test_long_text_is_cut_and_says_so, start),
        cmocka_unit_test_setup(test_a_line_has_a_maximum, start),
        cmocka_unit_test_setup(test_levels, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
