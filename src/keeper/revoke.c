/* Revocation. Run by the keeper. Obeys promise 5: whatever fails, this works. */
#include "keeper/revoke.h"

#include "base/mem.h"
#include "base/planted.h"
#include "keeper/egress.h"
#include "keeper/outbox.h"
#include "os/log.h"

enum { AT_ONCE = 256 /* in a transaction, so that others come between */ };

struct revoking {
    struct keeper *k;
    struct revoke_which which;
    char name[LIM_USER_NAME_BYTES + 1]; /* that which points to */
    revoke_fn *fn;
    void *ctx;
    unsigned waits; /* for the store, and for each drop */
    enum err e;
    struct buf rows;
    struct connection_row *victims; /* n of those */
    size_t n, done;
};

/* Each that it names must match, of those that one of them finds. */
static bool matches(const struct revoke_which *w, const struct connection_row *v)
{
    if (!ID_IS_ZERO(w->connection) && !ID_EQ(w->connection, v->id))
        return false;
    if (!ID_IS_ZERO(w->user) && !ID_EQ(w->user, v->who.user))
        return false;
    if (!ID_IS_ZERO(w->client) && !ID_EQ(w->client, v->who.client))
        return false;
    if (w->upstream && !slice_eq_str(slice_str(w->upstream), v->upstream))
        return false;
    return w->all || w->upstream || !ID_IS_ZERO(w->connection) || !ID_IS_ZERO(w->user) ||
           !ID_IS_ZERO(w->client);
}

static enum err collect(void *ctx)
{
    struct revoking *r = ctx;
    struct store *store = r->k->store;
    struct revoke_which *w = &r->which;
    struct user_row user;
    enum err e = ERR_OK;

    if (w->all)
        return store_all(store, Q_connection_all, VALS(), &r->rows);
    if (w->user_name) {
        e = store_one(store, Q_user_by_name, VALS(V_STR(w->user_name)), &user);
        if (!e)
            w->user = user.id;
    }
    return e ? e
             : store_all(store, Q_connection_of,
                         VALS(V_ID(w->connection), V_ID(w->client), V_ID(w->user),
                              V_STR(w->upstream ? w->upstream : "")),
                         &r->rows);
}

/* What was released before could leave after an answer that did not wait for egress. */
static void answer_when_over(void *ctx)
{
    struct revoking *r = ctx;

    if (--r->waits > 0)
        return;
    log_event(r->e && r->e != ERR_NOT_FOUND ? LEVEL_ERROR : LEVEL_INFO, "revoked",
              LOG_NUM("connections", r->n), LOG_ERR(r->e));
    if (r->fn)
        r->fn(r->ctx, r->e, r->n);
    buf_free(&r->rows);
    mem_free(r);
}

/* In memory, now: nothing that is not released will be, and egress ends what runs. */
static void kill_now(struct revoking *r, const struct connection_row *v)
{
    struct keeper *k = r->k;
    struct revoke_dead *d = NULL;
    uint16_t upstream = 0;
    bool waits = !PLANTED(revoke_unconfirmed);

    HASH_FIND(hh, k->dead, &v->id, sizeof(v->id), d);
    if (!d) {
        d = MEM_NEW(struct revoke_dead);
        d->id = v->id;
        HASH_ADD(hh, k->dead, id, sizeof(d->id), d);
    }
    if (!keeper_conf_index(&k->conf, slice_str(v->upstream), &upstream))
        return; /* no process was ever given it */
    r->waits += waits;
    egress_drop(k, upstream, v->id, waits ? answer_when_over : NULL, r);
}

/* Behind those that are stored. */
static size_t batch_end(const struct revoking *r)
{
    return r->n - r->done > AT_ONCE ? r->done + AT_ONCE : r->n;
}

static enum err revoke_work(void *ctx)
{
    struct revoking *r = ctx;
    enum err e = ERR_OK;

    for (size_t i = r->done; !e && i < batch_end(r); i++) {
        const struct connection_row *v = &r->victims[i];

        if (!PLANTED(revoked_used))
            e = store_do(r->k->store, Q_connection_remove, VALS(V_ID(v->id)));
        if (!e)
            e = NOTE(r->k, .event = EVENT_CONNECTION_REVOKED, .who = v->who,
                     .upstream = slice_str(v->upstream), .connection = v->id);
    }
    return e;
}

static void revoke_done(void *ctx, enum err e)
{
    struct revoking *r = ctx;
    struct keeper *k = r->k;

    k->revocations++; /* who was told before this what the store has looks once more */
    for (const size_t end = batch_end(r); !e && r->done < end; r->done++) {
        struct revoke_dead *d = NULL;

        /* The row is gone, which says the same. */
        HASH_FIND(hh, k->dead, &r->victims[r->done].id, sizeof(d->id), d);
        if (d) {
            HASH_DELETE(hh, k->dead, d);
            mem_free(d);
        }
    }
    if (!e && r->done < r->n) {
        store_work(k->store, STORE_URGENT, revoke_work, revoke_done, r);
        return;
    }
    r->e = r->e ? r->e : e;
    answer_when_over(r);
}

static void collected(void *ctx, enum err e)
{
    struct revoking *r = ctx;
    struct connection_row *v = (void *)r->rows.p;
    const size_t found = r->rows.n / sizeof(*v);

    r->k->revocations++;
    r->victims = v;
    for (size_t i = 0; i < found; i++) {
        if (matches(&r->which, &v[i]))
            v[r->n++] = v[i];
    }
    for (size_t i = 0; i < r->n; i++)
        kill_now(r, &v[i]);
    /* What was found ends, also when not all could be read: whoever asked is told, and asks again. */
    r->e = e;
    store_work(r->k->store, STORE_URGENT, revoke_work, revoke_done, r);
}

void revoke_connections(struct keeper *k, const struct revoke_which *w, revoke_fn *fn, void *ctx)
{
    const char *name = w->user_name ? w->user_name : w->upstream;
    struct revoking *r = MEM_NEW(struct revoking);

    *r = (struct revoking){
        .k = k, .which = *w, .fn = fn, .ctx = ctx, .waits = 1, .rows = BUF_INIT(LIM_LIST_BYTES)};
    if (name)
        BUG_IF(!slice_to_cstr(slice_str(name), r->name, sizeof(r->name)));
    r->which.user_name = w->user_name ? r->name : NULL;
    r->which.upstream = w->upstream ? r->name : NULL;
    store_work(k->store, STORE_READ, collect, collected, r);
}

bool revoke_is_dead(const struct keeper *k, struct connection_id id)
{
    struct revoke_dead *d = NULL;

    HASH_FIND(hh, k->dead, &id, sizeof(id), d);
    return d != NULL;
}

void revoke_close(struct keeper *k)
{
    while (k->dead) {
        struct revoke_dead *d = k->dead;

        HASH_DELETE(hh, k->dead, d);
        mem_free(d);
    }
}
