/*
 * The HTTP headers that repeat parts of the body (2026-07-28 basic/transports/streamable-http,
 * "Request Metadata"): MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Param-*. Modern era only.
 */
#ifndef SG_PROTO_MCP_HEADER_H
#define SG_PROTO_MCP_HEADER_H

#include "proto/http_field.h"
#include "proto/mcp.h"

/*
 * Each of the three standard headers must be there once (Mcp-Name only for methods that have it and
 * when the body names something), be a valid field value and equal the body; Mcp-Name is decoded
 * first. A notification needs none, but what it has must be right. ERR_OK or ERR_HEADER_MISMATCH;
 * why is then given a sentence that names the header. Legacy requests: ERR_OK at once.
 */
MUST_USE enum err mcp_header_check(const struct http_field *fields, size_t n, const struct json *j,
                                   const struct mcp_request *r, struct buf *why);
/* That sentence for a header that another check found to differ; always ERR_HEADER_MISMATCH. */
enum err mcp_header_differs(struct buf *why, const char *name);

/* Appends value as it stands in a header: plain, or =?base64?...?= where the specification asks
 * ("Value Encoding"). */
void mcp_header_encode(struct buf *out, struct slice value);
/* Appends the decoded value; ERR_HEADER_MISMATCH when the sentinel's inside is not canonical base64
 * of valid UTF-8. */
MUST_USE enum err mcp_header_decode(struct slice value, struct buf *out);

/* What the headers begin with that repeat arguments. */
#define MCP_PARAM_PREFIX "Mcp-Param-"

/* One x-mcp-header declaration of a tool. */
enum mcp_param_type { MCP_PARAM_STRING, MCP_PARAM_INTEGER, MCP_PARAM_BOOLEAN, MCP_PARAM_NUMBER };
struct mcp_param {
    uint32_t property; /* node of the annotated schema in the tool's document */
    uint32_t name;     /* node of the header's name part */
    enum mcp_param_type type;
};

/*
 * Finds the declarations in a tool's inputSchema (node schema of tool). ERR_OK with *ret_n of them
 * in ret (room for max); ERR_INVALID_PARAMS when one breaks the specification's constraints: a
 * client must then leave the tool out of tools/list. ERR_TOO_LARGE when there are more than max.
 */
MUST_USE enum err mcp_param_scan(const struct json *tool, uint32_t schema, struct mcp_param *ret,
                                 size_t max, size_t *ret_n);

/* A tool's declarations beside the call that they are about. */
struct mcp_param_call {
    const struct json *tool;
    uint32_t schema;
    const struct json *j;
    uint32_t arguments; /* node in j, or JSON_NONE */
};
/* Every declared argument that is there (and not null) has its Mcp-Param-* header exactly once,
 * equal to it; whole numbers compare numerically. Headers without a declaration are not looked at.
 * ERR_OK, ERR_HEADER_MISMATCH with why as above, or mcp_param_scan's errors. */
MUST_USE enum err mcp_param_check(const struct http_field *fields, size_t n,
                                  const struct mcp_param_call *c, struct buf *why);
/* The header's value for declaration p in this call: appended, *ret_there true; false when the
 * argument is absent, null or not of a primitive type. */
MUST_USE enum err mcp_param_value(const struct mcp_param_call *c, const struct mcp_param *p,
                                  struct buf *out, bool *ret_there);

#endif
