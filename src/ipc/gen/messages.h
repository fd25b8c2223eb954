/* Made by tools/gen-ipc.c from src/ipc/messages.def; do not edit. Structs of the messages. */
#ifndef SG_IPC_GEN_MESSAGES_H
#define SG_IPC_GEN_MESSAGES_H

#include "base/id.h"
#include "ipc/gen/enums.h"
#include "ipc/wire.h"

/* Of messages.def; said in every hello. */
#define MSG_TABLE_ID 0x79cd8ef17a052f39u

enum msg {
    MSG_NONE,
    MSG_BOOT,
    MSG_CONF_LIMIT,
    MSG_CONF_SITE,
    MSG_CONF_HOST,
    MSG_CONF_ORIGIN,
    MSG_CONF_UPSTREAM,
    MSG_CONF_ENDPOINT,
    MSG_CONF_ALLOW,
    MSG_CONF_FIELD,
    MSG_CONF_PLACE,
    MSG_CONF_RULE,
    MSG_CONF_VERIFY,
    MSG_BOOT_END,
    MSG_READY,
    MSG_STARTING,
    MSG_PEER,
    MSG_LISTENER,
    MSG_STOP,
    MSG_ALERT,
    MSG_EGRESS_WANT,
    MSG_EGRESS_FAILED,
    MSG_TOKEN_CHECK,
    MSG_TOKEN_KNOWN,
    MSG_TOKEN_GONE,
    MSG_CALL_OPEN,
    MSG_CALL_PERMIT,
    MSG_CALL_OWN,
    MSG_CALL_HANDOFF,
    MSG_CALL_HOLD,
    MSG_CALL_NEUTRAL,
    MSG_CALL_STORED,
    MSG_CALL_DENY,
    MSG_CALL_ANSWER,
    MSG_CALL_GONE,
    MSG_HANDOFF_SIGNAL,
    MSG_SESSION_GONE,
    MSG_SNAPSHOT_GET,
    MSG_SNAPSHOT_PART,
    MSG_SEND_HEAD,
    MSG_SEND_PARAM,
    MSG_SEND_PART,
    MSG_ASK_REFUSE,
    MSG_CALL_CANCEL,
    MSG_CREDIT,
    MSG_SESSION_END,
    MSG_ANSWER_HEAD,
    MSG_ANSWER_PART,
    MSG_ANSWER_END,
    MSG_REFUSE_WANT,
    MSG_STATE_SEAL,
    MSG_STATE_SEALED,
    MSG_PERMIT,
    MSG_USE_RESULT,
    MSG_USE_HITS,
    MSG_DROP,
    MSG_DROPPED,
    MSG_CUT,
    MSG_SNAPSHOT_PUT,
    MSG_DIAL_WANT,
    MSG_DIAL,
    MSG_DIALED,
    MSG_DIAL_FAILED,
    MSG_SEAL_KEY,
    MSG_HEALTH,
    MSG_LOGIN_START,
    MSG_LOGIN_SALT,
    MSG_LOGIN,
    MSG_LOGIN_OK,
    MSG_LOGOUT,
    MSG_WHO_GET,
    MSG_WHO,
    MSG_HANDOFF_GET,
    MSG_HANDOFF_VIEW,
    MSG_HANDOFF_SUBMIT,
    MSG_HANDOFF_DECLINE,
    MSG_INBOX_GET,
    MSG_INBOX_ROW,
    MSG_INBOX_WATCH,
    MSG_INBOX_CHANGED,
    MSG_WATCH_END,
    MSG_CONNECTIONS_GET,
    MSG_CONNECTION_ROW,
    MSG_ROWS_END,
    MSG_CONNECTION_REVOKE,
    MSG_PAGE_DONE,
    MSG_PAGE_DENIED,
    MSG_CTL_USER_ADD,
    MSG_CTL_USER_PASSWORD,
    MSG_CTL_USER_REMOVE,
    MSG_CTL_USER_LIST,
    MSG_CTL_USER_ROW,
    MSG_CTL_KEY_ADD,
    MSG_CTL_KEY_REMOVE,
    MSG_CTL_KEY_LIST,
    MSG_CTL_KEY_ROW,
    MSG_CTL_CONNECTION_LIST,
    MSG_CTL_CONNECTION_ROW,
    MSG_CTL_REVOKE,
    MSG_CTL_UPSTREAM_LIST,
    MSG_CTL_UPSTREAM_ROW,
    MSG_CTL_UPSTREAM_PROBE,
    MSG_CTL_AUDIT_HEAD,
    MSG_CTL_AUDIT_HEAD_IS,
    MSG_CTL_AUDIT_RECHECK,
    MSG_CTL_DONE,
    MSG_AUDIT_STATE,
    MSG_AUDIT_APPEND,
    MSG_AUDIT_ACK,
    MSG_AUDIT_REFUSED,
    MSG_COUNT
};

