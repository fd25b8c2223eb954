/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. What this role must handle. */
#ifndef SG_IPC_GEN_CLI_H
#define SG_IPC_GEN_CLI_H

#include "ipc/gen/messages.h"

struct chan;
struct client;

/* One for each message, in the file that it concerns: with a missing one the role does not link. Slices in m live as long as
 * the call. Where m is not const, a secret that is kept leaves NULL. fd is owned. */
void cli_on_ctl_user_row(struct client *, const struct msg_ctl_user_row *m);
void cli_on_ctl_key_row(struct client *, const struct msg_ctl_key_row *m);
void cli_on_ctl_connection_row(struct client *, const struct msg_ctl_connection_row *m);
void cli_on_ctl_upstream_row(struct client *, const struct msg_ctl_upstream_row *m);
void cli_on_ctl_audit_head_is(struct client *, const struct msg_ctl_audit_head_is *m);
void cli_on_ctl_done(struct client *, const struct msg_ctl_done *m);

/* Calls the function for message type with m, which is of that message; ctx is the struct client. False when it is not this role's. */
MUST_USE bool cli_dispatch(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd);

#endif
