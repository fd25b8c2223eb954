/*
 * The screen: first line the value, second line a request, the rest an answer. What comes out is
 * JSON of the same shape, and a slow reference, which decodes where the screen encodes, finds the
 * value in none of its texts; nor does it pass because of a request in which the reference does not
 * find it. The answer's bytes also choose how to write the value, which must then be found. What a
 * request has may be missed, and what an answer has not may be redacted, when the steps are spent.
 */
#include <string.h>

#include "fuzz.h"
#include "proto/base64.h"
#include "proto/utf8.h"
#include "screen/match.h"
#include "screen/screen.h"

/* --- the reference ---------------------------------------------------------------------------- */

enum { REF_TEXT = 256, REF_WANT = 192 };

/* A way to write a value: its unit i may be the character c. */
struct ref_form {
    bool (*is)(struct slice value, const struct ref_form *f, size_t i, uint8_t c);
    unsigned arg; /* bytes before the value in its group of three */
    const char *alphabet;
};

static bool is_raw(struct slice value, const struct ref_form *f, size_t i, uint8_t c)
{
    (void)f;
    return value.p[i] == c;
}

/* The number that the character stands for in the form's alphabet; 64 when it is not in it. */
static unsigned digit_of(const struct ref_form *f, uint8_t c)
{
    struct slice alphabet = slice_str(f->alphabet);
    size_t k = slice_find_byte(alphabet, c);
    return k < alphabet.n ? (unsigned)k : 64;
}

static bool is_hex(struct slice value, const struct ref_form *f, size_t i, uint8_t c)
{
    return digit_of(f, c) == (value.p[i / 2] >> (i % 2 ? 0 : 4) & 15u);
}

static bool is_base64(struct slice value, const struct ref_form *f, size_t i, uint8_t c)
{
    size_t first = (8 * f->arg + 5) / 6; /* the first character without bits of what is before */
    unsigned digit = digit_of(f, c);
    for (unsigned b = 0; b < 6; b++) {
        size_t bit = 6 * (first + i) + b - 8 * f->arg;
        if ((value.p[bit / 8] >> (7 - bit % 8) & 1u) != (digit >> (5 - b) & 1u))
            return false;
    }
    return digit < 64;
}

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
static const struct ref_form forms[] = {
    {is_raw, 0, ""},
    {is_hex, 0, "0123456789abcdef"},
    {is_hex, 0, "0123456789ABCDEF"},
    {is_base64, 0, ALNUM "+/"},
    {is_base64, 1, ALNUM "+/"},
    {is_base64, 2, ALNUM "+/"},
    {is_base64, 0, ALNUM "-_"},
    {is_base64, 1, ALNUM "-_"},
    {is_base64, 2, ALNUM "-_"},
};

static size_t units(struct slice value, const struct ref_form *f)
{
    if (f->is == is_raw)
        return value.n;
    if (f->is == is_hex)
        return 2 * value.n;
    return 8 * (value.n + f->arg) / 6 - (8 * f->arg + 5) / 6;
}

/* A number of at most max digits at *at, behind it afterwards; false without a digit. */
static bool number(const char *s, size_t *at, int base, int max, unsigned *ret)
{
    char digits[9] = "", *end;
    for (int i = 0; i < max && s[*at + (size_t)i] != '\0'; i++)
        digits[i] = s[*at + (size_t)i];
    bool first = digit_of(&(struct ref_form){.alphabet = "0123456789abcdefABCDEF"},
                          (uint8_t)digits[0]) < 64; /* strtoul takes signs and spaces */
    *ret = (unsigned)strtoul(digits, &end, base);
    *at += (size_t)(end - digits);
    return first && end > digits;
}

/* The ways of one character that begin with these texts; what follows is a number of at most so
 * many digits (exactly so many of bytes and \u), then the end. */
