/* Towards the egress process that the permit names. */
#ifndef SG_GATEWAY_SEND_H
#define SG_GATEWAY_SEND_H

#include "gateway/call.h"

call_action call_permitted;
call_action call_send;

#endif
