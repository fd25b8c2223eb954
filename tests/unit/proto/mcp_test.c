/* Methods, versions, _meta, capabilities, and which era a request belongs to. */
#include "proto/mcp.h"
#include "proto_test.h"

static void test_versions(void **state)
{
    static const struct {
        const char *v;
        enum era era;
        bool ours;
    } rows[] = {
        {"2026-07-28", ERA_MODERN, true},
        {"2026-07-29", ERA_MODERN, false},
        {"2027-01-01", ERA_MODERN, false},
        {"9999-99-99", ERA_MODERN, false},
        {"2026-07-27", ERA_LEGACY, false},
        {"2025-11-25", ERA_LEGACY, true},
        {"2025-06-18", ERA_LEGACY, false},
        {"1900-01-01", ERA_LEGACY, false},
        {"2026-7-28", ERA_COUNT, false},
        {"2026/07/28", ERA_COUNT, false},
        {"", ERA_COUNT, false},
        {"DRAFT-2026", ERA_COUNT, false},
        {"2026-07-28 ", ERA_COUNT, false},
        {"2026-07-2x", ERA_COUNT, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(mcp_version_era(slice_str(rows[i].v)), rows[i].era);
        assert_int_equal(mcp_version_supported(slice_str(rows[i].v)), rows[i].ours);
    }
}

static void test_methods(void **state)
{
    (void)state;
    for (int m = 1; m < MCP_METHOD_COUNT; m++) {
        static const struct {
            const char *text;
            enum mcp_method m;
        } names[] = {
#define M(name, text, class, eras, from, nm, input) {text, MCP_##name},
#include "proto/mcp_methods.def"
        };
        const struct mcp_method_row *r = mcp_method_by_text(slice_str(names[m - 1].text));
        assert_int_equal(r->method, names[m - 1].m);
        assert_string_equal(r->text, names[m - 1].text);
        /* Notifications are named so, and nothing else is. */
        assert_int_equal(r->class == MCP_CLASS_NOTE, strncmp(r->text, "notifications/", 14) == 0);
        /* input_required: tools/call, resources/read, prompts/get and no other
         * (basic/patterns/mrtr). */
        assert_int_equal(r->may_ask, r->method == MCP_TOOLS_CALL ||
                                         r->method == MCP_RESOURCES_READ ||
                                         r->method == MCP_PROMPTS_GET);
    }
    assert_string_equal(mcp_method_by_text(S("resources/read"))->names, "uri");
    assert_int_equal(mcp_method_by_text(S("initialize"))->eras, ERAS_LEGACY);
    assert_int_equal(mcp_method_by_text(S("server/discover"))->eras, ERAS_MODERN);
    assert_int_equal(mcp_method_by_text(S("Tools/list"))->method, MCP_UNKNOWN);
    assert_int_equal(mcp_method_by_text(S(""))->class, MCP_CLASS_OTHER);
}

static void test_caps(void **state)
{
    static const struct {
        const char *caps;
        uint32_t bits;
    } rows[] = {
        {"{}", 0},
        {"{\"elicitation\":{}}", MCP_CAP_ELICIT_FORM},
        {"{\"elicitation\":{\"form\":{}}}", MCP_CAP_ELICIT_FORM},
        {"{\"elicitation\":{\"url\":{}}}", MCP_CAP_ELICIT_URL},
        {"{\"elicitation\":{\"form\":{},\"url\":{}}}", MCP_CAP_ELICIT_FORM | MCP_CAP_ELICIT_URL},
        {"{\"elicitation\":{\"url\":true}}", 0},
        {"{\"elicitation\":{\"url\":null}}", 0},
        {"{\"elicitation\":{\"other\":{}}}", 0},
        {"{\"elicitation\":true}", 0},
        {"{\"elicitation\":[]}", 0},
        {"{\"sampling\":{}}", MCP_CAP_SAMPLING},
        {"{\"sampling\":{\"tools\":{},\"context\":{}}}",
         MCP_CAP_SAMPLING | MCP_CAP_SAMPLING_TOOLS | MCP_CAP_SAMPLING_CONTEXT},
        {"{\"roots\":{\"listChanged\":true}}", MCP_CAP_ROOTS | MCP_CAP_ROOTS_CHANGED},
        {"{\"roots\":{\"listChanged\":\"yes\"}}", MCP_CAP_ROOTS},
        {"{\"tasks\":{}}", MCP_CAP_TASKS},
        {"{\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}", MCP_CAP_TASKS},
        {"{\"extensions\":{\"other\":{}}}", 0},
    };
    struct json j;
    (void)state;
    j = JSON_INIT;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_ok(json_parse(&j, slice_str(rows[i].caps), NULL));
        if (mcp_client_caps(&j, 0) != rows[i].bits)
            fail_msg("%s: %x", rows[i].caps, mcp_client_caps(&j, 0));
    }
    assert_int_equal(mcp_client_caps(&j, JSON_NONE), 0);
    json_free(&j);
}

