/*
 * The secret type. Run by every role that sees one; trusts the kernel to keep pages apart,
 * libsodium to guard them, and nobody with the address of the bytes: it is valid only while
 * sec_with() runs.
 *
 * Each secret has its own guarded page pair. That is for the few that live at once in one process,
 * not for a store of them. How many do is up to strangers where a request brings some, so there is
 * a most, well before the kernel's (vm.max_map_count), beyond which nobody in the process can go on.
 */
#include "crypto/sec.h"

#include <sodium.h>
#include <stdatomic.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/planted.h"
#include "crypto/init.h"
#include "crypto/sec_make.h"

struct sec {
    uint8_t *p; /* guarded; no access while open is false */
    size_t n;
    bool open;
};

static struct sec lost = {.n = LIM_SECRET_BYTES + 1};
static _Thread_local uint8_t lost_bytes[LIM_SECRET_BYTES]; /* zero but between make and made */
static atomic_size_t alive;

struct sec *sec_make(size_t n, uint8_t **ret_bytes)
{
    struct sec *s;

    BUG_IF(n > LIM_SECRET_BYTES);
    crypto_init();
    if (atomic_fetch_add(&alive, 1) >= LIM_SECRETS && !PLANTED(secrets_endless)) {
        (void)atomic_fetch_sub(&alive, 1);
        *ret_bytes = lost_bytes;
        return &lost;
    }
    s = MEM_NEW(struct sec);
    s->p = sodium_malloc(n);
    BUG_IF(s->p == NULL);
    s->n = n;
    s->open = true;
    *ret_bytes = s->p;
    return s;
}

struct sec *sec_made(struct sec *s)
{
    if (s == &lost) {
        mem_wipe(lost_bytes, sizeof(lost_bytes));
        return s;
    }
    BUG_IF(!s->open);
    BUG_IF(sodium_mprotect_noaccess(s->p) != 0);
    s->open = false;
    return s;
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
    uint8_t *bytes;
    struct sec *copy;

    if (s == NULL || s == &lost)
        return (struct sec *)s;
    copy = sec_make(s->n, &bytes);
    BUG_IF(s->open || sodium_mprotect_readonly(s->p) != 0);
    if (s->n > 0)
        memcpy(bytes, s->p, s->n);
    BUG_IF(sodium_mprotect_noaccess(s->p) != 0);
    return sec_made(copy);
}

void sec_free(struct sec *s)
{
    if (s == NULL || s == &lost)
        return;
    sodium_free(s->p); /* makes it writable, checks the canary, wipes, unmaps */
    mem_free(s);
    (void)atomic_fetch_sub(&alive, 1);
}

enum err sec_room(const struct sec *s)
{
    return s == &lost ? ERR_AGAIN : ERR_OK;
}

size_t sec_len(const struct sec *s)
{
    return s == NULL ? 0 : s->n;
}

enum err sec_with(const struct sec *s, enum err (*fn)(void *ctx, struct slice bytes), void *ctx)
{
    struct sec *mine = (struct sec *)s; /* the bytes are const for the caller, the lock is not */
    enum err e;

    if (mine == NULL)
        return fn(ctx, SLICE_EMPTY);
    if (mine == &lost)
        return ERR_AGAIN;
    BUG_IF(mine->open);
    BUG_IF(sodium_mprotect_readonly(mine->p) != 0);
    mine->open = true;
    e = fn(ctx, slice_of(mine->p, mine->n));
    BUG_IF(sodium_mprotect_noaccess(mine->p) != 0);
    mine->open = false;
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
