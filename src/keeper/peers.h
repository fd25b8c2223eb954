/*
 * The channels to other processes. Each gets a serial number that is never used again, so that work
 * that waited for the store or for audit finds out that the one who asked is gone, and never
 * answers another.
 */
#ifndef SG_KEEPER_PEERS_H
#define SG_KEEPER_PEERS_H

#include "base/group.h"
#include "ipc/chan.h"

struct peer {
    uint64_t serial;
    struct chan *chan;
    enum role role;
    struct group_link of_role;
    UT_hash_handle hh;
};

struct peers {
    struct peer *by_serial;
    struct groups by_role;
    uint64_t last;
};

void peers_done(struct peers *ps);
struct peer *peers_add(struct peers *ps, struct chan *c);
void peers_remove(struct peers *ps, struct chan *c);
/* The peer behind a channel. */
struct peer *peer_of(struct chan *c);
/* NULL: it is gone. */
struct chan *peers_chan(struct peers *ps, uint64_t serial);
/* The link of the first peer of that role, or NULL. */
struct group_link *peers_of(const struct peers *ps, enum role role);
/* Some channel to that role, or NULL. */
struct chan *peers_any(const struct peers *ps, enum role role);

#endif
