/*
 * Connections to the upstream, kept alive, in pools that share nothing: one pool for each user and
 * connection, so that bytes left over on a connection never meet another user's request. A pool is
 * one libcurl multi handle on our loop. Sockets come from the dialer, by pool_give.
 */
#ifndef SG_EGRESS_POOL_H
#define SG_EGRESS_POOL_H

#include "base/id.h"
#include "egress/conf.h"
#include "egress/tls.h"
#include "os/loop.h"

struct pools;
struct pool;
struct pool_ops;
struct http;

struct pool_key {
    struct user_id user;
    struct connection_id connection; /* zero: without a credential */
};

/* conf and trust outlive the pools; ops is http.h's. */
struct pools *pools_new(struct loop *l, const struct egress_conf *conf, const struct trust *trust,
                        const struct pool_ops *ops);
/* Closes what was opened with that connection: idle connections now, busy ones when they are put
 * back, and none is used again. */
void pools_drop(struct pools *p, const struct connection_id *connection);

/* The pool of this key, made if there is none; goes back with pool_put. */
struct pool *pool_get(struct pools *p, const struct pool_key *key);
void pool_put(struct pool *p);
/* A connected socket. Taken over. It is for the request that asked for it, until that one has left
 * on another connection or is over; then, or with NULL, for whichever needs one first. */
void pool_give(struct pool *p, int fd, const struct http *http);

/* What lists looked like when they were last stored for this pool's caller, and when that was; kept
 * here since it lives as long as it is of use. True, and remembered, when digest is new and the
 * last is LIM_LIST_PAUSE_MS old: a server whose list differs each time is no reason to write each
 * time. What is left out comes with the next request for the list. */
bool pool_list_is_new(struct pool *p, unsigned kind, const struct digest *digest);

#endif
