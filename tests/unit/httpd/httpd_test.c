/*
 * Tests of src/httpd against raw sockets: what is refused, who is waited for, who left, who does
 * not read. Everything runs in one thread; the loop is turned until what is awaited is there.
 */
#include "unit.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/limits.h"
#include "base/mem.h"
#include "client.h"
#include "httpd/httpd.h"
#include "httpd/internal.h"

#include "base/versions.h" /* after the library */

enum { BODY_MAX = 2000, HELD = 64 };

struct fixture {
    struct loop *loop;
    struct httpd *h;
    uint16_t port;
    unsigned heads, requests, ends, sent, gone, drains, refusals;
    enum err last_refusal;
    struct shares shares;
    struct http_req *asked;      /* the request for /wait whose body is not decided about */
    struct http_req *held[HELD]; /* requests for /hold and /stream that have not ended */
    uint64_t gone_at;
    struct buf seen; /* method, path, query, body of each request */
};

static void reply_text(struct http_req *req, unsigned status, struct slice body)
{
    const struct http_field f[] = {{SLICE_LIT("Content-Type"), SLICE_LIT("text/plain")}};

    http_reply(req, status, f, 1, body);
}

static size_t body_max(const struct http_req *req)
{
    if (slice_eq_str(req->path, "/large") || slice_eq_str(req->path, "/wait"))
        return 8 * LIM_SHARE_LEAST;
    return slice_eq_str(req->method, "POST") ? BODY_MAX : 0;
}

/* The query names whose share it is. */
static void read_for(struct fixture *fx, struct http_req *req)
{
    struct share *s = req->query.n > 0 ? share_get(&fx->shares, req->query) : NULL;

    http_body_read(req, body_max(req), s);
    if (slice_eq_str(req->path, "/proven"))
        http_prove(req, s);
    share_put(s);
}

static void on_head(void *ctx, struct http_req *req)
{
    struct fixture *fx = ctx;

    fx->heads++;
    if (slice_eq_str(req->path, "/wait"))
        fx->asked = req;
    else if (slice_eq_str(req->path, "/drop"))
        http_body_drop(req, ERR_UNAUTHENTICATED);
    else
        read_for(fx, req);
}

static void hold(struct fixture *fx, struct http_req *req)
{
    for (size_t i = 0; i < HELD; i++) {
        if (fx->held[i] == NULL) {
            fx->held[i] = req;
            req->user = &fx->held[i];
            return;
        }
    }
    fail_msg("too many held requests");
}

static void on_request(void *ctx, struct http_req *req)
{
    struct fixture *fx = ctx;

    fx->requests++;
    buf_put(&fx->seen, req->method);
    buf_put_u8(&fx->seen, ' ');
    buf_put(&fx->seen, req->path);
    buf_put_u8(&fx->seen, '?');
    buf_put(&fx->seen, req->query);
    buf_put_u8(&fx->seen, ' ');
    buf_put(&fx->seen, req->body);
    buf_put_u8(&fx->seen, '\n');
    if (req->refused != ERR_OK) {
        reply_text(req, err_http(req->refused), SLICE_LIT("hello"));
    } else if (slice_eq_str(req->path, "/hold")) {
        hold(fx, req);
    } else if (slice_eq_str(req->path, "/stream")) {
        http_stream_start(req, 200, NULL, 0);
        hold(fx, req);
    } else if (slice_eq_str(req->path, "/big")) {
        struct buf b = BUF_INIT(8 << 20);
        uint8_t *p = buf_room(&b, 8 << 20);

        memset(p, 'x', 8 << 20);
        buf_added(&b, 8 << 20);
        reply_text(req, 200, buf_slice(&b));
        buf_free(&b);
    } else if (slice_eq_str(req->path, "/split")) {
        const struct http_field f[] = {{SLICE_LIT("X-A"), SLICE_LIT("a\r\nX-B: b")}};

        http_reply(req, 200, f, 1, SLICE_LIT("secret"));
    } else if (slice_eq_str(req->path, "/close")) {
        http_reply_close(req, 200, NULL, 0, SLICE_LIT("bye"));
    } else {
        reply_text(req, 200, SLICE_LIT("hello"));
    }
}

static void on_drained(void *ctx, struct http_req *req)
{
    struct fixture *fx = ctx;

    (void)req;
    fx->drains++;
}

static void on_end(void *ctx, struct http_req *req, enum http_end how)
{
    struct fixture *fx = ctx;

    fx->ends++;
    if (how == HTTP_SENT)
        fx->sent++;
    else
        fx->gone++;
    fx->gone_at = client_now();
    if (req->user != NULL)
        *(struct http_req **)req->user = NULL;
    if (req == fx->asked)
        fx->asked = NULL;
}

static void on_refused(void *ctx, enum err why)
{
    struct fixture *fx = ctx;

    fx->refusals++;
    fx->last_refusal = why;
}

static const struct http_ops ops = {on_head, on_request, on_drained, on_end, on_refused};

static void set(enum limit l, uint64_t v)
{
    assert_err(limit_set(l, v), ERR_OK);
}

