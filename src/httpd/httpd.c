/*
 * What: listening, accepting, time limits and the hang-up watch around libmicrohttpd. Run by
 * gateway and surface. Trusts nothing that comes from a connection. Specification: RFC 9112 9
 * (connection management).
 *
 * The connections are divided among as many daemons of libmicrohttpd as they may need. The epoll
 * descriptor of each is watched by our loop; it is let run when that is readable, when it asks for
 * that, and when we resumed a connection. It takes a suspended connection out of its set and
 * never notices that the client left, so each accepted socket also has a watch of ours,
 * edge-triggered, for the end of the client's side only.
 *
 * A connection that is closed to make room is only cut here; it counts until libmicrohttpd has
 * noticed, which is in the next turn. Until then as many as are accepted in a turn are open beyond
 * the maximum.
 */
#include "httpd/internal.h"

#include <time.h>

#include "base/mem.h"
#include "base/planted.h"
#include "base/versions.h"
#include "os/tcp.h"

static void accept_resume(struct httpd *h);

/* --- connections ------------------------------------------------------------------------------ */

static const struct {
    bool timed;
    enum limit limit;
    bool told; /* the client is told with a 408 before it is cut */
} phases[PHASE_COUNT] = {
    [PHASE_HEAD] = {true, SET_HEADER_TIME, true},
    [PHASE_BODY] = {true, SET_BODY_TIME, true},
    [PHASE_WORK] = {false, 0, false},
    [PHASE_SEND] = {true, SET_IDLE_TIME, false},
    [PHASE_IDLE] = {true, SET_IDLE_TIME, false},
};

/* To the end of its list. */
static void move(struct conn *c, enum standing s)
{
    TAILQ_REMOVE(&c->h->conns[c->standing], c, entry);
    c->standing = s;
    TAILQ_INSERT_TAIL(&c->h->conns[s], c, entry);
}

void conn_phase(struct conn *c, enum phase p)
{
    c->phase = p;
    if (p == PHASE_IDLE && c->standing == CONN_PROVEN)
        move(c, CONN_PROVEN);
    if (p != PHASE_WORK)
        accept_resume(c->h);
    /* The end that came together with a request is not seen again by libmicrohttpd. What else it
     * has read before that end is served in this turn. */
    if (p == PHASE_IDLE && (c->hangup || c->ending))
        loop_timer_set(c->timer, 0);
    else if (c->ending)
        return; /* its time runs */
    else if (phases[p].timed)
        loop_timer_set(c->timer, limit_get(phases[p].limit));
    else
        loop_timer_stop(c->timer);
}

static void on_conn_timer(void *ctx)
{
    struct conn *c = ctx;

    if (phases[c->phase].told) {
        answer_refusal_raw(c, ERR_SLOW);
        httpd_refused(c->h, ERR_SLOW);
    }
    if (c->req)
        request_gone(c->req);
    tcp_cut(c->fd);
}

static void on_hangup(void *ctx, unsigned events)
{
    struct conn *c = ctx;

    (void)events; /* only the end is watched, and an error is an end too */
    if (c->hangup)
        return; /* cutting the socket is one more end */
    c->hangup = true;
    /* Otherwise libmicrohttpd reads or writes, and sees for itself. */
    if (c->req && c->req->suspended)
        request_gone(c->req);
    else if (c->phase == PHASE_IDLE)
        conn_phase(c, PHASE_IDLE);
}

void conn_prove(struct conn *c, struct share *share)
{
    if (c->standing == CONN_PROVEN ||
        (share && share->connections >= limit_get(SET_CONNECTIONS_PER_CLIENT)))
        return;
    c->share = share_ref(share);
    if (share)
        share->connections++;
    c->h->n_proven++;
    move(c, CONN_PROVEN);
}

/* Also a connection that is not counted, as long as it works for the owner. */
static bool is_of(const struct conn *c, const struct share *s)
{
    return c->share == s || (c->req && c->req->body_hold.share == s);
}

void httpd_end(struct httpd *h, const struct share *s)
{
    struct conn *c = NULL;

    for (size_t i = 0; i < CONN_STANDINGS; i++) {
        TAILQ_FOREACH(c, &h->conns[i], entry) {
            if (c->ending || !is_of(c, s))
                continue;
            c->ending = true;
            loop_timer_set(c->timer, c->phase == PHASE_IDLE ? 0 : limit_get(SET_IDLE_TIME));
        }
    }
}

