/*
 * The header of a message over HTTP. Egress runs it, and it is the last that sees the credential in
 * clear. The gateway held what a client said against the body; here it is made from the body again.
 */
#include "egress/headers.h"

#include "proto/http_field.h"
#include "proto/mcp_header.h"

/* What each message of a use carries: the credential, and the session. */
static void put_use(const struct use *u, struct http *h)
{
    for (size_t i = 0; i < u->place.lines_n; i++)
        http_header_line(h, buf_slice(&u->place.lines[i]));
    http_query(h, buf_slice(&u->place.query));
    if (!u->session)
        return;
    if (u->session->version.n > 0)
        http_header(h, "MCP-Protocol-Version", buf_slice(&u->session->version));
    if (u->session->id.n > 0)
        http_header(h, "Mcp-Session-Id", buf_slice(&u->session->id));
}

/* What repeats the message in u->json. 2026-07-28 basic/transports/streamable-http, "Request
 * Metadata". */
static enum err put_message(const struct use *u, struct http *h)
{
    struct buf scratch = BUF_INIT(LIM_HEADER_BYTES), name = BUF_INIT(LIM_HEADER_BYTES);
    enum err e = ERR_INVALID_PARAMS;
    struct slice method;
    uint32_t node;

    if (u->era != ERA_MODERN)
        return ERR_OK;
    method = json_str_slice(&u->json, u->rpc.method, &scratch);
    if (!http_is_field_value(method) || method.n == 0)
        goto out;
    http_header(h, "MCP-Protocol-Version", buf_slice(&u->protocol));
    http_header(h, "Mcp-Method", method);
    node = mcp_name_of(&u->json, &u->rpc);
    if (node != JSON_NONE) {
        mcp_header_encode(&name, json_str_slice(&u->json, node, &scratch));
        if (buf_err(&scratch) != ERR_OK || buf_err(&name) != ERR_OK)
            goto out;
        if (name.n > 0)
            http_header(h, "Mcp-Name", buf_slice(&name));
    }
    for (size_t i = 0; i < u->params_n; i++)
        http_header(h, (const char *)u->params[i].name.p, buf_slice(&u->params[i].value));
    e = ERR_OK;
out:
    buf_free(&scratch);
    buf_free(&name);
    return e;
}

enum err headers_put(const struct use *u, const struct transport_ask *ask, struct http *h)
{
    if (ask->kind == CALL_KIND_STREAM) {
        http_header(h, "Accept", SLICE_LIT("text/event-stream"));
        if (u->last_event_id.n > 0)
            http_header(h, "Last-Event-ID", buf_slice(&u->last_event_id));
    } else if (use_has_body(ask->kind)) {
        http_header(h, "Accept", SLICE_LIT("application/json, text/event-stream"));
        http_header(h, "Content-Type", SLICE_LIT("application/json"));
    }
    put_use(u, h);
    return put_message(u, h);
}
