/* The keeper's clock. */
#include "keeper/core.h"

#include "os/clock.h"

/* Both clocks are read here and now: with the loop's time, which is of the turn's beginning, each
 * look would move it on by what passed since. */
uint64_t keeper_now(struct keeper *k)
{
    uint64_t boot = clock_steady_ms(), wall = clock_wall_ms();
    uint64_t steady = k->clock_base + (boot - k->boot_base);

    if (wall <= steady)
        return steady;
    k->clock_base = wall;
    k->boot_base = boot;
    return wall;
}
