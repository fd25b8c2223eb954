/* Uses without a client: trying a new credential, and asking a server for its lists. */
#include "unit.h"

#include "egress/rig.h"

#include <stdio.h>
#include <string.h>

static bool asks(const struct rig_request *q, const char *text)
{
    return strstr((const char *)q->body.p, text) != NULL;
}

#define OK "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":[]}}"
#define INIT_OK                                                                                    \
    "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"protocolVersion\":\"2025-11-25\","              \
    "\"capabilities\":{\"tools\":{},\"resources\":{}}}}"

/* --- verify ----------------------------------------------------------------------------------- */

static const struct {
    const char *method;
    const char *text; /* a whole answer, or JSON */
    enum result result;
    bool refused;
    enum err code;
    const char *wants; /* in the request */
} verifies[] = {
    {"tools/list", OK, RESULT_ANSWERED, false, ERR_OK, "\"method\":\"tools/list\""},
    {"resources/list", OK, RESULT_ANSWERED, false, ERR_OK, "\"method\":\"resources/list\""},
    {"tools/list", "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"error\":{\"code\":-1,\"message\":\"m\"}}",
     RESULT_ANSWERED, false, ERR_UPSTREAM_ANSWER, ""},
    {"tools/list", "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", RESULT_ANSWERED, true,
     ERR_UPSTREAM_REFUSED, ""},
    {"tools/list", "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", RESULT_ANSWERED, true,
     ERR_UPSTREAM_REFUSED, ""},
    {"tools/list", "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", RESULT_ANSWERED, false,
     ERR_UPSTREAM_STATUS, ""},
    {"tools/list", "{}", RESULT_ANSWERED, false, ERR_UPSTREAM_ANSWER, ""},
    {"tools/list", "", RESULT_UNKNOWN, false, ERR_CLOSED, ""},
};

static void check_verify(size_t k, unsigned i)
{
    const struct rig_use *u = rig_use_of(&rig, i);

    rig_result(&rig, i);
    if (u->result.result != verifies[k].result || u->result.refused != verifies[k].refused ||
        u->result.code != verifies[k].code)
        fail_msg("row %zu: %s %d %s", k, result_name(u->result.result), u->result.refused,
                 err_name(u->result.code));
    assert_int_equal(u->results, 1);
    assert_int_equal(rig.ends, 0);
}

static void say(struct rig_conn *c, const struct rig_request *q, const char *text)
{
    if (text[0] == '{')
        rig_say_json(c, q, text);
    else if (text[0] == 'H')
        rig_say(c, text);
    else
        rig_hang_up(c);
}

static void test_verify_modern(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(verifies); k++) {
        unsigned i;

        rig_start(&rig, &(struct rig_conf){.protocols = 1, .verify_method = verifies[k].method});
        i = rig_ask(&rig, (struct rig_ask){.mode = MODE_VERIFY, .credential = "fresh-canary-1"});
        rig_requests(&rig, 1);
        assert_true(rig_has(&rig.requests[0], "Authorization: Bearer fresh-canary-1\r\n"));
        assert_true(rig_has(&rig.requests[0], "MCP-Protocol-Version: 2026-07-28\r\n"));
        assert_true(rig_has(&rig.requests[0], "Mcp-Method: "));
        assert_true(
            asks(&rig.requests[0], "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\""));
        assert_true(asks(&rig.requests[0], verifies[k].wants));
        say(&rig.conns[0], &rig.requests[0], verifies[k].text);
        check_verify(k, i);
        rig_stop(&rig);
    }
}

static void test_verify_legacy(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(verifies); k++) {
        unsigned i;

        rig_start(&rig, &(struct rig_conf){.protocols = 2, .verify_method = verifies[k].method});
        i = rig_ask(&rig, (struct rig_ask){.mode = MODE_VERIFY, .credential = "fresh-canary-1"});
        rig_requests(&rig, 1);
        assert_true(asks(&rig.requests[0], "\"initialize\""));
        rig_say_json(&rig.conns[0], &rig.requests[0], INIT_OK);
        rig_requests(&rig, 2);
        rig_say(&rig.conns[0], "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
        rig_requests(&rig, 3);
        assert_true(asks(&rig.requests[2], verifies[k].wants));
        assert_false(asks(&rig.requests[2], "_meta"));
        say(&rig.conns[0], &rig.requests[2], verifies[k].text);
        check_verify(k, i);
        rig_stop(&rig);
    }
}

