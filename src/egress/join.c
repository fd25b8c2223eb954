/*
 * Joining the two halves of a use: the keeper's permit and the gateway's message. Egress runs it.
 * It trusts the keeper; a gateway may be hostile, so what it sends must be what the keeper
 * permitted, to the byte: both digests are made again from what came. A gateway that says otherwise
 * is cut off and reported. What is as permitted and beyond a limit is no lie, and ends that call
 * alone.
 */
#include "egress/use.h"

#include "base/mem.h"
#include "base/planted.h"
#include "crypto/hash.h"
#include "crypto/judged.h"
#include "ipc/gen/send.h"
#include "os/clock.h"
#include "os/log.h"
#include "proto/http_field.h"
#include "proto/misread.h"
#include "proto/projection.h"
#include "proto/request.h"
#include "screen/parts.h"

#define PARAM "Mcp-Param-"

bool use_has_body(enum call_kind kind)
{
    return kind != CALL_KIND_STREAM && kind != CALL_KIND_END;
}

static struct call_key call_key(const struct chan *c, uint64_t call)
{
    const struct chan_peer *p = chan_peer(c);

    return (struct call_key){p->instance, p->generation, call};
}

static bool same_call(const struct call_key *a, const struct call_key *b)
{
    return a->gateway == b->gateway && a->generation == b->generation && a->call == b->call;
}

struct use *join_find_id(const struct egress *all, const struct use_id *id)
{
    struct use *u;

    HASH_FIND(hh_id, all->by_id, id, sizeof(*id), u);
    return u;
}

struct use *join_find(const struct egress *all, const struct chan *c, uint64_t call)
{
    struct call_key key = call_key(c, call);
    struct use *u;

    HASH_FIND(hh_call, all->by_call, &key, sizeof(key), u);
    return u;
}

static void on_alone(void *ctx)
{
    use_abort(ctx, ERR_TIMEOUT); /* the other half did not come */
}

struct use *use_new(struct egress *all, const struct use_id *id)
{
    struct use *u = MEM_NEW(struct use);

    u->all = all;
    u->id = *id;
    u->began = clock_boot_ms();
    u->timer = loop_timer_new(all->loop, on_alone, u);
    u->protocol = BUF_INIT(32);
    u->last_event_id = BUF_INIT(256);
    u->caps = BUF_INIT(LIM_CAPS_BYTES);
    u->own_body = BUF_INIT(64 * 1024);
    u->state = BUF_INIT(LIM_UPSTREAM_STATE_BYTES);
    json_init(&u->json);
    /* A stream has no message: nothing of it can be looked up. */
    u->rpc.id = u->rpc.method = u->rpc.params = u->rpc.result = u->rpc.error = JSON_NONE;
    place_init(&u->place);
    HASH_ADD(hh_id, all->by_id, id, sizeof(u->id), u);
    loop_timer_set(u->timer, limit_get(SET_PERMIT_TIME));
    return u;
}

/* --- both are there --------------------------------------------------------------------------- */

/* Which kinds of message the gateway may call what. */
static bool kind_fits(const struct use *u)
{
    static const enum call_kind kinds[] = {
        [JSONRPC_REQUEST] = CALL_KIND_REQUEST,
        [JSONRPC_NOTIFICATION] = CALL_KIND_NOTIFICATION,
        [JSONRPC_RESULT] = CALL_KIND_RESPONSE,
        [JSONRPC_ERROR] = CALL_KIND_RESPONSE,
    };

    return kinds[u->rpc.kind] == u->kind;
}

static struct request_headers headers_of(const struct use *u)
{
    struct request_headers h = {.n = u->params_n};

    for (size_t i = 0; i < h.n; i++) {
        struct slice name = buf_slice(&u->params[i].name); /* a string of C */

        h.v[i] = (struct http_field){slice_sub(name, sizeof(PARAM) - 1, name.n - 1),
                                     buf_slice(&u->params[i].value)};
    }
    return h;
}

/* Derives again what the keeper judged. */
static enum err judge_again(const struct use *u, struct digest *ret)
{
    struct buf method = BUF_INIT(LIM_METHOD_BYTES), name = BUF_INIT(LIM_NAME_BYTES),
               projection = BUF_INIT(LIM_PROJECTION_BYTES);
    struct judged j = {.kind = (uint8_t)u->kind};
    const struct request_headers headers = headers_of(u);
    struct hash_blake2b request;
    enum err e = ERR_OK;

