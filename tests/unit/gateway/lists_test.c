/* Tests of lists, of what stands in for them, and of Sidegate's own tools. */
#include <string.h>

#include "stage.h"

#define META                                                                                       \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                       \
    "\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{\"url\":{}}}}"

static void modern(struct stage *s, struct client *c, const char *path, const char *method,
                   const char *params)
{
    struct buf h = BUF_INIT(512), b = BUF_INIT(4096);

    *c = (struct client){0};
    buf_printf(&h, "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: %s\r\n", method);
    if (slice_eq_str(slice_str(method), "tools/call"))
        buf_put_str(&h, "Mcp-Name: sidegate_connect\r\n");
    buf_put_u8(&h, 0);
    buf_printf(&b, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{", method);
    buf_put_str(&b, params);
    buf_put_str(&b, META "}}");
    buf_put_u8(&b, 0);
    post(s, c, path, (const char *)h.p, (const char *)b.p);
    buf_free(&h);
    buf_free(&b);
}

static void list(struct stage *s, struct client *c, const char *method, const char *params)
{
    modern(s, c, "/mcp/both", method, params);
    let_through(s, c);
}

#define OURS_FIRST "{\"name\":\"sidegate_connect\""
#define OURS_LAST  "\"openWorldHint\":false}}]"

static void test_ours_are_appended(void **state)
{
    struct stage *s = *state;
    struct client c;

    list(s, &c, "tools/list", "");
    say_answer(
        s, s->open.call,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"a\"},{\"name\":"
        "\"sidegate_status\",\"description\":\"impostor\"},{\"name\":\"b\"}],\"ttlMs\":60000,"
        "\"cacheScope\":\"public\",\"com.example/x\":1.50}}");
    WAIT(s, &c, has(&c, OURS_LAST));
    assert_true(has(&c, "{\"tools\":[{\"name\":\"a\"},{\"name\":\"b\"}," OURS_FIRST));
    assert_true(has(&c, "\"ttlMs\":60000,\"cacheScope\":\"private\",\"com.example/x\":1.50"));
    assert_true(has(&c, "\"resultType\":\"complete\""));
    assert_false(has(&c, "impostor"));
    assert_int_equal(client_count(&c, "\"sidegate_status\""), 1);
    all_is_over(s, &c);
    /* Not in the middle of pages. */
    list(s, &c, "tools/list", "");
    say_answer(s, s->open.call,
               "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"a\"}],"
               "\"nextCursor\":\"n\"}}");
    WAIT(s, &c, has(&c, "\"nextCursor\":\"n\""));
    assert_false(has(&c, "sidegate"));
    assert_true(has(&c, "\"ttlMs\":0"));
    all_is_over(s, &c);
    /* Not where nothing can be connected. */
    stage_add_egress(s, UP_OPEN, 5);
    modern(s, &c, "/mcp/open", "tools/list", "");
    let_through(s, &c);
    say_answer(s, s->open.call,
               "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"a\"}]}}");
    WAIT(s, &c, has(&c, "\"tools\":[{\"name\":\"a\"}]"));
    all_is_over(s, &c);
}

static const struct {
    const char *method, *empty;
    enum snapshot kind;
} lists[] = {
    {"tools/list", "{\"tools\":[" OURS_FIRST, SNAPSHOT_TOOLS},
    {"prompts/list", "{\"prompts\":[]", SNAPSHOT_PROMPTS},
    {"resources/list", "{\"resources\":[]", SNAPSHOT_RESOURCES},
    {"resources/templates/list", "{\"resourceTemplates\":[]", SNAPSHOT_TEMPLATES},
};

static void test_refused_lists(void **state)
{
    static const enum answer_how hows[] = {ANSWER_HOW_REFUSED, ANSWER_HOW_UNSENT,
                                           ANSWER_HOW_INVALID, ANSWER_HOW_CUT};
    struct stage *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        struct client c;
        unsigned gets = s->n[MSG_SNAPSHOT_GET];

        print_message("    %s\n", lists[i].method);
        list(s, &c, lists[i].method, "");
        say_end(s, s->open.call, hows[i], ERR_UPSTREAM_REFUSED);
        WAIT_MSG(s, &c, MSG_SNAPSHOT_GET, gets + 1);
        assert_int_equal(s->snapshot, lists[i].kind);
        say_snapshot(s, s->open.call, lists[i].kind, "");
        WAIT(s, &c, has(&c, lists[i].empty));
        assert_true(has(&c, "\"ttlMs\":0"));
        assert_true(has(&c, "\"cacheScope\":\"private\""));
        all_is_over(s, &c);
    }
}

static void test_stored_list(void **state)
{
    struct stage *s = *state;
    struct client c;

    list(s, &c, "tools/list", "");
    say_end(s, s->open.call, ANSWER_HOW_REFUSED, ERR_UPSTREAM_REFUSED);
    WAIT_MSG(s, &c, MSG_SNAPSHOT_GET, 1);
    say_snapshot(s, s->open.call, SNAPSHOT_TOOLS,
                 "{\"tools\":[{\"name\":\"a\"}],\"nextCursor\":\"n\",\"ttlMs\":9,\"cacheScope\":"
                 "\"public\"}");
    WAIT(s, &c, has(&c, OURS_LAST));
    assert_true(has(&c, "{\"tools\":[{\"name\":\"a\"}," OURS_FIRST));
    assert_true(has(&c, "\"ttlMs\":0,\"cacheScope\":\"private\""));
    assert_false(has(&c, "nextCursor"));
    all_is_over(s, &c);
    /* What is stored is no second page. */
    list(s, &c, "tools/list", "\"cursor\":\"n\",");
    say_end(s, s->open.call, ANSWER_HOW_REFUSED, ERR_UPSTREAM_REFUSED);
    WAIT(s, &c, has(&c, "\"id\":1,\"error\":"));
    assert_int_equal(s->n[MSG_SNAPSHOT_GET], 1);
    all_is_over(s, &c);
    /* The keeper is lost meanwhile: ours alone. */
    list(s, &c, "tools/list", "");
    say_end(s, s->open.call, ANSWER_HOW_UNSENT, ERR_UPSTREAM_DOWN);
    WAIT_MSG(s, &c, MSG_SNAPSHOT_GET, 2);
    stage_end(s, &s->keeper);
    WAIT(s, &c, has(&c, "{\"tools\":[" OURS_FIRST));
    all_is_over(s, &c);
}

/* The keeper lets nothing out for a key that is too fast: what is stored answers, without a permit.
 */
static void test_stored_instead(void **state)
{
    struct stage *s = *state;
    struct client c;

    for (unsigned i = 0; i < ARRAY_LEN(lists); i++) {
        modern(s, &c, "/mcp/both", lists[i].method, "");
        WAIT_MSG(s, &c, MSG_CALL_OPEN, i + 1);
        tell_call_stored(s->keeper, &(struct msg_call_stored){.call = s->open.call});
        WAIT_MSG(s, &c, MSG_SNAPSHOT_GET, i + 1);
        assert_int_equal(s->snapshot, lists[i].kind);
        say_snapshot(s, s->open.call, lists[i].kind, "");
        WAIT(s, &c, has(&c, lists[i].empty));
        WAIT_MSG(s, &c, MSG_CALL_GONE, i + 1);
        all_is_over(s, &c);
    }
    /* No second page, and nothing else, is stored. */
    modern(s, &c, "/mcp/both", "tools/list", "\"cursor\":\"n\",");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, ARRAY_LEN(lists) + 1);
    tell_call_stored(s->keeper, &(struct msg_call_stored){.call = s->open.call});
    WAIT(s, &c, has(&c, "HTTP/1.1 429 "));
    assert_true(has(&c, "Retry-After: 1\r\n"));
    all_is_over(s, &c);
    modern(s, &c, "/mcp/both", "tools/call", "\"name\":\"sidegate_connect\",");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, ARRAY_LEN(lists) + 2);
    tell_call_stored(s->keeper, &(struct msg_call_stored){.call = s->open.call});
    WAIT(s, &c, has(&c, "HTTP/1.1 429 "));
    all_is_over(s, &c);
}

