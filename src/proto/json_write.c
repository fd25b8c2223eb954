/*
 * Writing JSON: strings, a writer that keeps the commas, and copying a parsed document with
 * changes. Used by gateway and egress for everything they send, so that what is sent is what was
 * parsed.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "proto/json_in.h"
#include "proto/utf8.h"

/* The bits of json_writer.has_member are one per level. */
_Static_assert(LIM_JSON_DEPTH <= 64, "json_writer has 128 levels");

/* --- strings ---------------------------------------------------------------------------------- */

static void put_escaped_cp(struct buf *out, uint32_t cp)
{
    static const char short_form[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    for (size_t i = 0; i < sizeof(short_form) - 1; i += 2) {
        if (cp == (uint8_t)short_form[i]) {
            buf_put_u8(out, '\\');
            buf_put_u8(out, (uint8_t)short_form[i + 1]);
            return;
        }
    }
    if (cp < 0x20)
        buf_printf(out, "\\u%04x", (unsigned)cp);
    else
        utf8_put(out, cp);
}

void json_put_str(struct buf *out, struct slice s)
{
    buf_put_u8(out, '"');
    while (s.n) {
        size_t k = 0;
        uint32_t cp = 0xfffd;
        while (k < s.n && s.p[k] >= 0x20 && s.p[k] < 0x80 && s.p[k] != '"' && s.p[k] != '\\')
            k++;
        buf_put(out, slice_sub(s, 0, k));
        s = slice_sub(s, k, s.n);
        if (s.n == 0)
            break;
        k = utf8_next(s, &cp);
        put_escaped_cp(out, cp);
        s = slice_sub(s, k ? k : 1, s.n);
    }
    buf_put_u8(out, '"');
}

/* What stands between the quotes of a string that has other escapes than ours. */
static void put_with_our_escapes(struct buf *out, struct slice s)
{
    while (s.n) {
        size_t k = slice_find_byte(s, '\\');
        uint32_t cp;
        buf_put(out, slice_sub(s, 0, k));
        s = slice_sub(s, k, s.n);
        if (s.n) {
            k = json_escape(s, &cp);
            put_escaped_cp(out, cp);
            s = slice_sub(s, k, s.n);
        }
    }
}

void json_copy(const struct json *j, uint32_t node, struct buf *out)
{
    BUG_IF(node >= j->n);
    const struct json_node *n = &j->nodes[node], *in;
    size_t quote = n->type == JSON_STRING, end = n->at + n->len + quote;
    size_t at = n->at - quote, from = at; /* what stands together is put together, from there on */
    for (uint32_t i = node;;) {
        /* No string has a byte up to here. */
        for (size_t to = i < n->next ? j->nodes[i].at : end; at < to; at++) {
            if (j->text.p[at] > ' ')
                continue;
            buf_put(out, slice_sub(j->text, from, at));
            from = at + 1;
        }
        if (i == n->next)
            break;
        in = &j->nodes[i];
        bool deep = in->other_form && in->type >= JSON_ARRAY;
        if (in->other_form && !deep) {
            buf_put(out, slice_sub(j->text, from, at));
            put_with_our_escapes(out, json_raw(j, i));
            from = at + in->len;
        }
        at += deep ? 1 : in->len;
        i = deep ? i + 1 : in->next;
    }
    buf_put(out, slice_sub(j->text, from, at));
}

/* --- the writer ------------------------------------------------------------------------------- */

void json_w_init(struct json_writer *w, struct buf *out)
{
    *w = (struct json_writer){.out = out};
}

/* Sets the level's bit; what it was. */
static bool put_bit(uint64_t bits[2], unsigned level, bool on)
{
    uint64_t bit = UINT64_C(1) << level % 64, *word = &bits[level / 64];
    bool was = *word & bit;
    *word = on ? *word | bit : *word & ~bit;
    return was;
}

/* A comma unless this is the first thing at its level, or a value after its key. */
static void sep(struct json_writer *w)
{
    if (!w->after_key && w->depth > 0 && put_bit(w->has_member, w->depth - 1, true))
        buf_put_u8(w->out, ',');
    w->after_key = false;
}

static void push(struct json_writer *w, bool is_array)
{
    sep(w);
    BUG_IF(w->depth == 2 * LIM_JSON_DEPTH);
    (void)put_bit(w->has_member, w->depth, false);
    (void)put_bit(w->is_array, w->depth++, is_array);
    buf_put_u8(w->out, is_array ? '[' : '{');
}

void json_w_object(struct json_writer *w)
{
    push(w, false);
}

void json_w_array(struct json_writer *w)
{
    push(w, true);
}

void json_w_end(struct json_writer *w, unsigned n)
{
    BUG_IF(w->depth < n || w->after_key);
    while (n-- > 0)
        buf_put_u8(w->out, put_bit(w->is_array, --w->depth, false) ? ']' : '}');
}

/* After a key's text. */
static void key_done(struct json_writer *w)
{
    buf_put_u8(w->out, ':');
    w->after_key = true;
}

void json_w_key(struct json_writer *w, const char *name)
{
    BUG_IF(w->after_key);
    json_w_str(w, slice_str(name));
    key_done(w);
}

void json_w_str(struct json_writer *w, struct slice s)
{
    sep(w);
    json_put_str(w->out, s);
}

void json_w_raw(struct json_writer *w, struct slice value)
{
    sep(w);
    buf_put(w->out, value);
}

void json_w_member(struct json_writer *w, const char *name, struct slice s)
{
    json_w_key(w, name);
    json_w_str(w, s);
}

void json_w_member_raw(struct json_writer *w, const char *name, struct slice value)
{
    json_w_key(w, name);
    json_w_raw(w, value);
}

void json_w_member_number(struct json_writer *w, const char *name, int64_t v)
{
    json_w_member_raw(w, name, SLICE_EMPTY);
    buf_printf(w->out, "%" PRId64, v);
}

void json_w_member_object(struct json_writer *w, const char *name)
{
    json_w_key(w, name);
    json_w_object(w);
}

void json_w_copy(struct json_writer *w, const struct json *j, uint32_t node)
{
    sep(w);
    json_copy(j, node, w->out);
}

/* --- edits ------------------------------------------------------------------------------------ */

enum edit_kind { EDIT_REPLACE, EDIT_REMOVE, EDIT_ADD };

struct json_edit {
    uint32_t node;
    uint32_t seq; /* order of the calls */
    enum edit_kind kind;
    size_t at, n; /* the JSON text in json_edits.text; of a member "name":value */
};

void json_edits_init(struct json_edits *e, size_t max_bytes)
{
    *e = (struct json_edits){.text = BUF_INIT(max_bytes)};
}

void json_edits_free(struct json_edits *e)
{
    mem_free(e->v);
    buf_free(&e->text);
    *e = (struct json_edits){.text = BUF_INIT(e->text.max)};
}

/* Of a member: name, or NULL. */
static void add(struct json_edits *e, uint32_t node, enum edit_kind kind, const struct slice *name,
                struct slice json_text)
{
    size_t at = e->text.n;
    BUG_IF(node == JSON_NONE);
    if (e->n == e->cap) {
        uint32_t cap = e->cap ? e->cap * 2 : 8;
        struct json_edit *v = mem_zalloc_array(cap, sizeof(*v));
        for (uint32_t i = 0; i < e->n; i++)
            v[i] = e->v[i];
        mem_free(e->v);
        e->v = v;
        e->cap = cap;
    }
    if (name) {
        json_put_str(&e->text, *name);
        buf_put_u8(&e->text, ':');
    }
    buf_put(&e->text, json_text);
    e->v[e->n] = (struct json_edit){node, e->n, kind, at, e->text.n - at};
    e->n++;
}

void json_edit_replace(struct json_edits *e, uint32_t node, struct slice json_text)
{
    add(e, node, EDIT_REPLACE, NULL, json_text);
}

void json_edit_replace_str(struct json_edits *e, uint32_t node, struct slice s)
{
    add(e, node, EDIT_REPLACE, NULL, SLICE_EMPTY);
    json_put_str(&e->text, s);
    e->v[e->n - 1].n = e->text.n - e->v[e->n - 1].at;
}

void json_edit_remove(struct json_edits *e, uint32_t node)
{
    add(e, node, EDIT_REMOVE, NULL, SLICE_EMPTY);
}

void json_edit_add_member(struct json_edits *e, uint32_t object, struct slice name,
                          struct slice json_text)
{
    add(e, object, EDIT_ADD, &name, json_text);
}

void json_edit_add_element(struct json_edits *e, uint32_t array, struct slice json_text)
{
    add(e, array, EDIT_ADD, NULL, json_text);
}

void json_edit_set(struct json_edits *e, const struct json *j, uint32_t object, const char *name,
                   struct slice json_text)
{
    uint32_t v = json_get(j, object, name);
    if (v != JSON_NONE)
        json_edit_replace(e, v, json_text);
    else
        json_edit_add_member(e, object, slice_str(name), json_text);
}

void json_edit_unset(struct json_edits *e, const struct json *j, uint32_t object, const char *name)
{
    uint32_t k = json_get_key(j, object, slice_str(name));
    if (k != JSON_NONE)
        json_edit_remove(e, k);
}

static int edit_cmp(const void *x, const void *y)
{
    const struct json_edit *a = x, *b = y;
    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

/* --- copying ---------------------------------------------------------------------------------- */

struct copier {
    const struct json *j;
    struct json_writer *w;
    const struct json_edits *e; /* sorted */
    uint32_t root, open;        /* open: the innermost container being written, or JSON_NONE */
};

/* The first edit of a node not below this one. */
static uint32_t edit_from(const struct copier *c, uint32_t node)
{
    uint32_t lo = 0, hi = c->e->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (c->e->v[mid].node < node)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* The replacement or removal that counts for this node, or NULL; i: its first edit. */
static const struct json_edit *edit_of(const struct copier *c, uint32_t i, uint32_t node)
{
    const struct json_edit *d = NULL;
    for (; i < c->e->n && c->e->v[i].node == node; i++) {
        if (c->e->v[i].kind != EDIT_ADD)
            d = &c->e->v[i];
    }
    return d;
}

static void close_open(struct copier *c)
{
    const struct json_node *n = &c->j->nodes[c->open];
    for (uint32_t i = edit_from(c, c->open); i < c->e->n && c->e->v[i].node == c->open; i++) {
        const struct json_edit *d = &c->e->v[i];
        if (d->kind == EDIT_ADD)
            json_w_raw(c->w, slice_sub(buf_slice(&c->e->text), d->at, d->at + d->n));
    }
    json_w_end(c->w, 1);
    c->open = c->open == c->root ? JSON_NONE : n->parent;
}

/* A value, or a key with its colon; d: what it is replaced by (NULL: as parsed). */
static void copy_text(struct copier *c, uint32_t node, const struct json_edit *d)
{
    sep(c->w);
    if (d)
        buf_put(c->w->out, slice_sub(buf_slice(&c->e->text), d->at, d->at + d->n));
    else
        json_copy(c->j, node, c->w->out);
    if (c->j->nodes[node].is_key && node != c->root)
        key_done(c->w);
}

/* Writes node i, or opens it; returns the node to go on with. */
static uint32_t copy_one(struct copier *c, uint32_t i)
{
    const struct json_node *n = &c->j->nodes[i];
    uint32_t first = edit_from(c, i);
    const struct json_edit *d = edit_of(c, first, i);
    bool stays = first == c->e->n || c->e->v[first].node >= n->next;
    if (d && d->kind == EDIT_REMOVE)
        return n->is_key ? c->j->nodes[i + 1].next : n->next;
    if (d || n->type < JSON_ARRAY || stays) {
        copy_text(c, i, d);
        return n->next;
    }
    push(c->w, n->type == JSON_ARRAY);
    c->open = i;
    return i + 1;
}

static void copy(struct copier *c)
{
    uint32_t i = c->root, end_at = c->j->nodes[c->root].next;
    do {
        i = copy_one(c, i);
        while (c->open != JSON_NONE && c->j->nodes[c->open].next == i)
            close_open(c);
    } while (i < end_at);
}

enum err json_copy_edited(const struct json *j, uint32_t node, struct json_edits *e,
                          struct buf *out)
{
    struct json_writer w;
    enum err err = buf_err(&e->text);
    if (err != ERR_OK)
        return err;
    BUG_IF(node >= j->n);
    if (e->n)
        qsort(e->v, e->n, sizeof(*e->v), edit_cmp);
    json_w_init(&w, out);
    struct copier c = {.j = j, .w = &w, .e = e, .root = node, .open = JSON_NONE};
    copy(&c);
    return buf_err(out);
}
