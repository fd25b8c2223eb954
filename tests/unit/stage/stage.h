/*
 * A stage for one role: the real binary, in its real jail, with this test as its supervisor and as
 * all its peers. The test sends what they would send and sees what the role sends to each.
 */
#ifndef SG_STAGE_H
#define SG_STAGE_H

#include "base/buf.h"
#include "ipc/chan.h"
#include "os/spawn.h"

/* Everything that the role says, to any of its peers; c's own role tells to whom. */
typedef void stage_fn(void *ctx, enum role to, enum msg type, union msg_any *m, int fd);

struct stage_peer {
    struct stage *stage;
    struct chan *chan; /* NULL once the role has ended it, or stage_cut was called */
    enum role role;
    enum err why; /* how it ended */
};

enum { STAGE_PEERS = 8 };

struct stage {
    struct loop *loop;
    struct child child;
    struct chan *supervisor;
    struct loop_watch *log_watch, *end_watch;
    int log_fd;
    struct buf log; /* all that the role logged */
    bool ready, ended;
    struct child_end end;
    enum role role;
    struct stage_peer peers[STAGE_PEERS];
    size_t peers_n;
    stage_fn *fn;
    void *ctx;
};

/* Starts the binary (with SSL_CERT_FILE in its environment, if this test has it) and says boot;
 * conf_* rows are then sent with send_conf_*(s->supervisor, ...), and stage_ready waits for the
 * jail. */
void stage_start(struct stage *s, enum role role, const char *path, stage_fn *fn, void *ctx);
void stage_ready(struct stage *s);
/* Makes this test a peer of the role. The pointer lives until stage_stop. */
struct stage_peer *stage_peer(struct stage *s, enum role role, uint32_t instance,
                              uint64_t generation);
/* Closes that channel. */
void stage_cut(struct stage_peer *p);

/* Runs the loop until *flag is not 0, at most 20 seconds; fails the test after that, or when the
 * role ends unless flag is &s->ended. */
void stage_until(struct stage *s, const volatile bool *flag);
/* Runs until *count >= want. */
void stage_until_count(struct stage *s, const volatile unsigned *count, unsigned want);
/* Runs the loop for that long; for what must not happen. */
void stage_idle(struct stage *s, unsigned ms);

/* Asks the role to end, and fails unless it ends with status 0. Then frees. */
void stage_stop(struct stage *s);
/* Kills and frees; for the teardown of a test that failed. */
void stage_kill(struct stage *s);

/* Whether the log holds that text. */
bool stage_logged(const struct stage *s, const char *text);

#endif
