/* Headers that repeat the body. */
#include "proto/mcp_header.h"
#include "proto_test.h"

#define META                                                                                       \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                       \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define CALL(name)                                                                                 \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" name         \
    "\"," META "}}"
#define LIST "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" META "}}"
#define READ                                                                                       \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\"file:///"   \
    "x\"," META "}}"
#define NOTE "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\",\"params\":{" META "}}"
#define LEGACY                                                                                     \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}"

/* Headers as lines "Name: value\n". */
static size_t split(const char *text, struct http_field *f, size_t max)
{
    struct slice s = slice_str(text);
    size_t n = 0;
    while (s.n) {
        size_t end = slice_find_byte(s, '\n');
        struct slice line = slice_sub(s, 0, end);
        size_t colon = slice_find_byte(line, ':');
        assert_true(n < max);
        f[n++] = (struct http_field){slice_sub(line, 0, colon), slice_sub(line, colon + 2, line.n)};
        s = slice_sub(s, end + 1, s.n);
    }
    return n;
}

#define V  "MCP-Protocol-Version: 2026-07-28\n"
#define M  "Mcp-Method: tools/call\n"
#define ML "Mcp-Method: tools/list\n"

static const struct {
    const char *body, *headers;
    bool ok;
} rows[] = {
    {LIST, V ML, true},
    {LIST, "mcp-protocol-version: 2026-07-28\nMCP-METHOD: tools/list\n", true},
    {LIST, V ML "Mcp-Name: whatever\n", true},
    {LIST, ML, false},
    {LIST, V, false},
    {LIST, "", false},
    {LIST, V M, false},
    {LIST, V "Mcp-Method: Tools/List\n", false},
    {LIST, V ML ML, false},
    {LIST, V V ML, false},
    {LIST, "MCP-Protocol-Version: 2025-11-25\n" ML, false},
    {LIST, V "Mcp-Method: tools/list \n", false},
    {LIST, V "Mcp-Method: =?base64?dG9vbHMvbGlzdA==?=\n", false},
    {CALL("a"), V M "Mcp-Name: a\n", true},
    {CALL("a"), V M, false},
    {CALL("a"), V M "Mcp-Name: b\n", false},
    {CALL("a"), V M "Mcp-Name: A\n", false},
    {CALL("a"), V M "Mcp-Name: a\nMcp-Name: a\n", false},
    {CALL("a"), V M "Mcp-Name: =?base64?YQ==?=\n", true},
    {CALL("a"), V M "Mcp-Name: =?base64?YQ?=\n", false},
    {CALL("a"), V M "Mcp-Name: =?base64?YR==?=\n", false},
    {CALL("a"), V M "Mcp-Name: =?Base64?YQ==?=\n", false},
    {CALL("a"), V M "Mcp-Name: =?base64?Yg==?=\n", false},
    {CALL("a"),
     V M "Mcp-Name: =?base64?"
         "?=\n",
     false},
    {CALL("\\u0061"), V M "Mcp-Name: a\n", true},
    {CALL("caf\xc3\xa9"), V M "Mcp-Name: =?base64?Y2Fmw6k=?=\n", true},
    {CALL("caf\xc3\xa9"), V M "Mcp-Name: caf\xc3\xa9\n", false},
    {CALL(""),
     V M "Mcp-Name: =?base64?"
         "?=\n",
     true},
    {CALL("=?base64?x?="), V M "Mcp-Name: =?base64?PT9iYXNlNjQ/eD89?=\n", true},
    {CALL("=?base64?YQ==?="), V M "Mcp-Name: =?base64?YQ==?=\n", false},
    {READ, V "Mcp-Method: resources/read\nMcp-Name: file:///x\n", true},
    {READ, V "Mcp-Method: resources/read\nMcp-Name: file:///y\n", false},
    {NOTE, "", true},
    {NOTE, V "Mcp-Method: notifications/x\n", true},
    {NOTE, "Mcp-Method: notifications/y\n", false},
    {LEGACY, "", true},
    {LEGACY, "Mcp-Method: other\nMcp-Name: other\n", true},
};

