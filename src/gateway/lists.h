/* Lists and server/discover answered from what is stored. */
#ifndef SG_GATEWAY_LISTS_H
#define SG_GATEWAY_LISTS_H

#include "gateway/call.h"

/* Answers a list or server/discover from what is stored, since the upstream does not; why is for
 * when nothing is. */
void call_list_from_snapshot(struct call *c, enum err why);
bool call_is_list(const struct call *c);

call_action call_stored;

#endif
