/*
 * Threads for what would block the loop. Jobs wait in a bounded queue; what became of them comes on
 * the loop. A job belongs to one side at a time.
 */
#ifndef SG_OS_WORKER_H
#define SG_OS_WORKER_H

#include <sys/queue.h>

#include "base/err.h"
#include "os/loop.h"

/* The first member of what a job is. */
struct worker_job {
    TAILQ_ENTRY(worker_job) link;
    uint64_t ticket;
    unsigned group; /* set by who asks: those of one group share what a group may have */
    unsigned lane;  /* set by who asks: those of lane 0 go before those of lane 1, and so on */
};

enum { WORKER_LANES = 3 };

struct worker_ops {
    size_t max;                        /* jobs in hand */
    size_t group_waiting;              /* of those, of one group, without a thread */
    size_t group_threads;              /* that one group may have at a time */
    size_t lane_threads[WORKER_LANES]; /* that this lane and all after it may have at a time */

    void (*run)(struct worker_job *j);             /* on a thread: it touches nothing but the job */
    void (*done)(void *ctx, struct worker_job *j); /* on the loop, once a job; may ask again */
    void (*free)(struct worker_job *j); /* also of those that nobody waits for any more */
};

struct worker;

/* ERR_UNAVAILABLE: no descriptors. */
MUST_USE enum err worker_new(struct loop *l, const struct worker_ops *ops, void *ctx,
                             struct worker **ret);
/* Starts so many threads and waits until they run. Jobs may be asked before. ERR_UNAVAILABLE. */
MUST_USE enum err worker_start(struct worker *w, size_t threads);
/* Waits for the threads, which may take as long as a job. What waits is dropped. Takes NULL. */
void worker_free(struct worker *w);

/* Takes the job in any case. ERR_AGAIN: as many as may be are in hand, or of its group wait. */
MUST_USE enum err worker_ask(struct worker *w, struct worker_job *j, uint64_t ticket);
/* All jobs of that group, those that threads have too, are of that lane from now on. */
void worker_set_lane(struct worker *w, unsigned group, unsigned lane);
/* Nobody waits for the job of that ticket any more: if no thread has it yet, none will. */
void worker_drop(struct worker *w, uint64_t ticket);

#endif
