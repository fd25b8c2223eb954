/*
 * Encrypting with a key of ours: XChaCha20-Poly1305 with a random nonce. The blob begins with
 * blob.h's head, which is authenticated together with the associated data that the caller gives:
 * what the text belongs to (table, row, user, field ...), so that it opens nowhere else. Opening
 * stands in open.h and is linked by keeper alone.
 */
#ifndef SG_CRYPTO_AEAD_H
#define SG_CRYPTO_AEAD_H

#include "base/buf.h"
#include "crypto/sec.h"

enum { AEAD_KEY_BYTES = 32, AEAD_OVERHEAD = 6 + 24 + 16 };

struct aead_key {
    uint32_t id;
    const struct sec *key; /* AEAD_KEY_BYTES; not owned */
};

/* Appends the blob, plain.n + AEAD_OVERHEAD bytes, to ret. ERR_TOO_LARGE when ret has no room. */
MUST_USE enum err aead_seal(const struct aead_key *key, struct slice ad, struct slice plain,
                            struct buf *ret);
MUST_USE enum err aead_seal_sec(const struct aead_key *key, struct slice ad,
                                const struct sec *plain, struct buf *ret);

#endif