/* Nothing is known of a server that is down, and it has no tools of ours: an error, not an empty
 * list. */
static void test_down_without_credential(void **state)
{
    struct stage *s = *state;
    struct client c;

    stage_add_egress(s, UP_OPEN, 5);
    modern(s, &c, "/mcp/open", "tools/list", "");
    let_through(s, &c);
    say_end(s, s->open.call, ANSWER_HOW_UNSENT, ERR_UPSTREAM_DOWN);
    WAIT_MSG(s, &c, MSG_SNAPSHOT_GET, 1);
    say_snapshot(s, s->open.call, SNAPSHOT_TOOLS, "");
    WAIT(s, &c, has(&c, "nothing was sent"));
    all_is_over(s, &c);
}

static void test_broken_snapshot(void **state)
{
    struct stage *s = *state;
    struct client c;
    struct msg_snapshot_part m = {
        .kind = SNAPSHOT_TOOLS, .size = 10, .offset = 5, .part = SLICE_LIT("12345")};

    list(s, &c, "tools/list", "");
    say_end(s, s->open.call, ANSWER_HOW_UNSENT, ERR_UPSTREAM_DOWN);
    WAIT_MSG(s, &c, MSG_SNAPSHOT_GET, 1);
    m.call = s->open.call;
    assert_err(send_snapshot_part(s->keeper, &m), ERR_OK);
    WAIT(s, &c, s->keeper_ended);
    WAIT(s, &c, has(&c, OURS_FIRST));
    client_close(&c);
}

