/* Ed25519 signatures (RFC 8032): of the audit log's heads, and of receipts. */
#ifndef SG_CRYPTO_SIGN_H
#define SG_CRYPTO_SIGN_H

#include "base/id.h"
#include "crypto/sec.h"

enum { SIGN_SEED_BYTES = 32, SIGN_PUBLIC_BYTES = 32, SIGN_BYTES = 64 };

struct sign_public {
    uint8_t b[SIGN_PUBLIC_BYTES];
};

struct signature {
    uint8_t b[SIGN_BYTES];
};

/* The key pair of a seed of 32 bytes (random_sec or derive_key). The caller frees; the seed may be
 * freed before. */
MUST_USE struct sec *sign_key(const struct sec *seed, struct sign_public *ret_public);

/* Signs purpose, a NUL, and message. The purpose is a literal, such as "sidegate audit head 1", so
 * that a signature made for one thing is none of another. */
struct signature sign_make(const struct sec *key, const char *purpose, struct slice message);
/* ERR_OK, or ERR_CORRUPT. */
MUST_USE enum err sign_check(const struct sign_public *public, const char *purpose,
                             struct slice message, const struct signature *signature);

#endif
