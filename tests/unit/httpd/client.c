#include "client.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

uint64_t client_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int client_listener(uint16_t *ret_port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
    assert_int_equal(listen(fd, 128), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    *ret_port = ntohs(a.sin_port);
    return fd;
}

static void open_with(struct client *c, uint16_t port, int receive)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};

    *c = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    buf_init(&c->got, 64 << 20);
    assert_true(c->fd >= 0);
    if (receive > 0)
        assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof(receive)), 0);
    a.sin_port = htons(port);
    assert_int_equal(connect(c->fd, (struct sockaddr *)&a, sizeof(a)), 0);
}

void client_open(struct client *c, uint16_t port)
{
    open_with(c, port, 0);
}

void client_open_small(struct client *c, uint16_t port)
{
    open_with(c, port, 4096);
}

void client_send(struct client *c, struct slice s)
{
    /* A server that closed already is found by the reading side. */
    ssize_t n = send(c->fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT);

    assert_true(n == (ssize_t)s.n || (n < 0 && (errno == EPIPE || errno == ECONNRESET)));
}

void client_send_str(struct client *c, const char *s)
{
    client_send(c, slice_of(s, strlen(s)));
}

void client_read(struct client *c)
{
    while (c->fd >= 0 && !c->eof && !c->deaf) {
        uint8_t *p = buf_room(&c->got, 65536);
        ssize_t n;

        assert_non_null(p);
        n = recv(c->fd, p, 65536, MSG_DONTWAIT);
        if (n > 0) {
            buf_added(&c->got, (size_t)n);
            continue;
        }
        if (n < 0 && errno == EAGAIN)
            return;
        c->eof = true;
        c->reset = n < 0;
    }
}

void client_half_close(struct client *c)
{
    assert_int_equal(shutdown(c->fd, SHUT_WR), 0);
}

void client_close(struct client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    buf_free(&c->got);
}

void client_reset(struct client *c)
{
    struct linger l = {1, 0};

    assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)), 0);
    client_close(c);
}

size_t client_count(const struct client *c, const char *needle)
{
    struct slice all = buf_slice(&c->got), want = slice_str(needle);
    size_t n = 0;

    if (want.n == 1) {
        for (size_t i = 0; i < all.n; i++)
            n += all.p[i] == want.p[0];
        return n;
    }
    for (size_t at = 0; at < all.n;) {
        size_t i = slice_find(slice_sub(all, at, all.n), want);

        if (at + i >= all.n)
            break;
        n++;
        at += i + want.n;
    }
    return n;
}
