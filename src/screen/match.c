/*
 * Finding injected values in bytes. Run by egress on every answer, once over each text: a table by
 * the first byte says where a value may begin as it is or escaped, a table by a hash of four bytes
 * where one of its other forms may begin; only there is it compared. Holds secrets, and wipes them.
 */
#include "screen/match.h"

#include "base/limits.h"
#include "base/mem.h"
#include "proto/base64.h"
#include "proto/utf8.h"

#define HASH_SIZE 1024
#define NO_FORM   0xffff

enum {
#define W(name, what)
#define F(name, fn, arg, what) FORM_##name,
#define K(name, why)
#include "screen/encodings.def"
#undef W
#undef F
#undef K
    FORM_COUNT
};

/* A text that stands for a value. */
struct form {
    size_t at, n; /* in screen.bytes */
    uint16_t value;
    uint16_t next; /* of the same hash, or NO_FORM */
    bool base64;
    bool bits_before, bits_after; /* the base64 characters beside it hold bits of the value too */
};

struct value {
    size_t at, n; /* in screen.bytes */
    bool excused;
};

struct screen {
    struct buf bytes; /* values and forms */
    struct buf label;
    struct value value[SCREEN_VALUES];
    struct form form[SCREEN_VALUES * FORM_COUNT];
    size_t values, forms;
    uint16_t first[256];      /* by a byte: the values that may begin with it, one bit each */
    uint16_t hash[HASH_SIZE]; /* by the hash of four bytes: a form, or NO_FORM */
};

_Static_assert(SCREEN_VALUES <= 16, "screen.first has 16 bits");

/* --- making ---------------------------------------------------------------------------------- */

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

struct screen *screen_new(struct slice label)
{
    struct screen *s = MEM_NEW(struct screen);
    buf_init(&s->bytes, SIZE_MAX);
    buf_init(&s->label, LIM_LABEL_BYTES + 32);
    put_label(&s->label, label);
    for (size_t i = 0; i < HASH_SIZE; i++)
        s->hash[i] = NO_FORM;
    return s;
}

void screen_free(struct screen *s)
{
    if (!s)
        return;
    buf_free(&s->bytes);
    buf_free(&s->label);
    mem_wipe(s, sizeof(*s)); /* the tables tell of first bytes and lengths */
    mem_free(s);
}

static struct slice bytes_of(const struct screen *s, size_t at, size_t n)
{
    return slice_sub(buf_slice(&s->bytes), at, at + n);
}

static size_t hash4(const uint8_t *p)
{
    uint32_t w = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    return w * UINT32_C(2654435761) >> 22;
}

_Static_assert(HASH_SIZE == 1 << (32 - 22), "hash4 gives an index");

static void form_hex(struct slice value, int upper, struct form *f, struct buf *out)
{
    static const char digit[2][17] = {"0123456789abcdef", "0123456789ABCDEF"};
    (void)f;
    for (size_t i = 0; i < value.n; i++) {
        buf_put_u8(out, (uint8_t)digit[upper][value.p[i] >> 4]);
        buf_put_u8(out, (uint8_t)digit[upper][value.p[i] & 15]);
    }
}

/* The characters that hold bits of the value alone, when skip bytes stand before it in its group.
 */
static void put_base64(enum base64_kind kind, struct slice value, int skip, struct form *f,
                       struct buf *out)
{
    static const size_t dropped[] = {0, 2, 3};
    struct buf plain = BUF_INIT(SIZE_MAX), text = BUF_INIT(SIZE_MAX);
    size_t bits = 8 * ((size_t)skip + value.n);
    for (int i = 0; i < skip; i++)
        buf_put_u8(&plain, 0);
    buf_put(&plain, value);
    base64_put(&text, kind, buf_slice(&plain));
    buf_put(out, slice_sub(buf_slice(&text), dropped[skip], bits / 6));
    f->base64 = true;
    f->bits_before = skip > 0;
    f->bits_after = bits % 6 != 0;
    buf_free(&plain);
    buf_free(&text);
}

