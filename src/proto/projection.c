/*
 * The canonical projection of a request, made by the gateway for policy and made again by egress
 * from the bytes that leave. The work is linear in the body: pointers are only written while they
 * fit.
 */
#include "proto/projection.h"

#include "base/limits.h"
#include "proto/mcp.h"
#include "proto/mcp_header.h"
#include "proto/utf8.h"

/* Tag and length; and the room that the closing 'X' needs. */
#define FIELD_HEAD 5
#define TAIL       FIELD_HEAD

static void put_field(struct buf *out, char tag, struct slice s)
{
    uint8_t head[FIELD_HEAD] = {(uint8_t)tag, (uint8_t)(s.n >> 24), (uint8_t)(s.n >> 16),
                                (uint8_t)(s.n >> 8), (uint8_t)s.n};
    buf_put(out, slice_of(head, sizeof(head)));
    buf_put(out, s);
}

static void put_digest(const struct projection_in *in, struct buf *out, char tag, struct slice s)
{
    struct digest d = in->sha256(s);
    put_field(out, tag, slice_of(d.b, sizeof(d.b)));
}

static void put_name(const struct projection_in *in, struct buf *out)
{
    struct buf scratch = BUF_INIT(SIZE_MAX);
    struct slice name = json_str_slice(in->j, in->name, &scratch);
    if (name.n > LIM_NAME_BYTES)
        put_digest(in, out, 'n', name);
    else
        put_field(out, 'N', name);
    buf_free(&scratch);
}

void projection_put_name(const struct projection_in *in, struct buf *out)
{
    struct buf scratch = BUF_INIT(SIZE_MAX);
    if (in->name == JSON_NONE)
        return;
    struct slice name = json_str_slice(in->j, in->name, &scratch);
    if (name.n <= LIM_NAME_BYTES && utf8_is_line(name)) {
        buf_put(out, name);
    } else {
        struct digest d = in->sha256(name);
        buf_put_str(out, "sha256:");
        buf_put_hex(out, slice_of(d.b, sizeof(d.b)));
    }
    buf_free(&scratch);
}

/* --- pointers --------------------------------------------------------------------------------- */

/* RFC 6901 section 3: ~ is ~0 and / is ~1. */
static void put_token(struct buf *out, struct slice s)
{
    buf_put_u8(out, '/');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '~')
            buf_put_str(out, "~0");
        else if (s.p[i] == '/')
            buf_put_str(out, "~1");
        else
            buf_put_u8(out, s.p[i]);
    }
}

/* The walk over the params. */
struct projection_walk {
    const struct json *j;
    uint32_t name;                  /* which is shown before */
    struct buf pointer, leaf;       /* leaf: the two fields of one leaf */
    size_t cut[LIM_JSON_DEPTH];     /* pointer's length before each open level's token */
    uint32_t index[LIM_JSON_DEPTH]; /* position in each open array */
    size_t depth;
};

/* Appends the token of this child of its parent. */
static void push_token(struct projection_walk *w, uint32_t node)
{
    const struct json_node *n = &w->j->nodes[node];
    w->cut[w->depth] = w->pointer.n;
    if (n->is_key) {
        struct buf scratch = BUF_INIT(w->pointer.max);
        put_token(&w->pointer, json_str_slice(w->j, node, &scratch));
        if (buf_err(&scratch) != ERR_OK)
            w->pointer.failed = true; /* a key that does not fit */
        buf_free(&scratch);
    } else {
        buf_put_u8(&w->pointer, '/');
        buf_put_u64_dec(&w->pointer, w->index[w->depth]++);
    }
}

static void cut_pointer(struct projection_walk *w)
{
    struct buf *p = &w->pointer;
    p->n = w->cut[w->depth];
}

/* Of a leaf, by its type. */
static const char tags[] = {
    [JSON_NULL] = 'z',   [JSON_FALSE] = 'f', [JSON_TRUE] = 't',   [JSON_NUMBER] = 'd',
    [JSON_STRING] = 's', [JSON_ARRAY] = 'a', [JSON_OBJECT] = 'o',
};

/* The fields of one leaf in w->leaf; that buffer fails when they do not fit at all. */
static void make_leaf(struct projection_walk *w, uint32_t node)
{
    const struct json_node *n = &w->j->nodes[node];
    struct buf scratch = BUF_INIT(w->leaf.max);
    struct slice text = SLICE_EMPTY;
    buf_clear(&w->leaf);
    if (n->type == JSON_STRING)
        text = json_str_slice(w->j, node, &scratch);
    else if (n->type == JSON_NUMBER)
        text = json_raw(w->j, node);
    put_field(&w->leaf, 'P', buf_slice(&w->pointer));
    put_field(&w->leaf, tags[n->type], text);
    if (buf_err(&scratch) != ERR_OK)
        w->leaf.failed = true;
    buf_free(&scratch);
}