#define META(v, caps)                                                                              \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" v                                  \
    "\",\"io.modelcontextprotocol/clientCapabilities\":" caps "}"
#define REQ(method, params)                                                                        \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":{" params "}}"
#define NOTE(method, params)                                                                       \
    "{\"jsonrpc\":\"2.0\",\"method\":\"" method "\",\"params\":{" params "}}"
#define MODERN META("2026-07-28", "{}")
#define INIT                                                                                       \
    "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"elicitation\":{\"url\":{}}},"          \
    "\"clientInfo\":{}"

static const struct {
    const char *text, *header;
    enum err e;
    enum era era;
} requests[] = {
    /* modern */
    {REQ("tools/list", MODERN), "2026-07-28", ERR_OK, ERA_MODERN},
    {REQ("tools/list", MODERN), "", ERR_OK, ERA_MODERN}, /* mcp_header_check refuses it */
    {REQ("tools/call", "\"name\":\"a\"," MODERN), "2026-07-28", ERR_OK, ERA_MODERN},
    {REQ("tools/call", "\"name\":\"a\",\"arguments\":{}," MODERN), "2026-07-28", ERR_OK,
     ERA_MODERN},
    {REQ("x/unknown", MODERN), "2026-07-28", ERR_OK, ERA_MODERN},
    {REQ("initialize", MODERN), "2026-07-28", ERR_OK, ERA_MODERN},
    {REQ("tools/call", "\"arguments\":{}," MODERN), "2026-07-28", ERR_INVALID_PARAMS, ERA_MODERN},
    {REQ("tools/call", "\"name\":7," MODERN), "2026-07-28", ERR_INVALID_PARAMS, ERA_MODERN},
    {REQ("tools/call", "\"name\":\"a\",\"arguments\":[]," MODERN), "2026-07-28", ERR_INVALID_PARAMS,
     ERA_MODERN},
    {REQ("resources/read", MODERN), "2026-07-28", ERR_INVALID_PARAMS, ERA_MODERN},
    {REQ("tools/call", "\"name\":\"a\",\"requestState\":1," MODERN), "2026-07-28",
     ERR_INVALID_PARAMS, ERA_MODERN},
    {REQ("tools/call", "\"name\":\"a\",\"inputResponses\":[]," MODERN), "2026-07-28",
     ERR_INVALID_PARAMS, ERA_MODERN},
    {REQ("tools/list", MODERN), "2025-11-25", ERR_HEADER_MISMATCH, ERA_MODERN},
    {REQ("tools/list", META("2027-01-01", "{}")), "2027-01-01", ERR_UNKNOWN_VERSION, ERA_MODERN},
    {REQ("tools/list", META("1900-01-01", "{}")), "1900-01-01", ERR_UNKNOWN_VERSION, ERA_MODERN},
    {REQ("tools/list", META("2025-11-25", "{}")), "2025-11-25", ERR_UNKNOWN_VERSION, ERA_MODERN},
    {REQ("tools/list", META("nonsense", "{}")), "nonsense", ERR_UNKNOWN_VERSION, ERA_MODERN},
    {REQ("tools/list", ""), "2026-07-28", ERR_MISSING_META, ERA_MODERN},
    {REQ("tools/list", "\"_meta\":{}"), "2026-07-28", ERR_MISSING_META, ERA_MODERN},
    {REQ("tools/list", "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}"),
     "2026-07-28", ERR_MISSING_META, ERA_MODERN},
    {REQ("tools/list", "\"_meta\":{\"io.modelcontextprotocol/clientCapabilities\":{}}"),
     "2026-07-28", ERR_MISSING_META, ERA_MODERN},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}", "2026-07-28", ERR_MISSING_META,
     ERA_MODERN},
    {REQ("tools/list", "\"_meta\":7"), "2026-07-28", ERR_INVALID_PARAMS, ERA_MODERN},
    {REQ("tools/list", META("2026-07-28", "[]")), "2026-07-28", ERR_INVALID_PARAMS, ERA_MODERN},
    {REQ("tools/list", "\"_meta\":{\"progressToken\":1.5}"), "", ERR_INVALID_PARAMS, ERA_LEGACY},
    {REQ("tools/list", "\"_meta\":{\"progressToken\":{}}"), "", ERR_INVALID_PARAMS, ERA_LEGACY},
    {REQ("tools/list", "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":7}"), "",
     ERR_INVALID_PARAMS, ERA_LEGACY},
    {NOTE("notifications/cancelled", "\"requestId\":1"), "2026-07-28", ERR_OK, ERA_MODERN},
    {NOTE("notifications/x",
          "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}"),
     "", ERR_OK, ERA_MODERN},
    {NOTE("notifications/x", ""), "2027-01-01", ERR_UNKNOWN_VERSION, ERA_MODERN},
    /* legacy */
    {REQ("initialize", INIT), "", ERR_OK, ERA_LEGACY},
    {REQ("initialize", INIT), "2025-06-18", ERR_OK, ERA_LEGACY},
    {REQ("initialize", INIT), "2026-07-28", ERR_HEADER_MISMATCH, ERA_LEGACY},
    {REQ("initialize", "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{}"), "",
     ERR_INVALID_PARAMS, ERA_LEGACY},
    {REQ("initialize", "\"protocolVersion\":\"2025-11-25\",\"clientInfo\":{}"), "",
     ERR_INVALID_PARAMS, ERA_LEGACY},
    {REQ("initialize", "\"protocolVersion\":1,\"capabilities\":{},\"clientInfo\":{}"), "",
     ERR_INVALID_PARAMS, ERA_LEGACY},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"}", "", ERR_INVALID_PARAMS,
     ERA_LEGACY},
    {REQ("tools/list", ""), "2025-11-25", ERR_OK, ERA_LEGACY},
    {REQ("tools/list", ""), "", ERR_OK, ERA_LEGACY},
    {REQ("tools/list", ""), "2025-06-18", ERR_UNKNOWN_VERSION, ERA_LEGACY},
    {REQ("tools/list", ""), "nonsense", ERR_UNKNOWN_VERSION, ERA_LEGACY},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", "2025-11-25", ERR_OK, ERA_LEGACY},
    {NOTE("notifications/initialized", ""), "2025-11-25", ERR_OK, ERA_LEGACY},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"action\":\"accept\"}}", "2025-11-25", ERR_OK,
     ERA_LEGACY},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"\"}}", "", ERR_OK,
     ERA_LEGACY},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", "2026-07-28", ERR_OK, ERA_MODERN},
};

