/*
 * requestState: what a modern client carries from one request to the next. Sealed by the keeper,
 * opaque to everybody else, the gateway among them, and good for one person, one client, one
 * upstream, one request, and a limited time. Where it stands for a request to the upstream it is
 * good once: see the chain.
 *
 * Two kinds in one form: of a call that waits for a person it has the handoff; of one that the
 * upstream answered by asking for input it continues that use, with the upstream's own state. A
 * call can be both, when its credential was refused on the way.
 */
#ifndef SG_KEEPER_STATE_H
#define SG_KEEPER_STATE_H

#include "keeper/core.h"

struct state {
    struct handoff_id handoff; /* zero: it waits for nobody */
    uint8_t leg;               /* how many times the call was held already */
    struct use_id chain;       /* names the one request that may be made for all legs of it */
    struct principal who;
    char upstream[33];
    struct digest request;
    uint64_t expires; /* ms since 1970 */

    /* what it continues */
    bool continues;
    uint8_t times; /* with it that call goes on for the first time, the second... */
    struct connection_id connection; /* of that use; zero: none, or a person gives another one */
    struct lease_id lease;           /* likewise */
    bool has_state;                  /* the upstream gave a state of its own: */
    struct slice upstream_state;     /* opened: points into the buffer that state_open was given */
};

/* Appends the text form. ERR_TOO_LARGE: the upstream's state is too long. */
MUST_USE enum err state_seal(struct keeper *k, const struct state *s, struct buf *ret_text);
/* ERR_BAD_STATE: not ours, changed, expired, or of another principal than who. plain keeps the
 * bytes that ret->upstream_state points to. */
MUST_USE enum err state_open(struct keeper *k, const struct principal *who, struct slice text,
                             struct buf *plain, struct state *ret);
/* The plain form, pure: what is sealed, and what was opened. False: state_put writes no such bytes;
 * ret->upstream_state points into s. */
void state_put(const struct state *s, struct buf *out);
MUST_USE bool state_parse(struct slice s, struct state *ret);
/* Whether it was sealed for this request. */
MUST_USE bool state_is_for(const struct state *s, const char *upstream, struct digest request);

#endif
