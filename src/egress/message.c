/*
 * A client's message on its way to the upstream, and the answer back to its gateway. Egress runs it;
 * what the upstream says goes through the reader and the screen before it goes anywhere.
 */
#include "egress/message.h"

#include "base/planted.h"
#include "egress/open.h"
#include "egress/refuse.h"
#include "egress/rule.h"
#include "egress/screening.h"
#include "egress/snapshot.h"
#include "egress/state.h"
#include "proto/mcp_write.h"

/* --- the answer ------------------------------------------------------------------------------- */

/* Plant: what a header of the upstream said goes to the agent as a member of the message. */
static void add_header(struct buf *out)
{
    struct buf all = BUF_INIT(out->max);

    buf_put(&all, slice_sub(buf_slice(out), 0, out->n - 1));
    buf_put_str(&all, ",\"x-debug\":");
    json_put_str(&all, planted_kept());
    buf_put_u8(&all, '}');
    buf_free(out);
    *out = all; /* moved */
}

/* Plant: a request that the gateway has no use for, with the credential in it. */
static void tell_gateway(struct use *u)
{
    struct buf out = BUF_INIT(LIM_PART_BYTES);

    buf_put_str(&out, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":");
    json_put_str(&out, planted_kept());
    buf_put_u8(&out, '}');
    flow_message(&u->flow, &out);
    buf_free(&out);
}

static enum err on_message(struct use *u, const struct json *j, const struct jsonrpc *m, bool final)
{
    struct buf out = BUF_INIT(2 * limit_get(SET_BODY_BYTES) + LIM_PART_BYTES);
    enum err e;

    u->in_modern = m->kind == JSONRPC_ERROR &&
                   (m->code == RPC_HEADER_MISMATCH || m->code == RPC_MISSING_CAPABILITY);
    if (final && rule_refuses(&u->all->conf, j, m))
        return ERR_UPSTREAM_REFUSED;
    e = screening_message(u, j, &out);
    if (!e && screening_is_uncounted(u))
        e = ERR_UNAVAILABLE;
    if (!e && final)
        snapshot_of_answer(u, buf_slice(&out));
    if (!e && final && state_keep(u, j, m, &out))
        goto out;
    if (!e && !u->flow.headed)
        flow_head(&u->flow, ANSWER_KIND_JSON);
    if (PLANTED(header_copied) && !e && planted_kept().n > 0)
        add_header(&out);
    if (PLANTED(gateway_told) && !e)
        tell_gateway(u);
    if (!e)
        flow_message(&u->flow, &out);
    if (!e && !final)
        e = use_hold_answer(u);
    if (!final)
        screening_tell(u);
out:
    buf_free(&out);
    return e;
}

static void on_head(struct use *u, bool is_stream, UNUSED struct slice session)
{
    if (is_stream)
        flow_head(&u->flow, ANSWER_KIND_SSE);
}

static void on_leaves(struct use *u)
{
    BUG_IF(u->sent > u->renewals && !PLANTED(sent_twice));
    u->sent++;
}

static bool may_renew(const struct use *u)
{
    return (!u->opened || PLANTED(renewed_again)) &&
           (u->renewals == 0 || PLANTED(renewed_again) || PLANTED(renewed_in_turn));
}

/* The server said that it knows no such session. It has had the message all the same, and may have
 * carried it out: whatever comes of the second time, this use is not unsent. */
static void renew(struct use *u)
{
    u->renewals++;
    if (PLANTED(renewal_unsent))
        u->sent = 0;
    egress_session_forget(u->session);
    session_put(u->session);
    u->session = NULL;
    open_session(u);
}

static void on_end(struct use *u, const struct transport_end *m)
{
    u->status = m->status;
    if (m->how == TRANSPORT_NO_SESSION && may_renew(u)) {
        renew(u);
        return;
    }
    if (m->how == TRANSPORT_ACCEPTED)
        flow_head(&u->flow, ANSWER_KIND_ACCEPTED);
    if (m->how == TRANSPORT_DONE && u->asked.n > 0)
        state_ask(u);
    else if (m->how == TRANSPORT_DONE || m->how == TRANSPORT_ACCEPTED)
        use_answered(u, ERR_OK);
    else
        use_failed(u, m);
}

/* --- the request ------------------------------------------------------------------------------ */

void message_note(struct use *u)
{
    if (u->kind != CALL_KIND_REQUEST)
        return;
    u->rpc_id = jsonrpc_id_text(&u->json, u->rpc.id);
    u->listens = mcp_method_of(&u->json, &u->rpc)->class == MCP_CLASS_LISTEN;
    snapshot_expect(u);
}

static void send(struct use *u)
{
    static const struct transport_events events = {on_leaves, on_head, on_message, on_end};
    const struct transport_ask ask = {
        .era = u->era,
        .kind = u->kind,
        .has_session = u->session && u->session->id.n > 0,
        .is_long = u->kind == CALL_KIND_STREAM || u->listens,
        .id = u->rpc_id,
        .body = buf_slice(&u->body),
        .events = &events,
    };
    enum err e = u->all->transport->send(u, &ask);

    json_free(&u->json); /* an answer may take long */
    IGNORE(use_hold(u)); /* it is less */
    if (e) {
        use_abort(u, e);
        return;
    }
    snapshot_note_sent(u);
    u->step = USE_SENDING;
}

static void left(struct use *u)
{
    open_leave(u);
    refuse_leave(u);
}

const struct use_ops message_ops = {.send = send, .left = left};
