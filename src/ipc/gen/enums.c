/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. Names of the words. */
#include "ipc/gen/enums.h"

const char *const role_names[] = {
    "supervisor",
    "keeper",
    "audit",
    "gateway",
    "surface",
    "egress",
    "dialer",
    "cli",
    0,
};

const char *role_name(enum role v)
{
    return (unsigned)v < ROLE_COUNT ? role_names[v] : "?";
}

const char *const level_names[] = {
    "error",
    "warn",
    "info",
    "debug",
    0,
};

const char *level_name(enum level v)
{
    return (unsigned)v < LEVEL_COUNT ? level_names[v] : "?";
}

const char *const era_names[] = {
    "modern",
    "legacy",
    0,
};

const char *era_name(enum era v)
{
    return (unsigned)v < ERA_COUNT ? era_names[v] : "?";
}

const char *const call_kind_names[] = {
    "request",
    "notification",
    "response",
    "stream",
    "end",
    0,
};

const char *call_kind_name(enum call_kind v)
{
    return (unsigned)v < CALL_KIND_COUNT ? call_kind_names[v] : "?";
}

const char *const call_want_names[] = {
    "send",
    "own",
    "connect",
    "status",
    0,
};

const char *call_want_name(enum call_want v)
{
    return (unsigned)v < CALL_WANT_COUNT ? call_want_names[v] : "?";
}

const char *const call_cap_names[] = {
    "link",
    "hold",
    0,
};

const char *call_cap_name(enum call_cap v)
{
    return (unsigned)v < CALL_CAP_COUNT ? call_cap_names[v] : "?";
}

const char *const answer_names[] = {
    "none",
    "accept",
    "decline",
    "cancel",
    0,
};

const char *answer_name(enum answer v)
{
    return (unsigned)v < ANSWER_COUNT ? answer_names[v] : "?";
}

const char *const lease_kind_names[] = {
    "once",
    "task",
    "keep",
    0,
};

const char *lease_kind_name(enum lease_kind v)
{
    return (unsigned)v < LEASE_KIND_COUNT ? lease_kind_names[v] : "?";
}

const char *const handoff_kind_names[] = {
    "secret",
    0,
};

const char *handoff_kind_name(enum handoff_kind v)
{
    return (unsigned)v < HANDOFF_KIND_COUNT ? handoff_kind_names[v] : "?";
}

const char *const handoff_state_names[] = {
    "created",
    "opened",
    "submitted",
    "completed",
    "declined",
    "cancelled",
    "expired",
    "failed",
    0,
};

const char *handoff_state_name(enum handoff_state v)
{
    return (unsigned)v < HANDOFF_STATE_COUNT ? handoff_state_names[v] : "?";
}

const char *const need_names[] = {
    "missing",
    "stale",
    "used_up",
    "expired",
    "asked",
    0,
};

const char *need_name(enum need v)
{
    return (unsigned)v < NEED_COUNT ? need_names[v] : "?";
}

const char *const problem_names[] = {
    "none",
    "refused",
    "unreachable",
    "wrong_password",
    "too_many",
    0,
};

const char *problem_name(enum problem v)
{
    return (unsigned)v < PROBLEM_COUNT ? problem_names[v] : "?";
}

const char *const ending_names[] = {
    "waiting",
    "declined",
    "cancelled",
    "expired",
    "failed",
    0,
};

const char *ending_name(enum ending v)
{
    return (unsigned)v < ENDING_COUNT ? ending_names[v] : "?";
}

const char *const place_names[] = {
    "header",
    "basic",
    "query",
    0,
};

const char *place_name(enum place v)
{
    return (unsigned)v < PLACE_COUNT ? place_names[v] : "?";
}

const char *const rule_names[] = {
    "status",
    "code",
    "text",
    0,
};

const char *rule_name(enum rule v)
{
    return (unsigned)v < RULE_COUNT ? rule_names[v] : "?";
}

const char *const snapshot_names[] = {
    "server",
    "tools",
    "prompts",
    "resources",
    "templates",
    0,
};

const char *snapshot_name(enum snapshot v)
{
    return (unsigned)v < SNAPSHOT_COUNT ? snapshot_names[v] : "?";
}

const char *const mode_names[] = {
    "call",
    "verify",
    "probe",
    "refuse",
    0,
};

const char *mode_name(enum mode v)
{
    return (unsigned)v < MODE_COUNT ? mode_names[v] : "?";
}

const char *const refusal_names[] = {
    "unknown_method",
    "no_room",
    0,
};

const char *refusal_name(enum refusal v)
{
    return (unsigned)v < REFUSAL_COUNT ? refusal_names[v] : "?";
}

const char *const result_names[] = {
    "unsent",
    "answered",
    "unknown",
    0,
};

const char *result_name(enum result v)
{
    return (unsigned)v < RESULT_COUNT ? result_names[v] : "?";
}

const char *const answer_kind_names[] = {
    "json",
    "sse",
    "accepted",
    0,
};

const char *answer_kind_name(enum answer_kind v)
{
    return (unsigned)v < ANSWER_KIND_COUNT ? answer_kind_names[v] : "?";
}

const char *const answer_how_names[] = {
    "done",
    "unsent",
    "unknown",
    "refused",
    "cut",
    "invalid",
    "too_large",
    0,
};

const char *answer_how_name(enum answer_how v)
{
    return (unsigned)v < ANSWER_HOW_COUNT ? answer_how_names[v] : "?";
}

const char *const denial_names[] = {
    "log_in",
    "not_yours",
    "gone",
    "csrf",
    "rate",
    "wrong_password",
    "again",
    0,
};

const char *denial_name(enum denial v)
{
    return (unsigned)v < DENIAL_COUNT ? denial_names[v] : "?";
}

const char *const connection_state_names[] = {
    "live",
    "stale",
    "used_up",
    "expired",
    "suspended",
    0,
};

const char *connection_state_name(enum connection_state v)
{
    return (unsigned)v < CONNECTION_STATE_COUNT ? connection_state_names[v] : "?";
}

const char *const recording_names[] = {
    "lost",
    "apart",
    "full",
    "filling",
    "fine",
    0,
};

const char *recording_name(enum recording v)
{
    return (unsigned)v < RECORDING_COUNT ? recording_names[v] : "?";
}

const char *const ctl_scope_names[] = {
    "connection",
    "user",
    "upstream",
    "all",
    0,
};

const char *ctl_scope_name(enum ctl_scope v)
{
    return (unsigned)v < CTL_SCOPE_COUNT ? ctl_scope_names[v] : "?";
}

const char *const event_names[] = {
    "keeper_started",
    "user_added",
    "user_changed",
    "user_removed",
    "key_added",
    "key_removed",
    "login",
    "login_failed",
    "logout",
    "handoff_created",
    "handoff_opened",
    "handoff_submitted",
    "handoff_completed",
    "handoff_declined",
    "handoff_cancelled",
    "handoff_expired",
    "handoff_failed",
    "wrong_person",
    "proof_failed",
    "lease_granted",
    "use_reserved",
    "use_result",
    "use_unknown",
    "verify_result",
    "connection_stale",
    "connection_revoked",
    "connection_suspended",
    "reflected",
    "rolled_back",
    "refused",
    "listed",
    "limited",
    0,
};

const char *event_name(enum event v)
{
    return (unsigned)v < EVENT_COUNT ? event_names[v] : "?";
}

