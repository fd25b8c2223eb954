/* What the tests of src/ipc/chan.c share: one or two ends in this process. */
#ifndef SG_IPC_CHAN_WORLD_H
#define SG_IPC_CHAN_WORLD_H

#include "messages.h"

#include "ipc/chan.h"
#include "ipc/gen/send.h"
#include "os/log.h"
#include "os/sock.h"

#include <stdlib.h>

struct side {
    struct chan *chan;
    unsigned messages, closed, writable;
    enum msg last;
    uint64_t number; /* of the last message's first field */
    enum err why;
    bool refuse, free_in_message;
    int fd;
};

struct world {
    struct loop *loop;
    struct side a, b; /* a: gateway, b: keeper, unless a test says otherwise */
    int raw;          /* the other end of b's channel when there is no a */
    char log[4096];
};

static inline bool on_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    struct side *s = ctx;

    s->messages++;
    s->last = type;
    s->fd = fd;
    memcpy(&s->number, m, sizeof s->number);
    if (s->free_in_message) {
        chan_free(c);
        s->chan = NULL;
        return true;
    }
    return !s->refuse;
}

static inline void on_closed(void *ctx, struct chan *c, enum err why)
{
    struct side *s = ctx;

    s->closed++;
    s->why = why;
    chan_free(c);
    s->chan = NULL;
}

static inline void on_writable(void *ctx, struct chan *c)
{
    struct side *s = ctx;

    (void)c;
    s->writable++;
}

static const struct chan_events events = {on_message, on_closed, on_writable};

static inline void keep_log(void *ctx, struct slice line)
{
    struct world *w = ctx;
    size_t n = strlen(w->log);

    if (n + line.n < sizeof w->log)
        memcpy(w->log + n, line.p, line.n);
}

static inline int start(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    w->loop = loop_new();
    w->raw = -1;
    w->a.fd = w->b.fd = -1;
    log_set_sink(keep_log, w);
    log_set_level(LEVEL_INFO);
    chan_own(0, 0);
    *state = w;
    return 0;
}

static inline int end(void **state)
{
    struct world *w = *state;

    chan_free(w->a.chan);
    chan_free(w->b.chan);
    sock_close(w->raw);
    sock_close(w->a.fd);
    sock_close(w->b.fd);
    loop_free(w->loop);
    log_set_sink(NULL, NULL);
    free(w);
    return 0;
}

static inline void turns(struct world *w)
{
    for (int i = 0; i < 20; i++)
        loop_turn(w->loop, 0);
}

static const struct chan_peer gateway = {.role = ROLE_GATEWAY, .instance = 3, .generation = 9};
static const struct chan_peer keeper = {.role = ROLE_KEEPER, .generation = 2};

static inline void both(struct world *w)
{
    int fds[2];

    assert_err(sock_pair(fds), ERR_OK);
    w->a.chan = chan_new(w->loop, fds[0], ROLE_GATEWAY, keeper, &events, &w->a);
    w->b.chan = chan_new(w->loop, fds[1], ROLE_KEEPER, gateway, &events, &w->b);
}

/* Only the keeper's end; the test speaks for the gateway. */
static inline void alone(struct world *w, bool greet)
{
    static uint8_t hello[64];
    struct chan *c;
    int fds[2], pass;
    size_t n = 0;

    assert_err(sock_pair(fds), ERR_OK);
    w->raw = fds[0];
    w->b.chan = chan_new(w->loop, fds[1], ROLE_KEEPER, gateway, &events, &w->b);
    if (!greet)
        return;
    /* A real end's hello, taken from its socket. */
    assert_err(sock_pair(fds), ERR_OK);
    c = chan_new(w->loop, fds[1], ROLE_GATEWAY, keeper, &events, NULL);
    chan_free(c);
    assert_err(sock_recv(fds[0], hello, sizeof hello, &n, &pass), ERR_OK);
    sock_close(fds[0]);
    assert_err(sock_send(w->raw, slice_of(hello, n), -1), ERR_OK);
}

static inline void send_raw(struct world *w, enum msg type, enum fill how, int fd)
{
    struct buf b = BUF_INIT(LIM_FRAME_BYTES);
    union msg_any m;

    fill_message(msg_info((uint16_t)type), how, &m);
    assert_err(wire_put(&b, (uint16_t)type, msg_info((uint16_t)type), &m), ERR_OK);
    wire_done(msg_info((uint16_t)type), &m);
    assert_err(sock_send(w->raw, buf_slice(&b), fd), ERR_OK);
    buf_free(&b);
}

#endif
