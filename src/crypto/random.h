/* Random bytes, from the kernel's generator (getrandom). */
#ifndef SG_CRYPTO_RANDOM_H
#define SG_CRYPTO_RANDOM_H

#include "base/id.h"
#include "crypto/sec.h"

/* Fills p. Cannot fail: a kernel without random bytes ends the process. */
void random_bytes(void *p, size_t n);
/* A new secret of n random bytes: a key, a token, a cookie. The caller frees. */
MUST_USE struct sec *random_sec(size_t n);

/* A new random id; takes any of the id structs of base/id.h. */
#define RANDOM_ID(id) random_bytes((id).b, sizeof((id).b))

#endif
