/* What the gateway is told about a call; each ends or moves the call as its name says. */
#ifndef SG_KEEPER_CALL_SAY_H
#define SG_KEEPER_CALL_SAY_H

#include "keeper/call.h"

void call_say_deny(struct keeper_call *call, enum err code);
void call_say_own(struct keeper_call *call);
void call_say_neutral(struct keeper_call *call, const struct handoff_row *h, enum ending ending);
void call_say_handoff(struct keeper_call *call, const struct handoff_row *h);
void call_say_hold(struct keeper_call *call, const struct handoff_row *h);
void call_say_permit(struct keeper_call *call, struct keeper_use *u, uint64_t egress_generation);

#endif
