/*
 * From reservation to result. Run by the keeper. ARCHITECTURE, "One call, step by step" 3 to 5.
 * Trusts egress with what it reports about its own uses and about no others.
 */
#include "keeper/use.h"

#include "base/mem.h"
#include "base/planted.h"
#include "crypto/random.h"
#include "ipc/gen/keeper.h"
#include "ipc/gen/send.h"
#include "keeper/chain.h"
#include "keeper/connection.h"
#include "keeper/revoke.h"
#include "keeper/sums.h"
#include "keeper/vault.h"
#include "os/log.h"

enum { RETRY_MS = 1000 /* for an end that could not be stored */ };

/* --- inside work ------------------------------------------------------------------------------ */

static struct record record_of(struct keeper *k, const struct use_plan *p, struct use_id id,
                               enum event event)
{
    const struct keeper_upstream *u = keeper_conf_get(&k->conf, p->upstream);

    return (struct record){.event = event,
                           .who = p->who,
                           .upstream = u ? slice_str(u->name) : SLICE_EMPTY,
                           .use = id,
                           .connection = p->connection,
                           .projection = p->projection,
                           .body = p->body,
                           .detail = slice_str(mode_name(p->mode))};
}

static enum err insert(struct keeper *k, const struct use_plan *p, struct use_id id, bool counted)
{
    const struct keeper_upstream *u = keeper_conf_get(&k->conf, p->upstream);
    enum err e = ID_IS_ZERO(p->chain) ? ERR_OK : chain_spend(k, p->chain, p->chain_until);

    return e ? e
             : store_do(k->store, Q_use_add,
                        VALS(V_ID(id), V_ID(k->node), V_INT(k->epoch), V_INT(p->mode),
                             V_WHO(p->who), V_STR(u->name), V_ID(p->connection), V_ID(p->lease),
                             V_INT(counted)));
}

enum err use_reserve(struct keeper *k, const struct use_plan *p, struct use_id *ret_id,
                     uint64_t *ret_seq)
{
    struct record rec;
    bool counted = false;
    enum err e = ERR_OK;

    BUG_IF(ID_IS_ZERO(p->connection) != (p->until == 0)); /* no credential without an end */
    RANDOM_ID(*ret_id);
    if (p->summed) {
        BUG_IF(!ID_IS_ZERO(p->connection));
        sums_add(k, EVENT_LISTED, p->who);
        *ret_seq = 0;
        return ERR_OK;
    }
    if (k->uses->unstored > 0)
        return ERR_AGAIN;
    if (p->take)
        e = lease_take(k, p->lease, &counted);
    if (!e)
        e = insert(k, p, *ret_id, counted);
    if (!e && !ID_IS_ZERO(p->connection))
        e = store_do(k->store, Q_connection_used, VALS(V_INT(keeper_now(k)), V_ID(p->connection)));
    if (!e && p->mode == MODE_CALL)
        e = store_do(k->store, Q_client_used, VALS(V_INT(keeper_now(k)), V_ID(p->who.client)));
    if (e)
        return e;
    rec = record_of(k, p, *ret_id, EVENT_USE_RESERVED);
    return outbox_add(k, &rec, ret_seq);
}

enum err use_recover(struct keeper *k)
{
    struct use_row row;
    enum err e = ERR_OK;

