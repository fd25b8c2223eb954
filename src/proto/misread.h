/*
 * Members of a client's message that its server may take for others than Sidegate does. Many
 * readers of JSON do not tell capitals apart, and take the last of two: to them "Params" beside
 * "params" is what the request is about, and what was judged and shown is not. So the envelope has
 * the members of JSON-RPC and no others, and no member of params or of its _meta has the name, but
 * for capitals, of one that Sidegate reads there. What servers answer is not held to this.
 */
#ifndef SG_PROTO_MISREAD_H
#define SG_PROTO_MISREAD_H

#include "proto/jsonrpc.h"

/* The key of the first such member, or JSON_NONE. */
uint32_t misread_member(const struct json *j, const struct jsonrpc *m);

#endif
