/*
 * Only in builds with sanitizers, which run without the jail's filter: what the kernel answers
 * there to libcurl's connect() on a socket that is connected already ("in progress"), this answers
 * here.
 */
#if !defined(__has_feature)
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) ||                         \
    __has_feature(thread_sanitizer)

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
