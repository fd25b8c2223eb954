/*
 * Whole MCP messages of Sidegate's own. Run by gateway and egress; ids, tokens and capabilities are
 * JSON text that was parsed before, everything else is written through the JSON writer.
 */
#include "proto/mcp_write.h"

/* --- envelopes -------------------------------------------------------------------------------- */

static void begin(struct json_writer *w, struct buf *out)
{
    json_w_init(w, out);
    json_w_object(w);
    json_w_key(w, "jsonrpc");
    json_w_str_c(w, "2.0");
}

static void begin_id(struct json_writer *w, struct buf *out, struct slice id)
{
    begin(w, out);
    json_w_key(w, "id");
    json_w_raw(w, id);
}

static void put_member(struct json_writer *w, const char *key, struct slice text)
{
    json_w_key(w, key);
    json_w_str(w, text);
}

static void put_optional(struct json_writer *w, const char *key, struct slice text)
{
    if (text.n)
        put_member(w, key, text);
}

/* Opens the result object; a modern one says at once what it is. */
static void begin_result(struct json_writer *w, struct buf *out, struct slice id, const char *type)
{
    begin_id(w, out, id);
    json_w_key(w, "result");
    json_w_object(w);
    if (type) {
        json_w_key(w, "resultType");
        json_w_str_c(w, type);
    }
}

/* Opens params of a request (id not empty) or notification. */
static void begin_call(struct json_writer *w, struct buf *out, struct slice id, const char *method)
{
    if (id.n)
        begin_id(w, out, id);
    else
        begin(w, out);
    json_w_key(w, "method");
    json_w_str_c(w, method);
    json_w_key(w, "params");
    json_w_object(w);
}

/* Closes the inner object and the message. */
static void end(struct json_writer *w)
{
    json_w_object_end(w);
    json_w_object_end(w);
}

static const char *type_of(enum mcp_era era, const char *type)
{
    return era == MCP_ERA_MODERN ? type : NULL;
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

int mcp_code_of(enum err e, enum mcp_era era)
{
    BUG_IF(!e);
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (codes[i].e == e)
            return era == MCP_ERA_MODERN ? codes[i].modern : codes[i].legacy;
    }
    return err_kind(e) == ERR_KIND_PEER ? RPC_INVALID_REQUEST : RPC_INTERNAL_ERROR;
}

void mcp_put_error(struct buf *out, const struct mcp_error *e)
{
    struct json_writer w;
    if (e->id.n)
        begin_id(&w, out, e->id);
    else
        begin(&w, out);
    json_w_key(&w, "error");
    json_w_object(&w);
    json_w_key(&w, "code");
    json_w_i64(&w, e->code);
    put_member(&w, "message", e->message);
    if (e->data.n) {
        json_w_key(&w, "data");
        json_w_raw(&w, e->data);
    }
    end(&w);
}

void mcp_put_err(struct buf *out, struct slice id, enum err e, enum mcp_era era)
{
    struct mcp_error m = {
        .id = id, .code = mcp_code_of(e, era), .message = slice_str(err_sentence(e))};
    mcp_put_error(out, &m);
}

/* The array of versions for these eras, newest first. */
static void put_versions(struct json_writer *w, unsigned eras)
{
    json_w_array(w);
    if (eras & MCP_ERA_MODERN)
        json_w_str_c(w, MCP_VERSION_MODERN);
    if (eras & MCP_ERA_LEGACY)
        json_w_str_c(w, MCP_VERSION_LEGACY);
    json_w_array_end(w);
}

