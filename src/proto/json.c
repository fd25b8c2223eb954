/*
 * The strict JSON reader: text to a flat array of nodes, in one pass, without recursion. Run by
 * gateway and egress on bytes from clients and servers; trusts nothing. RFC 8259; the refusals
 * beyond it stand in json.h.
 *
 * A container remembers whether its text is already in the form that json_copy writes (no white
 * space, no escapes but ours): such a subtree is copied as one piece.
 */
#include "proto/json.h"

#include <stdlib.h>
#include <sys/auxv.h>

#include "base/ascii.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/planted.h"
#include "proto/json_in.h"
#include "proto/utf8.h"

/* Objects up to this size are checked for equal keys pair by pair, larger ones by hashes. */
#define FEW_KEYS 12

struct parser {
    struct json *j;
    const uint8_t *s;
    size_t n, at;
    size_t err_at;
    uint32_t open; /* the innermost array or object, or JSON_NONE */
    unsigned depth;
    uint32_t max_nodes, max_keys;
    uint32_t escaped; /* of the last escape; as a local it would cost string a guarded stack */
};

static enum err fail(struct parser *p, size_t at, enum err e)
{
    p->err_at = at;
    return e;
}

void json_free(struct json *j)
{
    mem_free(j->nodes);
    *j = JSON_INIT;
}

size_t json_bytes(const struct json *j)
{
    return j->cap * sizeof(*j->nodes);
}

static void grow(struct json *j)
{
    uint32_t cap = j->cap ? j->cap * 2 : 64;
    struct json_node *v = mem_alloc(cap * sizeof(*v));
    for (uint32_t i = 0; i < j->n; i++)
        v[i] = j->nodes[i];
    mem_free(j->nodes);
    j->nodes = v;
    j->cap = cap;
}

/* Behind those that there are; where it stands is filled in. */
static inline enum err add_node(struct parser *p, struct json_node node)
{
    struct json *j = p->j;
    if (j->n == p->max_nodes)
        return fail(p, node.at, ERR_TOO_LARGE);
    if (j->n == j->cap)
        grow(j);
    node.parent = p->open;
    node.next = j->n + 1;
    j->nodes[j->n++] = node;
    return ERR_OK;
}

static enum err add_plain(struct parser *p, enum json_type type, size_t at, size_t len)
{
    return add_node(
        p, (struct json_node){.at = (uint32_t)at, .len = (uint32_t)len, .type = (uint8_t)type});
}

/* What stands in the open container is not in its final form. */
static void mark_rewrite(struct parser *p)
{
    if (p->open != JSON_NONE)
        p->j->nodes[p->open].other_form = true;
}

/* --- strings ---------------------------------------------------------------------------------- */

static inline uint64_t load8(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

#define ONES (~UINT64_C(0) / 255)

/* The first byte from at on that is a quote, a backslash, a control or not ASCII; n if none. Of the
 * marks in eight bytes the lowest is right: a borrow comes only out of a marked byte. */
static inline size_t skip_plain(const uint8_t *s, size_t at, size_t n)
{
    while (n - at >= 8) {
        uint64_t w = load8(s + at);
        uint64_t quote_or_control = (w ^ ONES * 2) - ONES * 0x21; /* '"' ^ 2 is 0x20 */
        uint64_t backslash = (w ^ ONES * '\\') - ONES;
        uint64_t m = (w | quote_or_control | backslash) & ONES << 7;
        if (m != 0)
            return at + (size_t)__builtin_ctzll(m) / 8;
        at += 8;
    }
    while (at < n && s[at] >= 0x20 && s[at] < 0x80 && s[at] != '"' && s[at] != '\\')
        at++;
    return at;
}

/* The four digits of a \u escape whose backslash stands at s.p[0]; false if it is none. */
static bool hex4(struct slice s, uint32_t *ret)
{
    uint32_t v = 0;
    if (s.n < 6 || s.p[0] != '\\' || s.p[1] != 'u')
        return false;
    for (size_t i = 2; i < 6; i++) {
        int d = ascii_hex(s.p[i]);
        if (d < 0)
            return false;
        v = v << 4 | (uint32_t)d;
    }
    *ret = v;
    return true;
}

size_t json_escape(struct slice s, uint32_t *ret)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    uint32_t hi, lo;
    if (s.n < 2)
        return 0;
    for (size_t i = 0; i < sizeof(from) - 1; i++) {
        if (s.p[1] == (uint8_t)from[i]) {
            *ret = (uint8_t)to[i];
            return 2;
        }
    }
    if (!hex4(s, &hi) || (hi >= 0xdc00 && hi <= 0xdfff))
        return 0;
    if (hi < 0xd800 || hi > 0xdbff) {
        *ret = hi;
        return 6;
    }
    if (!hex4(slice_sub(s, 6, s.n), &lo) || lo < 0xdc00 || lo > 0xdfff)
        return 0;
    *ret = 0x10000 + ((hi - 0xd800) << 10) + (lo - 0xdc00);
    return 12;
}

