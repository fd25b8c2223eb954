/*
 * Opening a session at a legacy upstream: initialize and notifications/initialized, under the
 * permit of the use that needs it. Other uses of the same session wait meanwhile. The capabilities
 * declared are the client's own. MCP 2025-11-25 basic/lifecycle.
 */
#include "egress/open.h"

#include "egress/rule.h"
#include "egress/screening.h"
#include "egress/snapshot.h"
#include "proto/mcp_write.h"

#define OPEN_ID "\"sidegate-initialize\""

/* --- waiting ---------------------------------------------------------------------------------- */

static void wait_over(struct use *u)
{
    if (!u->waits)
        return;
    u->waits = false;
    TAILQ_REMOVE(&u->session->waiting_for_open, u, waiting_for_open);
    loop_timer_stop(u->timer);
}

/* Later in the turn, since what wakes may be in the middle of ending many uses. */
static void on_wake(void *ctx)
{
    struct egress_session *s = ctx;
    struct use *u;

    while ((u = TAILQ_FIRST(&s->waiting_for_open))) {
        wait_over(u);
        if (s->state == SESSION_OPEN) {
            u->ops->send(u);
            continue;
        }
        u->session = NULL;
        session_put(s);
        open_session(u); /* the first becomes the next opener */
    }
    session_put(s);
}

static void wake(struct use *u)
{
    if (TAILQ_EMPTY(&u->session->waiting_for_open))
        return;
    u->session->users++; /* until on_wake */
    loop_defer(u->all->loop, on_wake, u->session);
}

static void on_waited_too_long(void *ctx)
{
    use_abort(ctx, ERR_TIMEOUT);
}

static void wait_for(struct use *u, struct egress_session *s)
{
    uint64_t now = loop_now(u->all->loop);

    u->waits = true;
    TAILQ_INSERT_TAIL(&s->waiting_for_open, u, waiting_for_open);
    loop_timer_free(u->timer);
    u->timer = loop_timer_new(u->all->loop, on_waited_too_long, u);
    loop_timer_set(u->timer, u->not_after > now ? u->not_after - now : 0);
}

void open_leave(struct use *u)
{
    struct egress_session *s = u->session;

    if (!s)
        return;
    wait_over(u);
    if (u->opener && s->state == SESSION_OPENING) {
        s->state = SESSION_NEW;
        egress_session_forget(s);
        wake(u);
    }
    u->opener = false;
    u->session = NULL;
    session_put(s);
}

/* --- notifications/initialized ---------------------------------------------------------------- */

/* Where there is no client's message, this is the use itself. */
static void on_leaves(struct use *u)
{
    u->sent |= u->ops->own;
}

static void on_initialized_end(struct use *u, const struct transport_end *m)
{
    if (m->how != TRANSPORT_ACCEPTED) {
        use_failed(u, m);
        return;
    }
    u->opener = false;
    u->opened = true;
    u->session->state = SESSION_OPEN;
    wake(u);
    u->ops->send(u);
}

static void start(struct use *u, enum call_kind kind, const struct transport_events *events)
{
    const struct transport_ask ask = {
        .era = ERA_LEGACY,
        .kind = kind,
        .body = buf_slice(&u->own_body),
        .id = SLICE_LIT(OPEN_ID),
        .events = events,
    };

    BUG_IF(u->all->transport->send(u, &ask) != ERR_OK); /* no name of the client's is in it */
}

static void send_initialized(struct use *u)
{
    static const struct transport_events events = {.leaves = on_leaves, .end = on_initialized_end};

    buf_clear(&u->own_body);
    mcp_put_notification(&u->own_body, "notifications/initialized");
    start(u, CALL_KIND_NOTIFICATION, &events);
}

/* --- initialize ------------------------------------------------------------------------------- */

unsigned open_server_has(const struct json *j, uint32_t result)
{
    uint32_t caps = json_get(j, result, "capabilities");
    unsigned has = 0;

    if (json_is(j, json_get(j, caps, "tools"), JSON_OBJECT))
        has |= 1u << SNAPSHOT_TOOLS;
    if (json_is(j, json_get(j, caps, "prompts"), JSON_OBJECT))
        has |= 1u << SNAPSHOT_PROMPTS;
    if (json_is(j, json_get(j, caps, "resources"), JSON_OBJECT))
        has |= 1u << SNAPSHOT_RESOURCES | 1u << SNAPSHOT_TEMPLATES;
    return has;
}

