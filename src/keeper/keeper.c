/* The keeper's start, end, and peers coming and going. Run before and inside the jail. */
#include "keeper/keeper.h"

#include "base/mem.h"
#include "crypto/open.h"
#include "crypto/random.h"
#include "ipc/gen/keeper.h"
#include "ipc/gen/send.h"
#include "keeper/auth.h"
#include "keeper/call.h"
#include "keeper/call_open.h"
#include "keeper/egress.h"
#include "keeper/handoff.h"
#include "keeper/master.h"
#include "keeper/outbox.h"
#include "keeper/pages.h"
#include "keeper/revoke.h"
#include "keeper/roots.h"
#include "keeper/snapshot.h"
#include "keeper/submit.h"
#include "keeper/sums.h"
#include "keeper/use.h"
#include "os/clock.h"
#include "os/log.h"

enum { HOUR_MS = 3600000 };
static const uint64_t keep_ms = 3ull * 24 * HOUR_MS; /* handoffs that are over */

/* What struct keeper only points to: the types of files above core.h. */
#define PARTS(P)                                                                                   \
    P(outbox, outbox)                                                                              \
    P(master, master)                                                                              \
    P(roots, roots)                                                                                \
    P(auth, auth)                                                                                  \
    P(sums, sums)                                                                                  \
    P(handoffs, handoffs)                                                                          \
    P(calls, calls)                                                                                \
    P(uses, uses)                                                                                  \
    P(keeper_egresses, egresses)                                                                   \
    P(pages, pages)

struct keeper_parts {
#define P(type, member) struct type member;
    PARTS(P)
#undef P
};

static void make_parts(struct keeper *k)
{
    k->parts = MEM_NEW(struct keeper_parts);
#define P(type, member) k->member = &k->parts->member;
    PARTS(P)
#undef P
}

struct keeper_conf *keeper_conf(struct keeper *k)
{
    return &k->conf;
}

/* --- the start -------------------------------------------------------------------------------- */

/* One more start of this node, or its first. */
static enum err start_node(void *ctx)
{
    struct keeper *k = ctx;

    RANDOM_ID(k->node);
    return store_one(k->store, Q_node_start, VALS(V_ID(k->node), V_INT(clock_wall_ms())),
                     &k->outbox->node);
}

static void started(struct keeper *k)
{
    k->node = k->outbox->node.id;
    k->epoch = k->outbox->node.epoch;
    k->clock_base = k->outbox->node.clock;
    k->boot_base = clock_steady_ms();
    outbox_open(k, uses_fail_waiting);
}

static enum err recover(void *ctx)
{
    struct keeper *k = ctx;
    enum err e = use_recover(k);

    if (!e)
        e = submit_recover(k);
    if (!e)
        e = NOTE(k, .event = EVENT_KEEPER_STARTED, .number = k->epoch);
    return e;
}

static enum err tidy_work(void *ctx)
{
    struct keeper *k = ctx;
    uint64_t now = keeper_now(k), before = now > keep_ms ? now - keep_ms : 0;
    enum err e = store_do(k->store, Q_session_prune, VALS(V_INT(now)));

    return e ? e : store_do(k->store, Q_handoff_prune, VALS(V_INT(before)));
}

static void on_tidy(void *ctx)
{
    struct keeper *k = ctx;

    store_work(k->store, STORE_NORMAL, tidy_work, NULL, k);
    master_tidy(k);
    loop_timer_set(k->tidy, HOUR_MS);
}

static enum err record_sum(struct keeper *k, enum event event, const struct principal *who,
                           uint64_t n)
{
    return NOTE(k, .event = event, .who = *who, .number = n);
}

static enum err load_keys(void *ctx)
{
    return auth_load(ctx);
}

static const struct handoff_events handoff_events = {.changed = pages_inbox_changed,
                                                     .ended = calls_wake};

enum err keeper_open(struct keeper *k, struct loop *l, const char *data_dir, const char *key_dir)
{
    enum err e = keeper_conf_check(&k->conf);

    make_parts(k);
    k->loop = l;
    rate_init(&k->rates, 0);
    rate_init(&k->strangers, LIM_STRANGERS);
    egress_init(k);
    calls_init(k);
    sums_open(k, record_sum);
    if (!e)
        e = store_open(data_dir, l, &k->store);
    if (!e)
        e = store_run(k->store, STORE_URGENT, start_node, k); /* on a full disk too: to revoke */
    if (!e) {
        started(k);
        e = master_open(k, key_dir);
    }
    if (!e)
        e = roots_open(k);
    if (!e)
        e = store_run(k->store, STORE_READ, load_keys, k);
    if (!e)
        e = store_run(k->store, STORE_URGENT, recover, k);
    if (e)
        return e;
    k->box_key = open_box_key((uint32_t)k->epoch, &k->box);
    handoff_open_all(k, &handoff_events);
    k->tidy = loop_timer_new(l, on_tidy, k);
    loop_timer_set(k->tidy, 1000);
    log_event(LEVEL_INFO, "keeper_started", LOG_NUM("epoch", k->epoch));
    return ERR_OK;
}

void keeper_close(struct keeper *k)
{
    if (!k->parts)
        return; /* the start ended before it was opened */
    if (k->store)
        store_drain(k->store);
    calls_close(k);
    uses_close(k);
    handoff_close_all(k);
    pages_close(k);
    egress_close(k);
    revoke_close(k);
    sums_close(k);
    rate_done(&k->rates);
    rate_done(&k->strangers);
    auth_close(k);
    roots_close(k);
    master_close(k);
    outbox_close(k);
    peers_done(&k->peers);
    loop_timer_free(k->tidy);
    sec_free(k->box_key);
    store_close(k->store);
    mem_free(k->parts);
    *k = (struct keeper){.loop = NULL};
}

/* --- peers ------------------------------------------------------------------------------------ */

void keeper_peer(struct keeper *k, struct chan *c)
{
    struct peer *p = peers_add(&k->peers, c);

    if (p->role == ROLE_EGRESS)
        egress_peer(k, c);
    else if (p->role == ROLE_SURFACE) {
        tell_seal_key(c, &(struct msg_seal_key){.key = k->box.id, .public_key = k->box.key});
        tell_health(c, &(struct msg_health){.recording = outbox_recording(k)});
    }
}

void keeper_writable(struct keeper *k, struct chan *c)
{
    if (peer_of(c)->role == ROLE_GATEWAY)
        snapshots_give(k, c);
}

void keeper_lost(struct keeper *k, struct chan *c)
{
    struct peer *p = peer_of(c);

    switch (p->role) {
    case ROLE_EGRESS:
        uses_egress_lost(k, p->serial);
        egress_lost(k, c);
        break;
    case ROLE_GATEWAY:
        calls_gateway_lost(k, p->serial);
        handoff_gateway_lost(k, p->serial);
        break;
    case ROLE_SURFACE: pages_surface_lost(k, p->serial); break;
    case ROLE_AUDIT: outbox_lost(k, p->serial); break;
    default: break;
    }
    peers_remove(&k->peers, c);
}
