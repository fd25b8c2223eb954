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
    return p;
}

void peers_remove(struct peers *ps, struct chan *c)
{
    struct peer *p = peer_of(c);

    HASH_DELETE(hh, ps->by_serial, p);
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

struct chan *peers_any(struct peers *ps, enum role role)
{
    for (struct peer *p = ps->by_serial; p; p = p->hh.next) {
        if (p->role == role)
            return p->chan;
    }
    return NULL;
}