/* Who the new process is. The first message on every channel to the supervisor. The folders are those that the role may work in: the keeper's are its own within what audit has. */
struct msg_boot {
    uint32_t instance;
    uint64_t generation;
    enum level log_level;
    bool use_landlock;
    uint32_t uid;
    uint32_t gid;
    struct slice data_dir;
    struct slice key_dir;
};

/* The value of one settable limit; index is enum limit. */
struct msg_conf_limit {
    uint16_t index;
    uint64_t value;
};

/* Where the pages are: an origin without a trailing slash, such as http://localhost:8401. alone: there is one gateway process. */
struct msg_conf_site {
    struct slice surface_url;
    bool alone;
};

/* A Host header value that is ours. */
struct msg_conf_host {
    struct slice host;
};

/* An Origin from which browser clients may call. */
struct msg_conf_origin {
    struct slice origin;
};

/* One configured upstream; egress gets only its own. protocols: bits of enum era. */
struct msg_conf_upstream {
    uint16_t upstream;
    struct slice name;
    struct slice title;
    uint8_t protocols;
    bool needs_credential;
    enum lease_kind lease;
    uint32_t lease_uses;
    uint64_t lease_ms;
    bool has_verify;
};

/* Where an upstream is. path has its leading slash and may hold a query. */
struct msg_conf_endpoint {
    uint16_t upstream;
    bool tls;
    struct slice host;
    uint16_t port;
    struct slice path;
};

/* An address range that this upstream may have although it is not public; address is 4 or 16 bytes. */
struct msg_conf_allow {
    uint16_t upstream;
    struct slice address;
    uint8_t prefix;
};

/* One field of an upstream's credential; index counts from 0. wants: what the places that it goes to want of its characters (base/chars.h). */
struct msg_conf_field {
    uint16_t upstream;
    uint8_t index;
    struct slice name;
    struct slice label;
    struct slice hint;
    bool masked;
    uint8_t wants;
};

/* Where the credential goes. header and query: name, and format with {field}; basic: user and password name fields. */
struct msg_conf_place {
    uint16_t upstream;
    enum place in;
    struct slice name;
    struct slice format;
    struct slice user;
    struct slice password;
};

/* What else than 401 says that a credential is refused: an HTTP status, a JSON-RPC code, or a part of an error text. */
struct msg_conf_rule {
    uint16_t upstream;
    enum rule rule;
    struct slice value;
};

/* How a new credential is tried: an idempotent method without parameters. */
struct msg_conf_verify {
    uint16_t upstream;
    struct slice method;
};

/* The configuration is complete: open what is needed, go to jail, say ready. */
struct msg_boot_end {
    bool nothing; /* C has no empty struct; not sent */
};

/* The sandbox is on. landlock_abi is 0 where the kernel has none. */
struct msg_ready {
    uint32_t landlock_abi;
};

/* What is opened takes its time, and goes on. */
struct msg_starting {
    bool nothing; /* C has no empty struct; not sent */
};

/* A channel to another process. A peer with the same role and instance replaces the older one. */
struct msg_peer {
    enum role role;
    uint32_t instance;
    uint64_t generation;
    uint16_t upstream;
};

/* A listening socket. */
struct msg_listener {
    bool nothing; /* C has no empty struct; not sent */
};

