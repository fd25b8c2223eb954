/*
 * A binary heap of timers that know their own place in it, so that any can be moved or removed in
 * log n; a gateway has one for each idle client. Pure; trusts its caller, os/loop.c.
 */
#include "os/timers.h"

#include "base/mem.h"

enum { TIMERS_LONGEST = 3600000 };

void timers_done(struct timers *ts)
{
    mem_free(ts->heap);
    *ts = (struct timers){0};
}

static bool earlier(const struct timer *a, const struct timer *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void put_at(struct timers *ts, size_t i, struct timer *t)
{
    ts->heap[i] = t;
    t->place = i + 1;
}

static void sift_up(struct timers *ts, size_t i, struct timer *t)
{
    while (i > 0 && earlier(t, ts->heap[(i - 1) / 2])) {
        put_at(ts, i, ts->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    put_at(ts, i, t);
}

static void sift_down(struct timers *ts, size_t i, struct timer *t)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < ts->n && earlier(ts->heap[child + 1], ts->heap[child]))
            child++;
        if (child >= ts->n || !earlier(ts->heap[child], t))
            break;
        put_at(ts, i, ts->heap[child]);
        i = child;
    }
    put_at(ts, i, t);
}

static void make_room(struct timers *ts)
{
    struct timer **more;

    if (ts->n < ts->cap)
        return;
    ts->cap = ts->cap == 0 ? 16 : ts->cap * 2;
    more = mem_zalloc_array(ts->cap, sizeof(struct timer *));
    for (size_t i = 0; i < ts->n; i++)
        more[i] = ts->heap[i];
    mem_free(ts->heap);
    ts->heap = more;
}

void timers_set(struct timers *ts, struct timer *t, uint64_t due)
{
    timers_remove(ts, t);
    t->due = due;
    t->order = ++ts->order;
    make_room(ts);
    sift_up(ts, ts->n++, t);
}

void timers_remove(struct timers *ts, struct timer *t)
{
    size_t i = t->place;
    struct timer *last;

    if (i-- == 0)
        return;
    BUG_IF(i >= ts->n || ts->heap[i] != t);
    t->place = 0;
    last = ts->heap[--ts->n];
    if (last == t)
        return;
    if (i > 0 && earlier(last, ts->heap[(i - 1) / 2]))
        sift_up(ts, i, last);
    else
        sift_down(ts, i, last);
}

uint64_t timers_mark(const struct timers *ts)
{
    return ts->order;
}

struct timer *timers_pop(struct timers *ts, uint64_t now, uint64_t mark)
{
    struct timer *first = ts->n == 0 ? NULL : ts->heap[0];

    if (!first || first->due > now || first->order > mark)
        return NULL;
    timers_remove(ts, first);
    return first;
}

int timers_wait(const struct timers *ts, uint64_t now)
{
    uint64_t due;

    if (ts->n == 0)
        return -1;
    due = ts->heap[0]->due;
    if (due <= now)
        return 0;
    return due - now > TIMERS_LONGEST ? TIMERS_LONGEST : (int)(due - now);
}
