/* Field names, values, media types and Accept. */
#include "proto/http_field.h"
#include "proto_test.h"

static void test_token_and_value(void **state)
{
    (void)state;
    assert_true(http_is_token(S("Mcp-Name")));
    assert_true(http_is_token(S("!#$%&'*+-.^_`|~09azAZ")));
    static const char *const bad[] = {"",      "a b", "a:",       "a/b",  "a\t",
                                      "\"a\"", "a,b", "\xc3\xa9", "a\x7f"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(http_is_token(slice_str(bad[i])));
    assert_false(http_is_token(S("a\0")));
    assert_true(http_is_field_value(S("")));
    assert_true(http_is_field_value(S("a \t ~!")));
    static const char *const no[] = {" a",   "a ",    "\ta",   "a\r",
                                     "a\nb", "a\x01", "a\x7f", "\xc3\xa9"};
    for (size_t i = 0; i < ARRAY_LEN(no); i++)
        assert_false(http_is_field_value(slice_str(no[i])));
    assert_false(http_is_field_value(S("a\0b")));
}

static void test_find(void **state)
{
    const struct http_field f[] = {
        {S("Host"), S("a")}, {S("X"), S("1")}, {S("hOsT"), S("b")}, {S("Hos"), S("c")}};
    struct slice v = SLICE_EMPTY;
    (void)state;
    assert_int_equal(http_field_find(f, ARRAY_LEN(f), "host", &v), 2);
    assert_slice(v, "a");
    assert_int_equal(http_field_find(f, ARRAY_LEN(f), "x", NULL), 1);
    assert_int_equal(http_field_find(f, ARRAY_LEN(f), "y", &v), 0);
    assert_slice(v, "a");
    assert_int_equal(http_field_find(NULL, 0, "y", &v), 0);
}

static void test_media_type(void **state)
{
    static const struct {
        const char *value;
        bool json;
    } rows[] = {
        {"application/json", true},
        {"Application/JSON", true},
        {" application/json ", true},
        {"application/json;charset=utf-8", true},
        {"application/json ; charset=\"UTF-8\"", true},
        {"application/json;", true},
        {"application/json; a=b; c=d", true},
        {"application/json;charset=latin1", false},
        {"application/json;charset=utf-16", false},
        {"application/json;charset", false},
        {"application/json;charset=", false},
        {"application/json;charset=\"utf-8", false},
        {"application/json;charset=\"ut\\f-8\"", false},
        {"application/json charset=utf-8", false},
        {"application/json, text/plain", false},
        {"application/jsonx", false},
        {"application/json-seq", false},
        {"application /json", false},
        {"application/", false},
        {"/json", false},
        {"json", false},
        {"", false},
        {"text/json", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (http_media_type_is(slice_str(rows[i].value), "application/json") != rows[i].json)
            fail_msg("%s", rows[i].value);
    }
}

static void test_accept(void **state)
{
    static const struct {
        const char *accept;
        bool json;
    } rows[] = {
        {"application/json, text/event-stream", true},
        {"text/event-stream,application/json", true},
        {"Application/Json;q=0.5", true},
        {"application/json;q=0", false},
        {"application/json;q=0.000", false},
        {"application/json;q=0.001", true},
        {"application/json;q=1.000", true},
        {"application/json;version=1;q=1", true},
        {"*/*", true},
        {"application/*", true},
        {"*/*;q=0", false},
        {"application/*;q=0, */*", false},
        {"application/json;q=0, */*", false},
        {"application/json, */*;q=0", true},
        {"text/*", false},
        {"text/event-stream", false},
        {"", false},
        {",, application/json ,", true},
        {"application/json;q=2", false},
        {"application/json;q=1.1", false},
        {"application/json;q=-1", false},
        {"application/json;q=x", false},
        {"application/json;q=0.0001", false},
        {"application/json text/html", false},
        {"application/json, bad", false},
        {"*/json", false},
        {"json", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (http_accepts(slice_str(rows[i].accept), "application/json") != rows[i].json)
            fail_msg("%s", rows[i].accept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_token_and_value),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_media_type),
        cmocka_unit_test(test_accept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
