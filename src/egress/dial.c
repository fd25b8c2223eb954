/*
 * Connections that uses wait for. Egress asks the keeper for one, which has the dialer make it. An
 * agent key has a share of what can be under way at one upstream; further ones of it wait, and not
 * those of others. A dial whose use has left is under way until the dialer is done with it.
 */
#include "egress/dial.h"

#include "base/mem.h"
#include "base/planted.h"
#include "ipc/gen/egress.h"
#include "ipc/gen/send.h"
#include "os/sock.h"

struct egress_dial {
    uint64_t number;
    struct egress *all;
    struct client_id client;
    struct group_link of_client;
    struct use *use; /* NULL: it has left */
    struct loop_timer *timer;
    UT_hash_handle hh;
};

static bool has_turn(const struct use *u)
{
    return group_size(&u->all->dialing, ID_SLICE(u->client)) < LIM_DIALS_PER_KEY ||
           PLANTED(dials_unshared);
}

static uint64_t dial_time(void)
{
    return limit_get(SET_CONNECT_TIME) + LIM_DIAL_SLACK_MS;
}

static void on_no_answer(void *ctx);

static void dial(struct use *u)
{
    struct egress_dial *d = MEM_NEW(struct egress_dial);
    struct msg_dial_want m = {.use = u->id, .dial = ++u->all->last_dial};

    *d = (struct egress_dial){.number = m.dial, .all = u->all, .client = u->client, .use = u};
    d->timer = loop_timer_new(u->all->loop, on_no_answer, d);
    loop_timer_set(d->timer, dial_time());
    HASH_ADD(hh, u->all->dials, number, sizeof(d->number), d);
    group_join(&u->all->dialing, ID_SLICE(u->client), &d->of_client, d);
    u->dial = d;
    tell_dial_want(u->keeper, &m);
}

/* One of that key has ended. */
static void next_turn(struct egress *all, const struct client_id *client)
{
    struct group_link *l = group_first(&all->to_dial, ID_SLICE(*client));

    if (!l || !has_turn(l->thing))
        return;
    group_leave(l);
    dial(l->thing);
}

/* The use that waited for it, or NULL: that has left. */
static struct use *dial_end(struct egress_dial *d)
{
    struct egress *all = d->all;
    const struct client_id client = d->client;
    struct use *u = d->use;

    if (u) {
        u->dial = NULL;
        loop_timer_stop(u->timer);
    }
    HASH_DEL(all->dials, d);
    group_leave(&d->of_client);
    loop_timer_free(d->timer);
    mem_free(d);
    next_turn(all, &client);
    return u;
}

/* With the socket, or -1 and why there is none; NULL: nobody knows of that dial any more. */
static void settle(struct egress_dial *d, int fd, enum err why)
{
    struct use *u = d ? dial_end(d) : NULL;

    if (u)
        u->dialed(u, fd, why);
    else
        sock_close(fd);
}

/* Nobody will: the dialer has less time, and there may have been none. */
static void on_no_answer(void *ctx)
{
    settle(ctx, -1, ERR_TIMEOUT);
}

static struct egress_dial *find(const struct egress *all, uint64_t number)
{
    struct egress_dial *d;

    HASH_FIND(hh, all->dials, &number, sizeof(number), d);
    return d;
}

void dial_leave(struct use *u)
{
    struct egress_dial *d = u->dial;

    group_leave(&u->to_dial);
    u->dial = NULL;
    if (d)
        d->use = NULL;
    if (d && PLANTED(dials_forgotten))
        (void)dial_end(d);
}

static void on_no_socket(void *ctx)
{
    struct use *u = ctx;

    dial_leave(u);
    u->dialed(u, -1, ERR_TIMEOUT);
}

void dial_want(struct use *u, dial_fn *fn)
{
    u->dialed = fn;
    if (!u->keeper || ++u->dials > LIM_DIALS_PER_EXCHANGE || ++u->all_dials > LIM_DIALS_PER_USE) {
        fn(u, -1, !u->keeper ? ERR_UNAVAILABLE : ERR_UPSTREAM_DOWN);
        return;
    }
    loop_timer_free(u->timer);
    u->timer = loop_timer_new(u->all->loop, on_no_socket, u);
    loop_timer_set(u->timer, dial_time());
    if (has_turn(u)) {
        dial(u);
        return;
    }
    group_join(&u->all->to_dial, ID_SLICE(u->client), &u->to_dial, u);
}

void egress_on_dialed(struct egress *all, struct chan *c, const struct msg_dialed *m, int fd)
{
    if (sock_is_connected(fd) && sock_is_stream(fd)) {
        settle(find(all, m->dial), fd, ERR_OK);
        return;
    }
    if (fd < 0 || sock_is_stream(fd)) /* no room here, or reset since: not the dialer's fault */
        settle(find(all, m->dial), -1, fd < 0 ? ERR_UNAVAILABLE : ERR_UPSTREAM_DOWN);
    else
        chan_breach(c, BREACH_NO_SOCKET); /* what waits for it fails with the dialer's channel */
    sock_close(fd);
}

void egress_on_dial_failed(struct egress *all, UNUSED struct chan *c,
                           const struct msg_dial_failed *m)
{
    settle(find(all, m->dial), -1, m->code);
}

void dial_lost(struct egress *all)
{
    while (all->dials)
        settle(all->dials, -1, ERR_UNAVAILABLE);
}
