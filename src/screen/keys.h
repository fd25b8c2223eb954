/* What a key looks like: how it may begin, what it is written in, what stands in it. Pure. */
#ifndef SG_SCREEN_KEYS_H
#define SG_SCREEN_KEYS_H

#include "base/buf.h"

/* How much of s is a beginning that all tokens of its kind share (parts.def); 0 when none is known. */
size_t keys_beginning(struct slice s);

/* Whether s has a run of letters and digits that nobody would write by hand. */
bool keys_random(struct slice s);

/* Decimal digits alone. */
bool keys_is_number(struct slice s);

/* Whether s may be hexadecimal of a key: KEYS_CODE_MIN digits or more in one case of letters, also
 * a UUID with its dashes. out gets the bytes. */
#define KEYS_CODE_MIN 16
bool keys_hex(struct slice s, struct buf *out);
/* The same of base64 in either alphabet, with padding or without. */
bool keys_base64(struct slice s, struct buf *out);

/* The UUID of 16 bytes, with dashes. */
void keys_put_uuid(struct slice bytes, bool upper, struct buf *out);

/* Digits as other notations have them: as a number without leading zeros, and "1.2345678", which
 * begins what programs make of a large one ("1.2345678E7"). Nothing is appended where that would
 * say too little. */
void keys_put_plain_number(struct slice digits, struct buf *out);
void keys_put_mantissa(struct slice digits, struct buf *out);

/* Which bytes of a private key in DER (PKCS 1, PKCS 8, SEC 1) are secret: behind the modulus and
 * exponent of RSA, and of other kinds the first long string. All of it when it is none of these. */
void keys_der(struct slice der, size_t *ret_from, size_t *ret_to);

#endif