/* Finish what can be finished at once, and end. */
struct msg_stop {
    bool nothing; /* C has no empty struct; not sent */
};

/* A peer broke the protocol; its channel was closed. */
struct msg_alert {
    enum role role;
    uint32_t instance;
    uint64_t generation;
    enum err code;
};

/* The egress process of this upstream is needed; it comes as a peer. */
struct msg_egress_want {
    uint16_t upstream;
};

/* It cannot be started now. */
struct msg_egress_failed {
    uint16_t upstream;
};

/* Is this token an agent key's? Asked before the body that came with it is read; what the key may do is asked with call_open. */
struct msg_token_check {
    uint64_t check;
    struct sec *token;
};

/* Whether it is. The gateway may remember a yes until token_gone. */
struct msg_token_known {
    uint64_t check;
    bool known;
};

/* The agent key of the token with this SHA-256 was removed. The gateway ends what was shown with it: calls, sessions, connections. */
struct msg_token_gone {
    struct digest token;
};

/* A client's message asks to be let through. request: the digest of what it is (proto/request.h). answers: it brings answers to the upstream's questions. state: the requestState that it brought, which is never in the body. of: the running call that a response or a cancellation belongs to, or 0. caps: bits of enum call_cap. session is zero in the modern era. The call lives at the keeper until call_gone, or until call_deny or call_neutral. */
struct msg_call_open {
    uint64_t call;
    uint16_t upstream;
    struct sec *token;
    enum era era;
    enum call_kind kind;
    enum call_want want;
    struct slice method;
    struct slice name;
    struct slice projection;
    struct digest request;
    bool answers;
    uint64_t of;
    struct digest body_digest;
    uint8_t caps;
    struct session_id session;
    struct slice state;
    enum answer answer;
};

/* Send the body to the egress of this upstream, if it is generation egress_generation. anonymous: without a credential. */
struct msg_call_permit {
    uint64_t call;
    struct use_id use;
    uint64_t egress_generation;
    struct client_id client;
    bool anonymous;
};

/* The caller is known; answer it yourself. connected and pending say how the caller stands with the upstream. */
struct msg_call_own {
    uint64_t call;
    struct client_id client;
    struct slice user_name;
    bool connected;
    bool pending;
};

/* A person is needed. state is the sealed requestState for the client (modern). by_error: the agent key wants the link in an error (legacy). */
struct msg_call_handoff {
    uint64_t call;
    struct client_id client;
    struct handoff_id handoff;
    struct slice words;
    enum need need;
    struct slice state;
    bool by_error;
};

/* Wait with the call open; permit, own, neutral or deny follows. state is what the client gets when the leg ends first; empty: the last leg. */
struct msg_call_hold {
    uint64_t call;
    struct handoff_id handoff;
    struct slice words;
    struct slice state;
};

/* The call ends without an answer from the upstream, in the way that ending says. */
struct msg_call_neutral {
    uint64_t call;
    struct handoff_id handoff;
    struct slice words;
    enum ending ending;
};

/* The agent key goes faster than it may: what is stored answers this list, and nothing is sent. */
struct msg_call_stored {
    uint64_t call;
};

/* No, and why. */
struct msg_call_deny {
    uint64_t call;
    enum err code;
};

/* A legacy client's answer to the URL elicitation of this call. accept is followed by call_hold. */
struct msg_call_answer {
    uint64_t call;
    enum answer answer;
};

/* The client left, or the call or this leg of it ended: forget the call. The handoff stays. use: the one that went to egress last for it, or zero; what was permitted besides is not sent any more. */
struct msg_call_gone {
    uint64_t call;
    struct use_id use;
};

/* A handoff that a legacy session was shown has ended; a hint, may be repeated. */
struct msg_handoff_signal {
    struct session_id session;
    struct handoff_id handoff;
    enum handoff_state state;
};

/* A legacy session ended. */
struct msg_session_gone {
    struct session_id session;
};

/* The last list seen of this upstream, in the era of this call, for its caller; the call may have been permitted and refused before. */
struct msg_snapshot_get {
    uint64_t call;
    enum snapshot kind;
};

