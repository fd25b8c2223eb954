/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. From message number to function. */
#include "ipc/gen/keeper.h"

bool keeper_dispatch(void *ctx, UNUSED struct chan *c, enum msg type, union msg_any *m, UNUSED int fd)
{
    switch (type) {
    case MSG_CONF_UPSTREAM: keeper_on_conf_upstream(keeper_conf(ctx), &m->conf_upstream); return true;
    case MSG_CONF_ENDPOINT: keeper_on_conf_endpoint(keeper_conf(ctx), &m->conf_endpoint); return true;
    case MSG_CONF_FIELD: keeper_on_conf_field(keeper_conf(ctx), &m->conf_field); return true;
    case MSG_EGRESS_FAILED: keeper_on_egress_failed(ctx, &m->egress_failed); return true;
    case MSG_TOKEN_CHECK: keeper_on_token_check(ctx, c, &m->token_check); return true;
    case MSG_CALL_OPEN: keeper_on_call_open(ctx, c, &m->call_open); return true;
    case MSG_CALL_ANSWER: keeper_on_call_answer(ctx, c, &m->call_answer); return true;
    case MSG_CALL_GONE: keeper_on_call_gone(ctx, c, &m->call_gone); return true;
    case MSG_SESSION_GONE: keeper_on_session_gone(ctx, c, &m->session_gone); return true;
    case MSG_SNAPSHOT_GET: keeper_on_snapshot_get(ctx, c, &m->snapshot_get); return true;
    case MSG_REFUSE_WANT: keeper_on_refuse_want(ctx, c, &m->refuse_want); return true;
    case MSG_STATE_SEAL: keeper_on_state_seal(ctx, c, &m->state_seal); return true;
    case MSG_USE_RESULT: keeper_on_use_result(ctx, c, &m->use_result); return true;
    case MSG_USE_HITS: keeper_on_use_hits(ctx, c, &m->use_hits); return true;
    case MSG_DROPPED: keeper_on_dropped(ctx, c, &m->dropped); return true;
    case MSG_SNAPSHOT_PUT: keeper_on_snapshot_put(ctx, c, &m->snapshot_put); return true;
    case MSG_DIAL_WANT: keeper_on_dial_want(ctx, c, &m->dial_want); return true;
    case MSG_LOGIN_START: keeper_on_login_start(ctx, c, &m->login_start); return true;
    case MSG_LOGIN: keeper_on_login(ctx, c, &m->login); return true;
    case MSG_LOGOUT: keeper_on_logout(ctx, c, &m->logout); return true;
    case MSG_WHO_GET: keeper_on_who_get(ctx, c, &m->who_get); return true;
    case MSG_HANDOFF_GET: keeper_on_handoff_get(ctx, c, &m->handoff_get); return true;
    case MSG_HANDOFF_SUBMIT: keeper_on_handoff_submit(ctx, c, &m->handoff_submit); return true;
    case MSG_HANDOFF_DECLINE: keeper_on_handoff_decline(ctx, c, &m->handoff_decline); return true;
    case MSG_INBOX_GET: keeper_on_inbox_get(ctx, c, &m->inbox_get); return true;
    case MSG_INBOX_WATCH: keeper_on_inbox_watch(ctx, c, &m->inbox_watch); return true;
    case MSG_WATCH_END: keeper_on_watch_end(ctx, c, &m->watch_end); return true;
    case MSG_CONNECTIONS_GET: keeper_on_connections_get(ctx, c, &m->connections_get); return true;
    case MSG_CONNECTION_REVOKE: keeper_on_connection_revoke(ctx, c, &m->connection_revoke); return true;
    case MSG_CTL_USER_ADD: keeper_on_ctl_user_add(ctx, c, &m->ctl_user_add); return true;
    case MSG_CTL_USER_PASSWORD: keeper_on_ctl_user_password(ctx, c, &m->ctl_user_password); return true;
    case MSG_CTL_USER_REMOVE: keeper_on_ctl_user_remove(ctx, c, &m->ctl_user_remove); return true;
    case MSG_CTL_USER_LIST: keeper_on_ctl_user_list(ctx, c, &m->ctl_user_list); return true;
    case MSG_CTL_KEY_ADD: keeper_on_ctl_key_add(ctx, c, &m->ctl_key_add); return true;
    case MSG_CTL_KEY_REMOVE: keeper_on_ctl_key_remove(ctx, c, &m->ctl_key_remove); return true;
    case MSG_CTL_KEY_LIST: keeper_on_ctl_key_list(ctx, c, &m->ctl_key_list); return true;
    case MSG_CTL_CONNECTION_LIST: keeper_on_ctl_connection_list(ctx, c, &m->ctl_connection_list); return true;
    case MSG_CTL_REVOKE: keeper_on_ctl_revoke(ctx, c, &m->ctl_revoke); return true;
    case MSG_CTL_UPSTREAM_LIST: keeper_on_ctl_upstream_list(ctx, c, &m->ctl_upstream_list); return true;
    case MSG_CTL_UPSTREAM_PROBE: keeper_on_ctl_upstream_probe(ctx, c, &m->ctl_upstream_probe); return true;
    case MSG_CTL_AUDIT_HEAD: keeper_on_ctl_audit_head(ctx, c, &m->ctl_audit_head); return true;
    case MSG_CTL_AUDIT_RECHECK: keeper_on_ctl_audit_recheck(ctx, c, &m->ctl_audit_recheck); return true;
    case MSG_AUDIT_STATE: keeper_on_audit_state(ctx, c, &m->audit_state); return true;
    case MSG_AUDIT_ACK: keeper_on_audit_ack(ctx, c, &m->audit_ack); return true;
    case MSG_AUDIT_REFUSED: keeper_on_audit_refused(ctx, c, &m->audit_refused); return true;
    default: return false;
    }
}
