/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. Tables of the messages' fields. */
#include "ipc/gen/messages.h"

#include "base/limits.h"

static const struct wire_field boot_fields[] = {
    {"instance", WIRE_U32, offsetof(struct msg_boot, instance), 0, NULL, false},
    {"generation", WIRE_U64, offsetof(struct msg_boot, generation), 0, NULL, false},
    {"log_level", WIRE_ENUM, offsetof(struct msg_boot, log_level), LEVEL_COUNT, level_names, false},
    {"use_landlock", WIRE_BOOL, offsetof(struct msg_boot, use_landlock), 0, NULL, false},
    {"uid", WIRE_U32, offsetof(struct msg_boot, uid), 0, NULL, false},
    {"gid", WIRE_U32, offsetof(struct msg_boot, gid), 0, NULL, false},
    {"data_dir", WIRE_STR, offsetof(struct msg_boot, data_dir), 271, NULL, false},
    {"key_dir", WIRE_STR, offsetof(struct msg_boot, key_dir), 271, NULL, false},
};

static const struct wire_field conf_limit_fields[] = {
    {"index", WIRE_U16, offsetof(struct msg_conf_limit, index), 0, NULL, false},
    {"value", WIRE_U64, offsetof(struct msg_conf_limit, value), 0, NULL, false},
};

static const struct wire_field conf_site_fields[] = {
    {"surface_url", WIRE_STR, offsetof(struct msg_conf_site, surface_url), 255, NULL, false},
    {"alone", WIRE_BOOL, offsetof(struct msg_conf_site, alone), 0, NULL, false},
};

static const struct wire_field conf_host_fields[] = {
    {"host", WIRE_STR, offsetof(struct msg_conf_host, host), 255, NULL, false},
};

static const struct wire_field conf_origin_fields[] = {
    {"origin", WIRE_STR, offsetof(struct msg_conf_origin, origin), 255, NULL, false},
};

static const struct wire_field conf_upstream_fields[] = {
    {"upstream", WIRE_U16, offsetof(struct msg_conf_upstream, upstream), 0, NULL, false},
    {"name", WIRE_STR, offsetof(struct msg_conf_upstream, name), 32, NULL, false},
    {"title", WIRE_STR, offsetof(struct msg_conf_upstream, title), LIM_LABEL_BYTES, NULL, false},
    {"protocols", WIRE_U8, offsetof(struct msg_conf_upstream, protocols), 0, NULL, false},
    {"needs_credential", WIRE_BOOL, offsetof(struct msg_conf_upstream, needs_credential), 0, NULL, false},
    {"lease", WIRE_ENUM, offsetof(struct msg_conf_upstream, lease), LEASE_KIND_COUNT, lease_kind_names, false},
    {"lease_uses", WIRE_U32, offsetof(struct msg_conf_upstream, lease_uses), 0, NULL, false},
    {"lease_ms", WIRE_U64, offsetof(struct msg_conf_upstream, lease_ms), 0, NULL, false},
    {"has_verify", WIRE_BOOL, offsetof(struct msg_conf_upstream, has_verify), 0, NULL, false},
};

static const struct wire_field conf_endpoint_fields[] = {
    {"upstream", WIRE_U16, offsetof(struct msg_conf_endpoint, upstream), 0, NULL, false},
    {"tls", WIRE_BOOL, offsetof(struct msg_conf_endpoint, tls), 0, NULL, false},
    {"host", WIRE_STR, offsetof(struct msg_conf_endpoint, host), 255, NULL, false},
    {"port", WIRE_U16, offsetof(struct msg_conf_endpoint, port), 0, NULL, false},
    {"path", WIRE_STR, offsetof(struct msg_conf_endpoint, path), 1024, NULL, false},
};

static const struct wire_field conf_allow_fields[] = {
    {"upstream", WIRE_U16, offsetof(struct msg_conf_allow, upstream), 0, NULL, false},
    {"address", WIRE_BYTES, offsetof(struct msg_conf_allow, address), 16, NULL, false},
    {"prefix", WIRE_U8, offsetof(struct msg_conf_allow, prefix), 0, NULL, false},
};

static const struct wire_field conf_field_fields[] = {
    {"upstream", WIRE_U16, offsetof(struct msg_conf_field, upstream), 0, NULL, false},
    {"index", WIRE_U8, offsetof(struct msg_conf_field, index), 0, NULL, false},
    {"name", WIRE_STR, offsetof(struct msg_conf_field, name), 64, NULL, false},
    {"label", WIRE_STR, offsetof(struct msg_conf_field, label), LIM_LABEL_BYTES, NULL, false},
    {"hint", WIRE_STR, offsetof(struct msg_conf_field, hint), 256, NULL, false},
    {"masked", WIRE_BOOL, offsetof(struct msg_conf_field, masked), 0, NULL, false},
    {"wants", WIRE_U8, offsetof(struct msg_conf_field, wants), 0, NULL, false},
};

static const struct wire_field conf_place_fields[] = {
    {"upstream", WIRE_U16, offsetof(struct msg_conf_place, upstream), 0, NULL, false},
    {"in", WIRE_ENUM, offsetof(struct msg_conf_place, in), PLACE_COUNT, place_names, false},
    {"name", WIRE_STR, offsetof(struct msg_conf_place, name), LIM_LABEL_BYTES, NULL, false},
    {"format", WIRE_STR, offsetof(struct msg_conf_place, format), 512, NULL, false},
    {"user", WIRE_STR, offsetof(struct msg_conf_place, user), 64, NULL, false},
    {"password", WIRE_STR, offsetof(struct msg_conf_place, password), 64, NULL, false},
};

static const struct wire_field conf_rule_fields[] = {
    {"upstream", WIRE_U16, offsetof(struct msg_conf_rule, upstream), 0, NULL, false},
    {"rule", WIRE_ENUM, offsetof(struct msg_conf_rule, rule), RULE_COUNT, rule_names, false},
    {"value", WIRE_STR, offsetof(struct msg_conf_rule, value), 256, NULL, false},
};

static const struct wire_field conf_verify_fields[] = {
    {"upstream", WIRE_U16, offsetof(struct msg_conf_verify, upstream), 0, NULL, false},
    {"method", WIRE_STR, offsetof(struct msg_conf_verify, method), LIM_METHOD_BYTES, NULL, false},
};

static const struct wire_field ready_fields[] = {
    {"landlock_abi", WIRE_U32, offsetof(struct msg_ready, landlock_abi), 0, NULL, false},
};

static const struct wire_field peer_fields[] = {
    {"role", WIRE_ENUM, offsetof(struct msg_peer, role), ROLE_COUNT, role_names, false},
    {"instance", WIRE_U32, offsetof(struct msg_peer, instance), 0, NULL, false},
    {"generation", WIRE_U64, offsetof(struct msg_peer, generation), 0, NULL, false},
    {"upstream", WIRE_U16, offsetof(struct msg_peer, upstream), 0, NULL, false},
};

static const struct wire_field alert_fields[] = {
    {"role", WIRE_ENUM, offsetof(struct msg_alert, role), ROLE_COUNT, role_names, false},
    {"instance", WIRE_U32, offsetof(struct msg_alert, instance), 0, NULL, false},
    {"generation", WIRE_U64, offsetof(struct msg_alert, generation), 0, NULL, false},
    {"code", WIRE_ERR, offsetof(struct msg_alert, code), ERR_COUNT, NULL, false},
};

static const struct wire_field egress_want_fields[] = {
    {"upstream", WIRE_U16, offsetof(struct msg_egress_want, upstream), 0, NULL, false},
};

static const struct wire_field egress_failed_fields[] = {
    {"upstream", WIRE_U16, offsetof(struct msg_egress_failed, upstream), 0, NULL, false},
};

static const struct wire_field token_check_fields[] = {
    {"check", WIRE_U64, offsetof(struct msg_token_check, check), 0, NULL, false},
    {"token", WIRE_SECRET, offsetof(struct msg_token_check, token), LIM_TOKEN_BYTES, NULL, false},
};

static const struct wire_field token_known_fields[] = {
    {"check", WIRE_U64, offsetof(struct msg_token_known, check), 0, NULL, false},
    {"known", WIRE_BOOL, offsetof(struct msg_token_known, known), 0, NULL, false},
};

