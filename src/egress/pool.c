/*
 * Pools of upstream connections. Egress runs them on its loop; libcurl decides which connection a
 * request gets, and asks for a socket when none is free.
 *
 * An idle connection is watched by us, since libcurl 7.88.1 does not: whatever arrives there, be it
 * bytes that nobody asked for or the end, spoils it. So surplus bytes never become the beginning of
 * the next answer, and a request is not sent into a connection that is known to be closed.
 */
#include "egress/pool_in.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/planted.h"
#include "os/sock.h"

/* --- idle and spare sockets ------------------------------------------------------------------- */

static void on_event(void *ctx, unsigned events);

/* A connection that goes from one request to the next is watched for the same all the time. */
static void watch(struct pool_socket *s, unsigned events)
{
    if (events == 0) {
        loop_unwatch(s->watch);
        s->watch = NULL;
    } else if (!s->watch) {
        s->watch = loop_watch(s->pool->all->loop, s->fd, events, on_event, s);
    } else {
        loop_watch_set(s->watch, events);
    }
}

void pool_socket_opened(struct pool *p, int fd)
{
    struct pool_socket *s = MEM_NEW(struct pool_socket);

    *s = (struct pool_socket){.fd = fd, .port = sock_port(fd), .pool = p};
    HASH_ADD_INT(p->sockets, fd, s);
    group_join(&p->by_port, slice_of(&s->port, sizeof(s->port)), &s->of_port, s);
    p->opened = true;
}

/*
 * Bytes that come before the request are no answer to it. Over TLS a new connection has some that
 * are rightly there, as session tickets are; what they are only TLS can tell, and nobody's request
 * was there before. Later ones were read with the answers, and a connection with more is not worth
 * the doubt.
 */
static bool is_clean(const struct pool_socket *s, bool unread)
{
    if (PLANTED(surplus_taken))
        return true;
    return !unread && ((s->pool->all->conf->tls && !s->used) || sock_is_quiet(s->fd));
}

static struct pool_spare *spare_of(const struct pool *p, const struct http *h)
{
    const struct group_link *l = group_first(&p->spares, slice_of(&h, sizeof(h)));

    return l ? l->thing : NULL;
}

static void set_http(struct pool_spare *s, const struct http *h)
{
    group_leave(&s->of_http);
    s->http = h;
    group_join(&s->pool->spares, slice_of(&s->http, sizeof(s->http)), &s->of_http, s);
}

/* A request that has left, or is over, needs no other. */
static void release_spares(struct pool *p, const struct http *h)
{
    struct pool_spare *s;

    while ((s = spare_of(p, h)))
        set_http(s, NULL);
}

static void set_user(struct pool_socket *s, struct http *h)
{
    if (s->user == h)
        return;
    group_leave(&s->of_user);
    s->user = h;
    if (h)
        group_join(&s->pool->by_user, slice_of(&s->user, sizeof(s->user)), &s->of_user, s);
}

/* libcurl names the socket by its port. Two that are connected to different addresses may have the
 * same: then both have to be clean, but for one that another request uses. Where only one has
 * that port, a request that still stands as its user is over: we hear of that when libcurl is done
 * with this turn. */
bool pool_take(struct pool *p, int port, struct http *h, bool unread)
{
    const struct slice key = slice_of(&port, sizeof(port));
    bool found = false, clean = true, single = group_size(&p->by_port, key) == 1;

    for (struct group_link *l = group_first(&p->by_port, key); l; l = group_next(l)) {
        struct pool_socket *s = l->thing;

        if (!single && s->user && s->user != h)
            continue;
        found = true;
        if (!is_clean(s, unread)) {
            sock_spoil(s->fd);
            clean = false;
        }
        set_user(s, h); /* the answer may be there before libcurl asks to watch for it */
        s->used = true;
    }
    if (found && clean)
        release_spares(p, h);
    return found && clean;
}

void pool_socket_closed(struct pool *p, int fd)
{
    struct pool_socket *s;

    HASH_FIND_INT(p->sockets, &fd, s);
    if (s) {
        loop_unwatch(s->watch);
        group_leave(&s->of_port);
        group_leave(&s->of_user);
        HASH_DEL(p->sockets, s);
        mem_free(s);
    }
    sock_close(fd);
}

