/*
 * What an HTTP answer means. Egress runs it. MCP 2025-11-25 and 2026-07-28, basic/transports: the
 * content types, 202 for what has no response, 404 for an ended session, 405 for no stream; a
 * JSON-RPC error may come with any 4xx.
 */
#include "egress/exchange.h"

#include "base/mem.h"
#include "egress/pool_in.h"
#include "egress/rule.h"

struct exchange {
    struct exchange_ask ask;
    const struct exchange_events *events;
    void *ctx;
    struct loop *loop;
    struct http *http;
    struct reader reader;
    bool reading;          /* reader is in use */
    bool concluded;        /* the outcome is known, maybe before the end of the body */
    bool ended;            /* events->end was called, or nobody wants it */
    bool over;             /* the http part has ended */
    enum exchange_how how; /* when concluded, or what the head says of a body that nobody reads */
    size_t dropped;        /* bytes of such a body */
    unsigned status;
    struct loop_timer *linger;
};

/* --- the end ---------------------------------------------------------------------------------- */

static void end(struct exchange *x, enum exchange_how how, enum err e, bool sent)
{
    struct exchange_end m = {.how = how, .err = e, .sent = sent, .status = x->status};

    if (x->ended)
        return;
    x->ended = true;
    x->events->end(x->ctx, &m);
}

/* The outcome is known and the upstream still writes: the end is told when libcurl has returned. */
static void on_concluded(void *ctx)
{
    struct exchange *x = ctx;

    end(x, x->how, ERR_OK, true);
}

static void conclude(struct exchange *x, enum exchange_how how)
{
    if (x->concluded)
        return;
    x->concluded = true;
    x->how = how;
    loop_defer(x->loop, on_concluded, x);
}

/* --- what a head means ------------------------------------------------------------------------ */

static void read_as(struct exchange *x, enum reader_from from)
{
    const struct reader_rules rules = {
        .from = from,
        .era = x->ask.era,
        .is_request = x->ask.kind == CALL_KIND_REQUEST,
        .id = x->ask.id,
        .own_id = x->how == EXCHANGE_NO_SESSION,
        .max_message = limit_get(SET_BODY_BYTES),
        .max_messages = x->ask.is_long ? SIZE_MAX : LIM_STREAM_MESSAGES,
    };

    reader_init(&x->reader, &rules, x->events->message, x->ctx);
    x->reading = true;
}

static enum err on_good_status(struct exchange *x, const struct head *h)
{
    enum call_kind kind = x->ask.kind;

    if (kind == CALL_KIND_NOTIFICATION || kind == CALL_KIND_RESPONSE) {
        x->events->head(x->ctx, h, READER_JSON);
        conclude(x, EXCHANGE_ACCEPTED);
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
    x->events->head(x->ctx, h, x->reader.rules.from);
    return ERR_OK;
}

static enum exchange_how how_of(const struct exchange *x, unsigned status)
{
    if (rule_refuses_status(x->ask.conf, status))
        return EXCHANGE_REFUSED;
    if (status == 404 && x->ask.has_session)
        return EXCHANGE_NO_SESSION; /* but for an error that answers the request */
    if (status == 405 && x->ask.kind == CALL_KIND_STREAM)
        return EXCHANGE_NO_STREAM;
    return EXCHANGE_STATUS;
}

static enum err on_head(void *ctx, const struct head *h)
{
    struct exchange *x = ctx;

