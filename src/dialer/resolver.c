/*
 * The dialer's resolver threads. They read what DNS servers and the hosts file say, with the C
 * library's code; what comes out are addresses, which the address wall judges. The threads share
 * with the loop two queues under one lock, and a socket pair that wakes the loop.
 */
#include "dialer/resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <nss.h>
#include <pthread.h>
#include <signal.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/mem.h"
#include "os/sock.h"

struct question {
    TAILQ_ENTRY(question) link;
    uint16_t upstream;
    char host[256];
    struct resolver_answer answer;
};
TAILQ_HEAD(questions, question);

struct resolver {
    struct loop *loop;
    struct loop_watch *watch;
    resolver_fn *fn;
    void *ctx;
    int wake[2]; /* threads write to [1], the loop reads [0] */
    pthread_t threads[LIM_RESOLVERS];
    size_t threads_n;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t asked;
    struct questions waiting_for_thread, under_way, waiting_for_loop;
    size_t queued;
    bool ending;
};

static bool take_address(const struct sockaddr *from, struct address *ret)
{
    struct slice s;

    if (from->sa_family == AF_INET)
        s = slice_of(&((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
    else if (from->sa_family == AF_INET6)
        s = slice_of(&((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
    else
        return false;
    *ret = (struct address){.n = (uint8_t)s.n};
    for (size_t i = 0; i < s.n; i++)
        ret->b[i] = s.p[i];
    return true;
}

static void look_up(struct question *q)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct resolver_answer *a = &q->answer;
    struct addrinfo *list = NULL;

    a->err = ERR_UPSTREAM_DOWN;
    if (getaddrinfo(q->host, NULL, &hints, &list) != 0)
        return;
    for (const struct addrinfo *i = list; i != NULL && a->n < LIM_ADDRESSES; i = i->ai_next)
        if (take_address(i->ai_addr, &a->a[a->n]))
            a->n++;
    freeaddrinfo(list);
    if (a->n > 0)
        a->err = ERR_OK;
}

static size_t count_of(const struct questions *list, uint16_t upstream)
{
    const struct question *q;
    size_t n = 0;

    TAILQ_FOREACH(q, list, link)
    {
        n += q->upstream == upstream;
    }
    return n;
}

/* The oldest question whose upstream may have one more thread. One that waits for its upstream's
 * others is taken by the thread that ends one of them. */
static struct question *next_question(struct resolver *r)
{
    struct question *q;

    TAILQ_FOREACH(q, &r->waiting_for_thread, link)
    {
        if (count_of(&r->under_way, q->upstream) < LIM_RESOLVERS_PER_UPSTREAM)
            return q;
    }
    return NULL;
}

static void *thread_main(void *ctx)
{
    struct resolver *r = ctx;
    struct question *q;

    pthread_mutex_lock(&r->lock);
    for (;;) {
        while ((q = next_question(r)) == NULL && !r->ending)
            pthread_cond_wait(&r->asked, &r->lock);
        if (r->ending)
            break;
        TAILQ_REMOVE(&r->waiting_for_thread, q, link);
        TAILQ_INSERT_TAIL(&r->under_way, q, link);
        pthread_mutex_unlock(&r->lock);
        look_up(q);
        pthread_mutex_lock(&r->lock);
        TAILQ_REMOVE(&r->under_way, q, link);
        TAILQ_INSERT_TAIL(&r->waiting_for_loop, q, link);
        /* ERR_AGAIN: the loop has many such messages to read, each of which wakes it. */
        IGNORE(sock_send(r->wake[1], SLICE_LIT("1"), -1));
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

static void on_wake(void *ctx, unsigned events)
{
    struct resolver *r = ctx;
    struct questions done = TAILQ_HEAD_INITIALIZER(done);
    struct question *q;
    uint8_t byte;
    size_t n;
    int pass;

    (void)events;
    while (sock_recv(r->wake[0], &byte, sizeof(byte), &n, &pass) == ERR_OK)
        ;
    pthread_mutex_lock(&r->lock);
    TAILQ_CONCAT(&done, &r->waiting_for_loop, link);
    pthread_mutex_unlock(&r->lock);
    while ((q = TAILQ_FIRST(&done)) != NULL) {
        TAILQ_REMOVE(&done, q, link);
        r->queued--;
        r->fn(r->ctx, &q->answer);
        mem_free(q);
    }
}

/* Threads take no signals: those are the loop's. */
enum err resolver_start(struct resolver *r)
{
    sigset_t all, before;
    int failed = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (failed == 0 && r->threads_n < LIM_RESOLVERS) {
        failed = pthread_create(&r->threads[r->threads_n], NULL, thread_main, r);
        if (failed == 0)
            r->threads_n++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0 ? ERR_OK : ERR_UNAVAILABLE;
}

enum err resolver_new(struct loop *l, resolver_fn *fn, void *ctx, struct resolver **ret)
{
    struct resolver *r = MEM_NEW(struct resolver);
    enum err e;

    *r = (struct resolver){.loop = l, .fn = fn, .ctx = ctx, .wake = {-1, -1}};
    TAILQ_INIT(&r->waiting_for_thread);
    TAILQ_INIT(&r->under_way);
    TAILQ_INIT(&r->waiting_for_loop);
    BUG_IF(pthread_mutex_init(&r->lock, NULL) != 0 || pthread_cond_init(&r->asked, NULL) != 0);
    e = sock_pair(r->wake);
    if (e == ERR_OK && __nss_configure_lookup("hosts", "files dns") != 0)
        e = ERR_UNAVAILABLE;
    if (e != ERR_OK) {
        resolver_free(r);
        return e;
    }
    r->watch = loop_watch(l, r->wake[0], LOOP_READ, on_wake, r);
    *ret = r;
    return ERR_OK;
}

static void free_questions(struct questions *list)
{
    struct question *q;

    while ((q = TAILQ_FIRST(list)) != NULL) {
        TAILQ_REMOVE(list, q, link);
        mem_free(q);
    }
}

void resolver_free(struct resolver *r)
{
    if (r == NULL)
        return;
    pthread_mutex_lock(&r->lock);
    r->ending = true;
    pthread_cond_broadcast(&r->asked);
    pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; i < r->threads_n; i++)
        pthread_join(r->threads[i], NULL);
    loop_unwatch(r->watch);
    sock_close(r->wake[0]);
    sock_close(r->wake[1]);
    free_questions(&r->waiting_for_thread);
    free_questions(&r->waiting_for_loop);
    pthread_cond_destroy(&r->asked);
    pthread_mutex_destroy(&r->lock);
    mem_free(r);
}

/* Of a name or an address, as the configuration has them. The C library would ask the kernel for
 * the interface of a zone ("fe80::1%eth0"), which the jail kills. */
static bool is_host(struct slice host)
{
    for (size_t i = 0; i < host.n; i++) {
        uint8_t c = host.p[i], lower = c | 0x20;

        if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '.' &&
            c != '_' && c != ':')
            return false;
    }
    return host.n > 0;
}

static bool has_room(struct resolver *r, uint16_t upstream)
{
    size_t n;

    pthread_mutex_lock(&r->lock);
    n = count_of(&r->waiting_for_thread, upstream);
    pthread_mutex_unlock(&r->lock);
    return r->queued < LIM_DIALS && n < LIM_DIALS_PER_UPSTREAM;
}

enum err resolver_ask(struct resolver *r, uint64_t ticket, uint16_t upstream, struct slice host)
{
    struct question *q;

    if (!has_room(r, upstream))
        return ERR_AGAIN;
    q = MEM_NEW(struct question);
    q->upstream = upstream;
    q->answer.ticket = ticket;
    if (!is_host(host) || !slice_to_cstr(host, q->host, sizeof(q->host))) {
        mem_free(q);
        return ERR_UPSTREAM_DOWN;
    }
    r->queued++;
    pthread_mutex_lock(&r->lock);
    TAILQ_INSERT_TAIL(&r->waiting_for_thread, q, link);
    pthread_cond_signal(&r->asked);
    pthread_mutex_unlock(&r->lock);
    return ERR_OK;
}
