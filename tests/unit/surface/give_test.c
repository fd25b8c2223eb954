/* The page of one handoff: shown, given, refused, declined. */
#include "fake.h"

#include "crypto/open.h"

static void test_shows_the_form(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    fake_get(f, "/h/" HANDOFF);
    assert_int_equal(fake_status(f), 200);
    assert_true(fake_has(f, "Connect Harbour Station"));
    assert_true(fake_has(f, "amber falcon"));
    assert_true(fake_has(f, "laptop &lt;b&gt;"));
    assert_true(fake_has(f, "action=\"/h/" HANDOFF "\""));
    assert_true(fake_has(f, "name=\"f1\" type=\"password\""));
    assert_true(fake_has(f, "name=\"f0\" type=\"text\""));
    assert_true(fake_has(f, "value=\"" CSRF "\""));
    assert_true(fake_has(f, "Cache-Control: no-store"));
    assert_false(fake_has(f, "script-src"));
    assert_int_equal(f->asked[MSG_HANDOFF_GET], 1);
    fake_free(f);
}

static void test_shows_how_it_ended(void **state)
{
    static const struct {
        enum handoff_state state;
        unsigned status;
        const char *says;
    } rows[] = {
        {HANDOFF_STATE_COMPLETED, 200, "stored and tested"},
        {HANDOFF_STATE_SUBMITTED, 200, "Refresh: 2\r\n"},
        {HANDOFF_STATE_DECLINED, 200, "You declined"},
        {HANDOFF_STATE_CANCELLED, 200, "No longer needed"},
        {HANDOFF_STATE_EXPIRED, 410, "This has expired"},
        {HANDOFF_STATE_FAILED, 410, "This did not work"},
    };
    struct fake *f = fake_new(true);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        f->state = rows[i].state;
        fake_get(f, "/h/" HANDOFF);
        assert_int_equal(fake_status(f), rows[i].status);
        assert_true(fake_has(f, rows[i].says));
        assert_false(fake_has(f, "type=\"password\""));
    }
    fake_free(f);
}

static void test_denials(void **state)
{
    static const struct {
        enum denial why;
        unsigned status;
        const char *says;
    } rows[] = {
        {DENIAL_NOT_YOURS, 404, "nothing for you"}, {DENIAL_GONE, 410, "This has ended"},
        {DENIAL_CSRF, 403, "out of date"},          {DENIAL_RATE, 429, "Retry-After: 60"},
        {DENIAL_AGAIN, 503, "did not go through"},
    };
    struct fake *f = fake_new(true);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        f->denial = rows[i].why;
        fake_get(f, "/h/" HANDOFF);
        assert_int_equal(fake_status(f), rows[i].status);
        assert_true(fake_has(f, rows[i].says));
        assert_false(fake_has(f, "Harbour"));
        assert_false(fake_has(f, "ana"));
    }
    fake_free(f);
}

static void test_asks_to_log_in(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    fake_ask(f, "GET", "/h/" HANDOFF, "", NULL);
    assert_int_equal(fake_status(f), 303);
    assert_true(fake_has(f, "Location: /login?h=" HANDOFF "\r\n"));
    assert_int_equal(f->asked[MSG_HANDOFF_GET], 0);
    /* A session that is over: its cookie goes too. */
    fake_ask(f, "GET", "/h/" HANDOFF, "Cookie: __Host-sidegate=b2xk\r\n", NULL);
    assert_int_equal(fake_status(f), 303);
    assert_true(fake_has(f, "Location: /login?h=" HANDOFF "\r\n"));
    assert_true(fake_has(f, "Set-Cookie: __Host-sidegate=; Path=/; Max-Age=0; Secure; HttpOnly"));
    fake_free(f);
}

static enum err same_bytes(void *ctx, struct slice s)
{
    const struct slice *want = ctx;

    assert_int_equal(s.n, want->n);
    assert_memory_equal(s.p, want->p, s.n);
    return ERR_OK;
}

