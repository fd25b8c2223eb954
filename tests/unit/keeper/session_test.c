/* Logging in and out, and whose tries count together. */
#include "page_world.h"

#include <stdio.h>

#include "crypto/random.h"

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

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
