/* Tests of how fast the gateway refuses by itself what the keeper never hears of. */
#include "stage.h"

#include "base/limits.h"
#include "os/log.h"

enum { BURST = 3, MORE = 12 };

#define OTHERS "sgk_bob_9876543210"
#define COMMON "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
#define AUTH   "Authorization: Bearer " TOKEN "\r\n" COMMON
#define BOB    "Authorization: Bearer " OTHERS "\r\n" COMMON
#define MODERN "MCP-Protocol-Version: 2026-07-28\r\n"
#define META                                                                                       \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                       \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define CALL_X                                                                                     \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"x\"," META "}" \
    "}"
#define OTHER_NAME "Mcp-Method: tools/call\r\nMcp-Name: y\r\n"

static struct buf log_text;
static uint64_t now = 1000; /* stands still but for what a test does */

uint64_t __wrap_clock_boot_ms(void);

uint64_t __wrap_clock_boot_ms(void)
{
    return now;
}

static void keep_line(void *ctx, struct slice line)
{
    buf_put(ctx, line);
}

static int setup(void **state)
{
    assert_int_equal(stage_setup(state), 0);
    assert_err(limit_set(SET_KEY_BURST, BURST), ERR_OK);
    assert_err(limit_set(SET_KEY_RATE, 1), ERR_OK);
    assert_err(limit_set(SET_STRANGER_BURST, BURST), ERR_OK);
    assert_err(limit_set(SET_STRANGER_RATE, 1), ERR_OK);
    buf_init(&log_text, 1 << 20);
    log_set_sink(keep_line, &log_text);
    return 0;
}

static int teardown(void **state)
{
    int e = stage_teardown(state);

    log_set_sink(NULL, NULL);
    buf_free(&log_text);
    return e;
}

static unsigned logged(const char *text)
{
    struct slice rest = buf_slice(&log_text), what = slice_str(text);
    unsigned n = 0;

    for (size_t at; (at = slice_find(rest, what)) < rest.n; n++)
        rest = slice_sub(rest, at + what.n, rest.n);
    return n;
}

static void is_answered(struct stage *s, const char *line, const char *headers, const char *body,
                        const char *want)
{
    struct client c = {0};

    request(s, &c, line, headers, body);
    WAIT(s, &c, has(&c, "\r\n\r\n"));
    if (!has(&c, want))
        fail_msg("not %s: %.*s", want, (int)c.got.n, (const char *)c.got.p);
    if (strcmp(want, "HTTP/1.1 429 ") == 0) {
        assert_true(has(&c, "Retry-After: 1\r\n"));
        WAIT(s, &c, has(&c, "send faster than they may") || has(&c, "Content-Length: 0"));
    }
    client_close(&c);
}

/* Whatever it is that the keeper is not asked about. */
static const struct {
    const char *name, *line, *headers, *body, *want;
} rows[] = {
    {"header mismatch", "POST /mcp/both", AUTH MODERN OTHER_NAME, CALL_X, "HTTP/1.1 400 "},
    {"bad JSON", "POST /mcp/both", AUTH MODERN, "{", "HTTP/1.1 400 "},
    {"unknown method", "POST /mcp/both", AUTH MODERN "Mcp-Method: nope\r\n",
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{" META "}}", "HTTP/1.1 404 "},
    {"unknown upstream", "POST /mcp/none", AUTH, CALL_X, "HTTP/1.1 404 "},
    {"unknown session", "DELETE /mcp/both",
     AUTH "Mcp-Session-Id: 00000000000000000000000000000000\r\n", NULL, "HTTP/1.1 404 "},
    {"no stream without a session", "GET /mcp/both", AUTH, NULL, "HTTP/1.1 400 "},
    {"another HTTP method", "PUT /mcp/both", AUTH, NULL, "HTTP/1.1 405 "},
    {"a cancellation of nothing", "POST /mcp/both",
     AUTH MODERN "Mcp-Method: notifications/cancelled\r\n",
     "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1," META
     "}}",
     "HTTP/1.1 202 "},
};

/* Long enough for any pace to be as at first. */
static void rest(struct stage *s)
{
    now += 1000 * (BURST + 1);
    loop_turn(s->loop, 0);
}

static void flood(struct stage *s, size_t row)
{
    for (unsigned n = 0; n < BURST; n++)
        is_answered(s, rows[row].line, rows[row].headers, rows[row].body, rows[row].want);
    for (unsigned n = 0; n < MORE; n++)
        is_answered(s, rows[row].line, rows[row].headers, rows[row].body, "HTTP/1.1 429 ");
}

static void test_each_is_paced(void **state)
{
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_message("    %s\n", rows[i].name);
        flood(s, i);
        rest(s);
    }
    assert_int_equal(s->n[MSG_CALL_OPEN], 0);
    assert_int_equal(HASH_COUNT(s->g.calls), 0);
}

/* The next refusal is as ever a second later, whatever was refused meanwhile. */
static void test_goes_on_by_itself(void **state)
{
    struct stage *s = *state;

    flood(s, 0);
    now += 1000;
    is_answered(s, rows[0].line, rows[0].headers, rows[0].body, rows[0].want);
    is_answered(s, rows[0].line, rows[0].headers, rows[0].body, "HTTP/1.1 429 ");
}

/* Neither another key, nor what of this one is no refusal: that is the keeper's to count. */
static void test_stops_nothing_else(void **state)
{
    struct stage *s = *state;
    struct client c = {0};

    flood(s, 0);
    is_answered(s, rows[0].line, BOB MODERN OTHER_NAME, CALL_X, rows[0].want);
    call_modern(s, &c, "1", "{}", "");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    say_deny(s, s->open.call, ERR_SUSPENDED);
    WAIT(s, &c, has(&c, "HTTP/1.1 403 "));
    client_close(&c);
}

/* A line each within the pace, then one a second that says how many there were. */
static void test_log(void **state)
{
    struct stage *s = *state;

    flood(s, 0);
    assert_int_equal(logged("call_failed"), BURST);
    assert_int_equal(logged("TOO_FAST"), 0);
    assert_int_equal(logged("refusals_summed"), 0);
    now += 1000;
    loop_turn(s->loop, 0);
    assert_int_equal(logged("refusals_summed keys=12 strangers=0\n"), 1);
    now += 1000;
    loop_turn(s->loop, 0);
    assert_int_equal(logged("refusals_summed"), 1); /* nothing since */
}

/* Each is told what it lacks, however many there are. */
static void test_strangers(void **state)
{
    struct stage *s = *state;

    s->knows_nobody = true;
    for (unsigned n = 0; n < BURST + MORE; n++)
        is_answered(s, "POST /mcp/both", n % 2 ? COMMON : AUTH MODERN OTHER_NAME, CALL_X,
                    "HTTP/1.1 401 ");
    assert_int_equal(logged("call_failed"), BURST);
    /* What is no HTTP is refused before anybody looks whose it is. */
    is_answered(s, "POST /mcp/both", "Content-Length: 1\r\nContent-Length: 2\r\n", NULL,
                "HTTP/1.1 400 ");
    assert_int_equal(logged("connection_refused"), 0);
    now += 1000;
    loop_turn(s->loop, 0);
    assert_int_equal(logged("refusals_summed keys=0 strangers=13\n"), 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_each_is_paced), T(test_goes_on_by_itself), T(test_stops_nothing_else),
        T(test_log),           T(test_strangers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
