/*
 * Calls: opening, waking, ending. Run by the keeper. Everything in a message came through a
 * gateway, which reads bytes that agents write: a gateway is believed about what it can deliver and
 * about nothing else; who asks is found from the token here.
 */
#include "keeper/call_open.h"

#include "base/mem.h"
#include "base/planted.h"
#include "crypto/hash.h"
#include "crypto/judged.h"
#include "ipc/gen/keeper.h"
#include "ipc/gen/send.h"
#include "keeper/auth.h"
#include "keeper/call_decide.h"
#include "keeper/call_say.h"
#include "keeper/outbox.h"
#include "keeper/rider.h"
#include "os/log.h"

/* --- opening ---------------------------------------------------------------------------------- */

/* Requests that clients make on their own: never a reason to ask a person. */
static const struct {
    const char *method;
    bool is_list;
} quiet[] = {
    {"initialize", true},
    {"server/discover", true},
    {"tools/list", true},
    {"prompts/list", true},
    {"resources/list", true},
    {"resources/templates/list", true},
    {"completion/complete", false},
    {"logging/setLevel", false},
    {"subscriptions/listen", false},
    {"resources/subscribe", false},
    {"resources/unsubscribe", false},
};

static enum policy_class class_of(const struct msg_call_open *m, bool *ret_list)
{
    *ret_list = false;
    if (m->want == CALL_WANT_OWN)
        return CLASS_OWN;
    if (m->want == CALL_WANT_STATUS)
        return CLASS_STATUS;
    if (m->want == CALL_WANT_CONNECT)
        return CLASS_CONNECT;
    if (m->kind != CALL_KIND_REQUEST)
        return CLASS_RIDE;
    for (size_t i = 0; i < ARRAY_LEN(quiet); i++) {
        if (slice_eq_str(m->method, quiet[i].method)) {
            *ret_list = quiet[i].is_list;
            return CLASS_LIST;
        }
    }
    return CLASS_CALL;
}

/* What the gateway has a stored answer to. */
static bool is_list(const struct msg_call_open *m)
{
    bool list = false;

    return class_of(m, &list) == CLASS_LIST && list;
}

/* Takes over what the requestState says. ERR_BAD_STATE: not for this request. */
static enum err use_state(struct keeper_call *call, struct slice text)
{
    struct buf plain = BUF_INIT(LIM_STATE_BYTES);
    struct state s = {.leg = 0};
    enum err e = state_open(call->k, &call->who, text, &plain, &s);

    if (!e &&
        !state_is_for(&s, keeper_conf_get(&call->k->conf, call->upstream)->name, call->request))
        e = ERR_BAD_STATE;
    if (!e) {
        call->handoff = s.handoff;
        call->leg = s.leg;
        call->chain = s.chain;
        call->chain_until = s.expires;
        buf_put(&call->upstream_state, s.upstream_state);
        s.upstream_state = buf_slice(&call->upstream_state);
        call->from = s;
    }
    buf_free(&plain);
    return e;
}

/* The upstream's name goes first: a yes for one server is none for another. */
static struct digest request_at(const char *upstream, struct digest request)
{
    const struct slice name = slice_str(upstream);
    const uint8_t length = (uint8_t)name.n;
    struct hash_blake2b h;

    hash_blake2b_init(&h);
    hash_blake2b_add(&h, slice_of(&length, 1));
    hash_blake2b_add(&h, name);
    hash_blake2b_add(&h, ID_SLICE(request));
    return hash_blake2b_done(&h);
}

/* What may go beside a call that runs, on the lease that it took: what the gateway says about that
 * is no more than it could do with a call of this agent key anyway. */
static struct lease_id belongs_to(struct keeper *k, struct chan *c, const struct msg_call_open *m,
                                  const struct principal *who)
{
    const struct keeper_call *of = m->of != 0 ? call_of(k, c, m->of) : NULL;
    bool may =
        m->kind == CALL_KIND_RESPONSE ||
        (m->kind == CALL_KIND_NOTIFICATION && slice_eq_str(m->method, "notifications/cancelled"));

    if (!may || !of || of->state != KEEPER_CALL_RUNNING || !of->use ||
        of->upstream != m->upstream || !ID_EQ(of->who.client, who->client))
        return (struct lease_id){{0}};
    return of->use->plan.lease;
}

/* What is shown of it, kept as long as the call is: what was refused may be asked for again.
 * ERR_RATE_LIMITED: there is no room, for this agent key or for anybody. */
static enum err keep_shown(struct keeper_call *call, struct slice projection)
{
    struct share *s = share_get(&call->k->calls->shown, ID_SLICE(call->who.client));
    enum err e = ERR_OK;

    hold_init(&call->held, PLANTED(projections_uncounted) ? NULL : s);
    share_put(s);
    e = hold_set(&call->held, projection.n);
    if (!e)
        buf_put(&call->shown, projection);
    return e ? ERR_RATE_LIMITED : ERR_OK;
}

