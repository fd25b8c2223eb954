/* What ends or moves uses from outside: a gateway, the keeper, the end of a channel. */
#include "egress/uses.h"

#include "base/planted.h"
#include "egress/snapshot.h"
#include "ipc/gen/egress.h"
#include "ipc/gen/send.h"

/* The flow has moved: go on reading, or go. */
static void moved(struct use *u)
{
    IGNORE(use_hold(u)); /* it is less by now */
    if (u->step == USE_OVER && flow_done(&u->flow))
        use_free(u);
    else if (!flow_blocked(&u->flow))
        u->all->transport->credit(u);
}

void egress_on_credit(struct egress *all, struct chan *c, const struct msg_credit *m)
{
    struct use *u = use_find(all, c, m->call);

    if (!u)
        return; /* it ended before the gateway knew */
    flow_credit(&u->flow, m->bytes);
    moved(u);
}

void uses_writable(struct egress *all, const struct chan *c)
{
    struct flow *f;

    while (!chan_full(c) && (f = flow_waiting(&all->waiting, c))) {
        flow_go(f);
        moved(f->use);
    }
}

/* Nobody waits: the upstream's connection is closed, which a modern server takes as cancellation.
 */
static void cancel(struct use *u)
{
    u->cancelled = true;
    if (u->step == USE_OVER) {
        flow_drop(&u->flow);
        use_free(u);
    } else if (u->has_permit) {
        use_abort(u, ERR_CLOSED);
    } /* else the permit comes, or its time ends */
}

void egress_on_call_cancel(struct egress *all, struct chan *c, const struct msg_call_cancel *m)
{
    struct use *u = use_find(all, c, m->call);

    if (u)
        cancel(u);
}

void egress_on_session_end(struct egress *all, struct chan *c, const struct msg_session_end *m)
{
    const struct chan_peer *p = chan_peer(c);
    const struct gateway_session ended = {m->session, p->instance, p->generation};

    sessions_end(&all->sessions, &ended);
}

void uses_lost_gateway(struct egress *all, const struct chan *c)
{
    struct use *u, *tmp;

    HASH_ITER(hh_call, all->by_call, u, tmp) {
        if (u->flow.gateway != c)
            continue;
        flow_drop(&u->flow);
        cancel(u);
    }
}

void egress_on_cut(struct egress *all, const struct msg_cut *m)
{
    struct use *u = use_find_id(all, &m->use);

    if (u && u->keeper == all->keeper) /* or it ended before the keeper knew */
        use_cut(u, m->code);
}

void egress_on_drop(struct egress *all, const struct msg_drop *m)
{
    struct group_link *l;

    while ((l = group_first(&all->permitted, ID_SLICE(m->connection))))
        use_abort(l->thing, ERR_GONE); /* it leaves, as may others that waited for it */
    sessions_drop(&all->sessions, &m->connection);
    snapshots_drop(all, &m->connection);
    all->transport->drop(all, &m->connection);
    tell_dropped(all->keeper, &(struct msg_dropped){0});
}

/* What has not been sent is not sent; what has been goes on, and its result is lost. What only reads
 * ends: the next keeper does not know of it, and would not end it with what it rides on. */
void uses_lost_keeper(struct egress *all, const struct chan *c)
{
    struct use *u, *tmp;

    HASH_ITER(hh_id, all->by_id, u, tmp) {
        if (u->keeper != c)
            continue;
        u->keeper = NULL;
        if (!u->sent || u->sealing)
            use_abort(u, ERR_UNAVAILABLE);
        else if (use_only_reads(u) && !PLANTED(riders_outlive))
            use_cut(u, ERR_LEASE_OVER);
    }
}

void uses_stop(struct egress *all)
{
    struct use *u, *tmp;

    HASH_ITER(hh_id, all->by_id, u, tmp)
        use_abort(u, ERR_UNAVAILABLE);
}
