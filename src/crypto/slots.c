/*
 * Slots for secrets. Run by every role that sees one; trusts libsodium to guard a region, and the
 * callers with all of what is in it: between the slots of one region there are canaries, no pages.
 *
 * A region has slots of one size, so that none is ever split or joined. One that is empty goes
 * back to the kernel unless it is the only one of its size with room.
 */
#include "crypto/slots.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/planted.h"

#define CANARY_BYTES 16
#define SLOTS_MOST   100
#define SMALL        1024

/* As many slots as fill two pages, or as little more as two of them take. */
static const struct size {
    size_t bytes;
    uint8_t slots;
} sizes[] = {{64, 100}, {256, 29}, {1024, 7}, {4096, 3}, {LIM_SECRET_BYTES, 2}};

struct slot_region {
    LIST_ENTRY(slot_region) in_roomy; /* while it has room */
    uint8_t *p;
    uint8_t size; /* of sizes */
    uint8_t n_free;
    uint8_t free[SLOTS_MOST];
};

static LIST_HEAD(, slot_region) roomy[ARRAY_LEN(sizes)];
static size_t held; /* bytes of all regions */
static uint8_t canary[CANARY_BYTES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static size_t stride(const struct size *s)
{
    return s->bytes + CANARY_BYTES;
}

/* What the kernel locks for a region: libsodium has a canary of its own in it, and whole pages. */
static size_t locked_bytes(const struct size *s)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), n = CANARY_BYTES + s->slots * stride(s);

    return (n + page - 1) / page * page;
}

/* Large ones, of which strangers bring some in forms, leave half of it to cookies, keys and passwords. */
static size_t most_for(const struct size *s)
{
    return s->bytes > SMALL && !PLANTED(large_take_all) ? LIM_SECRETS_BYTES / 2 : LIM_SECRETS_BYTES;
}

static struct slot_region *region_new(uint8_t size)
{
    const struct size *s = &sizes[size];
    struct slot_region *r;
    uint8_t *p;

    if (held + locked_bytes(s) > most_for(s) && !PLANTED(secrets_endless))
        return NULL;
    p = sodium_malloc(s->slots * stride(s));
    if (!p)
        return NULL;
    if (held == 0)
        randombytes_buf(canary, sizeof(canary));
    held += locked_bytes(s);
    memset(p, 0, s->slots * stride(s));
    r = MEM_NEW(struct slot_region);
    r->p = p;
    r->size = size;
    while (r->n_free < s->slots) {
        r->free[r->n_free] = r->n_free;
        r->n_free++;
    }
    LIST_INSERT_HEAD(&roomy[size], r, in_roomy);
    return r;
}

static void region_free(struct slot_region *r)
{
    LIST_REMOVE(r, in_roomy);
    held -= locked_bytes(&sizes[r->size]);
    sodium_free(r->p);
    mem_free(r);
}

/* Empty regions of other sizes make room. */
static void give_back(void)
{
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct slot_region *r = LIST_FIRST(&roomy[i]), *next;

        for (; r; r = next) {
            next = LIST_NEXT(r, in_roomy);
            if (r->n_free == sizes[i].slots)
                region_free(r);
        }
    }
}

static struct slot_region *region_for(uint8_t size)
{
    struct slot_region *r = LIST_FIRST(&roomy[size]);

    if (!r)
        r = region_new(size);
    if (!r) {
        give_back();
        r = region_new(size);
    }
    return r;
}

static uint8_t size_for(size_t n)
{
    uint8_t size = 0;

    BUG_IF(n > LIM_SECRET_BYTES);
    while (sizes[size].bytes < n)
        size++;
    return size;
}

bool slots_take(size_t n, struct slot *ret_slot)
{
    struct slot_region *r;
    uint8_t size = size_for(n);

    BUG_IF(pthread_mutex_lock(&lock) != 0);
    r = region_for(size);
    if (r) {
        uint8_t *p = r->p + r->free[--r->n_free] * stride(&sizes[size]);

        memcpy(p + n, canary, CANARY_BYTES);
        *ret_slot = (struct slot){.p = p, .of = r};
        if (r->n_free == 0)
            LIST_REMOVE(r, in_roomy);
    }
    BUG_IF(pthread_mutex_unlock(&lock) != 0);
    return r != NULL;
}

void slots_leave(const struct slot *slot, size_t n)
{
    struct slot_region *r = slot->of;
    const struct size *s = &sizes[r->size];

    BUG_IF(sodium_memcmp(slot->p + n, canary, CANARY_BYTES) != 0);
    if (!PLANTED(slots_unwiped))
        sodium_memzero(slot->p, n + CANARY_BYTES);
    BUG_IF(pthread_mutex_lock(&lock) != 0);
    if (r->n_free == 0)
        LIST_INSERT_HEAD(&roomy[r->size], r, in_roomy);
    r->free[r->n_free++] = (uint8_t)((size_t)(slot->p - r->p) / stride(s));
    if (r->n_free == s->slots && (LIST_FIRST(&roomy[r->size]) != r || LIST_NEXT(r, in_roomy)))
        region_free(r);
    BUG_IF(pthread_mutex_unlock(&lock) != 0);
}
