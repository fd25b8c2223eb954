/* What happens to a call. */
#ifndef SG_KEEPER_CALL_DECIDE_H
#define SG_KEEPER_CALL_DECIDE_H

#include "keeper/call.h"

/* Decides again, and acts on it when the store has it. */
void call_decide(struct keeper_call *call);
/* Inside work: what is to be done with the call. */
MUST_USE enum err call_judge(struct keeper_call *call, struct call_decision *d);

#endif
