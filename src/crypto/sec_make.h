/*
 * For this folder only: making a secret in its place, without a copy on the way.
 *
 *     s = sec_make(n, &bytes);  ... write n bytes ...;  return sec_made(s);
 */
#ifndef SG_CRYPTO_SEC_MAKE_H
#define SG_CRYPTO_SEC_MAKE_H

#include "crypto/sec.h"

/* A secret whose n bytes (uninitialised) may be written until sec_made(). */
MUST_USE struct sec *sec_make(size_t n, uint8_t **ret_bytes);
/* Closes it; returns s. */
struct sec *sec_made(struct sec *s);
/* Closes it when what was to fill it came to e: *ret is s then, or s is freed and the error is e, or
 * that there was no room for it. */
MUST_USE enum err sec_filled(struct sec *s, enum err e, struct sec **ret);

#endif
