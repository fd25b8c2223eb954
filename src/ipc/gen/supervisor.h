/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. What this role must handle. */
#ifndef SG_IPC_GEN_SUPERVISOR_H
#define SG_IPC_GEN_SUPERVISOR_H

#include "ipc/gen/messages.h"

struct chan;

/* Slices in m live as long as the call. A handler that keeps a secret sets the member to NULL. A handler that gets fd
 * owns it. */
struct supervisor_handlers {
    void (*ready)(void *ctx, struct chan *c, struct msg_ready *m);
    void (*starting)(void *ctx, struct chan *c, struct msg_starting *m);
    void (*alert)(void *ctx, struct chan *c, struct msg_alert *m);
    void (*egress_want)(void *ctx, struct chan *c, struct msg_egress_want *m);
};

/* All of them as PREFIXname: a missing one does not compile. */
#define SUPERVISOR_HANDLERS(prefix) { \
    .ready = prefix##ready, \
    .starting = prefix##starting, \
    .alert = prefix##alert, \
    .egress_want = prefix##egress_want, \
}

/* Calls the handler of message type with m, which is of that message. False when it is not this role's. */
MUST_USE bool supervisor_dispatch(const struct supervisor_handlers *h, void *ctx, struct chan *c, enum msg type,
    union msg_any *m, int fd);

#endif
