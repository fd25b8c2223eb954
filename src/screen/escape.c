/*
 * Reading one escaped character. Run by egress, as part of the screen, on what an upstream wrote;
 * trusts nothing in it.
 */
#include "screen/escape.h"

#include "base/ascii.h"
#include "base/planted.h"
#include "proto/utf8.h"

/* The hexadecimal number in the first digits (1 to max of them) of s; their count, 0 for none. */
static size_t hex_run(struct slice s, size_t max, uint32_t *ret)
{
    uint32_t v = 0;
    size_t k = 0;
    for (; k < s.n && k < max && ascii_hex(s.p[k]) >= 0; k++)
        v = v << 4 | (uint32_t)ascii_hex(s.p[k]);
    *ret = v;
    return k;
}

static size_t dec_run(struct slice s, size_t max, uint32_t *ret)
{
    uint32_t v = 0;
    size_t k = 0;
    for (; k < s.n && k < max && ascii_is_digit(s.p[k]); k++)
        v = v * 10 + (uint32_t)(s.p[k] - '0');
    *ret = v;
    return k;
}

/* The names that HTML has for the punctuation of ASCII (WHATWG HTML 13.5), with their semicolon. */
static const struct {
    struct slice name;
    uint8_t c;
} names[] = {
#define N(name, c) {SLICE_LIT(name ";"), c},
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
};

/* The name at the start of s, with its semicolon: its length, or 0. It may be asked often, so most of
 * what is no name is told by its first and last byte. */
static size_t html_name(struct slice s, uint32_t *ret)
{
    size_t n = 0;
    while (n < s.n && n < ESCAPE_MAX && ascii_is_letter(s.p[n]))
        n++;
    if (n < 2 || n == s.n || s.p[n++] != ';')
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (names[i].name.n == n && names[i].name.p[0] == s.p[0] &&
            slice_eq(names[i].name, slice_sub(s, 0, n))) {
            *ret = names[i].c;
            return n;
        }
    }
    return 0;
}

/* &name; or &#N; or &#xN; at the start of s. The length, or 0; *ret the code point. */
static size_t html_reference(struct slice s, uint32_t *ret)
{
    size_t from = 1, n;
    if (s.n < 4)
        return 0;
    if (s.p[1] != '#') {
        n = html_name(slice_sub(s, 1, s.n), ret);
        return n > 0 ? from + n : 0;
    }
    from = (s.p[2] | 0x20) == 'x' ? 3 : 2;
    n = from == 3 ? hex_run(slice_sub(s, 3, s.n), 7, ret) : dec_run(slice_sub(s, 2, s.n), 8, ret);
    return n > 0 && from + n < s.n && s.p[from + n] == ';' ? from + n + 1 : 0;
}

/* \uXXXX or %uXXXX, with a second one for the other half of a surrogate pair. */
static size_t unicode_escape(struct slice s, uint32_t *ret)
{
    uint32_t lo;
    struct slice second;
    if (hex_run(slice_sub(s, 2, s.n), 4, ret) != 4)
        return 0;
    if (*ret < 0xd800 || *ret > 0xdbff)
        return 6;
    second = slice_sub(s, 6, s.n);
    if (!slice_starts(second, slice_sub(s, 0, 2)) ||
        hex_run(slice_sub(second, 2, second.n), 4, &lo) != 4 || lo < 0xdc00 || lo > 0xdfff)
        return 0;
    *ret = 0x10000 + ((*ret - 0xd800) << 10) + (lo - 0xdc00);
    return 12;
}

/* %XX, a byte, or %uXXXX (ECMA-262 B.2.1). */
static size_t percent(struct slice s, uint32_t *ret, bool *ret_byte)
{
    if (s.n > 1 && s.p[1] == 'u')
        return unicode_escape(s, ret);
    *ret_byte = true;
    return hex_run(slice_sub(s, 1, s.n), 2, ret) == 2 ? 3 : 0;
}

/* A quote inside quotes of a shell: these closed, the quote by itself, and opened again. */
static size_t shell_quote(struct slice s, uint32_t *ret)
{
    *ret = '\'';
    if (slice_starts(s, SLICE_LIT("'\\''")))
        return 4;
    return slice_starts(s, SLICE_LIT("'\"'\"'")) ? 5 : 0;
}

static bool is_punctuation(uint8_t c)
{
    return c > ' ' && c < 0x7f && !ascii_is_digit(c) && !ascii_is_letter(c);
}

/* A backslash escape (RFC 8259 7; CommonMark 2.4, as shells and patterns have it too: before any
 * punctuation); *ret_byte: what it stands for is a byte and not a code point. */
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
    *ret = s.p[1];
    return is_punctuation(s.p[1]) && !PLANTED(backslash_left_out) ? 2 : 0;
}

size_t escape_read(struct slice s, uint8_t dst[4], size_t *ret_n)
{
    uint32_t v = 0;
    bool byte = false;
    size_t k = 0;
    if (s.n == 0)
        return 0;
    if (s.p[0] == '%') {
        k = percent(s, &v, &byte);
    } else if (s.p[0] == '&') {
        k = html_reference(s, &v);
    } else if (s.p[0] == '\'') {
        k = shell_quote(s, &v);
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
    if (!byte)
        *ret_n = utf8_encode(v, dst);
    return k;
}
