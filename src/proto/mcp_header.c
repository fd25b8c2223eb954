/*
 * Headers that repeat the body, MCP 2026-07-28 basic/transports/streamable-http "Request Metadata".
 * Run by the gateway on what clients send, by egress on what it sends itself. Why it matters:
 * whoever routes or decides by the header must not see another call than the one who reads the
 * body.
 */
#include "proto/mcp_header.h"

#include <stdio.h>

#include "base/base64.h"
#include "base/limits.h"
#include "proto/utf8.h"

#define SENTINEL_FROM "=?base64?"
#define SENTINEL_TO   "?="

/* --- values ----------------------------------------------------------------------------------- */

static bool is_sentinel(struct slice s)
{
    struct slice from = SLICE_LIT(SENTINEL_FROM), to = SLICE_LIT(SENTINEL_TO);
    return s.n >= from.n + to.n && slice_starts(s, from) && slice_ends(s, to);
}

void mcp_header_encode(struct buf *out, struct slice value)
{
    if (value.n && http_is_field_value(value) && !is_sentinel(value)) {
        buf_put(out, value);
        return;
    }
    buf_put_str(out, SENTINEL_FROM);
    base64_put(out, BASE64, value);
    buf_put_str(out, SENTINEL_TO);
}

enum err mcp_header_decode(struct slice value, struct buf *out)
{
    if (!is_sentinel(value)) {
        buf_put(out, value);
        return buf_err(out);
    }
    size_t from = out->n;
    struct slice in =
        slice_sub(value, sizeof(SENTINEL_FROM) - 1, value.n - (sizeof(SENTINEL_TO) - 1));
    enum err e = base64_decode(BASE64, in, out);
    if (e == ERR_TOO_LARGE)
        return e;
    if (e || !utf8_valid(slice_sub(buf_slice(out), from, out->n)))
        return ERR_HEADER_MISMATCH;
    return ERR_OK;
}

/* What is held against what. */
struct check {
    const struct http_field *fields;
    size_t n;
    const struct json *j;
    struct buf *why;
};

static enum err wrong(struct buf *why, const char *name, const char *what)
{
    buf_printf(why, "the header %s %s", name, what);
    return ERR_HEADER_MISMATCH;
}

enum err mcp_header_differs(struct buf *why, const char *name)
{
    return wrong(why, name, "differs from the body; send the same value in both");
}

/* Exactly one field of that name whose value may stand in a header. */
static enum err one_field(const struct check *k, const char *name, struct slice *ret)
{
    struct slice v = SLICE_EMPTY;
    size_t found = http_field_find(k->fields, k->n, name, &v);
    if (found == 0)
        return wrong(k->why, name, "is missing; send in it what the body says");
    if (found > 1 || !http_is_field_value(v))
        return mcp_header_differs(k->why, name);
    *ret = v;
    return ERR_OK;
}

/* --- the standard headers --------------------------------------------------------------------- */

/* The header, which may be missing when !required, equals the string node. */
static enum err check_plain(const struct check *k, const char *name, uint32_t node, bool required)
{
    struct slice v;
    if (!required && http_field_find(k->fields, k->n, name, NULL) == 0)
        return ERR_OK;
    enum err e = one_field(k, name, &v);
    if (!e && node != JSON_NONE && !json_str_eq(k->j, node, v))
        e = mcp_header_differs(k->why, name);
    return e;
}

static enum err check_name(const struct check *k, const struct mcp_request *r)
{
    struct slice v;
    if (!r->method->names || r->name == JSON_NONE)
        return ERR_OK;
    if (r->rpc.kind != JSONRPC_REQUEST && http_field_find(k->fields, k->n, "Mcp-Name", NULL) == 0)
        return ERR_OK;
    enum err e = one_field(k, "Mcp-Name", &v);
    if (e)
        return e;
    struct buf name = BUF_INIT(LIM_HEADER_BYTES);
    e = mcp_header_decode(v, &name);
    if (!e && !json_str_eq(k->j, r->name, buf_slice(&name)))
        e = ERR_HEADER_MISMATCH;
    if (e == ERR_HEADER_MISMATCH)
        e = mcp_header_differs(k->why, "Mcp-Name");
    buf_free(&name);
    return e;
}

