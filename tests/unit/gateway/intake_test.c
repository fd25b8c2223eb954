/* Tests of what the gateway refuses before anybody is asked, and of what browsers are told. */
#include "stage.h"

#include "os/log.h"

#include <stdio.h>

#define AUTH   "Authorization: Bearer " TOKEN "\r\n"
#define JSON   "Content-Type: application/json\r\n"
#define BOTH   "Accept: application/json, text/event-stream\r\n"
#define MODERN "MCP-Protocol-Version: 2026-07-28\r\n"
#define META                                                                                       \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                       \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define CALL_X                                                                                     \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"x\"," META "}" \
    "}"
#define INIT                                                                                       \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"     \
    "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"x\",\"version\":\"1\"}}}"
#define CALL_X_HEADERS "Mcp-Method: tools/call\r\nMcp-Name: x\r\n"
#define SESSION        "Mcp-Session-Id: 00000000000000000000000000000000\r\n"

struct refusal_row {
    const char *name, *line, *headers, *body;
    unsigned status;
    const char *has; /* in the answer */
};

static const struct refusal_row refusals[] = {
    {"no such address", "POST /", AUTH JSON BOTH, CALL_X, 404, "nothing at this address"},
    {"no such upstream", "POST /mcp/none", AUTH JSON BOTH, CALL_X, 404, "upstream's name"},
    {"upstream in capitals", "POST /mcp/Both", AUTH JSON BOTH, CALL_X, 404, "upstream's name"},
    {"more path", "POST /mcp/both/x", AUTH JSON BOTH, CALL_X, 404, "upstream's name"},
    {"two slashes at the end", "POST /mcp/both//", AUTH JSON BOTH, CALL_X, 404, "upstream's name"},
    {"slashes alone", "POST /mcp//", AUTH JSON BOTH, CALL_X, 404, "upstream's name"},
    {"found with a slash at the end", "PUT /mcp/both/", AUTH JSON BOTH, NULL, 405, "Allow: POST"},
    {"escaped name", "POST /mcp/bot%68", AUTH JSON BOTH, CALL_X, 404, "upstream's name"},
    {"another method", "PUT /mcp/both", AUTH JSON BOTH, NULL, 405, "Allow: POST"},
    {"head", "HEAD /mcp/both", AUTH JSON BOTH, NULL, 405, "Allow: POST"},
    {"foreign origin", "POST /mcp/both", "Origin: http://evil.example\r\n" AUTH JSON BOTH, CALL_X,
     403, "Origin"},
    {"null origin", "POST /mcp/both", "Origin: null\r\n" AUTH JSON BOTH, CALL_X, 403, "Origin"},
    {"origin in capitals", "POST /mcp/both", "Origin: HTTP://localhost:6274\r\n" AUTH JSON BOTH,
     CALL_X, 403, "Origin"},
    {"foreign origin asks first", "OPTIONS /mcp/both", "Origin: http://evil.example\r\n", NULL, 403,
     "Origin"},
    {"wrong content type", "POST /mcp/both", AUTH BOTH "Content-Type: text/plain\r\n", CALL_X, 415,
     "application/json"},
    {"no content type", "POST /mcp/both", AUTH BOTH, CALL_X, 415, "application/json"},
    {"wrong charset", "POST /mcp/both",
     AUTH BOTH "Content-Type: application/json;charset=latin1\r\n", CALL_X, 415,
     "application/json"},
    {"no accept", "POST /mcp/both", AUTH JSON, CALL_X, 406, "text/event-stream"},
    {"accepts no stream", "POST /mcp/both", AUTH JSON "Accept: application/json\r\n", CALL_X, 406,
     "text/event-stream"},
    {"no token", "POST /mcp/both", JSON BOTH, CALL_X, 401, "WWW-Authenticate: Bearer "},
    {"empty token", "POST /mcp/both", JSON BOTH "Authorization: Bearer \r\n", CALL_X, 401,
     "WWW-Authenticate: Bearer "},
    {"basic auth", "POST /mcp/both", JSON BOTH "Authorization: Basic YTpi\r\n", CALL_X, 401,
     "WWW-Authenticate: Bearer "},
    {"no JSON", "POST /mcp/both", AUTH JSON BOTH, "{", 400,
     "\"id\":null,\"error\":{\"code\":-32700"},
    {"two keys", "POST /mcp/both", AUTH JSON BOTH, "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2}", 400,
     "-32700"},
    {"escaped equal keys", "POST /mcp/both", AUTH JSON BOTH,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"a\":1,\"\\u0061\":2}}", 400,
     "same key twice"},
    {"batch", "POST /mcp/both", AUTH JSON BOTH, "[" INIT "]", 400, "-32600"},
    {"not JSON-RPC, with an id", "POST /mcp/both", AUTH JSON BOTH, "{\"id\":7,\"method\":\"ping\"}",
     400, "\"id\":7,\"error\":{\"code\":-32600"},
    {"no meta", "POST /mcp/both", AUTH JSON BOTH MODERN "Mcp-Method: tools/list\r\n",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}", 400, "-32602"},
    {"no capabilities", "POST /mcp/both", AUTH JSON BOTH MODERN "Mcp-Method: tools/list\r\n",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":"
     "{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}}",
     400, "-32602"},
    {"unknown version", "POST /mcp/both",
     AUTH JSON BOTH "MCP-Protocol-Version: 2099-01-01\r\nMcp-Method: tools/list\r\n",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":{"
     "\"io.modelcontextprotocol/protocolVersion\":\"2099-01-01\","
     "\"io.modelcontextprotocol/clientCapabilities\":{}}}}",
     400, "\"supported\":[\"2026-07-28\",\"2025-11-25\"],\"requested\":\"2099-01-01\""},
    {"modern at a legacy upstream", "POST /mcp/legacy",
     AUTH JSON BOTH MODERN "Mcp-Method: tools/call\r\nMcp-Name: x\r\n", CALL_X, 400,
     "-32022,\"message\":\"Unsupported protocol "
     "version\",\"data\":{\"supported\":[\"2025-11-25\"]"},
    {"legacy at a modern upstream", "POST /mcp/modern", AUTH JSON BOTH, INIT, 200,
     "\"id\":1,\"error\":{\"code\":-32602"},
    {"no version header", "POST /mcp/both",
     AUTH JSON BOTH "Mcp-Method: tools/call\r\nMcp-Name: x\r\n", CALL_X, 400,
     "-32020,\"message\":\"the header MCP-Protocol-Version is missing"},
    {"no method header", "POST /mcp/both", AUTH JSON BOTH MODERN "Mcp-Name: x\r\n", CALL_X, 400,
     "-32020,\"message\":\"the header Mcp-Method is missing"},
    {"no name header", "POST /mcp/both", AUTH JSON BOTH MODERN "Mcp-Method: tools/call\r\n", CALL_X,
     400, "-32020,\"message\":\"the header Mcp-Name is missing"},
    {"another method header", "POST /mcp/both",
     AUTH JSON BOTH MODERN "Mcp-Method: tools/list\r\nMcp-Name: x\r\n", CALL_X, 400,
     "-32020,\"message\":\"the header Mcp-Method differs from the body"},
    {"another name header", "POST /mcp/both",
     AUTH JSON BOTH MODERN "Mcp-Method: tools/call\r\nMcp-Name: y\r\n", CALL_X, 400,
     "-32020,\"message\":\"the header Mcp-Name differs from the body"},
    {"another version header", "POST /mcp/both",
     AUTH JSON BOTH "MCP-Protocol-Version: 2025-11-25\r\nMcp-Method: tools/call\r\nMcp-Name: x\r\n",
     CALL_X, 400, "-32020,\"message\":\"the header MCP-Protocol-Version differs from the body"},
    {"method of the other era", "POST /mcp/both", AUTH JSON BOTH MODERN "Mcp-Method: ping\r\n",
     "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"ping\",\"params\":{" META "}}", 404,
     "\"id\":\"a\",\"error\":{\"code\":-32601"},
    {"method of a server", "POST /mcp/both",
     AUTH JSON BOTH MODERN "Mcp-Method: sampling/createMessage\r\n",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sampling/createMessage\",\"params\":{" META "}}",
     404, "-32601"},
    {"method of the other era, malformed", "POST /mcp/both",
     AUTH JSON BOTH MODERN "Mcp-Method: resources/subscribe\r\n",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/subscribe\",\"params\":{" META "}}", 404,
     "-32601"},
    {"method of the other era, without headers", "POST /mcp/both", AUTH JSON BOTH MODERN,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tasks/result\",\"params\":{\"taskId\":\"t\"," META
     "}}",
     404, "-32601"},
    {"empty requestState", "POST /mcp/both",
     AUTH JSON BOTH MODERN "Mcp-Method: tools/call\r\nMcp-Name: x\r\n",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"x\","
     "\"requestState\":\"\"," META "}}",
     400, "-32602"},
    {"a response, modern", "POST /mcp/both", AUTH JSON BOTH MODERN,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", 400, "-32600"},
    {"empty parameter header", "POST /mcp/both",
     AUTH JSON BOTH MODERN "Mcp-Method: tools/call\r\nMcp-Name: x\r\nMcp-Param-A:\r\n", CALL_X, 400,
     "ambiguous or malformed"},
    {"no session", "POST /mcp/both", AUTH JSON BOTH,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}", 400, "Mcp-Session-Id"},
    {"unknown session", "POST /mcp/both", AUTH JSON BOTH SESSION,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}", 404, "initialize again"},
    {"malformed session", "POST /mcp/both", AUTH JSON BOTH "Mcp-Session-Id: ABC\r\n",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}", 404, "initialize again"},
    {"get without a session", "GET /mcp/both", AUTH BOTH, NULL, 400, "Mcp-Session-Id"},
    {"get of an unknown session", "GET /mcp/both", AUTH BOTH SESSION, NULL, 404,
     "initialize again"},
    {"get for JSON", "GET /mcp/both", AUTH SESSION "Accept: application/json\r\n", NULL, 406,
     "text/event-stream"},
    {"get at a modern upstream", "GET /mcp/modern", AUTH BOTH, NULL, 405, "Allow: POST"},
    {"delete without a token", "DELETE /mcp/both", SESSION, NULL, 401, "WWW-Authenticate"},
    {"delete of an unknown session", "DELETE /mcp/both", AUTH SESSION, NULL, 404,
     "initialize again"},
    {"delete at a modern upstream", "DELETE /mcp/modern", AUTH SESSION, NULL, 405, "Allow: POST"},
    {"initialize without capabilities", "POST /mcp/both", AUTH JSON BOTH,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{}}", 200, "-32602"},
    {"initialize under a modern header", "POST /mcp/both", AUTH JSON BOTH MODERN, INIT, 400, ""},
};

static void check_refusal(struct stage *s, const struct refusal_row *r)
{
    struct client c = {0};
    char status[32];

    print_message("    %s\n", r->name);
    request(s, &c, r->line, r->headers, r->body);
    WAIT(s, &c, has(&c, "\r\n\r\n"));
    quiet(s, &c);
    (void)snprintf(status, sizeof(status), "HTTP/1.1 %u ", r->status);
    if (!has(&c, status) || (r->has[0] != '\0' && !has(&c, r->has)))
        fail_msg("%.*s", (int)c.got.n, (const char *)c.got.p);
    client_close(&c);
}

static void test_refusals(void **state)
{
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
        check_refusal(s, &refusals[i]);
    assert_int_equal(s->n[MSG_CALL_OPEN], 0);
    assert_int_equal(HASH_COUNT(s->g.calls), 0);
}

/* What a server that does not tell capitals apart, or takes what it likes, would go by. */
static const struct refusal_row misread[] = {
    {"another params", "POST /mcp/both", AUTH JSON BOTH MODERN CALL_X_HEADERS,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"x\"," META
     "},\"Params\":{\"name\":\"y\"}}",
     400, "\"id\":1,\"error\":{\"code\":-32600,\"message\":\"the member \\\"Params\\\" "},
    {"another method", "POST /mcp/both", AUTH JSON BOTH MODERN "Mcp-Method: tools/list\r\n",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"M\\u0065thod\":\"tools/call\",\"method\":\"tools/list\","
     "\"params\":{" META "}}",
     400, "the member \\\"Method\\\" "},
    {"another name", "POST /mcp/both", AUTH JSON BOTH MODERN CALL_X_HEADERS,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"x\",\"NAME\":"
     "\"y\"," META "}}",
     400, "the member \\\"NAME\\\" "},
    {"legacy, in no session", "POST /mcp/both", AUTH JSON BOTH SESSION,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"tenant\":\"live\"}", 400,
     "the member \\\"tenant\\\" "},
    {"a response", "POST /mcp/both", AUTH JSON BOTH SESSION,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"Method\":\"tools/call\"}", 400,
     "\\\"Method\\\""},
    {"a notification", "POST /mcp/both", AUTH JSON BOTH SESSION,
     "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"Id\":1}", 400, "\\\"Id\\\""},
};

static void test_misread(void **state)
{
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(misread); i++)
        check_refusal(s, &misread[i]);
    assert_int_equal(s->n[MSG_CALL_OPEN], 0);
}