static const struct wire_field token_gone_fields[] = {
    {"token", WIRE_DIGEST, offsetof(struct msg_token_gone, token), 0, NULL, false},
};

static const struct wire_field call_open_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_call_open, call), 0, NULL, false},
    {"upstream", WIRE_U16, offsetof(struct msg_call_open, upstream), 0, NULL, false},
    {"token", WIRE_SECRET, offsetof(struct msg_call_open, token), LIM_TOKEN_BYTES, NULL, false},
    {"era", WIRE_ENUM, offsetof(struct msg_call_open, era), ERA_COUNT, era_names, false},
    {"kind", WIRE_ENUM, offsetof(struct msg_call_open, kind), CALL_KIND_COUNT, call_kind_names, false},
    {"want", WIRE_ENUM, offsetof(struct msg_call_open, want), CALL_WANT_COUNT, call_want_names, false},
    {"method", WIRE_STR, offsetof(struct msg_call_open, method), LIM_METHOD_BYTES, NULL, false},
    {"name", WIRE_STR, offsetof(struct msg_call_open, name), LIM_NAME_BYTES, NULL, false},
    {"projection", WIRE_BYTES, offsetof(struct msg_call_open, projection), LIM_PROJECTION_BYTES, NULL, false},
    {"request", WIRE_DIGEST, offsetof(struct msg_call_open, request), 0, NULL, false},
    {"answers", WIRE_BOOL, offsetof(struct msg_call_open, answers), 0, NULL, false},
    {"of", WIRE_U64, offsetof(struct msg_call_open, of), 0, NULL, false},
    {"body_digest", WIRE_DIGEST, offsetof(struct msg_call_open, body_digest), 0, NULL, false},
    {"caps", WIRE_U8, offsetof(struct msg_call_open, caps), 0, NULL, false},
    {"session", WIRE_ID, offsetof(struct msg_call_open, session), 0, NULL, false},
    {"state", WIRE_BYTES, offsetof(struct msg_call_open, state), LIM_STATE_BYTES, NULL, false},
    {"answer", WIRE_ENUM, offsetof(struct msg_call_open, answer), ANSWER_COUNT, answer_names, false},
};

static const struct wire_field call_permit_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_call_permit, call), 0, NULL, false},
    {"use", WIRE_ID, offsetof(struct msg_call_permit, use), 0, NULL, false},
    {"egress_generation", WIRE_U64, offsetof(struct msg_call_permit, egress_generation), 0, NULL, false},
    {"client", WIRE_ID, offsetof(struct msg_call_permit, client), 0, NULL, false},
    {"anonymous", WIRE_BOOL, offsetof(struct msg_call_permit, anonymous), 0, NULL, false},
};

static const struct wire_field call_own_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_call_own, call), 0, NULL, false},
    {"client", WIRE_ID, offsetof(struct msg_call_own, client), 0, NULL, false},
    {"user_name", WIRE_STR, offsetof(struct msg_call_own, user_name), LIM_USER_NAME_BYTES, NULL, false},
    {"connected", WIRE_BOOL, offsetof(struct msg_call_own, connected), 0, NULL, false},
    {"pending", WIRE_BOOL, offsetof(struct msg_call_own, pending), 0, NULL, false},
};

static const struct wire_field call_handoff_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_call_handoff, call), 0, NULL, false},
    {"client", WIRE_ID, offsetof(struct msg_call_handoff, client), 0, NULL, false},
    {"handoff", WIRE_ID, offsetof(struct msg_call_handoff, handoff), 0, NULL, false},
    {"words", WIRE_STR, offsetof(struct msg_call_handoff, words), 64, NULL, false},
    {"need", WIRE_ENUM, offsetof(struct msg_call_handoff, need), NEED_COUNT, need_names, false},
    {"state", WIRE_BYTES, offsetof(struct msg_call_handoff, state), LIM_STATE_BYTES, NULL, false},
    {"by_error", WIRE_BOOL, offsetof(struct msg_call_handoff, by_error), 0, NULL, false},
};

static const struct wire_field call_hold_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_call_hold, call), 0, NULL, false},
    {"handoff", WIRE_ID, offsetof(struct msg_call_hold, handoff), 0, NULL, false},
    {"words", WIRE_STR, offsetof(struct msg_call_hold, words), 64, NULL, false},
    {"state", WIRE_BYTES, offsetof(struct msg_call_hold, state), LIM_STATE_BYTES, NULL, false},
};

static const struct wire_field call_neutral_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_call_neutral, call), 0, NULL, false},
    {"handoff", WIRE_ID, offsetof(struct msg_call_neutral, handoff), 0, NULL, false},
    {"words", WIRE_STR, offsetof(struct msg_call_neutral, words), 64, NULL, false},
    {"ending", WIRE_ENUM, offsetof(struct msg_call_neutral, ending), ENDING_COUNT, ending_names, false},
};

static const struct wire_field call_stored_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_call_stored, call), 0, NULL, false},
};

static const struct wire_field call_deny_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_call_deny, call), 0, NULL, false},
    {"code", WIRE_ERR, offsetof(struct msg_call_deny, code), ERR_COUNT, NULL, false},
};

static const struct wire_field call_answer_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_call_answer, call), 0, NULL, false},
    {"answer", WIRE_ENUM, offsetof(struct msg_call_answer, answer), ANSWER_COUNT, answer_names, false},
};

static const struct wire_field call_gone_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_call_gone, call), 0, NULL, false},
    {"use", WIRE_ID, offsetof(struct msg_call_gone, use), 0, NULL, false},
};

static const struct wire_field handoff_signal_fields[] = {
    {"session", WIRE_ID, offsetof(struct msg_handoff_signal, session), 0, NULL, false},
    {"handoff", WIRE_ID, offsetof(struct msg_handoff_signal, handoff), 0, NULL, false},
    {"state", WIRE_ENUM, offsetof(struct msg_handoff_signal, state), HANDOFF_STATE_COUNT, handoff_state_names, false},
};

static const struct wire_field session_gone_fields[] = {
    {"session", WIRE_ID, offsetof(struct msg_session_gone, session), 0, NULL, false},
};

static const struct wire_field snapshot_get_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_snapshot_get, call), 0, NULL, false},
    {"kind", WIRE_ENUM, offsetof(struct msg_snapshot_get, kind), SNAPSHOT_COUNT, snapshot_names, false},
};

static const struct wire_field snapshot_part_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_snapshot_part, call), 0, NULL, false},
    {"kind", WIRE_ENUM, offsetof(struct msg_snapshot_part, kind), SNAPSHOT_COUNT, snapshot_names, false},
    {"size", WIRE_U32, offsetof(struct msg_snapshot_part, size), 0, NULL, false},
    {"offset", WIRE_U32, offsetof(struct msg_snapshot_part, offset), 0, NULL, false},
    {"part", WIRE_BYTES, offsetof(struct msg_snapshot_part, part), LIM_PART_BYTES, NULL, false},
};

static const struct wire_field send_head_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_send_head, call), 0, NULL, false},
    {"use", WIRE_ID, offsetof(struct msg_send_head, use), 0, NULL, false},
    {"era", WIRE_ENUM, offsetof(struct msg_send_head, era), ERA_COUNT, era_names, false},
    {"kind", WIRE_ENUM, offsetof(struct msg_send_head, kind), CALL_KIND_COUNT, call_kind_names, false},
    {"client", WIRE_ID, offsetof(struct msg_send_head, client), 0, NULL, false},
    {"session", WIRE_ID, offsetof(struct msg_send_head, session), 0, NULL, false},
    {"protocol", WIRE_STR, offsetof(struct msg_send_head, protocol), 32, NULL, false},
    {"last_event_id", WIRE_STR, offsetof(struct msg_send_head, last_event_id), 256, NULL, false},
    {"caps", WIRE_BYTES, offsetof(struct msg_send_head, caps), LIM_CAPS_BYTES, NULL, false},
    {"size", WIRE_U32, offsetof(struct msg_send_head, size), 0, NULL, false},
};

static const struct wire_field send_param_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_send_param, call), 0, NULL, false},
    {"name", WIRE_STR, offsetof(struct msg_send_param, name), LIM_PARAM_NAME_BYTES, NULL, false},
    {"value", WIRE_STR, offsetof(struct msg_send_param, value), LIM_NAME_BYTES, NULL, false},
};

