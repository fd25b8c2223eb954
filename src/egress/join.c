/*
 * Joining the two halves of a use: the keeper's permit and the gateway's message. Egress runs it.
 * It trusts the keeper; a gateway may be hostile, so what it sends must be what the keeper
 * permitted, to the byte (permitted.c). A gateway that says otherwise is cut off and reported. What
 * is as permitted and beyond a limit is no lie, and ends that call alone.
 */
#include "egress/credential.h"
#include "egress/message.h"
#include "egress/open.h"
#include "egress/permitted.h"
#include "egress/probe.h"
#include "egress/refuse.h"
#include "egress/state.h"
#include "egress/verify.h"
#include "ipc/gen/egress.h"
#include "ipc/gen/send.h"
#include "os/log.h"
#include "proto/mcp_header.h"

/* What a use of each mode does, and how it gets its message from the permit alone, which then names
 * no call but the number that egress gave. NULL: the message comes from a gateway. */
static const struct {
    const struct use_ops *ops;
    enum err (*take)(struct use *u, uint64_t number);
} modes[MODE_COUNT] = {
    [MODE_CALL] = {&message_ops, NULL},
    [MODE_VERIFY] = {&verify_ops, verify_take},
    [MODE_PROBE] = {&probe_ops, probe_take},
    [MODE_REFUSE] = {&message_ops, refuse_take},
};

static bool same_call(const struct call_key *a, const struct call_key *b)
{
    return a->gateway == b->gateway && a->generation == b->generation && a->call == b->call;
}

/* --- both are there --------------------------------------------------------------------------- */

/* DELETE, once; without a session of the upstream's there is nothing to do. */
static void end_session(struct use *u)
{
    const struct use_end nothing = {.result = RESULT_UNSENT, .how = ANSWER_HOW_DONE};

    if (open_take_session(u))
        u->ops->send(u);
    else
        use_finish(u, &nothing);
}

static void run(struct use *u)
{
    if (u->kind == CALL_KIND_END)
        end_session(u);
    else if (u->era == ERA_LEGACY)
        open_session(u);
    else
        u->ops->send(u);
}

/* Its message is there and may leave, unless e says why not. */
static void begin(struct use *u, enum err e)
{
    if (!e)
        e = credential_place(u);
    if (!e)
        e = state_put_in(u); /* after what the agent chose was excused, of which it is no part */
    if (e) {
        use_abort(u, e);
        return;
    }
    loop_timer_stop(u->timer);
    if (!u->ops->own)
        message_note(u);
    run(u);
}

static void join_try(struct use *u)
{
    enum err e;

    if (!u->has_permit || !u->has_head || u->step != USE_JOINING)
        return;
    if (u->no_room != ERR_OK) {
        use_abort(u, u->no_room);
        return;
    }
    if (u->cancelled) { /* and the rest of it may not come */
        use_abort(u, ERR_CLOSED);
        return;
    }
    if (u->body.n < u->size)
        return;
    e = permitted_check(u);
    if (e) {
        struct chan *gateway = u->flow.gateway;

        log_event(LEVEL_ERROR, "body_not_permitted", LOG_ID("use", u->id), LOG_ERR(e));
        use_abort(u, permitted_is_limit(e) ? e : ERR_PROTOCOL);
        if (!permitted_is_limit(e))
            chan_breach(gateway, BREACH_OTHER_BODY);
        return;
    }
    begin(u, use_hold(u)); /* with what it was parsed into */
}

/* --- the keeper's half ------------------------------------------------------------------------ */

static void take_permit(struct use *u, struct msg_permit *m)
{
    u->has_permit = true;
    u->keeper = u->all->keeper;
    u->mode = m->mode;
    u->ops = modes[m->mode].ops;
    u->permitted = (struct call_key){m->gateway, m->gateway_generation, m->call};
    u->not_after = m->not_after;
    u->projection_digest = m->projection;
    u->body_digest = m->body;
    u->user = m->user;
    u->connection = m->connection;
    group_join(&u->all->permitted, ID_SLICE(u->connection), &u->of_connection, u);
    u->lazy = m->lazy;
    u->has_state = m->has_state && m->mode == MODE_CALL;
    buf_put(&u->state, m->state);
    u->credential = m->credential;
    m->credential = NULL; /* moved */
}

