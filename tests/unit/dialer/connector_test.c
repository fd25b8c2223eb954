/* Connecting: in order, the next one when one fails or is slow, once; and what the socket is. */
#include "dialer/connector.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"

struct seen {
    unsigned calls;
    enum err e;
    int fd;
    struct connector *free_me;
};

static void on_end(void *ctx, enum err e, int fd)
{
    struct seen *s = ctx;

    s->calls++;
    s->e = e;
    s->fd = fd;
    connector_free(s->free_me);
    s->free_me = NULL;
}

static struct address v4(uint8_t last)
{
    return (struct address){4, {127, 0, 0, last}};
}

/* A listener on 127.0.0.last; backlog 0 and a filled queue when it shall not answer. */
static int listener(uint8_t last, uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t n = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    a.sin_addr.s_addr = htonl(0x7f000000u + last);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

static void run(struct loop *l, struct seen *s)
{
    for (int i = 0; i < 200 && s->calls == 0; i++)
        loop_turn(l, 100);
    assert_int_equal(s->calls, 1);
}

static void test_connects_to_the_first_that_answers(void **state)
{
    struct loop *l = loop_new();
    struct seen s = {.fd = -1};
    uint16_t port = 0;
    int listening = listener(3, &port), on = 0;
    struct address a[3] = {v4(1), v4(2), v4(3)}; /* nobody listens on the first two */
    struct sockaddr_in peer;
    socklen_t n = sizeof(peer), on_n = sizeof(on);

    (void)state;
    s.free_me = connector_new(l, a, 3, port, on_end, &s);
    run(l, &s);
    assert_int_equal(s.e, ERR_OK);
    assert_int_equal(getpeername(s.fd, (struct sockaddr *)&peer, &n), 0);
    assert_int_equal(ntohl(peer.sin_addr.s_addr), 0x7f000003);
    assert_int_equal(getsockopt(s.fd, IPPROTO_TCP, TCP_NODELAY, &on, &on_n), 0);
    assert_true(on);
    assert_true(fcntl(s.fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(s.fd, F_GETFD) & FD_CLOEXEC);
    close(s.fd);
    close(listening);
    loop_free(l);
}

static void test_fails_when_none_answers(void **state)
{
    struct loop *l = loop_new();
    struct seen s = {.fd = -1};
    uint16_t port = 0;
    struct address a[2] = {v4(1), v4(2)};

    (void)state;
    close(listener(9, &port));
    s.free_me = connector_new(l, a, 2, port, on_end, &s);
    run(l, &s);
    assert_int_equal(s.e, ERR_UPSTREAM_DOWN);
    assert_int_equal(s.fd, -1);
    loop_turn(l, 0);
    assert_int_equal(s.calls, 1);
    loop_free(l);
}

/* 192.0.2.1 (documentation) answers nothing, or there is no route to it: either way the second one
 * is reached without waiting for the kernel to give up. */
static void test_does_not_wait_for_a_silent_one(void **state)
{
    struct loop *l = loop_new();
    struct seen s = {.fd = -1};
    uint16_t port = 0;
    int listening = listener(1, &port);
    struct address a[2] = {{4, {192, 0, 2, 1}}, v4(1)};

    (void)state;
    s.free_me = connector_new(l, a, 2, port, on_end, &s);
    run(l, &s);
    assert_int_equal(s.e, ERR_OK);
    close(s.fd);
    close(listening);
    loop_free(l);
}

static void test_freed_means_silent(void **state)
{
    struct loop *l = loop_new();
    struct seen s = {.fd = -1};
    uint16_t port = 0;
    int listening = listener(1, &port);
    struct address a = v4(1);

    (void)state;
    connector_free(connector_new(l, &a, 1, port, on_end, &s));
    for (int i = 0; i < 3; i++)
        loop_turn(l, 10);
    assert_int_equal(s.calls, 0);
    connector_free(NULL);
    close(listening);
    loop_free(l);
}

/* Until the kernel happens to choose the target port itself, which is a connection to oneself. */
static void test_never_connects_to_itself(void **state)
{
    struct loop *l = loop_new();
    struct sockaddr_in own = {.sin_family = AF_INET};
    socklen_t n = sizeof(own);
    struct address a = v4(1);

    (void)state;
    for (int i = 0; i < 50; i++) {
        struct seen s = {.fd = -1};
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        own.sin_port = 0;
        own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &n), 0);
        close(fd); /* free again: the next ephemeral port may be this one */
        s.free_me = connector_new(l, &a, 1, ntohs(own.sin_port), on_end, &s);
        run(l, &s);
        assert_int_equal(s.e, ERR_UPSTREAM_DOWN);
    }
    loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connects_to_the_first_that_answers),
        cmocka_unit_test(test_fails_when_none_answers),
        cmocka_unit_test(test_does_not_wait_for_a_silent_one),
        cmocka_unit_test(test_freed_means_silent),
        cmocka_unit_test(test_never_connects_to_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
