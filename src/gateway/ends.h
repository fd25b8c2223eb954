/* How a call ends, or goes on, when the upstream's answer is not what comes. */
#ifndef SG_GATEWAY_ENDS_H
#define SG_GATEWAY_ENDS_H

#include "gateway/call.h"

call_action call_denied;
call_action call_keeper_lost;
call_action call_key_gone;
call_action call_forgotten;
call_action call_not_sent;
call_action call_unknown;
call_action call_end;
call_action call_late_end;
call_action call_refused_early;
call_action call_over;
call_action call_gone;
call_action call_cancelled;
call_action call_slow;

#endif
