/* From a typed password to what may leave the process that saw it. */
#ifndef SG_CRYPTO_PASSWORD_H
#define SG_CRYPTO_PASSWORD_H

#include "crypto/sec.h"

enum { PASSWORD_SALT_BYTES = 16, PASSWORD_VERIFIER_BYTES = 32 };

struct password_cost {
    uint64_t ops; /* passes, at most LIM_PASSWORD_OPS_MOST */
    uint64_t mem; /* bytes, at most LIM_PASSWORD_MEM_MOST */
};

/* LIM_PASSWORD_OPS and LIM_PASSWORD_MEM: what a new password gets. */
struct password_cost password_cost_default(void);

/*
 * Argon2id (RFC 9106), one lane, into a verifier of 32 bytes. Takes tens of milliseconds and
 * cost.mem bytes: not to be called on a loop. May be called on another thread, if nothing else uses
 * the password meanwhile. The caller frees. ERR_OUT_OF_RANGE for a cost outside what is allowed,
 * ERR_UNAVAILABLE when the memory is not to be had.
 *
 * The keeper stores hash_sec() of the verifier and compares that: who reads the store can neither
 * log in with what stands there nor skip the Argon2id of each guess.
 */
MUST_USE enum err password_verifier(const struct sec *password,
                                    const uint8_t salt[PASSWORD_SALT_BYTES],
                                    struct password_cost cost, struct sec **ret);

#endif
