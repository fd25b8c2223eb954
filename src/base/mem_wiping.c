/*
 * Memory that is wiped when it is given back. Run by egress, under OpenSSL, which keeps
 * copies of a request's head in buffers that it frees without wiping. The size stands before
 * the bytes.
 */
#include "base/mem_wiping.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* As large as the strictest alignment, so that what follows is aligned too. */
union wiping_head {
    size_t n; /* bytes after the head */
    max_align_t align;
};

void *mem_wiping_malloc(size_t n)
{
    union wiping_head *h;
    size_t all;

    BUG_IF(__builtin_add_overflow(n, sizeof(*h), &all));
    h = mem_alloc(all);
    h->n = n;
    return h + 1;
}

void mem_wiping_free(void *p)
{
    union wiping_head *h;

    if (!p)
        return;
    h = (union wiping_head *)p - 1;
    mem_wipe(h, sizeof(*h) + h->n);
    free(h);
}

void *mem_wiping_realloc(void *p, size_t n)
{
    void *new;

    if (n == 0) {
        mem_wiping_free(p);
        return NULL;
    }
    new = mem_wiping_malloc(n);
    if (p) {
        size_t old = ((union wiping_head *)p - 1)->n;
        memcpy(new, p, old < n ? old : n);
        mem_wiping_free(p);
    }
    return new;
}
