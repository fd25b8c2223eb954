/*
 * The gateway as a whole: its peers, and the way of their messages to the calls that they are
 * about. Run by main.c, and by tests with channels of their own. Trusts what the supervisor says of
 * a channel's other end; a message about a call of another channel ends that channel.
 */
#include "gateway/gateway.h"

#include "base/mem.h"
#include "base/planted.h"
#include "gateway/call.h"
#include "gateway/params.h"
#include "gateway/route.h"
#include "gateway/session.h"
#include "ipc/gen/gateway.h"
#include "proto/mcp_write.h"

void gateway_init(struct gateway *g, struct loop *loop)
{
    *g = (struct gateway){.loop = loop};
    TAILQ_INIT(&g->for_keeper);
    for (size_t i = 0; i < LIM_UPSTREAMS; i++)
        TAILQ_INIT(&g->for_egress[i]);
    g->params = params_new();
}

struct gateway_conf *gateway_conf(struct gateway *g)
{
    return &g->conf;
}

void gateway_open(struct gateway *g)
{
    keys_init(&g->keys);
    refusals_init(&g->refusals, g->loop);
    g->http = httpd_new(g->loop, -1, &route_ops, g);
}

/* An action may end other calls than its own, so each is looked up again by its number. */
static void calls_event(struct gateway *g, enum call_ev ev)
{
    uint64_t *ids = NULL;
    size_t n = 0;
    struct call *c = NULL, *next = NULL;

    ids = mem_zalloc_array(HASH_COUNT(g->calls), sizeof(*ids));
    HASH_ITER(hh, g->calls, c, next) {
        ids[n++] = c->id;
    }
    for (size_t i = 0; i < n; i++) {
        c = call_by_id(g, ids[i]);
        if (c)
            call_event(c, ev, NULL);
    }
    mem_free(ids);
}

void gateway_done(struct gateway *g)
{
    sessions_done(g);
    httpd_free(g->http);
    calls_event(g, CALL_EV_CANCEL);
    egresses_done(&g->egresses);
    keys_done(&g->keys);
    refusals_done(&g->refusals);
    params_free(g->params);
    json_free(&g->answer);
    gateway_conf_done(&g->conf);
}

/* --- peers ------------------------------------------------------------------------------------ */

/* In the order in which they came, as long as the channel has room (NULL: all). What happens to one
 * ends none of the others. */
static void wake(const struct call_queue *queue, const struct chan *room, enum call_ev ev)
{
    struct call *next = NULL;

    for (struct call *c = TAILQ_FIRST(queue); c; c = next) {
        if (room && chan_full(room))
            return;
        next = TAILQ_NEXT(c, in_queue);
        call_event(c, ev, NULL);
    }
}

void gateway_peer(struct gateway *g, struct chan *c)
{
    switch (chan_peer(c)->role) {
    case ROLE_KEEPER: g->keeper = c; break;
    case ROLE_EGRESS:
        egresses_add(&g->egresses, c);
        wake(for_egress_of(g, chan_peer(c)->upstream), NULL, CALL_EV_EGRESS_HERE);
        break;
    default: chan_breach(c, BREACH_STRANGER);
    }
}

/* Only the calls that this process worked for. */
static void lost_egress(struct gateway *g, struct chan *chan)
{
    struct call *c = NULL, *next = NULL;

    egresses_remove(&g->egresses, chan);
    HASH_ITER(hh, g->calls, c, next) {
        /* One that ends so ends alone. */
        if (c->egress == chan)
            call_event(c, CALL_EV_EGRESS_LOST, NULL);
    }
}

void gateway_lost(struct gateway *g, struct chan *c)
{
    switch (chan_peer(c)->role) {
    case ROLE_KEEPER:
        g->keeper = NULL;
        keys_lost(&g->keys);
        calls_event(g, CALL_EV_KEEPER_LOST);
        break;
    case ROLE_EGRESS: lost_egress(g, c); break;
    default: break;
    }
}

void gateway_writable(struct gateway *g, struct chan *chan)
{
    if (chan == g->keeper) {
        wake(&g->for_keeper, chan, CALL_EV_WRITABLE);
        keys_writable(&g->keys, chan);
    } else if (chan_peer(chan)->role == ROLE_EGRESS) {
        wake(for_egress_of(g, chan_peer(chan)->upstream), chan, CALL_EV_WRITABLE);
    }
}

/* --- agent keys ------------------------------------------------------------------------------- */

void gateway_on_token_known(struct gateway *g, const struct msg_token_known *m)
{
    keys_on_known(&g->keys, m);
}

