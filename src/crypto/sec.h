/*
 * The secret type. Opaque; the bytes are in a slot of guarded memory (guard pages around, locked,
 * out of dumps; docs/decisions/0022), wiped on free. There is no way to print it, no function
 * that returns it as text, and no comparison but the constant-time one. For bytes only; a secret's
 * length is not treated as secret. NULL is an empty one, as a message between processes may have
 * it, and every function here takes it.
 *
 * A process has LIM_SECRETS_BYTES for them, since the kernel locks only so much memory of one.
 * One that is made beyond that is lost: it has no bytes and the length of none, is equal to
 * nothing, cannot be opened or sent, and sec_room says so.
 */
#ifndef SG_CRYPTO_SEC_H
#define SG_CRYPTO_SEC_H

#include "base/err.h"
#include "base/slice.h"

struct sec;

/* Copies n bytes (at most LIM_SECRET_BYTES, more is a bug) into a new secret and wipes the source.
 * The caller frees. */
MUST_USE struct sec *sec_take(void *p, size_t n);
/* An independent copy; the only way to copy, and it says so. */
MUST_USE struct sec *sec_clone(const struct sec *s);
void sec_free(struct sec *s); /* wipes */

/* ERR_AGAIN: there was no room for s, which is lost. */
MUST_USE enum err sec_room(const struct sec *s);
/* Length in bytes. */
size_t sec_len(const struct sec *s);
/* Opens s for the length of one call of fn; the slice must not outlive it. Returns what fn returns,
 * or ERR_AGAIN without calling it when s is lost.
 * Opening one s again inside fn, or freeing it there, is a bug. */
MUST_USE enum err sec_with(const struct sec *s, enum err (*fn)(void *ctx, struct slice bytes),
                           void *ctx);
/* Constant time in the content; false at once for different lengths. */
bool sec_equal(const struct sec *a, const struct sec *b);

#endif
