/*
 * JSON-RPC 2.0 envelopes as MCP has them. Run by gateway and egress on parsed documents whose
 * content they do not trust. https://www.jsonrpc.org/specification, MCP basic/index "Messages".
 */
#include "proto/jsonrpc.h"

#include "base/ascii.h"
#include "base/limits.h"
#include "proto/utf8.h"

/* A whole number as written: no fraction, no exponent. */
static bool is_whole(struct slice s)
{
    size_t minus = s.n && s.p[0] == '-';
    for (size_t i = minus; i < s.n; i++) {
        if (!ascii_is_digit(s.p[i]))
            return false;
    }
    return s.n > minus;
}

static bool is_id(const struct json *j, uint32_t node)
{
    if (jsonrpc_id_text(j, node).n > LIM_RPC_ID_BYTES)
        return false;
    return json_is(j, node, JSON_STRING) ||
           (json_is(j, node, JSON_NUMBER) && is_whole(json_raw(j, node)));
}

static bool read_request(const struct json *j, struct jsonrpc *m)
{
    size_t n = json_raw(j, m->method).n;
    if (m->result != JSON_NONE || m->error != JSON_NONE)
        return false;
    if (!json_is(j, m->method, JSON_STRING) || n == 0 || n > LIM_METHOD_BYTES)
        return false;
    if (m->params != JSON_NONE && !json_is(j, m->params, JSON_OBJECT))
        return false;
    m->kind = m->id == JSON_NONE ? JSONRPC_NOTIFICATION : JSONRPC_REQUEST;
    return m->id == JSON_NONE || is_id(j, m->id);
}

static bool read_result(const struct json *j, struct jsonrpc *m)
{
    m->kind = JSONRPC_RESULT;
    return m->error == JSON_NONE && m->params == JSON_NONE && json_is(j, m->result, JSON_OBJECT) &&
           is_id(j, m->id);
}

static bool read_error(const struct json *j, struct jsonrpc *m)
{
    m->kind = JSONRPC_ERROR;
    /* JSON-RPC 2.0, 5: null "if there was an error in detecting the id"; MCP leaves it out. */
    if (json_is(j, m->id, JSON_NULL))
        m->id = JSON_NONE;
    return m->params == JSON_NONE && (m->id == JSON_NONE || is_id(j, m->id)) &&
           json_i64(j, json_get(j, m->error, "code"), &m->code) &&
           json_is(j, json_get(j, m->error, "message"), JSON_STRING);
}

enum err jsonrpc_read(const struct json *j, struct jsonrpc *ret)
{
    struct jsonrpc m = {
        .id = json_get(j, 0, "id"),
        .method = json_get(j, 0, "method"),
        .params = json_get(j, 0, "params"),
        .result = json_get(j, 0, "result"),
        .error = json_get(j, 0, "error"),
    };
    bool ok;
    if (!json_str_eq(j, json_get(j, 0, "jsonrpc"), SLICE_LIT("2.0")))
        return ERR_NOT_JSONRPC;
    if (m.method != JSON_NONE)
        ok = read_request(j, &m);
    else if (m.result != JSON_NONE)
        ok = read_result(j, &m);
    else
        ok = m.error != JSON_NONE && read_error(j, &m);
    if (!ok)
        return ERR_NOT_JSONRPC;
    *ret = m;
    return ERR_OK;
}

uint32_t jsonrpc_id_of(const struct json *j)
{
    uint32_t id = json_get(j, 0, "id");
    if (json_get(j, 0, "result") != JSON_NONE || json_get(j, 0, "error") != JSON_NONE)
        return JSON_NONE;
    return is_id(j, id) ? id : JSON_NONE;
}

struct slice jsonrpc_id_text(const struct json *j, uint32_t id)
{
    struct slice s = json_raw(j, id);
    if (id == JSON_NONE)
        return SLICE_LIT("null");
    return json_is(j, id, JSON_STRING) ? slice_of(s.p - 1, s.n + 2) : s;
}

/* A lone value parsed; j->n is 0 when it is not one. */
static void parse_id(struct json *j, struct slice s)
{
    *j = JSON_INIT;
    enum err e = s.n > LIM_RPC_ID_BYTES ? ERR_TOO_LARGE : json_parse(j, s, NULL);
    if (e || !is_id(j, 0) || !slice_eq(jsonrpc_id_text(j, 0), s))
        j->n = 0;
}

bool jsonrpc_id_eq(struct slice a, struct slice b)
{
    struct json x, y;
    bool eq = false;
    if (slice_eq(a, b))
        return true;
    parse_id(&x, a);
    parse_id(&y, b);
    bool same_type = x.n && y.n && x.nodes[0].type == y.nodes[0].type;
    if (same_type && json_is(&x, 0, JSON_STRING)) {
        struct buf scratch = BUF_INIT(LIM_RPC_ID_BYTES);
        eq = json_str_eq(&x, 0, json_str_slice(&y, 0, &scratch));
        buf_free(&scratch);
    } else if (same_type) {
        eq = json_number_eq(json_raw(&x, 0), json_raw(&y, 0));
    }
    json_free(&x);
    json_free(&y);
    return eq;
}

bool jsonrpc_id_valid(struct slice s)
{
    struct json j;
    parse_id(&j, s);
    bool ok = j.n != 0;
    json_free(&j);
    return ok;
}
