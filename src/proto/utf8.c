/*
 * UTF-8, strictly by RFC 3629 section 4: one table of what the second byte may be. Used by every
 * role; trusts nothing of its input.
 */
#include "proto/utf8.h"

/* Length and the range of the second byte, by the first byte. */
static size_t lead(uint8_t c, uint8_t *lo, uint8_t *hi)
{
    *lo = 0x80;
    *hi = 0xbf;
    if (c >= 0xc2 && c <= 0xdf)
        return 2;
    if (c >= 0xe0 && c <= 0xef) {
        if (c == 0xe0)
            *lo = 0xa0; /* shorter forms exist */
        if (c == 0xed)
            *hi = 0x9f; /* surrogates */
        return 3;
    }
    if (c >= 0xf0 && c <= 0xf4) {
        if (c == 0xf0)
            *lo = 0x90;
        if (c == 0xf4)
            *hi = 0x8f; /* beyond U+10FFFF */
        return 4;
    }
    return 0;
}

size_t utf8_next(struct slice s, uint32_t *ret)
{
    uint8_t lo, hi;
    if (s.n == 0)
        return 0;
    if (s.p[0] < 0x80) {
        if (ret)
            *ret = s.p[0];
        return 1;
    }
    size_t n = lead(s.p[0], &lo, &hi);
    if (n == 0 || s.n < n || s.p[1] < lo || s.p[1] > hi)
        return 0;
    uint32_t cp = s.p[0] & (0x7fu >> n);
    cp = cp << 6 | (s.p[1] & 0x3f);
    for (size_t i = 2; i < n; i++) {
        if ((s.p[i] & 0xc0) != 0x80)
            return 0;
        cp = cp << 6 | (s.p[i] & 0x3f);
    }
    if (ret)
        *ret = cp;
    return n;
}

bool utf8_valid(struct slice s)
{
    size_t at = 0;
    while (at < s.n) {
        size_t k = utf8_next(slice_of(s.p + at, s.n - at), NULL);
        if (k == 0)
            return false;
        at += k;
    }
    return true;
}

size_t utf8_encode(uint32_t cp, uint8_t dst[4])
{
    static const struct {
        uint32_t below;
        uint8_t lead;
    } rows[] = {{0x80, 0}, {0x800, 0xc0}, {0x10000, 0xe0}, {0x110000, 0xf0}};
    size_t n = 0;
    BUG_IF(cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff));
    while (cp >= rows[n].below)
        n++;
    for (size_t i = n; i > 0; i--, cp >>= 6)
        dst[i] = (uint8_t)(0x80 | (cp & 63));
    dst[0] = (uint8_t)(rows[n].lead | cp);
    return n + 1;
}

void utf8_put(struct buf *out, uint32_t cp)
{
    uint8_t b[4];
    buf_put(out, slice_of(b, utf8_encode(cp, b)));
}

/* Unicode's Cc, Cf, Zl, Zp, variation selectors, fillers that show nothing, and the tag and private
 * use planes: what can hide text or turn it round. Sorted. */
static const struct {
    uint32_t from, to;
} invisible[] = {
    {0x0000, 0x0008},   {0x000b, 0x001f},   {0x007f, 0x009f},    {0x00ad, 0x00ad},
    {0x034f, 0x034f},   {0x0600, 0x0605},   {0x061c, 0x061c},    {0x06dd, 0x06dd},
    {0x070f, 0x070f},   {0x0890, 0x0891},   {0x08e2, 0x08e2},    {0x115f, 0x1160},
    {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},    {0x2028, 0x202e},
    {0x2060, 0x206f},   {0x2800, 0x2800},   {0x3164, 0x3164},    {0xe000, 0xf8ff},
    {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},    {0xfff0, 0xfffb},
    {0xfffe, 0xffff},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd},  {0x13430, 0x1343f},
    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
};

bool utf8_is_invisible(uint32_t cp)
{
    for (size_t i = 0; i < ARRAY_LEN(invisible); i++) {
        if (cp < invisible[i].from)
            return false;
        if (cp <= invisible[i].to)
            return true;
    }
    return false;
}

bool utf8_is_line(struct slice s)
{
    uint32_t cp = 0;

    for (size_t i = 0, k = 0; i < s.n; i += k) {
        k = utf8_next(slice_sub(s, i, s.n), &cp);
        if (k == 0 || cp == '\n' || cp == '\t' || utf8_is_invisible(cp))
            return false;
    }
    return true;
}
