/* The last lists seen of an upstream, per era, with each connection and without one: put by egress
 * in parts, given to gateways in parts. Opaque bytes. */
#ifndef SG_KEEPER_SNAPSHOT_H
#define SG_KEEPER_SNAPSHOT_H

#include "keeper/core.h"

/* There is room in this channel: what its calls wait for. */
void snapshots_give(struct keeper *k, struct chan *c);

#endif
