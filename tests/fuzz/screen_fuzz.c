/*
 * The screen: first line the value, second line a request, the rest an answer. What comes out is
 * JSON of the same shape, and a slow reference, which decodes where the screen encodes, finds no
 * block of the value in any of its texts; nor does one pass because of a request in which the
 * reference does not find it. The answer's bytes also choose how to write a run of the value, as it
 * is or as Latin-1 has it, which must then be found. What a request has may be missed, and what an
 * answer has not may be redacted, when the steps are spent.
 */
#include <string.h>

#include "base/base64.h"
#include "fuzz.h"
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
    size_t first = 8 * f->arg / 6; /* the first character that has bits of the value */
    unsigned digit = digit_of(f, c);
    for (unsigned b = 0; b < 6; b++) {
        size_t bit = 6 * (first + i) + b - 8 * f->arg; /* or large: of what is before */
        if (bit < 8 * value.n &&
            (value.p[bit / 8] >> (7 - bit % 8) & 1u) != (digit >> (5 - b) & 1u))
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
    return (8 * (value.n + f->arg) + 5) / 6 - 8 * f->arg / 6;
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
    {"%", "", 16, 2, 0, true},
    {"\\x", "", 16, 2, 0, true},
    {"\\u", "", 16, 4, 0, false},
    {"%u", "", 16, 4, 0, false},
    {"&#", ";", 10, 8, 0, false},
    {"&#x", ";", 16, 7, 0, false},
    {"&#X", ";", 16, 7, 0, false},
    {"+", "", 0, 0, ' ', 0},
    {"'\\''", "", 0, 0, '\'', 0},
    {"'\"'\"'", "", 0, 0, '\'', 0},
    {"\\b", "", 0, 0, '\b', 0},
    {"\\f", "", 0, 0, '\f', 0},
    {"\\n", "", 0, 0, '\n', 0},
    {"\\r", "", 0, 0, '\r', 0},
    {"\\t", "", 0, 0, '\t', 0},
#define N(name, c) {"&" name ";", "", 0, 0, c, 0},
    N("Tab", '\t') N("NewLine", '\n') N("excl", '!') N("quot", '"') N("QUOT", '"') N("num", '#')
        N("dollar", '$') N("percnt", '%') N("amp", '&') N("AMP", '&') N("apos", '\'') N("lpar", '(')
            N("rpar", ')') N("ast", '*') N("midast", '*') N("plus", '+') N("comma", ',')
                N("period", '.') N("sol", '/') N("colon", ':') N("semi", ';') N("lt", '<')
                    N("LT", '<') N("equals", '=') N("gt", '>') N("GT", '>') N("quest", '?')
                        N("commat", '@') N("lsqb", '[') N("lbrack", '[') N("bsol", '\\')
                            N("rsqb", ']') N("rbrack", ']') N("Hat", '^') N("lowbar", '_')
                                N("UnderBar", '_') N("grave", '`') N("DiacriticalGrave", '`')
                                    N("lcub", '{') N("lbrace", '{') N("verbar", '|') N("vert", '|')
                                        N("VerticalLine", '|') N("rcub", '}') N("rbrace", '}')
#undef N
#define B(c) {"\\" c, "", 0, 0, c[0], 0},
                                            B("!") B("\"") B("#") B("$") B("%") B("&") B("'") B("(")
                                                B(")") B("*") B("+") B(",") B("-") B(".") B("/")
                                                    B(":") B(";") B("<") B("=") B(">") B("?") B("@")
                                                        B("[") B("\\") B("]") B("^") B("_") B("`")
                                                            B("{") B("|") B("}") B("~")
#undef B
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
        if (!slice_starts(slice_str(s + at), begin))
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
            bool begins = can[i][p] && strchr("%\\&+'", text[p]) != NULL;
            for (size_t way = 0; begins && way < ARRAY_LEN(ways); way++) {
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

/* The blocks that the value is cut into, by characters: [from, enough) is looked for, [from, to) is
 * the block. */
struct ref_block {
    size_t from, enough, to;
};
enum { REF_BLOCKS = REF_WANT / 2 / SCREEN_BLOCK + 1 };

static size_t ref_blocks(struct slice value, struct ref_block ret[REF_BLOCKS])
{
    size_t bound[REF_WANT], n = 0, at = 0, blocks;
    for (uint32_t cp; at < value.n; n++) {
        size_t k = utf8_next(slice_sub(value, at, value.n), &cp);
        bound[n] = at;
        at += k > 0 ? k : 1;
    }
    bound[n] = value.n;
    blocks = n < 2 * SCREEN_BLOCK ? 1 : n / SCREEN_BLOCK;
    for (size_t i = 0; i < blocks; i++) {
        size_t end = blocks == 1 ? value.n : bound[(i + 1) * SCREEN_BLOCK];
        ret[i] = (struct ref_block){bound[i * SCREEN_BLOCK], end, i + 1 == blocks ? value.n : end};
    }
    return blocks;
}

/* Whether these bytes stand in the text. A text that is too long for the reference has none. */
static bool ref_has(struct slice bytes, struct slice text)
{
    char s[REF_TEXT];
    if (!slice_to_cstr(text, s, sizeof s))
        return false;
    for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
        size_t n = units(bytes, &forms[f]);
        for (size_t at = 0; at < text.n; at++) {
            if (reads_as(s, at, bytes, &forms[f], n))
                return true;
        }
    }
    return false;
}

/* How many blocks of the value stand in the message: whole, or as much as is looked for. */
static size_t ref_count(struct slice value, const struct json *j, bool whole)
{
    struct ref_block blocks[REF_BLOCKS];
    size_t n, count = 0;
    if (value.n < SCREEN_VALUE_MIN || value.n > REF_WANT / 2)
        return 0;
    n = ref_blocks(value, blocks);
    for (size_t b = 0; b < n; b++) {
        struct slice bytes =
            slice_sub(value, blocks[b].from, whole ? blocks[b].to : blocks[b].enough);
        bool found = false;
        for (uint32_t i = 0; i < j->n && !found; i++) {
            struct buf s = BUF_INIT(SIZE_MAX);
            if (json_is(j, i, JSON_NUMBER))
                buf_put(&s, json_raw(j, i));
            else if (json_str(j, i, &s) != ERR_OK)
                buf_clear(&s);
            found = ref_has(bytes, buf_slice(&s));
            buf_free(&s);
        }
        count += found;
    }
    return count;
}

/* --- the properties --------------------------------------------------------------------------- */

/* What follows a label can be completed by it to a block that has its characters. */
static bool can_tell(struct slice value)
{
    static const struct slice label = SLICE_LIT("[redacted: w]#0123456789");
    for (size_t i = 0; i < value.n; i++) {
        if (slice_find_byte(label, value.p[i]) < label.n)
            return false;
    }
    return true;
}

static void check_out(struct slice value, const struct json *j, struct slice out)
{
    struct json again;
    again = JSON_INIT;
    enum err e = json_parse(&again, out, NULL);
    /* Numbers keep redacted keys apart, but a hostile answer may have such keys already: then the
     * gateway refuses it. */
    MUST(e == ERR_OK || e == ERR_DUPLICATE_KEY);
    if (e == ERR_OK) {
        MUST(again.n == j->n);
        MUST(!can_tell(value) || ref_count(value, &again, false) == 0);
    }
    json_free(&again);
}

/* Whether no message so far can have spent its steps: none has more to begin with. */
static bool steps_sufficed(const struct screen *s)
{
    return screen_steps(s) < SCREEN_STEPS / 2;
}

/* Whether the request has what the screen decodes and the reference does not. */
static bool is_decoded(const struct json *request)
{
    for (uint32_t i = 0; i < request->n; i++) {
        struct slice raw = json_raw(request, i);
        bool number = json_is(request, i, JSON_NUMBER);
        if (number && (slice_find_byte(raw, '.') < raw.n || slice_find_byte(raw, 'e') < raw.n ||
                       slice_find_byte(raw, 'E') < raw.n))
            return true;
    }
    return slice_find(request->text, SLICE_LIT("blob")) < request->text.n ||
           slice_find(request->text, SLICE_LIT("data")) < request->text.n;
}

static bool is_ascii(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] >= 0x80)
            return false;
    }
    return true;
}