/* True when the leaf was appended; false when it does not fit into max bytes. */
static bool put_leaf(struct projection_walk *w, uint32_t node, struct buf *out, size_t max)
{
    if (buf_err(&w->pointer) != ERR_OK)
        return false;
    make_leaf(w, node);
    if (buf_err(&w->leaf) != ERR_OK || out->n + w->leaf.n > max)
        return false;
    buf_put(out, buf_slice(&w->leaf));
    return true;
}

static bool is_left_out(const struct projection_walk *w, uint32_t node)
{
    return w->j->nodes[node].is_key &&
           (json_value(w->j, node) == w->name || request_leaves_out(w->j, node));
}

/* Appends the leaves of a container; false at the first that does not fit. */
static bool put_leaves(struct projection_walk *w, uint32_t root, struct buf *out, size_t max)
{
    uint32_t open = root;
    for (uint32_t i = root + 1; i < w->j->nodes[root].next;) {
        if (open == root && is_left_out(w, i)) {
            i = w->j->nodes[i + 1].next;
            continue;
        }
        push_token(w, i);
        uint32_t v = w->j->nodes[i].is_key ? i + 1 : i;
        if (json_count(w->j, v) > 0) {
            open = v;
            w->depth++;
            w->index[w->depth] = 0;
            i = v + 1;
            continue;
        }
        if (!put_leaf(w, v, out, max))
            return false;
        cut_pointer(w);
        i = w->j->nodes[v].next;
        while (open != root && i == w->j->nodes[open].next) {
            open = w->j->nodes[open].parent;
            w->depth--;
            cut_pointer(w);
        }
    }
    return true;
}

static bool put_params(const struct projection_in *in, struct buf *out, size_t max)
{
    struct projection_walk w = {
        .j = in->j,
        .name = in->name,
        .pointer = BUF_INIT(LIM_PROJECTION_BYTES),
        .leaf = BUF_INIT(LIM_PROJECTION_BYTES),
    };
    bool all = put_leaves(&w, in->params, out, max);
    buf_free(&w.pointer);
    buf_free(&w.leaf);
    return all;
}

/* --- headers ---------------------------------------------------------------------------------- */

/* False when it does not fit into max bytes. */
static bool put_header(const struct http_field *h, struct buf *out, size_t max)
{
    struct buf name = BUF_INIT(LIM_HEADER_BYTES), text = BUF_INIT(LIM_HEADER_BYTES);
    struct slice value = mcp_header_decode(h->value, &text) == ERR_OK ? buf_slice(&text) : h->value;
    bool fits;

    buf_put_str(&name, MCP_PARAM_PREFIX);
    buf_put(&name, h->name);
    fits = out->n + 2 * FIELD_HEAD + name.n + value.n <= max;
    if (fits) {
        put_field(out, 'P', buf_slice(&name));
        put_field(out, 's', value);
    }
    buf_free(&name);
    buf_free(&text);
    return fits;
}

static bool put_headers(const struct request_headers *h, struct buf *out, size_t max)
{
    for (size_t i = 0; h && i < h->n; i++) {
        if (!put_header(&h->v[i], out, max))
            return false;
    }
    return true;
}

enum err projection_write(const struct projection_in *in, struct buf *out)
{
    struct buf scratch = BUF_INIT(LIM_METHOD_BYTES);
    size_t max = out->n + LIM_PROJECTION_BYTES;
    put_field(out, 'M', json_str_slice(in->j, in->method, &scratch));
    enum err e = buf_err(&scratch);
    buf_free(&scratch);
    if (e)
        return e;
    if (in->name != JSON_NONE)
        put_name(in, out);
    if ((in->params != JSON_NONE && !put_params(in, out, max - TAIL)) ||
        !put_headers(in->headers, out, max - TAIL))
        put_field(out, 'X', SLICE_EMPTY);
    return buf_err(out);
}

enum err projection_of(const struct json *j, const struct jsonrpc *m,
                       const struct request_headers *h, projection_sha256 *sha256, struct buf *out)
{
    if (m->kind != JSONRPC_REQUEST && m->kind != JSONRPC_NOTIFICATION)
        return ERR_OK;
    return projection_write(
        &(struct projection_in){
            .j = j,
            .method = m->method,
            .name = mcp_name_of(j, m),
            .params = m->params,
            .sha256 = sha256,
            .headers = h,
        },
        out);
}

bool projection_next(struct slice s, size_t *at, char *ret_tag, struct slice *ret)
{
    if (*at > s.n || s.n - *at < FIELD_HEAD)
        return false;
    const uint8_t *p = s.p + *at;
    size_t n = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
    if (n > s.n - *at - FIELD_HEAD)
        return false;
    *ret_tag = (char)p[0];
    *ret = slice_of(p + FIELD_HEAD, n);
    *at += FIELD_HEAD + n;
    return true;
}
