/* What surface asks: log-in, the pages of a handoff, its form in every way it can go, inbox and
 * connections. */
#include "rig.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"
#include "crypto/random.h"

struct world {
    struct rig *r;
    struct sec *token;         /* ann's */
    struct fake *tried;        /* egress of UP_TRIED */
    struct handoff_id handoff; /* ann's, open */
    struct rig_form f;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    rig_setup((void **)&w->r);
    rig_add_user(w->r, "ann", "ann's password");
    rig_add_user(w->r, "bob", "bob's password");
    rig_add_key(w->r, "ann", "laptop", "ann-token");
    w->token = rig_sec("ann-token");
    w->tried = rig_peer(w->r, ROLE_EGRESS, 2, 16, UP_TRIED);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    rig_close_form(&w->f);
    sec_free(w->token);
    rig_teardown((void **)&w->r);
    free(w);
    return 0;
}

/* Opens a handoff for ann and its page. */
static void open_page(struct world *w, uint16_t upstream, const char *value)
{
    struct msg_call_open o = rig_call(1, w->token);

    o.upstream = upstream;
    rig_say_call(w->r, &o);
    w->handoff = rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.handoff;
    assert_err(send_call_gone(w->r->gateway->own, &(struct msg_call_gone){.call = 1}), ERR_OK);
    w->f = (struct rig_form){.cookie_of = "ann",
                             .password = "ann's password",
                             .handoff = w->handoff,
                             .values = {value, upstream == UP_TWO ? value : NULL}};
    rig_open_form(w->r, &w->f);
}

static void denied(struct world *w, enum denial why)
{
    struct msg_page_denied *d = &rig_take(w->r->surface, MSG_PAGE_DENIED)->page_denied;

    assert_string_equal(denial_name(d->why), denial_name(why));
}

static struct msg_handoff_view *view(struct world *w, enum handoff_state state,
                                     enum problem problem)
{
    struct msg_handoff_view *v = &rig_take(w->r->surface, MSG_HANDOFF_VIEW)->handoff_view;

    assert_string_equal(handoff_state_name(v->state), handoff_state_name(state));
    assert_string_equal(problem_name(v->problem), problem_name(problem));
    return v;
}

static void get(struct world *w, const struct sec *cookie)
{
    assert_err(send_handoff_get(w->r->surface->own,
                                &(struct msg_handoff_get){.req = 7,
                                                          .cookie = (struct sec *)(uintptr_t)cookie,
                                                          .handoff = w->handoff}),
               ERR_OK);
}

/* Ann's call on that upstream: whether it needs a person. */
static bool asks(struct world *w, uint16_t upstream, uint64_t number)
{
    struct msg_call_open o = rig_call(number, w->token);
    struct said *s = NULL;

    o.upstream = upstream;
    rig_say_call(w->r, &o);
    rig_settle(w->r);
    s = TAILQ_FIRST(&w->r->gateway->said);
    assert_non_null(s);
    return s->type == MSG_CALL_HANDOFF;
}

/* --- log-in ----------------------------------------------------------------------------------- */

static void test_salts(void **state)
{
    struct world *w = *state;
    static const char *const names[] = {"ann", "nobody", "nobody", "somebody"};
    struct buf salt[4] = {BUF_INIT(16), BUF_INIT(16), BUF_INIT(16), BUF_INIT(16)};

    for (size_t i = 0; i < 4; i++) {
        struct msg_login_salt *s = NULL;

        assert_err(
            send_login_start(w->r->surface->own,
                             &(struct msg_login_start){.req = i, .name = slice_str(names[i])}),
            ERR_OK);
        s = &rig_take(w->r->surface, MSG_LOGIN_SALT)->login_salt;
        assert_int_equal(s->ops, 3); /* those of the newest person for unknown names */
        assert_int_equal(s->mem, 65536);
        assert_int_equal(s->salt.n, 16);
        buf_put(&salt[i], s->salt);
    }
    assert_true(slice_eq(buf_slice(&salt[1]), buf_slice(&salt[2])));
    assert_false(slice_eq(buf_slice(&salt[1]), buf_slice(&salt[0])));
    assert_false(slice_eq(buf_slice(&salt[1]), buf_slice(&salt[3])));
    /* Also after a restart. */
    rig_crash(w->r);
    assert_err(send_login_start(w->r->surface->own,
                                &(struct msg_login_start){.req = 9, .name = SLICE_LIT("nobody")}),
               ERR_OK);
    assert_true(
        slice_eq(buf_slice(&salt[1]), rig_take(w->r->surface, MSG_LOGIN_SALT)->login_salt.salt));
    for (size_t i = 0; i < 4; i++)
        buf_free(&salt[i]);
}

static void login_from(struct world *w, struct digest browser, const char *name,
                       const char *password)
{
    struct sec *v = rig_verifier(password);

    assert_err(send_login(w->r->surface->own, &(struct msg_login){.req = 1,
                                                                  .name = slice_str(name),
                                                                  .browser = browser,
                                                                  .verifier = v}),
               ERR_OK);
    sec_free(v);
}

static void login(struct world *w, const char *name, const char *password)
{
    login_from(w, (struct digest){{0}}, name, password);
}

static void test_login(void **state)
{
    struct world *w = *state;

    login(w, "ann", "bob's password");
    denied(w, DENIAL_WRONG_PASSWORD);
    assert_int_equal(w->r->events[EVENT_LOGIN_FAILED], 1);
    login(w, "nobody", "ann's password");
    denied(w, DENIAL_WRONG_PASSWORD);
    assert_err(
        send_login(w->r->surface->own, &(struct msg_login){.req = 1, .name = SLICE_LIT("ann")}),
        ERR_OK);
    denied(w, DENIAL_WRONG_PASSWORD);
    login(w, "ann", "ann's password");
    assert_int_equal(sec_len(rig_take(w->r->surface, MSG_LOGIN_OK)->login_ok.cookie), 32);
    assert_int_equal(w->r->events[EVENT_LOGIN], 1);
}