static const struct {
    const char *begin, *end;
    int base, digits;
    char is; /* without digits */
    bool byte;
} ways[] = {
    {"%", "", 16, 2, 0, true},    {"\\x", "", 16, 2, 0, true},   {"\\u", "", 16, 4, 0, false},
    {"&#", ";", 10, 8, 0, false}, {"&#x", ";", 16, 7, 0, false}, {"&#X", ";", 16, 7, 0, false},
    {"&amp;", "", 0, 0, '&', 0},  {"&lt;", "", 0, 0, '<', 0},    {"&gt;", "", 0, 0, '>', 0},
    {"&quot;", "", 0, 0, '"', 0}, {"&apos;", "", 0, 0, '\'', 0}, {"+", "", 0, 0, ' ', 0},
    {"\\\"", "", 0, 0, '"', 0},   {"\\\\", "", 0, 0, '\\', 0},   {"\\/", "", 0, 0, '/', 0},
    {"\\'", "", 0, 0, '\'', 0},   {"\\b", "", 0, 0, '\b', 0},    {"\\f", "", 0, 0, '\f', 0},
    {"\\n", "", 0, 0, '\n', 0},   {"\\r", "", 0, 0, '\r', 0},    {"\\t", "", 0, 0, '\t', 0},
};

/* Reads one character at s in one way: how long that is (0: not so written), and its bytes. */
static size_t read_way(const char *s, size_t way, struct buf *out)
{
    struct slice begin = slice_str(ways[way].begin);
    unsigned v = (uint8_t)ways[way].is, low;
    size_t at = begin.n, from = at;
    buf_clear(out);
    if (!slice_starts(slice_str(s), begin))
        return 0;
    if (ways[way].digits > 0 && !number(s, &at, ways[way].base, ways[way].digits, &v))
        return 0;
    if (ways[way].end[0] == '\0' && at != from + (size_t)ways[way].digits)
        return 0;
    if (!slice_starts(slice_str(s + at), slice_str(ways[way].end)))
        return 0;
    at += slice_str(ways[way].end).n;
    if (begin.p[begin.n - 1] == 'u' && v >= 0xd800 && v < 0xdc00) {
        if (s[at] != '\\' || s[at + 1] != 'u')
            return 0;
        from = at += 2;
        if (!number(s, &at, 16, 4, &low) || at != from + 4 || low < 0xdc00 || low > 0xdfff)
            return 0;
        v = 0x10000 + ((v - 0xd800) << 10) + (low - 0xdc00);
    }
    if (v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
        return 0;
    if (ways[way].byte)
        buf_put_u8(out, (uint8_t)v);
    else
        utf8_put(out, v);
    return at;
}

/* Whether the text from at on can be read as the first n units of the form. */
static bool reads_as(const char *text, size_t at, struct slice value, const struct ref_form *f,
                     size_t n)
{
    static bool can[REF_WANT + 4][REF_TEXT + 16]; /* so many units are read when we are here */
    size_t end = slice_str(text).n;
    struct buf c = BUF_INIT(8);
    bool alive = true;
    memset(can, 0, sizeof can);
    can[0][at] = true;
    for (size_t i = 0; i < n && alive; i++) {
        alive = false;
        for (size_t p = at; p < end; p++) {
            for (size_t way = 0; can[i][p] && way < ARRAY_LEN(ways); way++) {
                size_t k = read_way(text + p, way, &c), u = 0;
                while (u < c.n && i + u < n && f->is(value, f, i + u, c.p[u]))
                    u++;
                if (k > 0 && u == c.n)
                    can[i + u][p + k] = true;
            }
            if (can[i][p] && f->is(value, f, i, (uint8_t)text[p]))
                can[i + 1][p + 1] = true;
            alive |= can[i][p];
        }
    }
    buf_free(&c);
    for (size_t p = at; p <= end; p++) {
        if (can[n][p])
            return true;
    }
    return false;
}

/* Whether a value stands in the text, or as much of it as is enough. A text that is too long for
 * the reference has none. */
static bool ref_has(struct slice value, struct slice text, size_t enough)
{
    char s[REF_TEXT];
    if (value.n < SCREEN_VALUE_MIN || value.n > REF_WANT / 2 || !slice_to_cstr(text, s, sizeof s))
        return false;
    for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
        size_t n = units(value, &forms[f]);
        for (size_t at = 0; at < text.n; at++) {
            if (reads_as(s, at, value, &forms[f], n < enough ? n : enough))
                return true;
        }
    }
    return false;
}

