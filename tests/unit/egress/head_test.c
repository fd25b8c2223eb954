/* The head of an answer: what is taken from it, and every way in which it could be two. */
#include "unit.h"

#include "egress/head.h"

#include <string.h>

/* Feeds a text line by line; a line ends at LF. */
static enum err feed(struct head *h, const char *text)
{
    struct slice s = slice_str(text);

    while (s.n > 0) {
        size_t n = slice_find_byte(s, '\n') + 1;
        enum err e = head_line(h, slice_sub(s, 0, n));
        if (e != ERR_OK)
            return e;
        s = slice_sub(s, n, s.n);
    }
    return ERR_OK;
}

#define OK "HTTP/1.1 200 OK\r\n"

static const struct {
    const char *text;
    unsigned status;
    enum head_type type;
    unsigned keep_alive;
    const char *session;
} good[] = {
    {OK "\r\n", 200, HEAD_NO_TYPE, 0, ""},
    {"HTTP/1.1 204\r\n\r\n", 204, HEAD_NO_TYPE, 0, ""},
    {"HTTP/1.0 200 fine\r\nContent-Length: 3\r\n\r\n", 200, HEAD_NO_TYPE, 0, ""},
    {OK "content-type: application/json\r\n\r\n", 200, HEAD_JSON, 0, ""},
    {OK "Content-Type:application/json; charset=utf-8\r\n\r\n", 200, HEAD_JSON, 0, ""},
    {OK "Content-Type: text/event-stream\r\n\r\n", 200, HEAD_SSE, 0, ""},
    {OK "Content-Type: text/html\r\n\r\n", 200, HEAD_OTHER, 0, ""},
    {OK "Content-Type: application/json; charset=latin1\r\n\r\n", 200, HEAD_OTHER, 0, ""},
    {OK "Transfer-Encoding: chunked\r\n\r\n", 200, HEAD_NO_TYPE, 0, ""},
    {OK "Transfer-Encoding: Chunked\r\n\r\n", 200, HEAD_NO_TYPE, 0, ""},
    {OK "Content-Encoding: identity\r\n\r\n", 200, HEAD_NO_TYPE, 0, ""},
    {OK "Mcp-Session-Id: abc-1\r\n\r\n", 200, HEAD_NO_TYPE, 0, "abc-1"},
    {OK "Keep-Alive: timeout=5\r\n\r\n", 200, HEAD_NO_TYPE, 5, ""},
    {OK "Keep-Alive: max=100, Timeout=7\r\n\r\n", 200, HEAD_NO_TYPE, 7, ""},
    {OK "Keep-Alive: timeout=x, ,\r\n\r\n", 200, HEAD_NO_TYPE, 0, ""},
    {OK "X: caf\xc3\xa9\r\nX: again\r\nEmpty:\r\n\r\n", 200, HEAD_NO_TYPE, 0, ""},
    {"HTTP/1.1 100 Continue\r\n\r\n" OK "\r\n", 200, HEAD_NO_TYPE, 0, ""},
    {"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n" OK "Content-Length: 3\r\n\r\n", 200,
     HEAD_NO_TYPE, 0, ""},
    {"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n\r\n", 401, HEAD_NO_TYPE, 0, ""},
    {OK "\r\nTrailer: anything\r\nContent-Length: 7\r\n", 200, HEAD_NO_TYPE, 0, ""},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct head h;
        head_init(&h);
        if (feed(&h, good[i].text) != ERR_OK || !h.complete)
            fail_msg("refused: %s", good[i].text);
        assert_int_equal(h.status, good[i].status);
        assert_int_equal(h.type, good[i].type);
        assert_int_equal(h.keep_alive, good[i].keep_alive);
        assert_true(slice_eq_str(buf_slice(&h.session), good[i].session));
        head_free(&h);
    }
}