/* A part of it; size is the whole, 0 when there is none. It is the JSON text of the result object as the upstream gave it (kind server: of initialize or server/discover). */
struct msg_snapshot_part {
    uint64_t call;
    enum snapshot kind;
    uint32_t size;
    uint32_t offset;
    struct slice part;
};

/* A body of size bytes follows for this permit. Kind stream: a GET for the session's stream; kind end: a DELETE of the upstream's session; without a body. caps (legacy): the client's capabilities of its initialize, a JSON object; the upstream's session is opened with no more than these. */
struct msg_send_head {
    uint64_t call;
    struct use_id use;
    enum era era;
    enum call_kind kind;
    struct client_id client;
    struct session_id session;
    struct slice protocol;
    struct slice last_event_id;
    struct slice caps;
    uint32_t size;
};

/* A header Mcp-Param-NAME of the client's request, for the upstream (modern). After send_head, before the first send_part. */
struct msg_send_param {
    uint64_t call;
    struct slice name;
    struct slice value;
};

/* The next bytes of the body. */
struct msg_send_part {
    uint64_t call;
    struct slice part;
};

/* On this call the upstream asks for what its client cannot be asked: egress answers that request, whose id is this JSON text, with the error that why names, in its own words. */
struct msg_ask_refuse {
    uint64_t call;
    struct slice id;
    enum refusal why;
};

/* Nobody waits for this call any more: close its upstream request. */
struct msg_call_cancel {
    uint64_t call;
};

/* This many more bytes of answer parts may be sent. A new call starts with 4 * PART_BYTES. */
struct msg_credit {
    uint64_t call;
    uint32_t bytes;
};

/* A legacy session ended: forget the upstream's too. */
struct msg_session_end {
    struct session_id session;
};

/* The upstream began to answer. */
struct msg_answer_head {
    uint64_t call;
    enum answer_kind kind;
};

/* Bytes of one screened JSON message; last ends the message. */
struct msg_answer_part {
    uint64_t call;
    bool last;
    struct slice part;
};

/* The answer is over. refused: the keeper says what follows; for lists the gateway asks for the snapshot instead. */
struct msg_answer_end {
    uint64_t call;
    enum answer_how how;
    enum err code;
};

/* While this use runs, an error is to leave for its upstream, which asked its client for what it cannot be asked. Answered with a permit of mode refuse whose call is ask, or not at all. */
struct msg_refuse_want {
    struct use_id use;
    uint64_t ask;
};

/* The upstream answered this use by asking for input: what the client is to carry to its next request, sealed, in place of the upstream's requestState, if it has one. Once for each use, before use_result. */
struct msg_state_seal {
    struct use_id use;
    bool has_state;
    struct slice state;
};

/* The sealed form. Empty: this call has gone on as often as it may, and ends. */
struct msg_state_sealed {
    struct use_id use;
    struct slice state;
};

/* One request may leave, once. not_after in ms of CLOCK_BOOTTIME. projection: of all that the keeper judged (crypto/judged.h). credential: per field u16 length (big endian) and bytes; empty when anonymous. gateway fields are zero unless mode is call, and so is call unless mode is call or refuse. lazy: nothing follows from the end of this use when it is answered, so that use_result may be late. state: has_state, the upstream's requestState, which egress puts into the body. */
struct msg_permit {
    struct use_id use;
    enum mode mode;
    uint32_t gateway;
    uint64_t gateway_generation;
    uint64_t call;
    uint64_t not_after;
    struct digest projection;
    struct digest body;
    struct user_id user;
    struct connection_id connection;
    bool lazy;
    bool has_state;
    struct slice state;
    struct sec *credential;
};

/* How it ended. refused: the upstream did not accept the credential. hits: reflections screened out, each once more for every 4096 bytes of the request. */
struct msg_use_result {
    struct use_id use;
    enum result result;
    bool refused;
    uint32_t hits;
    uint16_t status;
    enum err code;
};

/* Reflections screened out of an answer that still goes on. */
struct msg_use_hits {
    struct use_id use;
    uint32_t hits;
};

/* Abort whatever uses this connection, and close what was opened with it. Answered by dropped. */
struct msg_drop {
    struct connection_id connection;
};

