/*
 * The canonical form of a request. Run by the gateway on what a client sent, and by egress on what
 * is about to leave; both must come to the same. The text was parsed within the limits of json.h,
 * which bound the depth of the walk.
 */
#include "proto/request.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/planted.h"
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
    struct slice name; /* decoded */
    size_t at;         /* of the name in members.names, if it had escapes */
    uint32_t key;
};

/* Names are decoded once, not at each comparison: they may be long, and alike but for their ends. */
struct members {
    struct member *v;
    uint32_t n;
    struct buf names;
};

static int by_name(const void *x, const void *y)
{
    const struct member *a = x, *b = y;

    return slice_cmp(a->name, b->name);
}

static void add_member(struct members *m, const struct json *j, uint32_t key)
{
    struct member *one = &m->v[m->n++];

    *one = (struct member){.at = m->names.n, .key = key};
    one->name = json_str_slice(j, key, &m->names);
}

static void sort_members(struct members *m)
{
    for (uint32_t i = 0; i < m->n; i++) {
        struct member *one = &m->v[i];
        size_t next = i + 1 < m->n ? m->v[i + 1].at : m->names.n;

        if (next > one->at) /* not in the text; and the buffer stays where it is from now on */
            one->name = slice_sub(buf_slice(&m->names), one->at, next);
    }
    qsort(m->v, m->n, sizeof(*m->v), by_name);
}

static void put_value(const struct form *f, uint32_t node);

static void put_members(const struct form *f, uint32_t object)
{
    struct members m = {mem_zalloc_array(json_count(f->j, object) + 1u, sizeof(*m.v)), 0,
                        BUF_INIT(SIZE_MAX)};

    for (uint32_t k = json_first(f->j, object); k != JSON_NONE; k = json_next(f->j, k)) {
        if (object != f->params || !request_leaves_out(f->j, k))
            add_member(&m, f->j, k);
    }
    sort_members(&m);
    put_n(f, 'o', m.n);
    for (uint32_t i = 0; i < m.n; i++) {
        put_text(f, 's', m.v[i].name);
        put_value(f, json_value(f->j, m.v[i].key));
    }
    buf_free(&m.names);
    mem_free(m.v);
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

static void put_headers(const struct form *f, const struct request_headers *h)
{
    for (size_t i = 0; h && i < h->n && !PLANTED(headers_apart); i++) {
        put_text(f, 'h', h->v[i].name);
        put_text(f, 's', h->v[i].value);
    }
}

void request_put(const struct json *j, const struct jsonrpc *m, const struct request_headers *h,
                 void (*put)(void *ctx, struct slice s), void *ctx)
{
    const struct form f = {j, put, ctx, m->params};

    if ((m->kind != JSONRPC_REQUEST && m->kind != JSONRPC_NOTIFICATION) || m->method == JSON_NONE)
        return;
    put(ctx, SLICE_LIT("sidegate request 1"));
    put_tag(&f, 0);
    put_value(&f, m->method);
    put_optional(&f, mcp_name_of(j, m));
    put_optional(&f, m->params);
    put_headers(&f, h);
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
