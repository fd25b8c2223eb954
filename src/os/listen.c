/*
 * Listeners and the control socket. Run by the supervisor, which makes them, and by the command,
 * which connects to the latter. Trusts the configuration for addresses and paths.
 */
#include "os/listen.h"

#include "os/sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 511, CONNECT_MS = 1000 };

union listen_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un un;
};

static enum err loopback_address(const char *text, uint16_t port, union listen_address *ret,
                                 socklen_t *ret_n)
{
    union listen_address a = {0};

    if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1) {
        a.v4.sin_family = AF_INET;
        a.v4.sin_port = htons(port);
        *ret_n = sizeof a.v4;
        *ret = a;
        return (ntohl(a.v4.sin_addr.s_addr) >> 24) == 127 ? ERR_OK : ERR_CONFIG;
    }
    a = (union listen_address){0};
    if (inet_pton(AF_INET6, text, &a.v6.sin6_addr) == 1) {
        a.v6.sin6_family = AF_INET6;
        a.v6.sin6_port = htons(port);
        *ret_n = sizeof a.v6;
        *ret = a;
        return IN6_IS_ADDR_LOOPBACK(&a.v6.sin6_addr) ? ERR_OK : ERR_CONFIG;
    }
    return ERR_CONFIG;
}

/* The socket that was made, unless that came to an error. */
static enum err give(int fd, enum err e, int *ret_fd)
{
    if (e)
        sock_close(fd);
    else
        *ret_fd = fd;
    return e;
}

enum err listen_tcp(const char *address, uint16_t port, int *ret_fd, uint16_t *ret_port)
{
    union listen_address a;
    socklen_t n;
    int fd = -1, on = 1, bound = -1;
    enum err e = loopback_address(address, port, &a, &n);

    if (e)
        return e;
    fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return sock_err(errno);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        (a.any.sa_family == AF_INET6 &&
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
        bind(fd, &a.any, n) != 0 || listen(fd, BACKLOG) != 0)
        e = sock_err(errno);
    else if ((bound = sock_port(fd)) < 0)
        e = ERR_IO;
    if (!e)
        *ret_port = (uint16_t)bound;
    return give(fd, e, ret_fd);
}

/* A socket, and the address of that path for it. */
static enum err path_socket(const char *path, struct sockaddr_un *ret, int *ret_fd)
{
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (!slice_to_cstr(slice_str(path), ret->sun_path, sizeof ret->sun_path))
        return ERR_CONFIG;
    *ret_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return *ret_fd < 0 ? sock_err(errno) : ERR_OK;
}

/* A socket file outlives its process. It is ours to remove when nobody answers at it. */
static enum err remove_stale(const char *path)
{
    struct stat st;
    int fd;
    enum err e;

    if (lstat(path, &st) != 0)
        return errno == ENOENT ? ERR_OK : ERR_IO;
    if (!S_ISSOCK(st.st_mode))
        return ERR_CONFIG;
    e = listen_path_connect(path, &fd);
    if (!e) {
        sock_close(fd);
        return ERR_EXISTS;
    }
    if (e != ERR_NOT_FOUND)
        return e;
    return unlink(path) == 0 ? ERR_OK : ERR_IO;
}

enum err listen_path(const char *path, int *ret_fd)
{
    struct sockaddr_un a;
    mode_t before;
    int fd, failed;
    enum err e = path_socket(path, &a, &fd);

    if (e)
        return e;
    e = remove_stale(path);
    if (!e) {
        before = umask(0177);
        failed = bind(fd, (const struct sockaddr *)&a, sizeof a);
        (void)umask(before); /* cannot fail */
        if (failed || listen(fd, BACKLOG) != 0)
            e = sock_err(errno);
    }
    return give(fd, e, ret_fd);
}

enum err listen_path_connect(const char *path, int *ret_fd)
{
    struct sockaddr_un a;
    struct pollfd p;
    int fd;
    enum err e = path_socket(path, &a, &fd);

    if (e)
        return e;
    e = connect(fd, (const struct sockaddr *)&a, sizeof a) == 0 ? ERR_OK : sock_err(errno);
    p = (struct pollfd){.fd = fd, .events = POLLOUT};
    if (e == ERR_AGAIN && poll(&p, 1, CONNECT_MS) == 1)
        e = connect(fd, (const struct sockaddr *)&a, sizeof a) == 0 ? ERR_OK : sock_err(errno);
    return give(fd, e, ret_fd);
}

enum err listen_path_accept(int fd, int *ret_fd)
{
    int got = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (got < 0)
        return errno == ECONNABORTED ? ERR_AGAIN : sock_err(errno);
    *ret_fd = got;
    return ERR_OK;
}

enum err listen_peer(int fd, unsigned *ret_uid, unsigned *ret_pid)
{
    struct ucred who;
    socklen_t n = sizeof who;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0 || n != sizeof who)
        return ERR_IO;
    *ret_uid = who.uid;
    *ret_pid = (unsigned)who.pid;
    return ERR_OK;
}