static void test_requests(void **state)
{
    struct json j;
    (void)state;
    j = JSON_INIT;
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        struct mcp_request r;
        assert_ok(json_parse(&j, slice_str(requests[i].text), NULL));
        enum err e = mcp_request_read(&j, slice_str(requests[i].header), &r);
        if (e != requests[i].e || r.era != requests[i].era)
            fail_msg("%s [%s]: %s era %d", requests[i].text, requests[i].header, err_name(e),
                     r.era);
    }
    assert_ok(json_parse(&j, S("[]"), NULL));
    struct mcp_request r;
    assert_err(mcp_request_read(&j, SLICE_EMPTY, &r), ERR_NOT_JSONRPC);
    json_free(&j);
}

static void test_request_members(void **state)
{
    static const char text[] =
        REQ("tools/call",
            "\"name\":\"a\",\"arguments\":{\"x\":1},\"requestState\":\"s\",\"inputResponses\":{"
            "\"sidegate\":{\"action\":\"accept\"}},\"_meta\":{\"progressToken\":\"p\","
            "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
            "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"c\"},"
            "\"io.modelcontextprotocol/logLevel\":\"info\","
            "\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{\"url\":{}}}}");
    struct json j;
    struct mcp_request r;
    (void)state;
    j = JSON_INIT;
    assert_ok(json_parse(&j, slice_str(text), NULL));
    assert_ok(mcp_request_read(&j, S("2026-07-28"), &r));
    assert_int_equal(r.method->method, MCP_TOOLS_CALL);
    assert_slice(json_raw(&j, r.name), "a");
    assert_slice(json_raw(&j, r.arguments), "{\"x\":1}");
    assert_slice(json_raw(&j, r.state), "s");
    assert_int_equal(r.caps, MCP_CAP_ELICIT_URL);
    assert_slice(json_raw(&j, r.meta.progress_token), "p");
    assert_slice(json_raw(&j, r.meta.log_level), "info");
    assert_slice(json_raw(&j, r.meta.client_info), "{\"name\":\"c\"}");
    assert_int_equal(r.meta.subscription, JSON_NONE);
    assert_int_equal(mcp_elicit_action(&j, json_get(&j, r.responses, "sidegate")),
                     MCP_ACTION_ACCEPT);
    /* In the legacy era the same members mean nothing. */
    assert_ok(json_parse(&j, S(REQ("tools/call", "\"name\":\"a\",\"requestState\":\"s\"")), NULL));
    assert_ok(mcp_request_read(&j, S("2025-11-25"), &r));
    assert_int_equal(r.state, JSON_NONE);
    assert_int_equal(r.caps, 0);
    assert_ok(json_parse(&j, S(REQ("initialize", INIT)), NULL));
    assert_ok(mcp_request_read(&j, SLICE_EMPTY, &r));
    assert_int_equal(r.caps, MCP_CAP_ELICIT_URL);
    json_free(&j);
}

