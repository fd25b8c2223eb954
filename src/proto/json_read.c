/*
 * Looking into a parsed JSON document. Used by gateway and egress; the document passed json_parse,
 * so its shape is trusted here, its content is not.
 */
#include "base/limits.h"
#include "proto/json_in.h"
#include "proto/utf8.h"

static const struct json_node *get(const struct json *j, uint32_t node)
{
    if (node == JSON_NONE)
        return NULL;
    BUG_IF(node >= j->n);
    return &j->nodes[node];
}

bool json_is(const struct json *j, uint32_t node, enum json_type type)
{
    const struct json_node *n = get(j, node);
    return n && n->type == type;
}

struct slice json_raw(const struct json *j, uint32_t node)
{
    const struct json_node *n = get(j, node);
    return n ? slice_of(j->text.p + n->at, n->len) : SLICE_EMPTY;
}

uint32_t json_count(const struct json *j, uint32_t node)
{
    const struct json_node *n = get(j, node);
    return n && (n->type == JSON_ARRAY || n->type == JSON_OBJECT) ? n->count : 0;
}

uint32_t json_first(const struct json *j, uint32_t node)
{
    return json_count(j, node) ? node + 1 : JSON_NONE;
}

uint32_t json_next(const struct json *j, uint32_t node)
{
    const struct json_node *n = get(j, node);
    if (!n || n->parent == JSON_NONE)
        return JSON_NONE;
    uint32_t next = n->is_key ? j->nodes[node + 1].next : n->next;
    /* The value of a member has no next element: its key has. */
    if (!n->is_key && j->nodes[n->parent].type == JSON_OBJECT)
        return JSON_NONE;
    return next < j->nodes[n->parent].next ? next : JSON_NONE;
}

uint32_t json_value(const struct json *j, uint32_t key)
{
    const struct json_node *n = get(j, key);
    return n && n->is_key ? key + 1 : JSON_NONE;
}

uint32_t json_get_key(const struct json *j, uint32_t object, struct slice name)
{
    if (!json_is(j, object, JSON_OBJECT))
        return JSON_NONE;
    for (uint32_t k = json_first(j, object); k != JSON_NONE; k = json_next(j, k)) {
        if (json_str_eq(j, k, name))
            return k;
    }
    return JSON_NONE;
}

uint32_t json_get_slice(const struct json *j, uint32_t object, struct slice name)
{
    return json_value(j, json_get_key(j, object, name));
}

uint32_t json_get(const struct json *j, uint32_t object, const char *name)
{
    return json_get_slice(j, object, slice_str(name));
}

/* --- strings ---------------------------------------------------------------------------------- */

/* Appends s with its escapes decoded. */
static void put_decoded(struct buf *out, struct slice s)
{
    while (s.n) {
        size_t k = slice_find_byte(s, '\\');
        buf_put(out, slice_sub(s, 0, k));
        s = slice_sub(s, k, s.n);
        if (s.n) {
            uint32_t cp;
            k = json_escape(s, &cp);
            BUG_IF(k == 0);
            utf8_put(out, cp);
            s = slice_sub(s, k, s.n);
        }
    }
}

enum err json_str(const struct json *j, uint32_t node, struct buf *out)
{
    const struct json_node *n = get(j, node);
    if (!n || n->type != JSON_STRING)
        return ERR_INVALID_PARAMS;
    if (n->has_escapes)
        put_decoded(out, json_raw(j, node));
    else
        buf_put(out, json_raw(j, node));
    return buf_err(out);
}

struct slice json_str_slice(const struct json *j, uint32_t node, struct buf *scratch)
{
    const struct json_node *n = get(j, node);
    if (!n || n->type != JSON_STRING)
        return SLICE_EMPTY;
    if (!n->has_escapes)
        return json_raw(j, node);
    size_t from = scratch->n;
    if (json_str(j, node, scratch) != ERR_OK)
        return SLICE_EMPTY;
    return slice_sub(buf_slice(scratch), from, scratch->n);
}

struct json_cursor json_cursor(const struct json *j, uint32_t node)
{
    return (struct json_cursor){json_raw(j, node), j->nodes[node].has_escapes};
}

/* The next code point of either cursor; false at the end. */
static bool cursor_next(struct json_cursor *c, uint32_t *ret)
{
    if (c->rest.n == 0)
        return false;
    size_t k = c->rest.p[0] == '\\' && c->has_escapes ? json_escape(c->rest, ret)
                                                      : utf8_next(c->rest, ret);
    BUG_IF(k == 0);
    c->rest = slice_sub(c->rest, k, c->rest.n);
    return true;
}