/* Configured for both eras, and the server knows only the older: that is no fault of the
 * credential. */
static void test_verify_falls_back(void **state)
{
    static const char *const unknown[] = {
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 76\r\n\r\n"
        "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,\"message\":\"version "
        "2026\"},\"id\":null}",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    };

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(unknown); k++) {
        unsigned i;

        rig_start(&rig, &(struct rig_conf){.verify_method = "tools/list"});
        i = rig_ask(&rig, (struct rig_ask){.mode = MODE_VERIFY, .credential = "fresh-canary-1"});
        rig_requests(&rig, 1);
        rig_say(&rig.conns[0], unknown[k]);
        rig_requests(&rig, 2);
        assert_true(asks(&rig.requests[1], "\"initialize\""));
        rig_say_json(&rig.conns[rig.requests[1].conn], &rig.requests[1], INIT_OK);
        rig_requests(&rig, 3);
        rig_say(&rig.conns[rig.requests[2].conn],
                "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
        rig_requests(&rig, 4);
        assert_true(asks(&rig.requests[3], "\"method\":\"tools/list\""));
        assert_false(asks(&rig.requests[3], "_meta"));
        assert_true(rig_has(&rig.requests[3], "Authorization: Bearer fresh-canary-1\r\n"));
        rig_say_json(&rig.conns[rig.requests[3].conn], &rig.requests[3], OK);
        rig_result(&rig, i);
        assert_err(rig_use_of(&rig, i)->result.code, ERR_OK);
        rig_stop(&rig);
    }
}

