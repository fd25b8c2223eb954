/*
 * The opening half: what aead.h and box_seal.h make is opened here, and here only. Linked by keeper
 * alone. Every refusal is ERR_CORRUPT, whatever it was (other version, other key, other associated
 * data, changed, cut), and nothing of the text is given out then.
 */
#ifndef SG_CRYPTO_OPEN_H
#define SG_CRYPTO_OPEN_H

#include "base/buf.h"
#include "crypto/aead.h"
#include "crypto/box_seal.h"
#include "crypto/sec.h"

/* What is not a secret once opened, such as a requestState. Appends to ret; ERR_TOO_LARGE when it
 * has no room. Which key is needed says blob_key_id(). */
MUST_USE enum err open_aead(const struct aead_key *key, struct slice ad, struct slice blob,
                            struct buf *ret);
/* What is: straight into guarded memory. The caller frees *ret. */
MUST_USE enum err open_aead_sec(const struct aead_key *key, struct slice ad, struct slice blob,
                                struct sec **ret);

/* A new key pair for sealing; ret_public->id is id. The caller frees. */
MUST_USE struct sec *open_box_key(uint32_t id, struct box_public *ret_public);
/* The caller frees *ret. */
MUST_USE enum err open_box(const struct sec *key, const struct box_public *public,
                           struct slice blob, struct sec **ret);

#endif
