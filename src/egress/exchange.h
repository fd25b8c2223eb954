/* HTTP as what carries messages to the upstream. */
#ifndef SG_EGRESS_EXCHANGE_H
#define SG_EGRESS_EXCHANGE_H

#include "egress/transport.h"

extern const struct transport exchange_http;

#endif
