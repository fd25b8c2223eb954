/*
 * Whole MCP messages of Sidegate's own. Run by gateway and egress; ids, tokens and capabilities are
 * JSON text that was parsed before, everything else is written through the JSON writer.
 */
#include "proto/mcp_write.h"

/* --- envelopes -------------------------------------------------------------------------------- */

/* id is left out when it is empty. */
static void begin(struct json_writer *w, struct buf *out, struct slice id)
{
    json_w_init(w, out);
    json_w_object(w);
    json_w_member(w, "jsonrpc", SLICE_LIT("2.0"));
    if (id.n)
        json_w_member_raw(w, "id", id);
}

static void put_optional(struct json_writer *w, const char *key, struct slice text)
{
    if (text.n)
        json_w_member(w, key, text);
}

/* Opens the result object; a modern one says at once what it is. */
static void begin_result(struct json_writer *w, struct buf *out, struct slice id, enum era era,
                         const char *type)
{
    begin(w, out, id);
    json_w_member_object(w, "result");
    if (era == ERA_MODERN)
        json_w_member(w, "resultType", slice_str(type));
}

/* Opens params of a request, or of a notification, which has no id. */
static void begin_call(struct json_writer *w, struct buf *out, struct slice id, const char *method)
{
    begin(w, out, id);
    json_w_member(w, "method", slice_str(method));
    json_w_member_object(w, "params");
}

/* Opens the error object. */
static void begin_error(struct json_writer *w, struct buf *out, struct slice id, int code,
                        struct slice message)
{
    begin(w, out, id);
    json_w_member_object(w, "error");
    json_w_member_number(w, "code", code);
    json_w_member(w, "message", message);
}

/* --- errors ----------------------------------------------------------------------------------- */

/* What is not here is -32600 when the peer is to blame and -32603 otherwise. */
static const struct {
    enum err e;
    int modern, legacy;
} codes[] = {
    {ERR_SYNTAX, RPC_PARSE_ERROR, RPC_PARSE_ERROR},
    {ERR_TOO_DEEP, RPC_PARSE_ERROR, RPC_PARSE_ERROR},
    {ERR_DUPLICATE_KEY, RPC_PARSE_ERROR, RPC_PARSE_ERROR},
    {ERR_UNKNOWN_METHOD, RPC_METHOD_NOT_FOUND, RPC_METHOD_NOT_FOUND},
    {ERR_MISSING_META, RPC_INVALID_PARAMS, RPC_INVALID_PARAMS},
    {ERR_INVALID_PARAMS, RPC_INVALID_PARAMS, RPC_INVALID_PARAMS},
    {ERR_BAD_STATE, RPC_INVALID_PARAMS, RPC_INVALID_PARAMS},
    {ERR_OUT_OF_RANGE, RPC_INVALID_PARAMS, RPC_INVALID_PARAMS},
    {ERR_WRONG_ERA, RPC_INVALID_PARAMS, RPC_INVALID_PARAMS},
    {ERR_HEADER_MISMATCH, RPC_HEADER_MISMATCH, RPC_INVALID_REQUEST},
    {ERR_UNKNOWN_VERSION, RPC_UNSUPPORTED_VERSION, RPC_SERVER_ERROR},
    {ERR_UNKNOWN_SESSION, RPC_INVALID_REQUEST, RPC_SERVER_ERROR},
};

int mcp_code_of(enum err e, enum era era)
{
    BUG_IF(!e);
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (codes[i].e == e)
            return era == ERA_MODERN ? codes[i].modern : codes[i].legacy;
    }
    return err_kind(e) == ERR_KIND_PEER ? RPC_INVALID_REQUEST : RPC_INTERNAL_ERROR;
}

void mcp_put_error(struct buf *out, const struct mcp_error *e)
{
    struct json_writer w;
    begin_error(&w, out, e->id, e->code, e->message);
    if (e->data.n)
        json_w_member_raw(&w, "data", e->data);
    json_w_end(&w, 2);
}

void mcp_put_err(struct buf *out, struct slice id, enum err e, enum era era)
{
    struct mcp_error m = {
        .id = id, .code = mcp_code_of(e, era), .message = slice_str(err_sentence(e))};
    mcp_put_error(out, &m);
}

/* The versions for these eras, newest first. */
static void put_versions(struct json_writer *w, const char *key, unsigned eras)
{
    json_w_key(w, key);
    json_w_array(w);
    if (eras & ERAS_MODERN)
        json_w_str(w, SLICE_LIT(MCP_VERSION_MODERN));
    if (eras & ERAS_LEGACY)
        json_w_str(w, SLICE_LIT(MCP_VERSION_LEGACY));
    json_w_end(w, 1);
}

void mcp_put_unsupported_version(struct buf *out, struct slice id, unsigned eras,
                                 struct slice requested)
{
    struct json_writer w;
    begin_error(&w, out, id, RPC_UNSUPPORTED_VERSION, SLICE_LIT("Unsupported protocol version"));
    json_w_member_object(&w, "data");
    put_versions(&w, "supported", eras);
    json_w_member(&w, "requested", requested);
    json_w_end(&w, 3);
}

void mcp_put_missing_elicitation(struct buf *out, struct slice id, struct slice message)
{
    struct mcp_error m = {
        .id = id,
        .code = RPC_MISSING_CAPABILITY,
        .message = message,
        .data = SLICE_LIT("{\"requiredCapabilities\":{\"elicitation\":{\"url\":{}}}}"),
    };
    mcp_put_error(out, &m);
}

/* --- results ---------------------------------------------------------------------------------- */

