/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. What this role must handle. */
#ifndef SG_IPC_GEN_DIALER_H
#define SG_IPC_GEN_DIALER_H

#include "ipc/gen/messages.h"

struct chan;

/* Slices in m live as long as the call. A handler that keeps a secret sets the member to NULL. A handler that gets fd
 * owns it. */
struct dialer_handlers {
    void (*conf_allow)(void *ctx, struct chan *c, struct msg_conf_allow *m);
    void (*dial)(void *ctx, struct chan *c, struct msg_dial *m);
};

/* All of them as PREFIXname: a missing one does not compile. */
#define DIALER_HANDLERS(prefix) { \
    .conf_allow = prefix##conf_allow, \
    .dial = prefix##dial, \
}

/* Calls the handler of message type with m, which is of that message. False when it is not this role's. */
MUST_USE bool dialer_dispatch(const struct dialer_handlers *h, void *ctx, struct chan *c, enum msg type,
    union msg_any *m, int fd);

#endif
