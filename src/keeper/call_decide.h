/* What happens to a call. */
#ifndef SG_KEEPER_CALL_DECIDE_H
#define SG_KEEPER_CALL_DECIDE_H

#include "keeper/call.h"

/* Decides again, and acts on it when the store has it. */
void call_decide(struct keeper_call *call);

#endif
