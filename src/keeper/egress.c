/*
 * Egress processes and their dials. Run by the keeper. A dial goes to the place that the
 * configuration names for the upstream of that process, whatever the process asked; it needs a use
 * that was released to it.
 */
#include "keeper/egress.h"

#include "ipc/gen/send.h"
#include "keeper/keeper.h"
#include "os/log.h"

void egress_init(struct keeper *k)
{
    for (size_t i = 0; i < LIM_UPSTREAMS; i++)
        TAILQ_INIT(&k->egresses.slot[i].waiting);
}

struct chan *egress_chan(struct keeper *k, uint16_t upstream)
{
    BUG_IF(upstream >= LIM_UPSTREAMS);
    return peers_chan(&k->peers, k->egresses.slot[upstream].peer);
}

static void want(struct keeper *k, uint16_t upstream)
{
    struct egress_slot *s = &k->egresses.slot[upstream];

    if (s->peer != 0 || s->wanted || !k->supervisor)
        return;
    if (send_egress_want(k->supervisor, &(struct msg_egress_want){.upstream = upstream}) == ERR_OK)
        s->wanted = true;
}

void egress_queue(struct keeper *k, struct use *u)
{
    TAILQ_INSERT_TAIL(&k->egresses.slot[u->plan.upstream].waiting, u, in_queue);
    u->in_queue_now = true;
    want(k, u->plan.upstream);
}

void egress_unqueue(struct keeper *k, struct use *u)
{
    if (!u->in_queue_now)
        return;
    TAILQ_REMOVE(&k->egresses.slot[u->plan.upstream].waiting, u, in_queue);
    u->in_queue_now = false;
}

void egress_drop(struct keeper *k, uint16_t upstream, struct connection_id c)
{
    struct chan *egress = egress_chan(k, upstream);

    tell_drop(egress, &(struct msg_drop){.connection = c});
}

void egress_peer(struct keeper *k, struct chan *c)
{
    uint16_t upstream = chan_peer(c)->upstream;
    struct egress_slot *s = NULL;
    struct use *u = NULL;

    if (!conf_get(&k->conf, upstream))
        return;
    s = &k->egresses.slot[upstream];
    s->peer = peer_of(c)->serial;
    s->wanted = false;
    for (u = TAILQ_FIRST(&s->waiting); u;) {
        struct use *next = TAILQ_NEXT(u, in_queue);

        use_try(u);
        u = next;
    }
}

void egress_lost(struct keeper *k, struct chan *c)
{
    uint16_t upstream = chan_peer(c)->upstream;
    uint64_t serial = peer_of(c)->serial;

    uses_egress_lost(k, serial);
    if (upstream >= LIM_UPSTREAMS || k->egresses.slot[upstream].peer != serial)
        return;
    k->egresses.slot[upstream].peer = 0;
    if (!TAILQ_EMPTY(&k->egresses.slot[upstream].waiting))
        want(k, upstream);
}

void egress_on_failed(struct keeper *k, const struct msg_egress_failed *m)
{
    struct use *u = NULL;

    if (m->upstream >= LIM_UPSTREAMS)
        return;
    log_event(LOG_ERROR, "egress_not_started", LOG_NUM("upstream", m->upstream));
    k->egresses.slot[m->upstream].wanted = false;
    while ((u = TAILQ_FIRST(&k->egresses.slot[m->upstream].waiting)))
        use_fail(u, ERR_UNAVAILABLE);
}

void egress_on_dial_want(struct keeper *k, struct chan *c, const struct msg_dial_want *m)
{
    struct use *u = use_of(k, c, m->use);
    const struct upstream *to = NULL;
    struct chan *dialer = NULL;

    if (!u || u->state != USE_RELEASED)
        return;
    if (++u->dials > LIM_DIALS_PER_USE) { /* egress counts them too */
        chan_breach(c, BREACH_DIALS);
        return;
    }
    to = conf_get(&k->conf, u->plan.upstream);
    dialer = peers_any(&k->peers, ROLE_DIALER);
    if (!dialer) {
        log_event(LOG_WARN, "no_dialer", LOG_ID("use", u->id));
        return; /* egress gives up after its time and says unsent */
    }
    tell_dial(dialer, &(struct msg_dial){.dial = m->dial,
                                         .egress = chan_peer(c)->instance,
                                         .egress_generation = chan_peer(c)->generation,
                                         .upstream = u->plan.upstream,
                                         .host = slice_str(to->host),
                                         .port = to->port});
}