static bool ref_has_any(struct slice value, const struct json *j, size_t enough)
{
    bool found = false;
    for (uint32_t i = 0; i < j->n && !found; i++) {
        struct buf s = BUF_INIT(SIZE_MAX);
        if (json_is(j, i, JSON_NUMBER))
            buf_put(&s, json_raw(j, i));
        else if (json_str(j, i, &s) != ERR_OK)
            buf_clear(&s);
        found = ref_has(value, buf_slice(&s), enough);
        buf_free(&s);
    }
    return found;
}

/* --- the properties --------------------------------------------------------------------------- */

/* What follows a label can be completed by it to a value that has its characters. */
static bool can_tell(struct slice value)
{
    static const struct slice label = SLICE_LIT("[redacted: w]#0123456789");
    for (size_t i = 0; i < value.n; i++) {
        if (slice_find_byte(label, value.p[i]) < label.n)
            return false;
    }
    return !ref_has(value, label, SCREEN_PREFIX);
}

static void check_out(struct slice value, const struct json *j, struct slice out)
{
    struct json again;
    json_init(&again);
    enum err e = json_parse(&again, out, NULL);
    /* Numbers keep redacted keys apart, but a hostile answer may have such keys already: then the
     * gateway refuses it. */
    MUST(e == ERR_OK || e == ERR_DUPLICATE_KEY);
    if (e == ERR_OK) {
        MUST(again.n == j->n);
        MUST(!can_tell(value) || !ref_has_any(value, &again, SCREEN_PREFIX));
    }
    json_free(&again);
}

/* Whether no message so far can have spent its steps: none has more to begin with. */
static bool steps_sufficed(const struct screen *s)
{
    return screen_steps(s) < SCREEN_STEPS / 2;
}

/* The request passes from then on; the value does not, unless the request has it. */
static void check_request(struct screen *s, struct slice value, const struct json *request)
{
    struct buf out = BUF_INIT(1 << 20);
    uint32_t hits = 0;
    size_t known = screen_excuse(s, request);
    bool decoded = slice_find(request->text, SLICE_LIT("blob")) < request->text.n ||
                   slice_find(request->text, SLICE_LIT("data")) < request->text.n;
    MUST(screen_message(s, request, &out, &hits) == ERR_OK);
    bool has = screen_has(s, value), sufficed = steps_sufficed(s);
    MUST(hits == 0 || !sufficed);
    if (value.n >= SCREEN_VALUE_MIN)
        MUST(has == (known == 0) || (has && !sufficed));
    if (ref_has_any(value, request, SIZE_MAX))
        MUST(known == 1 || !sufficed);
    else
        MUST(known == 0 || decoded || request->text.n >= REF_TEXT || value.n > REF_WANT / 2);
    buf_free(&out);
}

/* Takes one byte off the front; 0 when there is none. */
static uint8_t choose(struct slice *from)
{
    uint8_t c = from->n ? from->p[0] : 0;
    *from = slice_sub(*from, 1, from->n);
    return c;
}

/* Appends the byte in the shortest way that is chosen: a name, or as it is. */
static void write_short(struct buf *out, uint8_t c, bool name)
{
    for (size_t i = ARRAY_LEN(ways); name && i-- > 0;) {
        if (ways[i].digits == 0 && ways[i].is == (char)c) {
            buf_put_str(out, ways[i].begin);
            return;
        }
    }
    buf_put_u8(out, c);
}