/* Handoff id, user name, and both fields, as messages.def has it. */
static void test_gives(void **state)
{
    static const uint8_t packed[] =
        "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"
        "\x03"
        "ana"
        "\x00\x00\x05"
        "b\xc3\xb6"
        "b1"
        "\x01\x00\x06"
        "k&=+%;";
    struct fake *f = fake_new(true);
    struct box_public public;
    struct sec *key = open_box_key(9, &public), *plain = NULL;
    struct slice want = slice_of(packed, sizeof(packed) - 1);

    (void)state;
    assert_int_equal(send_seal_key(f->keeper, &(struct msg_seal_key){9, public.key}), ERR_OK);
    fake_post(f, "/h/" HANDOFF, "csrf=" CSRF "&f0=b%C3%B6b1&f1=k%26%3D%2B%25%3B&password=pw");
    assert_int_equal(fake_status(f), 303);
    assert_true(fake_has(f, "Location: /h/" HANDOFF "\r\n"));
    assert_int_equal(f->asked[MSG_HANDOFF_SUBMIT], 1);
    assert_int_equal(open_box(key, &public, buf_slice(&f->sealed), &plain), ERR_OK);
    assert_int_equal(sec_with(plain, same_bytes, &want), ERR_OK);
    assert_int_equal(sec_len(f->verifier), PASSWORD_VERIFIER_BYTES);
    sec_free(plain);
    sec_free(key);

    fake_get(f, "/h/" HANDOFF);
    assert_true(fake_has(f, "stored and tested"));
    fake_free(f);
}

static void make_sealable(struct fake *f)
{
    struct box_public public;
    struct sec *key = open_box_key(9, &public);

    assert_int_equal(send_seal_key(f->keeper, &(struct msg_seal_key){9, public.key}), ERR_OK);
    sec_free(key);
}

#define GOOD_FORM "csrf=" CSRF "&f0=u&f1=k&password=pw"

/* What each kind shows, gives and says at its end, and what it does not take. */
static void test_each_kind(void **state)
{
    static const struct {
        enum handoff_kind kind;
        enum need need;
        const char *heading, *field, *form, *bad, *wrongs, *end;
    } rows[] = {
        {HANDOFF_KIND_SECRET, NEED_STALE, "Reconnect Harbour Station", "API key", "f0=u&f1=k",
         "f0=u:&f1=k", "900000000", "The server accepted what you gave."},
    };
    _Static_assert(ARRAY_LEN(rows) == HANDOFF_KIND_COUNT, "each kind is tested");
    char form[256];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fake *f = fake_new(true);

        make_sealable(f);
        f->kind = rows[i].kind;
        f->need = rows[i].need;
        fake_get(f, "/h/" HANDOFF);
        assert_true(fake_has(f, rows[i].heading));
        assert_true(fake_has(f, rows[i].field));
        (void)snprintf(form, sizeof(form), "csrf=" CSRF "&%s&password=pw", rows[i].bad);
        fake_post(f, "/h/" HANDOFF, form);
        assert_true(fake_has(f, rows[i].wrongs));
        assert_int_equal(f->asked[MSG_HANDOFF_SUBMIT], 0);
        (void)snprintf(form, sizeof(form), "csrf=" CSRF "&%s&password=pw", rows[i].form);
        fake_post(f, "/h/" HANDOFF, form);
        assert_int_equal(f->asked[MSG_HANDOFF_SUBMIT], 1);
        fake_get(f, "/h/" HANDOFF);
        assert_true(fake_has(f, rows[i].end));
        fake_free(f);
    }
}

static void test_strangers_are_in_nobodys_way(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    make_sealable(f);
    assert_int_equal(limit_set(SET_PAGE_TIME, 60000), ERR_OK);
    fake_strangers(f);
    fake_post(f, "/h/" HANDOFF, GOOD_FORM);
    assert_int_equal(fake_status(f), 303);
    assert_int_equal(f->asked[MSG_HANDOFF_SUBMIT], 1);
    assert_int_equal(limit_set(SET_PAGE_TIME, 10000), ERR_OK);
    fake_free(f);
}

static void test_nothing_is_hashed_for_nothing(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    make_sealable(f);
    f->spent = true;
    fake_post(f, "/h/" HANDOFF, GOOD_FORM);
    assert_int_equal(fake_status(f), 303);
    assert_true(fake_has(f, "Location: /h/" HANDOFF "?e=000000007\r\n"));
    assert_int_equal(f->asked[MSG_HANDOFF_SUBMIT], 0);
    fake_free(f);
}