void egress_on_permit(struct egress *all, struct msg_permit *m)
{
    struct use *u = use_find_id(all, &m->use);

    if (u && (u->has_permit || m->mode != MODE_CALL)) {
        chan_breach(all->keeper, BREACH_PERMIT_TWICE);
        return;
    }
    if (!u)
        u = use_new(all, &m->use, &message_ops);
    take_permit(u, m);
    if (modes[u->mode].take) {
        begin(u, modes[u->mode].take(u, m->call));
    } else if (u->has_head && !same_call(&u->key, &u->permitted)) {
        chan_breach(u->flow.gateway, BREACH_FOREIGN_USE); /* another gateway's use */
        use_abort(u, ERR_PROTOCOL);
    } else {
        join_try(u);
    }
}

/* --- the gateway's half ----------------------------------------------------------------------- */

/* These go into headers. */
static bool head_is_clean(const struct msg_send_head *m)
{
    bool is_stream = !use_has_body(m->kind);

    return (m->size == 0) == is_stream && http_is_field_value(m->protocol) && m->protocol.n > 0 &&
           http_is_field_value(m->last_event_id) && !(is_stream && m->era == ERA_MODERN);
}

/* The size is said before the body comes, so that what has no room need not be taken. */
static void take_share(struct use *u)
{
    struct share *s = share_get(&u->all->shares, ID_SLICE(u->client));

    hold_init(&u->hold, s);
    share_put(s);
    u->no_room = u->size > limit_get(SET_BODY_BYTES) + LIM_REWRITE_BYTES
                     ? ERR_TOO_LARGE
                     : hold_set(&u->hold, u->size);
    if (u->no_room == ERR_OK)
        u->body = BUF_INIT(u->size);
}

static void take_head(struct use *u, struct chan *c, const struct msg_send_head *m)
{
    u->has_head = true;
    u->key = use_call_key(c, m->call);
    u->era = m->era;
    u->kind = m->kind;
    u->client = m->client;
    u->session_id = m->session;
    u->size = m->size;
    take_share(u);
    buf_put(&u->protocol, m->protocol);
    buf_put(&u->last_event_id, m->last_event_id);
    buf_put(&u->caps, m->caps.n == 0 ? SLICE_LIT("{}") : m->caps);
    flow_init(&u->flow, &u->all->waiting, u, c, m->call);
    HASH_ADD(hh_call, u->all->by_call, key, sizeof(u->key), u);
}

void egress_on_send_head(struct egress *all, struct chan *c, const struct msg_send_head *m)
{
    struct use *u = use_find_id(all, &m->use);
    struct call_key key = use_call_key(c, m->call);

    if (!head_is_clean(m) || use_find(all, c, m->call) ||
        (u && (u->has_head || u->mode != MODE_CALL ||
               (u->has_permit && !same_call(&u->permitted, &key))))) {
        chan_breach(c, BREACH_SEND_HEAD);
        return;
    }
    if (!u && HASH_CNT(hh_id, all->by_id) >= LIM_USES) {
        struct msg_answer_end no = {.call = m->call, .how = ANSWER_HOW_UNSENT, .code = ERR_AGAIN};
        tell_answer_end(c, &no);
        return;
    }
    if (!u)
        u = use_new(all, &m->use, &message_ops);
    take_head(u, c, m);
    join_try(u); /* a stream has no body to wait for */
}

void egress_on_send_param(struct egress *all, struct chan *c, const struct msg_send_param *m)
{
    struct use *u = use_find(all, c, m->call);
    struct use_param *p;

    if (!u || u->step != USE_JOINING)
        return; /* it ended before the gateway knew */
    if (u->era != ERA_MODERN || u->body.n > 0 || !http_is_token(m->name) ||
        !http_is_field_value(m->value) || m->value.n == 0) {
        chan_breach(c, BREACH_SEND_PARAM);
        return;
    }
    if (u->params_n == LIM_MCP_PARAMS) {
        u->no_room = ERR_TOO_LARGE;
        join_try(u);
        return;
    }
    p = &u->params[u->params_n++];
    *p = (struct use_param){BUF_INIT(LIM_HEADER_BYTES), BUF_INIT(LIM_HEADER_BYTES)};
    buf_put(&p->name, SLICE_LIT(MCP_PARAM_PREFIX));
    buf_put(&p->name, m->name);
    buf_put_u8(&p->name, 0);
    buf_put(&p->value, m->value);
}

void egress_on_send_part(struct egress *all, struct chan *c, const struct msg_send_part *m)
{
    struct use *u = use_find(all, c, m->call);

    if (!u || u->step != USE_JOINING || u->no_room != ERR_OK)
        return; /* it ended before the gateway knew, or will */
    buf_put(&u->body, m->part);
    if (buf_err(&u->body) != ERR_OK || m->part.n == 0) {
        chan_breach(c, BREACH_SEND_PART);
        return;
    }
    join_try(u);
}