static const struct wire_field send_part_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_send_part, call), 0, NULL, false},
    {"part", WIRE_BYTES, offsetof(struct msg_send_part, part), LIM_PART_BYTES, NULL, false},
};

static const struct wire_field ask_refuse_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_ask_refuse, call), 0, NULL, false},
    {"id", WIRE_BYTES, offsetof(struct msg_ask_refuse, id), LIM_RPC_ID_BYTES, NULL, false},
    {"why", WIRE_ENUM, offsetof(struct msg_ask_refuse, why), REFUSAL_COUNT, refusal_names, false},
};

static const struct wire_field call_cancel_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_call_cancel, call), 0, NULL, false},
};

static const struct wire_field credit_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_credit, call), 0, NULL, false},
    {"bytes", WIRE_U32, offsetof(struct msg_credit, bytes), 0, NULL, false},
};

static const struct wire_field session_end_fields[] = {
    {"session", WIRE_ID, offsetof(struct msg_session_end, session), 0, NULL, false},
};

static const struct wire_field answer_head_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_answer_head, call), 0, NULL, false},
    {"kind", WIRE_ENUM, offsetof(struct msg_answer_head, kind), ANSWER_KIND_COUNT, answer_kind_names, false},
};

static const struct wire_field answer_part_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_answer_part, call), 0, NULL, false},
    {"last", WIRE_BOOL, offsetof(struct msg_answer_part, last), 0, NULL, false},
    {"part", WIRE_BYTES, offsetof(struct msg_answer_part, part), LIM_PART_BYTES, NULL, false},
};

static const struct wire_field answer_end_fields[] = {
    {"call", WIRE_U64, offsetof(struct msg_answer_end, call), 0, NULL, false},
    {"how", WIRE_ENUM, offsetof(struct msg_answer_end, how), ANSWER_HOW_COUNT, answer_how_names, false},
    {"code", WIRE_ERR, offsetof(struct msg_answer_end, code), ERR_COUNT, NULL, false},
};

static const struct wire_field refuse_want_fields[] = {
    {"use", WIRE_ID, offsetof(struct msg_refuse_want, use), 0, NULL, false},
    {"ask", WIRE_U64, offsetof(struct msg_refuse_want, ask), 0, NULL, false},
};

static const struct wire_field state_seal_fields[] = {
    {"use", WIRE_ID, offsetof(struct msg_state_seal, use), 0, NULL, false},
    {"has_state", WIRE_BOOL, offsetof(struct msg_state_seal, has_state), 0, NULL, false},
    {"state", WIRE_BYTES, offsetof(struct msg_state_seal, state), LIM_UPSTREAM_STATE_BYTES, NULL, false},
};

static const struct wire_field state_sealed_fields[] = {
    {"use", WIRE_ID, offsetof(struct msg_state_sealed, use), 0, NULL, false},
    {"state", WIRE_BYTES, offsetof(struct msg_state_sealed, state), LIM_STATE_BYTES, NULL, false},
};

static const struct wire_field permit_fields[] = {
    {"use", WIRE_ID, offsetof(struct msg_permit, use), 0, NULL, false},
    {"mode", WIRE_ENUM, offsetof(struct msg_permit, mode), MODE_COUNT, mode_names, false},
    {"gateway", WIRE_U32, offsetof(struct msg_permit, gateway), 0, NULL, false},
    {"gateway_generation", WIRE_U64, offsetof(struct msg_permit, gateway_generation), 0, NULL, false},
    {"call", WIRE_U64, offsetof(struct msg_permit, call), 0, NULL, false},
    {"not_after", WIRE_U64, offsetof(struct msg_permit, not_after), 0, NULL, false},
    {"projection", WIRE_DIGEST, offsetof(struct msg_permit, projection), 0, NULL, false},
    {"body", WIRE_DIGEST, offsetof(struct msg_permit, body), 0, NULL, false},
    {"user", WIRE_ID, offsetof(struct msg_permit, user), 0, NULL, false},
    {"connection", WIRE_ID, offsetof(struct msg_permit, connection), 0, NULL, false},
    {"lazy", WIRE_BOOL, offsetof(struct msg_permit, lazy), 0, NULL, false},
    {"has_state", WIRE_BOOL, offsetof(struct msg_permit, has_state), 0, NULL, false},
    {"state", WIRE_BYTES, offsetof(struct msg_permit, state), LIM_UPSTREAM_STATE_BYTES, NULL, false},
    {"credential", WIRE_SECRET, offsetof(struct msg_permit, credential), LIM_CREDENTIAL_BYTES, NULL, false},
};

static const struct wire_field use_result_fields[] = {
    {"use", WIRE_ID, offsetof(struct msg_use_result, use), 0, NULL, false},
    {"result", WIRE_ENUM, offsetof(struct msg_use_result, result), RESULT_COUNT, result_names, false},
    {"refused", WIRE_BOOL, offsetof(struct msg_use_result, refused), 0, NULL, false},
    {"hits", WIRE_U32, offsetof(struct msg_use_result, hits), 0, NULL, false},
    {"status", WIRE_U16, offsetof(struct msg_use_result, status), 0, NULL, false},
    {"code", WIRE_ERR, offsetof(struct msg_use_result, code), ERR_COUNT, NULL, false},
};

static const struct wire_field use_hits_fields[] = {
    {"use", WIRE_ID, offsetof(struct msg_use_hits, use), 0, NULL, false},
    {"hits", WIRE_U32, offsetof(struct msg_use_hits, hits), 0, NULL, false},
};

static const struct wire_field drop_fields[] = {
    {"connection", WIRE_ID, offsetof(struct msg_drop, connection), 0, NULL, false},
};

static const struct wire_field cut_fields[] = {
    {"use", WIRE_ID, offsetof(struct msg_cut, use), 0, NULL, false},
    {"code", WIRE_ERR, offsetof(struct msg_cut, code), ERR_COUNT, NULL, false},
};

static const struct wire_field snapshot_put_fields[] = {
    {"use", WIRE_ID, offsetof(struct msg_snapshot_put, use), 0, NULL, false},
    {"era", WIRE_ENUM, offsetof(struct msg_snapshot_put, era), ERA_COUNT, era_names, false},
    {"kind", WIRE_ENUM, offsetof(struct msg_snapshot_put, kind), SNAPSHOT_COUNT, snapshot_names, false},
    {"size", WIRE_U32, offsetof(struct msg_snapshot_put, size), 0, NULL, false},
    {"offset", WIRE_U32, offsetof(struct msg_snapshot_put, offset), 0, NULL, false},
    {"part", WIRE_BYTES, offsetof(struct msg_snapshot_put, part), LIM_PART_BYTES, NULL, false},
};

static const struct wire_field dial_want_fields[] = {
    {"use", WIRE_ID, offsetof(struct msg_dial_want, use), 0, NULL, false},
    {"dial", WIRE_U64, offsetof(struct msg_dial_want, dial), 0, NULL, false},
};

static const struct wire_field dial_fields[] = {
    {"client", WIRE_ID, offsetof(struct msg_dial, client), 0, NULL, false},
    {"dial", WIRE_U64, offsetof(struct msg_dial, dial), 0, NULL, false},
    {"egress", WIRE_U32, offsetof(struct msg_dial, egress), 0, NULL, false},
    {"egress_generation", WIRE_U64, offsetof(struct msg_dial, egress_generation), 0, NULL, false},
    {"upstream", WIRE_U16, offsetof(struct msg_dial, upstream), 0, NULL, false},
    {"host", WIRE_STR, offsetof(struct msg_dial, host), 255, NULL, false},
    {"port", WIRE_U16, offsetof(struct msg_dial, port), 0, NULL, false},
};

static const struct wire_field dialed_fields[] = {
    {"dial", WIRE_U64, offsetof(struct msg_dialed, dial), 0, NULL, false},
};

static const struct wire_field dial_failed_fields[] = {
    {"dial", WIRE_U64, offsetof(struct msg_dial_failed, dial), 0, NULL, false},
    {"code", WIRE_ERR, offsetof(struct msg_dial_failed, code), ERR_COUNT, NULL, false},
};

