/* What is here of one agent key: it ends when the key is removed. */
#ifndef SG_GATEWAY_AGENT_H
#define SG_GATEWAY_AGENT_H

#include <sys/queue.h>
#include <uthash.h>

#include "base/id.h"

TAILQ_HEAD(session_list, gateway_session);

struct agent {
    struct digest token;            /* of the key */
    LIST_HEAD(, call) calls;        /* that brought it */
    struct session_list idle, busy; /* opened with it; who was used last is last */
    unsigned n_sessions;
    unsigned users;
    UT_hash_handle hh;
};

/* By the digest of the token; it is there as long as anybody uses it, and is given back. */
struct agent *agent_get(struct agent **all, const struct digest *token);
void agent_put(struct agent **all, struct agent *a);

#endif
