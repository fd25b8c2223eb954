/* Calls: clients' messages, from a gateway's call_open to its call_gone. In memory only; what must
 * last is in uses and handoffs. */
#ifndef SG_KEEPER_CALL_H
#define SG_KEEPER_CALL_H

#include "base/share.h"
#include "keeper/connection.h"
#include "keeper/handoff.h"
#include "keeper/state.h"
#include "keeper/use.h"

enum keeper_call_state {
    KEEPER_CALL_DECIDING,
    KEEPER_CALL_RESERVED,
    KEEPER_CALL_RUNNING,
    KEEPER_CALL_ASKED,
    KEEPER_CALL_HELD,
    KEEPER_CALL_AFTER,
    KEEPER_CALL_OVER,
    KEEPER_CALL_STATES
};
enum keeper_call_event {
    KEEPER_CALL_EV_RESERVE,
    KEEPER_CALL_EV_RELEASE,
    KEEPER_CALL_EV_END,
    KEEPER_CALL_EV_REFUSE,
    KEEPER_CALL_EV_ASK,
    KEEPER_CALL_EV_HOLD,
    KEEPER_CALL_EV_WAIT,
    KEEPER_CALL_EV_ANSWER,
    KEEPER_CALL_EV_WAKE,
    KEEPER_CALL_EVENTS
};

struct keeper_call_key {
    uint64_t gateway; /* serial of the peer: a gateway can name no other's calls */
    uint64_t number;  /* as the gateway counts */
};

enum call_outcome {
    OUTCOME_DENY,
    OUTCOME_USE,
    OUTCOME_OWN,
    OUTCOME_ASK,
    OUTCOME_HOLD,
    OUTCOME_NEUTRAL
};

/* What was decided, inside work; acted upon after the commit. */
struct call_decision {
    enum call_outcome outcome;
    struct use_plan plan;
    struct use_id use;
    uint64_t seq;
    enum ending ending;
    bool connected;
    struct own_row own;
    bool moved; /* found.row was declined by the client */
    struct handoff_found found;
};

struct keeper_call {
    struct keeper_call_key key;
    struct keeper *k;
    enum keeper_call_state state;
    struct principal who;
    uint16_t upstream;
    enum era era;
    enum policy_class class;
    bool is_list;       /* refused: the gateway has a snapshot instead */
    bool link_by_error; /* of its agent key; legacy */
    unsigned caps;      /* bits of enum call_cap */
    struct session_id session;
    char method[LIM_METHOD_BYTES + 1];
    char name[LIM_NAME_BYTES + 1];
    struct digest projection, body; /* the first: judged_digest of what the gateway said */
    struct digest request;          /* what it is, and where: the yes of a person is for this */
    struct buf shown;               /* its projection, as policy may see it */
    struct hold held;               /* shown, in the ledger */
    struct lease_id
        runs_on; /* of the running call that it belongs to, when it was opened; or zero */
    enum answer answer;
    struct handoff_id handoff; /* that it waits for, or zero */
    uint8_t leg;
    struct use_id chain;  /* of its requestState, or zero */
    uint64_t chain_until; /* when that ends */
    struct state from;    /* that requestState, of which upstream_state holds the last part */
    struct buf upstream_state;
    struct keeper_use *use;   /* its own, from its reservation to its end */
    struct keeper_use *after; /* in AFTER: that of an earlier leg */
    unsigned busy;            /* how much work is queued for it */
    bool gone;                /* the gateway forgot it meanwhile */
    struct call_decision d;
    enum snapshot wanted;
    struct group_link of_client;
    struct group_link at_handoff; /* while it waits for that */
    struct group_link wants;      /* a snapshot, of the kind wanted, when its gateway has room */
    struct buf list;              /* it, while it is read; else its maximum is 0 */
    UT_hash_handle hh;
};

struct calls {
    struct keeper_call *by_key;
    struct shares shown; /* the ledger of projections, by client */
    struct groups by_client, by_handoff;
    struct groups wanting; /* by the serial of the gateway */
    bool giving;
};

/* The table: true and the next state, or false. Pure. */
MUST_USE bool call_step(enum keeper_call_state state, enum keeper_call_event event,
                        enum keeper_call_state *ret_next);
/* The gateway's call of that number, or NULL. */
struct keeper_call *call_of(struct keeper *k, struct chan *c, uint64_t number);
/* Its calls are forgotten; uses that were not released are given back. */
void calls_gateway_lost(struct keeper *k, uint64_t gateway);
void calls_init(struct keeper *k);
void calls_close(struct keeper *k);

void keeper_call_enter(struct keeper_call *call, enum keeper_call_event event);
/* The gateway forgot it; sent: the use that it gave to egress last, or zero. Another one that was
 * released is taken back. */
void keeper_call_gone(struct keeper_call *call, struct use_id sent);
void call_free(struct keeper_call *call);
void call_forget(struct keeper_call *call); /* its memory alone, once nothing is queued for it */

#endif
