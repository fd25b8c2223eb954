/* The keeper as a whole: what its files share. Each member belongs to the file of its name. */
#ifndef SG_KEEPER_KEEPER_H
#define SG_KEEPER_KEEPER_H

#include "crypto/box_seal.h"
#include "ipc/chan.h"
#include "keeper/auth.h"
#include "keeper/call.h"
#include "keeper/chain.h"
#include "keeper/conf.h"
#include "keeper/connection.h"
#include "keeper/egress.h"
#include "keeper/handoff.h"
#include "keeper/master.h"
#include "keeper/outbox.h"
#include "keeper/pages.h"
#include "keeper/peers.h"
#include "keeper/rate.h"
#include "keeper/revoke.h"
#include "keeper/rider.h"
#include "keeper/roots.h"
#include "keeper/session.h"
#include "keeper/snapshot.h"
#include "keeper/sums.h"
#include "keeper/use.h"
#include "keeper/vault.h"
#include "store/store.h"

struct node_id {
    uint8_t b[ID_BYTES];
};

struct keeper {
    struct loop *loop;
    struct chan *supervisor; /* NULL in tests that have none */
    struct store *store;
    struct node_id node;
    uint64_t epoch; /* how often this node has started; the fencing generation of its uses */
    uint64_t clock_base,
        boot_base; /* the last time that the wall clock was ahead, by both clocks */
    struct conf conf;
    struct peers peers;
    struct outbox outbox;
    struct master master;
    struct roots roots;
    struct sec *box_key; /* of this process: what people type is sealed to it */
    struct box_public box;
    struct auth auth;
    struct sums sums;
    struct rates rates, strangers; /* tries of people, and under names that nobody has */
    struct handoffs handoffs;
    struct calls calls;
    struct uses uses;
    struct ride *rides;
    struct egresses egresses;
    struct pages pages;
    struct revoke_dead *dead;
    uint64_t revocations; /* so far; connections that were suspended or went stale count too */
    struct loop_timer *tidy;
};

/* Opens the store and the keys, and ends what an earlier life left undone. k is zeroed but for
 * conf, which is complete. ERR_CONFIG: conf or keys do not fit together. ERR_AGAIN: another process
 * has the store. On an error keeper_close is called all the same. */
MUST_USE enum err keeper_open(struct keeper *k, struct loop *l, const char *data_dir,
                              const char *key_dir);
/* Finishes what is queued for the store, and frees everything. */
void keeper_close(struct keeper *k);

/* A channel came, or ended. */
void keeper_peer(struct keeper *k, struct chan *c);
void keeper_lost(struct keeper *k, struct chan *c);
/* There is room again in a channel that was full. */
void keeper_writable(struct keeper *k, struct chan *c);
/* handlers.c: a message. False: it is none of the keeper's. */
bool keeper_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd);

/* Milliseconds since 1970, never going back, not even over a restart, and never slower than time
 * passes: a wall clock that is set forward, back, or forward and back again makes nothing live
 * longer. */
uint64_t keeper_now(struct keeper *k);

#endif
