/*
 * An upstream's message on its way to the client. First byte: what the client is and declared; the
 * rest the message. What comes out is a message again, with the same id and no promise that the
 * upstream made for us.
 */
#include "fuzz.h"
#include "gateway/transform.h"
#include "proto/mcp_write.h"

enum { MODERN = 1, LIST = 2, ADD_TOOLS = 4, PRIVATE = 8, STORED = 16 };

static void check_modern(const struct transform *t, const struct json *j, uint32_t result)
{
    bool asks = mcp_result_is_input_required(t->j, t->result);
    uint32_t scope = json_get(j, result, "cacheScope");

    MUST(json_get(j, result, "resultType") != JSON_NONE);
    if (t->method->class != MCP_CLASS_LIST || asks)
        return;
    MUST(json_str_eq_c(j, scope, "private") ||
         (!t->is_private && json_str_eq_c(j, scope, "public")));
    MUST(json_get(j, result, "ttlMs") != JSON_NONE);
    if (t->is_stored)
        MUST(slice_eq_str(json_raw(j, json_get(j, result, "ttlMs")), "0"));
}

static void check_result(const struct transform *t, const struct jsonrpc *m)
{
    struct buf out = BUF_INIT(1 << 22);
    struct json again;
    struct jsonrpc r;
    enum err e = transform_result(t, &out);

    again = JSON_INIT;
    MUST(e == ERR_OK || e == ERR_TOO_LARGE);
    if (e == ERR_OK) {
        e = json_parse(&again, buf_slice(&out), NULL);
        MUST(e == ERR_OK || e == ERR_TOO_LARGE); /* what we add may be one member too many */
    }
    if (e == ERR_OK) {
        MUST(jsonrpc_read(&again, &r) == ERR_OK && r.kind == JSONRPC_RESULT);
        MUST(jsonrpc_id_eq(jsonrpc_id_text(t->j, m->id), jsonrpc_id_text(&again, r.id)));
        if (t->era == ERA_MODERN)
            check_modern(t, &again, r.result);
        if (t->is_stored)
            MUST(json_get(&again, r.result, "nextCursor") == JSON_NONE);
    }
    json_free(&again);
    buf_free(&out);
}

/* Nobody is asked for what nobody declared. */
static void check_asks(const struct json *j, const struct jsonrpc *m, uint32_t caps)
{
    uint32_t requests = json_get(j, m->result, "inputRequests");

    if (m->kind == JSONRPC_RESULT && transform_may_ask(j, m->result, caps))
        MUST(json_count(j, requests) == 0 ||
             (caps != 0 && json_get(j, requests, MCP_INPUT_KEY) == JSON_NONE));
    if (m->kind == JSONRPC_REQUEST && caps == 0)
        MUST(!transform_may_request(j, m, caps) || json_str_eq_c(j, m->method, "ping"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t caps[] = {0, MCP_CAP_ELICIT_URL, MCP_CAP_ELICIT_FORM,
                                    MCP_CAP_SAMPLING | MCP_CAP_ROOTS};
    struct slice in = slice_of(data, size);
    struct json j;
    struct jsonrpc m;

    j = JSON_INIT;
    if (size > 0 && json_parse(&j, slice_sub(in, 1, size), NULL) == ERR_OK &&
        jsonrpc_read(&j, &m) == ERR_OK) {
        const struct transform t = {
            .j = &j,
            .result = m.result,
            .era = in.p[0] & MODERN ? ERA_MODERN : ERA_LEGACY,
            .method = mcp_method_by_text(in.p[0] & LIST ? SLICE_LIT("tools/list")
                                                        : SLICE_LIT("tools/call")),
            .add_tools = in.p[0] & ADD_TOOLS,
            .is_private = in.p[0] & PRIVATE,
            .is_stored = in.p[0] & STORED,
        };
        if (m.kind == JSONRPC_RESULT)
            check_result(&t, &m);
        check_asks(&j, &m, caps[in.p[0] >> 6]);
    }
    json_free(&j);
    return 0;
}
