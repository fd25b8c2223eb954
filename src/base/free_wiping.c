/*
 * free() and realloc() of the C library's interface, for a whole process: what is given back is
 * wiped, by whomever it was allocated. Linked into surface alone, as an object of its own: session
 * cookies and CSRF tokens pass through copies that libmicrohttpd makes of a response, frees without
 * wiping, and takes no allocator for. Not in builds with a sanitizer, which has its own free().
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* glibc's own, under the name that it keeps for those who replace the other. */
void __libc_free(void *p);

void free(void *p)
{
    if (p)
        explicit_bzero(p, malloc_usable_size(p));
    __libc_free(p);
}

/* Moves always: the C library's would free what it moves from, without us. */
void *realloc(void *p, size_t n)
{
    size_t old = p ? malloc_usable_size(p) : 0;
    void *new = NULL;

    if (n > 0 || !p)
        new = malloc(n);
    if (new &&p)
        memcpy(new, p, old < n ? old : n);
    if (new || n == 0)
        free(p);
    return new;
}
