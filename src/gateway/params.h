/*
 * Mcp-Param-* headers, which repeat arguments of a tool for whoever stands between (MCP 2026-07-28
 * basic/transports/streamable-http "Custom Headers from Tool Parameters"). What a tool declares is
 * remembered from the lists that pass by, per agent key and upstream, since lists differ by caller.
 */
#ifndef SG_GATEWAY_PARAMS_H
#define SG_GATEWAY_PARAMS_H

#include "gateway/call.h"
#include "proto/request.h"

struct params_all;

struct params_all *params_new(void);
void params_free(struct params_all *all);

/* A page of tools/list is given to this call's client. */
void params_learn(const struct call *c, const struct json *j, uint32_t result);

/*
 * Checks the headers of c's request and keeps in c->params what goes to the upstream: of declared
 * parameters what the body says, of others what came. ERR_HEADER_MISMATCH: a declared one is
 * missing, doubled or not what the body says; ERR_BAD_HEADERS: one cannot be passed on.
 */
MUST_USE enum err params_take(struct call *c);
/* What was kept, in c->params. */
struct request_headers params_read(const struct call *c);
/* Sends them to egress. */
MUST_USE enum err params_send(const struct call *c);

#endif