void mcp_put_unsupported_version(struct buf *out, struct slice id, unsigned eras,
                                 struct slice requested)
{
    struct json_writer w;
    begin_id(&w, out, id);
    json_w_key(&w, "error");
    json_w_object(&w);
    json_w_key(&w, "code");
    json_w_i64(&w, RPC_UNSUPPORTED_VERSION);
    put_member(&w, "message", SLICE_LIT("Unsupported protocol version"));
    json_w_key(&w, "data");
    json_w_object(&w);
    json_w_key(&w, "supported");
    put_versions(&w, eras);
    put_member(&w, "requested", requested);
    json_w_object_end(&w);
    end(&w);
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

void mcp_put_text_result(struct buf *out, struct slice id, enum mcp_era era, struct slice text,
                         bool is_error)
{
    struct json_writer w;
    begin_result(&w, out, id, type_of(era, "complete"));
    json_w_key(&w, "content");
    json_w_array(&w);
    json_w_object(&w);
    put_member(&w, "type", SLICE_LIT("text"));
    put_member(&w, "text", text);
    json_w_object_end(&w);
    json_w_array_end(&w);
    if (is_error) {
        json_w_key(&w, "isError");
        json_w_bool(&w, true);
    }
    end(&w);
}

void mcp_put_empty_result(struct buf *out, struct slice id, enum mcp_era era)
{
    struct json_writer w;
    begin_result(&w, out, id, type_of(era, "complete"));
    end(&w);
}

static void put_url_params(struct json_writer *w, const struct mcp_elicitation *e)
{
    json_w_object(w);
    put_member(w, "mode", SLICE_LIT("url"));
    put_optional(w, "elicitationId", e->elicitation_id);
    put_member(w, "message", e->message);
    put_member(w, "url", e->url);
    json_w_object_end(w);
}

void mcp_put_input_required(struct buf *out, struct slice id, struct slice message,
                            struct slice url, struct slice state)
{
    struct json_writer w;
    BUG_IF(url.n == 0 && state.n == 0);
    begin_result(&w, out, id, "input_required");
    if (url.n) {
        struct mcp_elicitation e = {.message = message, .url = url};
        json_w_key(&w, "inputRequests");
        json_w_object(&w);
        json_w_key(&w, MCP_INPUT_KEY);
        json_w_object(&w);
        put_member(&w, "method", SLICE_LIT("elicitation/create"));
        json_w_key(&w, "params");
        put_url_params(&w, &e);
        json_w_object_end(&w);
        json_w_object_end(&w);
    }
    put_optional(&w, "requestState", state);
    end(&w);
}

/* --- elicitation, progress and other notifications -------------------------------------------- */

void mcp_put_elicitation(struct buf *out, const struct mcp_elicitation *e)
{
    struct json_writer w;
    begin_id(&w, out, e->id);
    put_member(&w, "method", SLICE_LIT("elicitation/create"));
    json_w_key(&w, "params");
    put_url_params(&w, e);
    json_w_object_end(&w);
}

void mcp_put_url_required(struct buf *out, struct slice request_id, const struct mcp_elicitation *e)
{
    struct json_writer w;
    begin_id(&w, out, request_id);
    json_w_key(&w, "error");
    json_w_object(&w);
    json_w_key(&w, "code");
    json_w_i64(&w, RPC_URL_ELICITATION_REQUIRED);
    put_member(&w, "message", e->message);
    json_w_key(&w, "data");
    json_w_object(&w);
    json_w_key(&w, "elicitations");
    json_w_array(&w);
    put_url_params(&w, e);
    json_w_array_end(&w);
    json_w_object_end(&w);
    end(&w);
}

void mcp_put_elicitation_complete(struct buf *out, struct slice elicitation_id)
{
    struct json_writer w;
    begin_call(&w, out, SLICE_EMPTY, "notifications/elicitation/complete");
    put_member(&w, "elicitationId", elicitation_id);
    end(&w);
}

void mcp_put_progress(struct buf *out, struct slice token, uint64_t progress, struct slice message)
{
    struct json_writer w;
    begin_call(&w, out, SLICE_EMPTY, "notifications/progress");
    json_w_key(&w, "progressToken");
    json_w_raw(&w, token);
    json_w_key(&w, "progress");
    json_w_u64(&w, progress);
    put_optional(&w, "message", message);
    end(&w);
}

void mcp_put_notification(struct buf *out, const char *method)
{
    struct json_writer w;
    begin(&w, out);
    json_w_key(&w, "method");
    json_w_str_c(&w, method);
    json_w_object_end(&w);
}

/* --- the handshakes --------------------------------------------------------------------------- */

static void put_implementation(struct json_writer *w, const char *key, struct slice name,
                               struct slice title, struct slice version)
{
    json_w_key(w, key);
    json_w_object(w);
    put_member(w, "name", name);
    put_optional(w, "title", title);
    put_member(w, "version", version);
    json_w_object_end(w);
}

void mcp_put_initialize(struct buf *out, struct slice id, struct slice version,
                        const struct mcp_server_info *s)
{
    struct json_writer w;
    begin_result(&w, out, id, NULL);
    put_member(&w, "protocolVersion", version);
    json_w_key(&w, "capabilities");
    json_w_raw(&w, s->capabilities);
    put_implementation(&w, "serverInfo", s->name, s->title, s->version);
    put_optional(&w, "instructions", s->instructions);
    end(&w);
}

void mcp_put_discover(struct buf *out, struct slice id, uint64_t ttl_ms,
                      const struct mcp_server_info *s)
{
    struct json_writer w;
    begin_result(&w, out, id, "complete");
    json_w_key(&w, "supportedVersions");
    put_versions(&w, s->eras);
    json_w_key(&w, "capabilities");
    json_w_raw(&w, s->capabilities);
    put_optional(&w, "instructions", s->instructions);
    json_w_key(&w, "ttlMs");
    json_w_u64(&w, ttl_ms);
    put_member(&w, "cacheScope", SLICE_LIT("private"));
    json_w_key(&w, "_meta");
    json_w_object(&w);
    put_implementation(&w, MCP_META_SERVER_INFO, s->name, s->title, s->version);
    json_w_object_end(&w);
    end(&w);
}

void mcp_put_initialize_request(struct buf *out, struct slice id, const struct mcp_client_info *c)
{
    struct json_writer w;
    begin_call(&w, out, id, "initialize");
    put_member(&w, "protocolVersion", SLICE_LIT(MCP_VERSION_LEGACY));
    json_w_key(&w, "capabilities");
    json_w_raw(&w, c->caps);
    put_implementation(&w, "clientInfo", c->name, SLICE_EMPTY, c->version);
    end(&w);
}
