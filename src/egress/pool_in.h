/* What pool.c and http.c share. */
#ifndef SG_EGRESS_POOL_IN_H
#define SG_EGRESS_POOL_IN_H

#include <uthash.h>

#include "base/group.h"
#include "egress/pool.h"

/* A socket that nobody has used yet. */
struct pool_spare {
    int fd;
    struct pool *pool;
    const struct http *http; /* whose it is; NULL: anybody's */
    struct group_link of_http;
    struct loop_watch *watch;
};

TAILQ_HEAD(pool_conns, conn);

struct pool {
    struct pools *all;
    struct pool_key key;
    bool dropped; /* not found by pool_get any more */
    struct group_link of_connection;
    unsigned users;
    struct loop_timer *idle_timer; /* ends a pool that nobody uses */
    unsigned keep_alive;           /* seconds; what the upstream said last, or 0 */
    struct pool_conns idle;        /* what was used last comes first */
    size_t idle_n;
    struct groups spares; /* by whose they are */
    UT_hash_handle hh;
};

struct pools {
    struct loop *loop;
    const struct egress_conf *conf;
    const struct trust *trust;
    struct pool *by_key;
    struct groups by_connection; /* the same */
    unsigned count;              /* dropped ones too */
};

#endif
