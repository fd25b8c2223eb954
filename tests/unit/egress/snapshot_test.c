/* Which lists are stored for everybody: none that one agent could have shaped. */
#include "egress/legacy.h"

#include <string.h>

#include "ipc/gen/send.h"

#define LIST(params)  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"" params "}"
#define META(members) LIST(",\"params\":{\"_meta\":{" members "}}")
#define CAPS(members) META("\"io.modelcontextprotocol/clientCapabilities\":{" members "}")
#define PROMPTS       "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"prompts/list\"}"
#define NOTE          "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/roots/list_changed\"}"
#define TOOLS         "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"tools\":[]}}"

static void lists(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    if (asks(q, "tools/list"))
        rig_say_json(c, q, TOOLS);
    else if (asks(q, "roots/list_changed"))
        say_status(c, "202 Accepted");
    else
        server(r, c, q);
}

static bool is_stored(struct rig *r, const char *what)
{
    return slice_find(buf_slice(&r->snapshots), slice_str(what)) < r->snapshots.n;
}

static unsigned ask(struct rig *r, struct rig_ask a)
{
    unsigned i = rig_ask(r, a);

    rig_both(r, i);
    return i;
}

/* The plant lists_shaped turns this red. */
static void test_request(void **state)
{
    static const struct {
        const char *body;
        bool stored;
    } rows[] = {
        {LIST(""), true},
        {LIST(",\"params\":{}"), true},
        {META("\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
              "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"sidegate\"}"),
         true},
        {CAPS(""), true},
        {CAPS("\"elicitation\":{\"form\":{},\"url\":{}},\"roots\":{\"listChanged\":true}"), true},
        {LIST(",\"params\":{\"words\":1}"), false},
        {LIST(",\"params\":{\"_meta\":\"words\"}"), false},
        {META("\"words\":1"), false},
        {META("\"progressToken\":\"words\""), false},
        {CAPS("\"tasks\":{\"requests\":{\"elicitation\":{\"create\":{}}}}"), true},
        {CAPS("\"experimental\":{\"words\":{}}"), false},
        {CAPS("\"elicitation\":{\"form\":\"words\"}"), false},
    };

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct rig *r = &rig;

        rig_start(r, &(struct rig_conf){.protocols = 1});
        r->script = lists;
        ask(r, (struct rig_ask){.body = rows[k].body, .credential = ""});
        assert_int_equal(is_stored(r, "modern tools:"), rows[k].stored);
        /* With a credential it is for its agent alone. */
        ask(r, (struct rig_ask){.body = rows[k].body});
        assert_true(is_stored(r, "modern tools:"));
        rig_stop(r);
    }
}

static void test_header(void **state)
{
    const struct request_headers h = {.v = {{SLICE_LIT("Words"), SLICE_LIT("x")}}, .n = 1};
    struct rig *r = &rig;

    (void)state;
    rig_start(r, &(struct rig_conf){.protocols = 1});
    r->script = lists;
    ask(r, (struct rig_ask){.body = LIST(""), .credential = "", .headers = &h});
    assert_int_equal(r->snapshots_n, 0);
    rig_stop(r);
}

/* What came before it in the same session, and what its client declared there. */
static void test_session(void **state)
{
    static const struct {
        const char *caps, *before, *body;
        enum call_kind kind; /* of before */
        bool server, tools;
    } rows[] = {
        {"", NULL, LIST(""), CALL_KIND_REQUEST, true, true},
        {"{\"elicitation\":{}}", NULL, LIST(""), CALL_KIND_REQUEST, true, true},
        {"", PROMPTS, LIST(""), CALL_KIND_REQUEST, true, true},
        {"", CALL, LIST(""), CALL_KIND_REQUEST, true, false},
        {"", NOTE, LIST(""), CALL_KIND_NOTIFICATION, true, false},
        {"{\"experimental\":{}}", NULL, LIST(""), CALL_KIND_REQUEST, false, false},
        {"", NULL, META("\"io.modelcontextprotocol/clientInfo\":{\"name\":\"words\"}"),
         CALL_KIND_REQUEST, true, false},
    };

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct rig *r = start(lists);
        struct rig_ask a = {.era = ERA_LEGACY, .credential = "", .caps = rows[k].caps};

        a.body = rows[k].before;
        a.kind = rows[k].kind;
        if (a.body != NULL)
            ask(r, a);
        a.body = rows[k].body;
        a.kind = CALL_KIND_REQUEST;
        ask(r, a);
        assert_int_equal(is_stored(r, "legacy server:"), rows[k].server);
        assert_int_equal(is_stored(r, "legacy tools:"), rows[k].tools);
        rig_stop(r);
    }
}

/* Also what comes between the request and its answer. */
static void test_session_meanwhile(void **state)
{
    struct rig *r = start(server);
    struct rig_ask a = {.body = PROMPTS, .era = ERA_LEGACY, .credential = ""};
    unsigned i;

    (void)state;
    ask(r, a);
    r->script = NULL;
    a.body = LIST("");
    i = rig_ask(r, a);
    rig_requests(r, 4);
    r->script = server;
    a.body = CALL;
    ask(r, a);
    rig_say_json(&r->conns[r->requests[3].conn], &r->requests[3], TOOLS);
    rig_both(r, i);
    assert_false(is_stored(r, "legacy tools:"));
    rig_stop(r);
}

/* The same list is stored once for each caller, and again once what was seen with its connection is
 * dropped. */
static void test_once_for_each_caller(void **state)
{
    const struct msg_drop drop = {.connection = {{1}}};
    struct rig_ask a = {.body = LIST("")};
    struct rig *r = &rig;

    (void)state;
    rig_start(r, &(struct rig_conf){.protocols = 1});
    r->script = lists;
    ask(r, a);
    ask(r, a);
    assert_int_equal(r->snapshots_n, 1);
    a.connection = 2;
    ask(r, a);
    ask(r, a);
    assert_int_equal(r->snapshots_n, 2);
    assert_err(send_drop(r->keeper->chan, &drop), ERR_OK);
    stage_until_count(&r->s, &r->dropped, 1);
    ask(r, a);
    assert_int_equal(r->snapshots_n, 2);
    a.connection = 1;
    ask(r, a);
    assert_int_equal(r->snapshots_n, 3);
    rig_stop(r);
}

#define T(name) cmocka_unit_test_teardown(name, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_request),
        T(test_header),
        T(test_session),
        T(test_session_meanwhile),
        T(test_once_for_each_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
