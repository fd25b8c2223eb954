/*
 * The run of a use. Egress runs it; what the upstream says goes through egress/reader and the
 * screen before it goes anywhere, and how a use ends is one of the outcomes that use_finish tells
 * the keeper and the gateway.
 */
#include "egress/use.h"

#include "base/mem.h"
#include "base/planted.h"
#include "egress/rule.h"
#include "ipc/gen/send.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/sock.h"
#include "proto/http_field.h"
#include "proto/mcp_header.h"
#include "proto/mcp_write.h"

/* --- before the first byte -------------------------------------------------------------------- */

enum err use_may_send(struct use *u)
{
    if (u->keeper == NULL || u->keeper != u->all->keeper)
        return ERR_UNAVAILABLE;
    if (u->mode == MODE_CALL && u->flow.gateway == NULL)
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

enum err use_may_read(void *ctx, size_t held)
{
    struct use *u = ctx;

    if (flow_blocked(&u->flow))
        return ERR_AGAIN;
    u->reading = held;
    return use_hold(u);
}

/* --- the message ------------------------------------------------------------------------------ */

void use_headers(struct use *u, struct http *h)
{
    for (size_t i = 0; i < u->place.lines_n; i++)
        http_header_line(h, buf_slice(&u->place.lines[i]));
    http_query(h, buf_slice(&u->place.query));
    if (u->session == NULL)
        return;
    if (u->session->version.n > 0)
        http_header(h, "MCP-Protocol-Version", buf_slice(&u->session->version));
    if (u->session->id.n > 0)
        http_header(h, "Mcp-Session-Id", buf_slice(&u->session->id));
}

/* 2026-07-28 basic/transports/streamable-http "Request Metadata". The gateway held the client's
 * headers against the body; these are made from the body. */
enum err use_message_headers(struct use *u, struct http *h)
{
    struct buf scratch = BUF_INIT(LIM_HEADER_BYTES), name = BUF_INIT(LIM_HEADER_BYTES);
    enum err e = ERR_INVALID_PARAMS;
    struct slice method;
    uint32_t node;

    if (u->era != MCP_ERA_MODERN)
        return ERR_OK;
    method = json_str_slice(&u->json, u->rpc.method, &scratch);
    if (!http_is_field_value(method) || method.n == 0)
        goto out;
    http_header(h, "MCP-Protocol-Version", buf_slice(&u->protocol));
    http_header(h, "Mcp-Method", method);
    node = mcp_name_of(&u->json, &u->rpc);
    if (node != JSON_NONE) {
        mcp_header_encode(&name, json_str_slice(&u->json, node, &scratch));
        if (buf_err(&scratch) != ERR_OK || buf_err(&name) != ERR_OK)
            goto out;
        if (name.n > 0)
            http_header(h, "Mcp-Name", buf_slice(&name));
    }
    for (size_t i = 0; i < u->params_n; i++)
        http_header(h, (const char *)u->params[i].name.p, buf_slice(&u->params[i].value));
    e = ERR_OK;
out:
    buf_free(&scratch);
    buf_free(&name);
    return e;
}

/* A request with a dictionary of guesses in it pays for all of them by one reflection. */
static void count_hits(struct use *u, uint32_t hits)
{
    uint64_t sum = u->hits + (uint64_t)hits * (1 + u->chosen / LIM_HIT_BYTES);

    u->hits = PLANTED(hits_uncounted) ? 0 : sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
}

/* Plants: a kind of message that is given to the agent as it came. */
static bool is_unscreened(const struct json *j)
{
    uint32_t result = json_get(j, 0, "result");
    bool is_list = json_get(j, result, "tools") != JSON_NONE;

    return (PLANTED(results_unscreened) && result != JSON_NONE && !is_list) ||
           (PLANTED(lists_unscreened) && is_list) ||
           (PLANTED(errors_unscreened) && json_get(j, 0, "error") != JSON_NONE) ||
           (PLANTED(notifications_unscreened) && json_get(j, 0, "method") != JSON_NONE);
}

enum err use_screen(struct use *u, const struct json *j, struct buf *out)
{
    uint32_t hits = 0;
    enum err e = ERR_OK;

