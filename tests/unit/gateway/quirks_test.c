/* Tests of src/gateway/quirks.c: who loses what, by name and version. */
#include "unit.h"

#include "base/limits.h"
#include "gateway/quirks.h"

static const struct {
    const char *info;
    bool url;
} rows[] = {
    {"{}", true},
    {"{\"name\":\"x\",\"version\":\"1\"}", true},
    {"{\"name\":\"claude-code\",\"version\":\"2.1.87\"}", false},
    {"{\"name\":\"claude-code\",\"version\":\"2.1.107\"}", false},
    {"{\"name\":\"claude-code\",\"version\":\"2.1.108\"}", true},
    {"{\"name\":\"claude-code\",\"version\":\"2.2\"}", true},
    {"{\"name\":\"claude-code\",\"version\":\"10.0.0\"}", true},
    {"{\"name\":\"claude-code\",\"version\":\"2.1\"}", false},
    {"{\"name\":\"claude-code\",\"version\":\"\"}", false},
    {"{\"name\":\"claude-code\",\"version\":\"not.a.number\"}", false},
    {"{\"name\":\"claude-code\"}", false},
    {"{\"name\":7,\"version\":[]}", true},
    {"{\"name\":\"Claude-Code\",\"version\":\"2.1.87\"}", true},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct json j;

        j = JSON_INIT;
        assert_err(json_parse(&j, slice_str(rows[i].info), NULL), ERR_OK);
        if (quirk_find(&j, 0)->url != rows[i].url)
            fail_msg("%s", rows[i].info);
        json_free(&j);
    }
}

static void test_hold(void **state)
{
    const struct quirk slow = {.hold_ms = 1000}, fast = {.hold_ms = 0},
                       long_one = {.hold_ms = 90000};

    (void)state;
    assert_err(limit_set(SET_HOLD_TIME, 40000), ERR_OK);
    assert_int_equal(quirk_hold_ms(&slow), 1000);
    assert_int_equal(quirk_hold_ms(&fast), 40000);
    assert_int_equal(quirk_hold_ms(&long_one), 40000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_hold)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