static void start(struct world *w, const char *name)
{
    assert_err(
        send_login_start(w->r->surface->own, &(struct msg_login_start){.name = slice_str(name)}),
        ERR_OK);
}

static void test_login_rate(void **state)
{
    struct world *w = *state;

    assert_err(limit_set(SET_LOGINS_PER_MINUTE, 3), ERR_OK);
    for (int i = 0; i < 3; i++) {
        login(w, "ann", "guess");
        denied(w, DENIAL_WRONG_PASSWORD);
    }
    login(w, "ann", "ann's password"); /* right, and too late */
    denied(w, DENIAL_RATE);
    login(w, "bob", "bob's password");
    rig_take(w->r->surface, MSG_LOGIN_OK);
    /* Nothing is hashed for nothing, and to ask counts as no try. */
    start(w, "ann");
    denied(w, DENIAL_RATE);
    for (int i = 0; i < 4; i++) {
        start(w, "bob");
        rig_take(w->r->surface, MSG_LOGIN_SALT);
    }
    /* A name that nobody has looks the same. */
    for (int i = 0; i < 3; i++) {
        start(w, "nobody");
        rig_take(w->r->surface, MSG_LOGIN_SALT);
        login(w, "nobody", "guess");
        denied(w, DENIAL_WRONG_PASSWORD);
    }
    login(w, "nobody", "guess");
    denied(w, DENIAL_RATE);
    start(w, "nobody");
    denied(w, DENIAL_RATE);
}

static bool known(struct world *w, struct digest browser, const char *name)
{
    assert_err(
        send_login_start(w->r->surface->own,
                         &(struct msg_login_start){.name = slice_str(name), .browser = browser}),
        ERR_OK);
    return rig_take(w->r->surface, MSG_LOGIN_SALT)->login_salt.known;
}

/* Who waits apart from strangers to have a password hashed: a cookie that looks like one chooses
 * nothing. */
static void test_who_is_known(void **state)
{
    struct world *w = *state;
    struct digest none = {{0}}, made_up = {{1}}, ann;

    login(w, "ann", "ann's password");
    ann = rig_take(w->r->surface, MSG_LOGIN_OK)->login_ok.browser;
    assert_true(known(w, ann, "ann"));
    assert_false(known(w, none, "ann"));
    assert_false(known(w, made_up, "ann"));
    assert_false(known(w, ann, "bob"));
    assert_false(known(w, ann, "nobody"));
    assert_false(known(w, none, "nobody"));
}

/* Who only knows the name cannot keep the person out of a browser that they have used before. */
static void test_login_rate_of_known_browsers(void **state)
{
    struct world *w = *state;
    struct digest ann, bob;

    login(w, "ann", "ann's password");
    ann = rig_take(w->r->surface, MSG_LOGIN_OK)->login_ok.browser;
    login(w, "bob", "bob's password");
    bob = rig_take(w->r->surface, MSG_LOGIN_OK)->login_ok.browser;
    assert_false(ID_EQ(ann, bob));
    rig_crash(w->r); /* it outlives a restart */
    assert_err(limit_set(SET_LOGINS_PER_MINUTE, 2), ERR_OK);
    for (int i = 0; i < 2; i++) {
        login(w, "ann", "guess");
        denied(w, DENIAL_WRONG_PASSWORD);
    }
    login(w, "ann", "ann's password");
    denied(w, DENIAL_RATE);
    login_from(w, bob, "ann", "ann's password"); /* another person's browser is a stranger's */
    denied(w, DENIAL_RATE);
    assert_err(
        send_login_start(w->r->surface->own,
                         &(struct msg_login_start){.name = SLICE_LIT("ann"), .browser = ann}),
        ERR_OK);
    rig_take(w->r->surface, MSG_LOGIN_SALT);
    login_from(w, ann, "ann", "ann's password");
    assert_true(ID_EQ(ann, rig_take(w->r->surface, MSG_LOGIN_OK)->login_ok.browser));
    /* It is no proof, and has a limit too. */
    login_from(w, ann, "ann", "guess");
    denied(w, DENIAL_WRONG_PASSWORD);
    login_from(w, ann, "ann", "ann's password");
    denied(w, DENIAL_RATE);
}

/* Who knew the old password gets no tries of their own at the new one. */
static void test_browsers_are_forgotten_with_the_password(void **state)
{
    struct world *w = *state;
    struct sec *v = rig_verifier("new password");
    struct digest old, new;

    login(w, "ann", "ann's password");
    old = rig_take(w->r->surface, MSG_LOGIN_OK)->login_ok.browser;
    assert_err(
        send_ctl_user_password(
            w->r->cli->own, &(struct msg_ctl_user_password){.name = SLICE_LIT("ann"),
                                                            .salt = SLICE_LIT("0123456789abcdef"),
                                                            .ops = 3,
                                                            .mem = 65536,
                                                            .verifier = v}),
        ERR_OK);
    sec_free(v);
    assert_err(rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.code, ERR_OK);
    assert_err(limit_set(SET_LOGINS_PER_MINUTE, 2), ERR_OK);
    login(w, "ann", "new password");
    new = rig_take(w->r->surface, MSG_LOGIN_OK)->login_ok.browser;
    assert_false(ID_EQ(old, new));
    login_from(w, old, "ann", "guess"); /* counted with strangers' */
    denied(w, DENIAL_RATE);
}

/* Names that nobody has do not make room for more guesses. */
static void test_login_rate_is_not_flushed(void **state)
{
    struct world *w = *state;
    char name[16];

    assert_err(limit_set(SET_LOGINS_PER_MINUTE, 2), ERR_OK);
    for (int i = 0; i < 2; i++) {
        login(w, "ann", "guess");
        denied(w, DENIAL_WRONG_PASSWORD);
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof(name), "made-up-%d", i);
        start(w, name);
        login(w, name, "guess");
        if (i % 50 == 49)
            rig_forget(w->r->surface);
    }
    login(w, "ann", "ann's password");
    denied(w, DENIAL_RATE);
}

