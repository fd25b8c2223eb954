/*
 * Giving a permitted body to the egress process that the permit names. Run by the gateway. A permit
 * is for one generation: when that process is gone, or does not come in time, nothing is sent, and
 * the keeper gives the use back.
 */
#include "gateway/send.h"

#include "gateway/core.h"
#include "gateway/feed.h"
#include "gateway/params.h"
#include "gateway/reply.h"
#include "gateway/session.h"
#include "ipc/gen/send.h"

static const struct slice versions[] = {
    [ERA_LEGACY] = SLICE_LIT(MCP_VERSION_LEGACY),
    [ERA_MODERN] = SLICE_LIT(MCP_VERSION_MODERN),
};

static enum err send_head(struct call *c)
{
    const struct msg_send_head m = {
        .call = c->id,
        .use = c->use,
        .era = c->era,
        .kind = c->kind,
        .client = c->client,
        .session = c->session ? c->session->id : (struct session_id){{0}},
        .protocol = versions[c->era],
        .caps = c->session ? buf_slice(&c->session->caps_text) : SLICE_EMPTY,
        .size = (uint32_t)c->body.n,
    };

    return send_send_head(c->egress, &m);
}

static void wait_for_answer(struct call *c)
{
    call_enter(c, CALL_UPSTREAM);
    if (call_is_discover(c))
        loop_timer_set(c->timer, limit_get(SET_DISCOVER_TIME));
}

void call_send(struct call *c, UNUSED const void *arg)
{
    enum err e = ERR_OK;

    if (c->state == CALL_PEER) {
        struct chan *egress = egresses_find(&c->g->egresses, c->up->number, c->egress_generation);

        if (!egress)
            return; /* another one came */
        loop_timer_stop(c->timer);
        c->egress = egress;
        c->credit = 0;
        c->is_stream = false;
        buf_clear(&c->message);
        e = send_head(c);
        c->sent_use = c->use;
        if (!e)
            e = params_send(c);
        call_enter(c, CALL_SENDING);
    }
    while (!e && c->sent < c->body.n && !chan_full(c->egress)) {
        const struct msg_send_part m = {
            .call = c->id,
            .part = slice_sub(buf_slice(&c->body), c->sent, c->sent + LIM_PART_BYTES)};

        e = send_send_part(c->egress, &m);
        c->sent += m.part.n;
    }
    if (e)
        call_event(c, CALL_EV_EGRESS_LOST, NULL);
    else if (c->sent == c->body.n)
        wait_for_answer(c);
}

/* What goes out with a credential has a lease, on which the session's feed can ride. */
static void feed_along(struct call *c)
{
    struct sec *token = c->token;

    c->token = NULL; /* moved */
    if (token && call_feeds(c))
        call_feed(c->session, token);
    else
        sec_free(token);
}

void call_permitted(struct call *c, const void *arg)
{
    const struct msg_call_permit *m = arg;

    if (c->want != CALL_WANT_SEND) { /* there is nothing to send */
        chan_breach(c->g->keeper, BREACH_WRONG_ANSWER);
        return;
    }
    c->use = m->use;
    c->client = m->client;
    c->anonymous = m->anonymous;
    c->egress_generation = m->egress_generation;
    c->sent = 0;
    if (session_is_foreign(c, &m->client)) {
        call_fail(c, ERR_UNKNOWN_SESSION);
        return;
    }
    feed_along(c);
    /* The client's stream is there by now, or it left. */
    if (c->kind == CALL_KIND_STREAM && !c->session->stream) {
        call_finish(c);
        return;
    }
    if (c->kind == CALL_KIND_NOTIFICATION || c->kind == CALL_KIND_RESPONSE)
        call_let_go(c, 202);
    if (c->kind == CALL_KIND_END)
        session_closing(c);
    call_enter(c, CALL_PEER);
    loop_timer_set(c->timer, limit_get(SET_PERMIT_TIME));
    call_event(c, CALL_EV_EGRESS_HERE, NULL);
}
