/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. What this role must handle. */
#ifndef SG_IPC_GEN_DIALER_H
#define SG_IPC_GEN_DIALER_H

#include "ipc/gen/messages.h"

struct chan;
struct dialer;

/* One for each message, in the file that it concerns: with a missing one the role does not link. Slices in m live as long as
 * the call. Where m is not const, a secret that is kept leaves NULL. fd is owned. */
void dialer_on_conf_allow(struct dialer *, const struct msg_conf_allow *m);
void dialer_on_dial(struct dialer *, const struct msg_dial *m);

/* Calls the function for message type with m, which is of that message; ctx is the struct dialer. False when it is not this role's. */
MUST_USE bool dialer_dispatch(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd);

#endif
