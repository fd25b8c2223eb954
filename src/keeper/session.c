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
#include "keeper/page_say.h"
#include "keeper/roots.h"
#include "os/log.h"

enum { COOKIE = 32 };

enum err session_find(struct keeper *k, const struct sec *cookie, struct session *ret)
{
    if (!cookie || sec_len(cookie) != COOKIE)
        return ERR_NOT_FOUND;
    ret->hash = hash_sec_sha256(cookie);
    return store_one(k->store, Q_session_get, VALS(V_ID(ret->hash), V_INT(keeper_now(k))),
                     &ret->user);
}

uint64_t session_left(struct keeper *k, struct digest hash)
{
    struct number_row end;
    uint64_t now = keeper_now(k);

    if (store_one(k->store, Q_session_end, VALS(V_ID(hash)), &end) != ERR_OK)
        return 0;
    return end.n > now ? end.n - now : 0;
}

enum err session_find_for_change(struct keeper *k, const struct sec *cookie, struct digest csrf,
                                 struct session *ret)
{
    enum err e = session_find(k, cookie, ret);

    return !e && !roots_csrf_ok(k, ret->hash, csrf) ? ERR_CSRF : e;
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

/* --- names ------------------------------------------------------------------------------------ */

/* What an unknown name gets: the salt is always the same for a name, the cost is that of the newest
 * real one. */
static void make_up(struct keeper *k, struct slice name, struct user_row *ret)
{
    struct password_cost cost = password_cost_default();
    struct digest salt = roots_salt(k, name);
    struct cost_row row = {cost.ops, cost.mem};

    (void)slice_copy(ID_SLICE(salt), ret->salt, sizeof(ret->salt));
    IGNORE(store_one(k->store, Q_user_cost, VALS(), &row)); /* nobody is there yet: the default */
    ret->ops = row.ops;
    ret->mem = row.mem;
}

static enum err find_name(struct keeper *k, struct slice name, struct user_row *ret)
{
    return store_one(k->store, Q_user_by_name, VALS(V_BYTES(name)), ret);
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

/* Who a log-in is counted with. */
struct counted {
    struct rates *in;
    struct digest key;
    bool known; /* the browser */
};

/* Names that nobody has are counted too, or the limit would tell them from others; but in a table
 * of their own, where they push nobody out. */
static struct counted counted_as(struct keeper *k, struct slice name, struct digest browser)
{
    struct user_row user;
    struct digest mark;
    bool known = false;

    if (find_name(k, name, &user) != ERR_OK)
        return (struct counted){&k->strangers, key_of(RATE_LOGIN, name), false};
    mark = roots_browser(k, user.id, user.verifier);
    known = ID_EQ(mark, browser) || (PLANTED(any_browser_known) && !ID_IS_ZERO(browser));
    return (struct counted){&k->rates, key_of(known ? RATE_BROWSER : RATE_LOGIN, ID_SLICE(user.id)),
                            known};
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

/* Counts nothing: only a password that was hashed is a try. */
void keeper_on_login_start(struct keeper *k, struct chan *c, const struct msg_login_start *m)
{
    struct user_row user;
    struct counted as = counted_as(k, m->name, m->browser);

    if (!rate_left(as.in, as.key, loop_now(k->loop), limit_get(SET_LOGINS_PER_MINUTE))) {
        page_denied(c, m->req, DENIAL_RATE);
        return;
    }
    if (find_name(k, m->name, &user) != ERR_OK)
        make_up(k, m->name, &user);
    tell_login_salt(c, &(struct msg_login_salt){.req = m->req,
                                                .known = as.known,
                                                .salt = slice_of(user.salt, sizeof(user.salt)),
                                                .ops = user.ops,
                                                .mem = user.mem});
}

struct login {
    struct keeper *k;
    uint64_t peer, req;
    char name[LIM_USER_NAME_BYTES + 1];
    struct sec *verifier; /* moved here */
    struct sec *cookie;
    struct digest browser;
    struct user_id user; /* zero: nobody has this name */
    bool ok;
};

static enum err login_work(void *ctx)
{
    struct login *l = ctx;
    struct keeper *k = l->k;
    struct user_row user;
    struct record rec = {.event = EVENT_LOGIN};
    struct digest hash = hash_sec_sha256(l->cookie);
    uint64_t now = keeper_now(k), seq = 0;
    enum err e = find_name(k, slice_str(l->name), &user);

    l->ok = false;
    l->user = (struct user_id){{0}};
    if (!e)
        e = sec_room(l->cookie);
    if (!e)
        e = sec_room(l->verifier);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    l->user = rec.user = user.id;
    if (!session_proves(&user, l->verifier)) {
        rec.event = EVENT_LOGIN_FAILED;
        return outbox_add(k, &rec, &seq);
    }
    l->ok = true;
    l->browser = roots_browser(k, user.id, user.verifier);
    e = store_do(
        k->store, Q_session_add,
        VALS(V_ID(hash), V_ID(user.id), V_INT(now), V_INT(now + limit_get(SET_LOGIN_TIME))));
    return e ? e : outbox_add(k, &rec, &seq);
}

static void login_done(void *ctx, enum err e)
{
    struct login *l = ctx;
    struct chan *c = peers_chan(&l->k->peers, l->peer);

    /* The name is not logged: people type passwords into the wrong field. */
    log_event(LOG_INFO, "login", LOG_ID("user", l->user), LOG_NUM("ok", !e && l->ok), LOG_ERR(e));
    if (!e && l->ok)
        tell_login_ok(c, &(struct msg_login_ok){.req = l->req,
                                                .browser = l->browser,
                                                .cookie = l->cookie,
                                                .life_ms = limit_get(SET_LOGIN_TIME)});
    else
        page_denied(c, l->req, e ? DENIAL_AGAIN : DENIAL_WRONG_PASSWORD);
    sec_free(l->verifier);
    sec_free(l->cookie);
    mem_free(l);
}

void keeper_on_login(struct keeper *k, struct chan *c, const struct msg_login *m)
{
    struct counted as = counted_as(k, m->name, m->browser);
    struct login *l = NULL;

    if (!rate_allow(as.in, as.key, loop_now(k->loop), limit_get(SET_LOGINS_PER_MINUTE))) {
        page_denied(c, m->req, DENIAL_RATE);
        return;
    }
    l = MEM_NEW(struct login);
    l->k = k;
    l->peer = peer_of(c)->serial;
    l->req = m->req;
    BUG_IF(!slice_to_cstr(m->name, l->name, sizeof(l->name))); /* the message's maximum */
    l->verifier = m->verifier ? sec_clone(m->verifier) : NULL;
    l->cookie = random_sec(COOKIE);
    store_work(k->store, STORE_NORMAL, login_work, login_done, l);
}

void keeper_on_who_get(struct keeper *k, struct chan *c, const struct msg_who_get *m)
{
    struct session s;
    enum err e = session_find(k, m->cookie, &s);

    if (e)
        page_denied(c, m->req, page_why(e));
    else
        tell_who(c, &(struct msg_who){.req = m->req,
                                      .user_name = slice_str(s.user.name),
                                      .csrf = roots_csrf(k, s.hash),
                                      .salt = slice_of(s.user.salt, sizeof(s.user.salt)),
                                      .ops = s.user.ops,
                                      .mem = s.user.mem});
}
