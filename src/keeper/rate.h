/* How often something may be tried in a minute, by key. */
#ifndef SG_KEEPER_RATE_H
#define SG_KEEPER_RATE_H

#include "base/id.h"

#include <sys/queue.h>
#include <uthash.h>

struct rate_row {
    struct digest key;
    uint64_t since; /* ms, of the loop's clock */
    uint64_t n;
    TAILQ_ENTRY(rate_row) in_order;
    UT_hash_handle hh;
};

TAILQ_HEAD(rate_rows, rate_row);

struct rates {
    struct rate_row *by_key;
    struct rate_rows order; /* oldest first */
    size_t n, most;
};

/* most: of how many keys one minute's tries are known; beyond it the oldest is forgotten. For keys
 * that strangers make up. 0: of all, for keys of which there are only so many. */
void rate_init(struct rates *r, size_t most);
void rate_done(struct rates *r);
/* Whether one more try would be allowed. Counts nothing. */
MUST_USE bool rate_left(struct rates *r, struct digest key, uint64_t now, uint64_t per_minute);
/* Counts one try; false when it is one too many in this minute. */
MUST_USE bool rate_allow(struct rates *r, struct digest key, uint64_t now, uint64_t per_minute);

#endif
