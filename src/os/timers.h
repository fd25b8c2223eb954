/* When timers are due: used by os/loop.c alone. Embedded, so that a timer costs no allocation. */
#ifndef SG_OS_TIMERS_H
#define SG_OS_TIMERS_H

#include "base/defs.h"

struct timer {
    uint64_t due;   /* milliseconds of the caller's clock */
    uint64_t order; /* of setting; equal due times fire in this order */
    size_t place;   /* index + 1 in the heap; 0 when idle */
};

struct timers {
    struct timer **heap; /* the earliest first */
    size_t n, cap;
    uint64_t order;
};

void timers_done(struct timers *ts);
/* Arms t, or moves it when it is armed. */
void timers_set(struct timers *ts, struct timer *t, uint64_t due);
/* Nothing when t is idle. */
void timers_remove(struct timers *ts, struct timer *t);
/* Everything set after this call has a higher order than what it returns. */
uint64_t timers_mark(const struct timers *ts);
/* Removes and returns the earliest timer that is due at now and was set before mark; NULL: none. */
struct timer *timers_pop(struct timers *ts, uint64_t now, uint64_t mark);
/* Milliseconds until the earliest, at most an hour; -1 without any. */
int timers_wait(const struct timers *ts, uint64_t now);

#endif
