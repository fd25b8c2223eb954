/*
 * HTTP/1.1 to the upstream (RFC 9112). Egress runs it, on the pool's connections. Trusts nothing that
 * comes from the upstream, and copies nothing of it but the content, as it comes.
 */
#include "egress/http.h"

#include "base/mem.h"
#include "base/planted.h"
#include "egress/body.h"
#include "egress/pool_in.h"
#include "proto/http_field.h"

enum {
    TARGET_BYTES = 512 * 1024,
    OUT_BYTES = TARGET_BYTES + LIM_HEADER_BYTES + 1024 * 1024, /* callers' fields have limits */
    FIRST_BYTES = 16384, /* head and, if there is room, body go in one write and one TLS record */
    SEND_BYTES = 65536,  /* in a turn, before a look at what came */
    READ_BYTES = 16384,
};

static const char *const methods[] = {
    [HTTP_POST] = "POST", [HTTP_GET] = "GET", [HTTP_DELETE] = "DELETE"};

struct http {
    struct pool *pool;
    const struct http_events *events;
    void *ctx;
    enum http_method method;
    struct buf target; /* path and query */
    struct buf fields; /* of the head, until it is made */
    struct buf out;    /* what leaves before the rest of: */
    struct slice body;
    size_t out_n;             /* of out, what has left */
    struct loop_timer *quiet; /* the upstream says nothing for too long */
    struct loop_timer *whole; /* it says something without end */
    uint64_t within;          /* ms of that; 0: for ever */
    struct conn *conn;        /* while it has one */
    struct head head;
    struct body answer;
    struct buf rest; /* came and could not be used yet */
    bool listens;    /* it may say nothing for as long as it likes */
    bool wants_socket;
    bool sent;
    bool is_large; /* its first write is not all of it */
    bool paused;
    bool deaf; /* the upstream takes no more of the request; it may have answered before that */
};

/* From now on it is the upstream's turn to say something. */
static void await(struct http *h)
{
    if (h->listens)
        loop_timer_stop(h->quiet);
    else
        loop_timer_set(h->quiet, limit_get(SET_ANSWER_TIME));
}

bool http_has_left(const struct http *h)
{
    return h->sent && h->out_n == h->out.n && h->body.n == 0;
}

/* --- the end ---------------------------------------------------------------------------------- */

/* One message, of which both sides know where it ended, and not a byte behind it; and a request that
 * the upstream takes: of a large one the kernel may have all that the upstream never reads. */
static bool is_reusable(const struct http *h)
{
    return http_has_left(h) && (!h->is_large || conn_is_sent(h->conn)) && h->head.complete &&
           !h->head.closes && !h->head.http_1_0 && !body_may_end(&h->answer) && h->rest.n == 0;
}

static void finish(struct http *h, enum err e)
{
    struct http_outcome end = {.err = e, .sent = h->sent};

    loop_undefer(h->pool->all->loop, http_go, h);
    loop_timer_stop(h->quiet);
    loop_timer_stop(h->whole);
    if (h->head.complete)
        end.status = h->head.status;
    h->events->end(h->ctx, &end);
}

static void leave(struct http *h, bool again)
{
    pool_release(h->pool, h->conn, again);
    pool_served(h->pool, h);
    h->conn = NULL;
}

/* The last thing that is done with h. */
static void over(struct http *h, enum err e)
{
    if (h->head.keep_alive > 0)
        pool_keeps(h->pool, h->head.keep_alive);
    leave(h, e == ERR_OK && is_reusable(h));
    if (PLANTED(sent_twice) && h->sent && !h->head.complete) {
        h->sent = false;
        h->wants_socket = true;
    }
    if (h->wants_socket && !h->sent) {
        loop_timer_stop(h->quiet);
        h->events->want_socket(h->ctx);
        return;
    }
    finish(h, e);
}

static void on_late(void *ctx)
{
    over(ctx, ERR_TIMEOUT);
}

/* --- the answer ------------------------------------------------------------------------------- */

static enum err read_head(struct http *h, struct slice *in)
{
    struct slice line;

    while (!h->head.complete) {
        enum err e;

        if (!body_line(in, &line))
            return in->n > LIM_HEADER_BYTES ? ERR_UPSTREAM_ANSWER : ERR_AGAIN;
        e = head_line(&h->head, line);
        if (e)
            return e;
    }
    body_init(&h->answer, &h->head);
    return h->events->head(h->ctx, &h->head);
}

/* ERR_OK: the answer is whole; ERR_AGAIN: more must come, or it is not wanted now. */
static enum err parse(struct http *h, struct slice *in)
{
    struct slice content;
    enum err e = h->head.complete ? ERR_OK : read_head(h, in);

