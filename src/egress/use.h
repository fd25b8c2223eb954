/*
 * A use: one permitted request to the upstream, from the permit to the last byte of the answer.
 *
 *   JOINING   the permit and the gateway's message come in either order (join.c)
 *   OPENING   legacy: the upstream's session is being opened, by this use or another (open.c)
 *   SENDING   the message itself is on its way, or its answer is (use.c); of modes verify and probe
 *             what own.c composed, of mode refuse what refuse.c did. An answer that asks for input
 *             then waits until the keeper has sealed how the call goes on (state.c)
 *   OVER      the keeper has the result; what the gateway has not taken yet goes on (flow.c)
 */
#ifndef SG_EGRESS_USE_H
#define SG_EGRESS_USE_H

#include <uthash.h>

#include "egress/egress.h"
#include "egress/exchange.h"
#include "egress/flow.h"
#include "egress/place.h"
#include "egress/session.h"
#include "screen/screen.h"

enum use_step { USE_JOINING, USE_OPENING, USE_SENDING, USE_OVER };

struct call_key {
    uint64_t gateway, generation, call;
};

struct use_param {
    struct buf name, value;
};

struct use {
    struct egress *all;
    struct use_id id;
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
    struct sec *credential; /* until it is placed */
    bool has_state;         /* the upstream's requestState goes with it: */
    struct buf state;

    /* the gateway's half */
    bool has_head, cancelled;
    struct call_key key;
    enum mcp_era era;
    enum call_kind kind;
    struct client_id client;
    struct session_id session_id;
    struct buf protocol, last_event_id, caps, body;
    size_t size;      /* of the body */
    struct hold hold; /* of the agent key's share */
    enum err no_room; /* why this is not taken on when its permit comes, or ERR_OK */
    struct use_param params[LIM_MCP_PARAMS];
    size_t params_n;

    /* the run */
    struct json json; /* of the body, until it is sent; then what of it is asked later: */
    struct jsonrpc rpc;
    struct slice rpc_id; /* in the body, as JSON text */
    bool listens;
    bool describes;                   /* server/discover */
    bool in_modern;                   /* answered with an error that only the modern era has */
    const struct snapshot_list *list; /* its first page, if it is worth storing; NULL: none */
    struct place_out place;
    struct screen *screen;
    struct pool *pool;
    struct session *session;
    bool waits;  /* for another use to open it */
    bool opener; /* this use opens it */
    bool opened; /* this use has opened it, so a 404 cannot mean that it is over */

    unsigned renewals; /* after such a 404; each lets the message leave once more */
    struct exchange *exchange;
    size_t reading;      /* bytes that it holds of an answer */
    struct own *own;     /* modes verify and probe */
    struct buf own_body; /* of a message that Sidegate composed */
    unsigned server_has; /* bits of enum snapshot: which lists the server said it has */
    enum err trouble;    /* what was wrong with an answer to such a message */
    struct dial *dial;   /* under way, or NULL */
    bool waits_to_dial;  /* until its key has a turn */
    unsigned dials;      /* for the exchange under way */
    unsigned all_dials;
    unsigned sent;     /* times the message may have left; what opens a session does not count */
    unsigned refusals; /* requests of the upstream that were refused */
    struct buf asked;  /* the answer that asks for input, screened */
    bool sealing;      /* it waits for the keeper */
    size_t chosen;     /* bytes of the request, all that the agent chose */
    uint32_t hits;
    unsigned status;
    struct flow flow;

    TAILQ_ENTRY(use) waiting_for_open, waiting_to_dial;
    UT_hash_handle hh_id, hh_call;
};

struct use_end {
    enum result result;
    bool refused;
    enum err code; /* for the keeper and the log */
    enum answer_how how;
    enum err how_code; /* for the gateway */
};

/* join.c */
struct use *use_new(struct egress *all, const struct use_id *id);
/* GET and DELETE have none. */
bool use_has_body(enum call_kind kind);
/* The body as the gateway sent it is what was permitted, and is ready to go. */
void use_begin(struct use *u);

