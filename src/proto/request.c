/*
 * The canonical form of a request. Run by the gateway on what a client sent, and by egress on what
 * is about to leave; both must come to the same. The text was parsed within the limits of json.h,
 * which bound the depth of the walk.
 */
#include "proto/request.h"

#include <stdlib.h>

#include "base/mem.h"
#include "proto/json_in.h"
#include "proto/mcp.h"

struct form {
    const struct json *j;
    void (*put)(void *ctx, struct slice s);
    void *ctx;
    uint32_t params; /* node whose members may be left out */
};

static void put_n(const struct form *f, char tag, size_t n)
{
    const uint8_t head[] = {(uint8_t)tag, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
                            (uint8_t)n};

    f->put(f->ctx, slice_of(head, sizeof(head)));
}

static void put_text(const struct form *f, char tag, struct slice s)
{
    put_n(f, tag, s.n);
    f->put(f->ctx, s);
}

static void put_tag(const struct form *f, char tag)
{
    f->put(f->ctx, slice_of(&tag, 1));
}

/* A string node, or a key. */
static void put_string(const struct form *f, uint32_t node)
{
    struct buf scratch = BUF_INIT(SIZE_MAX);

    put_text(f, 's', json_str_slice(f->j, node, &scratch));
    buf_free(&scratch);
}

/* --- members in their canonical order --------------------------------------------------------- */

struct member {
    struct json_cursor name;
    uint32_t key;
};

static int by_name(const void *x, const void *y)
{
    const struct member *a = x, *b = y;

    return json_cursor_cmp(a->name, b->name); /* code points order as their UTF-8 does */
}

static void put_value(const struct form *f, uint32_t node);

static void put_members(const struct form *f, uint32_t object)
{
    struct member *v = mem_zalloc_array(json_count(f->j, object) + 1u, sizeof(*v));
    uint32_t n = 0;

    for (uint32_t k = json_first(f->j, object); k != JSON_NONE; k = json_next(f->j, k)) {
        if (object != f->params || !request_leaves_out(f->j, k))
            v[n++] = (struct member){json_cursor(f->j, k), k};
    }
    qsort(v, n, sizeof(*v), by_name);
    put_n(f, 'o', n);
    for (uint32_t i = 0; i < n; i++) {
        put_string(f, v[i].key);
        put_value(f, json_value(f->j, v[i].key));
    }
    mem_free(v);
}

/* As deep as JSON may be. */
static void put_value(const struct form *f, uint32_t node)
{
    static const char plain[] = {[JSON_NULL] = 'z', [JSON_FALSE] = 'f', [JSON_TRUE] = 't'};

    switch ((enum json_type)f->j->nodes[node].type) {
    case JSON_NUMBER: put_text(f, 'd', json_raw(f->j, node)); break;
    case JSON_STRING: put_string(f, node); break;
    case JSON_OBJECT: put_members(f, node); break;
    case JSON_ARRAY:
        put_n(f, 'a', json_count(f->j, node));
        for (uint32_t i = json_first(f->j, node); i != JSON_NONE; i = json_next(f->j, i))
            put_value(f, i);
        break;
    default: put_tag(f, plain[f->j->nodes[node].type]);
    }
}

static void put_optional(const struct form *f, uint32_t node)
{
    if (node == JSON_NONE)
        put_tag(f, 'x');
    else
        put_value(f, node);
}

/* --- the whole -------------------------------------------------------------------------------- */

static bool is_request(const struct jsonrpc *m)
{
    return m->kind == JSONRPC_REQUEST || m->kind == JSONRPC_NOTIFICATION;
}

void request_put(const struct json *j, const struct jsonrpc *m,
                 void (*put)(void *ctx, struct slice s), void *ctx)
{
    const struct form f = {j, put, ctx, m->params};

    if (!is_request(m) || m->method == JSON_NONE)
        return;
    put(ctx, SLICE_LIT("sidegate request 1"));
    put_tag(&f, 0);
    put_value(&f, m->method);
    put_optional(&f, mcp_name_of(j, m));
    put_optional(&f, m->params);
}

bool request_leaves_out(const struct json *j, uint32_t key)
{
    return json_str_eq_c(j, key, "_meta") || json_str_eq_c(j, key, "requestState") ||
           json_str_eq_c(j, key, "inputResponses");
}

bool request_has_answers(const struct json *j, const struct jsonrpc *m)
{
    return m->kind == JSONRPC_REQUEST && json_get(j, m->params, "inputResponses") != JSON_NONE;
}

bool request_has_state(const struct json *j, const struct jsonrpc *m)
{
    return m->kind == JSONRPC_REQUEST && json_get(j, m->params, "requestState") != JSON_NONE;
}
