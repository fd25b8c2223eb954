/*
 * A use's life, whatever its mode and its transport: how it begins, what it holds, and how it ends,
 * which is one of the outcomes that use_finish tells the keeper and the gateway. Egress runs it.
 */
#include "egress/use.h"

#include "base/mem.h"
#include "base/planted.h"
#include "ipc/gen/send.h"
#include "os/clock.h"
#include "os/log.h"

/* --- beginning -------------------------------------------------------------------------------- */

struct call_key use_call_key(const struct chan *c, uint64_t call)
{
    const struct chan_peer *p = chan_peer(c);

    return (struct call_key){p->instance, p->generation, call};
}

struct use *use_find_id(const struct egress *all, const struct use_id *id)
{
    struct use *u;

    HASH_FIND(hh_id, all->by_id, id, sizeof(*id), u);
    return u;
}

struct use *use_find(const struct egress *all, const struct chan *c, uint64_t call)
{
    struct call_key key = use_call_key(c, call);
    struct use *u;

    HASH_FIND(hh_call, all->by_call, &key, sizeof(key), u);
    return u;
}

bool use_has_body(enum call_kind kind)
{
    return kind != CALL_KIND_STREAM && kind != CALL_KIND_END;
}

static void on_alone(void *ctx)
{
    use_abort(ctx, ERR_TIMEOUT); /* the other half did not come */
}

struct use *use_new(struct egress *all, const struct use_id *id, const struct use_ops *ops)
{
    struct use *u = MEM_NEW(struct use);

    u->all = all;
    u->id = *id;
    u->ops = ops;
    u->began = clock_boot_ms();
    u->timer = loop_timer_new(all->loop, on_alone, u);
    u->protocol = BUF_INIT(32);
    u->last_event_id = BUF_INIT(256);
    u->caps = BUF_INIT(LIM_CAPS_BYTES);
    u->own_body = BUF_INIT(64 * 1024);
    u->state = BUF_INIT(LIM_UPSTREAM_STATE_BYTES);
    /* A stream has no message: nothing of it can be looked up. */
    u->rpc = JSONRPC_NONE;
    place_init(&u->place);
    HASH_ADD(hh_id, all->by_id, id, sizeof(u->id), u);
    loop_timer_set(u->timer, limit_get(SET_PERMIT_TIME));
    return u;
}

/* --- before the first byte -------------------------------------------------------------------- */

enum err use_may_send(const struct use *u)
{
    if (!u->keeper || u->keeper != u->all->keeper)
        return ERR_UNAVAILABLE;
    if (u->mode == MODE_CALL && !u->flow.gateway)
        return ERR_CLOSED; /* that gateway, of that generation, is gone */
    if (clock_boot_ms() >= u->not_after && !PLANTED(late_permit))
        return ERR_TIMEOUT;
    return ERR_OK;
}

/* --- what it holds ---------------------------------------------------------------------------- */

enum err use_hold(struct use *u)
{
    return hold_set(&u->hold,
                    u->body.cap + json_bytes(&u->json) + u->asked.cap + u->flow.held + u->reading);
}

enum err use_hold_answer(struct use *u)
{
    enum err e = use_hold(u);

    return e == ERR_AGAIN && !PLANTED(answer_waits) ? ERR_RATE_LIMITED : e;
}

enum err use_may_read(struct use *u, size_t held)
{
    if (flow_blocked(&u->flow))
        return ERR_AGAIN;
    u->reading = held;
    return use_hold_answer(u);
}

/* --- how it ends ------------------------------------------------------------------------------ */

bool use_only_reads(const struct use *u)
{
    return u->mode == MODE_CALL && (u->kind == CALL_KIND_STREAM || u->listens);
}

void use_answered(struct use *u, enum err code)
{
    const struct use_end e = {.result = RESULT_ANSWERED, .code = code, .how = ANSWER_HOW_DONE};

    use_finish(u, &e);
}

/* What the gateway is told of a request that left, and whose answer never came whole. */
static void lost_answer(const struct use *u, struct use_end *e)
{
    /* Reading a stream has no effect that could be unknown. */
    e->result = use_only_reads(u) && u->flow.headed ? RESULT_ANSWERED : RESULT_UNKNOWN;
    e->how = u->flow.headed ? ANSWER_HOW_CUT : ANSWER_HOW_UNKNOWN;
    e->how_code = ERR_UPSTREAM_UNKNOWN;
}