    if (is_unscreened(j)) {
        json_copy(j, 0, out);
        return buf_err(out);
    }
    e = screen_message(u->screen, j, out, &hits);
    count_hits(u, hits);
    return e;
}

/* A reflection that no keeper would count is told to nobody, or guessing would cost nothing. */
static bool is_uncounted(const struct use *u)
{
    return u->keeper == NULL && u->hits > 0 && !PLANTED(hits_unheard);
}

/* The keeper counts reflections while a stream goes on. */
static void tell_hits(struct use *u)
{
    struct msg_use_hits m = {.use = u->id, .hits = u->hits};

    if (u->hits == 0 || u->keeper == NULL)
        return;
    u->hits = 0;
    tell_use_hits(u->keeper, &m);
}

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

static enum err on_message(void *ctx, const struct json *j, const struct jsonrpc *m, bool final)
{
    struct use *u = ctx;
    struct buf out = BUF_INIT(2 * limit_get(SET_BODY_BYTES) + LIM_PART_BYTES);
    enum err e;

    u->in_modern = m->kind == JSONRPC_ERROR &&
                   (m->code == RPC_HEADER_MISMATCH || m->code == RPC_MISSING_CAPABILITY);
    if (final && rule_refuses(&u->all->conf, j, m))
        return ERR_UPSTREAM_REFUSED;
    e = use_screen(u, j, &out);
    if (e == ERR_OK && is_uncounted(u))
        e = ERR_UNAVAILABLE;
    if (e == ERR_OK && final)
        snapshot_of_answer(u, buf_slice(&out));
    if (e == ERR_OK && final && state_keep(u, j, m, &out))
        goto out;
    if (e == ERR_OK && !u->flow.headed)
        flow_head(&u->flow, ANSWER_KIND_JSON);
    if (PLANTED(header_copied) && e == ERR_OK && planted_kept().n > 0)
        add_header(&out);
    if (PLANTED(gateway_told) && e == ERR_OK)
        tell_gateway(u);
    if (e == ERR_OK)
        flow_message(&u->flow, &out);
    if (e == ERR_OK && !final)
        e = use_hold(u);
    if (!final)
        tell_hits(u);
out:
    buf_free(&out);
    return e;
}

static void on_head(void *ctx, const struct head *h, enum reader_from from)
{
    struct use *u = ctx;

    (void)h;
    if (from == READER_EVENTS)
        flow_head(&u->flow, ANSWER_KIND_SSE);
}

static void on_want_socket(void *ctx)
{
    use_want_socket(ctx);
}

static enum err on_may_send(void *ctx)
{
    struct use *u = ctx;
    enum err e = use_may_send(u);