static void test_problems_show_the_form_again(void **state)
{
    static const struct {
        enum problem problem;
        const char *says;
    } rows[] = {
        {PROBLEM_REFUSED, "The server did not accept it."},
        {PROBLEM_UNREACHABLE, "The server could not be reached."},
        {PROBLEM_WRONG_PASSWORD, "Your Sidegate password is not right."},
        {PROBLEM_TOO_MANY, "Too many tries."},
    };
    struct fake *f = fake_new(true);

    (void)state;
    make_sealable(f);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        f->problem = rows[i].problem;
        f->state = HANDOFF_STATE_OPENED;
        fake_post(f, "/h/" HANDOFF, GOOD_FORM);
        assert_int_equal(fake_status(f), 303);
        assert_true(fake_has(f, "Location: /h/" HANDOFF "\r\n"));
        fake_get(f, "/h/" HANDOFF);
        assert_int_equal(fake_status(f), 200);
        assert_true(fake_has(f, rows[i].says));
        assert_true(fake_has(f, "9 tries left"));
        assert_true(fake_has(f, "<title>Not yet: "));
        assert_false(fake_has(f, "value=\"k\""));
        assert_false(fake_has(f, "value=\"u\""));
    }
    fake_free(f);
}

static void deny_submit(struct fake *f, union msg_any *m)
{
    fake_deny(f, m->handoff_submit.req, f->later);
}

static void test_denied_submissions(void **state)
{
    static const struct {
        enum denial why;
        unsigned status;
        const char *says;
    } rows[] = {
        {DENIAL_WRONG_PASSWORD, 303, "Location: /h/" HANDOFF "\r\n"},
        {DENIAL_RATE, 303, "Location: /h/" HANDOFF "?e=000000007\r\n"},
        {DENIAL_GONE, 410, "This has ended"},
        {DENIAL_CSRF, 403, "out of date"},
        {DENIAL_AGAIN, 503, "did not go through"},
        {DENIAL_NOT_YOURS, 404, "nothing for you"},
    };
    struct fake *f = fake_new(true);

    (void)state;
    make_sealable(f);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        f->on[MSG_HANDOFF_SUBMIT] = deny_submit;
        f->later = rows[i].why;
        fake_post(f, "/h/" HANDOFF, GOOD_FORM);
        assert_int_equal(fake_status(f), rows[i].status);
        assert_true(fake_has(f, rows[i].says));
    }
    fake_get(f, "/h/" HANDOFF "?e=000000006");
    assert_true(fake_has(f, "Your Sidegate password is not right."));
    assert_true(fake_has(f, "aria-describedby=\"password-error password-hint\" autofocus"));
    fake_free(f);
}

static void test_wrongs_in_the_address(void **state)
{
    static const char *const nothing[] = {"?e=",          "?e=00000000",  "?e=0000000000",
                                          "?e=:0a000!00", "?x=111111111", "?e=:::::::::"};
    struct fake *f = fake_new(true);
    char path[128];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(nothing); i++) {
        (void)snprintf(path, sizeof(path), "/h/" HANDOFF "%s", nothing[i]);
        fake_get(f, path);
        assert_int_equal(fake_status(f), 200);
        assert_false(fake_has(f, "aria-invalid"));
    }
    fake_get(f, "/h/" HANDOFF "?e=480000000");
    assert_true(fake_has(f, "There is an invisible character in it"));
    assert_true(fake_has(f, "only letters without accents, digits and common signs can"));
    fake_get(f, "/h/" HANDOFF "?e=900000000");
    assert_true(fake_has(f, "There is a colon in it"));
    fake_get(f, "/h/" HANDOFF "?e=123456712");
    assert_int_equal(client_count(&f->c, "aria-invalid"), 3); /* of two fields and the password */
    fake_free(f);
}

