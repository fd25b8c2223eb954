/* Tests of src/supervisor/logline.c: what os/log.c writes passes, and nothing that could mislead a
 * reader of the log does. */
#include "unit.h"

#include "supervisor/logline.h"

static void test_records_pass(void **state)
{
    static const struct {
        struct slice line;
        enum level level;
        const char *event, *rest;
    } rows[] = {
        {SLICE_LIT("info started"), LEVEL_INFO, "started", ""},
        {SLICE_LIT("error use_result use=0f3a status=200"), LEVEL_ERROR, "use_result",
         " use=0f3a status=200"},
        {SLICE_LIT("debug e t=\"a b\\x0a\\\"c\\\\\"+44 error=TIMEOUT"), LEVEL_DEBUG, "e",
         " t=\"a b\\x0a\\\"c\\\\\"+44 error=TIMEOUT"},
        {SLICE_LIT("warn e t=\"\""), LEVEL_WARN, "e", " t=\"\""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum level level = LEVEL_ERROR;
        struct slice event, rest;

        assert_true(logline_parse(rows[i].line, &level, &event, &rest));
        assert_int_equal(level, rows[i].level);
        assert_true(slice_eq_str(event, rows[i].event));
        assert_true(slice_eq_str(rest, rows[i].rest));
    }
}

static void test_everything_else_does_not(void **state)
{
    static const struct slice rows[] = {
        SLICE_LIT(""),
        SLICE_LIT("info"),
        SLICE_LIT("info "),
        SLICE_LIT(" info e"),
        SLICE_LIT("INFO e"),
        SLICE_LIT("notice e"),
        SLICE_LIT("info E"),
        SLICE_LIT("info e "),
        SLICE_LIT("info e k"),
        SLICE_LIT("info e k="),
        SLICE_LIT("info e =v"),
        SLICE_LIT("info e k=v  l=w"),
        SLICE_LIT("info e k=v,w"),
        SLICE_LIT("info e k=\"v"),
        SLICE_LIT("info e k=\"v\\"),
        SLICE_LIT("info e k=\"v\\\""),
        SLICE_LIT("info e k=\"v\"w"),
        SLICE_LIT("info e k=\"v\n\""),
        SLICE_LIT("info e k=\"\x1b[2J\""),
        SLICE_LIT("info e k=\"\xc3\xa9\""),
        SLICE_LIT("info e k=\"\\\x1b[2J\""),
        SLICE_LIT("info e k=\"\\\xc3\xa9\""),
        SLICE_LIT("info e k=\"v\\\n\""),
        SLICE_LIT("info e k=\"v\"+"),
        SLICE_LIT("info e k=\0"),
        SLICE_LIT("info e\tk=v"),
        SLICE_LIT("fatal: cannot find a thing"),
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum level level;
        struct slice event, rest;

        if (logline_parse(rows[i], &level, &event, &rest))
            fail_msg("row %zu passed", i);
    }
}

static void test_put(void **state)
{
    struct buf b = BUF_INIT(1024);
    const struct logline l = {1795392000123, LEVEL_WARN,     "egress weather",
                              1219,          SLICE_LIT("e"), SLICE_LIT(" k=v")};

    (void)state;
    logline_put(&b, &l);
    assert_slice(buf_slice(&b),
                 "time=2026-11-23T00:00:00.123Z level=warn process=\"egress weather\" pid=1219 "
                 "event=e k=v\n");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_pass),
        cmocka_unit_test(test_everything_else_does_not),
        cmocka_unit_test(test_put),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
