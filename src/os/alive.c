/* A start that goes on. Run by every role while it opens what it needs, in one thread. */
#include "os/alive.h"

#include "os/clock.h"

#include <stddef.h>

enum { PAUSE_MS = 200 };

static void (*told)(void *ctx);
static void *told_ctx;
static uint64_t next_ms;

void alive_tell(void (*fn)(void *ctx), void *ctx)
{
    told = fn;
    told_ctx = ctx;
    next_ms = 0;
}

void alive(void)
{
    uint64_t now = 0;

    if (!told)
        return;
    now = clock_steady_ms();
    if (now < next_ms)
        return;
    next_ms = now + PAUSE_MS;
    told(told_ctx);
}
