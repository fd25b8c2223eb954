/* Limits per minute. Run by the keeper; some keys are hashes of what strangers typed. */
#include "keeper/rate.h"

#include "base/mem.h"

enum { MINUTE_MS = 60000 };

void rate_init(struct rates *r, size_t most)
{
    *r = (struct rates){.most = most};
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

/* The row of this key, if its minute is not over; rows whose minute is over go. */
static struct rate_row *find(struct rates *r, struct digest key, uint64_t now)
{
    struct rate_row *row = NULL;

    while ((row = TAILQ_FIRST(&r->order)) && now - row->since >= MINUTE_MS)
        drop(r, row);
    HASH_FIND(hh, r->by_key, &key, sizeof(key), row);
    return row;
}

bool rate_left(struct rates *r, struct digest key, uint64_t now, uint64_t per_minute)
{
    const struct rate_row *row = find(r, key, now);

    return !row || row->n < per_minute;
}

bool rate_allow(struct rates *r, struct digest key, uint64_t now, uint64_t per_minute)
{
    struct rate_row *row = find(r, key, now);

    if (!row) {
        if (r->most && r->n == r->most)
            drop(r, TAILQ_FIRST(&r->order));
        row = MEM_NEW(struct rate_row);
        row->key = key;
        row->since = now;
        HASH_ADD(hh, r->by_key, key, sizeof(row->key), row);
        TAILQ_INSERT_TAIL(&r->order, row, in_order);
        r->n++;
    }
    if (row->n >= per_minute)
        return false;
    row->n++;
    return true;
}
