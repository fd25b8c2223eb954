/*
 * The Model Context Protocol's vocabulary in both eras: methods, versions, _meta, capabilities.
 * Modern is 2026-07-28 and later (each request carries its version and capabilities), legacy is
 * what begins with initialize (2026-07-28 basic/versioning, "Terminology").
 */
#ifndef SG_PROTO_MCP_H
#define SG_PROTO_MCP_H

#include "ipc/gen/enums.h"
#include "proto/jsonrpc.h"

/* --- versions and eras ------------------------------------------------------------------------ */

/* Sets of enum era: a bit for each. */
#define ERAS_MODERN (1u << ERA_MODERN)
#define ERAS_LEGACY (1u << ERA_LEGACY)
#define ERAS_BOTH   (ERAS_MODERN | ERAS_LEGACY)

#define MCP_VERSION_MODERN "2026-07-28"
#define MCP_VERSION_LEGACY "2025-11-25"

/* The era that a version's name belongs to: YYYY-MM-DD from 2026-07-28 on is modern, an earlier
 * date legacy, anything else ERA_COUNT. Says nothing about whether Sidegate speaks it. */
enum era mcp_version_era(struct slice version);
/* Whether Sidegate speaks exactly this version. */
bool mcp_version_supported(struct slice version);

/* --- methods ---------------------------------------------------------------------------------- */

enum mcp_method {
    MCP_UNKNOWN, /* an extension's method: the class is MCP_CLASS_OTHER */
#define M(name, text, class, eras, from, names, input) MCP_##name,
#include "proto/mcp_methods.def"
    MCP_METHOD_COUNT
};

enum mcp_class {
    MCP_CLASS_OTHER,
    MCP_CLASS_OWN,
    MCP_CLASS_LIST,
    MCP_CLASS_CALL,
    MCP_CLASS_READ,
    MCP_CLASS_LISTEN,
    MCP_CLASS_SUBSCRIBE,
    MCP_CLASS_TASK,
    MCP_CLASS_ASK,
    MCP_CLASS_NOTE
};

enum mcp_from { MCP_FROM_CLIENT = 1, MCP_FROM_SERVER = 2, MCP_FROM_EITHER = 3 };

struct mcp_method_row {
    enum mcp_method method;
    const char *text;
    enum mcp_class class;
    unsigned eras; /* bits of enum era */
    enum mcp_from from;
    const char *names; /* member of params: "name", "uri", "taskId" or NULL */
    bool may_ask;      /* input_required is a possible result (modern) */
};

/* The method's row; the row of MCP_UNKNOWN for others. Static. */
const struct mcp_method_row *mcp_method_by_text(struct slice text);
const struct mcp_method_row *mcp_method_of(const struct json *j, const struct jsonrpc *m);
/* The node in params that names the thing (tool, prompt, URI), or JSON_NONE; a string when there.
 */
uint32_t mcp_name_of(const struct json *j, const struct jsonrpc *m);

/* --- _meta ------------------------------------------------------------------------------------ */

#define MCP_META_VERSION      "io.modelcontextprotocol/protocolVersion"
#define MCP_META_CLIENT_INFO  "io.modelcontextprotocol/clientInfo"
#define MCP_META_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"
#define MCP_META_LOG_LEVEL    "io.modelcontextprotocol/logLevel"
#define MCP_META_SUBSCRIPTION "io.modelcontextprotocol/subscriptionId"
#define MCP_META_SERVER_INFO  "io.modelcontextprotocol/serverInfo"
#define MCP_META_PROGRESS     "progressToken"

/* What Sidegate is to an upstream, as JSON text: its clientInfo. */
#define MCP_OWN_INFO "{\"name\":\"sidegate\",\"version\":\"" SIDEGATE_VERSION "\"}"

/* Nodes; JSON_NONE where absent. Unknown keys are not looked at. */
struct mcp_meta {
    uint32_t meta;           /* the _meta object itself */
    uint32_t version;        /* string */
    uint32_t client_info;    /* object */
    uint32_t capabilities;   /* object */
    uint32_t log_level;      /* string */
    uint32_t progress_token; /* string or number */
    uint32_t subscription;   /* string or number */
};

