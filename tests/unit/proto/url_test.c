/* URLs, targets and authorities: what two parsers could read in two ways is refused. */
#include "proto/url.h"
#include "proto_test.h"

static const struct {
    const char *text, *origin, *target;
} accepted[] = {
    {"http://localhost:8401", "http://localhost:8401", "/"},
    {"HTTPS://Example.COM/Path", "https://example.com", "/Path"},
    {"https://example.com:443/", "https://example.com", "/"},
    {"http://example.com:443/", "http://example.com:443", "/"},
    {"http://example.com:80?q", "http://example.com", "/?q"},
    {"https://example.com/a%2Fb?x=1&y=%20/?", "https://example.com", "/a%2Fb?x=1&y=%20/?"},
    {"https://example.com/?", "https://example.com", "/?"},
    {"http://127.0.0.1:8400/mcp", "http://127.0.0.1:8400", "/mcp"},
    {"http://[::1]:9/", "http://[::1]:9", "/"},
    {"http://[2001:DB8::1:0]", "http://[2001:db8::1:0]", "/"},
    {"http://[1:2:3:4:5:6:7:8]", "http://[1:2:3:4:5:6:7:8]", "/"},
    {"http://[::ffff:1.2.3.4]", "http://[::ffff:1.2.3.4]", "/"},
    {"http://[::]", "http://[::]", "/"},
    {"http://[1::]", "http://[1::]", "/"},
    {"http://a_b-c.d3/", "http://a_b-c.d3", "/"},
    {"http://1.example/", "http://1.example", "/"},
    {"https://h/!$&'()*+,;=:@~-._", "https://h", "/!$&'()*+,;=:@~-._"},
};

static void test_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
        struct url u;
        struct buf b = BUF_INIT(200);
        if (url_parse(slice_str(accepted[i].text), &u) != ERR_OK)
            fail_msg("%s", accepted[i].text);
        url_put_origin(&b, &u);
        assert_true(slice_eq_str(buf_slice(&b), accepted[i].origin));
        buf_clear(&b);
        url_put_target(&b, &u);
        assert_true(slice_eq_str(buf_slice(&b), accepted[i].target));
        buf_free(&b);
    }
}

static void test_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "http",
        "http:",
        "http:/",
        "http://",
        "http:///path",
        "//example.com",
        "example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "ws://example.com",
        "http:example.com",
        "http:\\\\example.com",
        " http://example.com",
        "http://example.com ",
        "ht\ttp://example.com",
        "http://exam ple.com",
        "http://example.com/a b",
        "http://user@example.com",
        "http://user:pw@example.com",
        "http://@example.com",
        "http://example.com@evil.com",
        "http://example.com\\@evil.com",
        "http://example.com\\evil",
        "http://example.com#f",
        "http://example.com/#",
        "http://example.com/?q#f",
        "http://example.com/\x01",
        "http://example.com/\x7f",
        "http://example.com/\xc3\xa9",
        "http://\xc3\xa9.com",
        "http://ex%61mple.com",
        "http://example.com/%",
        "http://example.com/%2",
        "http://example.com/%zz",
        "http://example.com/?%",
        "http://example.com/\"",
        "http://example.com/<",
        "http://example.com/^",
        "http://example.com/`",
        "http://example.com/{}",
        "http://example.com/|",
        "http://example.com:",
        "http://example.com:/",
        "http://example.com:0",
        "http://example.com:65536",
        "http://example.com:080",
        "http://example.com:8x",
        "http://example.com:-1",
        "http://example.com:+80",
        "http://example.com:80:80",
        "http://.example.com",
        "http://example..com",
        "http://example.com./",
        "http://-example.com",
        "http://a.-b",
        "http://127.1",
        "http://0x7f.0.0.1",
        "http://0x7f000001",
        "http://2130706433",
        "http://0177.0.0.1",
        "http://127.0.0.01",
        "http://256.0.0.1",
        "http://1.2.3",
        "http://1.2.3.4.5",
        "http://1.2.3.4.",
        "http://a.1",
        "http://[::1",
        "http://::1",
        "http://[]",
        "http://[::1]x",
        "http://[::1]:",
        "http://[:1]",
        "http://[1:]",
        "http://[1::2::3]",
        "http://[1:2:3:4:5:6:7]",
        "http://[1:2:3:4:5:6:7:8:9]",
        "http://[1:2:3:4:5:6:7::8]x",
        "http://[12345::]",
        "http://[g::]",
        "http://[fe80::1%25eth0]",
        "http://[::1.2.3]",
        "http://[:::]",
        "http://[1.2.3.4]",
        "http://[::1.2.3.4:5]",
        "http://[1:2:3:4:5:6:7:1.2.3.4]",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct url u;
        if (url_parse(slice_str(rows[i]), &u) != ERR_SYNTAX)
            fail_msg("%s", rows[i]);
    }
    struct url u;
    assert_err(url_parse(S("http://a/\0"), &u), ERR_SYNTAX);
    assert_err(url_parse(S("http://a\0.com/"), &u), ERR_SYNTAX);
}

