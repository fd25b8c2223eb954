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
#include "egress/http.h"
#include "egress/join.h"
#include "egress/place.h"
#include "egress/refuse.h"
#include "egress/state.h"
#include "egress/tls.h"
#include "egress/uses.h"
#include "ipc/gen/egress.h"
#include "ipc/gen/send.h"
#include "os/log.h"
#include "os/sock.h"

static void on_conf_upstream(void *ctx, struct chan *c, struct msg_conf_upstream *m)
{
    struct egress *all = ctx;

    (void)c;
    conf_on_upstream(&all->conf, m);
}

static void on_conf_endpoint(void *ctx, struct chan *c, struct msg_conf_endpoint *m)
{
    struct egress *all = ctx;

    (void)c;
    conf_on_endpoint(&all->conf, m);
}

static void on_conf_field(void *ctx, struct chan *c, struct msg_conf_field *m)
{
    struct egress *all = ctx;

    (void)c;
    conf_on_field(&all->conf, m);
}

static void on_conf_place(void *ctx, struct chan *c, struct msg_conf_place *m)
{
    struct egress *all = ctx;

    (void)c;
    conf_on_place(&all->conf, m);
}

static void on_conf_rule(void *ctx, struct chan *c, struct msg_conf_rule *m)
{
    struct egress *all = ctx;

    (void)c;
    conf_on_rule(&all->conf, m);
}

static void on_conf_verify(void *ctx, struct chan *c, struct msg_conf_verify *m)
{
    struct egress *all = ctx;

    (void)c;
    conf_on_verify(&all->conf, m);
}

static void on_permit(void *ctx, struct chan *c, struct msg_permit *m)
{
    join_permit(ctx, c, m);
}

static void on_state_sealed(void *ctx, struct chan *c, struct msg_state_sealed *m)
{
    state_sealed(ctx, c, m);
}

static void on_drop(void *ctx, struct chan *c, struct msg_drop *m)
{
    uses_drop(ctx, &m->connection);
    tell_dropped(c, &(struct msg_dropped){0});
}

static void on_cut(void *ctx, struct chan *c, struct msg_cut *m)
{
    uses_cut(ctx, c, &m->use);
}

static void on_send_head(void *ctx, struct chan *c, struct msg_send_head *m)
{
    join_head(ctx, c, m);
}

static void on_send_param(void *ctx, struct chan *c, struct msg_send_param *m)
{
    join_param(ctx, c, m);
}

static void on_send_part(void *ctx, struct chan *c, struct msg_send_part *m)
{
    join_part(ctx, c, m);
}

static void on_ask_refuse(void *ctx, struct chan *c, struct msg_ask_refuse *m)
{
    refuse_asked(ctx, c, m);
}

static void on_call_cancel(void *ctx, struct chan *c, struct msg_call_cancel *m)
{
    uses_cancel(ctx, c, m->call);
}

static void on_credit(void *ctx, struct chan *c, struct msg_credit *m)
{
    uses_credit(ctx, c, m->call, m->bytes);
}

static void on_session_end(void *ctx, struct chan *c, struct msg_session_end *m)
{
    struct egress *all = ctx;
    const struct chan_peer *p = chan_peer(c);
    const struct session_key ended = {
        .session = m->session, .gateway = p->instance, .generation = p->generation};

    sessions_end(&all->sessions, &ended);
}

static void on_dialed(void *ctx, struct chan *c, struct msg_dialed *m, int fd)
{
    if (sock_is_connected(fd) && sock_is_stream(fd)) {
        dial_done(ctx, m->dial, fd);
        return;
    }
    if (fd < 0 || sock_is_stream(fd)) /* no room here, or reset since: not the dialer's fault */
        dial_failed(ctx, m->dial, fd < 0 ? ERR_UNAVAILABLE : ERR_UPSTREAM_DOWN);
    else
        chan_breach(c, BREACH_NO_SOCKET); /* what waits for it fails with the dialer's channel */
    sock_close(fd);
}

static void on_dial_failed(void *ctx, struct chan *c, struct msg_dial_failed *m)
{
    (void)c;
    dial_failed(ctx, m->dial, m->code < ERR_COUNT ? (enum err)m->code : ERR_UPSTREAM_DOWN);
}

static bool on_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    static const struct egress_handlers handlers = EGRESS_HANDLERS(on_);

    return egress_dispatch(&handlers, ctx, c, type, m, fd);
}

/* Files are read here: the trust anchors, and the time zone, which the C library would open at the
 * first date. */
static enum err on_open(struct role_self *r, void *ctx)
{
    struct egress *all = ctx;
    enum err e = conf_check(&all->conf);

    all->role = r;
    all->loop = role_loop(r);
    all->transport = &exchange_http;
    shares_init(&all->shares, limit_get(SET_BODIES_BYTES), limit_get(SET_CLIENT_BYTES));
    tzset();
    if (e == ERR_OK)
        e = place_check(&all->conf);
    if (e == ERR_OK && all->conf.tls)
        e = trust_read(&all->trust);
    if (e == ERR_OK)
        all->pools = pools_new(all->loop, &all->conf, all->trust, &http_pool_ops);
    return e;
}

static void on_peer(struct role_self *r, void *ctx, struct chan *c)
{
    struct egress *all = ctx;

    (void)r;
    if (chan_peer(c)->role == ROLE_KEEPER)
        all->keeper = c;
}

static void on_lost(struct role_self *r, void *ctx, struct chan *c)
{
    struct egress *all = ctx;
    enum role role = chan_peer(c)->role;

    (void)r;
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

static void on_writable(struct role_self *r, void *ctx, struct chan *c)
{
    (void)r;
    uses_writable(ctx, c);
}

static void on_stop(struct role_self *r, void *ctx)
{
    (void)r;
    uses_stop(ctx);
}

int main(void)
{
    static const struct role_ops ops = {
        .role = ROLE_EGRESS,
        .box = BOX_egress,
        .message = on_message,
        .open = on_open,
        .peer = on_peer,
        .lost = on_lost,
        .writable = on_writable,
        .stop = on_stop,
    };
    struct egress all = {0};

    if (tls_start() != ERR_OK) {
        log_event(LOG_ERROR, "no_tls_library");
        return 1;
    }
    crypto_init();
    random_bytes(&all.screen_key, sizeof(all.screen_key));
    conf_init(&all.conf);
    sessions_init(&all.sessions);
    TAILQ_INIT(&all.refusals);
    TAILQ_INIT(&all.to_dial);
    TAILQ_INIT(&all.waiting);
    return role_main(&ops, &all);
}
