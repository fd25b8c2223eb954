/*
 * Shares of the bytes that a process holds. Run by gateway and egress, on sizes that agents and
 * upstreams choose. Pure.
 */
#include "base/share.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/planted.h"

void shares_init(struct shares *all, uint64_t most, uint64_t each)
{
    *all = (struct shares){.most = most, .each = each};
}

struct share *share_get(struct shares *all, struct slice owner)
{
    struct share *s = NULL;
    struct digest key = {{0}};

    BUG_IF(slice_copy(owner, key.b, sizeof(key.b)) != owner.n);
    HASH_FIND(hh, all->by_owner, &key, sizeof(key), s);
    if (!s) {
        s = MEM_NEW(struct share);
        s->all = all;
        s->owner = key;
        HASH_ADD(hh, all->by_owner, owner, sizeof(s->owner), s);
    }
    s->users++;
    return s;
}

struct share *share_ref(struct share *s)
{
    if (s)
        s->users++;
    return s;
}

void share_put(struct share *s)
{
    if (!s || --s->users > 0)
        return;
    BUG_IF(s->held > 0 || s->connections > 0);
    HASH_DEL(s->all->by_owner, s);
    mem_free(s);
}

void hold_init(struct hold *h, struct share *s)
{
    *h = (struct hold){.share = share_ref(s)};
}

enum err hold_may(const struct hold *h, uint64_t n)
{
    const struct share *s = h->share;
    uint64_t more, mine, all;

    if (!s || n <= h->n || PLANTED(ledger_off))
        return ERR_OK;
    more = n - h->n;
    mine = s->held + more;
    all = s->all->held + more;
    if (mine <= LIM_SHARE_LEAST)
        return ERR_OK;
    if (mine > s->all->each)
        return ERR_RATE_LIMITED;
    return all > s->all->most || mine > s->all->most - all ? ERR_AGAIN : ERR_OK;
}

enum err hold_set(struct hold *h, uint64_t n)
{
    enum err e = hold_may(h, n);

    if (e || !h->share)
        return e;
    h->share->held += n - h->n; /* of unsigned numbers: right for less, too */
    h->share->all->held += n - h->n;
    h->n = n;
    return ERR_OK;
}

void hold_free(struct hold *h)
{
    struct share *s = h->share;

    if (s) {
        s->held -= h->n;
        s->all->held -= h->n;
    }
    *h = (struct hold){0};
    share_put(s);
}
