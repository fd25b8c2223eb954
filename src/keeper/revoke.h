/*
 * Ending connections. It takes effect in memory as soon as the store has said which these
 * are, before it says that they are gone; the values are
 * deleted with the row; egress is told to drop whatever uses them. Works while audit is down, and
 * on a full disk by the store's reserve.
 */
#ifndef SG_KEEPER_REVOKE_H
#define SG_KEEPER_REVOKE_H

#include "keeper/core.h"

#include <uthash.h>

/* A connection that may not be used, whatever the store still says. */
struct revoke_dead {
    struct connection_id id;
    UT_hash_handle hh;
};

/* Which ones; what is zero or NULL does not matter. */
struct revoke_which {
    struct connection_id connection;
    struct user_id user;
    struct client_id client;
    const char *upstream;
    const char *user_name; /* this or upstream, not both */
    bool all;              /* must be set when nothing else is */
};

typedef void revoke_fn(void *ctx, enum err e, size_t n);

/* Ends them. fn, with their number, after the store has it and nothing leaves with them any more
 * (egress_drop): ERR_OK also when there was none; ERR_NOT_FOUND: nobody has that name. */
void revoke_connections(struct keeper *k, const struct revoke_which *w, revoke_fn *fn, void *ctx);
bool revoke_is_dead(const struct keeper *k, struct connection_id id);
void revoke_close(struct keeper *k);

#endif
