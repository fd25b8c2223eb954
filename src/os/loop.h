/*
 * The event loop of every role: epoll, timers on CLOCK_BOOTTIME, and work deferred to the end of a
 * turn. One loop a process, one thread. Callbacks may add and remove any watch or timer, their own
 * included.
 */
#ifndef SG_OS_LOOP_H
#define SG_OS_LOOP_H

#include "base/err.h"

struct loop;
struct loop_watch; /* one descriptor */
struct loop_timer;

enum {
    LOOP_READ = 1,
    LOOP_WRITE = 2,
    LOOP_HANGUP = 4 /* peer shut down its sending side */,
    LOOP_EDGE = 8
};

/* events: which of LOOP_READ | LOOP_WRITE | LOOP_HANGUP happened (an error counts as all that are
 * watched, and as LOOP_HANGUP). */
typedef void loop_fd_fn(void *ctx, unsigned events);
typedef void loop_fn(void *ctx);

/* A new loop; never NULL (aborts when the kernel refuses). loop_free takes NULL; watches and timers
 * must be gone. */
struct loop *loop_new(void);
void loop_free(struct loop *l);

/* Watches fd (not owned). The watch lives until loop_unwatch, which must come before fd is closed.
 */
struct loop_watch *loop_watch(struct loop *l, int fd, unsigned events, loop_fd_fn *fn, void *ctx);
void loop_watch_set(struct loop_watch *w, unsigned events);
void loop_unwatch(struct loop_watch *w); /* takes NULL; no callback for it comes afterwards, also
                                            not in this turn */

/* Runs fn once, after ms milliseconds (0: next turn). loop_timer_new makes an idle one; set again
 * re-arms it. */
struct loop_timer *loop_timer_new(struct loop *l, loop_fn *fn, void *ctx);
void loop_timer_set(struct loop_timer *t, uint64_t ms);
void loop_timer_stop(struct loop_timer *t);
void loop_timer_free(struct loop_timer *t); /* takes NULL */

/* Runs fn once at the end of this turn, after all ready descriptors were served; how work is
 * batched (the keeper's group commit, a channel's flush). Registering the same fn and ctx again in
 * a turn is once. What such work defers itself runs in the same turn, and what that defers in the
 * next. */
void loop_defer(struct loop *l, loop_fn *fn, void *ctx);
/* Takes a registration back, so that ctx can be freed; nothing when there is none. */
void loop_undefer(struct loop *l, loop_fn *fn, void *ctx);

/* Runs until loop_stop. */
void loop_run(struct loop *l);
/* One turn: waits at most wait_ms for something, serves what is ready. For tests. */
void loop_turn(struct loop *l, int wait_ms);
void loop_stop(struct loop *l);

/* Milliseconds of CLOCK_BOOTTIME, read once a turn; never goes back. For time-outs and not_after.
 */
uint64_t loop_now(const struct loop *l);

#endif