static int setup(void **state)
{
    struct fixture *fx = MEM_NEW(struct fixture);
    int fd = client_listener(&fx->port);

    set(SET_CLIENTS, 64);
    set(SET_STREAM_BUFFER, 65536);
    set(SET_HEADER_TIME, 10000);
    set(SET_BODY_TIME, 10000);
    set(SET_IDLE_TIME, 60000);
    shares_init(&fx->shares, 64 * LIM_SHARE_LEAST, 4 * LIM_SHARE_LEAST);
    buf_init(&fx->seen, 1 << 20);
    fx->loop = loop_new();
    fx->h = httpd_new(fx->loop, fd, &ops, fx);
    *state = fx;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fx = *state;

    httpd_free(fx->h);
    loop_free(fx->loop);
    buf_free(&fx->seen);
    assert_int_equal(fx->ends, fx->heads);
    assert_int_equal(fx->shares.held, 0);
    assert_null(fx->shares.by_owner);
    mem_free(fx);
    return 0;
}

/* Restarts the server under changed limits. */
static void again(struct fixture *fx)
{
    httpd_free(fx->h);
    fx->h = httpd_new(fx->loop, client_listener(&fx->port), &ops, fx);
}

/* --- what is refused -------------------------------------------------------------------------- */

#define H "Host: a\r\n"

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

static void post_of(struct fixture *fx, struct client *c, const char *target, size_t length,
                    size_t sent)
{
    struct buf b = BUF_INIT(1 << 20);

    buf_printf(&b, "POST %s HTTP/1.1\r\n" H "Content-Length: %zu\r\n\r\n", target, length);
    for (size_t i = 0; i < sent; i++)
        buf_put_u8(&b, ' ');
    client_open(c, fx->port);
    client_send(c, buf_slice(&b));
    buf_free(&b);
}

/* Bodies that do not end: room is taken for their whole length, within a share; the next one is
 * told so, before it is read. Others have room, and small ones; and then there is room again. */
static void test_bodies_have_a_share(void **state)
{
    enum { LARGE = 2 * LIM_SHARE_LEAST };
    struct fixture *fx = *state;
    struct client held[2], c;

    for (size_t i = 0; i < ARRAY_LEN(held); i++)
        post_of(fx, &held[i], "/large?ana", LARGE, 10);
    CLIENT_WAIT(fx->loop, &held[0], fx->shares.held == 2 * LARGE);
    post_of(fx, &c, "/large?ana", LARGE, LARGE);
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "HTTP/1.1 429 ") == 1);
    client_close(&c);
    post_of(fx, &c, "/large?bob", LARGE, LARGE);
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "HTTP/1.1 200 ") == 1);
    client_close(&c);
    for (size_t i = 0; i < ARRAY_LEN(held); i++)
        client_close(&held[i]);
    CLIENT_WAIT(fx->loop, &c, fx->shares.held == 0);
    post_of(fx, &c, "/large?ana", LARGE, LARGE);
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "HTTP/1.1 200 ") == 1);
    client_close(&c);
}

/* In chunks nobody says how long it gets. */
static void test_chunks_have_a_share(void **state)
{
    struct fixture *fx = *state;
    struct buf b = BUF_INIT(1 << 20);
    struct client c;

    buf_put_str(&b, "POST /large?ana HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n50000\r\n");
    for (size_t i = 0; i < 0x50000; i++)
        buf_put_u8(&b, ' ');
    buf_put_str(&b, "\r\n0\r\n\r\n");
    client_open(&c, fx->port);
    client_send(&c, buf_slice(&b));
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "HTTP/1.1 429 ") == 1);
    client_close(&c);
    buf_free(&b);
}

/* An answer that its client does not read is in the share too; without room it is none. */
static void test_answers_have_a_share(void **state)
{
    struct fixture *fx = *state;
    struct client c;

    client_open(&c, fx->port);
    client_send_str(&c, "GET /big?ana HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "HTTP/1.1 503 ") == 1);
    client_close(&c);
    shares_init(&fx->shares, 64 << 20, 32 << 20);
    client_open(&c, fx->port);
    client_send_str(&c, "GET /big?ana HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, fx->shares.held == 8 << 20);
    CLIENT_WAIT(fx->loop, &c, c.got.n > 8 << 20);
    client_close(&c);
}

/* Until the role has decided, nothing is read but the headers. */
static void test_body_waits(void **state)
{
    static const char *const raws[] = {
        "POST /wait?ana HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello",
        "POST /wait?ana HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n0\r\n\r\n",
        "POST /wait?ana HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
        "GET /wait?ana HTTP/1.1\r\n" H "\r\n",
    };
    struct fixture *fx = *state;

    for (size_t i = 0; i < ARRAY_LEN(raws); i++) {
        for (int good = 0; good < 2; good++) {
            struct client c;
            unsigned requests = fx->requests;

            buf_clear(&fx->seen);
            client_open(&c, fx->port);
            client_send_str(&c, raws[i]);
            CLIENT_WAIT(fx->loop, &c, fx->asked != NULL);
            for (int k = 0; k < 5; k++)
                loop_turn(fx->loop, 1);
            assert_int_equal(fx->requests, requests);
            client_read(&c);
            assert_int_equal(c.got.n, 0);
            if (good)
                read_for(fx, fx->asked);
            else
                http_body_drop(fx->asked, ERR_UNAUTHENTICATED);
            CLIENT_WAIT(fx->loop, &c, client_count(&c, "\r\n\r\nhello") == 1);
            assert_int_equal(client_count(&c, good ? "HTTP/1.1 200 " : "HTTP/1.1 401 "), 1);
            assert_true(good || client_count(&c, "100 Continue") == 0);
            buf_put_u8(&fx->seen, 0);
            assert_int_equal(strstr((const char *)fx->seen.p, "hello") != NULL, good && i < 3);
            client_close(&c);
        }
    }
}

/* The next request on the connection is served as if nothing had been. */
static void test_body_dropped(void **state)
{
    struct fixture *fx = *state;
    struct client c;

    post_of(fx, &c, "/drop", 300 * 1000, 300 * 1000);
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "HTTP/1.1 401 ") == 1);
    client_send_str(&c, "GET /x HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "HTTP/1.1 200 ") == 1);
    client_close(&c);
    /* One that asks first need not send it; of one that never ends we do not want all. */
    client_open(&c, fx->port);
    client_send_str(&c, "POST /drop HTTP/1.1\r\n" H "Expect: 100-continue\r\n"
                        "Content-Length: 300000\r\n\r\n");
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "HTTP/1.1 401 ") == 1);
    client_close(&c);
    client_open(&c, fx->port);
    client_send_str(&c, "POST /drop HTTP/1.1\r\n" H "Content-Length: 300000000\r\n\r\n");
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "HTTP/1.1 401 ") == 1);
    client_close(&c);
}

