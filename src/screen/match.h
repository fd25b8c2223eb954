/* Between screen.c, which knows messages, and match.c, which knows bytes. */
#ifndef SG_SCREEN_MATCH_H
#define SG_SCREEN_MATCH_H

#include "screen/screen.h"

/* [from, to) of a text. */
struct screen_span {
    size_t from, to;
};

/*
 * Steps of the matcher: a pattern that is looked at, be it only to pass it over, a reading that is
 * moved by a byte, an escape that is read beside a match, so many bytes that are compared as they
 * are. Who chooses both value and text can make each byte of the text cost thousands, and all others
 * at the upstream wait meanwhile. So a message has some, and some more for each byte of each text in
 * it. Texts of nothing but values, in any encoding, take about one a byte. A step takes some 20 ns.
 */
#define SCREEN_STEPS        65536
#define SCREEN_STEPS_A_BYTE 4
#define SCREEN_STEP_BYTES   8

/* Before each message. */
void screen_begin(struct screen *s);
/* Before each text of it. */
void screen_begin_text(struct screen *s, struct slice text);
/* Whether the steps did not suffice for this text: then it may hold what was not found. */
bool screen_gave_up(const struct screen *s);
/* How many were taken so far, of all messages. */
size_t screen_steps(const struct screen *s);

/* The first that stands for values at begin or behind it, with all that overlap it; false when
 * there is none, or the steps do not suffice. Without ret it looks no further than it must. */
bool screen_find(struct screen *s, struct slice text, size_t begin, struct screen_span *ret);

/* Whether any block is left to look for. */
bool screen_active(const struct screen *s);
/* Blocks that stand in this text are no longer screened: those that are found before the steps are
 * spent. */
void screen_learn(struct screen *s, struct slice text);
/* Nor is any form of a value that one of its forms stands in whole. After the last screen_learn. */
void screen_learn_forms(struct screen *s);
/* How many blocks are known. */
size_t screen_known(const struct screen *s);
/* "[redacted: label]" */
struct slice screen_label(const struct screen *s);

#endif
