/*
 * Logging in. Run by the keeper, for requests that come through surface. Passwords are
 * hashed there, with the salt given here (decision 0002); what is compared here is a hash of the
 * result. An unknown name gets a salt and a refusal like a known one.
 */
#include "keeper/session.h"

#include "base/mem.h"
#include "base/planted.h"
#include "crypto/hash.h"
#include "crypto/password.h"
#include "crypto/random.h"
#include "ipc/gen/keeper.h"
#include "ipc/gen/send.h"
#include "keeper/outbox.h"
#include "keeper/roots.h"
#include "os/log.h"

enum { COOKIE = 32 };

struct digest session_hash(const struct sec *cookie)
{
    if (cookie && sec_len(cookie) == COOKIE)
        return hash_sec_sha256(cookie);
    return (struct digest){{0}}; /* of which nobody knows a cookie */
}

bool session_proves(const struct user_row *user, const struct sec *verifier)
{
    struct digest got;

    if (PLANTED(cookie_completes))
        return true;
    if (!verifier || sec_len(verifier) != PASSWORD_VERIFIER_BYTES)
        return false;
    got = hash_sec(verifier);
    return ID_EQ(got, user->verifier);
}

/* --- how often -------------------------------------------------------------------------------- */

/* Whose tries are counted together. Anybody can use up those of a name, so a browser that was
 * logged in with this password before has its own, and so have proofs inside a session. */
enum rate_kind { RATE_LOGIN, RATE_BROWSER, RATE_PROOF };

static struct digest key_of(enum rate_kind kind, struct slice whose)
{
    struct buf b = BUF_INIT(LIM_USER_NAME_BYTES + 1);
    struct digest key;

    buf_put_u8(&b, (uint8_t)kind);
    buf_put(&b, whose);
    key = hash_sha256(buf_slice(&b));
    buf_free(&b);
    return key;
}

/* A try, or the wish for the salt that one needs. */
struct login_try {
    struct keeper *k;
    uint64_t peer, req;
    char name[LIM_USER_NAME_BYTES + 1];
    struct sec *verifier; /* moved here */
    struct sec *cookie;
    struct digest browser;
    struct user_row user; /* whose name it is */
    bool known;           /* else nobody has this name */
    bool ok;
};

static enum err find_name(void *ctx)
{
    struct login_try *l = ctx;
    enum err e = store_one(l->k->store, Q_user_by_name, VALS(V_STR(l->name)), &l->user);

    l->known = !e;
    return e;
}

/* Who a log-in is counted with. */
struct counted {
    struct rates *in;
    struct digest key;
    bool known; /* the browser */
};

/* Names that nobody has are counted too, or the limit would tell them from others; but in a table
 * of their own, where they push nobody out. */
static struct counted counted_as(const struct login_try *l)
{
    struct keeper *k = l->k;
    struct digest mark;
    bool known = false;

    if (!l->known)
        return (struct counted){&k->strangers, key_of(RATE_LOGIN, slice_str(l->name)), false};
    mark = roots_browser(k, l->user.id, l->user.verifier);
    known = ID_EQ(mark, l->browser) || (PLANTED(any_browser_known) && !ID_IS_ZERO(l->browser));
    return (struct counted){&k->rates,
                            key_of(known ? RATE_BROWSER : RATE_LOGIN, ID_SLICE(l->user.id)), known};
}

bool session_proof_left(struct keeper *k, struct user_id user)
{
    return rate_left(&k->rates, key_of(RATE_PROOF, ID_SLICE(user)), loop_now(k->loop),
                     limit_get(SET_LOGINS_PER_MINUTE));
}

bool session_may_prove(struct keeper *k, struct user_id user)
{
    return rate_allow(&k->rates, key_of(RATE_PROOF, ID_SLICE(user)), loop_now(k->loop),
                      limit_get(SET_LOGINS_PER_MINUTE));
}

/* --- log-in ----------------------------------------------------------------------------------- */

static struct login_try *login_new(struct keeper *k, struct chan *c, uint64_t req,
                                   struct slice name)
{
    struct login_try *l = MEM_NEW(struct login_try);

    *l = (struct login_try){.k = k, .peer = peer_of(c)->serial, .req = req};
    BUG_IF(!slice_to_cstr(name, l->name, sizeof(l->name))); /* the messages' maximum */
    return l;
}

static void deny(const struct login_try *l, enum denial why)
{
    tell_page_denied(peers_chan(&l->k->peers, l->peer),
                     &(struct msg_page_denied){.req = l->req, .why = why});
}

