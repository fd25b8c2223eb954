/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. What this role must handle. */
#ifndef SG_IPC_GEN_SUPERVISOR_H
#define SG_IPC_GEN_SUPERVISOR_H

#include "ipc/gen/messages.h"

struct chan;
struct proc;

/* One for each message, in the file that it concerns: with a missing one the role does not link. Slices in m live as long as
 * the call. Where m is not const, a secret that is kept leaves NULL. fd is owned. */
void supervisor_on_ready(struct proc *, const struct msg_ready *m);
void supervisor_on_starting(struct proc *, const struct msg_starting *m);
void supervisor_on_alert(struct proc *, const struct msg_alert *m);
void supervisor_on_egress_want(struct proc *, const struct msg_egress_want *m);

/* Calls the function for message type with m, which is of that message; ctx is the struct proc. False when it is not this role's. */
MUST_USE bool supervisor_dispatch(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd);

#endif
