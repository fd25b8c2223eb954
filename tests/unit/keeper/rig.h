/*
 * A keeper in this process, on a store of its own, with this test as all of its peers: each is a
 * real channel, and what the keeper says on it is kept until the test takes it.
 */
#ifndef SG_KEEPER_RIG_H
#define SG_KEEPER_RIG_H

#include "unit.h"

#include "ipc/gen/send.h"
#include "keeper/keeper.h"

struct said {
    TAILQ_ENTRY(said) in_list;
    enum msg type;
    union msg_any m; /* its slices and secrets are this one's */
};

TAILQ_HEAD(said_list, said);

struct fake {
    struct rig *rig;
    enum role role;
    struct chan_peer peer;
    struct chan *own;    /* the test's end; NULL when it ended */
    struct chan *theirs; /* the keeper's end; NULL when it ended */
    enum err why;        /* how the keeper ended it */
    struct said_list said;
};

enum { RIG_FAKES = 16, RIG_LOG = 32768 /* records that the fake audit can have */ };

struct rig {
    char dir[64], keys[80];
    struct loop *loop;
    struct keeper *k;
    struct keeper_conf conf; /* as keeper_open gets it */
    struct fake fakes[RIG_FAKES];
    size_t fakes_n;
    struct fake *gateway, *egress, *dialer, *surface, *audit, *cli, *supervisor;
    /* What the fake audit does with records. */
    bool audit_silent;
    uint64_t audit_seq; /* of its log's end */
    uint64_t audit_epoch;
    uint64_t audit_given; /* the newest it was given on this channel, and is in its log */
    bool audit_differs;   /* it was given another record than it has, and takes no more */
    struct digest audit_log[RIG_LOG]; /* a hash of each record and of those before it */
    unsigned events[EVENT_COUNT];     /* how many it got */
    uint64_t numbers[EVENT_COUNT];    /* the sum of their numbers */
    enum recording recording;         /* as surface was told last, and how often */
    unsigned healths;
    bool drops_silent; /* egress processes do not say that they have dropped */
    struct said_list taken;
    struct buf *heard; /* gets every frame that the keeper says; NULL: nobody wants them */
};

/* Upstreams of the rig. */
enum { UP_KEY, UP_TRIED, UP_OPEN, UP_TWO, RIG_UPSTREAMS };

/* Makes folders and opens a keeper with all peers (audit acknowledges). For cmocka. */
int rig_setup(void **state);
int rig_teardown(void **state);
/* Ends the keeper without telling it that its peers go, as a crash would, and opens it again on the
 * same files with new peers. */
void rig_crash(struct rig *r);
/* Starts the keeper on the folders; the peers are new. */
void rig_open(struct rig *r);
void rig_close(struct rig *r, bool crash);

/* Where the keeper's log goes from now on. NULL: nowhere, or to the terminal if SIDEGATE_TEST_LOG
 * is set. */
void rig_log_to(struct buf *lines);

/* A new peer. */
struct fake *rig_peer(struct rig *r, enum role role, uint32_t instance, uint64_t generation,
                      uint16_t upstream);
/* A new process takes the place of one that died or was refused: same role, instance and upstream,
 * next generation. */
void rig_again(struct fake *f);
/* Audit acknowledges all that it has of what it was given. */
void rig_audit_ack(struct rig *r);
/* A new audit process says where its log stands. */
void rig_audit_state(struct rig *r);
/* An egress says that it has dropped what it was told to. */
void rig_dropped(struct fake *f);
/* That process dies. */
void rig_kill(struct fake *f);
/* Runs the loop until nothing more happens, and stores what would ride. */
void rig_settle(struct rig *r);
/* Settles, and takes the next thing said to f, which must be of that type. Lives until the rig is
 * closed. */
union msg_any *rig_take(struct fake *f, enum msg type);
/* Settles, and fails unless nothing was said to f. */
void rig_quiet(struct fake *f);
/* Forgets what was said to f. */
void rig_forget(struct fake *f);
/* Whether the keeper ended the channel for a broken rule. */
bool rig_refused(struct fake *f);

/* All rows that a statement without parameters gives, one struct behind the other. The caller frees
 * them. */
struct buf rig_rows(struct rig *r, enum stmt q);

/* --- people and keys -------------------------------------------------------------------------- */

/* A secret made of text. */
struct sec *rig_sec(const char *text);
/* The verifier that surface would make of a password. */
struct sec *rig_verifier(const char *password);
void rig_add_user(struct rig *r, const char *name, const char *password);
/* Adds an agent key whose token is token. */
void rig_add_key(struct rig *r, const char *name, const char *label, const char *token);
/* Logs in; the caller frees the cookie. */
struct sec *rig_login(struct rig *r, const char *name, const char *password);

/* --- calls and handoffs ----------------------------------------------------------------------- */

/* A tools/call in the modern era with link and hold; change what the test needs. */
struct msg_call_open rig_call(uint64_t number, struct sec *token);
void rig_say_call(struct rig *r, const struct msg_call_open *m);
/* What the egress of an upstream says about a use. */
void rig_result(struct fake *egress, struct use_id use, enum result result, bool refused);
/* It was answered by a question, with that state of the upstream's or NULL: *ret is what the client
 * gets. */
void rig_seal(struct fake *egress, struct use_id use, const char *theirs, struct buf *ret);

struct rig_form {
    const char *cookie_of; /* logs in as this user, with password */
    const char *password;  /* logged in with and proved with */
    const char *proof;     /* proved with instead, or NULL */
    struct handoff_id handoff;
    const char *values[LIM_FIELDS];
    struct sec *cookie; /* set by rig_open_form; freed by rig_close_form */
    struct digest csrf;
};

/* Logs in and asks for the page. */
void rig_open_form(struct rig *r, struct rig_form *f);
/* Posts the form. */
void rig_post_form(struct rig *r, struct rig_form *f);
void rig_close_form(struct rig_form *f);

/* From call to live connection without a trial at upstream (UP_KEY or UP_TWO): the call's permit is
 * taken and answered. */
void rig_connect(struct rig *r, uint16_t upstream, const char *user, const char *password,
                 const char *token, const char *value);

#endif
