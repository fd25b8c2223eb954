/*
 * Legacy sessions. Run by the gateway. Trusts the keeper's word on who a client is; the session id
 * alone opens nothing. Specification: MCP 2025-11-25 basic/transports "Session Management".
 *
 * The id is random but for its first two bytes, which name the lane: another gateway process that
 * gets it can tell whose it is.
 */
#include "gateway/session.h"

#include "base/mem.h"
#include "base/planted.h"
#include "crypto/random.h"
#include "gateway/core.h"
#include "ipc/gen/send.h"
#include "os/log.h"
#include "proto/mcp_write.h"

enum { LANE_BYTES = 2 };

static void put_lane(const struct gateway *g, struct session_id *id)
{
    for (size_t i = 0; i < LANE_BYTES; i++)
        id->b[i] = (uint8_t)(g->instance >> (8 * (LANE_BYTES - 1 - i)));
}

static bool is_idle(const struct gateway_session *s)
{
    return !s->stream && s->n_calls == 0;
}

/* To the end of the list in which it belongs by now, so that who looks for an idle one finds it. */
static void list(struct gateway_session *s)
{
    if (s->ended)
        return;
    if (s->list)
        TAILQ_REMOVE(s->list, s, of_agent);
    s->list = is_idle(s) ? &s->agent->idle : &s->agent->busy;
    TAILQ_INSERT_TAIL(s->list, s, of_agent);
}

static void on_idle(void *ctx)
{
    struct gateway_session *s = ctx;

    if (!is_idle(s))
        session_used(s); /* in use, if quietly */
    else
        session_end(s);
}

/* Clients that are run again and again, and do not say when they end, leave one behind each time:
 * the one that nobody used for the longest time goes. */
static bool make_room(const struct agent *agent)
{
    struct gateway_session *s = TAILQ_FIRST(&agent->idle);

    if (agent->n_sessions < limit_get(SET_SESSIONS_PER_CLIENT))
        return true;
    if (s)
        session_end(s);
    return s != NULL;
}

enum err session_new(struct gateway *g, const struct session_start *n, struct gateway_session **ret)
{
    struct agent *agent = agent_get(&g->agents, &n->token);
    struct gateway_session *s = NULL;

    if (!make_room(agent)) {
        agent_put(&g->agents, agent);
        return ERR_RATE_LIMITED;
    }
    s = MEM_NEW(struct gateway_session);
    s->g = g;
    RANDOM_ID(s->id);
    put_lane(g, &s->id);
    s->up = n->up;
    s->client = n->client;
    s->agent = agent;
    agent->n_sessions++;
    s->caps = n->caps;
    buf_init(&s->caps_text, LIM_CAPS_BYTES);
    buf_put(&s->caps_text, n->caps_text);
    s->quirk = n->quirk;
    s->log_level = -1;
    LIST_INIT(&s->calls);
    asks_init(&s->asks);
    s->timer = loop_timer_new(g->loop, on_idle, s);
    session_used(s);
    HASH_ADD(hh, g->sessions, id, sizeof(s->id), s);
    *ret = s;
    return ERR_OK;
}

static void tell_end(struct gateway_session *s)
{
    const struct msg_session_gone gone = {.session = s->id};

    /* A channel that is gone has forgotten the session already. */
    tell_session_gone(s->g->keeper, &gone);
    egresses_end_session(&s->g->egresses, s->up->number, s->id);
}

static void session_free(struct gateway_session *s)
{
    tell_end(s);
    agent_put(&s->g->agents, s->agent);
    asks_done(&s->asks);
    loop_timer_free(s->timer);
    buf_free(&s->caps_text);
    mem_free(s);
}

static struct call *next_to_cancel(const struct gateway_session *s)
{
    struct call *c = LIST_FIRST(&s->calls);

    return c && c == s->closing ? LIST_NEXT(c, in_session) : c;
}

static void end_stream(struct gateway_session *s)
{
    struct sink *sink = s->stream;

    if (!sink)
        return;
    s->stream = NULL;
    sink_end(sink);
    if (s->feed)
        call_event(s->feed, CALL_EV_CANCEL, NULL);
}

void session_end(struct gateway_session *s)
{
    struct call *c = NULL;

    if (s->ended)
        return;
    s->ended = true;
    HASH_DEL(s->g->sessions, s);
    TAILQ_REMOVE(s->list, s, of_agent);
    s->agent->n_sessions--;
    while ((c = next_to_cancel(s)))
        call_event(c, CALL_EV_CANCEL, NULL); /* takes it off the list */
    end_stream(s);
    loop_timer_stop(s->timer);
    if (!s->closing)
        session_free(s);
}

void sessions_done(struct gateway *g)
{
    struct gateway_session *s = NULL, *next = NULL;

    HASH_ITER(hh, g->sessions, s, next) {
        session_end(s);
    }
}

