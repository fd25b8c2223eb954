/*
 * A TCP connection to the first of some addresses that answers: in order, the next one is tried
 * when the one before it failed or has not answered within LIM_NEXT_ADDRESS_MS, those before it
 * going on (RFC 8305 5, without sorting: the resolver did that). Addresses were judged before.
 */
#ifndef SG_DIALER_CONNECTOR_H
#define SG_DIALER_CONNECTOR_H

#include "dialer/address.h"
#include "os/loop.h"

struct connector;

/* ERR_OK and a connected, non-blocking socket without Nagle's delay, which the callee owns;
 * otherwise -1 and ERR_UPSTREAM_DOWN. Called once, never from inside connector_new, and not after
 * connector_free, which the callee may call. */
typedef void connector_fn(void *ctx, enum err e, int fd);

/* a is copied; 1 <= n <= LIM_ADDRESSES. */
struct connector *connector_new(struct loop *l, const struct address *a, size_t n, uint16_t port,
                                connector_fn *fn, void *ctx);
/* Gives up what is still under way. Takes NULL. */
void connector_free(struct connector *c);

#endif