static void login_free(struct login_try *l)
{
    sec_free(l->verifier);
    sec_free(l->cookie);
    mem_wipe(l, sizeof(*l)); /* people type passwords into the field of the name */
    mem_free(l);
}

/* What an unknown name gets: the salt is always the same for a name, the cost is that of the newest
 * real one. */
static enum err find_salt(void *ctx)
{
    struct login_try *l = ctx;
    struct password_cost cost = password_cost_default();
    struct digest salt = roots_salt(l->k, slice_str(l->name));
    struct cost_row row;

    if (find_name(l) == ERR_OK)
        return ERR_OK;
    (void)slice_copy(ID_SLICE(salt), l->user.salt, sizeof(l->user.salt));
    if (store_one(l->k->store, Q_user_cost, VALS(), &row) != ERR_OK)
        row = (struct cost_row){cost.ops, cost.mem}; /* nobody is there */
    l->user.ops = row.ops;
    l->user.mem = row.mem;
    return ERR_OK;
}

static void salt_found(void *ctx, UNUSED enum err e)
{
    struct login_try *l = ctx;
    struct chan *c = peers_chan(&l->k->peers, l->peer);
    struct counted as = counted_as(l);

    if (!rate_left(as.in, as.key, loop_now(l->k->loop), limit_get(SET_LOGINS_PER_MINUTE)))
        deny(l, DENIAL_RATE);
    else
        tell_login_salt(
            c, &(struct msg_login_salt){.req = l->req,
                                        .known = as.known,
                                        .salt = slice_of(l->user.salt, sizeof(l->user.salt)),
                                        .ops = l->user.ops,
                                        .mem = l->user.mem});
    login_free(l);
}

/* Counts nothing: only a password that was hashed is a try. */
void keeper_on_login_start(struct keeper *k, struct chan *c, const struct msg_login_start *m)
{
    struct login_try *l = login_new(k, c, m->req, m->name);

    l->browser = m->browser;
    store_work(k->store, STORE_READ, find_salt, salt_found, l);
}

static enum err login_work(void *ctx)
{
    struct login_try *l = ctx;
    struct keeper *k = l->k;
    struct record rec = {.event = EVENT_LOGIN};
    struct digest hash = hash_sec_sha256(l->cookie);
    uint64_t now = keeper_now(k);
    enum err e = find_name(l);

    l->ok = false;
    if (!e)
        e = sec_room(l->cookie);
    if (!e)
        e = sec_room(l->verifier);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    rec.who.user = l->user.id;
    if (!session_proves(&l->user, l->verifier)) {
        rec.event = EVENT_LOGIN_FAILED;
        return outbox_note(k, &rec);
    }
    l->ok = true;
    l->browser = roots_browser(k, l->user.id, l->user.verifier);
    e = store_do(
        k->store, Q_session_add,
        VALS(V_ID(hash), V_ID(l->user.id), V_INT(now), V_INT(now + limit_get(SET_LOGIN_TIME))));
    return e ? e : outbox_note(k, &rec);
}

static void login_done(void *ctx, enum err e)
{
    struct login_try *l = ctx;
    struct chan *c = peers_chan(&l->k->peers, l->peer);

    /* The name is not logged: people type passwords into the wrong field. */
    log_event(LEVEL_INFO, "login", LOG_ID("user", l->user.id), LOG_NUM("ok", !e && l->ok),
              LOG_ERR(e));
    if (!e && l->ok)
        tell_login_ok(c, &(struct msg_login_ok){.req = l->req,
                                                .browser = l->browser,
                                                .cookie = l->cookie,
                                                .life_ms = limit_get(SET_LOGIN_TIME)});
    else
        deny(l, e ? DENIAL_AGAIN : DENIAL_WRONG_PASSWORD);
    login_free(l);
}

static void try_login(void *ctx, UNUSED enum err e)
{
    struct login_try *l = ctx;
    struct counted as = counted_as(l);

    if (rate_allow(as.in, as.key, loop_now(l->k->loop), limit_get(SET_LOGINS_PER_MINUTE))) {
        l->cookie = random_sec(COOKIE);
        store_work(l->k->store, STORE_NORMAL, login_work, login_done, l);
        return;
    }
    deny(l, DENIAL_RATE);
    login_free(l);
}

void keeper_on_login(struct keeper *k, struct chan *c, const struct msg_login *m)
{
    struct login_try *l = login_new(k, c, m->req, m->name);

    l->browser = m->browser;
    l->verifier = m->verifier ? sec_clone(m->verifier) : NULL;
    store_work(k->store, STORE_READ, find_name, try_login, l);
}
