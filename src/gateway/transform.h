/*
 * What is changed in an upstream's message before the client gets it: pure, on parsed messages.
 */
#ifndef SG_GATEWAY_TRANSFORM_H
#define SG_GATEWAY_TRANSFORM_H

#include "proto/mcp.h"

struct transform {
    const struct json *j;
    uint32_t result; /* node */
    enum era era;
    const struct mcp_method_row *method;
    bool add_tools;  /* Sidegate's own belong at the end of tools/list */
    bool is_private; /* a credential or we shaped it: no shared caches */
    bool is_stored;  /* from a snapshot: not to be kept, and without a next page */
};

/* Appends the whole message (the document of j) with the result as this client gets it.
 * ERR_TOO_LARGE. */
MUST_USE enum err transform_result(const struct transform *t, struct buf *out);

/* Whether every input request in the result is one that the client declared, and none has our
 * name (2026-07-28 basic/patterns/mrtr: only what was declared). */
bool transform_may_ask(const struct json *j, uint32_t result, uint32_t caps);
/* Whether a legacy client declared what this request of the upstream asks. */
bool transform_may_request(const struct json *j, const struct jsonrpc *m, uint32_t caps);

#endif