    hash_blake2b_init(&request);
    if (use_has_body(u->kind)) {
        j.method = json_str_slice(&u->json, u->rpc.method, &method);
        projection_put_name(&(struct projection_in){.j = &u->json,
                                                    .name = mcp_name_of(&u->json, &u->rpc),
                                                    .sha256 = hash_sha256_to},
                            &name);
        e = projection_of(&u->json, &u->rpc, &headers, hash_sha256_to, &projection);
        request_put(&u->json, &u->rpc, &headers, hash_blake2b_put, &request);
        j.answers = request_has_answers(&u->json, &u->rpc);
    }
    j.request = hash_blake2b_done(&request);
    j.name = buf_slice(&name);
    j.projection = buf_slice(&projection);
    if (e == ERR_OK)
        e = buf_err(&method);
    if (e == ERR_OK)
        *ret = judged_digest(&j);
    buf_free(&method);
    buf_free(&name);
    buf_free(&projection);
    return e;
}

/* That it is the permitted body comes first: only then is what is in it not the gateway's doing. */
static enum err check_body(struct use *u)
{
    struct digest body = hash_sha256(buf_slice(&u->body)), shown;
    enum err e = ERR_OK;

    if (!ID_EQ(body, u->body_digest) && !PLANTED(swapped_body))
        return ERR_PROTOCOL;
    if (use_has_body(u->kind)) {
        e = json_parse(&u->json, buf_slice(&u->body), NULL);
        if (e == ERR_OK)
            e = jsonrpc_read(&u->json, &u->rpc);
        if (e == ERR_OK && !kind_fits(u))
            e = ERR_PROTOCOL;
        if (e == ERR_OK && misread_member(&u->json, &u->rpc) != JSON_NONE && !PLANTED(misread_sent))
            e = ERR_PROTOCOL;
    }
    if (e == ERR_OK)
        e = judge_again(u, &shown);
    if (e == ERR_OK && !ID_EQ(shown, u->projection_digest) && !PLANTED(swapped_body))
        e = ERR_PROTOCOL;
    return e == ERR_OK ? state_check(u) : e;
}

/* The gateway reads what a client sent so that what it makes of it is within the limits here
 * (rewrite_read), but a client must never be able to have it cut off, so nothing rests on that. */
static bool is_limit(enum err e)
{
    return (e == ERR_TOO_LARGE || e == ERR_TOO_DEEP) && !PLANTED(limit_is_lie);
}

/* What the screen is told of one credential, and how many parts it may still have. */
struct telling {
    struct screen *screen;
    size_t parts;
};

static void on_part(void *ctx, const struct parts_part *p)
{
    if (p->kind == PARTS_OWN)
        screen_add(ctx, p->bytes, p->from, p->to);
    else if (p->kind == PARTS_FORM)
        screen_add_form(ctx, p->bytes, p->from, p->to);
    else
        screen_add_made(ctx, p->bytes);
}

static void on_secret(void *ctx, struct slice value, bool made)
{
    struct telling *t = ctx;
    size_t n;

    if (made) {
        screen_add_made(t->screen, value);
        return;
    }
    n = parts_of(value, t->parts, on_part, t->screen);
    t->parts -= n < t->parts ? n : t->parts;
}

static enum err place_opened(void *ctx, struct slice credential)
{
    struct use *u = ctx;
    struct telling telling = {u->screen, LIM_PARTS};

    if (PLANTED(egress_logs))
        log_event(LOG_INFO, "planted", LOG_TEXT("value", credential));
    if (PLANTED(egress_keeps) || PLANTED(gateway_told))
        planted_keep(credential);
    return place_fill(&u->all->conf, credential, on_secret, &telling, &u->place);
}

/* What the agent chose, all that leaves with the request. The person should know that the agent has
 * their secret; the agent learns nothing, and no budget is touched by it: a suspension would tell
 * that one guess of many was right. */
static void excuse(struct use *u)
{
    struct slice headers[2 * LIM_MCP_PARAMS + 1];
    size_t n = 0, known;

    for (size_t i = 0; i < u->params_n; i++) {
        headers[n++] = buf_slice(&u->params[i].name);
        headers[n++] = buf_slice(&u->params[i].value);
    }
    headers[n++] = buf_slice(&u->last_event_id);
    for (size_t i = 0; i < n; i++)
        u->chosen += headers[i].n;
    u->chosen += u->body.n;
    known = screen_excuse(u->screen, &u->json, headers, PLANTED(header_unexcused) ? 0 : n);
    if (known > 0)
        log_event(LOG_WARN, "secret_in_request", LOG_ID("use", u->id), LOG_NUM("blocks", known));
}

/* Opens the credential once, and lets go of it. */
static enum err place_credential(struct use *u)
{
    enum err e = ERR_OK;

    u->screen = screen_new(buf_slice(&u->all->conf.name), u->all->screen_key);
    if (u->credential != NULL && sec_len(u->credential) > 0)
        e = sec_with(u->credential, place_opened, u);
    sec_free(u->credential);
    u->credential = NULL;
    excuse(u);
    return e;
}

