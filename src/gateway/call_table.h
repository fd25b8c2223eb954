/* The table of call.def in force; call_event (call.h) is defined here. */
#ifndef SG_GATEWAY_CALL_TABLE_H
#define SG_GATEWAY_CALL_TABLE_H

#include "gateway/call.h"

/* The same event for all, or (token not NULL) for those that were shown with that token. */
void calls_event(struct gateway *g, enum call_ev ev, const struct digest *token);

#endif
