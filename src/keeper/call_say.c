/* What a gateway is told about a call. Run by the keeper. A channel that ended is lost()'s
 * business, so nothing here fails. */
#include "keeper/call_say.h"

#include "crypto/random.h"
#include "ipc/gen/send.h"
#include "keeper/chain.h"
#include "keeper/state.h"
#include "keeper/words.h"
#include "os/log.h"

static struct chan *gateway(const struct keeper_call *call)
{
    return peers_chan(&call->k->peers, call->key.gateway);
}

void call_say_deny(struct keeper_call *call, enum err code)
{
    struct chan *c = gateway(call);

    log_event(LEVEL_INFO, "call_denied", LOG_NUM("call", call->key.number),
              LOG_ID("client", call->who.client),
              LOG_STR("upstream", keeper_conf_get(&call->k->conf, call->upstream)->name),
              LOG_STR("method", call->method), LOG_ERR(code));
    tell_call_deny(c, &(struct msg_call_deny){.call = call->key.number, .code = code});
    call_free(call);
}

void call_say_own(struct keeper_call *call)
{
    struct chan *c = gateway(call);

    keeper_call_enter(call, KEEPER_CALL_EV_END);
    tell_call_own(c, &(struct msg_call_own){.call = call->key.number,
                                            .client = call->who.client,
                                            .user_name = slice_str(call->d.own.user_name),
                                            .connected = call->d.connected,
                                            .pending = call->d.own.pending});
}

void call_say_neutral(struct keeper_call *call, const struct handoff_row *h, enum ending ending)
{
    struct chan *c = gateway(call);
    char words[WORDS_MAX];

    tell_call_neutral(c, &(struct msg_call_neutral){.call = call->key.number,
                                                    .handoff = h->id,
                                                    .words = words_of(h->id, words),
                                                    .ending = ending});
    call_free(call);
}

/* The state of the next leg. */
static void seal(struct keeper_call *call, const struct handoff_row *h, uint8_t leg,
                 struct buf *ret)
{
    struct state s = {.handoff = h->id,
                      .leg = leg,
                      .who = call->who,
                      .request = call->request,
                      .expires = h->expires + CHAIN_AFTER_MS,
                      .continues = call->from.continues,
                      .times = call->from.times,
                      .has_state = call->from.has_state,
                      .upstream_state = call->from.upstream_state};

    if (ID_IS_ZERO(call->chain))
        RANDOM_ID(call->chain);
    s.chain = call->chain;
    call->chain_until = s.expires;
    BUG_IF(!slice_to_cstr(slice_str(h->upstream), s.upstream, sizeof(s.upstream)));
    BUG_IF(state_seal(call->k, &s, ret) != ERR_OK); /* the maxima fit */
}

void call_say_handoff(struct keeper_call *call, const struct handoff_row *h)
{
    struct buf state = BUF_INIT(LIM_STATE_BYTES);
    struct chan *c = gateway(call);
    char words[WORDS_MAX];

    if (call->era == ERA_MODERN)
        seal(call, h, 0, &state);
    keeper_call_enter(call, call->era == ERA_MODERN ? KEEPER_CALL_EV_END : KEEPER_CALL_EV_ASK);
    if (call->era == ERA_LEGACY && !ID_IS_ZERO(call->session))
        handoff_was_shown(call->k, h->id, call->key.gateway, call->session);
    tell_call_handoff(c, &(struct msg_call_handoff){.call = call->key.number,
                                                    .client = call->who.client,
                                                    .handoff = h->id,
                                                    .words = words_of(h->id, words),
                                                    .need = h->need,
                                                    .state = buf_slice(&state),
                                                    .by_error = call->link_by_error});
    buf_free(&state);
}

void call_say_hold(struct keeper_call *call, const struct handoff_row *h)
{
    struct buf state = BUF_INIT(LIM_STATE_BYTES);
    struct chan *c = gateway(call);
    char words[WORDS_MAX];

    if (call->era == ERA_MODERN && call->leg + 1u < limit_get(SET_HOLD_LEGS))
        seal(call, h, (uint8_t)(call->leg + 1), &state);
    keeper_call_enter(call, KEEPER_CALL_EV_HOLD);
    tell_call_hold(c, &(struct msg_call_hold){.call = call->key.number,
                                              .handoff = h->id,
                                              .words = words_of(h->id, words),
                                              .state = buf_slice(&state)});
    buf_free(&state);
}

void call_say_permit(struct keeper_call *call, struct keeper_use *u, uint64_t egress_generation)
{
    struct chan *c = gateway(call);

    keeper_call_enter(call, KEEPER_CALL_EV_RELEASE);
    tell_call_permit(c, &(struct msg_call_permit){.call = call->key.number,
                                                  .use = u->id,
                                                  .egress_generation = egress_generation,
                                                  .client = call->who.client,
                                                  .anonymous = ID_IS_ZERO(u->plan.connection)});
}
