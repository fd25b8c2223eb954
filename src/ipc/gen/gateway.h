/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. What this role must handle. */
#ifndef SG_IPC_GEN_GATEWAY_H
#define SG_IPC_GEN_GATEWAY_H

#include "ipc/gen/messages.h"

struct chan;
struct gateway;
struct gateway_conf;

/* Where the conf_* rows go; the role's own, as are the following. */
struct gateway_conf *gateway_conf(struct gateway *x);

/* One for each message, in the file that it concerns: with a missing one the role does not link. Slices in m live as long as
 * the call. Where m is not const, a secret that is kept leaves NULL. fd is owned. */
void gateway_on_conf_site(struct gateway_conf *, const struct msg_conf_site *m);
void gateway_on_conf_host(struct gateway_conf *, const struct msg_conf_host *m);
void gateway_on_conf_origin(struct gateway_conf *, const struct msg_conf_origin *m);
void gateway_on_conf_upstream(struct gateway_conf *, const struct msg_conf_upstream *m);
void gateway_on_token_known(struct gateway *, const struct msg_token_known *m);
void gateway_on_token_gone(struct gateway *, const struct msg_token_gone *m);
void gateway_on_call_permit(struct gateway *, const struct msg_call_permit *m);
void gateway_on_call_own(struct gateway *, const struct msg_call_own *m);
void gateway_on_call_handoff(struct gateway *, const struct msg_call_handoff *m);
void gateway_on_call_hold(struct gateway *, const struct msg_call_hold *m);
void gateway_on_call_neutral(struct gateway *, const struct msg_call_neutral *m);
void gateway_on_call_stored(struct gateway *, const struct msg_call_stored *m);
void gateway_on_call_deny(struct gateway *, const struct msg_call_deny *m);
void gateway_on_handoff_signal(struct gateway *, const struct msg_handoff_signal *m);
void gateway_on_snapshot_part(struct gateway *, const struct msg_snapshot_part *m);
void gateway_on_answer_head(struct gateway *, struct chan *c, const struct msg_answer_head *m);
void gateway_on_answer_part(struct gateway *, struct chan *c, const struct msg_answer_part *m);
void gateway_on_answer_end(struct gateway *, struct chan *c, const struct msg_answer_end *m);

/* Calls the function for message type with m, which is of that message; ctx is the struct gateway. False when it is not this role's. */
MUST_USE bool gateway_dispatch(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd);

#endif
