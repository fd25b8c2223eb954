/* What pages show: a handoff, the inbox, connections. */
#include "page_world.h"

#include <sqlite3.h>
#include <stdio.h>

#include "keeper/pages.h"

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

/* The browser leaves before the store has said who it is: nothing of it stays. */
static void test_watch_left_at_once(void **state)
{
    struct world *w = *state;
    struct sec *ann = rig_login(w->r, "ann", "ann's password");

    for (uint64_t req = 40; req < 42; req++) {
        assert_err(send_inbox_watch(w->r->surface->own,
                                    &(struct msg_inbox_watch){.req = req, .cookie = ann}),
                   ERR_OK);
        assert_err(send_watch_end(w->r->surface->own, &(struct msg_watch_end){.req = req}), ERR_OK);
    }
    rig_quiet(w->r->surface);
    assert_null(w->r->k->pages->watches);
    assert_null(w->r->k->pages->by_user.by_key);
    sec_free(ann);
}

/* Nobody is logged in with that cookie. */
static void test_watch_of_nobody(void **state)
{
    struct world *w = *state;

    assert_err(send_inbox_watch(w->r->surface->own, &(struct msg_inbox_watch){.req = 40}), ERR_OK);
    denied(w, DENIAL_LOG_IN);
    assert_null(w->r->k->pages->watches);
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
    loop_timer_set(w->r->k->pages->watches->end, 0);
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
        enum msg first = MSG_NONE;

        assert_err(send_inbox_watch(w->r->surface->own,
                                    &(struct msg_inbox_watch){.req = 50 + i, .cookie = cookie}),
                   ERR_OK);
        rig_quiet(w->r->surface);
        ends[i](w, cookie);
        rig_settle(w->r);
        first = TAILQ_FIRST(&w->r->surface->said)->type; /* of the log-out, or of the watch */
        if (first == MSG_PAGE_DONE)
            rig_take(w->r->surface, MSG_PAGE_DONE);
        d = &rig_take(w->r->surface, MSG_PAGE_DENIED)->page_denied;
        assert_int_equal(d->req, 50 + i);
        assert_int_equal(d->why, DENIAL_LOG_IN);
        assert_null(w->r->k->pages->watches);
        assert_null(w->r->k->pages->by_user.by_key);
        if (ends[i] == log_out && first != MSG_PAGE_DONE)
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
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_view),
        T(test_numbers_that_stand_for_nothing),
        T(test_wrong_person),
        T(test_inbox),
        T(test_watch),
        T(test_watch_left_at_once),
        T(test_watch_of_nobody),
        T(test_watch_ends_with_its_session),
        T(test_watch_of_another_session),
        T(test_connections),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
