/* What ends or moves uses from outside. */
#ifndef SG_EGRESS_USES_H
#define SG_EGRESS_USES_H

#include "egress/egress.h"

/* The gateway takes that many bytes more of the answer. */
void uses_credit(struct egress *all, struct chan *c, uint64_t call, uint32_t bytes);
/* The channel takes messages again. */
void uses_writable(struct egress *all, const struct chan *c);
/* The gateway's call ended: nobody waits. */
void uses_cancel(struct egress *all, struct chan *c, uint64_t call);
/* Its calls end as with uses_cancel. */
void uses_lost_gateway(struct egress *all, const struct chan *c);
/* What this use rode on is over; of a permit of this keeper. */
void uses_cut(struct egress *all, const struct chan *c, const struct use_id *id);
/* The connection was revoked: its uses, sessions and pools end. */
void uses_drop(struct egress *all, const struct connection_id *connection);
/* What has not been sent is not; what has been goes on, and its result is lost. */
void uses_lost_keeper(struct egress *all, const struct chan *c);
/* Ends all. */
void uses_stop(struct egress *all);

#endif
