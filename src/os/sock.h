/*
 * Sockets between our processes, and what egress needs of those to an upstream. All descriptors
 * are close-on-exec and non-blocking. What arrives on listeners is os/tcp.h's.
 */
#ifndef SG_OS_SOCK_H
#define SG_OS_SOCK_H

#include "base/err.h"
#include "base/slice.h"

/* A connected pair that keeps message boundaries (SOCK_SEQPACKET). ERR_UNAVAILABLE: out of
 * descriptors. */
MUST_USE enum err sock_pair(int ret_fds[2]);

/*
 * Sends one message, whole, and a copy of descriptor pass with it (-1: none).
 * ERR_AGAIN: no room now; ERR_CLOSED: nobody will read it; ERR_IO.
 */
MUST_USE enum err sock_send(int fd, struct slice message, int pass);
/* In place of a descriptor that came when this process had none free. */
#define SOCK_LOST (-2)
/*
 * Takes one message of at most n bytes, and the descriptor that came with it, or -1; it is the
 * caller's. ERR_AGAIN: none is waiting; ERR_CLOSED: the other side is gone and all was read;
 * ERR_PROTOCOL: longer than n, or more than one descriptor, all of which are closed; ERR_IO.
 */
MUST_USE enum err sock_recv(int fd, uint8_t *dst, size_t n, size_t *ret_n, int *ret_pass);

/* Whether fd is a listening TCP socket: what a role checks of a descriptor that it was handed as
 * one. */
bool sock_is_listener(int fd);
/* Whether fd is a connected socket of the kind that sock_pair makes. */
bool sock_is_channel(int fd);
/* Whether fd is a TCP socket that does not listen: what egress gets from the dialer. */
bool sock_is_stream(int fd);
/* Whether such a socket is connected still. */
bool sock_is_connected(int fd);
/* Sends what such a socket takes now of s, which is not empty. ERR_AGAIN: nothing; ERR_CLOSED;
 * ERR_IO. */
MUST_USE enum err sock_put(int fd, struct slice s, size_t *ret_n);
/* Takes what has come on it, of n bytes at most; none at its end. ERR_AGAIN; ERR_CLOSED: it was
 * reset; ERR_IO. */
MUST_USE enum err sock_take(int fd, uint8_t *dst, size_t n, size_t *ret_n);
/* Whether the kernel has sent what such a socket took, or waits for the other side to read. */
bool sock_is_sent(int fd);
/* Whether nothing has come on such a socket that nobody read: no byte, no end, no error. */
bool sock_is_quiet(int fd);
/* Its own port, or -1. */
int sock_port(int fd);
/* Waits until fd can be read, or ms milliseconds passed (false). For the command line tool, which
 * has no loop to keep. */
bool sock_wait(int fd, int ms);

/* The same for writing. */
bool sock_wait_room(int fd, int ms);

/* A second descriptor of the same, close-on-exec. ERR_UNAVAILABLE: out of descriptors. */
MUST_USE enum err sock_copy(int fd, int *ret_fd);
/* What errno means for a socket, such as ERR_AGAIN for EAGAIN. */
enum err sock_err(int e);

/* Takes -1. */
void sock_close(int fd);

#endif
