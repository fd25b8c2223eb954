/*
 * Sealing to the running keeper: whoever has the public key can put something in, and not even they
 * can take it out again. What the text belongs to (handoff, user, field) is part of the text; the
 * keeper compares it after opening.
 */
#ifndef SG_CRYPTO_BOX_SEAL_H
#define SG_CRYPTO_BOX_SEAL_H

#include "base/buf.h"
#include "base/id.h"

enum { BOX_OVERHEAD = 6 + 48 };

struct box_public {
    uint32_t id;
    struct digest key; /* X25519; no digest, but of its size, as in the message seal_key */
};

/* Appends the blob, plain.n + BOX_OVERHEAD bytes, to ret. ERR_TOO_LARGE when ret has no room;
 * ERR_CORRUPT when the public key is not one. The caller wipes plain. */
MUST_USE enum err box_seal(const struct box_public *to, struct slice plain, struct buf *ret);

#endif
