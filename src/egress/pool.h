/*
 * Connections to the upstream, kept alive, in pools that share nothing: one pool for each user and
 * connection, so that bytes left over on a connection never meet another user's request. Sockets
 * come from the dialer, by pool_give.
 */
#ifndef SG_EGRESS_POOL_H
#define SG_EGRESS_POOL_H

#include "base/id.h"
#include "egress/conf.h"
#include "egress/conn.h"

struct pools;
struct pool;
struct http;

struct pool_key {
    struct user_id user;
    struct connection_id connection; /* zero: without a credential */
};

/* conf and trust outlive the pools. */
struct pools *pools_new(struct loop *l, const struct egress_conf *conf, const struct trust *trust);
/* Closes what was opened with that connection: idle connections now, busy ones when they are put
 * back, and none is used again. */
void pools_drop(struct pools *p, const struct connection_id *connection);

/* The pool of this key, made if there is none; goes back with pool_put. */
struct pool *pool_get(struct pools *p, const struct pool_key *key);
void pool_put(struct pool *p);
/* A connected socket. Taken over. It is for the request that asked for it, until that one has left
 * on another connection or is over; then, or with NULL, for whichever needs one first. */
void pool_give(struct pool *p, int fd, const struct http *http);

/* A connection for this request, which has it alone until pool_release: the one that was used most
 * lately, else one on a socket that was given. NULL: there is none. */
struct conn *pool_take(struct pool *p, const struct http *h);
/* May it be used again? Else it is closed. Takes NULL. */
void pool_release(struct pool *p, struct conn *c, bool again);
/* The request has left, or is over: it needs no socket any more. */
void pool_served(struct pool *p, const struct http *h);
/* How long the upstream keeps an idle connection, in seconds. */
void pool_keeps(struct pool *p, unsigned seconds);

#endif
