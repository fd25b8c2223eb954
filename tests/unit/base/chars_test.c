/* What may stand in a credential, by the places that it goes to. */
#include "base/chars.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
    const char *text;
    enum chars_wrong anywhere, header, basic_user;
} rows[] = {
    {"", CHARS_FIT, CHARS_FIT, CHARS_FIT},
    {"sk_live-1.2 ~", CHARS_FIT, CHARS_FIT, CHARS_FIT},
    {"a:b", CHARS_FIT, CHARS_FIT, CHARS_COLON},
    {"\xc3\xbc", CHARS_FIT, CHARS_NOT_ASCII, CHARS_FIT},
    {"\xe2\x80\x8bk", CHARS_FIT, CHARS_NOT_ASCII, CHARS_FIT}, /* surface sees what is invisible */
    {" k", CHARS_SPACE, CHARS_SPACE, CHARS_SPACE},
    {"k ", CHARS_SPACE, CHARS_SPACE, CHARS_SPACE},
    {" ", CHARS_SPACE, CHARS_SPACE, CHARS_SPACE},
    {"\tk", CHARS_CONTROL, CHARS_CONTROL, CHARS_CONTROL},
    {"k\x7f:", CHARS_CONTROL, CHARS_CONTROL, CHARS_CONTROL},
    {" \x01\xc3\xbc:", CHARS_CONTROL, CHARS_CONTROL, CHARS_CONTROL},
    {" \x01\xc3\xbc:\n", CHARS_LINE, CHARS_LINE, CHARS_LINE},
    {"\r", CHARS_LINE, CHARS_LINE, CHARS_LINE},
};

static void test_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice s = slice_str(rows[i].text);

        assert_int_equal(chars_check(s, 0), rows[i].anywhere);
        assert_int_equal(chars_check(s, CHARS_ASCII), rows[i].header);
        assert_int_equal(chars_check(s, CHARS_NO_COLON), rows[i].basic_user);
    }
    assert_int_equal(chars_check(slice_of((const uint8_t *)"k", 2), 0), CHARS_CONTROL);
    assert_int_equal(chars_check(SLICE_LIT("\xc3\xbc:"), CHARS_ASCII | CHARS_NO_COLON),
                     CHARS_NOT_ASCII);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_places)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
