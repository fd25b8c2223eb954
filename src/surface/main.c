/*
 * surface: human zone.
 *
 * Serves the pages on which a person logs in, gives what an agent needs, declines, and revokes. It
 * holds what is typed, for as long as it takes to seal it to the keeper; the public key can only
 * put things in, so surface cannot take anything out again, and no page shows a value. It fears
 * browsers, and whoever makes them ask: other sites, other people with the link, agents that drive
 * a browser. It talks to the keeper, which knows who is who and decides everything. Losing it costs
 * what is typed from then on, never what is stored.
 */
#include "ipc/role.h"
#include "surface/surface.h"

static enum err on_open(struct role_self *r, void *ctx)
{
    return surface_open(ctx, role_loop(r));
}

static void on_listener(UNUSED struct role_self *r, void *ctx, int fd)
{
    struct surface *s = ctx;

    httpd_listen(s->httpd, fd);
}

static void on_peer(UNUSED struct role_self *r, void *ctx, struct chan *c)
{
    if (chan_peer(c)->role == ROLE_KEEPER)
        surface_set_keeper(ctx, c);
}

static void on_lost(UNUSED struct role_self *r, void *ctx, struct chan *c)
{
    if (chan_peer(c)->role == ROLE_KEEPER)
        surface_set_keeper(ctx, NULL);
}

int main(void)
{
    static const struct role_ops ops = {
        .role = ROLE_SURFACE,
        .box = BOX_surface,
        .message = surface_message,
        .open = on_open,
        .listener = on_listener,
        .peer = on_peer,
        .lost = on_lost,
    };
    struct surface surface = {0};
    int status = role_main(&ops, &surface);

    surface_close(&surface);
    return status;
}
