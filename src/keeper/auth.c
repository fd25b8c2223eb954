/* The index of agent keys. Run by the keeper; a token is compared by the SHA-256 of its 256 random
 * bits, so the time of a look-up says nothing. */
#include "keeper/auth.h"

#include "base/mem.h"
#include "base/planted.h"
#include "crypto/hash.h"
#include "ipc/gen/keeper.h"
#include "ipc/gen/send.h"
#include "keeper/sums.h"
#include "os/log.h"

static void drop(struct keeper *k, struct auth_key *a)
{
    HASH_DELETE(hh, k->auth->by_hash, a);
    HASH_DELETE(by_client, k->auth->by_client, a);
    group_leave(&a->of_user);
    mem_free(a);
}

void auth_add(struct keeper *k, const struct client_row *row)
{
    struct auth_key *a = MEM_NEW(struct auth_key);

    a->row = *row;
    HASH_ADD(hh, k->auth->by_hash, row.token, sizeof(row->token), a);
    HASH_ADD(by_client, k->auth->by_client, row.who.client, sizeof(row->who.client), a);
    group_join(&k->auth->by_user, ID_SLICE(row->who.user), &a->of_user, a);
}

enum err auth_load(struct keeper *k)
{
    struct buf rows = BUF_INIT(LIM_LIST_BYTES);
    const enum stmt q = STORE_GIVES(client_row, Q_client_all);
    enum err e = store_all(k->store, q, VALS(), &rows);

    auth_close(k);
    for (size_t at = 0; at < rows.n; at += store_size(q))
        auth_add(k, (const void *)(rows.p + at));
    buf_free(&rows);
    if (e != ERR_CORRUPT)
        return e;
    log_event(LEVEL_ERROR, "agent_keys_unreadable",
              LOG_STR("hint", "nobody is who has one of them; the store is damaged"));
    return ERR_OK;
}

void auth_close(struct keeper *k)
{
    struct auth_person *p = NULL;

    while (k->auth->by_hash)
        drop(k, k->auth->by_hash);
    while ((p = k->auth->people)) {
        HASH_DELETE(hh, k->auth->people, p);
        mem_free(p);
    }
}

struct auth_key *auth_find(struct keeper *k, const struct sec *token)
{
    struct auth_key *a = NULL;
    struct digest hash;

    if (!token || sec_len(token) == 0)
        return NULL;
    hash = hash_sec_sha256(token);
    HASH_FIND(hh, k->auth->by_hash, &hash, sizeof(hash), a);
    if (!a && PLANTED(any_key))
        a = k->auth->by_hash;
    return a;
}

struct auth_key *auth_of(struct keeper *k, struct client_id client)
{
    struct auth_key *a = NULL;

    HASH_FIND(by_client, k->auth->by_client, &client, sizeof(client), a);
    return a;
}

void keeper_on_token_check(struct keeper *k, struct chan *c, const struct msg_token_check *m)
{
    bool known = auth_find(k, m->token) != NULL;

    if (!known && auth_stranger_may(k))
        log_event(LEVEL_INFO, "token_refused", LOG_NUM("check", m->check),
                  LOG_ERR(ERR_UNAUTHENTICATED));
    tell_token_known(c, &(struct msg_token_known){.check = m->check, .known = known});
}

/* Gateways remember what they were told. */
static void drop_and_tell(struct keeper *k, struct auth_key *a)
{
    const struct msg_token_gone m = {.token = a->row.token};

    for (struct group_link *l = peers_of(&k->peers, ROLE_GATEWAY); l; l = group_next(l))
        tell_token_gone(((struct peer *)l->thing)->chan, &m);
    drop(k, a);
}

void auth_remove(struct keeper *k, struct client_id client)
{
    struct auth_key *a = auth_of(k, client);

    if (a)
        drop_and_tell(k, a);
}

void auth_remove_user(struct keeper *k, struct user_id user)
{
    struct group_link *l = NULL;

    while ((l = group_first(&k->auth->by_user, ID_SLICE(user))))
        drop_and_tell(k, l->thing);
}

/* --- how fast --------------------------------------------------------------------------------- */

/* People are few, and each has been somebody's: a row stays until the end. */
static struct auth_person *person_of(struct keeper *k, struct user_id user)
{
    struct auth_person *p = NULL;

    HASH_FIND(hh, k->auth->people, &user, sizeof(user), p);
    if (!p) {
        p = MEM_NEW(struct auth_person);
        p->user = user;
        HASH_ADD(hh, k->auth->people, user, sizeof(p->user), p);
    }
    return p;
}

bool auth_person_may(struct keeper *k, struct user_id user)
{
    const struct pace_limit l = {limit_get(SET_PERSON_BURST), limit_get(SET_PERSON_RATE)};

    return pace_take(&person_of(k, user)->pace, &l, loop_now(k->loop));
}

bool auth_stranger_may(struct keeper *k)
{
    const struct pace_limit l = {limit_get(SET_STRANGER_BURST), limit_get(SET_STRANGER_RATE)};

    return pace_take(&k->auth->strangers, &l, loop_now(k->loop));
}

bool auth_may_go(struct keeper *k, struct auth_key *a)
{
    const struct pace_limit l = {limit_get(SET_KEY_BURST), limit_get(SET_KEY_RATE)};

    if (pace_take(&a->pace, &l, loop_now(k->loop)) && auth_person_may(k, a->row.who.user))
        return true;
    sums_add(k, EVENT_LIMITED, a->row.who);
    return false;
}
