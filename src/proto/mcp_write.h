/*
 * Writers of whole MCP messages that Sidegate sends as its own. id is JSON text as jsonrpc_id_text
 * gives it. Each appends one message without line ends; check with buf_err. Texts are decoded
 * UTF-8.
 */
#ifndef SG_PROTO_MCP_WRITE_H
#define SG_PROTO_MCP_WRITE_H

#include "proto/mcp.h"

/* JSON-RPC and MCP error codes (2026-07-28 basic/index "Error Codes"). */
enum {
    RPC_PARSE_ERROR = -32700,
    RPC_INVALID_REQUEST = -32600,
    RPC_METHOD_NOT_FOUND = -32601,
    RPC_INVALID_PARAMS = -32602,
    RPC_INTERNAL_ERROR = -32603,
    RPC_SERVER_ERROR = -32000,    /* legacy transports use it; clients fall back on it */
    RPC_HEADER_MISMATCH = -32020, /* modern only, as the next two */
    RPC_MISSING_CAPABILITY = -32021,
    RPC_UNSUPPORTED_VERSION = -32022,
    RPC_URL_ELICITATION_REQUIRED = -32042 /* 2025-11-25 only */
};

/* The code for an error of ours, in that era: -32020 and the like never to legacy clients, positive
 * application codes nowhere. ERR_OK is a bug. */
int mcp_code_of(enum err e, enum era era);

struct mcp_error {
    struct slice
        id; /* JSON text, or empty: the member is left out (SLICE_LIT("null") for parse errors) */
    int code;
    struct slice message;
    struct slice data; /* JSON text, or empty */
};
void mcp_put_error(struct buf *out, const struct mcp_error *e);
/* The error answer for an enum err, with its sentence. */
void mcp_put_err(struct buf *out, struct slice id, enum err e, enum era era);
/* -32022 with data {supported, requested} (basic/versioning). eras: the bits of enum era that
 * this upstream is served in; requested is decoded text. */
void mcp_put_unsupported_version(struct buf *out, struct slice id, unsigned eras,
                                 struct slice requested);
/* -32021 with data.requiredCapabilities {elicitation:{url:{}}}. */
void mcp_put_missing_elicitation(struct buf *out, struct slice id, struct slice message);

/* A final tools/call result of one text block; modern results get resultType "complete". A neutral
 * result has is_error true, or clients that know an outputSchema throw (2025-11-25 server/tools
 * "Output Schema": such a result must have structuredContent). */
void mcp_put_text_result(struct buf *out, struct slice id, enum era era, struct slice text,
                         bool is_error);
/* The result {} (ping, logging/setLevel, resources/subscribe). */
void mcp_put_empty_result(struct buf *out, struct slice id, enum era era);

/* Our key in inputRequests and inputResponses. */
#define MCP_INPUT_KEY "sidegate"
/* {"resultType":"input_required"} with the URL elicitation under MCP_INPUT_KEY when url is not
 * empty, and requestState; at least one of them (basic/patterns/mrtr). */
void mcp_put_input_required(struct buf *out, struct slice id, struct slice message,
                            struct slice url, struct slice state);

struct mcp_elicitation {
    struct slice id;             /* JSON text of the request's id (not for -32042) */
    struct slice elicitation_id; /* legacy */
    struct slice message, url;
};
/* The request elicitation/create of 2025-11-25, mode url. */
void mcp_put_elicitation(struct buf *out, const struct mcp_elicitation *e);
/* Error -32042 to the request with this id. */
void mcp_put_url_required(struct buf *out, struct slice request_id,
                          const struct mcp_elicitation *e);
void mcp_put_elicitation_complete(struct buf *out, struct slice elicitation_id);
/* token is JSON text as it came; message may be empty. */
void mcp_put_progress(struct buf *out, struct slice token, uint64_t progress, struct slice message);
/* A notification without params ("notifications/tools/list_changed"). */
void mcp_put_notification(struct buf *out, const char *method);

/* What Sidegate says of itself and of the upstream behind it. */
struct mcp_server_info {
    struct slice name, title, version; /* title may be empty */
    struct slice capabilities;         /* JSON object text: what the upstream has, as we offer it */
    struct slice instructions;         /* may be empty */
    unsigned eras;                     /* for supportedVersions: bits of enum era */
};
/* initialize's result; version is the negotiated one. */
void mcp_put_initialize(struct buf *out, struct slice id, struct slice version,
                        const struct mcp_server_info *s);
/* server/discover's result, cacheScope private. */
void mcp_put_discover(struct buf *out, struct slice id, uint64_t ttl_ms,
                      const struct mcp_server_info *s);

/* The initialize request that egress sends upstream. info (MCP_OWN_INFO) and caps are JSON object
 * text; caps is never more than the client declared. */
void mcp_put_initialize_request(struct buf *out, struct slice id, struct slice info,
                                struct slice caps);

#endif
