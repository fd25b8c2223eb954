/*
 * Lists and server/discover answered from what is stored, for when the upstream does not answer for
 * lack of its key or is down (decision 0004). Run by the gateway.
 */
#include "gateway/lists.h"

#include "gateway/answer.h"
#include "gateway/own.h"
#include "gateway/reply.h"
#include "gateway/snapshot.h"

/* What a list has when nothing is stored; ours are added as to any other. */
static const struct {
    enum mcp_method method;
    enum snapshot kind;
    const char *empty;
} lists[] = {
    {MCP_TOOLS_LIST, SNAPSHOT_TOOLS, "{\"tools\":[]}"},
    {MCP_PROMPTS_LIST, SNAPSHOT_PROMPTS, "{\"prompts\":[]}"},
    {MCP_RESOURCES_LIST, SNAPSHOT_RESOURCES, "{\"resources\":[]}"},
    {MCP_RESOURCES_TEMPLATES_LIST, SNAPSHOT_TEMPLATES, "{\"resourceTemplates\":[]}"},
    {MCP_SERVER_DISCOVER, SNAPSHOT_SERVER, NULL},
};

static size_t list_index(const struct call *c)
{
    size_t i = 0;

    while (i < ARRAY_LEN(lists) && lists[i].method != c->method->method)
        i++;
    return i;
}

bool call_is_list(const struct call *c)
{
    return c->kind == CALL_KIND_REQUEST && list_index(c) < ARRAY_LEN(lists);
}

/* The stored result stands for the response. Of an upstream that needs no credential nothing stored
 * means that nothing is known, which is not the same as an empty list. */
static void on_list(struct call *c, struct slice stored)
{
    if (stored.n == 0 && !c->up->needs_credential) {
        call_fail(c, c->failed);
        return;
    }
    buf_clear(&c->message);
    buf_put_str(&c->message, "{\"jsonrpc\":\"2.0\",\"id\":");
    buf_put(&c->message, buf_slice(&c->id_text));
    buf_put_str(&c->message, ",\"result\":");
    if (stored.n > 0)
        buf_put(&c->message, stored);
    else
        buf_put_str(&c->message, lists[list_index(c)].empty);
    buf_put_u8(&c->message, '}');
    call_final(c);
}

void call_list_from_snapshot(struct call *c, enum err why)
{
    c->failed = why;
    c->on_snapshot = call_is_discover(c) ? own_describe : on_list;
    /* What is stored is the first page. */
    if (c->has_cursor)
        call_fail(c, why);
    else
        call_want_snapshot(c, lists[list_index(c)].kind);
}

/* The keeper lets nothing more out for this agent key now. */
void call_stored(struct call *c, UNUSED const void *arg)
{
    if (call_is_list(c))
        call_list_from_snapshot(c, ERR_TOO_FAST);
    else
        call_fail(c, ERR_TOO_FAST);
}
