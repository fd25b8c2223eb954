/* Inbox, its events, connections. */
#include "fake.h"

static void test_inbox(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    fake_get(f, "/inbox");
    assert_int_equal(fake_status(f), 200);
    assert_true(fake_has(f, "Connect Harbour Station"));
    assert_true(fake_has(f, "Connect ?")); /* an upstream that is not configured any more */
    assert_true(fake_has(f, "href=\"/h/01000000000000000000000000000000\""));
    assert_true(fake_has(f, "script-src 'self'; connect-src 'self'"));
    assert_true(fake_has(f, "src=\"/inbox.js?v="));
    assert_true(fake_has(f, "Reload"));
    fake_ask(f, "GET", "/inbox", "Cookie: __Host-sidegate=b2xk\r\n", NULL);
    assert_int_equal(fake_status(f), 303);
    fake_free(f);
}

static void many_rows(struct fake *f, union msg_any *m)
{
    for (unsigned i = 0; i < 2 * PAGE_ROWS; i++)
        assert_int_equal(
            send_inbox_row(f->keeper, &(struct msg_inbox_row){.req = m->inbox_get.req,
                                                              .upstream = 3,
                                                              .client_label = SLICE_LIT("laptop"),
                                                              .words = SLICE_LIT("a b")}),
            ERR_OK);
    assert_int_equal(
        send_rows_end(f->keeper, &(struct msg_rows_end){.req = m->inbox_get.req,
                                                        .user_name = SLICE_LIT("ana")}),
        ERR_OK);
}

static void test_many_rows(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    f->on[MSG_INBOX_GET] = many_rows;
    fake_get(f, "/inbox");
    assert_int_equal(fake_status(f), 200);
    assert_int_equal(client_count(&f->c, "<li class=\"card\">"), PAGE_ROWS);
    assert_true(fake_has(f, "</html>"));
    fake_free(f);
}

static void open_stream(struct fake *f)
{
    client_close(&f->c);
    client_open(&f->c, f->port);
    client_send_str(&f->c, "GET /inbox/events HTTP/1.1\r\nHost: localhost:8401\r\n"
                           "Cookie: " COOKIE "\r\n\r\n");
}

static void test_events(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    open_stream(f);
    CLIENT_WAIT(f->loop, &f->c, fake_has(f, "event: changed\ndata: 1\n\n"));
    assert_true(fake_has(f, "Content-Type: text/event-stream"));
    assert_true(fake_has(f, "retry: 3000"));
    assert_int_equal(send_inbox_changed(f->keeper, &(struct msg_inbox_changed){.req = f->req}),
                     ERR_OK);
    CLIENT_WAIT(f->loop, &f->c, client_count(&f->c, "event: changed") == 2);
    /* The session ends: the page is told, and the stream ends. */
    assert_int_equal(
        send_page_denied(f->keeper, &(struct msg_page_denied){.req = f->req, .why = DENIAL_LOG_IN}),
        ERR_OK);
    CLIENT_WAIT(f->loop, &f->c, fake_has(f, "event: ended"));
    CLIENT_WAIT(f->loop, &f->c, fake_has(f, "\r\n0\r\n"));
    assert_int_equal(f->asked[MSG_WATCH_END], 0);
    fake_free(f);
}

static void test_browser_leaves(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    open_stream(f);
    CLIENT_WAIT(f->loop, &f->c, fake_has(f, "event: changed"));
    client_close(&f->c);
    CLIENT_WAIT(f->loop, &f->c, f->asked[MSG_WATCH_END] == 1);
    fake_free(f);
}

static void test_keeper_leaves(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    open_stream(f);
    CLIENT_WAIT(f->loop, &f->c, fake_has(f, "event: changed"));
    fake_kill_keeper(f);
    CLIENT_WAIT(f->loop, &f->c, fake_has(f, "\r\n0\r\n"));
    assert_false(fake_has(f, "event: ended")); /* the browser comes back by itself */
    fake_free(f);
}

static void test_comments(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    assert_int_equal(limit_set(SET_COMMENT_TIME, 100), ERR_OK);
    open_stream(f);
    CLIENT_WAIT(f->loop, &f->c, fake_has(f, "\n:\n\n") || fake_has(f, "\n:\n"));
    assert_int_equal(limit_set(SET_COMMENT_TIME, 15000), ERR_OK);
    fake_free(f);
}

static void test_no_session_no_events(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    fake_ask(f, "GET", "/inbox/events", "", NULL);
    assert_int_equal(fake_status(f), 204);
    assert_int_equal(f->asked[MSG_INBOX_WATCH], 0);
    fake_free(f);
}

static void test_connections(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    fake_get(f, "/connections");
    assert_int_equal(fake_status(f), 200);
    assert_true(fake_has(f, "Harbour Station"));
    assert_true(fake_has(f, "5 more times"));
    assert_true(fake_has(f, "never"));
    assert_true(fake_has(f, "not tested"));
    assert_true(fake_has(f, "action=\"/connections/07000000000000000000000000000000/revoke\""));
    assert_true(fake_has(f, "value=\"" CSRF "\""));
    assert_false(fake_has(f, "Revoked."));
    fake_get(f, "/connections?revoked=1");
    assert_true(fake_has(f, "Revoked."));
    fake_free(f);
}

static void test_revoke(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    fake_post(f, "/connections/07000000000000000000000000000000/revoke", "csrf=" CSRF);
    assert_int_equal(fake_status(f), 303);
    assert_true(fake_has(f, "Location: /connections?revoked=1\r\n"));
    assert_int_equal(f->asked[MSG_CONNECTION_REVOKE], 1);
    fake_post(f, "/connections/07000000000000000000000000000000/revoke", "");
    assert_int_equal(fake_status(f), 403);
    fake_post(f, "/connections/seven/revoke", "csrf=" CSRF);
    assert_int_equal(fake_status(f), 404);
    f->denial = DENIAL_NOT_YOURS;
    fake_post(f, "/connections/07000000000000000000000000000000/revoke", "csrf=" CSRF);
    assert_int_equal(fake_status(f), 404);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inbox),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_browser_leaves),
        cmocka_unit_test(test_keeper_leaves),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_no_session_no_events),
        cmocka_unit_test(test_connections),
        cmocka_unit_test(test_revoke),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