void mcp_put_text_result(struct buf *out, struct slice id, enum era era, struct slice text,
                         bool is_error)
{
    struct json_writer w;
    begin_result(&w, out, id, era, "complete");
    json_w_key(&w, "content");
    json_w_array(&w);
    json_w_object(&w);
    json_w_member(&w, "type", SLICE_LIT("text"));
    json_w_member(&w, "text", text);
    json_w_end(&w, 2);
    if (is_error)
        json_w_member_raw(&w, "isError", SLICE_LIT("true"));
    json_w_end(&w, 2);
}

void mcp_put_empty_result(struct buf *out, struct slice id, enum era era)
{
    struct json_writer w;
    begin_result(&w, out, id, era, "complete");
    json_w_end(&w, 2);
}

/* The members of params of elicitation/create. */
static void put_url_params(struct json_writer *w, const struct mcp_elicitation *e)
{
    json_w_member(w, "mode", SLICE_LIT("url"));
    put_optional(w, "elicitationId", e->elicitation_id);
    json_w_member(w, "message", e->message);
    json_w_member(w, "url", e->url);
}

void mcp_put_input_required(struct buf *out, struct slice id, struct slice message,
                            struct slice url, struct slice state)
{
    struct json_writer w;
    BUG_IF(url.n == 0 && state.n == 0);
    begin_result(&w, out, id, ERA_MODERN, "input_required");
    if (url.n) {
        json_w_member_object(&w, "inputRequests");
        json_w_member_object(&w, MCP_INPUT_KEY);
        json_w_member(&w, "method", SLICE_LIT("elicitation/create"));
        json_w_member_object(&w, "params");
        put_url_params(&w, &(struct mcp_elicitation){.message = message, .url = url});
        json_w_end(&w, 3);
    }
    put_optional(&w, "requestState", state);
    json_w_end(&w, 2);
}

/* --- elicitation, progress and other notifications -------------------------------------------- */

void mcp_put_elicitation(struct buf *out, const struct mcp_elicitation *e)
{
    struct json_writer w;
    begin_call(&w, out, e->id, "elicitation/create");
    put_url_params(&w, e);
    json_w_end(&w, 2);
}

void mcp_put_url_required(struct buf *out, struct slice request_id, const struct mcp_elicitation *e)
{
    struct json_writer w;
    begin_error(&w, out, request_id, RPC_URL_ELICITATION_REQUIRED, e->message);
    json_w_member_object(&w, "data");
    json_w_key(&w, "elicitations");
    json_w_array(&w);
    json_w_object(&w);
    put_url_params(&w, e);
    json_w_end(&w, 5);
}

void mcp_put_elicitation_complete(struct buf *out, struct slice elicitation_id)
{
    struct json_writer w;
    begin_call(&w, out, SLICE_EMPTY, "notifications/elicitation/complete");
    json_w_member(&w, "elicitationId", elicitation_id);
    json_w_end(&w, 2);
}

void mcp_put_progress(struct buf *out, struct slice token, uint64_t progress, struct slice message)
{
    struct json_writer w;
    begin_call(&w, out, SLICE_EMPTY, "notifications/progress");
    json_w_member_raw(&w, "progressToken", token);
    json_w_member_number(&w, "progress", (int64_t)progress);
    put_optional(&w, "message", message);
    json_w_end(&w, 2);
}

void mcp_put_notification(struct buf *out, const char *method)
{
    struct json_writer w;
    begin(&w, out, SLICE_EMPTY);
    json_w_member(&w, "method", slice_str(method));
    json_w_end(&w, 1);
}

/* --- the handshakes --------------------------------------------------------------------------- */

static void put_implementation(struct json_writer *w, const char *key, struct slice name,
                               struct slice title, struct slice version)
{
    json_w_member_object(w, key);
    json_w_member(w, "name", name);
    put_optional(w, "title", title);
    json_w_member(w, "version", version);
    json_w_end(w, 1);
}

void mcp_put_initialize(struct buf *out, struct slice id, struct slice version,
                        const struct mcp_server_info *s)
{
    struct json_writer w;
    begin_result(&w, out, id, ERA_LEGACY, NULL);
    json_w_member(&w, "protocolVersion", version);
    json_w_member_raw(&w, "capabilities", s->capabilities);
    put_implementation(&w, "serverInfo", s->name, s->title, s->version);
    put_optional(&w, "instructions", s->instructions);
    json_w_end(&w, 2);
}

void mcp_put_discover(struct buf *out, struct slice id, uint64_t ttl_ms,
                      const struct mcp_server_info *s)
{
    struct json_writer w;
    begin_result(&w, out, id, ERA_MODERN, "complete");
    put_versions(&w, "supportedVersions", s->eras);
    json_w_member_raw(&w, "capabilities", s->capabilities);
    put_optional(&w, "instructions", s->instructions);
    json_w_member_number(&w, "ttlMs", (int64_t)ttl_ms);
    json_w_member(&w, "cacheScope", SLICE_LIT("private"));
    json_w_member_object(&w, "_meta");
    put_implementation(&w, MCP_META_SERVER_INFO, s->name, s->title, s->version);
    json_w_end(&w, 3);
}

void mcp_put_initialize_request(struct buf *out, struct slice id, struct slice info,
                                struct slice caps)
{
    struct json_writer w;
    begin_call(&w, out, id, "initialize");
    json_w_member(&w, "protocolVersion", SLICE_LIT(MCP_VERSION_LEGACY));
    json_w_member_raw(&w, "capabilities", caps);
    json_w_member_raw(&w, "clientInfo", info);
    json_w_end(&w, 2);
}
