/* Landlock by raw system calls, since Debian 12's headers know less than kernels do. Used by
 * os/box.c alone, and by the tests of the jail. */
#ifndef SG_OS_LANDLOCK_H
#define SG_OS_LANDLOCK_H

#include "base/err.h"

struct landlock_path {
    const char *path;
    bool write; /* else read only */
    bool run;   /* also execute */
};

/* What of the network is left; needs version 4. */
enum { LANDLOCK_CONNECT = 1 };

/* The kernel's version of Landlock; 0 when there is none or it is switched off. */
uint32_t landlock_abi(void);
/*
 * From now on this thread opens only what is below these paths, connects and binds TCP only as net
 * says, and signals only processes of its own domain, each as far as version abi (from
 * landlock_abi(), > 0) knows it. A path that is not there is left out. ERR_SANDBOX.
 */
MUST_USE enum err landlock_restrict(uint32_t abi, const struct landlock_path *paths, size_t n,
                                    unsigned net);

#endif
