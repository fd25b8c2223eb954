/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. One typed function a message. */
#ifndef SG_IPC_GEN_SEND_H
#define SG_IPC_GEN_SEND_H

#include "ipc/chan.h"
#include "ipc/gen/messages.h"

/* send_X queues one message and returns what chan_send does; fd is sent along and stays the caller's. tell_X is
 * chan_tell. */

MUST_USE static inline enum err send_boot(struct chan *c, const struct msg_boot *m)
{
    return chan_send(c, MSG_BOOT, m, -1);
}

static inline void tell_boot(struct chan *c, const struct msg_boot *m)
{
    chan_tell(c, MSG_BOOT, m, false);
}

MUST_USE static inline enum err send_conf_limit(struct chan *c, const struct msg_conf_limit *m)
{
    return chan_send(c, MSG_CONF_LIMIT, m, -1);
}

static inline void tell_conf_limit(struct chan *c, const struct msg_conf_limit *m)
{
    chan_tell(c, MSG_CONF_LIMIT, m, false);
}

MUST_USE static inline enum err send_conf_site(struct chan *c, const struct msg_conf_site *m)
{
    return chan_send(c, MSG_CONF_SITE, m, -1);
}

static inline void tell_conf_site(struct chan *c, const struct msg_conf_site *m)
{
    chan_tell(c, MSG_CONF_SITE, m, false);
}

MUST_USE static inline enum err send_conf_host(struct chan *c, const struct msg_conf_host *m)
{
    return chan_send(c, MSG_CONF_HOST, m, -1);
}

static inline void tell_conf_host(struct chan *c, const struct msg_conf_host *m)
{
    chan_tell(c, MSG_CONF_HOST, m, false);
}

MUST_USE static inline enum err send_conf_origin(struct chan *c, const struct msg_conf_origin *m)
{
    return chan_send(c, MSG_CONF_ORIGIN, m, -1);
}

static inline void tell_conf_origin(struct chan *c, const struct msg_conf_origin *m)
{
    chan_tell(c, MSG_CONF_ORIGIN, m, false);
}

MUST_USE static inline enum err send_conf_upstream(struct chan *c, const struct msg_conf_upstream *m)
{
    return chan_send(c, MSG_CONF_UPSTREAM, m, -1);
}

static inline void tell_conf_upstream(struct chan *c, const struct msg_conf_upstream *m)
{
    chan_tell(c, MSG_CONF_UPSTREAM, m, false);
}

MUST_USE static inline enum err send_conf_endpoint(struct chan *c, const struct msg_conf_endpoint *m)
{
    return chan_send(c, MSG_CONF_ENDPOINT, m, -1);
}

static inline void tell_conf_endpoint(struct chan *c, const struct msg_conf_endpoint *m)
{
    chan_tell(c, MSG_CONF_ENDPOINT, m, false);
}

MUST_USE static inline enum err send_conf_allow(struct chan *c, const struct msg_conf_allow *m)
{
    return chan_send(c, MSG_CONF_ALLOW, m, -1);
}

static inline void tell_conf_allow(struct chan *c, const struct msg_conf_allow *m)
{
    chan_tell(c, MSG_CONF_ALLOW, m, false);
}

MUST_USE static inline enum err send_conf_field(struct chan *c, const struct msg_conf_field *m)
{
    return chan_send(c, MSG_CONF_FIELD, m, -1);
}

static inline void tell_conf_field(struct chan *c, const struct msg_conf_field *m)
{
    chan_tell(c, MSG_CONF_FIELD, m, false);
}

MUST_USE static inline enum err send_conf_place(struct chan *c, const struct msg_conf_place *m)
{
    return chan_send(c, MSG_CONF_PLACE, m, -1);
}

static inline void tell_conf_place(struct chan *c, const struct msg_conf_place *m)
{
    chan_tell(c, MSG_CONF_PLACE, m, false);
}

MUST_USE static inline enum err send_conf_rule(struct chan *c, const struct msg_conf_rule *m)
{
    return chan_send(c, MSG_CONF_RULE, m, -1);
}

static inline void tell_conf_rule(struct chan *c, const struct msg_conf_rule *m)
{
    chan_tell(c, MSG_CONF_RULE, m, false);
}

MUST_USE static inline enum err send_conf_verify(struct chan *c, const struct msg_conf_verify *m)
{
    return chan_send(c, MSG_CONF_VERIFY, m, -1);
}

static inline void tell_conf_verify(struct chan *c, const struct msg_conf_verify *m)
{
    chan_tell(c, MSG_CONF_VERIFY, m, false);
}

MUST_USE static inline enum err send_boot_end(struct chan *c, const struct msg_boot_end *m)
{
    return chan_send(c, MSG_BOOT_END, m, -1);
}