/* People type passwords into the field for names. */
static void test_what_is_typed_as_name_is_not_logged(void **state)
{
    struct world *w = *state;
    struct buf lines = BUF_INIT(65536);

    rig_log_to(&lines);
    login(w, "hunter2", "guess");
    denied(w, DENIAL_WRONG_PASSWORD);
    login(w, "ann", "guess");
    denied(w, DENIAL_WRONG_PASSWORD);
    rig_log_to(NULL);
    assert_true(slice_find(buf_slice(&lines), SLICE_LIT("login")) < lines.n);
    assert_true(slice_find(buf_slice(&lines), SLICE_LIT("hunter2")) == lines.n);
    buf_free(&lines);
}

static void test_login_without_audit(void **state)
{
    struct world *w = *state;

    rig_kill(w->r->audit); /* to revoke, a person must be able to log in */
    login(w, "ann", "ann's password");
    rig_take(w->r->surface, MSG_LOGIN_OK);
}

static void test_sessions(void **state)
{
    struct world *w = *state;
    struct sec *cookie = rig_login(w->r, "ann", "ann's password"), *made_up = random_sec(32);
    struct digest csrf;

    assert_err(send_who_get(w->r->surface->own, &(struct msg_who_get){.req = 1, .cookie = made_up}),
               ERR_OK);
    denied(w, DENIAL_LOG_IN);
    assert_err(send_who_get(w->r->surface->own, &(struct msg_who_get){.req = 1}), ERR_OK);
    denied(w, DENIAL_LOG_IN);
    assert_err(send_who_get(w->r->surface->own, &(struct msg_who_get){.req = 1, .cookie = cookie}),
               ERR_OK);
    csrf = rig_take(w->r->surface, MSG_WHO)->who.csrf;
    /* It outlives a restart, its CSRF token too. */
    rig_crash(w->r);
    assert_err(send_who_get(w->r->surface->own, &(struct msg_who_get){.req = 1, .cookie = cookie}),
               ERR_OK);
    assert_true(ID_EQ(csrf, rig_take(w->r->surface, MSG_WHO)->who.csrf));
    /* Out: only with the token, and then for good. */
    assert_err(send_logout(w->r->surface->own, &(struct msg_logout){.req = 2, .cookie = cookie}),
               ERR_OK);
    denied(w, DENIAL_CSRF);
    assert_err(send_logout(w->r->surface->own,
                           &(struct msg_logout){.req = 2, .cookie = cookie, .csrf = csrf}),
               ERR_OK);
    rig_take(w->r->surface, MSG_PAGE_DONE);
    assert_err(send_who_get(w->r->surface->own, &(struct msg_who_get){.req = 1, .cookie = cookie}),
               ERR_OK);
    denied(w, DENIAL_LOG_IN);
    /* And they end. */
    sec_free(cookie);
    cookie = rig_login(w->r, "ann", "ann's password");
    w->r->k->clock_base += limit_get(SET_LOGIN_TIME);
    assert_err(send_who_get(w->r->surface->own, &(struct msg_who_get){.req = 1, .cookie = cookie}),
               ERR_OK);
    denied(w, DENIAL_LOG_IN);
    sec_free(cookie);
    sec_free(made_up);
}

/* --- the page --------------------------------------------------------------------------------- */

static void test_view(void **state)
{
    struct world *w = *state;
    struct msg_handoff_view *v = NULL;

    open_page(w, UP_KEY, "x");
    get(w, w->f.cookie);
    v = view(w, HANDOFF_STATE_OPENED, PROBLEM_NONE);
    assert_slice(v->user_name, "ann");
    assert_slice(v->client_label, "laptop");
    assert_slice(v->method, "tools/call");
    assert_slice(v->tool, "forecast");
    assert_int_equal(v->upstream, UP_KEY);
    assert_int_equal(v->need, NEED_MISSING);
    assert_int_equal(v->tries_left, 10);
    assert_int_equal(v->expires - v->created, limit_get(SET_HANDOFF_TIME));
    assert_int_equal(w->r->events[EVENT_HANDOFF_OPENED], 1); /* once */
    get(w, NULL);
    denied(w, DENIAL_LOG_IN);
}

/* A store with numbers that nothing stands for, as a later release or a broken disk may leave it:
 * they go nowhere. */
static void test_numbers_that_stand_for_nothing(void **state)
{
    static const char *const columns[] = {"kind", "need", "problem"};
    struct world *w = *state;

    open_page(w, UP_KEY, "x");
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        char path[96], sql[128];
        sqlite3 *db = NULL;

        rig_close(w->r, false);
        snprintf(path, sizeof(path), "%s/sidegate.db", w->r->dir);
        snprintf(sql, sizeof(sql),
                 "UPDATE handoff SET kind = 0, need = 0, problem = 0;"
                 "UPDATE handoff SET %s = 77",
                 columns[i]);
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        rig_open(w->r);
        get(w, w->f.cookie);
        denied(w, DENIAL_NOT_YOURS);
    }
}