    while (!e && !(e = store_one(k->store, Q_use_all, VALS(), &row))) {
        e = store_do(k->store, Q_use_end, VALS(V_ID(row.id)));
        if (!e)
            e = NOTE(k, .event = EVENT_USE_UNKNOWN, .who = row.who, .use = row.id,
                     .connection = row.connection);
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* --- release ---------------------------------------------------------------------------------- */

static void try(struct keeper_use *u);

static void on_audited(void *ctx)
{
    struct keeper_use *u = ctx;

    u->audited = true;
    try(u);
}

static void store_end_of(struct use_ending *n);

/* The permit's time is over; or an end that could not be stored is tried again. */
static void on_late(void *ctx)
{
    struct keeper_use *u = ctx;

    if (u->unstored)
        store_end_of(u->ending);
    keeper_use_fail(u, u->audited ? ERR_UPSTREAM_DOWN : ERR_UNAVAILABLE);
}

static void on_egress(void *ctx, enum err why)
{
    if (why)
        keeper_use_fail(ctx, why);
    else
        try(ctx);
}

struct keeper_use *use_start(struct keeper *k, const struct use_start *s)
{
    struct keeper_use *u = MEM_NEW(struct keeper_use);

    u->k = k;
    u->id = s->id;
    u->plan = *s->plan;
    u->events = s->events;
    u->owner = s->owner;
    u->gateway = s->gateway;
    u->call = s->call;
    u->timer = loop_timer_new(k->loop, on_late, u);
    loop_timer_set(u->timer, limit_get(SET_PERMIT_TIME));
    HASH_ADD(hh, k->uses->by_id, id, sizeof(u->id), u);
    u->wait = (struct egress_wait){.fn = on_egress, .owner = u, .upstream = s->plan->upstream};
    egress_queue(k, &u->wait);
    rider_begin(u);
    if (PLANTED(release_early))
        on_audited(u);
    else
        outbox_when(k, s->seq, &u->audit_wait, on_audited, u);
    return u;
}

/* What a permit with a credential needs of the store. A use stays until this is done: its end is
 * queued later. */
static enum err read_permit(void *ctx)
{
    struct keeper_use *u = ctx;
    const struct use_plan *p = &u->plan;
    enum err e = ERR_OK;

    if (p->revocations != u->looked && !PLANTED(suspended_used))
        e = connection_usable(u->k, p->connection, p->mode == MODE_VERIFY);
    return e ? e : vault_get(u->k, p->who.user, p->connection, &u->credential);
}

/* The last look before a permit leaves, each of them. The store has said what was committed when it
 * was asked, the set of the dead says what is not yet. ERR_AGAIN: to be asked once more. */
static enum err last_look(const struct keeper_use *u)
{
    struct keeper *k = u->k;

    if (outbox_ready(k) == ERR_CORRUPT)
        return ERR_CORRUPT;
    if (ID_IS_ZERO(u->plan.connection))
        return ERR_OK;
    if (revoke_is_dead(k, u->plan.connection) && !PLANTED(dead_used))
        return ERR_FORBIDDEN;
    return k->revocations == u->looked || PLANTED(last_look_blind) ? ERR_OK : ERR_AGAIN;
}

/* How long from now its first byte may take: no longer than the lease lasts. */
static uint64_t time_left(const struct keeper_use *u)
{
    uint64_t most = limit_get(SET_PERMIT_TIME), now = keeper_now(u->k), left = 0;

    if (u->plan.until == 0 || PLANTED(lease_outlived))
        return most;
    left = u->plan.until > now ? u->plan.until - now : 0;
    return left < most ? left : most;
}

static enum err send(struct keeper_use *u, struct chan *egress)
{
    struct keeper *k = u->k;
    struct chan *gateway = peers_chan(&k->peers, u->gateway);
    struct msg_permit m = {.use = u->id,
                           .mode = u->plan.mode,
                           .call = u->call,
                           .not_after = loop_now(k->loop) + time_left(u),
                           .projection = u->plan.projection,
                           .body = u->plan.body,
                           .user = u->plan.who.user,
                           .connection = u->plan.connection,
                           .lazy = u->plan.mode == MODE_CALL &&
                                   (!u->plan.counted || PLANTED(last_use_waits)),
                           .credential = u->credential,
                           .has_state = u->plan.has_state,
                           .state = u->plan.state};

    if (u->plan.mode == MODE_CALL && !gateway)
        return ERR_CLOSED;
    if (gateway) {
        m.gateway = chan_peer(gateway)->instance;
        m.gateway_generation = chan_peer(gateway)->generation;
    }
    return send_permit(egress, &m);
}

static void release(struct keeper_use *u, struct chan *egress)
{
    enum err e = last_look(u);

    if (e == ERR_AGAIN) {
        sec_free(u->credential);
        u->credential = NULL;
        try(u);
        return;
    }
    if (!e)
        e = send(u, egress);
    if (e) {
        keeper_use_fail(u, e);
        return;
    }
    u->state = USE_RELEASED;
    u->plan.state = SLICE_EMPTY;
    u->egress = peer_of(egress)->serial;
    loop_timer_stop(u->timer);
    egress_unqueue(u->k, &u->wait);
    if (u->events && u->events->released)
        u->events->released(u->owner, u, chan_peer(egress)->generation);
}

static void permit_read(void *ctx, enum err e)
{
    struct keeper_use *u = ctx;
    struct chan *egress = egress_chan(u->k, u->plan.upstream);

    u->leaving = false;
    if (e == ERR_CORRUPT)
        log_event(LEVEL_ERROR, "credential_unreadable", LOG_ID("connection", u->plan.connection));
    if (e)
        keeper_use_fail(u, e == ERR_NOT_FOUND ? ERR_FORBIDDEN : e);
    else if (egress && u->state == USE_WAITING) /* it waits on for one that died meanwhile */
        release(u, egress);
    sec_free(u->credential);
    u->credential = NULL;
}

/* Released if everything is there for it. */
static void try(struct keeper_use *u)
{
    struct chan *egress = egress_chan(u->k, u->plan.upstream);

    if (u->state != USE_WAITING || !u->audited || u->leaving || !egress)
        return;
    if (ID_IS_ZERO(u->plan.connection)) {
        release(u, egress);
        return;
    }
    u->leaving = true;
    u->looked = u->k->revocations;
    store_work(u->k->store, STORE_READ, read_permit, permit_read, u);
}

/* --- the end ---------------------------------------------------------------------------------- */

struct use_ending {
    struct keeper_use *u;
    uint32_t hits;
    uint16_t status;
    uint64_t seq;
    bool suspended;
};

/* Reflections have a budget: beyond it the screen would be an oracle for guessing. */
static enum err count_hits(struct keeper *k, const struct keeper_use *u, uint32_t hits,
                           bool *ret_suspended)
{
    struct record rec = record_of(k, &u->plan, u->id, EVENT_REFLECTED);
    struct number_row total;
    enum err e = ERR_OK;

    rec.number = hits;
    *ret_suspended = false;
    if (hits == 0 || ID_IS_ZERO(u->plan.connection))
        return ERR_OK;
    e = outbox_note(k, &rec);
    if (!e)
        e = store_one(k->store, Q_connection_hits,
                      VALS(V_INT(keeper_now(k)), V_INT(hits), V_ID(u->plan.connection)), &total);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e; /* the connection is gone already */
    if (total.n > limit_get(SET_SCREEN_HITS))
        e = connection_end(k, u->plan.connection, CONNECTION_SUSPENDED, ret_suspended);
    rec.event = EVENT_CONNECTION_SUSPENDED;
    return e || !*ret_suspended ? e : outbox_note(k, &rec);
}

static enum err mark_stale(struct keeper *k, const struct keeper_use *u)
{
    struct record rec = record_of(k, &u->plan, u->id, EVENT_CONNECTION_STALE);
    bool was = false;
    enum err e = connection_end(k, u->plan.connection, CONNECTION_STALE, &was);

    return e || !was ? e : outbox_note(k, &rec);
}

static enum err end_work(void *ctx)
{
    struct use_ending *n = ctx;
    struct keeper_use *u = n->u;
    struct keeper *k = u->k;
    struct record rec = record_of(
        k, &u->plan, u->id, u->end.result == RESULT_UNKNOWN ? EVENT_USE_UNKNOWN : EVENT_USE_RESULT);
    uint64_t rows = 0;
    enum err e = ERR_OK;

    n->suspended = false;
    if (u->plan.summed) /* it has no row, and nothing that could be reflected or go stale */
        return ERR_OK;
    e = store_change(k->store, Q_use_end, VALS(V_ID(u->id)), &rows);
    if (e || rows != 1)
        return e;
    if (u->end.result == RESULT_UNSENT && u->plan.take)
        e = store_do(k->store, Q_lease_give_back, VALS(V_ID(u->plan.lease)));
    if (!e && u->end.result == RESULT_UNSENT) /* the chain is good again */
        e = store_do(k->store, Q_chain_free, VALS(V_ID(u->plan.chain)));
    rec.code = u->end.why;
    rec.number = n->status;
    rec.detail = slice_str(result_name(u->end.result));
    if (!e)
        e = outbox_add(k, &rec, &n->seq);
    if (!e && u->end.refused && u->plan.mode != MODE_VERIFY && !ID_IS_ZERO(u->plan.connection))
        e = mark_stale(k, u);
    return e ? e : count_hits(k, u, n->hits, &n->suspended);
}

void use_drop_parts(struct keeper_use *u)
{
    if (!u->parts)
        return;
    buf_free(&u->parts->bytes);
    mem_free(u->parts);
    u->parts = NULL;
}

static void free_use(struct keeper_use *u)
{
    outbox_forget(u->k, &u->audit_wait);
    egress_unqueue(u->k, &u->wait);
    rider_end(u);
    group_leave(&u->of_chain);
    use_drop_parts(u);
    loop_timer_free(u->timer);
    mem_free(u->ending);
    HASH_DELETE(hh, u->k->uses->by_id, u);
    mem_free(u);
}

/* In the store it is reserved still, as if it ran; unknown after the next start. */
static void keep_unstored(struct keeper_use *u, enum err e)
{
    if (!u->unstored) {
        log_event(LEVEL_ERROR, "use_not_recorded", LOG_ID("use", u->id), LOG_ERR(e));
        u->k->uses->unstored++;
    }
    u->unstored = true;
    loop_timer_set(u->timer, RETRY_MS);
}

static void tell(struct keeper_use *u)
{
    const struct use_events *events = u->events;

    u->events = NULL;
    if (events)
        events->ended(u->owner, u, &u->end);
}

static void end_done(void *ctx, enum err e)
{
    struct use_ending *n = ctx;
    struct keeper_use *u = n->u;

    if (n->suspended)
        egress_drop(u->k, u->plan.upstream, u->plan.connection, NULL, NULL);
    rider_end(u);
    tell(u);
    if (e) {
        keep_unstored(u, e);
        return;
    }
    if (u->unstored)
        u->k->uses->unstored--;
    free_use(u);
}

static void store_end_of(struct use_ending *n)
{
    store_work(n->u->k->store, STORE_NORMAL, end_work, end_done, n);
}

/* An answered call of which nothing is to be drawn: its client has the answer from egress already,
 * and a crash until it is stored makes it unknown, which takes nothing back. Decision 0023. */
static bool may_ride(const struct use_ending *n)
{
    const struct keeper_use *u = n->u;

    return u->plan.mode == MODE_CALL && u->end.result == RESULT_ANSWERED && !u->end.refused &&
           n->hits == 0;
}

static void end(struct keeper_use *u, const struct keeper_use_end *how, uint32_t hits,
                uint16_t status)
{
    struct use_ending *n = MEM_NEW(struct use_ending);

    u->state = USE_ENDING;
    u->end = *how;
    loop_timer_stop(u->timer);
    egress_unqueue(u->k, &u->wait);
    n->u = u;
    n->hits = hits;
    n->status = status;
    u->ending = n;
    if (may_ride(n)) {
        tell(u);
        store_work(u->k->store, STORE_LAZY, end_work, end_done, n);
    } else {
        store_end_of(n);
    }
}

void keeper_use_fail(struct keeper_use *u, enum err why)
{
    if (u->state == USE_WAITING)
        end(u, &(struct keeper_use_end){.result = RESULT_UNSENT, .why = why}, 0, 0);
}

void keeper_use_cut(struct keeper_use *u, enum err why)
{
    const struct msg_cut m = {.use = u->id, .code = why};

    keeper_use_fail(u, why);
    if (u->state == USE_RELEASED)
        tell_cut(peers_chan(&u->k->peers, u->egress), &m);
}

void use_detach(struct keeper_use *u)
{
    u->events = NULL;
    u->owner = NULL;
    if (!ID_IS_ZERO(u->plan.chain) && !u->of_chain.of)
        group_join(&u->k->uses->by_chain, ID_SLICE(u->plan.chain), &u->of_chain, u);
    keeper_use_fail(u, ERR_CLOSED);
}

struct keeper_use *use_of_chain(struct keeper *k, struct use_id chain)
{
    struct group_link *l = group_first(&k->uses->by_chain, ID_SLICE(chain));
    struct keeper_use *u = l ? l->thing : NULL;

    return u && !u->events ? u : NULL;
}

void use_wait(struct keeper_use *u, const struct use_events *events, void *owner)
{
    u->events = events;
    u->owner = owner;
}

void uses_fail_waiting(struct keeper *k, enum err why)
{
    struct keeper_use *u = NULL, *next = NULL;

    HASH_ITER(hh, k->uses->by_id, u, next) {
        if (!u->audited)
            keeper_use_fail(u, why);
    }
}

void uses_egress_lost(struct keeper *k, uint64_t egress)
{
    struct keeper_use *u = NULL, *next = NULL;

    HASH_ITER(hh, k->uses->by_id, u, next) {
        if (u->state == USE_RELEASED && u->egress == egress)
            end(u, &(struct keeper_use_end){.result = RESULT_UNKNOWN, .why = ERR_UPSTREAM_UNKNOWN},
                0, 0);
    }
}

void uses_close(struct keeper *k)
{
    while (k->uses->by_id) {
        struct keeper_use *u = k->uses->by_id;

        if (u->events && u->events->forgotten)
            u->events->forgotten(u->owner);
        free_use(u);
    }
}

/* --- what egress says ------------------------------------------------------------------------- */

struct keeper_use *use_of(struct keeper *k, struct chan *c, struct use_id id)
{
    struct keeper_use *u = NULL;

    HASH_FIND(hh, k->uses->by_id, &id, sizeof(id), u);
    if (!u)
        return NULL;
    if (u->state == USE_WAITING || u->egress != peer_of(c)->serial) {
        chan_breach(c, BREACH_FOREIGN_USE);
        return NULL;
    }
    return u;
}

void keeper_on_use_result(struct keeper *k, struct chan *c, const struct msg_use_result *m)
{
    struct keeper_use *u = use_of(k, c, m->use);

    if (!u)
        return;
    if (u->state != USE_RELEASED) {
        chan_breach(c, BREACH_RESULT_TWICE);
        return;
    }
    log_event(m->result == RESULT_ANSWERED ? LEVEL_DEBUG : LEVEL_WARN, "use_ended",
              LOG_ID("use", u->id), LOG_NUM("call", u->call), LOG_ID("client", u->plan.who.client),
              LOG_STR("upstream", keeper_conf_get(&k->conf, u->plan.upstream)->name),
              LOG_STR("result", result_name(m->result)), LOG_NUM("status", m->status),
              LOG_ERR(m->code));
    end(u, &(struct keeper_use_end){.result = m->result, .refused = m->refused, .why = m->code},
        m->hits, m->status);
}

struct hits {
    struct keeper *k;
    struct keeper_use copy; /* its plan and id: the use may end first */
    uint32_t n;
    bool suspended;
};

static enum err hits_work(void *ctx)
{
    struct hits *h = ctx;

    return count_hits(h->k, &h->copy, h->n, &h->suspended);
}

static void hits_done(void *ctx, enum err e)
{
    struct hits *h = ctx;

    if (e)
        log_event(LEVEL_ERROR, "reflection_not_recorded", LOG_ID("use", h->copy.id), LOG_ERR(e));
    else if (h->suspended)
        egress_drop(h->k, h->copy.plan.upstream, h->copy.plan.connection, NULL, NULL);
    mem_free(h);
}

void keeper_on_use_hits(struct keeper *k, struct chan *c, const struct msg_use_hits *m)
{
    struct keeper_use *u = use_of(k, c, m->use);
    struct hits *h = NULL;

    if (!u)
        return;
    h = MEM_NEW(struct hits);
    h->k = k;
    h->copy.id = u->id;
    h->copy.plan = u->plan;
    h->n = m->hits;
    store_work(k->store, STORE_NORMAL, hits_work, hits_done, h);
}