static void keep_line(void *ctx, struct slice line)
{
    buf_put(ctx, line);
}

/* People and programs put tokens where they do not belong. */
static void test_no_words_of_the_request_in_the_log(void **state)
{
    static const char *const lines[] = {"POST /sg_token", "POST /mcp/sg_token",
                                        "sg_token /mcp/both", "GET /mcp/both/sg_token?sg_token",
                                        "PUT /sg_token"};
    struct stage *s = *state;
    struct buf log = BUF_INIT(65536);

    log_set_sink(keep_line, &log);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct client c = {0};

        request(s, &c, lines[i], AUTH JSON BOTH, NULL);
        WAIT(s, &c, has(&c, "\r\n\r\n"));
        client_close(&c);
    }
    log_set_sink(NULL, NULL);
    assert_true(slice_find(buf_slice(&log), SLICE_LIT("request_refused")) < log.n);
    assert_int_equal(slice_find(buf_slice(&log), SLICE_LIT("sg_token")), log.n);
    buf_free(&log);
}

static void test_hosts(void **state)
{
    static const char *const hosts[] = {"evil.example", "localhost", "127.0.0.1", "127.0.0.1:1"};
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        struct client c = {0};
        char raw[256], ours[64];

        (void)snprintf(raw, sizeof(raw), "OPTIONS /mcp/both HTTP/1.1\r\nHost: %s\r\n\r\n",
                       hosts[i]);
        (void)snprintf(ours, sizeof(ours), "use the configured address, 127.0.0.1:%u\"",
                       (unsigned)s->port);
        client_open(&c, s->port);
        client_send_str(&c, raw);
        WAIT(s, &c, has(&c, "HTTP/1.1 403 "));
        WAIT(s, &c, has(&c, ours));
        client_close(&c);
    }
}