static inline void tell_boot_end(struct chan *c, const struct msg_boot_end *m)
{
    chan_tell(c, MSG_BOOT_END, m, false);
}

MUST_USE static inline enum err send_ready(struct chan *c, const struct msg_ready *m)
{
    return chan_send(c, MSG_READY, m, -1);
}

static inline void tell_ready(struct chan *c, const struct msg_ready *m)
{
    chan_tell(c, MSG_READY, m, false);
}

MUST_USE static inline enum err send_starting(struct chan *c, const struct msg_starting *m)
{
    return chan_send(c, MSG_STARTING, m, -1);
}

static inline void tell_starting(struct chan *c, const struct msg_starting *m)
{
    chan_tell(c, MSG_STARTING, m, false);
}

MUST_USE static inline enum err send_peer(struct chan *c, const struct msg_peer *m, int fd)
{
    return chan_send(c, MSG_PEER, m, fd);
}

MUST_USE static inline enum err send_listener(struct chan *c, const struct msg_listener *m, int fd)
{
    return chan_send(c, MSG_LISTENER, m, fd);
}

MUST_USE static inline enum err send_stop(struct chan *c, const struct msg_stop *m)
{
    return chan_send(c, MSG_STOP, m, -1);
}

static inline void tell_stop(struct chan *c, const struct msg_stop *m)
{
    chan_tell(c, MSG_STOP, m, false);
}

MUST_USE static inline enum err send_alert(struct chan *c, const struct msg_alert *m)
{
    return chan_send(c, MSG_ALERT, m, -1);
}

static inline void tell_alert(struct chan *c, const struct msg_alert *m)
{
    chan_tell(c, MSG_ALERT, m, false);
}

MUST_USE static inline enum err send_egress_want(struct chan *c, const struct msg_egress_want *m)
{
    return chan_send(c, MSG_EGRESS_WANT, m, -1);
}

static inline void tell_egress_want(struct chan *c, const struct msg_egress_want *m)
{
    chan_tell(c, MSG_EGRESS_WANT, m, false);
}

MUST_USE static inline enum err send_egress_failed(struct chan *c, const struct msg_egress_failed *m)
{
    return chan_send(c, MSG_EGRESS_FAILED, m, -1);
}

static inline void tell_egress_failed(struct chan *c, const struct msg_egress_failed *m)
{
    chan_tell(c, MSG_EGRESS_FAILED, m, false);
}

MUST_USE static inline enum err send_token_check(struct chan *c, const struct msg_token_check *m)
{
    return chan_send(c, MSG_TOKEN_CHECK, m, -1);
}

static inline void tell_token_check(struct chan *c, const struct msg_token_check *m)
{
    chan_tell(c, MSG_TOKEN_CHECK, m, false);
}

MUST_USE static inline enum err send_token_known(struct chan *c, const struct msg_token_known *m)
{
    return chan_send(c, MSG_TOKEN_KNOWN, m, -1);
}

static inline void tell_token_known(struct chan *c, const struct msg_token_known *m)
{
    chan_tell(c, MSG_TOKEN_KNOWN, m, false);
}

MUST_USE static inline enum err send_token_gone(struct chan *c, const struct msg_token_gone *m)
{
    return chan_send(c, MSG_TOKEN_GONE, m, -1);
}

static inline void tell_token_gone(struct chan *c, const struct msg_token_gone *m)
{
    chan_tell(c, MSG_TOKEN_GONE, m, false);
}

MUST_USE static inline enum err send_call_open(struct chan *c, const struct msg_call_open *m)
{
    return chan_send(c, MSG_CALL_OPEN, m, -1);
}

static inline void tell_call_open(struct chan *c, const struct msg_call_open *m)
{
    chan_tell(c, MSG_CALL_OPEN, m, false);
}

MUST_USE static inline enum err send_call_permit(struct chan *c, const struct msg_call_permit *m)
{
    return chan_send(c, MSG_CALL_PERMIT, m, -1);
}

static inline void tell_call_permit(struct chan *c, const struct msg_call_permit *m)
{
    chan_tell(c, MSG_CALL_PERMIT, m, false);
}

MUST_USE static inline enum err send_call_own(struct chan *c, const struct msg_call_own *m)
{
    return chan_send(c, MSG_CALL_OWN, m, -1);
}

static inline void tell_call_own(struct chan *c, const struct msg_call_own *m)
{
    chan_tell(c, MSG_CALL_OWN, m, false);
}

MUST_USE static inline enum err send_call_handoff(struct chan *c, const struct msg_call_handoff *m)
{
    return chan_send(c, MSG_CALL_HANDOFF, m, -1);
}

static inline void tell_call_handoff(struct chan *c, const struct msg_call_handoff *m)
{
    chan_tell(c, MSG_CALL_HANDOFF, m, false);
}

