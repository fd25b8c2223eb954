/*
 * One message to the upstream over HTTP, and what the answer means: its status, its content type,
 * and the messages in it. Egress runs it. MCP 2025-11-25 and 2026-07-28, basic/transports: the
 * content types, 202 for what has no response, 404 for an ended session, 405 for no stream; a
 * JSON-RPC error may come with any 4xx.
 */
#include "egress/exchange.h"

#include "base/mem.h"
#include "base/planted.h"
#include "egress/dial.h"
#include "egress/headers.h"
#include "egress/reader.h"
#include "egress/rule.h"
#include "egress/tls.h"

struct exchange {
    struct transport_ask ask;
    struct use *use; /* whose it is until it has ended */
    struct loop *loop;
    struct http *http;
    struct reader reader;
    bool reading;           /* reader is in use */
    bool concluded;         /* the outcome is known, maybe before the end of the body */
    bool ended;             /* the use was told, and waits no more */
    bool over;              /* the http part has ended */
    enum transport_how how; /* when concluded, or what the head says of a body that nobody reads */
    size_t dropped;         /* bytes of such a body */
    unsigned status;
    struct loop_timer *linger;
};

/* --- the end ---------------------------------------------------------------------------------- */

static void on_concluded(void *ctx);

static void exchange_free(void *ctx)
{
    struct exchange *x = ctx;

    loop_undefer(x->loop, on_concluded, x);
    http_free(x->http);
    if (x->reading)
        reader_free(&x->reader);
    loop_timer_free(x->linger);
    mem_free(x);
}

/* An answer that has come is read to its end, so that the connection can be used again. */
static void linger(struct exchange *x)
{
    if (x->over || !http_has_left(x->http)) { /* the body is the use's */
        exchange_free(x);
        return;
    }
    if (x->reading)
        reader_free(&x->reader);
    x->reading = false;
    x->linger = loop_timer_new(x->loop, exchange_free, x);
    loop_timer_set(x->linger, LIM_LINGER_MS);
}

/* The last thing that is done with x: it is gone by then, or on its own. */
static void end(struct exchange *x, enum transport_how how, enum err e, bool sent)
{
    const struct transport_end m = {.how = how, .err = e, .sent = sent, .status = x->status};
    const struct transport_events *events = x->ask.events;
    struct use *u = x->use;

    x->ended = true;
    u->exchange = NULL;
    linger(x);
    events->end(u, &m);
}

/* The outcome is known and the upstream still writes: the end is told at the end of the turn, since
 * the request may not be freed while it reads. */
static void on_concluded(void *ctx)
{
    struct exchange *x = ctx;

    end(x, x->how, ERR_OK, true);
}

static void conclude(struct exchange *x, enum transport_how how)
{
    if (x->concluded)
        return;
    x->concluded = true;
    x->how = how;
    loop_defer(x->loop, on_concluded, x);
}

/* --- what a head means ------------------------------------------------------------------------ */

static enum err on_message(void *ctx, const struct json *j, const struct jsonrpc *m, bool final)
{
    struct exchange *x = ctx;

    return x->ask.events->message ? x->ask.events->message(x->use, j, m, final) : ERR_OK;
}

static void tell_head(const struct exchange *x, const struct head *h)
{
    if (x->ask.events->head)
        x->ask.events->head(x->use, x->reading && x->reader.rules.from == READER_EVENTS,
                            buf_slice(&h->session));
}

static void read_as(struct exchange *x, enum reader_from from)
{
    const struct reader_rules rules = {
        .from = from,
        .era = x->ask.era,
        .is_request = x->ask.kind == CALL_KIND_REQUEST,
        .id = x->ask.id,
        .own_id = x->how == TRANSPORT_NO_SESSION,
        .max_message = limit_get(SET_BODY_BYTES),
        .max_messages = x->ask.is_long ? SIZE_MAX : LIM_STREAM_MESSAGES,
    };

    reader_init(&x->reader, &rules, on_message, x);
    x->reading = true;
}

static enum err on_good_status(struct exchange *x, const struct head *h)
{
    enum call_kind kind = x->ask.kind;

    if (kind == CALL_KIND_NOTIFICATION || kind == CALL_KIND_RESPONSE) {
        tell_head(x, h);
        conclude(x, TRANSPORT_ACCEPTED);
        return ERR_OK;
    }
    if (h->type == HEAD_SSE) {
        read_as(x, READER_EVENTS);
        if (x->ask.is_long)
            http_listens(x->http);
    } else if (h->type == HEAD_JSON && kind == CALL_KIND_REQUEST) {
        if (h->has_length && h->length > limit_get(SET_BODY_BYTES))
            return ERR_TOO_LARGE;
        read_as(x, READER_JSON);
    } else {
        return ERR_UPSTREAM_ANSWER; /* 202 without a response, HTML, ... */
    }
    tell_head(x, h);
    return ERR_OK;
}

static enum transport_how how_of(const struct exchange *x, unsigned status)
{
    if (rule_refuses_status(&x->use->all->conf, status))
        return TRANSPORT_REFUSED;
    if (status == 404 && x->ask.has_session)
        return TRANSPORT_NO_SESSION; /* but for an error that answers the request */
    if (status == 405 && x->ask.kind == CALL_KIND_STREAM)
        return TRANSPORT_NO_STREAM;
    return TRANSPORT_STATUS;
}

static enum err on_head(void *ctx, const struct head *h)
{
    struct exchange *x = ctx;

