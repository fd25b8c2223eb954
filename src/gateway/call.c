/* A call as such: what it holds, and its states. Run by the gateway. */
#include "gateway/call.h"

#include "base/mem.h"
#include "gateway/core.h"
#include "ipc/gen/send.h"
#include "os/log.h"

static const char *const names[CALL_STATE_COUNT] = {
#define STATE(name, waits_for) #name,
#include "gateway/call.def"
};

const char *call_state_name(enum call_state s)
{
    return names[s];
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

struct call *call_new(struct gateway *g, const struct gateway_upstream *up, struct http_req *req)
{
    struct call *c = MEM_NEW(struct call);

    c->g = g;
    c->next = CALL_BIT(OVER);
    c->id = ++g->last_call;
    c->up = up;
    c->http = req;
    c->quirk = quirk_find(&c->in, JSON_NONE);
    c->began = loop_now(g->loop);
    c->era = ERA_LEGACY;
    c->method = mcp_method_by_text(SLICE_EMPTY);
    c->req = MCP_REQUEST_NONE; /* of a GET or DELETE it stays so */
    c->req.method = c->method;
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
    hold_init(&c->hold, req ? http_share(req) : NULL);
    if (req)
        c->sink = sink_new(g->loop, &g->conf, req, &events, c);
    HASH_ADD(hh, g->calls, id, sizeof(c->id), c);
    return c;
}

void call_take_agent(struct call *c, const struct digest *token)
{
    c->agent = agent_get(&c->g->agents, token);
    LIST_INSERT_HEAD(&c->agent->calls, c, of_agent);
}

static void leave_agent(struct call *c)
{
    if (!c->agent)
        return;
    LIST_REMOVE(c, of_agent);
    agent_put(&c->g->agents, c->agent);
}

enum err call_hold(struct call *c)
{
    return hold_set(&c->hold, c->body.cap + c->message.cap + c->snapshot.cap + json_bytes(&c->in));
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

/* --- what it is ------------------------------------------------------------------------------- */

bool call_is_discover(const struct call *c)
{
    return c->kind == CALL_KIND_REQUEST && c->method->method == MCP_SERVER_DISCOVER;
}

/* A link can be shown on this call: declared, and where the specification lets us ask. Modern:
 * basic/patterns/mrtr "Supported Requests". Legacy: on the call's own stream. */
bool call_shows_links(const struct call *c)
{
    return c->kind == CALL_KIND_REQUEST && (c->caps & MCP_CAP_ELICIT_URL) && c->quirk->url &&
           c->method->may_ask;
}

/* Which is settled no earlier than when the call is permitted: a person may take minutes, and the
 * end of the last feed may be on its way. */
bool call_may_feed(const struct call *c)
{
    return c->kind == CALL_KIND_REQUEST && c->session;
}

/* --- its state -------------------------------------------------------------------------------- */

static bool is_timed(enum call_state s)
{
    return s == CALL_PEER || s == CALL_ELICIT || s == CALL_HOLD || s == CALL_UPSTREAM;
}

static struct call_queue *queue_of(const struct call *c, enum call_state s)
{
    switch (s) {
    case CALL_WAITING: return &c->g->for_keeper;
    case CALL_PEER:
    case CALL_SENDING: return for_egress_of(c->g, c->up->number);
    default: return NULL;
    }
}

/* Who is in a queue keeps its place. */
static void wait_in(struct call *c, struct call_queue *queue)
{
    if (queue == c->queue)
        return;
    if (c->queue)
        TAILQ_REMOVE(c->queue, c, in_queue);
    if (queue)
        TAILQ_INSERT_TAIL(queue, c, in_queue);
    c->queue = queue;
}

void call_enter(struct call *c, enum call_state s)
{
    BUG_IF((c->next & 1U << s) == 0);
    log_event(LEVEL_DEBUG, "call", LOG_NUM("call", c->id), LOG_STR("was", names[c->state]),
              LOG_STR("is", names[s]));
    c->state = s;
    wait_in(c, queue_of(c, s));
    if (!is_timed(s))
        loop_timer_stop(c->timer);
}

void call_let_go(struct call *c, unsigned status)
{
    struct sink *s = c->sink;

    c->sink = NULL; /* moved */
    c->http = NULL;
    if (s)
        sink_reply(s, status, NULL, 0, SLICE_EMPTY);
}

static void tell_others(struct call *c)
{
    const struct msg_call_cancel cancel = {.call = c->id};
    const struct msg_call_gone gone = {.call = c->id, .use = c->sent_use};

    /* From the end of a call that was answered follows only room for the agent key's next one, and
     * its call_open comes behind this, in the same channel. Decision 0031. */
    bool late = c->state == CALL_ENDING && !c->egress && c->g->conf.alone;

    /* A channel that is gone has forgotten the call already. */
    tell_call_cancel(c->egress, &cancel);
    if (c->open)
        tell_call_gone(c->g->keeper, &gone, late);
}

void call_finish(struct call *c)
{
    BUG_IF((c->next & CALL_BIT(OVER)) == 0);
    wait_in(c, NULL);
    tell_others(c);
    if (c->session)
        c->leave(c);
    leave_agent(c);
    if (c->sink) {
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