void pool_request_over(struct pool *p, const struct http *h)
{
    struct group_link *l;

    release_spares(p, h);
    while ((l = group_first(&p->by_user, slice_of(&h, sizeof(h))))) {
        struct pool_socket *s = l->thing;

        set_user(s, NULL);
        watch(s, LOOP_READ);
    }
}

static void spare_free(struct pool_spare *s)
{
    group_leave(&s->of_http);
    loop_unwatch(s->watch);
    mem_free(s);
}

static void on_spare_event(void *ctx, UNUSED unsigned events)
{
    struct pool_spare *s = ctx;
    int fd = s->fd;

    spare_free(s);
    sock_close(fd);
}

void pool_give(struct pool *p, int fd, const struct http *http)
{
    struct pool_spare *s = MEM_NEW(struct pool_spare);

    *s = (struct pool_spare){.fd = fd, .pool = p};
    s->watch = loop_watch(p->all->loop, fd, LOOP_READ | LOOP_HANGUP, on_spare_event, s);
    set_http(s, http);
}

/* Those that others asked for are left to them: each of many requests at a time would find its own
 * gone to one that came later, and give up after LIM_DIALS_PER_EXCHANGE. */
int pool_take_spare(struct pool *p, const struct http *h)
{
    struct pool_spare *s = spare_of(p, h);
    int fd;

    if (!s)
        s = spare_of(p, NULL);
    if (!s)
        return -1;
    fd = s->fd;
    spare_free(s);
    return fd;
}

/* --- libcurl on the loop ---------------------------------------------------------------------- */

static void reap(struct pool *p)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(p->multi, &left))) {
        CURL *easy = m->easy_handle;
        CURLcode result = m->data.result; /* m goes with the handle */
        struct http *h = NULL;

        if (m->msg != CURLMSG_DONE)
            continue;
        BUG_IF(curl_easy_getinfo(easy, CURLINFO_PRIVATE, &h) != CURLE_OK || !h);
        p->inside++;
        BUG_IF(curl_multi_remove_handle(p->multi, easy) != CURLM_OK);
        p->inside--;
        p->all->ops->over(h, result);
    }
}

void pool_drive(struct pool *p, int fd, int events)
{
    int running;

    BUG_IF(p->inside > 0);
    p->users++; /* a request that ends may be the last user */
    p->inside++;
    BUG_IF(curl_multi_socket_action(p->multi, fd, events, &running) != CURLM_OK);
    /* libcurl 7.88.1 does not ask us to watch a socket that it was given connected, and would find
     * out by a timer 200 ms later; this lets it look at once. */
    if (p->opened) {
        p->opened = false;
        CURL_IGNORE_DEPRECATION(BUG_IF(curl_multi_socket_all(p->multi, &running) != CURLM_OK);)
    }
    p->inside--;
    reap(p);
    pool_put(p);
}

static void on_event(void *ctx, unsigned events)
{
    struct pool_socket *s = ctx;
    int how =
        (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0);

    if (s->user && s->asked) {
        pool_drive(s->pool, s->fd, how);
        return;
    }
    /* What was found before its request was over has been read since. */
    if (!s->user && sock_is_quiet(s->fd))
        return;
    if (!s->user)
        sock_spoil(s->fd); /* libcurl finds it closed when it looks */
    watch(s, 0);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, UNUSED void *unused)
{
    struct pool *p = ctx;
    struct pool_socket *s;
    unsigned events = 0;

    HASH_FIND_INT(p->sockets, &fd, s);
    if (!s)
        return 0; /* libcurl's own, or closed */
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= LOOP_READ;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= LOOP_WRITE;
    s->asked = what != CURL_POLL_REMOVE;
    if (s->asked) {
        struct http *h = NULL;

        BUG_IF(curl_easy_getinfo(easy, CURLINFO_PRIVATE, &h) != CURLE_OK);
        set_user(s, h);
        p->all->ops->waits(s->user, what == CURL_POLL_OUT);
        watch(s, events);
    }
    return 0;
}

