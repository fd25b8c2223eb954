/*
 * How fast somebody may go: so many at once, and so many a second in the long run. Zeroed at first.
 * Pure.
 */
#ifndef SG_BASE_PACE_H
#define SG_BASE_PACE_H

#include "base/defs.h"

#include <stdbool.h>
#include <stdint.h>

struct pace {
    uint64_t spent; /* thousandths of what may go at once */
    uint64_t at;    /* ms, of the loop's clock: when that was so */
};

struct pace_limit {
    uint64_t burst, rate; /* at once; a second */
};

/* One more, now. False: it is one too many, and is not counted; with any rate the next may go a
 * second later. */
MUST_USE bool pace_take(struct pace *p, const struct pace_limit *l, uint64_t now);

#endif
