/*
 * The dialer's connecting half. It runs on the loop, on addresses that the address wall let
 * through, and reads no byte from the sockets that it makes: it hands them on.
 */
#include "dialer/connector.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/slice.h"
#include "os/sock.h"

struct attempt {
    struct connector *c;
    struct loop_watch *watch;
    int fd; /* -1: not begun, or failed */
};

struct connector {
    struct loop *loop;
    struct loop_timer *timer;
    connector_fn *fn;
    void *ctx;
    uint16_t port;
    size_t n, next;   /* addresses; how many of them were begun */
    size_t under_way; /* attempts with a descriptor */
    struct address a[LIM_ADDRESSES];
    struct attempt t[LIM_ADDRESSES];
};

union any_address {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

static socklen_t make_address(const struct address *a, uint16_t port, union any_address *ret)
{
    *ret = (union any_address){0};
    if (a->n == 4) {
        uint8_t *to = (uint8_t *)&ret->in.sin_addr;
        ret->in.sin_family = AF_INET;
        ret->in.sin_port = htons(port);
        for (size_t i = 0; i < 4; i++)
            to[i] = a->b[i];
        return sizeof(ret->in);
    }
    ret->in6.sin6_family = AF_INET6;
    ret->in6.sin6_port = htons(port);
    for (size_t i = 0; i < 16; i++)
        ret->in6.sin6_addr.s6_addr[i] = a->b[i];
    return sizeof(ret->in6);
}

/* On loopback, a connection to a port of the ephemeral range on which nobody listens can become one
 * to itself; a request would be its own answer. */
static bool is_connected_to_itself(int fd)
{
    union any_address own = {0}, other = {0};
    socklen_t own_n = sizeof(own), other_n = sizeof(other);

    if (getsockname(fd, &own.sa, &own_n) != 0 || getpeername(fd, &other.sa, &other_n) != 0)
        return true; /* not connected at all */
    return slice_eq(slice_of(&own, own_n), slice_of(&other, other_n));
}

static bool is_connected(int fd)
{
    int error = 0;
    socklen_t n = sizeof(error);

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error == 0 &&
           !is_connected_to_itself(fd);
}

static void set_options(int fd)
{
    const int on = 1;

    /* A socket without them works; the peer that vanishes is noticed later. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

static void attempt_end(struct attempt *t)
{
    if (t->fd < 0)
        return;
    loop_unwatch(t->watch);
    sock_close(t->fd);
    *t = (struct attempt){.c = t->c, .fd = -1};
    t->c->under_way--;
}

static void on_timer(void *ctx);

static void on_event(void *ctx, UNUSED unsigned events)
{
    struct attempt *t = ctx;
    struct connector *c = t->c;
    int fd = t->fd;

    if (!is_connected(fd)) {
        attempt_end(t);
        loop_timer_set(c->timer, 0); /* the next address, or the end */
        return;
    }
    loop_unwatch(t->watch);
    *t = (struct attempt){.c = c, .fd = -1}; /* moved to the callee */
    c->under_way--;
    loop_timer_stop(c->timer);
    set_options(fd);
    c->fn(c->ctx, ERR_OK, fd);
}

static void attempt_begin(struct connector *c, size_t i)
{
    union any_address to;
    socklen_t n = make_address(&c->a[i], c->port, &to);
    struct attempt *t = &c->t[i];
    int fd = socket(to.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return;
    if (connect(fd, &to.sa, n) != 0 && errno != EINPROGRESS) {
        sock_close(fd);
        return;
    }
    t->fd = fd;
    t->watch = loop_watch(c->loop, fd, LOOP_WRITE, on_event, t);
    c->under_way++;
}

static void on_timer(void *ctx)
{
    struct connector *c = ctx;

    if (c->next < c->n) {
        attempt_begin(c, c->next++);
        loop_timer_set(c->timer, c->under_way == 0 ? 0 : LIM_NEXT_ADDRESS_MS);
    } else if (c->under_way == 0) {
        c->fn(c->ctx, ERR_UPSTREAM_DOWN, -1);
    }
}

struct connector *connector_new(struct loop *l, const struct address *a, size_t n, uint16_t port,
                                connector_fn *fn, void *ctx)
{
    struct connector *c = MEM_NEW(struct connector);

    BUG_IF(n == 0 || n > LIM_ADDRESSES);
    *c = (struct connector){.loop = l, .fn = fn, .ctx = ctx, .port = port, .n = n};
    for (size_t i = 0; i < LIM_ADDRESSES; i++) {
        c->t[i] = (struct attempt){.c = c, .fd = -1};
        if (i < n)
            c->a[i] = a[i];
    }
    c->timer = loop_timer_new(l, on_timer, c);
    loop_timer_set(c->timer, 0);
    return c;
}

void connector_free(struct connector *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n; i++)
        attempt_end(&c->t[i]);
    loop_timer_free(c->timer);
    mem_free(c);
}