static void leave_owner(struct conn *c)
{
    if (c->share)
        c->share->connections--;
    share_put(c->share);
    c->share = NULL;
}

static void conn_free(struct conn *c)
{
    loop_unwatch(c->watch);
    loop_timer_free(c->timer);
    TAILQ_REMOVE(&c->h->conns[c->standing], c, entry);
    c->h->n_conns--;
    c->daemon->n_conns--;
    c->h->n_doomed -= c->doomed;
    c->h->n_proven -= c->standing == CONN_PROVEN;
    leave_owner(c);
    mem_free(c);
}

static void on_connection(void *cls, struct MHD_Connection *mc, void **socket_ctx,
                          enum MHD_ConnectionNotificationCode what)
{
    struct httpd *h = cls;

    (void)mc;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        BUG_IF(!h->adding);
        *socket_ctx = h->adding;
        return;
    }
    /* Called before libmicrohttpd closes the socket, as the watch needs it. */
    if (*socket_ctx != h->adding)
        conn_free(*socket_ctx);
    *socket_ctx = NULL;
    accept_resume(h);
}

/* The first that has room, so that few are at work. */
static struct daemon *daemon_with_room(struct httpd *h)
{
    size_t i = 0;

    while (i < h->n_daemons && h->daemons[i].n_conns == LIM_DAEMON_CONNECTIONS)
        i++;
    BUG_IF(i == h->n_daemons); /* there are enough for all that are accepted */
    return &h->daemons[i];
}

void httpd_add(struct httpd *h, int fd)
{
    const struct sockaddr none = {.sa_family = AF_INET};
    struct conn *c = MEM_NEW(struct conn);

    c->h = h;
    c->daemon = daemon_with_room(h);
    c->fd = fd;
    c->since = loop_now(h->loop);
    h->adding = c;
    /* The address is only for libmicrohttpd's per-address limit, which is off. */
    if (MHD_add_connection(c->daemon->mhd, fd, &none, sizeof(none)) != MHD_YES) {
        h->adding = NULL; /* it closed fd */
        mem_free(c);
        httpd_refused(h, ERR_UNAVAILABLE);
        return;
    }
    h->adding = NULL;
    TAILQ_INSERT_TAIL(&h->conns[CONN_STRANGER], c, entry);
    h->n_conns++;
    c->daemon->n_conns++;
    c->timer = loop_timer_new(h->loop, on_conn_timer, c);
    c->watch = loop_watch(h->loop, fd, LOOP_HANGUP | LOOP_EDGE, on_hangup, c);
    conn_phase(c, PHASE_HEAD);
    conn_kick(c);
}

/* --- accepting -------------------------------------------------------------------------------- */

/* Something has changed that may make room. */
static void accept_resume(struct httpd *h)
{
    if (!h->full || !h->listen_watch)
        return;
    h->full = false;
    loop_watch_set(h->listen_watch, LOOP_READ);
}

static void on_accept_timer(void *ctx)
{
    struct httpd *h = ctx;

    h->full = true; /* whatever it was */
    accept_resume(h);
}

/* The oldest stranger that waits for nothing of ours and had a moment to say who it is; it came
 * before all that follow. */
static struct conn *oldest_stranger(struct httpd *h)
{
    uint64_t now = loop_now(h->loop);
    struct conn *c = NULL;

    TAILQ_FOREACH(c, &h->conns[CONN_STRANGER], entry) {
        if (now - c->since < LIM_CONNECTION_GRACE)
            return NULL;
        if (!c->doomed && c->phase != PHASE_WORK)
            return c;
    }
    return NULL;
}

static struct conn *longest_idle(struct httpd *h)
{
    struct conn *c = NULL;

    TAILQ_FOREACH(c, &h->conns[CONN_PROVEN], entry) {
        if (!c->doomed && c->phase == PHASE_IDLE)
            return c;
    }
    return NULL;
}

/* The owner of most, if that is more than each keeps. */
static const struct share *owner_of_most(const struct httpd *h)
{
    const struct share *most = NULL;
    const struct conn *c = NULL;

    TAILQ_FOREACH(c, &h->conns[CONN_PROVEN], entry) {
        if (c->share && (!most || c->share->connections > most->connections))
            most = c->share;
    }
    return most && most->connections > LIM_CONNECTIONS_LEAST ? most : NULL;
}

