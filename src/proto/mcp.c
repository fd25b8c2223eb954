/*
 * The MCP vocabulary: methods by table, versions, _meta, capabilities, and the reading of one
 * request from a client in either era. Run by gateway and egress; the document's shape is trusted,
 * its content is not. MCP 2026-07-28 basic/index, basic/versioning; 2025-11-25 basic/lifecycle.
 */
#include "proto/mcp.h"

#include "base/ascii.h"
#include "base/limits.h"

/* --- methods ---------------------------------------------------------------------------------- */

#define INPUT_FINAL          false
#define INPUT_INPUT_REQUIRED true

static const struct mcp_method_row rows[MCP_METHOD_COUNT] = {
    [MCP_UNKNOWN] = {MCP_UNKNOWN, "", MCP_CLASS_OTHER, ERAS_BOTH, MCP_FROM_EITHER, NULL, false},
#define M(name, text, class, eras, from, names, input)                                             \
    [MCP_##name] = {MCP_##name,      text,  MCP_CLASS_##class, ERAS_##eras,                        \
                    MCP_FROM_##from, names, INPUT_##input},
#include "proto/mcp_methods.def"
};

const struct mcp_method_row *mcp_method_by_text(struct slice text)
{
    for (size_t i = 1; i < MCP_METHOD_COUNT; i++) {
        if (slice_eq_str(text, rows[i].text))
            return &rows[i];
    }
    return &rows[MCP_UNKNOWN];
}

const struct mcp_method_row *mcp_method_of(const struct json *j, const struct jsonrpc *m)
{
    struct buf scratch = BUF_INIT(LIM_METHOD_BYTES);
    const struct mcp_method_row *r = mcp_method_by_text(json_str_slice(j, m->method, &scratch));
    buf_free(&scratch);
    return r;
}

uint32_t mcp_name_of(const struct json *j, const struct jsonrpc *m)
{
    const struct mcp_method_row *row = mcp_method_of(j, m);
    uint32_t name = row->names ? json_get(j, m->params, row->names) : JSON_NONE;
    return json_is(j, name, JSON_STRING) ? name : JSON_NONE;
}

/* --- versions --------------------------------------------------------------------------------- */

enum era mcp_version_era(struct slice v)
{
    static const char shape[] = "0000-00-00", modern[] = MCP_VERSION_MODERN;
    int order = 0;
    if (v.n != sizeof(shape) - 1)
        return ERA_COUNT;
    for (size_t i = 0; i < v.n; i++) {
        if (shape[i] == '0' ? !ascii_is_digit(v.p[i]) : v.p[i] != (uint8_t)shape[i])
            return ERA_COUNT;
        if (order == 0 && v.p[i] != (uint8_t)modern[i])
            order = v.p[i] < (uint8_t)modern[i] ? -1 : 1;
    }
    return order < 0 ? ERA_LEGACY : ERA_MODERN;
}

bool mcp_version_supported(struct slice v)
{
    return slice_eq_str(v, MCP_VERSION_MODERN) || slice_eq_str(v, MCP_VERSION_LEGACY);
}

/* --- _meta ------------------------------------------------------------------------------------ */

/* *ret is the member when it is there; false when it is there with another type. */
static bool member(const struct json *j, uint32_t object, const char *name, enum json_type type,
                   uint32_t *ret)
{
    *ret = json_get(j, object, name);
    return *ret == JSON_NONE || json_is(j, *ret, type);
}

/* A progress token or subscription id: what may be an id of JSON-RPC. */
static bool token_member(const struct json *j, uint32_t object, const char *name, uint32_t *ret)
{
    *ret = json_get(j, object, name);
    return *ret == JSON_NONE || jsonrpc_id_valid(jsonrpc_id_text(j, *ret));
}

/* Of parent._meta. ERR_INVALID_PARAMS when a known key has the wrong type. */
static enum err read_meta(const struct json *j, uint32_t parent, struct mcp_meta *ret)
{
    struct mcp_meta m;
    bool ok = member(j, parent, "_meta", JSON_OBJECT, &m.meta) &&
              member(j, m.meta, MCP_META_VERSION, JSON_STRING, &m.version) &&
              member(j, m.meta, MCP_META_CLIENT_INFO, JSON_OBJECT, &m.client_info) &&
              member(j, m.meta, MCP_META_CAPABILITIES, JSON_OBJECT, &m.capabilities) &&
              member(j, m.meta, MCP_META_LOG_LEVEL, JSON_STRING, &m.log_level) &&
              token_member(j, m.meta, MCP_META_PROGRESS, &m.progress_token) &&
              token_member(j, m.meta, MCP_META_SUBSCRIPTION, &m.subscription);
    if (!ok)
        return ERR_INVALID_PARAMS;
    *ret = m;
    return ERR_OK;
}

/* --- capabilities ----------------------------------------------------------------------------- */

static bool has_object(const struct json *j, uint32_t object, const char *name)
{
    return json_is(j, json_get(j, object, name), JSON_OBJECT);
}

uint32_t mcp_client_caps(const struct json *j, uint32_t c)
{
    uint32_t bits = 0;
    uint32_t elicitation = json_get(j, c, "elicitation");
    uint32_t sampling = json_get(j, c, "sampling"), roots = json_get(j, c, "roots");
    /* client/elicitation, "Capabilities": the empty object is form mode alone. */
    if (has_object(j, elicitation, "form") ||
        (json_is(j, elicitation, JSON_OBJECT) && json_count(j, elicitation) == 0))
        bits |= MCP_CAP_ELICIT_FORM;
    if (has_object(j, elicitation, "url"))
        bits |= MCP_CAP_ELICIT_URL;
    if (json_is(j, sampling, JSON_OBJECT))
        bits |= MCP_CAP_SAMPLING;
    if (has_object(j, sampling, "tools"))
        bits |= MCP_CAP_SAMPLING_TOOLS;
    if (has_object(j, sampling, "context"))
        bits |= MCP_CAP_SAMPLING_CONTEXT;
    if (json_is(j, roots, JSON_OBJECT))
        bits |= MCP_CAP_ROOTS;
    if (json_is(j, json_get(j, roots, "listChanged"), JSON_TRUE))
        bits |= MCP_CAP_ROOTS_CHANGED;
    if (has_object(j, c, "tasks") ||
        has_object(j, json_get(j, c, "extensions"), "io.modelcontextprotocol/tasks"))
        bits |= MCP_CAP_TASKS;
    return bits;
}

/* --- one request ------------------------------------------------------------------------------ */

static enum era claim_era(const struct json *j, uint32_t version)
{
    struct buf scratch = BUF_INIT(64);
    enum era era = mcp_version_era(json_str_slice(j, version, &scratch));
    buf_free(&scratch);
    return era;
}

static enum err read_modern(const struct json *j, struct slice header, struct mcp_request *r)
{
    r->era = ERA_MODERN;
    r->caps = mcp_client_caps(j, r->meta.capabilities);
    if (r->rpc.kind != JSONRPC_REQUEST && r->meta.version == JSON_NONE)
        return mcp_version_supported(header) ? ERR_OK : ERR_UNKNOWN_VERSION;
    if (r->meta.version == JSON_NONE ||
        (r->meta.capabilities == JSON_NONE && r->rpc.kind == JSONRPC_REQUEST))
        return ERR_MISSING_META;
    if (header.n && !json_str_eq(j, r->meta.version, header))
        return ERR_HEADER_MISMATCH;
    if (!json_str_eq_c(j, r->meta.version, MCP_VERSION_MODERN))
        return ERR_UNKNOWN_VERSION;
    if (!member(j, r->rpc.params, "requestState", JSON_STRING, &r->state) ||
        !member(j, r->rpc.params, "inputResponses", JSON_OBJECT, &r->responses))
        return ERR_INVALID_PARAMS;
    return ERR_OK;
}

static enum err read_initialize(const struct json *j, struct slice header, struct mcp_request *r)
{
    uint32_t caps = json_get(j, r->rpc.params, "capabilities");
    r->era = ERA_LEGACY;
    if (mcp_version_era(header) == ERA_MODERN)
        return ERR_HEADER_MISMATCH;
    if (!json_is(j, caps, JSON_OBJECT) ||
        !json_is(j, json_get(j, r->rpc.params, "clientInfo"), JSON_OBJECT) ||
        !json_is(j, json_get(j, r->rpc.params, "protocolVersion"), JSON_STRING))
        return ERR_INVALID_PARAMS;
    r->caps = mcp_client_caps(j, caps);
    return ERR_OK;
}

static enum err read_legacy(struct slice header, struct mcp_request *r)
{
    r->era = ERA_LEGACY;
    /* 2025-11-25 basic/transports: an unsupported version in the header is refused; without the
     * header the session says which it is. */
    if (header.n && !mcp_version_supported(header))
        return ERR_UNKNOWN_VERSION;
    return ERR_OK;
}

/* The era by the body first, as the official SDK decides it. */
static enum err read_era(const struct json *j, struct slice header, struct mcp_request *r)
{
    bool claims = r->meta.version != JSON_NONE;
    if (r->method->method == MCP_INITIALIZE &&
        !(claims && claim_era(j, r->meta.version) == ERA_MODERN))
        return read_initialize(j, header, r);
    if (claims || mcp_version_era(header) == ERA_MODERN)
        return read_modern(j, header, r);
    return read_legacy(header, r);
}

static enum err read_arguments(const struct json *j, struct mcp_request *r)
{
    enum mcp_method m = r->method->method;
    r->name = mcp_name_of(j, &r->rpc);
    if (!(r->method->eras & 1u << r->era))
        return ERR_OK; /* the caller refuses it as unknown */
    if (r->method->names && r->name == JSON_NONE && r->rpc.kind == JSONRPC_REQUEST)
        return ERR_INVALID_PARAMS;
    if ((m == MCP_TOOLS_CALL || m == MCP_PROMPTS_GET) &&
        !member(j, r->rpc.params, "arguments", JSON_OBJECT, &r->arguments))
        return ERR_INVALID_PARAMS;
    return ERR_OK;
}

enum err mcp_request_read(const struct json *j, struct slice header_version,
                          struct mcp_request *ret)
{
    struct mcp_request r = MCP_REQUEST_NONE;
    enum err e = jsonrpc_read(j, &r.rpc);
    if (e)
        return e;
    r.method = mcp_method_of(j, &r.rpc);
    if (mcp_version_era(header_version) == ERA_MODERN)
        r.era = ERA_MODERN;
    e = read_meta(j, r.rpc.kind == JSONRPC_RESULT ? r.rpc.result : r.rpc.params, &r.meta);
    if (!e)
        e = read_era(j, header_version, &r);
    if (!e)
        e = read_arguments(j, &r);
    *ret = r;
    return e;
}

/* --- results ---------------------------------------------------------------------------------- */

bool mcp_result_is_input_required(const struct json *j, uint32_t result)
{
    return json_str_eq_c(j, json_get(j, result, "resultType"), "input_required");
}

bool mcp_result_is_error(const struct json *j, uint32_t result)
{
    return json_is(j, json_get(j, result, "isError"), JSON_TRUE);
}

enum mcp_action mcp_elicit_action(const struct json *j, uint32_t result)
{
    uint32_t a = json_get(j, result, "action");
    if (json_str_eq_c(j, a, "accept"))
        return MCP_ACTION_ACCEPT;
    if (json_str_eq_c(j, a, "decline"))
        return MCP_ACTION_DECLINE;
    return json_str_eq_c(j, a, "cancel") ? MCP_ACTION_CANCEL : MCP_ACTION_NONE;
}
