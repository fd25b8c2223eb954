/*
 * Finding injected values in bytes. Run by egress on every answer. All that may stand for a value
 * is a pattern: the value itself, its base64, its hexadecimal. A pattern is compared wherever its
 * first byte stands, be it as it is or escaped; comparing follows every way to read the text at
 * once, so that what is found does not depend on how an escape could have been meant. That takes
 * steps, which are counted and limited (match.h). Holds secrets, and wipes them.
 */
#include "screen/match.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/planted.h"
#include "proto/base64.h"
#include "proto/utf8.h"
#include "screen/escape.h"

#define NO_PATTERN UINT16_MAX
/* Readings of one text that are followed at a time: one more with each backslash in a row,
 * otherwise two. So the first SCREEN_PREFIX bytes are followed in all. */
#define READINGS (SCREEN_PREFIX + 1)

enum {
    PATTERN_RAW,
#define W(name, what)
#define F(name, fn, arg, what) PATTERN_##name,
#define K(name, why)
#include "screen/encodings.def"
#undef W
#undef F
#undef K
    PATTERN_COUNT
};

struct pattern {
    size_t at, n; /* in screen.bytes */
    uint16_t value;
    uint16_t next;   /* with the same first byte, or NO_PATTERN */
    uint8_t bits;    /* of the value in each byte of the pattern: 8, 4, or 6 for base64 */
    uint8_t skipped; /* bits of the value before those: they share a character with other bytes */
};

struct value {
    size_t at, n; /* in screen.bytes */
    size_t known; /* so many bits from its beginning on the request had itself */
    bool made;    /* of other values */
    size_t of;    /* the value that this is another form of, or itself */
};

struct screen {
    struct buf bytes; /* values and patterns */
    struct buf label;
    struct value value[SCREEN_VALUES];
    struct pattern pattern[SCREEN_VALUES * PATTERN_COUNT];
    size_t values, patterns;
    size_t last;        /* the value that was added last, unless it was there already: NO_PATTERN */
    size_t steps, left; /* taken so far; left for this text */
    bool gave_up;
    uint16_t first[256];        /* by first byte: a pattern, or NO_PATTERN */
    uint8_t pair[1 << 16 >> 3]; /* by two bytes, one bit each: a pattern may begin so */
};

/* --- making ----------------------------------------------------------------------------------- */

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

static void mark(struct screen *s, uint8_t a, uint8_t b)
{
    s->pair[a << 5 | b >> 3] |= (uint8_t)(1 << (b & 7));
}