static void form_base64(struct slice value, int skip, struct form *f, struct buf *out)
{
    put_base64(BASE64, value, skip, f, out);
}

static void form_base64url(struct slice value, int skip, struct form *f, struct buf *out)
{
    put_base64(BASE64_URL, value, skip, f, out);
}

/* A form is kept unless it is the same as an earlier one of this value. */
static void add_form(struct screen *s, size_t value, struct form f, struct slice text)
{
    BUG_IF(text.n < 6); /* five bytes give at least six characters of base64 in each position */
    for (size_t i = 0; i < s->forms; i++) {
        if (s->form[i].value == value && slice_eq(bytes_of(s, s->form[i].at, s->form[i].n), text))
            return;
    }
    size_t h = hash4(text.p);
    f.at = s->bytes.n;
    f.n = text.n;
    f.value = (uint16_t)value;
    f.next = s->hash[h];
    buf_put(&s->bytes, text);
    s->hash[h] = (uint16_t)s->forms;
    s->form[s->forms++] = f;
}

static void add_forms(struct screen *s, size_t value, struct slice bytes)
{
    static const struct {
        void (*fn)(struct slice value, int arg, struct form *f, struct buf *out);
        int arg;
    } makers[] = {
#define W(name, what)
#define F(name, fn, arg, what) {fn, arg},
#define K(name, why)
#include "screen/encodings.def"
#undef W
#undef F
#undef K
    };
    for (size_t i = 0; i < ARRAY_LEN(makers); i++) {
        struct form f = {.base64 = false};
        struct buf text = BUF_INIT(SIZE_MAX);
        makers[i].fn(bytes, makers[i].arg, &f, &text);
        add_form(s, value, f, buf_slice(&text));
        buf_free(&text);
    }
}

/* Marks where the value may begin: with its first byte, or with what begins an escape. */
static void mark_first(struct screen *s, size_t value, uint8_t first)
{
    uint16_t bit = (uint16_t)(1u << value);
    s->first[first] |= bit;
    s->first['%'] |= bit;
    s->first['&'] |= bit;
    s->first['\\'] |= bit;
    if (first == ' ')
        s->first['+'] |= bit;
}

void screen_add(struct screen *s, struct slice value)
{
    BUG_IF(s->values == SCREEN_VALUES);
    if (value.n < SCREEN_VALUE_MIN)
        return;
    for (size_t i = 0; i < s->values; i++) {
        if (slice_eq(bytes_of(s, s->value[i].at, s->value[i].n), value))
            return;
    }
    s->value[s->values] = (struct value){.at = s->bytes.n, .n = value.n};
    buf_put(&s->bytes, value);
    mark_first(s, s->values, value.p[0]);
    add_forms(s, s->values, value);
    s->values++;
}

bool screen_active(const struct screen *s)
{
    for (size_t i = 0; i < s->values; i++) {
        if (!s->value[i].excused)
            return true;
    }
    return false;
}

void screen_excuse_value(struct screen *s, size_t value)
{
    struct slice known = bytes_of(s, s->value[value].at, s->value[value].n);
    for (size_t i = 0; i < s->values; i++) {
        struct slice whole = bytes_of(s, s->value[i].at, s->value[i].n);
        if (slice_find(whole, known) < whole.n)
            s->value[i].excused = true;
    }
}

struct slice screen_label(const struct screen *s)
{
    return buf_slice(&s->label);
}

/* --- one character in any of the W ways ------------------------------------------------------- */

