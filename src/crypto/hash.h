/* Digests: SHA-256 for what others can check too, BLAKE2b for what only we can. None of these
 * fails. */
#ifndef SG_CRYPTO_HASH_H
#define SG_CRYPTO_HASH_H

#include "base/id.h"
#include "crypto/sec.h"

/* SHA-256 (FIPS 180-4) of s. */
struct digest hash_sha256(struct slice s);
/* SHA-256 of a secret that has as much entropy as a key, such as an agent's token. Never of a
 * password. */
struct digest hash_sec_sha256(const struct sec *s);

/* BLAKE2b with 32 bytes of output (RFC 7693), without a key: for messages of megabytes, which it
 * takes several times as fast as SHA-256, and whose digests only Sidegate's processes compare. */
struct digest hash_blake2b(struct slice s);

/* The same in parts: init, add any number of times, done once (which also wipes it). Holds no
 * memory. */
struct hash_blake2b {
    _Alignas(64) uint8_t state[384];
};
void hash_blake2b_init(struct hash_blake2b *h);
/* h is a struct hash_blake2b; request_put takes this, which may not include crypto. */
void hash_blake2b_add(void *h, struct slice s);
struct digest hash_blake2b_done(struct hash_blake2b *h);

/* The same at once, keyed by 16 to 64 bytes. */
struct digest hash_keyed(const struct sec *key, struct slice s);
/* The same without a key, of a secret: what the keeper stores of a password verifier. */
struct digest hash_sec(const struct sec *s);

#endif
