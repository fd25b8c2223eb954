/* A modern upstream that the tests play, and how a call ended. */
#ifndef SG_EGRESS_MODERN_H
#define SG_EGRESS_MODERN_H

#include "unit.h"

#include "egress/rig.h"

#define RESULT                                                                                     \
    "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"content\":[],\"resultType\":\"complete\"}}"
#define R7        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}" /* 36 bytes */
#define JSON_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define SSE_HEAD  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
#define CALL(id)                                                                                   \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"tools/call\",\"params\":{\"name\":\"t\"}}"

static inline void answer(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    rig_say_json(c, q, r->canned != NULL ? r->canned : RESULT);
}

static inline struct rig *start(rig_script *script)
{
    rig_start(&rig, &(struct rig_conf){0});
    rig.script = script;
    return &rig;
}

static inline void assert_end(struct rig *r, unsigned i, enum answer_how how, enum err code)
{
    const struct rig_call *c = rig_call_of(r, i);

    assert_int_equal(c->ends, 1);
    assert_int_equal(c->how, how);
    assert_err(c->code, code);
}

static inline void assert_result(struct rig *r, unsigned i, enum result result, enum err code)
{
    const struct rig_use *u = rig_use_of(r, i);

    assert_int_equal(u->results, 1);
    assert_string_equal(result_name(u->result.result), result_name(result));
    assert_err(u->result.code, code);
}

#endif
