/*
 * What may happen to a request: a table, and nothing else decides it. Rows are what kind of request
 * it is, columns how the caller stands with the upstream; no row and no column is left out, and
 * what is not allowed is refused. Pure: no time, no store, no messages. Time and counters are
 * turned into a standing by connection.c.
 */
#ifndef SG_KEEPER_POLICY_H
#define SG_KEEPER_POLICY_H

#include "base/err.h"

/* What kind of request. */
enum policy_class {
    CLASS_OWN,     /* answered by the gateway itself; only who asks matters */
    CLASS_STATUS,  /* Sidegate's tool: how do I stand? */
    CLASS_CONNECT, /* Sidegate's tool: open a handoff */
    CLASS_CALL,    /* a request that has an effect or needs an answer of this user's own */
    CLASS_LIST,    /* tools/list and the like: never a reason to ask a person */
    CLASS_RIDE,    /* notifications, responses, the session's stream: only beside a live lease */
    CLASS_BELONG, /* a response or cancellation that belongs to a request that runs on this lease */
    CLASS_CONTINUE, /* answers what the upstream asked by a use of this lease */
    CLASS_COUNT
};

/* How user and client stand with the upstream. */
enum policy_standing {
    STAND_NO_NEED, /* this upstream wants no credential */
    STAND_MISSING, /* there is no connection */
    STAND_ONCE,    /* live, for this request and no other, which was not made yet */
    STAND_OTHER,   /* live, for one request, and this is another */
    STAND_TASK,    /* live, some uses left */
    STAND_KEEP,    /* live, until revoked */
    STAND_RUNS,    /* used up: the one request that it was for is still running */
    STAND_LAST,    /* used up, and the request that took the last of several is still running */
    STAND_USED_UP,
    STAND_EXPIRED,
    STAND_STALE,     /* the upstream refused the credential */
    STAND_SUSPENDED, /* too many reflections: only the person can end this, by revoking */
    STAND_COUNT
};

enum policy_act {
    ACT_DENY,
    ACT_TAKE,      /* send with the credential; takes a use of the lease */
    ACT_RIDE,      /* send with the credential; takes nothing */
    ACT_ANONYMOUS, /* send without a credential */
    ACT_OWN,       /* the gateway answers */
    ACT_HANDOFF    /* a person is needed */
};

enum policy_act policy_decide(enum policy_class c, enum policy_standing s);

#endif
