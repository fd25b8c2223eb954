/*
 * Connections, and how one stands as policy sees it. Run by the keeper. Time only ever ends a
 * lease: keeper_now does not go back, and an expiry is absolute.
 */
#include "keeper/connection.h"

#include "base/planted.h"
#include "crypto/random.h"
#include "keeper/outbox.h"

enum connection_state connection_shown(enum connection_stored s, int64_t uses_left,
                                       uint64_t expires, uint64_t now)
{
    if (s == CONNECTION_SUSPENDED)
        return CONNECTION_STATE_SUSPENDED;
    if (s == CONNECTION_STALE)
        return CONNECTION_STATE_STALE;
    if (expires != 0 && expires <= now)
        return CONNECTION_STATE_EXPIRED;
    return uses_left == 0 ? CONNECTION_STATE_USED_UP : CONNECTION_STATE_LIVE;
}

static enum policy_standing judge(const struct standing_row *row, uint64_t now)
{
    static const enum policy_standing live[LEASE_KIND_COUNT] = {
        [LEASE_KIND_ONCE] = STAND_ONCE,
        [LEASE_KIND_TASK] = STAND_TASK,
        [LEASE_KIND_KEEP] = STAND_KEEP,
    };

    switch (connection_shown(row->state, row->uses_left, row->expires, now)) {
    case CONNECTION_STATE_SUSPENDED: return STAND_SUSPENDED;
    case CONNECTION_STATE_STALE: return STAND_STALE;
    case CONNECTION_STATE_EXPIRED: return STAND_EXPIRED;
    case CONNECTION_STATE_LIVE: return live[row->kind];
    default: /* used up: whether the request that took the last use is still running */
        if (!row->running)
            return STAND_USED_UP;
        return row->kind == LEASE_KIND_ONCE ? STAND_RUNS : STAND_LAST;
    }
}

enum err connection_stand(struct keeper *k, const struct principal *who, uint16_t upstream,
                          struct connection_now *ret)
{
    const struct keeper_upstream *u = keeper_conf_get(&k->conf, upstream);
    struct standing_row row;
    enum err e = ERR_OK;

    *ret = (struct connection_now){.standing = STAND_NO_NEED};
    if (!u->needs_credential)
        return ERR_OK;
    e = store_one(k->store, Q_connection_find, VALS(V_WHO(*who), V_STR(u->name)), &row);
    if (e == ERR_NOT_FOUND) {
        ret->standing = STAND_MISSING;
        return ERR_OK;
    }
    if (e)
        return e;
    ret->id = row.id;
    ret->lease = row.lease;
    ret->until = row.expires == 0 ? LEASE_FOR_EVER : row.expires;
    ret->counted = row.uses_left >= 0;
    ret->request = row.request;
    ret->standing = judge(&row, keeper_now(k));
    return ERR_OK;
}

enum err connection_begin(struct keeper *k, const struct principal *who, const char *upstream,
                          struct connection_id *ret)
{
    RANDOM_ID(*ret);
    return store_do(k->store, Q_connection_add,
                    VALS(V_ID(*ret), V_WHO(*who), V_STR(upstream), V_INT(keeper_now(k))));
}

static struct lease_now lease_of(struct keeper *k, const struct keeper_upstream *u,
                                 struct digest request)
{
    struct lease_now l = {.kind = u->lease, .uses_left = -1};

    if (u->lease == LEASE_KIND_ONCE) {
        l.uses_left = 1;
        l.request = request;
    }
    if (u->lease == LEASE_KIND_TASK && u->lease_uses > 0)
        l.uses_left = u->lease_uses;
    if (u->lease != LEASE_KIND_KEEP && u->lease_ms > 0)
        l.expires = keeper_now(k) + u->lease_ms;
    return l;
}

enum err connection_promote(struct keeper *k, const struct promotion *p,
                            struct connection_id *ret_old)
{
    const struct keeper_upstream *u = keeper_conf_get(&k->conf, p->upstream);
    struct connection_now old;
    struct lease_now l;
    struct lease_id lease;
    uint64_t rows = 0;
    enum err e = connection_stand(k, &p->who, p->upstream, &old);

    *ret_old = old.id;
    if (!e && !ID_IS_ZERO(old.id))
        e = store_do(k->store, Q_connection_remove, VALS(V_ID(old.id)));
    if (!e)
        e = store_change(k->store, Q_connection_promote, VALS(V_INT(p->tested), V_ID(p->id)),
                         &rows);
    if (!e && rows != 1)
        e = ERR_GONE;
    if (!e)
        e = store_do(k->store, Q_lease_remove, VALS(V_ID(p->id))); /* the one of its trial */
    if (e)
        return e;
    l = lease_of(k, u, p->request);
    e = lease_grant(k, p->id, &l, &lease);
    return e ? e
             : NOTE(k, .event = EVENT_LEASE_GRANTED, .who = p->who, .upstream = slice_str(u->name),
                    .connection = p->id, .code = (enum err)0,
                    .number = l.uses_left < 0 ? UINT64_MAX : (uint64_t)l.uses_left,
                    .detail = slice_str(lease_kind_name(l.kind)));
}

enum err connection_end(struct keeper *k, struct connection_id id, enum connection_stored state,
                        bool *ret)
{
    uint64_t rows = 0;
    enum err e = store_change(k->store, Q_connection_set,
                              VALS(V_INT(state), V_ID(id), V_INT(CONNECTION_LIVE)), &rows);

    k->revocations++; /* what is reserved on it is looked at again before it is released */
    if (!e)
        *ret = rows == 1;
    return e;
}

enum err connection_usable(struct keeper *k, struct connection_id id, bool trial)
{
    static const enum err live[] = {[CONNECTION_PENDING] = ERR_FORBIDDEN,
                                    [CONNECTION_LIVE] = ERR_OK,
                                    [CONNECTION_STALE] = ERR_UPSTREAM_REFUSED,
                                    [CONNECTION_SUSPENDED] = ERR_SUSPENDED};
    struct state_row row;

    if (store_one(k->store, Q_connection_state, VALS(V_ID(id)), &row) != ERR_OK)
        return ERR_FORBIDDEN;
    if (trial)
        return row.state == CONNECTION_PENDING ? ERR_OK : ERR_FORBIDDEN;
    return live[row.state];
}

enum err lease_take(struct keeper *k, struct lease_id id, bool *ret)
{
    struct number_row uncounted;
    uint64_t rows = 0;
    enum err e = ERR_OK;

    if (PLANTED(lease_untaken))
        return ERR_OK;
    /* Where nothing is counted nothing is written. */
    e = store_one(k->store, Q_lease_uncounted, VALS(V_ID(id), V_INT(keeper_now(k))), &uncounted);
    if (e != ERR_NOT_FOUND)
        return e;
    e = store_change(k->store, Q_lease_take, VALS(V_ID(id), V_INT(keeper_now(k))), &rows);
    *ret = rows == 1;
    return e || *ret ? e : ERR_NOT_FOUND;
}

enum err lease_grant(struct keeper *k, struct connection_id c, const struct lease_now *l,
                     struct lease_id *ret)
{
    RANDOM_ID(*ret);
    return store_do(k->store, Q_lease_add,
                    VALS(V_ID(*ret), V_ID(c), V_INT(l->kind), V_INT(l->uses_left),
                         V_INT(l->expires), V_INT(keeper_now(k)), V_ID(l->request)));
}