/* Where the writable memory of this process has a text, of which only the opposite of each byte is
 * given, so that it is not found here. */
static unsigned copies(const uint8_t *opposite, size_t n)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long from, to;
    char line[512], mode[8];
    unsigned found = 0;
    size_t k;

    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps) != NULL) {
        if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || strncmp(mode, "rw", 2) != 0)
            continue;
        for (const uint8_t *p = (const uint8_t *)from; p + n <= (const uint8_t *)to; p++) {
            for (k = 0; k < n && (p[k] ^ opposite[k]) == 0xff; k++)
                ;
            found += k == n;
        }
    }
    assert_int_equal(fclose(maps), 0);
    return found;
}

/* Of a body that was taken nothing is left, while its request is not answered. */
static void test_body_is_wiped(void **state)
{
    const char head[] = "POST /hold HTTP/1.1\r\n" H "Content-Length: 32\r\n\r\n";
    struct fixture *fx = *state;
    uint8_t opposite[32], raw[sizeof(head) - 1 + sizeof(opposite)];
    struct client c;

    if (UNDER_ASAN)
        skip(); /* its own memory is too large to look through */
    memcpy(raw, head, sizeof(head) - 1);
    for (size_t i = 0; i < sizeof(opposite); i++) {
        raw[sizeof(head) - 1 + i] = (uint8_t)('a' + (5 * i + fx->port) % 26);
        opposite[i] = (uint8_t)~raw[sizeof(head) - 1 + i];
    }
    client_open(&c, fx->port);
    client_send(&c, slice_of(raw, sizeof(raw)));
    mem_wipe(raw, sizeof(raw));
    CLIENT_WAIT(fx->loop, &c, fx->held[0] != NULL);
    assert_true(copies(opposite, sizeof(opposite)) >= 1); /* the search finds it */
    buf_clear(&fx->seen);
    http_body_done(fx->held[0]);
    assert_int_equal(copies(opposite, sizeof(opposite)), 0);
    reply_text(fx->held[0], 200, SLICE_LIT("hello"));
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "HTTP/1.1 200 ") == 1);
    client_close(&c);
}

static void test_leaving_before_the_body(void **state)
{
    struct fixture *fx = *state;

    for (int how = 0; how < 3; how++) {
        unsigned ends = fx->ends;
        struct client c;

        client_open(&c, fx->port);
        client_send_str(&c, "POST /wait HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhel");
        CLIENT_WAIT(fx->loop, &c, fx->asked != NULL);
        if (how == 0)
            client_close(&c);
        else if (how == 1)
            client_reset(&c);
        else
            client_half_close(&c);
        CLIENT_WAIT(fx->loop, &c, fx->ends == ends + 1);
        assert_null(fx->asked);
        client_close(&c);
    }
    assert_int_equal(fx->requests, 0);
    assert_int_equal(fx->gone, 3);
}

static void test_too_large_is_told(void **state)
{
    struct fixture *fx = *state;
    struct buf b = BUF_INIT(1 << 20);
    struct client c;
    static const uint8_t zeros[100000];

    /* With a length: the body is read and thrown away, so that the client can read the answer. */
    buf_printf(&b, "POST /x HTTP/1.1\r\n" H "Content-Length: %zu\r\n\r\n", sizeof(zeros));
    buf_put(&b, slice_of(zeros, sizeof(zeros)));
    client_open(&c, fx->port);
    client_send(&c, buf_slice(&b));
    CLIENT_WAIT(fx->loop, &c, c.eof);
    assert_false(c.reset);
    assert_int_equal(client_count(&c, "HTTP/1.1 413 "), 1);
    client_close(&c);

    /* In chunks. */
    buf_clear(&b);
    buf_put_str(&b, "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 30; i++) {
        buf_put_str(&b, "64\r\n");
        buf_put(&b, slice_of(zeros, 100));
        buf_put_str(&b, "\r\n");
    }
    buf_put_str(&b, "0\r\n\r\n");
    client_open(&c, fx->port);
    client_send(&c, buf_slice(&b));
    CLIENT_WAIT(fx->loop, &c, c.eof);
    assert_int_equal(client_count(&c, "HTTP/1.1 413 "), 1);
    client_close(&c);
    buf_free(&b);
    assert_int_equal(fx->requests, 0);
    assert_int_equal(fx->refusals, 2);
}

/* --- what is served --------------------------------------------------------------------------- */

