/*
 * The life of a call and the table of its states. Run by the gateway. What came from keeper and
 * egress about a call that is over is dropped here, since both may speak while call_gone is on its
 * way; what comes out of turn about one that lives ends their channel.
 */
#include "gateway/call_in.h"

#include "base/mem.h"
#include "ipc/gen/send.h"
#include "os/log.h"

/* --- the table -------------------------------------------------------------------------------- */

typedef void action_fn(struct call *c, enum call_ev ev, const void *arg);

static action_fn *const rows[CALL_STATE_COUNT][CALL_EV_COUNT] = {
#define STATE(name, waits_for)
#define ON(state, event, action) [CALL_##state][CALL_EV_##event] = call_##action,
#define ANY(event, action)
#include "gateway/call.def"
#undef ON
#undef ANY
};

static action_fn *const any[CALL_EV_COUNT] = {
#define ON(state, event, action)
#define ANY(event, action) [CALL_EV_##event] = call_##action,
#include "gateway/call.def"
#undef STATE
#undef ON
#undef ANY
};

static const char *const names[CALL_STATE_COUNT] = {
#define STATE(name, waits_for) #name,
#define ON(state, event, action)
#define ANY(event, action)
#include "gateway/call.def"
#undef STATE
#undef ON
#undef ANY
};

const char *call_state_name(enum call_state s)
{
    return names[s];
}

/* Whose event it is; NULL: ours. */
static struct chan *source(const struct call *c, enum call_ev ev)
{
    if (ev < CALL_EV_KEEPER_LOST)
        return c->g->keeper;
    if (ev >= CALL_EV_HEAD && ev <= CALL_EV_END)
        return c->egress;
    return NULL;
}

void call_event(struct call *c, enum call_ev ev, const void *arg)
{
    action_fn *fn = rows[c->state][ev] != NULL ? rows[c->state][ev] : any[ev];

    if (fn == NULL) {
        struct chan *from = source(c, ev);

        BUG_IF(from == NULL);
        log_event(LOG_ERROR, "out_of_turn", LOG_STR("state", names[c->state]),
                  LOG_NUM("event", ev));
        chan_breach(from, BREACH_CALL_OUT_OF_TURN);
        return;
    }
    fn(c, ev, arg);
}

CALL_ACTION(ignore)
{
    (void)c;
    (void)ev;
    (void)arg;
}

/* --- life ------------------------------------------------------------------------------------- */

static void on_timer(void *ctx)
{
    call_event(ctx, CALL_EV_TIME, NULL);
}

static void on_room(void *ctx)
{
    call_event(ctx, CALL_EV_ROOM, NULL);
}

static void on_gone(void *ctx)
{
    call_event(ctx, CALL_EV_GONE, NULL);
}

static const struct sink_events events = {on_room, on_gone};

/* No message at all: what a GET or DELETE has. */
static const struct mcp_request no_request = {
    .rpc = {.kind = JSONRPC_NOTIFICATION,
            .id = JSON_NONE,
            .method = JSON_NONE,
            .params = JSON_NONE,
            .result = JSON_NONE,
            .error = JSON_NONE},
    .era = MCP_ERA_LEGACY,
    .meta = {JSON_NONE, JSON_NONE, JSON_NONE, JSON_NONE, JSON_NONE, JSON_NONE, JSON_NONE},
    .name = JSON_NONE,
    .arguments = JSON_NONE,
    .state = JSON_NONE,
    .responses = JSON_NONE,
};

struct call *call_new(struct gateway *g, const struct upstream *up, struct http_req *req)
{
    struct call *c = MEM_NEW(struct call);

    c->g = g;
    c->id = ++g->last_call;
    c->up = up;
    c->http = req;
    c->quirk = quirk_find(&c->in, JSON_NONE);
    c->began = loop_now(g->loop);
    c->era = MCP_ERA_LEGACY;
    c->method = mcp_method_by_text(SLICE_EMPTY);
    c->req = no_request;
    c->req.method = c->method;
    json_init(&c->in);
    buf_init(&c->id_text, LIM_RPC_ID_BYTES);
    buf_init(&c->progress, LIM_RPC_ID_BYTES);
    buf_init(&c->came, LIM_STATE_BYTES);
    buf_init(&c->params, LIM_HEADER_BYTES);
    buf_init(&c->mismatch, 2 * LIM_NAME_BYTES);
    buf_init(&c->body, limit_get(SET_BODY_BYTES) + LIM_REWRITE_BYTES);
    buf_init(&c->message, 2 * limit_get(SET_BODY_BYTES) + LIM_PART_BYTES);
    buf_init(&c->snapshot, LIM_SNAPSHOT_BYTES);
    buf_init(&c->words, 64);
    buf_init(&c->leg, LIM_STATE_BYTES);
    c->timer = loop_timer_new(g->loop, on_timer, c);
    hold_init(&c->hold, req != NULL ? http_share(req) : NULL);
    if (req != NULL)
        c->sink = sink_new(g->loop, &g->conf, req, &events, c);
    HASH_ADD(hh, g->calls, id, sizeof(c->id), c);
    return c;
}

enum err call_hold(struct call *c)
{
    return hold_set(&c->hold, c->body.cap + c->message.cap + c->snapshot.cap + json_bytes(&c->in));
}

