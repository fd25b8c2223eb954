/* Dials: an egress process asks for a connection to its upstream. */
#ifndef SG_KEEPER_DIAL_H
#define SG_KEEPER_DIAL_H

#include "keeper/core.h"

void dial_on_want(struct keeper *k, struct chan *c, const struct msg_dial_want *m);

#endif