/* What the request has passes from then on; what it has not does not. */
static void check_request(struct screen *s, struct slice value, const struct json *request)
{
    struct ref_block blocks[REF_BLOCKS];
    struct buf out = BUF_INIT(1 << 20);
    uint32_t hits = 0;
    bool small = value.n <= REF_WANT / 2, rest = true;
    size_t known = screen_excuse(s, request, NULL, 0);
    if (small && value.n >= SCREEN_VALUE_MIN) {
        const struct ref_block *last = &blocks[ref_blocks(value, blocks) - 1];
        rest = last->enough < last->to; /* the last block is found by less than is excused */
    }
    MUST(screen_message(s, request, &out, &hits) == ERR_OK);
    bool has = screen_has(s, value), sufficed = steps_sufficed(s);
    MUST(hits == 0 || rest || is_decoded(request) || !sufficed);
    if (value.n >= SCREEN_VALUE_MIN)
        MUST(has == screen_active(s) || (has && !sufficed));
    if (ref_count(value, request, true) > 0)
        MUST(known > 0 || !sufficed);
    else if (is_ascii(value))
        MUST(known == 0 || is_decoded(request) || request->text.n >= REF_TEXT || !small);
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
    size_t k = utf8_next(s, &cp), way = choice % 10;
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
    else if (way == 9 && cp < 0x10000)
        buf_printf(out, "%%u%04x", cp);
    else if (way == 4 || way == 9)
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

/* As a program writes it that knows Latin-1 alone, or takes UTF-8 for that. */
static void put_latin_1(struct buf *out, struct slice s, bool once)
{
    for (uint32_t cp; s.n > 0;) {
        size_t k = utf8_next(s, &cp);
        if (once && k == 2 && cp < 0x100)
            buf_put_u8(out, (uint8_t)cp);
        else if (once)
            buf_put(out, slice_sub(s, 0, k > 0 ? k : 1));
        for (size_t i = 0; !once && i < (k > 0 ? k : 1); i++)
            utf8_put(out, s.p[i]);
        s = slice_sub(s, k > 0 ? k : 1, s.n);
    }
}

/* A block of the value, or more of it from there on. */
static struct slice choose_run(struct slice value, struct slice *choices, bool whole)
{
    struct ref_block blocks[REF_BLOCKS];
    size_t n, from, to;
    if (value.n > REF_WANT / 2)
        return value;
    n = ref_blocks(value, blocks);
    from = choose(choices) % n;
    to = from + choose(choices) % (n - from);
    return slice_sub(value, blocks[from].from, whole ? blocks[to].to : blocks[to].enough);
}

/* Another for each length: what is in one list differs. */
static uint64_t key_of(struct slice value)
{
    return value.n * UINT64_C(0x9e3779b97f4a7c15);
}

/* A block that is written as the choices say is found, and a request that has it so knows it. */
static void check_written(struct slice value, struct slice choices)
{
    struct screen *s = screen_new(SLICE_LIT("w"), key_of(value));
    struct buf form = BUF_INIT(SIZE_MAX), text = BUF_INIT(SIZE_MAX), doc = BUF_INIT(SIZE_MAX),
               latin = BUF_INIT(SIZE_MAX);
    struct json j;
    j = JSON_INIT;
    screen_add(s, value, 0, value.n);
    uint8_t first = choose(&choices);
    bool whole = first % 2;
    struct slice part = choose_run(value, &choices, whole);
    if (first / 2 % 3 > 0) {
        put_latin_1(&latin, part, first / 2 % 3 == 1);
        part = buf_slice(&latin);
    }
    write_form(&form, part, choose(&choices));
    for (struct slice rest = buf_slice(&form); rest.n > 0;)
        rest = slice_sub(rest, write_way(&text, rest, choose(&choices)), rest.n);
    MUST(screen_has(s, buf_slice(&text)));
    if (utf8_valid(buf_slice(&text)) && whole) {
        json_put_str(&doc, buf_slice(&text));
        if (json_parse(&j, buf_slice(&doc), NULL) == ERR_OK)
            MUST(screen_excuse(s, &j, NULL, 0) > 0 || !steps_sufficed(s));
    }
    json_free(&j);
    buf_free(&latin);
    buf_free(&form);
    buf_free(&text);
    buf_free(&doc);
    screen_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of(data, size), value = fuzz_line(&in), request = fuzz_line(&in);
    struct screen *s = screen_new(SLICE_LIT("w"), key_of(value));
    struct json j;
    struct buf out = BUF_INIT(1 << 20);
    uint32_t hits = 0;
    j = JSON_INIT;
    screen_add(s, value, 0, value.n);
    if (json_parse(&j, in, NULL) == ERR_OK) {
        enum err e = screen_message(s, &j, &out, &hits);
        MUST(e == ERR_OK || e == ERR_TOO_LARGE);
        MUST(hits > 0 || ref_count(value, &j, false) == 0);
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