MUST_USE static inline enum err send_call_hold(struct chan *c, const struct msg_call_hold *m)
{
    return chan_send(c, MSG_CALL_HOLD, m, -1);
}

static inline void tell_call_hold(struct chan *c, const struct msg_call_hold *m)
{
    chan_tell(c, MSG_CALL_HOLD, m, false);
}

MUST_USE static inline enum err send_call_neutral(struct chan *c, const struct msg_call_neutral *m)
{
    return chan_send(c, MSG_CALL_NEUTRAL, m, -1);
}

static inline void tell_call_neutral(struct chan *c, const struct msg_call_neutral *m)
{
    chan_tell(c, MSG_CALL_NEUTRAL, m, false);
}

MUST_USE static inline enum err send_call_stored(struct chan *c, const struct msg_call_stored *m)
{
    return chan_send(c, MSG_CALL_STORED, m, -1);
}

static inline void tell_call_stored(struct chan *c, const struct msg_call_stored *m)
{
    chan_tell(c, MSG_CALL_STORED, m, false);
}

MUST_USE static inline enum err send_call_deny(struct chan *c, const struct msg_call_deny *m)
{
    return chan_send(c, MSG_CALL_DENY, m, -1);
}

static inline void tell_call_deny(struct chan *c, const struct msg_call_deny *m)
{
    chan_tell(c, MSG_CALL_DENY, m, false);
}

MUST_USE static inline enum err send_call_answer(struct chan *c, const struct msg_call_answer *m)
{
    return chan_send(c, MSG_CALL_ANSWER, m, -1);
}

static inline void tell_call_answer(struct chan *c, const struct msg_call_answer *m)
{
    chan_tell(c, MSG_CALL_ANSWER, m, false);
}

MUST_USE static inline enum err send_call_gone(struct chan *c, const struct msg_call_gone *m)
{
    return chan_send(c, MSG_CALL_GONE, m, -1);
}

static inline void tell_call_gone(struct chan *c, const struct msg_call_gone *m, bool late)
{
    chan_tell(c, MSG_CALL_GONE, m, late);
}

MUST_USE static inline enum err send_handoff_signal(struct chan *c, const struct msg_handoff_signal *m)
{
    return chan_send(c, MSG_HANDOFF_SIGNAL, m, -1);
}

static inline void tell_handoff_signal(struct chan *c, const struct msg_handoff_signal *m)
{
    chan_tell(c, MSG_HANDOFF_SIGNAL, m, false);
}

MUST_USE static inline enum err send_session_gone(struct chan *c, const struct msg_session_gone *m)
{
    return chan_send(c, MSG_SESSION_GONE, m, -1);
}

static inline void tell_session_gone(struct chan *c, const struct msg_session_gone *m)
{
    chan_tell(c, MSG_SESSION_GONE, m, false);
}

MUST_USE static inline enum err send_snapshot_get(struct chan *c, const struct msg_snapshot_get *m)
{
    return chan_send(c, MSG_SNAPSHOT_GET, m, -1);
}

static inline void tell_snapshot_get(struct chan *c, const struct msg_snapshot_get *m)
{
    chan_tell(c, MSG_SNAPSHOT_GET, m, false);
}

MUST_USE static inline enum err send_snapshot_part(struct chan *c, const struct msg_snapshot_part *m)
{
    return chan_send(c, MSG_SNAPSHOT_PART, m, -1);
}

static inline void tell_snapshot_part(struct chan *c, const struct msg_snapshot_part *m)
{
    chan_tell(c, MSG_SNAPSHOT_PART, m, false);
}

MUST_USE static inline enum err send_send_head(struct chan *c, const struct msg_send_head *m)
{
    return chan_send(c, MSG_SEND_HEAD, m, -1);
}

static inline void tell_send_head(struct chan *c, const struct msg_send_head *m)
{
    chan_tell(c, MSG_SEND_HEAD, m, false);
}

MUST_USE static inline enum err send_send_param(struct chan *c, const struct msg_send_param *m)
{
    return chan_send(c, MSG_SEND_PARAM, m, -1);
}

static inline void tell_send_param(struct chan *c, const struct msg_send_param *m)
{
    chan_tell(c, MSG_SEND_PARAM, m, false);
}

MUST_USE static inline enum err send_send_part(struct chan *c, const struct msg_send_part *m)
{
    return chan_send(c, MSG_SEND_PART, m, -1);
}

static inline void tell_send_part(struct chan *c, const struct msg_send_part *m)
{
    chan_tell(c, MSG_SEND_PART, m, false);
}

MUST_USE static inline enum err send_ask_refuse(struct chan *c, const struct msg_ask_refuse *m)
{
    return chan_send(c, MSG_ASK_REFUSE, m, -1);
}

