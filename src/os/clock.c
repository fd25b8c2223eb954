/*
 * Reads the kernel's clocks. Run by every role; both calls are allowed in every jail.
 *
 * In a build with -Dtest_seed=true the time of day, and what counts on from it, stand still where
 * SIDEGATE_TEST_SEED is set, as random bytes come from it there (crypto/random.c): two runs then
 * write the same times.
 */
#include "os/clock.h"

#include <time.h>

#ifdef SIDEGATE_TEST_SEED
#include <stdlib.h>
#endif

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

#ifdef SIDEGATE_TEST_SEED

/* A day for each seed: of two programs that run one after the other, the second has the higher. */
static const uint64_t day_ms = 24 * 3600000, base_ms = 2000000000000;

uint64_t clock_wall_ms(void)
{
    const char *seed = getenv("SIDEGATE_TEST_SEED");

    return seed ? base_ms + (uint8_t)seed[0] * day_ms : clock_ms(CLOCK_REALTIME);
}

uint64_t clock_steady_ms(void)
{
    return getenv("SIDEGATE_TEST_SEED") ? 0 : clock_boot_ms();
}

#else

uint64_t clock_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

uint64_t clock_steady_ms(void)
{
    return clock_boot_ms();
}

#endif
