/*
 * A use: one permitted request to the upstream, from the permit to the last byte of the answer.
 *
 *   JOINING   the permit and the gateway's message come in either order (join.c)
 *   OPENING   legacy: the upstream's session is being opened, by this use or another (open.c)
 *   SENDING   the message itself is on its way, or its answer is (message.c); of modes verify and
 *             probe what verify.c and probe.c composed, of mode refuse what refuse.c did. An answer
 *             that asks for input then waits until the keeper has sealed how the call goes on
 *             (state.c)
 *   OVER      the keeper has the result; what the gateway has not taken yet goes on (flow.c)
 */
#ifndef SG_EGRESS_USE_H
#define SG_EGRESS_USE_H

#include <uthash.h>

#include "egress/egress.h"
#include "egress/flow.h"
#include "egress/place.h"
#include "egress/transport.h"
#include "screen/screen.h"

enum use_step { USE_JOINING, USE_OPENING, USE_SENDING, USE_OVER };

struct call_key {
    uint64_t gateway, generation, call;
};

struct use_param {
    struct buf name, value;
};

/* What a use of that mode does, one at each step; join.c has which mode has which. */
struct use_ops {
    bool own; /* its messages are composed here, and no client is behind it */
    /* With its session open, or none: sends its message, or its next. */
    void (*send)(struct use *u);
    /* Whether this failure is not its end, and it goes on. NULL: it always is. */
    bool (*goes_on)(struct use *u, const struct transport_end *e);
    /* It is over, and lets go of what is its own. */
    void (*left)(struct use *u);
};

struct use {
    struct egress *all;
    struct use_id id;
    const struct use_ops *ops;
    enum use_step step;
    struct loop_timer *timer; /* of what the step waits for: the other half, or a dial */
    uint64_t began;

    /* the permit */
    bool has_permit;
    struct chan *keeper; /* who permitted; NULL once that channel ended */
    enum mode mode;
    struct call_key permitted; /* the call that the permit is for */
    uint64_t not_after;
    struct digest projection_digest, body_digest;
    struct user_id user;
    struct connection_id connection;
    struct group_link of_connection;
    struct sec *credential; /* until it is placed */
    bool lazy;              /* its end may wait when it is answered */
    bool has_state;         /* the upstream's requestState goes with it: */
    struct buf state;

    /* the gateway's half */
    bool has_head, cancelled;
    struct call_key key;
    enum era era;
    enum call_kind kind;
    struct client_id client;
    struct session_id session_id;
    struct buf protocol, last_event_id, caps, body;
    size_t size;      /* of the body */
    struct hold hold; /* of the agent key's share */
    enum err no_room; /* why this is not taken on when its permit comes, or ERR_OK */
    struct use_param params[LIM_MCP_PARAMS];
    size_t params_n;

    /* the message */
    struct json json; /* of the body, until it is sent; then what of it is asked later: */
    struct jsonrpc rpc;
    struct slice rpc_id; /* in the body, as JSON text */
    bool listens;
    bool describes;                   /* server/discover */
    const struct snapshot_list *list; /* its first page, if it is worth storing; NULL: none */
    struct place_out place;
    unsigned sent;     /* times it may have left; what opens a session does not count */
    unsigned renewals; /* after a 404 to its session; each lets it leave once more */

    /* its answer */
    struct screen *screen;
    size_t chosen; /* bytes of the request, all that the agent chose */
    uint32_t hits;
    unsigned status;
    bool in_modern;   /* an error that only the modern era has */
    struct buf asked; /* that asks for input, screened */
    bool sealing;     /* it waits for the keeper */
    struct flow flow;

    /* requests of the upstream that are refused (refuse.c) */
    unsigned refusals;
    LIST_HEAD(, refusal_open) refusals_open; /* those that wait for their permit */

    /* open.c */
    struct egress_session *session;
    bool waits;          /* for another use to open it */
    bool opener;         /* this use opens it */
    bool opened;         /* this use has opened it, so a 404 cannot mean that it is over */
    unsigned server_has; /* bits of enum snapshot: which lists the server said it has */
    TAILQ_ENTRY(use) waiting_for_open;

    /* messages that Sidegate composed */
    struct buf own_body;
    enum err trouble;          /* verify: what was wrong with the answer */
    struct probe_state *probe; /* of that mode */

    /* exchange.c */
    struct pool *pool;
    struct exchange *exchange;
    size_t reading; /* bytes that it holds of an answer */

    /* dial.c */
    void (*dialed)(struct use *u, int fd, enum err why); /* who wants the socket */
    struct egress_dial *dial;                            /* under way, or NULL */
    struct group_link to_dial;                           /* until its key has a turn */
    unsigned dials;                                      /* for the message under way */
    unsigned all_dials;

    UT_hash_handle hh_id, hh_call;
};

struct use_end {
    enum result result;
    bool refused;
    enum err code; /* for the keeper and the log */
    enum answer_how how;
    enum err how_code; /* for the gateway */
};

struct use *use_new(struct egress *all, const struct use_id *id, const struct use_ops *ops);
/* By its id, or NULL. */
struct use *use_find_id(const struct egress *all, const struct use_id *id);
/* The use of this gateway's call, or NULL. */
struct use *use_find(const struct egress *all, const struct chan *c, uint64_t call);
struct call_key use_call_key(const struct chan *c, uint64_t call);

/* GET and DELETE have none. */
bool use_has_body(enum call_kind kind);
/* It is no one call's answer: it goes on reading for as long as what it rides on lasts. */
bool use_only_reads(const struct use *u);

/* Immediately before the first byte. ERR_UNAVAILABLE: another keeper; ERR_CLOSED: the gateway is
 * gone; ERR_TIMEOUT: the permit's time is over. */
MUST_USE enum err use_may_send(const struct use *u);
/* Counts what u holds by now. ERR_RATE_LIMITED, ERR_AGAIN: its agent key's share has no room. */
MUST_USE enum err use_hold(struct use *u);
/* The same for an answer on its way, which ends for want of room whoever has it: ERR_AGAIN would say
 * that credit follows, and nobody hears of room. */
MUST_USE enum err use_hold_answer(struct use *u);
/* Before more of the answer is read, of which its transport holds that many bytes. ERR_AGAIN:
 * nothing can be taken now, and credit follows. Another error ends the answer. */
MUST_USE enum err use_may_read(struct use *u, size_t held);

/* How a message that brought no usable response ends the use, unless it goes on. */
void use_failed(struct use *u, const struct transport_end *m);
/* Tells both sides, wipes, and frees unless the gateway is still to get something. */
void use_finish(struct use *u, const struct use_end *e);
/* It is answered; what of a trial or a probe code says. */
void use_answered(struct use *u, enum err code);
/* Ends it from our side, wherever it is. */
void use_abort(struct use *u, enum err why);
/* What it rode on is over, or its call is gone: why. The gateway is told too, unless what it did
 * is not known. */
void use_cut(struct use *u, enum err why);
/* Only of a use that is over, with nothing left in the flow that anybody wants. */
void use_free(struct use *u);

#endif
