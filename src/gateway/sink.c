/*
 * Answers to clients, with back-pressure. Run by the gateway. Trusts nothing of the client's pace:
 * what one does not read waits here, at most two messages, while its call's credit stays closed;
 * one that is sent more all the same is cut off. Specifications: sink.h; WHATWG HTML 9.2 for the
 * format.
 */
#include "gateway/sink.h"

#include "base/mem.h"
#include "gateway/cors.h"
#include "proto/sse.h"

/* Room for the framing of an event beside its message. */
enum { FRAMING = 65536 };

struct sink {
    struct loop *loop;
    const struct gateway_conf *conf;
    struct http_req *req;
    const struct sink_events *events; /* NULL: the owner let go */
    void *ctx;
    struct loop_timer *timer; /* the next comment */
    bool stream;
    bool ended;    /* the stream ends when pending is empty */
    bool was_full; /* room() is owed */
    struct buf pending;
    struct hold hold; /* of pending */
    size_t at;        /* bytes of pending that were given to httpd */
};

static void on_timer(void *ctx);

struct sink *sink_new(struct loop *loop, const struct gateway_conf *c, struct http_req *req,
                      const struct sink_events *events, void *ctx)
{
    struct sink *s = MEM_NEW(struct sink);

    s->loop = loop;
    s->conf = c;
    s->req = req;
    s->events = events;
    s->ctx = ctx;
    s->timer = loop_timer_new(loop, on_timer, s);
    /* A screened message may have grown to twice the limit. */
    buf_init(&s->pending, 4 * limit_get(SET_BODY_BYTES) + FRAMING);
    hold_init(&s->hold, http_share(req));
    req->user = s;
    return s;
}

void sink_own(struct sink *s, const struct sink_events *events, void *ctx)
{
    s->events = events;
    s->ctx = ctx;
}

static void let_go(struct sink *s)
{
    s->events = NULL;
    loop_timer_stop(s->timer);
}

/* --- whole answers ---------------------------------------------------------------------------- */

static size_t all_fields(const struct sink *s, struct http_field *f, const struct http_field *extra,
                         size_t n)
{
    size_t have = cors_fields(s->conf, s->req, f);

    for (size_t i = 0; i < n; i++)
        f[have++] = extra[i];
    return have;
}

enum { MAX_EXTRA = 4 };

void sink_reply(struct sink *s, unsigned status, const struct http_field *extra, size_t n,
                struct slice body)
{
    struct http_field f[CORS_FIELDS + MAX_EXTRA + 2];
    size_t have;

    BUG_IF(n > MAX_EXTRA || s->stream);
    have = all_fields(s, f, extra, n);
    f[have++] = (struct http_field){SLICE_LIT("Cache-Control"), SLICE_LIT("no-store")};
    if (body.n > 0)
        f[have++] = (struct http_field){SLICE_LIT("Content-Type"), SLICE_LIT("application/json")};
    let_go(s);
    http_reply(s->req, status, f, have, body);
}

/* --- streams ---------------------------------------------------------------------------------- */

bool sink_is_stream(const struct sink *s)
{
    return s->stream;
}

void sink_open(struct sink *s)
{
    const struct http_field fields[] = {
        {SLICE_LIT("Content-Type"), SLICE_LIT("text/event-stream")},
        {SLICE_LIT("Cache-Control"), SLICE_LIT("no-store")},
        /* nginx would collect events, 2026-07-28 streamable-http "Sending Messages". */
        {SLICE_LIT("X-Accel-Buffering"), SLICE_LIT("no")},
    };
    struct http_field f[CORS_FIELDS + ARRAY_LEN(fields)];

    if (s->stream)
        return;
    s->stream = true;
    http_stream_start(s->req, 200, f, all_fields(s, f, fields, ARRAY_LEN(fields)));
    loop_timer_set(s->timer, limit_get(SET_COMMENT_TIME));
}

enum err sink_fits(const struct sink *s, size_t n)
{
    return s->stream ? hold_may(&s->hold, s->pending.n + n) : http_fits(s->req, n);
}

bool sink_full(const struct sink *s)
{
    return s->pending.n > 0 ||
           (s->stream && http_stream_queued(s->req) >= limit_get(SET_STREAM_BUFFER));
}

/* Gives httpd what it should hold at once; the rest waits for drained. */
static void push(struct sink *s)
{
    size_t buffer = limit_get(SET_STREAM_BUFFER);

    while (s->at < s->pending.n) {
        size_t queued = http_stream_queued(s->req);
        size_t n = queued >= buffer ? 0 : buffer - queued;
        struct slice part = slice_sub(buf_slice(&s->pending), s->at, s->at + n);

        if (part.n == 0 || http_stream_write(s->req, part, &queued) != ERR_OK)
            return; /* full, or the client left, which its own callback tells */
        s->at += part.n;
    }
    buf_clear(&s->pending);
    if (s->pending.cap > LIM_REPLY_INLINE)
        buf_free(&s->pending); /* the next one may be long in coming */
    IGNORE(hold_set(&s->hold, s->pending.cap));
    s->at = 0;
    if (s->ended)
        http_stream_end(s->req);
}

/* Each write sets the next comment. */
static void written(struct sink *s)
{
    if (buf_err(&s->pending) != ERR_OK || hold_set(&s->hold, s->pending.cap) != ERR_OK) {
        http_abort(s->req);
        return;
    }
    push(s);
    if (sink_full(s))
        s->was_full = true;
    if (!s->ended)
        loop_timer_set(s->timer, limit_get(SET_COMMENT_TIME));
}

void sink_event(struct sink *s, struct slice message)
{
    sink_open(s);
    sse_put_event(&s->pending, SLICE_LIT("message"), SLICE_EMPTY, message);
    written(s);
}

void sink_prime(struct sink *s, struct slice id)
{
    sink_open(s);
    sse_put_event(&s->pending, SLICE_EMPTY, id, SLICE_EMPTY);
    written(s);
}

static void on_timer(void *ctx)
{
    struct sink *s = ctx;

    if (!sink_full(s))
        sse_put_comment(&s->pending);
    written(s);
}

void sink_end(struct sink *s)
{
    BUG_IF(!s->stream);
    let_go(s);
    s->ended = true;
    push(s);
}

/* --- what httpd tells ------------------------------------------------------------------------- */

void sink_on_drained(struct sink *s)
{
    push(s);
    if (!s->was_full || sink_full(s))
        return;
    s->was_full = false;
    if (s->events)
        s->events->room(s->ctx);
}

void sink_on_end(struct sink *s)
{
    const struct sink_events *events = s->events;
    void *ctx = s->ctx;

    loop_timer_free(s->timer);
    buf_free(&s->pending);
    hold_free(&s->hold);
    mem_free(s);
    if (events)
        events->gone(ctx);
}
