/*
 * Argon2id on one thread of its own: it takes tens of milliseconds, and the loop has other people
 * to serve. Answers come on the loop.
 *
 * Questions wait in two lanes, each bounded, in which one name may have only a few. Strangers, who
 * cost nothing to make up, wait among themselves: whom the keeper knows comes before all of them,
 * and after at most the one whose hash is under way (decision 0015).
 */
#ifndef SG_SURFACE_HASHER_H
#define SG_SURFACE_HASHER_H

#include "crypto/password.h"
#include "os/loop.h"

struct hasher;

/* Whoever is asked for chooses none: the keeper says it together with the salt. */
enum hasher_lane {
    HASHER_KNOWN, /* a session, or a browser from which this person logged in before */
    HASHER_STRANGERS,
    HASHER_LANES
};

struct hasher_ask {
    uint64_t ticket;
    enum hasher_lane lane;
    struct slice name;   /* whose password it is said to be; at most LIM_USER_NAME_BYTES */
    const uint8_t *salt; /* PASSWORD_SALT_BYTES */
    struct password_cost cost;
};

/* The verifier, now owned, or NULL when it could not be made. Once for every hasher_ask that was
 * not dropped; what is dropped while it is hashed comes all the same. */
typedef void hasher_fn(void *ctx, uint64_t ticket, struct sec *verifier);

/* Starts the thread and waits until it runs, so that the jail finds it started. ERR_UNAVAILABLE. */
MUST_USE enum err hasher_new(struct loop *l, hasher_fn *fn, void *ctx, struct hasher **ret);
/* Waits for the thread to end; what was asked gets no answer. Takes NULL. */
void hasher_free(struct hasher *h);

/* Takes the password in any case. ERR_AGAIN: LIM_HASHES wait in that lane already, or
 * LIM_HASHES_OF_NAME under that name, or the next of the lane has waited for half of page_time. */
MUST_USE enum err hasher_ask(struct hasher *h, const struct hasher_ask *ask, struct sec *password);
/* Nobody waits for it any more: it is not hashed, unless that has begun. */
void hasher_drop(struct hasher *h, uint64_t ticket);

#endif
