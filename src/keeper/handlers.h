/* Which message is whose. */
#ifndef SG_KEEPER_HANDLERS_H
#define SG_KEEPER_HANDLERS_H

#include "ipc/chan.h"

/* A message, for the keeper that ctx is. False: it is none of the keeper's. */
bool keeper_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd);

#endif
