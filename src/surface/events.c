/*
 * GET /inbox/events: tells the inbox's script that something changed, not what (WHATWG HTML 9.2).
 * Run by surface. The stream lives as long as the browser, the session and the keeper's channel; a
 * browser asks again by itself.
 */
#include "base/mem.h"
#include "ipc/gen/send.h"
#include "proto/sse.h"
#include "surface/reply.h"
#include "surface/route.h"

#define RETRY_MS 3000

/* Above this much unread, the browser has been told already. */
#define UNREAD 1024

struct events {
    struct visit *v;
    struct loop_timer *comment;
};

static void put(struct visit *v, struct buf *b)
{
    /* A browser that reads nothing is ended by the server's own time limit; one that left, by
     * ops->end. */
    IGNORE(http_stream_write(v->http, buf_slice(b), NULL));
    buf_free(b);
}

static void put_event(struct visit *v, const char *type)
{
    struct buf b = BUF_INIT(128);

    sse_put_event(&b, slice_str(type), SLICE_EMPTY, SLICE_LIT("1"));
    put(v, &b);
}

static void on_comment(void *ctx)
{
    struct events *e = ctx;
    struct buf b = BUF_INIT(128);

    loop_timer_set(e->comment, limit_get(SET_COMMENT_TIME));
    if (http_stream_queued(e->v->http) > UNREAD)
        return;
    sse_put_comment(&b);
    put(e->v, &b);
}

static void on_changed(struct visit *v, UNUSED const struct msg_inbox_changed *m)
{
    if (http_stream_queued(v->http) <= UNREAD)
        put_event(v, "changed");
}

static void end(struct visit *v)
{
    struct events *e = v->own;

    visit_settle(v);
    loop_timer_stop(e->comment);
    http_stream_end(v->http);
}

static void on_denied(struct visit *v, const struct msg_page_denied *m)
{
    (void)m; /* whatever it is: the session is none any more */
    put_event(v, "ended");
    end(v);
}

static void events_free(struct visit *v)
{
    struct events *e = v->own;

    loop_timer_free(e->comment);
    mem_free(e);
    /* Without a channel there is no watch either. */
    if (v->waits)
        tell_watch_end(v->s->keeper, &(struct msg_watch_end){.req = v->req});
}

static void start(struct visit *v)
{
    static const struct answers waits = {
        .inbox_changed = on_changed, .page_denied = on_denied, .lost = end};
    struct events *e = MEM_NEW(struct events);
    struct buf b = BUF_INIT(128);

    if (!visit_wait(v, &waits, 0)) {
        mem_free(e);
        return;
    }
    e->v = v;
    e->comment = loop_timer_new(v->s->loop, on_comment, e);
    v->own = e;
    v->own_free = events_free;
    loop_timer_set(e->comment, limit_get(SET_COMMENT_TIME));
    reply_stream(v);
    sse_put_retry(&b, RETRY_MS);
    put(v, &b);
    visit_sent(v, send_inbox_watch(v->s->keeper,
                                   &(struct msg_inbox_watch){.req = v->req, .cookie = v->cookie}));
}

void inbox_events(struct visit *v)
{
    /* 204 tells an EventSource to stop asking. */
    if (!v->cookie || !slice_eq_str(v->http->method, "GET"))
        reply_bytes(v, 204, "text/plain", "no-store", SLICE_EMPTY);
    else
        start(v);
}
