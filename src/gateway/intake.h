/* What comes to an upstream's address: a method makes the call and answers, now or later. */
#ifndef SG_GATEWAY_INTAKE_H
#define SG_GATEWAY_INTAKE_H

#include "gateway/call.h"

typedef void intake_fn(struct gateway *g, const struct gateway_upstream *up, struct http_req *req);

intake_fn intake_post;

/* The token of a well-formed bearer header, up to LIM_TOKEN_BYTES; points into req.
 * ERR_UNAUTHENTICATED: there is none (RFC 6750 2.1). */
MUST_USE enum err intake_bearer(const struct http_req *req, struct slice *ret);
/* What the three share. Takes the bearer token into c. ERR_UNAUTHENTICATED when there is none. */
MUST_USE enum err intake_token(struct call *c);
/* Finds the session that the request names and joins it. ERR_UNKNOWN_SESSION; ERR_NO_SESSION when
 * it names none, or two; ERR_RATE_LIMITED beyond SET_CALLS_PER_CLIENT. */
MUST_USE enum err intake_session(struct call *c);

#endif
