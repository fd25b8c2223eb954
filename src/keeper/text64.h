/* base64url without padding (RFC 4648 5), for requestState, which clients carry as a JSON string.
 * The keeper may not include proto, which has it for everybody else. */
#ifndef SG_KEEPER_TEXT64_H
#define SG_KEEPER_TEXT64_H

#include "base/buf.h"

void text64_put(struct buf *out, struct slice bytes);
/* Appends the bytes. ERR_SYNTAX: another character, an impossible length, or bits that no encoder
 * sets. */
MUST_USE enum err text64_get(struct slice text, struct buf *out);

#endif