/* --- capabilities ----------------------------------------------------------------------------- */

enum {
    MCP_CAP_ELICIT_FORM = 1 << 0, /* elicitation:{} means form alone (client/elicitation) */
    MCP_CAP_ELICIT_URL = 1 << 1,
    MCP_CAP_SAMPLING = 1 << 2,
    MCP_CAP_SAMPLING_TOOLS = 1 << 3,
    MCP_CAP_SAMPLING_CONTEXT = 1 << 4,
    MCP_CAP_ROOTS = 1 << 5,
    MCP_CAP_ROOTS_CHANGED = 1 << 6, /* legacy */
    MCP_CAP_TASKS = 1 << 7          /* the legacy member or the modern extension */
};

/* Bits of a client's capabilities object; 0 for JSON_NONE. Members of a wrong type give no bit. */
uint32_t mcp_client_caps(const struct json *j, uint32_t capabilities);

/* --- one request as the gateway sees it ------------------------------------------------------- */

struct mcp_request {
    struct jsonrpc rpc;
    const struct mcp_method_row *method;
    enum era era;
    struct mcp_meta meta;
    uint32_t name;      /* node, or JSON_NONE */
    uint32_t arguments; /* params.arguments or JSON_NONE */
    uint32_t state;     /* params.requestState (string) or JSON_NONE; modern only */
    uint32_t responses; /* params.inputResponses (object) or JSON_NONE; modern only */
    uint32_t caps;      /* of this request's _meta; for initialize of params.capabilities */
};

/* One of which nothing is there. */
#define MCP_REQUEST_NONE                                                                           \
    ((struct mcp_request){                                                                         \
        .rpc = JSONRPC_NONE,                                                                       \
        .era = ERA_LEGACY,                                                                         \
        .meta = {JSON_NONE, JSON_NONE, JSON_NONE, JSON_NONE, JSON_NONE, JSON_NONE, JSON_NONE},     \
        .name = JSON_NONE,                                                                         \
        .arguments = JSON_NONE,                                                                    \
        .state = JSON_NONE,                                                                        \
        .responses = JSON_NONE})

/*
 * Reads a message that came from a client. header_version is the MCP-Protocol-Version header's
 * value, empty when there was none. The era (as the official SDK decides it, body first):
 * initialize is legacy unless its _meta claims a modern version; a claimed version decides; without
 * a claim a modern header makes the request modern; else legacy.
 * ERR_NOT_JSONRPC; ERR_MISSING_META: modern, but the version or the capabilities are missing
 * (-32602); ERR_INVALID_PARAMS: a wrong type, or the member that the method needs as its name is
 * missing; ERR_HEADER_MISMATCH: header and _meta name different versions, or initialize under a
 * modern header; ERR_UNKNOWN_VERSION: the claimed version is not ours (-32022). Whether the method
 * is known, and known in this era, is in ret->method; notifications, responses and methods that
 * this era does not have pass with what they have. On every error but ERR_NOT_JSONRPC *ret has what
 * was read, so that the refusal can be written.
 */
MUST_USE enum err mcp_request_read(const struct json *j, struct slice header_version,
                                   struct mcp_request *ret);

/* Whether the upstream's result is input_required; absent resultType is "complete". */
bool mcp_result_is_input_required(const struct json *j, uint32_t result);
/* Whether a tools/call result has isError true. */
bool mcp_result_is_error(const struct json *j, uint32_t result);

/* Values of elicitation results: "accept", "decline", "cancel". */
enum mcp_action { MCP_ACTION_NONE, MCP_ACTION_ACCEPT, MCP_ACTION_DECLINE, MCP_ACTION_CANCEL };
/* The action of an ElicitResult object; NONE when it is missing or malformed. */
enum mcp_action mcp_elicit_action(const struct json *j, uint32_t result);

#endif
