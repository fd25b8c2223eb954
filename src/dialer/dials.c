/*
 * Bookkeeping of the dialer. A dial is waiting for the resolver (connector NULL) or connecting; its
 * time-out covers both. What the resolver says after the end of its dial is dropped by ticket.
 */
#include "dialer/dials.h"

#include <uthash.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/planted.h"
#include "dialer/connector.h"
#include "dialer/resolver.h"
#include "os/log.h"

struct dial {
    uint64_t ticket;
    struct dials *all;
    struct dial_key key;
    uint16_t port;
    struct connector *connector;
    struct loop_timer *timer;
    UT_hash_handle hh;
};

struct dials {
    struct loop *loop;
    struct resolver *resolver;
    const struct address_wall *wall;
    dials_fn *fn;
    void *ctx;
    uint64_t last_ticket;
    struct dial *by_ticket;
};

static void dial_free(struct dial *x)
{
    HASH_DEL(x->all->by_ticket, x);
    resolver_drop(x->all->resolver, x->ticket);
    connector_free(x->connector);
    loop_timer_free(x->timer);
    mem_free(x);
}

static void dial_end(void *ctx, enum err e, int fd)
{
    struct dial *x = ctx;
    struct dials *d = x->all;
    struct dial_key key = x->key;

    dial_free(x);
    d->fn(d->ctx, &key, e, fd);
}

static void on_timeout(void *ctx)
{
    dial_end(ctx, ERR_TIMEOUT, -1);
}

/* Keeps the addresses that the wall lets through; says once a dial what it did not. */
static size_t judge(const struct dial *x, const struct resolver_answer *a, struct address *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < a->n; i++) {
        if (address_wall_allows(x->all->wall, x->key.upstream, &a->a[i]))
            ret[n++] = a->a[i];
        else
            log_event(LEVEL_WARN, "address_refused", LOG_NUM("upstream", x->key.upstream),
                      LOG_STR("class", address_class_name(address_classify(&a->a[i]))));
    }
    return n;
}

static void on_resolved(void *ctx, const struct resolver_answer *a)
{
    struct dials *d = ctx;
    struct address allowed[LIM_ADDRESSES];
    struct dial *x;
    size_t n;

    HASH_FIND(hh, d->by_ticket, &a->ticket, sizeof(a->ticket), x);
    if (!x)
        return; /* timed out, or its egress is gone */
    if (a->err != ERR_OK) {
        dial_end(x, a->err, -1);
        return;
    }
    n = judge(x, a, allowed);
    if (n == 0) {
        dial_end(x, ERR_UPSTREAM_ADDRESS, -1);
        return;
    }
    x->connector = connector_new(d->loop, allowed, n, x->port, dial_end, x);
}

enum err dials_new(struct loop *l, const struct address_wall *wall, dials_fn *fn, void *ctx,
                   struct dials **ret)
{
    struct dials *d = MEM_NEW(struct dials);
    enum err e;

    *d = (struct dials){.loop = l, .wall = wall, .fn = fn, .ctx = ctx};
    e = resolver_new(l, on_resolved, d, &d->resolver);
    if (e) {
        mem_free(d);
        return e;
    }
    *ret = d;
    return ERR_OK;
}

void dials_free(struct dials *d)
{
    struct dial *x, *tmp;

    if (!d)
        return;
    HASH_ITER(hh, d->by_ticket, x, tmp)
        dial_free(x);
    resolver_free(d->resolver);
    mem_free(d);
}

enum err dials_start(struct dials *d)
{
    return resolver_start(d->resolver);
}

static bool leaves_some(size_t most, size_t all, size_t mine)
{
    return all + (PLANTED(all_dials_unshared) ? 0 : mine) < most;
}

static bool has_room(const struct dials *d, const struct dial_key *key)
{
    const struct dial *x;
    size_t mine = 0, here = 0, mine_here = 0;

    for (x = d->by_ticket; x; x = x->hh.next) {
        bool is_mine = ID_EQ(x->key.client, key->client);
        bool is_here = x->key.upstream == key->upstream;

        mine += is_mine;
        here += is_here;
        mine_here += is_mine && is_here;
    }
    return leaves_some(LIM_DIALS, HASH_COUNT(d->by_ticket), mine) &&
           leaves_some(LIM_DIALS_PER_UPSTREAM, here, mine_here);
}

void dials_add(struct dials *d, const struct dial_key *key, struct slice host, uint16_t port)
{
    struct dial *x;
    enum err e;

    if (!has_room(d, key)) {
        d->fn(d->ctx, key, ERR_AGAIN, -1);
        return;
    }
    x = MEM_NEW(struct dial);
    *x = (struct dial){.ticket = ++d->last_ticket, .all = d, .key = *key, .port = port};
    x->timer = loop_timer_new(d->loop, on_timeout, x);
    HASH_ADD(hh, d->by_ticket, ticket, sizeof(x->ticket), x);
    e = resolver_ask(d->resolver, x->ticket, key->upstream, host);
    if (e) {
        dial_end(x, e, -1);
        return;
    }
    loop_timer_set(x->timer, limit_get(SET_CONNECT_TIME));
}

void dials_forget(struct dials *d, uint32_t egress, uint64_t egress_generation)
{
    struct dial *x, *tmp;

    HASH_ITER(hh, d->by_ticket, x, tmp)
        if (x->key.egress == egress && x->key.egress_generation == egress_generation)
            dial_free(x);
}
