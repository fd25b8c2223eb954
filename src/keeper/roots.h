/*
 * Keys of Sidegate's own, derived with labels from roots in the store: for requestState, for the
 * CSRF tokens of browser sessions, for known browsers, and for the made-up salts of unknown names.
 * The first two are replaced now and then and have two ages alive at once.
 */
#ifndef SG_KEEPER_ROOTS_H
#define SG_KEEPER_ROOTS_H

#include "crypto/aead.h"
#include "keeper/core.h"

enum root_purpose { ROOT_AGING, ROOT_LASTING };

struct roots_age {
    uint32_t id; /* 0: not there */
    struct sec *state, *csrf;
};

struct roots {
    struct roots_age age[2]; /* newest first */
    struct sec *salt, *browser;
    uint64_t last, made; /* the newest root; when the newest age was made */
};

/* Reads the roots, makes those that are missing, replaces what is too old. Before the loop runs. */
MUST_USE enum err roots_open(struct keeper *k);
void roots_close(struct keeper *k);

/* The key to seal a requestState with. */
struct aead_key roots_state_key(const struct keeper *k);
/* The key of that id; key is NULL when there is none any more. */
struct aead_key roots_state_key_of(const struct keeper *k, uint32_t id);
/* The CSRF token of a browser session, from the hash of its cookie. */
struct digest roots_csrf(const struct keeper *k, struct digest session);
MUST_USE bool roots_csrf_ok(const struct keeper *k, struct digest session, struct digest token);
/* What a browser shows that was logged in by this person with the password of this verifier. */
struct digest roots_browser(const struct keeper *k, struct user_id user, struct digest verifier);
/* Always the same for a name, and looks random; a salt is its beginning. */
struct digest roots_salt(const struct keeper *k, struct slice name);

#endif
