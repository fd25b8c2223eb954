/* Between screen.c, which knows messages, and match.c, which knows bytes. */
#ifndef SG_SCREEN_MATCH_H
#define SG_SCREEN_MATCH_H

#include "screen/screen.h"

/* [from, to) of a text stands for this value; it was found at position at. */
struct screen_match {
    size_t from, to, at;
    size_t value;
};

/* The first match that is found at a position in [at, before); false when there is none. Of a
 * base64 form ret->from may be one less than that position. */
bool screen_find(const struct screen *s, struct slice text, size_t at, size_t before,
                 struct screen_match *ret);

/* Whether any value is left to look for. */
bool screen_active(const struct screen *s);
/* No longer screened, nor any value that this one is a part of. */
void screen_excuse_value(struct screen *s, size_t value);
/* "[redacted: label]" */
struct slice screen_label(const struct screen *s);

#endif
