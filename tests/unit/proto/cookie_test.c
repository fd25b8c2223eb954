/* Cookies: one or none, never a choice between two. */
#include "proto/cookie.h"
#include "proto_test.h"

static void test_get(void **state)
{
    static const struct {
        const char *header;
        enum err e;
        const char *value;
    } rows[] = {
        {"__Host-s=abc", ERR_OK, "abc"},
        {"a=1; __Host-s=abc; b=2", ERR_OK, "abc"},
        {"a=1;__Host-s=abc=;b", ERR_OK, "abc="},
        {" __Host-s = abc", ERR_BAD_HEADERS, NULL},
        {"__Host-s=", ERR_OK, ""},
        {"", ERR_NOT_FOUND, NULL},
        {"x__Host-s=1; __Host-s2=3; __host-s=4", ERR_NOT_FOUND, NULL},
        {"__Host-s", ERR_NOT_FOUND, NULL},
        {"__Host-s=1; __Host-s=1", ERR_BAD_HEADERS, NULL},
        {"__Host-s=1; a=b; __Host-s=2", ERR_BAD_HEADERS, NULL},
        {"__Host-s=\"1\"", ERR_BAD_HEADERS, NULL},
        {"__Host-s=a b", ERR_BAD_HEADERS, NULL},
        {"__Host-s=a,b", ERR_BAD_HEADERS, NULL},
        {"__Host-s=a\\b", ERR_BAD_HEADERS, NULL},
        {"__Host-s=\xc3\xa9", ERR_BAD_HEADERS, NULL},
        {"other=\xc3\xa9 \"; __Host-s=1", ERR_OK, "1"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice v = SLICE_EMPTY;
        enum err e = cookie_get(slice_str(rows[i].header), "__Host-s", &v);
        if (e != rows[i].e || (rows[i].value && !slice_eq_str(v, rows[i].value)))
            fail_msg("%s: %s", rows[i].header, err_name(e));
    }
}

static void test_put(void **state)
{
    struct buf b = BUF_INIT(200);
    struct cookie c = {.name = "__Host-s", .value = S("0123"), .max_age = 60, .secure = true};
    (void)state;
    assert_ok(cookie_put(&b, &c));
    assert_buf(&b, "__Host-s=0123; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax");
    buf_clear(&b);
    c = (struct cookie){.name = "s", .value = S(""), .max_age = 0, .strict = true};
    assert_ok(cookie_put(&b, &c));
    assert_buf(&b, "s=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    buf_clear(&b);
    c.max_age = COOKIE_SESSION;
    assert_ok(cookie_put(&b, &c));
    assert_buf(&b, "s=; Path=/; HttpOnly; SameSite=Strict");
    static const char *const bad[] = {"a;b", "a\r\nSet-Cookie: x", "a b", "\"a\"",
                                      "a,b", "\xc3\xa9",           "\x7f"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        c.value = slice_str(bad[i]);
        assert_err(cookie_put(&b, &c), ERR_SYNTAX);
    }
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_get), cmocka_unit_test(test_put)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
