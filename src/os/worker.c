/*
 * Threads and their queue. They share with the loop two lists under one lock, and a socket pair
 * that wakes the loop. Run by the roles whose library calls block: surface and dialer.
 */
#include "os/worker.h"

#include <pthread.h>
#include <signal.h>

#include "base/mem.h"
#include "os/sock.h"

enum { THREADS_MAX = 8 };

TAILQ_HEAD(jobs, worker_job);

struct worker {
    const struct worker_ops *ops;
    void *ctx;
    struct loop_watch *watch;
    int wake[2]; /* threads write to [1], the loop reads [0] */
    pthread_t threads[THREADS_MAX];
    size_t threads_n, queued;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct jobs waiting_for_thread, under_way, waiting_for_loop;
    size_t running; /* threads */
    bool ending;
};

static size_t count_of(const struct jobs *list, unsigned group)
{
    const struct worker_job *j;
    size_t n = 0;

    TAILQ_FOREACH(j, list, link) {
        n += j->group == group;
    }
    return n;
}

/* How many threads are at jobs of that lane or one after it. */
static size_t under_way_from(const struct worker *w, unsigned lane)
{
    const struct worker_job *j;
    size_t n = 0;

    TAILQ_FOREACH(j, &w->under_way, link) {
        n += j->lane >= lane;
    }
    return n;
}

static bool may_begin(const struct worker *w, const struct worker_job *j)
{
    bool may = count_of(&w->under_way, j->group) < w->ops->group_threads;

    for (unsigned lane = 0; lane <= j->lane && may; lane++)
        may = under_way_from(w, lane) < w->ops->lane_threads[lane];
    return may;
}

/* The oldest job of the first lane of which one may begin. One that waits for its group's or its
 * lane's others is taken by the thread that ends one of them. */
static struct worker_job *next_job(struct worker *w)
{
    struct worker_job *j, *next = NULL;

    TAILQ_FOREACH(j, &w->waiting_for_thread, link) {
        if ((!next || j->lane < next->lane) && may_begin(w, j))
            next = j;
    }
    return next;
}

static void *thread_main(void *ctx)
{
    struct worker *w = ctx;
    struct worker_job *j;

    pthread_mutex_lock(&w->lock);
    w->running++;
    pthread_cond_broadcast(&w->changed);
    for (;;) {
        while (!(j = next_job(w)) && !w->ending)
            pthread_cond_wait(&w->changed, &w->lock);
        if (w->ending)
            break;
        TAILQ_REMOVE(&w->waiting_for_thread, j, link);
        TAILQ_INSERT_TAIL(&w->under_way, j, link);
        pthread_mutex_unlock(&w->lock);
        w->ops->run(j);
        pthread_mutex_lock(&w->lock);
        TAILQ_REMOVE(&w->under_way, j, link);
        TAILQ_INSERT_TAIL(&w->waiting_for_loop, j, link);
        /* ERR_AGAIN: the loop has many such messages to read, each of which wakes it. */
        IGNORE(sock_send(w->wake[1], SLICE_LIT("1"), -1));
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void on_wake(void *ctx, UNUSED unsigned events)
{
    struct worker *w = ctx;
    struct jobs done = TAILQ_HEAD_INITIALIZER(done);
    struct worker_job *j;
    uint8_t byte;
    size_t n;
    int pass;

    while (sock_recv(w->wake[0], &byte, sizeof(byte), &n, &pass) == ERR_OK)
        ;
    pthread_mutex_lock(&w->lock);
    TAILQ_CONCAT(&done, &w->waiting_for_loop, link);
    pthread_mutex_unlock(&w->lock);
    while ((j = TAILQ_FIRST(&done))) {
        TAILQ_REMOVE(&done, j, link);
        w->queued--;
        w->ops->done(w->ctx, j);
        w->ops->free(j);
    }
}

enum err worker_new(struct loop *l, const struct worker_ops *ops, void *ctx, struct worker **ret)
{
    struct worker *w = MEM_NEW(struct worker);
    enum err e;

    *w = (struct worker){.ops = ops, .ctx = ctx, .wake = {-1, -1}};
    TAILQ_INIT(&w->waiting_for_thread);
    TAILQ_INIT(&w->under_way);
    TAILQ_INIT(&w->waiting_for_loop);
    BUG_IF(pthread_mutex_init(&w->lock, NULL) != 0 || pthread_cond_init(&w->changed, NULL) != 0);
    e = sock_pair(w->wake);
    if (e) {
        worker_free(w);
        return e;
    }
    w->watch = loop_watch(l, w->wake[0], LOOP_READ, on_wake, w);
    *ret = w;
    return ERR_OK;
}

/* Threads take no signals: those are the loop's. */
enum err worker_start(struct worker *w, size_t threads)
{
    sigset_t all, before;
    bool failed = false;

    BUG_IF(threads > THREADS_MAX);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (!failed && w->threads_n < threads) {
        failed = pthread_create(&w->threads[w->threads_n], NULL, thread_main, w) != 0;
        w->threads_n += !failed;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return ERR_UNAVAILABLE;
    pthread_mutex_lock(&w->lock);
    while (w->running < threads)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
    return ERR_OK;
}

static void free_all(struct worker *w, struct jobs *list)
{
    struct worker_job *j;

    while ((j = TAILQ_FIRST(list))) {
        TAILQ_REMOVE(list, j, link);
        w->ops->free(j);
    }
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->ending = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->threads_n; i++)
        pthread_join(w->threads[i], NULL);
    loop_unwatch(w->watch);
    sock_close(w->wake[0]);
    sock_close(w->wake[1]);
    free_all(w, &w->waiting_for_thread);
    free_all(w, &w->waiting_for_loop);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    mem_free(w);
}

static bool has_room(struct worker *w, unsigned group)
{
    size_t n;

    pthread_mutex_lock(&w->lock);
    n = count_of(&w->waiting_for_thread, group);
    pthread_mutex_unlock(&w->lock);
    return w->queued < w->ops->max && n < w->ops->group_waiting;
}

enum err worker_ask(struct worker *w, struct worker_job *j, uint64_t ticket)
{
    if (!has_room(w, j->group)) {
        w->ops->free(j);
        return ERR_AGAIN;
    }
    w->queued++;
    j->ticket = ticket;
    pthread_mutex_lock(&w->lock);
    TAILQ_INSERT_TAIL(&w->waiting_for_thread, j, link);
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return ERR_OK;
}

static void set_lane(struct jobs *list, unsigned group, unsigned lane)
{
    struct worker_job *j;

    TAILQ_FOREACH(j, list, link) {
        if (j->group == group)
            j->lane = lane;
    }
}

void worker_set_lane(struct worker *w, unsigned group, unsigned lane)
{
    pthread_mutex_lock(&w->lock);
    set_lane(&w->waiting_for_thread, group, lane);
    set_lane(&w->under_way, group, lane);
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

void worker_drop(struct worker *w, uint64_t ticket)
{
    struct worker_job *j;

    pthread_mutex_lock(&w->lock);
    TAILQ_FOREACH(j, &w->waiting_for_thread, link) {
        if (j->ticket == ticket)
            break;
    }
    if (j)
        TAILQ_REMOVE(&w->waiting_for_thread, j, link);
    pthread_mutex_unlock(&w->lock);
    if (!j)
        return; /* it is being done, or is done, or was never asked */
    w->queued--;
    w->ops->free(j);
}
