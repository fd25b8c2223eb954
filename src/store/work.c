/*
 * The one runner of transactions, with group commit. Everything queued in a turn of the loop shares
 * one commit, and so one sync; a savepoint each keeps one caller's failure away from the others.
 * Full disk: the group fails as a whole, and what is urgent (revoking) runs again alone with the
 * room of the reserve: a file of allocated blocks that is removed for it. Until that can be made
 * again nothing but revocations is written.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "base/planted.h"
#include "os/file.h"
#include "store/internal.h"

enum { RESERVE_BYTES = 4 << 20 };

void store_reserve_make(struct store *s)
{
    s->reserve_gone = file_reserve((const char *)s->reserve.p, RESERVE_BYTES) != ERR_OK;
}

/* SQLite answers at once. */
static enum err read_now(struct store *s, store_work_fn *work, void *ctx)
{
    enum err e = ERR_OK;

    BUG_IF(s->in_work || s->in_read);
    s->in_read = true;
    e = work(ctx);
    s->in_read = false;
    return e;
}

static enum err ask_work(void *ctx)
{
    const struct store_asked *a = ctx;

    return store_first(a->s, a->q, a->vals, a->row);
}

void store_ask_for(const struct store_asked *a, store_done_fn *done, void *ctx)
{
    struct store_asked copy = *a;

    done(ctx, read_now(a->s, ask_work, &copy));
}

void store_work(struct store *s, enum store_urgency u, store_work_fn *work, store_done_fn *done,
                void *ctx)
{
    struct store_item *it = NULL;

    if (u == STORE_READ) {
        done(ctx, read_now(s, work, ctx));
        return;
    }
    it = MEM_NEW(struct store_item);
    *it = (struct store_item){.urgency = u, .work = work, .done = done, .ctx = ctx};
    if (u == STORE_LAZY) {
        if (TAILQ_EMPTY(&s->lazy) && s->loop && !PLANTED(lazy_for_ever))
            loop_timer_set(s->lazy_timer, LIM_STORE_LAZY_TIME);
        TAILQ_INSERT_TAIL(&s->lazy, it, in_queue);
        return;
    }
    TAILQ_INSERT_TAIL(&s->waiting, it, in_queue);
    if (s->loop)
        loop_defer(s->loop, store_flush, s);
}

void store_ride(struct store *s, store_work_fn *work, store_done_fn *done, void *ctx)
{
    s->ride = (struct store_item){.work = work, .done = done, .ctx = ctx};
}

static enum err control(struct store *s, enum stmt q)
{
    enum err e = store_err(s, sqlite3_step(s->stmt[q]));

    (void)sqlite3_reset(s->stmt[q]); /* repeats the error of the step */
    return e;
}

/* Runs one callback in its own savepoint. Returns false when SQLite ended the whole transaction
 * (disk full, I/O). */
static bool run_one(struct store *s, struct store_item *it)
{
    enum err undo = ERR_OK;

    it->e = control(s, Q_savepoint);
    if (it->e)
        return false;
    it->e = it->work(it->ctx);
    if (sqlite3_get_autocommit(s->db)) {
        BUG_IF(!it->e);
        return false;
    }
    if (it->e == ERR_NO_SPACE || it->e == ERR_IO)
        return false;
    if (it->e)
        undo = control(s, Q_undo);
    if (!undo)
        undo = control(s, Q_release);
    if (undo)
        it->e = undo;
    return !undo;
}

static enum err run_group(struct store *s, struct store_queue *group)
{
    struct store_item *it = NULL;
    enum err e = control(s, Q_begin);

    if (e)
        return e;
    s->in_work = true;
    TAILQ_FOREACH(it, group, in_queue) {
        if (!run_one(s, it)) {
            e = it->e;
            break;
        }
    }
    if (!e && s->ride.work && !run_one(s, &s->ride))
        e = s->ride.e;
    s->in_work = false;
    if (!e)
        e = control(s, Q_commit);
    if (!sqlite3_get_autocommit(s->db))
        IGNORE(control(s, Q_rollback)); /* after a failed commit; the error is already known */
    return e;
}

/* Runs what is urgent in a group that met a full disk; the rest fails with why. */
static void run_urgent(struct store *s, struct store_queue *group, enum err why)
{
    struct store_item *it = NULL;
    struct store_queue urgent = TAILQ_HEAD_INITIALIZER(urgent);
    struct store_queue rest = TAILQ_HEAD_INITIALIZER(rest);
    enum err e = ERR_OK;

    while ((it = TAILQ_FIRST(group))) {
        TAILQ_REMOVE(group, it, in_queue);
        it->e = why;
        if (it->urgency == STORE_URGENT)
            TAILQ_INSERT_TAIL(&urgent, it, in_queue);
        else
            TAILQ_INSERT_TAIL(&rest, it, in_queue);
    }
    if (!TAILQ_EMPTY(&urgent)) {
        /* Gone already, perhaps: the next shows if there is room. */
        IGNORE(file_remove((const char *)s->reserve.p));
        s->reserve_gone = true;
        e = run_group(s, &urgent);
        TAILQ_FOREACH(it, &urgent, in_queue)
            it->e = e ? e : it->e;
    }
    TAILQ_CONCAT(group, &urgent, in_queue);
    TAILQ_CONCAT(group, &rest, in_queue);
}

/* e: what became of the group, or ERR_OK. */
static void finish(struct store *s, struct store_queue *group, enum err e)
{
    struct store_item *it = NULL;

    if (s->ride.done)
        s->ride.done(s->ride.ctx, e ? e : s->ride.e);
    while ((it = TAILQ_FIRST(group))) {
        TAILQ_REMOVE(group, it, in_queue);
        if (it == s->run)
            s->run_e = it->e;
        if (it->done)
            it->done(it->ctx, it->e);
        mem_free(it);
    }
}

void store_flush(void *store)
{
    struct store *s = store;
    struct store_queue group = TAILQ_HEAD_INITIALIZER(group);
    struct store_item *it = NULL;
    enum err e = ERR_OK;

    if (s->flushing || (TAILQ_EMPTY(&s->waiting) && TAILQ_EMPTY(&s->lazy)))
        return;
    s->flushing = true;
    TAILQ_CONCAT(&group, &s->lazy, in_queue);
    TAILQ_CONCAT(&group, &s->waiting, in_queue);
    /* Nothing else may eat the room that the reserve made: first it must be there again. */
    if (s->reserve_gone)
        store_reserve_make(s);
    e = s->reserve_gone ? ERR_NO_SPACE : run_group(s, &group);
    if (e == ERR_NO_SPACE || e == ERR_IO)
        run_urgent(s, &group, e);
    else if (e)
        TAILQ_FOREACH(it, &group, in_queue)
            it->e = e;
    finish(s, &group, e);
    s->flushing = false;
    if (!TAILQ_EMPTY(&s->waiting) && s->loop)
        loop_defer(s->loop, store_flush, s);
}

enum err store_run(struct store *s, enum store_urgency u, store_work_fn *work, void *ctx)
{
    BUG_IF(s->flushing);
    if (u == STORE_READ)
        return read_now(s, work, ctx);
    store_work(s, u, work, NULL, ctx);
    s->run = TAILQ_LAST(&s->waiting, store_queue);
    store_flush(s);
    return s->run_e;
}

void store_drain(struct store *s)
{
    while (!TAILQ_EMPTY(&s->waiting) || !TAILQ_EMPTY(&s->lazy))
        store_flush(s);
}