/* That is done: nothing more leaves with it. Answers the drops in their order. */
struct msg_dropped {
    bool nothing; /* C has no empty struct; not sent */
};

/* What this use rides on is over, or whoever it was permitted to is gone: end it. */
struct msg_cut {
    struct use_id use;
    enum err code;
};

/* A part of a list as the upstream gave it for this use, screened. Sent before use_result. */
struct msg_snapshot_put {
    struct use_id use;
    enum era era;
    enum snapshot kind;
    uint32_t size;
    uint32_t offset;
    struct slice part;
};

/* A new connection is needed for this use. */
struct msg_dial_want {
    struct use_id use;
    uint64_t dial;
};

/* Connect to this destination for that egress. client is whose agent key it counts for; zero for what no key asked. */
struct msg_dial {
    struct client_id client;
    uint64_t dial;
    uint32_t egress;
    uint64_t egress_generation;
    uint16_t upstream;
    struct slice host;
    uint16_t port;
};

/* Here is the connected socket. */
struct msg_dialed {
    uint64_t dial;
};

/* There will be none, and why. */
struct msg_dial_failed {
    uint64_t dial;
    enum err code;
};

/* Public key of this running keeper (X25519): what is typed is sealed to it. */
struct msg_seal_key {
    uint32_t key;
    struct digest public_key;
};

/* For whoever asks /health; at first, and when it changes. Nothing is begun unless the log is fine or its disk only filling. */
struct msg_health {
    enum recording recording;
};

/* Someone wants to log in under this name. browser: what login_ok gave to that browser, or zero. */
struct msg_login_start {
    uint64_t req;
    struct slice name;
    struct digest browser;
};

/* How to hash the password; also given, made up but stable, for unknown names. known: this person logged in with this password from this browser before, so it waits apart from strangers. */
struct msg_login_salt {
    uint64_t req;
    bool known;
    struct slice salt;
    uint64_t ops;
    uint64_t mem;
};

/* The Argon2id verifier of what was typed. browser: as in login_start. */
struct msg_login {
    uint64_t req;
    struct slice name;
    struct digest browser;
    struct sec *verifier;
};

/* A new browser session; the cookie is random bytes, which surface writes as base64url. browser says later that this browser was logged in by this person with this password, and no more: its log-ins are counted apart from those of strangers. */
struct msg_login_ok {
    uint64_t req;
    struct digest browser;
    struct sec *cookie;
    uint64_t life_ms;
};

/* End the session. Answered with page_done, or page_denied. */
struct msg_logout {
    uint64_t req;
    struct sec *cookie;
    struct digest csrf;
};

/* Whose session is it? */
struct msg_who_get {
    uint64_t req;
    struct sec *cookie;
};

/* The person, the CSRF token of the session, and how to hash the password for a fresh proof. */
struct msg_who {
    uint64_t req;
    struct slice user_name;
    struct digest csrf;
    struct slice salt;
    uint64_t ops;
    uint64_t mem;
};

/* The page of a handoff was asked for. */
struct msg_handoff_get {
    uint64_t req;
    struct sec *cookie;
    struct handoff_id handoff;
};

/* What the page shows. Times in ms since 1970. method, tool, client_label and shown came from outside. tested: the credential was tried at the upstream. for_request: the handoff is for a call, and shown is its projection (empty when there is none any more). may_prove: a password typed now would be looked at; false: there were too many this minute. */
struct msg_handoff_view {
    uint64_t req;
    struct handoff_id handoff;
    enum handoff_kind kind;
    enum handoff_state state;
    enum need need;
    enum problem problem;
    uint16_t upstream;
    struct slice user_name;
    struct slice client_label;
    struct slice method;
    struct slice tool;
    bool for_request;
    struct slice shown;
    struct slice words;
    uint64_t created;
    uint64_t expires;
    uint32_t tries_left;
    bool tested;
    bool may_prove;
    struct digest csrf;
    struct slice salt;
    uint64_t ops;
    uint64_t mem;
};