    while (!e) {
        e = body_next(&h->answer, in, &content);
        if (!e && content.n == 0)
            return ERR_OK;
        if (!e)
            e = h->events->body(h->ctx, content);
        else
            return e;
        h->paused = e == ERR_AGAIN;
        if (h->paused)
            loop_timer_stop(h->quiet); /* it is us who are slow */
        if (!e)
            body_took(&h->answer, in, content.n);
    }
    return e;
}

/* Bytes have come, or (none) what is kept may be looked at again. */
static enum err take(struct http *h, struct slice s)
{
    const bool kept = h->rest.n > 0;
    struct slice in = s;
    enum err e;

    if (kept) {
        buf_put(&h->rest, s);
        in = buf_slice(&h->rest);
    }
    e = parse(h, &in);
    if (kept)
        buf_consume(&h->rest, h->rest.n - in.n);
    else
        buf_put(&h->rest, in);
    BUG_IF(buf_err(&h->rest) != ERR_OK); /* a line or what came at once */
    if (h->rest.n == 0)
        buf_free(&h->rest);
    return e;
}

static enum err read_some(struct http *h)
{
    uint8_t bytes[READ_BYTES];
    enum err e = ERR_AGAIN;
    size_t n = 0;

    do {
        e = conn_recv(h->conn, bytes, sizeof(bytes), &n);
        if (!e && n == 0)
            return h->head.complete && body_may_end(&h->answer) && !h->deaf ? ERR_OK : ERR_CLOSED;
        if (e)
            return e;
        await(h);
        e = take(h, slice_of(bytes, n));
        mem_wipe(bytes, n);
    } while (e == ERR_AGAIN && !h->paused && conn_has_unread(h->conn));
    return e;
}

/* --- the request ------------------------------------------------------------------------------ */

/* The beginning of what is left of it: never again, once it has left. */
static struct slice to_send(const struct http *h)
{
    return h->out_n < h->out.n ? slice_sub(buf_slice(&h->out), h->out_n, h->out.n) : h->body;
}

static void send_some(struct http *h)
{
    enum err e;
    size_t n;

    if (h->deaf || http_has_left(h))
        return;
    e = conn_send(h->conn, slice_sub(to_send(h), 0, SEND_BYTES), &n);
    h->deaf = e && e != ERR_AGAIN;
    if (!e && h->out_n < h->out.n)
        h->out_n += n;
    else if (!e)
        (void)slice_take(&h->body, n);
    if (h->out_n == h->out.n) { /* with the credential */
        h->out_n = 0;
        buf_free(&h->out);
    }
}

/* What is on the connection before the first byte is no answer of ours. */
static enum err begin(struct http *h)
{
    enum err e = conn_open(h->conn);

    if (!e && !conn_is_clean(h->conn) && !PLANTED(surplus_taken)) {
        h->wants_socket = true; /* another one */
        e = ERR_CLOSED;
    }
    if (!e) {
        pool_served(h->pool, h);
        e = h->events->may_send(h->ctx);
    }
    if (e)
        return e;
    h->sent = h->conn->used = true;
    await(h);
    if (h->within > 0)
        loop_timer_set(h->whole, h->within);
    send_some(h);
    return ERR_AGAIN; /* no answer is there so soon */
}

/* --- on the loop ------------------------------------------------------------------------------ */

static void on_ready(void *ctx, unsigned events);

static void settle(struct http *h, enum err e)
{
    const bool writes = h->sent && !h->deaf && !http_has_left(h);

    if (e == ERR_AGAIN)
        conn_watch(h->conn,
                   (h->paused ? 0 : LOOP_READ) |
                       (writes || conn_wants_room(h->conn) ? LOOP_WRITE : 0),
                   on_ready, h);
    else
        over(h, e);
}

static void on_ready(void *ctx, UNUSED unsigned events)
{
    struct http *h = ctx;

    if (!h->sent) {
        settle(h, begin(h));
        return;
    }
    send_some(h);
    settle(h, h->paused ? ERR_AGAIN : read_some(h));
}

void http_go(void *ctx)
{
    struct http *h = ctx;

    loop_undefer(h->pool->all->loop, http_go, h);
    h->conn = pool_take(h->pool, h);
    h->wants_socket = !h->conn;
    if (h->conn) {
        settle(h, begin(h));
        return;
    }
    loop_timer_stop(h->quiet);
    h->events->want_socket(h->ctx);
}

static void on_resume(void *ctx)
{
    struct http *h = ctx;
    enum err e;

    if (!h->paused || !h->conn)
        return;
    h->paused = false;
    await(h);
    e = take(h, SLICE_EMPTY);
    if (e == ERR_AGAIN && !h->paused && conn_has_unread(h->conn))
        e = read_some(h);
    settle(h, e);
}

/* --- setting up ------------------------------------------------------------------------------- */

