/* The gateway as a whole. */
#ifndef SG_GATEWAY_GATEWAY_H
#define SG_GATEWAY_GATEWAY_H

#include "gateway/core.h"

void gateway_init(struct gateway *g, struct loop *loop);
/* Makes the HTTP server; before the jail. */
void gateway_open(struct gateway *g);
/* Ends all calls and sessions; channels are the caller's. */
void gateway_done(struct gateway *g);

/* The channels, as they come and go. */
void gateway_peer(struct gateway *g, struct chan *c);
void gateway_lost(struct gateway *g, struct chan *c);
/* There is room again in this channel. */
void gateway_writable(struct gateway *g, struct chan *c);

#endif
