/* Log-in and log-out. */
#include "fake.h"

#include <malloc.h>
#include <string.h>

#include "os/clock.h"

#define LOGIN_COOKIE "Cookie: __Host-sidegate-login=" TOKEN "\r\n"
#define OURS         "Origin: null\r\nSec-Fetch-Site: same-origin\r\n"
#define GOOD         "csrf=" TOKEN "&name=ana&password=correct+horse"

static void post(struct fake *f, const char *form)
{
    fake_ask(f, "POST", "/login", LOGIN_COOKIE OURS, form);
}

static const char typed[] = "a password in the wrong field";
static unsigned left; /* how often it was in memory that is given back */

void __real_mem_free(void *p);
void __wrap_mem_free(void *p);

void __wrap_mem_free(void *p)
{
    if (p && memmem(p, malloc_usable_size(p), typed, sizeof(typed) - 1))
        left++;
    __real_mem_free(p);
}

static void test_page(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    fake_ask(f, "GET", "/login", "", NULL);
    assert_int_equal(fake_status(f), 200);
    assert_true(fake_has(f, "Set-Cookie: __Host-sidegate-login="));
    assert_true(fake_has(f, "; Path=/; Secure; HttpOnly; SameSite=Lax\r\n"));
    assert_true(fake_has(f, "autocomplete=\"current-password\""));
    assert_false(fake_has(f, "name=\"handoff\""));
    assert_false(fake_has(f, TOKEN));
    /* A token that is there stays: another tab may have it in its form. */
    fake_ask(f, "GET", "/login?h=" HANDOFF, LOGIN_COOKIE, NULL);
    assert_int_equal(client_count(&f->c, TOKEN), 2);
    assert_true(fake_has(f, "name=\"handoff\" value=\"" HANDOFF "\""));
    fake_free(f);
}

static void test_only_ids_are_gone_back_to(void **state)
{
    static const char *const paths[] = {
        "/login?h=",
        "/login?h=https://evil.example/",
        ("/login?h=" HANDOFF "0"),
        "/login?x=1&h=" HANDOFF,
        "/login?h=0011223344556677889900AABBCCDDEE",
    };
    struct fake *f = fake_new(true);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        fake_ask(f, "GET", paths[i], "", NULL);
        assert_int_equal(fake_status(f), 200);
        assert_false(fake_has(f, "name=\"handoff\""));
    }
    post(f, GOOD "&handoff=//evil.example");
    assert_int_equal(fake_status(f), 303);
    assert_true(fake_has(f, "Location: /inbox\r\n"));
    fake_free(f);
}

/* Who wanted to see the connections sees them, by a word; no address is taken from the browser. */
static void test_connections_are_gone_back_to(void **state)
{
    static const char *const words[] = {"", "/connections", "//evil.example", "inbox",
                                        "connections/"};
    struct fake *f = fake_new(true);
    char text[256];

    (void)state;
    fake_ask(f, "GET", "/connections", "", NULL);
    assert_true(fake_has(f, "Location: /login?back=connections\r\n"));
    fake_ask(f, "POST", "/connections/" HANDOFF "/revoke", OURS, "csrf=" CSRF);
    assert_true(fake_has(f, "Location: /login?back=connections\r\n"));
    fake_ask(f, "GET", "/inbox", "", NULL);
    assert_true(fake_has(f, "Location: /login\r\n"));

    fake_ask(f, "GET", "/login?back=connections", "", NULL);
    assert_true(fake_has(f, "name=\"back\" value=\"connections\""));
    f->denial = DENIAL_WRONG_PASSWORD;
    post(f, GOOD "&back=connections");
    assert_true(fake_has(f, "name=\"back\" value=\"connections\""));
    f->denial = 0;
    post(f, GOOD "&back=connections");
    assert_true(fake_has(f, "Location: /connections\r\n"));
    fake_get(f, "/login?back=connections");
    assert_true(fake_has(f, "Location: /connections\r\n"));

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        snprintf(text, sizeof(text), "/login?back=%s", words[i]);
        fake_ask(f, "GET", text, "", NULL);
        assert_false(fake_has(f, "name=\"back\""));
        snprintf(text, sizeof(text), GOOD "&back=%s", words[i]);
        post(f, text);
        assert_true(fake_has(f, "Location: /inbox\r\n"));
    }
    fake_free(f);
}

