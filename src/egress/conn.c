/*
 * Bytes to and from the upstream. Egress runs it; nothing here looks at them.
 */
#include "egress/conn.h"

#include "base/mem.h"
#include "os/sock.h"

struct conn *conn_new(struct loop *l, int fd, const struct trust *trust)
{
    struct conn *c = MEM_NEW(struct conn);

    *c = (struct conn){.fd = fd, .loop = l, .open = !trust};
    if (trust)
        c->tls = tls_new(trust, fd);
    return c;
}

void conn_free(struct conn *c)
{
    if (!c)
        return;
    loop_unwatch(c->watch);
    tls_free(c->tls);
    sock_close(c->fd);
    mem_free(c);
}

static void on_event(void *ctx, unsigned events)
{
    struct conn *c = ctx;

    c->fn(c->ctx, events);
}

void conn_watch(struct conn *c, unsigned events, loop_fd_fn *fn, void *ctx)
{
    c->fn = fn;
    c->ctx = ctx;
    if (events == 0) { /* the kernel would tell of its end all the same */
        loop_unwatch(c->watch);
        c->watch = NULL;
    } else if (!c->watch) {
        c->watch = loop_watch(c->loop, c->fd, events, on_event, c);
    } else {
        loop_watch_set(c->watch, events);
    }
}

enum err conn_open(struct conn *c)
{
    enum err e = c->open ? ERR_OK : tls_handshake(c->tls);

    c->open = e == ERR_OK;
    return e;
}

enum err conn_send(struct conn *c, struct slice s, size_t *ret_n)
{
    enum err e = c->tls ? tls_send(c->tls, s, ret_n) : sock_put(c->fd, s, ret_n);

    return !e || e == ERR_AGAIN ? e : ERR_CLOSED;
}

enum err conn_recv(struct conn *c, uint8_t *dst, size_t n, size_t *ret_n)
{
    enum err e = c->tls ? tls_recv(c->tls, dst, n, ret_n) : sock_take(c->fd, dst, n, ret_n);

    return !e || e == ERR_AGAIN ? e : ERR_CLOSED;
}

bool conn_has_unread(const struct conn *c)
{
    return c->tls && tls_has_unread(c->tls);
}

bool conn_wants_room(const struct conn *c)
{
    return c->tls && tls_wants_room(c->tls);
}

bool conn_is_sent(const struct conn *c)
{
    return sock_is_sent(c->fd);
}

bool conn_is_clean(const struct conn *c)
{
    return !conn_has_unread(c) && ((c->tls && !c->used) || sock_is_quiet(c->fd));
}
