/*
 * Listeners, and connecting to the control socket: the supervisor's and the command's. Apart from
 * os/sock.h so that no other program has a call in it that binds, listens or connects.
 */
#ifndef SG_OS_LISTEN_H
#define SG_OS_LISTEN_H

#include "base/err.h"

/*
 * A TCP listener on a numeric IPv4 or IPv6 loopback address. Port 0 lets the kernel choose;
 * *ret_port is what it is. ERR_CONFIG: not a numeric address, or not loopback; ERR_EXISTS: in use;
 * ERR_IO.
 */
MUST_USE enum err listen_tcp(const char *address, uint16_t port, int *ret_fd, uint16_t *ret_port);

/* A SOCK_SEQPACKET listener at path with mode 0600; removes a socket that nobody listens on any
 * more. ERR_EXISTS: somebody listens there; ERR_CONFIG: the path is too long or is something else
 * than a socket; ERR_IO. */
MUST_USE enum err listen_path(const char *path, int *ret_fd);
/* Connects to it; blocks for at most a second. ERR_NOT_FOUND: nobody listens there; ERR_FORBIDDEN;
 * ERR_CONFIG; ERR_IO. */
MUST_USE enum err listen_path_connect(const char *path, int *ret_fd);
/* Takes one connection from it. ERR_AGAIN: none is waiting; ERR_IO. */
MUST_USE enum err listen_path_accept(int fd, int *ret_fd);
/* Who is at the other end of a Unix socket, as it was when they connected. */
MUST_USE enum err listen_peer(int fd, unsigned *ret_uid, unsigned *ret_pid);

#endif
