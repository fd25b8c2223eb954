/* Egress processes. Run by the keeper. */
#include "keeper/egress.h"

#include "base/mem.h"
#include "ipc/gen/keeper.h"
#include "ipc/gen/send.h"
#include "os/log.h"

/* How often it is looked at within LIM_DROP_MS whether an answer has come. Time in which the keeper
 * itself stands still is one of them at most. */
enum { TICKS = 5 };

static void on_drop_tick(void *ctx);

void egress_init(struct keeper *k)
{
    for (size_t i = 0; i < LIM_UPSTREAMS; i++) {
        struct egress_slot *s = &k->egresses->slot[i];

        s->k = k;
        TAILQ_INIT(&s->waiting);
        TAILQ_INIT(&s->drops);
        s->drop_timer = loop_timer_new(k->loop, on_drop_tick, s);
    }
}

struct chan *egress_chan(struct keeper *k, uint16_t upstream)
{
    BUG_IF(upstream >= LIM_UPSTREAMS);
    return peers_chan(&k->peers, k->egresses->slot[upstream].peer);
}

/* NULL: another process is that upstream's now. */
static struct egress_slot *slot_of(struct keeper *k, struct chan *c)
{
    uint16_t upstream = chan_peer(c)->upstream;
    struct egress_slot *s = upstream < LIM_UPSTREAMS ? &k->egresses->slot[upstream] : NULL;

    return s && s->peer == peer_of(c)->serial ? s : NULL;
}

static void want(struct keeper *k, uint16_t upstream)
{
    struct egress_slot *s = &k->egresses->slot[upstream];

    if (s->peer != 0 || s->wanted || !k->supervisor)
        return;
    if (send_egress_want(k->supervisor, &(struct msg_egress_want){.upstream = upstream}) == ERR_OK)
        s->wanted = true;
}

void egress_queue(struct keeper *k, struct egress_wait *w)
{
    TAILQ_INSERT_TAIL(&k->egresses->slot[w->upstream].waiting, w, in_queue);
    w->waits = true;
    want(k, w->upstream);
}

void egress_unqueue(struct keeper *k, struct egress_wait *w)
{
    if (!w->waits)
        return;
    TAILQ_REMOVE(&k->egresses->slot[w->upstream].waiting, w, in_queue);
    w->waits = false;
}

/* --- drops ------------------------------------------------------------------------------------ */

static void settle(struct egress_slot *s)
{
    struct egress_drop *d = TAILQ_FIRST(&s->drops);

    TAILQ_REMOVE(&s->drops, d, in_list);
    if (TAILQ_EMPTY(&s->drops))
        loop_timer_stop(s->drop_timer);
    if (d->fn)
        d->fn(d->ctx);
    mem_free(d);
}

static void settle_all(struct egress_slot *s)
{
    while (!TAILQ_EMPTY(&s->drops))
        settle(s);
}

static void on_drop_tick(void *ctx)
{
    struct egress_slot *s = ctx;

    s->tick++;
    if (s->tick - TAILQ_FIRST(&s->drops)->tick >= TICKS)
        chan_breach(peers_chan(&s->k->peers, s->peer), BREACH_NOT_DROPPED); /* then it is lost */
    else
        loop_timer_set(s->drop_timer, LIM_DROP_MS / TICKS);
}

void egress_drop(struct keeper *k, uint16_t upstream, struct connection_id c, egress_dropped_fn *fn,
                 void *ctx)
{
    struct egress_slot *s = &k->egresses->slot[upstream];
    struct egress_drop *d = NULL;

    if (s->peer == 0) {
        if (fn)
            fn(ctx);
        return;
    }
    tell_drop(egress_chan(k, upstream), &(struct msg_drop){.connection = c});
    if (TAILQ_EMPTY(&s->drops))
        loop_timer_set(s->drop_timer, LIM_DROP_MS / TICKS);
    d = MEM_NEW(struct egress_drop);
    *d = (struct egress_drop){.tick = s->tick, .fn = fn, .ctx = ctx};
    TAILQ_INSERT_TAIL(&s->drops, d, in_list);
}

void keeper_on_dropped(struct keeper *k, struct chan *c, UNUSED const struct msg_dropped *m)
{
    struct egress_slot *s = slot_of(k, c);

    if (s && !TAILQ_EMPTY(&s->drops))
        settle(s);
    else
        chan_breach(c, BREACH_DROPPED_UNASKED);
}

void egress_close(struct keeper *k)
{
    for (size_t i = 0; i < LIM_UPSTREAMS; i++) {
        settle_all(&k->egresses->slot[i]);
        loop_timer_free(k->egresses->slot[i].drop_timer);
    }
}

/* --- its life --------------------------------------------------------------------------------- */

void egress_peer(struct keeper *k, struct chan *c)
{
    uint16_t upstream = chan_peer(c)->upstream;
    struct egress_slot *s = NULL;

    if (!keeper_conf_get(&k->conf, upstream))
        return;
    s = &k->egresses->slot[upstream];
    s->peer = peer_of(c)->serial;
    s->wanted = false;
    for (struct egress_wait *w = TAILQ_FIRST(&s->waiting), *next = NULL; w; w = next) {
        next = TAILQ_NEXT(w, in_queue);
        w->fn(w->owner, ERR_OK);
    }
}

void egress_lost(struct keeper *k, struct chan *c)
{
    struct egress_slot *s = slot_of(k, c);

    if (!s)
        return;
    s->peer = 0;
    settle_all(s);
    if (!TAILQ_EMPTY(&s->waiting))
        want(k, chan_peer(c)->upstream);
}

void keeper_on_egress_failed(struct keeper *k, const struct msg_egress_failed *m)
{
    struct egress_wait *w = NULL;

    if (m->upstream >= LIM_UPSTREAMS)
        return;
    log_event(LEVEL_ERROR, "egress_not_started", LOG_NUM("upstream", m->upstream));
    k->egresses->slot[m->upstream].wanted = false;
    while ((w = TAILQ_FIRST(&k->egresses->slot[m->upstream].waiting)))
        w->fn(w->owner, ERR_UNAVAILABLE);
}