struct screen *screen_new(struct slice label)
{
    struct screen *s = MEM_NEW(struct screen);
    buf_init(&s->bytes, SIZE_MAX);
    buf_init(&s->label, LIM_LABEL_BYTES + 32);
    put_label(&s->label, label);
    s->last = NO_PATTERN;
    for (int a = 0; a < 256; a++) {
        s->first[a] = NO_PATTERN;
        for (int b = 0; b < 256 && escape_begins((uint8_t)a); b++)
            mark(s, (uint8_t)a, (uint8_t)b);
    }
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

static void form_raw(struct slice value, int unused, struct pattern *p, struct buf *out)
{
    (void)unused;
    p->bits = 8;
    buf_put(out, value);
}

static void form_hex(struct slice value, int upper, struct pattern *p, struct buf *out)
{
    static const char digit[2][17] = {"0123456789abcdef", "0123456789ABCDEF"};
    p->bits = 4;
    for (size_t i = 0; i < value.n; i++) {
        buf_put_u8(out, (uint8_t)digit[upper][value.p[i] >> 4]);
        buf_put_u8(out, (uint8_t)digit[upper][value.p[i] & 15]);
    }
}

/* The characters that hold bits of the value alone, when before bytes stand before it in its group.
 */
static void put_base64(enum base64_kind kind, struct slice value, int before, struct pattern *p,
                       struct buf *out)
{
    static const struct {
        uint8_t characters, bits; /* left out; the value's part of the last of them */
    } rows[] = {{0, 0}, {2, 4}, {3, 2}};
    struct buf plain = BUF_INIT(SIZE_MAX), text = BUF_INIT(SIZE_MAX);
    for (int i = 0; i < before; i++)
        buf_put_u8(&plain, 0);
    buf_put(&plain, value);
    base64_put(&text, kind, buf_slice(&plain));
    buf_put(out, slice_sub(buf_slice(&text), rows[before].characters, 8 * plain.n / 6));
    p->bits = 6;
    p->skipped = rows[before].bits;
    buf_free(&plain);
    buf_free(&text);
}

static void form_base64(struct slice value, int before, struct pattern *p, struct buf *out)
{
    put_base64(BASE64, value, before, p, out);
}

static void form_base64url(struct slice value, int before, struct pattern *p, struct buf *out)
{
    put_base64(BASE64_URL, value, before, p, out);
}

/* Where the pattern may begin as it is. That any escape may begin it is marked already. */
static void mark_first(struct screen *s, struct slice text)
{
    static const uint8_t escapes[] = {'%', '&', '+', '\\'};
    mark(s, text.p[0], text.p[1]);
    for (size_t i = 0; i < ARRAY_LEN(escapes); i++)
        mark(s, text.p[0], escapes[i]);
}

/* A pattern is kept unless it is the same as an earlier one of this value. */
static void add_pattern(struct screen *s, struct pattern p, struct slice text)
{
    BUG_IF(text.n < SCREEN_VALUE_MIN);
    for (size_t i = 0; i < s->patterns; i++) {
        if (s->pattern[i].value == p.value &&
            slice_eq(bytes_of(s, s->pattern[i].at, s->pattern[i].n), text))
            return;
    }
    p.at = s->bytes.n;
    p.n = text.n;
    p.next = s->first[text.p[0]];
    s->first[text.p[0]] = (uint16_t)s->patterns;
    mark_first(s, text);
    buf_put(&s->bytes, text);
    s->pattern[s->patterns++] = p;
}

static void add_patterns(struct screen *s, size_t value, struct slice bytes)
{
    static const struct {
        void (*fn)(struct slice value, int arg, struct pattern *p, struct buf *out);
        int arg;
    } makers[PATTERN_COUNT] = {
        {form_raw, 0},
#define W(name, what)
#define F(name, fn, arg, what) {fn, arg},
#define K(name, why)
#include "screen/encodings.def"
#undef W
#undef F
#undef K
    };
    for (size_t i = 0; i < PATTERN_COUNT; i++) {
        struct pattern p = {.value = (uint16_t)value};
        struct buf text = BUF_INIT(SIZE_MAX);
        if (PLANTED(encoding_left_out) && (i == PATTERN_BASE64_1 || i == PATTERN_BASE64URL_1))
            continue;
        makers[i].fn(bytes, makers[i].arg, &p, &text);
        add_pattern(s, p, buf_slice(&text));
        buf_free(&text);
    }
}

static struct slice value_of(const struct screen *s, size_t value)
{
    return bytes_of(s, s->value[value].at, s->value[value].n);
}

static void add(struct screen *s, struct slice value, bool made)
{
    BUG_IF(s->values == SCREEN_VALUES);
    if (value.n < SCREEN_VALUE_MIN)
        return;
    for (size_t i = 0; i < s->values; i++) {
        if (slice_eq(value_of(s, i), value))
            return;
    }
    s->value[s->values] =
        (struct value){.at = s->bytes.n, .n = value.n, .made = made, .of = s->values};
    add_patterns(s, s->values, value); /* the first of them is the value itself */
    s->values++;
}

static void add_form(struct screen *s, size_t of, struct slice value)
{
    size_t before = s->values;

    add(s, value, false);
    if (s->values > before)
        s->value[before].of = of;
}

/* As a program has it that takes UTF-8 for Latin-1 and writes UTF-8 again, or reads UTF-8 and
 * writes Latin-1, be it escaped; what Latin-1 does not have stays. */
static void add_latin_1(struct screen *s, size_t of, struct slice value)
{
    struct buf twice = BUF_INIT(SIZE_MAX), once = BUF_INIT(SIZE_MAX);
    uint32_t cp = 0;

    for (size_t i = 0, n = 0; i < value.n; i += n) {
        n = utf8_next(slice_sub(value, i, value.n), &cp);
        if (n == 0)
            n = 1; /* it is no UTF-8: as it is */
        else if (cp >= 0x80 && cp <= 0xff)
            buf_put_u8(&once, (uint8_t)cp);
        if (n == 1 || cp > 0xff)
            buf_put(&once, slice_sub(value, i, i + n));
        for (size_t b = i; b < i + n; b++)
            utf8_put(&twice, value.p[b]);
    }
    add_form(s, of, buf_slice(&once));
    add_form(s, of, buf_slice(&twice));
    buf_free(&once);
    buf_free(&twice);
}

/* What is looked for: the secret bytes, or all when these are too few. */
static struct slice looked_for(struct slice value, size_t from, size_t to)
{
    return to - from < SCREEN_VALUE_MIN ? value : slice_sub(value, from, to);
}

void screen_add(struct screen *s, struct slice value, size_t from, size_t to)
{
    size_t before = s->values;

    value = looked_for(value, from, to);
    add(s, value, false);
    s->last = s->values > before ? before : NO_PATTERN;
    if (s->last == before && !PLANTED(latin_1_left_out))
        add_latin_1(s, before, value);
}

void screen_add_form(struct screen *s, struct slice value, size_t from, size_t to)
{
    if (s->last != NO_PATTERN)
        add_form(s, s->last, looked_for(value, from, to));
}

void screen_add_made(struct screen *s, struct slice value)
{
    add(s, value, true);
}

static bool is_known(const struct value *v)
{
    return v->known == 8 * v->n;
}

bool screen_active(const struct screen *s)
{
    return screen_known(s) < s->values;
}

struct slice screen_label(const struct screen *s)
{
    return buf_slice(&s->label);
}

/* --- steps ------------------------------------------------------------------------------------ */

void screen_begin(struct screen *s)
{
    s->left = SCREEN_STEPS;
}

void screen_begin_text(struct screen *s, struct slice text)
{
    s->left += SCREEN_STEPS_A_BYTE * text.n;
    s->gave_up = false;
}

bool screen_gave_up(const struct screen *s)
{
    return s->gave_up;
}

size_t screen_steps(const struct screen *s)
{
    return s->steps;
}

/* False when there are not as many left. */
static bool take(struct screen *s, size_t n)
{
    if (n > s->left) {
        s->gave_up = true;
        return false;
    }
    s->left -= n;
    s->steps += n;
    return true;
}

/* --- comparing -------------------------------------------------------------------------------- */

/* Where a text is read on: 4 times the place of a character, and how many of the bytes that it
 * stands for are read. In rising order, each once. */
struct readings {
    size_t n;
    size_t r[READINGS];
};

static void put_reading(struct readings *out, size_t at, size_t read)
{
    size_t new = 4 * at + read, i = out->n;
    while (i > 0 && out->r[i - 1] > new)
        i--;
    if ((i > 0 && out->r[i - 1] == new) || out->n == READINGS)
        return;
    for (size_t k = out->n++; k > i; k--)
        out->r[k] = out->r[k - 1];
    out->r[i] = new;
}

/* Every reading in from, if c is what it goes on with, one byte further. */
static void step(struct slice text, const struct readings *from, uint8_t c, struct readings *ret)
{
    ret->n = 0;
    for (size_t i = 0; i < from->n; i++) {
        size_t at = from->r[i] / 4, read = from->r[i] % 4, n = 0;
        uint8_t b[4];
        size_t k = 0;
        if (at == text.n)
            continue;
        if (escape_begins(text.p[at]))
            k = escape_read(slice_sub(text, at, text.n), b, &n);
        if (read == 0 && text.p[at] == c)
            put_reading(ret, at + 1, 0);
        if (k && b[read] == c)
            put_reading(ret, read + 1 == n ? at + k : at, read + 1 == n ? 0 : read + 1);
    }
}

/* Where the furthest reading ends that is not inside a character; 0: there is none. */
static size_t furthest(const struct readings *in)
{
    for (size_t i = in->n; i > 0; i--) {
        if (in->r[i - 1] % 4 == 0)
            return in->r[i - 1] / 4;
    }
    return 0;
}

/* So many bytes of a pattern are enough. */
static size_t enough(size_t n)
{
    return n < SCREEN_PREFIX ? n : SCREEN_PREFIX;
}

/* How many bytes of want the text agrees with from at on, as far as the steps suffice. With enough
 * of them, *ret_end is how far the text does so, in any reading. */
static size_t agree(struct screen *s, struct slice text, size_t at, struct slice want,
                    size_t *ret_end)
{
    struct readings sets[2] = {{.n = 0}, {.n = 0}};
    size_t k = 0, done;
    while (k < want.n && at + k < text.n && text.p[at + k] == want.p[k] &&
           !escape_begins(want.p[k]))
        k++;
    done = k;
    *ret_end = at + k;
    put_reading(&sets[k % 2], at + k, 0);
    if (!take(s, k / SCREEN_STEP_BYTES))
        return done;
    for (; k < want.n && sets[k % 2].n > 0 && take(s, sets[k % 2].n); k++) {
        size_t end;
        step(text, &sets[k % 2], want.p[k], &sets[(k + 1) % 2]);
        end = furthest(&sets[(k + 1) % 2]);
        if (end == 0)
            continue;
        done = k + 1;
        if (done >= enough(want.n) && end > *ret_end)
            *ret_end = end;
    }
    return done;
}

/* How much of the value, from its beginning, so many bytes of the pattern tell. */
static size_t bits_told(const struct screen *s, const struct pattern *p, size_t done)
{
    return done == p->n ? 8 * s->value[p->value].n : p->skipped + done * p->bits;
}

/* --- base64 ----------------------------------------------------------------------------------- */

static bool is_base64_char(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/' || c == '-' || c == '_';
}

/* The length of the character at the start of text, if it is one of base64 (or, with pad, its
 * padding); otherwise 0. */
static size_t base64_char(struct slice text, bool pad)
{
    uint8_t b[4];
    size_t n = 0, k;
    if (text.n == 0)
        return 0;
    if (pad ? text.p[0] == '=' : is_base64_char(text.p[0]))
        return 1;
    k = escape_read(text, b, &n);
    return k && n == 1 && (pad ? b[0] == '=' : is_base64_char(b[0])) ? k : 0;
}

/* The same of the character before at: the longest that ends there. */
static size_t base64_char_before(struct slice text, size_t at)
{
    for (size_t k = at < ESCAPE_MAX ? at : ESCAPE_MAX; k > 0; k--) {
        if (base64_char(slice_sub(text, at - k, at), false) == k)
            return k;
    }
    return 0;
}

/* Takes in the characters beside a base64 pattern that hold bits of the value, and the padding:
 * what is left must not depend on the value. */
static void widen(const struct screen *s, const struct pattern *p, struct slice text, bool whole,
                  struct screen_span *m)
{
    if (p->skipped > 0)
        m->from -= base64_char_before(text, m->from);
    if (!whole)
        return;
    if ((8 * s->value[p->value].n - p->skipped) % 6 != 0)
        m->to += base64_char(slice_sub(text, m->to, text.n), false);
    for (int i = 0; i < 2; i++)
        m->to += base64_char(slice_sub(text, m->to, text.n), true);
}

/* --- finding ---------------------------------------------------------------------------------- */

static bool may_begin(const struct screen *s, const uint8_t *p)
{
    return s->pair[p[0] << 5 | p[1] >> 3] >> (p[1] & 7) & 1;
}

/* The lists of patterns that begin with what stands at the start of text: as it is, and as the
 * escape that it is. */
static void lists_at(const struct screen *s, struct slice text, uint16_t ret[2])
{
    uint8_t b[4];
    size_t n;
    ret[0] = s->first[text.p[0]];
    ret[1] = NO_PATTERN;
    if (escape_begins(text.p[0]) && escape_read(text, b, &n) && b[0] != text.p[0])
        ret[1] = s->first[b[0]];
}

/* Makes *m larger by a match of p at this place, if there is one. */
static bool match(struct screen *s, const struct pattern *p, struct slice text, size_t at,
                  struct screen_span *m)
{
    struct screen_span found = {at, at};
    size_t done = agree(s, text, at, bytes_of(s, p->at, p->n), &found.to);
    if (done < enough(p->n) || bits_told(s, p, done) <= s->value[p->value].known)
        return false;
    if (p->bits == 6)
        widen(s, p, text, done == p->n, &found);
    if (found.from < m->from)
        m->from = found.from;
    if (found.to > m->to)
        m->to = found.to;
    return true;
}

/* The first pattern from i on in its list whose value is not known yet, or NO_PATTERN. */
static uint16_t next_unknown(struct screen *s, uint16_t i)
{
    while (i != NO_PATTERN && take(s, 1)) {
        if (!is_known(&s->value[s->pattern[i].value]))
            return i;
        i = s->pattern[i].next;
    }
    return NO_PATTERN;
}

/* The same of every pattern. */
static bool match_any(struct screen *s, struct slice text, size_t at, struct screen_span *m)
{
    uint16_t lists[2];
    bool found = false;
    lists_at(s, slice_sub(text, at, text.n), lists);
    for (size_t l = 0; l < 2; l++) {
        for (uint16_t i = lists[l]; (i = next_unknown(s, i)) != NO_PATTERN; i = s->pattern[i].next)
            found |= match(s, &s->pattern[i], text, at, m);
    }
    return found;
}

bool screen_find(struct screen *s, struct slice text, size_t begin, struct screen_span *ret)
{
    struct screen_span m = {SIZE_MAX, 0};
    bool found = false;
    /* What begins inside a match and ends behind it belongs to it. */
    for (size_t at = begin; at + 1 < text.n && !s->gave_up && (!found || (ret && at < m.to)); at++)
        found |= may_begin(s, text.p + at) && match_any(s, text, at, &m);
    if (!found || s->gave_up)
        return false;
    if (ret)
        *ret = (struct screen_span){m.from < begin ? begin : m.from, m.to};
    return true;
}

/* --- what the request knew already ------------------------------------------------------------ */

static void learn_at(struct screen *s, struct slice text, size_t at)
{
    uint16_t lists[2];
    lists_at(s, slice_sub(text, at, text.n), lists);
    for (size_t l = 0; l < 2; l++) {
        for (uint16_t i = lists[l]; (i = next_unknown(s, i)) != NO_PATTERN;
             i = s->pattern[i].next) {
            const struct pattern *p = &s->pattern[i];
            size_t end, done = agree(s, text, at, bytes_of(s, p->at, p->n), &end);
            size_t bits = bits_told(s, p, done);
            if (bits > s->value[p->value].known)
                s->value[p->value].known = bits;
        }
    }
}

void screen_learn(struct screen *s, struct slice text)
{
    screen_begin_text(s, text);
    for (size_t at = 0; at + 1 < text.n && !s->gave_up; at++) {
        if (may_begin(s, text.p + at))
            learn_at(s, text, at);
    }
}

/* Whether there are values in this one, and all of them are known. */
static bool parts_known(const struct screen *s, size_t made)
{
    struct slice whole = value_of(s, made);
    size_t parts = 0;
    for (size_t i = 0; i < s->values; i++) {
        if (i == made || slice_find(whole, value_of(s, i)) == whole.n)
            continue;
        if (!is_known(&s->value[i]))
            return false;
        parts++;
    }
    return parts > 0;
}

/* Who knows a value in one form knows it in the others: a server that misreads what the request said
 * would otherwise confirm a guess. */
static void learn_forms(struct screen *s)
{
    for (size_t i = 0; i < s->values; i++) {
        for (size_t j = 0; j < s->values && is_known(&s->value[i]); j++) {
            if (s->value[j].of == s->value[i].of)
                s->value[j].known = 8 * s->value[j].n;
        }
    }
}

void screen_learn_made(struct screen *s)
{
    if (!PLANTED(forms_confirm))
        learn_forms(s);
    for (size_t i = 0; i < s->values; i++) {
        if (s->value[i].made && parts_known(s, i))
            s->value[i].known = 8 * s->value[i].n;
    }
}

size_t screen_known(const struct screen *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->values; i++)
        n += is_known(&s->value[i]);
    return n;
}