/* The one that has been busy for the longest time; with a GET, which loses nothing (RFC 9110
 * 9.2.2), before all others. */
static struct conn *longest_busy(struct httpd *h, const struct share *of)
{
    struct conn *c = NULL, *other = NULL;

    TAILQ_FOREACH(c, &h->conns[CONN_PROVEN], entry) {
        if (c->share != of)
            continue;
        if (c->req && slice_eq_str(c->req->pub.method, "GET"))
            return c;
        if (!other)
            other = c;
    }
    return other;
}

/* Strangers go, but for an eighth of the room: who is known was a stranger once, and finds a place
 * there. When all who are known are busy, one of theirs goes who have most. */
static struct conn *find_victim(struct httpd *h)
{
    bool few_strangers = h->n_conns - h->n_proven <= h->max_conns / 8;
    const struct share *most = NULL;
    struct conn *c = NULL;

    if (few_strangers)
        c = longest_idle(h);
    if (!c)
        c = oldest_stranger(h);
    if (!c && few_strangers && !PLANTED(busy_stay))
        most = owner_of_most(h);
    return most ? longest_busy(h, most) : c;
}

static void doom(struct conn *c)
{
    struct httpd *h = c->h;

    c->doomed = true;
    h->n_doomed++;
    leave_owner(c); /* who has most is asked again in this turn */
    if (c->req)
        request_gone(c->req);
    tcp_cut(c->fd);
    if (!h->pressed)
        httpd_refused(h, ERR_AGAIN);
    h->pressed = true;
}

/* Whether there is room for one more; *ret_victim is who has to go for it, or NULL. */
static bool find_room(struct httpd *h, struct conn **ret_victim)
{
    *ret_victim = NULL;
    if (h->n_conns - h->n_doomed < h->max_conns)
        return true;
    if (h->n_doomed < LIM_ACCEPT_BATCH && !PLANTED(idle_stay))
        *ret_victim = find_victim(h);
    return *ret_victim != NULL;
}

/* ERR_OK: there may be more. */
static enum err accept_one(struct httpd *h)
{
    struct conn *victim = NULL;
    int fd = -1;
    enum err e;

    h->full = !find_room(h, &victim);
    if (h->full)
        return ERR_AGAIN;
    e = tcp_accept(h->listen_fd, &fd);
    if (e)
        return e;
    if (victim)
        doom(victim);
    httpd_add(h, fd);
    return ERR_OK;
}

/* Connections that there is no room for wait in the kernel, and so do all while descriptors are
 * short: waiting a little is better for a client than a reset, and an idle watch does not spin. */
static void on_listen(void *ctx, unsigned events)
{
    struct httpd *h = ctx;
    enum err e = ERR_OK;

    (void)events;
    for (int i = 0; i < LIM_ACCEPT_BATCH && !e; i++)
        e = accept_one(h);
    if (h->n_conns < h->max_conns / 2)
        h->pressed = false;
    if (!e || (e == ERR_AGAIN && !h->full))
        return;
    loop_watch_set(h->listen_watch, 0);
    loop_timer_set(h->accept_timer, LIM_ACCEPT_PAUSE);
    if (!h->full)
        httpd_refused(h, e);
}

void httpd_listen(struct httpd *h, int listen_fd)
{
    BUG_IF(h->listen_fd >= 0);
    h->listen_fd = listen_fd;
    h->listen_watch = loop_watch(h->loop, listen_fd, LOOP_READ, on_listen, h);
}

void httpd_stop_accepting(struct httpd *h)
{
    loop_timer_stop(h->accept_timer);
    loop_unwatch(h->listen_watch);
    h->listen_watch = NULL;
    if (h->listen_fd >= 0)
        tcp_close(h->listen_fd);
    h->listen_fd = -1;
}

/* --- libmicrohttpd ---------------------------------------------------------------------------- */

static void run(void *ctx)
{
    struct daemon *d = ctx;
    MHD_UNSIGNED_LONG_LONG ms = 0;

    (void)MHD_run(d->mhd); /* MHD_NO only in modes that we do not use */
    /* Of time-outs it has none: it has not done all that it could. */
    if (MHD_get_timeout(d->mhd, &ms) == MHD_YES)
        loop_defer(d->h->loop, run, d);
}