    x->status = h->status;
    if (x->ask.kind == CALL_KIND_END) {
        /* Whatever it says (405: it does not let clients end sessions): it was told. */
        tell_head(x, h);
        conclude(x, TRANSPORT_ACCEPTED);
        return ERR_OK;
    }
    if (h->status < 300)
        return on_good_status(x, h);
    x->how = how_of(x, h->status);
    if ((x->how == TRANSPORT_STATUS || x->how == TRANSPORT_NO_SESSION) && h->status >= 400 &&
        h->type == HEAD_JSON && x->ask.kind == CALL_KIND_REQUEST)
        read_as(x, READER_ERROR);
    return ERR_OK;
}

/* --- bodies ----------------------------------------------------------------------------------- */

/* Only its end matters, to use the connection again. */
static enum err drop(struct exchange *x, struct slice s)
{
    x->dropped += s.n;
    return x->dropped > LIM_DROPPED_BYTES ? ERR_TOO_LARGE : ERR_OK;
}

static enum err on_body(void *ctx, struct slice s)
{
    struct exchange *x = ctx;
    enum err e;

    if (x->ended || x->concluded || !x->reading)
        return drop(x, s);
    e = use_may_read(x->use, reader_bytes(&x->reader));
    if (!e)
        e = reader_feed(&x->reader, s);
    if (!e && x->reader.final)
        conclude(x, TRANSPORT_DONE);
    return e;
}

/* The body ended well. */
static void on_whole(struct exchange *x)
{
    enum err e;

    if (!x->reading) {
        end(x, x->how, ERR_OK, true);
        return;
    }
    e = reader_finish(&x->reader);
    if (!e)
        end(x, TRANSPORT_DONE, ERR_OK, true);
    else if (e == ERR_UPSTREAM_REFUSED)
        end(x, TRANSPORT_REFUSED, ERR_OK, true);
    else if (x->reader.rules.from == READER_ERROR)
        end(x, x->how, ERR_OK, true); /* an error, but none of JSON-RPC */
    else
        end(x, TRANSPORT_FAILED, e, true);
}

static void on_end(void *ctx, const struct http_outcome *m)
{
    struct exchange *x = ctx;

    x->over = true;
    if (m->status != 0)
        x->status = m->status;
    if (x->ended) {
        if (x->linger)
            loop_timer_set(x->linger, 0);
    } else if (x->concluded) {
        loop_undefer(x->loop, on_concluded, x);
        end(x, x->how, ERR_OK, true);
    } else if (m->err == ERR_OK) {
        on_whole(x);
    } else if (m->err == ERR_UPSTREAM_REFUSED) {
        end(x, TRANSPORT_REFUSED, ERR_OK, true);
    } else {
        end(x, TRANSPORT_FAILED, m->err, m->sent);
    }
}

/* --- the beginning ---------------------------------------------------------------------------- */

static void on_dialed(struct use *u, int fd, enum err why)
{
    struct http *h = u->exchange->http;

    if (fd < 0) {
        http_fail(h, why);
        return;
    }
    pool_give(u->pool, fd, h);
    http_retry(h);
}

static void on_want_socket(void *ctx)
{
    struct exchange *x = ctx;

    dial_want(x->use, on_dialed);
}

static enum err on_may_send(void *ctx)
{
    struct exchange *x = ctx;
    enum err e = use_may_send(x->use);

    if (!e && x->ask.events->leaves)
        x->ask.events->leaves(x->use);
    return e;
}

static const struct http_events http_events = {on_want_socket, on_may_send, on_head, on_body,
                                               on_end};

static struct exchange *exchange_new(struct use *u, const struct transport_ask *ask)
{
    static const enum http_method methods[CALL_KIND_COUNT] = {
        [CALL_KIND_REQUEST] = HTTP_POST,  [CALL_KIND_NOTIFICATION] = HTTP_POST,
        [CALL_KIND_RESPONSE] = HTTP_POST, [CALL_KIND_STREAM] = HTTP_GET,
        [CALL_KIND_END] = HTTP_DELETE,
    };
    struct exchange *x = MEM_NEW(struct exchange);

    *x = (struct exchange){.ask = *ask, .use = u, .loop = u->all->loop};
    x->http = http_new(u->pool, methods[ask->kind], &http_events, x);
    if (use_has_body(ask->kind))
        http_body(x->http, ask->body);
    if (!ask->is_long)
        http_within(x->http, limit_get(SET_CALL_TIME));
    return x;
}

/* --- the transport ---------------------------------------------------------------------------- */

static enum err http_open(struct egress *all)
{
    struct trust *trust = NULL; /* plain */
    enum err e = ERR_OK;

    if (all->conf.tls)
        e = tls_start();
    if (!e && all->conf.tls)
        e = trust_read(buf_slice(&all->conf.host), &trust);
    if (!e)
        all->pools = pools_new(all->loop, &all->conf, trust);
    return e;
}

static enum err http_send(struct use *u, const struct transport_ask *ask)
{
    struct pool_key key = {u->user, u->connection};
    struct exchange *x;
    enum err e;

    if (PLANTED(shared_pool))
        key = (struct pool_key){{{0}}, {{0}}};
    if (!u->pool)
        u->pool = pool_get(u->all->pools, &key);
    x = exchange_new(u, ask);
    e = headers_put(u, ask, x->http);
    if (e) {
        exchange_free(x);
        return e;
    }
    u->exchange = x;
    u->dials = 0;
    http_start(x->http);
    return ERR_OK;
}

static void http_credit(struct use *u)
{
    if (u->exchange)
        http_resume(u->exchange->http);
}

static void http_cancel(struct use *u)
{
    dial_leave(u);
    if (u->exchange)
        exchange_free(u->exchange);
    u->exchange = NULL;
    u->reading = 0;
    if (u->pool)
        pool_put(u->pool);
    u->pool = NULL;
}

static void http_drop(struct egress *all, const struct connection_id *connection)
{
    pools_drop(all->pools, connection);
}

const struct transport exchange_http = {http_open, http_send, http_credit, http_cancel, http_drop};
