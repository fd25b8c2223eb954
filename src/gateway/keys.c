/*
 * Whose body is read. Run by the gateway on tokens that anybody may send: one that the keeper has
 * not said yes to is asked about, and until then nothing of its request is read but the headers. A
 * yes is remembered until the keeper says that the key is gone, or is gone itself; it opens nothing
 * but room, since each call is judged with its token anyway. What was let in goes with the key.
 */
#include "gateway/keys.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/planted.h"
#include "crypto/hash.h"
#include "ipc/gen/send.h"

struct known_key {
    struct digest token;
    struct share *share;
    UT_hash_handle hh;
};

struct key_check {
    uint64_t number;
    struct http_req *req;
    struct slice text; /* the token, in req; empty once the keeper was asked */
    struct digest token;
    size_t max; /* bytes of body */
    UT_hash_handle hh;
    TAILQ_ENTRY(key_check) link; /* of unasked, as long as there is a text */
};

void keys_init(struct keys *all)
{
    *all = (struct keys){0};
    TAILQ_INIT(&all->unasked);
    shares_init(&all->shares, limit_get(SET_BODIES_BYTES), limit_get(SET_CLIENT_BYTES));
}

static void forget(struct keys *all, struct known_key *k)
{
    HASH_DEL(all->by_hash, k);
    share_put(k->share);
    mem_wipe(k, sizeof(*k)); /* as agent_put does */
    mem_free(k);
}

/* It is in no list any more; NULL: it never was. */
static void end_check(struct key_check *c)
{
    if (!c)
        return;
    mem_wipe(c, sizeof(*c)); /* of a mistyped key not even the hash stays */
    mem_free(c);
}

void keys_done(struct keys *all)
{
    while (all->by_hash)
        forget(all, all->by_hash);
}

static struct known_key *find(const struct keys *all, const struct digest *token)
{
    struct known_key *k = NULL;

    HASH_FIND(hh, all->by_hash, token, sizeof(*token), k);
    return k;
}

static struct known_key *add(struct keys *all, const struct digest *token)
{
    struct known_key *k = find(all, token);

    if (k)
        return k;
    k = MEM_NEW(struct known_key);
    k->token = *token;
    k->share = share_get(&all->shares, ID_SLICE(*token));
    HASH_ADD(hh, all->by_hash, token, sizeof(k->token), k);
    return k;
}

static void let_in(const struct known_key *k, struct http_req *req, size_t max)
{
    http_prove(req, k->share);
    http_body_read(req, max, k->share);
}

static enum err ask(struct chan *keeper, struct key_check *c)
{
    uint8_t copy[LIM_TOKEN_BYTES];
    struct msg_token_check m = {.check = c->number};
    enum err e;

    if (!keeper)
        return ERR_UNAVAILABLE;
    m.token = sec_take(copy, slice_copy(c->text, copy, sizeof(copy)));
    c->text = SLICE_EMPTY;
    e = send_token_check(keeper, &m);
    sec_free(m.token);
    return e == ERR_CLOSED ? ERR_UNAVAILABLE : e;
}

void keys_take(struct keys *all, struct chan *keeper, struct http_req *req, struct slice token,
               size_t max)
{
    struct key_check *c = NULL;
    struct digest hash = hash_sha256(token);
    struct known_key *k = find(all, &hash);
    enum err e = ERR_OK;

    if (PLANTED(body_before_token))
        k = add(all, &hash);
    if (k) {
        let_in(k, req, max);
        return;
    }
    c = MEM_NEW(struct key_check);
    *c = (struct key_check){
        .number = ++all->last_check, .req = req, .text = token, .token = hash, .max = max};
    if (keeper && chan_full(keeper))
        TAILQ_INSERT_TAIL(&all->unasked, c, link);
    else
        e = ask(keeper, c);
    if (e) {
        end_check(c);
        http_body_drop(req, e);
        return;
    }
    req->ticket = c->number;
    HASH_ADD(hh, all->checks, number, sizeof(c->number), c);
}

/* NULL: its request is over. */
static struct key_check *take_check(struct keys *all, uint64_t number)
{
    struct key_check *c = NULL;

    HASH_FIND(hh, all->checks, &number, sizeof(number), c);
    if (!c)
        return NULL;
    if (c->text.n > 0)
        TAILQ_REMOVE(&all->unasked, c, link);
    HASH_DEL(all->checks, c);
    return c;
}

void keys_leave(struct keys *all, const struct http_req *req)
{
    end_check(take_check(all, req->ticket));
}

void keys_on_known(struct keys *all, const struct msg_token_known *m)
{
    struct key_check *c = take_check(all, m->check);

    if (!c)
        return;
    if (m->known)
        let_in(add(all, &c->token), c->req, c->max);
    else
        http_body_drop(c->req, ERR_UNAUTHENTICATED);
    end_check(c);
}

void keys_forget(struct keys *all, const struct digest *token)
{
    struct known_key *k = find(all, token);

    if (k)
        forget(all, k);
}

void keys_writable(struct keys *all, struct chan *keeper)
{
    struct key_check *c = NULL;

    while ((c = TAILQ_FIRST(&all->unasked)) && !chan_full(keeper)) {
        TAILQ_REMOVE(&all->unasked, c, link);
        IGNORE(ask(keeper, c)); /* of a channel that ended keys_lost is told */
    }
}

void keys_lost(struct keys *all)
{
    struct key_check *c = NULL;

    while ((c = all->checks)) {
        HASH_DEL(all->checks, c);
        http_body_drop(c->req, ERR_UNAVAILABLE);
        end_check(c);
    }
    TAILQ_INIT(&all->unasked);
    keys_done(all);
}