static const char *const bad[] = {
    "HTTP/2 200 OK\r\n",
    "HTTP/1.2 200 OK\r\n",
    "http/1.1 200 OK\r\n",
    "HTTP/1.1  200 OK\r\n",
    "HTTP/1.1 2000 OK\r\n",
    "HTTP/1.1 20 OK\r\n",
    "HTTP/1.1 099 OK\r\n",
    "HTTP/1.1 600 OK\r\n",
    "HTTP/1.1 +20 OK\r\n",
    "HTTP/1.1 200OK\r\n",
    "HTTP/1.1 200 O\x01K\r\n",
    "HTTP/1.1 200 OK\n",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "ICY 200 OK\r\n",
    "{}\r\n",
    OK "Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
    OK "Content-Length: 3\r\ncontent-length: 4\r\n\r\n",
    OK "Content-Length: 3, 3\r\n\r\n",
    OK "Content-Length: -1\r\n\r\n",
    OK "Content-Length: +3\r\n\r\n",
    OK "Content-Length: 03\r\n\r\n",
    OK "Content-Length: 0x3\r\n\r\n",
    OK "Content-Length:\r\n\r\n",
    OK "Content-Length: 99999999999999999999\r\n\r\n",
    OK "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    OK "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
    OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    OK "Transfer-Encoding: gzip, chunked\r\n\r\n",
    OK "Transfer-Encoding: chunked, identity\r\n\r\n",
    OK "Transfer-Encoding: xchunked\r\n\r\n",
    OK "Transfer-Encoding:\r\n\r\n",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    OK "Content-Type: application/json\r\nContent-Type: text/html\r\n\r\n",
    OK "Content-Encoding: gzip\r\n\r\n",
    OK "Content-Encoding: identity\r\nContent-Encoding: identity\r\n\r\n",
    OK "Content-Encoding: identity, br\r\n\r\n",
    OK "Mcp-Session-Id: a\r\nMcp-Session-Id: a\r\n\r\n",
    OK "Mcp-Session-Id:\r\n\r\n",
    OK "Mcp-Session-Id: a b\r\n\r\n",
    OK "Mcp-Session-Id: caf\xc3\xa9\r\n\r\n",
    OK "X: a\r\n folded\r\n\r\n",
    OK " X: a\r\n\r\n",
    OK "X : a\r\n\r\n",
    OK "X\r\n\r\n",
    OK ": a\r\n\r\n",
    OK "X: a\rb\r\n\r\n",
    OK "X: a\x7f\r\n\r\n",
    OK "X: a\n\r\n",
    OK "X: a\r\n\n",
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct head h;
        head_init(&h);
        if (feed(&h, bad[i]) != ERR_UPSTREAM_ANSWER)
            fail_msg("taken: %s", bad[i]);
        assert_false(h.complete);
        head_free(&h);
    }
}

static void test_nul(void **state)
{
    struct head h;

    (void)state;
    head_init(&h);
    assert_err(feed(&h, OK), ERR_OK);
    assert_err(head_line(&h, slice_of("X: a\0b\r\n", 8)), ERR_UPSTREAM_ANSWER);
    head_free(&h);
}

static void test_too_many(void **state)
{
    struct head h;
    char line[64];
    int i;

    (void)state;
    head_init(&h);
    assert_err(feed(&h, OK), ERR_OK);
    for (i = 0; i < LIM_HEADERS; i++)
        assert_err(feed(&h, "X: a\r\n"), ERR_OK);
    assert_err(feed(&h, "X: a\r\n"), ERR_UPSTREAM_ANSWER);
    head_free(&h);

    assert_err(feed(&h, OK), ERR_OK);
    memset(line, 'a', sizeof(line));
    memcpy(line, "X: ", 3);
    memcpy(line + sizeof(line) - 2, "\r\n", 2);
    for (i = 0; i < 50; i++)
        assert_err(head_line(&h, slice_of(line, sizeof(line))), ERR_OK);
    head_free(&h);

    for (i = 0; i < LIM_INTERIM; i++)
        assert_err(feed(&h, "HTTP/1.1 103 Hints\r\n\r\n"), ERR_OK);
    assert_err(feed(&h, "HTTP/1.1 103 Hints\r\n\r\n"), ERR_UPSTREAM_ANSWER);
    head_free(&h);
}

static void test_long(void **state)
{
    static char line[LIM_HEADER_BYTES + 64];
    static char session[LIM_UPSTREAM_SESSION_BYTES + 64];
    struct head h;

    (void)state;
    head_init(&h);
    memset(line, 'a', sizeof(line));
    memcpy(line, "X: ", 3);
    memcpy(line + sizeof(line) - 2, "\r\n", 2);
    assert_err(feed(&h, OK), ERR_OK);
    assert_err(head_line(&h, slice_of(line, sizeof(line))), ERR_UPSTREAM_ANSWER);
    head_free(&h);

    memset(session, 's', sizeof(session));
    memcpy(session, "Mcp-Session-Id: ", 16);
    memcpy(session + sizeof(session) - 2, "\r\n", 2);
    assert_err(feed(&h, OK), ERR_OK);
    assert_err(head_line(&h, slice_of(session, sizeof(session))), ERR_UPSTREAM_ANSWER);
    head_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),     cmocka_unit_test(test_bad),  cmocka_unit_test(test_nul),
        cmocka_unit_test(test_too_many), cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
