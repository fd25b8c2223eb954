/*
 * Where the bytes of secrets are: slots of a few sizes in regions that libsodium guards (pages
 * without access before and behind, locked, out of dumps). A slot that is left is wiped. For
 * sec.c alone; threads may call it at the same time.
 */
#ifndef SG_CRYPTO_SLOTS_H
#define SG_CRYPTO_SLOTS_H

#include "base/defs.h"

struct slot_region;

struct slot {
    uint8_t *p; /* zeroed */
    struct slot_region *of;
};

/* A slot for n bytes (at most LIM_SECRET_BYTES). False: there is no room, since the regions of
 * this process have LIM_SECRETS_BYTES (half of it for one of more than 1 KiB), or since the kernel
 * has no more. */
MUST_USE bool slots_take(size_t n, struct slot *ret_slot);
/* Wipes the slot, which was taken for n bytes. A write behind them is a bug. */
void slots_leave(const struct slot *slot, size_t n);

#endif
