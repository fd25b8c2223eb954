/* The channels to egress processes. Run by the gateway. */
#include "gateway/egresses.h"

#include "base/mem.h"
#include "ipc/gen/send.h"

static void forget(struct egress_peer *e)
{
    LIST_REMOVE(e, entry);
    mem_free(e);
}

void egresses_done(struct egresses *all)
{
    while (!LIST_EMPTY(all))
        forget(LIST_FIRST(all));
}

void egresses_add(struct egresses *all, struct chan *c)
{
    struct egress_peer *e = MEM_NEW(struct egress_peer);

    e->chan = c;
    LIST_INSERT_HEAD(all, e, entry);
}

void egresses_remove(struct egresses *all, const struct chan *c)
{
    struct egress_peer *e = LIST_FIRST(all);

    while (e != NULL && e->chan != c)
        e = LIST_NEXT(e, entry);
    BUG_IF(e == NULL);
    forget(e);
}

struct chan *egresses_find(const struct egresses *all, uint16_t upstream, uint64_t generation)
{
    const struct egress_peer *e = NULL;

    LIST_FOREACH(e, all, entry) {
        const struct chan_peer *p = chan_peer(e->chan);

        if (p->upstream == upstream && p->generation == generation)
            return e->chan;
    }
    return NULL;
}

void egresses_end_session(const struct egresses *all, uint16_t upstream, struct session_id id)
{
    const struct msg_session_end m = {.session = id};
    const struct egress_peer *e = NULL;

    LIST_FOREACH(e, all, entry) {
        if (chan_peer(e->chan)->upstream == upstream)
            tell_session_end(e->chan, &m);
    }
}