/* Calls first, so that each is told why. */
static void end_agent(struct gateway *g, const struct digest *token)
{
    struct agent *a = agent_get(&g->agents, token);
    struct share *share = share_get(&g->keys.shares, ID_SLICE(*token));

    while (!LIST_EMPTY(&a->calls))
        call_event(LIST_FIRST(&a->calls), CALL_EV_KEY_GONE, NULL); /* which ends it */
    while (!TAILQ_EMPTY(&a->idle))
        session_end(TAILQ_FIRST(&a->idle));
    while (!TAILQ_EMPTY(&a->busy))
        session_end(TAILQ_FIRST(&a->busy));
    httpd_end(g->http, share);
    share_put(share);
    agent_put(&g->agents, a);
}

/* With the key ends whatever was shown with it: calls, sessions and connections; also when a keeper
 * that ended took its word on the key with it. */
void gateway_on_token_gone(struct gateway *g, const struct msg_token_gone *m)
{
    keys_forget(&g->keys, &m->token);
    if (!PLANTED(gone_stays))
        end_agent(g, &m->token);
}

/* --- messages about calls --------------------------------------------------------------------- */

static void from_keeper(struct gateway *g, uint64_t id, enum call_ev ev, const void *m)
{
    struct call *call = call_by_id(g, id);

    if (call)
        call_event(call, ev, m);
}

#define FROM_KEEPER(function, message, event)                                                      \
    void function(struct gateway *g, const struct message *m)                                      \
    {                                                                                              \
        from_keeper(g, m->call, event, m);                                                         \
    }

FROM_KEEPER(gateway_on_call_permit, msg_call_permit, CALL_EV_PERMIT)
FROM_KEEPER(gateway_on_call_own, msg_call_own, CALL_EV_OWN)
FROM_KEEPER(gateway_on_call_handoff, msg_call_handoff, CALL_EV_HANDOFF)
FROM_KEEPER(gateway_on_call_hold, msg_call_hold, CALL_EV_HOLD)
FROM_KEEPER(gateway_on_call_neutral, msg_call_neutral, CALL_EV_NEUTRAL)
FROM_KEEPER(gateway_on_call_deny, msg_call_deny, CALL_EV_DENY)
FROM_KEEPER(gateway_on_call_stored, msg_call_stored, CALL_EV_STORED)
FROM_KEEPER(gateway_on_snapshot_part, msg_snapshot_part, CALL_EV_SNAPSHOT)

/* An egress process speaks about its own calls alone. One that works for none any more may still be
 * ending a refused attempt. */
static void from_egress(struct gateway *g, struct chan *c, uint64_t id, enum call_ev ev,
                        const void *m)
{
    struct call *call = call_by_id(g, id);

    if (!call)
        return;
    if (call->egress != c && (call->egress || call->up->number != chan_peer(c)->upstream))
        chan_breach(c, BREACH_FOREIGN_CALL);
    else
        call_event(call, ev, m);
}

#define FROM_EGRESS(function, message, event)                                                      \
    void function(struct gateway *g, struct chan *c, const struct message *m)                      \
    {                                                                                              \
        from_egress(g, c, m->call, event, m);                                                      \
    }

FROM_EGRESS(gateway_on_answer_head, msg_answer_head, CALL_EV_HEAD)
FROM_EGRESS(gateway_on_answer_part, msg_answer_part, CALL_EV_PART)
FROM_EGRESS(gateway_on_answer_end, msg_answer_end, CALL_EV_END)

/* --- ended handoffs --------------------------------------------------------------------------- */

/* Where the client looks: on the stream of the call that waits for it, or on the session's. */
static void tell_session(struct gateway_session *s, struct handoff_id h, struct slice message)
{
    struct call *c = NULL;

    LIST_FOREACH(c, &s->calls, in_session) {
        if (c->sink && sink_is_stream(c->sink) && ID_EQ(c->handoff, h)) {
            sink_event(c->sink, message);
            return;
        }
    }
    session_send(s, message);
}

/* A session is told of what it was shown, and no more. Lists may be longer now. */
void gateway_on_handoff_signal(struct gateway *g, const struct msg_handoff_signal *m)
{
    struct gateway_session *s = session_by_id(g, m->session);
    struct buf out = BUF_INIT(512), id = BUF_INIT(ID_TEXT);

    if (!s || !session_was_shown(s, m->handoff))
        return;
    ID_PUT(&id, m->handoff);
    mcp_put_elicitation_complete(&out, buf_slice(&id));
    tell_session(s, m->handoff, buf_slice(&out));
    if (m->state == HANDOFF_STATE_COMPLETED) {
        buf_clear(&out);
        mcp_put_notification(&out, "notifications/tools/list_changed");
        session_send(s, buf_slice(&out));
    }
    gateway_session_forget(s, m->handoff);
    buf_free(&out);
    buf_free(&id);
}