struct gateway_session *session_by_id(struct gateway *g, struct session_id id)
{
    struct gateway_session *s = NULL;

    HASH_FIND(hh, g->sessions, &id, sizeof(id), s);
    return s;
}

enum err gateway_session_find(struct gateway *g, struct slice text,
                              const struct gateway_upstream *up, const struct agent *agent,
                              struct gateway_session **ret)
{
    struct session_id id;
    struct gateway_session *s = NULL;

    if (!id_parse(text, id.b, sizeof(id.b)))
        return ERR_UNKNOWN_SESSION;
    s = session_by_id(g, id);
    if (!s || s->up != up || (s->agent != agent && !PLANTED(session_unbound)))
        return ERR_UNKNOWN_SESSION;
    session_used(s);
    *ret = s;
    return ERR_OK;
}

void session_used(struct gateway_session *s)
{
    if (s->ended)
        return;
    list(s);
    loop_timer_set(s->timer, limit_get(SET_SESSION_IDLE));
}

/* --- its calls -------------------------------------------------------------------------------- */

/* One without a request of its own, made for the session. */
static void share_session(struct call *c, const struct gateway_session *s)
{
    struct share *share = share_get(&c->g->keys.shares, ID_SLICE(s->agent->token));

    hold_init(&c->hold, share);
    share_put(share);
}

static void leave(struct call *c)
{
    struct gateway_session *s = c->session;

    if (s->feed == c)
        s->feed = NULL;
    asks_drop_call(&s->asks, c->id);
    LIST_REMOVE(c, in_session);
    s->n_calls--;
    c->session = NULL;
    list(s);
    if (s->closing != c)
        return;
    s->closing = NULL;
    if (s->ended)
        session_free(s);
}

void session_join(struct gateway_session *s, struct call *c)
{
    if (!c->http)
        share_session(c, s);
    c->session = s;
    c->leave = leave;
    c->quirk = s->quirk;
    c->caps = s->no_url ? s->caps & ~(uint32_t)MCP_CAP_ELICIT_URL : s->caps;
    LIST_INSERT_HEAD(&s->calls, c, in_session);
    s->n_calls++;
    list(s);
}

bool session_is_foreign(const struct call *c, const struct client_id *client)
{
    return c->session && !ID_EQ(c->session->client, *client);
}

void session_closing(struct call *c)
{
    c->session->closing = c;
    call_let_go(c, 204);
    session_end(c->session);
}

void session_close(struct call *c)
{
    struct gateway_session *s = c->session;
    bool frees_session = s->closing == c;

    call_let_go(c, 204);
    call_finish(c);
    if (!frees_session)
        session_end(s);
}

/* --- the GET stream --------------------------------------------------------------------------- */

static void on_room(void *ctx)
{
    struct gateway_session *s = ctx;

    if (s->feed)
        call_event(s->feed, CALL_EV_ROOM, NULL);
}

static void on_gone(void *ctx)
{
    struct gateway_session *s = ctx;

    s->stream = NULL;
    session_used(s);
    if (s->feed)
        call_event(s->feed, CALL_EV_CANCEL, NULL);
}

static const struct sink_events stream_events = {on_room, on_gone};

enum err session_take_stream(struct gateway_session *s, struct sink *sink)
{
    if (s->stream)
        return ERR_EXISTS;
    s->stream = sink;
    sink_own(sink, &stream_events, s);
    sink_open(sink);
    return ERR_OK;
}

void session_send(struct gateway_session *s, struct slice message)
{
    if (s->stream)
        sink_event(s->stream, message);
}

/* --- handoffs --------------------------------------------------------------------------------- */

/* The oldest is forgotten; its client then finds the same handoff on its next call. */
void session_show(struct gateway_session *s, struct handoff_id h)
{
    if (!session_was_shown(s, h))
        s->shown[s->n_shown++ % SESSION_SHOWN] = h;
}

bool session_was_shown(const struct gateway_session *s, struct handoff_id h)
{
    for (unsigned i = 0; i < s->n_shown && i < SESSION_SHOWN; i++) {
        if (ID_EQ(s->shown[i], h))
            return true;
    }
    return false;
}

void gateway_session_forget(struct gateway_session *s, struct handoff_id h)
{
    for (unsigned i = 0; i < SESSION_SHOWN; i++) {
        if (ID_EQ(s->shown[i], h))
            s->shown[i] = (struct handoff_id){{0}};
    }
}

/* --- logging ---------------------------------------------------------------------------------- */

/* RFC 5424 6.2.1, as MCP 2025-11-25 server/utilities/logging names them. */
static const char *const levels[] = {"debug", "info",     "notice", "warning",
                                     "error", "critical", "alert",  "emergency"};

int session_log_level(const struct json *j, uint32_t params)
{
    uint32_t level = json_get(j, params, "level");

    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        if (json_str_eq_c(j, level, levels[i]))
            return (int)i;
    }
    return -1;
}
