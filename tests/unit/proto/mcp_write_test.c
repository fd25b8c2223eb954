/* Whole messages, to the byte. */
#include "proto/mcp_write.h"
#include "proto_test.h"

#define ID S("7")

static struct buf out;

static int setup(void **state)
{
    (void)state;
    out = BUF_INIT(4096);
    return 0;
}

static int teardown(void **state)
{
    /* What was written reads as one message. */
    struct json j;
    struct jsonrpc m;
    (void)state;
    j = JSON_INIT;
    if (out.n) {
        assert_ok(json_parse(&j, buf_slice(&out), NULL));
        assert_ok(jsonrpc_read(&j, &m));
    }
    json_free(&j);
    buf_free(&out);
    return 0;
}

static void test_error(void **state)
{
    struct mcp_error e = {
        .id = S("\"a\""), .code = -32020, .message = S("x\"y"), .data = S("{\"k\":1}")};
    (void)state;
    mcp_put_error(&out, &e);
    assert_buf(&out, "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"error\":{\"code\":-32020,\"message\":"
                     "\"x\\\"y\",\"data\":{"
                     "\"k\":1}}}");
}

static void test_error_without_id(void **state)
{
    struct mcp_error e = {.code = -32700, .message = S("m")};
    (void)state;
    mcp_put_error(&out, &e);
    assert_buf(&out, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,\"message\":\"m\"}}");
}

static void test_codes(void **state)
{
    (void)state;
    for (int e = 1; e < ERR_COUNT; e++) {
        int modern = mcp_code_of((enum err)e, ERA_MODERN);
        int legacy = mcp_code_of((enum err)e, ERA_LEGACY);
        /* 2026-07-28 "Error Codes": of the reserved range only the three defined ones, in this era
         * only. */
        assert_true(modern >= -32700 && modern <= -32020);
        assert_true(modern == -32020 || modern == -32022 || modern < -32099);
        assert_false(legacy <= -32020 && legacy >= -32099);
    }
    assert_int_equal(mcp_code_of(ERR_SYNTAX, ERA_MODERN), -32700);
    assert_int_equal(mcp_code_of(ERR_NOT_JSONRPC, ERA_MODERN), -32600);
    assert_int_equal(mcp_code_of(ERR_HEADER_MISMATCH, ERA_MODERN), -32020);
    assert_int_equal(mcp_code_of(ERR_HEADER_MISMATCH, ERA_LEGACY), -32600);
    assert_int_equal(mcp_code_of(ERR_UNKNOWN_VERSION, ERA_MODERN), -32022);
    assert_int_equal(mcp_code_of(ERR_UNKNOWN_METHOD, ERA_LEGACY), -32601);
    assert_int_equal(mcp_code_of(ERR_BAD_STATE, ERA_MODERN), -32602);
    assert_int_equal(mcp_code_of(ERR_UPSTREAM_DOWN, ERA_MODERN), -32603);
    mcp_put_err(&out, ID, ERR_BAD_STATE, ERA_MODERN);
}

static void test_unsupported_version(void **state)
{
    (void)state;
    mcp_put_unsupported_version(&out, ID, ERAS_BOTH, S("1900-01-01"));
    assert_buf(&out, "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32022,\"message\":"
                     "\"Unsupported protocol "
                     "version\",\"data\":{\"supported\":[\"2026-07-28\",\"2025-11-25\"],"
                     "\"requested\":\"1900-01-01\"}}}");
    buf_clear(&out);
    mcp_put_unsupported_version(&out, ID, ERAS_LEGACY, S("2026-07-28"));
    assert_buf(
        &out, "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32022,\"message\":\"Unsupported "
              "protocol "
              "version\",\"data\":{\"supported\":[\"2025-11-25\"],\"requested\":\"2026-07-28\"}}}");
}

static void test_missing_elicitation(void **state)
{
    (void)state;
    mcp_put_missing_elicitation(&out, ID, S("m"));
    assert_buf(
        &out,
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32021,\"message\":\"m\",\"data\":{"
        "\"requiredCapabilities\":{\"elicitation\":{\"url\":{}}}}}}");
}

