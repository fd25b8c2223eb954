/*
 * What happens often and needs no record each: counted by agent key or person, and recorded once a
 * minute with the number. In memory between: a crash loses the counts of a minute.
 */
#ifndef SG_KEEPER_SUMS_H
#define SG_KEEPER_SUMS_H

#include "keeper/core.h"

struct sum_key {
    uint32_t event;
    struct principal who; /* client is zero for what is not an agent key's */
};

struct sum {
    struct sum_key key;
    uint64_t n, writing; /* so far; of these in the record under way */
    UT_hash_handle hh;
};

/* Inside work: writes down what was counted. */
typedef enum err sums_record_fn(struct keeper *k, enum event event, const struct principal *who,
                                uint64_t n);

struct sums {
    sums_record_fn *record;
    struct sum *by_key;
    struct loop_timer *timer;
    bool writing;
};

void sums_open(struct keeper *k, sums_record_fn *record);
/* One more of that event. */
void sums_add(struct keeper *k, enum event event, struct principal who);
/* Queues the records of what was counted so far. */
void sums_flush(struct keeper *k);
void sums_close(struct keeper *k);

#endif
