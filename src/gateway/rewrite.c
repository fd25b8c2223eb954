/*
 * Making the upstream's body from the client's. Run by the gateway. The message was parsed
 * strictly; nothing here looks at the client's bytes again. Specifications: MCP 2026-07-28
 * basic/index "_meta" (per-hop keys), basic/patterns/mrtr (requestState, inputResponses).
 */
#include "gateway/rewrite.h"

#include "base/limits.h"
#include "base/planted.h"
#include "crypto/hash.h"
#include "proto/mcp_write.h"

/* All that rewrite_body adds is text of its edits. */
_Static_assert(LIM_RPC_ID_BYTES + sizeof(MCP_META_CLIENT_INFO MCP_OWN_INFO) < LIM_REWRITE_BYTES,
               "an edit may not fit");

enum err rewrite_read(struct json *j, struct slice text)
{
    static const struct json_room room = {.keys = LIM_REWRITE_KEYS, .nodes = LIM_REWRITE_NODES};

    return json_parse_room(j, text, PLANTED(no_room) ? (struct json_room){0} : room, NULL);
}

/* The answers without ours, whose name is MCP_INPUT_KEY. Without a state nobody has asked, and what
 * nobody asked for is ignored (basic/patterns/mrtr): a server that wants it asks again. */
static void edit_responses(const struct json *j, const struct mcp_request *q, struct json_edits *e)
{
    uint32_t ours = json_get_key(j, q->responses, SLICE_LIT(MCP_INPUT_KEY));

    if (q->state == JSON_NONE || (ours != JSON_NONE && json_count(j, q->responses) == 1))
        json_edit_unset(e, j, q->rpc.params, "inputResponses");
    else if (ours != JSON_NONE)
        json_edit_remove(e, ours);
}

enum err rewrite_body(const struct json *j, const struct mcp_request *q, struct slice new_id,
                      struct buf *out, struct digest *ret)
{
    struct json_edits e;
    enum err err = ERR_OK;

    json_edits_init(&e, LIM_REWRITE_BYTES);
    if (q->era == ERA_MODERN && q->rpc.kind == JSONRPC_REQUEST) {
        json_edit_set(&e, j, q->meta.meta, MCP_META_CLIENT_INFO, SLICE_LIT(MCP_OWN_INFO));
        json_edit_unset(&e, j, q->rpc.params, "requestState"); /* the keeper opens it */
        edit_responses(j, q, &e);
    }
    if (new_id.n > 0)
        json_edit_replace(&e, q->rpc.id, new_id);
    err = json_copy_edited(j, 0, &e, out);
    json_edits_free(&e);
    if (err == ERR_OK)
        *ret = hash_sha256(buf_slice(out));
    return err;
}

/* As edit_responses leaves it. */
bool rewrite_has_answers(const struct json *j, const struct mcp_request *q)
{
    return q->state != JSON_NONE && request_has_answers(j, &q->rpc) &&
           (json_get(j, q->responses, MCP_INPUT_KEY) == JSON_NONE ||
            json_count(j, q->responses) > 1);
}