static void test_logs_in(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    post(f, GOOD);
    assert_int_equal(fake_status(f), 303);
    assert_true(fake_has(f, "Location: /inbox\r\n"));
    assert_true(fake_has(f, "Set-Cookie: " COOKIE
                            "; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax\r\n"));
    assert_true(fake_has(f, "Set-Cookie: __Host-sidegate-login=; Path=/; Max-Age=0"));
    assert_int_equal(sec_len(f->verifier), PASSWORD_VERIFIER_BYTES);
    post(f, GOOD "&handoff=" HANDOFF);
    assert_true(fake_has(f, "Location: /h/" HANDOFF "\r\n"));
    fake_free(f);
}

static void test_name_is_wiped(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    f->denial = DENIAL_WRONG_PASSWORD;
    post(f, "csrf=" TOKEN "&name=a+password+in+the+wrong+field&password=correct+horse");
    assert_int_equal(fake_status(f), 403);
    fake_free(f);
    assert_int_equal(left, 0);
}

/* What the keeper gave to this browser comes back to it, and nothing that is not of that form. */
static void test_known_browser(void **state)
{
    static const struct {
        const char *cookies;
        uint8_t shown; /* each byte */
    } rows[] = {
        {"__Host-sidegate-browser=" CSRF, 0xab},
        {"__Host-sidegate-browser=AB", 0},
        {"__Host-sidegate-browser=" CSRF "ab", 0},
        {"__Host-sidegate-browser=" CSRF "; __Host-sidegate-browser=" CSRF, 0},
        {"__Host-sidegate-x=" CSRF, 0},
    };
    struct fake *f = fake_new(true);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf headers = BUF_INIT(1024);

        buf_printf(&headers, "Cookie: __Host-sidegate-login=" TOKEN "; %s\r\n" OURS "%c",
                   rows[i].cookies, 0);
        f->browser = (struct digest){{1}};
        fake_ask(f, "POST", "/login", (const char *)headers.p, GOOD);
        assert_int_equal(fake_status(f), 303);
        for (size_t k = 0; k < sizeof(f->browser.b); k++)
            assert_int_equal(f->browser.b[k], rows[i].shown);
        assert_true(fake_has(f, "Set-Cookie: __Host-sidegate-browser=" CSRF
                                "; Path=/; Max-Age=34560000; Secure; HttpOnly; SameSite=Lax\r\n"));
        buf_free(&headers);
    }
    fake_free(f);
}

/* A browser's cookie puts it nowhere: the keeper says who waits apart from strangers. */
static void test_the_keeper_says_who_is_known(void **state)
{
    static const char cookies[] =
        "Cookie: __Host-sidegate-login=" TOKEN "; __Host-sidegate-browser=" CSRF "\r\n" OURS;
    struct fake *f = fake_new(true);

    (void)state;
    assert_int_equal(limit_set(SET_PAGE_TIME, 60000), ERR_OK);
    fake_strangers(f);
    fake_ask(f, "POST", "/login", cookies, GOOD);
    assert_int_equal(fake_status(f), 503);
    assert_true(fake_has(f, "Sidegate is busy"));
    f->known = true;
    post(f, GOOD);
    assert_int_equal(fake_status(f), 303);
    assert_int_equal(limit_set(SET_PAGE_TIME, 10000), ERR_OK);
    fake_free(f);
}

static void test_same_password_same_verifier(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    post(f, GOOD);
    struct sec *first = f->verifier;
    f->verifier = NULL;
    post(f, GOOD);
    assert_true(sec_equal(first, f->verifier));
    post(f, "csrf=" TOKEN "&name=ana&password=another");
    assert_false(sec_equal(first, f->verifier));
    sec_free(first);
    fake_free(f);
}