static void test_standard(void **state)
{
    struct json j;
    (void)state;
    j = JSON_INIT;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_field f[8];
        struct mcp_request r;
        size_t n = split(rows[i].headers, f, ARRAY_LEN(f));
        assert_ok(json_parse(&j, slice_str(rows[i].body), NULL));
        assert_ok(mcp_request_read(&j, SLICE_EMPTY, &r));
        struct buf why = BUF_INIT(LIM_NAME_BYTES);
        enum err e = mcp_header_check(f, n, &j, &r, &why);
        assert_int_equal(why.n > 0, e != ERR_OK);
        buf_free(&why);
        if (e != (rows[i].ok ? ERR_OK : ERR_HEADER_MISMATCH))
            fail_msg("row %zu: %s", i, err_name(e));
    }
    json_free(&j);
}

/* The specification's own table of encodings, and back. */
static void test_encode(void **state)
{
    static const struct {
        const char *plain, *header;
    } t[] = {
        {"us-west1", "us-west1"},
        {"Hello, \xe4\xb8\x96\xe7\x95\x8c", "=?base64?SGVsbG8sIOS4lueVjA==?="},
        {" padded ", "=?base64?IHBhZGRlZCA=?="},
        {"line1\nline2", "=?base64?bGluZTEKbGluZTI=?="},
        {"=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="},
        {"", "=?base64?"
             "?="},
        {"a b\tc", "a b\tc"},
        {"=?base64?", "=?base64?"},
        {"x\x7f", "=?base64?eH8=?="},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        struct buf b = BUF_INIT(200), c = BUF_INIT(200);
        mcp_header_encode(&b, slice_str(t[i].plain));
        assert_true(slice_eq_str(buf_slice(&b), t[i].header));
        assert_ok(mcp_header_decode(buf_slice(&b), &c));
        assert_true(slice_eq_str(buf_slice(&c), t[i].plain));
        buf_free(&b);
        buf_free(&c);
    }
    struct buf c = BUF_INIT(200);
    assert_err(mcp_header_decode(S("=?base64?/w==?="), &c), ERR_HEADER_MISMATCH);
    assert_err(mcp_header_decode(S("=?base64?a b=?="), &c), ERR_HEADER_MISMATCH);
    buf_free(&c);
}

/* --- x-mcp-header ----------------------------------------------------------------------------- */

static const struct {
    const char *schema;
    int n; /* declarations, or -1 when the tool is to be left out */
} schemas[] = {
    {"{}", 0},
    {"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}", 0},
    {"{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"Region\"}}}", 1},
    {"{\"properties\":{\"a\":{\"type\":\"integer\",\"x-mcp-header\":\"A\"},\"b\":{\"type\":"
     "\"boolean\","
     "\"x-mcp-header\":\"B\"},\"c\":{\"type\":\"number\",\"x-mcp-header\":\"C\"}}}",
     3},
    {"{\"properties\":{\"a\":{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"string\",\"x-"
     "mcp-header\":"
     "\"B\"}}}}}",
     1},
    {"{\"properties\":{\"properties\":{\"type\":\"object\",\"properties\":{\"x-mcp-header\":{"
     "\"type\":\"string\","
     "\"x-mcp-header\":\"B\"}}}}}",
     1},
    {"{\"properties\":{\"x-mcp-header\":{\"type\":\"string\"}}}", 0},
    {"{\"x-mcp-header\":\"A\"}", -1},
    {"{\"properties\":{\"a\":{\"x-mcp-header\":\"A\"}}}", -1},
    {"{\"properties\":{\"a\":{\"type\":\"object\",\"x-mcp-header\":\"A\"}}}", -1},
    {"{\"properties\":{\"a\":{\"type\":[\"string\"],\"x-mcp-header\":\"A\"}}}", -1},
    {"{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"\"}}}", -1},
    {"{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"a b\"}}}", -1},
    {"{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"a\\r\\nb\"}}}", -1},
    {"{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":7}}}", -1},
    {"{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"},\"b\":{\"type\":"
     "\"string\","
     "\"x-mcp-header\":\"a\"}}}",
     -1},
    {"{\"properties\":{\"a\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"x-mcp-header\":"
     "\"A\"}}}}",
     -1},
    {"{\"properties\":{\"a\":{\"anyOf\":[{\"type\":\"string\",\"x-mcp-header\":\"A\"}]}}}", -1},
    {"{\"$defs\":{\"d\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}", -1},
    {"{\"if\":{\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}}", -1},
    {"{\"additionalProperties\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}", -1},
    {"[]", 0},
};

