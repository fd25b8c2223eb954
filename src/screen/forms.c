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
#define F(name, fn, arg, what) WAY_##name,
#include "screen/encodings.def"
    WAYS
};

/* The value itself; what becomes of it when UTF-8 is written as Latin-1, and when it is read so. */
enum { TEXT_ITSELF, TEXT_ONCE, TEXT_TWICE, TEXTS };

/* One value while it is added. */
struct cut {
    size_t blocks, size; /* in characters */
    size_t texts;        /* 1: Latin-1 makes no difference */
    struct buf text[TEXTS];
    size_t *bound[TEXTS];   /* where its block i begins; [blocks]: what is enough of the last */
    size_t at[TEXTS][WAYS]; /* in screen.bytes */
    uint8_t bits[WAYS], shift[WAYS]; /* of a character; bytes of something else before the value */
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
    pairs[a << 5 | b >> 3] |= (uint8_t)(1 << (b & 7));
}

static void mark(struct screen *s, uint8_t a, uint8_t b)
{
    set_bit(s->written, a, b);
}

static void mark_any(struct screen *s, uint8_t a)
{
    for (size_t i = 0; i < 32; i++)
        s->written[(a << 5) + i] = 0xff;
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

static void form_raw(struct slice value, UNUSED int unused, struct buf *out)
{
    buf_put(out, value);
}

static void form_hex(struct slice value, int upper, struct buf *out)
{
    (upper ? buf_put_hex_upper : buf_put_hex)(out, value);
}

/* With as many bytes of something else before the value in its group. */
static void put_base64(enum base64_kind kind, struct slice value, int before, struct buf *out)
{
    struct buf plain = BUF_INIT(SIZE_MAX);
    buf_put(&plain, slice_of("\0\0", (size_t)before));
    buf_put(&plain, value);
    base64_put(out, kind, buf_slice(&plain));
    buf_free(&plain);
}

static void form_base64(struct slice value, int before, struct buf *out)
{
    put_base64(BASE64, value, before, out);
}

static void form_base64url(struct slice value, int before, struct buf *out)
{
    put_base64(BASE64_URL, value, before, out);
}

/* The texts of each form of the value. */
static void put_forms(struct screen *s, struct cut *c)
{
    static const struct {
        void (*fn)(struct slice value, int arg, struct buf *out);
        int arg;
    } makers[WAYS] = {
        {form_raw, 0},
#define F(name, fn, arg, what) {fn, arg},
#include "screen/encodings.def"
    };
    for (size_t w = 0; w < WAYS; w++) {
        bool hex = makers[w].fn == form_hex, raw = makers[w].fn == form_raw;
        c->bits[w] = raw ? 8 : hex ? 4 : 6;
        c->shift[w] = hex ? 0 : (uint8_t)makers[w].arg;
        for (size_t t = 0; t < c->texts; t++) {
            c->at[t][w] = s->bytes.n;
            makers[w].fn(buf_slice(&c->text[t]), makers[w].arg, &s->bytes);
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
    return a->n == b->n && a->whole == b->whole && a->lead == b->lead &&
           slice_eq(slice_of(bytes_of(s, a), a->whole), slice_of(bytes_of(s, b), b->whole));
}

/* Where the pattern may begin: that its first byte may be escaped is marked already, its second may
 * be. */
static void mark_first(struct screen *s, uint8_t a, uint8_t b)
{
    s->first[a] = true;
    set_bit(s->two, a, b);
    mark(s, a, b);
    mark(s, a, '%');
    mark(s, a, '&');
    mark(s, a, '\\');
    if (b == ' ')
        mark(s, a, '+');
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

/* Unless the block has it already: hexadecimal without letters, say. */
static void add_pattern(struct screen *s, const struct screen_pattern *p)
{
    struct screen_block *b = screen_block(s, p->block);
    const uint8_t *bytes = bytes_of(s, p);
    uint32_t number = b->pattern + b->patterns;
    for (size_t i = b->pattern; i < b->pattern + b->patterns; i++) {
        if (same_bytes(s, screen_pattern(s, i), p))
            return;
    }
    *(struct screen_pattern *)append(&s->patterns, sizeof(*p)) = *p;
    b->patterns++;
    if (number == count_lists(s))
        grow_lists(s, number);
    put_in_list(s, number);
    mark_first(s, bytes[0], bytes[1]);
}

/* Block i of one text in one encoding: the characters that hold bits of the block alone. */
static struct screen_pattern pattern_of(const struct screen *s, const struct cut *c, size_t t,
                                        size_t w, size_t i)
{
    const size_t *bound = c->bound[t];
    size_t n = c->text[t].n, bits = c->bits[w], from = 8 * (bound[i] + c->shift[w]),
           enough = 8 * (bound[i + 1] + c->shift[w]),
           end = i + 1 < c->blocks ? enough : 8 * (n + c->shift[w]);
    size_t first = (from + bits - 1) / bits;
    return (struct screen_pattern){
        .at = (uint32_t)(c->at[t][w] + first),
        .n = (uint32_t)(enough / bits - first),
        .whole = (uint32_t)(end / bits - first),
        .head = screen_head(s->bytes.p + c->at[t][w] + first),
        .bits = (uint8_t)bits,
        .lead = (uint8_t)(bits * first - from),
        .trail = (uint8_t)(enough % bits),
        .before = (uint32_t)(i > 0 ? bound[i] - bound[i - 1] - 1 : 0),
        .after = (uint32_t)(i + 1 < c->blocks ? bound[i + 2] - bound[i + 1] - 1 : n - bound[i + 1]),
        .last = i + 1 == c->blocks,
    };
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
    struct screen_pattern p = pattern_of(s, c, TEXT_ITSELF, WAY_RAW, i);
    *b = (struct screen_block){
        .pattern = (uint32_t)(s->patterns.n / sizeof(p)),
        .same = find_same(s, &p, number),
    };
    if (b->same != number) {
        set_beside(s, screen_block(s, b->same), &p);
        return;
    }
    s->distinct++;
    for (size_t t = 0; t < c->texts; t++) {
        for (size_t w = 0; w < WAYS; w++) {
            if (PLANTED(encoding_left_out) && (w == WAY_BASE64_1 || w == WAY_BASE64URL_1))
                continue;
            if (PLANTED(block_left_out) && i > 0)
                continue;
            p = pattern_of(s, c, t, w, i);
            p.block = number;
            if (PLANTED(short_left_out) && p.n < SCREEN_VALUE_MIN - 1)
                continue;
            add_pattern(s, &p);
        }
    }
}

/* --- cutting ---------------------------------------------------------------------------------- */

/* As a program has it that takes UTF-8 for Latin-1 and writes UTF-8 again, or reads UTF-8 and
 * writes Latin-1, be it escaped; what Latin-1 does not have stays. */
static void put_latin_1(struct cut *c, struct slice character, uint32_t cp)
{
    bool in_latin_1 = character.n == 2 && cp <= 0xff;
    if (in_latin_1)
        buf_put_u8(&c->text[TEXT_ONCE], (uint8_t)cp);
    else
        buf_put(&c->text[TEXT_ONCE], character);
    for (size_t i = 0; i < character.n; i++)
        utf8_put(&c->text[TEXT_TWICE], character.p[i]);
}

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

/* Before character n of the value, or at its end. */
static void put_bound(struct cut *c, size_t n)
{
    for (size_t t = 0; n % c->size == 0 && n / c->size <= c->blocks && t < c->texts; t++)
        c->bound[t][n / c->size] = c->text[t].n;
}

static void put_ascii(struct cut *c, struct slice value)
{
    for (size_t i = 0; i <= c->blocks; i++)
        c->bound[TEXT_ITSELF][i] = i * c->size;
    buf_put(&c->text[TEXT_ITSELF], value);
}

/* Blocks begin and end at characters, so that they are the same in each text. */
static void put_texts(struct cut *c, struct slice value)
{
    size_t n = 0;
    for (uint32_t cp = 0; value.n > 0; n++) {
        size_t k = character_at(value, &cp);
        put_bound(c, n);
        put_latin_1(c, slice_sub(value, 0, k), cp);
        buf_put(&c->text[TEXT_ITSELF], slice_sub(value, 0, k));
        value = slice_sub(value, k, value.n);
    }
    put_bound(c, n);
}

static void cut_init(struct cut *c, struct slice value, bool as_one)
{
    bool ascii = is_ascii(value) || PLANTED(latin_1_left_out);
    size_t n = ascii ? value.n : count_characters(value);
    *c = (struct cut){.blocks = 1, .size = n, .texts = ascii ? 1 : TEXTS};
    if (n >= 2 * SCREEN_BLOCK && !as_one) {
        c->blocks = n / SCREEN_BLOCK;
        c->size = SCREEN_BLOCK;
    }
    for (size_t t = 0; t < c->texts; t++) {
        c->text[t] = BUF_INIT(SIZE_MAX);
        c->bound[t] = mem_zalloc_array(c->blocks + 1, sizeof(size_t));
    }
    if (ascii)
        put_ascii(c, value);
    else
        put_texts(c, value);
}

static void cut_done(struct cut *c)
{
    for (size_t t = 0; t < c->texts; t++) {
        buf_free(&c->text[t]);
        mem_free(c->bound[t]);
    }
}

/* --- adding ----------------------------------------------------------------------------------- */

/* as_one: the value is not cut. */
static void add(struct screen *s, struct slice value, bool as_one, bool is_form)
{
    uint32_t number = (uint32_t)screen_values(s);
    struct screen_value *v;
    struct cut c;
    if (!is_form)
        s->last = number;
    if (value.n < SCREEN_VALUE_MIN)
        return;
    cut_init(&c, value, as_one);
    put_forms(s, &c);
    v = append(&s->values, sizeof(*v));
    *v = (struct screen_value){
        .block = (uint32_t)(s->blocks.n / sizeof(struct screen_block)),
        .blocks = (uint32_t)c.blocks,
        .of = is_form ? s->last : number,
    };
    for (size_t i = 0; i < c.blocks; i++)
        add_block(s, &c, i);
    cut_done(&c);
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