static void test_deep_and_large(void **state)
{
    struct stage *s = *state;
    struct client c = {0};
    struct buf b = BUF_INIT(1 << 20);

    for (int i = 0; i < 2000; i++)
        buf_put_u8(&b, '[');
    buf_put_u8(&b, 0);
    post(s, &c, "/mcp/both", "", (const char *)b.p);
    WAIT(s, &c, has(&c, "nested deeper"));
    client_close(&c);
    assert_err(limit_set(SET_BODY_BYTES, 4096), ERR_OK);
    buf_clear(&b);
    for (int i = 0; i < 5000; i++)
        buf_put_u8(&b, ' ');
    buf_put_u8(&b, 0);
    c = (struct client){0};
    post(s, &c, "/mcp/both", "", (const char *)b.p);
    WAIT(s, &c, has(&c, "HTTP/1.1 413 "));
    client_close(&c);
    assert_err(limit_set(SET_BODY_BYTES, 1 << 20), ERR_OK);
    /* Who shows no token is told so, whatever it sends. */
    buf_clear(&b);
    for (size_t i = 0; i < 200 * 1000; i++)
        buf_put_u8(&b, ' ');
    buf_put_u8(&b, 0);
    c = (struct client){0};
    request(s, &c, "POST /mcp/both",
            "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n",
            (const char *)b.p);
    WAIT(s, &c, has(&c, "HTTP/1.1 401 "));
    client_close(&c);
    buf_free(&b);
}