static void test_scan(void **state)
{
    struct json j;
    (void)state;
    j = JSON_INIT;
    for (size_t i = 0; i < ARRAY_LEN(schemas); i++) {
        for (int wrapped = 0; wrapped < 2; wrapped++) {
            struct mcp_param p[4];
            struct buf b = BUF_INIT(1000);
            size_t n = 99;
            buf_printf(&b, wrapped ? "{\"inputSchema\":%s}" : "%s", schemas[i].schema);
            assert_ok(json_parse(&j, buf_slice(&b), NULL));
            enum err e = mcp_param_scan(&j, wrapped ? json_get(&j, 0, "inputSchema") : 0, p, 4, &n);
            if (schemas[i].n < 0 ? e != ERR_INVALID_PARAMS
                                 : e != ERR_OK || n != (size_t)schemas[i].n)
                fail_msg("%s: %s %zu", schemas[i].schema, err_name(e), n);
            buf_free(&b);
        }
    }
    struct mcp_param p[2];
    size_t n;
    assert_ok(json_parse(&j, slice_str(schemas[3].schema), NULL));
    assert_err(mcp_param_scan(&j, 0, p, 2, &n), ERR_TOO_LARGE);
    assert_ok(mcp_param_scan(&j, JSON_NONE, p, 2, &n));
    assert_int_equal(n, 0);
    json_free(&j);
}

#define SCHEMA                                                                                     \
    "{\"properties\":{\"region\":{\"type\":\"string\",\"x-mcp-header\":\"Region\"},\"n\":{"        \
    "\"type\":\"integer\","                                                                        \
    "\"x-mcp-header\":\"Count\"},\"yes\":{\"type\":\"boolean\",\"x-mcp-header\":\"Yes\"},\"o\":{"  \
    "\"properties\":{"                                                                             \
    "\"k\":{\"type\":\"string\",\"x-mcp-header\":\"Deep\"}}}}}"

