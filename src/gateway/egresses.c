/* The channels to egress processes. Run by the gateway. */
#include "gateway/egresses.h"

#include "base/mem.h"
#include "ipc/gen/send.h"

/* Of an upstream there is one, and for a while the one before it. */
#define FIRST(all, upstream) LIST_FIRST(&(all)->of[(upstream) % LIM_UPSTREAMS])

static void forget(struct egress_peer *e)
{
    LIST_REMOVE(e, entry);
    mem_free(e);
}

void egresses_done(struct egresses *all)
{
    for (size_t i = 0; i < LIM_UPSTREAMS; i++) {
        while (!LIST_EMPTY(&all->of[i]))
            forget(LIST_FIRST(&all->of[i]));
    }
}

void egresses_add(struct egresses *all, struct chan *c)
{
    struct egress_peer *e = MEM_NEW(struct egress_peer);

    e->chan = c;
    LIST_INSERT_HEAD(&all->of[chan_peer(c)->upstream % LIM_UPSTREAMS], e, entry);
}

void egresses_remove(struct egresses *all, const struct chan *c)
{
    struct egress_peer *e = FIRST(all, chan_peer(c)->upstream);

    while (e && e->chan != c)
        e = LIST_NEXT(e, entry);
    BUG_IF(!e);
    forget(e);
}

struct chan *egresses_find(const struct egresses *all, uint16_t upstream, uint64_t generation)
{
    for (const struct egress_peer *e = FIRST(all, upstream); e; e = LIST_NEXT(e, entry)) {
        const struct chan_peer *p = chan_peer(e->chan);

        if (p->upstream == upstream && p->generation == generation)
            return e->chan;
    }
    return NULL;
}

void egresses_end_session(const struct egresses *all, uint16_t upstream, struct session_id id)
{
    const struct msg_session_end m = {.session = id};

    for (const struct egress_peer *e = FIRST(all, upstream); e; e = LIST_NEXT(e, entry)) {
        if (chan_peer(e->chan)->upstream == upstream)
            tell_session_end(e->chan, &m);
    }
}