static void test_who_is_logged_in_goes_on(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    fake_get(f, "/login?h=" HANDOFF);
    assert_int_equal(fake_status(f), 303);
    assert_true(fake_has(f, "Location: /h/" HANDOFF "\r\n"));
    fake_get(f, "/login");
    assert_true(fake_has(f, "Location: /inbox\r\n"));
    fake_ask(f, "GET", "/login", "Cookie: __Host-sidegate=b2xk\r\n", NULL);
    assert_int_equal(fake_status(f), 200);
    fake_free(f);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *headers, *form;
        unsigned status;
        const char *says;
    } rows[] = {
        {LOGIN_COOKIE OURS, "name=ana&password=x", 403, "log in again"},
        {LOGIN_COOKIE OURS, "csrf=" CSRF "&name=ana&password=x", 403, "log in again"},
        {OURS, GOOD, 403, "log in again"},
        {"Cookie: __Host-sidegate-login=" TOKEN "; __Host-sidegate-login=" TOKEN "\r\n" OURS, GOOD,
         403, "log in again"},
        {LOGIN_COOKIE, GOOD, 403, "another site"},
        {LOGIN_COOKIE "Origin: null\r\n", GOOD, 403, "another site"},
        {LOGIN_COOKIE "Origin: http://localhost:9999\r\n", GOOD, 403, "another site"},
        {LOGIN_COOKIE OURS, "csrf=" TOKEN "&name=ana&password=", 403, "not right"},
        {LOGIN_COOKIE OURS, "csrf=" TOKEN "&name=&password=x", 403, "not right"},
        {LOGIN_COOKIE OURS, "csrf=" TOKEN "&password=x", 403, "not right"},
        {LOGIN_COOKIE OURS, "csrf=" TOKEN "&name=a%0Ab&password=x", 403, "not right"},
        {LOGIN_COOKIE OURS, "csrf=" TOKEN "&name=a%E2%80%AEb&password=x", 403, "not right"},
        {LOGIN_COOKIE OURS,
         "csrf=" TOKEN "&name=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa&"
         "password=x",
         403, "not right"},
        {LOGIN_COOKIE OURS, GOOD "&name=bob", 400, "did not arrive well"},
        {LOGIN_COOKIE OURS, GOOD "&to=/x", 400, "did not arrive well"},
    };
    struct fake *f = fake_new(true);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fake_ask(f, "POST", "/login", rows[i].headers, rows[i].form);
        if (fake_status(f) != rows[i].status || !fake_has(f, rows[i].says))
            fail_msg("%zu: %.*s", i, (int)f->c.got.n, (const char *)f->c.got.p);
        assert_false(fake_has(f, "Set-Cookie: __Host-sidegate="));
    }
    assert_int_equal(f->asked[MSG_LOGIN_START], 0);
    fake_free(f);
}

static void test_wrong_password(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    f->denial = DENIAL_WRONG_PASSWORD;
    post(f, GOOD "&handoff=" HANDOFF);
    assert_int_equal(fake_status(f), 403);
    assert_true(fake_has(f, "Name or password is not right."));
    assert_true(fake_has(f, "value=\"ana\""));
    assert_true(fake_has(f, "aria-describedby=\"login-error\""));
    assert_true(fake_has(f, "name=\"handoff\" value=\"" HANDOFF "\""));
    assert_false(fake_has(f, "correct"));
    f->denial = DENIAL_RATE;
    post(f, GOOD);
    assert_int_equal(fake_status(f), 429);
    assert_true(fake_has(f, "Retry-After: 60"));
    fake_free(f);
}

static void bad_salt(struct fake *f, union msg_any *m)
{
    assert_int_equal(send_login_salt(f->keeper, &(struct msg_login_salt){.req = m->login_start.req,
                                                                         .salt = SLICE_LIT("short"),
                                                                         .ops = 1,
                                                                         .mem = 8192}),
                     ERR_OK);
}

static void absurd_cost(struct fake *f, union msg_any *m)
{
    assert_int_equal(
        send_login_salt(f->keeper, &(struct msg_login_salt){.req = m->login_start.req,
                                                            .salt = SLICE_LIT("0123456789abcdef"),
                                                            .ops = 1,
                                                            .mem = UINT64_C(1) << 62}),
        ERR_OK);
}

