/* Bodies: whose they are is said before they are read, and what they and answers hold is counted. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

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
                fixture_read(fx, fx->asked);
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
    fixture_reply(fx->held[0], 200, SLICE_LIT("hello"));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_bodies_have_a_share),
        T(test_chunks_have_a_share),
        T(test_answers_have_a_share),
        T(test_body_waits),
        T(test_body_dropped),
        T(test_body_is_wiped),
        T(test_leaving_before_the_body),
        T(test_too_large_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
