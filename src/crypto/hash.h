/* Digests: SHA-256 for what others can check too, keyed BLAKE2b for what only we can. None of these
 * fails. */
#ifndef SG_CRYPTO_HASH_H
#define SG_CRYPTO_HASH_H

#include "base/id.h"
#include "crypto/sec.h"

/* SHA-256 (FIPS 180-4) of s. */
struct digest hash_sha256(struct slice s);
/* The same, for projection_of, which may not include crypto. */
void hash_sha256_to(struct slice s, struct digest *ret);
/* SHA-256 of a secret that has as much entropy as a key, such as an agent's token. Never of a
 * password. */
struct digest hash_sec_sha256(const struct sec *s);

/* SHA-256 in parts: init, add any number of times, done once (which also wipes it). Holds no
 * memory. */
struct hash_sha256 {
    uint64_t state[14];
};
void hash_sha256_init(struct hash_sha256 *h);
void hash_sha256_add(struct hash_sha256 *h, struct slice s);
struct digest hash_sha256_done(struct hash_sha256 *h);
/* hash_sha256_add for request_put, which may not include crypto; h is a struct hash_sha256. */
void hash_sha256_put(void *h, struct slice s);

/* BLAKE2b with 32 bytes of output (RFC 7693), keyed by 16 to 64 bytes. */
struct digest hash_keyed(const struct sec *key, struct slice s);
/* The same without a key, of a secret: what the keeper stores of a password verifier. */
struct digest hash_sec(const struct sec *s);

#endif