static inline void tell_ask_refuse(struct chan *c, const struct msg_ask_refuse *m)
{
    chan_tell(c, MSG_ASK_REFUSE, m, false);
}

MUST_USE static inline enum err send_call_cancel(struct chan *c, const struct msg_call_cancel *m)
{
    return chan_send(c, MSG_CALL_CANCEL, m, -1);
}

static inline void tell_call_cancel(struct chan *c, const struct msg_call_cancel *m)
{
    chan_tell(c, MSG_CALL_CANCEL, m, false);
}

MUST_USE static inline enum err send_credit(struct chan *c, const struct msg_credit *m)
{
    return chan_send(c, MSG_CREDIT, m, -1);
}

static inline void tell_credit(struct chan *c, const struct msg_credit *m)
{
    chan_tell(c, MSG_CREDIT, m, false);
}

MUST_USE static inline enum err send_session_end(struct chan *c, const struct msg_session_end *m)
{
    return chan_send(c, MSG_SESSION_END, m, -1);
}

static inline void tell_session_end(struct chan *c, const struct msg_session_end *m)
{
    chan_tell(c, MSG_SESSION_END, m, false);
}

MUST_USE static inline enum err send_answer_head(struct chan *c, const struct msg_answer_head *m)
{
    return chan_send(c, MSG_ANSWER_HEAD, m, -1);
}

static inline void tell_answer_head(struct chan *c, const struct msg_answer_head *m)
{
    chan_tell(c, MSG_ANSWER_HEAD, m, false);
}

MUST_USE static inline enum err send_answer_part(struct chan *c, const struct msg_answer_part *m)
{
    return chan_send(c, MSG_ANSWER_PART, m, -1);
}

static inline void tell_answer_part(struct chan *c, const struct msg_answer_part *m)
{
    chan_tell(c, MSG_ANSWER_PART, m, false);
}

MUST_USE static inline enum err send_answer_end(struct chan *c, const struct msg_answer_end *m)
{
    return chan_send(c, MSG_ANSWER_END, m, -1);
}

static inline void tell_answer_end(struct chan *c, const struct msg_answer_end *m)
{
    chan_tell(c, MSG_ANSWER_END, m, false);
}

MUST_USE static inline enum err send_refuse_want(struct chan *c, const struct msg_refuse_want *m)
{
    return chan_send(c, MSG_REFUSE_WANT, m, -1);
}

static inline void tell_refuse_want(struct chan *c, const struct msg_refuse_want *m)
{
    chan_tell(c, MSG_REFUSE_WANT, m, false);
}

MUST_USE static inline enum err send_state_seal(struct chan *c, const struct msg_state_seal *m)
{
    return chan_send(c, MSG_STATE_SEAL, m, -1);
}

static inline void tell_state_seal(struct chan *c, const struct msg_state_seal *m)
{
    chan_tell(c, MSG_STATE_SEAL, m, false);
}

MUST_USE static inline enum err send_state_sealed(struct chan *c, const struct msg_state_sealed *m)
{
    return chan_send(c, MSG_STATE_SEALED, m, -1);
}

static inline void tell_state_sealed(struct chan *c, const struct msg_state_sealed *m)
{
    chan_tell(c, MSG_STATE_SEALED, m, false);
}

MUST_USE static inline enum err send_permit(struct chan *c, const struct msg_permit *m)
{
    return chan_send(c, MSG_PERMIT, m, -1);
}

static inline void tell_permit(struct chan *c, const struct msg_permit *m)
{
    chan_tell(c, MSG_PERMIT, m, false);
}

MUST_USE static inline enum err send_use_result(struct chan *c, const struct msg_use_result *m)
{
    return chan_send(c, MSG_USE_RESULT, m, -1);
}

static inline void tell_use_result(struct chan *c, const struct msg_use_result *m, bool late)
{
    chan_tell(c, MSG_USE_RESULT, m, late);
}

MUST_USE static inline enum err send_use_hits(struct chan *c, const struct msg_use_hits *m)
{
    return chan_send(c, MSG_USE_HITS, m, -1);
}

static inline void tell_use_hits(struct chan *c, const struct msg_use_hits *m)
{
    chan_tell(c, MSG_USE_HITS, m, false);
}

MUST_USE static inline enum err send_drop(struct chan *c, const struct msg_drop *m)
{
    return chan_send(c, MSG_DROP, m, -1);
}

static inline void tell_drop(struct chan *c, const struct msg_drop *m)
{
    chan_tell(c, MSG_DROP, m, false);
}

MUST_USE static inline enum err send_dropped(struct chan *c, const struct msg_dropped *m)
{
    return chan_send(c, MSG_DROPPED, m, -1);
}

static inline void tell_dropped(struct chan *c, const struct msg_dropped *m)
{
    chan_tell(c, MSG_DROPPED, m, false);
}

