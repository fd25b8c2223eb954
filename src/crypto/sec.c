/*
 * The secret type. Run by every role that sees one; trusts the slots to keep the bytes apart from
 * everything else, and nobody with their address: it is valid only while sec_with() runs.
 *
 * How many live at once is up to strangers where a request brings some, so what there is no slot
 * for is lost, and nobody else goes without.
 */
#include "crypto/sec.h"

#include <sodium.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "crypto/init.h"
#include "crypto/sec_make.h"
#include "crypto/slots.h"

struct sec {
    struct slot slot;
    size_t n;
    bool open;
};

static struct sec lost = {.n = LIM_SECRET_BYTES + 1};
static _Thread_local uint8_t lost_bytes[LIM_SECRET_BYTES]; /* zero but between make and made */

static uint8_t *open_bytes(struct sec *s)
{
    BUG_IF(s->open);
    s->open = true;
    return s->slot.p;
}

static void close_bytes(struct sec *s)
{
    BUG_IF(!s->open);
    s->open = false;
}

struct sec *sec_make(size_t n, uint8_t **ret_bytes)
{
    struct slot slot;
    struct sec *s;

    crypto_init();
    if (!slots_take(n, &slot)) {
        *ret_bytes = lost_bytes;
        return &lost;
    }
    s = MEM_NEW(struct sec);
    s->slot = slot;
    s->n = n;
    *ret_bytes = open_bytes(s);
    return s;
}

struct sec *sec_made(struct sec *s)
{
    if (s == &lost)
        mem_wipe(lost_bytes, sizeof(lost_bytes));
    else
        close_bytes(s);
    return s;
}

enum err sec_filled(struct sec *s, enum err e, struct sec **ret)
{
    sec_made(s);
    if (!e)
        e = sec_room(s);
    if (e)
        sec_free(s);
    else
        *ret = s;
    return e;
}

struct sec *sec_take(void *p, size_t n)
{
    uint8_t *bytes;
    struct sec *s = sec_make(n, &bytes);

    if (n > 0)
        memcpy(bytes, p, n);
    mem_wipe(p, n);
    return sec_made(s);
}

struct sec *sec_clone(const struct sec *s)
{
    struct sec *from = (struct sec *)s; /* the bytes are const for the caller, the lock is not */
    struct sec *copy;
    uint8_t *bytes;

    if (!s || s == &lost)
        return from;
    copy = sec_make(s->n, &bytes);
    memcpy(bytes, open_bytes(from), s->n);
    close_bytes(from);
    return sec_made(copy);
}

void sec_free(struct sec *s)
{
    if (!s || s == &lost)
        return;
    (void)open_bytes(s);
    slots_leave(&s->slot, s->n);
    mem_free(s);
}

enum err sec_room(const struct sec *s)
{
    return s == &lost ? ERR_AGAIN : ERR_OK;
}

size_t sec_len(const struct sec *s)
{
    return s ? s->n : 0;
}

enum err sec_with(const struct sec *s, enum err (*fn)(void *ctx, struct slice bytes), void *ctx)
{
    struct sec *mine = (struct sec *)s;
    enum err e;

    if (!mine)
        return fn(ctx, SLICE_EMPTY);
    if (mine == &lost)
        return ERR_AGAIN;
    e = fn(ctx, slice_of(open_bytes(mine), mine->n));
    close_bytes(mine);
    return e;
}

struct equal_ctx {
    const struct sec *other;
    struct slice first;
    bool equal;
};

static enum err equal_second(void *ctx, struct slice second)
{
    struct equal_ctx *c = ctx;

    c->equal = second.n == 0 || sodium_memcmp(c->first.p, second.p, second.n) == 0;
    return ERR_OK;
}

static enum err equal_first(void *ctx, struct slice first)
{
    struct equal_ctx *c = ctx;

    c->first = first;
    return sec_with(c->other, equal_second, c);
}

bool sec_equal(const struct sec *a, const struct sec *b)
{
    struct equal_ctx c = {.other = b};

    if (a == &lost || b == &lost)
        return false;
    if (a == b)
        return true;
    if (sec_len(a) != sec_len(b))
        return false;
    return sec_with(a, equal_first, &c) == ERR_OK && c.equal;
}
