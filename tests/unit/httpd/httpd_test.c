/* What is served, for how long, to how many at once; streams, and clients that do not read. */
#include "fixture.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "httpd/internal.h"

#include "base/versions.h" /* after the library */

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
    fixture_reply(fx->held[0], 201, SLICE_LIT("two"));
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
    fixture_reply(fx->held[0], 200, SLICE_LIT("late"));
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "late") == 1);
    client_close(&c);
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
    fixture_again(fx);
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
    fixture_again(fx);
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
    fixture_again(fx);
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

/* A connection of that owner, with a request in hand that waits for us. */
static void open_busy(struct fixture *fx, struct client *c, const char *owner, const char *method)
{
    struct buf b = BUF_INIT(256);
    unsigned requests = fx->requests;

    client_open(c, fx->port);
    buf_printf(&b, "/proven?%s", owner);
    buf_put_u8(&b, 0);
    ask_of(fx, c, (const char *)b.p);
    buf_clear(&b);
    buf_printf(&b, "%s /hold?%s HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", method, owner);
    client_send(c, buf_slice(&b));
    CLIENT_WAIT(fx->loop, c, fx->requests == requests + 2);
    buf_free(&b);
}

static unsigned connections_of(struct fixture *fx, const char *owner)
{
    struct share *s = share_get(&fx->shares, slice_str(owner));
    unsigned n = s->connections;

    share_put(s);
    return n;
}

/* When nobody is idle, who has most makes room, by what it may ask for again before anything else;
 * also when many come in one turn. */
static void test_most_make_room(void **state)
{
    struct fixture *fx = *state;
    struct client c[64], now[8];

    fixture_again(fx);
    for (size_t i = 0; i < ARRAY_LEN(c); i++)
        open_busy(fx, &c[i], i < 34 ? "ana" : "bob", i == 0 ? "POST" : "GET");
    for (size_t i = 0; i < ARRAY_LEN(now); i++)
        client_open(&now[i], fx->port);
    for (size_t i = 0; i < ARRAY_LEN(now); i++)
        ask_of(fx, &now[i], "/x");
    CLIENT_WAIT(fx->loop, &c[1], c[1].eof);
    client_read(&c[0]);
    assert_false(c[0].eof);
    assert_int_equal(connections_of(fx, "ana"), 28);
    assert_int_equal(connections_of(fx, "bob"), 28);
    for (size_t i = 0; i < ARRAY_LEN(c); i++)
        client_close(&c[i]);
    for (size_t i = 0; i < ARRAY_LEN(now); i++)
        client_close(&now[i]);
}

/* But not of the few that each has, however many come. */
static void test_few_stay(void **state)
{
    struct fixture *fx = *state;
    struct client c[2 * LIM_CONNECTIONS_LEAST], now;

    set(SET_CLIENTS, ARRAY_LEN(c));
    fixture_again(fx);
    for (size_t i = 0; i < ARRAY_LEN(c); i++)
        open_busy(fx, &c[i], i % 2 ? "ana" : "bob", "GET");
    client_open(&now, fx->port);
    client_send_str(&now, "GET /x HTTP/1.1\r\n" H "\r\n");
    for (int i = 0; i < 10; i++)
        loop_turn(fx->loop, 1);
    assert_int_equal(connections_of(fx, "ana"), LIM_CONNECTIONS_LEAST);
    assert_int_equal(connections_of(fx, "bob"), LIM_CONNECTIONS_LEAST);
    client_close(&c[0]);
    CLIENT_WAIT(fx->loop, &now, client_count(&now, "hello") == 1);
    for (size_t i = 1; i < ARRAY_LEN(c); i++)
        client_close(&c[i]);
    client_close(&now);
}

/* They are divided among daemons, and the first that has room takes the next. */
static void test_more_than_a_daemon_has(void **state)
{
    enum { MORE = 8 };
    struct fixture *fx = *state;
    struct client c[LIM_DAEMON_CONNECTIONS + MORE];

    set(SET_CLIENTS, 2 * LIM_DAEMON_CONNECTIONS);
    fixture_again(fx);
    for (size_t i = 0; i < ARRAY_LEN(c); i++) {
        client_open(&c[i], fx->port);
        ask_of(fx, &c[i], "/x");
    }
    assert_int_equal(fx->h->daemons[0].n_conns, LIM_DAEMON_CONNECTIONS);
    assert_int_equal(fx->h->daemons[1].n_conns, MORE);
    client_close(&c[0]);
    CLIENT_WAIT(fx->loop, &c[1], httpd_count(fx->h) == ARRAY_LEN(c) - 1);
    assert_int_equal(fx->h->daemons[0].n_conns, LIM_DAEMON_CONNECTIONS - 1);
    client_open(&c[0], fx->port);
    for (size_t i = 0; i < ARRAY_LEN(c); i++)
        ask_of(fx, &c[i], "/x");
    assert_int_equal(fx->h->daemons[0].n_conns, LIM_DAEMON_CONNECTIONS);
    assert_int_equal(fx->h->daemons[1].n_conns, MORE);
    for (size_t i = 0; i < ARRAY_LEN(c); i++)
        client_close(&c[i]);
    CLIENT_WAIT(fx->loop, &c[0], httpd_count(fx->h) == 0);
}

static void test_stop_accepting(void **state)
{
    struct fixture *fx = *state;
    struct client c;

    client_open(&c, fx->port);
    client_send_str(&c, "GET /hold HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, fx->held[0] != NULL);
    httpd_stop_accepting(fx->h);
    fixture_reply(fx->held[0], 200, SLICE_LIT("hello"));
    CLIENT_WAIT(fx->loop, &c, client_count(&c, "hello") == 1);
    client_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        T(test_stream_is_sent_as_written),
        T(test_stream_back_pressure),
        T(test_stream_end_at_once),
        T(test_large_answer),
        T(test_connection_cap),
        T(test_strangers_make_room),
        T(test_known_make_room),
        T(test_most_make_room),
        T(test_few_stay),
        T(test_more_than_a_daemon_has),
        T(test_stop_accepting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
