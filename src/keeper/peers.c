/* The channels to other processes. Run by the keeper; who a peer is was said by the supervisor when
 * it handed the channel over. */
#include "keeper/peers.h"

#include "base/mem.h"

void peers_done(struct peers *ps)
{
    while (ps->by_serial)
        peers_remove(ps, ps->by_serial->chan);
}

struct peer *peers_add(struct peers *ps, struct chan *c)
{
    struct peer *p = MEM_NEW(struct peer);

    p->serial = ++ps->last;
    p->chan = c;
    p->role = chan_peer(c)->role;
    chan_set_data(c, p);
    HASH_ADD(hh, ps->by_serial, serial, sizeof(p->serial), p);
    group_join(&ps->by_role, slice_of(&p->role, sizeof(p->role)), &p->of_role, p);
    return p;
}

void peers_remove(struct peers *ps, struct chan *c)
{
    struct peer *p = peer_of(c);

    HASH_DELETE(hh, ps->by_serial, p);
    group_leave(&p->of_role);
    chan_set_data(c, NULL);
    mem_free(p);
}

struct peer *peer_of(struct chan *c)
{
    struct peer *p = chan_data(c);

    BUG_IF(!p);
    return p;
}

struct chan *peers_chan(struct peers *ps, uint64_t serial)
{
    struct peer *p = NULL;

    HASH_FIND(hh, ps->by_serial, &serial, sizeof(serial), p);
    return p ? p->chan : NULL;
}

struct group_link *peers_of(const struct peers *ps, enum role role)
{
    return group_first(&ps->by_role, slice_of(&role, sizeof(role)));
}

struct chan *peers_any(const struct peers *ps, enum role role)
{
    const struct group_link *l = peers_of(ps, role);

    return l ? ((const struct peer *)l->thing)->chan : NULL;
}