static void test_bad_salts(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    f->on[MSG_LOGIN_START] = absurd_cost;
    post(f, GOOD);
    assert_int_equal(fake_status(f), 503);
    assert_non_null(f->s.keeper);
    f->on[MSG_LOGIN_START] = bad_salt;
    post(f, GOOD);
    assert_int_equal(fake_status(f), 503);
    assert_null(f->s.keeper);
    fake_free(f);
}

static void dear_salt(struct fake *f, union msg_any *m)
{
    assert_int_equal(
        send_login_salt(f->keeper, &(struct msg_login_salt){.req = m->login_start.req,
                                                            .salt = SLICE_LIT("0123456789abcdef"),
                                                            .ops = LIM_PASSWORD_OPS_MOST,
                                                            .mem = LIM_PASSWORD_MEM_MOST / 2}),
        ERR_OK);
}

/* The thread is busy for longer than the test with the first; who came after it and was told that
 * it took too long must not stand in the way of the next. */
static void test_nobody_hashes_for_who_was_answered(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    assert_int_equal(limit_set(SET_PAGE_TIME, 100), ERR_OK);
    f->on[MSG_LOGIN_START] = dear_salt;
    for (int i = 0; i < 3; i++) {
        post(f, GOOD);
        assert_int_equal(fake_status(f), 503);
        assert_true(fake_has(f, "Sidegate is not ready"));
        assert_false(fake_has(f, "Sidegate is busy"));
    }
    assert_int_equal(f->asked[MSG_LOGIN], 0);
    assert_int_equal(limit_set(SET_PAGE_TIME, 10000), ERR_OK);
    fake_free(f);
}

static void late_salt(struct fake *f, union msg_any *m)
{
    uint64_t until = clock_boot_ms() + 150;

    while (clock_boot_ms() < until)
        ;
    f->on[MSG_LOGIN_START] = NULL;
    assert_int_equal(
        send_login_salt(f->keeper, &(struct msg_login_salt){.req = m->login_start.req,
                                                            .salt = SLICE_LIT("0123456789abcdef"),
                                                            .ops = 1,
                                                            .mem = 8192}),
        ERR_OK);
}

/* The time is that of the page, and not of each thing that it waits for. */
static void test_one_time_for_all_steps(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    assert_int_equal(limit_set(SET_PAGE_TIME, 100), ERR_OK);
    f->on[MSG_LOGIN_START] = late_salt;
    post(f, GOOD);
    assert_int_equal(fake_status(f), 503);
    assert_int_equal(f->asked[MSG_LOGIN], 0);
    assert_int_equal(limit_set(SET_PAGE_TIME, 10000), ERR_OK);
    fake_free(f);
}

static void test_logs_out(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    fake_post(f, "/logout", "csrf=" CSRF);
    assert_int_equal(fake_status(f), 303);
    assert_true(fake_has(f, "Location: /login\r\n"));
    assert_true(fake_has(f, "Set-Cookie: __Host-sidegate=; Path=/; Max-Age=0"));
    assert_int_equal(f->asked[MSG_LOGOUT], 1);
    fake_post(f, "/logout", "");
    assert_int_equal(fake_status(f), 403);
    fake_get(f, "/logout");
    assert_int_equal(fake_status(f), 405);
    assert_int_equal(f->asked[MSG_LOGOUT], 1);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_only_ids_are_gone_back_to),
        cmocka_unit_test(test_connections_are_gone_back_to),
        cmocka_unit_test(test_logs_in),
        cmocka_unit_test(test_name_is_wiped),
        cmocka_unit_test(test_known_browser),
        cmocka_unit_test(test_the_keeper_says_who_is_known),
        cmocka_unit_test(test_same_password_same_verifier),
        cmocka_unit_test(test_who_is_logged_in_goes_on),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_wrong_password),
        cmocka_unit_test(test_bad_salts),
        cmocka_unit_test(test_nobody_hashes_for_who_was_answered),
        cmocka_unit_test(test_one_time_for_all_steps),
        cmocka_unit_test(test_logs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
