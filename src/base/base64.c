/* Base64, RFC 4648. Pure. */
#include "base/base64.h"

static const char alphabet[2][65] = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

void base64_put(struct buf *out, enum base64_kind kind, struct slice s)
{
    const char *a = alphabet[kind];
    size_t n = kind == BASE64 ? (s.n + 2) / 3 * 4 : (4 * s.n + 2) / 3;
    uint8_t *p = buf_room(out, n);
    if (!p)
        return;
    for (size_t i = 0, k = 0; k < n; i += 3) {
        size_t left = s.n - i;
        uint32_t w = (uint32_t)s.p[i] << 16 | (uint32_t)(left > 1 ? s.p[i + 1] : 0) << 8 |
                     (left > 2 ? s.p[i + 2] : 0);
        for (size_t j = 0; j < 4 && k < n; j++)
            p[k++] = (uint8_t)(j > left ? '=' : a[w >> (18 - 6 * j) & 63]);
    }
    buf_added(out, n);
}

int base64_sextet(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    if (c == '/' || c == '_')
        return 63;
    return -1;
}

/* Bits not yet whole bytes. */
struct bits {
    uint32_t v;
    unsigned n;
};

static void put_bits(struct bits *b, int six, struct buf *out)
{
    b->v = (b->v << 6 | (uint32_t)six) & 0xffffff;
    b->n += 6;
    if (b->n >= 8) {
        b->n -= 8;
        buf_put_u8(out, (uint8_t)(b->v >> b->n));
    }
}

enum err base64_decode(enum base64_kind kind, struct slice s, struct buf *out)
{
    struct bits b = {0, 0};
    size_t pad = 0;
    if (kind == BASE64) {
        if (s.n % 4 != 0)
            return ERR_SYNTAX;
        while (pad < 2 && pad < s.n && s.p[s.n - 1 - pad] == '=')
            pad++;
    } else if (s.n % 4 == 1) {
        return ERR_SYNTAX;
    }
    for (size_t i = 0; i < s.n - pad; i++) {
        int v = base64_sextet(s.p[i]);
        if (v < 0 || (v >= 62 && s.p[i] != (uint8_t)alphabet[kind][v]))
            return ERR_SYNTAX;
        put_bits(&b, v, out);
    }
    /* RFC 4648 3.5: the bits that are left over must be zero. */
    if (b.n >= 6 || (b.v & ((1u << b.n) - 1)) != 0)
        return ERR_SYNTAX;
    return buf_err(out);
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

enum err base64_decode_any(struct slice s, struct buf *out)
{
    struct bits b = {0, 0};
    size_t chars = 0, pads = 0;
    for (size_t i = 0; i < s.n; i++) {
        int v = base64_sextet(s.p[i]);
        if (is_space(s.p[i]))
            continue;
        if (s.p[i] == '=') {
            if (++pads > 2)
                return ERR_SYNTAX;
            continue;
        }
        if (v < 0 || pads)
            return ERR_SYNTAX;
        put_bits(&b, v, out);
        chars++;
    }
    return chars % 4 == 1 ? ERR_SYNTAX : buf_err(out);
}
