/*
 * The dials in progress: each asked for by the keeper, for one egress process of one generation, to
 * one host and port; resolved, judged by the address wall, connected, within SET_CONNECT_TIME in
 * all.
 */
#ifndef SG_DIALER_DIALS_H
#define SG_DIALER_DIALS_H

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
};

/* ERR_OK and a connected socket, which the callee owns; or -1 and ERR_UPSTREAM_DOWN,
 * ERR_UPSTREAM_ADDRESS (no address of that name is allowed), ERR_TIMEOUT, ERR_AGAIN (too many at
 * once). Once for every dials_add, also from inside it. */
typedef void dials_fn(void *ctx, const struct dial_key *key, enum err e, int fd);

/* Starts the resolver's threads: call it in the jail. */
MUST_USE enum err dials_new(struct loop *l, dials_fn *fn, void *ctx, struct dials **ret);
/* Dials in progress get no callback. Takes NULL. */
void dials_free(struct dials *d);

/* A range of addresses that one upstream may have although it is not public. ERR_OUT_OF_RANGE: not
 * 4 or 16 bytes, or a prefix longer than the address. Before any dials_new too, for which ranges
 * are kept by the caller: */
struct dials_allow {
    struct address_range *ranges;
    size_t n;
};
MUST_USE enum err dials_allow_add(struct dials_allow *a, uint16_t upstream, struct slice address,
                                  uint8_t prefix);
void dials_allow_done(struct dials_allow *a);
/* a must outlive d. Without it only public addresses are dialled. */
void dials_set_allow(struct dials *d, const struct dials_allow *a);

void dials_add(struct dials *d, const struct dial_key *key, struct slice host, uint16_t port);
/* Gives up the dials for that egress process, without callbacks: nobody is there to be told. */
void dials_forget(struct dials *d, uint32_t egress, uint64_t egress_generation);

#endif