static void test_preflight(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    request(s, &c, "OPTIONS /mcp/both",
            "Origin: http://localhost:6274\r\nAccess-Control-Request-Method: POST\r\n"
            "Access-Control-Request-Headers: authorization, mcp-param-Region , x-evil,mcp-(,"
            "content-type,last-event-id\r\n",
            NULL);
    WAIT(s, &c, has(&c, "HTTP/1.1 204 "));
    assert_true(has(&c, "Access-Control-Allow-Origin: http://localhost:6274\r\n"));
    assert_true(has(&c, "Access-Control-Allow-Methods: POST, GET, DELETE, OPTIONS\r\n"));
    assert_true(has(&c, "Access-Control-Allow-Headers: authorization, mcp-param-Region, "
                        "content-type, last-event-id\r\n"));
    assert_true(has(&c, "Access-Control-Expose-Headers: Mcp-Session-Id, WWW-Authenticate\r\n"));
    assert_true(has(&c, "Vary: Origin\r\n"));
    assert_false(has(&c, "Allow-Credentials"));
    client_close(&c);
    /* Without an Origin nothing is said of origins. */
    c = (struct client){0};
    request(s, &c, "OPTIONS /mcp/both", "", NULL);
    WAIT(s, &c, has(&c, "HTTP/1.1 204 "));
    assert_false(has(&c, "Access-Control"));
    client_close(&c);
}

