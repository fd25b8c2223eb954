/* Tests of the modern era (2026-07-28): calls, streams, cancelling, and the handoff by
 * input_required. */
#include "stage.h"

#include <string.h>

#include "crypto/hash.h"
#include "proto/jsonrpc.h"
#include "proto/projection.h"

#define URL "{\"elicitation\":{\"url\":{}}}"
#define RESULT                                                                                     \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"complete\",\"content\":[]}}"
#define HAS_BODY(c, text) has(c, "\r\n\r\n" text)

static void sha256(struct slice s, struct digest *ret)
{
    *ret = hash_sha256(s);
}

/* What was sent is what was shown: all digests are of the body and headers that egress got. */
static void assert_body_is_shown(struct stage *s)
{
    struct buf projection = BUF_INIT(LIM_PROJECTION_BYTES);
    struct digest d = hash_sha256(buf_slice(&s->body));
    const struct request_headers headers = stage_headers(s);
    struct hash_sha256 request;
    struct json j;
    struct jsonrpc m;

    json_init(&j);
    assert_err(json_parse(&j, buf_slice(&s->body), NULL), ERR_OK);
    assert_err(jsonrpc_read(&j, &m), ERR_OK);
    assert_err(projection_of(&j, &m, &headers, sha256, &projection), ERR_OK);
    assert_true(slice_eq(buf_slice(&projection), buf_slice(&s->open.projection)));
    assert_memory_equal(d.b, s->open.body_digest.b, sizeof(d.b));
    hash_sha256_init(&request);
    request_put(&j, &m, &headers, hash_sha256_put, &request);
    d = hash_sha256_done(&request);
    assert_memory_equal(d.b, s->open.request.b, sizeof(d.b));
    json_free(&j);
    buf_free(&projection);
}

static void start(struct stage *s, struct client *c, const char *caps, const char *members)
{
    *c = (struct client){0};
    call_modern(s, c, "1", caps, members);
    let_through(s, c);
}

static void all_is_over(struct stage *s, struct client *c)
{
    WAIT(s, c, HASH_COUNT(s->g.calls) == 0);
    client_close(c);
    assert_false(s->keeper_ended);
    assert_false(s->egress_ended);
}

/* --- a call ----------------------------------------------------------------------------------- */

static void test_call(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    start(s, &c, URL, "");
    assert_int_equal(s->open.upstream, UP_BOTH);
    assert_int_equal(s->open.era, ERA_MODERN);
    assert_int_equal(s->open.kind, CALL_KIND_REQUEST);
    assert_int_equal(s->open.want, CALL_WANT_SEND);
    assert_string_equal(s->open.method, "tools/call");
    assert_string_equal(s->open.name, "forecast");
    assert_int_equal(s->open.caps, 3);
    assert_true(ID_IS_ZERO(s->open.session));
    assert_string_equal(s->head.protocol, "2026-07-28");
    assert_true(ID_EQ(s->head.client, s->alice));
    assert_body_is_shown(s);
    /* Everything end to end as it was, numbers as written; the hop's own name in the _meta. */
    assert_slice(buf_slice(&s->body),
                 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
                 "\"forecast\",\"arguments\":{\"city\":\"Ulm\",\"days\":3.50},\"_meta\":{"
                 "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                 "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"sidegate\",\"version\":"
                 "\"0.1.0\"},\"io.modelcontextprotocol/clientCapabilities\":" URL
                 ",\"progressToken\":\"p\",\"com.example/kept\":[1.0,\"\xc3\xa4\"]}}}");
    say_answer(s, s->open.call, RESULT);
    WAIT(s, &c, HAS_BODY(&c, RESULT));
    assert_true(has(&c, "HTTP/1.1 200 "));
    assert_true(has(&c, "Content-Type: application/json\r\n"));
    assert_false(has(&c, "Mcp-Session-Id"));
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
    assert_int_equal(s->n[MSG_CALL_CANCEL], 0);
    all_is_over(s, &c);
}

