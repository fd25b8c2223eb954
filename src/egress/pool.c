/*
 * Pools of upstream connections. Egress runs them on its loop.
 *
 * An idle connection is watched: whatever arrives there, be it bytes that nobody asked for or the
 * end, spoils it. So surplus bytes never become the beginning of the next answer, and a request is
 * not sent into a connection that is known to be closed.
 */
#include "egress/pool_in.h"

#include "base/limits.h"
#include "base/mem.h"
#include "os/sock.h"

/* --- spare sockets ---------------------------------------------------------------------------- */

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

void pool_served(struct pool *p, const struct http *h)
{
    struct pool_spare *s;

    while ((s = spare_of(p, h)))
        set_http(s, NULL);
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
static struct conn *take_spare(struct pool *p, const struct http *h)
{
    struct pool_spare *s = spare_of(p, h);
    int fd;

    if (!s)
        s = spare_of(p, NULL);
    if (!s)
        return NULL;
    fd = s->fd;
    spare_free(s);
    return conn_new(p->all->loop, fd, p->all->trust);
}

/* --- idle connections ------------------------------------------------------------------------- */

static void leave_idle(struct conn *c)
{
    struct pool *p = c->pool;

    TAILQ_REMOVE(&p->idle, c, entry);
    p->idle_n--;
}

static void close_idle(struct conn *c)
{
    leave_idle(c);
    conn_free(c);
}

static void close_all_idle(struct pool *p)
{
    while (!TAILQ_EMPTY(&p->idle))
        close_idle(TAILQ_FIRST(&p->idle));
}

/* What was found before its request was over has been read since. */
static void on_idle_event(void *ctx, UNUSED unsigned events)
{
    if (!conn_is_clean(ctx))
        close_idle(ctx);
}

/* Less than the upstream keeps it. */
static uint64_t idle_time(const struct pool *p)
{
    return p->keep_alive > 0 ? (p->keep_alive - 1) * 1000ULL : LIM_POOL_IDLE_MS;
}

struct conn *pool_take(struct pool *p, const struct http *h)
{
    struct conn *c = TAILQ_FIRST(&p->idle);

    if (c && loop_now(p->all->loop) - c->idle_since >= idle_time(p)) {
        close_all_idle(p); /* the others have been idle for longer */
        c = NULL;
    }
    if (!c)
        return take_spare(p, h);
    leave_idle(c);
    return c;
}

void pool_release(struct pool *p, struct conn *c, bool again)
{
    if (!again || p->dropped) {
        conn_free(c);
        return;
    }
    if (p->idle_n >= LIM_POOL_CONNECTIONS)
        close_idle(TAILQ_LAST(&p->idle, pool_conns));
    c->pool = p;
    c->idle_since = loop_now(p->all->loop);
    TAILQ_INSERT_HEAD(&p->idle, c, entry);
    p->idle_n++;
    conn_watch(c, LOOP_READ, on_idle_event, c);
}

void pool_keeps(struct pool *p, unsigned seconds)
{
    p->keep_alive = seconds;
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
    close_all_idle(p);
    BUG_IF(p->spares.by_key);
    loop_timer_free(p->idle_timer);
    p->all->count--;
    mem_free(p);
}

static struct pool *pool_new(struct pools *all, const struct pool_key *key)
{
    struct pool *p = MEM_NEW(struct pool);

    *p = (struct pool){.all = all, .key = *key};
    TAILQ_INIT(&p->idle);
    p->idle_timer = loop_timer_new(all->loop, pool_free, p);
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

struct pools *pools_new(struct loop *l, const struct egress_conf *conf, const struct trust *trust)
{
    struct pools *all = MEM_NEW(struct pools);

    *all = (struct pools){.loop = l, .conf = conf, .trust = trust};
    return all;
}

void pools_drop(struct pools *all, const struct connection_id *connection)
{
    struct group_link *l;

    while ((l = group_first(&all->by_connection, ID_SLICE(*connection)))) {
        struct pool *p = l->thing;

        forget(p);
        close_all_idle(p);
        if (p->users == 0)
            pool_free(p);
    }
}
