/* What the files of this folder share: the processes, and the supervisor's own state. */
#ifndef SG_SUPERVISOR_SUPERVISOR_H
#define SG_SUPERVISOR_SUPERVISOR_H

#include "base/pace.h"
#include "config/config.h"
#include "ipc/chan.h"
#include "os/loop.h"
#include "os/spawn.h"

#include <sys/queue.h>

struct supervisor;

enum proc_state {
    PROC_IDLE,    /* not wanted now (egress), or never */
    PROC_WAITING, /* ended; it is started again when its timer fires */
    PROC_BOOT,    /* started, not yet ready */
    PROC_RUNNING, /* in its jail, and serving */
    PROC_STOPPING /* asked to end, or killed */
};

struct log_budget {
    struct pace pace;
    uint64_t lost; /* since the last line that passed */
};

/* One process that is, was or may be. */
struct proc {
    struct supervisor *sup;
    TAILQ_ENTRY(proc) entry;
    enum role role;
    uint32_t instance; /* of an egress: the index of its upstream */
    char label[64];    /* "gateway 0", "egress weather" */
    enum proc_state state;
    uint64_t generation; /* of the last start */
    struct child child;
    struct chan *chan; /* NULL when its channel has ended */
    struct loop_watch *child_watch, *log_watch;
    struct loop_timer
        *timer; /* the end of patience in BOOT and STOPPING, the next start in WAITING */
    int log_fd;
    struct buf log_line;
    struct log_budget budget;
    bool wanted;          /* an egress: to be started again once it has ended */
    unsigned failures;    /* ends in a row */
    uint64_t ready_since; /* loop_now(); 0 when it is not ready */
};

struct supervisor {
    struct loop *loop;
    const struct config *config;
    bool init;         /* keeper and audit alone */
    bool use_landlock; /* false only for tests */
    unsigned uid, gid;
    char data_dir[256], key_dir[256], run_dir[256], control_path[300];
    int gateway_fd, surface_fd, control_fd;
    int lock_fd; /* of the run folder: every process has it as its descriptor 0 */
    uint16_t gateway_port, surface_port;
    struct loop_watch *control_watch;
    uint32_t clients; /* accepted on the control socket so far */
    uint64_t generation;
    TAILQ_HEAD(, proc) procs;
    bool serving;  /* all that must run have been ready once */
    bool stopping; /* asked to end */
    bool terminal; /* started on one: its end is the end of this */
    unsigned stage;
    int status;
};

/* --- proc.c: the life of one process ---------------------------------------------------------- */
struct proc *proc_new(struct supervisor *s, enum role role, uint32_t instance);
void proc_free(struct proc *p);
/* Starts it, from IDLE or WAITING: now, or a little later when it failed lately. */
void proc_start(struct proc *p);
/* Whether there is a process. */
bool proc_lives(const struct proc *p);
/* Asks it to end, or kills it when it is not ready for that. Nothing when it does not run. */
void proc_stop(struct proc *p);
/* Kills it; it is started again as after any end. */
void proc_restart(struct proc *p, const char *why);
struct proc *proc_find(const struct supervisor *s, enum role role, uint32_t instance);

/* --- wiring.c: who has a channel to whom ------------------------------------------------------ */
/* p is ready: gives it channels to its peers that are ready, them to p, and p, when all serve, its
 * listener. */
void wiring_connect(struct proc *p);
/* Gives gateway or surface the socket to serve; others nothing. */
void wiring_listen(const struct proc *p);

/* --- boot.c ----------------------------------------------------------------------------------- */
/* Sends boot, the configuration that this role needs, and boot_end. */
MUST_USE enum err boot_send(const struct proc *p);

/* --- control.c -------------------------------------------------------------------------------- */
void control_start(struct supervisor *s);
void control_stop(struct supervisor *s);

/* --- logs.c: from the processes' descriptors 2 to ours ---------------------------------------- */
/* Writes one line of that process, without its line feed; what is not a record of ours is quoted.
 */
void logs_line(struct proc *p, struct slice line);
/* Makes log_event of this process go the same way. */
void logs_own(struct supervisor *s);
/* Something can be read of p's log. False when it has ended. */
bool logs_read(struct proc *p);

/* --- stages.c: the beginning and the end of the whole ----------------------------------------- */
/* Makes and starts what must always run. */
void stages_start(struct supervisor *s);
/* A process became ready or ended: says "ready" when all are, goes on with the stop when one is
 * under way. */
void stages_changed(struct supervisor *s);
/* Ends everything in order; the loop ends after it. status is what the supervisor exits with. */
void stages_stop(struct supervisor *s, int status);

#endif
