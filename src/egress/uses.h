/* What ends or moves uses from outside. */
#ifndef SG_EGRESS_USES_H
#define SG_EGRESS_USES_H

#include "egress/egress.h"

/* The channel takes messages again. */
void uses_writable(struct egress *all, const struct chan *c);
/* Its calls end: nobody waits. */
void uses_lost_gateway(struct egress *all, const struct chan *c);
/* What has not been sent is not; what has been goes on, and its result is lost. */
void uses_lost_keeper(struct egress *all, const struct chan *c);
/* Ends all. */
void uses_stop(struct egress *all);

#endif
