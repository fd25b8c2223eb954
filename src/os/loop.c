/*
 * The event loop. Run by every role, on its only thread that does anything but hash. A turn is:
 * wait, descriptors, timers, deferred work. What was removed during a turn is freed at its end, so
 * that an event that the kernel had already reported finds a dead watch and not freed memory.
 */
#include "os/loop.h"

#include "base/mem.h"
#include "os/clock.h"
#include "os/timers.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <unistd.h>
#include <uthash.h>

enum { LOOP_BATCH = 64 };

struct loop_watch {
    struct loop *loop;
    int fd;
    unsigned events;
    bool dead;
    loop_fd_fn *fn;
    void *ctx;
    LIST_ENTRY(loop_watch) entry;
};

struct loop_timer {
    struct timer timer; /* first */
    struct loop *loop;
    loop_fn *fn;
    void *ctx;
    bool dead;
    LIST_ENTRY(loop_timer) entry;
};

struct deferred_key {
    loop_fn *fn;
    void *ctx;
};

struct deferred {
    struct deferred_key key;
    UT_hash_handle hh;
};

struct loop {
    int epoll;
    bool stop;
    uint64_t now;
    size_t watches, live_timers;
    struct timers timers;
    struct deferred *deferred; /* in the order of registration */
    struct deferred *running;  /* those of this turn that have not run yet */
    LIST_HEAD(, loop_watch) dead_watches;
    LIST_HEAD(, loop_timer) dead_timers;
};

struct loop *loop_new(void)
{
    struct loop *l = MEM_NEW(struct loop);

    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    BUG_IF(l->epoll < 0);
    l->now = clock_boot_ms();
    LIST_INIT(&l->dead_watches);
    LIST_INIT(&l->dead_timers);
    return l;
}

static void loop_bury(struct loop *l)
{
    struct loop_watch *w;
    struct loop_timer *t;

    while ((w = LIST_FIRST(&l->dead_watches))) {
        LIST_REMOVE(w, entry);
        mem_free(w);
    }
    while ((t = LIST_FIRST(&l->dead_timers))) {
        LIST_REMOVE(t, entry);
        mem_free(t);
    }
}

void loop_free(struct loop *l)
{
    struct deferred *d, *next;

    if (!l)
        return;
    BUG_IF(l->watches != 0 || l->live_timers != 0);
    loop_bury(l);
    HASH_ITER(hh, l->deferred, d, next) {
        HASH_DEL(l->deferred, d);
        mem_free(d);
    }
    timers_done(&l->timers);
    (void)close(l->epoll); /* nothing was written to it that could be lost */
    mem_free(l);
}

static uint32_t to_epoll(unsigned events)
{
    return ((events & LOOP_READ) ? EPOLLIN : 0u) | ((events & LOOP_WRITE) ? EPOLLOUT : 0u) |
           ((events & LOOP_HANGUP) ? EPOLLRDHUP : 0u) | ((events & LOOP_EDGE) ? EPOLLET : 0u);
}

static unsigned from_epoll(uint32_t events)
{
    if (events & (EPOLLERR | EPOLLHUP))
        return LOOP_READ | LOOP_WRITE | LOOP_HANGUP;
    return ((events & EPOLLIN) ? LOOP_READ : 0u) | ((events & EPOLLOUT) ? LOOP_WRITE : 0u) |
           ((events & EPOLLRDHUP) ? LOOP_HANGUP : 0u);
}

struct loop_watch *loop_watch(struct loop *l, int fd, unsigned events, loop_fd_fn *fn, void *ctx)
{
    struct loop_watch *w = MEM_NEW(struct loop_watch);
    struct epoll_event ev = {.events = to_epoll(events), .data.ptr = w};

    *w = (struct loop_watch){.loop = l, .fd = fd, .events = events, .fn = fn, .ctx = ctx};
    BUG_IF(epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) != 0);
    l->watches++;
    return w;
}

void loop_watch_set(struct loop_watch *w, unsigned events)
{
    struct epoll_event ev = {.events = to_epoll(events), .data.ptr = w};

    BUG_IF(w->dead);
    /* An edge watch is set again to be told once more of what is ready. */
    if (w->events == events && !(events & LOOP_EDGE))
        return;
    w->events = events;
    BUG_IF(epoll_ctl(w->loop->epoll, EPOLL_CTL_MOD, w->fd, &ev) != 0);
}

