/* The W ways of encodings.def: how one character of a text may be written. Pure. */
#ifndef SG_SCREEN_ESCAPE_H
#define SG_SCREEN_ESCAPE_H

#include "base/slice.h"

/* Longest: &DiacriticalGrave; */
#define ESCAPE_MAX 18

/* Whether an escape may begin with this byte. */
static inline bool escape_begins(uint8_t c)
{
    return c == '%' || c == '&' || c == '+' || c == '\\' || c == '\'';
}

/* The escape at the start of s: its length, or 0 when there is none. dst gets the *ret_n (one to
 * four) bytes that it stands for. */
size_t escape_read(struct slice s, uint8_t dst[4], size_t *ret_n);

#endif
