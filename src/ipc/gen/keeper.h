/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. What this role must handle. */
#ifndef SG_IPC_GEN_KEEPER_H
#define SG_IPC_GEN_KEEPER_H

#include "ipc/gen/messages.h"

struct chan;
struct keeper;
struct keeper_conf;

/* Where the conf_* rows go; the role's own, as are the following. */
struct keeper_conf *keeper_conf(struct keeper *x);

/* One for each message, in the file that it concerns: with a missing one the role does not link. Slices in m live as long as
 * the call. Where m is not const, a secret that is kept leaves NULL. fd is owned. */
void keeper_on_conf_upstream(struct keeper_conf *, const struct msg_conf_upstream *m);
void keeper_on_conf_endpoint(struct keeper_conf *, const struct msg_conf_endpoint *m);
void keeper_on_conf_field(struct keeper_conf *, const struct msg_conf_field *m);
void keeper_on_egress_failed(struct keeper *, const struct msg_egress_failed *m);
void keeper_on_token_check(struct keeper *, struct chan *c, const struct msg_token_check *m);
void keeper_on_call_open(struct keeper *, struct chan *c, const struct msg_call_open *m);
void keeper_on_call_answer(struct keeper *, struct chan *c, const struct msg_call_answer *m);
void keeper_on_call_gone(struct keeper *, struct chan *c, const struct msg_call_gone *m);
void keeper_on_session_gone(struct keeper *, struct chan *c, const struct msg_session_gone *m);
void keeper_on_snapshot_get(struct keeper *, struct chan *c, const struct msg_snapshot_get *m);
void keeper_on_refuse_want(struct keeper *, struct chan *c, const struct msg_refuse_want *m);
void keeper_on_state_seal(struct keeper *, struct chan *c, const struct msg_state_seal *m);
void keeper_on_use_result(struct keeper *, struct chan *c, const struct msg_use_result *m);
void keeper_on_use_hits(struct keeper *, struct chan *c, const struct msg_use_hits *m);
void keeper_on_dropped(struct keeper *, struct chan *c, const struct msg_dropped *m);
void keeper_on_snapshot_put(struct keeper *, struct chan *c, const struct msg_snapshot_put *m);
void keeper_on_dial_want(struct keeper *, struct chan *c, const struct msg_dial_want *m);
void keeper_on_login_start(struct keeper *, struct chan *c, const struct msg_login_start *m);
void keeper_on_login(struct keeper *, struct chan *c, const struct msg_login *m);
void keeper_on_logout(struct keeper *, struct chan *c, const struct msg_logout *m);
void keeper_on_who_get(struct keeper *, struct chan *c, const struct msg_who_get *m);
void keeper_on_handoff_get(struct keeper *, struct chan *c, const struct msg_handoff_get *m);
void keeper_on_handoff_submit(struct keeper *, struct chan *c, const struct msg_handoff_submit *m);
void keeper_on_handoff_decline(struct keeper *, struct chan *c, const struct msg_handoff_decline *m);
void keeper_on_inbox_get(struct keeper *, struct chan *c, const struct msg_inbox_get *m);
void keeper_on_inbox_watch(struct keeper *, struct chan *c, const struct msg_inbox_watch *m);
void keeper_on_watch_end(struct keeper *, struct chan *c, const struct msg_watch_end *m);
void keeper_on_connections_get(struct keeper *, struct chan *c, const struct msg_connections_get *m);
void keeper_on_connection_revoke(struct keeper *, struct chan *c, const struct msg_connection_revoke *m);
void keeper_on_ctl_user_add(struct keeper *, struct chan *c, const struct msg_ctl_user_add *m);
void keeper_on_ctl_user_password(struct keeper *, struct chan *c, const struct msg_ctl_user_password *m);
void keeper_on_ctl_user_remove(struct keeper *, struct chan *c, const struct msg_ctl_user_remove *m);
void keeper_on_ctl_user_list(struct keeper *, struct chan *c, const struct msg_ctl_user_list *m);
void keeper_on_ctl_key_add(struct keeper *, struct chan *c, const struct msg_ctl_key_add *m);
void keeper_on_ctl_key_remove(struct keeper *, struct chan *c, const struct msg_ctl_key_remove *m);
void keeper_on_ctl_key_list(struct keeper *, struct chan *c, const struct msg_ctl_key_list *m);
void keeper_on_ctl_connection_list(struct keeper *, struct chan *c, const struct msg_ctl_connection_list *m);
void keeper_on_ctl_revoke(struct keeper *, struct chan *c, const struct msg_ctl_revoke *m);
void keeper_on_ctl_upstream_list(struct keeper *, struct chan *c, const struct msg_ctl_upstream_list *m);
void keeper_on_ctl_upstream_probe(struct keeper *, struct chan *c, const struct msg_ctl_upstream_probe *m);
void keeper_on_ctl_audit_head(struct keeper *, struct chan *c, const struct msg_ctl_audit_head *m);
void keeper_on_ctl_audit_recheck(struct keeper *, struct chan *c, const struct msg_ctl_audit_recheck *m);
void keeper_on_audit_state(struct keeper *, struct chan *c, const struct msg_audit_state *m);
void keeper_on_audit_ack(struct keeper *, struct chan *c, const struct msg_audit_ack *m);
void keeper_on_audit_refused(struct keeper *, struct chan *c, const struct msg_audit_refused *m);

/* Calls the function for message type with m, which is of that message; ctx is the struct keeper. False when it is not this role's. */
MUST_USE bool keeper_dispatch(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd);

#endif
