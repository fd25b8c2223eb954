/*
 * The head of everything that is encrypted here: version, algorithm, and the id of the key, so that
 * a key or an algorithm can be replaced while the old one is still around.
 *
 *     version u8 (1) | algorithm u8 | key id u32, big-endian | what the algorithm makes
 */
#ifndef SG_CRYPTO_BLOB_H
#define SG_CRYPTO_BLOB_H

#include "base/buf.h"

enum { BLOB_VERSION = 1, BLOB_HEAD = 6 };

enum blob_algorithm {
    BLOB_XCHACHA20 = 1, /* nonce of 24 bytes, ciphertext, tag of 16 bytes; aead.h */
    BLOB_BOX = 2,       /* libsodium's sealed box: X25519, XSalsa20-Poly1305; box_seal.h */
};

/* Which key is needed to open it. ERR_CORRUPT when it is too short, or of another version or
 * algorithm. */
MUST_USE enum err blob_key_id(struct slice blob, enum blob_algorithm wanted, uint32_t *ret_id);
void blob_put_head(struct buf *b, enum blob_algorithm algorithm, uint32_t key_id);

#endif
