/*
 * Lists for when the upstream is down or refuses: what a list request or server/discover brought is
 * given to the keeper, screened, when it differs from what was given last for the same caller.
 */
#include "egress/use.h"

#include "crypto/hash.h"
#include "ipc/gen/send.h"

const struct snapshot_list snapshot_lists[SNAPSHOT_LISTS] = {
    {"tools/list", SNAPSHOT_TOOLS, "tools"},
    {"prompts/list", SNAPSHOT_PROMPTS, "prompts"},
    {"resources/list", SNAPSHOT_RESOURCES, "resources"},
    {"resources/templates/list", SNAPSHOT_TEMPLATES, "resourceTemplates"},
};

void snapshot_store(struct use *u, enum snapshot kind, struct slice object)
{
    struct digest digest = hash_sha256(object);
    struct msg_snapshot_put m = {.use = u->id,
                                 .era = u->era == MCP_ERA_MODERN ? ERA_MODERN : ERA_LEGACY,
                                 .kind = kind,
                                 .size = (uint32_t)object.n};

    if (u->keeper == NULL || chan_full(u->keeper) || object.n > LIM_SNAPSHOT_BYTES ||
        !pool_list_is_new(u->pool, m.era * SNAPSHOT_COUNT + kind, &digest))
        return;
    for (size_t at = 0; at < object.n; at += LIM_PART_BYTES) {
        m.offset = (uint32_t)at;
        m.part = slice_sub(object, at, at + LIM_PART_BYTES);
        tell_snapshot_put(u->keeper, &m);
    }
}

/* {"tools":[...]} of a result; false when it is only a page of it, or not a list. */
static bool put_list(const struct json *j, uint32_t result, const char *member, struct buf *out)
{
    struct json_writer w;
    uint32_t list = json_get(j, result, member);

    if (!json_is(j, list, JSON_ARRAY) || json_get(j, result, "nextCursor") != JSON_NONE)
        return false;
    json_w_init(&w, out);
    json_w_object(&w);
    json_w_key(&w, member);
    json_w_copy(&w, j, list);
    json_w_object_end(&w);
    return buf_err(out) == ERR_OK;
}

static const struct snapshot_list *list_of(struct slice method)
{
    for (size_t i = 0; i < SNAPSHOT_LISTS; i++)
        if (slice_eq_str(method, snapshot_lists[i].method))
            return &snapshot_lists[i];
    return NULL;
}

void snapshot_expect(struct use *u)
{
    struct buf scratch = BUF_INIT(LIM_METHOD_BYTES);
    bool is_first = json_get(&u->json, u->rpc.params, "cursor") == JSON_NONE;

    u->describes =
        u->era == MCP_ERA_MODERN && mcp_method_of(&u->json, &u->rpc)->method == MCP_SERVER_DISCOVER;
    u->list = is_first ? list_of(json_str_slice(&u->json, u->rpc.method, &scratch)) : NULL;
    buf_free(&scratch);
}

void snapshot_expect_method(struct use *u, struct slice method)
{
    u->list = list_of(method);
}

/* What a modern server says of itself is kept whole, as initialize's result is. */
static bool put_server(const struct json *j, uint32_t result, struct buf *out)
{
    if (!json_is(j, result, JSON_OBJECT))
        return false;
    json_copy(j, result, out);
    return buf_err(out) == ERR_OK;
}

void snapshot_of_answer(struct use *u, struct slice message)
{
    struct buf out = BUF_INIT(LIM_SNAPSHOT_BYTES);
    struct json j;
    uint32_t result;

    if (!u->describes && u->list == NULL)
        return;
    json_init(&j);
    if (json_parse(&j, message, NULL) == ERR_OK) {
        result = json_get(&j, 0, "result");
        if (u->describes && put_server(&j, result, &out))
            snapshot_store(u, SNAPSHOT_SERVER, buf_slice(&out));
        else if (!u->describes && put_list(&j, result, u->list->member, &out))
            snapshot_store(u, u->list->kind, buf_slice(&out));
    }
    json_free(&j);
    buf_free(&out);
}
