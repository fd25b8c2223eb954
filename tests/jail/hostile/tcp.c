/* Connections on the loopback. */
#include "cast.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "os/sock.h"

int tcp_listener(uint16_t *ret_port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    *ret_port = ntohs(a.sin_port);
    return fd;
}

int tcp_connect(uint16_t port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

int tcp_accept(struct play *p, int listener)
{
    int fd = -1;

    UNTIL(p, (fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0);
    return fd;
}

/* --- a client --------------------------------------------------------------------------------- */

void client_open(struct client *c, uint16_t port)
{
    *c = (struct client){.fd = tcp_connect(port)};
    buf_init(&c->got, 8 << 20);
}

void client_send(struct client *c, const char *text)
{
    assert_int_equal(send(c->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

bool client_ended(struct client *c)
{
    uint8_t piece[4096];
    ssize_t n;

    while (!c->eof && (n = recv(c->fd, piece, sizeof piece, MSG_DONTWAIT)) != 0) {
        if (n < 0) {
            c->eof = errno != EAGAIN;
            return c->eof;
        }
        buf_put(&c->got, slice_of(piece, (size_t)n));
    }
    c->eof = true;
    return true;
}

bool client_has(struct client *c, const char *text)
{
    IGNORE(client_ended(c)); /* it has what it has */
    return slice_find(buf_slice(&c->got), slice_str(text)) < c->got.n;
}

void client_close(struct client *c)
{
    if (c == NULL)
        return;
    sock_close(c->fd);
    c->fd = -1;
    buf_free(&c->got);
}
