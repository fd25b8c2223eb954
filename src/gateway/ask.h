/*
 * Requests to a legacy client: those of Sidegate (a URL elicitation) and those of the upstream that
 * pass through. Each gets an id of ours, since ids of two askers may be equal; its answer comes as
 * a POST of its own and is found by session and id.
 */
#ifndef SG_GATEWAY_ASK_H
#define SG_GATEWAY_ASK_H

#include <sys/queue.h>

#include "base/buf.h"
#include "base/limits.h"

struct ask {
    TAILQ_ENTRY(ask) entry;
    uint64_t number;
    uint64_t call;          /* the call on whose stream it was sent; 0: none */
    bool ours;              /* Sidegate's; otherwise: */
    struct buf upstream_id; /* JSON text of the upstream's id */
};

struct asks {
    TAILQ_HEAD(, ask) list;
    unsigned n;
    uint64_t last;
};

void asks_init(struct asks *a);
void asks_done(struct asks *a);

/* A new one; NULL when LIM_ASKS are open. upstream_id is empty for ours. */
struct ask *ask_new(struct asks *a, uint64_t call, struct slice upstream_id);
void ask_free(struct asks *a, struct ask *k);
/* Those of a call that ended. */
void asks_drop_call(struct asks *a, uint64_t call);

/* Appends the id that the client is shown, as JSON text. */
void ask_put_id(struct buf *out, const struct ask *k);
/* By the decoded string id of the client's answer, or NULL. */
struct ask *ask_by_id(const struct asks *a, struct slice id);
/* By the upstream's id (JSON text), or NULL. */
struct ask *ask_by_upstream_id(const struct asks *a, struct slice id);

#endif
