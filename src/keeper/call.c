/* Calls: the table of their states, and all that are open. Run by the keeper. */
#include "keeper/call.h"

#include "base/mem.h"
#include "base/planted.h"

struct call_transition {
    bool allowed;
    enum keeper_call_state next;
};

static const struct call_transition steps[KEEPER_CALL_STATES][KEEPER_CALL_EVENTS] = {
#define C(state, event, next)                                                                      \
    [KEEPER_CALL_##state][KEEPER_CALL_EV_##event] = {true, KEEPER_CALL_##next},
#include "keeper/call.def"
#undef C
};

bool call_step(enum keeper_call_state state, enum keeper_call_event event,
               enum keeper_call_state *ret_next)
{
    BUG_IF((unsigned)state >= KEEPER_CALL_STATES || (unsigned)event >= KEEPER_CALL_EVENTS);
    if (!steps[state][event].allowed)
        return false;
    *ret_next = steps[state][event].next;
    return true;
}

void keeper_call_enter(struct keeper_call *call, enum keeper_call_event event)
{
    BUG_IF(!call_step(call->state, event, &call->state));
    group_leave(&call->at_handoff);
    if (call->state == KEEPER_CALL_ASKED || call->state == KEEPER_CALL_HELD)
        group_join(&call->k->calls->by_handoff, ID_SLICE(call->handoff), &call->at_handoff, call);
}

struct keeper_call *call_of(struct keeper *k, struct chan *c, uint64_t number)
{
    struct keeper_call_key key = {peer_of(c)->serial, number};
    struct keeper_call *call = NULL;

    HASH_FIND(hh, k->calls->by_key, &key, sizeof(key), call);
    return call;
}

void call_forget(struct keeper_call *call)
{
    if (call->busy > 0)
        return;
    buf_free(&call->list);
    hold_free(&call->held);
    buf_free(&call->shown);
    buf_free(&call->upstream_state);
    mem_free(call);
}

void call_free(struct keeper_call *call)
{
    group_leave(&call->of_client);
    group_leave(&call->at_handoff);
    group_leave(&call->wants);
    if (call->use)
        use_detach(call->use);
    if (call->after)
        use_detach(call->after);
    call->use = call->after = NULL;
    if (!call->gone)
        HASH_DELETE(hh, call->k->calls->by_key, call);
    call->gone = true;
    call_forget(call); /* or what is queued for it does */
}

void keeper_call_gone(struct keeper_call *call, struct use_id sent)
{
    if (call->use && !ID_EQ(call->use->id, sent) && !PLANTED(permit_stays))
        keeper_use_cut(call->use, ERR_CLOSED);
    call_free(call);
}

void calls_gateway_lost(struct keeper *k, uint64_t gateway)
{
    struct keeper_call *call = NULL, *next = NULL;

    HASH_ITER(hh, k->calls->by_key, call, next) {
        if (call->key.gateway == gateway)
            keeper_call_gone(call, (struct use_id){{0}});
    }
}

void calls_init(struct keeper *k)
{
    shares_init(&k->calls->shown, LIM_PROJECTIONS_BYTES, LIM_PROJECTIONS_BYTES / 2);
}

void calls_close(struct keeper *k)
{
    while (k->calls->by_key) {
        k->calls->by_key->busy = 0; /* the store drops what is queued */
        k->calls->by_key->use = k->calls->by_key->after = NULL;
        call_free(k->calls->by_key);
    }
}
