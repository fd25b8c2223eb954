/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. Words that several processes use. */
#ifndef SG_IPC_GEN_ENUMS_H
#define SG_IPC_GEN_ENUMS_H

/* X_names has the values' names as in messages.def, and a NULL behind them; X_name says "?" when out of range. */

enum role {
    ROLE_SUPERVISOR,
    ROLE_KEEPER,
    ROLE_AUDIT,
    ROLE_GATEWAY,
    ROLE_SURFACE,
    ROLE_EGRESS,
    ROLE_DIALER,
    ROLE_CLI,
    ROLE_COUNT
};
extern const char *const role_names[];
const char *role_name(enum role v);

enum level {
    LEVEL_ERROR,
    LEVEL_WARN,
    LEVEL_INFO,
    LEVEL_DEBUG,
    LEVEL_COUNT
};
extern const char *const level_names[];
const char *level_name(enum level v);

enum era {
    ERA_MODERN,
    ERA_LEGACY,
    ERA_COUNT
};
extern const char *const era_names[];
const char *era_name(enum era v);

enum call_kind {
    CALL_KIND_REQUEST,
    CALL_KIND_NOTIFICATION,
    CALL_KIND_RESPONSE,
    CALL_KIND_STREAM,
    CALL_KIND_END,
    CALL_KIND_COUNT
};
extern const char *const call_kind_names[];
const char *call_kind_name(enum call_kind v);

enum call_want {
    CALL_WANT_SEND,
    CALL_WANT_OWN,
    CALL_WANT_CONNECT,
    CALL_WANT_STATUS,
    CALL_WANT_COUNT
};
extern const char *const call_want_names[];
const char *call_want_name(enum call_want v);

enum call_cap {
    CALL_CAP_LINK,
    CALL_CAP_HOLD,
    CALL_CAP_COUNT
};
extern const char *const call_cap_names[];
const char *call_cap_name(enum call_cap v);

enum answer {
    ANSWER_NONE,
    ANSWER_ACCEPT,
    ANSWER_DECLINE,
    ANSWER_CANCEL,
    ANSWER_COUNT
};
extern const char *const answer_names[];
const char *answer_name(enum answer v);

enum lease_kind {
    LEASE_KIND_ONCE,
    LEASE_KIND_TASK,
    LEASE_KIND_KEEP,
    LEASE_KIND_COUNT
};
extern const char *const lease_kind_names[];
const char *lease_kind_name(enum lease_kind v);

enum handoff_kind {
    HANDOFF_KIND_SECRET,
    HANDOFF_KIND_COUNT
};
extern const char *const handoff_kind_names[];
const char *handoff_kind_name(enum handoff_kind v);

enum handoff_state {
    HANDOFF_STATE_CREATED,
    HANDOFF_STATE_OPENED,
    HANDOFF_STATE_SUBMITTED,
    HANDOFF_STATE_COMPLETED,
    HANDOFF_STATE_DECLINED,
    HANDOFF_STATE_CANCELLED,
    HANDOFF_STATE_EXPIRED,
    HANDOFF_STATE_FAILED,
    HANDOFF_STATE_COUNT
};
extern const char *const handoff_state_names[];
const char *handoff_state_name(enum handoff_state v);

enum need {
    NEED_MISSING,
    NEED_STALE,
    NEED_USED_UP,
    NEED_EXPIRED,
    NEED_ASKED,
    NEED_COUNT
};
extern const char *const need_names[];
const char *need_name(enum need v);

enum problem {
    PROBLEM_NONE,
    PROBLEM_REFUSED,
    PROBLEM_UNREACHABLE,
    PROBLEM_WRONG_PASSWORD,
    PROBLEM_TOO_MANY,
    PROBLEM_COUNT
};
extern const char *const problem_names[];
const char *problem_name(enum problem v);

enum ending {
    ENDING_WAITING,
    ENDING_DECLINED,
    ENDING_CANCELLED,
    ENDING_EXPIRED,
    ENDING_FAILED,
    ENDING_COUNT
};
extern const char *const ending_names[];
const char *ending_name(enum ending v);

enum place {
    PLACE_HEADER,
    PLACE_BASIC,
    PLACE_QUERY,
    PLACE_COUNT
};
extern const char *const place_names[];
const char *place_name(enum place v);

enum rule {
    RULE_STATUS,
    RULE_CODE,
    RULE_TEXT,
    RULE_COUNT
};
extern const char *const rule_names[];
const char *rule_name(enum rule v);

