/*
 * Looking at bytes that somebody else owns. Pure functions, run by every role on bytes that anyone
 * may have chosen: no function here reads outside the slice that it was given.
 */
#include "base/slice.h"

#include <string.h>

#include "base/ascii.h"

struct slice slice_str(const char *s)
{
    return (struct slice){(const uint8_t *)s, strlen(s)};
}

int slice_cmp(struct slice a, struct slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

bool slice_eq_str(struct slice a, const char *b)
{
    return slice_eq(a, slice_str(b));
}

bool slice_eq_nocase(struct slice a, struct slice b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
            return false;
    }
    return true;
}

bool slice_starts(struct slice s, struct slice prefix)
{
    return s.n >= prefix.n && slice_eq(slice_sub(s, 0, prefix.n), prefix);
}

bool slice_ends(struct slice s, struct slice suffix)
{
    return s.n >= suffix.n && slice_eq(slice_sub(s, s.n - suffix.n, s.n), suffix);
}

size_t slice_find_byte(struct slice s, uint8_t c)
{
    const uint8_t *at = s.n == 0 ? NULL : memchr(s.p, c, s.n);

    return at ? (size_t)(at - s.p) : s.n;
}

size_t slice_find(struct slice s, struct slice needle)
{
    const uint8_t *at;

    if (needle.n == 0)
        return 0;
    if (s.n < needle.n)
        return s.n;
    at = memmem(s.p, s.n, needle.p, needle.n);
    return at ? (size_t)(at - s.p) : s.n;
}

struct slice slice_take(struct slice *s, size_t n)
{
    struct slice got = slice_sub(*s, 0, n);

    *s = slice_sub(*s, n, s->n);
    return got;
}

struct slice slice_until(struct slice *s, uint8_t c)
{
    size_t k = slice_find_byte(*s, c);
    struct slice got = slice_sub(*s, 0, k);

    *s = slice_sub(*s, k + 1, s->n);
    return got;
}

static bool is_ows(uint8_t c)
{
    return c == ' ' || c == '\t';
}

struct slice slice_trim(struct slice s)
{
    size_t from = 0;
    size_t to = s.n;

    while (from < to && is_ows(s.p[from]))
        from++;
    while (to > from && is_ows(s.p[to - 1]))
        to--;
    return slice_sub(s, from, to);
}

bool slice_to_u64(struct slice s, uint64_t max, uint64_t *ret)
{
    uint64_t v = 0;

    if (s.n == 0 || (s.n > 1 && s.p[0] == '0'))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint64_t digit = (uint64_t)s.p[i] - '0';

        if (digit > 9 || digit > max || v > (max - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *ret = v;
    return true;
}

bool slice_to_cstr(struct slice s, char *dst, size_t dst_n)
{
    BUG_IF(dst_n == 0);
    dst[0] = '\0';
    if (s.n >= dst_n || slice_find_byte(s, 0) != s.n)
        return false;
    if (s.n > 0)
        memcpy(dst, s.p, s.n);
    dst[s.n] = '\0';
    return true;
}

size_t slice_copy(struct slice s, void *dst, size_t dst_n)
{
    size_t n = s.n < dst_n ? s.n : dst_n;

    if (n > 0)
        memcpy(dst, s.p, n);
    return n;
}
