/*
 * Snapshots of lists. Run by the keeper, which does not look inside. A list seen with a credential
 * belongs to its connection, and goes with that in the store; one seen without is for everybody
 * (decision 0004). What a server says in one era is not what it says in the other (decision 0008).
 */
#include "keeper/snapshot.h"

#include "base/mem.h"
#include "base/planted.h"
#include "ipc/gen/keeper.h"
#include "ipc/gen/send.h"
#include "keeper/call.h"
#include "keeper/connection.h"
#include "keeper/revoke.h"
#include "os/log.h"

static enum err put_work(void *ctx)
{
    const struct snapshot_parts *p = ctx;
    struct keeper *k = p->k;

    return store_do(k->store, Q_snapshot_put,
                    VALS(V_STR(keeper_conf_get(&k->conf, p->upstream)->name), V_ID(p->connection),
                         V_INT(p->era), V_INT(p->kind), V_INT(keeper_now(k)),
                         V_BYTES(buf_slice(&p->bytes))));
}

static void put_done(void *ctx, enum err e)
{
    struct snapshot_parts *p = ctx;

    if (e) /* only a convenience: the next list comes along */
        log_event(LEVEL_WARN, "snapshot_not_stored", LOG_NUM("upstream", p->upstream), LOG_ERR(e));
    buf_free(&p->bytes);
    mem_free(p);
}

static void complete(struct keeper *k, struct keeper_use *u)
{
    struct snapshot_parts *p = u->parts;

    u->parts = NULL; /* moved */
    p->k = k;
    p->upstream = u->plan.upstream;
    if (!PLANTED(lists_shared))
        p->connection = u->plan.connection;
    store_work(k->store, STORE_NORMAL, put_work, put_done, p);
}

void keeper_on_snapshot_put(struct keeper *k, struct chan *c, const struct msg_snapshot_put *m)
{
    struct keeper_use *u = use_of(k, c, m->use);

    if (!u)
        return;
    if (u->state != USE_RELEASED || m->size == 0 || m->size > LIM_SNAPSHOT_BYTES) {
        chan_breach(c, BREACH_SNAPSHOT_PARTS);
        return;
    }
    if (m->offset == 0) {
        use_drop_parts(u);
        u->parts = MEM_NEW(struct snapshot_parts);
        *u->parts = (struct snapshot_parts){
            .era = m->era, .kind = m->kind, .size = m->size, .bytes = BUF_INIT(m->size)};
    }
    if (!u->parts || u->parts->era != m->era || u->parts->kind != m->kind ||
        u->parts->size != m->size || u->parts->bytes.n != m->offset || m->part.n == 0) {
        chan_breach(c, BREACH_SNAPSHOT_PARTS);
        return;
    }
    buf_put(&u->parts->bytes, m->part);
    if (buf_err(&u->parts->bytes) != ERR_OK)
        chan_breach(c, BREACH_SNAPSHOT_PARTS);
    else if (u->parts->bytes.n == u->parts->size)
        complete(k, u);
}

static void tell_parts(struct chan *c, const struct keeper_call *call, struct slice all)
{
    size_t at = 0;

    do {
        struct slice part = slice_sub(all, at, at + LIM_PART_BYTES);

        tell_snapshot_part(c, &(struct msg_snapshot_part){.call = call->key.number,
                                                          .kind = call->wanted,
                                                          .size = (uint32_t)all.n,
                                                          .offset = (uint32_t)at,
                                                          .part = part});
        at += part.n;
    } while (at < all.n);
}

/* What its client may see: of its connection there, while it has one, or what everybody may. */
static enum err read_list(void *ctx)
{
    struct keeper_call *call = ctx;
    struct keeper *k = call->k;
    struct connection_now now;
    struct bytes_row row;
    struct store_rows q;
    enum err e = connection_stand(k, &call->who, call->upstream, &now);

    if (e)
        return e;
    if (revoke_is_dead(k, now.id))
        now.id = (struct connection_id){{0}};
    store_query(k->store, Q_snapshot_get,
                VALS(V_STR(keeper_conf_get(&k->conf, call->upstream)->name), V_INT(call->era),
                     V_INT(call->wanted), V_ID(now.id)),
                &row, &q);
    if (!store_next(&q))
        return store_end(&q, ERR_NOT_FOUND);
    buf_put(&call->list, row.bytes);
    return store_end(&q, ERR_OK);
}

static void list_read(void *ctx, enum err e)
{
    struct keeper_call *call = ctx;
    struct keeper *k = call->k;
    struct chan *c = peers_chan(&k->peers, call->key.gateway);

    call->busy--;
    if (e && e != ERR_NOT_FOUND)
        log_event(LEVEL_ERROR, "snapshot_unreadable", LOG_ERR(e));
    if (!call->gone) {
        group_leave(&call->wants);
        tell_parts(c, call, buf_slice(&call->list));
        buf_free(&call->list);
        call->list.max = 0;
    } else {
        call_forget(call);
    }
    if (c)
        snapshots_give(k, c);
}

/* One at a time: the next is read when there is room for it. */
void snapshots_give(struct keeper *k, struct chan *c)
{
    const struct slice gateway = slice_of(&peer_of(c)->serial, sizeof(peer_of(c)->serial));
    struct group_link *l = NULL;

    if (k->calls->giving)
        return;
    k->calls->giving = true;
    while ((!chan_full(c) || PLANTED(lists_unpaced)) &&
           (l = group_first(&k->calls->wanting, gateway)) &&
           ((struct keeper_call *)l->thing)->list.max == 0) {
        struct keeper_call *call = l->thing;

        call->busy++;
        call->list = BUF_INIT(LIM_SNAPSHOT_BYTES);
        store_work(k->store, STORE_READ, read_list, list_read, call);
    }
    k->calls->giving = false;
}

/* Given at once, or when the gateway has read what it was given before: a few agents' lists would
 * fill its channel otherwise, and end it for everybody. */
void keeper_on_snapshot_get(struct keeper *k, struct chan *c, const struct msg_snapshot_get *m)
{
    struct keeper_call *call = call_of(k, c, m->call);

    if (!call || call->list.max > 0)
        return;
    group_leave(&call->wants); /* a gateway asks for one at a time */
    call->wanted = m->kind;
    group_join(&k->calls->wanting, slice_of(&call->key.gateway, sizeof(call->key.gateway)),
               &call->wants, call);
    snapshots_give(k, c);
}
