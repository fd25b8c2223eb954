/* Connections to the upstream, which the dialer makes. */
#ifndef SG_EGRESS_DIAL_H
#define SG_EGRESS_DIAL_H

#include "egress/use.h"

/* The socket, which is then fn's; or -1, and why there is none. */
typedef void dial_fn(struct use *u, int fd, enum err why);

/* Gets u a connection when its agent key's turn comes, and tells fn, maybe at once. */
void dial_want(struct use *u, dial_fn *fn);
/* It waits no more. */
void dial_leave(struct use *u);

/* Who waits for a socket waits in vain. */
void dial_lost(struct egress *all);

#endif