/* One without a request of its own, made for the session. */
static void share_session(struct call *c, const struct session *s)
{
    struct share *share = share_get(&c->g->keys.shares, ID_SLICE(s->token));

    hold_init(&c->hold, share);
    share_put(share);
}

void call_join(struct call *c, struct session *s)
{
    if (c->http == NULL)
        share_session(c, s);
    c->session = s;
    c->quirk = s->quirk;
    c->caps = s->no_url ? s->caps & ~(uint32_t)MCP_CAP_ELICIT_URL : s->caps;
    LIST_INSERT_HEAD(&s->calls, c, in_session);
    s->n_calls++;
}

bool call_has_message(const struct call *c)
{
    return c->kind != CALL_KIND_STREAM && c->kind != CALL_KIND_END;
}

struct call *call_by_id(struct gateway *g, uint64_t id)
{
    struct call *c = NULL;

    HASH_FIND(hh, g->calls, &id, sizeof(id), c);
    return c;
}

/* An action may end other calls than its own, so each is looked up again by its number. */
void calls_event(struct gateway *g, enum call_ev ev, const struct digest *token)
{
    uint64_t *ids = NULL;
    size_t n = 0;
    struct call *c = NULL, *next = NULL;

    ids = mem_zalloc_array(HASH_COUNT(g->calls), sizeof(*ids));
    HASH_ITER(hh, g->calls, c, next) {
        if (token == NULL || ID_EQ(c->token_hash, *token))
            ids[n++] = c->id;
    }
    for (size_t i = 0; i < n; i++) {
        c = call_by_id(g, ids[i]);
        if (c != NULL)
            call_event(c, ev, NULL);
    }
    mem_free(ids);
}

static bool is_timed(enum call_state s)
{
    return s == CALL_PEER || s == CALL_ELICIT || s == CALL_HOLD || s == CALL_UPSTREAM;
}

void call_enter(struct call *c, enum call_state s)
{
    log_event(LOG_DEBUG, "call", LOG_NUM("call", c->id), LOG_STR("was", names[c->state]),
              LOG_STR("is", names[s]));
    c->state = s;
    if (!is_timed(s))
        loop_timer_stop(c->timer);
}

static void leave_session(struct call *c)
{
    struct session *s = c->session;

    if (s == NULL)
        return;
    if (s->feed == c)
        s->feed = NULL;
    asks_drop_call(&s->asks, c->id);
    LIST_REMOVE(c, in_session);
    s->n_calls--;
    c->session = NULL;
    if (s->closing == c)
        session_closed(s);
}

static void tell_others(struct call *c)
{
    const struct msg_call_cancel cancel = {.call = c->id};
    const struct msg_call_gone gone = {.call = c->id};

    /* A channel that is gone has forgotten the call already. */
    tell_call_cancel(c->egress, &cancel);
    if (c->open)
        tell_call_gone(c->g->keeper, &gone);
}

void call_finish(struct call *c)
{
    tell_others(c);
    leave_session(c);
    if (c->sink != NULL) {
        sink_open(c->sink);
        sink_end(c->sink);
    }
    HASH_DEL(c->g->calls, c);
    loop_timer_free(c->timer);
    sec_free(c->token);
    json_free(&c->in);
    buf_free(&c->id_text);
    buf_free(&c->progress);
    buf_free(&c->came);
    buf_free(&c->params);
    buf_free(&c->mismatch);
    buf_free(&c->body);
    buf_free(&c->message);
    buf_free(&c->snapshot);
    buf_free(&c->words);
    buf_free(&c->leg);
    hold_free(&c->hold);
    mem_free(c);
}

/* --- leaving ---------------------------------------------------------------------------------- */

/* Whether the call goes on without its client. Modern: closing the stream cancels (2026-07-28
 * basic/patterns/cancellation). Legacy: it does not (2025-11-25 basic/transports), once the
 * upstream has the call; one that waits for a person is better repeated than done for nobody. */
static bool goes_on_alone(const struct call *c)
{
    if (c->state == CALL_WAITING)
        return false; /* its message goes with its client */
    if (c->kind == CALL_KIND_NOTIFICATION || c->kind == CALL_KIND_RESPONSE ||
        c->kind == CALL_KIND_END)
        return true;
    return c->era == MCP_ERA_LEGACY && (c->state == CALL_SENDING || c->state == CALL_UPSTREAM);
}

CALL_ACTION(gone)
{
    (void)ev;
    (void)arg;
    c->sink = NULL;
    c->http = NULL;
    if (!goes_on_alone(c)) {
        call_finish(c);
        return;
    }
    /* The upstream has this long to finish what nobody waits for. */
    if (c->state == CALL_SENDING || c->state == CALL_UPSTREAM)
        loop_timer_set(c->timer, limit_get(SET_ANSWER_TIME));
    if (c->state == CALL_UPSTREAM)
        call_event(c, CALL_EV_ROOM, NULL); /* nobody has to be waited for any more */
}

CALL_ACTION(over)
{
    (void)arg;
    if (ev == CALL_EV_END || ev == CALL_EV_EGRESS_LOST)
        c->egress = NULL;
    call_finish(c);
}

CALL_ACTION(cancelled)
{
    (void)ev;
    (void)arg;
    call_finish(c);
}
