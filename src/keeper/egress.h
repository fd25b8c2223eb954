/* The egress processes: one per upstream, started on demand by the supervisor. Uses queue here
 * until theirs is there. */
#ifndef SG_KEEPER_EGRESS_H
#define SG_KEEPER_EGRESS_H

#include "keeper/use.h"

struct keeper;

TAILQ_HEAD(egress_waiting, use);

struct egress_slot {
    uint64_t peer; /* serial, 0: none now */
    bool wanted;   /* asked the supervisor for it */
    struct egress_waiting waiting;
};

struct egresses {
    struct egress_slot slot[LIM_UPSTREAMS];
};

void egress_init(struct keeper *k);
/* u waits for the process of its upstream, which is asked for. */
void egress_queue(struct keeper *k, struct use *u);
/* Nothing when it does not wait. */
void egress_unqueue(struct keeper *k, struct use *u);
/* NULL: it is not there now. */
struct chan *egress_chan(struct keeper *k, uint16_t upstream);
/* Tells it to end whatever uses this connection. */
void egress_drop(struct keeper *k, uint16_t upstream, struct connection_id c);

void egress_peer(struct keeper *k, struct chan *c);
void egress_lost(struct keeper *k, struct chan *c);
void egress_on_failed(struct keeper *k, const struct msg_egress_failed *m);
void egress_on_dial_want(struct keeper *k, struct chan *c, const struct msg_dial_want *m);

#endif
