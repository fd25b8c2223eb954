/*
 * egress: upstream zone. One process for each upstream.
 *
 * Sends permitted requests to its one upstream, with a credential that it holds for the length of
 * that request, and gives the screened answer to the gateway. Only it sees what the upstream sends.
 * It fears the upstream, whose TLS, HTTP, JSON and text it reads, and which may reflect the
 * credential, answer twice, never, or what was not asked; and the gateway, which may be hostile and
 * can send nothing that the keeper did not permit to the byte. It talks to the keeper (permits and
 * results), the gateways (bodies and answers) and the dialer (connected sockets): it can neither
 * resolve, connect nor open. Losing it costs the requests under way, whose outcome is then unknown,
 * until the keeper has it started again.
 */
#include "egress/egress.h"

#include <time.h>

#include "crypto/init.h"
#include "crypto/random.h"
#include "egress/dial.h"
#include "egress/exchange.h"
#include "egress/place.h"
#include "egress/uses.h"
#include "ipc/gen/egress.h"

struct egress_conf *egress_conf(struct egress *all)
{
    return &all->conf;
}

/* Files are read here: what the transport needs, and the time zone, which the C library would open
 * at the first date. */
static enum err on_open(struct role_self *r, void *ctx)
{
    struct egress *all = ctx;
    enum err e = egress_conf_check(&all->conf);

    all->role = r;
    all->loop = role_loop(r);
    all->transport = &exchange_http;
    shares_init(&all->shares, limit_get(SET_BODIES_BYTES), limit_get(SET_CLIENT_BYTES));
    tzset();
    if (!e)
        e = place_check(&all->conf);
    return e ? e : all->transport->open(all);
}

static void on_peer(UNUSED struct role_self *r, void *ctx, struct chan *c)
{
    struct egress *all = ctx;

    if (chan_peer(c)->role == ROLE_KEEPER)
        all->keeper = c;
}

static void on_lost(UNUSED struct role_self *r, void *ctx, struct chan *c)
{
    struct egress *all = ctx;
    enum role role = chan_peer(c)->role;

    if (role == ROLE_KEEPER) {
        if (all->keeper == c)
            all->keeper = NULL;
        uses_lost_keeper(all, c);
    } else if (role == ROLE_GATEWAY) {
        uses_lost_gateway(all, c);
    } else if (role == ROLE_DIALER) {
        dial_lost(all);
    }
}

static void on_writable(UNUSED struct role_self *r, void *ctx, struct chan *c)
{
    uses_writable(ctx, c);
}

static void on_stop(UNUSED struct role_self *r, void *ctx)
{
    uses_stop(ctx);
}

int main(void)
{
    static const struct role_ops ops = {
        .role = ROLE_EGRESS,
        .box = BOX_egress,
        .message = egress_dispatch,
        .open = on_open,
        .peer = on_peer,
        .lost = on_lost,
        .writable = on_writable,
        .stop = on_stop,
    };
    struct egress all = {0};

    crypto_init();
    random_bytes(&all.screen_key, sizeof(all.screen_key));
    egress_conf_init(&all.conf);
    sessions_init(&all.sessions);
    return role_main(&ops, &all);
}