MUST_USE static inline enum err send_cut(struct chan *c, const struct msg_cut *m)
{
    return chan_send(c, MSG_CUT, m, -1);
}

static inline void tell_cut(struct chan *c, const struct msg_cut *m)
{
    chan_tell(c, MSG_CUT, m, false);
}

MUST_USE static inline enum err send_snapshot_put(struct chan *c, const struct msg_snapshot_put *m)
{
    return chan_send(c, MSG_SNAPSHOT_PUT, m, -1);
}

static inline void tell_snapshot_put(struct chan *c, const struct msg_snapshot_put *m)
{
    chan_tell(c, MSG_SNAPSHOT_PUT, m, false);
}

MUST_USE static inline enum err send_dial_want(struct chan *c, const struct msg_dial_want *m)
{
    return chan_send(c, MSG_DIAL_WANT, m, -1);
}

static inline void tell_dial_want(struct chan *c, const struct msg_dial_want *m)
{
    chan_tell(c, MSG_DIAL_WANT, m, false);
}

MUST_USE static inline enum err send_dial(struct chan *c, const struct msg_dial *m)
{
    return chan_send(c, MSG_DIAL, m, -1);
}

static inline void tell_dial(struct chan *c, const struct msg_dial *m)
{
    chan_tell(c, MSG_DIAL, m, false);
}

MUST_USE static inline enum err send_dialed(struct chan *c, const struct msg_dialed *m, int fd)
{
    return chan_send(c, MSG_DIALED, m, fd);
}

MUST_USE static inline enum err send_dial_failed(struct chan *c, const struct msg_dial_failed *m)
{
    return chan_send(c, MSG_DIAL_FAILED, m, -1);
}

static inline void tell_dial_failed(struct chan *c, const struct msg_dial_failed *m)
{
    chan_tell(c, MSG_DIAL_FAILED, m, false);
}

MUST_USE static inline enum err send_seal_key(struct chan *c, const struct msg_seal_key *m)
{
    return chan_send(c, MSG_SEAL_KEY, m, -1);
}

static inline void tell_seal_key(struct chan *c, const struct msg_seal_key *m)
{
    chan_tell(c, MSG_SEAL_KEY, m, false);
}

MUST_USE static inline enum err send_health(struct chan *c, const struct msg_health *m)
{
    return chan_send(c, MSG_HEALTH, m, -1);
}

static inline void tell_health(struct chan *c, const struct msg_health *m)
{
    chan_tell(c, MSG_HEALTH, m, false);
}

MUST_USE static inline enum err send_login_start(struct chan *c, const struct msg_login_start *m)
{
    return chan_send(c, MSG_LOGIN_START, m, -1);
}

static inline void tell_login_start(struct chan *c, const struct msg_login_start *m)
{
    chan_tell(c, MSG_LOGIN_START, m, false);
}

MUST_USE static inline enum err send_login_salt(struct chan *c, const struct msg_login_salt *m)
{
    return chan_send(c, MSG_LOGIN_SALT, m, -1);
}

static inline void tell_login_salt(struct chan *c, const struct msg_login_salt *m)
{
    chan_tell(c, MSG_LOGIN_SALT, m, false);
}

MUST_USE static inline enum err send_login(struct chan *c, const struct msg_login *m)
{
    return chan_send(c, MSG_LOGIN, m, -1);
}

static inline void tell_login(struct chan *c, const struct msg_login *m)
{
    chan_tell(c, MSG_LOGIN, m, false);
}

MUST_USE static inline enum err send_login_ok(struct chan *c, const struct msg_login_ok *m)
{
    return chan_send(c, MSG_LOGIN_OK, m, -1);
}

static inline void tell_login_ok(struct chan *c, const struct msg_login_ok *m)
{
    chan_tell(c, MSG_LOGIN_OK, m, false);
}

MUST_USE static inline enum err send_logout(struct chan *c, const struct msg_logout *m)
{
    return chan_send(c, MSG_LOGOUT, m, -1);
}

static inline void tell_logout(struct chan *c, const struct msg_logout *m)
{
    chan_tell(c, MSG_LOGOUT, m, false);
}

MUST_USE static inline enum err send_who_get(struct chan *c, const struct msg_who_get *m)
{
    return chan_send(c, MSG_WHO_GET, m, -1);
}

static inline void tell_who_get(struct chan *c, const struct msg_who_get *m)
{
    chan_tell(c, MSG_WHO_GET, m, false);
}

MUST_USE static inline enum err send_who(struct chan *c, const struct msg_who *m)
{
    return chan_send(c, MSG_WHO, m, -1);
}

static inline void tell_who(struct chan *c, const struct msg_who *m)
{
    chan_tell(c, MSG_WHO, m, false);
}

