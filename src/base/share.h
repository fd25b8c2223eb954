/*
 * A ledger of the bytes that a process holds for others, with a share for each of them: one who
 * asks for much is told to wait before the others are. It counts; the bytes are its users'.
 *
 * What an owner may hold: LIM_SHARE_LEAST always, so that others' large messages never stop small
 * ones. Beyond that its own share at most, and never more than the whole then has left: one alone
 * gets half of the whole, two a third each, and so on, so that there is room for one who comes.
 */
#ifndef SG_BASE_SHARE_H
#define SG_BASE_SHARE_H

#include <uthash.h>

#include "base/id.h"
#include "base/pace.h"

struct share;

struct shares {
    uint64_t most; /* for all owners together, but for what each may have always */
    uint64_t each; /* for one of them */
    uint64_t held;
    struct share *by_owner;
};

/* Of one owner, as long as anybody uses it. */
struct share {
    struct shares *all;
    struct digest owner;
    uint64_t held;
    unsigned users;
    unsigned connections; /* of it, for src/httpd */
    struct pace refusals; /* of it, for src/gateway */
    UT_hash_handle hh;
};

/* What one call, request or stream holds; bytes are counted once they are there. */
struct hold {
    struct share *share; /* NULL: nobody counts */
    uint64_t n;
};

void shares_init(struct shares *all, uint64_t most, uint64_t each);

/* The share of an owner, whose name is at most DIGEST_BYTES long; given back with share_put. */
struct share *share_get(struct shares *all, struct slice owner);
/* Once more the same share. Takes NULL, and gives it back. */
struct share *share_ref(struct share *s);
/* Takes NULL. */
void share_put(struct share *s);

/* h holds nothing yet. s may be NULL; it stays the caller's. */
void hold_init(struct hold *h, struct share *s);
/* From now on it is n bytes. Less is always right. More: ERR_RATE_LIMITED beyond the owner's own
 * share; ERR_AGAIN when all together leave no room. Nothing is changed then. */
MUST_USE enum err hold_set(struct hold *h, uint64_t n);
/* Whether hold_set(h, n) would be refused, and why. */
MUST_USE enum err hold_may(const struct hold *h, uint64_t n);
/* Nothing is held any more; h is then as after hold_init with no share. */
void hold_free(struct hold *h);

#endif
