/*
 * Changes to results on their way to the client. Run by the gateway on what egress has parsed and
 * screened; the document's shape is trusted, its content is the upstream's. Specifications: MCP
 * 2026-07-28 basic/index "Results" (resultType), server/utilities/caching, basic/patterns/mrtr.
 */
#include "gateway/transform.h"

#include "base/limits.h"
#include "gateway/own_tools.h"
#include "proto/mcp_write.h"

enum { EDIT_BYTES = 16384 };

/* server/utilities/caching: lists, and resources/read. */
static bool is_cacheable(const struct transform *t)
{
    return (t->method->class == MCP_CLASS_LIST || t->method->method == MCP_RESOURCES_READ) &&
           !mcp_result_is_input_required(t->j, t->result);
}

/* A result that lacks what the specification demands is completed, since clients throw it away
 * otherwise; one that says more is left as it is. */
static void edit_modern(const struct transform *t, struct json_edits *e)
{
    uint32_t scope = json_get(t->j, t->result, "cacheScope");
    bool is_public = !t->is_private && json_str_eq_c(t->j, scope, "public");

    if (json_get(t->j, t->result, "resultType") == JSON_NONE)
        json_edit_add_member(e, t->result, SLICE_LIT("resultType"), SLICE_LIT("\"complete\""));
    if (!is_cacheable(t))
        return;
    if (!is_public)
        json_edit_set(e, t->j, t->result, "cacheScope", SLICE_LIT("\"private\""));
    if (t->is_stored || json_get(t->j, t->result, "ttlMs") == JSON_NONE)
        json_edit_set(e, t->j, t->result, "ttlMs", SLICE_LIT("0"));
}

enum err transform_result(const struct transform *t, struct buf *out)
{
    uint32_t tools = json_get(t->j, t->result, "tools");
    bool last_page = t->is_stored || json_get(t->j, t->result, "nextCursor") == JSON_NONE;
    struct json_edits e;
    enum err err = ERR_OK;

    json_edits_init(&e, EDIT_BYTES);
    if (t->era == ERA_MODERN)
        edit_modern(t, &e);
    if (t->is_stored)
        json_edit_unset(&e, t->j, t->result, "nextCursor");
    if (t->add_tools && last_page && json_is(t->j, tools, JSON_ARRAY))
        own_tools_add(t->j, tools, &e);
    err = json_copy_edited(t->j, 0, &e, out);
    json_edits_free(&e);
    return err;
}

/* --- what may be asked ------------------------------------------------------------------------ */

static const struct {
    const char *method, *mode; /* mode: NULL for any */
    uint32_t cap;
} asks[] = {
    {"elicitation/create", "url", MCP_CAP_ELICIT_URL},
    {"elicitation/create", NULL, MCP_CAP_ELICIT_FORM}, /* "form", or no mode */
    {"sampling/createMessage", NULL, MCP_CAP_SAMPLING},
    {"roots/list", NULL, MCP_CAP_ROOTS},
};

static bool may(const struct json *j, uint32_t method, uint32_t params, uint32_t caps)
{
    uint32_t mode = json_get(j, params, "mode");

    for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
        if (json_str_eq_c(j, method, asks[i].method) &&
            (!asks[i].mode || json_str_eq_c(j, mode, asks[i].mode)))
            return caps & asks[i].cap;
    }
    return false;
}

bool transform_may_ask(const struct json *j, uint32_t result, uint32_t caps)
{
    uint32_t requests = json_get(j, result, "inputRequests");

    for (uint32_t k = json_first(j, requests); k != JSON_NONE; k = json_next(j, k)) {
        uint32_t r = json_value(j, k);

        if (json_str_eq_c(j, k, MCP_INPUT_KEY) ||
            !may(j, json_get(j, r, "method"), json_get(j, r, "params"), caps))
            return false;
    }
    return true;
}

bool transform_may_request(const struct json *j, const struct jsonrpc *m, uint32_t caps)
{
    return json_str_eq_c(j, m->method, "ping") || may(j, m->method, m->params, caps);
}