/* The string whose opening quote is at p->at becomes a node. */
static enum err string(struct parser *p, bool is_key)
{
    size_t start = p->at + 1, at = start, k;
    bool escapes = false, other_form = false;
    for (;;) {
        at = skip_plain(p->s, at, p->n);
        if (at == p->n || p->s[at] < 0x20)
            return fail(p, at, ERR_SYNTAX);
        if (p->s[at] == '"')
            break;
        if (p->s[at] == '\\') {
            k = json_escape(slice_of(p->s + at, p->n - at), &p->escaped);
            escapes = true;
            other_form |= k != 2 || p->s[at + 1] == '/';
        } else {
            k = utf8_next(slice_of(p->s + at, p->n - at), NULL);
        }
        if (k == 0)
            return fail(p, at, ERR_SYNTAX);
        at += k;
    }
    p->at = at + 1;
    if (other_form)
        mark_rewrite(p);
    return add_node(p, (struct json_node){.at = (uint32_t)start,
                                          .len = (uint32_t)(at - start),
                                          .type = JSON_STRING,
                                          .is_key = is_key,
                                          .has_escapes = escapes,
                                          .other_form = other_form});
}

/* --- equal keys ------------------------------------------------------------------------------- */

/*
 * A key's hash: the polynomial that its length and bytes make, seven bytes a coefficient, modulo the
 * prime 2^61 - 1, at a point that differs in each process. Who chooses the keys does not know the
 * point, and two keys of 7d bytes meet at no more than d points of 2^61: so that comparing keys
 * takes no longer than reading them, whatever they are.
 */
#define PRIME       ((UINT64_C(1) << 61) - 1)
#define COEFFICIENT ((UINT64_C(1) << 56) - 1)
__extension__ typedef unsigned __int128 uint128;