/* use.c */
/* Keeps what is asked of the message when u->json is gone. */
void use_note_message(struct use *u);
/* With pool, screen and placed credential: opens the session if need be, then sends. */
void use_run(struct use *u);
/* The session is open, or there is none: sends the message, or what own.c has next. */
void use_send(struct use *u);
/* Adds what each request of this use carries: the credential, and the session. */
void use_headers(struct use *u, struct http *h);
/* Adds what repeats the message in u->json. ERR_INVALID_PARAMS: it has a name that no header can
 * hold. */
MUST_USE enum err use_message_headers(struct use *u, struct http *h);
/* Immediately before the first byte. ERR_UNAVAILABLE: another keeper; ERR_CLOSED: the gateway is
 * gone; ERR_TIMEOUT: the permit's time is over. */
MUST_USE enum err use_may_send(struct use *u);
/* A connection, by uses_dialed, or exchange_fail; when its agent key's turn comes. dial.c. */
void use_want_socket(struct use *u);
/* It waits no more. */
void dial_leave(struct use *u);
/* Counts what u holds by now. ERR_RATE_LIMITED, ERR_AGAIN: its agent key's share has no room. */
MUST_USE enum err use_hold(struct use *u);
/* For exchange_events. */
enum err use_may_read(void *ctx, size_t held);
/* Screens one message into out, counting, also when the message is then too large. */
MUST_USE enum err use_screen(struct use *u, const struct json *j, struct buf *out);
/* How an exchange that brought no usable response ends the use. */
void use_failed(struct use *u, const struct exchange_end *e);
/* Tells both sides, wipes, and frees unless the gateway is still to get something. */
void use_finish(struct use *u, const struct use_end *e);
/* Ends it from our side, wherever it is. */
void use_abort(struct use *u, enum err why);
void use_free(struct use *u);

/* open.c */
/* Opens the session of this legacy use, then calls use_send. */
void open_session(struct use *u);
/* Which lists a server has, of the result of initialize or server/discover: bits of enum snapshot.
 */
unsigned open_server_has(const struct json *j, uint32_t result);
/* Takes the open session that this use is to end, so that nobody finds it any more. False: there is
 * none with an id. */
bool open_take_session(struct use *u);
/* This use waits or opens no more. */
void open_leave(struct use *u);

/* state.c */
/* ERR_PROTOCOL: the body has a requestState, or is none that the permit's could go into. */
MUST_USE enum err state_check(const struct use *u);
/* Makes the body that leaves: with the requestState of the permit, if it has one. ERR_TOO_LARGE, or
 * as use_hold. */
MUST_USE enum err state_put_in(struct use *u);
/* Takes this screened response over, if it asks for input; the message is then empty. */
MUST_USE bool state_keep(struct use *u, const struct json *j, const struct jsonrpc *m,
                         struct buf *message);
/* The exchange is over: asks the keeper to seal what was kept. */
void state_ask(struct use *u);

/* refuse.c */
/* The permit for the error of that number. */
void refuse_begin(struct use *u, uint64_t number);
/* The use is over: what was asked on it needs no answer. */
void refuse_leave(struct use *of);

/* own.c */
/* Whether it has no message but what own.c composes. */
bool own_is(const struct use *u);
void own_begin(struct use *u);
void own_send(struct use *u);
/* Whether this exchange's failure is not the end of a probe or a trial, which goes on then. */
bool own_goes_on(struct use *u, const struct exchange_end *e);
void own_free(struct own *o); /* takes NULL */

/* snapshot.c */
/* What of the answer to the request in u->json is worth storing. */
void snapshot_expect(struct use *u);
/* Whether a client's capabilities leave an agent nothing to say. */
bool snapshot_plain_caps(const struct json *j, uint32_t caps);
/* The client's message is about to leave: what it may have changed in the upstream's session. */
void snapshot_note_sent(const struct use *u);
/* The same as snapshot_expect, where that request is ours. */
void snapshot_expect_method(struct use *u, struct slice method);
/* Stores the result of u's list request, when all of it is there and it is new. message is
 * screened. */
void snapshot_of_answer(struct use *u, struct slice message);
/* The list requests, the kind of each, and the member of the result that holds the list. */
#define SNAPSHOT_LISTS 4
struct snapshot_list {
    const char *method;
    enum snapshot kind;
    const char *member;
};
extern const struct snapshot_list snapshot_lists[SNAPSHOT_LISTS];
/* Stores an object, when it is new. */
void snapshot_store(struct use *u, enum snapshot kind, struct slice object);

#endif
