/* A handoff on its way to the client. */
#ifndef SG_GATEWAY_DELIVER_H
#define SG_GATEWAY_DELIVER_H

#include "gateway/call.h"

call_action call_handed_off;
call_action call_held;
call_action call_neutral;
call_action call_answered;
call_action call_late;
call_action call_hold_lost;

#endif
