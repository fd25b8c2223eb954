/* What the gateway is told about a call; each ends or moves the call as its name says. */
#ifndef SG_KEEPER_CALL_SAY_H
#define SG_KEEPER_CALL_SAY_H

#include "keeper/call.h"

void call_say_deny(struct call *call, enum err code);
void call_say_own(struct call *call);
void call_say_neutral(struct call *call, const struct handoff_row *h, enum ending ending);
void call_say_handoff(struct call *call, const struct handoff_row *h);
void call_say_hold(struct call *call, const struct handoff_row *h);
void call_say_permit(struct call *call, struct use *u, uint64_t egress_generation);

#endif
