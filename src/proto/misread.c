/*
 * Members that may be misread. Run by the gateway on what a client sent, and by egress on what is
 * about to leave. Trusts nothing of it but that it was parsed.
 */
#include "proto/misread.h"

#include "base/ascii.h"
#include "proto/mcp.h"
#include "proto/utf8.h"

/* What is written with more bytes than this is like none of the names below, which are shorter even
 * when each character is an escape of six. */
#define WRITTEN_BYTES 512
_Static_assert(6 * sizeof(MCP_META_CAPABILITIES) <= WRITTEN_BYTES, "the longest of the names");

static const char *const envelope[] = {"jsonrpc", "id", "method", "params", "result", "error"};

/* Whatever src reads of params, the names in mcp_methods.def among it. */
static const char *const params[] = {
    "_meta",          "arguments", "capabilities", "clientInfo",      "cursor",
    "inputResponses", "level",     "name",         "protocolVersion", "requestId",
    "requestState",   "taskId",    "uri",
};

static const char *const meta[] = {
    MCP_META_VERSION,   MCP_META_CLIENT_INFO,  MCP_META_CAPABILITIES,
    MCP_META_LOG_LEVEL, MCP_META_SUBSCRIPTION, MCP_META_PROGRESS,
};

/* As readers fold: ASCII, and what folds into it (Unicode's simple case folding, in which Go's
 * encoding/json compares; the two kinds of i in Java's equalsIgnoreCase). */
static uint32_t fold(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } others[] = {{0x130, 'i'}, {0x131, 'i'}, {0x17f, 's'}, {0x212a, 'k'}};

    for (size_t i = 0; c >= 0x80 && i < ARRAY_LEN(others); i++) {
        if (others[i].from == c)
            return others[i].to;
    }
    return c < 0x80 ? ascii_lower((uint8_t)c) : c;
}

static bool folds_alike(struct slice a, struct slice b)
{
    while (a.n > 0 && b.n > 0) {
        uint32_t x, y;
        size_t i = utf8_next(a, &x), k = utf8_next(b, &y);

        if (i == 0 || k == 0 || fold(x) != fold(y))
            return false;
        a = slice_sub(a, i, a.n);
        b = slice_sub(b, k, b.n);
    }
    return a.n == b.n;
}

static bool is_one_of(const struct json *j, uint32_t key, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (json_str_eq_c(j, key, names[i]))
            return true;
    }
    return false;
}

/* Alike, and not the same. */
static bool is_like_one_of(const struct json *j, uint32_t key, const char *const *names, size_t n)
{
    struct buf text = BUF_INIT(WRITTEN_BYTES);
    struct slice name = SLICE_EMPTY;
    bool like = false;

    if (json_raw(j, key).n <= WRITTEN_BYTES)
        name = json_str_slice(j, key, &text);
    for (size_t i = 0; i < n && !like; i++)
        like = folds_alike(name, slice_str(names[i])) && !slice_eq_str(name, names[i]);
    buf_free(&text);
    return like;
}

static uint32_t find_like(const struct json *j, uint32_t object, const char *const *names, size_t n)
{
    uint32_t k = json_first(j, object);

    if (!json_is(j, object, JSON_OBJECT))
        return JSON_NONE;
    while (k != JSON_NONE && (is_one_of(j, k, names, n) || !is_like_one_of(j, k, names, n)))
        k = json_next(j, k);
    return k;
}

uint32_t misread_member(const struct json *j, const struct jsonrpc *m)
{
    uint32_t k = json_first(j, 0);

    while (k != JSON_NONE && is_one_of(j, k, envelope, ARRAY_LEN(envelope)))
        k = json_next(j, k);
    if (k == JSON_NONE)
        k = find_like(j, m->params, params, ARRAY_LEN(params));
    if (k == JSON_NONE)
        k = find_like(j, json_get(j, m->params, "_meta"), meta, ARRAY_LEN(meta));
    return k;
}
