/* What the keeper has stored of an upstream, a part at a time. */
#ifndef SG_GATEWAY_SNAPSHOT_H
#define SG_GATEWAY_SNAPSHOT_H

#include "gateway/call.h"

/* Gets what is stored and gives it to c->on_snapshot. */
void call_want_snapshot(struct call *c, enum snapshot kind);

call_action call_snapshot;
call_action call_no_snapshot;

#endif
