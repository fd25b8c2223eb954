/*
 * One connection to the upstream, plain or over TLS, on a socket that the dialer connected.
 */
#ifndef SG_EGRESS_CONN_H
#define SG_EGRESS_CONN_H

#include <sys/queue.h>

#include "egress/tls.h"
#include "os/loop.h"

struct conn {
    int fd;
    struct loop *loop;
    struct tls *tls; /* NULL: plain */
    bool open;       /* after its handshake */
    bool used;       /* a request has left on it */
    struct loop_watch *watch;
    loop_fd_fn *fn;
    void *ctx;
    void *pool;              /* its pool's */
    uint64_t idle_since;     /* ms of the loop's clock; the pool's */
    TAILQ_ENTRY(conn) entry; /* the pool's */
};

/* Takes the socket over. trust NULL: plain. */
struct conn *conn_new(struct loop *l, int fd, const struct trust *trust);
/* Closes it. Takes NULL. */
void conn_free(struct conn *c);

/* Calls fn(ctx, ...) for these events, in place of what it was watched for; 0: for none. */
void conn_watch(struct conn *c, unsigned events, loop_fd_fn *fn, void *ctx);

/* Before anything is sent: ERR_OK, ERR_AGAIN, ERR_UPSTREAM_TLS. */
MUST_USE enum err conn_open(struct conn *c);
/* Sends what there is room for of s, which is not empty: ERR_OK, ERR_AGAIN, ERR_CLOSED. */
MUST_USE enum err conn_send(struct conn *c, struct slice s, size_t *ret_n);
/* ERR_OK, with 0 bytes at its good end; ERR_AGAIN; ERR_CLOSED. */
MUST_USE enum err conn_recv(struct conn *c, uint8_t *dst, size_t n, size_t *ret_n);

/* Whether TLS has bytes that conn_recv would give, and the socket does not tell of. */
bool conn_has_unread(const struct conn *c);
/* Whether it has to send before it can go on. */
bool conn_wants_room(const struct conn *c);
/* Whether the other side has room for all that was sent. */
bool conn_is_sent(const struct conn *c);
/*
 * Whether nothing has come that nobody asked for: no byte, no end. Over TLS a new connection has
 * some that are rightly there, as session tickets are; what they are only TLS can tell, and nobody's
 * request was there before. Later ones were read with the answers, and a connection with more is not
 * worth the doubt.
 */
bool conn_is_clean(const struct conn *c);

#endif
