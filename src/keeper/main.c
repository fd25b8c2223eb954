/*
 * keeper: core zone.
 *
 * The reference monitor: every request passes it, it alone decides, and it interprets no format:
 * other people's bytes have lengths and digests here, and no structure. Only it holds the master
 * key, the store, policy, handoffs, leases, and the private key that opens what people type. It
 * fears gateways and egress processes that were taken over (each can name only its own calls and
 * uses), a surface that was taken over (proof is compared and boxes are opened here), a crash
 * between any two steps, and a store or a log that was rolled back. It talks to gateway, surface,
 * egress, dialer, audit, the supervisor, and through it to the sidegate command. Its loss costs
 * everything that is in progress but nothing that anybody was told is done.
 */
#include "ipc/gen/keeper.h"
#include "ipc/role.h"
#include "keeper/keeper.h"
#include "keeper/sums.h"
#include "os/file.h"
#include "os/log.h"

static enum err on_open(struct role_self *r, void *ctx)
{
    const struct role_boot *b = role_boot(r);
    struct keeper *k = ctx;
    enum err e = file_mkdir(b->data_dir);

    k->supervisor = role_supervisor(r);
    if (!e)
        e = file_mkdir(b->key_dir);
    if (!e)
        e = keeper_open(k, role_loop(r), b->data_dir, b->key_dir);
    if (!e)
        e = role_watch(r, STORE_FILE);
    if (e)
        log_event(LEVEL_ERROR, "keeper_not_started", LOG_ERR(e));
    return e;
}

static void on_peer(UNUSED struct role_self *r, void *ctx, struct chan *c)
{
    keeper_peer(ctx, c);
}

static void on_lost(UNUSED struct role_self *r, void *ctx, struct chan *c)
{
    keeper_lost(ctx, c);
}

static void on_writable(struct role_self *r, void *ctx, struct chan *c)
{
    if (c != role_supervisor(r))
        keeper_writable(ctx, c);
}

static void on_stop(UNUSED struct role_self *r, void *ctx)
{
    struct keeper *k = ctx;

    if (k->store) {
        sums_flush(k);
        store_drain(k->store); /* what was begun in this turn */
    }
}

static void on_close(void *ctx)
{
    keeper_close(ctx);
}

int main(void)
{
    static const struct role_ops ops = {
        .role = ROLE_KEEPER,
        .box = BOX_keeper,
        .message = keeper_dispatch,
        .open = on_open,
        .peer = on_peer,
        .lost = on_lost,
        .writable = on_writable,
        .stop = on_stop,
        .close = on_close,
    };
    static struct keeper keeper;

    return role_main(&ops, &keeper);
}
