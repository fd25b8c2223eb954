/*
 * Who may talk to us from where: Host (DNS rebinding), Origin (MCP 2025-11-25 basic/transports
 * "Security Warning", 2026-07-28 basic/transports/streamable-http), and what browsers are told
 * (Fetch, "CORS protocol").
 */
#ifndef SG_GATEWAY_CORS_H
#define SG_GATEWAY_CORS_H

#include "gateway/conf.h"
#include "httpd/httpd.h"

enum { CORS_FIELDS = 8 };

/* Those of route.c, and OPTIONS. */
#define CORS_METHODS "POST, GET, DELETE, OPTIONS"

/* ERR_OK, ERR_BAD_HOST, or ERR_BAD_ORIGIN when an Origin is there and not configured. */
MUST_USE enum err cors_check(const struct gateway_conf *c, const struct http_req *req);

/* Writes the fields that every answer to this request carries into ret (room for CORS_FIELDS);
 * returns how many. None without a permitted Origin. They point into req. */
size_t cors_fields(const struct gateway_conf *c, const struct http_req *req,
                   struct http_field *ret);

/* Answers OPTIONS: 204; browsers ask this without authorization. */
void cors_preflight(const struct gateway_conf *c, struct http_req *req);

#endif
