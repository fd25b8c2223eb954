/* Moments and spans of time in words, for pages. UTC: a page without a script cannot know the
 * person's zone. */
#ifndef SG_SURFACE_SAY_H
#define SG_SURFACE_SAY_H

#include "base/defs.h"

#define SAY_TEXT 48

/* "2026-11-22T22:45:00Z". ms since 1970; beyond the year 9999 it is the end of that year. */
void say_iso(uint64_t ms, char ret[SAY_TEXT]);
/* "22:45 UTC" on the UTC day of now, else "23 Nov 2026, 22:45 UTC". */
void say_moment(uint64_t ms, uint64_t now, char ret[SAY_TEXT]);
/* "in 12 minutes", "3 hours ago", "just now", "in less than a minute". */
void say_distance(uint64_t ms, uint64_t now, char ret[SAY_TEXT]);
/* "15 minutes", "1 hour", "2 days"; rounded down to its largest unit. */
void say_span(uint64_t ms, char ret[SAY_TEXT]);

#endif
