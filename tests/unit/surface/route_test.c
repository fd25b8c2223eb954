/* What is checked before any handler: address, method, Host, where a form came from, cookies; and
 * the headers of every answer. */
#include "fake.h"

static void test_addresses(void **state)
{
    static const struct {
        const char *method, *path;
        unsigned status;
    } rows[] = {
        {"GET", "/", 303},
        {"HEAD", "/", 303},
        {"GET", "/style.css", 200},
        {"GET", "/inbox.js", 200},
        {"GET", "/icon.svg", 200},
        {"GET", "/health", 503}, /* no seal key yet */
        {"GET", "/favicon.ico", 404},
        {"GET", "/nowhere", 404},
        {"GET", "/Inbox", 404},
        {"GET", "/inbox/", 404},
        {"GET", "//inbox", 404},
        {"POST", "/inbox", 405},
        {"DELETE", "/inbox", 405},
        {"OPTIONS", "/login", 405},
        {"GET", "/h/", 404},
        {"GET", "/h/00", 404},
        {"GET", "/h/" HANDOFF "0", 404},
        {"GET", "/h/" HANDOFF "/", 404},
        {"GET", "/h/00112233445566778899AABBCCDDEEFF", 404},
        {"GET", "/h/" HANDOFF "/decline", 405},
        {"PUT", "/h/" HANDOFF, 405},
        {"GET", "/connections/" HANDOFF "/revoke", 405},
        {"GET", "/h/..%2f..%2fetc", 400},
        {"GET", "/h/%00", 400},
        {"HEAD", "/h/" HANDOFF, 200},
        {"HEAD", "/inbox", 200},
        {"HEAD", "/inbox/events", 204},
    };
    struct fake *f = fake_new(true);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fake_ask(f, rows[i].method, rows[i].path, "Cookie: " COOKIE "\r\n", NULL);
        if (fake_status(f) != rows[i].status)
            fail_msg("%s %s: %u", rows[i].method, rows[i].path, fake_status(f));
    }
    fake_free(f);
}

/* What the keeper says of the log, and what whoever asks makes of it. */
static void test_health(void **state)
{
    static const struct {
        enum recording recording;
        unsigned status;
        const char *says;
    } rows[] = {
        {RECORDING_FINE, 200, "ok\n"},
        {RECORDING_FILLING, 200, "ok, but the disk of the audit log is filling up"},
        {RECORDING_FULL, 503, "audit log is full"},
        {RECORDING_LOST, 503, "the audit log is lost"},
        {RECORDING_APART, 503, "do not belong together"},
    };
    struct fake *f = fake_new(true);

    (void)state;
    assert_int_equal(send_seal_key(f->keeper, &(struct msg_seal_key){1, {{0}}}), ERR_OK);
    while (!f->s.sealable)
        loop_turn(f->loop, 5);
    fake_get(f, "/health"); /* it has said nothing yet */
    assert_int_equal(fake_status(f), 503);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(send_health(f->keeper, &(struct msg_health){rows[i].recording}), ERR_OK);
        while (f->s.recording != rows[i].recording)
            loop_turn(f->loop, 5);
        fake_get(f, "/health");
        assert_int_equal(fake_status(f), rows[i].status);
        assert_true(fake_has(f, rows[i].says));
    }
    fake_free(f);
}

/* A made-up link and somebody else's look the same. */
static void test_neutral(void **state)
{
    struct fake *f = fake_new(true);
    struct buf first = BUF_INIT(1 << 20);

    (void)state;
    f->denial = DENIAL_NOT_YOURS;
    fake_get(f, "/h/" HANDOFF);
    size_t at = slice_find(buf_slice(&f->c.got), SLICE_LIT("<!DOCTYPE"));
    buf_put(&first, slice_sub(buf_slice(&f->c.got), at, f->c.got.n));
    assert_true(first.n > 0);
    fake_get(f, "/h/made-up");
    at = slice_find(buf_slice(&f->c.got), SLICE_LIT("<!DOCTYPE"));
    assert_true(slice_eq(buf_slice(&first), slice_sub(buf_slice(&f->c.got), at, f->c.got.n)));
    buf_free(&first);
    fake_free(f);
}

