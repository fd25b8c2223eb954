/*
 * Accepted TCP sockets: what libmicrohttpd leaves to us.
 */
#ifndef SG_OS_TCP_H
#define SG_OS_TCP_H

#include "base/err.h"
#include "base/slice.h"

/*
 * Takes one waiting connection; *ret_fd is the caller's, non-blocking, close-on-exec, without
 * delay, and given up by the kernel when LIM_TCP_USER_TIME passes without an acknowledgement.
 * ERR_OK; ERR_AGAIN: none is waiting; ERR_UNAVAILABLE: out of descriptors or memory, wait a little;
 * ERR_IO.
 */
MUST_USE enum err tcp_accept(int listen_fd, int *ret_fd);
/* Sends what the kernel takes now of a last message; the rest is lost. */
void tcp_send_last(int fd, struct slice s);
/* Shuts both directions down; whoever reads from or writes to fd sees the end. fd stays open. */
void tcp_cut(int fd);
void tcp_close(int fd);

#endif