static const struct {
    const char *args, *headers;
    bool ok;
} calls[] = {
    {"{}", "", true},
    {"{\"region\":\"us\"}", "Mcp-Param-Region: us\n", true},
    {"{\"region\":\"us\"}", "mcp-param-REGION: us\n", true},
    {"{\"region\":\"us\"}", "Mcp-Param-Region: us\nMcp-Param-Other: x\n", true},
    {"{\"region\":\"us\"}", "", false},
    {"{\"region\":\"us\"}", "Mcp-Param-Region: eu\n", false},
    {"{\"region\":\"us\"}", "Mcp-Param-Region: us\nMcp-Param-Region: us\n", false},
    {"{\"region\":\"us\"}", "Mcp-Param-Region: =?base64?dXM=?=\n", true},
    {"{\"region\":\"us\"}", "Mcp-Param-Region: =?base64?dXM?=\n", false},
    {"{\"region\":null}", "", true},
    {"{\"region\":null}", "Mcp-Param-Region: x\n", true},
    {"{\"region\":\"\\u0075s\"}", "Mcp-Param-Region: us\n", true},
    {"{\"n\":42}", "Mcp-Param-Count: 42\n", true},
    {"{\"n\":42}", "Mcp-Param-Count: 42.0\n", true},
    {"{\"n\":42.0}", "Mcp-Param-Count: 42\n", true},
    {"{\"n\":42}", "Mcp-Param-Count: 43\n", false},
    {"{\"n\":42}", "Mcp-Param-Count: 0x2a\n", false},
    {"{\"n\":9007199254740993}", "Mcp-Param-Count: 9007199254740992\n", false},
    {"{\"n\":\"x\"}", "Mcp-Param-Count: x\n", true},
    {"{\"yes\":true}", "Mcp-Param-Yes: true\n", true},
    {"{\"yes\":true}", "Mcp-Param-Yes: True\n", false},
    {"{\"yes\":true}", "Mcp-Param-Yes: 1\n", false},
    {"{\"yes\":[1]}", "", true},
    {"{\"o\":{\"k\":\"v\"}}", "Mcp-Param-Deep: v\n", true},
    {"{\"o\":{\"k\":\"v\"}}", "Mcp-Param-Deep: w\n", false},
    {"{\"o\":{\"k\":\"v\"}}", "", false},
    {"{\"o\":7}", "", true},
    {"{\"k\":\"v\"}", "", true},
};

static void test_param_check(void **state)
{
    struct json tool, args;
    (void)state;
    tool = JSON_INIT;
    args = JSON_INIT;
    assert_ok(json_parse(&tool, S("{\"name\":\"t\",\"inputSchema\":" SCHEMA "}"), NULL));
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        struct http_field f[8];
        size_t n = split(calls[i].headers, f, ARRAY_LEN(f));
        assert_ok(json_parse(&args, slice_str(calls[i].args), NULL));
        struct mcp_param_call c = {&tool, json_get(&tool, 0, "inputSchema"), &args, 0};
        struct buf why = BUF_INIT(LIM_NAME_BYTES);
        enum err e = mcp_param_check(f, n, &c, &why);
        assert_int_equal(why.n > 0, e != ERR_OK);
        buf_free(&why);
        if (e != (calls[i].ok ? ERR_OK : ERR_HEADER_MISMATCH))
            fail_msg("%s | %s: %s", calls[i].args, calls[i].headers, err_name(e));
    }
    struct mcp_param_call none = {&tool, json_get(&tool, 0, "inputSchema"), &args, JSON_NONE};
    assert_ok(mcp_param_check(NULL, 0, &none, NULL));
    json_free(&tool);
    json_free(&args);
}

static void test_param_value(void **state)
{
    struct json tool, args;
    struct mcp_param p[4];
    struct buf b = BUF_INIT(100);
    size_t n;
    bool there;
    (void)state;
    tool = JSON_INIT;
    args = JSON_INIT;
    assert_ok(json_parse(&tool, S(SCHEMA), NULL));
    assert_ok(json_parse(
        &args, S("{\"region\":\" x\",\"n\":-1.50,\"yes\":null,\"o\":{\"k\":\"d\"}}"), NULL));
    assert_ok(mcp_param_scan(&tool, 0, p, 4, &n));
    struct mcp_param_call c = {&tool, 0, &args, 0};
    assert_ok(mcp_param_value(&c, &p[0], &b, &there));
    assert_true(there);
    assert_buf(&b, "=?base64?IHg=?=");
    buf_clear(&b);
    assert_ok(mcp_param_value(&c, &p[1], &b, &there));
    assert_buf(&b, "-1.50");
    buf_clear(&b);
    assert_ok(mcp_param_value(&c, &p[2], &b, &there));
    assert_false(there);
    assert_ok(mcp_param_value(&c, &p[3], &b, &there));
    assert_buf(&b, "d");
    buf_free(&b);
    json_free(&tool);
    json_free(&args);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standard),    cmocka_unit_test(test_encode),
        cmocka_unit_test(test_scan),        cmocka_unit_test(test_param_check),
        cmocka_unit_test(test_param_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