static void test_errors_have_cors(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    request(s, &c, "POST /mcp/both", "Origin: http://localhost:6274\r\n" JSON BOTH, CALL_X);
    WAIT(s, &c, has(&c, "HTTP/1.1 401 "));
    assert_true(has(&c, "Access-Control-Allow-Origin: http://localhost:6274\r\n"));
    client_close(&c);
}

static void test_too_many_params(void **state)
{
    struct stage *s = *state;
    struct client c = {0};
    struct buf b = BUF_INIT(65536);

    buf_put_str(&b, MODERN "Mcp-Method: tools/call\r\nMcp-Name: x\r\n");
    for (unsigned i = 0; i <= LIM_MCP_PARAMS; i++)
        buf_printf(&b, "Mcp-Param-%u: a\r\n", i);
    buf_put_u8(&b, 0);
    post(s, &c, "/mcp/both", (const char *)b.p, CALL_X);
    WAIT(s, &c, has(&c, "HTTP/1.1 400 "));
    client_close(&c);
    buf_free(&b);
}

/* The keeper's refusals, and that the token went to it and nowhere else. */
static void test_denied(void **state)
{
    static const struct {
        enum err code;
        const char *status;
    } rows[] = {
        {ERR_UNAUTHENTICATED, "HTTP/1.1 401 "},  {ERR_FORBIDDEN, "HTTP/1.1 403 "},
        {ERR_RATE_LIMITED, "HTTP/1.1 429 "},     {ERR_BAD_STATE, "HTTP/1.1 400 "},
        {ERR_UNAVAILABLE, "HTTP/1.1 503 "},      {ERR_OK, "HTTP/1.1 403 "},
        {ERR_TOO_MANY_PROMPTS, "HTTP/1.1 429 "},
    };
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct client c = {0};

        call_modern(s, &c, "1", "{}", "");
        WAIT_MSG(s, &c, MSG_CALL_OPEN, i + 1);
        assert_string_equal(s->open.token, TOKEN);
        say_deny(s, s->open.call, rows[i].code);
        WAIT(s, &c, has(&c, rows[i].status));
        assert_int_equal(has(&c, "WWW-Authenticate"), rows[i].code == ERR_UNAUTHENTICATED);
        /* A budget of an hour is not there again in a second. */
        assert_int_equal(has(&c, "Retry-After"), rows[i].code == ERR_RATE_LIMITED);
        client_close(&c);
    }
    assert_int_equal(s->n[MSG_CALL_GONE], 0);
    assert_int_equal(HASH_COUNT(s->g.calls), 0);
}

/* No body is read before the keeper has said that its token is good; a yes is remembered until the
 * key is gone. */
static void test_token_before_body(void **state)
{
    struct stage *s = *state;
    struct client c = {0}, d = {0};

    s->asks_nobody = true;
    call_modern(s, &c, "1", "{}", "");
    WAIT_MSG(s, &c, MSG_TOKEN_CHECK, 1);
    quiet(s, &c);
    assert_int_equal(s->n[MSG_CALL_OPEN], 0);
    assert_int_equal(s->g.keys.shares.held, 0);
    say_known(s, s->check, true);
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    assert_true(s->g.keys.shares.held > 0);
    call_modern(s, &d, "2", "{}", "");
    WAIT_MSG(s, &d, MSG_CALL_OPEN, 2);
    assert_int_equal(s->n[MSG_TOKEN_CHECK], 1);
    client_close(&d);
    client_close(&c);
    WAIT_MSG(s, &c, MSG_CALL_GONE, 2);
    assert_int_equal(s->g.keys.shares.held, 0);
    say_gone(s);
    d = (struct client){0};
    call_modern(s, &d, "3", "{}", "");
    WAIT_MSG(s, &d, MSG_TOKEN_CHECK, 2);
    say_known(s, s->check, false);
    WAIT(s, &d, has(&d, "HTTP/1.1 401 "));
    assert_true(has(&d, "WWW-Authenticate"));
    client_close(&d);
    assert_int_equal(s->n[MSG_CALL_OPEN], 2);
}