static void test_wrong_person(void **state)
{
    struct world *w = *state;
    struct sec *bob = NULL;
    struct rig_form f;

    open_page(w, UP_KEY, "x");
    bob = rig_login(w->r, "bob", "bob's password");
    get(w, bob);
    denied(w, DENIAL_NOT_YOURS);
    assert_int_equal(w->r->events[EVENT_WRONG_PERSON], 1);
    w->handoff.b[0] ^= 1; /* an edited link looks the same */
    get(w, bob);
    denied(w, DENIAL_NOT_YOURS);
    w->handoff.b[0] ^= 1;
    /* Bob posts, with his own session, token and password. */
    f = (struct rig_form){.cookie_of = "bob",
                          .password = "bob's password",
                          .handoff = w->handoff,
                          .values = {"evil"}};
    f.cookie = bob;
    assert_err(send_who_get(w->r->surface->own, &(struct msg_who_get){.cookie = bob}), ERR_OK);
    f.csrf = rig_take(w->r->surface, MSG_WHO)->who.csrf;
    rig_post_form(w->r, &f);
    denied(w, DENIAL_NOT_YOURS);
    assert_err(send_handoff_decline(w->r->surface->own,
                                    &(struct msg_handoff_decline){
                                        .cookie = bob, .handoff = w->handoff, .csrf = f.csrf}),
               ERR_OK);
    denied(w, DENIAL_NOT_YOURS);
    assert_int_equal(w->r->events[EVENT_WRONG_PERSON], 3);
    assert_true(asks(w, UP_KEY, 5));
    sec_free(bob);
}

/* --- the form --------------------------------------------------------------------------------- */

static void test_stored_not_tested(void **state)
{
    struct world *w = *state;

    open_page(w, UP_KEY, "sk-1");
    rig_post_form(w->r, &w->f);
    assert_false(view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE)->tested);
    get(w, w->f.cookie); /* as the store has it */
    assert_false(view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE)->tested);
    assert_false(asks(w, UP_KEY, 5));
    /* Again, from another tab or the back button. */
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_GONE);
    assert_int_equal(w->r->events[EVENT_HANDOFF_COMPLETED], 1);
    assert_int_equal(w->r->events[EVENT_LEASE_GRANTED], 1);
}

static void test_two_fields(void **state)
{
    struct world *w = *state;
    struct fake *two = rig_peer(w->r, ROLE_EGRESS, 4, 17, UP_TWO);

    open_page(w, UP_TWO, "part");
    rig_post_form(w->r, &w->f);
    view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE);
    assert_false(asks(w, UP_TWO, 5));
    assert_int_equal(sec_len(rig_take(two, MSG_PERMIT)->permit.credential), 2 * (2 + 4));
}

/* Two tabs post in the same turn. */
static void test_two_posts_at_once(void **state)
{
    struct world *w = *state;

    open_page(w, UP_KEY, "sk-1");
    rig_post_form(w->r, &w->f);
    rig_post_form(w->r, &w->f);
    rig_settle(w->r);
    assert_int_equal(w->r->events[EVENT_HANDOFF_COMPLETED], 1);
    /* The loser is told at once, the winner when audit has it. */
    denied(w, DENIAL_GONE);
    view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE);
}

static void test_told_only_when_durable(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(2, w->token);

    open_page(w, UP_KEY, "sk-1");
    o.era = ERA_LEGACY;
    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_HANDOFF);
    assert_err(send_call_answer(w->r->gateway->own,
                                &(struct msg_call_answer){.call = 2, .answer = ANSWER_ACCEPT}),
               ERR_OK);
    rig_take(w->r->gateway, MSG_CALL_HOLD);
    w->r->audit_silent = true;
    rig_post_form(w->r, &w->f);
    rig_quiet(w->r->surface);
    rig_quiet(w->r->gateway);
    rig_quiet(w->r->egress);
    assert_int_equal(w->r->events[EVENT_HANDOFF_COMPLETED], 1);
    w->r->audit_silent = false;
    rig_audit_ack(w->r);
    view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE);
    rig_take(w->r->gateway, MSG_CALL_PERMIT);
    rig_take(w->r->egress, MSG_PERMIT);
}

/* The plant cookie_completes turns this red: a session alone completes nothing. */
static void test_proof(void **state)
{
    struct world *w = *state;

    open_page(w, UP_KEY, "sk-1");
    w->f.proof = "not ann's password";
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_WRONG_PASSWORD);
    get(w, w->f.cookie);
    assert_int_equal(view(w, HANDOFF_STATE_OPENED, PROBLEM_WRONG_PASSWORD)->tries_left, 9);
    w->f.proof = ""; /* none at all */
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_WRONG_PASSWORD);
    w->f.proof = "bob's password";
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_WRONG_PASSWORD);
    assert_int_equal(w->r->events[EVENT_PROOF_FAILED], 3);
    assert_true(asks(w, UP_KEY, 5));
    rig_forget(w->r->gateway);
    w->f.proof = NULL;
    rig_post_form(w->r, &w->f);
    view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE);
}

static void test_too_many_proofs(void **state)
{
    struct world *w = *state;

    assert_err(limit_set(SET_SUBMITS_PER_HANDOFF, 2), ERR_OK);
    open_page(w, UP_KEY, "sk-1");
    w->f.proof = "guess";
    for (int i = 0; i < 2; i++) {
        rig_post_form(w->r, &w->f);
        denied(w, DENIAL_WRONG_PASSWORD);
    }
    get(w, w->f.cookie);
    view(w, HANDOFF_STATE_FAILED, PROBLEM_TOO_MANY);
    w->f.proof = NULL;
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_GONE);
    assert_int_equal(w->r->events[EVENT_HANDOFF_FAILED], 1);
}

static void test_proof_rate(void **state)
{
    struct world *w = *state;

    open_page(w, UP_KEY, "sk-1");
    assert_err(limit_set(SET_LOGINS_PER_MINUTE, 2), ERR_OK);
    w->f.proof = "guess";
    for (int i = 0; i < 2; i++) {
        get(w, w->f.cookie);
        assert_true(
            view(w, HANDOFF_STATE_OPENED, i ? PROBLEM_WRONG_PASSWORD : PROBLEM_NONE)->may_prove);
        rig_post_form(w->r, &w->f);
        denied(w, DENIAL_WRONG_PASSWORD);
    }
    get(w, w->f.cookie); /* the next need not be hashed */
    assert_false(view(w, HANDOFF_STATE_OPENED, PROBLEM_WRONG_PASSWORD)->may_prove);
    w->f.proof = NULL;
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_RATE);
}

