/* Groups of things that have a key in common. Pure. */
#include "base/group.h"

#include "base/mem.h"

struct group {
    struct groups *all;
    uint8_t key[DIGEST_BYTES];
    TAILQ_HEAD(, group_link) links;
    size_t n;
    UT_hash_handle hh;
};

static struct group *find(const struct groups *all, struct slice key)
{
    struct group *g = NULL;

    HASH_FIND(hh, all->by_key, key.p, (unsigned)key.n, g);
    return g;
}

static struct group *make(struct groups *all, struct slice key)
{
    struct group *g = MEM_NEW(struct group);

    BUG_IF(slice_copy(key, g->key, sizeof(g->key)) != key.n);
    g->all = all;
    TAILQ_INIT(&g->links);
    HASH_ADD_KEYPTR(hh, all->by_key, g->key, (unsigned)key.n, g);
    return g;
}

void group_join(struct groups *all, struct slice key, struct group_link *l, void *thing)
{
    struct group *g = find(all, key);

    BUG_IF(l->of);
    if (!g)
        g = make(all, key);
    l->of = g;
    l->thing = thing;
    TAILQ_INSERT_TAIL(&g->links, l, in_group);
    g->n++;
}

void group_leave(struct group_link *l)
{
    struct group *g = l->of;

    if (!g)
        return;
    l->of = NULL;
    TAILQ_REMOVE(&g->links, l, in_group);
    if (--g->n > 0)
        return;
    HASH_DELETE(hh, g->all->by_key, g);
    mem_free(g);
}

struct group_link *group_first(const struct groups *all, struct slice key)
{
    const struct group *g = find(all, key);

    return g ? TAILQ_FIRST(&g->links) : NULL;
}

struct group_link *group_next(const struct group_link *l)
{
    return TAILQ_NEXT(l, in_group);
}

size_t group_size(const struct groups *all, struct slice key)
{
    const struct group *g = find(all, key);

    return g ? g->n : 0;
}