static const struct {
    const char *raw, *seen;
} served[] = {
    {"GET /x HTTP/1.1\r\n" H "\r\n", "GET /x? \n"},
    {"GET /x?a=b&c=%20d HTTP/1.1\r\n" H "\r\n", "GET /x?a=b&c=%20d \n"},
    {"GET /%C3%A4 HTTP/1.1\r\n" H "\r\n", "GET /%C3%A4? \n"},
    {"POST /x HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello", "POST /x? hello\n"},
    {"POST /x HTTP/1.1\r\n" H "content-length: 0\r\n\r\n", "POST /x? \n"},
    {"POST /x HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n"
     "X-Trailer: t\r\n\r\n",
     "POST /x? hello\n"},
    {"POST /x HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
     "POST /x? hi\n"},
    {"GET /x HTTP/1.1\r\n" H "Accept: a/b\r\nAccept: c/d\r\nX-A: \xc3\xa4\r\n\r\n", "GET /x? \n"},
    {"GET /x HTTP/1.1\r\n" H "X-A:\r\nX-B: a\tb\r\n\r\n", "GET /x? \n"},
    {"DELETE /x HTTP/1.1\r\n" H "\r\n", "DELETE /x? \n"},
    {"GET /x HTTP/1.0\r\n" H "\r\n", "GET /x? \n"},
    {"OPTIONS /x HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", "OPTIONS /x? \n"},
};

static void test_served(void **state)
{
    struct fixture *fx = *state;

    for (size_t i = 0; i < ARRAY_LEN(served); i++) {
        struct client c;

        buf_clear(&fx->seen);
        client_open(&c, fx->port);
        client_send_str(&c, served[i].raw);
        CLIENT_WAIT(fx->loop, &c, client_count(&c, "\r\n\r\nhello") == 1);
        assert_int_equal(client_count(&c, "HTTP/1.1 200 "), 1);
        buf_put_u8(&fx->seen, 0);
        assert_string_equal((const char *)fx->seen.p, served[i].seen);
        client_close(&c);
    }
    assert_int_equal(fx->refusals, 0);
}

static void test_chunk_extension(void **state)
{
    struct fixture *fx = *state;
    struct client c;

    client_open(&c, fx->port);
    client_send_str(&c,
                    "POST /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n"
                    "0\r\n\r\n");
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "\r\n\r\n") == 1);
    assert_int_equal(client_count(&c, VERSIONS_MHD_REFUSES ? "HTTP/1.1 400 " : "HTTP/1.1 200 "), 1);
    client_close(&c);
    assert_int_equal(fx->requests, VERSIONS_MHD_REFUSES ? 0 : 1);
}

static void test_head_has_no_body(void **state)
{
    struct fixture *fx = *state;
    struct client c;

    client_open(&c, fx->port);
    client_send_str(&c, "HEAD /x HTTP/1.1\r\n" H "Connection: close\r\n\r\n");
    CLIENT_WAIT(fx->loop, &c, c.eof);
    assert_int_equal(client_count(&c, "Content-Length: 5"), 1);
    assert_int_equal(client_count(&c, "hello"), 0);
    client_close(&c);
}

static void test_pipelined(void **state)
{
    struct fixture *fx = *state;
    struct client c;

    client_open(&c, fx->port);
    client_send_str(&c, "POST /1 HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\na"
                        "GET /hold HTTP/1.1\r\n" H "\r\n"
                        "GET /3 HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, fx->held[0] != NULL);
    assert_int_equal(fx->requests, 2); /* the third waits for the second's answer */
    reply_text(fx->held[0], 201, SLICE_LIT("two"));
    CLIENT_WAIT(fx->loop, &c, fx->ends == 3);
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "HTTP/1.1 ") == 3);
    assert_int_equal(client_count(&c, "HTTP/1.1 201"), 1);
    assert_int_equal(fx->sent, 3);
    client_close(&c);
}

static void test_byte_by_byte(void **state)
{
    static const char raw[] = "POST /x HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello";
    struct fixture *fx = *state;
    struct client c;

    client_open(&c, fx->port);
    for (size_t i = 0; i < sizeof(raw) - 1; i++) {
        client_send(&c, slice_of(raw + i, 1));
        loop_turn(fx->loop, 0);
    }
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "hello") == 1);
    client_close(&c);
}

