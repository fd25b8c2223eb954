/* What stands in the header of a message to the upstream. */
#ifndef SG_EGRESS_HEADERS_H
#define SG_EGRESS_HEADERS_H

#include "egress/http.h"
#include "egress/use.h"

/* Adds it. ERR_INVALID_PARAMS: the message has a name that no header can hold. */
MUST_USE enum err headers_put(const struct use *u, const struct transport_ask *ask, struct http *h);

#endif
