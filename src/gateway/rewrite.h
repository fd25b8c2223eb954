/*
 * The body as it will be sent: the client's message written again from what was parsed, with this
 * hop's own keys, and the projection that policy sees: what was checked is what is sent.
 */
#ifndef SG_GATEWAY_REWRITE_H
#define SG_GATEWAY_REWRITE_H

#include "base/id.h"
#include "proto/mcp.h"
#include "proto/request.h"

/*
 * Reads what a client sent, with so much of the limits left free (LIM_REWRITE_...) that whatever
 * rewrite_body makes of it is within them where it is read again: in egress, which could not tell
 * it from a gateway that lies. Errors as of json_parse. tests/fuzz/rewrite_fuzz.c holds this.
 */
MUST_USE enum err rewrite_read(struct json *j, struct slice text);

/* Appends the body to out, and sets its SHA-256. new_id: JSON text that becomes the id (answers to the
 * upstream's requests); empty: it stays. ERR_TOO_LARGE. */
MUST_USE enum err rewrite_body(const struct json *j, const struct mcp_request *req,
                               struct slice new_id, struct buf *out, struct digest *ret);

/* Whether it has answers to the upstream's questions, besides the one to ours. */
bool rewrite_has_answers(const struct json *j, const struct mcp_request *req);

#endif