void loop_unwatch(struct loop_watch *w)
{
    if (!w)
        return;
    BUG_IF(w->dead);
    BUG_IF(epoll_ctl(w->loop->epoll, EPOLL_CTL_DEL, w->fd, NULL) != 0);
    w->dead = true;
    w->loop->watches--;
    LIST_INSERT_HEAD(&w->loop->dead_watches, w, entry);
}

struct loop_timer *loop_timer_new(struct loop *l, loop_fn *fn, void *ctx)
{
    struct loop_timer *t = MEM_NEW(struct loop_timer);

    *t = (struct loop_timer){.loop = l, .fn = fn, .ctx = ctx};
    l->live_timers++;
    return t;
}

void loop_timer_set(struct loop_timer *t, uint64_t ms)
{
    BUG_IF(t->dead);
    timers_set(&t->loop->timers, &t->timer, t->loop->now + ms);
}

void loop_timer_stop(struct loop_timer *t)
{
    timers_remove(&t->loop->timers, &t->timer);
}

void loop_timer_free(struct loop_timer *t)
{
    if (!t)
        return;
    BUG_IF(t->dead);
    timers_remove(&t->loop->timers, &t->timer);
    t->dead = true;
    t->loop->live_timers--;
    LIST_INSERT_HEAD(&t->loop->dead_timers, t, entry);
}

void loop_defer(struct loop *l, loop_fn *fn, void *ctx)
{
    struct deferred *d = MEM_NEW(struct deferred), *there;

    d->key.fn = fn;
    d->key.ctx = ctx;
    HASH_FIND(hh, l->deferred, &d->key, sizeof d->key, there);
    if (there)
        mem_free(d);
    else
        HASH_ADD(hh, l->deferred, key, sizeof d->key, d);
}

static void loop_wait(struct loop *l, int wait_ms)
{
    struct epoll_event ready[LOOP_BATCH];
    int n = epoll_wait(l->epoll, ready, LOOP_BATCH, wait_ms);

    BUG_IF(n < 0 && errno != EINTR);
    l->now = clock_boot_ms();
    for (int i = 0; i < n; i++) {
        struct loop_watch *w = ready[i].data.ptr;
        if (!w->dead)
            w->fn(w->ctx, from_epoll(ready[i].events) & (w->events | LOOP_HANGUP));
    }
}

/* A timer that is set again to "now" by a callback runs in the next turn, or a loop would never
 * end. */
static void loop_expire(struct loop *l)
{
    uint64_t now = l->now;
    uint64_t last = timers_mark(&l->timers);
    struct timer *t;

    while ((t = timers_pop(&l->timers, now, last))) {
        struct loop_timer *lt = (struct loop_timer *)t;
        lt->fn(lt->ctx);
    }
}

static void loop_forget(struct deferred **all, const struct deferred_key *key)
{
    struct deferred *d;

    HASH_FIND(hh, *all, key, sizeof *key, d);
    if (d) {
        HASH_DEL(*all, d);
        mem_free(d);
    }
}

void loop_undefer(struct loop *l, loop_fn *fn, void *ctx)
{
    const struct deferred_key key = {fn, ctx};

    loop_forget(&l->deferred, &key);
    loop_forget(&l->running, &key);
}

static void loop_run_deferred(struct loop *l)
{
    struct deferred *d;

    l->running = l->deferred;
    l->deferred = NULL;
    while ((d = l->running)) {
        struct deferred_key key = d->key;
        HASH_DEL(l->running, d);
        mem_free(d);
        key.fn(key.ctx);
    }
}

void loop_turn(struct loop *l, int wait_ms)
{
    int until_timer = timers_wait(&l->timers, clock_boot_ms());

    if (l->deferred)
        wait_ms = 0;
    if (until_timer >= 0 && (wait_ms < 0 || until_timer < wait_ms))
        wait_ms = until_timer;
    loop_wait(l, wait_ms);
    loop_expire(l);
    loop_run_deferred(l);
    loop_run_deferred(l); /* what that deferred, such as a channel's flush; not for ever */
    loop_bury(l);
}

void loop_run(struct loop *l)
{
    l->stop = false;
    while (!l->stop)
        loop_turn(l, -1);
}

void loop_stop(struct loop *l)
{
    l->stop = true;
}

uint64_t loop_now(const struct loop *l)
{
    return l->now;
}
