/*
 * What happens to a call: policy, inside one piece of work, and what follows after the commit. Run
 * by the keeper. The cases are those of ARCHITECTURE, "One call, step by step" 2 and "One handoff,
 * step by step" 1.
 */
#include "keeper/call_decide.h"

#include "base/planted.h"
#include "keeper/call_say.h"
#include "keeper/chain.h"
#include "keeper/kind.h"
#include "keeper/policy.h"
#include "keeper/revoke.h"
#include "os/log.h"

/* --- inside work ------------------------------------------------------------------------------ */

static enum err look_up_own(struct keeper_call *call, struct call_decision *d, bool connected)
{
    struct keeper *k = call->k;
    enum err e = store_one(
        k->store, Q_user_own,
        VALS(V_WHO(call->who), V_STR(keeper_conf_get(&k->conf, call->upstream)->name)), &d->own);

    d->outcome = OUTCOME_OWN;
    d->connected = connected;
    return e == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : e;
}

static enum err reserve(struct keeper_call *call, struct call_decision *d,
                        const struct connection_now *now, enum policy_class class,
                        enum policy_act act)
{
    d->outcome = OUTCOME_USE;
    d->plan = (struct use_plan){.mode = MODE_CALL,
                                .who = call->who,
                                .upstream = call->upstream,
                                .take = act == ACT_TAKE,
                                .summed = act == ACT_ANONYMOUS && class == CLASS_LIST,
                                .continues = class == CLASS_CONTINUE,
                                .times = call->from.times,
                                .has_state = call->from.has_state,
                                .state = call->from.upstream_state,
                                .request = call->request,
                                .chain = call->chain,
                                .chain_until = call->chain_until,
                                .projection = call->projection,
                                .body = call->body,
                                .revocations = d->plan.revocations};
    if (act != ACT_ANONYMOUS) {
        d->plan.connection = now->id;
        d->plan.lease = now->lease;
        d->plan.until = now->until;
        d->plan.counted = now->counted;
    }
    return use_reserve(call->k, &d->plan, &d->use, &d->seq);
}

static enum need need_of(enum policy_class c, enum policy_standing s)
{
    switch (s) {
    case STAND_STALE: return NEED_STALE;
    case STAND_OTHER:
    case STAND_RUNS:
    case STAND_LAST:
    case STAND_USED_UP: return NEED_USED_UP;
    case STAND_EXPIRED: return NEED_EXPIRED;
    default: return c == CLASS_CONNECT ? NEED_ASKED : NEED_MISSING;
    }
}

static enum err need_person(struct keeper_call *call, struct call_decision *d,
                            enum policy_standing s)
{
    const struct keeper_upstream *u = keeper_conf_get(&call->k->conf, call->upstream);
    struct handoff_ask ask = {.who = call->who,
                              .upstream = u->name,
                              .need = need_of(call->class, s),
                              .method = call->method,
                              .tool = call->name};

    kind_ask(u, &ask);
    if (call->class == CLASS_CALL) {
        ask.request = call->request;
        ask.shown = buf_slice(&call->shown);
    }
    d->outcome = call->caps & 1u << CALL_CAP_LINK ? OUTCOME_ASK : OUTCOME_NEUTRAL;
    d->ending = ENDING_WAITING;
    return handoff_find_or_open(call->k, &ask, &d->found);
}

/* The caller waits for a handoff that is not over: keep waiting, in the way that its answer allows.
 */
static enum err wait_on(struct keeper_call *call, struct call_decision *d)
{
    enum err e = ERR_OK;

    d->outcome = OUTCOME_NEUTRAL;
    d->ending = ENDING_WAITING;
    if (call->answer == ANSWER_DECLINE) {
        e = handoff_move(call->k, &d->found.row, HANDOFF_DECLINE, NULL, &d->seq);
        if (e == ERR_GONE) /* the person is just handing it in: theirs counts */
            return ERR_OK;
        d->ending = ENDING_DECLINED;
        d->moved = true;
    } else if (call->answer == ANSWER_NONE && call->leg == 0) {
        /* The client did not say whether it showed the link: show it again. */
        if (call->caps & 1u << CALL_CAP_LINK)
            d->outcome = OUTCOME_ASK;
    } else if (call->answer != ANSWER_CANCEL && call->caps & 1u << CALL_CAP_HOLD) {
        d->outcome = OUTCOME_HOLD;
    }
    return e;
}

/* A retry, or a call that waited. *ret_go_on: the handoff is completed, so policy decides. */
static enum err look_at_handoff(struct keeper_call *call, struct call_decision *d, bool *ret_go_on)
{
    /* The rest: it is waited for. */
    static const enum ending endings[HANDOFF_STATE_COUNT] = {
        [HANDOFF_STATE_DECLINED] = ENDING_DECLINED,
        [HANDOFF_STATE_CANCELLED] = ENDING_CANCELLED,
        [HANDOFF_STATE_EXPIRED] = ENDING_EXPIRED,
        [HANDOFF_STATE_FAILED] = ENDING_FAILED,
    };
    struct handoff_row *row = &d->found.row;
    enum err e = handoff_read(call->k, call->handoff, row);