static void test_hosts(void **state)
{
    static const struct {
        const char *host;
        unsigned status;
    } rows[] = {
        {"localhost:8401", 200},      {"LOCALHOST:8401", 200}, {"localhost", 421},
        {"127.0.0.1:8401", 421},      {"evil.example", 421},   {"localhost:8402", 421},
        {"localhost:8401.evil", 421},
    };
    struct fake *f = fake_new(true);
    char request[256];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        (void)snprintf(request, sizeof(request),
                       "GET /login HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
                       rows[i].host);
        fake_send(f, request);
        if (fake_status(f) != rows[i].status)
            fail_msg("%s: %u", rows[i].host, fake_status(f));
    }
    /* The page that says so has its looks, and leads to the right place. */
    fake_send(f, "GET /inbox HTTP/1.1\r\nHost: 127.0.0.1:8401\r\nConnection: close\r\n\r\n");
    assert_true(fake_has(f, "href=\"http://localhost:8401/inbox\""));
    fake_send(f, "GET /style.css HTTP/1.1\r\nHost: 127.0.0.1:8401\r\nConnection: close\r\n\r\n");
    assert_int_equal(fake_status(f), 200);
    fake_send(f, "GET /inbox.js HTTP/1.1\r\nHost: 127.0.0.1:8401\r\nConnection: close\r\n\r\n");
    assert_int_equal(fake_status(f), 421);
    fake_free(f);
}

static void test_where_forms_come_from(void **state)
{
    static const struct {
        const char *headers;
        bool good;
    } rows[] = {
        {"Sec-Fetch-Site: same-origin\r\nOrigin: " SITE "\r\n", true},
        {"Sec-Fetch-Site: same-origin\r\nOrigin: null\r\n", true},
        {"Origin: " SITE "\r\n", true},
        {"Sec-Fetch-Site: same-origin\r\n", false},
        {"Sec-Fetch-Site: same-site\r\nOrigin: " SITE "\r\n", false},
        {"Sec-Fetch-Site: cross-site\r\nOrigin: " SITE "\r\n", false},
        {"Sec-Fetch-Site: none\r\nOrigin: " SITE "\r\n", false},
        {"Sec-Fetch-Site: same-origin\r\nOrigin: http://evil.example\r\n", false},
        {"Sec-Fetch-Site: cross-site\r\nOrigin: null\r\n", false},
        {"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Site: same-origin\r\nOrigin: null\r\n", false},
        {"Origin: null\r\n", false},
        {"Origin: http://localhost:9999\r\n", false},
        {"Origin: http://localhost:8401/\r\n", false},
        {"Origin: https://localhost:8401\r\n", false},
        {"", false},
    };
    struct fake *f = fake_new(true);
    char headers[512];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned before = f->asked[MSG_HANDOFF_DECLINE];
        (void)snprintf(headers, sizeof(headers), "Cookie: " COOKIE "\r\n%s", rows[i].headers);
        fake_ask(f, "POST", "/h/" HANDOFF "/decline", headers, "csrf=" CSRF);
        if (fake_status(f) != (rows[i].good ? 303 : 403) ||
            f->asked[MSG_HANDOFF_DECLINE] != before + rows[i].good)
            fail_msg("%s: %u", rows[i].headers, fake_status(f));
    }
    fake_free(f);
}

static void test_content_types(void **state)
{
    static const struct {
        const char *type;
        unsigned status;
    } rows[] = {
        {"Content-Type: application/x-www-form-urlencoded\r\n", 303},
        {"Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n", 303},
        {"Content-Type: text/plain\r\n", 400},
        {"Content-Type: multipart/form-data; boundary=x\r\n", 400},
        {"", 400},
    };
    struct fake *f = fake_new(true);
    char request[1024];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        (void)snprintf(request, sizeof(request),
                       "POST /logout HTTP/1.1\r\nHost: localhost:8401\r\nConnection: close\r\n"
                       "Cookie: " COOKIE "\r\nOrigin: " SITE "\r\n%sContent-Length: %zu\r\n\r\n%s",
                       rows[i].type, strlen("csrf=" CSRF), "csrf=" CSRF);
        fake_send(f, request);
        if (fake_status(f) != rows[i].status)
            fail_msg("%s: %u", rows[i].type, fake_status(f));
    }
    fake_free(f);
}