    x->status = h->status;
    if (x->ask.kind == CALL_KIND_END) {
        /* Whatever it says (405: it does not let clients end sessions): it was told. */
        x->events->head(x->ctx, h, READER_JSON);
        conclude(x, EXCHANGE_ACCEPTED);
        return ERR_OK;
    }
    if (h->status < 300)
        return on_good_status(x, h);
    x->how = how_of(x, h->status);
    if ((x->how == EXCHANGE_STATUS || x->how == EXCHANGE_NO_SESSION) && h->status >= 400 &&
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
    e = x->events->may_read(x->ctx, reader_bytes(&x->reader));
    if (e == ERR_OK)
        e = reader_feed(&x->reader, s);
    if (e == ERR_OK && x->reader.final)
        conclude(x, EXCHANGE_DONE);
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
    if (e == ERR_OK)
        end(x, EXCHANGE_DONE, ERR_OK, true);
    else if (e == ERR_UPSTREAM_REFUSED)
        end(x, EXCHANGE_REFUSED, ERR_OK, true);
    else if (x->reader.rules.from == READER_ERROR)
        end(x, x->how, ERR_OK, true); /* an error, but none of JSON-RPC */
    else
        end(x, EXCHANGE_FAILED, e, true);
}

static void on_end(void *ctx, const struct http_end *m)
{
    struct exchange *x = ctx;

    x->over = true;
    if (m->status != 0)
        x->status = m->status;
    if (x->ended) {
        if (x->linger != NULL)
            loop_timer_set(x->linger, 0);
    } else if (x->concluded) {
        loop_undefer(x->loop, on_concluded, x);
        end(x, x->how, ERR_OK, true);
    } else if (m->err == ERR_OK) {
        on_whole(x);
    } else if (m->err == ERR_UPSTREAM_REFUSED) {
        end(x, EXCHANGE_REFUSED, ERR_OK, true);
    } else {
        end(x, EXCHANGE_FAILED, m->err, m->sent);
    }
}

/* --- the rest --------------------------------------------------------------------------------- */

static void on_want_socket(void *ctx)
{
    struct exchange *x = ctx;

    x->events->want_socket(x->ctx);
}

static enum err on_may_send(void *ctx)
{
    struct exchange *x = ctx;

    return x->events->may_send(x->ctx);
}

static const struct http_events http_events = {on_want_socket, on_may_send, on_head, on_body,
                                               on_end};

struct exchange *exchange_new(const struct exchange_ask *ask, const struct exchange_events *events,
                              void *ctx)
{
    struct exchange *x = MEM_NEW(struct exchange);
    static const enum http_method methods[CALL_KIND_COUNT] = {
        [CALL_KIND_STREAM] = HTTP_GET,
        [CALL_KIND_END] = HTTP_DELETE,
    };
    enum http_method method = methods[ask->kind];

    *x = (struct exchange){.ask = *ask, .events = events, .ctx = ctx, .loop = ask->pool->all->loop};
    x->http = http_new(ask->pool, method, &http_events, x);
    if (method == HTTP_GET) {
        http_header(x->http, "Accept", SLICE_LIT("text/event-stream"));
    } else if (method == HTTP_POST) {
        http_header(x->http, "Accept", SLICE_LIT("application/json, text/event-stream"));
        http_header(x->http, "Content-Type", SLICE_LIT("application/json"));
        http_body(x->http, ask->body);
    }
    return x;
}

struct http *exchange_http(struct exchange *x)
{
    return x->http;
}

void exchange_start(struct exchange *x)
{
    if (!x->ask.is_long)
        http_within(x->http, limit_get(SET_CALL_TIME));
    http_start(x->http);
}

void exchange_retry(struct exchange *x)
{
    http_retry(x->http);
}

void exchange_fail(struct exchange *x, enum err why)
{
    http_fail(x->http, why);
}

void exchange_resume(struct exchange *x)
{
    http_resume(x->http);
}

void exchange_free(struct exchange *x)
{
    if (x == NULL)
        return;
    loop_undefer(x->loop, on_concluded, x);
    http_free(x->http);
    if (x->reading)
        reader_free(&x->reader);
    loop_timer_free(x->linger);
    mem_free(x);
}

static void on_linger_over(void *ctx)
{
    exchange_free(ctx);
}

void exchange_linger(struct exchange *x)
{
    if (x == NULL)
        return;
    if (x->over || !http_has_left(x->http)) { /* the body is the caller's */
        exchange_free(x);
        return;
    }
    x->ended = true;
    if (x->reading)
        reader_free(&x->reader);
    x->reading = false;
    x->linger = loop_timer_new(x->loop, on_linger_over, x);
    loop_timer_set(x->linger, LIM_LINGER_MS);
}
