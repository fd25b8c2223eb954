/* Towards the keeper. */
#ifndef SG_GATEWAY_OPEN_H
#define SG_GATEWAY_OPEN_H

#include "gateway/call.h"

/* Asks as soon as there is room; new_id (JSON text) replaces the message's id, empty: it stays. */
void call_open(struct call *c, struct slice new_id);

call_action call_ask;

#endif
