/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. What this role must handle. */
#ifndef SG_IPC_GEN_KEEPER_H
#define SG_IPC_GEN_KEEPER_H

#include "ipc/gen/messages.h"

struct chan;

/* Slices in m live as long as the call. A handler that keeps a secret sets the member to NULL. A handler that gets fd
 * owns it. */
struct keeper_handlers {
    void (*conf_upstream)(void *ctx, struct chan *c, struct msg_conf_upstream *m);
    void (*conf_endpoint)(void *ctx, struct chan *c, struct msg_conf_endpoint *m);
    void (*conf_field)(void *ctx, struct chan *c, struct msg_conf_field *m);
    void (*egress_failed)(void *ctx, struct chan *c, struct msg_egress_failed *m);
    void (*token_check)(void *ctx, struct chan *c, struct msg_token_check *m);
    void (*call_open)(void *ctx, struct chan *c, struct msg_call_open *m);
    void (*call_answer)(void *ctx, struct chan *c, struct msg_call_answer *m);
    void (*call_gone)(void *ctx, struct chan *c, struct msg_call_gone *m);
    void (*session_gone)(void *ctx, struct chan *c, struct msg_session_gone *m);
    void (*snapshot_get)(void *ctx, struct chan *c, struct msg_snapshot_get *m);
    void (*refuse_want)(void *ctx, struct chan *c, struct msg_refuse_want *m);
    void (*state_seal)(void *ctx, struct chan *c, struct msg_state_seal *m);
    void (*use_result)(void *ctx, struct chan *c, struct msg_use_result *m);
    void (*use_hits)(void *ctx, struct chan *c, struct msg_use_hits *m);
    void (*dropped)(void *ctx, struct chan *c, struct msg_dropped *m);
    void (*snapshot_put)(void *ctx, struct chan *c, struct msg_snapshot_put *m);
    void (*dial_want)(void *ctx, struct chan *c, struct msg_dial_want *m);
    void (*login_start)(void *ctx, struct chan *c, struct msg_login_start *m);
    void (*login)(void *ctx, struct chan *c, struct msg_login *m);
    void (*logout)(void *ctx, struct chan *c, struct msg_logout *m);
    void (*who_get)(void *ctx, struct chan *c, struct msg_who_get *m);
    void (*handoff_get)(void *ctx, struct chan *c, struct msg_handoff_get *m);
    void (*handoff_submit)(void *ctx, struct chan *c, struct msg_handoff_submit *m);
    void (*handoff_decline)(void *ctx, struct chan *c, struct msg_handoff_decline *m);
    void (*inbox_get)(void *ctx, struct chan *c, struct msg_inbox_get *m);
    void (*inbox_watch)(void *ctx, struct chan *c, struct msg_inbox_watch *m);
    void (*watch_end)(void *ctx, struct chan *c, struct msg_watch_end *m);
    void (*connections_get)(void *ctx, struct chan *c, struct msg_connections_get *m);
    void (*connection_revoke)(void *ctx, struct chan *c, struct msg_connection_revoke *m);
    void (*ctl_user_add)(void *ctx, struct chan *c, struct msg_ctl_user_add *m);
    void (*ctl_user_password)(void *ctx, struct chan *c, struct msg_ctl_user_password *m);
    void (*ctl_user_remove)(void *ctx, struct chan *c, struct msg_ctl_user_remove *m);
    void (*ctl_user_list)(void *ctx, struct chan *c, struct msg_ctl_user_list *m);
    void (*ctl_key_add)(void *ctx, struct chan *c, struct msg_ctl_key_add *m);
    void (*ctl_key_remove)(void *ctx, struct chan *c, struct msg_ctl_key_remove *m);
    void (*ctl_key_list)(void *ctx, struct chan *c, struct msg_ctl_key_list *m);
    void (*ctl_connection_list)(void *ctx, struct chan *c, struct msg_ctl_connection_list *m);
    void (*ctl_revoke)(void *ctx, struct chan *c, struct msg_ctl_revoke *m);
    void (*ctl_upstream_list)(void *ctx, struct chan *c, struct msg_ctl_upstream_list *m);
    void (*ctl_upstream_probe)(void *ctx, struct chan *c, struct msg_ctl_upstream_probe *m);
    void (*ctl_audit_head)(void *ctx, struct chan *c, struct msg_ctl_audit_head *m);
    void (*ctl_audit_recheck)(void *ctx, struct chan *c, struct msg_ctl_audit_recheck *m);
    void (*audit_state)(void *ctx, struct chan *c, struct msg_audit_state *m);
    void (*audit_ack)(void *ctx, struct chan *c, struct msg_audit_ack *m);
    void (*audit_refused)(void *ctx, struct chan *c, struct msg_audit_refused *m);
};

/* All of them as PREFIXname: a missing one does not compile. */
#define KEEPER_HANDLERS(prefix) { \
    .conf_upstream = prefix##conf_upstream, \
    .conf_endpoint = prefix##conf_endpoint, \
    .conf_field = prefix##conf_field, \
    .egress_failed = prefix##egress_failed, \
    .token_check = prefix##token_check, \
    .call_open = prefix##call_open, \
    .call_answer = prefix##call_answer, \
    .call_gone = prefix##call_gone, \
    .session_gone = prefix##session_gone, \
    .snapshot_get = prefix##snapshot_get, \
    .refuse_want = prefix##refuse_want, \
    .state_seal = prefix##state_seal, \
    .use_result = prefix##use_result, \
    .use_hits = prefix##use_hits, \
    .dropped = prefix##dropped, \
    .snapshot_put = prefix##snapshot_put, \
    .dial_want = prefix##dial_want, \
    .login_start = prefix##login_start, \
    .login = prefix##login, \
    .logout = prefix##logout, \
    .who_get = prefix##who_get, \
    .handoff_get = prefix##handoff_get, \
    .handoff_submit = prefix##handoff_submit, \
    .handoff_decline = prefix##handoff_decline, \
    .inbox_get = prefix##inbox_get, \
    .inbox_watch = prefix##inbox_watch, \
    .watch_end = prefix##watch_end, \
    .connections_get = prefix##connections_get, \
    .connection_revoke = prefix##connection_revoke, \
    .ctl_user_add = prefix##ctl_user_add, \
    .ctl_user_password = prefix##ctl_user_password, \
    .ctl_user_remove = prefix##ctl_user_remove, \
    .ctl_user_list = prefix##ctl_user_list, \
    .ctl_key_add = prefix##ctl_key_add, \
    .ctl_key_remove = prefix##ctl_key_remove, \
    .ctl_key_list = prefix##ctl_key_list, \
    .ctl_connection_list = prefix##ctl_connection_list, \
    .ctl_revoke = prefix##ctl_revoke, \
    .ctl_upstream_list = prefix##ctl_upstream_list, \
    .ctl_upstream_probe = prefix##ctl_upstream_probe, \
    .ctl_audit_head = prefix##ctl_audit_head, \
    .ctl_audit_recheck = prefix##ctl_audit_recheck, \
    .audit_state = prefix##audit_state, \
    .audit_ack = prefix##audit_ack, \
    .audit_refused = prefix##audit_refused, \
}

/* Calls the handler of message type with m, which is of that message. False when it is not this role's. */
MUST_USE bool keeper_dispatch(const struct keeper_handlers *h, void *ctx, struct chan *c, enum msg type,
    union msg_any *m, int fd);

#endif