static void test_answer_in_parts(void **state)
{
    struct stage *s = *state;
    struct client c;

    start(s, &c, URL, "");
    say_head(s, s->open.call, ANSWER_KIND_JSON);
    say_part(s, s->open.call, "{\"jsonrpc\":\"2.0\",\"id\":1,\"res", false);
    say_part(s, s->open.call, "ult\":{\"resultType\":\"complete\",\"content\":[]}}", true);
    WAIT(s, &c, HAS_BODY(&c, RESULT));
    /* A second answer is one too many: it is dropped, and the call with it. */
    say_part(s, s->open.call, RESULT, true);
    WAIT_MSG(s, &c, MSG_CALL_CANCEL, 1);
    quiet(s, &c);
    assert_int_equal(client_count(&c, RESULT), 1);
    all_is_over(s, &c);
}

static const struct {
    const char *name, *answer, *wanted;
    unsigned status;
} answers[] = {
    {"no resultType", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[],\"resultType\":\"complete\"}}", 200},
    {"error", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32050,\"message\":\"x\"}}",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32050,\"message\":\"x\"}}", 200},
    {"unknown method",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"x\"}}",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"x\"}}", 404},
    {"header mismatch",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32020,\"message\":\"x\"}}",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32020,\"message\":\"x\"}}", 400},
    {"wrong id", "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}", "-32603", 200},
    {"id of another type", "{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":{}}", "-32603", 200},
    {"no JSON", "{", "not valid MCP", 200},
    {"no JSON-RPC", "{\"id\":1}", "not valid MCP", 200},
};

static void test_answers(void **state)
{
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        struct client c;
        struct buf status = BUF_INIT(64);

        print_message("    %s\n", answers[i].name);
        start(s, &c, "{}", "");
        say_answer(s, s->open.call, answers[i].answer);
        WAIT(s, &c, has(&c, answers[i].wanted));
        buf_printf(&status, "HTTP/1.1 %u ", answers[i].status);
        buf_put_u8(&status, 0);
        assert_true(has(&c, (const char *)status.p));
        buf_free(&status);
        all_is_over(s, &c);
    }
}

static const struct {
    enum answer_how how;
    enum err code;
    const char *wanted;
} ends[] = {
    {ANSWER_HOW_DONE, ERR_OK, "not valid MCP"},
    {ANSWER_HOW_UNSENT, ERR_UPSTREAM_DOWN, "nothing was sent"},
    {ANSWER_HOW_UNSENT, ERR_OK, "nothing was sent"},
    {ANSWER_HOW_UNKNOWN, ERR_UPSTREAM_UNKNOWN, "outcome is unknown"},
    {ANSWER_HOW_CUT, ERR_OK, "outcome is unknown"},
    {ANSWER_HOW_INVALID, ERR_UPSTREAM_STATUS, "HTTP error"},
    {ANSWER_HOW_TOO_LARGE, ERR_OK, "not valid MCP"},
    {ANSWER_HOW_INVALID, (enum err)4711, "not valid MCP"},
};

static void test_failures(void **state)
{
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        struct client c;

        start(s, &c, "{}", "");
        say_end(s, s->open.call, ends[i].how, ends[i].code);
        WAIT(s, &c, has(&c, ends[i].wanted));
        assert_true(has(&c, "HTTP/1.1 200 "));
        assert_true(has(&c, "\"id\":1,\"error\":{\"code\":-32603"));
        all_is_over(s, &c);
    }
}

/* What egress had no room for is not the upstream's fault, and worth another try. */
static void test_no_room_at_egress(void **state)
{
    static const struct {
        enum answer_how how;
        enum err code;
        const char *status, *wanted;
    } rows[] = {
        {ANSWER_HOW_UNSENT, ERR_RATE_LIMITED, "HTTP/1.1 429 ", "Retry-After: 1\r\n"},
        {ANSWER_HOW_UNSENT, ERR_AGAIN, "HTTP/1.1 503 ", "Retry-After: 1\r\n"},
        {ANSWER_HOW_INVALID, ERR_RATE_LIMITED, "HTTP/1.1 200 ", "not valid MCP"},
    };
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct client c;

        start(s, &c, "{}", "");
        say_end(s, s->open.call, rows[i].how, rows[i].code);
        WAIT(s, &c, has(&c, "\"id\":1,\"error\":{\"code\":"));
        assert_true(has(&c, rows[i].status));
        assert_true(has(&c, rows[i].wanted));
        all_is_over(s, &c);
    }
}

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

/* What is checked is what is sent: as the body has it, and others as they came, in the order in which
 * they came. */
