/* The two clocks: one for how long, one for when. */
#ifndef SG_OS_CLOCK_H
#define SG_OS_CLOCK_H

#include "base/defs.h"

/* Milliseconds since boot, sleep included (CLOCK_BOOTTIME); the same in all processes, never goes
 * back. */
uint64_t clock_boot_ms(void);
/* Milliseconds since 1970 (CLOCK_REALTIME). It may jump: no right is ever made longer by it. */
uint64_t clock_wall_ms(void);

/* Milliseconds of CLOCK_BOOTTIME, to count on from the time of day. */
uint64_t clock_steady_ms(void);

#endif