/* Appends the first character of s in the way that is chosen; how much of s that is. */
static size_t write_way(struct buf *out, struct slice s, uint8_t choice)
{
    uint32_t cp = 0;
    size_t k = utf8_next(s, &cp), way = choice % 9;
    if (way < 3 || k == 0)
        k = 1;
    if (way == 0)
        buf_printf(out, "%%%02x", s.p[0]);
    else if (way == 1)
        buf_printf(out, "%%%02X", s.p[0]);
    else if (way == 2)
        buf_printf(out, "\\x%02x", s.p[0]);
    else if (cp == 0 || way == 8)
        write_short(out, s.p[0], choice >= 128);
    else if (way == 3 && cp > 0xffff)
        buf_printf(out, "\\u%04x\\u%04X", 0xd800 + ((cp - 0x10000) >> 10),
                   0xdc00 + ((cp - 0x10000) & 0x3ff));
    else if (way == 3)
        buf_printf(out, "\\u%04x", cp);
    else if (way == 4)
        buf_printf(out, "&#%u;", cp);
    else if (way == 5)
        buf_printf(out, "&#%08u;", cp);
    else if (way == 6)
        buf_printf(out, "&#x%X;", cp);
    else
        buf_printf(out, "&#X%07x;", cp);
    return cp == 0 || way == 8 ? 1 : k;
}

/* The value in the form that is chosen, with something before and after it. */
static void write_form(struct buf *out, struct slice value, uint8_t choice)
{
    struct buf plain = BUF_INIT(SIZE_MAX);
    buf_put(&plain, slice_sub(SLICE_LIT("x\xff"), 0, choice / 8 % 3));
    buf_put(&plain, value);
    buf_put(&plain, slice_sub(SLICE_LIT("\xff~"), 0, choice / 64 % 3));
    if (choice % 8 == 0)
        buf_put_hex(out, value);
    else if (choice % 8 < 3)
        base64_put(out, choice % 8 == 1 ? BASE64 : BASE64_URL, buf_slice(&plain));
    else
        buf_put(out, buf_slice(&plain));
    buf_free(&plain);
}

/* A value that is written as the choices say is found, and a request that has it so knows it. */
static void check_written(struct slice value, struct slice choices)
{
    struct screen *s = screen_new(SLICE_LIT("w"));
    struct buf form = BUF_INIT(SIZE_MAX), text = BUF_INIT(SIZE_MAX), doc = BUF_INIT(SIZE_MAX);
    struct json j;
    json_init(&j);
    screen_add(s, value, 0, value.n);
    write_form(&form, value, choose(&choices));
    for (struct slice rest = buf_slice(&form); rest.n > 0;)
        rest = slice_sub(rest, write_way(&text, rest, choose(&choices)), rest.n);
    MUST(screen_has(s, buf_slice(&text)));
    if (utf8_valid(buf_slice(&text))) {
        json_put_str(&doc, buf_slice(&text));
        if (json_parse(&j, buf_slice(&doc), NULL) == ERR_OK)
            MUST(screen_excuse(s, &j) == 1 || !steps_sufficed(s));
    }
    json_free(&j);
    buf_free(&form);
    buf_free(&text);
    buf_free(&doc);
    screen_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of(data, size), value = fuzz_line(&in), request = fuzz_line(&in);
    struct screen *s = screen_new(SLICE_LIT("w"));
    struct json j;
    struct buf out = BUF_INIT(1 << 20);
    uint32_t hits = 0;
    json_init(&j);
    screen_add(s, value, 0, value.n);
    if (json_parse(&j, in, NULL) == ERR_OK) {
        enum err e = screen_message(s, &j, &out, &hits);
        MUST(e == ERR_OK || e == ERR_TOO_LARGE);
        MUST(hits > 0 || !ref_has_any(value, &j, SCREEN_PREFIX));
        if (e == ERR_OK)
            check_out(value, &j, buf_slice(&out));
    }
    if (json_parse(&j, request, NULL) == ERR_OK)
        check_request(s, value, &j);
    if (value.n >= SCREEN_VALUE_MIN)
        check_written(value, in);
    json_free(&j);
    buf_free(&out);
    screen_free(s);
    return 0;
}
