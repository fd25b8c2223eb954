/* Between screen.c, which knows messages, and match.c, which knows bytes. */
#ifndef SG_SCREEN_MATCH_H
#define SG_SCREEN_MATCH_H

#include "screen/screen.h"

/* [from, to) of a text. */
struct screen_span {
    size_t from, to;
};

/* The first that stands for values at begin or behind it, with all that overlap it; false when
 * there is none. */
bool screen_find(const struct screen *s, struct slice text, size_t begin, struct screen_span *ret);

/* Whether any value is left to look for. */
bool screen_active(const struct screen *s);
/* As much of each value as stands in this text is no longer screened. */
void screen_learn(struct screen *s, struct slice text);
/* Nor is a value that was made of such ones alone. After the last screen_learn. */
void screen_learn_made(struct screen *s);
/* How many values are known as a whole. */
size_t screen_known(const struct screen *s);
/* "[redacted: label]" */
struct slice screen_label(const struct screen *s);

#endif
