/*
 * The dials in progress: each asked for by the keeper, for one egress process of one generation, to
 * one host and port; resolved, judged by the address wall, connected, within SET_CONNECT_TIME in
 * all. An agent key has no more of them, at one upstream and at all together, than it leaves to
 * others: one alone half, two a third each, and so on.
 */
#ifndef SG_DIALER_DIALS_H
#define SG_DIALER_DIALS_H

#include "base/id.h"
#include "base/slice.h"
#include "dialer/address.h"
#include "os/loop.h"

struct dials;

/* What one dial is about; comes back with its end. */
struct dial_key {
    uint64_t dial; /* the egress' number */
    uint32_t egress;
    uint64_t egress_generation;
    uint16_t upstream;
    struct client_id client; /* the agent key that it counts for */
};

/* ERR_OK and a connected socket, which the callee owns; or -1 and ERR_UPSTREAM_DOWN,
 * ERR_UPSTREAM_ADDRESS (no address of that name is allowed), ERR_TIMEOUT, ERR_AGAIN (too many at
 * once, of that upstream, or of that agent key). Once for every dials_add, also from inside it. */
typedef void dials_fn(void *ctx, const struct dial_key *key, enum err e, int fd);

/* Before the jail; resolver_new's errors. wall must outlive the dials. */
MUST_USE enum err dials_new(struct loop *l, const struct address_wall *wall, dials_fn *fn,
                            void *ctx, struct dials **ret);
/* Starts the resolver's threads: in the jail. resolver_start's errors. */
MUST_USE enum err dials_start(struct dials *d);
/* Dials in progress get no callback. Takes NULL. */
void dials_free(struct dials *d);

void dials_add(struct dials *d, const struct dial_key *key, struct slice host, uint16_t port);
/* Gives up the dials for that egress process, without callbacks: nobody is there to be told. */
void dials_forget(struct dials *d, uint32_t egress, uint64_t egress_generation);

#endif
