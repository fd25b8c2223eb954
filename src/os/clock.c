/*
 * Reads the kernel's clocks. Run by every role; both calls are allowed in every jail.
 */
#include "os/clock.h"

#include <time.h>

static uint64_t clock_ms(clockid_t which)
{
    struct timespec t;

    BUG_IF(clock_gettime(which, &t) != 0);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t clock_boot_ms(void)
{
    return clock_ms(CLOCK_BOOTTIME);
}

uint64_t clock_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}