enum snapshot {
    SNAPSHOT_SERVER,
    SNAPSHOT_TOOLS,
    SNAPSHOT_PROMPTS,
    SNAPSHOT_RESOURCES,
    SNAPSHOT_TEMPLATES,
    SNAPSHOT_COUNT
};
extern const char *const snapshot_names[];
const char *snapshot_name(enum snapshot v);

enum mode {
    MODE_CALL,
    MODE_VERIFY,
    MODE_PROBE,
    MODE_REFUSE,
    MODE_COUNT
};
extern const char *const mode_names[];
const char *mode_name(enum mode v);

enum refusal {
    REFUSAL_UNKNOWN_METHOD,
    REFUSAL_NO_ROOM,
    REFUSAL_COUNT
};
extern const char *const refusal_names[];
const char *refusal_name(enum refusal v);

enum result {
    RESULT_UNSENT,
    RESULT_ANSWERED,
    RESULT_UNKNOWN,
    RESULT_COUNT
};
extern const char *const result_names[];
const char *result_name(enum result v);

enum answer_kind {
    ANSWER_KIND_JSON,
    ANSWER_KIND_SSE,
    ANSWER_KIND_ACCEPTED,
    ANSWER_KIND_COUNT
};
extern const char *const answer_kind_names[];
const char *answer_kind_name(enum answer_kind v);

enum answer_how {
    ANSWER_HOW_DONE,
    ANSWER_HOW_UNSENT,
    ANSWER_HOW_UNKNOWN,
    ANSWER_HOW_REFUSED,
    ANSWER_HOW_CUT,
    ANSWER_HOW_INVALID,
    ANSWER_HOW_TOO_LARGE,
    ANSWER_HOW_COUNT
};
extern const char *const answer_how_names[];
const char *answer_how_name(enum answer_how v);

enum denial {
    DENIAL_LOG_IN,
    DENIAL_NOT_YOURS,
    DENIAL_GONE,
    DENIAL_CSRF,
    DENIAL_RATE,
    DENIAL_WRONG_PASSWORD,
    DENIAL_AGAIN,
    DENIAL_COUNT
};
extern const char *const denial_names[];
const char *denial_name(enum denial v);

enum connection_state {
    CONNECTION_STATE_LIVE,
    CONNECTION_STATE_STALE,
    CONNECTION_STATE_USED_UP,
    CONNECTION_STATE_EXPIRED,
    CONNECTION_STATE_SUSPENDED,
    CONNECTION_STATE_COUNT
};
extern const char *const connection_state_names[];
const char *connection_state_name(enum connection_state v);

enum recording {
    RECORDING_LOST,
    RECORDING_APART,
    RECORDING_FULL,
    RECORDING_FILLING,
    RECORDING_FINE,
    RECORDING_COUNT
};
extern const char *const recording_names[];
const char *recording_name(enum recording v);

enum ctl_scope {
    CTL_SCOPE_CONNECTION,
    CTL_SCOPE_USER,
    CTL_SCOPE_UPSTREAM,
    CTL_SCOPE_ALL,
    CTL_SCOPE_COUNT
};
extern const char *const ctl_scope_names[];
const char *ctl_scope_name(enum ctl_scope v);

enum event {
    EVENT_KEEPER_STARTED,
    EVENT_USER_ADDED,
    EVENT_USER_CHANGED,
    EVENT_USER_REMOVED,
    EVENT_KEY_ADDED,
    EVENT_KEY_REMOVED,
    EVENT_LOGIN,
    EVENT_LOGIN_FAILED,
    EVENT_LOGOUT,
    EVENT_HANDOFF_CREATED,
    EVENT_HANDOFF_OPENED,
    EVENT_HANDOFF_SUBMITTED,
    EVENT_HANDOFF_COMPLETED,
    EVENT_HANDOFF_DECLINED,
    EVENT_HANDOFF_CANCELLED,
    EVENT_HANDOFF_EXPIRED,
    EVENT_HANDOFF_FAILED,
    EVENT_WRONG_PERSON,
    EVENT_PROOF_FAILED,
    EVENT_LEASE_GRANTED,
    EVENT_USE_RESERVED,
    EVENT_USE_RESULT,
    EVENT_USE_UNKNOWN,
    EVENT_VERIFY_RESULT,
    EVENT_CONNECTION_STALE,
    EVENT_CONNECTION_REVOKED,
    EVENT_CONNECTION_SUSPENDED,
    EVENT_REFLECTED,
    EVENT_ROLLED_BACK,
    EVENT_REFUSED,
    EVENT_LISTED,
    EVENT_LIMITED,
    EVENT_COUNT
};
extern const char *const event_names[];
const char *event_name(enum event v);

#endif
