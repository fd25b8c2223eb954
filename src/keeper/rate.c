/* Limits per minute. Run by the keeper; the keys are hashes of what strangers typed. */
#include "keeper/rate.h"

#include "base/mem.h"

enum { ROWS = 4096, MINUTE_MS = 60000 };

void rate_init(struct rates *r)
{
    *r = (struct rates){.n = 0};
    TAILQ_INIT(&r->order);
}

static void drop(struct rates *r, struct rate_row *row)
{
    HASH_DELETE(hh, r->by_key, row);
    TAILQ_REMOVE(&r->order, row, in_order);
    mem_free(row);
    r->n--;
}

void rate_done(struct rates *r)
{
    while (r->by_key)
        drop(r, r->by_key);
}

bool rate_allow(struct rates *r, struct digest key, uint64_t now, uint64_t most)
{
    struct rate_row *row = NULL;

    HASH_FIND(hh, r->by_key, &key, sizeof(key), row);
    if (row && now - row->since >= MINUTE_MS) {
        drop(r, row);
        row = NULL;
    }
    if (!row) {
        if (r->n == ROWS)
            drop(r, TAILQ_FIRST(&r->order));
        row = MEM_NEW(struct rate_row);
        row->key = key;
        row->since = now;
        HASH_ADD(hh, r->by_key, key, sizeof(row->key), row);
        TAILQ_INSERT_TAIL(&r->order, row, in_order);
        r->n++;
    }
    if (row->n >= most)
        return false;
    row->n++;
    return true;
}
