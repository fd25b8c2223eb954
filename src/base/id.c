/*
 * Comparing and reading ids. Run by every role; the text is from outside, and whoever chose it may
 * measure how long the comparison takes: some ids are looked up from a link.
 */
#include "base/id.h"

#include "base/ascii.h"

bool id_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
    volatile uint8_t difference = 0;

    BUG_IF(n == 0); /* ID_EQ of two different types */
    for (size_t i = 0; i < n; i++)
        difference = (uint8_t)(difference | (a[i] ^ b[i]));
    return difference == 0;
}

bool id_is_zero(const uint8_t *a, size_t n)
{
    volatile uint8_t seen = 0;

    for (size_t i = 0; i < n; i++)
        seen = (uint8_t)(seen | a[i]);
    return seen == 0;
}

bool id_parse(struct slice text, uint8_t *dst, size_t n)
{
    if (text.n % 2 != 0 || text.n / 2 != n)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (ascii_hex(text.p[i]) < 0 || text.p[i] != ascii_lower(text.p[i]))
            return false;
    }
    for (size_t i = 0; i < n; i++)
        dst[i] = (uint8_t)(ascii_hex(text.p[i * 2]) << 4 | ascii_hex(text.p[i * 2 + 1]));
    return true;
}