static const struct wire_field seal_key_fields[] = {
    {"key", WIRE_U32, offsetof(struct msg_seal_key, key), 0, NULL, false},
    {"public_key", WIRE_DIGEST, offsetof(struct msg_seal_key, public_key), 0, NULL, false},
};

static const struct wire_field health_fields[] = {
    {"recording", WIRE_ENUM, offsetof(struct msg_health, recording), RECORDING_COUNT, recording_names, false},
};

static const struct wire_field login_start_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_login_start, req), 0, NULL, false},
    {"name", WIRE_STR, offsetof(struct msg_login_start, name), LIM_USER_NAME_BYTES, NULL, true},
    {"browser", WIRE_DIGEST, offsetof(struct msg_login_start, browser), 0, NULL, false},
};

static const struct wire_field login_salt_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_login_salt, req), 0, NULL, false},
    {"known", WIRE_BOOL, offsetof(struct msg_login_salt, known), 0, NULL, false},
    {"salt", WIRE_BYTES, offsetof(struct msg_login_salt, salt), 16, NULL, false},
    {"ops", WIRE_U64, offsetof(struct msg_login_salt, ops), 0, NULL, false},
    {"mem", WIRE_U64, offsetof(struct msg_login_salt, mem), 0, NULL, false},
};

static const struct wire_field login_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_login, req), 0, NULL, false},
    {"name", WIRE_STR, offsetof(struct msg_login, name), LIM_USER_NAME_BYTES, NULL, true},
    {"browser", WIRE_DIGEST, offsetof(struct msg_login, browser), 0, NULL, false},
    {"verifier", WIRE_SECRET, offsetof(struct msg_login, verifier), 32, NULL, false},
};

static const struct wire_field login_ok_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_login_ok, req), 0, NULL, false},
    {"browser", WIRE_DIGEST, offsetof(struct msg_login_ok, browser), 0, NULL, false},
    {"cookie", WIRE_SECRET, offsetof(struct msg_login_ok, cookie), 64, NULL, false},
    {"life_ms", WIRE_U64, offsetof(struct msg_login_ok, life_ms), 0, NULL, false},
};

static const struct wire_field logout_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_logout, req), 0, NULL, false},
    {"cookie", WIRE_SECRET, offsetof(struct msg_logout, cookie), 64, NULL, false},
    {"csrf", WIRE_DIGEST, offsetof(struct msg_logout, csrf), 0, NULL, false},
};

static const struct wire_field who_get_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_who_get, req), 0, NULL, false},
    {"cookie", WIRE_SECRET, offsetof(struct msg_who_get, cookie), 64, NULL, false},
};

static const struct wire_field who_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_who, req), 0, NULL, false},
    {"user_name", WIRE_STR, offsetof(struct msg_who, user_name), LIM_USER_NAME_BYTES, NULL, false},
    {"csrf", WIRE_DIGEST, offsetof(struct msg_who, csrf), 0, NULL, false},
    {"salt", WIRE_BYTES, offsetof(struct msg_who, salt), 16, NULL, false},
    {"ops", WIRE_U64, offsetof(struct msg_who, ops), 0, NULL, false},
    {"mem", WIRE_U64, offsetof(struct msg_who, mem), 0, NULL, false},
};

static const struct wire_field handoff_get_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_handoff_get, req), 0, NULL, false},
    {"cookie", WIRE_SECRET, offsetof(struct msg_handoff_get, cookie), 64, NULL, false},
    {"handoff", WIRE_ID, offsetof(struct msg_handoff_get, handoff), 0, NULL, false},
};

static const struct wire_field handoff_view_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_handoff_view, req), 0, NULL, false},
    {"handoff", WIRE_ID, offsetof(struct msg_handoff_view, handoff), 0, NULL, false},
    {"kind", WIRE_ENUM, offsetof(struct msg_handoff_view, kind), HANDOFF_KIND_COUNT, handoff_kind_names, false},
    {"state", WIRE_ENUM, offsetof(struct msg_handoff_view, state), HANDOFF_STATE_COUNT, handoff_state_names, false},
    {"need", WIRE_ENUM, offsetof(struct msg_handoff_view, need), NEED_COUNT, need_names, false},
    {"problem", WIRE_ENUM, offsetof(struct msg_handoff_view, problem), PROBLEM_COUNT, problem_names, false},
    {"upstream", WIRE_U16, offsetof(struct msg_handoff_view, upstream), 0, NULL, false},
    {"user_name", WIRE_STR, offsetof(struct msg_handoff_view, user_name), LIM_USER_NAME_BYTES, NULL, false},
    {"client_label", WIRE_STR, offsetof(struct msg_handoff_view, client_label), LIM_LABEL_BYTES, NULL, false},
    {"method", WIRE_STR, offsetof(struct msg_handoff_view, method), LIM_METHOD_BYTES, NULL, false},
    {"tool", WIRE_STR, offsetof(struct msg_handoff_view, tool), LIM_NAME_BYTES, NULL, false},
    {"for_request", WIRE_BOOL, offsetof(struct msg_handoff_view, for_request), 0, NULL, false},
    {"shown", WIRE_BYTES, offsetof(struct msg_handoff_view, shown), LIM_PROJECTION_BYTES, NULL, false},
    {"words", WIRE_STR, offsetof(struct msg_handoff_view, words), 64, NULL, false},
    {"created", WIRE_U64, offsetof(struct msg_handoff_view, created), 0, NULL, false},
    {"expires", WIRE_U64, offsetof(struct msg_handoff_view, expires), 0, NULL, false},
    {"tries_left", WIRE_U32, offsetof(struct msg_handoff_view, tries_left), 0, NULL, false},
    {"tested", WIRE_BOOL, offsetof(struct msg_handoff_view, tested), 0, NULL, false},
    {"may_prove", WIRE_BOOL, offsetof(struct msg_handoff_view, may_prove), 0, NULL, false},
    {"csrf", WIRE_DIGEST, offsetof(struct msg_handoff_view, csrf), 0, NULL, false},
    {"salt", WIRE_BYTES, offsetof(struct msg_handoff_view, salt), 16, NULL, false},
    {"ops", WIRE_U64, offsetof(struct msg_handoff_view, ops), 0, NULL, false},
    {"mem", WIRE_U64, offsetof(struct msg_handoff_view, mem), 0, NULL, false},
};

static const struct wire_field handoff_submit_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_handoff_submit, req), 0, NULL, false},
    {"cookie", WIRE_SECRET, offsetof(struct msg_handoff_submit, cookie), 64, NULL, false},
    {"handoff", WIRE_ID, offsetof(struct msg_handoff_submit, handoff), 0, NULL, false},
    {"csrf", WIRE_DIGEST, offsetof(struct msg_handoff_submit, csrf), 0, NULL, false},
    {"verifier", WIRE_SECRET, offsetof(struct msg_handoff_submit, verifier), 32, NULL, false},
    {"key", WIRE_U32, offsetof(struct msg_handoff_submit, key), 0, NULL, false},
    {"sealed", WIRE_BYTES, offsetof(struct msg_handoff_submit, sealed), 20480, NULL, false},
};

static const struct wire_field handoff_decline_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_handoff_decline, req), 0, NULL, false},
    {"cookie", WIRE_SECRET, offsetof(struct msg_handoff_decline, cookie), 64, NULL, false},
    {"handoff", WIRE_ID, offsetof(struct msg_handoff_decline, handoff), 0, NULL, false},
    {"csrf", WIRE_DIGEST, offsetof(struct msg_handoff_decline, csrf), 0, NULL, false},
};

static const struct wire_field inbox_get_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_inbox_get, req), 0, NULL, false},
    {"cookie", WIRE_SECRET, offsetof(struct msg_inbox_get, cookie), 64, NULL, false},
};

