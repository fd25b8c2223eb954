/* UTF-8 (RFC 3629). */
#ifndef SG_PROTO_UTF8_H
#define SG_PROTO_UTF8_H

#include "base/buf.h"

/* The length in bytes of the well-formed character at the start of s, and its code point; 0 when
 * there is none (empty, overlong, surrogate, beyond U+10FFFF, cut). ret may be NULL. */
size_t utf8_next(struct slice s, uint32_t *ret);
bool utf8_valid(struct slice s);
/* Writes a code point into dst, or appends it; it must be a scalar value (BUG otherwise). The number
 * of bytes. */
size_t utf8_encode(uint32_t cp, uint8_t dst[4]);
void utf8_put(struct buf *out, uint32_t cp);
/* Controls (but not line feed and tab), bidirectional controls, zero-width and other characters
 * that show nothing or change how others show. */
bool utf8_is_invisible(uint32_t cp);
/* Whether s is UTF-8 on one line, with nothing invisible in it: a name that a person can type. */
bool utf8_is_line(struct slice s);

#endif