/* The form was posted. sealed: crypto/box_seal of the handoff id, u8 length and the user name, and per field u8 index, u16 length (big endian), bytes. Answered with handoff_view, or page_denied, when it is durable and, where there is a verify, tried. */
struct msg_handoff_submit {
    uint64_t req;
    struct sec *cookie;
    struct handoff_id handoff;
    struct digest csrf;
    struct sec *verifier;
    uint32_t key;
    struct slice sealed;
};

/* The person said no. Answered with page_done, or page_denied. */
struct msg_handoff_decline {
    uint64_t req;
    struct sec *cookie;
    struct handoff_id handoff;
    struct digest csrf;
};

/* The person's open handoffs, as inbox_row and rows_end. */
struct msg_inbox_get {
    uint64_t req;
    struct sec *cookie;
};

/* One of them. */
struct msg_inbox_row {
    uint64_t req;
    struct handoff_id handoff;
    enum handoff_kind kind;
    enum handoff_state state;
    enum need need;
    uint16_t upstream;
    struct slice client_label;
    struct slice tool;
    struct slice words;
    uint64_t created;
    uint64_t expires;
};

/* Tell of changes until watch_end, or until the session is over: page_denied says so. */
struct msg_inbox_watch {
    uint64_t req;
    struct sec *cookie;
};

/* The inbox of this watch is different now. */
struct msg_inbox_changed {
    uint64_t req;
};

/* The browser left. */
struct msg_watch_end {
    uint64_t req;
};

/* The person's connections, as connection_row and rows_end. */
struct msg_connections_get {
    uint64_t req;
    struct sec *cookie;
};

/* One of them. Times in ms since 1970, 0 for never. uses_left is 0xffffffff for no limit. */
struct msg_connection_row {
    uint64_t req;
    struct connection_id connection;
    uint16_t upstream;
    struct slice client_label;
    enum connection_state state;
    enum lease_kind lease;
    uint64_t created;
    uint64_t last_used;
    uint64_t expires;
    uint32_t uses_left;
    bool tested;
};

/* No more rows. */
struct msg_rows_end {
    uint64_t req;
    struct slice user_name;
    struct digest csrf;
};

/* End this connection; its secret is destroyed. */
struct msg_connection_revoke {
    uint64_t req;
    struct sec *cookie;
    struct digest csrf;
    struct connection_id connection;
};

/* It is done and durable. */
struct msg_page_done {
    uint64_t req;
};

/* Not so, and why. */
struct msg_page_denied {
    uint64_t req;
    enum denial why;
};

/* A new person; the verifier is Argon2id of the password. */
struct msg_ctl_user_add {
    struct slice name;
    struct slice salt;
    uint64_t ops;
    uint64_t mem;
    struct sec *verifier;
};

/* A new password; ends the person's browser sessions. */
struct msg_ctl_user_password {
    struct slice name;
    struct slice salt;
    uint64_t ops;
    uint64_t mem;
    struct sec *verifier;
};

/* Remove a person: keys, connections and secrets, unrecoverably. */
struct msg_ctl_user_remove {
    struct slice name;
};

/* Rows, then ctl_done. */
struct msg_ctl_user_list {
    bool nothing; /* C has no empty struct; not sent */
};

/* One person. */
struct msg_ctl_user_row {
    struct slice name;
    uint64_t created;
    uint32_t keys;
    uint32_t connections;
};

/* A new agent key; only its SHA-256 comes here. link_by_error: its legacy client is given links by error -32042. */
struct msg_ctl_key_add {
    struct slice user_name;
    struct slice label;
    struct digest token_hash;
    bool link_by_error;
};

/* Revoke an agent key. */
struct msg_ctl_key_remove {
    struct client_id client;
};

/* Rows, then ctl_done; all people's when the name is empty. */
struct msg_ctl_key_list {
    struct slice user_name;
};

/* One agent key. */
struct msg_ctl_key_row {
    struct client_id client;
    struct slice user_name;
    struct slice label;
    uint64_t created;
    uint64_t last_used;
    bool link_by_error;
};

/* Rows, then ctl_done; all people's when the name is empty. */
struct msg_ctl_connection_list {
    struct slice user_name;
};

