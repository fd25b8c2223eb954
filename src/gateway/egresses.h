/* The channels to egress processes, which come and go, by upstream. */
#ifndef SG_GATEWAY_EGRESSES_H
#define SG_GATEWAY_EGRESSES_H

#include <sys/queue.h>

#include "base/limits.h"
#include "ipc/chan.h"

struct egress_peer {
    LIST_ENTRY(egress_peer) entry;
    struct chan *chan;
};

struct egresses {
    LIST_HEAD(, egress_peer) of[LIM_UPSTREAMS];
};

void egresses_done(struct egresses *all);
void egresses_add(struct egresses *all, struct chan *c);
void egresses_remove(struct egresses *all, const struct chan *c);
/* The process of this upstream and generation, or NULL while it is not here. */
struct chan *egresses_find(const struct egresses *all, uint16_t upstream, uint64_t generation);
/* Those of this upstream are told that the session is over. */
void egresses_end_session(const struct egresses *all, uint16_t upstream, struct session_id id);

#endif
