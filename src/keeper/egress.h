/* The egress processes: one per upstream, started on demand by the supervisor. Uses queue here
 * until theirs is there. */
#ifndef SG_KEEPER_EGRESS_H
#define SG_KEEPER_EGRESS_H

#include "keeper/core.h"

typedef void egress_dropped_fn(void *ctx);

struct egress_drop {
    TAILQ_ENTRY(egress_drop) in_list;
    unsigned tick; /* when it was told */
    egress_dropped_fn *fn;
    void *ctx;
};

/* A part of what waits for an upstream's process. */
struct egress_wait {
    TAILQ_ENTRY(egress_wait) in_queue;
    void (*fn)(void *owner, enum err why); /* it is there, or (why) could not be started */
    void *owner;
    uint16_t upstream;
    bool waits;
};

TAILQ_HEAD(egress_waiting, egress_wait);
TAILQ_HEAD(egress_drops, egress_drop);

struct egress_slot {
    struct keeper *k;
    uint64_t peer; /* serial, 0: none now */
    bool wanted;   /* asked the supervisor for it */
    struct egress_waiting waiting;
    struct egress_drops drops;     /* told and not answered, in their order */
    struct loop_timer *drop_timer; /* runs while there are any */
    unsigned tick;
};

struct keeper_egresses {
    struct egress_slot slot[LIM_UPSTREAMS];
};

void egress_init(struct keeper *k);
void egress_close(struct keeper *k);
/* The process of its upstream is asked for. */
void egress_queue(struct keeper *k, struct egress_wait *w);
/* Nothing when it does not wait. */
void egress_unqueue(struct keeper *k, struct egress_wait *w);
/* NULL: it is not there now. */
struct chan *egress_chan(struct keeper *k, uint16_t upstream);
/* Tells it to end whatever uses this connection. fn, which may be NULL, once nothing leaves with it
 * any more: it says so, or is gone; at once if it is not there. One that says nothing within
 * LIM_DROP_MS is ended. */
void egress_drop(struct keeper *k, uint16_t upstream, struct connection_id c, egress_dropped_fn *fn,
                 void *ctx);

void egress_peer(struct keeper *k, struct chan *c);
void egress_lost(struct keeper *k, struct chan *c);

#endif
