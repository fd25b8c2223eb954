/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. What this role must handle. */
#ifndef SG_IPC_GEN_AUDIT_H
#define SG_IPC_GEN_AUDIT_H

#include "ipc/gen/messages.h"

struct chan;

/* Slices in m live as long as the call. A handler that keeps a secret sets the member to NULL. A handler that gets fd
 * owns it. */
struct audit_handlers {
    void (*audit_append)(void *ctx, struct chan *c, struct msg_audit_append *m);
};

/* All of them as PREFIXname: a missing one does not compile. */
#define AUDIT_HANDLERS(prefix) { \
    .audit_append = prefix##audit_append, \
}

/* Calls the handler of message type with m, which is of that message. False when it is not this role's. */
MUST_USE bool audit_dispatch(const struct audit_handlers *h, void *ctx, struct chan *c, enum msg type,
    union msg_any *m, int fd);

#endif
