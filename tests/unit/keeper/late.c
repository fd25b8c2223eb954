/*
 * A store that answers later: whoever reads is told at the end of the turn, and what is queued
 * meanwhile waits for its place. What is read is read at once, so that its answer is as old as the
 * contract allows, and anything may come between the two. Linked instead of what the keeper calls (meson.build), so that the
 * same tests say whether it copes with an engine that is not in its own process.
 */
#include "base/mem.h"
#include "os/loop.h"
#include "store/internal.h"

struct late {
    TAILQ_ENTRY(late) in_queue;
    enum store_urgency urgency;
    store_work_fn *work; /* NULL: read, and answered with e */
    store_done_fn *done;
    void *ctx;
    enum err e;
};

static TAILQ_HEAD(late_queue, late) queue = TAILQ_HEAD_INITIALIZER(queue);

void __real_store_work(struct store *s, enum store_urgency u, store_work_fn *work,
                       store_done_fn *done, void *ctx);
void __real_store_ask_for(const struct store_asked *a, store_done_fn *done, void *ctx);
void __real_store_drain(struct store *s);
void __real_store_close(struct store *s);
void __wrap_store_work(struct store *s, enum store_urgency u, store_work_fn *work,
                       store_done_fn *done, void *ctx);
void __wrap_store_ask_for(const struct store_asked *a, store_done_fn *done, void *ctx);
void __wrap_store_drain(struct store *s);
void __wrap_store_close(struct store *s);

static struct late *take(void)
{
    struct late *l = TAILQ_FIRST(&queue);

    if (l)
        TAILQ_REMOVE(&queue, l, in_queue);
    return l;
}

/* Those that are there now; what they queue has its own time. */
static void run(void *store)
{
    struct late *last = TAILQ_LAST(&queue, late_queue), *l = NULL;

    while ((l = take())) {
        bool more = l != last;

        if (l->work)
            __real_store_work(store, l->urgency, l->work, l->done, l->ctx);
        else
            l->done(l->ctx, l->e);
        mem_free(l);
        if (!more)
            break;
    }
}

static struct late *add(struct store *s, store_done_fn *done, void *ctx)
{
    struct late *l = MEM_NEW(struct late);

    l->done = done;
    l->ctx = ctx;
    TAILQ_INSERT_TAIL(&queue, l, in_queue);
    loop_defer(s->loop, run, s);
    return l;
}

static enum err read_it(void *ctx)
{
    struct late *l = ctx;

    return l->work(l->ctx);
}

static void keep_answer(void *ctx, enum err e)
{
    struct late *l = ctx;

    l->work = NULL;
    l->e = e;
}

void __wrap_store_work(struct store *s, enum store_urgency u, store_work_fn *work,
                       store_done_fn *done, void *ctx)
{
    struct late *l = NULL;

    if (!s->loop || (u != STORE_READ && TAILQ_EMPTY(&queue))) {
        __real_store_work(s, u, work, done, ctx);
        return;
    }
    l = add(s, done, ctx);
    l->urgency = u;
    l->work = work;
    if (u == STORE_READ)
        __real_store_work(s, u, read_it, keep_answer, l);
}

void __wrap_store_ask_for(const struct store_asked *a, store_done_fn *done, void *ctx)
{
    __real_store_ask_for(a, keep_answer, add(a->s, done, ctx));
}

void __wrap_store_drain(struct store *s)
{
    do {
        run(s);
        __real_store_drain(s);
    } while (!TAILQ_EMPTY(&queue));
}

void __wrap_store_close(struct store *s)
{
    struct late *l = NULL;

    if (s && s->loop)
        loop_undefer(s->loop, run, s);
    while ((l = take()))
        mem_free(l);
    __real_store_close(s);
}
