/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. What this role must handle. */
#ifndef SG_IPC_GEN_CLI_H
#define SG_IPC_GEN_CLI_H

#include "ipc/gen/messages.h"

struct chan;

/* Slices in m live as long as the call. A handler that keeps a secret sets the member to NULL. A handler that gets fd
 * owns it. */
struct cli_handlers {
    void (*ctl_user_row)(void *ctx, struct chan *c, struct msg_ctl_user_row *m);
    void (*ctl_key_row)(void *ctx, struct chan *c, struct msg_ctl_key_row *m);
    void (*ctl_connection_row)(void *ctx, struct chan *c, struct msg_ctl_connection_row *m);
    void (*ctl_upstream_row)(void *ctx, struct chan *c, struct msg_ctl_upstream_row *m);
    void (*ctl_audit_head_is)(void *ctx, struct chan *c, struct msg_ctl_audit_head_is *m);
    void (*ctl_done)(void *ctx, struct chan *c, struct msg_ctl_done *m);
};

/* All of them as PREFIXname: a missing one does not compile. */
#define CLI_HANDLERS(prefix) { \
    .ctl_user_row = prefix##ctl_user_row, \
    .ctl_key_row = prefix##ctl_key_row, \
    .ctl_connection_row = prefix##ctl_connection_row, \
    .ctl_upstream_row = prefix##ctl_upstream_row, \
    .ctl_audit_head_is = prefix##ctl_audit_head_is, \
    .ctl_done = prefix##ctl_done, \
}

/* Calls the handler of message type with m, which is of that message. False when it is not this role's. */
MUST_USE bool cli_dispatch(const struct cli_handlers *h, void *ctx, struct chan *c, enum msg type,
    union msg_any *m, int fd);

#endif