/* Who only knows the name cannot keep the person from finishing. */
static void test_proofs_count_apart_from_log_ins(void **state)
{
    struct world *w = *state;

    open_page(w, UP_KEY, "sk-1"); /* one log-in */
    assert_err(limit_set(SET_LOGINS_PER_MINUTE, 2), ERR_OK);
    for (int i = 0; i < 2; i++) {
        login(w, "ann", "guess");
        denied(w, i < 1 ? DENIAL_WRONG_PASSWORD : DENIAL_RATE);
    }
    rig_post_form(w->r, &w->f);
    view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE);
}

static void test_csrf(void **state)
{
    struct world *w = *state;

    open_page(w, UP_KEY, "sk-1");
    w->f.csrf.b[31] ^= 1;
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_CSRF);
    assert_err(send_handoff_decline(w->r->surface->own,
                                    &(struct msg_handoff_decline){.cookie = w->f.cookie,
                                                                  .handoff = w->handoff,
                                                                  .csrf = w->f.csrf}),
               ERR_OK);
    denied(w, DENIAL_CSRF);
    w->f.csrf.b[31] ^= 1;
    rig_post_form(w->r, &w->f);
    view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE);
}

static void test_decline(void **state)
{
    struct world *w = *state;

    open_page(w, UP_KEY, "sk-1");
    assert_err(send_handoff_decline(
                   w->r->surface->own,
                   &(struct msg_handoff_decline){
                       .req = 3, .cookie = w->f.cookie, .handoff = w->handoff, .csrf = w->f.csrf}),
               ERR_OK);
    rig_take(w->r->surface, MSG_PAGE_DONE);
    assert_err(send_handoff_decline(
                   w->r->surface->own,
                   &(struct msg_handoff_decline){
                       .req = 3, .cookie = w->f.cookie, .handoff = w->handoff, .csrf = w->f.csrf}),
               ERR_OK);
    denied(w, DENIAL_GONE);
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_GONE);
    get(w, w->f.cookie);
    view(w, HANDOFF_STATE_DECLINED, PROBLEM_NONE);
}

static void test_expiry(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(2, w->token);

    open_page(w, UP_KEY, "sk-1");
    o.era = ERA_LEGACY;
    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_HANDOFF);
    assert_err(send_call_answer(w->r->gateway->own,
                                &(struct msg_call_answer){.call = 2, .answer = ANSWER_ACCEPT}),
               ERR_OK);
    rig_take(w->r->gateway, MSG_CALL_HOLD);
    w->r->k->clock_base += limit_get(SET_HANDOFF_TIME);
    rig_post_form(w->r, &w->f); /* before the timer has come */
    denied(w, DENIAL_GONE);
    loop_timer_set(w->r->k->handoffs.timer, 0);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_NEUTRAL)->call_neutral.ending,
                     ENDING_EXPIRED);
    get(w, w->f.cookie);
    view(w, HANDOFF_STATE_EXPIRED, PROBLEM_NONE);
}

/* The values are what they were sealed for: this handoff, this person, this process, all fields in
 * order. */
static void post_raw(struct world *w, struct slice plain, uint32_t key)
{
    struct buf sealed = BUF_INIT(LIM_SECRET_BYTES);
    struct sec *v = rig_verifier("ann's password");

    assert_err(box_seal(&w->r->k->box, plain, &sealed), ERR_OK);
    assert_err(send_handoff_submit(w->r->surface->own,
                                   &(struct msg_handoff_submit){.req = 5,
                                                                .cookie = w->f.cookie,
                                                                .handoff = w->handoff,
                                                                .csrf = w->f.csrf,
                                                                .verifier = v,
                                                                .key = key,
                                                                .sealed = buf_slice(&sealed)}),
               ERR_OK);
    buf_free(&sealed);
    sec_free(v);
}

static void plain_of(struct world *w, struct buf *b, const char *name)
{
    buf_put(b, ID_SLICE(w->handoff));
    buf_put_u8(b, (uint8_t)strlen(name));
    buf_put_str(b, name);
}

static void test_sealed_for_an_earlier_process(void **state)
{
    struct world *w = *state;

    open_page(w, UP_KEY, "sk-1");
    post_raw(w, SLICE_LIT("x"), w->r->k->box.id + 1);
    denied(w, DENIAL_AGAIN);
    get(w, w->f.cookie);
    view(w, HANDOFF_STATE_OPENED, PROBLEM_NONE);
}

/* What surface would never make ends its channel, and nothing is stored. */
static const struct {
    const char *name; /* of the person inside */
    const char *tail;
    size_t n;
} wrongly[] = {
    {"ann", "", 0},                           /* no field */
    {"ann", "\x01\x00\x01x", 4},              /* not the first */
    {"ann", "\x00\x00\x02x", 4},              /* shorter than it says */
    {"ann", "\x00\x00\x01xy", 5},             /* something after it */
    {"ann", "\x00\x00\x01x\x01\x00\x01y", 8}, /* one too many */
    {"ann", "\x00\x00\x00", 3},               /* empty */
    {"bob", "\x00\x00\x01x", 4},              /* typed by another */
    {"an", "n\x00\x00\x01x", 5},              /* a name that is cut */
    {"ann", "\x00\x00\x02k\n", 5},            /* what no place can carry */
    {"ann", "\x00\x00\x02\xc3\xbc", 5},       /* what a header cannot */
};

