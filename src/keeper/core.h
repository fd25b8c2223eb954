/* What the keeper's files share: the state of each, by the file's name, and the time. */
#ifndef SG_KEEPER_CORE_H
#define SG_KEEPER_CORE_H

#include "crypto/box_seal.h"
#include "keeper/conf.h"
#include "keeper/peers.h"
#include "keeper/rate.h"
#include "store/store.h"

struct keeper {
    struct loop *loop;
    struct chan *supervisor; /* NULL in tests that have none */
    struct store *store;
    struct node_id node;
    uint64_t epoch; /* how often this node has started; the fencing generation of its uses */
    uint64_t clock_base,
        boot_base; /* the last time that the wall clock was ahead, by both clocks */
    struct keeper_conf conf;
    struct peers peers;
    struct rates rates, strangers; /* tries of people, and under names that nobody has */
    struct sec *box_key;           /* of this process: what people type is sealed to it */
    struct box_public box;
    struct keeper_parts *parts; /* holds the following */
    struct outbox *outbox;
    struct master *master;
    struct roots *roots;
    struct auth *auth;
    struct sums *sums;
    struct handoffs *handoffs;
    struct calls *calls;
    struct uses *uses;
    struct keeper_egresses *egresses;
    struct pages *pages;
    struct ride *rides;
    struct revoke_dead *dead;
    uint64_t revocations; /* so far; connections that were suspended or went stale count too */
    struct loop_timer *tidy;
};

/* Milliseconds since 1970, never going back, not even over a restart, and never slower than time
 * passes: a wall clock that is set forward, back, or forward and back again makes nothing live
 * longer. */
uint64_t keeper_now(struct keeper *k);

#endif
