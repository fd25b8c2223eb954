/* Allocation that aborts instead of failing: nothing here has an out-of-memory arm. */
#ifndef SG_BASE_MEM_H
#define SG_BASE_MEM_H

#include "base/defs.h"

/* n zeroed bytes (n may be 0); the caller frees with mem_free. */
void *mem_zalloc(size_t n);
/* n bytes of whatever was there: none is read before it is written. */
void *mem_alloc(size_t n);
/* count*size zeroed bytes; an overflow of the product aborts. */
void *mem_zalloc_array(size_t count, size_t size);
/* NUL-terminated copy of n bytes. */
char *mem_strndup(const void *p, size_t n);
/* Takes NULL. Does not wipe: what is secret is not kept in such memory. */
void mem_free(void *p);
/* Wipes n bytes in a way the compiler may not remove. */
void mem_wipe(void *p, size_t n);
/* Overwrites what functions that have returned left on the stack, as deep as ours go. */
void mem_wipe_stack(void);

#define MEM_NEW(type) ((type *)mem_zalloc(sizeof(type)))

#endif
