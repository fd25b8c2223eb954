/*
 * Reading an upstream's answers. Egress runs it on bytes that a hostile server may have chosen;
 * trusts nothing. MCP 2025-11-25 and 2026-07-28, basic/transports, "Sending Messages to the
 * Server"; event ids, types and comments are read and forgotten.
 */
#include "egress/reader.h"

#include "base/limits.h"

void reader_init(struct reader *r, const struct reader_rules *rules, reader_fn *fn, void *ctx)
{
    *r = (struct reader){.rules = *rules, .fn = fn, .ctx = ctx};
    r->body = BUF_INIT(rules->max_message);
    sse_reader_init(&r->sse, rules->max_message);
}

void reader_free(struct reader *r)
{
    buf_free(&r->body);
    sse_reader_free(&r->sse);
    json_free(&r->json);
}

size_t reader_bytes(const struct reader *r)
{
    return r->body.cap + r->sse.line.cap + r->sse.data.cap + json_bytes(&r->json);
}

/* --- one message ------------------------------------------------------------------------------ */

/* A server that could not read the request's id says null. */
static bool answers_us(const struct reader *r, const struct json *j, const struct jsonrpc *m)
{
    if (m->id == JSON_NONE)
        return m->kind == JSONRPC_ERROR && !r->rules.own_id;
    return jsonrpc_id_eq(jsonrpc_id_text(j, m->id), r->rules.id);
}

enum { ID_MEMBER = sizeof(",\"id\":") }; /* what an error without an id gets beside it */

/* The error with the request's id in place of null, parsed again. */
static enum err give_with_id(struct reader *r)
{
    struct json_edits e;
    struct buf text = BUF_INIT(r->rules.max_message + LIM_RPC_ID_BYTES + ID_MEMBER);
    struct json j = JSON_INIT;
    struct jsonrpc m;
    enum err err;

    json_edits_init(&e, LIM_RPC_ID_BYTES + ID_MEMBER);
    json_edit_set(&e, &r->json, 0, "id", r->rules.id);
    err = json_copy_edited(&r->json, 0, &e, &text);
    if (err == ERR_OK)
        err = json_parse(&j, buf_slice(&text), NULL);
    if (err == ERR_OK)
        err = jsonrpc_read(&j, &m);
    if (err == ERR_OK)
        err = r->fn(r->ctx, &j, &m, true);
    json_free(&j);
    json_edits_free(&e);
    buf_free(&text);
    return err;
}

static enum err on_response(struct reader *r, const struct jsonrpc *m)
{
    if (!r->rules.is_request)
        return ERR_OK; /* nobody asked on this stream; dropped */
    if (!answers_us(r, &r->json, m) || (r->rules.from == READER_ERROR && m->kind != JSONRPC_ERROR))
        return ERR_UPSTREAM_ANSWER;
    r->final = true;
    return m->id == JSON_NONE ? give_with_id(r) : r->fn(r->ctx, &r->json, m, true);
}

static enum err on_message(struct reader *r, struct slice text)
{
    struct jsonrpc m;

    if (r->final)
        return ERR_OK; /* one answer is enough */
    if (++r->messages > r->rules.max_messages)
        return ERR_TOO_LARGE;
    if (json_parse(&r->json, text, NULL) != ERR_OK || jsonrpc_read(&r->json, &m) != ERR_OK)
        return ERR_UPSTREAM_ANSWER;
    if (m.kind == JSONRPC_RESULT || m.kind == JSONRPC_ERROR)
        return on_response(r, &m);
    /* One JSON body is the response; and a modern server asks by input_required only. */
    if (r->rules.from != READER_EVENTS || (m.kind == JSONRPC_REQUEST && r->rules.era == ERA_MODERN))
        return ERR_UPSTREAM_ANSWER;
    return r->fn(r->ctx, &r->json, &m, false);
}

/* --- bytes ------------------------------------------------------------------------------------ */

static enum err feed_events(struct reader *r, struct slice s)
{
    struct slice data;
    bool got = true;

    while (s.n > 0 || got) {
        enum err e = sse_read(&r->sse, &s, &data, &got);

        if (!e && got && data.n > 0)
            e = on_message(r, data);
        if (e == ERR_SYNTAX)
            e = ERR_UPSTREAM_ANSWER;
        if (e)
            return e;
        if (r->final)
            return ERR_OK; /* what follows is not looked at, however it is cut in pieces */
    }
    return ERR_OK;
}

enum err reader_feed(struct reader *r, struct slice s)
{
    if (r->final)
        return ERR_OK;
    if (r->rules.from == READER_EVENTS)
        return feed_events(r, s);
    buf_put(&r->body, s);
    return buf_err(&r->body);
}

enum err reader_finish(struct reader *r)
{
    if (r->rules.from != READER_EVENTS)
        return on_message(r, buf_slice(&r->body));
    return r->final || !r->rules.is_request ? ERR_OK : ERR_CLOSED;
}
