/* The last lists seen of an upstream, per era, with each connection and without one: put by egress
 * in parts, given to gateways in parts. Opaque bytes. */
#ifndef SG_KEEPER_SNAPSHOT_H
#define SG_KEEPER_SNAPSHOT_H

#include "keeper/core.h"

void snapshot_on_put(struct keeper *k, struct chan *c, const struct msg_snapshot_put *m);
/* Given at once, or when the gateway has read what it was given before: a few agents' lists would
 * fill its channel otherwise, and end it for everybody. */
void snapshot_on_get(struct keeper *k, struct chan *c, const struct msg_snapshot_get *m);
/* There is room in this channel: what its calls wait for. */
void snapshots_give(struct keeper *k, struct chan *c);

#endif
