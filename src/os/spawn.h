/* Starting a role and learning of its end; the supervisor's. Always fork and exec together: a fork
 * alone would repeat the address layout, and the memory, of its parent. */
#ifndef SG_OS_SPAWN_H
#define SG_OS_SPAWN_H

#include "base/err.h"

struct spawn {
    const char *path;        /* of the binary, absolute */
    const char *const *argv; /* ends with NULL */
    const char *const *env;  /* ends with NULL; the whole environment */
    int input;               /* becomes descriptor 0; 0 stands for /dev/null */
    int channel;             /* becomes descriptor 3 */
    int log;                 /* becomes descriptors 1 and 2 */
};

struct child {
    int pid;
    int handle; /* a descriptor of the process: readable when it has ended; closed by spawn_reap */
};

struct child_end {
    bool signalled; /* by a signal, whose number is code; else by exit(code) */
    int code;
};

/*
 * Starts the program with these four descriptors and nothing else open, in its own process group,
 * to be killed when we end. The descriptors given stay the caller's. ERR_NOT_FOUND: no such
 * program; ERR_FORBIDDEN: it may not be run; ERR_UNAVAILABLE: out of processes, descriptors or
 * memory; ERR_IO.
 */
MUST_USE enum err spawn_child(const struct spawn *s, struct child *ret);
/* Sends a signal to its whole process group. */
void spawn_signal(const struct child *c, int signal);
/* Takes the end of a child whose handle is readable. ERR_AGAIN: it still runs. */
MUST_USE enum err spawn_reap(struct child *c, struct child_end *ret);

/* A pipe for the log of a child: [0] for us, close-on-exec and non-blocking; [1] for the child,
 * non-blocking. */
MUST_USE enum err spawn_log_pipe(int ret_fds[2]);

#endif
