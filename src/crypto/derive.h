/* Keys from keys. */
#ifndef SG_CRYPTO_DERIVE_H
#define SG_CRYPTO_DERIVE_H

#include "crypto/sec.h"

enum { DERIVE_KEY_BYTES = 32, DERIVE_LABEL_BYTES = 32 };

/*
 * A key of 32 bytes for one purpose: keyed BLAKE2b of label and context under from (32 bytes). The
 * label is a literal of 1 to 32 bytes and names the purpose; the context, which may be empty, says
 * for whom (a user's id, a key's number). Nothing about from, or about other keys, follows from the
 * result. The caller frees.
 */
MUST_USE struct sec *derive_key(const struct sec *from, const char *label, struct slice context);

#endif
