/*
 * Names to addresses, by the C library, on a few threads: getaddrinfo has no form that does not
 * block. Questions wait in a bounded queue; no upstream has more than its share of it and of the
 * threads. Of these some are kept for upstreams whose last question was answered well and soon, so
 * that name servers which are silent hold up one another. Answers come on the loop.
 */
#ifndef SG_DIALER_RESOLVER_H
#define SG_DIALER_RESOLVER_H

#include "base/limits.h"
#include "base/slice.h"
#include "dialer/address.h"
#include "os/loop.h"

struct resolver;

struct resolver_answer {
    uint64_t ticket;
    enum err err; /* ERR_OK with n > 0, or ERR_UPSTREAM_DOWN: there is no such name, or no server
                     said so */
    size_t n;
    struct address a[LIM_ADDRESSES];
};

/* Called on the loop, once for each question that resolver_ask took and that was not dropped; one
 * that is dropped while it is asked comes all the same. */
typedef void resolver_fn(void *ctx, const struct resolver_answer *a);

/* Before the jail. Names are looked up in the hosts file and by DNS, whatever nsswitch.conf says:
 * its other services are libraries, which a jailed process cannot load. ERR_UNAVAILABLE: no
 * descriptors. */
MUST_USE enum err resolver_new(struct loop *l, resolver_fn *fn, void *ctx, struct resolver **ret);
/* Starts the threads; in the jail, since Landlock binds only threads that start inside. Questions
 * may be asked before. ERR_UNAVAILABLE: no threads. */
MUST_USE enum err resolver_start(struct resolver *r);
/* Waits for the threads, which may take as long as a question. Takes NULL. */
void resolver_free(struct resolver *r);

/* Asks for all addresses of a name, or of a numeric address itself. ERR_AGAIN: the queue is full,
 * or the upstream's share of it; ERR_UPSTREAM_DOWN: host cannot be a name (empty, too long, a NUL
 * in it); ERR_UPSTREAM_ADDRESS: there can be no such upstream. */
MUST_USE enum err resolver_ask(struct resolver *r, uint64_t ticket, uint16_t upstream,
                               struct slice host);
/* Nobody waits for it any more. */
void resolver_drop(struct resolver *r, uint64_t ticket);

#endif