    *ret_go_on = false;
    if (e == ERR_NOT_FOUND) {
        row->id = call->handoff;
        d->outcome = OUTCOME_NEUTRAL;
        d->ending = ENDING_CANCELLED;
        return ERR_OK;
    }
    if (e)
        return e;
    if (!ID_EQ(row->who.client, call->who.client))
        return ERR_BAD_STATE; /* a sealed state says otherwise; never reached but by our own bug */
    if (handoff_is_live(row->state))
        return wait_on(call, d);
    *ret_go_on = row->state == HANDOFF_STATE_COMPLETED;
    d->outcome = OUTCOME_NEUTRAL;
    d->ending = endings[row->state];
    return ERR_OK;
}

/* On the lease of the use that it continues, or of the one that it belongs to, it is of that use. */
static enum policy_class class_at(const struct keeper_call *call, const struct connection_now *now)
{
    if (call->class == CLASS_CALL && !ID_IS_ZERO(call->from.lease) &&
        ID_EQ(call->from.lease, now->lease))
        return CLASS_CONTINUE;
    if (call->class == CLASS_RIDE && !ID_IS_ZERO(now->lease) && ID_EQ(now->lease, call->runs_on))
        return CLASS_BELONG;
    return call->class;
}

/* How the connection stands towards this request. */
static enum err look_at_connection(const struct keeper_call *call, struct connection_now *ret)
{
    enum err e = connection_stand(call->k, &call->who, call->upstream, ret);

    if (e)
        return e;
    if (revoke_is_dead(call->k, ret->id))
        *ret = (struct connection_now){.standing = STAND_MISSING};
    /* A person said yes to one request. */
    if (ret->standing == STAND_ONCE && !ID_EQ(ret->request, call->request) &&
        !PLANTED(once_admits_any))
        ret->standing = STAND_OTHER;
    /* It belongs to the use that it continues: of another credential it knows nothing, and of that
     * use's lease it takes nothing more. After a handoff a person gave a new one, for this. */
    if (call->from.continues && ID_IS_ZERO(call->from.handoff) &&
        !ID_EQ(call->from.connection, ret->id))
        return ERR_BAD_STATE;
    return ERR_OK;
}

static enum err judge(struct keeper_call *call, struct call_decision *d)
{
    struct connection_now now;
    enum policy_class class;
    enum policy_act act = ACT_DENY;
    bool go_on = true;
    enum err e = ERR_OK;

    /* Before anybody is asked: a yes to it would be good for nothing. */
    if (!ID_IS_ZERO(call->chain))
        e = chain_check(call->k, call->chain, call->chain_until);
    if (!e && !ID_IS_ZERO(call->handoff))
        e = look_at_handoff(call, d, &go_on);
    if (!e && go_on)
        e = look_at_connection(call, &now);
    if (e || !go_on)
        return e;
    class = class_at(call, &now);
    act = policy_decide(class, now.standing);
    if (PLANTED(policy_unasked) && !ID_IS_ZERO(now.id))
        act = ACT_TAKE;
    switch (act) {
    case ACT_TAKE:
    case ACT_RIDE:
    case ACT_ANONYMOUS: return reserve(call, d, &now, class, act);
    case ACT_OWN:
        return look_up_own(call, d, policy_decide(CLASS_CONNECT, now.standing) == ACT_OWN);
    case ACT_HANDOFF: return need_person(call, d, now.standing);
    default: return now.standing == STAND_SUSPENDED ? ERR_SUSPENDED : ERR_FORBIDDEN;
    }
}

/* --- after the commit ------------------------------------------------------------------------- */

static void on_released(void *owner, struct keeper_use *u, uint64_t egress_generation)
{
    call_say_permit(owner, u, egress_generation);
}

static void decide_again(struct keeper_call *call)
{
    if (call->state == KEEPER_CALL_RUNNING)
        call->chain = (struct use_id){{0}}; /* spent; of what was not sent it is free again */
    call->handoff = (struct handoff_id){{0}};
    call->answer = ANSWER_NONE;
    call->leg = 0;
    keeper_call_enter(call, KEEPER_CALL_EV_REFUSE);
    call_decide(call);
}

/* The credential was not accepted. For a call that is a reason to ask the person; nothing else is. */
static void refused(struct keeper_call *call, const struct keeper_use *u)
{
    if (call->is_list) {
        keeper_call_enter(call, KEEPER_CALL_EV_END); /* the gateway has a snapshot */
        return;
    }
    if (call->class != CLASS_CALL || ID_IS_ZERO(u->plan.connection)) {
        call_say_deny(call, ERR_UPSTREAM_REFUSED);
        return;
    }
    decide_again(call);
}