/* One connection; no verb shows its value. */
struct msg_ctl_connection_row {
    struct connection_id connection;
    struct slice user_name;
    uint16_t upstream;
    struct slice client_label;
    enum connection_state state;
    enum lease_kind lease;
    uint64_t created;
    uint64_t last_used;
    uint64_t expires;
    uint32_t uses_left;
};

/* End connections: one, a person's, an upstream's, or all. */
struct msg_ctl_revoke {
    enum ctl_scope scope;
    struct connection_id connection;
    struct slice name;
};

/* Rows, then ctl_done. */
struct msg_ctl_upstream_list {
    bool nothing; /* C has no empty struct; not sent */
};

/* One configured upstream. seen: when lists were last stored, 0 for never. */
struct msg_ctl_upstream_row {
    uint16_t upstream;
    struct slice name;
    struct slice title;
    bool needs_credential;
    uint32_t connections;
    uint64_t seen;
};

/* Ask the upstream for its lists without a credential and store them. */
struct msg_ctl_upstream_probe {
    struct slice name;
};

/* What is the newest acknowledged audit record? */
struct msg_ctl_audit_head {
    bool nothing; /* C has no empty struct; not sent */
};

/* This one. */
struct msg_ctl_audit_head_is {
    uint64_t seq;
    struct digest head;
};

/* Take back that store or log were found rolled back; they are compared anew at the next start. */
struct msg_ctl_audit_recheck {
    bool nothing; /* C has no empty struct; not sent */
};

/* The end of an answer. detail: a sentence that says more than the error's own. count: of connections, when some were to be ended. */
struct msg_ctl_done {
    enum err code;
    struct slice detail;
    uint32_t count;
};

/* Where the log stands on disk; epoch is the store's, as the newest record has it. low, scarce: see audit_ack. */
struct msg_audit_state {
    uint64_t seq;
    struct digest head;
    uint64_t epoch;
    bool low;
    bool scarce;
};

/* The next record, or a repeat of one. time in ms since 1970. What a field does not apply to is zero or empty. */
struct msg_audit_append {
    uint64_t seq;
    uint64_t epoch;
    uint64_t time;
    enum event event;
    struct user_id user;
    struct client_id client;
    struct slice upstream;
    struct handoff_id handoff;
    struct use_id use;
    struct connection_id connection;
    enum err code;
    uint64_t number;
    struct digest projection;
    struct digest body;
    struct slice detail;
};

/* Everything up to seq is on disk, and everything up to written in the file; both are what the keeper sent since audit_state: nothing that it did not send is acknowledged. seq 0: it sent nothing yet. head is the chain's hash at seq. written is not before seq, and what is between may be lost in a power cut. low: the disk is full and the log lives on its reserve, so only what ends something should be begun. scarce: less is free than disk_warn. Also sent when one of these changes. */
struct msg_audit_ack {
    uint64_t seq;
    struct digest head;
    uint64_t written;
    bool low;
    bool scarce;
};

/* Nothing from seq on is on disk, and why: AGAIN (not the next one; send from seq), NO_SPACE (the reserve is used up too; send from seq after the next audit_ack), CORRUPT (a repeat of seq differs from what is written; nothing more is taken until the next audit_state). */
struct msg_audit_refused {
    uint64_t seq;
    enum err code;
};