static void test_sealed_wrongly(void **state)
{
    struct world *w = *state;
    struct buf b = BUF_INIT(256);

    assert_err(limit_set(SET_LOGINS_PER_MINUTE, 100), ERR_OK);
    open_page(w, UP_KEY, "sk-1");
    for (size_t i = 0; i < ARRAY_LEN(wrongly) + 2; i++) {
        size_t row = i < ARRAY_LEN(wrongly) ? i : 6;

        buf_clear(&b);
        w->handoff.b[3] ^= i == ARRAY_LEN(wrongly); /* for another handoff */
        plain_of(w, &b, i < ARRAY_LEN(wrongly) ? wrongly[i].name : "ann");
        w->handoff.b[3] ^= i == ARRAY_LEN(wrongly);
        buf_put(&b, slice_of(wrongly[row].tail, wrongly[row].n));
        post_raw(w, i > ARRAY_LEN(wrongly) ? SLICE_LIT("short") : buf_slice(&b), w->r->k->box.id);
        assert_true(rig_refused(w->r->surface));
        rig_again(w->r->surface);
        rig_take(w->r->surface, MSG_SEAL_KEY);
        get(w, w->f.cookie);
        view(w, HANDOFF_STATE_OPENED, PROBLEM_NONE);
    }
    buf_free(&b);
}

/* --- trying it -------------------------------------------------------------------------------- */

static struct msg_permit *trial(struct world *w)
{
    struct msg_permit *p = &rig_take(w->tried, MSG_PERMIT)->permit;

    assert_int_equal(p->mode, MODE_VERIFY);
    assert_int_equal(p->gateway_generation, 0);
    assert_int_equal(p->call, 0);
    assert_true(sec_len(p->credential) > 2);
    return p;
}

static void test_tried_and_good(void **state)
{
    struct world *w = *state;

    open_page(w, UP_TRIED, "sk-1");
    rig_post_form(w->r, &w->f);
    rig_quiet(w->r->surface);
    rig_post_form(w->r, &w->f); /* a second click while it is tried */
    denied(w, DENIAL_AGAIN);
    get(w, w->f.cookie);
    view(w, HANDOFF_STATE_SUBMITTED, PROBLEM_NONE);
    rig_result(w->tried, trial(w)->use, RESULT_ANSWERED, false);
    assert_true(view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE)->tested);
    get(w, w->f.cookie);
    assert_true(view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE)->tested);
    assert_int_equal(w->r->events[EVENT_USE_RESERVED], 1);
    assert_false(asks(w, UP_TRIED, 5));
}

static void test_tried_and_refused(void **state)
{
    struct world *w = *state;

    assert_err(limit_set(SET_SUBMITS_PER_HANDOFF, 2), ERR_OK);
    open_page(w, UP_TRIED, "sk-bad");
    rig_post_form(w->r, &w->f);
    rig_result(w->tried, trial(w)->use, RESULT_ANSWERED, true);
    assert_int_equal(view(w, HANDOFF_STATE_OPENED, PROBLEM_REFUSED)->tries_left, 1);
    assert_true(asks(w, UP_TRIED, 5));
    rig_forget(w->r->gateway);
    rig_post_form(w->r, &w->f);
    rig_result(w->tried, trial(w)->use, RESULT_ANSWERED, true);
    view(w, HANDOFF_STATE_FAILED, PROBLEM_TOO_MANY);
}

static void test_tried_and_unreachable(void **state)
{
    static const enum result results[] = {RESULT_UNSENT, RESULT_UNKNOWN};
    struct world *w = *state;

    open_page(w, UP_TRIED, "sk-1");
    for (size_t i = 0; i < 2; i++) {
        struct use_id use;

        rig_post_form(w->r, &w->f);
        use = trial(w)->use;
        assert_err(
            send_use_result(w->tried->own, &(struct msg_use_result){.use = use,
                                                                    .result = results[i],
                                                                    .code = ERR_UPSTREAM_DOWN}),
            ERR_OK);
        assert_int_equal(view(w, HANDOFF_STATE_OPENED, PROBLEM_UNREACHABLE)->tries_left, 10);
    }
    /* An answer that is an error of the upstream is no acceptance. */
    rig_post_form(w->r, &w->f);
    assert_err(
        send_use_result(w->tried->own, &(struct msg_use_result){.use = trial(w)->use,
                                                                .result = RESULT_ANSWERED,
                                                                .status = 500,
                                                                .code = ERR_UPSTREAM_STATUS}),
        ERR_OK);
    view(w, HANDOFF_STATE_OPENED, PROBLEM_UNREACHABLE);
    /* Its process dies. */
    rig_post_form(w->r, &w->f);
    (void)trial(w);
    rig_kill(w->tried);
    view(w, HANDOFF_STATE_OPENED, PROBLEM_UNREACHABLE);
    assert_true(asks(w, UP_TRIED, 5));
}

static void test_crash_while_it_is_tried(void **state)
{
    struct world *w = *state;
    struct store_rows q;

    open_page(w, UP_TRIED, "sk-1");
    rig_post_form(w->r, &w->f);
    (void)trial(w);
    rig_crash(w->r);
    get(w, w->f.cookie);
    view(w, HANDOFF_STATE_OPENED, PROBLEM_UNREACHABLE);
    /* Nothing of the value is left. */
    store_query(w->r->k->store, Q_connection_all, VALS(), &q);
    assert_false(store_next(&q));
    assert_err(store_end(&q), ERR_OK);
    w->tried = rig_peer(w->r, ROLE_EGRESS, 2, 26, UP_TRIED);
    /* The old form was for the old process; the page is loaded again and it goes on. */
    rig_post_form(w->r, &w->f);
    rig_result(w->tried, trial(w)->use, RESULT_ANSWERED, false);
    view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE);
}

