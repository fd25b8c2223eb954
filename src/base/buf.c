/*
 * Bytes that we write, with a maximum. Run by every role. What a buffer held is wiped whenever the
 * memory changes hands (growing, consuming, clearing, freeing), so that nobody has to know whether
 * there was a secret in it.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { BUF_FIRST = 64 /* bytes of the first allocation */, BUF_TEXT = 256 };

void buf_init(struct buf *b, size_t max)
{
    *b = BUF_INIT(max);
}

void buf_free(struct buf *b)
{
    if (!b)
        return;
    mem_wipe(b->p, b->cap);
    mem_free(b->p);
    *b = BUF_INIT(b->max);
}

void buf_clear(struct buf *b)
{
    mem_wipe(b->p, b->n);
    b->n = 0;
    b->failed = false;
}

/* A new allocation and a copy, because realloc may leave the old bytes behind. */
static void grow(struct buf *b, size_t need)
{
    size_t cap = b->cap == 0 ? BUF_FIRST : b->cap;
    uint8_t *p;

    while (cap < need)
        cap = cap > b->max / 2 ? b->max : cap * 2;
    if (cap > b->max)
        cap = b->max;
    BUG_IF(cap == SIZE_MAX);
    p = mem_alloc(cap + 1); /* for the NUL behind */
    if (b->n > 0)
        memcpy(p, b->p, b->n);
    p[b->n] = 0;
    mem_wipe(b->p, b->cap);
    mem_free(b->p);
    b->p = p;
    b->cap = cap;
}

uint8_t *buf_room(struct buf *b, size_t n)
{
    if (b->failed || n > b->max - b->n) {
        b->failed = true;
        return NULL;
    }
    if (!b->p || n > b->cap - b->n)
        grow(b, b->n + n);
    return b->p + b->n;
}

void buf_added(struct buf *b, size_t n)
{
    BUG_IF(b->failed || n > b->cap - b->n);
    b->n += n;
    b->p[b->n] = 0;
}

void buf_put(struct buf *b, struct slice s)
{
    uint8_t *p;

    /* A slice of b itself would be wiped by growing. */
    BUG_IF(s.n > 0 && b->p && s.p >= b->p && s.p < b->p + b->cap);
    p = buf_room(b, s.n);
    if (!p || s.n == 0)
        return;
    memcpy(p, s.p, s.n);
    buf_added(b, s.n);
}

void buf_set(struct buf *b, struct slice s)
{
    buf_clear(b);
    buf_put(b, s);
}

void buf_put_str(struct buf *b, const char *s)
{
    buf_put(b, slice_str(s));
}

void buf_put_u8(struct buf *b, uint8_t v)
{
    uint8_t *p = buf_room(b, 1);

    if (!p)
        return;
    *p = v;
    buf_added(b, 1);
}

void buf_put_u64_dec(struct buf *b, uint64_t v)
{
    uint8_t digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (uint8_t)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    buf_put(b, slice_of(digits + at, sizeof digits - at));
}

static void put_hex(struct buf *b, struct slice s, const char *digits)
{
    uint8_t *p;

    if (s.n > SIZE_MAX / 2) {
        b->failed = true;
        return;
    }
    p = buf_room(b, s.n * 2);
    if (!p)
        return;
    for (size_t i = 0; i < s.n; i++) {
        p[i * 2] = (uint8_t)digits[s.p[i] >> 4];
        p[i * 2 + 1] = (uint8_t)digits[s.p[i] & 15];
    }
    buf_added(b, s.n * 2);
}

void buf_put_hex(struct buf *b, struct slice s)
{
    put_hex(b, s, "0123456789abcdef");
}

void buf_put_hex_upper(struct buf *b, struct slice s)
{
    put_hex(b, s, "0123456789ABCDEF");
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    char fixed[BUF_TEXT];
    char *text = fixed;
    size_t size = sizeof fixed;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(text, size, fmt, args);
    va_end(args);
    BUG_IF(n < 0);
    if ((size_t)n >= size) {
        size = (size_t)n + 1;
        text = mem_zalloc(size);
        va_start(args, fmt);
        n = vsnprintf(text, size, fmt, args);
        va_end(args);
        BUG_IF(n < 0 || (size_t)n >= size);
    }
    buf_put(b, slice_of(text, (size_t)n));
    mem_wipe(text, size);
    if (text != fixed)
        mem_free(text);
}

void buf_cut(struct buf *b, size_t n)
{
    BUG_IF(n > b->n);
    mem_wipe(b->p + n, b->n - n);
    b->n = n;
}

void buf_consume(struct buf *b, size_t n)
{
    BUG_IF(n > b->n);
    if (n == 0)
        return;
    memmove(b->p, b->p + n, b->n - n);
    mem_wipe(b->p + (b->n - n), n);
    b->n -= n;
}

struct slice buf_slice(const struct buf *b)
{
    return slice_of(b->p, b->n);
}

enum err buf_err(const struct buf *b)
{
    return b->failed ? ERR_TOO_LARGE : ERR_OK;
}