MUST_USE static inline enum err send_handoff_get(struct chan *c, const struct msg_handoff_get *m)
{
    return chan_send(c, MSG_HANDOFF_GET, m, -1);
}

static inline void tell_handoff_get(struct chan *c, const struct msg_handoff_get *m)
{
    chan_tell(c, MSG_HANDOFF_GET, m, false);
}

MUST_USE static inline enum err send_handoff_view(struct chan *c, const struct msg_handoff_view *m)
{
    return chan_send(c, MSG_HANDOFF_VIEW, m, -1);
}

static inline void tell_handoff_view(struct chan *c, const struct msg_handoff_view *m)
{
    chan_tell(c, MSG_HANDOFF_VIEW, m, false);
}

MUST_USE static inline enum err send_handoff_submit(struct chan *c, const struct msg_handoff_submit *m)
{
    return chan_send(c, MSG_HANDOFF_SUBMIT, m, -1);
}

static inline void tell_handoff_submit(struct chan *c, const struct msg_handoff_submit *m)
{
    chan_tell(c, MSG_HANDOFF_SUBMIT, m, false);
}

MUST_USE static inline enum err send_handoff_decline(struct chan *c, const struct msg_handoff_decline *m)
{
    return chan_send(c, MSG_HANDOFF_DECLINE, m, -1);
}

static inline void tell_handoff_decline(struct chan *c, const struct msg_handoff_decline *m)
{
    chan_tell(c, MSG_HANDOFF_DECLINE, m, false);
}

MUST_USE static inline enum err send_inbox_get(struct chan *c, const struct msg_inbox_get *m)
{
    return chan_send(c, MSG_INBOX_GET, m, -1);
}

static inline void tell_inbox_get(struct chan *c, const struct msg_inbox_get *m)
{
    chan_tell(c, MSG_INBOX_GET, m, false);
}

MUST_USE static inline enum err send_inbox_row(struct chan *c, const struct msg_inbox_row *m)
{
    return chan_send(c, MSG_INBOX_ROW, m, -1);
}

static inline void tell_inbox_row(struct chan *c, const struct msg_inbox_row *m)
{
    chan_tell(c, MSG_INBOX_ROW, m, false);
}

MUST_USE static inline enum err send_inbox_watch(struct chan *c, const struct msg_inbox_watch *m)
{
    return chan_send(c, MSG_INBOX_WATCH, m, -1);
}

static inline void tell_inbox_watch(struct chan *c, const struct msg_inbox_watch *m)
{
    chan_tell(c, MSG_INBOX_WATCH, m, false);
}

MUST_USE static inline enum err send_inbox_changed(struct chan *c, const struct msg_inbox_changed *m)
{
    return chan_send(c, MSG_INBOX_CHANGED, m, -1);
}

static inline void tell_inbox_changed(struct chan *c, const struct msg_inbox_changed *m)
{
    chan_tell(c, MSG_INBOX_CHANGED, m, false);
}

MUST_USE static inline enum err send_watch_end(struct chan *c, const struct msg_watch_end *m)
{
    return chan_send(c, MSG_WATCH_END, m, -1);
}

static inline void tell_watch_end(struct chan *c, const struct msg_watch_end *m)
{
    chan_tell(c, MSG_WATCH_END, m, false);
}

MUST_USE static inline enum err send_connections_get(struct chan *c, const struct msg_connections_get *m)
{
    return chan_send(c, MSG_CONNECTIONS_GET, m, -1);
}

static inline void tell_connections_get(struct chan *c, const struct msg_connections_get *m)
{
    chan_tell(c, MSG_CONNECTIONS_GET, m, false);
}

MUST_USE static inline enum err send_connection_row(struct chan *c, const struct msg_connection_row *m)
{
    return chan_send(c, MSG_CONNECTION_ROW, m, -1);
}

static inline void tell_connection_row(struct chan *c, const struct msg_connection_row *m)
{
    chan_tell(c, MSG_CONNECTION_ROW, m, false);
}

MUST_USE static inline enum err send_rows_end(struct chan *c, const struct msg_rows_end *m)
{
    return chan_send(c, MSG_ROWS_END, m, -1);
}

static inline void tell_rows_end(struct chan *c, const struct msg_rows_end *m)
{
    chan_tell(c, MSG_ROWS_END, m, false);
}

MUST_USE static inline enum err send_connection_revoke(struct chan *c, const struct msg_connection_revoke *m)
{
    return chan_send(c, MSG_CONNECTION_REVOKE, m, -1);
}

static inline void tell_connection_revoke(struct chan *c, const struct msg_connection_revoke *m)
{
    chan_tell(c, MSG_CONNECTION_REVOKE, m, false);
}

MUST_USE static inline enum err send_page_done(struct chan *c, const struct msg_page_done *m)
{
    return chan_send(c, MSG_PAGE_DONE, m, -1);
}

