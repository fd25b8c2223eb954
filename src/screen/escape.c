/*
 * Reading one escaped character. Run by egress, as part of the screen, on what an upstream wrote;
 * trusts nothing in it.
 */
#include "screen/escape.h"

#include "base/defs.h"
#include "base/planted.h"

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
    if (in.n == 0 || (in.p[0] != '#' && (in.p[0] < 'a' || in.p[0] > 'q')))
        return 0; /* soon: it may be asked often */
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

static bool is_punctuation(uint8_t c)
{
    return (c > ' ' && c < '0') || (c > '9' && c < 'A') || (c > 'Z' && c < 'a') ||
           (c > 'z' && c < 0x7f);
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

/* RFC 3629 3. v is a scalar value. */
static size_t put_utf8(uint32_t v, uint8_t dst[4])
{
    static const struct {
        uint32_t below;
        uint8_t lead;
    } rows[] = {{0x80, 0}, {0x800, 0xc0}, {0x10000, 0xe0}, {0x110000, 0xf0}};
    size_t n = 0;
    while (v >= rows[n].below)
        n++;
    for (size_t i = n; i > 0; i--, v >>= 6)
        dst[i] = (uint8_t)(0x80 | (v & 63));
    dst[0] = (uint8_t)(rows[n].lead | v);
    return n + 1;
}

size_t escape_read(struct slice s, uint8_t dst[4], size_t *ret_n)
{
    uint32_t v = 0;
    bool byte = false;
    size_t k = 0;
    if (s.n == 0)
        return 0;
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
    if (!byte)
        *ret_n = put_utf8(v, dst);
    return k;
}
