/* Members that a server may take for others than Sidegate does. */
#include "proto/misread.h"

#include "proto/mcp.h"
#include "proto_test.h"

/* NULL: nothing is in the way. */
static const struct {
    const char *text, *member;
} rows[] = {
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", NULL},
    {"{\"json\\u0072pc\":\"2.0\",\"\\u0069d\":1,\"method\":\"m\",\"params\":{}}", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"Name\":1,\"name\":2}}", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"m\",\"Data\":1}}", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"tenant\":1}", "tenant"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"\":1}", ""},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"_meta\":{}}", "_meta"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"Method\":\"n\"}", "Method"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\\u0000\":{}}", "params\\u0000"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"param\\u017f\":{}}", "param\\u017f"},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"ID\":1}", "ID"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"Method\":\"m\"}", "Method"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"m\"},\"x\":1}", "x"},
};

/* The same inside of params. */
static const struct {
    const char *params, *member;
} inside[] = {
    {"{\"name\":\"x\",\"arguments\":{\"Name\":1,\"name\":2,\"_Meta\":3},\"ref\":{},\"Ref\":1}",
     NULL},
    {"{\"n\\u0061me\":\"x\",\"names\":1,\"nam\":2,\"Names\":3,\"meta\":{}}", NULL},
    {"{\"name\":\"x\",\"Name\":\"y\"}", "Name"},
    {"{\"Name\":\"x\"}", "Name"},
    {"{\"n\\u0041me\":\"x\"}", "n\\u0041me"},
    {"{\"ARGUMENTS\":{}}", "ARGUMENTS"},
    {"{\"argument\xc5\xbf\":{}}", "argument\xc5\xbf"},
    {"{\"ur\xc4\xb1\":\"x\"}", "ur\xc4\xb1"},
    {"{\"ta\xe2\x84\xaaId\":\"x\"}", NULL},
    {"{\"tas\xe2\x84\xaaId\":\"x\"}", "tas\xe2\x84\xaaId"},
    {"{\"_Meta\":{}}", "_Meta"},
    {"{\"_meta\":{\"ProgressToken\":1}}", "ProgressToken"},
    {"{\"_meta\":{\"progressToken\":1,\"io.modelcontextprotocol/PROTOCOLVERSION\":\"x\"}}",
     "io.modelcontextprotocol/PROTOCOLVERSION"},
    {"{\"_meta\":{\"traceparent\":\"x\",\"TraceParent\":\"y\",\"name\":1,\"Name\":2}}", NULL},
    {"{\"_meta\":[1]}", NULL},
};

static void check(const char *text, const char *want)
{
    struct json j;
    struct jsonrpc m;
    uint32_t key;

    j = JSON_INIT;
    assert_ok(json_parse(&j, slice_str(text), NULL));
    assert_ok(jsonrpc_read(&j, &m));
    key = misread_member(&j, &m);
    if ((key == JSON_NONE) != (want == NULL) ||
        (want != NULL && !slice_eq_str(json_raw(&j, key), want)))
        fail_msg("%s", text);
    json_free(&j);
}

static void test_envelope(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(rows[i].text, rows[i].member);
}

static void check_params(const char *params, const char *want)
{
    char text[512];

    (void)snprintf(text, sizeof(text),
                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":%s}", params);
    check(text, want);
}

static void test_params(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(inside); i++)
        check_params(inside[i].params, inside[i].member);
}

/* Whatever names the thing that a method is about. */
static void test_names_of_methods(void **state)
{
    static const char *const names[] = {
#define M(name, text, class, eras, from, names, input) names,
#include "proto/mcp_methods.def"
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char name[64], params[128];

        if (names[i] == NULL)
            continue;
        (void)snprintf(name, sizeof(name), "%s", names[i]);
        name[0] = (char)(name[0] - 'a' + 'A');
        (void)snprintf(params, sizeof(params), "{\"%s\":1}", name);
        check_params(params, name);
    }
}

/* A name that is long costs its bytes once, and is none of ours. */
static void test_long(void **state)
{
    struct buf b = BUF_INIT(1 << 20);

    (void)state;
    buf_put_str(&b, "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{\"");
    for (size_t i = 0; i < 1000; i++)
        buf_put_str(&b, "\\u006e");
    buf_put_str(&b, "\":1}}");
    buf_put_u8(&b, 0);
    check((const char *)b.p, NULL);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_envelope),
        cmocka_unit_test(test_params),
        cmocka_unit_test(test_names_of_methods),
        cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