static void on_timer(void *ctx)
{
    pool_drive(ctx, CURL_SOCKET_TIMEOUT, 0);
}

static int on_set_timer(UNUSED CURLM *multi, long ms, void *ctx)
{
    const struct pool *p = ctx;

    if (ms < 0)
        loop_timer_stop(p->timer);
    else
        loop_timer_set(p->timer, (uint64_t)ms);
    return 0;
}

/* --- pools ------------------------------------------------------------------------------------ */

/* pool_get finds it no more. */
static void forget(struct pool *p)
{
    if (p->dropped)
        return;
    p->dropped = true;
    HASH_DEL(p->all->by_key, p);
    group_leave(&p->of_connection);
}

static void pool_free(void *ctx)
{
    struct pool *p = ctx;
    struct pool_spare *s;

    forget(p);
    while ((s = spare_of(p, NULL))) /* nobody's: all requests are over */
        on_spare_event(s, 0);
    BUG_IF(curl_multi_cleanup(p->multi) != CURLM_OK); /* closes, by pool_socket_closed */
    BUG_IF(p->sockets || p->spares.by_key);
    loop_timer_free(p->timer);
    loop_timer_free(p->idle_timer);
    p->all->count--;
    mem_free(p);
}

static struct pool *pool_new(struct pools *all, const struct pool_key *key)
{
    struct pool *p = MEM_NEW(struct pool);
    CURLM *m = curl_multi_init();

    BUG_IF(!m);
    *p = (struct pool){.all = all, .key = *key, .multi = m};
    p->timer = loop_timer_new(all->loop, on_timer, p);
    p->idle_timer = loop_timer_new(all->loop, pool_free, p);
    BUG_IF(curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, on_socket) != CURLM_OK ||
           curl_multi_setopt(m, CURLMOPT_SOCKETDATA, p) != CURLM_OK ||
           curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, on_set_timer) != CURLM_OK ||
           curl_multi_setopt(m, CURLMOPT_TIMERDATA, p) != CURLM_OK ||
           curl_multi_setopt(m, CURLMOPT_PIPELINING, CURLPIPE_NOTHING) != CURLM_OK ||
           curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, (long)LIM_POOL_CONNECTIONS) != CURLM_OK);
    HASH_ADD(hh, all->by_key, key, sizeof(p->key), p);
    group_join(&all->by_connection, ID_SLICE(p->key.connection), &p->of_connection, p);
    all->count++;
    return p;
}

struct pool *pool_get(struct pools *all, const struct pool_key *key)
{
    struct pool *p;

    HASH_FIND(hh, all->by_key, key, sizeof(*key), p);
    if (!p)
        p = pool_new(all, key);
    p->users++;
    loop_timer_stop(p->idle_timer);
    return p;
}

void pool_put(struct pool *p)
{
    BUG_IF(p->users == 0);
    if (--p->users == 0)
        loop_timer_set(p->idle_timer, p->dropped ? 0 : LIM_POOL_IDLE_MS);
}

struct pools *pools_new(struct loop *l, const struct egress_conf *conf, const struct trust *trust,
                        const struct pool_ops *ops)
{
    struct pools *all = MEM_NEW(struct pools);

    *all = (struct pools){.loop = l, .conf = conf, .trust = trust, .ops = ops};
    return all;
}

void pools_drop(struct pools *all, const struct connection_id *connection)
{
    struct group_link *l;

    while ((l = group_first(&all->by_connection, ID_SLICE(*connection)))) {
        struct pool *p = l->thing;

        forget(p);
        if (p->users == 0)
            pool_free(p);
    }
}

bool pool_list_is_new(struct pool *p, unsigned kind, const struct digest *digest)
{
    uint64_t now = loop_now(p->all->loop);

    BUG_IF(kind >= POOL_LISTS);
    if (p->has_list[kind] &&
        (ID_EQ(p->lists[kind], *digest) ||
         (now - p->listed[kind] < LIM_LIST_PAUSE_MS && !PLANTED(lists_at_once))))
        return false;
    p->has_list[kind] = true;
    p->listed[kind] = now;
    p->lists[kind] = *digest;
    return true;
}