static inline void tell_page_done(struct chan *c, const struct msg_page_done *m)
{
    chan_tell(c, MSG_PAGE_DONE, m, false);
}

MUST_USE static inline enum err send_page_denied(struct chan *c, const struct msg_page_denied *m)
{
    return chan_send(c, MSG_PAGE_DENIED, m, -1);
}

static inline void tell_page_denied(struct chan *c, const struct msg_page_denied *m)
{
    chan_tell(c, MSG_PAGE_DENIED, m, false);
}

MUST_USE static inline enum err send_ctl_user_add(struct chan *c, const struct msg_ctl_user_add *m)
{
    return chan_send(c, MSG_CTL_USER_ADD, m, -1);
}

static inline void tell_ctl_user_add(struct chan *c, const struct msg_ctl_user_add *m)
{
    chan_tell(c, MSG_CTL_USER_ADD, m, false);
}

MUST_USE static inline enum err send_ctl_user_password(struct chan *c, const struct msg_ctl_user_password *m)
{
    return chan_send(c, MSG_CTL_USER_PASSWORD, m, -1);
}

static inline void tell_ctl_user_password(struct chan *c, const struct msg_ctl_user_password *m)
{
    chan_tell(c, MSG_CTL_USER_PASSWORD, m, false);
}

MUST_USE static inline enum err send_ctl_user_remove(struct chan *c, const struct msg_ctl_user_remove *m)
{
    return chan_send(c, MSG_CTL_USER_REMOVE, m, -1);
}

static inline void tell_ctl_user_remove(struct chan *c, const struct msg_ctl_user_remove *m)
{
    chan_tell(c, MSG_CTL_USER_REMOVE, m, false);
}

MUST_USE static inline enum err send_ctl_user_list(struct chan *c, const struct msg_ctl_user_list *m)
{
    return chan_send(c, MSG_CTL_USER_LIST, m, -1);
}

static inline void tell_ctl_user_list(struct chan *c, const struct msg_ctl_user_list *m)
{
    chan_tell(c, MSG_CTL_USER_LIST, m, false);
}

MUST_USE static inline enum err send_ctl_user_row(struct chan *c, const struct msg_ctl_user_row *m)
{
    return chan_send(c, MSG_CTL_USER_ROW, m, -1);
}

static inline void tell_ctl_user_row(struct chan *c, const struct msg_ctl_user_row *m)
{
    chan_tell(c, MSG_CTL_USER_ROW, m, false);
}

MUST_USE static inline enum err send_ctl_key_add(struct chan *c, const struct msg_ctl_key_add *m)
{
    return chan_send(c, MSG_CTL_KEY_ADD, m, -1);
}

static inline void tell_ctl_key_add(struct chan *c, const struct msg_ctl_key_add *m)
{
    chan_tell(c, MSG_CTL_KEY_ADD, m, false);
}

MUST_USE static inline enum err send_ctl_key_remove(struct chan *c, const struct msg_ctl_key_remove *m)
{
    return chan_send(c, MSG_CTL_KEY_REMOVE, m, -1);
}

static inline void tell_ctl_key_remove(struct chan *c, const struct msg_ctl_key_remove *m)
{
    chan_tell(c, MSG_CTL_KEY_REMOVE, m, false);
}

MUST_USE static inline enum err send_ctl_key_list(struct chan *c, const struct msg_ctl_key_list *m)
{
    return chan_send(c, MSG_CTL_KEY_LIST, m, -1);
}

static inline void tell_ctl_key_list(struct chan *c, const struct msg_ctl_key_list *m)
{
    chan_tell(c, MSG_CTL_KEY_LIST, m, false);
}

MUST_USE static inline enum err send_ctl_key_row(struct chan *c, const struct msg_ctl_key_row *m)
{
    return chan_send(c, MSG_CTL_KEY_ROW, m, -1);
}

static inline void tell_ctl_key_row(struct chan *c, const struct msg_ctl_key_row *m)
{
    chan_tell(c, MSG_CTL_KEY_ROW, m, false);
}

MUST_USE static inline enum err send_ctl_connection_list(struct chan *c, const struct msg_ctl_connection_list *m)
{
    return chan_send(c, MSG_CTL_CONNECTION_LIST, m, -1);
}

static inline void tell_ctl_connection_list(struct chan *c, const struct msg_ctl_connection_list *m)
{
    chan_tell(c, MSG_CTL_CONNECTION_LIST, m, false);
}

MUST_USE static inline enum err send_ctl_connection_row(struct chan *c, const struct msg_ctl_connection_row *m)
{
    return chan_send(c, MSG_CTL_CONNECTION_ROW, m, -1);
}

static inline void tell_ctl_connection_row(struct chan *c, const struct msg_ctl_connection_row *m)
{
    chan_tell(c, MSG_CTL_CONNECTION_ROW, m, false);
}