static void test_bad_forms(void **state)
{
    static const struct {
        const char *form;
        unsigned status;
        const char *says;
    } rows[] = {
        {"csrf=" CSRF "&f0=u&f1=&password=pw", 303, "?e=010000000\r\n"},
        {"csrf=" CSRF "&f0=u&password=pw", 303, "?e=010000000\r\n"},
        {"csrf=" CSRF "&password=pw", 303, "?e=110000000\r\n"},
        {"csrf=" CSRF "&f0=u&f1=k", 303, "?e=000000001\r\n"},
        {"csrf=" CSRF "&f0=u&f1=k%0Al&password=pw", 303, "?e=030000000\r\n"},
        {"csrf=" CSRF "&f0=u&f1=%0D&password=pw", 303, "?e=030000000\r\n"},
        {"csrf=" CSRF "&f0=u&f1=+%01%0Ak&password=pw", 303, "?e=030000000\r\n"},
        {"csrf=" CSRF "&f0=u&f1=+k&password=pw", 303, "?e=050000000\r\n"},
        {"csrf=" CSRF "&f0=u&f1=k+&password=pw", 303, "?e=050000000\r\n"},
        {"csrf=" CSRF "&f0=u&f1=%7F&password=pw", 303, "?e=040000000\r\n"},
        {"csrf=" CSRF "&f0=u&f1=%E2%80%8Bk&password=pw", 303, "?e=040000000\r\n"},
        {"csrf=" CSRF "&f0=u&f1=k%EF%BB%BF+&password=pw", 303, "?e=040000000\r\n"},
        {"csrf=" CSRF "&f0=u&f1=k%C3%BC&password=pw", 303, "?e=080000000\r\n"},
        {"csrf=" CSRF "&f0=u&f1=k%C2%A0&password=pw", 303, "?e=080000000\r\n"},
        {"csrf=" CSRF "&f0=u%3A&f1=k&password=pw", 303, "?e=900000000\r\n"},
        {"csrf=" CSRF "&f0=%E2%80%8B%C3%BC&f1=k&password=pw", 303, "?e=400000000\r\n"},
        {"csrf=" CSRF "&f0=u&f1=k%00l&password=pw", 400, "did not arrive well"},
        {"csrf=" CSRF "&f0=u&f1=%FF&password=pw", 400, "did not arrive well"},
        {"csrf=" CSRF "&f0=u&f1=%4&password=pw", 400, "did not arrive well"},
        {"csrf=" CSRF "&f0=u&f1=k&f1=k&password=pw", 400, "did not arrive well"},
        {"csrf=" CSRF "&f0=u&f1=k&password=pw&more=1", 400, "did not arrive well"},
        {"f0=u&f1=k&password=pw", 403, "out of date"},
        {"csrf=" TOKEN "&f0=u&f1=k&password=pw", 403, "out of date"},
        {"csrf=abab&f0=u&f1=k&password=pw", 403, "out of date"},
        {"", 403, "out of date"},
    };
    struct fake *f = fake_new(true);

    (void)state;
    make_sealable(f);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fake_post(f, "/h/" HANDOFF, rows[i].form);
        if (fake_status(f) != rows[i].status || !fake_has(f, rows[i].says))
            fail_msg("%s: %.*s", rows[i].form, (int)f->c.got.n, (const char *)f->c.got.p);
    }
    assert_int_equal(f->asked[MSG_HANDOFF_SUBMIT], 0);
    fake_free(f);
}

static void put_many(struct buf *b, const char *name, size_t n)
{
    buf_printf(b, "&%s=", name);
    for (size_t i = 0; i < n; i++)
        buf_put_u8(b, 'x');
}

static void test_lengths(void **state)
{
    struct fake *f = fake_new(true);
    struct buf b = BUF_INIT(1 << 20);

    (void)state;
    make_sealable(f);
    buf_put_str(&b, "csrf=" CSRF "&password=pw");
    put_many(&b, "f0", LIM_FIELD_BYTES);
    put_many(&b, "f1", LIM_FIELD_BYTES);
    buf_put_u8(&b, 0);
    fake_post(f, "/h/" HANDOFF, (const char *)b.p);
    assert_int_equal(fake_status(f), 303);
    assert_int_equal(f->asked[MSG_HANDOFF_SUBMIT], 1);

    f->state = HANDOFF_STATE_OPENED;
    buf_clear(&b);
    buf_put_str(&b, "csrf=" CSRF "&password=pw");
    put_many(&b, "f0", LIM_FIELD_BYTES + 1);
    put_many(&b, "f1", 1);
    buf_put_u8(&b, 0);
    fake_post(f, "/h/" HANDOFF, (const char *)b.p);
    assert_int_equal(fake_status(f), 303);
    assert_true(fake_has(f, "?e=200000000\r\n"));

    buf_clear(&b);
    put_many(&b, "f0", LIM_FORM_BYTES);
    buf_put_u8(&b, 0);
    fake_post(f, "/h/" HANDOFF, (const char *)b.p);
    assert_int_equal(fake_status(f), 413);
    assert_int_equal(f->asked[MSG_HANDOFF_SUBMIT], 1);
    buf_free(&b);
    fake_free(f);
}