static void test_error_of_a_list(void **state)
{
    struct stage *s = *state;
    struct client c;

    list(s, &c, "resources/list", "");
    say_answer(s, s->open.call,
               "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"none\"}}");
    WAIT(s, &c, has(&c, "HTTP/1.1 404 "));
    assert_int_equal(s->n[MSG_SNAPSHOT_GET], 0);
    all_is_over(s, &c);
}

#define NOT_KNOWN "\"capabilities\":{\"tools\":{\"listChanged\":true}}"

static void discover(struct stage *s, struct client *c)
{
    modern(s, c, "/mcp/both", "server/discover", "");
    let_through(s, c);
}

/* The server's words, under our name. */
static void test_discover(void **state)
{
    struct stage *s = *state;
    struct client c;

    discover(s, &c);
    assert_int_equal(s->open.want, CALL_WANT_SEND);
    say_answer(s, s->open.call,
               "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"supportedVersions\":[\"2099-01-01\"],"
               "\"serverInfo\":{\"name\":\"theirs\"},\"instructions\":\"say please\","
               "\"capabilities\":{\"prompts\":{\"listChanged\":true}}}}");
    WAIT(s, &c, has(&c, "\"supportedVersions\":[\"2026-07-28\",\"2025-11-25\"]"));
    assert_true(has(&c, "\"resultType\":\"complete\""));
    assert_true(has(&c, "\"prompts\":{\"listChanged\":true},\"tools\":{\"listChanged\":true}"));
    assert_true(has(&c, "reached through Sidegate"));
    assert_true(has(&c, "say please"));
    assert_false(has(&c, "theirs"));
    assert_int_equal(s->n[MSG_SNAPSHOT_GET], 0);
    assert_int_equal(s->n[MSG_CALL_CANCEL], 0);
    all_is_over(s, &c);
}

#define ERROR_OF(code, more)                                                                       \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":" code ",\"message\":\"none\"" more "}}"
#define ERROR(code)       ERROR_OF(code, "")
#define UNSUPPORTED(list) ERROR_OF("-32022", ",\"data\":{\"supported\":[" list "]}")
#define STORED            "{\"capabilities\":{\"tools\":{},\"prompts\":{}}}"
#define FALLS_BACK        "\"supported\":[\"2025-11-25\"]"

/* Whatever the upstream does, the client gets an answer, from what is stored; where that says
 * nothing, and the server that it knows the legacy era alone, one that lets it fall back. Without
 * its key a server may say anything. */
static void test_discover_otherwise(void **state)
{
    static const struct {
        bool anonymous;
        const char *answer; /* NULL: refused; empty: nothing, in time */
        const char *stored;
        const char *wanted;
    } rows[] = {
        {false, ERROR("-32601"), STORED, "\"prompts\":{}"},
        {false, ERROR("-32601"), "", FALLS_BACK},
        {false, ERROR("-32000"), "", FALLS_BACK},
        {false, ERROR("-32603"), "", NOT_KNOWN},
        {false, UNSUPPORTED("\"2025-11-25\",\"2025-06-18\""), "", FALLS_BACK},
        {false, UNSUPPORTED("\"2026-07-28\""), "", NOT_KNOWN},
        {true, UNSUPPORTED("\"2025-11-25\""), "", FALLS_BACK},
        {true, ERROR("-32601"), "", NOT_KNOWN},
        {true, ERROR("-32000"), "", NOT_KNOWN},
        {true, NULL, STORED, "\"prompts\":{}"},
        {true, NULL, "", NOT_KNOWN},
        {false, "", STORED, "\"prompts\":{}"},
    };
    struct stage *s = *state;

    assert_err(limit_set(SET_DISCOVER_TIME, 100), ERR_OK);
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        bool back = strcmp(rows[i].wanted, FALLS_BACK) == 0;
        struct client c;

        modern(s, &c, "/mcp/both", "server/discover", "");
        let_through_as(s, &c, rows[i].anonymous);
        if (rows[i].answer == NULL)
            say_end(s, s->open.call, ANSWER_HOW_REFUSED, ERR_UPSTREAM_REFUSED);
        else if (rows[i].answer[0] != '\0')
            say_answer(s, s->open.call, rows[i].answer);
        WAIT_MSG(s, &c, MSG_SNAPSHOT_GET, i + 1);
        assert_int_equal(s->snapshot, SNAPSHOT_SERVER);
        say_snapshot(s, s->open.call, SNAPSHOT_SERVER, rows[i].stored);
        WAIT(s, &c, has(&c, back ? "HTTP/1.1 400 " : "HTTP/1.1 200 "));
        assert_true(has(&c, rows[i].wanted));
        assert_true(!back || has(&c, "\"code\":-32022,"));
        all_is_over(s, &c);
    }
    assert_int_equal(s->n[MSG_CALL_CANCEL], 1);
}

