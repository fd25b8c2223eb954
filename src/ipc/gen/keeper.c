/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. From message number to handler. */
#include "ipc/gen/keeper.h"

bool keeper_dispatch(const struct keeper_handlers *h, void *ctx, struct chan *c, enum msg type,
    union msg_any *m, int fd)
{
    switch (type) {
    case MSG_CONF_UPSTREAM: h->conf_upstream(ctx, c, &m->conf_upstream); return true;
    case MSG_CONF_ENDPOINT: h->conf_endpoint(ctx, c, &m->conf_endpoint); return true;
    case MSG_CONF_FIELD: h->conf_field(ctx, c, &m->conf_field); return true;
    case MSG_EGRESS_FAILED: h->egress_failed(ctx, c, &m->egress_failed); return true;
    case MSG_TOKEN_CHECK: h->token_check(ctx, c, &m->token_check); return true;
    case MSG_CALL_OPEN: h->call_open(ctx, c, &m->call_open); return true;
    case MSG_CALL_ANSWER: h->call_answer(ctx, c, &m->call_answer); return true;
    case MSG_CALL_GONE: h->call_gone(ctx, c, &m->call_gone); return true;
    case MSG_SESSION_GONE: h->session_gone(ctx, c, &m->session_gone); return true;
    case MSG_SNAPSHOT_GET: h->snapshot_get(ctx, c, &m->snapshot_get); return true;
    case MSG_REFUSE_WANT: h->refuse_want(ctx, c, &m->refuse_want); return true;
    case MSG_STATE_SEAL: h->state_seal(ctx, c, &m->state_seal); return true;
    case MSG_USE_RESULT: h->use_result(ctx, c, &m->use_result); return true;
    case MSG_USE_HITS: h->use_hits(ctx, c, &m->use_hits); return true;
    case MSG_DROPPED: h->dropped(ctx, c, &m->dropped); return true;
    case MSG_SNAPSHOT_PUT: h->snapshot_put(ctx, c, &m->snapshot_put); return true;
    case MSG_DIAL_WANT: h->dial_want(ctx, c, &m->dial_want); return true;
    case MSG_LOGIN_START: h->login_start(ctx, c, &m->login_start); return true;
    case MSG_LOGIN: h->login(ctx, c, &m->login); return true;
    case MSG_LOGOUT: h->logout(ctx, c, &m->logout); return true;
    case MSG_WHO_GET: h->who_get(ctx, c, &m->who_get); return true;
    case MSG_HANDOFF_GET: h->handoff_get(ctx, c, &m->handoff_get); return true;
    case MSG_HANDOFF_SUBMIT: h->handoff_submit(ctx, c, &m->handoff_submit); return true;
    case MSG_HANDOFF_DECLINE: h->handoff_decline(ctx, c, &m->handoff_decline); return true;
    case MSG_INBOX_GET: h->inbox_get(ctx, c, &m->inbox_get); return true;
    case MSG_INBOX_WATCH: h->inbox_watch(ctx, c, &m->inbox_watch); return true;
    case MSG_WATCH_END: h->watch_end(ctx, c, &m->watch_end); return true;
    case MSG_CONNECTIONS_GET: h->connections_get(ctx, c, &m->connections_get); return true;
    case MSG_CONNECTION_REVOKE: h->connection_revoke(ctx, c, &m->connection_revoke); return true;
    case MSG_CTL_USER_ADD: h->ctl_user_add(ctx, c, &m->ctl_user_add); return true;
    case MSG_CTL_USER_PASSWORD: h->ctl_user_password(ctx, c, &m->ctl_user_password); return true;
    case MSG_CTL_USER_REMOVE: h->ctl_user_remove(ctx, c, &m->ctl_user_remove); return true;
    case MSG_CTL_USER_LIST: h->ctl_user_list(ctx, c, &m->ctl_user_list); return true;
    case MSG_CTL_KEY_ADD: h->ctl_key_add(ctx, c, &m->ctl_key_add); return true;
    case MSG_CTL_KEY_REMOVE: h->ctl_key_remove(ctx, c, &m->ctl_key_remove); return true;
    case MSG_CTL_KEY_LIST: h->ctl_key_list(ctx, c, &m->ctl_key_list); return true;
    case MSG_CTL_CONNECTION_LIST: h->ctl_connection_list(ctx, c, &m->ctl_connection_list); return true;
    case MSG_CTL_REVOKE: h->ctl_revoke(ctx, c, &m->ctl_revoke); return true;
    case MSG_CTL_UPSTREAM_LIST: h->ctl_upstream_list(ctx, c, &m->ctl_upstream_list); return true;
    case MSG_CTL_UPSTREAM_PROBE: h->ctl_upstream_probe(ctx, c, &m->ctl_upstream_probe); return true;
    case MSG_CTL_AUDIT_HEAD: h->ctl_audit_head(ctx, c, &m->ctl_audit_head); return true;
    case MSG_CTL_AUDIT_RECHECK: h->ctl_audit_recheck(ctx, c, &m->ctl_audit_recheck); return true;
    case MSG_AUDIT_STATE: h->audit_state(ctx, c, &m->audit_state); return true;
    case MSG_AUDIT_ACK: h->audit_ack(ctx, c, &m->audit_ack); return true;
    case MSG_AUDIT_REFUSED: h->audit_refused(ctx, c, &m->audit_refused); return true;
    default: break;
    }
    (void)fd; /* none of these carries one */
    return false;
}