void use_begin(struct use *u)
{
    struct pool_key key = {u->user, u->connection};
    enum err e = place_credential(u);

    if (e == ERR_OK)
        e = state_put_in(u); /* after what the agent chose was excused, of which it is no part */
    if (PLANTED(shared_pool))
        key = (struct pool_key){{{0}}, {{0}}};
    loop_timer_stop(u->timer);
    if (e != ERR_OK) {
        use_abort(u, e);
        return;
    }
    use_note_message(u);
    u->pool = pool_get(u->all->pools, &key);
    use_run(u);
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
    if (u->body.n < u->size)
        return;
    if (u->cancelled) {
        use_abort(u, ERR_CLOSED);
        return;
    }
    e = check_body(u);
    if (e != ERR_OK) {
        struct chan *gateway = u->flow.gateway;

        log_event(LOG_ERROR, "body_not_permitted", LOG_ID("use", u->id), LOG_ERR(e));
        use_abort(u, is_limit(e) ? e : ERR_PROTOCOL);
        if (!is_limit(e))
            chan_breach(gateway, BREACH_OTHER_BODY);
        return;
    }
    e = use_hold(u); /* with what it was parsed into */
    if (e == ERR_OK)
        use_begin(u);
    else
        use_abort(u, e);
}

/* --- the keeper's half ------------------------------------------------------------------------ */

static void take_permit(struct use *u, struct chan *c, struct msg_permit *m)
{
    u->has_permit = true;
    u->keeper = c;
    u->mode = m->mode;
    u->permitted = (struct call_key){m->gateway, m->gateway_generation, m->call};
    u->not_after = m->not_after;
    u->projection_digest = m->projection;
    u->body_digest = m->body;
    u->user = m->user;
    u->connection = m->connection;
    u->has_state = m->has_state && m->mode == MODE_CALL;
    buf_put(&u->state, m->state);
    u->credential = m->credential;
    m->credential = NULL; /* moved */
}

void join_permit(struct egress *all, struct chan *c, struct msg_permit *m)
{
    struct use *u = join_find_id(all, &m->use);

    if (u != NULL && (u->has_permit || m->mode != MODE_CALL)) {
        chan_breach(c, BREACH_PERMIT_TWICE);
        return;
    }
    if (u == NULL)
        u = use_new(all, &m->use);
    take_permit(u, c, m);
    if (own_is(u)) {
        own_begin(u);
    } else if (u->mode == MODE_REFUSE) {
        refuse_begin(u, m->call);
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
    u->key = call_key(c, m->call);
    u->era = m->era == ERA_MODERN ? MCP_ERA_MODERN : MCP_ERA_LEGACY;
    u->kind = m->kind;
    u->client = m->client;
    u->session_id = m->session;
    u->size = m->size;
    take_share(u);
    buf_put(&u->protocol, m->protocol);
    buf_put(&u->last_event_id, m->last_event_id);
    buf_put(&u->caps, m->caps.n == 0 ? SLICE_LIT("{}") : m->caps);
    flow_init(&u->flow, c, m->call);
    HASH_ADD(hh_call, u->all->by_call, key, sizeof(u->key), u);
}

void join_head(struct egress *all, struct chan *c, const struct msg_send_head *m)
{
    struct use *u = join_find_id(all, &m->use);
    struct call_key key = call_key(c, m->call);

    if (!head_is_clean(m) || join_find(all, c, m->call) != NULL ||
        (u != NULL && (u->has_head || u->mode != MODE_CALL ||
                       (u->has_permit && !same_call(&u->permitted, &key))))) {
        chan_breach(c, BREACH_SEND_HEAD);
        return;
    }
    if (u == NULL && HASH_CNT(hh_id, all->by_id) >= LIM_USES) {
        struct msg_answer_end no = {.call = m->call, .how = ANSWER_HOW_UNSENT, .code = ERR_AGAIN};
        tell_answer_end(c, &no);
        return;
    }
    if (u == NULL)
        u = use_new(all, &m->use);
    take_head(u, c, m);
    join_try(u); /* a stream has no body to wait for */
}

void join_param(struct egress *all, struct chan *c, const struct msg_send_param *m)
{
    struct use *u = join_find(all, c, m->call);
    struct use_param *p;

    if (u == NULL || u->step != USE_JOINING)
        return; /* it ended before the gateway knew */
    if (u->era != MCP_ERA_MODERN || u->body.n > 0 || !http_is_token(m->name) ||
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
    buf_put(&p->name, SLICE_LIT(PARAM));
    buf_put(&p->name, m->name);
    buf_put_u8(&p->name, 0);
    buf_put(&p->value, m->value);
}

void join_part(struct egress *all, struct chan *c, const struct msg_send_part *m)
{
    struct use *u = join_find(all, c, m->call);

    if (u == NULL || u->step != USE_JOINING || u->no_room != ERR_OK)
        return; /* it ended before the gateway knew, or will */
    buf_put(&u->body, m->part);
    if (buf_err(&u->body) != ERR_OK || m->part.n == 0) {
        chan_breach(c, BREACH_SEND_PART);
        return;
    }
    join_try(u);
}
