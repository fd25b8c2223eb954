/*
 * What rides, by what it rides on. Run by the keeper. A lease ends by its time, by its last use, by
 * a refusal of its credential, or with its connection; the last is revoke.c's, which has egress
 * drop all of the connection. Each ending is met here when it happens, so nothing is looked for.
 */
#include "keeper/rider.h"

#include "base/mem.h"
#include "base/planted.h"
#include "ipc/gen/send.h"
#include "keeper/use.h"
#include "os/log.h"

struct ride {
    struct keeper *k;
    struct ride_key key;
    struct use_list uses;
    size_t takers, riders;
    struct loop_timer *timer; /* the end of the lease's time; NULL until something rides */
    struct lease_row lease;
    unsigned looking; /* the store is asked for that */
    UT_hash_handle hh;
};

static void cut(struct keeper_use *u)
{
    if (PLANTED(riders_stay))
        return;
    if (u->state == USE_RELEASED)
        log_event(LEVEL_INFO, "rider_cut", LOG_ID("use", u->id),
                  LOG_ID("client", u->plan.who.client));
    keeper_use_cut(u, ERR_LEASE_OVER);
}

/* A continuation goes with what it continues, whose last use it may have been. */
static bool takes(const struct keeper_use *u)
{
    return u->plan.take || u->plan.continues;
}

/* all: those that take as well. */
static void cut_all(struct ride *r, bool all)
{
    struct keeper_use *u = NULL;

    LIST_FOREACH(u, &r->uses, in_ride) {
        if (all || !takes(u))
            cut(u);
    }
}

static void free_unused(struct ride *r)
{
    if (!LIST_EMPTY(&r->uses) || r->looking > 0)
        return;
    loop_timer_free(r->timer);
    HASH_DELETE(hh, r->k->rides, r);
    mem_free(r);
}

/* Cuts what takes nothing when the lease is over, or looks again when its time is. What the store
 * does not know is over. */
static void looked(void *ctx, enum err e)
{
    struct ride *r = ctx;
    uint64_t now = keeper_now(r->k), expires = r->lease.expires;

    r->looking--;
    if (e || (r->lease.uses_left == 0 && r->takers == 0) || (expires > 0 && expires <= now))
        cut_all(r, false);
    else if (expires > 0)
        loop_timer_set(r->timer, expires - now);
    free_unused(r);
}

static void look(void *ctx)
{
    struct ride *r = ctx;

    if (r->riders == 0 || ID_IS_ZERO(r->key.lease))
        return;
    r->looking++;
    store_ask(r->k->store, Q_lease_now, VALS(V_ID(r->key.lease)), &r->lease, looked, r);
}

static struct ride *find(struct keeper *k, const struct ride_key *key)
{
    struct ride *r = NULL;

    HASH_FIND(hh, k->rides, key, sizeof(*key), r);
    return r;
}

static struct ride *find_or_make(struct keeper *k, const struct ride_key *key)
{
    struct ride *r = find(k, key);

    if (r)
        return r;
    r = MEM_NEW(struct ride);
    r->k = k;
    r->key = *key;
    LIST_INIT(&r->uses);
    HASH_ADD(hh, k->rides, key, sizeof(r->key), r);
    return r;
}

void rider_begin(struct keeper_use *u)
{
    const struct ride_key key = {u->plan.lease, u->plan.who.client};
    struct ride *r = NULL;

    if (u->plan.mode != MODE_CALL)
        return;
    r = find_or_make(u->k, &key);
    u->ride = r;
    LIST_INSERT_HEAD(&r->uses, u, in_ride);
    if (takes(u)) {
        r->takers++;
        return;
    }
    r->riders++;
    if (!r->timer)
        r->timer = loop_timer_new(u->k->loop, look, r);
    look(r); /* what it was to ride on may be over since it was decided */
}

void rider_end(struct keeper_use *u)
{
    struct ride *r = u->ride;

    if (!r)
        return;
    u->ride = NULL;
    LIST_REMOVE(u, in_ride);
    if (takes(u))
        r->takers--;
    else
        r->riders--;
    r->looking++; /* it stays until here */
    if (u->end.refused && !ID_IS_ZERO(r->key.lease))
        cut_all(r, false);
    else if (takes(u) && r->takers == 0)
        look(r);
    r->looking--;
    free_unused(r);
}

void riders_end_client(struct keeper *k, struct client_id client)
{
    struct ride *r = find(k, &(struct ride_key){.client = client});

    if (r)
        cut_all(r, true);
}
