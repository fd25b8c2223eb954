/*
 * requestState, which no gateway ever sees in clear or makes. What an upstream asks for is held
 * until the keeper has sealed how the call goes on; what a permit brings goes into the body last of
 * all, like a credential. Egress runs it. Specification: 2026-07-28 basic/patterns/mrtr.
 */
#include "egress/state.h"

#include "base/planted.h"
#include "ipc/gen/egress.h"
#include "ipc/gen/send.h"
#include "proto/request.h"

/* The document again, with that string as the object's requestState. ERR_TOO_LARGE. */
static enum err put(const struct json *j, uint32_t object, struct slice state, struct buf *out)
{
    struct buf text = BUF_INIT(6 * LIM_STATE_BYTES + 2); /* in JSON a byte may become six */
    struct json_edits e;
    enum err err;

    json_put_str(&text, state);
    json_edits_init(&e, text.n + 64);
    json_edit_set(&e, j, object, "requestState", buf_slice(&text));
    err = json_copy_edited(j, 0, &e, out);
    json_edits_free(&e);
    buf_free(&text);
    return err;
}

/* --- to the upstream -------------------------------------------------------------------------- */

enum err state_check(const struct use *u)
{
    if (request_has_state(&u->json, &u->rpc) && !PLANTED(state_by_gateway))
        return ERR_PROTOCOL;
    if (u->has_state && (u->era != ERA_MODERN || !json_is(&u->json, u->rpc.params, JSON_OBJECT)))
        return ERR_PROTOCOL;
    return ERR_OK;
}

enum err state_put_in(struct use *u)
{
    struct buf body = BUF_INIT(u->body.n + 6 * u->state.n + 64);
    enum err e;

    if (!u->has_state)
        return ERR_OK;
    e = put(&u->json, u->rpc.params, buf_slice(&u->state), &body);
    buf_free(&u->state);
    buf_free(&u->body);
    u->body = body; /* moved */
    if (!e)
        e = json_parse(&u->json, buf_slice(&u->body), NULL);
    if (!e)
        e = jsonrpc_read(&u->json, &u->rpc);
    return e ? e : use_hold(u);
}

/* --- from the upstream ------------------------------------------------------------------------ */

bool state_keep(struct use *u, const struct json *j, const struct jsonrpc *m, struct buf *message)
{
    if (u->era != ERA_MODERN || m->kind != JSONRPC_RESULT ||
        !mcp_result_is_input_required(j, m->result))
        return false;
    u->asked = *message; /* moved */
    *message = BUF_INIT(message->max);
    return true;
}

/* What was kept, read again. */
static enum err read_asked(const struct use *u, struct json *j, struct jsonrpc *ret)
{
    enum err e = json_parse(j, buf_slice(&u->asked), NULL);

    return e ? e : jsonrpc_read(j, ret);
}

/* What was kept is no answer, or cannot be given. */
static void fail(struct use *u, enum err why)
{
    const struct transport_end m = {
        .how = TRANSPORT_FAILED, .err = why, .sent = true, .status = u->status};

    use_failed(u, &m);
}

/* The upstream's state in the answer that was kept. ERR_UPSTREAM_ANSWER: it is none. */
static enum err read_state(const struct json *j, uint32_t result, struct buf *scratch,
                           struct msg_state_seal *ret)
{
    uint32_t state = json_get(j, result, "requestState");

    ret->has_state = state != JSON_NONE;
    ret->state = json_str_slice(j, state, scratch);
    return (ret->has_state && !json_is(j, state, JSON_STRING)) || buf_err(scratch) != ERR_OK ||
                   ret->state.n > LIM_UPSTREAM_STATE_BYTES
               ? ERR_UPSTREAM_ANSWER
               : ERR_OK;
}

void state_ask(struct use *u)
{
    struct buf scratch = BUF_INIT(LIM_UPSTREAM_STATE_BYTES);
    struct msg_state_seal m = {.use = u->id};
    struct json j = JSON_INIT;
    struct jsonrpc r;
    enum err e;

    e = read_asked(u, &j, &r);
    if (!e)
        e = read_state(&j, r.result, &scratch, &m);
    u->sealing = true;
    if (e)
        fail(u, ERR_UPSTREAM_ANSWER);
    else if (!u->keeper || send_state_seal(u->keeper, &m) != ERR_OK)
        use_abort(u, ERR_UNAVAILABLE);
    json_free(&j);
    buf_free(&scratch);
}

/* The answer that was kept, with what was sealed in it. */
static enum err put_sealed(const struct use *u, struct slice sealed, struct buf *out)
{
    struct json j = JSON_INIT;
    struct jsonrpc r;
    enum err e;

    e = read_asked(u, &j, &r);
    if (!e)
        e = put(&j, r.result, sealed, out);
    json_free(&j);
    return e;
}

void egress_on_state_sealed(struct egress *all, const struct msg_state_sealed *m)
{
    const struct use_end over = {.result = RESULT_ANSWERED,
                                 .code = ERR_CONTINUATIONS,
                                 .how = ANSWER_HOW_INVALID,
                                 .how_code = ERR_CONTINUATIONS};
    struct use *u = use_find_id(all, &m->use);
    struct buf out = BUF_INIT(2 * limit_get(SET_BODY_BYTES) + LIM_PART_BYTES);
    enum err e;

    if (!u)
        return; /* it ended before the keeper knew */
    if (u->keeper != all->keeper || !u->sealing) {
        chan_breach(all->keeper, BREACH_WRONG_ANSWER);
        return;
    }
    if (m->state.n == 0) {
        use_finish(u, &over);
        return;
    }
    e = put_sealed(u, m->state, &out);
    buf_free(&u->asked);
    if (e) {
        fail(u, e);
    } else {
        if (!u->flow.headed)
            flow_head(&u->flow, ANSWER_KIND_JSON);
        flow_message(&u->flow, &out);
        use_answered(u, ERR_OK);
    }
    buf_free(&out);
}