static const struct wire_field inbox_row_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_inbox_row, req), 0, NULL, false},
    {"handoff", WIRE_ID, offsetof(struct msg_inbox_row, handoff), 0, NULL, false},
    {"kind", WIRE_ENUM, offsetof(struct msg_inbox_row, kind), HANDOFF_KIND_COUNT, handoff_kind_names, false},
    {"state", WIRE_ENUM, offsetof(struct msg_inbox_row, state), HANDOFF_STATE_COUNT, handoff_state_names, false},
    {"need", WIRE_ENUM, offsetof(struct msg_inbox_row, need), NEED_COUNT, need_names, false},
    {"upstream", WIRE_U16, offsetof(struct msg_inbox_row, upstream), 0, NULL, false},
    {"client_label", WIRE_STR, offsetof(struct msg_inbox_row, client_label), LIM_LABEL_BYTES, NULL, false},
    {"tool", WIRE_STR, offsetof(struct msg_inbox_row, tool), LIM_NAME_BYTES, NULL, false},
    {"words", WIRE_STR, offsetof(struct msg_inbox_row, words), 64, NULL, false},
    {"created", WIRE_U64, offsetof(struct msg_inbox_row, created), 0, NULL, false},
    {"expires", WIRE_U64, offsetof(struct msg_inbox_row, expires), 0, NULL, false},
};

static const struct wire_field inbox_watch_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_inbox_watch, req), 0, NULL, false},
    {"cookie", WIRE_SECRET, offsetof(struct msg_inbox_watch, cookie), 64, NULL, false},
};

static const struct wire_field inbox_changed_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_inbox_changed, req), 0, NULL, false},
};

static const struct wire_field watch_end_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_watch_end, req), 0, NULL, false},
};

static const struct wire_field connections_get_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_connections_get, req), 0, NULL, false},
    {"cookie", WIRE_SECRET, offsetof(struct msg_connections_get, cookie), 64, NULL, false},
};

static const struct wire_field connection_row_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_connection_row, req), 0, NULL, false},
    {"connection", WIRE_ID, offsetof(struct msg_connection_row, connection), 0, NULL, false},
    {"upstream", WIRE_U16, offsetof(struct msg_connection_row, upstream), 0, NULL, false},
    {"client_label", WIRE_STR, offsetof(struct msg_connection_row, client_label), LIM_LABEL_BYTES, NULL, false},
    {"state", WIRE_ENUM, offsetof(struct msg_connection_row, state), CONNECTION_STATE_COUNT, connection_state_names, false},
    {"lease", WIRE_ENUM, offsetof(struct msg_connection_row, lease), LEASE_KIND_COUNT, lease_kind_names, false},
    {"created", WIRE_U64, offsetof(struct msg_connection_row, created), 0, NULL, false},
    {"last_used", WIRE_U64, offsetof(struct msg_connection_row, last_used), 0, NULL, false},
    {"expires", WIRE_U64, offsetof(struct msg_connection_row, expires), 0, NULL, false},
    {"uses_left", WIRE_U32, offsetof(struct msg_connection_row, uses_left), 0, NULL, false},
    {"tested", WIRE_BOOL, offsetof(struct msg_connection_row, tested), 0, NULL, false},
};

static const struct wire_field rows_end_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_rows_end, req), 0, NULL, false},
    {"user_name", WIRE_STR, offsetof(struct msg_rows_end, user_name), LIM_USER_NAME_BYTES, NULL, false},
    {"csrf", WIRE_DIGEST, offsetof(struct msg_rows_end, csrf), 0, NULL, false},
};

static const struct wire_field connection_revoke_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_connection_revoke, req), 0, NULL, false},
    {"cookie", WIRE_SECRET, offsetof(struct msg_connection_revoke, cookie), 64, NULL, false},
    {"csrf", WIRE_DIGEST, offsetof(struct msg_connection_revoke, csrf), 0, NULL, false},
    {"connection", WIRE_ID, offsetof(struct msg_connection_revoke, connection), 0, NULL, false},
};

static const struct wire_field page_done_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_page_done, req), 0, NULL, false},
};

static const struct wire_field page_denied_fields[] = {
    {"req", WIRE_U64, offsetof(struct msg_page_denied, req), 0, NULL, false},
    {"why", WIRE_ENUM, offsetof(struct msg_page_denied, why), DENIAL_COUNT, denial_names, false},
};

static const struct wire_field ctl_user_add_fields[] = {
    {"name", WIRE_STR, offsetof(struct msg_ctl_user_add, name), LIM_USER_NAME_BYTES, NULL, false},
    {"salt", WIRE_BYTES, offsetof(struct msg_ctl_user_add, salt), 16, NULL, false},
    {"ops", WIRE_U64, offsetof(struct msg_ctl_user_add, ops), 0, NULL, false},
    {"mem", WIRE_U64, offsetof(struct msg_ctl_user_add, mem), 0, NULL, false},
    {"verifier", WIRE_SECRET, offsetof(struct msg_ctl_user_add, verifier), 32, NULL, false},
};

static const struct wire_field ctl_user_password_fields[] = {
    {"name", WIRE_STR, offsetof(struct msg_ctl_user_password, name), LIM_USER_NAME_BYTES, NULL, false},
    {"salt", WIRE_BYTES, offsetof(struct msg_ctl_user_password, salt), 16, NULL, false},
    {"ops", WIRE_U64, offsetof(struct msg_ctl_user_password, ops), 0, NULL, false},
    {"mem", WIRE_U64, offsetof(struct msg_ctl_user_password, mem), 0, NULL, false},
    {"verifier", WIRE_SECRET, offsetof(struct msg_ctl_user_password, verifier), 32, NULL, false},
};

static const struct wire_field ctl_user_remove_fields[] = {
    {"name", WIRE_STR, offsetof(struct msg_ctl_user_remove, name), LIM_USER_NAME_BYTES, NULL, false},
};

static const struct wire_field ctl_user_row_fields[] = {
    {"name", WIRE_STR, offsetof(struct msg_ctl_user_row, name), LIM_USER_NAME_BYTES, NULL, false},
    {"created", WIRE_U64, offsetof(struct msg_ctl_user_row, created), 0, NULL, false},
    {"keys", WIRE_U32, offsetof(struct msg_ctl_user_row, keys), 0, NULL, false},
    {"connections", WIRE_U32, offsetof(struct msg_ctl_user_row, connections), 0, NULL, false},
};

static const struct wire_field ctl_key_add_fields[] = {
    {"user_name", WIRE_STR, offsetof(struct msg_ctl_key_add, user_name), LIM_USER_NAME_BYTES, NULL, false},
    {"label", WIRE_STR, offsetof(struct msg_ctl_key_add, label), LIM_LABEL_BYTES, NULL, false},
    {"token_hash", WIRE_DIGEST, offsetof(struct msg_ctl_key_add, token_hash), 0, NULL, false},
    {"link_by_error", WIRE_BOOL, offsetof(struct msg_ctl_key_add, link_by_error), 0, NULL, false},
};

static const struct wire_field ctl_key_remove_fields[] = {
    {"client", WIRE_ID, offsetof(struct msg_ctl_key_remove, client), 0, NULL, false},
};

static const struct wire_field ctl_key_list_fields[] = {
    {"user_name", WIRE_STR, offsetof(struct msg_ctl_key_list, user_name), LIM_USER_NAME_BYTES, NULL, false},
};

static const struct wire_field ctl_key_row_fields[] = {
    {"client", WIRE_ID, offsetof(struct msg_ctl_key_row, client), 0, NULL, false},
    {"user_name", WIRE_STR, offsetof(struct msg_ctl_key_row, user_name), LIM_USER_NAME_BYTES, NULL, false},
    {"label", WIRE_STR, offsetof(struct msg_ctl_key_row, label), LIM_LABEL_BYTES, NULL, false},
    {"created", WIRE_U64, offsetof(struct msg_ctl_key_row, created), 0, NULL, false},
    {"last_used", WIRE_U64, offsetof(struct msg_ctl_key_row, last_used), 0, NULL, false},
    {"link_by_error", WIRE_BOOL, offsetof(struct msg_ctl_key_row, link_by_error), 0, NULL, false},
};

static const struct wire_field ctl_connection_list_fields[] = {
    {"user_name", WIRE_STR, offsetof(struct msg_ctl_connection_list, user_name), LIM_USER_NAME_BYTES, NULL, false},
};

