/* What uses have in common whose messages Sidegate composes. */
#ifndef SG_EGRESS_OWN_H
#define SG_EGRESS_OWN_H

#include "egress/use.h"

/* Begins with a request in the first era that is configured. */
void own_take(struct use *u);
/* A request, of the next page with that cursor (JSON text, or empty). */
void own_post(struct use *u, struct slice method, struct slice cursor,
              const struct transport_events *events);
/* For its events. */
void own_leaves(struct use *u);
/* Whether that failure may be one of a server that knows the legacy era alone, and is to be asked
 * in it. */
bool own_may_be_legacy(const struct use *u, const struct transport_end *m);
/* A server may speak one era only, or say something else in each. */
void own_try_legacy(struct use *u);

#endif
