/* Mcp-Param-* headers: what is checked is what is sent. */
#include "modern.h"

static void test_param_headers(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    post(
        s, &c, "/mcp/both",
        "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: "
        "=?base64?w6Q=?=\r\nMcp-Param-Region: eu\r\nMCP-PARAM-B: =?base64?YQ==?=\r\n",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"\xc3\xa4\","
        "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
        "\"io.modelcontextprotocol/clientCapabilities\":{}}}}");
    let_through(s, &c);
    assert_string_equal(s->open.name, "\xc3\xa4");
    assert_string_equal(s->head.params, "Region=eu;B==?base64?YQ==?=;");
    assert_body_is_shown(s);
    say_answer(s, s->open.call, RESULT);
    WAIT(s, &c, has(&c, RESULT));
    all_is_over(s, &c);
}

#define META                                                                                       \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                       \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}}}"
#define HEADS(method) "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: " method "\r\n"

static void list_tools(struct stage *s, const char *params, const char *result)
{
    struct buf b = BUF_INIT(4096);
    struct client c = {0};

    buf_printf(&b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{%s",
               params);
    buf_put_str(&b, META);
    buf_put_u8(&b, 0);
    post(s, &c, "/mcp/both", HEADS("tools/list"), (const char *)b.p);
    let_through(s, &c);
    buf_clear(&b);
    buf_printf(&b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[%s}}", result);
    buf_put_u8(&b, 0);
    say_answer(s, s->open.call, (const char *)b.p);
    WAIT(s, &c, has(&c, "\"tools\":["));
    all_is_over(s, &c);
    buf_free(&b);
}

#define TOOL(name, schema) "{\"name\":\"" name "\",\"inputSchema\":{\"properties\":{" schema "}}}"
#define CITY               "\"city\":{\"type\":\"string\",\"x-mcp-header\":\"City\"}"
#define DAYS               "\"days\":{\"type\":\"integer\",\"x-mcp-header\":\"Days\"}"

#define REFUSED "the header Mcp-Param-"

/* What is checked is what is sent: as the body has it, and others as they came, in the order in which
 * they came. */
static const struct {
    const char *name, *args, *headers;
    const char *params; /* as egress gets them, or how it is refused */
} with_params[] = {
    {"f", "\"city\":\"Ulm\"", "Mcp-Param-City: Ulm\r\n", "City=Ulm;"},
    {"f", "\"city\":\"Ulm\"", "mcp-param-CITY: =?base64?VWxt?=\r\n", "CITY=Ulm;"},
    {"f", "\"city\":\"\\u00dclm\"", "Mcp-Param-City: =?base64?w5xsbQ==?=\r\n",
     "City==?base64?w5xsbQ==?=;"},
    {"f", "\"days\":42", "Mcp-Param-Days: 42.0\r\n", "Days=42;"},
    {"f", "\"city\":\"Ulm\"", "Mcp-Param-Other: x\r\nMcp-Param-City: Ulm\r\n", "Other=x;City=Ulm;"},
    {"f", "\"city\":null", "Mcp-Param-City: Ulm\r\n", ""},
    {"f", "", "Mcp-Param-City: Ulm\r\nMcp-Param-Other: x\r\n", "Other=x;"},
    {"f", "\"city\":\"Ulm\"", "", REFUSED "City is missing"},
    {"f", "\"city\":\"Ulm\"", "Mcp-Param-City: Bonn\r\n", REFUSED "City differs from the body"},
    {"f", "\"city\":\"Ulm\",\"days\":1", "Mcp-Param-City: Ulm\r\n", REFUSED "Days is missing"},
    {"f", "\"city\":\"Ulm\"", "Mcp-Param-City: =?base64?VWxt=?=\r\n",
     REFUSED "City differs from the body"},
    /* On the second page. */
    {"g", "\"city\":\"Ulm\"", "Mcp-Param-City: Bonn\r\n", REFUSED "City differs from the body"},
    /* Declares nothing, or not as it should; not listed. */
    {"h", "\"city\":\"Ulm\"", "Mcp-Param-City: Bonn\r\n", "City=Bonn;"},
    {"i", "\"city\":\"Ulm\"", "Mcp-Param-City: Bonn\r\n", "City=Bonn;"},
    {"j", "\"city\":\"Ulm\"", "Mcp-Param-City: Bonn\r\n", "City=Bonn;"},
};

static void call_with(struct stage *s, size_t i, struct client *c)
{
    struct buf h = BUF_INIT(1024), b = BUF_INIT(1024);

    *c = (struct client){0};
    buf_printf(&h, HEADS("tools/call") "Mcp-Name: %s\r\n%s", with_params[i].name,
               with_params[i].headers);
    buf_printf(
        &b,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\","
        "\"arguments\":{%s},",
        with_params[i].name, with_params[i].args);
    buf_put_str(&b, META);
    buf_put_u8(&h, 0);
    buf_put_u8(&b, 0);
    post(s, c, "/mcp/both", (const char *)h.p, (const char *)b.p);
    buf_free(&h);
    buf_free(&b);
}

static void test_param_headers_of_listed_tools(void **state)
{
    struct stage *s = *state;
    struct client c;

    list_tools(
        s, "",
        TOOL("f", CITY "," DAYS) "," TOOL("h", "\"city\":{\"type\":\"string\"}") "," TOOL(
            "i",
            "\"city\":{\"type\":\"array\",\"x-mcp-header\":\"City\"}") "],\"nextCursor\":\"2\"");
    list_tools(s, "\"cursor\":\"2\",", TOOL("g", CITY) "]");
    for (size_t i = 0; i < ARRAY_LEN(with_params); i++) {
        unsigned opens = s->n[MSG_CALL_OPEN];

        print_message("    %zu\n", i);
        call_with(s, i, &c);
        if (strncmp(with_params[i].params, REFUSED, strlen(REFUSED)) == 0) {
            WAIT(s, &c, has(&c, "\"code\":-32020"));
            assert_true(has(&c, "HTTP/1.1 400 "));
            assert_true(has(&c, with_params[i].params));
            assert_int_equal(s->n[MSG_CALL_OPEN], opens);
        } else {
            let_through(s, &c);
            assert_string_equal(s->head.params, with_params[i].params);
            assert_body_is_shown(s);
            say_answer(s, s->open.call, RESULT);
            WAIT(s, &c, has(&c, RESULT));
        }
        all_is_over(s, &c);
    }
}

/* The newest list counts, and each agent key and upstream has its own. */
static void test_param_headers_elsewhere(void **state)
{
    struct stage *s = *state;
    struct client c;

    list_tools(s, "", TOOL("g", CITY) "]");
    call_with(s, 11, &c);
    WAIT(s, &c, has(&c, "\"code\":-32020"));
    all_is_over(s, &c);
    c = (struct client){0};
    request(s, &c, "POST /mcp/both",
            "Authorization: Bearer sgk_other\r\nContent-Type: application/json\r\n"
            "Accept: application/json, text/event-stream\r\n" HEADS(
                "tools/call") "Mcp-Name: g\r\nMcp-Param-City: Bonn\r\n",
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"g\","
            "\"arguments\":{\"city\":\"Ulm\"}," META);
    let_through(s, &c);
    assert_string_equal(s->head.params, "City=Bonn;");
    say_answer(s, s->open.call, RESULT);
    WAIT(s, &c, has(&c, RESULT));
    all_is_over(s, &c);
    list_tools(s, "", TOOL("x", CITY) "]");
    call_with(s, 11, &c);
    let_through(s, &c);
    assert_string_equal(s->head.params, "City=Bonn;");
    say_answer(s, s->open.call, RESULT);
    WAIT(s, &c, has(&c, RESULT));
    all_is_over(s, &c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_param_headers),
        STAGED(test_param_headers_of_listed_tools),
        STAGED(test_param_headers_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
