/* The dialer with a keeper that names destinations and an egress that gets sockets. */
#include "as_dialer.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "os/sock.h"

struct as_dialer as_dialer;

/* Those who are not there, or not any more. */
static void meet(struct play *p)
{
    if (as_dialer.keeper == NULL || as_dialer.keeper->over)
        as_dialer.keeper = play_peer(p, ROLE_KEEPER, HONEST);
    if (as_dialer.egress == NULL || as_dialer.egress->over)
        as_dialer.egress = play_peer(p, ROLE_EGRESS, WEATHER);
}

static void set(struct play *p)
{
    as_dialer = (struct as_dialer){.last_dial = 1000, .listener = -1};
    as_dialer.listener = tcp_listener(&as_dialer.port);
    meet(p);
}

struct msg_dial as_dialer_dial(void)
{
    return (struct msg_dial){.dial = ++as_dialer.last_dial,
                             .egress = as_dialer.egress->instance,
                             .egress_generation = as_dialer.egress->generation,
                             .upstream = WEATHER,
                             .host = SLICE_LIT("127.0.0.1"),
                             .port = as_dialer.port};
}

void as_dialer_forget(void)
{
    int fd;

    while ((fd = accept(as_dialer.listener, NULL, NULL)) >= 0)
        sock_close(fd);
}

static in_port_t port_of(int fd, int (*name)(int, struct sockaddr *, socklen_t *))
{
    struct sockaddr_in a = {0};
    socklen_t n = sizeof a;

    assert_int_equal(name(fd, (struct sockaddr *)&a, &n), 0);
    return a.sin_port;
}

/* What is dialed arrives, and works. One that was dialed before, for an egress that is gone, may
 * come only now. */
static void check(struct play *p)
{
    struct msg_dial m;
    struct line *l;
    char byte = 0;
    int accepted;

    play_turn(p, 0);
    meet(p);
    as_dialer_forget();
    m = as_dialer_dial();
    say(as_dialer.keeper, MSG_DIAL, &m);
    l = hear_line(as_dialer.egress, MSG_DIALED);
    assert_int_equal(l->m.dialed.dial, m.dial);
    accepted = tcp_accept(p, as_dialer.listener);
    while (port_of(accepted, getpeername) != port_of(l->fd, getsockname)) {
        sock_close(accepted);
        accepted = tcp_accept(p, as_dialer.listener);
    }
    assert_int_equal(send(l->fd, "x", 1, 0), 1);
    assert_int_equal(recv(accepted, &byte, 1, 0), 1);
    assert_int_equal(byte, 'x');
    sock_close(accepted);
}

static void clear(void)
{
    sock_close(as_dialer.listener);
    as_dialer.listener = -1;
}

const struct cast cast_dialer = {ROLE_DIALER, set, check, clear};