/* Audit is away, or the disk full: the client can start. A wrong key is no such thing. */
static void test_discover_denied(void **state)
{
    static const struct {
        enum err code;
        const char *wanted;
    } rows[] = {
        {ERR_UNAVAILABLE, NOT_KNOWN},
        {ERR_NO_SPACE, NOT_KNOWN},
        {ERR_UNAUTHENTICATED, "HTTP/1.1 401 "},
        {ERR_RATE_LIMITED, "HTTP/1.1 429 "},
    };
    struct stage *s = *state;

    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        struct client c;

        modern(s, &c, "/mcp/both", "server/discover", "");
        WAIT_MSG(s, &c, MSG_CALL_OPEN, i + 1);
        say_deny(s, s->open.call, rows[i].code);
        WAIT(s, &c, has(&c, rows[i].wanted));
        all_is_over(s, &c);
    }
}

/* --- Sidegate's own tools --------------------------------------------------------------------- */

static void test_connect(void **state)
{
    struct stage *s = *state;
    struct client c;

    modern(s, &c, "/mcp/both", "tools/call", "\"name\":\"sidegate_connect\",");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    assert_int_equal(s->open.want, CALL_WANT_CONNECT);
    say_handoff(s, s->open.call, "SEALED");
    WAIT(s, &c, has(&c, "\"requestState\":\"SEALED\""));
    all_is_over(s, &c);
    modern(s, &c, "/mcp/both", "tools/call", "\"name\":\"sidegate_connect\",");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 2);
    say_own(s, s->open.call, true, false);
    WAIT(s, &c, has(&c, "Connected: "));
    assert_false(has(&c, "isError"));
    all_is_over(s, &c);
    assert_int_equal(s->n[MSG_SEND_HEAD], 0);
}

static void test_ours_only_where_they_belong(void **state)
{
    struct stage *s = *state;
    struct client c;

    modern(s, &c, "/mcp/open", "tools/call", "\"name\":\"sidegate_connect\",");
    WAIT_MSG(s, &c, MSG_CALL_OPEN, 1);
    assert_int_equal(s->open.want, CALL_WANT_SEND);
    client_close(&c);
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
}

static void test_status(void **state)
{
    static const struct {
        bool connected, pending;
        const char *wanted;
    } rows[] = {{true, false, "Connected: "},
                {false, true, "something waits for the person"},
                {false, false, "Call sidegate_connect"}};
    struct stage *s = *state;
    char id[ID_TEXT + 1];

    open_session(s, "/mcp/both", "{}", id);
    for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
        struct client c = {0};

        post_in(s, &c, id,
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
                "\"sidegate_status\"}}");
        WAIT_MSG(s, &c, MSG_CALL_OPEN, i + 2);
        assert_int_equal(s->open.want, CALL_WANT_STATUS);
        say_own(s, s->open.call, rows[i].connected, rows[i].pending);
        WAIT(s, &c, has(&c, rows[i].wanted));
        all_is_over(s, &c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(test_ours_are_appended),
        STAGED(test_refused_lists),
        STAGED(test_stored_list),
        STAGED(test_stored_instead),
        STAGED(test_down_without_credential),
        STAGED(test_broken_snapshot),
        STAGED(test_error_of_a_list),
        STAGED(test_discover),
        STAGED(test_discover_otherwise),
        STAGED(test_discover_denied),
        STAGED(test_connect),
        STAGED(test_ours_only_where_they_belong),
        STAGED(test_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
