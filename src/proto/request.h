/*
 * What a request is: its method, the name of what it is about, all of its params but "_meta",
 * "requestState" and "inputResponses", and the headers Mcp-Param-NAME, which may say more than the
 * body. Two messages that write the same bytes here are one request; a person's yes to one is a yes
 * to the other. What is left out are the hop's own words and the answers to the upstream's
 * questions, which continue a request and do not change it.
 *
 * Canonical form, version 1, all lengths and counts four bytes, big endian:
 *   "sidegate request 1", a zero byte, the method, then the name or 'x', then params or 'x', then
 *   of each header 'h' length, NAME, and its value as a string
 *   's' length, bytes: a string as decoded, so that escapes make no difference
 *   'd' length, bytes: a number as written, since 9007199254740993 is not ...992 for everybody
 *   't' 'f' 'z': true, false, null
 *   'a' count, elements in their order
 *   'o' count, members in the order of their decoded names, byte by byte: a name ('s'), a value
 * Every value ends where its first bytes say, so no two requests have the same form. Of a response,
 * which is no request, and of no message there is nothing.
 */
#ifndef SG_PROTO_REQUEST_H
#define SG_PROTO_REQUEST_H

#include "base/limits.h"
#include "proto/http_field.h"
#include "proto/jsonrpc.h"

/* NAME and value of each header Mcp-Param-NAME, as they leave and in that order. */
struct request_headers {
    struct http_field v[LIM_MCP_PARAMS];
    size_t n;
};

/* Gives the canonical form to put, piece by piece: as long as the message at most, and never held
 * at once. put is a digest's (crypto/hash.h); proto has no cryptography. h may be NULL: none. */
void request_put(const struct json *j, const struct jsonrpc *m, const struct request_headers *h,
                 void (*put)(void *ctx, struct slice s), void *ctx);

/* Whether this key of a request's params is left out. */
bool request_leaves_out(const struct json *j, uint32_t key);

/* Whether it brings answers to the upstream's questions, or a requestState. */
bool request_has_answers(const struct json *j, const struct jsonrpc *m);
bool request_has_state(const struct json *j, const struct jsonrpc *m);

#endif
