/*
 * Lists for when the upstream is down or refuses: what a list request or server/discover brought is
 * given to the keeper, screened, when it differs from what was given last for the same caller.
 *
 * What was brought without a credential is for everybody, so no agent may have had a say in it: not
 * by its request, and not by what it did before in the same session. Which capabilities its client
 * declares it may say, or no ordinary client would bring a list.
 */
#include "egress/snapshot.h"

#include "base/mem.h"
#include "base/planted.h"
#include "crypto/hash.h"
#include "ipc/gen/send.h"

const struct snapshot_list snapshot_lists[SNAPSHOT_LISTS] = {
    {"tools/list", SNAPSHOT_TOOLS, "tools"},
    {"prompts/list", SNAPSHOT_PROMPTS, "prompts"},
    {"resources/list", SNAPSHOT_RESOURCES, "resources"},
    {"resources/templates/list", SNAPSHOT_TEMPLATES, "resourceTemplates"},
};

/* --- for everybody ---------------------------------------------------------------------------- */

static bool is_for_everybody(const struct use *u)
{
    return ID_IS_ZERO(u->connection) && !PLANTED(lists_shaped);
}

/* Nothing but names that the specification gives them, at whatever depth, and no text of its own. */
bool snapshot_plain_caps(const struct json *j, uint32_t caps)
{
    static const char *const names[] = {
        "elicitation", "form",   "url",      "applyDefaults", "sampling",
        "context",     "tools",  "roots",    "listChanged",   "tasks",
        "list",        "cancel", "requests", "createMessage", "create",
    };
    uint32_t known = 0;
    bool plain = true;

    if (json_is(j, caps, JSON_TRUE) || json_is(j, caps, JSON_FALSE))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(names) && plain; i++) {
        uint32_t value = json_get(j, caps, names[i]);

        known += value != JSON_NONE;
        plain = value == JSON_NONE || snapshot_plain_caps(j, value);
    }
    return plain && json_is(j, caps, JSON_OBJECT) && known == json_count(j, caps);
}

/* Of the members of _meta the gateway writes one and holds one against a header, in the modern era
 * alone. */
static bool is_plain_meta(const struct use *u, uint32_t meta)
{
    const struct json *j = &u->json;
    uint32_t caps = json_get(j, meta, MCP_META_CAPABILITIES);
    uint32_t known = (json_get(j, meta, MCP_META_VERSION) != JSON_NONE) +
                     (json_get(j, meta, MCP_META_CLIENT_INFO) != JSON_NONE) + (caps != JSON_NONE);

    return u->era == ERA_MODERN && json_is(j, meta, JSON_OBJECT) && json_count(j, meta) == known &&
           (caps == JSON_NONE || snapshot_plain_caps(j, caps));
}

static bool is_plain(const struct use *u)
{
    uint32_t meta = json_get(&u->json, u->rpc.params, "_meta");
    uint32_t members = json_count(&u->json, u->rpc.params);

    return u->params_n == 0 &&
           (meta == JSON_NONE ? members == 0 : members == 1 && is_plain_meta(u, meta));
}

/* A request for a list says nothing of its own, whoever makes it. */
void snapshot_note_sent(const struct use *u)
{
    if (u->session && use_has_body(u->kind) && !u->list)
        u->session->shaped = true;
}

/* --- what was stored -------------------------------------------------------------------------- */

/* What lists with a connection, or without any, looked like when they were last stored; kept while
 * lists come. */
struct stored {
    struct connection_id connection;
    struct egress *all;
    struct loop_timer *idle_timer;
    struct stored_list {
        bool is;
        struct digest digest;
        uint64_t at; /* ms, of the loop's clock */
    } lists[ERA_COUNT][SNAPSHOT_COUNT];
    UT_hash_handle hh;
};

static void stored_free(void *ctx)
{
    struct stored *s = ctx;

    HASH_DEL(s->all->stored, s);
    loop_timer_free(s->idle_timer);
    mem_free(s);
}

static struct stored *stored_find(const struct egress *all, const struct connection_id *connection)
{
    struct stored *s;

    HASH_FIND(hh, all->stored, connection, sizeof(*connection), s);
    return s;
}

static struct stored *stored_get(const struct use *u)
{
    struct stored *s = stored_find(u->all, &u->connection);

    if (!s) {
        s = MEM_NEW(struct stored);
        s->connection = u->connection;
        s->all = u->all;
        s->idle_timer = loop_timer_new(u->all->loop, stored_free, s);
        HASH_ADD(hh, u->all->stored, connection, sizeof(s->connection), s);
    }
    loop_timer_set(s->idle_timer, LIM_LIST_IDLE_MS);
    return s;
}

void snapshots_drop(struct egress *all, const struct connection_id *connection)
{
    struct stored *s = stored_find(all, connection);

    if (s)
        stored_free(s);
}

/* True, and remembered, when it is new and the last is LIM_LIST_PAUSE_MS old: a server whose list
 * differs each time is no reason to write each time. What is left out comes with the next request
 * for the list. */
static bool is_new(const struct use *u, enum snapshot kind, struct slice object)
{
    struct stored_list *last = &stored_get(u)->lists[u->era][kind];
    const struct stored_list now = {true, hash_sha256(object), loop_now(u->all->loop)};

    if (last->is && (ID_EQ(last->digest, now.digest) ||
                     (now.at - last->at < LIM_LIST_PAUSE_MS && !PLANTED(lists_at_once))))
        return false;
    *last = now;
    return true;
}

/* --- what is stored --------------------------------------------------------------------------- */

void snapshot_store(struct use *u, enum snapshot kind, struct slice object)
{
    struct msg_snapshot_put m = {
        .use = u->id, .era = u->era, .kind = kind, .size = (uint32_t)object.n};

    if (is_for_everybody(u) && u->session && u->session->shaped)
        return;
    if (!u->keeper || chan_full(u->keeper) || object.n > LIM_SNAPSHOT_BYTES ||
        !is_new(u, kind, object))
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
    json_w_end(&w, 1);
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

    if (is_for_everybody(u) && !is_plain(u))
        return;
    u->describes =
        u->era == ERA_MODERN && mcp_method_of(&u->json, &u->rpc)->method == MCP_SERVER_DISCOVER;
    u->list = is_first ? list_of(json_str_slice(&u->json, u->rpc.method, &scratch)) : NULL;
    buf_free(&scratch);
}

void snapshot_expect_method(struct use *u, struct slice method)
{
    u->list = list_of(method);
}

void snapshot_server(struct use *u, const struct json *j, uint32_t result)
{
    struct buf out = BUF_INIT(LIM_SNAPSHOT_BYTES);

    if (!json_is(j, result, JSON_OBJECT))
        return;
    json_copy(j, result, &out);
    if (buf_err(&out) == ERR_OK) /* a larger one is not kept */
        snapshot_store(u, SNAPSHOT_SERVER, buf_slice(&out));
    buf_free(&out);
}

void snapshot_of_answer(struct use *u, struct slice message)
{
    struct buf out = BUF_INIT(LIM_SNAPSHOT_BYTES);
    struct json j = JSON_INIT;
    uint32_t result;

    if (!u->describes && !u->list)
        return;
    if (json_parse(&j, message, NULL) == ERR_OK) {
        result = json_get(&j, 0, "result");
        if (u->describes)
            snapshot_server(u, &j, result);
        else if (put_list(&j, result, u->list->member, &out))
            snapshot_store(u, u->list->kind, buf_slice(&out));
    }
    json_free(&j);
    buf_free(&out);
}