static const struct wire_field ctl_connection_row_fields[] = {
    {"connection", WIRE_ID, offsetof(struct msg_ctl_connection_row, connection), 0, NULL, false},
    {"user_name", WIRE_STR, offsetof(struct msg_ctl_connection_row, user_name), LIM_USER_NAME_BYTES, NULL, false},
    {"upstream", WIRE_U16, offsetof(struct msg_ctl_connection_row, upstream), 0, NULL, false},
    {"client_label", WIRE_STR, offsetof(struct msg_ctl_connection_row, client_label), LIM_LABEL_BYTES, NULL, false},
    {"state", WIRE_ENUM, offsetof(struct msg_ctl_connection_row, state), CONNECTION_STATE_COUNT, connection_state_names, false},
    {"lease", WIRE_ENUM, offsetof(struct msg_ctl_connection_row, lease), LEASE_KIND_COUNT, lease_kind_names, false},
    {"created", WIRE_U64, offsetof(struct msg_ctl_connection_row, created), 0, NULL, false},
    {"last_used", WIRE_U64, offsetof(struct msg_ctl_connection_row, last_used), 0, NULL, false},
    {"expires", WIRE_U64, offsetof(struct msg_ctl_connection_row, expires), 0, NULL, false},
    {"uses_left", WIRE_U32, offsetof(struct msg_ctl_connection_row, uses_left), 0, NULL, false},
};

static const struct wire_field ctl_revoke_fields[] = {
    {"scope", WIRE_ENUM, offsetof(struct msg_ctl_revoke, scope), CTL_SCOPE_COUNT, ctl_scope_names, false},
    {"connection", WIRE_ID, offsetof(struct msg_ctl_revoke, connection), 0, NULL, false},
    {"name", WIRE_STR, offsetof(struct msg_ctl_revoke, name), LIM_USER_NAME_BYTES, NULL, false},
};

static const struct wire_field ctl_upstream_row_fields[] = {
    {"upstream", WIRE_U16, offsetof(struct msg_ctl_upstream_row, upstream), 0, NULL, false},
    {"name", WIRE_STR, offsetof(struct msg_ctl_upstream_row, name), 32, NULL, false},
    {"title", WIRE_STR, offsetof(struct msg_ctl_upstream_row, title), LIM_LABEL_BYTES, NULL, false},
    {"needs_credential", WIRE_BOOL, offsetof(struct msg_ctl_upstream_row, needs_credential), 0, NULL, false},
    {"connections", WIRE_U32, offsetof(struct msg_ctl_upstream_row, connections), 0, NULL, false},
    {"seen", WIRE_U64, offsetof(struct msg_ctl_upstream_row, seen), 0, NULL, false},
};

static const struct wire_field ctl_upstream_probe_fields[] = {
    {"name", WIRE_STR, offsetof(struct msg_ctl_upstream_probe, name), 32, NULL, false},
};

static const struct wire_field ctl_audit_head_is_fields[] = {
    {"seq", WIRE_U64, offsetof(struct msg_ctl_audit_head_is, seq), 0, NULL, false},
    {"head", WIRE_DIGEST, offsetof(struct msg_ctl_audit_head_is, head), 0, NULL, false},
};

static const struct wire_field ctl_done_fields[] = {
    {"code", WIRE_ERR, offsetof(struct msg_ctl_done, code), ERR_COUNT, NULL, false},
    {"detail", WIRE_STR, offsetof(struct msg_ctl_done, detail), 256, NULL, false},
    {"count", WIRE_U32, offsetof(struct msg_ctl_done, count), 0, NULL, false},
};

static const struct wire_field audit_state_fields[] = {
    {"seq", WIRE_U64, offsetof(struct msg_audit_state, seq), 0, NULL, false},
    {"head", WIRE_DIGEST, offsetof(struct msg_audit_state, head), 0, NULL, false},
    {"epoch", WIRE_U64, offsetof(struct msg_audit_state, epoch), 0, NULL, false},
    {"low", WIRE_BOOL, offsetof(struct msg_audit_state, low), 0, NULL, false},
    {"scarce", WIRE_BOOL, offsetof(struct msg_audit_state, scarce), 0, NULL, false},
};

static const struct wire_field audit_append_fields[] = {
    {"seq", WIRE_U64, offsetof(struct msg_audit_append, seq), 0, NULL, false},
    {"epoch", WIRE_U64, offsetof(struct msg_audit_append, epoch), 0, NULL, false},
    {"time", WIRE_U64, offsetof(struct msg_audit_append, time), 0, NULL, false},
    {"event", WIRE_ENUM, offsetof(struct msg_audit_append, event), EVENT_COUNT, event_names, false},
    {"user", WIRE_ID, offsetof(struct msg_audit_append, user), 0, NULL, false},
    {"client", WIRE_ID, offsetof(struct msg_audit_append, client), 0, NULL, false},
    {"upstream", WIRE_STR, offsetof(struct msg_audit_append, upstream), 32, NULL, false},
    {"handoff", WIRE_ID, offsetof(struct msg_audit_append, handoff), 0, NULL, false},
    {"use", WIRE_ID, offsetof(struct msg_audit_append, use), 0, NULL, false},
    {"connection", WIRE_ID, offsetof(struct msg_audit_append, connection), 0, NULL, false},
    {"code", WIRE_ERR, offsetof(struct msg_audit_append, code), ERR_COUNT, NULL, false},
    {"number", WIRE_U64, offsetof(struct msg_audit_append, number), 0, NULL, false},
    {"projection", WIRE_DIGEST, offsetof(struct msg_audit_append, projection), 0, NULL, false},
    {"body", WIRE_DIGEST, offsetof(struct msg_audit_append, body), 0, NULL, false},
    {"detail", WIRE_STR, offsetof(struct msg_audit_append, detail), 256, NULL, false},
};

static const struct wire_field audit_ack_fields[] = {
    {"seq", WIRE_U64, offsetof(struct msg_audit_ack, seq), 0, NULL, false},
    {"head", WIRE_DIGEST, offsetof(struct msg_audit_ack, head), 0, NULL, false},
    {"written", WIRE_U64, offsetof(struct msg_audit_ack, written), 0, NULL, false},
    {"low", WIRE_BOOL, offsetof(struct msg_audit_ack, low), 0, NULL, false},
    {"scarce", WIRE_BOOL, offsetof(struct msg_audit_ack, scarce), 0, NULL, false},
};

static const struct wire_field audit_refused_fields[] = {
    {"seq", WIRE_U64, offsetof(struct msg_audit_refused, seq), 0, NULL, false},
    {"code", WIRE_ERR, offsetof(struct msg_audit_refused, code), ERR_COUNT, NULL, false},
};

