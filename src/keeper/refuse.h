/* Errors that egress writes to an upstream, beside a use that runs. */
#ifndef SG_KEEPER_REFUSE_H
#define SG_KEEPER_REFUSE_H

#include "keeper/core.h"

void refuse_on_want(struct keeper *k, struct chan *c, const struct msg_refuse_want *m);

#endif
