/* Uses of mode probe. */
#ifndef SG_EGRESS_PROBE_H
#define SG_EGRESS_PROBE_H

#include "egress/use.h"

extern const struct use_ops probe_ops;

/* Its permit is there. */
MUST_USE enum err probe_take(struct use *u, uint64_t number);

#endif
