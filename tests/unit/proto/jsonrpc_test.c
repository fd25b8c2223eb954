/* JSON-RPC envelopes. */
#include "proto/jsonrpc.h"
#include "proto_test.h"

static const struct {
    const char *text;
    int kind; /* -1: refused */
} rows[] = {
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", JSONRPC_REQUEST},
    {"{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"m\",\"params\":{}}", JSONRPC_REQUEST},
    {"{\"jsonrpc\":\"2.0\",\"id\":\"\",\"method\":\"m\"}", JSONRPC_REQUEST},
    {"{\"jsonrpc\":\"2.0\",\"id\":-3,\"method\":\"m\",\"extra\":[1]}", JSONRPC_REQUEST},
    {"{\"jsonrpc\":\"2.0\",\"id\":99999999999999999999999,\"method\":\"m\"}", JSONRPC_REQUEST},
    {"{\"jsonrpc\":\"\\u0032.0\",\"method\":\"m\"}", JSONRPC_NOTIFICATION},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{}}", JSONRPC_NOTIFICATION},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", JSONRPC_RESULT},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32000,\"message\":\"m\"}}", JSONRPC_ERROR},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"m\",\"data\":null}}",
     JSONRPC_ERROR},
    {"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":1,\"message\":\"m\"}}", JSONRPC_ERROR},
    {"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":1,\"message\":\"m\"}}", JSONRPC_ERROR},
    {"[]", -1},
    {"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", -1},
    {"\"x\"", -1},
    {"{}", -1},
    {"{\"id\":1,\"method\":\"ping\"}", -1},
    {"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", -1},
    {"{\"jsonrpc\":2.0,\"id\":1,\"method\":\"ping\"}", -1},
    {"{\"jsonrpc\":\"2.0\"}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"m\"}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"m\"}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1.0,\"method\":\"m\"}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1e2,\"method\":\"m\"}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"m\"}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"m\"}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"m\"}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\"}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":null}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":[]}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":null}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"result\":{}}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"error\":{\"code\":1,\"message\":\"m\"}}",
     -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{\"code\":1,\"message\":\"m\"}}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"params\":{}}", -1},
    {"{\"jsonrpc\":\"2.0\",\"result\":{}}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{}}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[]}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":\"no\"}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{}}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1}}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"message\":\"m\"}}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":\"1\",\"message\":\"m\"}}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1.5,\"message\":\"m\"}}", -1},
    {"{\"jsonrpc\":\"2.0\",\"id\":{},\"error\":{\"code\":1,\"message\":\"m\"}}", -1},
};

static void test_kinds(void **state)
{
    struct json j;
    (void)state;
    j = JSON_INIT;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct jsonrpc m;
        assert_ok(json_parse(&j, slice_str(rows[i].text), NULL));
        enum err e = jsonrpc_read(&j, &m);
        if (rows[i].kind < 0 ? e != ERR_NOT_JSONRPC : e != ERR_OK || (int)m.kind != rows[i].kind)
            fail_msg("%s: %s", rows[i].text, err_name(e));
    }
    json_free(&j);
}

static void test_members(void **state)
{
    struct json j;
    struct jsonrpc m;
    (void)state;
    j = JSON_INIT;
    assert_ok(json_parse(
        &j, S("{\"params\":{\"x\":1},\"id\":\"\\u0061\",\"method\":\"m\",\"jsonrpc\":\"2.0\"}"),
        NULL));
    assert_ok(jsonrpc_read(&j, &m));
    assert_slice(jsonrpc_id_text(&j, m.id), "\"\\u0061\"");
    assert_slice(json_raw(&j, m.params), "{\"x\":1}");
    assert_int_equal(m.result, JSON_NONE);
    assert_ok(json_parse(
        &j, S("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32042,\"message\":\"m\"}}"),
        NULL));
    assert_ok(jsonrpc_read(&j, &m));
    assert_int_equal(m.id, JSON_NONE);
    assert_slice(jsonrpc_id_text(&j, m.id), "null");
    assert_int_equal(m.code, -32042);
    json_free(&j);
}

static void test_limits(void **state)
{
    struct json j;
    struct jsonrpc m;
    (void)state;
    j = JSON_INIT;
    for (unsigned extra = 0; extra < 2; extra++) {
        struct buf b = BUF_INIT(4096);
        buf_printf(&b, "{\"jsonrpc\":\"2.0\",\"id\":\"%0*d\",\"method\":\"m\"}",
                   (int)(LIM_RPC_ID_BYTES - 2 + extra), 0);
        assert_ok(json_parse(&j, buf_slice(&b), NULL));
        assert_err(jsonrpc_read(&j, &m), extra ? ERR_NOT_JSONRPC : ERR_OK);
        buf_clear(&b);
        buf_printf(&b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%0*d\"}",
                   (int)(LIM_METHOD_BYTES + extra), 0);
        assert_ok(json_parse(&j, buf_slice(&b), NULL));
        assert_err(jsonrpc_read(&j, &m), extra ? ERR_NOT_JSONRPC : ERR_OK);
        buf_free(&b);
    }
    json_free(&j);
}

/* What a refusal can be answered to. */
static void test_id_of_refused(void **state)
{
    static const struct {
        const char *text, *id;
    } r[] = {
        {"{\"jsonrpc\":\"1.0\",\"id\":5,\"method\":\"m\"}", "5"},
        {"{\"id\":\"x\"}", "\"x\""},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":[]}", "1"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"m\"}", "null"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[]}", "null"},
        {"[{\"id\":1}]", "null"},
        {"7", "null"},
    };
    struct json j;
    (void)state;
    j = JSON_INIT;
    for (size_t i = 0; i < ARRAY_LEN(r); i++) {
        assert_ok(json_parse(&j, slice_str(r[i].text), NULL));
        assert_true(slice_eq_str(jsonrpc_id_text(&j, jsonrpc_id_of(&j)), r[i].id));
    }
    json_free(&j);
}

static void test_ids_equal(void **state)
{
    static const struct {
        const char *a, *b;
        bool eq;
    } r[] = {
        {"1", "1", true},
        {"\"a\"", "\"\\u0061\"", true},
        {"\"\\u00e9\"", "\"\xc3\xa9\"", true},
        {"0", "-0", true},
        {"1", "\"1\"", false},
        {"1", "2", false},
        {"1", "01", false},
        {"1", " 1", false},
        {"\"a\"", "\"A\"", false},
        {"null", "\"null\"", false},
    };
    static const char *const bad[] = {"",   "null", "true", "1.0", "1e1",   "[1]",
                                      "{}", " 1",   "\"a",  "1 2", "\"a\" "};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(r); i++) {
        assert_int_equal(jsonrpc_id_eq(slice_str(r[i].a), slice_str(r[i].b)), r[i].eq);
        assert_int_equal(jsonrpc_id_eq(slice_str(r[i].b), slice_str(r[i].a)), r[i].eq);
    }
    assert_true(jsonrpc_id_valid(S("7")));
    assert_true(jsonrpc_id_valid(S("\"\"")));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(jsonrpc_id_valid(slice_str(bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),     cmocka_unit_test(test_members),
        cmocka_unit_test(test_limits),    cmocka_unit_test(test_id_of_refused),
        cmocka_unit_test(test_ids_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
