/*
 * Only in builds with sanitizers, which run without the jail's filter: what the kernel answers
 * there to libcurl's connect() on a socket that is connected already ("in progress"), this answers
 * here.
 */
#include "base/defs.h"

#if SANITIZED

#include <errno.h>

int connect(int fd, const void *address, unsigned size);

int connect(UNUSED int fd, UNUSED const void *address, UNUSED unsigned size)
{
    errno = EINPROGRESS;
    return -1;
}

#else

/* ISO C wants something in every file. */
typedef int unjailed_is_empty;

#endif