static void test_verify_by_initialize(void **state)
{
    unsigned i;

    (void)state;
    rig_start(&rig, &(struct rig_conf){.protocols = 2, .verify_method = "initialize"});
    i = rig_ask(&rig, (struct rig_ask){.mode = MODE_VERIFY});
    rig_requests(&rig, 1);
    rig_say_json(&rig.conns[0], &rig.requests[0], INIT_OK);
    rig_requests(&rig, 2);
    rig_say(&rig.conns[0], "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    rig_result(&rig, i);
    assert_int_equal(rig_use_of(&rig, i)->result.result, RESULT_ANSWERED);
    assert_err(rig_use_of(&rig, i)->result.code, ERR_OK);

    i = rig_ask(&rig, (struct rig_ask){.mode = MODE_VERIFY});
    rig_requests(&rig, 3);
    rig_say(&rig.conns[0], "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
    rig_result(&rig, i);
    assert_true(rig_use_of(&rig, i)->result.refused);
    assert_int_equal(rig_use_of(&rig, i)->result.result, RESULT_ANSWERED);
    rig_stop(&rig);
}

static void test_verify_not_configured(void **state)
{
    unsigned i;

    (void)state;
    rig_start(&rig, &(struct rig_conf){0});
    i = rig_ask(&rig, (struct rig_ask){.mode = MODE_VERIFY});
    rig_result(&rig, i);
    assert_int_equal(rig_use_of(&rig, i)->result.result, RESULT_UNSENT);
    assert_int_equal(rig.requests_n, 0);
    rig_stop(&rig);
}

/* --- probe ------------------------------------------------------------------------------------ */

/* A server with two pages of tools, one prompt that it will not list, and resources. */
static void server(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    (void)r;
    if (asks(q, "server/discover"))
        rig_say_json(
            c, q,
            "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"supportedVersions\":[\"2026-07-28\"],"
            "\"capabilities\":{\"tools\":{},\"prompts\":{},\"resources\":{}}}}");
    else if (asks(q, "\"initialize\""))
        rig_say_json(c, q, INIT_OK);
    else if (asks(q, "notifications/"))
        rig_say(c, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    else if (asks(q, "tools/list") && asks(q, "\"cursor\":\"p\\\"2\""))
        rig_say_json(c, q,
                     "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":[{\"name\":\"b\"}]}}");
    else if (asks(q, "tools/list"))
        rig_say_json(c, q,
                     "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":[{\"name\":\"a\"}],"
                     "\"nextCursor\":\"p\\\"2\"}}");
    else if (asks(q, "prompts/list"))
        rig_say(c, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    else if (asks(q, "templates"))
        rig_say_json(
            c, q, "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"error\":{\"code\":-32601,\"message\":\"m\"}}");
    else
        rig_say_json(c, q, "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"resources\":[]}}");
}

static void test_probe_modern(void **state)
{
    unsigned i;

    (void)state;
    rig_start(&rig, &(struct rig_conf){.protocols = 1});
    rig.script = server;
    i = rig_ask(&rig, (struct rig_ask){.mode = MODE_PROBE, .credential = ""});
    rig_result(&rig, i);
    assert_int_equal(rig_use_of(&rig, i)->result.result, RESULT_ANSWERED);
    assert_err(rig_use_of(&rig, i)->result.code, ERR_OK);
    assert_false(rig_has(&rig.requests[0], "Authorization"));
    buf_put_u8(&rig.snapshots, 0);
    assert_string_equal(
        (const char *)rig.snapshots.p,
        "modern server:{\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{},"
        "\"prompts\":{},\"resources\":{}}}\n"
        "modern tools:{\"tools\":[{\"name\":\"a\"},{\"name\":\"b\"}]}\n"
        "modern resources:{\"resources\":[]}\n");
    assert_int_equal(rig.requests_n, 6);
    rig_stop(&rig);
}

static void test_probe_legacy(void **state)
{
    unsigned i;

    (void)state;
    rig_start(&rig, &(struct rig_conf){.protocols = 2});
    rig.script = server;
    i = rig_ask(&rig, (struct rig_ask){.mode = MODE_PROBE, .credential = ""});
    rig_result(&rig, i);
    assert_err(rig_use_of(&rig, i)->result.code, ERR_OK);
    assert_int_equal(rig.snapshots_n, 3); /* server, tools, resources */
    /* Again: nothing has changed, nothing is stored. */
    i = rig_ask(&rig, (struct rig_ask){.mode = MODE_PROBE, .credential = ""});
    rig_result(&rig, i);
    assert_int_equal(rig.snapshots_n, 3);
    rig_stop(&rig);
}

static void other_resources(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    static unsigned n;
    char text[100];

    if (!asks(q, "resources/list")) {
        server(r, c, q);
        return;
    }
    snprintf(text, sizeof(text),
             "{\"jsonrpc\":\"2.0\",\"id\":%%ID,\"result\":{\"resources\":[%u]}}", n++);
    rig_say_json(c, q, text);
}

static void server_of_one_page(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    (void)r;
    rig_say_json(c, q, OK);
}

/* Whoever asks for it often does not have it written as often. */
static void test_list_that_always_differs(void **state)
{
    (void)state;
    rig_start(&rig, &(struct rig_conf){.protocols = 1});
    rig.script = other_resources;
    for (unsigned k = 0; k < 3; k++)
        rig_result(&rig, rig_ask(&rig, (struct rig_ask){.mode = MODE_PROBE, .credential = ""}));
    assert_int_equal(rig.snapshots_n, 3); /* server, tools, resources, once each */
    rig_stop(&rig);
}

/* What was asked for to try a credential. */
static void test_verify_keeps_its_list(void **state)
{
    static const char *const methods[] = {"tools/list", "ping"};

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(methods); k++) {
        rig_start(&rig, &(struct rig_conf){.protocols = 1, .verify_method = methods[k]});
        rig.script = server_of_one_page;
        rig_result(&rig, rig_ask(&rig, (struct rig_ask){.mode = MODE_VERIFY}));
        buf_put_u8(&rig.snapshots, 0);
        assert_string_equal((const char *)rig.snapshots.p,
                            k == 0 ? "modern tools:{\"tools\":[]}\n" : "");
        rig_stop(&rig);
    }
}

static void endless_pages(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    if (asks(q, "tools/list")) {
        r->requests_n--; /* more than the rig keeps */
        buf_free(&r->requests[r->requests_n].head);
        rig_say_json(
            c, q,
            "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":[],\"nextCursor\":\"x\"}}");
        buf_free(&r->requests[r->requests_n].body);
        r->step++;
    } else {
        server(r, c, q);
    }
}

static void test_probe_endless_pages(void **state)
{
    unsigned i;

    (void)state;
    rig_start(&rig, &(struct rig_conf){.protocols = 1});
    rig.script = endless_pages;
    i = rig_ask(&rig, (struct rig_ask){.mode = MODE_PROBE, .credential = ""});
    rig_result(&rig, i);
    assert_err(rig_use_of(&rig, i)->result.code, ERR_OK);
    assert_true(rig.step > 10 && rig.step < 100);
    assert_null(strstr((const char *)rig.snapshots.p, "tools:"));
    rig_stop(&rig);
}

static void test_probe_refused(void **state)
{
    unsigned i;

    (void)state;
    rig_start(&rig, &(struct rig_conf){.protocols = 1});
    i = rig_ask(&rig, (struct rig_ask){.mode = MODE_PROBE, .credential = ""});
    rig_requests(&rig, 1);
    rig_say(&rig.conns[0], "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
    rig_result(&rig, i);
    assert_true(rig_use_of(&rig, i)->result.refused);
    assert_int_equal(rig.snapshots_n, 0);
    rig_stop(&rig);
}

/* --- lists that clients ask for --------------------------------------------------------------- */

static const struct {
    const char *body, *answer;
    const char *stored; /* NULL: nothing */
} lists[] = {
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}",
     "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":[{\"name\":\"a\"}],\"ttlMs\":5}}",
     "modern tools:{\"tools\":[{\"name\":\"a\"}]}\n"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"prompts/list\",\"params\":{}}",
     "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"prompts\":[]}}",
     "modern prompts:{\"prompts\":[]}\n"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/templates/list\"}",
     "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"resourceTemplates\":[1]}}",
     "modern templates:{\"resourceTemplates\":[1]}\n"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"cursor\":\"x\"}}",
     "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":[]}}", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}",
     "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":[],\"nextCursor\":\"x\"}}", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}",
     "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":{}}}", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}",
     "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"error\":{\"code\":1,\"message\":\"m\"}}", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}",
     "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":[\"s3cret-canary-0123456789\"]}}",
     "modern tools:{\"tools\":[\"[redacted: weather]\"]}\n"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\"}",
     "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"capabilities\":{},\"a\":1}}",
     "modern server:{\"capabilities\":{},\"a\":1}\n"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\"}",
     "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"error\":{\"code\":1,\"message\":\"m\"}}", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"tools/"
     "list\"}}",
     "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":[]}}", NULL},
};

static void answer(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    rig_say_json(c, q, r->canned);
}

static void test_lists(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(lists); k++) {
        unsigned i;

        rig_start(&rig, &(struct rig_conf){0});
        rig.script = answer;
        rig.canned = lists[k].answer;
        for (int twice = 0; twice < 2; twice++) {
            i = rig_ask(&rig, (struct rig_ask){.body = lists[k].body});
            rig_both(&rig, i);
            assert_int_equal(rig_call_of(&rig, i)->how, ANSWER_HOW_DONE);
        }
        buf_put_u8(&rig.snapshots, 0);
        assert_string_equal((const char *)rig.snapshots.p,
                            lists[k].stored == NULL ? "" : lists[k].stored);
        rig_stop(&rig);
    }
}

/* --- both eras -------------------------------------------------------------------------------- */

/* A probe of a server that is configured for both eras asks in both; one may be missing. */
static void no_modern(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    if (rig_has(q, "MCP-Protocol-Version: 2026-07-28"))
        rig_say(c, "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n");
    else
        server(r, c, q);
}

static void no_legacy(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    if (asks(q, "\"initialize\""))
        rig_say(c, "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n");
    else
        server(r, c, q);
}

static void test_probe_both(void **state)
{
    static const struct {
        rig_script *script;
        unsigned snapshots;
        enum err code;
    } rows[] = {
        {server, 6, ERR_OK},
        {no_modern, 3, ERR_OK},
        {no_legacy, 3, ERR_OK},
    };

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        unsigned i;

        rig_start(&rig, &(struct rig_conf){0});
        rig.script = rows[k].script;
        i = rig_ask(&rig, (struct rig_ask){.mode = MODE_PROBE, .credential = ""});
        rig_result(&rig, i);
        assert_err(rig_use_of(&rig, i)->result.code, rows[k].code);
        assert_int_equal(rig.snapshots_n, rows[k].snapshots);
        rig_stop(&rig);
    }
}

#define T(name) cmocka_unit_test_teardown(name, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_verify_modern),
        T(test_verify_legacy),
        T(test_verify_falls_back),
        T(test_verify_by_initialize),
        T(test_verify_not_configured),
        T(test_probe_modern),
        T(test_probe_legacy),
        T(test_list_that_always_differs),
        T(test_verify_keeps_its_list),
        T(test_probe_endless_pages),
        T(test_probe_refused),
        T(test_lists),
        T(test_probe_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