MUST_USE static inline enum err send_ctl_revoke(struct chan *c, const struct msg_ctl_revoke *m)
{
    return chan_send(c, MSG_CTL_REVOKE, m, -1);
}

static inline void tell_ctl_revoke(struct chan *c, const struct msg_ctl_revoke *m)
{
    chan_tell(c, MSG_CTL_REVOKE, m, false);
}

MUST_USE static inline enum err send_ctl_upstream_list(struct chan *c, const struct msg_ctl_upstream_list *m)
{
    return chan_send(c, MSG_CTL_UPSTREAM_LIST, m, -1);
}

static inline void tell_ctl_upstream_list(struct chan *c, const struct msg_ctl_upstream_list *m)
{
    chan_tell(c, MSG_CTL_UPSTREAM_LIST, m, false);
}

MUST_USE static inline enum err send_ctl_upstream_row(struct chan *c, const struct msg_ctl_upstream_row *m)
{
    return chan_send(c, MSG_CTL_UPSTREAM_ROW, m, -1);
}

static inline void tell_ctl_upstream_row(struct chan *c, const struct msg_ctl_upstream_row *m)
{
    chan_tell(c, MSG_CTL_UPSTREAM_ROW, m, false);
}

MUST_USE static inline enum err send_ctl_upstream_probe(struct chan *c, const struct msg_ctl_upstream_probe *m)
{
    return chan_send(c, MSG_CTL_UPSTREAM_PROBE, m, -1);
}

static inline void tell_ctl_upstream_probe(struct chan *c, const struct msg_ctl_upstream_probe *m)
{
    chan_tell(c, MSG_CTL_UPSTREAM_PROBE, m, false);
}

MUST_USE static inline enum err send_ctl_audit_head(struct chan *c, const struct msg_ctl_audit_head *m)
{
    return chan_send(c, MSG_CTL_AUDIT_HEAD, m, -1);
}

static inline void tell_ctl_audit_head(struct chan *c, const struct msg_ctl_audit_head *m)
{
    chan_tell(c, MSG_CTL_AUDIT_HEAD, m, false);
}

MUST_USE static inline enum err send_ctl_audit_head_is(struct chan *c, const struct msg_ctl_audit_head_is *m)
{
    return chan_send(c, MSG_CTL_AUDIT_HEAD_IS, m, -1);
}

static inline void tell_ctl_audit_head_is(struct chan *c, const struct msg_ctl_audit_head_is *m)
{
    chan_tell(c, MSG_CTL_AUDIT_HEAD_IS, m, false);
}

MUST_USE static inline enum err send_ctl_audit_recheck(struct chan *c, const struct msg_ctl_audit_recheck *m)
{
    return chan_send(c, MSG_CTL_AUDIT_RECHECK, m, -1);
}

static inline void tell_ctl_audit_recheck(struct chan *c, const struct msg_ctl_audit_recheck *m)
{
    chan_tell(c, MSG_CTL_AUDIT_RECHECK, m, false);
}

MUST_USE static inline enum err send_ctl_done(struct chan *c, const struct msg_ctl_done *m)
{
    return chan_send(c, MSG_CTL_DONE, m, -1);
}

static inline void tell_ctl_done(struct chan *c, const struct msg_ctl_done *m)
{
    chan_tell(c, MSG_CTL_DONE, m, false);
}

MUST_USE static inline enum err send_audit_state(struct chan *c, const struct msg_audit_state *m)
{
    return chan_send(c, MSG_AUDIT_STATE, m, -1);
}

static inline void tell_audit_state(struct chan *c, const struct msg_audit_state *m)
{
    chan_tell(c, MSG_AUDIT_STATE, m, false);
}

MUST_USE static inline enum err send_audit_append(struct chan *c, const struct msg_audit_append *m)
{
    return chan_send(c, MSG_AUDIT_APPEND, m, -1);
}

static inline void tell_audit_append(struct chan *c, const struct msg_audit_append *m)
{
    chan_tell(c, MSG_AUDIT_APPEND, m, false);
}

MUST_USE static inline enum err send_audit_ack(struct chan *c, const struct msg_audit_ack *m)
{
    return chan_send(c, MSG_AUDIT_ACK, m, -1);
}

static inline void tell_audit_ack(struct chan *c, const struct msg_audit_ack *m)
{
    chan_tell(c, MSG_AUDIT_ACK, m, false);
}

MUST_USE static inline enum err send_audit_refused(struct chan *c, const struct msg_audit_refused *m)
{
    return chan_send(c, MSG_AUDIT_REFUSED, m, -1);
}

static inline void tell_audit_refused(struct chan *c, const struct msg_audit_refused *m)
{
    chan_tell(c, MSG_AUDIT_REFUSED, m, false);
}

#endif
