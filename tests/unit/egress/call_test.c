/* Modern calls through the real egress process: what leaves, once, and what of the answer comes. */
#include "unit.h"

#include "egress/rig.h"

#include <string.h>

#include "ipc/gen/send.h"
#include "os/clock.h"

#define RESULT                                                                                     \
    "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"content\":[],\"resultType\":\"complete\"}}"

static struct rig rig;

static int teardown(void **state)
{
    (void)state;
    rig_kill(&rig);
    return 0;
}

static void answer(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    rig_say_json(c, q, r->canned != NULL ? r->canned : RESULT);
}

static void test_call_and_answer(void **state)
{
    struct rig *r = &rig;
    const struct rig_request *q = &r->requests[0];
    const struct rig_call *c;
    unsigned i;

    (void)state;
    rig_start(r, &(struct rig_conf){0});
    r->script = answer;
    i = rig_ask(r, (struct rig_ask){0});
    rig_both(r, i);
    c = rig_call_of(r, i);
    assert_int_equal(c->heads, 1);
    assert_int_equal(c->kind, ANSWER_KIND_JSON);
    assert_int_equal(c->how, ANSWER_HOW_DONE);
    assert_int_equal(c->messages, 1);
    assert_string_equal((const char *)c->text.p,
                        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[],\"resultType\":"
                        "\"complete\"}}\n");
    assert_int_equal(rig_use_of(r, i)->result.result, RESULT_ANSWERED);
    assert_int_equal(rig_use_of(r, i)->result.status, 200);
    assert_false(rig_use_of(r, i)->result.refused);
    assert_int_equal(r->requests_n, 1);
    assert_true(rig_has(q, "POST /mcp HTTP/1.1\r\n"));
    assert_true(rig_has(q, "Authorization: Bearer s3cret-canary-0123456789\r\n"));
    assert_true(rig_has(q, "MCP-Protocol-Version: 2026-07-28\r\n"));
    assert_true(rig_has(q, "Mcp-Method: tools/call\r\n"));
    assert_true(rig_has(q, "Mcp-Name: forecast\r\n"));
    assert_true(rig_has(q, "Accept: application/json, text/event-stream\r\n"));
    assert_true(rig_has(q, "Accept-Encoding: identity\r\n"));
    assert_true(rig_has(q, "Content-Type: application/json\r\n"));
    assert_false(rig_has(q, "Expect"));
    assert_false(rig_has(q, "Mcp-Session-Id"));
    assert_string_equal((const char *)q->body.p,
                        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{"
                        "\"name\":\"forecast\",\"arguments\":{\"city\":\"Oslo\"}}}");
    rig_stop(r);
}

#define T(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_call_and_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