static void test_text_result(void **state)
{
    (void)state;
    mcp_put_text_result(&out, ID, ERA_MODERN, S("wait"), true);
    assert_buf(&out, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"resultType\":\"complete\","
                     "\"content\":[{\"type\":"
                     "\"text\",\"text\":\"wait\"}],\"isError\":true}}");
    buf_clear(&out);
    mcp_put_text_result(&out, ID, ERA_LEGACY, S("ok"), false);
    assert_buf(&out, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[{\"type\":\"text\","
                     "\"text\":\"ok\"}]}}");
}

static void test_other_results(void **state)
{
    (void)state;
    mcp_put_empty_result(&out, ID, ERA_LEGACY);
    assert_buf(&out, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}");
    buf_clear(&out);
    mcp_put_empty_result(&out, ID, ERA_MODERN);
    assert_buf(&out, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"resultType\":\"complete\"}}");
}

static void test_input_required(void **state)
{
    (void)state;
    mcp_put_input_required(&out, ID, S("m"), S("http://l/h/1"), S("st"));
    assert_buf(&out, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"resultType\":\"input_required\","
                     "\"inputRequests\":{"
                     "\"sidegate\":{\"method\":\"elicitation/"
                     "create\",\"params\":{\"mode\":\"url\",\"message\":\"m\","
                     "\"url\":\"http://l/h/1\"}}},\"requestState\":\"st\"}}");
    buf_clear(&out);
    mcp_put_input_required(&out, ID, SLICE_EMPTY, SLICE_EMPTY, S("st"));
    assert_buf(&out, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"resultType\":\"input_required\","
                     "\"requestState\":"
                     "\"st\"}}");
}

static void test_elicitation(void **state)
{
    struct mcp_elicitation e = {S("\"sg-1\""), S("e1"), S("m"), S("http://l/h/1")};
    (void)state;
    mcp_put_elicitation(&out, &e);
    assert_buf(&out,
               "{\"jsonrpc\":\"2.0\",\"id\":\"sg-1\",\"method\":\"elicitation/"
               "create\",\"params\":{\"mode\":"
               "\"url\",\"elicitationId\":\"e1\",\"message\":\"m\",\"url\":\"http://l/h/1\"}}");
    buf_clear(&out);
    mcp_put_url_required(&out, ID, &e);
    assert_buf(
        &out,
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32042,\"message\":\"m\",\"data\":{"
        "\"elicitations\":[{\"mode\":\"url\",\"elicitationId\":\"e1\",\"message\":\"m\",\"url\":"
        "\"http://l/h/1\"}]}}}");
    buf_clear(&out);
    mcp_put_elicitation_complete(&out, S("e1"));
    assert_buf(&out,
               "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/elicitation/complete\",\"params\":{"
               "\"elicitationId\":\"e1\"}}");
}

static void test_notifications(void **state)
{
    (void)state;
    mcp_put_progress(&out, S("\"t\""), 3, S("m"));
    assert_buf(&out, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
                     "progress\",\"params\":{\"progressToken\":\"t\","
                     "\"progress\":3,\"message\":\"m\"}}");
    buf_clear(&out);
    mcp_put_notification(&out, "notifications/tools/list_changed");
    assert_buf(&out, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
}

static void test_handshakes(void **state)
{
    struct mcp_server_info s = {.name = S("Sidegate"),
                                .version = S("1"),
                                .capabilities = S("{\"tools\":{}}"),
                                .instructions = S("i"),
                                .eras = ERAS_MODERN};
    (void)state;
    mcp_put_initialize(&out, ID, S("2025-11-25"), &s);
    assert_buf(&out, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"protocolVersion\":\"2025-11-25\","
                     "\"capabilities\":{"
                     "\"tools\":{}},\"serverInfo\":{\"name\":\"Sidegate\",\"version\":\"1\"},"
                     "\"instructions\":\"i\"}}");
    buf_clear(&out);
    mcp_put_discover(&out, ID, 5, &s);
    assert_buf(
        &out,
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"resultType\":\"complete\","
        "\"supportedVersions\":["
        "\"2026-07-28\"],\"capabilities\":{\"tools\":{}},\"instructions\":\"i\",\"ttlMs\":5,"
        "\"cacheScope\":\"private\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":"
        "\"Sidegate\",\"version\":\"1\"}}}}");
    buf_clear(&out);
    mcp_put_initialize_request(&out, ID, S("{\"name\":\"sidegate\",\"version\":\"1\"}"), S("{}"));
    assert_buf(
        &out,
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
        "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"sidegate\",\"version\":"
        "\"1\"}}}");
    buf_clear(&out);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_error),         T(test_error_without_id),
        T(test_codes),         T(test_unsupported_version),
        T(test_text_result),   T(test_missing_elicitation),
        T(test_other_results), T(test_input_required),
        T(test_elicitation),   T(test_notifications),
        T(test_handshakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