static void on_ended(void *owner, struct keeper_use *u, const struct keeper_use_end *end)
{
    struct keeper_call *call = owner;

    call->use = NULL;
    /* Another call met the refusal while this one waited to leave. */
    if (call->state == KEEPER_CALL_RESERVED && end->why == ERR_UPSTREAM_REFUSED)
        decide_again(call);
    else if (call->state == KEEPER_CALL_RESERVED)
        call_say_deny(call, end->why ? end->why : ERR_UNAVAILABLE);
    else if (end->refused)
        refused(call, u);
    else
        keeper_call_enter(call, KEEPER_CALL_EV_END);
}

static const struct use_events use_events = {.released = on_released, .ended = on_ended};

static void start_use(struct keeper_call *call)
{
    struct call_decision *d = &call->d;

    keeper_call_enter(call, KEEPER_CALL_EV_RESERVE);
    call->use = USE_START(call->k, .id = d->use, .seq = d->seq, .plan = &d->plan,
                          .gateway = call->key.gateway, .call = call->key.number,
                          .events = &use_events, .owner = call);
}

static void act_on(struct keeper_call *call)
{
    struct call_decision *d = &call->d;

    switch (d->outcome) {
    case OUTCOME_USE: start_use(call); break;
    case OUTCOME_OWN: call_say_own(call); break;
    case OUTCOME_ASK:
        call->handoff = d->found.row.id;
        call_say_handoff(call, &d->found.row);
        break;
    case OUTCOME_HOLD: call_say_hold(call, &d->found.row); break;
    case OUTCOME_NEUTRAL: call_say_neutral(call, &d->found.row, d->ending); break;
    default: call_say_deny(call, ERR_FORBIDDEN);
    }
}

static void on_before(void *owner, UNUSED struct keeper_use *u,
                      UNUSED const struct keeper_use_end *end)
{
    struct keeper_call *call = owner;

    call->after = NULL;
    keeper_call_enter(call, KEEPER_CALL_EV_WAKE);
    call_decide(call);
}

static const struct use_events before_events = {.ended = on_before};

/* Its client left an earlier leg whose request may not have left either, as one does that is ended
 * in the moment of its permit: whether this state is spent shows when that use has ended. */
static void wait_for_chain(struct keeper_call *call, struct keeper_use *before)
{
    keeper_call_enter(call, KEEPER_CALL_EV_WAIT);
    call->after = before;
    use_wait(before, &before_events, call);
}

/* The gateway forgot the call while it was decided: a use that was reserved is given back. */
static void nobody_waits(struct keeper_call *call, enum err e)
{
    if (!e && call->d.outcome == OUTCOME_USE)
        use_detach(USE_START(call->k, .id = call->d.use, .seq = UINT64_MAX, .plan = &call->d.plan,
                             .gateway = call->key.gateway, .call = call->key.number));
    call_forget(call);
}

static enum err work(void *ctx)
{
    struct keeper_call *call = ctx;
    uint64_t revocations = call->d.plan.revocations;

    call->d = (struct call_decision){.plan = {.revocations = revocations}};
    return judge(call, &call->d);
}

static void done(void *ctx, enum err e)
{
    struct keeper_call *call = ctx;
    struct keeper *k = call->k;
    const struct handoff_found *f = &call->d.found;
    struct keeper_use *before = e == ERR_BAD_STATE ? use_of_chain(k, call->chain) : NULL;

    call->busy--;
    if (!e && !ID_IS_ZERO(f->over.id))
        handoff_changed(k, &f->over, f->seq);
    if (!e && (f->fresh || call->d.moved)) {
        log_event(LEVEL_INFO, "handoff_by_client", LOG_ID("handoff", f->row.id),
                  LOG_ID("client", call->who.client), LOG_STR("upstream", f->row.upstream),
                  LOG_STR("need", need_name(f->row.need)),
                  LOG_STR("state", handoff_state_name(f->row.state)));
        handoff_changed(k, &f->row, f->seq);
    }
    if (call->gone)
        nobody_waits(call, e);
    else if (before && k->uses->unstored > 0)
        call_say_deny(call, ERR_AGAIN); /* as use_reserve says */
    else if (before)
        wait_for_chain(call, before);
    else if (e)
        call_say_deny(call, e == ERR_NOT_FOUND || e == ERR_EXISTS ? ERR_AGAIN : e);
    else
        act_on(call);
}

void call_decide(struct keeper_call *call)
{
    call->busy++;
    call->d.plan.revocations = call->k->revocations;
    store_work(call->k->store, STORE_NORMAL, work, done, call);
}
