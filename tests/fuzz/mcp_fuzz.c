/*
 * A message as the gateway treats it: first line the version header, second line the Mcp-Name
 * header, third line a tool's schema, the rest the body.
 */
#include "fuzz.h"
#include "proto/mcp_header.h"
#include "proto/mcp_write.h"
#include "proto/projection.h"

static struct digest fake_sha256(struct slice s)
{
    return (struct digest){.b = {(uint8_t)s.n}};
}

static void check_projection(const struct json *j, const struct mcp_request *r)
{
    struct buf a = BUF_INIT(LIM_PROJECTION_BYTES);
    struct projection_in in = {j, r->rpc.method, r->name, r->rpc.params, fake_sha256, NULL};
    size_t at = 0;
    char tag;
    struct slice v;
    if (r->rpc.method == JSON_NONE)
        return;
    MUST(projection_write(&in, &a) == ERR_OK && a.n <= LIM_PROJECTION_BYTES);
    while (projection_next(buf_slice(&a), &at, &tag, &v))
        MUST(v.n <= a.n);
    MUST(at == a.n);
    struct buf name = BUF_INIT(SIZE_MAX);
    projection_put_name(&in, &name);
    MUST(name.n <= LIM_NAME_BYTES);
    buf_free(&a);
    buf_free(&name);
}

/* Headers that are made of the declarations are accepted by the check. */
static void check_params(const struct json *j, const struct mcp_request *r, struct slice schema)
{
    struct json tool;
    struct mcp_param p[LIM_MCP_PARAMS];
    struct http_field fields[LIM_MCP_PARAMS];
    struct buf text[LIM_MCP_PARAMS], names[LIM_MCP_PARAMS];
    size_t n = 0, fields_n = 0;
    tool = JSON_INIT;
    if (json_parse(&tool, schema, NULL) == ERR_OK &&
        mcp_param_scan(&tool, 0, p, ARRAY_LEN(p), &n) == ERR_OK) {
        struct mcp_param_call c = {&tool, 0, j, r->arguments};
        enum err e = ERR_OK;
        for (size_t i = 0; i < n; i++) {
            bool there = false;
            text[i] = BUF_INIT(SIZE_MAX);
            names[i] = BUF_INIT(SIZE_MAX);
            if (e == ERR_OK)
                e = mcp_param_value(&c, &p[i], &text[i], &there);
            buf_put_str(&names[i], "mcp-param-");
            buf_put(&names[i], json_raw(&tool, p[i].name));
            if (there)
                fields[fields_n++] = (struct http_field){buf_slice(&names[i]), buf_slice(&text[i])};
        }
        if (e == ERR_OK) {
            struct buf why = BUF_INIT(SIZE_MAX);
            e = mcp_param_check(fields, fields_n, &c, &why);
            buf_free(&why);
            MUST(e == ERR_OK || e == ERR_INVALID_PARAMS); /* a name too long for a header */
        }
        for (size_t i = 0; i < n; i++) {
            buf_free(&text[i]);
            buf_free(&names[i]);
        }
    }
    json_free(&tool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of(data, size);
    struct slice version = fuzz_line(&in), name = fuzz_line(&in), schema = fuzz_line(&in);
    struct json j;
    struct mcp_request r;
    j = JSON_INIT;
    if (json_parse(&j, in, NULL) == ERR_OK) {
        (void)jsonrpc_id_of(&j); /* must not fall over */
        enum err e = mcp_request_read(&j, version, &r);
        if (e != ERR_NOT_JSONRPC) {
            struct buf method = BUF_INIT(LIM_METHOD_BYTES);
            struct http_field f[] = {
                {SLICE_LIT("mcp-protocol-version"), version},
                {SLICE_LIT("mcp-method"), json_str_slice(&j, r.rpc.method, &method)},
                {SLICE_LIT("mcp-name"), name}};
            struct buf why = BUF_INIT(SIZE_MAX);
            enum err h = mcp_header_check(f, ARRAY_LEN(f), &j, &r, &why);
            MUST(h == (why.n > 0 ? ERR_HEADER_MISMATCH : ERR_OK));
            buf_free(&why);
            check_projection(&j, &r);
            if (e == ERR_OK)
                check_params(&j, &r, schema);
            buf_free(&method);
        }
    }
    json_free(&j);
    return 0;
}
