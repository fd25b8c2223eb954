/* Base64 (RFC 4648 4 and 5). */
#ifndef SG_BASE_BASE64_H
#define SG_BASE_BASE64_H

#include "base/buf.h"

enum base64_kind {
    BASE64,      /* "+" and "/", padded */
    BASE64_BARE, /* "+" and "/", not padded */
    BASE64_URL,  /* "-" and "_", not padded */
};

/* The six bits of a character in either alphabet, or -1. */
int base64_sextet(uint8_t c);
void base64_put(struct buf *out, enum base64_kind kind, struct slice s);
/* Canonical only: exact padding (none but for BASE64), unused bits zero. ERR_SYNTAX otherwise. */
MUST_USE enum err base64_decode(enum base64_kind kind, struct slice s, struct buf *out);
/* Lenient, for looking inside foreign text: either alphabet, padding or none, white space skipped.
 * ERR_SYNTAX on other bytes or an impossible length. */
MUST_USE enum err base64_decode_any(struct slice s, struct buf *out);

#endif
