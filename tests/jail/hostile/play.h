/*
 * A play: one real role, the binary as built, in its real jail, and this program as everybody
 * around it. Unlike a role's own channel, an end here sends whatever it is told to, in any form:
 * that is how the tests take a peer over. Everything waits at most a minute, then fails.
 */
#ifndef SG_HOSTILE_PLAY_H
#define SG_HOSTILE_PLAY_H

#include "unit.h"

#include <sys/queue.h>

#include "ipc/gen/messages.h"
#include "os/spawn.h"

struct play;

/* What the role said. */
struct line {
    TAILQ_ENTRY(line) entry;
    enum msg type;
    union msg_any m; /* its slices point into frame */
    int fd;          /* -1: none */
    bool taken;      /* by hear() */
    uint8_t frame[];
};

/* Our end of a channel to the role. */
struct end {
    struct play *play;
    int fd; /* -1: we have closed it */
    enum role role;
    uint32_t instance;
    uint64_t generation;
    bool over; /* the role has closed it */
    TAILQ_HEAD(, line) lines;
    TAILQ_ENTRY(end) entry;
};

/* Looks at each line as it comes; true: it is dealt with, and hear() does not see it. */
typedef bool play_fn(void *ctx, struct end *e, struct line *l);

struct play {
    enum role role;
    uint32_t instance;
    uint64_t generation;
    bool landlock;
    char dir[64], data[80], keys[80];
    struct child child;
    bool ended;
    struct child_end how;
    struct end *supervisor;
    TAILQ_HEAD(, end) ends; /* in the order of their making; freed with the play */
    uint64_t last_generation;
    int log_fd;
    struct buf log;
    size_t log_mark;
    play_fn *listen; /* may be NULL */
    void *ctx;
    void (*aside)(void *ctx); /* what else the test has to do while it waits; may be NULL */
};

/* What the programs are started with: where the build is. */
extern const char *play_build;

/* The two upstreams of every play: 0, "weather", needs a credential of one field, a "Bearer" in the
 * Authorization header; 1, "open", needs none. Both are at http://127.0.0.1:9/mcp. The keeper has a
 * third there, "once", with a credential for one call, and a fourth, "tried", where a new
 * credential is tried at once. */
enum { WEATHER = 0, OPEN = 1, ONCE = 2, TRIED = 3 };
#define SITE "http://localhost:8401"
/* The hosts that gateway and surface take for theirs. */
#define GATEWAY_HOST "127.0.0.1:8402"
#define SURFACE_HOST "localhost:8401"

/* --- life ------------------------------------------------------------------------------------- */

/* Starts the binary and says hello, nothing else. */
struct play *play_new(enum role role, bool landlock);
/* boot, the rows of the configuration that this role gets, boot_end; ready when it returns. */
void play_boot(struct play *p);
/* boot and the rows alone. */
void play_configure(struct play *p);
/* Kills it if it still lives; frees all. Takes NULL. */
void play_free(struct play *p);
/* Asks it to stop: it must, in order. */
void play_stop(struct play *p);
/* It must have ended, by itself, with a status other than 0 and no signal. */
void play_must_end(struct play *p);
/* Kills it and starts it again on the same folders, booted. All ends are over. */
void play_again(struct play *p);

/* A new peer with a right hello; the generation is the next one. */
struct end *play_peer(struct play *p, enum role role, uint32_t instance);
/* One that has said nothing yet. */
struct end *play_mute_peer(struct play *p, enum role role, uint32_t instance);
void end_hello(struct end *e);
/* We leave. */
void end_close(struct end *e);

/* --- saying ----------------------------------------------------------------------------------- */

/* Encodes m by its row, whether or not the role that we play may send it, and sends it. When the
 * role has closed the channel, nothing happens. */
void say(struct end *e, enum msg type, const void *m);
void say_fd(struct end *e, enum msg type, const void *m, int fd);
/* Bytes as one frame, with these descriptors. */
void say_raw(struct end *e, struct slice frame, const int *fds, size_t n);
/* The frame of a message, appended. */
void frame_put(struct buf *out, enum msg type, const void *m);

#define SAY(e, MSG, name, ...) say((e), (MSG), &(struct msg_##name){__VA_ARGS__})

/* --- hearing ---------------------------------------------------------------------------------- */

/* One round: what has come is taken in; waits ms for something. */
void play_turn(struct play *p, int ms);
#define UNTIL(p, condition)                                                                        \
    do {                                                                                           \
        uint64_t until_ = play_deadline();                                                         \
        while (!(condition)) {                                                                     \
            play_in_time((p), until_, #condition);                                                 \
            play_turn((p), 20);                                                                    \
        }                                                                                          \
    } while (0)
/* Until the role has read all that was said to it and done what it does about it, by itself: what
 * has not come then does not come. */
void play_settle(struct play *p);
uint64_t play_deadline(void);
void play_in_time(struct play *p, uint64_t deadline, const char *waits_for);

/* The next message of that type that was not heard yet; it lives as long as the play. Fails when
 * the channel or the role ends first. */
const union msg_any *hear(struct end *e, enum msg type);
struct line *hear_line(struct end *e, enum msg type);
/* How many of that type have come and were not heard. */
unsigned unheard(const struct end *e, enum msg type);
/* Any of the types, which end with MSG_NONE. */
struct line *hear_one_of(struct end *e, const enum msg *types);

/* The role has closed the channel, told the supervisor that this peer broke the protocol, and
 * lives. The command's end is not told. */
void must_refuse(struct end *e);
/* The same, and its log gives this as the reason. */
void must_refuse_for(struct end *e, const char *message, const char *what);
/* It is still there. */
void must_stand(struct end *e);
/* Whether the log has that text since play_mark. */
bool logged(struct play *p, const char *text);
void play_mark(struct play *p);

/* --- odds and ends ---------------------------------------------------------------------------- */

/* A pipe: what was sent of it has been closed when its other end says so. */
struct token {
    int ours, sent;
};
struct token token_new(void);
/* Every copy of the sent end is closed. */
void token_must_close(struct play *p, struct token *t);

/* Bytes that are different each time. */
void fill_fresh(void *p, size_t n);
#define FRESH(type)                                                                                \
    ({                                                                                             \
        struct type fresh_;                                                                        \
        fill_fresh(&fresh_, sizeof(fresh_));                                                       \
        fresh_;                                                                                    \
    })
/* A secret of that text; freed by the play's end. */
struct sec *secret_of(const char *text);
struct sec *secret_of_slice(struct slice s);

/* --- programs --------------------------------------------------------------------------------- */

/* A row of a program's table. It gets a play that was started for it alone, with the scene set. */
struct row {
    const char *name;
    void (*run)(struct play *p);
};

/* How a role is played with: as cast.h has it for each. */
struct cast {
    enum role role;
    /* Sets the scene: honest peers and what they need. */
    void (*set)(struct play *p);
    /* The role still serves its honest peers. */
    void (*check)(struct play *p);
    /* Frees what set made; also after a failure. */
    void (*clear)(void);
};

struct program {
    const struct cast *cast;
    const struct row *rows;
    size_t n;
};

/* Runs every row with Landlock, where the kernel has it, and without; argv[1] is the absolute path
 * of the build, argv[2], if given, a part of the names to run. After each row the role must serve
 * its honest peers, and stop in order. Prints "N passed, N failed", and returns the exit status. */
int program_main(const struct program *programs, size_t n, int argc, char **argv);

#endif
