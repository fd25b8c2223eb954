/*
 * What may stand for a value. Run by egress on what a person typed. Each value is cut into blocks
 * of SCREEN_BLOCK characters; what is left over belongs to the last. Each block is looked for as it
 * is, in base64 and in hexadecimal. The texts of each form are made once for the whole value, and a
 * pattern is a piece of one. Holds secrets, and wipes them.
 */
#include "screen/forms.h"

#include "base/base64.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/planted.h"
#include "proto/utf8.h"
#include "screen/escape.h"

enum {
    WAY_RAW,
#define F(name, form, before, what) WAY_##name,
#include "screen/encodings.def"
    WAYS
};

enum form { FORM_RAW, FORM_BASE64, FORM_BASE64_URL, FORM_HEX, FORM_HEX_UPPER };

/* bits: of a character; shift: bytes of something else before the value, in the same group. */
static const struct {
    enum form form;
    uint8_t bits, shift;
} ways[WAYS] = {
    [WAY_RAW] = {FORM_RAW, 8, 0},
#define F(name, form, before, what)                                                                \
    [WAY_##name] = {FORM_##form, FORM_##form < FORM_HEX ? 6 : 4, before},
#include "screen/encodings.def"
};

/* The value itself; what becomes of it when UTF-8 is written as Latin-1, and when it is read so. */
enum { TEXT_ITSELF, TEXT_ONCE, TEXT_TWICE, TEXTS };

#define AGAIN UINT32_MAX

/* One value while it is added. */
struct cut {
    size_t blocks, size;      /* in characters */
    struct slice text[TEXTS]; /* empty: Latin-1 makes no difference */
    struct buf latin_1;       /* has all but the first */
    uint32_t (*bound)[TEXTS]; /* where block i begins; [blocks]: what is enough of the last */
    uint32_t at[TEXTS][WAYS]; /* in screen.bytes, or AGAIN: as another has it */
};

/* --- the screen itself ------------------------------------------------------------------------ */

/* A label is shown to models and people: only what is plain text. */
static void put_label(struct buf *out, struct slice label)
{
    label = slice_sub(label, 0, LIM_LABEL_BYTES);
    buf_put_str(out, "[redacted: ");
    while (label.n) {
        uint32_t cp;
        size_t k = utf8_next(label, &cp);
        if (k && cp != '\n' && cp != '\t' && !utf8_is_invisible(cp))
            buf_put(out, slice_sub(label, 0, k));
        label = slice_sub(label, k ? k : 1, label.n);
    }
    buf_put_u8(out, ']');
}

static void set_bit(uint8_t *pairs, uint8_t a, uint8_t b)
{
    pairs[(a & 127) << 4 | (b & 127) >> 3] |= (uint8_t)(1 << (b & 7));
}

static void mark(struct screen *s, uint8_t a, uint8_t b)
{
    set_bit(s->written, a, b);
}

static void mark_any(struct screen *s, uint8_t a)
{
    memset(s->written + ((a & 127) << 4), 0xff, 16);
}

/* That any byte may be written as one of these escapes. */
static void mark_escapes(struct screen *s)
{
    static const char digits[] = "0123456789ABCDEFabcdefu";
    for (size_t i = 0; i < sizeof(digits) - 1; i++)
        mark(s, '%', (uint8_t)digits[i]);
    for (int c = 'A'; c <= 'Z'; c++) {
        mark(s, '&', (uint8_t)c);
        mark(s, '&', (uint8_t)(c | 0x20));
    }
    mark(s, '&', '#');
    mark_any(s, '\\');
}

static size_t count_lists(const struct screen *s)
{
    return (size_t)1 << s->lists_bits;
}

static void free_lists(struct screen *s)
{
    mem_wipe(s->lists, count_lists(s) * sizeof(*s->lists));
    mem_free(s->lists);
}

struct screen *screen_new(struct slice label, uint64_t key)
{
    struct screen *s = MEM_NEW(struct screen);
    s->key = PLANTED(lists_unkeyed) ? 1 : key | 1;
    s->lists_bits = SCREEN_LISTS;
    s->lists = mem_zalloc_array(count_lists(s), sizeof(*s->lists));
    buf_init(&s->label, LIM_LABEL_BYTES + 32);
    buf_init(&s->bytes, UINT32_MAX);
    buf_init(&s->patterns, UINT32_MAX);
    buf_init(&s->blocks, UINT32_MAX);
    buf_init(&s->values, UINT32_MAX);
    (void)buf_room(&s->bytes, 2048); /* for 40 characters, and what they stand for */
    (void)buf_room(&s->patterns, 64 * sizeof(struct screen_pattern));
    put_label(&s->label, label);
    mark_escapes(s);
    return s;
}

void screen_free(struct screen *s)
{
    if (!s)
        return;
    buf_free(&s->label);
    buf_free(&s->bytes);
    buf_free(&s->patterns);
    buf_free(&s->blocks);
    buf_free(&s->values);
    free_lists(s);
    mem_wipe(s, sizeof(*s)); /* the tables tell of first bytes and lengths */
    mem_free(s);
}

/* --- encodings -------------------------------------------------------------------------------- */

static void put_form(struct buf *out, struct slice value, size_t way)
{
    enum base64_kind kind = ways[way].form == FORM_BASE64 ? BASE64 : BASE64_URL;
    uint8_t group[3] = {0};
    size_t before = ways[way].shift, n = slice_copy(value, group + before, 3 - before);
    switch (ways[way].form) {
    case FORM_RAW: buf_put(out, value); break;
    case FORM_HEX: buf_put_hex(out, value); break;
    case FORM_HEX_UPPER: buf_put_hex_upper(out, value); break;
    default:
        base64_put(out, kind, slice_of(group, before + n));
        base64_put(out, kind, slice_sub(value, n, value.n));
    }
    mem_wipe(group, sizeof(group));
}

/* Whether another text or way says as much: base64 without "+" and "/" is base64url too. */
static bool is_again(const struct screen *s, const struct cut *c, size_t t, size_t w)
{
    struct slice base64;
    if (ways[w].form != FORM_BASE64_URL)
        return c->text[t].n == 0;
    base64 = slice_sub(buf_slice(&s->bytes), c->at[t][WAY_BASE64_0], s->bytes.n);
    return slice_find_byte(base64, '+') == base64.n && slice_find_byte(base64, '/') == base64.n;
}

/* The texts of each form of the value. */
static void put_forms(struct screen *s, struct cut *c)
{
    for (size_t t = 0; t < TEXTS; t++) {
        for (size_t w = 0; w < WAYS; w++) {
            c->at[t][w] = is_again(s, c, t, w) ? AGAIN : (uint32_t)s->bytes.n;
            if (c->at[t][w] != AGAIN)
                put_form(&s->bytes, c->text[t], w);
        }
    }
}

/* --- patterns --------------------------------------------------------------------------------- */

static const uint8_t *bytes_of(const struct screen *s, const struct screen_pattern *p)
{
    return s->bytes.p + p->at;
}

static bool same_bytes(const struct screen *s, const struct screen_pattern *a,
                       const struct screen_pattern *b)
{
    return a->n == b->n && a->head == b->head && a->whole == b->whole && a->lead == b->lead &&
           slice_eq(slice_of(bytes_of(s, a), a->whole), slice_of(bytes_of(s, b), b->whole));
}

/* Where the pattern may begin: that its first byte may be escaped is marked already, its second may
 * be. */
static void mark_first(struct screen *s, uint8_t a, uint8_t b)
{
    set_bit(s->two, a, b);
    mark(s, a, b);
    if (b == ' ')
        mark(s, a, '+');
    if (s->first[a])
        return;
    s->first[a] = true;
    mark(s, a, '%');
    mark(s, a, '&');
    mark(s, a, '\\');
    if (a == ' ')
        mark_any(s, '+');
    if (a == '\'') {
        mark(s, a, '"');
        mark(s, a, '\\');
    }
}

static void *append(struct buf *array, size_t size)
{
    void *p = buf_room(array, size);
    BUG_IF(!p);
    buf_added(array, size);
    return p;
}

static void put_in_list(struct screen *s, uint32_t number)
{
    struct screen_pattern *p = screen_pattern(s, number);
    uint32_t *list = screen_list(s, p->head);
    p->next = *list;
    *list = number + 1;
}

/* As many lists as patterns, so that most have one or none. */
static void grow_lists(struct screen *s, uint32_t patterns)
{
    free_lists(s);
    s->lists_bits++;
    s->lists = mem_zalloc_array(count_lists(s), sizeof(*s->lists));
    for (uint32_t i = 0; i < patterns; i++)
        put_in_list(s, i);
}

/* Block i of one text in one encoding: the characters that hold bits of the block alone. It stands
 * behind the patterns and is not yet one of them. */
static struct screen_pattern *make_pattern(struct screen *s, const struct cut *c, size_t t,
                                           size_t w, size_t i)
{
    struct screen_pattern *p = (void *)buf_room(&s->patterns, sizeof(*p));
    uint32_t n = (uint32_t)c->text[t].n, bits = ways[w].bits, begin = c->bound[i][t],
             behind = c->bound[i + 1][t];
    uint32_t from = 8 * (begin + ways[w].shift), enough = 8 * (behind + ways[w].shift),
             end = i + 1 < c->blocks ? enough : 8 * (n + ways[w].shift);
    uint32_t first = (from + bits - 1) / bits;
    BUG_IF(!p);
    p->at = c->at[t][w] + first;
    p->n = enough / bits - first;
    p->whole = end / bits - first;
    p->head = screen_head(s->bytes.p + p->at);
    p->bits = (uint8_t)bits;
    p->lead = (uint8_t)(bits * first - from);
    p->trail = (uint8_t)(enough % bits);
    p->before = i > 0 ? begin - c->bound[i - 1][t] - 1 : 0;
    p->after = i + 1 < c->blocks ? c->bound[i + 2][t] - behind - 1 : n - behind;
    p->last = i + 1 == c->blocks;
    p->block = (uint32_t)(s->blocks.n / sizeof(struct screen_block)) - 1;
    return p;
}

/* Adds the pattern that make_pattern made last, unless the block has it already: hexadecimal without
 * letters, say. What was added last stands first in its list. */
static void add_pattern(struct screen *s, const struct screen_pattern *p)
{
    struct screen_block *b = screen_block(s, p->block);
    const uint8_t *bytes = bytes_of(s, p);
    uint32_t number = b->pattern + b->patterns;
    for (uint32_t i = *screen_list(s, p->head); i > b->pattern;
         i = screen_pattern(s, i - 1)->next) {
        if (same_bytes(s, screen_pattern(s, i - 1), p))
            return;
    }
    buf_added(&s->patterns, sizeof(*p));
    b->patterns++;
    if (number == count_lists(s))
        grow_lists(s, number);
    put_in_list(s, number);
    mark_first(s, bytes[0], bytes[1]);
}

/* The block that has these bytes already, or `none`: among so many that begin alike as it is worth. One
 * that is overlooked is looked for twice. */
#define SAME_LOOKED_AT 64
static uint32_t find_same(const struct screen *s, const struct screen_pattern *p, uint32_t none)
{
    uint32_t i = *screen_list(s, p->head);
    for (unsigned n = 0; i > 0 && n < SAME_LOOKED_AT; n++) {
        const struct screen_pattern *other = screen_pattern(s, i - 1);
        if (screen_block(s, other->block)->pattern == i - 1 && same_bytes(s, other, p))
            return other->block;
        i = other->next;
    }
    return none;
}

/* The same bytes stand once more in a value: all that may stand beside them there is taken in too. */
static void set_beside(struct screen *s, const struct screen_block *b,
                       const struct screen_pattern *again)
{
    for (size_t i = b->pattern; i < b->pattern + b->patterns; i++) {
        struct screen_pattern *p = screen_pattern(s, i);
        p->before = p->before > again->before ? p->before : again->before;
        p->after = p->after > again->after ? p->after : again->after;
        p->last |= again->last;
    }
}

static void add_block(struct screen *s, const struct cut *c, size_t i)
{
    uint32_t number = (uint32_t)(s->blocks.n / sizeof(struct screen_block));
    struct screen_block *b = append(&s->blocks, sizeof(*b));
    struct screen_pattern *p = make_pattern(s, c, TEXT_ITSELF, WAY_RAW, i);
    *b = (struct screen_block){
        .pattern = (uint32_t)(s->patterns.n / sizeof(*p)),
        .same = find_same(s, p, number),
    };
    if (b->same != number) {
        set_beside(s, screen_block(s, b->same), p);
        return;
    }
    s->distinct++;
    for (size_t t = 0; t < TEXTS; t++) {
        for (size_t w = 0; w < WAYS; w++) {
            if (c->at[t][w] == AGAIN)
                continue;
            if (PLANTED(encoding_left_out) && (w == WAY_BASE64_1 || w == WAY_BASE64URL_1))
                continue;
            if (PLANTED(block_left_out) && i > 0)
                continue;
            p = make_pattern(s, c, t, w, i);
            if (PLANTED(short_left_out) && p->n < SCREEN_VALUE_MIN - 1)
                continue;
            add_pattern(s, p);
        }
    }
}

/* --- cutting ---------------------------------------------------------------------------------- */

static size_t character_at(struct slice s, uint32_t *ret)
{
    size_t n = utf8_next(s, ret);
    return n > 0 ? n : 1; /* what is no UTF-8 counts as it is */
}

static size_t count_characters(struct slice s)
{
    size_t n = 0;
    for (uint32_t cp; s.n > 0; n++)
        s = slice_sub(s, character_at(s, &cp), s.n);
    return n;
}

static bool is_ascii(struct slice s)
{
    uint8_t all = 0;
    for (size_t i = 0; i < s.n; i++)
        all |= s.p[i];
    return all < 0x80;
}

/* As a program has it that takes UTF-8 for Latin-1 and writes UTF-8 again, or reads UTF-8 and
 * writes Latin-1, be it escaped; what Latin-1 does not have stays. Blocks begin and end at
 * characters, so that they are the same in each text. */
static void put_latin_1(struct cut *c, struct slice value)
{
    uint8_t *const texts = buf_room(&c->latin_1, 3 * value.n), *once = texts;
    uint8_t *twice = texts + value.n;
    uint32_t cp = 0;
    for (size_t at = 0, i = 0; i <= c->blocks; i++) {
        c->bound[i][TEXT_ITSELF] = (uint32_t)at;
        c->bound[i][TEXT_ONCE] = (uint32_t)(once - texts);
        c->bound[i][TEXT_TWICE] = (uint32_t)((size_t)(twice - texts) - value.n);
        for (size_t n = 0; at < value.n && (n < c->size || i == c->blocks); n++) {
            size_t k = character_at(slice_sub(value, at, value.n), &cp);
            if (k == 2 && cp <= 0xff)
                *once++ = (uint8_t)cp;
            else
                once += slice_copy(slice_sub(value, at, at + k), once, k);
            for (; k > 0; k--)
                twice += utf8_encode(value.p[at++], twice);
        }
    }
    c->text[TEXT_ONCE] = slice_of(texts, (size_t)(once - texts));
    c->text[TEXT_TWICE] = slice_of(texts + value.n, (size_t)(twice - texts) - value.n);
    if (slice_eq(c->text[TEXT_ONCE], value))
        c->text[TEXT_ONCE] = SLICE_EMPTY;
}

static void cut_init(struct cut *c, struct slice value, bool as_one)
{
    bool ascii = is_ascii(value) || PLANTED(latin_1_left_out);
    size_t n = ascii ? value.n : count_characters(value);
    *c = (struct cut){.blocks = 1, .size = n, .latin_1 = BUF_INIT(SIZE_MAX)};
    c->text[TEXT_ITSELF] = value;
    if (n >= 2 * SCREEN_BLOCK && !as_one) {
        c->blocks = n / SCREEN_BLOCK;
        c->size = SCREEN_BLOCK;
    }
    c->bound = mem_zalloc_array(c->blocks + 1, sizeof(*c->bound));
    for (size_t i = 0; i <= c->blocks; i++)
        c->bound[i][TEXT_ITSELF] = (uint32_t)(i * c->size);
    if (!ascii)
        put_latin_1(c, value);
}

/* --- adding ----------------------------------------------------------------------------------- */

/* as_one: the value is not cut. */
static void add(struct screen *s, struct slice value, bool as_one, bool is_form)
{
    uint32_t number = (uint32_t)screen_values(s);
    struct cut c;
    if (!is_form)
        s->last = number;
    if (value.n < SCREEN_VALUE_MIN)
        return;
    cut_init(&c, value, as_one);
    put_forms(s, &c);
    *(struct screen_value *)append(&s->values, sizeof(struct screen_value)) = (struct screen_value){
        .block = (uint32_t)(s->blocks.n / sizeof(struct screen_block)),
        .blocks = (uint32_t)c.blocks,
        .of = is_form ? s->last : number,
    };
    for (size_t i = 0; i < c.blocks; i++)
        add_block(s, &c, i);
    mem_free(c.bound);
    buf_free(&c.latin_1);
}

static void add_secret(struct screen *s, struct slice value, struct slice secret, bool is_form)
{
    bool too_short = secret.n < SCREEN_VALUE_MIN;
    add(s, too_short ? value : secret, too_short, is_form);
    for (size_t i = 1; PLANTED(blocks_slide) && i + SCREEN_BLOCK <= secret.n; i++)
        add(s, slice_sub(secret, i, i + SCREEN_BLOCK), true, true);
}

void screen_add(struct screen *s, struct slice value, size_t from, size_t to)
{
    add_secret(s, value, slice_sub(value, from, to), false);
}

void screen_add_form(struct screen *s, struct slice value, size_t from, size_t to)
{
    add_secret(s, value, slice_sub(value, from, to), true);
}

/* A block of another value is found in it anyway. */
void screen_add_made(struct screen *s, struct slice value)
{
    for (size_t i = 0; i < screen_values(s); i++) {
        const struct screen_block *b = screen_block(s, screen_value(s, i)->block);
        const struct screen_pattern *p = screen_pattern(s, screen_block(s, b->same)->pattern);
        if (slice_find(value, slice_of(bytes_of(s, p), p->whole)) < value.n)
            return;
    }
    add(s, value, true, false);
}
