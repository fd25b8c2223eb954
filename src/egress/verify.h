/* Uses of mode verify. */
#ifndef SG_EGRESS_VERIFY_H
#define SG_EGRESS_VERIFY_H

#include "egress/use.h"

extern const struct use_ops verify_ops;

/* Its permit is there. ERR_CONFIG: there is no method to try. */
MUST_USE enum err verify_take(struct use *u, uint64_t number);

#endif