/* Room for any of them. */
union msg_any {
    struct msg_boot boot;
    struct msg_conf_limit conf_limit;
    struct msg_conf_site conf_site;
    struct msg_conf_host conf_host;
    struct msg_conf_origin conf_origin;
    struct msg_conf_upstream conf_upstream;
    struct msg_conf_endpoint conf_endpoint;
    struct msg_conf_allow conf_allow;
    struct msg_conf_field conf_field;
    struct msg_conf_place conf_place;
    struct msg_conf_rule conf_rule;
    struct msg_conf_verify conf_verify;
    struct msg_boot_end boot_end;
    struct msg_ready ready;
    struct msg_starting starting;
    struct msg_peer peer;
    struct msg_listener listener;
    struct msg_stop stop;
    struct msg_alert alert;
    struct msg_egress_want egress_want;
    struct msg_egress_failed egress_failed;
    struct msg_token_check token_check;
    struct msg_token_known token_known;
    struct msg_token_gone token_gone;
    struct msg_call_open call_open;
    struct msg_call_permit call_permit;
    struct msg_call_own call_own;
    struct msg_call_handoff call_handoff;
    struct msg_call_hold call_hold;
    struct msg_call_neutral call_neutral;
    struct msg_call_stored call_stored;
    struct msg_call_deny call_deny;
    struct msg_call_answer call_answer;
    struct msg_call_gone call_gone;
    struct msg_handoff_signal handoff_signal;
    struct msg_session_gone session_gone;
    struct msg_snapshot_get snapshot_get;
    struct msg_snapshot_part snapshot_part;
    struct msg_send_head send_head;
    struct msg_send_param send_param;
    struct msg_send_part send_part;
    struct msg_ask_refuse ask_refuse;
    struct msg_call_cancel call_cancel;
    struct msg_credit credit;
    struct msg_session_end session_end;
    struct msg_answer_head answer_head;
    struct msg_answer_part answer_part;
    struct msg_answer_end answer_end;
    struct msg_refuse_want refuse_want;
    struct msg_state_seal state_seal;
    struct msg_state_sealed state_sealed;
    struct msg_permit permit;
    struct msg_use_result use_result;
    struct msg_use_hits use_hits;
    struct msg_drop drop;
    struct msg_dropped dropped;
    struct msg_cut cut;
    struct msg_snapshot_put snapshot_put;
    struct msg_dial_want dial_want;
    struct msg_dial dial;
    struct msg_dialed dialed;
    struct msg_dial_failed dial_failed;
    struct msg_seal_key seal_key;
    struct msg_health health;
    struct msg_login_start login_start;
    struct msg_login_salt login_salt;
    struct msg_login login;
    struct msg_login_ok login_ok;
    struct msg_logout logout;
    struct msg_who_get who_get;
    struct msg_who who;
    struct msg_handoff_get handoff_get;
    struct msg_handoff_view handoff_view;
    struct msg_handoff_submit handoff_submit;
    struct msg_handoff_decline handoff_decline;
    struct msg_inbox_get inbox_get;
    struct msg_inbox_row inbox_row;
    struct msg_inbox_watch inbox_watch;
    struct msg_inbox_changed inbox_changed;
    struct msg_watch_end watch_end;
    struct msg_connections_get connections_get;
    struct msg_connection_row connection_row;
    struct msg_rows_end rows_end;
    struct msg_connection_revoke connection_revoke;
    struct msg_page_done page_done;
    struct msg_page_denied page_denied;
    struct msg_ctl_user_add ctl_user_add;
    struct msg_ctl_user_password ctl_user_password;
    struct msg_ctl_user_remove ctl_user_remove;
    struct msg_ctl_user_list ctl_user_list;
    struct msg_ctl_user_row ctl_user_row;
    struct msg_ctl_key_add ctl_key_add;
    struct msg_ctl_key_remove ctl_key_remove;
    struct msg_ctl_key_list ctl_key_list;
    struct msg_ctl_key_row ctl_key_row;
    struct msg_ctl_connection_list ctl_connection_list;
    struct msg_ctl_connection_row ctl_connection_row;
    struct msg_ctl_revoke ctl_revoke;
    struct msg_ctl_upstream_list ctl_upstream_list;
    struct msg_ctl_upstream_row ctl_upstream_row;
    struct msg_ctl_upstream_probe ctl_upstream_probe;
    struct msg_ctl_audit_head ctl_audit_head;
    struct msg_ctl_audit_head_is ctl_audit_head_is;
    struct msg_ctl_audit_recheck ctl_audit_recheck;
    struct msg_ctl_done ctl_done;
    struct msg_audit_state audit_state;
    struct msg_audit_append audit_append;
    struct msg_audit_ack audit_ack;
    struct msg_audit_refused audit_refused;
};

/* The row of a message; NULL for a number that is none. */
const struct wire_message *msg_info(uint16_t type);

#endif
