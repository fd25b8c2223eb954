/*
 * The way to the audit process. A record is written to the store in the transaction of what it
 * tells about, gets its number there, goes to audit in order, and again after audit was restarted,
 * until audit has it on disk. What must not happen before it is on record waits here, until audit
 * has it in its file: outbox_when().
 *
 * It also finds a store or a log that was rolled back alone: then nothing is begun any more, also
 * not after a restart, and ending things still works. What shows it is that each record that audit
 * acknowledges is one that this keeper sent, byte by byte; a store that is behind has others.
 */
#ifndef SG_KEEPER_OUTBOX_H
#define SG_KEEPER_OUTBOX_H

#include "keeper/core.h"

#include <sys/queue.h>

/* What does not apply is zero. upstream and detail are clean UTF-8, of 32 and 256 bytes at most. */
struct record {
    enum event event;
    struct principal who;
    struct slice upstream;
    struct handoff_id handoff;
    struct use_id use;
    struct connection_id connection;
    enum err code;
    uint64_t number;
    struct digest projection, body;
    struct slice detail;
};

typedef void outbox_fn(void *ctx);
/* What waits for audit waits in vain. */
typedef void outbox_stuck_fn(struct keeper *k, enum err why);

/* What the command is told, when it is. */
#define OUTBOX_ROLLED_BACK                                                                         \
    "store and audit log do not belong together: one was rolled back. Nothing is begun; revoking " \
    "works. Put the newest of both back, then 'sidegate audit recheck' and start again; or begin " \
    "anew with 'sidegate init'"

/* Zeroed while nothing is waited for; it belongs to whoever waits. */
struct outbox_wait {
    TAILQ_ENTRY(outbox_wait) in_queue;
    uint64_t seq;
    outbox_fn *fn;
    void *ctx;
};

TAILQ_HEAD(outbox_waits, outbox_wait);

struct outbox {
    outbox_stuck_fn *stuck;
    uint64_t audit; /* serial of the peer, 0: none that has said where its log stands */
    uint64_t issued, acked, sent;
    uint64_t written;              /* what audit has in its file, not before acked; waited for */
    uint64_t stored;               /* what the store knows as acknowledged, and head with it */
    uint64_t saving, saving_clock; /* what it is just told */
    uint64_t given;                /* the newest that this audit process was ever sent */
    struct digest head;            /* at acked */
    bool reading, again;           /* what is to be sent; there may be more since */
    uint64_t from;                 /* that is behind this, and read into: */
    struct buf rows;
    unsigned comparing; /* with the store, what audit says of its log; nothing is sent */
    struct msg_audit_state state;
    struct node_row node; /* as the store had it last */
    bool met;             /* an audit process has said where its log stands, in this life */
    bool broken;          /* rolled back: in the store too, so that it stays over a restart */
    enum err why_not;     /* audit cannot take more: ERR_NO_SPACE and the like */
    enum err unstored;    /* why the store took nothing last */
    bool scarce;          /* the log's disk is filling up */
    enum recording said;  /* to surface */
    struct loop_timer *timer;
    struct outbox_waits waits; /* by seq */
};

/* From where things stand in the store: k->outbox->node. */
void outbox_open(struct keeper *k, outbox_stuck_fn *stuck);
void outbox_close(struct keeper *k);

/* Inside work: adds a record. One of too many of its kind (event.def) is only counted, and *ret_seq
 * is 0; a number says that it is a sum already. ERR_UNAVAILABLE: too many wait already and this one
 * begins something. */
MUST_USE enum err outbox_add(struct keeper *k, const struct record *r, uint64_t *ret_seq);
/* The same for what nobody waits for. */
MUST_USE enum err outbox_note(struct keeper *k, const struct record *r);
#define NOTE(k, ...) outbox_note((k), &(struct record){__VA_ARGS__})
/* Runs fn(ctx), which may free w, when audit has written everything up to seq: now, or later. */
void outbox_when(struct keeper *k, uint64_t seq, struct outbox_wait *w, outbox_fn *fn, void *ctx);
/* Takes it back; nothing when it does not wait. */
void outbox_forget(struct keeper *k, struct outbox_wait *w);
/* ERR_OK, or why nothing that needs a record may be begun now: ERR_CORRUPT (rolled back),
 * ERR_NO_SPACE, ERR_UNAVAILABLE. While audit is only being restarted this is ERR_OK: who begins
 * something waits, within its own time. */
MUST_USE enum err outbox_ready(const struct keeper *k);

/* The same for /health, where audit that is away counts at once, and so does a store that took
 * nothing last. */
enum recording outbox_recording(const struct keeper *k);

/* Inside work: whoever looks after this node says that store and log are in order again. Taken up,
 * and compared again, by the next start. */
MUST_USE enum err outbox_recheck(struct keeper *k);

void outbox_lost(struct keeper *k, uint64_t peer);

#endif
