/*
 * Errors that egress writes itself, to what an upstream asked its client in vain. Run by the
 * keeper. No agent key comes with these: they belong to a use that runs, go with its credential
 * alone, and take nothing. Egress is believed about which of its uses it is, and bounded.
 */
#include "base/mem.h"
#include "base/planted.h"
#include "ipc/gen/keeper.h"
#include "keeper/auth.h"
#include "keeper/connection.h"
#include "keeper/outbox.h"
#include "keeper/policy.h"
#include "keeper/revoke.h"
#include "keeper/use.h"

struct refusing {
    struct keeper *k;
    uint64_t ask;
    struct use_plan plan;
    struct use_id use;
    uint64_t seq;
};

static enum err work(void *ctx)
{
    struct refusing *r = ctx;
    struct connection_now now;
    enum err e = connection_stand(r->k, &r->plan.who, r->plan.upstream, &now);

    if (!e && !ID_IS_ZERO(r->plan.connection)) {
        if (policy_decide(CLASS_BELONG, now.standing) != ACT_RIDE ||
            !ID_EQ(now.id, r->plan.connection) || revoke_is_dead(r->k, now.id))
            e = ERR_FORBIDDEN;
        r->plan.until = PLANTED(refusals_outlive) ? LEASE_FOR_EVER : now.until;
    }
    return e ? e : use_reserve(r->k, &r->plan, &r->use, &r->seq);
}

/* Nobody waits for it: without a permit the upstream gets no answer, and the next one of its
 * requests is asked for again. */
static void done(void *ctx, enum err e)
{
    struct refusing *r = ctx;

    if (!e)
        USE_START(r->k, .id = r->use, .seq = r->seq, .plan = &r->plan, .call = r->ask);
    mem_free(r);
}

void keeper_on_refuse_want(struct keeper *k, struct chan *c, const struct msg_refuse_want *m)
{
    struct keeper_use *of = use_of(k, c, m->use);
    struct refusing *r = NULL;

    if (!of)
        return;
    if (of->plan.mode != MODE_CALL || ++of->refusals > LIM_ASKS) { /* egress counts them too */
        chan_breach(c, BREACH_REFUSALS);
        return;
    }
    if (of->state != USE_RELEASED || !auth_of(k, of->plan.who.client) || outbox_ready(k) != ERR_OK)
        return;
    r = MEM_NEW(struct refusing);
    r->k = k;
    r->ask = m->ask;
    r->plan = (struct use_plan){.mode = MODE_REFUSE,
                                .who = of->plan.who,
                                .upstream = of->plan.upstream,
                                .connection = of->plan.connection,
                                .lease = of->plan.lease,
                                .revocations = k->revocations};
    store_work(k->store, STORE_NORMAL, work, done, r);
}