static void test_cookies(void **state)
{
    static const struct {
        const char *cookie;
        unsigned status;
    } rows[] = {
        {"Cookie: " COOKIE "\r\n", 200},
        {"Cookie: other=1; " COOKIE "; more=2\r\n", 200},
        {"Cookie: " COOKIE "; " COOKIE "\r\n", 400},
        {"Cookie: " COOKIE "; __Host-sidegate=b3RoZXI\r\n", 400},
        {"Cookie: __Host-sidegate=\r\n", 303},
        {"Cookie: __Host-sidegate=***\r\n", 303},
        {"Cookie: __Host-Sidegate=c2Vzc2lvbg\r\n", 303},
        {"Cookie: sidegate=c2Vzc2lvbg\r\n", 303},
        {"", 303},
    };
    struct fake *f = fake_new(true);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fake_ask(f, "GET", "/inbox", rows[i].cookie, NULL);
        if (fake_status(f) != rows[i].status)
            fail_msg("%s: %u", rows[i].cookie, fake_status(f));
    }
    fake_free(f);
}

static void test_headers(void **state)
{
    static const char *const paths[] = {"/login",   "/",       "/inbox",     "/connections",
                                        "/nowhere", "/health", "/style.css", ("/h/" HANDOFF)};
    static const char *const wanted[] = {
        ("Content-Security-Policy: default-src 'none'; style-src 'self'; img-src 'self'; "
         "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"),
        "X-Content-Type-Options: nosniff\r\n",
        "X-Frame-Options: DENY\r\n",
        "Referrer-Policy: no-referrer\r\n",
        "Cross-Origin-Opener-Policy: same-origin\r\n",
        "Cross-Origin-Resource-Policy: same-origin\r\n",
        "Permissions-Policy: ",
        "Cache-Control: no-",
    };
    struct fake *f = fake_new(true);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        fake_get(f, paths[i]);
        for (size_t k = 0; k < ARRAY_LEN(wanted); k++) {
            if (client_count(&f->c, wanted[k]) != 1)
                fail_msg("%s: %s", paths[i], wanted[k]);
        }
        assert_int_equal(client_count(&f->c, "script-src"), strcmp(paths[i], "/inbox") == 0);
        assert_false(fake_has(f, "Server:"));
    }
    fake_free(f);
}

/* The style sheet is kept under the address that names its content, which the pages use. */
static void test_style_is_kept(void **state)
{
    struct fake *f = fake_new(true);
    char path[64] = "";

    (void)state;
    fake_get(f, "/login");
    fake_ask(f, "GET", "/login", "", NULL);
    struct slice all = buf_slice(&f->c.got);
    size_t at = slice_find(all, SLICE_LIT("/style.css?v="));
    assert_true(slice_to_cstr(slice_sub(all, at, at + 29), path, sizeof(path)));
    fake_get(f, path);
    assert_true(fake_has(f, "Cache-Control: public, max-age=31536000, immutable\r\n"));
    fake_get(f, "/style.css?v=0000000000000000");
    assert_true(fake_has(f, "Cache-Control: no-cache\r\n"));
    fake_free(f);
}

static void test_allow(void **state)
{
    struct fake *f = fake_new(true);

    (void)state;
    fake_get(f, "/logout");
    assert_true(fake_has(f, "Allow: POST\r\n"));
    fake_post(f, "/inbox", "csrf=" CSRF);
    assert_true(fake_has(f, "Allow: GET, HEAD\r\n"));
    fake_ask(f, "DELETE", "/login", "", NULL);
    assert_true(fake_has(f, "Allow: GET, HEAD, POST\r\n"));
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),     cmocka_unit_test(test_health),
        cmocka_unit_test(test_addresses),     cmocka_unit_test(test_neutral),
        cmocka_unit_test(test_hosts),         cmocka_unit_test(test_where_forms_come_from),
        cmocka_unit_test(test_content_types), cmocka_unit_test(test_cookies),
        cmocka_unit_test(test_headers),       cmocka_unit_test(test_style_is_kept),
        cmocka_unit_test(test_allow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
