/* The upstream's stream of a session, whose messages go to the client's. */
#ifndef SG_GATEWAY_FEED_H
#define SG_GATEWAY_FEED_H

#include "gateway/call.h"

/* It is asked for with this token, which is taken over. */
void call_feed(struct gateway_session *s, struct sec *token);
/* The feed was refused, or was ended by the keeper: the next call that goes out with a credential
 * asks for it again. */
void call_unfed(struct call *c);
/* Whether this call, now permitted, brings the feed again. */
bool call_feeds(const struct call *c);

#endif