static const struct {
    const char *name, *args, *headers;
    const char *params; /* as egress gets them; NULL: refused */
} with_params[] = {
    {"f", "\"city\":\"Ulm\"", "Mcp-Param-City: Ulm\r\n", "City=Ulm;"},
    {"f", "\"city\":\"Ulm\"", "mcp-param-CITY: =?base64?VWxt?=\r\n", "CITY=Ulm;"},
    {"f", "\"city\":\"\\u00dclm\"", "Mcp-Param-City: =?base64?w5xsbQ==?=\r\n",
     "City==?base64?w5xsbQ==?=;"},
    {"f", "\"days\":42", "Mcp-Param-Days: 42.0\r\n", "Days=42;"},
    {"f", "\"city\":\"Ulm\"", "Mcp-Param-Other: x\r\nMcp-Param-City: Ulm\r\n", "Other=x;City=Ulm;"},
    {"f", "\"city\":null", "Mcp-Param-City: Ulm\r\n", ""},
    {"f", "", "Mcp-Param-City: Ulm\r\nMcp-Param-Other: x\r\n", "Other=x;"},
    {"f", "\"city\":\"Ulm\"", "", NULL},
    {"f", "\"city\":\"Ulm\"", "Mcp-Param-City: Bonn\r\n", NULL},
    {"f", "\"city\":\"Ulm\",\"days\":1", "Mcp-Param-City: Ulm\r\n", NULL},
    {"f", "\"city\":\"Ulm\"", "Mcp-Param-City: =?base64?VWxt=?=\r\n", NULL},
    /* On the second page. */
    {"g", "\"city\":\"Ulm\"", "Mcp-Param-City: Bonn\r\n", NULL},
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
        if (with_params[i].params == NULL) {
            WAIT(s, &c, has(&c, "\"code\":-32020"));
            assert_true(has(&c, "HTTP/1.1 400 "));
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

/* -32042 is not for this era, whoever says so. */
static void test_no_link_by_error(void **state)
{
    struct stage *s = *state;
    struct msg_call_handoff m = {.handoff = {{1}}, .state = SLICE_LIT("SEALED"), .by_error = true};
    struct client c = {0};

    call_modern(s, &c, "1", URL, "");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    m.call = s->open.call;
    m.client = s->alice;
    assert_err(send_call_handoff(s->keeper, &m), ERR_OK);
    WAIT(s, &c, has(&c, "\"requestState\":\"SEALED\""));
    assert_false(has(&c, "-32042"));
    all_is_over(s, &c);
}

static void test_notification(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    post(s, &c, "/mcp/both", "MCP-Protocol-Version: 2026-07-28\r\n",
         "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/com.example/x\"}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    assert_int_equal(s->open.kind, CALL_KIND_NOTIFICATION);
    say_permit(s, s->open.call, &s->alice, false);
    WAIT(s, &c, has(&c, "HTTP/1.1 202 "));
    WAIT_MSG(s, &c, MSG_SEND_PART, 1);
    say_head(s, s->open.call, ANSWER_KIND_ACCEPTED);
    say_end(s, s->open.call, ANSWER_HOW_DONE, ERR_OK);
    all_is_over(s, &c);
    /* Without a lease to ride on it is accepted, and goes nowhere. */
    c = (struct client){0};
    post(s, &c, "/mcp/both", "MCP-Protocol-Version: 2026-07-28\r\n",
         "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/com.example/x\"}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 2);
    say_deny(s, s->open.call, ERR_FORBIDDEN);
    WAIT(s, &c, has(&c, "HTTP/1.1 202 "));
    all_is_over(s, &c);
    /* Of a call that closing its stream has ended already. */
    c = (struct client){0};
    post(s, &c, "/mcp/both", "MCP-Protocol-Version: 2026-07-28\r\n",
         "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
         "cancelled\",\"params\":{\"requestId\":1}}");
    WAIT(s, &c, has(&c, "HTTP/1.1 202 "));
    assert_int_equal(s->n[MSG_CALL_OPEN], 2);
    all_is_over(s, &c);
}

/* --- streams ---------------------------------------------------------------------------------- */

#define PROGRESS                                                                                   \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":"    \
    "\"p\",\"progress\":1}}"

static void test_stream(void **state)
{
    struct stage *s = *state;
    struct client c;

    start(s, &c, "{}", "");
    say_head(s, s->open.call, ANSWER_KIND_SSE);
    WAIT(s, &c, has(&c, "Content-Type: text/event-stream\r\n"));
    assert_true(has(&c, "X-Accel-Buffering: no\r\n"));
    say_part(s, s->open.call, PROGRESS, true);
    WAIT(s, &c, has(&c, "event: message\ndata: " PROGRESS "\n\n"));
    say_part(s, s->open.call, RESULT, true);
    WAIT(s, &c, has(&c, "event: message\ndata: " RESULT "\n\n"));
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    say_end(s, s->open.call, ANSWER_HOW_DONE, ERR_OK);
    all_is_over(s, &c);
}

static void test_stream_that_breaks(void **state)
{
    struct stage *s = *state;
    struct client c;

    start(s, &c, "{}", "");
    say_head(s, s->open.call, ANSWER_KIND_SSE);
    say_part(s, s->open.call, PROGRESS, true);
    say_end(s, s->open.call, ANSWER_HOW_CUT, ERR_UPSTREAM_UNKNOWN);
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    assert_true(has(&c, "\"id\":1,\"error\":{\"code\":-32603"));
    all_is_over(s, &c);
}

static void test_quiet_stream_has_comments(void **state)
{
    struct stage *s = *state;
    struct client c;

    assert_err(limit_set(SET_COMMENT_TIME, 100), ERR_OK);
    start(s, &c, "{}", "");
    say_head(s, s->open.call, ANSWER_KIND_SSE);
    WAIT(s, &c, client_count(&c, "\r\n:\n\n") >= 3 || client_count(&c, ":\n\n") >= 3);
    client_close(&c);
    WAIT_MSG(s, &c, MSG_CALL_CANCEL, 1);
}

/* A client that stops reading: no more credit than its buffer, and all of it when it reads on. */
static void test_back_pressure(void **state)
{
    enum { PIECE = 40000, WINDOW = 4 * LIM_PART_BYTES };
    struct stage *s = *state;
    struct client c = {0};
    static char text[PIECE + 200];
    size_t sent = 0, n = 0;

    memset(text, 0, sizeof(text));
    strcpy(text, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":"
                 "\"info\",\"data\":\"");
    memset(text + strlen(text), 'x', PIECE);
    strcat(text, "\"}}");
    client_open_small(&c, s->port);
    call_modern(s, &c, "1", "{}", "");
    let_through(s, &c);
    say_head(s, s->open.call, ANSWER_KIND_SSE);
    WAIT(s, &c, has(&c, "text/event-stream"));
    c.deaf = true;
    /* Until the window is closed, and stays closed. */
    for (int idle = 0; idle < 20;) {
        if (sent + strlen(text) <= WINDOW + s->credit) {
            say_part(s, s->open.call, text, true);
            sent += strlen(text);
            n++;
            idle = 0;
        } else {
            idle++;
        }
        loop_turn(s->loop, 1);
        assert_true(sent < 64 << 20);
    }
    assert_true(sent - s->credit <= WINDOW);
    c.deaf = false;
    WAIT(s, &c, client_count(&c, "notifications/message") == n);
    WAIT(s, &c, s->credit + WINDOW >= sent + LIM_PART_BYTES);
    say_part(s, s->open.call, RESULT, true);
    say_end(s, s->open.call, ANSWER_HOW_DONE, ERR_OK);
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    all_is_over(s, &c);
}

static void test_large_message(void **state)
{
    struct stage *s = *state;
    struct client c;
    static char part[40001];
    enum { PARTS = 80 };

    memset(part, 'x', 40000);
    start(s, &c, "{}", "");
    say_head(s, s->open.call, ANSWER_KIND_SSE);
    say_part(s, s->open.call, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"x\":\"", false);
    for (unsigned i = 1; i <= PARTS; i++) {
        WAIT(s, &c, s->credit + 4 * LIM_PART_BYTES >= i * 40000 + 1000);
        say_part(s, s->open.call, part, false);
    }
    say_part(s, s->open.call, "\"}}", true);
    say_end(s, s->open.call, ANSWER_HOW_DONE, ERR_OK);
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    assert_true(c.got.n > PARTS * 40000);
    all_is_over(s, &c);
}

/* One that has no end within the limit. */
static void test_endless_message(void **state)
{
    struct stage *s = *state;
    struct client c;
    static char part[40001];

    assert_err(limit_set(SET_BODY_BYTES, 65536), ERR_OK);
    memset(part, 'x', 40000);
    start(s, &c, "{}", "");
    say_head(s, s->open.call, ANSWER_KIND_SSE);
    for (int i = 0; i < 6; i++)
        say_part(s, s->open.call, part, false);
    WAIT_MSG(s, &c, MSG_CALL_CANCEL, 1);
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    assert_true(has(&c, "not valid MCP"));
    all_is_over(s, &c);
}

/* --- leaving ---------------------------------------------------------------------------------- */

static void test_leaving(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    /* While the keeper thinks. */
    call_modern(s, &c, "1", "{}", "");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    client_close(&c);
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
    assert_int_equal(s->gone_call, s->open.call);
    say_permit(s, s->open.call, &s->alice, false); /* crossed on its way */
    quiet(s, &c);
    assert_int_equal(s->n[MSG_SEND_HEAD], 0);
    /* While the upstream works: closing the stream cancels. */
    start(s, &c, "{}", "");
    client_close(&c);
    WAIT_MSG(s, &c, MSG_CALL_CANCEL, 1);
    assert_int_equal(s->cancelled_call, s->open.call);
    WAIT_MSG(s, &c, MSG_CALL_GONE, 2);
    say_answer(s, s->open.call, RESULT); /* too late, and no harm */
    quiet(s, &c);
    all_is_over(s, &c);
}

static void test_peers_that_end(void **state)
{
    struct stage *s = *state;
    struct client c;

    start(s, &c, "{}", "");
    stage_end(s, &s->egress);
    WAIT(s, &c, has(&c, "outcome is unknown"));
    client_close(&c);
    /* A permit for a process that is not here yet. */
    c = (struct client){0};
    call_modern(s, &c, "1", "{}", "");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 2);
    say_permit(s, s->open.call, &s->alice, false);
    quiet(s, &c);
    assert_int_equal(s->n[MSG_SEND_HEAD], 1);
    stage_add_egress(s, UP_BOTH, 5);
    WAIT_MSG(s, &c, MSG_SEND_HEAD, 2);
    /* The keeper is lost while the upstream works: the answer still comes. */
    WAIT(s, &c, s->body.n == s->head.size);
    quiet(s, &c);
    stage_end(s, &s->keeper);
    quiet(s, &c);
    say_answer(s, s->open.call, RESULT);
    WAIT(s, &c, has(&c, RESULT));
    all_is_over(s, &c);
}

static void test_egress_that_does_not_come(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    assert_err(limit_set(SET_PERMIT_TIME, 100), ERR_OK);
    stage_end(s, &s->egress);
    call_modern(s, &c, "1", "{}", "");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    say_permit(s, s->open.call, &s->alice, false);
    quiet(s, &c);
    /* Another generation is not meant. */
    stage_add_egress(s, UP_BOTH, 6);
    WAIT(s, &c, has(&c, "HTTP/1.1 503 "));
    assert_int_equal(s->n[MSG_SEND_HEAD], 0);
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
    client_close(&c);
}

/* --- breaches --------------------------------------------------------------------------------- */

static void test_out_of_turn(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    /* The keeper says something about a call that did not ask. */
    start(s, &c, "{}", "");
    say_own(s, s->open.call, true, false);
    WAIT(s, &c, s->keeper_ended);
    client_close(&c);
    WAIT(s, &c, s->near_keeper == NULL);
}

static void test_foreign_egress(void **state)
{
    struct stage *s = *state;
    struct client c;

    start(s, &c, "{}", "");
    struct chan *first = s->egress, *near_first = s->near_egress;
    stage_add_egress(s, UP_OPEN, 9);
    struct chan *second = s->egress;
    const struct msg_answer_part m = {
        .call = s->open.call, .last = true, .part = SLICE_LIT(RESULT)};
    assert_err(send_answer_part(second, &m), ERR_OK);
    WAIT(s, &c, s->egress_ended);
    quiet(s, &c);
    assert_false(has(&c, RESULT));
    s->egress = first;
    s->near_egress = near_first;
    say_answer(s, s->open.call, RESULT);
    WAIT(s, &c, has(&c, RESULT));
    client_close(&c);
}

/* --- the handoff ------------------------------------------------------------------------------ */

#define LINK "http://localhost:8401/h/77010000000000000000000000000000"

static void test_handoff(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    call_modern(s, &c, "1", URL, "");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    say_handoff(s, s->open.call, "SEALED1");
    WAIT(s, &c, has(&c, "\"requestState\":\"SEALED1\"}}"));
    assert_true(has(&c, "HTTP/1.1 200 "));
    assert_true(has(&c,
                    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"input_required\","
                    "\"inputRequests\":{\"sidegate\":{\"method\":\"elicitation/create\","
                    "\"params\":{\"mode\":\"url\",\"message\":\"The Weather needs"));
    assert_true(has(&c, "amber falcon"));
    assert_true(has(&c, "\"url\":\"" LINK "\""));
    assert_false(has(&c, "elicitationId"));
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
    assert_int_equal(s->n[MSG_SEND_HEAD], 0);
    all_is_over(s, &c);
}

/* The retry up to the keeper's decision. */
static void retry(struct stage *s, struct client *c, const char *action)
{
    struct buf b = BUF_INIT(512);
    unsigned opens = s->n[MSG_CALL_OPEN];

    *c = (struct client){0};
    buf_printf(&b,
               ",\"requestState\":\"SEALED1\",\"inputResponses\":{\"sidegate\":{\"action\":"
               "\"%s\"}}",
               action);
    buf_put_u8(&b, 0);
    call_modern(s, c, "2", URL, (const char *)b.p);
    buf_free(&b);
    WAIT_MSG(s, c, MSG_CALL_OPEN, opens + 1);
    assert_string_equal(s->open.state, "SEALED1");
}

static void test_retry_is_held(void **state)
{
    struct stage *s = *state;
    struct client c;

    assert_err(limit_set(SET_COMMENT_TIME, 100), ERR_OK);
    retry(s, &c, "accept");
    assert_int_equal(s->open.answer, ANSWER_ACCEPT);
    say_hold(s, s->open.call, "SEALED2");
    WAIT(s, &c, has(&c, "text/event-stream")); /* at once */
    WAIT(s, &c, has(&c, "\"progress\":2"));
    /* The person is done: the same call goes on. */
    say_permit(s, s->open.call, &s->alice, false);
    WAIT_MSG(s, &c, MSG_SEND_HEAD, 1);
    WAIT(s, &c, s->body.n == s->head.size);
    assert_body_is_shown(s);
    /* The upstream sees a request that was never asked anything. */
    assert_true(slice_find(buf_slice(&s->body), SLICE_LIT("requestState")) == s->body.n);
    assert_true(slice_find(buf_slice(&s->body), SLICE_LIT("inputResponses")) == s->body.n);
    say_answer(s, s->open.call,
               "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"resultType\":"
               "\"complete\",\"content\":[]}}");
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    assert_true(has(&c, "data: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\""));
    all_is_over(s, &c);
}

static void test_leg_ends(void **state)
{
    struct stage *s = *state;
    struct client c;

    assert_err(limit_set(SET_HOLD_TIME, 200), ERR_OK);
    retry(s, &c, "accept");
    say_hold(s, s->open.call, "SEALED2");
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    assert_true(has(&c, "data: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"resultType\":"
                        "\"input_required\",\"requestState\":\"SEALED2\"}}\n\n"));
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
    all_is_over(s, &c);
    /* The last one ends with a result that a model can read. */
    retry(s, &c, "accept");
    say_hold(s, s->open.call, "");
    WAIT(s, &c, has(&c, "\r\n0\r\n\r\n"));
    assert_true(has(&c, "\"resultType\":\"complete\""));
    assert_true(has(&c, "\"isError\":true"));
    assert_true(has(&c, "waits for them at " SURFACE));
    all_is_over(s, &c);
}

static void test_hold_ends_otherwise(void **state)
{
    static const struct {
        enum ending how;
        const char *wanted;
    } rows[] = {{ENDING_DECLINED, "declined"},
                {ENDING_EXPIRED, "did not finish in time"},
                {ENDING_FAILED, "was not accepted"},
                {ENDING_CANCELLED, "set aside"},
                {ENDING_WAITING, "Never ask them for a password"}};
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct client c;

        retry(s, &c, "accept");
        say_hold(s, s->open.call, "SEALED2");
        WAIT(s, &c, has(&c, "text/event-stream"));
        say_neutral(s, s->open.call, rows[i].how);
        WAIT(s, &c, has(&c, rows[i].wanted));
        assert_true(has(&c, "\"isError\":true"));
        all_is_over(s, &c);
    }
    assert_int_equal(s->n[MSG_CALL_GONE], 0); /* the keeper knows */
}

static void test_hold_without_a_keeper(void **state)
{
    struct stage *s = *state;
    struct client c;

    retry(s, &c, "accept");
    say_hold(s, s->open.call, "SEALED2");
    WAIT(s, &c, has(&c, "text/event-stream"));
    stage_end(s, &s->keeper);
    WAIT(s, &c, has(&c, "\"requestState\":\"SEALED1\""));
    client_close(&c);
}

static void test_leaving_a_held_leg(void **state)
{
    struct stage *s = *state;
    struct client c;

    retry(s, &c, "accept");
    say_hold(s, s->open.call, "SEALED2");
    WAIT(s, &c, has(&c, "text/event-stream"));
    client_close(&c);
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
    assert_int_equal(s->n[MSG_CALL_ANSWER], 0);
}

static void test_what_the_person_s_client_said(void **state)
{
    static const struct {
        const char *action;
        enum answer answer;
    } rows[] = {{"decline", ANSWER_DECLINE}, {"cancel", ANSWER_CANCEL}, {"nonsense", ANSWER_NONE}};
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct client c;

        retry(s, &c, rows[i].action);
        assert_int_equal(s->open.answer, rows[i].answer);
        say_neutral(s, s->open.call, ENDING_DECLINED);
        WAIT(s, &c, has(&c, "\"isError\":true"));
        all_is_over(s, &c);
    }
}

static void test_forged_state(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    call_modern(s, &c, "1", URL, ",\"requestState\":\"FORGED\"");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    assert_string_equal(s->open.state, "FORGED");
    say_deny(s, s->open.call, ERR_BAD_STATE);
    WAIT(s, &c, has(&c, "\"id\":1,\"error\":{\"code\":-32602"));
    assert_int_equal(s->n[MSG_SEND_HEAD], 0);
    all_is_over(s, &c);
}

static void test_refused_by_the_upstream(void **state)
{
    struct stage *s = *state;
    struct client c;

    for (int early = 0; early < 2; early++) {
        start(s, &c, URL, "");
        if (early) {
            say_handoff(s, s->open.call, "SEALED1");
            WAIT(s, &c, has(&c, "input_required"));
            say_end(s, s->open.call, ANSWER_HOW_REFUSED, ERR_UPSTREAM_REFUSED);
        } else {
            say_end(s, s->open.call, ANSWER_HOW_REFUSED, ERR_UPSTREAM_REFUSED);
            quiet(s, &c);
            say_handoff(s, s->open.call, "SEALED1");
        }
        WAIT(s, &c, has(&c, "\"requestState\":\"SEALED1\""));
        all_is_over(s, &c);
    }
}

/* --- without a link --------------------------------------------------------------------------- */

static void test_neutral(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    call_modern(s, &c, "1", "{}", "");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    assert_int_equal(s->open.caps, 2);
    say_neutral(s, s->open.call, ENDING_WAITING);
    WAIT(s, &c, has(&c, "HTTP/1.1 200 "));
    WAIT(s, &c, has(&c, "\"isError\":true"));
    assert_true(has(&c, "waits for them at " SURFACE));
    assert_true(has(&c, "\\\"amber falcon\\\""));
    assert_false(has(&c, "/h/"));
    all_is_over(s, &c);
    /* Other methods have only errors. */
    c = (struct client){0};
    post(s, &c, "/mcp/both",
         "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: resources/read\r\nMcp-Name: a:b\r\n",
         "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\"a:b\","
         "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
         "\"io.modelcontextprotocol/clientCapabilities\":{}}}}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 2);
    say_neutral(s, s->open.call, ENDING_WAITING);
    WAIT(s, &c, has(&c, "HTTP/1.1 400 "));
    WAIT(s, &c, has(&c, "\"code\":-32021"));
    assert_true(has(&c, "\"requiredCapabilities\":{\"elicitation\":{\"url\":{}}}"));
    all_is_over(s, &c);
}

/* What no link can be shown on, though the client could show one. */
static void test_no_link_outside_the_three_methods(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    post(s, &c, "/mcp/both",
         "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: completion/complete\r\n",
         "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"completion/complete\",\"params\":{"
         "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
         "\"io.modelcontextprotocol/clientCapabilities\":" URL "}}}");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    assert_int_equal(s->open.caps, 2);
    client_close(&c);
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
}

/* --- the upstream's own questions ------------------------------------------------------------- */

#define ASKS(key, mode, state)                                                                     \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"input_required\","                 \
    "\"inputRequests\":{\"" key                                                                    \
    "\":{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"" mode                           \
    "\",\"message\":\"m\"}}}" state "}}"
#define FORM "{\"elicitation\":{\"form\":{}}}"

static void test_upstream_asks(void **state)
{
    struct stage *s = *state;
    struct client c;

    /* What egress made of the state goes as it is. */
    start(s, &c, FORM, "");
    say_answer(s, s->open.call, ASKS("user_name", "form", ",\"requestState\":\"SEALED\""));
    WAIT(s, &c, HAS_BODY(&c, ASKS("user_name", "form", ",\"requestState\":\"SEALED\"")));
    all_is_over(s, &c);
}

static void test_upstream_asks_what_may_not_be(void **state)
{
    static const char *const rows[] = {
        ASKS("k", "url", ""),         /* not declared */
        ASKS("sidegate", "form", ""), /* our name */
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"input_required\","
        "\"inputRequests\":{\"k\":{\"method\":\"tools/call\",\"params\":{}}}}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"input_required\","
        "\"inputRequests\":{\"k\":{\"method\":\"sampling/createMessage\",\"params\":{}}}}}",
    };
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct client c;

        start(s, &c, FORM, "");
        say_answer(s, s->open.call, rows[i]);
        WAIT(s, &c, has(&c, "\"id\":1,\"error\":{\"code\":-32603"));
        assert_false(has(&c, "input_required"));
        all_is_over(s, &c);
    }
}

static void test_answer_to_the_upstream(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    call_modern(s, &c, "1", FORM,
                ",\"requestState\":\"SEALED\",\"inputResponses\":{\"user_name\":{\"action\":"
                "\"accept\",\"content\":{\"n\":\"x\"}}}");
    let_through(s, &c);
    assert_string_equal(s->open.state, "SEALED");
    assert_true(s->open.answers);
    assert_int_equal(s->open.answer, ANSWER_NONE);
    assert_body_is_shown(s);
    assert_true(slice_find(buf_slice(&s->body), SLICE_LIT("requestState")) == s->body.n);
    assert_true(slice_find(buf_slice(&s->body), SLICE_LIT("\"inputResponses\":{\"user_name\":{")) <
                s->body.n);
    say_answer(s, s->open.call, RESULT);
    WAIT(s, &c, has(&c, RESULT));
    all_is_over(s, &c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_call),
        STAGED(test_answer_in_parts),
        STAGED(test_answers),
        STAGED(test_failures),
        STAGED(test_no_room_at_egress),
        STAGED(test_param_headers),
        STAGED(test_param_headers_of_listed_tools),
        STAGED(test_param_headers_elsewhere),
        STAGED(test_no_link_by_error),
        STAGED(test_notification),
        STAGED(test_stream),
        STAGED(test_stream_that_breaks),
        STAGED(test_quiet_stream_has_comments),
        STAGED(test_back_pressure),
        STAGED(test_large_message),
        STAGED(test_endless_message),
        STAGED(test_leaving),
        STAGED(test_peers_that_end),
        STAGED(test_egress_that_does_not_come),
        STAGED(test_out_of_turn),
        STAGED(test_foreign_egress),
        STAGED(test_handoff),
        STAGED(test_retry_is_held),
        STAGED(test_leg_ends),
        STAGED(test_hold_ends_otherwise),
        STAGED(test_hold_without_a_keeper),
        STAGED(test_leaving_a_held_leg),
        STAGED(test_what_the_person_s_client_said),
        STAGED(test_forged_state),
        STAGED(test_refused_by_the_upstream),
        STAGED(test_neutral),
        STAGED(test_no_link_outside_the_three_methods),
        STAGED(test_upstream_asks),
        STAGED(test_upstream_asks_what_may_not_be),
        STAGED(test_answer_to_the_upstream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