static void test_revoked_while_it_is_tried(void **state)
{
    struct world *w = *state;
    struct use_id use;

    open_page(w, UP_TRIED, "sk-1");
    rig_post_form(w->r, &w->f);
    use = trial(w)->use;
    assert_err(send_ctl_revoke(w->r->cli->own, &(struct msg_ctl_revoke){.scope = CTL_SCOPE_USER,
                                                                        .name = SLICE_LIT("ann")}),
               ERR_OK);
    rig_take(w->r->cli, MSG_CTL_DONE);
    rig_take(w->tried, MSG_DROP);
    rig_result(w->tried, use, RESULT_ANSWERED, false);
    view(w, HANDOFF_STATE_OPENED, PROBLEM_UNREACHABLE);
    assert_true(asks(w, UP_TRIED, 5));
}

/* The expiry waits for the trial, and not longer. */
static void test_expiry_during_the_trial(void **state)
{
    struct world *w = *state;
    struct use_id use;

    open_page(w, UP_TRIED, "sk-1");
    rig_post_form(w->r, &w->f);
    use = trial(w)->use;
    w->r->k->clock_base += limit_get(SET_HANDOFF_TIME);
    loop_timer_set(w->r->k->handoffs.timer, 0);
    rig_quiet(w->r->surface);
    rig_result(w->tried, use, RESULT_ANSWERED, true);
    view(w, HANDOFF_STATE_OPENED, PROBLEM_REFUSED);
    rig_settle(w->r);
    assert_int_equal(w->r->events[EVENT_HANDOFF_EXPIRED], 1);
}

/* --- inbox and connections -------------------------------------------------------------------- */

static void test_inbox(void **state)
{
    struct world *w = *state;
    struct sec *bob = rig_login(w->r, "bob", "bob's password");
    struct msg_inbox_row *row = NULL;

    open_page(w, UP_KEY, "sk-1");
    assert_err(send_inbox_get(w->r->surface->own,
                              &(struct msg_inbox_get){.req = 4, .cookie = w->f.cookie}),
               ERR_OK);
    row = &rig_take(w->r->surface, MSG_INBOX_ROW)->inbox_row;
    assert_true(ID_EQ(row->handoff, w->handoff));
    assert_slice(row->client_label, "laptop");
    assert_slice(row->tool, "forecast");
    assert_int_equal(row->state, HANDOFF_STATE_OPENED);
    assert_slice(rig_take(w->r->surface, MSG_ROWS_END)->rows_end.user_name, "ann");
    assert_err(send_inbox_get(w->r->surface->own, &(struct msg_inbox_get){.req = 4, .cookie = bob}),
               ERR_OK);
    rig_take(w->r->surface, MSG_ROWS_END); /* nothing of ann's */
    assert_err(send_inbox_get(w->r->surface->own, &(struct msg_inbox_get){.req = 4}), ERR_OK);
    denied(w, DENIAL_LOG_IN);
    sec_free(bob);
}

static void test_watch(void **state)
{
    struct world *w = *state;
    struct sec *ann = rig_login(w->r, "ann", "ann's password"),
               *bob = rig_login(w->r, "bob", "bob's password");

    assert_err(
        send_inbox_watch(w->r->surface->own, &(struct msg_inbox_watch){.req = 40, .cookie = ann}),
        ERR_OK);
    assert_err(
        send_inbox_watch(w->r->surface->own, &(struct msg_inbox_watch){.req = 41, .cookie = bob}),
        ERR_OK);
    rig_quiet(w->r->surface);
    {
        struct msg_call_open o = rig_call(1, w->token);

        rig_say_call(w->r, &o);
    }
    assert_int_equal(rig_take(w->r->surface, MSG_INBOX_CHANGED)->inbox_changed.req, 40);
    rig_quiet(w->r->surface);
    assert_err(send_watch_end(w->r->surface->own, &(struct msg_watch_end){.req = 40}), ERR_OK);
    assert_err(send_watch_end(w->r->surface->own, &(struct msg_watch_end){.req = 40}), ERR_OK);
    {
        struct msg_call_open o = rig_call(2, w->token);

        o.upstream = UP_TWO;
        rig_say_call(w->r, &o);
    }
    rig_quiet(w->r->surface);
    assert_err(
        send_inbox_watch(w->r->surface->own, &(struct msg_inbox_watch){.req = 41, .cookie = bob}),
        ERR_OK);
    assert_true(rig_refused(w->r->surface)); /* a number twice */
    sec_free(ann);
    sec_free(bob);
}

static void log_out(struct world *w, struct sec *cookie)
{
    struct digest csrf;

    assert_err(send_who_get(w->r->surface->own, &(struct msg_who_get){.cookie = cookie}), ERR_OK);
    csrf = rig_take(w->r->surface, MSG_WHO)->who.csrf;
    assert_err(send_logout(w->r->surface->own,
                           &(struct msg_logout){.req = 2, .cookie = cookie, .csrf = csrf}),
               ERR_OK);
}

static void change_password(struct world *w, struct sec *cookie)
{
    struct sec *v = rig_verifier("ann's password");

    (void)cookie;
    assert_err(
        send_ctl_user_password(
            w->r->cli->own, &(struct msg_ctl_user_password){.name = SLICE_LIT("ann"),
                                                            .salt = SLICE_LIT("0123456789abcdef"),
                                                            .ops = 3,
                                                            .mem = 65536,
                                                            .verifier = v}),
        ERR_OK);
    sec_free(v);
}

static void let_expire(struct world *w, struct sec *cookie)
{
    (void)cookie;
    w->r->k->clock_base += limit_get(SET_LOGIN_TIME);
    loop_timer_set(LIST_FIRST(&w->r->k->pages.watches)->end, 0);
}

/* Its time is over, and the timer has not come yet: a change is not told. */
static void change_after_expiry(struct world *w, struct sec *cookie)
{
    struct msg_call_open o = rig_call(3, w->token);

    (void)cookie;
    w->r->k->clock_base += limit_get(SET_LOGIN_TIME);
    rig_say_call(w->r, &o);
}

static void remove_ann(struct world *w, struct sec *cookie)
{
    (void)cookie;
    assert_err(
        send_ctl_user_remove(w->r->cli->own, &(struct msg_ctl_user_remove){SLICE_LIT("ann")}),
        ERR_OK);
}

