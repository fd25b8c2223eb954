/*
 * Uses that have no client behind them: their messages are composed here, and their permits name no
 * gateway. Egress runs it.
 */
#include "egress/own.h"

#include "egress/open.h"
#include "proto/mcp_write.h"

#define OWN_ID "\"sidegate\""

void own_take(struct use *u)
{
    u->kind = CALL_KIND_REQUEST;
    u->era = u->all->conf.modern ? ERA_MODERN : ERA_LEGACY;
    buf_put(&u->protocol, SLICE_LIT(MCP_VERSION_MODERN));
}

/* --- requests --------------------------------------------------------------------------------- */

static void put_meta(const struct use *u, struct json_writer *w)
{
    if (u->era != ERA_MODERN)
        return;
    json_w_member_object(w, "_meta");
    json_w_member(w, MCP_META_VERSION, SLICE_LIT(MCP_VERSION_MODERN));
    json_w_member_raw(w, MCP_META_CLIENT_INFO, SLICE_LIT(MCP_OWN_INFO));
    json_w_member_raw(w, MCP_META_CAPABILITIES, SLICE_LIT("{}"));
    json_w_end(w, 1);
}

static void put_request(struct use *u, struct slice method, struct slice cursor)
{
    struct json_writer w;

    buf_clear(&u->own_body);
    json_w_init(&w, &u->own_body);
    json_w_object(&w);
    json_w_member(&w, "jsonrpc", SLICE_LIT("2.0"));
    json_w_member_raw(&w, "id", SLICE_LIT(OWN_ID));
    json_w_member(&w, "method", method);
    json_w_member_object(&w, "params");
    if (cursor.n > 0)
        json_w_member_raw(&w, "cursor", cursor);
    put_meta(u, &w);
    json_w_end(&w, 2);
}

void own_leaves(struct use *u)
{
    u->sent = 1;
}

void own_post(struct use *u, struct slice method, struct slice cursor,
              const struct transport_events *events)
{
    struct transport_ask ask = {
        .era = u->era, .kind = CALL_KIND_REQUEST, .id = SLICE_LIT(OWN_ID), .events = events};

    put_request(u, method, cursor);
    /* Too large: a cursor of the upstream's. */
    if (buf_err(&u->own_body) != ERR_OK ||
        json_parse(&u->json, buf_slice(&u->own_body), NULL) != ERR_OK ||
        jsonrpc_read(&u->json, &u->rpc) != ERR_OK) {
        use_abort(u, ERR_TOO_LARGE);
        return;
    }
    ask.body = buf_slice(&u->own_body);
    u->step = USE_SENDING;
    if (u->all->transport->send(u, &ask) != ERR_OK)
        use_abort(u, ERR_INVALID_PARAMS);
}

/* --- the other era ---------------------------------------------------------------------------- */

bool own_may_be_legacy(const struct use *u, const struct transport_end *m)
{
    return u->era == ERA_MODERN && u->all->conf.legacy && m->sent && m->how != TRANSPORT_REFUSED;
}

void own_try_legacy(struct use *u)
{
    u->era = ERA_LEGACY;
    u->trouble = ERR_OK;
    u->server_has = 0;
    open_session(u);
}
