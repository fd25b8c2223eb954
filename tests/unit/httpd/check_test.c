/* What the server refuses before a role sees it. */
#include "fixture.h"

#include <stdio.h>

#include "httpd/internal.h"

#include "base/versions.h" /* after the library */

static const struct {
    const char *name, *raw, *status;
} refusals[] = {
    {"two content-length",
     "POST /x HTTP/1.1\r\n" H "Content-Length: 2\r\nContent-Length: 30\r\n\r\nab", "400"},
    {"two equal content-length",
     "POST /x HTTP/1.1\r\n" H "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", "400"},
    {"two transfer-encoding",
     "POST /x HTTP/1.1\r\n" H
     "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "400"},
    {"HTTP/1.0 with coding", "POST /x HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "400"},
    {"two hosts", "GET /x HTTP/1.1\r\n" H "Host: b\r\n\r\n", "400"},
    {"two equal hosts", "GET /x HTTP/1.1\r\n" H H "\r\n", "400"},
    {"no host in 1.0", "GET /x HTTP/1.0\r\n\r\n", "400"},
    {"two authorizations",
     "GET /x HTTP/1.1\r\n" H "Authorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n", "400"},
    {"two origins", "GET /x HTTP/1.1\r\n" H "Origin: http://a\r\nOrigin: http://b\r\n\r\n", "400"},
    {"two content types", "GET /x HTTP/1.1\r\n" H "Content-Type: a/b\r\nContent-Type: a/b\r\n\r\n",
     "400"},
    {"two cookies", "GET /x HTTP/1.1\r\n" H "Cookie: a=b\r\nCookie: a=b\r\n\r\n", "400"},
    {"two mcp-method", "GET /x HTTP/1.1\r\n" H "Mcp-Method: a\r\nMCP-METHOD: b\r\n\r\n", "400"},
    {"two protocol versions",
     "GET /x HTTP/1.1\r\n" H "MCP-Protocol-Version: a\r\nMcp-Protocol-Version: a\r\n\r\n", "400"},
    {"two mcp-param", "GET /x HTTP/1.1\r\n" H "Mcp-Param-X: a\r\nMcp-Param-X: b\r\n\r\n", "400"},
    {"two last-event-id", "GET /x HTTP/1.1\r\n" H "Last-Event-ID: a\r\nLast-Event-ID: b\r\n\r\n",
     "400"},
    {"name is no token", "GET /x HTTP/1.1\r\n" H "X(A): b\r\n\r\n", "400"},
    {"name beyond ASCII", "GET /x HTTP/1.1\r\n" H "X-\xc3\xa4: b\r\n\r\n", "400"},
    {"ESC in a value", "GET /x HTTP/1.1\r\n" H "X-A: b\x1b[2J\r\n\r\n", "400"},
    {"DEL in a value", "GET /x HTTP/1.1\r\n" H "X-A: b\x7f\r\n\r\n", "400"},
    {"absolute form", "GET http://a/x HTTP/1.1\r\n" H "\r\n", "400"},
    {"asterisk form", "OPTIONS * HTTP/1.1\r\n" H "\r\n", "400"},
    {"authority form", "CONNECT a:80 HTTP/1.1\r\n" H "\r\n", "400"},
    {"escaped NUL", "GET /x%00y HTTP/1.1\r\n" H "\r\n", "400"},
    {"escaped slash", "GET /x%2fy HTTP/1.1\r\n" H "\r\n", "400"},
    {"dot segments", "GET /x/../y HTTP/1.1\r\n" H "\r\n", "400"},
    {"escaped dot segments", "GET /x/%2e%2e/y HTTP/1.1\r\n" H "\r\n", "400"},
    {"broken escape", "GET /x%zz HTTP/1.1\r\n" H "\r\n", "400"},
    {"fragment", "GET /x#y HTTP/1.1\r\n" H "\r\n", "400"},
    {"control in target", "GET /x\x01y HTTP/1.1\r\n" H "\r\n", "400"},
    {"another version", "GET /x HTTP/1.2\r\n" H "\r\n", "400"},
    {"other expectation", "GET /x HTTP/1.1\r\n" H "Expect: coffee\r\n\r\n", "400"},
    {"body where there may be none", "GET /x HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nab", "413"},
    {"body too large, not to be sent",
     "POST /x HTTP/1.1\r\n" H "Content-Length: 2001\r\nExpect: 100-continue\r\n\r\n", "413"},
    {"body much too large", "POST /x HTTP/1.1\r\n" H "Content-Length: 99999999999\r\n\r\nabc",
     "413"},
};

static void check_refused(struct fixture *fx, const char *raw, const char *status, bool by_us)
{
    struct client c;
    char want[64];

    client_open(&c, fx->port);
    /* What follows would be a second request for whoever reads the first one differently. */
    client_send_str(&c, raw);
    client_send_str(&c, "GET /smuggled HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, c.eof);
    (void)snprintf(want, sizeof(want), "HTTP/1.1 %s ", status);
    if (client_count(&c, "HTTP/1.1 ") != 1)
        fail_msg("%.*s", (int)c.got.n, (const char *)c.got.p);
    assert_int_equal(client_count(&c, want), 1);
    assert_int_equal(client_count(&c, "Connection: close\r\n"), 1);
    if (by_us) {
        assert_int_equal(client_count(&c, "text/plain"), 1);
        assert_int_equal(client_count(&c, "<"), 0);
    }
    client_close(&c);
    assert_int_equal(fx->requests, 0);
}

static void test_refusals(void **state)
{
    struct fixture *fx = *state;

    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        print_message("    %s\n", refusals[i].name);
        check_refused(fx, refusals[i].raw, refusals[i].status, true);
    }
    assert_int_equal(fx->refusals, ARRAY_LEN(refusals));
}

/* By us, or by a libmicrohttpd that refuses it itself. */
static void test_refused_by_either(void **state)
{
    static const char *const raw[] = {
        "POST /x HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n",
        "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chun\tked\r\n\r\n",
        "GET /x HTTP/1.1\r\n" H "X-A : b\r\n\r\n",
        "GET /x HTTP/1.1\r\n" H "X-A: b\rc\r\n\r\n",
    };
    struct fixture *fx = *state;

    for (size_t i = 0; i < ARRAY_LEN(raw); i++)
        check_refused(fx, raw[i], "400", !VERSIONS_MHD_REFUSES);
    assert_int_equal(fx->refusals, VERSIONS_MHD_REFUSES ? 0 : ARRAY_LEN(raw));
}

static void test_too_many_fields(void **state)
{
    struct fixture *fx = *state;
    struct buf b = BUF_INIT(65536);
    struct client c;

    buf_put_str(&b, "GET /x HTTP/1.1\r\n" H);
    for (unsigned i = 0; i < LIM_HEADERS; i++)
        buf_printf(&b, "X-%u: a\r\n", i);
    buf_put_str(&b, "\r\n");
    client_open(&c, fx->port);
    client_send(&c, buf_slice(&b));
    CLIENT_WAIT(fx->loop, &c, c.eof);
    assert_int_equal(client_count(&c, "HTTP/1.1 400 "), 1);
    client_close(&c);
    buf_free(&b);
    assert_int_equal(fx->requests, 0);
}

/* libmicrohttpd refuses these itself, before it calls us. */
static void test_refused_by_the_library(void **state)
{
    static const char *const raw[] = {
        "GET\r\n\r\n",
        "POST /x HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\nab",
        "POST /x HTTP/1.1\r\n" H "Content-Length: +2\r\n\r\nab",
        "POST /x HTTP/1.1\r\n" H "Content-Length: 0x2\r\n\r\nab",
        "POST /x HTTP/1.1\r\n" H "Content-Length: 2, 2\r\n\r\nab",
        "GET /x HTTP/9.9\r\n" H "\r\n",
        "GET /x HTTP/1.1\r\nX-A: a\r\n\r\n",
        "GET /x HTTP/1.1\r\n " H "\r\n",
        "GET  /x  HTTP/1.1\r\n" H "\r\n",
        "GET /x y HTTP/1.1\r\n" H "\r\n",
        "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    };
    struct fixture *fx = *state;

    for (size_t i = 0; i < ARRAY_LEN(raw); i++) {
        struct client c;

        client_open(&c, fx->port);
        client_send_str(&c, raw[i]);
        CLIENT_WAIT(fx->loop, &c, c.eof);
        assert_int_equal(client_count(&c, "HTTP/1.1 200"), 0);
        client_close(&c);
    }
    assert_int_equal(fx->requests, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_refusals),
        T(test_refused_by_either),
        T(test_too_many_fields),
        T(test_refused_by_the_library),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
