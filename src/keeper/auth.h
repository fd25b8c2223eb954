/* Who is it? The index of agent keys: from the SHA-256 of a token to the person and the client. In
 * memory, from the store. */
#ifndef SG_KEEPER_AUTH_H
#define SG_KEEPER_AUTH_H

#include "base/group.h"
#include "base/limits.h"
#include "base/pace.h"
#include "crypto/sec.h"
#include "keeper/core.h"

#include <uthash.h>

/* What is counted for all that one person and their agent keys do. */
struct auth_person {
    struct user_id user;
    struct pace pace;
    UT_hash_handle hh;
};

struct auth_key {
    struct client_row row; /* link_by_error: its legacy client is given links by error -32042 */
    struct pace pace;
    struct group_link of_user;
    UT_hash_handle hh, by_client;
};

struct auth {
    struct auth_key *by_hash;   /* over hh */
    struct auth_key *by_client; /* over by_client */
    struct groups by_user;      /* the keys */
    struct auth_person *people;
    struct pace strangers; /* all of them together */
};

/* A store_work_fn: reads all keys from the store, in place of those in memory. */
MUST_USE enum err auth_load(struct keeper *k);
void auth_close(struct keeper *k);

/* NULL: nobody. The key lives until the loop's next turn. */
struct auth_key *auth_find(struct keeper *k, const struct sec *token);
/* NULL: the key is gone. */
struct auth_key *auth_of(struct keeper *k, struct client_id client);
/* In memory only. */
void auth_add(struct keeper *k, const struct client_row *row);
/* From now on nobody is that client, and the gateways hear of it; before the store says so, so that
 * nothing comes in between. */
void auth_remove(struct keeper *k, struct client_id client);
void auth_remove_user(struct keeper *k, struct user_id user);

/* One more message of this key: false when the key, or its person, goes faster than it may. It is
 * counted then, for the record (sums.h). */
MUST_USE bool auth_may_go(struct keeper *k, struct auth_key *a);
/* One more thing of this person, or of a stranger, that is recorded: false when it is not to be, or
 * not by itself. */
MUST_USE bool auth_person_may(struct keeper *k, struct user_id user);
MUST_USE bool auth_stranger_may(struct keeper *k);

#endif