int json_cursor_cmp(struct json_cursor a, struct json_cursor b)
{
    if (!a.has_escapes && !b.has_escapes)
        return slice_cmp(a.rest, b.rest); /* bytes order as code points do */
    for (;;) {
        uint32_t x = 0, y = 0;
        bool more_a = cursor_next(&a, &x), more_b = cursor_next(&b, &y);
        if (!more_a || !more_b)
            return more_a - more_b;
        if (x != y)
            return x < y ? -1 : 1;
    }
}

bool json_str_eq(const struct json *j, uint32_t node, struct slice want)
{
    if (!json_is(j, node, JSON_STRING))
        return false;
    if (!j->nodes[node].has_escapes)
        return slice_eq(json_raw(j, node), want);
    if (!utf8_valid(want))
        return false;
    return json_cursor_cmp(json_cursor(j, node), (struct json_cursor){want, false}) == 0;
}

bool json_str_eq_c(const struct json *j, uint32_t node, const char *want)
{
    return json_str_eq(j, node, slice_str(want));
}

/* --- numbers ---------------------------------------------------------------------------------- */

bool json_i64(const struct json *j, uint32_t node, int64_t *ret)
{
    uint64_t v;
    if (!json_is(j, node, JSON_NUMBER))
        return false;
    struct slice s = json_raw(j, node);
    bool minus = s.p[0] == '-';
    if (!slice_to_u64(slice_sub(s, minus, s.n), (uint64_t)INT64_MAX + minus, &v))
        return false;
    if (!minus)
        *ret = (int64_t)v;
    else
        *ret = v == 0 ? 0 : -(int64_t)(v - 1) - 1;
    return true;
}

bool json_is_number_text(struct slice s)
{
    return s.n > 0 && json_number_len(s) == s.n;
}

/* A number taken apart: value is digits (which stand in two pieces, whole and fraction) times ten
 * to the exponent of the last digit. */
struct number {
    bool minus;
    struct slice whole, frac;
    int64_t exp;   /* of the last digit of frac */
    bool huge_exp; /* exp does not fit */
};

static struct number take_apart(struct slice s)
{
    struct number r = {.minus = s.p[0] == '-'};
    s = slice_sub(s, r.minus, s.n);
    size_t e = slice_find_byte(s, 'e');
    if (e == s.n)
        e = slice_find_byte(s, 'E');
    struct slice mantissa = slice_sub(s, 0, e), ex = slice_sub(s, e + (e < s.n), s.n);
    size_t dot = slice_find_byte(mantissa, '.');
    r.whole = slice_sub(mantissa, 0, dot);
    r.frac = slice_sub(mantissa, dot + (dot < mantissa.n), mantissa.n);
    bool minus = ex.n && ex.p[0] == '-';
    if (ex.n && (ex.p[0] == '-' || ex.p[0] == '+'))
        ex = slice_sub(ex, 1, ex.n);
    while (ex.n > 1 && ex.p[0] == '0')
        ex = slice_sub(ex, 1, ex.n);
    uint64_t v = 0;
    if (ex.n && !slice_to_u64(ex, INT64_MAX / 4, &v))
        r.huge_exp = true;
    r.exp = minus ? -(int64_t)v : (int64_t)v;
    r.exp -= (int64_t)r.frac.n;
    return r;
}

/* Digit i of whole and fraction together. */
static uint8_t digit(const struct number *r, size_t i)
{
    return i < r->whole.n ? r->whole.p[i] : r->frac.p[i - r->whole.n];
}

/* [*from, *to): the digits without zeros at either end; empty for zero. exp moves along. */
static void trim_zeros(struct number *r, size_t *from, size_t *to)
{
    *from = 0;
    *to = r->whole.n + r->frac.n;
    while (*from < *to && digit(r, *from) == '0')
        (*from)++;
    while (*to > *from && digit(r, *to - 1) == '0') {
        (*to)--;
        r->exp++;
    }
}

bool json_number_eq(struct slice a, struct slice b)
{
    size_t af, at, bf, bt;
    if (!json_is_number_text(a) || !json_is_number_text(b))
        return false;
    if (slice_eq(a, b))
        return true;
    struct number x = take_apart(a), y = take_apart(b);
    trim_zeros(&x, &af, &at);
    trim_zeros(&y, &bf, &bt);
    if (af == at || bf == bt)
        return af == at && bf == bt;
    /* An exponent beyond 2^61 has no partner but itself, written the same way. */
    if (x.huge_exp || y.huge_exp)
        return false;
    if (x.minus != y.minus || x.exp != y.exp || at - af != bt - bf)
        return false;
    for (size_t i = 0; i < at - af; i++) {
        if (digit(&x, af + i) != digit(&y, bf + i))
            return false;
    }
    return true;
}