static void test_a_field_that_cannot_be_sent(void **state)
{
    struct fixture *fx = *state;
    struct client c;

    client_open(&c, fx->port);
    client_send_str(&c, "GET /split HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "\r\n\r\n") == 1);
    assert_int_equal(client_count(&c, "HTTP/1.1 500 "), 1);
    assert_int_equal(client_count(&c, "X-B"), 0);
    assert_int_equal(client_count(&c, "secret"), 0);
    client_close(&c);
}

static void test_look_up(void **state)
{
    const struct http_field f[] = {{SLICE_LIT("A"), SLICE_LIT("1")},
                                   {SLICE_LIT("b"), SLICE_LIT("2")},
                                   {SLICE_LIT("B"), SLICE_LIT("3")}};
    const struct http_req req = {.fields = f, .n_fields = 3};
    struct slice v = SLICE_LIT("old");

    (void)state;
    assert_err(http_req_field(&req, "a", &v), ERR_OK);
    assert_slice(v, "1");
    assert_err(http_req_field(&req, "b", &v), ERR_BAD_HEADERS);
    assert_err(http_req_field(&req, "c", &v), ERR_NOT_FOUND);
    assert_slice(v, "");
}

static void test_reply_close(void **state)
{
    struct fixture *fx = *state;
    struct client c;

    client_open(&c, fx->port);
    client_send_str(&c, "GET /close HTTP/1.1\r\n" H "\r\nGET /x HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, c.eof);
    assert_int_equal(client_count(&c, "bye"), 1);
    assert_int_equal(fx->requests, 1);
    client_close(&c);
}

/* --- time ------------------------------------------------------------------------------------- */

static void test_slow_headers(void **state)
{
    struct fixture *fx = *state;
    struct client c;

    set(SET_HEADER_TIME, 100);
    client_open(&c, fx->port);
    client_send_str(&c, "GET /x HTTP/1.1\r\nHost:");
    CLIENT_WAIT(fx->loop, &c, c.eof);
    assert_int_equal(client_count(&c, "HTTP/1.1 408 "), 1);
    assert_int_equal(fx->refusals, 1);
    assert_err(fx->last_refusal, ERR_SLOW);
    client_close(&c);

    /* The second request of a connection, too. */
    client_open(&c, fx->port);
    client_send_str(&c, "GET /x HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "hello") == 1);
    client_send_str(&c, "GET /x HTTP/1.1\r\nHost:");
    CLIENT_WAIT(fx->loop, &c, c.eof);
    assert_int_equal(client_count(&c, "HTTP/1.1 408 "), 1);
    client_close(&c);
}

static void test_slow_body(void **state)
{
    struct fixture *fx = *state;
    struct client c;

    set(SET_BODY_TIME, 100);
    client_open(&c, fx->port);
    client_send_str(&c, "POST /x HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhell");
    CLIENT_WAIT(fx->loop, &c, c.eof);
    assert_int_equal(client_count(&c, "HTTP/1.1 408 "), 1);
    assert_int_equal(fx->requests, 0);
    client_close(&c);
}

static void test_idle(void **state)
{
    struct fixture *fx = *state;
    struct client c;

    set(SET_IDLE_TIME, 1000);
    client_open(&c, fx->port);
    client_send_str(&c, "GET /x HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, c.eof);
    assert_int_equal(client_count(&c, "HTTP/1.1 "), 1);
    client_close(&c);
}

static void test_one_that_does_not_read(void **state)
{
    struct fixture *fx = *state;
    struct client c;

    set(SET_IDLE_TIME, 1000);
    client_open_small(&c, fx->port);
    c.deaf = true;
    client_send_str(&c, "GET /big HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, fx->ends == 1);
    assert_int_equal(fx->gone, 1);
    CLIENT_WAIT(fx->loop, &c, httpd_count(fx->h) == 0);
    client_close(&c);
}

static void test_waiting_has_no_limit(void **state)
{
    struct fixture *fx = *state;
    struct client c;
    uint64_t start = client_now();

    set(SET_HEADER_TIME, 100);
    set(SET_BODY_TIME, 100);
    client_open(&c, fx->port);
    client_send_str(&c, "POST /hold HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\na");
    CLIENT_WAIT(fx->loop, &c, client_now() - start > 300);
    assert_int_equal(fx->ends, 0);
    reply_text(fx->held[0], 200, SLICE_LIT("late"));
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "late") == 1);
    client_close(&c);
}

/* --- who left --------------------------------------------------------------------------------- */

static const struct {
    const char *name, *path;
    void (*leave)(struct client *c);
} leavers[] = {
    {"waiting, closes", "/hold", client_close},
    {"waiting, half-closes", "/hold", client_half_close},
    {"waiting, resets", "/hold", client_reset},
    {"quiet stream, closes", "/stream", client_close},
    {"quiet stream, half-closes", "/stream", client_half_close},
    {"quiet stream, resets", "/stream", client_reset},
};

/* Between two that stay: libmicrohttpd looks at its oldest connection anyway. */
static void test_leaving(void **state)
{
    struct fixture *fx = *state;
    struct client before, after;

    client_open(&before, fx->port);
    CLIENT_WAIT(fx->loop, &before, httpd_count(fx->h) == 1);
    for (size_t i = 0; i < ARRAY_LEN(leavers); i++) {
        struct client c;
        char raw[128];
        uint64_t left;
        unsigned ends = fx->ends;

        print_message("    %s\n", leavers[i].name);
        (void)snprintf(raw, sizeof(raw), "GET %s HTTP/1.1\r\n" H "\r\n", leavers[i].path);
        client_open(&c, fx->port);
        client_send_str(&c, raw);
        CLIENT_WAIT(fx->loop, &c, fx->held[0] != NULL);
        client_open(&after, fx->port);
        CLIENT_WAIT(fx->loop, &after, httpd_count(fx->h) == 3);
        for (int quiet = 0; quiet < 3; quiet++)
            loop_turn(fx->loop, 1);
        left = client_now();
        leavers[i].leave(&c);
        CLIENT_WAIT(fx->loop, &c, fx->ends == ends + 1);
        assert_true(fx->gone_at - left < 2000); /* every other way to notice takes 10 s or more */
        assert_int_equal(fx->gone, i + 1);
        CLIENT_WAIT(fx->loop, &c, httpd_count(fx->h) == 2);
        client_close(&c);
        client_close(&after);
        CLIENT_WAIT(fx->loop, &c, httpd_count(fx->h) == 1);
    }
    client_close(&before);
}

/* A last message of a client that ends at once is still seen. */
static void test_leaving_with_the_request(void **state)
{
    struct fixture *fx = *state;
    struct client c;

    client_open(&c, fx->port);
    client_send_str(&c, "POST /hold HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nhi");
    client_close(&c);
    CLIENT_WAIT(fx->loop, &c, fx->ends == 1);
    assert_int_equal(fx->requests, 1);
    assert_int_equal(fx->gone, 1);
    /* Half-closed, and the answer is there at once: it is sent. */
    client_open(&c, fx->port);
    client_send_str(&c, "GET /x HTTP/1.1\r\n" H "\r\n");
    client_half_close(&c);
    CLIENT_WAIT(fx->loop, &c, c.eof);
    assert_int_equal(client_count(&c, "hello"), 1);
    client_close(&c);
}

static void test_leaving_within_a_request(void **state)
{
    static const char *const raw[] = {"", "GET /x HT", "GET /x HTTP/1.1\r\nHost: a\r\n",
                                      "POST /x HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhe"};
    struct fixture *fx = *state;

    for (size_t i = 0; i < ARRAY_LEN(raw); i++) {
        struct client c;

        client_open(&c, fx->port);
        client_send_str(&c, raw[i]);
        CLIENT_WAIT(fx->loop, &c, httpd_count(fx->h) == 1);
        client_close(&c);
        CLIENT_WAIT(fx->loop, &c, httpd_count(fx->h) == 0);
    }
    assert_int_equal(fx->requests, 0);
}

/* The number of a closed socket is given to the next one at once. */
static void test_leaving_while_others_come(void **state)
{
    struct fixture *fx = *state;
    struct client a[20], b[20];

    for (size_t i = 0; i < ARRAY_LEN(a); i++) {
        client_open(&a[i], fx->port);
        client_send_str(&a[i], "GET /hold HTTP/1.1\r\n" H "\r\n");
    }
    CLIENT_WAIT(fx->loop, &a[0], fx->requests == ARRAY_LEN(a));
    for (size_t i = 0; i < ARRAY_LEN(a); i++) {
        client_close(&a[i]);
        client_open(&b[i], fx->port);
        client_send_str(&b[i], "GET /hold HTTP/1.1\r\n" H "\r\n");
    }
    CLIENT_WAIT(fx->loop, &b[0], fx->requests == 40 && fx->ends == 20);
    assert_int_equal(httpd_count(fx->h), 20);
    for (size_t i = 0; i < HELD; i++) {
        if (fx->held[i] != NULL)
            reply_text(fx->held[i], 200, SLICE_LIT("hello"));
    }
    for (size_t i = 0; i < ARRAY_LEN(b); i++) {
        CLIENT_WAIT(fx->loop, &b[i], client_count(&b[i], "hello") == 1);
        client_close(&b[i]);
    }
    CLIENT_WAIT(fx->loop, &b[0], httpd_count(fx->h) == 0);
    assert_int_equal(fx->sent, 20);
    assert_int_equal(fx->gone, 20);
}

static void test_abort(void **state)
{
    struct fixture *fx = *state;
    struct client before, c, after;
    size_t got;

    client_open(&before, fx->port);
    CLIENT_WAIT(fx->loop, &before, httpd_count(fx->h) == 1);
    client_open(&c, fx->port);
    client_send_str(&c, "GET /stream HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "\r\n\r\n") == 1);
    client_open(&after, fx->port);
    CLIENT_WAIT(fx->loop, &after, httpd_count(fx->h) == 3);
    got = c.got.n;
    http_abort(fx->held[0]);
    assert_int_equal(fx->ends, 0); /* not from inside */
    CLIENT_WAIT(fx->loop, &c, c.eof && httpd_count(fx->h) == 2);
    assert_int_equal(c.got.n, got);
    assert_int_equal(fx->gone, 1);
    client_close(&c);
    client_close(&after);
    client_close(&before);
}

static void test_free_ends_all(void **state)
{
    struct fixture *fx = *state;
    struct client c[6];
    static const char *const raw[6] = {
        "GET /hold HTTP/1.1\r\n" H "\r\n",
        "GET /stream HTTP/1.1\r\n" H "\r\n",
        "GET /x HTTP/1.1\r\n",
        "POST /x HTTP/1.1\r\n" H "Content-Length: 9\r\n\r\n12",
        "GET /x HTTP/1.1\r\n" H "\r\n",
        "",
    };

    for (size_t i = 0; i < ARRAY_LEN(c); i++) {
        client_open(&c[i], fx->port);
        client_send_str(&c[i], raw[i]);
    }
    CLIENT_WAIT(fx->loop, &c[4], client_count(&c[4], "hello") == 1 && fx->requests == 3);
    again(fx);
    assert_int_equal(fx->ends, 4); /* with the one whose body did not come */
    assert_int_equal(fx->gone, 3);
    for (size_t i = 0; i < ARRAY_LEN(c); i++) {
        CLIENT_WAIT(fx->loop, &c[i], c[i].eof);
        client_close(&c[i]);
    }
}

/* --- streams ---------------------------------------------------------------------------------- */

static void test_stream_is_sent_as_written(void **state)
{
    struct fixture *fx = *state;
    struct client c;
    size_t queued = 99;

    client_open(&c, fx->port);
    client_send_str(&c, "GET /stream HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "\r\n\r\n") == 1); /* headers before any byte */
    assert_int_equal(client_count(&c, "Transfer-Encoding: chunked"), 1);
    for (int i = 0; i < 3; i++) {
        assert_err(http_stream_write(fx->held[0], SLICE_LIT("data: x\n\n"), &queued), ERR_OK);
        assert_int_equal(queued, 9);
        CLIENT_WAIT(fx->loop, &c, client_count(&c, "data: x\n\n") == (size_t)i + 1);
    }
    http_stream_end(fx->held[0]);
    CLIENT_WAIT(fx->loop, &c, fx->ends == 1);
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "\r\n0\r\n\r\n") == 1);
    assert_int_equal(fx->sent, 1);
    /* And the connection goes on. */
    client_send_str(&c, "GET /x HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "hello") == 1);
    client_close(&c);
}

static void test_stream_back_pressure(void **state)
{
    struct fixture *fx = *state;
    struct http_req *req;
    struct client c;
    static uint8_t piece[10000];
    size_t queued = 0, written = 0, pieces = 0;

    memset(piece, '.', sizeof(piece));
    client_open_small(&c, fx->port);
    client_send_str(&c, "GET /stream HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "\r\n\r\n") == 1);
    req = fx->held[0];
    c.deaf = true;
    /* What the kernel takes is taken; then the queue fills up to the mark, and stays. */
    while (queued < 65536) {
        assert_err(http_stream_write(req, slice_of(piece, sizeof(piece)), &queued), ERR_OK);
        written += sizeof(piece);
        for (int i = 0; i < 5 && queued < 65536; i++) {
            loop_turn(fx->loop, 0);
            queued = http_stream_queued(req);
        }
    }
    assert_int_equal(fx->drains, 0);
    assert_true(queued < 65536 + sizeof(piece));
    /* One that does not heed it is stopped. */
    while (http_stream_write(req, slice_of(piece, sizeof(piece)), &queued) == ERR_OK) {
        written += sizeof(piece);
        assert_true(++pieces < 100);
    }
    assert_true(http_stream_queued(req) <= 2 * 65536);
    assert_err(http_stream_write(req, slice_of(piece, sizeof(piece)), NULL), ERR_TOO_LARGE);
    c.deaf = false;
    CLIENT_WAIT(fx->loop, &c, fx->drains == 1);
    assert_true(http_stream_queued(req) < 65536 / 4);
    http_stream_end(req);
    CLIENT_WAIT(fx->loop, &c, fx->ends == 1);
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "\r\n0\r\n\r\n") == 1);
    assert_int_equal(client_count(&c, "."), written + client_count(&c, "HTTP/1.1"));
    client_close(&c);
}

static void test_stream_end_at_once(void **state)
{
    struct fixture *fx = *state;
    struct client c;

    client_open(&c, fx->port);
    client_send_str(&c, "GET /stream HTTP/1.0\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, fx->held[0] != NULL);
    assert_err(http_stream_write(fx->held[0], SLICE_LIT("abc"), NULL), ERR_OK);
    http_stream_end(fx->held[0]);
    assert_err(http_stream_write(fx->held[0], SLICE_LIT("d"), NULL), ERR_CLOSED);
    CLIENT_WAIT(fx->loop, &c, c.eof);
    assert_int_equal(client_count(&c, "\r\n\r\nabc"), 1);
    client_close(&c);
}

static void test_large_answer(void **state)
{
    struct fixture *fx = *state;
    struct client c;

    client_open(&c, fx->port);
    client_send_str(&c, "GET /big HTTP/1.1\r\n" H "\r\nGET /x HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, c.got.n > 8 << 20 && fx->ends == 2);
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "hello") == 1);
    assert_int_equal(client_count(&c, "x"), (8 << 20) + 2 /* text/plain twice */);
    assert_int_equal(client_count(&c, "Content-Length: 8388608"), 1);
    client_close(&c);
}

/* --- many ------------------------------------------------------------------------------------- */

/* While all wait for us, the next ones wait unaccepted. */
static void test_connection_cap(void **state)
{
    struct fixture *fx = *state;
    struct client c[10];

    set(SET_CLIENTS, 8);
    again(fx);
    for (size_t i = 0; i < ARRAY_LEN(c); i++) {
        if (i == 8)
            CLIENT_WAIT(fx->loop, &c[0], fx->requests == 8);
        client_open(&c[i], fx->port);
        client_send_str(&c[i],
                        i < 8 ? "GET /hold HTTP/1.1\r\n" H "\r\n" : "GET /x HTTP/1.1\r\n" H "\r\n");
    }
    for (int i = 0; i < 10; i++) {
        loop_turn(fx->loop, 1);
        client_read(&c[8]);
        client_read(&c[9]);
    }
    assert_int_equal(httpd_count(fx->h), 8);
    assert_int_equal(client_count(&c[8], "hello"), 0);
    client_close(&c[0]);
    CLIENT_WAIT(fx->loop, &c[8], client_count(&c[8], "hello") == 1);
    CLIENT_WAIT(fx->loop, &c[9], client_count(&c[9], "hello") == 1); /* in place of c[8] */
    CLIENT_WAIT(fx->loop, &c[8], c[8].eof);
    for (size_t i = 1; i < ARRAY_LEN(c); i++)
        client_close(&c[i]);
}

static void ask_of(struct fixture *fx, struct client *c, const char *target)
{
    struct buf b = BUF_INIT(256);
    size_t n = client_count(c, "hello");

    buf_printf(&b, "GET %s HTTP/1.1\r\n" H "\r\n", target);
    client_send(c, buf_slice(&b));
    CLIENT_WAIT(fx->loop, c, client_count(c, "hello") == n + 1);
    buf_free(&b);
}

/* Whether the server has accepted it, and nobody since. */
static bool is_newest(struct fixture *fx, const struct client *c)
{
    const struct conn *newest = TAILQ_LAST(&fx->h->conns[CONN_STRANGER], conn_list);
    struct sockaddr_in own = {0}, peer = {0};
    socklen_t n = sizeof(own), k = sizeof(peer);

    return newest != NULL && getsockname(c->fd, (struct sockaddr *)&own, &n) == 0 &&
           getpeername(newest->fd, (struct sockaddr *)&peer, &k) == 0 &&
           own.sin_port == peer.sin_port;
}

/* Whoever comes is served at once; the oldest stranger goes for it, and nobody who is known. */
static void test_strangers_make_room(void **state)
{
    struct fixture *fx = *state;
    struct client ana, idle[12], slow, now;

    set(SET_CLIENTS, 8);
    again(fx);
    client_open(&ana, fx->port);
    ask_of(fx, &ana, "/proven?ana");
    client_open(&slow, fx->port);
    client_send_str(&slow, "POST /x HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhel");
    for (size_t i = 0; i < ARRAY_LEN(idle); i++) {
        client_open(&idle[i], fx->port);
        CLIENT_WAIT(fx->loop, &idle[i], is_newest(fx, &idle[i]));
    }
    client_open(&now, fx->port);
    ask_of(fx, &now, "/x");
    CLIENT_WAIT(fx->loop, &slow, slow.eof);
    for (size_t i = 0; i < ARRAY_LEN(idle) - 6; i++)
        CLIENT_WAIT(fx->loop, &idle[i], idle[i].eof || idle[i].reset);
    client_read(&idle[ARRAY_LEN(idle) - 5]);
    assert_false(idle[ARRAY_LEN(idle) - 5].eof);
    ask_of(fx, &ana, "/x");
    assert_int_equal(httpd_count(fx->h), 8);
    assert_int_equal(fx->refusals, 1); /* told once */
    client_close(&ana);
    client_close(&slow);
    client_close(&now);
    for (size_t i = 0; i < ARRAY_LEN(idle); i++)
        client_close(&idle[i]);
}

/* An owner has so many; with the rest it is a stranger. Strangers have an eighth; among those who
 * are known, who has asked nothing for the longest time goes. */
static void test_known_make_room(void **state)
{
    struct fixture *fx = *state;
    struct client c[8], now[3];

    set(SET_CLIENTS, 8);
    set(SET_CONNECTIONS_PER_CLIENT, 6);
    again(fx);
    for (size_t i = 0; i < ARRAY_LEN(c); i++) {
        client_open(&c[i], fx->port);
        ask_of(fx, &c[i], "/proven?ana");
    }
    assert_int_equal(fx->shares.by_owner->connections, 6);
    client_open(&now[0], fx->port);
    ask_of(fx, &now[0], "/proven?bob");
    CLIENT_WAIT(fx->loop, &c[6], c[6].eof);
    ask_of(fx, &c[0], "/x");
    client_open(&now[1], fx->port); /* c[7] is the only stranger, and stays */
    ask_of(fx, &now[1], "/proven?bob");
    CLIENT_WAIT(fx->loop, &c[1], c[1].eof);
    client_open(&now[2], fx->port);
    ask_of(fx, &now[2], "/x");
    CLIENT_WAIT(fx->loop, &c[2], c[2].eof);
    ask_of(fx, &c[7], "/x");
    ask_of(fx, &c[0], "/x");
    ask_of(fx, &now[0], "/x");
    for (size_t i = 0; i < ARRAY_LEN(c); i++)
        client_close(&c[i]);
    for (size_t i = 0; i < ARRAY_LEN(now); i++)
        client_close(&now[i]);
    set(SET_CONNECTIONS_PER_CLIENT, 256);
}

static void test_stop_accepting(void **state)
{
    struct fixture *fx = *state;
    struct client c;

    client_open(&c, fx->port);
    client_send_str(&c, "GET /hold HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, fx->held[0] != NULL);
    httpd_stop_accepting(fx->h);
    reply_text(fx->held[0], 200, SLICE_LIT("hello"));
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "hello") == 1);
    client_close(&c);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_refusals),
        T(test_refused_by_either),
        T(test_too_many_fields),
        T(test_refused_by_the_library),
        T(test_bodies_have_a_share),
        T(test_chunks_have_a_share),
        T(test_answers_have_a_share),
        T(test_body_waits),
        T(test_body_dropped),
        T(test_body_is_wiped),
        T(test_leaving_before_the_body),
        T(test_too_large_is_told),
        T(test_served),
        T(test_chunk_extension),
        T(test_head_has_no_body),
        T(test_pipelined),
        T(test_byte_by_byte),
        T(test_a_field_that_cannot_be_sent),
        T(test_look_up),
        T(test_reply_close),
        T(test_slow_headers),
        T(test_slow_body),
        T(test_idle),
        T(test_one_that_does_not_read),
        T(test_waiting_has_no_limit),
        T(test_leaving),
        T(test_leaving_with_the_request),
        T(test_leaving_within_a_request),
        T(test_leaving_while_others_come),
        T(test_abort),
        T(test_free_ends_all),
        T(test_stream_is_sent_as_written),
        T(test_stream_back_pressure),
        T(test_stream_end_at_once),
        T(test_large_answer),
        T(test_connection_cap),
        T(test_strangers_make_room),
        T(test_known_make_room),
        T(test_stop_accepting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