    if (e == ERR_OK) {
        BUG_IF(u->sent > u->renewals && !PLANTED(sent_twice));
        u->sent++;
    }
    return e;
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
    session_forget(u->session);
    session_put(u->session);
    u->session = NULL;
    exchange_linger(u->exchange);
    u->exchange = NULL;
    open_session(u);
}

static void on_end(void *ctx, const struct exchange_end *m)
{
    struct use *u = ctx;
    struct use_end e = {.result = RESULT_ANSWERED, .how = ANSWER_HOW_DONE};

    u->status = m->status;
    if (m->how == EXCHANGE_NO_SESSION && may_renew(u)) {
        renew(u);
        return;
    }
    if (m->how == EXCHANGE_ACCEPTED)
        flow_head(&u->flow, ANSWER_KIND_ACCEPTED);
    if (m->how == EXCHANGE_DONE && u->asked.n > 0) {
        exchange_linger(u->exchange);
        u->exchange = NULL;
        state_ask(u);
    } else if (m->how == EXCHANGE_DONE || m->how == EXCHANGE_ACCEPTED) {
        use_finish(u, &e);
    } else {
        use_failed(u, m);
    }
}

static const struct exchange_events events = {on_want_socket, on_may_send,  on_head,
                                              on_message,     use_may_read, on_end};

void use_note_message(struct use *u)
{
    if (own_is(u) || u->kind != CALL_KIND_REQUEST)
        return;
    u->rpc_id = jsonrpc_id_text(&u->json, u->rpc.id);
    u->listens = mcp_method_of(&u->json, &u->rpc)->class == MCP_CLASS_LISTEN;
    snapshot_expect(u);
}

static void send_message(struct use *u)
{
    struct exchange_ask ask = {
        .conf = &u->all->conf,
        .pool = u->pool,
        .era = u->era,
        .kind = u->kind,
        .has_session = u->session != NULL && u->session->id.n > 0,
        .is_long = u->kind == CALL_KIND_STREAM || u->listens,
        .id = u->rpc_id,
        .body = buf_slice(&u->body),
    };
    struct http *h;
    enum err e;

    u->exchange = exchange_new(&ask, &events, u);
    h = exchange_http(u->exchange);
    e = use_message_headers(u, h);
    if (u->last_event_id.n > 0 && u->kind == CALL_KIND_STREAM)
        http_header(h, "Last-Event-ID", buf_slice(&u->last_event_id));
    use_headers(u, h);
    json_free(&u->json); /* an answer may take long */
    IGNORE(use_hold(u)); /* it is less */
    if (e != ERR_OK) {
        use_abort(u, e);
        return;
    }
    snapshot_note_sent(u);
    u->step = USE_SENDING;
    u->dials = 0;
    exchange_start(u->exchange);
}

void use_send(struct use *u)
{
    if (own_is(u))
        own_send(u);
    else
        send_message(u);
}

/* DELETE, once; without a session of the upstream's there is nothing to do. */
static void end_session(struct use *u)
{
    const struct use_end nothing = {.result = RESULT_UNSENT, .how = ANSWER_HOW_DONE};

    if (open_take_session(u))
        use_send(u);
    else
        use_finish(u, &nothing);
}

void use_run(struct use *u)
{
    if (u->kind == CALL_KIND_END)
        end_session(u);
    else if (u->era == MCP_ERA_LEGACY)
        open_session(u);
    else
        use_send(u);
}

/* --- how it ends ------------------------------------------------------------------------------ */

/* It is no one call's answer: it goes on reading for as long as what it rides on lasts. */
static bool only_reads(const struct use *u)
{
    return u->mode == MODE_CALL && (u->kind == CALL_KIND_STREAM || u->listens);
}

/* What the gateway is told of a request that left, and whose answer never came whole. */
static void lost_answer(const struct use *u, struct use_end *e)
{
    /* Reading a stream has no effect that could be unknown. */
    e->result = only_reads(u) && u->flow.headed ? RESULT_ANSWERED : RESULT_UNKNOWN;
    e->how = u->flow.headed ? ANSWER_HOW_CUT : ANSWER_HOW_UNKNOWN;
    e->how_code = ERR_UPSTREAM_UNKNOWN;
}

void use_failed(struct use *u, const struct exchange_end *m)
{
    struct use_end e = {
        .result = RESULT_ANSWERED, .code = m->err, .how = ANSWER_HOW_INVALID, .how_code = m->err};

    if (u->own != NULL && own_goes_on(u, m))
        return;
    u->status = m->status;
    if (m->how == EXCHANGE_REFUSED) {
        e.refused = true;
        e.code = e.how_code = ERR_UPSTREAM_REFUSED;
        e.how = ANSWER_HOW_REFUSED;
    } else if (m->how == EXCHANGE_NO_STREAM) {
        e.code = e.how_code = ERR_BAD_METHOD;
    } else if (m->how == EXCHANGE_STATUS || m->how == EXCHANGE_NO_SESSION) {
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

/* What it rode on is over, or nobody is there who would say so. */
static void cut(struct use *u)
{
    struct use_end e = {.result = RESULT_UNSENT, .code = ERR_LEASE_OVER, .how = ANSWER_HOW_UNSENT};

    if (u->sent)
        lost_answer(u, &e);
    if (e.result != RESULT_UNKNOWN || only_reads(u))
        e.how_code = ERR_LEASE_OVER;
    use_finish(u, &e);
}

void uses_cut(struct egress *all, const struct chan *c, const struct use_id *id)
{
    struct use *u = join_find_id(all, id);

    if (u != NULL && u->keeper == c) /* or it ended before the keeper knew */
        cut(u);
}

/* Not an error of ours, and the message goes to the client as it is; but who configured both eras
 * should know why none of its calls comes through. */
static void warn_of_era(const struct use *u)
{
    if (u->era == MCP_ERA_MODERN && u->all->conf.legacy && !u->in_modern &&
        (u->status == 400 || u->status == 404))
        log_event(LOG_WARN, "maybe_other_era", LOG_ID("use", u->id), LOG_NUM("status", u->status),
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
        .code = (uint16_t)e->code,
    };

    if (u->has_permit)
        log_event(e->code == ERR_OK ? LOG_DEBUG : LOG_WARN, "use_end", LOG_ID("use", u->id),
                  LOG_STR("result", result_name(e->result)), LOG_NUM("status", u->status),
                  LOG_NUM("hits", u->hits), LOG_NUM("ms", clock_boot_ms() - u->began),
                  LOG_ERR(e->code));
    if (u->has_permit)
        tell_use_result(u->keeper, &m);
    warn_of_era(u);
}

/* Lets go of the upstream and of everything secret. An answer that has come is read to its end, so
 * that the connection can be used again. */
static void let_go(struct use *u, bool answered)
{
    dial_leave(u);
    if (answered)
        exchange_linger(u->exchange);
    else
        exchange_free(u->exchange);
    u->exchange = NULL;
    u->reading = 0;
    json_free(&u->json);
    open_leave(u);
    refuse_leave(u);
    own_free(u->own);
    u->own = NULL;
    if (u->pool != NULL)
        pool_put(u->pool);
    u->pool = NULL;
    place_free(&u->place);
    screen_free(u->screen);
    u->screen = NULL;
    sec_free(u->credential);
    u->credential = NULL;
    loop_timer_stop(u->timer);
}

void use_finish(struct use *u, const struct use_end *e)
{
    bool answered = e->result == RESULT_ANSWERED && e->how == ANSWER_HOW_DONE;

    BUG_IF(u->step == USE_OVER);
    u->step = USE_OVER;
    HASH_DELETE(hh_id, u->all->by_id, u);
    tell_keeper(u, e);
    let_go(u, answered);
    if (u->has_head && !u->cancelled)
        flow_end(&u->flow, e->how, e->how_code);
    else
        u->flow.gateway = NULL;
    if (flow_done(&u->flow))
        use_free(u);
}

/* Only of a use that is over, with nothing left in the flow that anybody wants. */
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

/* --- from outside ----------------------------------------------------------------------------- */

/* The flow has moved: go on reading, or go. */
static void moved(struct use *u)
{
    IGNORE(use_hold(u)); /* it is less by now */
    if (u->step == USE_OVER && flow_done(&u->flow))
        use_free(u);
    else if (u->exchange != NULL && !flow_blocked(&u->flow))
        exchange_resume(u->exchange);
}

void uses_credit(struct egress *all, struct chan *c, uint64_t call, uint32_t bytes)
{
    struct use *u = join_find(all, c, call);

    if (u == NULL)
        return; /* it ended before the gateway knew */
    flow_credit(&u->flow, bytes);
    moved(u);
}

void uses_writable(struct egress *all, const struct chan *c)
{
    struct use *u, *tmp;

    HASH_ITER(hh_call, all->by_call, u, tmp) {
        if (u->flow.gateway != c)
            continue;
        flow_go(&u->flow);
        moved(u);
    }
}

/* Nobody waits: the upstream's connection is closed, which a modern server takes as cancellation.
 */
static void cancel(struct use *u)
{
    u->cancelled = true;
    if (u->step == USE_OVER) {
        u->flow.gateway = NULL;
        use_free(u);
    } else if (u->has_permit) {
        use_abort(u, ERR_CLOSED);
    } /* else the permit comes, or its time ends */
}

void uses_cancel(struct egress *all, struct chan *c, uint64_t call)
{
    struct use *u = join_find(all, c, call);

    if (u != NULL)
        cancel(u);
}

void uses_lost_gateway(struct egress *all, const struct chan *c)
{
    struct use *u, *tmp;

    HASH_ITER(hh_call, all->by_call, u, tmp) {
        if (u->flow.gateway != c)
            continue;
        u->flow.gateway = NULL;
        cancel(u);
    }
}

void uses_drop(struct egress *all, const struct connection_id *connection)
{
    struct use *u, *tmp;

    HASH_ITER(hh_id, all->by_id, u, tmp) {
        if (u->has_permit && ID_EQ(u->connection, *connection))
            use_abort(u, ERR_GONE);
    }
    sessions_drop(&all->sessions, connection);
    pools_drop(all->pools, connection);
}

/* What has not been sent is not sent; what has been goes on, and its result is lost. What only reads
 * ends: the next keeper does not know of it, and would not end it with what it rides on. */
void uses_lost_keeper(struct egress *all, const struct chan *c)
{
    struct use *u, *tmp;

    HASH_ITER(hh_id, all->by_id, u, tmp) {
        if (u->keeper != c)
            continue;
        u->keeper = NULL;
        if (!u->sent || u->sealing)
            use_abort(u, ERR_UNAVAILABLE);
        else if (only_reads(u) && !PLANTED(riders_outlive))
            cut(u);
    }
}

void uses_stop(struct egress *all)
{
    struct use *u, *tmp;

    HASH_ITER(hh_id, all->by_id, u, tmp)
        use_abort(u, ERR_UNAVAILABLE);
}
