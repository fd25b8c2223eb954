/* Clients that leave, at every point of a request, and requests that we end. */
#include "fixture.h"

#include <stdio.h>

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
            fixture_reply(fx->held[i], 200, SLICE_LIT("hello"));
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
    fixture_again(fx);
    assert_int_equal(fx->ends, 4); /* with the one whose body did not come */
    assert_int_equal(fx->gone, 3);
    for (size_t i = 0; i < ARRAY_LEN(c); i++) {
        CLIENT_WAIT(fx->loop, &c[i], c[i].eof);
        client_close(&c[i]);
    }
}

/* Of an owner who is nobody any more: what is idle goes at once, what has an answer in hand after
 * it, also when it is not counted as the owner's. */
static void test_owner_is_gone(void **state)
{
    struct fixture *fx = *state;
    struct client idle, held, other;
    struct share *ana = share_get(&fx->shares, SLICE_LIT("ana"));

    client_open(&idle, fx->port);
    client_send_str(&idle, "GET /proven?ana HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &idle, client_count(&idle, "hello") == 1);
    client_open(&other, fx->port);
    client_send_str(&other, "GET /proven?bob HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &other, client_count(&other, "hello") == 1);
    client_open(&held, fx->port);
    client_send_str(&held, "GET /hold?ana HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &held, fx->held[0] != NULL);
    httpd_end(fx->h, ana);
    CLIENT_WAIT(fx->loop, &idle, idle.eof);
    client_read(&held);
    assert_false(held.eof);
    fixture_reply(fx->held[0], 401, SLICE_LIT("hello"));
    CLIENT_WAIT(fx->loop, &held, held.eof);
    assert_int_equal(client_count(&held, "HTTP/1.1 401 "), 1);
    client_read(&other);
    assert_false(other.eof);
    client_close(&idle);
    client_close(&held);
    client_close(&other);
    CLIENT_WAIT(fx->loop, &other, httpd_count(fx->h) == 0);
    share_put(ana);
}

/* One that takes its answer a little at a time has idle_time for all of it. */
static void test_owner_is_gone_and_reads_slowly(void **state)
{
    struct fixture *fx = *state;
    struct client c;
    struct share *ana = share_get(&fx->shares, SLICE_LIT("ana"));
    uint64_t start;

    set(SET_IDLE_TIME, 1000);
    client_open_small(&c, fx->port);
    client_send_str(&c, "GET /stream?ana HTTP/1.1\r\n" H "\r\n");
    CLIENT_WAIT(fx->loop, &c, fx->held[0] != NULL);
    start = client_now();
    httpd_end(fx->h, ana);
    while (httpd_count(fx->h) > 0 && client_now() - start < 10000) {
        if (fx->held[0] != NULL)
            IGNORE(http_stream_write(fx->held[0], SLICE_LIT("x"), NULL));
        loop_turn(fx->loop, 5);
        client_read(&c);
    }
    assert_int_equal(httpd_count(fx->h), 0);
    client_close(&c);
    share_put(ana);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_leaving),
        T(test_leaving_with_the_request),
        T(test_leaving_within_a_request),
        T(test_leaving_while_others_come),
        T(test_abort),
        T(test_free_ends_all),
        T(test_owner_is_gone),
        T(test_owner_is_gone_and_reads_slowly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