static void test_parts(void **state)
{
    struct url u;
    (void)state;
    assert_ok(url_parse(S("https://h.example:8443/p/q?x=1"), &u));
    assert_true(u.https && u.port == 8443 && u.port_given && u.has_query);
    assert_slice(u.host, "h.example");
    assert_slice(u.path, "/p/q");
    assert_slice(u.query, "x=1");
    assert_ok(url_parse(S("http://[::1]"), &u));
    assert_slice(u.host, "::1");
    assert_true(u.host_is_ipv6 && !u.host_is_ipv4 && u.port == 80 && !u.port_given && !u.has_query);
    assert_ok(url_parse(S("http://10.0.0.1"), &u));
    assert_true(u.host_is_ipv4);
}

static void test_escape(void **state)
{
    struct buf b = BUF_INIT(200);
    (void)state;
    url_put_escaped(&b, S("aZ09-._~ /?&=+%\xc3\xa9\0\r\n"));
    assert_buf(&b, "aZ09-._~%20%2F%3F%26%3D%2B%25%C3%A9%00%0D%0A");
    struct buf c = BUF_INIT(200);
    assert_ok(url_unescape(buf_slice(&b), &c));
    assert_buf(&c, "aZ09-._~ /?&=+%\xc3\xa9\0\r\n");
    assert_err(url_unescape(S("%"), &c), ERR_SYNTAX);
    assert_err(url_unescape(S("a%4"), &c), ERR_SYNTAX);
    assert_err(url_unescape(S("%g0"), &c), ERR_SYNTAX);
    buf_free(&b);
    buf_free(&c);
}

static void test_target(void **state)
{
    static const char *const good[] = {
        "/",    "/mcp/a", "/h/0123",    "/a//b", "/a%20b", "/.well-known/x",
        "/...", "/a.b",   "/a?b=%2f..", "/?",    "/%7Ea"};
    static const char *const bad[] = {
        "",       "mcp",       "*",     "http://a/", "//a\\b", "/a b",    "/a#b",   "/\x01",
        "/a\x7f", "/\xc3\xa9", "/%",    "/%0",       "/%zz",   "/a%00b",  "/a%2fb", "/a%2Fb",
        "/a%5cb", "/.",        "/..",   "/./a",      "/../a",  "/a/..",   "/a/.",   "/a/../b",
        "/%2e",   "/%2E%2e/a", "/.%2e", "/a/%2e./b", "/a?b=%", "/a?b=\"", "/a\\b"};
    struct slice p, q;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        if (url_target(slice_str(good[i]), &p, &q) != ERR_OK)
            fail_msg("%s", good[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (url_target(slice_str(bad[i]), &p, &q) != ERR_SYNTAX)
            fail_msg("%s", bad[i]);
    }
    assert_ok(url_target(S("/a/b?c=d?e"), &p, &q));
    assert_slice(p, "/a/b");
    assert_slice(q, "c=d?e");
    assert_ok(url_target(S("/a"), &p, &q));
    assert_slice(q, "");
}

static void test_authority(void **state)
{
    struct slice h;
    uint16_t port;
    (void)state;
    assert_ok(url_authority(S("localhost:8401"), &h, &port));
    assert_slice(h, "localhost");
    assert_int_equal(port, 8401);
    assert_ok(url_authority(S("[::1]"), &h, &port));
    assert_slice(h, "::1");
    assert_int_equal(port, 0);
    static const char *const bad[] = {"",    ":80", "a:",  "a:b", "a b",
                                      "a@b", "a/b", "a,b", "a:0", "[::1]80"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_err(url_authority(slice_str(bad[i]), &h, &port), ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_parts),    cmocka_unit_test(test_escape),
        cmocka_unit_test(test_target),   cmocka_unit_test(test_authority),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