static const struct wire_message rows[MSG_COUNT] = {
    [MSG_BOOT] = {"boot", 0x01, 0x7e, true, true, false, sizeof(struct msg_boot), boot_fields, 8},
    [MSG_CONF_LIMIT] = {"conf_limit", 0x01, 0x7e, true, false, false, sizeof(struct msg_conf_limit), conf_limit_fields, 2},
    [MSG_CONF_SITE] = {"conf_site", 0x01, 0x18, true, true, false, sizeof(struct msg_conf_site), conf_site_fields, 2},
    [MSG_CONF_HOST] = {"conf_host", 0x01, 0x18, true, false, false, sizeof(struct msg_conf_host), conf_host_fields, 1},
    [MSG_CONF_ORIGIN] = {"conf_origin", 0x01, 0x08, true, false, false, sizeof(struct msg_conf_origin), conf_origin_fields, 1},
    [MSG_CONF_UPSTREAM] = {"conf_upstream", 0x01, 0x3a, true, false, false, sizeof(struct msg_conf_upstream), conf_upstream_fields, 9},
    [MSG_CONF_ENDPOINT] = {"conf_endpoint", 0x01, 0x22, true, false, false, sizeof(struct msg_conf_endpoint), conf_endpoint_fields, 5},
    [MSG_CONF_ALLOW] = {"conf_allow", 0x01, 0x40, true, false, false, sizeof(struct msg_conf_allow), conf_allow_fields, 3},
    [MSG_CONF_FIELD] = {"conf_field", 0x01, 0x32, true, false, false, sizeof(struct msg_conf_field), conf_field_fields, 7},
    [MSG_CONF_PLACE] = {"conf_place", 0x01, 0x20, true, false, false, sizeof(struct msg_conf_place), conf_place_fields, 6},
    [MSG_CONF_RULE] = {"conf_rule", 0x01, 0x20, true, false, false, sizeof(struct msg_conf_rule), conf_rule_fields, 3},
    [MSG_CONF_VERIFY] = {"conf_verify", 0x01, 0x20, true, false, false, sizeof(struct msg_conf_verify), conf_verify_fields, 2},
    [MSG_BOOT_END] = {"boot_end", 0x01, 0x7e, true, true, false, sizeof(struct msg_boot_end), NULL, 0},
    [MSG_READY] = {"ready", 0x7e, 0x01, true, true, false, sizeof(struct msg_ready), ready_fields, 1},
    [MSG_STARTING] = {"starting", 0x7e, 0x01, true, false, false, sizeof(struct msg_starting), NULL, 0},
    [MSG_PEER] = {"peer", 0x01, 0x7e, false, false, true, sizeof(struct msg_peer), peer_fields, 4},
    [MSG_LISTENER] = {"listener", 0x01, 0x18, false, true, true, sizeof(struct msg_listener), NULL, 0},
    [MSG_STOP] = {"stop", 0x01, 0x7e, false, true, false, sizeof(struct msg_stop), NULL, 0},
    [MSG_ALERT] = {"alert", 0x7e, 0x01, false, false, false, sizeof(struct msg_alert), alert_fields, 4},
    [MSG_EGRESS_WANT] = {"egress_want", 0x02, 0x01, false, false, false, sizeof(struct msg_egress_want), egress_want_fields, 1},
    [MSG_EGRESS_FAILED] = {"egress_failed", 0x01, 0x02, false, false, false, sizeof(struct msg_egress_failed), egress_failed_fields, 1},
    [MSG_TOKEN_CHECK] = {"token_check", 0x08, 0x02, false, false, false, sizeof(struct msg_token_check), token_check_fields, 2},
    [MSG_TOKEN_KNOWN] = {"token_known", 0x02, 0x08, false, false, false, sizeof(struct msg_token_known), token_known_fields, 2},
    [MSG_TOKEN_GONE] = {"token_gone", 0x02, 0x08, false, false, false, sizeof(struct msg_token_gone), token_gone_fields, 1},
    [MSG_CALL_OPEN] = {"call_open", 0x08, 0x02, false, false, false, sizeof(struct msg_call_open), call_open_fields, 17},
    [MSG_CALL_PERMIT] = {"call_permit", 0x02, 0x08, false, false, false, sizeof(struct msg_call_permit), call_permit_fields, 5},
    [MSG_CALL_OWN] = {"call_own", 0x02, 0x08, false, false, false, sizeof(struct msg_call_own), call_own_fields, 5},
    [MSG_CALL_HANDOFF] = {"call_handoff", 0x02, 0x08, false, false, false, sizeof(struct msg_call_handoff), call_handoff_fields, 7},
    [MSG_CALL_HOLD] = {"call_hold", 0x02, 0x08, false, false, false, sizeof(struct msg_call_hold), call_hold_fields, 4},
    [MSG_CALL_NEUTRAL] = {"call_neutral", 0x02, 0x08, false, false, false, sizeof(struct msg_call_neutral), call_neutral_fields, 4},
    [MSG_CALL_STORED] = {"call_stored", 0x02, 0x08, false, false, false, sizeof(struct msg_call_stored), call_stored_fields, 1},
    [MSG_CALL_DENY] = {"call_deny", 0x02, 0x08, false, false, false, sizeof(struct msg_call_deny), call_deny_fields, 2},
    [MSG_CALL_ANSWER] = {"call_answer", 0x08, 0x02, false, false, false, sizeof(struct msg_call_answer), call_answer_fields, 2},
    [MSG_CALL_GONE] = {"call_gone", 0x08, 0x02, false, false, false, sizeof(struct msg_call_gone), call_gone_fields, 2},
    [MSG_HANDOFF_SIGNAL] = {"handoff_signal", 0x02, 0x08, false, false, false, sizeof(struct msg_handoff_signal), handoff_signal_fields, 3},
    [MSG_SESSION_GONE] = {"session_gone", 0x08, 0x02, false, false, false, sizeof(struct msg_session_gone), session_gone_fields, 1},
    [MSG_SNAPSHOT_GET] = {"snapshot_get", 0x08, 0x02, false, false, false, sizeof(struct msg_snapshot_get), snapshot_get_fields, 2},
    [MSG_SNAPSHOT_PART] = {"snapshot_part", 0x02, 0x08, false, false, false, sizeof(struct msg_snapshot_part), snapshot_part_fields, 5},
    [MSG_SEND_HEAD] = {"send_head", 0x08, 0x20, false, false, false, sizeof(struct msg_send_head), send_head_fields, 10},
    [MSG_SEND_PARAM] = {"send_param", 0x08, 0x20, false, false, false, sizeof(struct msg_send_param), send_param_fields, 3},
    [MSG_SEND_PART] = {"send_part", 0x08, 0x20, false, false, false, sizeof(struct msg_send_part), send_part_fields, 2},
    [MSG_ASK_REFUSE] = {"ask_refuse", 0x08, 0x20, false, false, false, sizeof(struct msg_ask_refuse), ask_refuse_fields, 3},
    [MSG_CALL_CANCEL] = {"call_cancel", 0x08, 0x20, false, false, false, sizeof(struct msg_call_cancel), call_cancel_fields, 1},
    [MSG_CREDIT] = {"credit", 0x08, 0x20, false, false, false, sizeof(struct msg_credit), credit_fields, 2},
    [MSG_SESSION_END] = {"session_end", 0x08, 0x20, false, false, false, sizeof(struct msg_session_end), session_end_fields, 1},
    [MSG_ANSWER_HEAD] = {"answer_head", 0x20, 0x08, false, false, false, sizeof(struct msg_answer_head), answer_head_fields, 2},
    [MSG_ANSWER_PART] = {"answer_part", 0x20, 0x08, false, false, false, sizeof(struct msg_answer_part), answer_part_fields, 3},
    [MSG_ANSWER_END] = {"answer_end", 0x20, 0x08, false, false, false, sizeof(struct msg_answer_end), answer_end_fields, 3},
    [MSG_REFUSE_WANT] = {"refuse_want", 0x20, 0x02, false, false, false, sizeof(struct msg_refuse_want), refuse_want_fields, 2},
    [MSG_STATE_SEAL] = {"state_seal", 0x20, 0x02, false, false, false, sizeof(struct msg_state_seal), state_seal_fields, 3},
    [MSG_STATE_SEALED] = {"state_sealed", 0x02, 0x20, false, false, false, sizeof(struct msg_state_sealed), state_sealed_fields, 2},
    [MSG_PERMIT] = {"permit", 0x02, 0x20, false, false, false, sizeof(struct msg_permit), permit_fields, 14},
    [MSG_USE_RESULT] = {"use_result", 0x20, 0x02, false, false, false, sizeof(struct msg_use_result), use_result_fields, 6},
    [MSG_USE_HITS] = {"use_hits", 0x20, 0x02, false, false, false, sizeof(struct msg_use_hits), use_hits_fields, 2},
    [MSG_DROP] = {"drop", 0x02, 0x20, false, false, false, sizeof(struct msg_drop), drop_fields, 1},
    [MSG_DROPPED] = {"dropped", 0x20, 0x02, false, false, false, sizeof(struct msg_dropped), NULL, 0},
    [MSG_CUT] = {"cut", 0x02, 0x20, false, false, false, sizeof(struct msg_cut), cut_fields, 2},
    [MSG_SNAPSHOT_PUT] = {"snapshot_put", 0x20, 0x02, false, false, false, sizeof(struct msg_snapshot_put), snapshot_put_fields, 6},
    [MSG_DIAL_WANT] = {"dial_want", 0x20, 0x02, false, false, false, sizeof(struct msg_dial_want), dial_want_fields, 2},
    [MSG_DIAL] = {"dial", 0x02, 0x40, false, false, false, sizeof(struct msg_dial), dial_fields, 7},
    [MSG_DIALED] = {"dialed", 0x40, 0x20, false, false, true, sizeof(struct msg_dialed), dialed_fields, 1},
    [MSG_DIAL_FAILED] = {"dial_failed", 0x40, 0x20, false, false, false, sizeof(struct msg_dial_failed), dial_failed_fields, 2},
    [MSG_SEAL_KEY] = {"seal_key", 0x02, 0x10, false, true, false, sizeof(struct msg_seal_key), seal_key_fields, 2},
    [MSG_HEALTH] = {"health", 0x02, 0x10, false, false, false, sizeof(struct msg_health), health_fields, 1},
    [MSG_LOGIN_START] = {"login_start", 0x10, 0x02, false, false, false, sizeof(struct msg_login_start), login_start_fields, 3},
    [MSG_LOGIN_SALT] = {"login_salt", 0x02, 0x10, false, false, false, sizeof(struct msg_login_salt), login_salt_fields, 5},
    [MSG_LOGIN] = {"login", 0x10, 0x02, false, false, false, sizeof(struct msg_login), login_fields, 4},
    [MSG_LOGIN_OK] = {"login_ok", 0x02, 0x10, false, false, false, sizeof(struct msg_login_ok), login_ok_fields, 4},
    [MSG_LOGOUT] = {"logout", 0x10, 0x02, false, false, false, sizeof(struct msg_logout), logout_fields, 3},
    [MSG_WHO_GET] = {"who_get", 0x10, 0x02, false, false, false, sizeof(struct msg_who_get), who_get_fields, 2},
    [MSG_WHO] = {"who", 0x02, 0x10, false, false, false, sizeof(struct msg_who), who_fields, 6},
    [MSG_HANDOFF_GET] = {"handoff_get", 0x10, 0x02, false, false, false, sizeof(struct msg_handoff_get), handoff_get_fields, 3},
    [MSG_HANDOFF_VIEW] = {"handoff_view", 0x02, 0x10, false, false, false, sizeof(struct msg_handoff_view), handoff_view_fields, 23},
    [MSG_HANDOFF_SUBMIT] = {"handoff_submit", 0x10, 0x02, false, false, false, sizeof(struct msg_handoff_submit), handoff_submit_fields, 7},
    [MSG_HANDOFF_DECLINE] = {"handoff_decline", 0x10, 0x02, false, false, false, sizeof(struct msg_handoff_decline), handoff_decline_fields, 4},
    [MSG_INBOX_GET] = {"inbox_get", 0x10, 0x02, false, false, false, sizeof(struct msg_inbox_get), inbox_get_fields, 2},
    [MSG_INBOX_ROW] = {"inbox_row", 0x02, 0x10, false, false, false, sizeof(struct msg_inbox_row), inbox_row_fields, 11},
    [MSG_INBOX_WATCH] = {"inbox_watch", 0x10, 0x02, false, false, false, sizeof(struct msg_inbox_watch), inbox_watch_fields, 2},
    [MSG_INBOX_CHANGED] = {"inbox_changed", 0x02, 0x10, false, false, false, sizeof(struct msg_inbox_changed), inbox_changed_fields, 1},
    [MSG_WATCH_END] = {"watch_end", 0x10, 0x02, false, false, false, sizeof(struct msg_watch_end), watch_end_fields, 1},
    [MSG_CONNECTIONS_GET] = {"connections_get", 0x10, 0x02, false, false, false, sizeof(struct msg_connections_get), connections_get_fields, 2},
    [MSG_CONNECTION_ROW] = {"connection_row", 0x02, 0x10, false, false, false, sizeof(struct msg_connection_row), connection_row_fields, 11},
    [MSG_ROWS_END] = {"rows_end", 0x02, 0x10, false, false, false, sizeof(struct msg_rows_end), rows_end_fields, 3},
    [MSG_CONNECTION_REVOKE] = {"connection_revoke", 0x10, 0x02, false, false, false, sizeof(struct msg_connection_revoke), connection_revoke_fields, 4},
    [MSG_PAGE_DONE] = {"page_done", 0x02, 0x10, false, false, false, sizeof(struct msg_page_done), page_done_fields, 1},
    [MSG_PAGE_DENIED] = {"page_denied", 0x02, 0x10, false, false, false, sizeof(struct msg_page_denied), page_denied_fields, 2},
    [MSG_CTL_USER_ADD] = {"ctl_user_add", 0x80, 0x02, false, false, false, sizeof(struct msg_ctl_user_add), ctl_user_add_fields, 5},
    [MSG_CTL_USER_PASSWORD] = {"ctl_user_password", 0x80, 0x02, false, false, false, sizeof(struct msg_ctl_user_password), ctl_user_password_fields, 5},
    [MSG_CTL_USER_REMOVE] = {"ctl_user_remove", 0x80, 0x02, false, false, false, sizeof(struct msg_ctl_user_remove), ctl_user_remove_fields, 1},
    [MSG_CTL_USER_LIST] = {"ctl_user_list", 0x80, 0x02, false, false, false, sizeof(struct msg_ctl_user_list), NULL, 0},
    [MSG_CTL_USER_ROW] = {"ctl_user_row", 0x02, 0x80, false, false, false, sizeof(struct msg_ctl_user_row), ctl_user_row_fields, 4},
    [MSG_CTL_KEY_ADD] = {"ctl_key_add", 0x80, 0x02, false, false, false, sizeof(struct msg_ctl_key_add), ctl_key_add_fields, 4},
    [MSG_CTL_KEY_REMOVE] = {"ctl_key_remove", 0x80, 0x02, false, false, false, sizeof(struct msg_ctl_key_remove), ctl_key_remove_fields, 1},
    [MSG_CTL_KEY_LIST] = {"ctl_key_list", 0x80, 0x02, false, false, false, sizeof(struct msg_ctl_key_list), ctl_key_list_fields, 1},
    [MSG_CTL_KEY_ROW] = {"ctl_key_row", 0x02, 0x80, false, false, false, sizeof(struct msg_ctl_key_row), ctl_key_row_fields, 6},
    [MSG_CTL_CONNECTION_LIST] = {"ctl_connection_list", 0x80, 0x02, false, false, false, sizeof(struct msg_ctl_connection_list), ctl_connection_list_fields, 1},
    [MSG_CTL_CONNECTION_ROW] = {"ctl_connection_row", 0x02, 0x80, false, false, false, sizeof(struct msg_ctl_connection_row), ctl_connection_row_fields, 10},
    [MSG_CTL_REVOKE] = {"ctl_revoke", 0x80, 0x02, false, false, false, sizeof(struct msg_ctl_revoke), ctl_revoke_fields, 3},
    [MSG_CTL_UPSTREAM_LIST] = {"ctl_upstream_list", 0x80, 0x02, false, false, false, sizeof(struct msg_ctl_upstream_list), NULL, 0},
    [MSG_CTL_UPSTREAM_ROW] = {"ctl_upstream_row", 0x02, 0x80, false, false, false, sizeof(struct msg_ctl_upstream_row), ctl_upstream_row_fields, 6},
    [MSG_CTL_UPSTREAM_PROBE] = {"ctl_upstream_probe", 0x80, 0x02, false, false, false, sizeof(struct msg_ctl_upstream_probe), ctl_upstream_probe_fields, 1},
    [MSG_CTL_AUDIT_HEAD] = {"ctl_audit_head", 0x80, 0x02, false, false, false, sizeof(struct msg_ctl_audit_head), NULL, 0},
    [MSG_CTL_AUDIT_HEAD_IS] = {"ctl_audit_head_is", 0x02, 0x80, false, false, false, sizeof(struct msg_ctl_audit_head_is), ctl_audit_head_is_fields, 2},
    [MSG_CTL_AUDIT_RECHECK] = {"ctl_audit_recheck", 0x80, 0x02, false, false, false, sizeof(struct msg_ctl_audit_recheck), NULL, 0},
    [MSG_CTL_DONE] = {"ctl_done", 0x02, 0x80, false, false, false, sizeof(struct msg_ctl_done), ctl_done_fields, 3},
    [MSG_AUDIT_STATE] = {"audit_state", 0x04, 0x02, false, true, false, sizeof(struct msg_audit_state), audit_state_fields, 5},
    [MSG_AUDIT_APPEND] = {"audit_append", 0x02, 0x04, false, false, false, sizeof(struct msg_audit_append), audit_append_fields, 15},
    [MSG_AUDIT_ACK] = {"audit_ack", 0x04, 0x02, false, false, false, sizeof(struct msg_audit_ack), audit_ack_fields, 5},
    [MSG_AUDIT_REFUSED] = {"audit_refused", 0x04, 0x02, false, false, false, sizeof(struct msg_audit_refused), audit_refused_fields, 2},
};

const struct wire_message *msg_info(uint16_t type)
{
    return type > MSG_NONE && type < MSG_COUNT ? &rows[type] : NULL;
}
