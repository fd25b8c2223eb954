/*
 * gateway: agent zone.
 *
 * Speaks MCP with clients over HTTP. It reads each message once, strictly, checks what the
 * specification wants checked, and asks the keeper, who alone decides; then it gives the body to
 * the egress process of the upstream, or a person's link to the client. It holds the tokens that
 * clients show it, for as long as the question to the keeper takes, and verifies none of them
 * itself; it has no key, no credential, no file, and no way to connect anywhere. It fears every
 * byte that a client sends, and what an upstream says, although egress has checked and screened
 * that. It talks to the keeper and to egress processes, on channels that the supervisor hands it.
 * Who takes it over sees the traffic and the agent keys shown to it from then on.
 */
#include "crypto/init.h"
#include "gateway/gateway.h"
#include "ipc/gen/gateway.h"
#include "ipc/role.h"

static enum err on_open(struct role_self *r, void *ctx)
{
    struct gateway *g = ctx;

    g->loop = role_loop(r);
    g->instance = role_boot(r)->instance;
    crypto_init();
    gateway_open(g);
    return gateway_conf_check(&g->conf);
}

static void on_listener(UNUSED struct role_self *r, void *ctx, int fd)
{
    struct gateway *g = ctx;

    httpd_listen(g->http, fd);
}

static void on_peer(UNUSED struct role_self *r, void *ctx, struct chan *c)
{
    gateway_peer(ctx, c);
}

static void on_lost(UNUSED struct role_self *r, void *ctx, struct chan *c)
{
    gateway_lost(ctx, c);
}

static void on_writable(UNUSED struct role_self *r, void *ctx, struct chan *c)
{
    gateway_writable(ctx, c);
}

/* What clients wait for is ended in order; the supervisor waits a little. */
static void on_stop(UNUSED struct role_self *r, void *ctx)
{
    struct gateway *g = ctx;

    gateway_done(g);
}

int main(void)
{
    static struct gateway g;
    static const struct role_ops ops = {
        .role = ROLE_GATEWAY,
        .box = BOX_gateway,
        .message = gateway_dispatch,
        .open = on_open,
        .listener = on_listener,
        .peer = on_peer,
        .lost = on_lost,
        .writable = on_writable,
        .stop = on_stop,
    };

    gateway_init(&g, NULL);
    return role_main(&ops, &g);
}