/* The hexadecimal number in the first digits (1 to max of them) of s; their count, 0 for none. */
static size_t hex_run(struct slice s, size_t max, uint32_t *ret)
{
    uint32_t v = 0;
    size_t k = 0;
    for (; k < s.n && k < max; k++) {
        uint8_t c = s.p[k];
        if (c >= '0' && c <= '9')
            v = v << 4 | (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            v = v << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        else
            break;
    }
    *ret = v;
    return k;
}

static size_t dec_run(struct slice s, size_t max, uint32_t *ret)
{
    uint32_t v = 0;
    size_t k = 0;
    for (; k < s.n && k < max && s.p[k] >= '0' && s.p[k] <= '9'; k++)
        v = v * 10 + (uint32_t)(s.p[k] - '0');
    *ret = v;
    return k;
}

/* &name; or &#N; or &#xN; at the start of s. The length, or 0; *ret the code point. */
static size_t html_entity(struct slice s, uint32_t *ret)
{
    static const struct {
        const char *name;
        uint32_t cp;
    } names[] = {{"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}};
    struct slice in = slice_sub(s, 1, s.n);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (slice_starts(in, slice_str(names[i].name))) {
            *ret = names[i].cp;
            return 1 + slice_str(names[i].name).n;
        }
    }
    if (in.n < 2 || in.p[0] != '#')
        return 0;
    bool hex = (in.p[1] | 0x20) == 'x';
    in = slice_sub(in, hex ? 2 : 1, in.n);
    size_t k = hex ? hex_run(in, 7, ret) : dec_run(in, 8, ret);
    return k && k < in.n && in.p[k] == ';' ? 1 + (hex ? 2 : 1) + k + 1 : 0;
}

/* \uXXXX, with a second one for the other half of a surrogate pair. */
static size_t unicode_escape(struct slice s, uint32_t *ret)
{
    uint32_t lo;
    if (hex_run(slice_sub(s, 2, s.n), 4, ret) != 4)
        return 0;
    if (*ret < 0xd800 || *ret > 0xdbff)
        return 6;
    struct slice second = slice_sub(s, 6, s.n);
    if (!slice_starts(second, SLICE_LIT("\\u")) ||
        hex_run(slice_sub(second, 2, second.n), 4, &lo) != 4 || lo < 0xdc00 || lo > 0xdfff)
        return 0;
    *ret = 0x10000 + ((*ret - 0xd800) << 10) + (lo - 0xdc00);
    return 12;
}

/* A backslash escape; *ret_byte: what it stands for is a byte and not a code point. */
static size_t backslash(struct slice s, uint32_t *ret, bool *ret_byte)
{
    static const char from[] = "\"\\/'bfnrt", to[] = "\"\\/'\b\f\n\r\t";
    if (s.n < 2)
        return 0;
    if (s.p[1] == 'u')
        return unicode_escape(s, ret);
    if (s.p[1] == 'x') {
        *ret_byte = true;
        return hex_run(slice_sub(s, 2, s.n), 2, ret) == 2 ? 4 : 0;
    }
    for (size_t i = 0; i < sizeof(from) - 1; i++) {
        if (s.p[1] == (uint8_t)from[i]) {
            *ret = (uint8_t)to[i];
            return 2;
        }
    }
    return 0;
}

/* The escape at the start of s: its length, or 0 when there is none; the one to four bytes that it
 * stands for in dst. */
static size_t escape(struct slice s, uint8_t dst[4], size_t *ret_n)
{
    uint32_t v = 0;
    bool byte = false;
    size_t k = 0;
    if (s.p[0] == '%') {
        byte = true;
        k = hex_run(slice_sub(s, 1, s.n), 2, &v) == 2 ? 3 : 0;
    } else if (s.p[0] == '&') {
        k = html_entity(s, &v);
    } else if (s.p[0] == '\\') {
        k = backslash(s, &v, &byte);
    } else if (s.p[0] == '+') {
        v = ' ';
        k = 1;
    }
    if (k == 0 || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
        return 0;
    *ret_n = 1;
    dst[0] = (uint8_t)v;
    if (!byte && v >= 0x80) {
        struct buf b = BUF_INIT(4);
        utf8_put(&b, v);
        for (size_t i = 0; i < b.n; i++)
            dst[i] = b.p[i];
        *ret_n = b.n;
        buf_free(&b);
    }
    return k;
}

/* --- comparing ------------------------------------------------------------------------------- */

static size_t plain_len(struct slice text, struct slice want)
{
    size_t i = 0;
    while (i < want.n && i < text.n && text.p[i] == want.p[i])
        i++;
    return i;
}

/* How many bytes of want agree with text, escapes in text read as what they stand for; *ret_end is
 * how much of text that takes. */
static size_t escaped_len(struct slice text, struct slice want, size_t *ret_end)
{
    size_t at = 0, done = 0;
    while (done < want.n && at < text.n) {
        uint8_t b[4];
        size_t n = 0, k = escape(slice_sub(text, at, text.n), b, &n);
        if (k && plain_len(slice_of(b, n), slice_sub(want, done, want.n)) == n) {
            at += k;
            done += n;
        } else if (text.p[at] == want.p[done]) {
            at++;
            done++;
        } else {
            break;
        }
    }
    *ret_end = at;
    return done;
}

/* Whether text begins with want, or with its first SCREEN_PREFIX bytes; *ret_end is how far it
 * agrees, *ret_whole whether to the end. */
static bool begins(struct slice text, struct slice want, size_t *ret_end, bool *ret_whole)
{
    size_t enough = want.n < SCREEN_PREFIX ? want.n : SCREEN_PREFIX;
    size_t done = plain_len(text, want), end = done;
    if (done < enough)
        done = escaped_len(text, want, &end);
    *ret_end = end;
    *ret_whole = done == want.n;
    return done >= enough;
}

static bool is_base64_char(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/' || c == '-' || c == '_';
}

/* Takes in the characters beside a base64 form that hold bits of the value, and the padding: what
 * is left must not depend on the value. */
static void widen(const struct form *f, struct slice text, bool whole, struct screen_match *m)
{
    if (f->bits_before && m->from > 0 && is_base64_char(text.p[m->from - 1]))
        m->from--;
    if (!whole)
        return;
    if (f->bits_after && m->to < text.n && is_base64_char(text.p[m->to]))
        m->to++;
    for (int i = 0; i < 2 && m->to < text.n && text.p[m->to] == '='; i++)
        m->to++;
}

/* Keeps the longer of two matches. */
static void keep(struct screen_match *best, bool *found, struct screen_match m)
{
    if (!*found || m.to > best->to) {
        if (*found && best->from < m.from)
            m.from = best->from;
        *best = m;
    } else if (m.from < best->from) {
        best->from = m.from;
    }
    *found = true;
}

static void find_values(const struct screen *s, struct slice text, size_t at,
                        struct screen_match *best, bool *found)
{
    for (unsigned bits = s->first[text.p[at]]; bits; bits &= bits - 1) {
        size_t v = (size_t)__builtin_ctz(bits), end;
        bool whole;
        if (!s->value[v].excused &&
            begins(slice_sub(text, at, text.n), bytes_of(s, s->value[v].at, s->value[v].n), &end,
                   &whole))
            keep(best, found, (struct screen_match){at, at + end, at, v});
    }
}

static void find_forms(const struct screen *s, struct slice text, size_t at,
                       struct screen_match *best, bool *found)
{
    for (uint16_t i = s->hash[hash4(text.p + at)]; i != NO_FORM; i = s->form[i].next) {
        const struct form *f = &s->form[i];
        size_t end;
        bool whole;
        if (s->value[f->value].excused ||
            !begins(slice_sub(text, at, text.n), bytes_of(s, f->at, f->n), &end, &whole))
            continue;
        struct screen_match m = {at, at + end, at, f->value};
        if (f->base64)
            widen(f, text, whole, &m);
        keep(best, found, m);
    }
}

bool screen_find(const struct screen *s, struct slice text, size_t at, size_t before,
                 struct screen_match *ret)
{
    for (; at < before && at < text.n; at++) {
        bool found = false;
        if (s->first[text.p[at]])
            find_values(s, text, at, ret, &found);
        if (at + 4 <= text.n && s->hash[hash4(text.p + at)] != NO_FORM)
            find_forms(s, text, at, ret, &found);
        if (found)
            return true;
    }
    return false;
}