static void test_late_tab(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    make_sealable(f);
    f->state = HANDOFF_STATE_COMPLETED;
    fake_post(f, "/h/" HANDOFF, GOOD_FORM);
    assert_int_equal(fake_status(f), 303);
    assert_true(fake_has(f, "Location: /h/" HANDOFF "\r\n"));
    assert_int_equal(f->asked[MSG_HANDOFF_SUBMIT], 0);
    fake_free(f);
}

static void test_declines(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    fake_post(f, "/h/" HANDOFF "/decline", "csrf=" CSRF);
    assert_int_equal(fake_status(f), 303);
    assert_int_equal(f->asked[MSG_HANDOFF_DECLINE], 1);
    fake_get(f, "/h/" HANDOFF);
    assert_true(fake_has(f, "You declined"));
    fake_post(f, "/h/" HANDOFF "/decline", "");
    assert_int_equal(fake_status(f), 403);
    assert_int_equal(f->asked[MSG_HANDOFF_DECLINE], 1);
    fake_free(f);
}

static void die(struct fake *f, union msg_any *m)
{
    (void)m;
    fake_kill_keeper(f);
}

static void test_keeper_gone(void **state)
{
    struct fake *f = fake_new(false);

    (void)state;
    fake_get(f, "/h/" HANDOFF);
    assert_int_equal(fake_status(f), 503);
    assert_true(fake_has(f, "Sidegate is not ready"));
    assert_true(fake_has(f, "Retry-After: 5"));
    assert_true(fake_has(f, "href=\"/h/" HANDOFF "\">Reload"));
    fake_get(f, "/health");
    assert_int_equal(fake_status(f), 503);
    fake_free(f);

    f = fake_new(true);
    make_sealable(f);
    f->on[MSG_HANDOFF_SUBMIT] = die;
    fake_post(f, "/h/" HANDOFF, GOOD_FORM);
    assert_int_equal(fake_status(f), 503);
    assert_true(fake_has(f, "not certain"));
    assert_true(fake_has(f, "href=\"/h/" HANDOFF "\">Look again"));
    fake_free(f);

    f = fake_new(true);
    f->on[MSG_HANDOFF_GET] = die;
    fake_get(f, "/h/" HANDOFF);
    assert_int_equal(fake_status(f), 503);
    fake_free(f);
}

/* Without a key to seal to, nothing is sent, and nothing waits. */
static void test_no_seal_key(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    fake_post(f, "/h/" HANDOFF, GOOD_FORM);
    assert_int_equal(fake_status(f), 503);
    assert_int_equal(f->asked[MSG_HANDOFF_SUBMIT], 0);
    fake_free(f);
}

static void test_keeper_silent(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    assert_int_equal(limit_set(SET_PAGE_TIME, 100), ERR_OK);
    f->on[MSG_HANDOFF_GET] = NULL;
    fake_get(f, "/h/" HANDOFF);
    assert_int_equal(fake_status(f), 503);
    assert_int_equal(limit_set(SET_PAGE_TIME, 10000), ERR_OK);
    fake_free(f);
}

static void answer_with_done(struct fake *f, union msg_any *m)
{
    assert_int_equal(send_page_done(f->keeper, &(struct msg_page_done){.req = m->handoff_get.req}),
                     ERR_OK);
}

/* An answer that nothing asked for ends the keeper's channel: something is wrong with one of the
 * two. */
static void test_answer_out_of_turn(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    f->on[MSG_HANDOFF_GET] = answer_with_done;
    fake_get(f, "/h/" HANDOFF);
    assert_int_equal(fake_status(f), 503);
    assert_null(f->s.keeper);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shows_the_form),
        cmocka_unit_test(test_shows_how_it_ended),
        cmocka_unit_test(test_denials),
        cmocka_unit_test(test_asks_to_log_in),
        cmocka_unit_test(test_gives),
        cmocka_unit_test(test_each_kind),
        cmocka_unit_test(test_strangers_are_in_nobodys_way),
        cmocka_unit_test(test_nothing_is_hashed_for_nothing),
        cmocka_unit_test(test_problems_show_the_form_again),
        cmocka_unit_test(test_denied_submissions),
        cmocka_unit_test(test_wrongs_in_the_address),
        cmocka_unit_test(test_bad_forms),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_late_tab),
        cmocka_unit_test(test_declines),
        cmocka_unit_test(test_keeper_gone),
        cmocka_unit_test(test_no_seal_key),
        cmocka_unit_test(test_keeper_silent),
        cmocka_unit_test(test_answer_out_of_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