static void on_head(struct use *u, UNUSED bool is_stream, struct slice session)
{
    buf_set(&u->session->id, session);
}

/* The result, screened, is the server's part of the snapshot. */
static enum err store_server(struct use *u, const struct json *j)
{
    struct buf message = BUF_INIT(2 * limit_get(SET_BODY_BYTES) + LIM_PART_BYTES);
    struct json screened = JSON_INIT;
    enum err e = screening_message(u, j, &message);

    if (!e && json_parse(&screened, buf_slice(&message), NULL) == ERR_OK)
        snapshot_server(u, &screened, json_get(&screened, 0, "result"));
    json_free(&screened);
    buf_free(&message);
    return e;
}

static enum err on_message(struct use *u, const struct json *j, const struct jsonrpc *m, bool final)
{
    struct buf *version = &u->session->version;

    if (!final)
        return ERR_OK; /* a log line or a ping before there is a session: nobody to give it to */
    if (rule_refuses(&u->all->conf, j, m))
        return ERR_UPSTREAM_REFUSED;
    buf_clear(version);
    if (m->kind != JSONRPC_RESULT ||
        json_str(j, json_get(j, m->result, "protocolVersion"), version) != ERR_OK ||
        mcp_version_era(buf_slice(version)) != ERA_LEGACY)
        return ERR_UPSTREAM_ANSWER;
    u->server_has = open_server_has(j, m->result);
    return store_server(u, j);
}

static void on_end(struct use *u, const struct transport_end *m)
{
    if (m->how == TRANSPORT_DONE)
        send_initialized(u);
    else
        use_failed(u, m);
}

static void send_initialize(struct use *u)
{
    static const struct transport_events events = {on_leaves, on_head, on_message, on_end};
    struct slice caps = u->caps.n > 0 ? buf_slice(&u->caps) : SLICE_LIT("{}");

    buf_clear(&u->own_body);
    mcp_put_initialize_request(&u->own_body, SLICE_LIT(OPEN_ID), SLICE_LIT(MCP_OWN_INFO), caps);
    BUG_IF(buf_err(&u->own_body) != ERR_OK);
    start(u, CALL_KIND_REQUEST, &events);
}

/* --- which ------------------------------------------------------------------------------------ */

static bool caps_are_an_object(const struct use *u)
{
    struct json j = JSON_INIT;
    bool yes;

    if (u->caps.n == 0)
        return true;
    yes = json_parse(&j, buf_slice(&u->caps), NULL) == ERR_OK && json_is(&j, 0, JSON_OBJECT);
    u->session->shaped = !yes || !snapshot_plain_caps(&j, 0);
    json_free(&j);
    return yes;
}

/* The session that the client's gateway means. */
static struct session_key key_of(const struct use *u)
{
    return (struct session_key){.client = u->client,
                                .session = {u->session_id, u->key.gateway, u->key.generation},
                                .user = u->user,
                                .connection = u->connection};
}

bool open_take_session(struct use *u)
{
    const struct session_key key = key_of(u);
    struct egress_session *s = egress_session_find(&u->all->sessions, &key);

    if (!s || s->state != SESSION_OPEN || s->id.n == 0)
        return false;
    u->session = session_get(&u->all->sessions, &key);
    egress_session_forget(s);
    return true;
}

void open_session(struct use *u)
{
    const struct session_key key = key_of(u);

    u->step = USE_OPENING;
    if (u->ops->own)
        u->session = session_own(&u->all->sessions);
    else
        u->session = session_get(&u->all->sessions, &key);
    if (u->session->state == SESSION_OPEN) {
        u->ops->send(u);
    } else if (u->session->state == SESSION_OPENING) {
        wait_for(u, u->session);
    } else if (caps_are_an_object(u)) {
        u->opener = true;
        u->session->state = SESSION_OPENING;
        send_initialize(u);
    } else {
        use_abort(u, ERR_INVALID_PARAMS);
    }
}