enum err mcp_header_check(const struct http_field *fields, size_t n, const struct json *j,
                          const struct mcp_request *r, struct buf *why)
{
    const struct check k = {fields, n, j, why};
    bool required = r->rpc.kind == JSONRPC_REQUEST;
    if (r->era != ERA_MODERN || r->rpc.method == JSON_NONE)
        return ERR_OK;
    enum err e = check_plain(&k, "MCP-Protocol-Version", r->meta.version, required);
    if (!e)
        e = check_plain(&k, "Mcp-Method", r->rpc.method, required);
    if (!e)
        e = check_name(&k, r);
    return e;
}

/* --- x-mcp-header ----------------------------------------------------------------------------- */

#define ANNOTATION "x-mcp-header"

/* number is not allowed by the text of 2026-07-28, but the official SDK and the conformance suite
 * use it; refusing it would hide tools that work without Sidegate. */
static bool param_type(const struct json *t, uint32_t property, enum mcp_param_type *ret)
{
    static const char *const names[] = {
        [MCP_PARAM_STRING] = "string",
        [MCP_PARAM_INTEGER] = "integer",
        [MCP_PARAM_BOOLEAN] = "boolean",
        [MCP_PARAM_NUMBER] = "number",
    };
    uint32_t type = json_get(t, property, "type");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (json_str_eq_c(t, type, names[i])) {
            *ret = (enum mcp_param_type)i;
            return true;
        }
    }
    return false;
}

/* Whether the chain from the root schema down to this subschema is made of "properties" alone. */
static bool reachable(const struct json *t, uint32_t root, uint32_t property)
{
    for (uint32_t at = property; at != root;) {
        uint32_t map = t->nodes[at].parent;
        if (map == JSON_NONE || map == root || !json_is(t, map, JSON_OBJECT) || map == 0)
            return false;
        uint32_t key = map - 1; /* of the member whose value the map is */
        uint32_t up = t->nodes[map].parent;
        if (!t->nodes[key].is_key || !json_str_eq_c(t, key, "properties") || up == JSON_NONE)
            return false;
        at = up;
    }
    return property != root;
}

/* Whether this key is an annotation and not the name of an argument: then it stands right in a map
 * of names to schemas. */
static bool is_annotation(const struct json *t, uint32_t root, uint32_t key)
{
    uint32_t object = t->nodes[key].parent;
    if (!t->nodes[key].is_key || !json_str_eq_c(t, key, ANNOTATION))
        return false;
    if (object == root || object == 0 || !t->nodes[object - 1].is_key)
        return true;
    return !(json_str_eq_c(t, object - 1, "properties") &&
             (t->nodes[object].parent == root || reachable(t, root, t->nodes[object].parent)));
}

static enum err add_param(const struct json *t, uint32_t root, uint32_t key, struct mcp_param *p)
{
    p->property = t->nodes[key].parent;
    p->name = key + 1;
    /* A token needs no escapes, so one written with them is not worth decoding. */
    if (!json_is(t, p->name, JSON_STRING) || !http_is_token(json_raw(t, p->name)) ||
        !param_type(t, p->property, &p->type) || !reachable(t, root, p->property))
        return ERR_INVALID_PARAMS;
    return ERR_OK;
}

enum err mcp_param_scan(const struct json *tool, uint32_t schema, struct mcp_param *ret, size_t max,
                        size_t *ret_n)
{
    size_t n = 0;
    if (!json_is(tool, schema, JSON_OBJECT)) {
        *ret_n = 0;
        return ERR_OK;
    }
    for (uint32_t i = schema + 1; i < tool->nodes[schema].next; i++) {
        struct mcp_param p;
        if (!is_annotation(tool, schema, i))
            continue;
        enum err e = add_param(tool, schema, i, &p);
        if (e)
            return e;
        if (n == max)
            return ERR_TOO_LARGE;
        for (size_t k = 0; k < n; k++) {
            if (slice_eq_nocase(json_raw(tool, ret[k].name), json_raw(tool, p.name)))
                return ERR_INVALID_PARAMS;
        }
        ret[n++] = p;
    }
    *ret_n = n;
    return ERR_OK;
}

/* The argument at the property's path: the keys between schema and property, "properties" left out.
 */
