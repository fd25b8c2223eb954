/*
 * Connections that uses wait for. Egress asks the keeper for one, which has the dialer make it. An
 * agent key has a share of what can be under way at one upstream; further ones of it wait, and not
 * those of others.
 */
#include "egress/use.h"

#include "base/planted.h"
#include "ipc/gen/send.h"
#include "os/sock.h"

static bool has_turn(const struct use *u)
{
    const struct use *other;
    size_t n = 0;

    for (other = u->all->by_dial; other != NULL; other = other->hh_dial.next)
        n += ID_EQ(other->client, u->client);
    return n < LIM_DIALS_PER_KEY || PLANTED(dials_unshared);
}

static void dial(struct use *u)
{
    struct msg_dial_want m = {.use = u->id, .dial = ++u->all->last_dial};

    u->dial = m.dial;
    HASH_ADD(hh_dial, u->all->by_dial, dial, sizeof(u->dial), u);
    tell_dial_want(u->keeper, &m);
}

static void stop_waiting(struct use *u)
{
    u->waits_to_dial = false;
    TAILQ_REMOVE(&u->all->to_dial, u, waiting_to_dial);
}

/* One of that key has ended. */
static void next_turn(struct egress *all, const struct client_id *client)
{
    struct use *u;

    TAILQ_FOREACH(u, &all->to_dial, waiting_to_dial) {
        if (ID_EQ(u->client, *client))
            break;
    }
    if (u == NULL || !has_turn(u))
        return;
    stop_waiting(u);
    dial(u);
}

static struct use *take_dial(struct egress *all, uint64_t number)
{
    struct use *u;

    HASH_FIND(hh_dial, all->by_dial, &number, sizeof(number), u);
    if (u == NULL)
        return NULL; /* its use is over */
    HASH_DELETE(hh_dial, all->by_dial, u);
    u->dial = 0;
    loop_timer_stop(u->timer);
    next_turn(all, &u->client);
    return u;
}

void dial_leave(struct use *u)
{
    if (u->waits_to_dial)
        stop_waiting(u);
    if (u->dial != 0)
        (void)take_dial(u->all, u->dial);
}

static void on_no_socket(void *ctx)
{
    struct use *u = ctx;

    dial_leave(u);
    exchange_fail(u->exchange, ERR_TIMEOUT);
}

void use_want_socket(struct use *u)
{
    if (u->keeper == NULL || ++u->dials > LIM_DIALS_PER_EXCHANGE ||
        ++u->all_dials > LIM_DIALS_PER_USE) {
        exchange_fail(u->exchange, u->keeper == NULL ? ERR_UNAVAILABLE : ERR_UPSTREAM_DOWN);
        return;
    }
    loop_timer_free(u->timer);
    u->timer = loop_timer_new(u->all->loop, on_no_socket, u);
    loop_timer_set(u->timer, limit_get(SET_CONNECT_TIME) + LIM_DIAL_SLACK_MS);
    if (has_turn(u)) {
        dial(u);
        return;
    }
    u->waits_to_dial = true;
    TAILQ_INSERT_TAIL(&u->all->to_dial, u, waiting_to_dial);
}

void uses_dialed(struct egress *all, uint64_t number, int fd)
{
    struct use *u = take_dial(all, number);

    if (u == NULL) {
        sock_close(fd);
        return;
    }
    pool_give(u->pool, fd, exchange_http(u->exchange));
    exchange_retry(u->exchange);
}

void uses_dial_failed(struct egress *all, uint64_t number, enum err code)
{
    struct use *u = take_dial(all, number);

    if (u != NULL)
        exchange_fail(u->exchange, code);
}

void uses_lost_dialer(struct egress *all)
{
    while (all->by_dial != NULL)
        uses_dial_failed(all, all->by_dial->dial, ERR_UNAVAILABLE);
}
