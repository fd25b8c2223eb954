/* What the upstream answers. */
#ifndef SG_GATEWAY_ANSWER_H
#define SG_GATEWAY_ANSWER_H

#include "gateway/call.h"

/* The response of the upstream, or what stands for it, in c->message: changed as it must be, and
 * given to the client. */
void call_final(struct call *c);

call_action call_head;
call_action call_part;
call_action call_room;

#endif
