/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. What this role must handle. */
#ifndef SG_IPC_GEN_EGRESS_H
#define SG_IPC_GEN_EGRESS_H

#include "ipc/gen/messages.h"

struct chan;
struct egress;
struct egress_conf;

/* Where the conf_* rows go; the role's own, as are the following. */
struct egress_conf *egress_conf(struct egress *x);

/* One for each message, in the file that it concerns: with a missing one the role does not link. Slices in m live as long as
 * the call. Where m is not const, a secret that is kept leaves NULL. fd is owned. */
void egress_on_conf_upstream(struct egress_conf *, const struct msg_conf_upstream *m);
void egress_on_conf_endpoint(struct egress_conf *, const struct msg_conf_endpoint *m);
void egress_on_conf_field(struct egress_conf *, const struct msg_conf_field *m);
void egress_on_conf_place(struct egress_conf *, const struct msg_conf_place *m);
void egress_on_conf_rule(struct egress_conf *, const struct msg_conf_rule *m);
void egress_on_conf_verify(struct egress_conf *, const struct msg_conf_verify *m);
void egress_on_send_head(struct egress *, struct chan *c, const struct msg_send_head *m);
void egress_on_send_param(struct egress *, struct chan *c, const struct msg_send_param *m);
void egress_on_send_part(struct egress *, struct chan *c, const struct msg_send_part *m);
void egress_on_ask_refuse(struct egress *, struct chan *c, const struct msg_ask_refuse *m);
void egress_on_call_cancel(struct egress *, struct chan *c, const struct msg_call_cancel *m);
void egress_on_credit(struct egress *, struct chan *c, const struct msg_credit *m);
void egress_on_session_end(struct egress *, struct chan *c, const struct msg_session_end *m);
void egress_on_state_sealed(struct egress *, const struct msg_state_sealed *m);
void egress_on_permit(struct egress *, struct msg_permit *m);
void egress_on_drop(struct egress *, const struct msg_drop *m);
void egress_on_cut(struct egress *, const struct msg_cut *m);
void egress_on_dialed(struct egress *, struct chan *c, const struct msg_dialed *m, int fd);
void egress_on_dial_failed(struct egress *, struct chan *c, const struct msg_dial_failed *m);

/* Calls the function for message type with m, which is of that message; ctx is the struct egress. False when it is not this role's. */
MUST_USE bool egress_dispatch(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd);

#endif