static void test_results(void **state)
{
    struct json j;
    (void)state;
    j = JSON_INIT;
    assert_ok(json_parse(
        &j,
        S("{\"a\":{\"resultType\":\"input_required\"},\"b\":{\"resultType\":\"complete\","
          "\"isError\":true},\"c\":{\"isError\":\"true\",\"action\":\"decline\"},"
          "\"d\":{\"action\":\"cancel\"},\"e\":{\"action\":\"Accept\"},\"f\":{\"action\":1}}"),
        NULL));
    assert_true(mcp_result_is_input_required(&j, json_get(&j, 0, "a")));
    assert_false(mcp_result_is_input_required(&j, json_get(&j, 0, "b")));
    assert_false(mcp_result_is_input_required(&j, json_get(&j, 0, "c")));
    assert_true(mcp_result_is_error(&j, json_get(&j, 0, "b")));
    assert_false(mcp_result_is_error(&j, json_get(&j, 0, "c")));
    assert_int_equal(mcp_elicit_action(&j, json_get(&j, 0, "c")), MCP_ACTION_DECLINE);
    assert_int_equal(mcp_elicit_action(&j, json_get(&j, 0, "d")), MCP_ACTION_CANCEL);
    assert_int_equal(mcp_elicit_action(&j, json_get(&j, 0, "e")), MCP_ACTION_NONE);
    assert_int_equal(mcp_elicit_action(&j, json_get(&j, 0, "f")), MCP_ACTION_NONE);
    assert_int_equal(mcp_elicit_action(&j, JSON_NONE), MCP_ACTION_NONE);
    json_free(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_caps),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_request_members),
        cmocka_unit_test(test_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
