/*
 * Where a credential goes: from its packed fields to header lines and a piece of the query. Pure;
 * what it makes is as secret as what it was given, and stands in buffers that wipe.
 */
#ifndef SG_EGRESS_PLACE_H
#define SG_EGRESS_PLACE_H

#include "egress/conf.h"

/* Whether each configured place can hold what it is to, and does. ERR_CONFIG. */
MUST_USE enum err place_check(const struct egress_conf *c);

/* Made for one request. */
struct place_out {
    struct buf lines[LIM_PLACES]; /* "Name: value" each */
    size_t lines_n;
    struct buf query; /* "a=b&c=d", or empty */
};

void place_init(struct place_out *p);
void place_free(struct place_out *p); /* wipes */

/* Called with each value that must not come back: masked fields, and then (made) what was composed
 * of them and of what is no secret. */
typedef void place_secret_fn(void *ctx, struct slice value, bool made);

/*
 * Fills p (fresh from place_init) from the packed credential (messages.def, "permit"), and names
 * each secret to fn (NULL: nobody wants to know). ERR_PROTOCOL: not exactly the configured fields;
 * ERR_INVALID_PARAMS: a value with CR, LF or NUL, or with anything that its place cannot hold
 * (RFC 9110 5.5; RFC 7617 2: no colon in a user name). p then holds nothing.
 */
MUST_USE enum err place_fill(const struct egress_conf *c, struct slice credential,
                             place_secret_fn *fn, void *ctx, struct place_out *p);

#endif
