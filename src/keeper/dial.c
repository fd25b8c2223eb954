/*
 * Dials. Run by the keeper. A dial goes to the place that the configuration names for the upstream
 * of that process, whatever the process asked; it needs a use that was released to it.
 */
#include "ipc/gen/keeper.h"
#include "ipc/gen/send.h"
#include "keeper/use.h"
#include "os/log.h"

void keeper_on_dial_want(struct keeper *k, struct chan *c, const struct msg_dial_want *m)
{
    struct keeper_use *u = use_of(k, c, m->use);
    const struct keeper_upstream *to = NULL;
    struct chan *dialer = NULL;

    if (!u || u->state != USE_RELEASED)
        return;
    if (++u->dials > LIM_DIALS_PER_USE) { /* egress counts them too */
        chan_breach(c, BREACH_DIALS);
        return;
    }
    to = keeper_conf_get(&k->conf, u->plan.upstream);
    dialer = peers_any(&k->peers, ROLE_DIALER);
    if (!dialer) {
        log_event(LEVEL_WARN, "no_dialer", LOG_ID("use", u->id));
        return; /* egress gives up after its time and says unsent */
    }
    tell_dial(dialer, &(struct msg_dial){.client = u->plan.who.client,
                                         .dial = m->dial,
                                         .egress = chan_peer(c)->instance,
                                         .egress_generation = chan_peer(c)->generation,
                                         .upstream = u->plan.upstream,
                                         .host = slice_str(to->host),
                                         .port = to->port});
}