static struct keeper_call *make(struct keeper *k, struct chan *c, const struct msg_call_open *m,
                                const struct auth_key *a)
{
    struct keeper_call *call = MEM_NEW(struct keeper_call);

    call->key = (struct keeper_call_key){peer_of(c)->serial, m->call};
    call->k = k;
    call->who = a->row.who;
    call->upstream = m->upstream;
    call->era = m->era;
    call->class = class_of(m, &call->is_list);
    call->link_by_error = a->row.link_by_error && m->era == ERA_LEGACY;
    call->caps = m->caps;
    call->session = m->session;
    call->answer = m->answer;
    call->projection = judged_digest(&(struct judged){(uint8_t)m->kind, m->method, m->name,
                                                      m->projection, m->request, m->answers});
    call->request = request_at(keeper_conf_get(&k->conf, m->upstream)->name, m->request);
    call->runs_on = belongs_to(k, c, m, &a->row.who);
    call->shown = BUF_INIT(m->projection.n);
    call->body = m->body_digest;
    call->upstream_state = BUF_INIT(LIM_UPSTREAM_STATE_BYTES);
    /* The message's maxima are those of the arrays. */
    BUG_IF(!slice_to_cstr(m->method, call->method, sizeof(call->method)));
    BUG_IF(!slice_to_cstr(m->name, call->name, sizeof(call->name)));
    HASH_ADD(hh, k->calls->by_key, key, sizeof(call->key), call);
    group_join(&k->calls->by_client, ID_SLICE(a->row.who.client), &call->of_client, call);
    return call;
}

/* With an older store nobody is whom it says: the key may have been removed since. */
static enum err may_begin(struct keeper *k, enum call_want want)
{
    enum err e = outbox_ready(k);

    return e != ERR_CORRUPT && (want == CALL_WANT_OWN || want == CALL_WANT_STATUS) ? ERR_OK : e;
}

static void deny(struct chan *c, uint64_t number, enum err code)
{
    tell_call_deny(c, &(struct msg_call_deny){.call = number, .code = code});
}

/* Lists are answered from what is stored: clients ask for them on their own. */
static void answer_stored(struct chan *c, struct keeper_call *call)
{
    keeper_call_enter(call, KEEPER_CALL_EV_END);
    tell_call_stored(c, &(struct msg_call_stored){.call = call->key.number});
}

/* Why the call is refused before anything is decided about it; ERR_TOO_FAST, for a list too, when
 * nothing else is in its way. */
static enum err refuse_early(struct keeper *k, const struct msg_call_open *m, struct auth_key *a)
{
    enum err e = ERR_OK, not_now = may_begin(k, m->want);

    if (!a)
        return ERR_UNAUTHENTICATED;
    if (!auth_may_go(k, a)) /* what is refused for another reason counts too */
        e = ERR_TOO_FAST;
    if (!keeper_conf_get(&k->conf, m->upstream))
        return ERR_NO_ROUTE;
    if (group_size(&k->calls->by_client, ID_SLICE(a->row.who.client)) >=
        limit_get(SET_CALLS_PER_CLIENT))
        return ERR_RATE_LIMITED;
    return not_now ? not_now : e;
}

void keeper_on_call_open(struct keeper *k, struct chan *c, const struct msg_call_open *m)
{
    struct auth_key *a = auth_find(k, m->token);
    struct keeper_call *call = NULL;
    bool stored = false;
    enum err e = ERR_OK;

    if (call_of(k, c, m->call)) {
        chan_breach(c, BREACH_CALL_TWICE);
        return;
    }
    e = refuse_early(k, m, a);
    stored = e == ERR_TOO_FAST && is_list(m);
    if (e && !stored) {
        /* What comes too fast is not logged each: gateway and audit log count it. */
        if (a ? e != ERR_TOO_FAST : auth_stranger_may(k))
            log_event(LEVEL_INFO, "call_refused", LOG_NUM("call", m->call),
                      LOG_TEXT("method", m->method), LOG_ERR(e));
        deny(c, m->call, e);
        return;
    }
    call = make(k, c, m, a);
    if (stored) {
        answer_stored(c, call);
        return;
    }
    e = keep_shown(call, m->projection);
    if (!e && m->state.n > 0)
        e = use_state(call, m->state);
    /* Answers to what nobody asked: an upstream that keeps no state itself might believe them. */
    if (!e && m->answers && !call->from.continues)
        e = ERR_BAD_STATE;
    if (e)
        call_say_deny(call, e);
    else
        call_decide(call);
}

/* --- while it waits --------------------------------------------------------------------------- */

void calls_wake(struct keeper *k, struct handoff_id id)
{
    struct group_link *l = NULL;

    while ((l = group_first(&k->calls->by_handoff, ID_SLICE(id)))) {
        struct keeper_call *call = l->thing;

        call->answer = ANSWER_ACCEPT;
        keeper_call_enter(call, KEEPER_CALL_EV_WAKE);
        call_decide(call);
    }
}

void keeper_on_call_answer(struct keeper *k, struct chan *c, const struct msg_call_answer *m)
{
    struct keeper_call *call = call_of(k, c, m->call);

    /* It may have gone on, or ended, while the answer was on its way. */
    if (!call || call->state != KEEPER_CALL_ASKED)
        return;
    call->answer = m->answer == ANSWER_NONE ? ANSWER_CANCEL : m->answer;
    keeper_call_enter(call, KEEPER_CALL_EV_ANSWER);
    call_decide(call);
}

void keeper_on_call_gone(struct keeper *k, struct chan *c, const struct msg_call_gone *m)
{
    struct keeper_call *call = call_of(k, c, m->call);

    if (call)
        keeper_call_gone(call, m->use);
}

void calls_end_client(struct keeper *k, struct client_id client)
{
    struct group_link *next = NULL;

    for (struct group_link *l = group_first(&k->calls->by_client, ID_SLICE(client)); l; l = next) {
        struct keeper_call *call = l->thing;

        next = group_next(l);
        if (call->state != KEEPER_CALL_RUNNING && call->state != KEEPER_CALL_OVER)
            call_say_deny(call, ERR_UNAUTHENTICATED);
    }
    riders_end_client(k, client);
}
