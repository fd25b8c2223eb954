/*
 * Browser requests and what they wait for. Run by surface.
 */
#include "surface/visit.h"

#include "base/mem.h"
#include "os/clock.h"
#include "os/log.h"
#include "surface/reply.h"

static void lose(struct visit *v)
{
    void (*lost)(struct visit *) = v->waits->lost;

    visit_settle(v);
    if (lost)
        lost(v);
    else
        reply_text(v, PAGE_UNAVAILABLE, NULL, SLICE_EMPTY);
}

static void log_late(const struct visit *v)
{
    log_event(LEVEL_WARN, "page_timeout", LOG_NUM("req", v->req));
}

static void on_time(void *ctx)
{
    log_late(ctx);
    lose(ctx);
}

struct visit *visit_new(struct surface *s, struct http_req *http)
{
    struct visit *v = MEM_NEW(struct visit);

    v->s = s;
    v->http = http;
    v->req = ++s->last_req;
    v->began = clock_boot_ms();
    v->timer = loop_timer_new(s->loop, on_time, v);
    for (size_t i = 0; i < VISIT_COOKIES; i++)
        buf_init(&v->set_cookie[i], 512);
    http->user = v;
    return v;
}

void visit_free(struct visit *v)
{
    if (!v)
        return;
    if (v->own_free)
        v->own_free(v);
    visit_settle(v);
    loop_timer_free(v->timer);
    sec_free(v->cookie);
    for (size_t i = 0; i < VISIT_COOKIES; i++)
        buf_free(&v->set_cookie[i]);
    mem_free(v);
}

bool visit_wait(struct visit *v, const struct answers *waits, uint64_t ms)
{
    struct surface *s = v->s;
    uint64_t gone = clock_boot_ms() - v->began;
    bool late = ms && gone >= ms;

    visit_settle(v);
    if (late)
        log_late(v);
    if (late || !s->keeper) {
        reply_text(v, PAGE_UNAVAILABLE, NULL, SLICE_EMPTY);
        return false;
    }
    v->waits = waits;
    HASH_ADD(hh, s->waiting, req, sizeof(v->req), v);
    if (ms)
        loop_timer_set(v->timer, ms - gone);
    return true;
}

void visit_sent(struct visit *v, enum err e)
{
    BUG_IF(e && e != ERR_CLOSED);
    if (e == ERR_CLOSED)
        lose(v);
}

void visit_hash(struct visit *v, const struct answers *waits, struct hasher_ask ask,
                struct sec *password)
{
    ask.ticket = v->req;
    if (!visit_wait(v, waits, limit_get(SET_PAGE_TIME)))
        sec_free(password);
    else if (hasher_ask(v->s->hasher, &ask, password) != ERR_OK)
        reply_text(v, PAGE_BUSY, NULL, SLICE_EMPTY);
}

void visit_settle(struct visit *v)
{
    if (!v->waits)
        return;
    if (v->waits->hashed)
        hasher_drop(v->s->hasher, v->req);
    v->waits = NULL;
    loop_timer_stop(v->timer);
    HASH_DELETE(hh, v->s->waiting, v);
}

struct visit *visit_find(struct surface *s, uint64_t req)
{
    struct visit *v;

    HASH_FIND(hh, s->waiting, &req, sizeof(req), v);
    return v;
}

void visit_all_lost(struct surface *s)
{
    struct visit *v, *next;

    HASH_ITER(hh, s->waiting, v, next) {
        lose(v);
    }
}
