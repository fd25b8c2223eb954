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
    UT_hash_handle hh;
};

static void cut(struct use *u)
{
    struct chan *egress = peers_chan(&u->k->peers, u->egress);

    if (PLANTED(riders_stay))
        return;
    if (u->state == USE_WAITING) {
        use_fail(u, ERR_LEASE_OVER);
        return;
    }
    log_event(LOG_INFO, "rider_cut", LOG_ID("use", u->id), LOG_ID("client", u->plan.who.client));
    tell_cut(egress, &(struct msg_cut){.use = u->id});
}

/* A continuation goes with what it continues, whose last use it may have been. */
static bool takes(const struct use *u)
{
    return u->plan.take || u->plan.continues;
}

/* all: those that take as well. */
static void cut_all(struct ride *r, bool all)
{
    struct use *u = NULL;

    LIST_FOREACH(u, &r->uses, in_ride) {
        if (all || !takes(u))
            cut(u);
    }
}

/* Whether the lease is over for those that take nothing; *ret_left: ms until its time is, or 0.
 * What the store does not know is over. */
static bool is_over(const struct ride *r, uint64_t *ret_left)
{
    struct lease_row row;
    uint64_t now = keeper_now(r->k);

    *ret_left = 0;
    if (store_one(r->k->store, Q_lease_now, VALS(V_ID(r->key.lease)), &row) != ERR_OK ||
        (row.uses_left == 0 && r->takers == 0))
        return true;
    if (row.expires == 0)
        return false;
    *ret_left = row.expires > now ? row.expires - now : 0;
    return row.expires <= now;
}

/* Cuts what rides on a lease that is over, or looks again when its time is. */
static void look(struct ride *r)
{
    uint64_t left = 0;

    if (r->riders == 0 || ID_IS_ZERO(r->key.lease))
        return;
    if (is_over(r, &left))
        cut_all(r, false);
    else if (left > 0)
        loop_timer_set(r->timer, left);
}

static void on_time(void *ctx)
{
    look(ctx);
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

void rider_begin(struct use *u)
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
        r->timer = loop_timer_new(u->k->loop, on_time, r);
    look(r); /* what it was to ride on may be over since it was decided */
}

void rider_end(struct use *u)
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
    if (u->end.refused && !ID_IS_ZERO(r->key.lease))
        cut_all(r, false);
    else if (takes(u) && r->takers == 0)
        look(r);
    if (!LIST_EMPTY(&r->uses))
        return;
    loop_timer_free(r->timer);
    HASH_DELETE(hh, u->k->rides, r);
    mem_free(r);
}

void riders_end_client(struct keeper *k, struct client_id client)
{
    struct ride *r = find(k, &(struct ride_key){.client = client});

    if (r)
        cut_all(r, true);
}
