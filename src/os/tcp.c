/*
 * What: accepting and cutting TCP connections. Run by gateway and surface, for src/httpd. Trusts
 * the kernel alone. Specification: tcp(7).
 */
#include "os/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"

static enum err accept_error(int e)
{
    switch (e) {
    case EAGAIN: return ERR_AGAIN;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return ERR_UNAVAILABLE;
    default: return ERR_IO;
    }
}

/* accept(2): errors of the connection that is being accepted are reported here; take the next. */
static bool is_of_connection(int e)
{
    static const int codes[] = {EINTR,     ECONNABORTED, EPROTO,       ENETDOWN,   ENOPROTOOPT,
                                EHOSTDOWN, ENONET,       EHOSTUNREACH, ENETUNREACH};

    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (codes[i] == e)
            return true;
    }
    return false;
}

enum err tcp_accept(int listen_fd, int *ret_fd)
{
    const int on = 1;
    const unsigned ms = LIM_TCP_USER_TIME;
    int fd;

    do {
        fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (fd < 0 && is_of_connection(errno));
    if (fd < 0)
        return accept_error(errno);
    /* Both only make things better; a socket of another family refuses them, and works. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
    *ret_fd = fd;
    return ERR_OK;
}

void tcp_send_last(int fd, struct slice s)
{
    /* The connection is being given up; nothing depends on whether the peer still hears why. */
    ssize_t n UNUSED = send(fd, s.p, s.n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void tcp_cut(int fd)
{
    (void)shutdown(fd, SHUT_RDWR); /* fails only when the peer was quicker */
}

void tcp_close(int fd)
{
    (void)close(fd); /* nothing to be done about an error, and the descriptor is gone anyway */
}
