/*
 * One JSON-RPC 2.0 message, as MCP narrows it (2025-11-25 basic/index, 2026-07-28 basic/index,
 * "Messages"): ids are strings or whole numbers, never null in a request; params and results are
 * objects; no batches. Members that contradict one another are refused (method beside result,
 * result beside error, ...). Unknown ones are let stand: servers send them; of clients' messages
 * proto/misread.h takes none.
 */
#ifndef SG_PROTO_JSONRPC_H
#define SG_PROTO_JSONRPC_H

#include "proto/json.h"

enum jsonrpc_kind { JSONRPC_REQUEST, JSONRPC_NOTIFICATION, JSONRPC_RESULT, JSONRPC_ERROR };

/* Node indices into the parsed document; JSON_NONE where the kind has no such member. */
struct jsonrpc {
    enum jsonrpc_kind kind;
    uint32_t id;     /* string or number; of an error response JSON_NONE when absent or null */
    uint32_t method; /* string */
    uint32_t params; /* object */
    uint32_t result; /* object */
    uint32_t error;  /* object */
    int64_t code;    /* of an error response */
};

/* No message at all. */
#define JSONRPC_NONE                                                                               \
    ((struct jsonrpc){JSONRPC_NOTIFICATION, JSON_NONE, JSON_NONE, JSON_NONE, JSON_NONE, JSON_NONE, \
                      0})

/* ERR_OK or ERR_NOT_JSONRPC. A method longer than LIM_METHOD_BYTES and an id longer than
 * LIM_RPC_ID_BYTES as written, with the quotes, are refused too. */
MUST_USE enum err jsonrpc_read(const struct json *j, struct jsonrpc *ret);

/* The id of a message that jsonrpc_read refused, so that the refusal can name it: JSON_NONE unless
 * the document is an object with a valid id and no result or error. */
uint32_t jsonrpc_id_of(const struct json *j);
/* The id as JSON text, to be written into an answer as it was: "7" or "\"a\"" with its quotes;
 * "null" for JSON_NONE. Lives as long as the parsed text. */
struct slice jsonrpc_id_text(const struct json *j, uint32_t id);
/* Whether two ids are the same: same type, strings equal when decoded, numbers numerically. Both
 * are JSON text as jsonrpc_id_text gives it. */
bool jsonrpc_id_eq(struct slice a, struct slice b);
/* Whether s is exactly one valid id as JSON text. */
bool jsonrpc_id_valid(struct slice s);

#endif
