/*
 * Chains: each names the one request that may be made for all legs of a requestState. A chain is
 * spent by the use that it makes, and stays so until no state with it can be good any more.
 */
#ifndef SG_KEEPER_CHAIN_H
#define SG_KEEPER_CHAIN_H

#include "keeper/core.h"

/* A state outlives its handoff by this, so that a late retry learns how it ended. */
enum { CHAIN_AFTER_MS = 3600000 };

/* Inside work, all of them. until: when the newest state of this chain that is known ends; one that
 * was sealed since for the same handoff ends no later than its life from now. */

/* ERR_BAD_STATE: it was spent before. */
MUST_USE enum err chain_spend(struct keeper *k, struct use_id chain, uint64_t until);
/* ERR_BAD_STATE: it was spent, or its time is over. */
MUST_USE enum err chain_check(struct keeper *k, struct use_id chain, uint64_t until);

#endif
