/*
 * Allocation that aborts instead of failing, so that no caller has an arm for it that no test runs.
 * Run by every role. Sizes that a peer chose are checked against base/limits.def before they come
 * here.
 */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void *mem_zalloc(size_t n)
{
    return mem_zalloc_array(1, n);
}

void *mem_alloc(size_t n)
{
    void *p = malloc(n == 0 ? 1 : n);

    BUG_IF(!p);
    return p;
}

void *mem_zalloc_array(size_t count, size_t size)
{
    size_t n;
    void *p;

    BUG_IF(__builtin_mul_overflow(count, size, &n));
    p = calloc(1, n == 0 ? 1 : n);
    BUG_IF(!p);
    return p;
}

char *mem_strndup(const void *p, size_t n)
{
    char *copy;

    BUG_IF(n == SIZE_MAX);
    copy = mem_zalloc(n + 1);
    if (n > 0)
        memcpy(copy, p, n);
    return copy;
}

void mem_free(void *p)
{
    free(p);
}

void mem_wipe(void *p, size_t n)
{
    if (n > 0)
        explicit_bzero(p, n);
}

__attribute__((noinline)) void mem_wipe_stack(void)
{
    uint8_t dead[32768];

    mem_wipe(dead, sizeof dead);
}