/* Of a < 2^62 and b < 2^61; the product is below 2^61 + 2 and need not be the least. */
static uint64_t multiply(uint64_t a, uint64_t b)
{
    uint128 x = (uint128)a * b;
    uint64_t once = ((uint64_t)x & PRIME) + (uint64_t)(x >> 61);

    return (once & PRIME) + (once >> 61);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* From the 16 random bytes that the kernel gives each process, of which the C library makes its own
 * secrets: less is taken of them than they are. */
static uint64_t point_of_process(void)
{
    const uint8_t *random = (const uint8_t *)(uintptr_t)getauxval(AT_RANDOM);

    BUG_IF(!random);
    return PLANTED(keys_alike) ? 0 : mix(load8(random) + mix(load8(random + 8))) & PRIME;
}

static uint32_t hash(struct slice s, uint64_t point)
{
    uint64_t h = s.n, w = 0;
    size_t at = 0;

    for (; s.n - at >= 8; at += 7)
        h = multiply(h, point) + (load8(s.p + at) & COEFFICIENT);
    for (; at < s.n; at++)
        w = w << 8 | s.p[at];
    h = multiply(h, point) + w;
    return (uint32_t)multiply(h, point);
}

/* Of the decoded bytes, so that two ways of writing one key meet. */
static uint32_t key_hash(const struct json *j, uint32_t key, uint64_t point)
{
    struct buf b = BUF_INIT(SIZE_MAX);
    uint32_t h = hash(json_str_slice(j, key, &b), point);
    BUG_IF(buf_err(&b) != ERR_OK);
    buf_free(&b);
    return h;
}

/* A key as qsort sees it. */
struct key_slot {
    uint32_t hash;
    uint32_t node;
};

static int key_cmp(const void *x, const void *y)
{
    const struct key_slot *a = x, *b = y;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return a->node < b->node ? -1 : 1;
}

static bool same_key(struct json *j, uint32_t a, uint32_t b)
{
    j->compared++;
    return json_cursor_cmp(json_cursor(j, a), json_cursor(j, b)) == 0;
}

static enum err many_keys(struct parser *p, uint32_t object, uint32_t count)
{
    struct json *j = p->j;
    struct key_slot *v = mem_zalloc_array(count, sizeof(*v));
    uint64_t point = point_of_process();
    uint32_t key = object + 1;
    enum err e = ERR_OK;
    for (uint32_t i = 0; i < count; i++) {
        v[i] = (struct key_slot){key_hash(j, key, point), key};
        key = j->nodes[key + 1].next;
    }
    qsort(v, count, sizeof(*v), key_cmp);
    for (uint32_t i = 1; i < count && !e; i++) {
        for (uint32_t k = i; k > 0 && v[k - 1].hash == v[i].hash && !e; k--) {
            if (same_key(j, v[k - 1].node, v[i].node))
                e = fail(p, j->nodes[v[i].node].at, ERR_DUPLICATE_KEY);
        }
    }
    mem_free(v);
    return e;
}

/* As written; keys with escapes are told apart like many. */
static enum err check_keys(struct parser *p, uint32_t object)
{
    const struct json *j = p->j;
    uint32_t count = j->nodes[object].count, first = object + 1;
    if (count < 2)
        return ERR_OK;
    if (count > FEW_KEYS)
        return many_keys(p, object, count);
    for (uint32_t k = first; k < j->n; k = j->nodes[k + 1].next) {
        if (j->nodes[k].has_escapes)
            return many_keys(p, object, count);
        for (uint32_t i = first; i < k; i = j->nodes[i + 1].next) {
            if (j->nodes[i].len == j->nodes[k].len && slice_eq(json_raw(j, i), json_raw(j, k)))
                return fail(p, j->nodes[k].at, ERR_DUPLICATE_KEY);
        }
    }
    return ERR_OK;
}

/* --- other values ----------------------------------------------------------------------------- */

/* Moves *at over at least one digit. */
static bool some_digits(struct slice s, size_t *at)
{
    size_t from = *at;
    while (*at < s.n && ascii_is_digit(s.p[*at]))
        (*at)++;
    return *at > from;
}

size_t json_number_len(struct slice s)
{
    size_t at = s.n && s.p[0] == '-';
    if (at < s.n && s.p[at] == '0')
        at++;
    else if (!some_digits(s, &at))
        return 0;
    if (at < s.n && s.p[at] == '.') {
        at++;
        if (!some_digits(s, &at))
            return 0;
    }
    if (at < s.n && (s.p[at] | 0x20) == 'e') {
        at++;
        if (at < s.n && (s.p[at] == '+' || s.p[at] == '-'))
            at++;
        if (!some_digits(s, &at))
            return 0;
    }
    return at;
}

static enum err number(struct parser *p)
{
    size_t at = p->at, k = json_number_len(slice_of(p->s + at, p->n - at));
    if (k == 0)
        return fail(p, at, ERR_SYNTAX);
    p->at += k;
    return add_plain(p, JSON_NUMBER, at, k);
}

static enum err literal(struct parser *p)
{
    static const struct {
        struct slice text;
        enum json_type type;
    } words[] = {{{(const uint8_t *)"null", 4}, JSON_NULL},
                 {{(const uint8_t *)"true", 4}, JSON_TRUE},
                 {{(const uint8_t *)"false", 5}, JSON_FALSE}};
    struct slice rest = slice_of(p->s + p->at, p->n - p->at);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (slice_starts(rest, words[i].text)) {
            size_t at = p->at;
            p->at += words[i].text.n;
            return add_plain(p, words[i].type, at, words[i].text.n);
        }
    }
    return fail(p, p->at, ERR_SYNTAX);
}

/* --- arrays and objects ----------------------------------------------------------------------- */

static enum err open_container(struct parser *p, enum json_type type)
{
    if (p->depth == LIM_JSON_DEPTH)
        return fail(p, p->at, ERR_TOO_DEEP);
    enum err e = add_plain(p, type, p->at, 0);
    if (e)
        return e;
    p->open = p->j->n - 1;
    p->depth++;
    p->at++;
    return ERR_OK;
}