void use_failed(struct use *u, const struct transport_end *m)
{
    struct use_end e = {
        .result = RESULT_ANSWERED, .code = m->err, .how = ANSWER_HOW_INVALID, .how_code = m->err};

    if (u->ops->goes_on && u->ops->goes_on(u, m))
        return;
    u->status = m->status;
    if (m->how == TRANSPORT_REFUSED) {
        e.refused = true;
        e.code = e.how_code = ERR_UPSTREAM_REFUSED;
        e.how = ANSWER_HOW_REFUSED;
    } else if (m->how == TRANSPORT_NO_STREAM) {
        e.code = e.how_code = ERR_BAD_METHOD;
    } else if (m->how == TRANSPORT_STATUS || m->how == TRANSPORT_NO_SESSION) {
        e.code = e.how_code = ERR_UPSTREAM_STATUS;
    } else if (m->err == ERR_TOO_LARGE) {
        e.how = ANSWER_HOW_TOO_LARGE;
    } else if (m->err != ERR_UPSTREAM_ANSWER || !m->sent) {
        lost_answer(u, &e);
    }
    if (!u->sent) {
        e.result = RESULT_UNSENT; /* the message itself; a session may have been tried */
        if (e.how != ANSWER_HOW_REFUSED) {
            e.how = ANSWER_HOW_UNSENT;
            e.how_code = e.code;
        }
    }
    use_finish(u, &e);
}

void use_abort(struct use *u, enum err why)
{
    struct use_end e = {
        .result = RESULT_UNSENT, .code = why, .how = ANSWER_HOW_UNSENT, .how_code = why};

    if (u->sent)
        lost_answer(u, &e);
    use_finish(u, &e);
}

void use_cut(struct use *u, enum err why)
{
    struct use_end e = {.result = RESULT_UNSENT, .code = why, .how = ANSWER_HOW_UNSENT};

    if (u->sent)
        lost_answer(u, &e);
    if (e.result != RESULT_UNKNOWN || use_only_reads(u))
        e.how_code = why;
    use_finish(u, &e);
}

/* Not an error of ours, and the message goes to the client as it is; but who configured both eras
 * should know why none of its calls comes through. */
static void warn_of_era(const struct use *u)
{
    if (u->era == ERA_MODERN && u->all->conf.legacy && !u->in_modern &&
        (u->status == 400 || u->status == 404))
        log_event(LEVEL_WARN, "maybe_other_era", LOG_ID("use", u->id), LOG_NUM("status", u->status),
                  LOG_STR("hint", "if this server knows MCP 2025-11-25 alone, say so: protocols: "
                                  "[2025-11-25]"));
}

static void tell_keeper(const struct use *u, const struct use_end *e)
{
    struct msg_use_result m = {
        .use = u->id,
        .result = e->result,
        .refused = e->refused,
        .hits = u->hits,
        .status = (uint16_t)u->status,
        .code = e->code,
    };
    /* From a good answer nothing follows where the keeper said so. Decision 0031. */
    bool late = u->lazy && e->result == RESULT_ANSWERED && !e->refused && !e->code && !u->hits;

    if (u->has_permit)
        log_event(e->code == ERR_OK ? LEVEL_DEBUG : LEVEL_WARN, "use_end", LOG_ID("use", u->id),
                  LOG_STR("result", result_name(e->result)), LOG_NUM("status", u->status),
                  LOG_NUM("hits", u->hits), LOG_NUM("ms", clock_boot_ms() - u->began),
                  LOG_ERR(e->code));
    if (u->has_permit)
        tell_use_result(u->keeper, &m, late);
    warn_of_era(u);
}

/* Lets go of the upstream and of everything secret. */
static void let_go(struct use *u)
{
    u->all->transport->cancel(u);
    u->ops->left(u);
    json_free(&u->json);
    place_free(&u->place);
    screen_free(u->screen);
    u->screen = NULL;
    sec_free(u->credential);
    u->credential = NULL;
    loop_timer_stop(u->timer);
}

void use_finish(struct use *u, const struct use_end *e)
{
    BUG_IF(u->step == USE_OVER);
    u->step = USE_OVER;
    HASH_DELETE(hh_id, u->all->by_id, u);
    group_leave(&u->of_connection);
    tell_keeper(u, e);
    let_go(u);
    if (u->has_head && !u->cancelled)
        flow_end(&u->flow, e->how, e->how_code);
    else
        flow_drop(&u->flow);
    if (flow_done(&u->flow))
        use_free(u);
}

void use_free(struct use *u)
{
    BUG_IF(u->step != USE_OVER);
    if (u->has_head)
        HASH_DELETE(hh_call, u->all->by_call, u);
    flow_free(&u->flow);
    loop_timer_free(u->timer);
    buf_free(&u->protocol);
    buf_free(&u->last_event_id);
    buf_free(&u->caps);
    buf_free(&u->body);
    buf_free(&u->own_body);
    buf_free(&u->state);
    buf_free(&u->asked);
    for (size_t i = 0; i < u->params_n; i++) {
        buf_free(&u->params[i].name);
        buf_free(&u->params[i].value);
    }
    hold_free(&u->hold);
    mem_free(u);
}
