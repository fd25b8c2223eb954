/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. What this role must handle. */
#ifndef SG_IPC_GEN_AUDIT_H
#define SG_IPC_GEN_AUDIT_H

#include "ipc/gen/messages.h"

struct chan;
struct audit;

/* One for each message, in the file that it concerns: with a missing one the role does not link. Slices in m live as long as
 * the call. Where m is not const, a secret that is kept leaves NULL. fd is owned. */
void audit_on_audit_append(struct audit *, struct chan *c, const struct msg_audit_append *m);

/* Calls the function for message type with m, which is of that message; ctx is the struct audit. False when it is not this role's. */
MUST_USE bool audit_dispatch(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd);

#endif