static void test_watch_ends_with_its_session(void **state)
{
    static void (*const ends[])(struct world *, struct sec *) = {
        log_out, change_password, let_expire, change_after_expiry, remove_ann};
    struct world *w = *state;

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        struct sec *cookie = rig_login(w->r, "ann", "ann's password");
        struct msg_page_denied *d = NULL;

        assert_err(send_inbox_watch(w->r->surface->own,
                                    &(struct msg_inbox_watch){.req = 50 + i, .cookie = cookie}),
                   ERR_OK);
        rig_quiet(w->r->surface);
        ends[i](w, cookie);
        d = &rig_take(w->r->surface, MSG_PAGE_DENIED)->page_denied;
        assert_int_equal(d->req, 50 + i);
        assert_int_equal(d->why, DENIAL_LOG_IN);
        assert_true(LIST_EMPTY(&w->r->k->pages.watches));
        if (ends[i] == log_out)
            rig_take(w->r->surface, MSG_PAGE_DONE);
        rig_quiet(w->r->surface);
        sec_free(cookie);
    }
}

/* Another browser of the same person goes on. */
static void test_watch_of_another_session(void **state)
{
    struct world *w = *state;
    struct sec *one = rig_login(w->r, "ann", "ann's password"),
               *two = rig_login(w->r, "ann", "ann's password");
    struct msg_call_open o = rig_call(1, w->token);

    assert_err(
        send_inbox_watch(w->r->surface->own, &(struct msg_inbox_watch){.req = 50, .cookie = two}),
        ERR_OK);
    log_out(w, one);
    rig_take(w->r->surface, MSG_PAGE_DONE);
    rig_say_call(w->r, &o);
    assert_int_equal(rig_take(w->r->surface, MSG_INBOX_CHANGED)->inbox_changed.req, 50);
    sec_free(one);
    sec_free(two);
}

static void test_connections(void **state)
{
    struct world *w = *state;
    struct sec *bob = rig_login(w->r, "bob", "bob's password");
    struct msg_connection_row *row = NULL;
    struct connection_id id;
    struct digest bobs;

    open_page(w, UP_KEY, "sk-1");
    rig_post_form(w->r, &w->f);
    view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE);
    assert_err(send_connections_get(w->r->surface->own,
                                    &(struct msg_connections_get){.req = 4, .cookie = w->f.cookie}),
               ERR_OK);
    row = &rig_take(w->r->surface, MSG_CONNECTION_ROW)->connection_row;
    id = row->connection;
    assert_int_equal(row->state, CONNECTION_STATE_LIVE);
    assert_int_equal(row->lease, LEASE_KIND_KEEP);
    assert_int_equal(row->uses_left, UINT32_MAX);
    assert_int_equal(row->last_used, 0);
    rig_take(w->r->surface, MSG_ROWS_END);
    assert_err(send_connections_get(w->r->surface->own,
                                    &(struct msg_connections_get){.req = 4, .cookie = bob}),
               ERR_OK);
    bobs = rig_take(w->r->surface, MSG_ROWS_END)->rows_end.csrf;
    /* Bob cannot end ann's. */
    assert_err(send_connection_revoke(
                   w->r->surface->own,
                   &(struct msg_connection_revoke){.cookie = bob, .csrf = bobs, .connection = id}),
               ERR_OK);
    denied(w, DENIAL_GONE);
    assert_false(asks(w, UP_KEY, 5));
    rig_forget(w->r->gateway);
    rig_forget(w->r->egress);
    assert_err(send_connection_revoke(w->r->surface->own,
                                      &(struct msg_connection_revoke){
                                          .cookie = w->f.cookie, .csrf = bobs, .connection = id}),
               ERR_OK);
    denied(w, DENIAL_CSRF);
    assert_err(send_connection_revoke(
                   w->r->surface->own,
                   &(struct msg_connection_revoke){.cookie = w->f.cookie, .csrf = w->f.csrf}),
               ERR_OK);
    denied(w, DENIAL_GONE);
    assert_err(send_connection_revoke(w->r->surface->own,
                                      &(struct msg_connection_revoke){.cookie = w->f.cookie,
                                                                      .csrf = w->f.csrf,
                                                                      .connection = id}),
               ERR_OK);
    rig_take(w->r->surface, MSG_PAGE_DONE);
    assert_true(ID_EQ(rig_take(w->r->egress, MSG_DROP)->drop.connection, id));
    assert_true(asks(w, UP_KEY, 6));
    sec_free(bob);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_salts),
        T(test_login),
        T(test_login_rate),
        T(test_login_rate_is_not_flushed),
        T(test_login_rate_of_known_browsers),
        T(test_who_is_known),
        T(test_browsers_are_forgotten_with_the_password),
        T(test_what_is_typed_as_name_is_not_logged),
        T(test_login_without_audit),
        T(test_sessions),
        T(test_view),
        T(test_numbers_that_stand_for_nothing),
        T(test_wrong_person),
        T(test_stored_not_tested),
        T(test_two_fields),
        T(test_two_posts_at_once),
        T(test_told_only_when_durable),
        T(test_proof),
        T(test_too_many_proofs),
        T(test_proof_rate),
        T(test_proofs_count_apart_from_log_ins),
        T(test_csrf),
        T(test_decline),
        T(test_expiry),
        T(test_sealed_for_an_earlier_process),
        T(test_sealed_wrongly),
        T(test_tried_and_good),
        T(test_tried_and_refused),
        T(test_tried_and_unreachable),
        T(test_crash_while_it_is_tried),
        T(test_revoked_while_it_is_tried),
        T(test_expiry_during_the_trial),
        T(test_inbox),
        T(test_watch),
        T(test_watch_ends_with_its_session),
        T(test_watch_of_another_session),
        T(test_connections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
