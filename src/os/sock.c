/*
 * Sockets between our processes. Run by every role. Trusts the kernel; what a message says is
 * src/ipc's.
 */
#include "os/sock.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel counts 64 KiB and its own overhead per message; this lets several of the largest wait.
 */
enum { CHANNEL_BYTES = 1 << 20 };

void sock_close(int fd)
{
    if (fd >= 0)
        (void)close(fd); /* sockets have nothing to lose on close */
}

enum err sock_copy(int fd, int *ret_fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    if (copy < 0)
        return ERR_UNAVAILABLE;
    *ret_fd = copy;
    return ERR_OK;
}

enum err sock_err(int e)
{
    switch (e) {
    case EAGAIN:
    case EINTR: return ERR_AGAIN;
    case EPIPE:
    case ECONNRESET:
    case ENOTCONN: return ERR_CLOSED;
    case EADDRINUSE: return ERR_EXISTS;
    case EACCES:
    case EPERM: return ERR_FORBIDDEN;
    case ENOENT:
    case ECONNREFUSED: return ERR_NOT_FOUND;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return ERR_UNAVAILABLE;
    default: return ERR_IO;
    }
}

enum err sock_pair(int ret_fds[2])
{
    int fds[2], bytes = CHANNEL_BYTES;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
        return sock_err(errno);
    for (int i = 0; i < 2; i++) {
        /* The kernel may allow less (net.core.wmem_max): then messages wait in our queue instead.
         */
        (void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
        ret_fds[i] = fds[i];
    }
    return ERR_OK;
}

union pass_space {
    struct cmsghdr align;
    uint8_t bytes[CMSG_SPACE(sizeof(int))];
};

enum err sock_send(int fd, struct slice message, int pass)
{
    union pass_space space = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t)message.p, .iov_len = message.n};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t n;

    if (pass >= 0) {
        m.msg_control = space.bytes;
        m.msg_controllen = sizeof space.bytes;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        *(int *)(void *)CMSG_DATA(c) = pass;
    }
    n = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0)
        return sock_err(errno);
    return (size_t)n == message.n ? ERR_OK : ERR_IO;
}

/* The descriptor that came with a message; -1 without one, SOCK_LOST when the kernel could not give
 * it a number. More than one: all are closed, and false. */
static bool take_passed(struct msghdr *m, int *ret)
{
    int got = -1;
    size_t count = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        const int *fds = (const int *)(const void *)CMSG_DATA(c);
        for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
            sock_close(got);
            got = fds[i];
            count++;
        }
    }
    if (count > 1 || (count == 1 && (m->msg_flags & MSG_CTRUNC))) {
        sock_close(got);
        return false;
    }
    if (m->msg_flags & MSG_CTRUNC)
        got = SOCK_LOST;
    *ret = got;
    return true;
}

enum err sock_recv(int fd, uint8_t *dst, size_t n, size_t *ret_n, int *ret_pass)
{
    /* Room for one only: the kernel closes what does not fit, or what it has no number for, and
     * says MSG_CTRUNC. */
    union pass_space space;
    struct iovec part = {.iov_base = dst, .iov_len = n};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = space.bytes,
                       .msg_controllen = sizeof space.bytes};
    ssize_t got = recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    int pass = -1;

    /* A peer that ended with something unread is reported once, before the messages that it had
     * sent. */
    if (got < 0 && errno == ECONNRESET)
        got = recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (got < 0)
        return sock_err(errno);
    if (!take_passed(&m, &pass))
        return ERR_PROTOCOL;
    if (m.msg_flags & MSG_TRUNC) {
        sock_close(pass);
        return ERR_PROTOCOL;
    }
    if (got ==
        0) { /* end of file; we never send empty messages, and a peer that does is closed too */
        sock_close(pass);
        return ERR_CLOSED;
    }
    *ret_n = (size_t)got;
    *ret_pass = pass;
    return ERR_OK;
}

static bool sock_has(int fd, int option, int wanted)
{
    int value = 0;
    socklen_t n = sizeof value;

    return getsockopt(fd, SOL_SOCKET, option, &value, &n) == 0 && value == wanted;
}

bool sock_is_listener(int fd)
{
    return sock_has(fd, SO_ACCEPTCONN, 1) && sock_has(fd, SO_TYPE, SOCK_STREAM);
}

bool sock_is_channel(int fd)
{
    return sock_has(fd, SO_DOMAIN, AF_UNIX) && sock_has(fd, SO_TYPE, SOCK_SEQPACKET) &&
           sock_has(fd, SO_ACCEPTCONN, 0);
}

bool sock_is_stream(int fd)
{
    return (sock_has(fd, SO_DOMAIN, AF_INET) || sock_has(fd, SO_DOMAIN, AF_INET6)) &&
           sock_has(fd, SO_TYPE, SOCK_STREAM) && sock_has(fd, SO_ACCEPTCONN, 0);
}

bool sock_is_connected(int fd)
{
    struct sockaddr_storage peer;
    socklen_t n = sizeof peer;

    return getpeername(fd, (struct sockaddr *)&peer, &n) == 0;
}

enum err sock_put(int fd, struct slice s, size_t *ret_n)
{
    ssize_t sent = send(fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (sent < 0)
        return sock_err(errno);
    *ret_n = (size_t)sent;
    return ERR_OK;
}

enum err sock_take(int fd, uint8_t *dst, size_t n, size_t *ret_n)
{
    ssize_t got = recv(fd, dst, n, MSG_DONTWAIT);

    if (got < 0)
        return sock_err(errno);
    *ret_n = (size_t)got;
    return ERR_OK;
}

bool sock_is_sent(int fd)
{
    struct tcp_info info;
    socklen_t n = sizeof(info);

    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0 && info.tcpi_notsent_bytes == 0;
}

bool sock_is_quiet(int fd)
{
    uint8_t byte;

    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && sock_err(errno) == ERR_AGAIN;
}

int sock_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a;
    socklen_t n = sizeof a;

    if (getsockname(fd, &a.any, &n) != 0)
        return -1;
    return ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
}

bool sock_wait(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, ms) == 1;
}

bool sock_wait_room(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    return poll(&p, 1, ms) == 1;
}
