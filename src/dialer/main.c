/*
 * dialer: upstream zone.
 *
 * Resolves names and connects, only where a "dial" of the keeper says, and hands the socket to the
 * egress process that the keeper named. It is the address wall: what a name resolved to is checked
 * against the table of dialer/address.c and the ranges that the configuration allows for that
 * upstream, every address, and only a checked address is connected to. It holds nothing. It fears
 * DNS answers, which anybody may have written. It talks to the keeper (which names destinations)
 * and to egress (which gets sockets). Losing it costs new upstream connections until it is started
 * again.
 */
#include "dialer/dials.h"
#include "ipc/gen/dialer.h"
#include "ipc/gen/send.h"
#include "ipc/role.h"
#include "os/log.h"
#include "os/sock.h"

struct dialer {
    struct role_self *role;
    struct dials *dials;
    struct address_wall wall;
    bool bad_conf;
};

void dialer_on_conf_allow(struct dialer *d, const struct msg_conf_allow *m)
{
    if (address_wall_add(&d->wall, m->upstream, m->address, m->prefix) != ERR_OK)
        d->bad_conf = true;
}

void dialer_on_dial(struct dialer *d, const struct msg_dial *m)
{
    const struct dial_key key = {m->dial, m->egress, m->egress_generation, m->upstream, m->client};

    dials_add(d->dials, &key, m->host, m->port);
}

/* The channel to that process, if it is still the one that the dial was for. */
static struct chan *egress_of(const struct dialer *d, const struct dial_key *key)
{
    struct chan *c = role_peer(d->role, ROLE_EGRESS, key->egress);

    return c && chan_peer(c)->generation == key->egress_generation ? c : NULL;
}

static void on_dial_end(void *ctx, const struct dial_key *key, enum err e, int fd)
{
    struct dialer *d = ctx;
    struct chan *c = egress_of(d, key);

    log_event(e ? LEVEL_WARN : LEVEL_DEBUG, "dialed", LOG_NUM("upstream", key->upstream),
              LOG_NUM("dial", key->dial), LOG_ERR(e));
    if (c && !e)
        e = send_dialed(c, &(struct msg_dialed){.dial = key->dial}, fd);
    if (e)
        tell_dial_failed(c, &(struct msg_dial_failed){.dial = key->dial, .code = e});
    sock_close(fd);
}

static enum err on_open(struct role_self *r, void *ctx)
{
    struct dialer *d = ctx;

    d->role = r;
    if (d->bad_conf)
        return ERR_CONFIG;
    return dials_new(role_loop(r), &d->wall, on_dial_end, d, &d->dials);
}

static void on_ready(struct role_self *r, void *ctx)
{
    struct dialer *d = ctx;
    enum err e = dials_start(d->dials);

    if (e) {
        log_event(LEVEL_ERROR, "no_resolver", LOG_ERR(e));
        loop_stop(role_loop(r));
    }
}

static void on_peer(UNUSED struct role_self *r, UNUSED void *ctx, UNUSED struct chan *c)
{
}

static void on_lost(UNUSED struct role_self *r, void *ctx, struct chan *c)
{
    struct dialer *d = ctx;
    const struct chan_peer *p = chan_peer(c);

    if (p->role == ROLE_EGRESS)
        dials_forget(d->dials, p->instance, p->generation);
}

int main(void)
{
    static const struct role_ops ops = {
        .role = ROLE_DIALER,
        .box = BOX_dialer,
        .message = dialer_dispatch,
        .open = on_open,
        .ready = on_ready,
        .peer = on_peer,
        .lost = on_lost,
    };
    struct dialer dialer = {0};
    int status = role_main(&ops, &dialer);

    dials_free(dialer.dials);
    address_wall_done(&dialer.wall);
    return status;
}