static enum err close_container(struct parser *p)
{
    struct json_node *c = &p->j->nodes[p->open];
    p->at++;
    c->len = (uint32_t)(p->at - c->at);
    c->next = p->j->n;
    if (c->type == JSON_OBJECT) {
        enum err e = check_keys(p, p->open);
        if (e)
            return e;
    }
    if (c->other_form && c->parent != JSON_NONE)
        p->j->nodes[c->parent].other_form = true;
    p->open = c->parent;
    p->depth--;
    return ERR_OK;
}

static bool is_white(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* A control that is none is refused by what reads on, so that the mark does not matter. */
static inline void white_space(struct parser *p)
{
    if (p->at == p->n || p->s[p->at] > ' ')
        return;
    while (p->at < p->n && is_white(p->s[p->at]))
        p->at++;
    mark_rewrite(p);
}

/* --- the loop --------------------------------------------------------------------------------- */

/* One more in the open array or object: its value comes next, behind its key and colon if it has
 * them. */
static enum err next(struct parser *p)
{
    struct json_node *c = &p->j->nodes[p->open];
    uint32_t before = c->count++;
    if (c->type == JSON_ARRAY)
        return ERR_OK;
    if (p->at == p->n || p->s[p->at] != '"')
        return fail(p, p->at, ERR_SYNTAX);
    if (before == p->max_keys)
        return fail(p, p->at, ERR_TOO_LARGE);
    enum err e = string(p, true);
    if (e)
        return e;
    white_space(p);
    if (p->at == p->n || p->s[p->at] != ':')
        return fail(p, p->at, ERR_SYNTAX);
    p->at++;
    return ERR_OK;
}

/* From one value to where the next one begins, over the ends of what ends there; p->open is
 * JSON_NONE when that was the whole. */
static enum err go_on(struct parser *p)
{
    while (p->open != JSON_NONE) {
        uint8_t end = p->j->nodes[p->open].type == JSON_OBJECT ? '}' : ']';
        enum err e;
        white_space(p);
        if (p->at < p->n && p->s[p->at] == ',') {
            p->at++;
            white_space(p);
            return next(p);
        }
        if (p->at == p->n || p->s[p->at] != end)
            return fail(p, p->at, ERR_SYNTAX);
        e = close_container(p);
        if (e)
            return e;
    }
    return ERR_OK;
}

/* Into an array or object, to its first value; over it when it has none. */
static enum err go_in(struct parser *p, enum json_type type)
{
    enum err e = open_container(p, type);
    if (e)
        return e;
    white_space(p);
    if (p->at < p->n && p->s[p->at] == (type == JSON_OBJECT ? '}' : ']'))
        return go_on(p);
    return next(p);
}

/* The value at p->at, to where the next one begins. */
static enum err value(struct parser *p)
{
    uint8_t c = p->s[p->at];
    enum err e;
    switch (c) {
    case '{': return go_in(p, JSON_OBJECT);
    case '[': return go_in(p, JSON_ARRAY);
    case '"': e = string(p, false); break;
    default: e = c == '-' || ascii_is_digit(c) ? number(p) : literal(p);
    }
    return e ? e : go_on(p);
}

static enum err run(struct parser *p)
{
    do {
        enum err e;
        white_space(p);
        if (p->at == p->n)
            return fail(p, p->at, ERR_SYNTAX);
        e = value(p);
        if (e)
            return e;
    } while (p->open != JSON_NONE);
    white_space(p);
    return p->at == p->n ? ERR_OK : fail(p, p->at, ERR_SYNTAX);
}

enum err json_parse(struct json *j, struct slice text, size_t *ret_at)
{
    return json_parse_room(j, text, (struct json_room){0}, ret_at);
}

enum err json_parse_room(struct json *j, struct slice text, struct json_room room, size_t *ret_at)
{
    struct parser p = {.j = j,
                       .s = text.p,
                       .n = text.n,
                       .open = JSON_NONE,
                       .max_nodes = LIM_JSON_NODES - room.nodes,
                       .max_keys = LIM_JSON_KEYS - room.keys};
    j->n = 0;
    j->compared = 0;
    j->text = text;
    enum err e = text.n >= UINT32_MAX ? fail(&p, 0, ERR_TOO_LARGE) : run(&p);
    if (e) {
        j->n = 0;
        if (ret_at)
            *ret_at = p.err_at;
    }
    return e;
}
