/* base64url. Run by the keeper on its own sealed bytes, and on whatever a client sends back in
 * their place. */
#include "keeper/text64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void text64_put(struct buf *out, struct slice s)
{
    uint32_t bits = 0;
    unsigned n = 0;

    for (size_t i = 0; i < s.n; i++) {
        bits = bits << 8 | s.p[i];
        for (n += 8; n >= 6; n -= 6)
            buf_put_u8(out, (uint8_t)digits[bits >> (n - 6) & 63]);
    }
    if (n > 0)
        buf_put_u8(out, (uint8_t)digits[bits << (6 - n) & 63]);
}

static int value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

enum err text64_get(struct slice s, struct buf *out)
{
    uint32_t bits = 0;
    unsigned n = 0;

    if (s.n % 4 == 1)
        return ERR_SYNTAX;
    for (size_t i = 0; i < s.n; i++) {
        int v = value(s.p[i]);

        if (v < 0)
            return ERR_SYNTAX;
        bits = bits << 6 | (uint32_t)v;
        n += 6;
        if (n >= 8) {
            n -= 8;
            buf_put_u8(out, (uint8_t)(bits >> n));
        }
    }
    return (bits & ((1u << n) - 1)) != 0 ? ERR_SYNTAX : buf_err(out);
}