static uint32_t argument_of(const struct mcp_param_call *c, const struct mcp_param *p)
{
    uint32_t path[LIM_JSON_DEPTH];
    size_t n = 0;
    for (uint32_t at = p->property; at != c->schema; n++) {
        BUG_IF(n == ARRAY_LEN(path));
        path[n] = at - 1;
        at = c->tool->nodes[c->tool->nodes[at].parent].parent;
    }
    uint32_t v = c->arguments;
    struct buf scratch = BUF_INIT(SIZE_MAX);
    while (n > 0 && v != JSON_NONE) {
        buf_clear(&scratch);
        v = json_get_slice(c->j, v, json_str_slice(c->tool, path[--n], &scratch));
    }
    buf_free(&scratch);
    return v;
}

enum err mcp_param_value(const struct mcp_param_call *c, const struct mcp_param *p, struct buf *out,
                         bool *ret_there)
{
    uint32_t v = argument_of(c, p);
    struct buf text = BUF_INIT(LIM_HEADER_BYTES);
    enum err e = ERR_OK;
    bool there = true;
    if (json_is(c->j, v, JSON_STRING))
        e = json_str(c->j, v, &text);
    else if (json_is(c->j, v, JSON_NUMBER) || json_is(c->j, v, JSON_TRUE) ||
             json_is(c->j, v, JSON_FALSE))
        buf_put(&text, json_raw(c->j, v));
    else
        there = false;
    if (!e)
        e = buf_err(&text);
    if (!e && there) {
        mcp_header_encode(out, buf_slice(&text));
        e = buf_err(out);
    }
    buf_free(&text);
    if (!e)
        *ret_there = there;
    return e;
}

/* Whether the header's value, decoded, says what the body says. */
static enum err same_value(const struct mcp_param_call *c, const struct mcp_param *p, uint32_t v,
                           struct slice header)
{
    struct buf text = BUF_INIT(LIM_HEADER_BYTES);
    enum err e = mcp_header_decode(header, &text);
    struct slice got = buf_slice(&text);
    if (!e) {
        bool eq;
        if (json_is(c->j, v, JSON_STRING))
            eq = json_str_eq(c->j, v, got);
        else if (json_is(c->j, v, JSON_NUMBER) &&
                 (p->type == MCP_PARAM_INTEGER || p->type == MCP_PARAM_NUMBER))
            eq = json_number_eq(json_raw(c->j, v), got);
        else
            eq = slice_eq(json_raw(c->j, v), got);
        e = eq ? ERR_OK : ERR_HEADER_MISMATCH;
    }
    buf_free(&text);
    return e;
}

static enum err check_param(const struct check *k, const struct mcp_param_call *c,
                            const struct mcp_param *p)
{
    char name[LIM_NAME_BYTES];
    struct slice header, suffix = json_raw(c->tool, p->name);
    uint32_t v = argument_of(c, p);
    /* "Parameter value is null" and "not in arguments": no header is expected. Arrays and objects
     * are for the server's schema check. */
    if (v == JSON_NONE || json_is(c->j, v, JSON_NULL) || json_is(c->j, v, JSON_ARRAY) ||
        json_is(c->j, v, JSON_OBJECT))
        return ERR_OK;
    if (suffix.n > sizeof(name) - sizeof(MCP_PARAM_PREFIX))
        return ERR_INVALID_PARAMS;
    snprintf(name, sizeof(name), MCP_PARAM_PREFIX "%.*s", (int)suffix.n, (const char *)suffix.p);
    enum err e = one_field(k, name, &header);
    if (e)
        return e;
    e = same_value(c, p, v, header);
    return e == ERR_HEADER_MISMATCH ? mcp_header_differs(k->why, name) : e;
}

enum err mcp_param_check(const struct http_field *fields, size_t n, const struct mcp_param_call *c,
                         struct buf *why)
{
    const struct check k = {fields, n, c->j, why};
    struct mcp_param p[LIM_MCP_PARAMS];
    size_t count;
    enum err e = mcp_param_scan(c->tool, c->schema, p, ARRAY_LEN(p), &count);
    for (size_t i = 0; !e && i < count; i++)
        e = check_param(&k, c, &p[i]);
    return e;
}