struct http *http_new(struct pool *p, enum http_method method, const struct http_events *events,
                      void *ctx)
{
    struct http *h = MEM_NEW(struct http);

    *h = (struct http){.pool = p,
                       .events = events,
                       .ctx = ctx,
                       .method = method,
                       .target = BUF_INIT(TARGET_BYTES),
                       .fields = BUF_INIT(OUT_BYTES),
                       .out = BUF_INIT(OUT_BYTES),
                       .rest = BUF_INIT(LIM_HEADER_BYTES + 2 * READ_BYTES)};
    p->users++;
    loop_timer_stop(p->idle_timer);
    head_init(&h->head);
    h->quiet = loop_timer_new(p->all->loop, on_late, h);
    h->whole = loop_timer_new(p->all->loop, on_late, h);
    buf_put(&h->target, buf_slice(&p->all->conf->path));
    return h;
}

void http_header(struct http *h, const char *name, struct slice value)
{
    BUG_IF(!http_is_field_value(value) || value.n == 0);
    buf_put_str(&h->fields, name);
    buf_put(&h->fields, SLICE_LIT(": "));
    buf_put(&h->fields, value);
    buf_put(&h->fields, SLICE_LIT("\r\n"));
}

void http_header_line(struct http *h, struct slice line)
{
    buf_put(&h->fields, line);
    buf_put(&h->fields, SLICE_LIT("\r\n"));
}

void http_query(struct http *h, struct slice query)
{
    struct slice target = buf_slice(&h->target);
    bool has_query = slice_find_byte(target, '?') < target.n;

    if (query.n == 0)
        return;
    buf_put_u8(&h->target, has_query ? '&' : '?');
    buf_put(&h->target, query);
}

void http_body(struct http *h, struct slice body)
{
    h->body = body;
}

/* RFC 9112 3.2: the host with its port, but for the scheme's own. */
static void put_host(struct http *h)
{
    const struct egress_conf *c = h->pool->all->conf;
    bool ipv6 = slice_find_byte(buf_slice(&c->host), ':') < c->host.n;

    buf_put_str(&h->out, ipv6 ? "Host: [" : "Host: ");
    buf_put(&h->out, buf_slice(&c->host));
    buf_put_str(&h->out, ipv6 ? "]" : "");
    if (c->port != (c->tls ? 443 : 80))
        buf_printf(&h->out, ":%u", c->port);
    buf_put(&h->out, SLICE_LIT("\r\n"));
}

static void put_request(struct http *h)
{
    buf_put_str(&h->out, methods[h->method]);
    buf_put_u8(&h->out, ' ');
    buf_put(&h->out, buf_slice(&h->target));
    buf_put(&h->out, SLICE_LIT(" HTTP/1.1\r\n"));
    put_host(h);
    buf_put(&h->out, SLICE_LIT("User-Agent: Sidegate\r\nAccept-Encoding: identity\r\n"));
    buf_put(&h->out, buf_slice(&h->fields));
    if (h->method == HTTP_POST) {
        buf_put(&h->out, SLICE_LIT("Content-Length: "));
        buf_put_u64_dec(&h->out, h->body.n);
        buf_put(&h->out, SLICE_LIT("\r\n"));
    }
    buf_put(&h->out, SLICE_LIT("\r\n"));
    if (h->out.n < FIRST_BYTES)
        buf_put(&h->out, slice_take(&h->body, FIRST_BYTES - h->out.n));
    h->is_large = h->body.n > 0 || h->out.n > FIRST_BYTES;
    BUG_IF(buf_err(&h->target) != ERR_OK || buf_err(&h->fields) != ERR_OK ||
           buf_err(&h->out) != ERR_OK);
    buf_free(&h->target);
    buf_free(&h->fields);
}

void http_start(struct http *h)
{
    put_request(h);
    loop_timer_set(h->quiet, limit_get(SET_CONNECT_TIME));
    loop_defer(h->pool->all->loop, http_go, h);
}

void http_within(struct http *h, uint64_t ms)
{
    h->within = ms;
}

void http_listens(struct http *h)
{
    h->listens = true;
    loop_timer_stop(h->quiet);
}

void http_retry(struct http *h)
{
    BUG_IF(!h->wants_socket || h->conn || h->sent);
    h->wants_socket = false;
    loop_timer_set(h->quiet, limit_get(SET_CONNECT_TIME));
    loop_defer(h->pool->all->loop, http_go, h);
}

void http_fail(struct http *h, enum err why)
{
    BUG_IF(!h->wants_socket || h->conn);
    finish(h, why);
}

void http_resume(struct http *h)
{
    if (h->paused)
        loop_defer(h->pool->all->loop, on_resume, h);
}

void http_free(struct http *h)
{
    if (!h)
        return;
    loop_undefer(h->pool->all->loop, on_resume, h);
    loop_undefer(h->pool->all->loop, http_go, h);
    leave(h, false);
    loop_timer_free(h->quiet);
    loop_timer_free(h->whole);
    head_free(&h->head);
    buf_free(&h->target);
    buf_free(&h->fields);
    buf_free(&h->out);
    buf_free(&h->rest);
    pool_put(h->pool);
    mem_free(h);
}