/* Who leaves while its token is asked about, and a keeper that does. */
static void test_token_and_who_leaves(void **state)
{
    struct stage *s = *state;
    struct client c = {0};
    uint64_t check;

    s->asks_nobody = true;
    call_modern(s, &c, "1", "{}", "");
    WAIT_MSG(s, &c, MSG_TOKEN_CHECK, 1);
    check = s->check;
    client_close(&c);
    WAIT(s, &c, s->g.keys.checks == NULL);
    say_known(s, check, true); /* too late, and no matter */
    c = (struct client){0};
    call_modern(s, &c, "2", "{}", "");
    WAIT_MSG(s, &c, MSG_TOKEN_CHECK, 2);
    stage_end(s, &s->keeper);
    WAIT(s, &c, has(&c, "HTTP/1.1 503 "));
    client_close(&c);
    assert_int_equal(s->n[MSG_CALL_OPEN], 0);
}

/* One large body more than the share of the key has room for, whatever it waits for. */
static void test_share_of_a_key(void **state)
{
    enum { LARGE = 2 * LIM_SHARE_LEAST };
    struct stage *s = *state;
    struct client a = {0}, b = {0};
    struct buf more = BUF_INIT(2 * LARGE);

    s->g.keys.shares.each = LARGE * 3 / 2;
    buf_put_str(&more, ",\"com.example/x\":\"");
    for (size_t i = 0; i < LARGE - 1000; i++)
        buf_put_u8(&more, 'x');
    buf_put_str(&more, "\"");
    buf_put_u8(&more, 0);
    call_modern(s, &a, "1", "{}", (const char *)more.p);
    WAIT_MSG(s, &a, MSG_CALL_OPEN, 1);
    call_modern(s, &b, "2", "{}", (const char *)more.p);
    WAIT(s, &b, has(&b, "\"error\":{\"code\":"));
    assert_true(has(&b, "HTTP/1.1 429 "));
    assert_true(has(&b, "Retry-After: 1\r\n"));
    client_close(&b);
    b = (struct client){0};
    call_modern(s, &b, "3", "{}", "");
    WAIT_MSG(s, &b, MSG_CALL_OPEN, 2);
    client_close(&b);
    client_close(&a);
    WAIT_MSG(s, &a, MSG_CALL_GONE, 2);
    a = (struct client){0};
    call_modern(s, &a, "4", "{}", (const char *)more.p);
    WAIT_MSG(s, &a, MSG_CALL_OPEN, 3);
    client_close(&a);
    WAIT_MSG(s, &a, MSG_CALL_GONE, 3);
    buf_free(&more);
}

static void test_without_a_keeper(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    call_modern(s, &c, "1", "{}", "");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    stage_end(s, &s->keeper);
    WAIT(s, &c, has(&c, "HTTP/1.1 503 "));
    client_close(&c);
    c = (struct client){0};
    call_modern(s, &c, "1", "{}", "");
    WAIT(s, &c, has(&c, "HTTP/1.1 503 "));
    client_close(&c);
    stage_add_keeper(s);
    c = (struct client){0};
    call_modern(s, &c, "1", "{}", "");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 2);
    client_close(&c);
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_refusals),
        STAGED(test_misread),
        STAGED(test_no_words_of_the_request_in_the_log),
        STAGED(test_hosts),
        STAGED(test_deep_and_large),
        STAGED(test_preflight),
        STAGED(test_errors_have_cors),
        STAGED(test_too_many_params),
        STAGED(test_denied),
        STAGED(test_without_a_keeper),
        STAGED(test_token_before_body),
        STAGED(test_token_and_who_leaves),
        STAGED(test_share_of_a_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
