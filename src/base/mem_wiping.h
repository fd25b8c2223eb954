/*
 * An allocator with the C library's interface that wipes what is given back: for libraries through
 * whose buffers a secret passes. Like base/mem.h it aborts when there is no memory.
 */
#ifndef SG_BASE_MEM_WIPING_H
#define SG_BASE_MEM_WIPING_H

#include "base/defs.h"

/* Bytes are aligned as malloc's. Only mem_wiping_free and mem_wiping_realloc take such a pointer.
 */
void *mem_wiping_malloc(size_t n);
/* Takes NULL; moves always, so that what was there is wiped. n 0 frees and returns NULL. */
void *mem_wiping_realloc(void *p, size_t n);
/* Takes NULL. */
void mem_wiping_free(void *p);

#endif
