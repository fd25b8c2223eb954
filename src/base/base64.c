/* Base64, RFC 4648. Pure. */
#include "base/base64.h"

static const char alphabet[2][65] = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

void base64_put(struct buf *out, enum base64_kind kind, struct slice s)
{
    const char *a = alphabet[kind == BASE64_URL];
    size_t n = kind == BASE64 ? (s.n + 2) / 3 * 4 : (4 * s.n + 2) / 3;
    uint8_t *p = buf_room(out, n);
    if (!p)
        return;
    buf_added(out, n);
    for (; s.n >= 3; s.p += 3, s.n -= 3, p += 4) {
        p[0] = (uint8_t)a[s.p[0] >> 2];
        p[1] = (uint8_t)a[(s.p[0] << 4 | s.p[1] >> 4) & 63];
        p[2] = (uint8_t)a[(s.p[1] << 2 | s.p[2] >> 6) & 63];
        p[3] = (uint8_t)a[s.p[2] & 63];
    }
    if (s.n == 0)
        return;
    uint32_t w = (uint32_t)s.p[0] << 16 | (uint32_t)(s.n > 1 ? s.p[1] : 0) << 8;
    for (size_t j = 0; j < (kind == BASE64 ? 4 : s.n + 1); j++)
        p[j] = (uint8_t)(j > s.n ? '=' : a[w >> (18 - 6 * j) & 63]);
}

int base64_sextet(uint8_t c)
{
    /* Each one more than it is. */
    static const uint8_t of[256] = {
        ['A'] = 1, 2,  3,  4,  5,          6,  7,  8,          9,          10,         11,
        12,        13, 14, 15, 16,         17, 18, 19,         20,         21,         22,
        23,        24, 25, 26, ['a'] = 27, 28, 29, 30,         31,         32,         33,
        34,        35, 36, 37, 38,         39, 40, 41,         42,         43,         44,
        45,        46, 47, 48, 49,         50, 51, 52,         ['0'] = 53, 54,         55,
        56,        57, 58, 59, 60,         61, 62, ['+'] = 63, ['-'] = 63, ['/'] = 64, ['_'] = 64};
    return of[c] - 1;
}

/* Bits not yet whole bytes, and where the next byte goes. */
struct bits {
    uint32_t v;
    unsigned n;
    uint8_t *to;
};

static void put_bits(struct bits *b, int six)
{
    b->v = b->v << 6 | (uint32_t)six;
    b->n += 6;
    if (b->n >= 8) {
        b->n -= 8;
        *b->to++ = (uint8_t)(b->v >> b->n);
    }
}

/* What was decoded behind what out holds counts, or is wiped. */
static enum err take_decoded(struct buf *out, const struct bits *b, bool good)
{
    size_t before = out->n;
    buf_added(out, (size_t)(b->to - (out->p + before)));
    if (!good)
        buf_cut(out, before);
    return good ? ERR_OK : ERR_SYNTAX;
}

enum err base64_decode(enum base64_kind kind, struct slice s, struct buf *out)
{
    size_t pad = 0;
    if (kind == BASE64) {
        if (s.n % 4 != 0)
            return ERR_SYNTAX;
        while (pad < 2 && pad < s.n && s.p[s.n - 1 - pad] == '=')
            pad++;
    } else if (s.n % 4 == 1) {
        return ERR_SYNTAX;
    }
    struct bits b = {.to = buf_room(out, (s.n - pad) * 3 / 4)};
    bool good = true;
    if (!b.to)
        return buf_err(out);
    for (size_t i = 0; i < s.n - pad && good; i++) {
        int v = base64_sextet(s.p[i]);
        good = v >= 0 && (v < 62 || s.p[i] == (uint8_t)alphabet[kind == BASE64_URL][v]);
        put_bits(&b, v & 63);
    }
    /* RFC 4648 3.5: the bits that are left over must be zero. */
    good &= b.n < 6 && (b.v & ((1u << b.n) - 1)) == 0;
    return take_decoded(out, &b, good);
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

enum err base64_decode_any(struct slice s, struct buf *out)
{
    struct bits b = {.to = buf_room(out, s.n * 3 / 4)};
    size_t chars = 0, pads = 0;
    bool good = true;
    if (!b.to)
        return buf_err(out);
    for (size_t i = 0; i < s.n && good; i++) {
        int v = base64_sextet(s.p[i]);
        if (is_space(s.p[i]))
            continue;
        if (s.p[i] == '=') {
            good = ++pads <= 2;
            continue;
        }
        good = v >= 0 && pads == 0;
        put_bits(&b, v & 63);
        chars++;
    }
    return take_decoded(out, &b, good && chars % 4 != 1);
}
