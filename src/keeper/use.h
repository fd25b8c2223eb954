/*
 * Uses: each is one request that may leave for an upstream, at most once. Reserved in the store,
 * released to egress as a permit when the store has it, audit has acknowledged it and nothing was
 * revoked in between, and ended by what egress reports.
 */
#ifndef SG_KEEPER_USE_H
#define SG_KEEPER_USE_H

#include "base/group.h"
#include "keeper/egress.h"
#include "keeper/outbox.h"

struct keeper_use;

LIST_HEAD(use_list, keeper_use);

/* What a use rides on, or takes from: a lease, or without one the agent key alone. */
struct ride_key {
    struct lease_id lease;
    struct client_id client;
};

/* What a use is for, while it is being decided. */
struct use_plan {
    enum mode mode;
    struct principal who;
    uint16_t upstream;
    struct connection_id connection; /* zero: without a credential */
    struct lease_id lease;
    uint64_t until;        /* the lease's, as a struct connection_now has it */
    bool take;             /* take one use of the lease */
    bool counted;          /* which has a last one: something follows from the end of this use */
    bool continues;        /* another use, which was answered by a question; so it may take none */
    uint8_t times;         /* how often its call has gone on, this time included */
    bool has_state;        /* with the upstream's requestState: */
    struct slice state;    /* the owner's, which it keeps until released() or use_detach */
    struct digest request; /* what it is, and where: as a struct keeper_call has it */
    bool summed;         /* a list without a credential: counted, and no row or record of its own */
    struct use_id chain; /* of a requestState, or zero */
    uint64_t chain_until;
    struct digest projection, body;
    uint64_t revocations; /* how many there had been when it was asked for */
};

struct keeper_use_end {
    enum result result;
    bool refused; /* the upstream did not accept the credential */
    enum err why; /* for unsent and unknown */
};

/* Whom a use tells; NULL: not of that. After ended() the use is gone. forgotten() comes instead when
 * the keeper closes: the owner frees itself. */
struct use_events {
    void (*forgotten)(void *owner);
    void (*released)(void *owner, struct keeper_use *u, uint64_t egress_generation);
    void (*ended)(void *owner, struct keeper_use *u, const struct keeper_use_end *end);
};

/* A list that is arriving, and then stored. */
struct snapshot_parts {
    struct keeper *k;
    struct connection_id connection; /* that it was seen with, or zero: for everybody */
    uint16_t upstream;
    enum era era;
    enum snapshot kind;
    uint32_t size;
    struct buf bytes;
};

enum use_state { USE_WAITING, USE_RELEASED, USE_ENDING };

struct keeper_use {
    struct use_id id;
    struct use_plan plan;
    enum use_state state;
    struct keeper *k;
    const struct use_events *events; /* NULL: nobody is interested any more */
    void *owner;
    uint64_t gateway, call; /* mode call: whose it is (serial, number) */
    bool audited, sealed;   /* sealed: a state to go on from it was given */
    bool leaving;           /* what its permit needs is being read: */
    uint64_t looked;        /* revocations, when that was asked for */
    struct sec *credential;
    uint64_t egress; /* serial, once released */
    uint32_t dials, refusals;
    struct keeper_use_end end;
    struct use_ending *ending; /* how it ended, until the store has it */
    bool unstored;             /* the store could not take it yet */
    struct loop_timer *timer;
    struct snapshot_parts *parts;
    struct egress_wait wait;
    struct outbox_wait audit_wait;
    struct ride *ride; /* NULL: it has none, or has left it */
    LIST_ENTRY(keeper_use) in_ride;
    struct group_link of_chain; /* once it was nobody's */
    UT_hash_handle hh;
};

struct uses {
    struct keeper_use *by_id;
    struct groups by_chain; /* of those that were nobody's */
    size_t unstored; /* how many ended and still stand in the store as running: while there is one,
                        nothing is reserved */
};

/* --- inside work ------------------------------------------------------------------------------ */

/* Takes the lease, spends the chain, writes the use and its record; one that is summed is counted
 * instead, and *ret_seq is 0. ERR_NOT_FOUND: no use of the lease is left.
 * ERR_BAD_STATE: the chain was used already. ERR_AGAIN: the store is behind (struct uses). */
MUST_USE enum err use_reserve(struct keeper *k, const struct use_plan *plan, struct use_id *ret_id,
                              uint64_t *ret_seq);
/* What an earlier life of this process left reserved becomes unknown. */
MUST_USE enum err use_recover(struct keeper *k);

/* --- after the commit ------------------------------------------------------------------------- */

struct use_start {
    struct use_id id;
    uint64_t seq; /* of its record */
    const struct use_plan *plan;
    uint64_t gateway, call;
    const struct use_events *events;
    void *owner;
};

struct keeper_use *use_start(struct keeper *k, const struct use_start *s);
#define USE_START(k, ...) use_start((k), &(struct use_start){__VA_ARGS__})
/* The owner is gone: a use that was not released is given back; another goes on without telling
 * anybody. */
void use_detach(struct keeper_use *u);
/* Nobody's use that spent this chain, and has not ended: its chain may be good again when it has.
 * NULL: there is none. */
struct keeper_use *use_of_chain(struct keeper *k, struct use_id chain);
/* A use that use_of_chain gave has an owner again, who is told of its end alone. */
void use_wait(struct keeper_use *u, const struct use_events *events, void *owner);
/* It was not released, and will not be. */
void keeper_use_fail(struct keeper_use *u, enum err why);
/* Ends a use: one that was not released at once, another by egress, whose result says what left. */
void keeper_use_cut(struct keeper_use *u, enum err why);
/* All that wait for audit. Goes through all uses, as when a peer is lost: audit takes nothing, and is
 * not asked again for a second. */
void uses_fail_waiting(struct keeper *k, enum err why);
/* The process that had these is gone: what was released to it is unknown. */
void uses_egress_lost(struct keeper *k, uint64_t egress);
void uses_close(struct keeper *k);

/* The use of that id if it was released to this channel. NULL: it is over or was never there; a use
 * of another process closes the channel. */
struct keeper_use *use_of(struct keeper *k, struct chan *c, struct use_id id);
/* What has arrived of a list is forgotten; may be nothing. */
void use_drop_parts(struct keeper_use *u);

/* --- rider.c ---------------------------------------------------------------------------------- */

/* A use of mode call that was started: takers are counted, riders kept with the lease they ride on,
 * or with the agent key where there is no lease. */
void rider_begin(struct keeper_use *u);
/* It ended, and the store has what became of its lease. When the last that takes has ended on a
 * lease that is used up, or the credential was refused, its riders are cut. No-op the second time.
 */
void rider_end(struct keeper_use *u);

#endif
