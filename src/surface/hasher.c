/*
 * The password thread of surface. It shares with the loop two queues under one lock, and a socket
 * pair that wakes the loop; a secret belongs to one side at a time.
 */
#include "surface/hasher.h"

#include "base/limits.h"
#include "base/mem.h"
#include "os/sock.h"

#include <pthread.h>
#include <signal.h>
#include <sys/queue.h>

struct job {
    STAILQ_ENTRY(job) entry;
    uint64_t ticket;
    struct sec *password, *verifier;
    uint8_t salt[PASSWORD_SALT_BYTES];
    struct password_cost cost;
};
STAILQ_HEAD(jobs, job);

struct hasher {
    hasher_fn *fn;
    void *ctx;
    struct loop_watch *watch;
    int wake[2]; /* the thread writes to [1], the loop reads [0] */
    pthread_t thread;
    bool started; /* the thread is to be joined */
    size_t queued;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct jobs waiting_for_thread, waiting_for_loop;
    bool running, ending;
};

static void job_free(struct job *j)
{
    sec_free(j->password);
    sec_free(j->verifier);
    mem_wipe(j->salt, sizeof(j->salt));
    mem_free(j);
}

static void jobs_free(struct jobs *list)
{
    struct job *j;

    while ((j = STAILQ_FIRST(list)) != NULL) {
        STAILQ_REMOVE_HEAD(list, entry);
        job_free(j);
    }
}

static void hash_one(struct job *j)
{
    if (password_verifier(j->password, j->salt, j->cost, &j->verifier) != ERR_OK)
        j->verifier = NULL;
    sec_free(j->password);
    j->password = NULL;
}

static void *thread_main(void *ctx)
{
    struct hasher *h = ctx;

    pthread_mutex_lock(&h->lock);
    h->running = true;
    pthread_cond_signal(&h->changed);
    for (;;) {
        while (STAILQ_EMPTY(&h->waiting_for_thread) && !h->ending)
            pthread_cond_wait(&h->changed, &h->lock);
        if (h->ending)
            break;
        struct job *j = STAILQ_FIRST(&h->waiting_for_thread);
        STAILQ_REMOVE_HEAD(&h->waiting_for_thread, entry);
        pthread_mutex_unlock(&h->lock);
        hash_one(j);
        pthread_mutex_lock(&h->lock);
        STAILQ_INSERT_TAIL(&h->waiting_for_loop, j, entry);
        /* ERR_AGAIN: the loop has many such messages to read, each of which wakes it. */
        IGNORE(sock_send(h->wake[1], SLICE_LIT("1"), -1));
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

static void on_wake(void *ctx, unsigned events)
{
    struct hasher *h = ctx;
    struct jobs done = STAILQ_HEAD_INITIALIZER(done);
    uint8_t byte;
    size_t n;
    int pass;

    (void)events;
    while (sock_recv(h->wake[0], &byte, sizeof(byte), &n, &pass) == ERR_OK)
        ;
    pthread_mutex_lock(&h->lock);
    STAILQ_CONCAT(&done, &h->waiting_for_loop);
    pthread_mutex_unlock(&h->lock);
    for (struct job *j; (j = STAILQ_FIRST(&done)) != NULL;) {
        STAILQ_REMOVE_HEAD(&done, entry);
        h->queued--;
        h->fn(h->ctx, j->ticket, j->verifier);
        j->verifier = NULL; /* moved */
        job_free(j);
    }
}

/* The thread takes no signals: those are the loop's. */
static enum err start_thread(struct hasher *h)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    h->started = pthread_create(&h->thread, NULL, thread_main, h) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!h->started)
        return ERR_UNAVAILABLE;
    pthread_mutex_lock(&h->lock);
    while (!h->running)
        pthread_cond_wait(&h->changed, &h->lock);
    pthread_mutex_unlock(&h->lock);
    return ERR_OK;
}

enum err hasher_new(struct loop *l, hasher_fn *fn, void *ctx, struct hasher **ret)
{
    struct hasher *h = MEM_NEW(struct hasher);

    h->fn = fn;
    h->ctx = ctx;
    h->wake[0] = h->wake[1] = -1;
    STAILQ_INIT(&h->waiting_for_thread);
    STAILQ_INIT(&h->waiting_for_loop);
    BUG_IF(pthread_mutex_init(&h->lock, NULL) != 0 || pthread_cond_init(&h->changed, NULL) != 0);
    enum err e = sock_pair(h->wake);
    if (e == ERR_OK)
        e = start_thread(h);
    if (e != ERR_OK) {
        hasher_free(h);
        return e;
    }
    h->watch = loop_watch(l, h->wake[0], LOOP_READ, on_wake, h);
    *ret = h;
    return ERR_OK;
}

void hasher_free(struct hasher *h)
{
    if (!h)
        return;
    if (h->started) {
        pthread_mutex_lock(&h->lock);
        h->ending = true;
        pthread_cond_signal(&h->changed);
        pthread_mutex_unlock(&h->lock);
        pthread_join(h->thread, NULL);
    }
    loop_unwatch(h->watch);
    sock_close(h->wake[0]);
    sock_close(h->wake[1]);
    jobs_free(&h->waiting_for_thread);
    jobs_free(&h->waiting_for_loop);
    pthread_cond_destroy(&h->changed);
    pthread_mutex_destroy(&h->lock);
    mem_free(h);
}

enum err hasher_ask(struct hasher *h, uint64_t ticket, struct sec *password,
                    const uint8_t salt[PASSWORD_SALT_BYTES], struct password_cost cost)
{
    if (h->queued >= LIM_HASHES) {
        sec_free(password);
        return ERR_AGAIN;
    }
    struct job *j = MEM_NEW(struct job);
    j->ticket = ticket;
    j->password = password;
    j->cost = cost;
    for (size_t i = 0; i < PASSWORD_SALT_BYTES; i++)
        j->salt[i] = salt[i];
    h->queued++;
    pthread_mutex_lock(&h->lock);
    STAILQ_INSERT_TAIL(&h->waiting_for_thread, j, entry);
    pthread_cond_signal(&h->changed);
    pthread_mutex_unlock(&h->lock);
    return ERR_OK;
}