static void on_daemon(void *ctx, unsigned events)
{
    (void)events;
    run(ctx);
}

void conn_kick(struct conn *c)
{
    loop_defer(c->h->loop, run, c->daemon);
}

/* Its messages are about single peers and would be one more way into the log. */
static void no_log(void *cls, const char *fmt, va_list ap)
{
    (void)cls;
    (void)fmt;
    (void)ap;
}

NORETURN static void on_panic(void *cls, const char *file, unsigned line, const char *reason)
{
    (void)cls;
    bug_at(file, (int)line, reason);
}

/* %XX stays as it is: paths are compared raw. */
static size_t no_unescape(void *cls, struct MHD_Connection *mc, char *s)
{
    (void)cls;
    (void)mc;
    return slice_str(s).n;
}

static struct MHD_Daemon *start_mhd(struct httpd *h)
{
    const unsigned flags =
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | VERSIONS_MHD_FLAGS;

    return MHD_start_daemon(flags, 0, NULL, NULL, request_step, h, MHD_OPTION_EXTERNAL_LOGGER,
                            no_log, NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)LIM_CONNECTION_BYTES, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)LIM_DAEMON_CONNECTIONS + 1, MHD_OPTION_CONNECTION_TIMEOUT, 0U,
                            MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_COMPLETED,
                            request_end, h, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
                            MHD_OPTION_URI_LOG_CALLBACK, request_begin, h,
                            MHD_OPTION_UNESCAPE_CALLBACK, no_unescape, h, MHD_OPTION_END);
}

static void daemon_start(struct daemon *d, struct httpd *h)
{
    const union MHD_DaemonInfo *info = NULL;

    d->h = h;
    d->mhd = start_mhd(h);
    BUG_IF(!d->mhd); /* it only allocates and makes its epoll descriptor */
    info = MHD_get_daemon_info(d->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    BUG_IF(!info);
    d->watch = loop_watch(h->loop, info->epoll_fd, LOOP_READ, on_daemon, d);
}

/* libmicrohttpd may not be stopped while a connection is suspended. What is left it ends and frees,
 * by the callbacks. */
static void daemon_stop(struct daemon *d)
{
    loop_unwatch(d->watch);
    (void)MHD_run(d->mhd);
    MHD_stop_daemon(d->mhd);
    loop_undefer(d->h->loop, run, d);
}

struct httpd *httpd_new(struct loop *loop, int listen_fd, const struct http_ops *ops, void *ctx)
{
    struct httpd *h = MEM_NEW(struct httpd);

    tzset();
    MHD_set_panic_func(on_panic, NULL);
    h->loop = loop;
    h->ops = ops;
    h->ctx = ctx;
    h->listen_fd = -1;
    h->max_conns = limit_get(SET_CLIENTS);
    for (size_t i = 0; i < CONN_STANDINGS; i++)
        TAILQ_INIT(&h->conns[i]);
    h->n_daemons = (h->max_conns + LIM_ACCEPT_BATCH) / LIM_DAEMON_CONNECTIONS + 1;
    h->daemons = mem_zalloc(h->n_daemons * sizeof *h->daemons);
    for (size_t i = 0; i < h->n_daemons; i++)
        daemon_start(&h->daemons[i], h);
    h->accept_timer = loop_timer_new(loop, on_accept_timer, h);
    if (listen_fd >= 0)
        httpd_listen(h, listen_fd);
    return h;
}

void httpd_free(struct httpd *h)
{
    struct conn *c = NULL;

    if (!h)
        return;
    httpd_stop_accepting(h);
    h->closing = true;
    for (size_t i = 0; i < CONN_STANDINGS; i++) {
        TAILQ_FOREACH(c, &h->conns[i], entry) {
            if (c->req)
                request_gone(c->req);
        }
    }
    for (size_t i = 0; i < h->n_daemons; i++)
        daemon_stop(&h->daemons[i]);
    BUG_IF(h->n_conns > 0);
    mem_free(h->daemons);
    loop_timer_free(h->accept_timer);
    mem_free(h);
}

size_t httpd_count(const struct httpd *h)
{
    return h->n_conns;
}

void httpd_refused(struct httpd *h, enum err why)
{
    if (h->ops->refused)
        h->ops->refused(h->ctx, why);
}
