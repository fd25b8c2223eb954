/*
 * Argon2id on one thread of its own: it takes tens of milliseconds, and the loop has other people
 * to serve. Questions wait in a bounded queue. Answers come on the loop.
 */
#ifndef SG_SURFACE_HASHER_H
#define SG_SURFACE_HASHER_H

#include "crypto/password.h"
#include "os/loop.h"

struct hasher;

/* The verifier, now owned, or NULL when it could not be made. Once for every hasher_ask that was
 * not dropped; what is dropped while it is hashed comes all the same. */
typedef void hasher_fn(void *ctx, uint64_t ticket, struct sec *verifier);

/* Starts the thread and waits until it runs, so that the jail finds it started. ERR_UNAVAILABLE. */
MUST_USE enum err hasher_new(struct loop *l, hasher_fn *fn, void *ctx, struct hasher **ret);
/* Waits for the thread to end; what was asked gets no answer. Takes NULL. */
void hasher_free(struct hasher *h);

/* Takes the password in any case. ERR_AGAIN: LIM_HASHES wait already, or the next of them has
 * waited for half of page_time. */
MUST_USE enum err hasher_ask(struct hasher *h, uint64_t ticket, struct sec *password,
                             const uint8_t salt[PASSWORD_SALT_BYTES], struct password_cost cost);
/* Nobody waits for it any more: it is not hashed, unless that has begun. */
void hasher_drop(struct hasher *h, uint64_t ticket);

#endif
