/*
 * How a call ends, or goes on, when the upstream's answer is not what comes: the keeper's no, the
 * end of egress's work, the loss of either, the client's leave and the clock. Run by the gateway.
 * Trusts egress on what became of a request; of an error it takes over what the world did, and no
 * word that would have a client give up its key or its session.
 */
#include "gateway/ends.h"

#include "gateway/core.h"
#include "gateway/feed.h"
#include "gateway/lists.h"
#include "gateway/own.h"
#include "gateway/reply.h"
#include "gateway/session.h"
#include "ipc/gen/send.h"

/* --- the keeper ------------------------------------------------------------------------------- */

/* What the client cannot do anything about is accepted and dropped: a notification without a lease
 * to ride on, the stream of an upstream that it has no connection to. */
void call_denied(struct call *c, const void *arg)
{
    const struct msg_call_deny *m = arg;
    enum err e = m->code ? m->code : ERR_FORBIDDEN;

    c->open = false;
    call_unfed(c);
    if (call_is_discover(c) && err_kind(e) == ERR_KIND_WORLD) {
        own_describe(c, SLICE_EMPTY);
        return;
    }
    if (c->kind == CALL_KIND_END && e != ERR_UNAUTHENTICATED) {
        session_close(c);
        return;
    }
    if (c->kind == CALL_KIND_REQUEST || e == ERR_UNAUTHENTICATED || c->want == CALL_WANT_OWN) {
        call_fail(c, e);
        return;
    }
    call_let_go(c, 202);
    call_finish(c);
}

void call_keeper_lost(struct call *c, UNUSED const void *arg)
{
    c->open = false;
    call_fail(c, ERR_UNAVAILABLE);
}

void call_key_gone(struct call *c, UNUSED const void *arg)
{
    call_fail(c, ERR_UNAUTHENTICATED);
}

/* The upstream's answer goes on; the next keeper does not know the call. */
void call_forgotten(struct call *c, UNUSED const void *arg)
{
    c->open = false;
}

/* --- egress ----------------------------------------------------------------------------------- */

void call_not_sent(struct call *c, UNUSED const void *arg)
{
    call_fail(c, ERR_UNAVAILABLE);
}

void call_unknown(struct call *c, UNUSED const void *arg)
{
    c->egress = NULL;
    call_fail(c, ERR_UPSTREAM_UNKNOWN);
}

static const enum err outcomes[ANSWER_HOW_COUNT] = {
    [ANSWER_HOW_DONE] = ERR_UPSTREAM_ANSWER, /* without a response */
    [ANSWER_HOW_UNSENT] = ERR_UPSTREAM_DOWN,     [ANSWER_HOW_UNKNOWN] = ERR_UPSTREAM_UNKNOWN,
    [ANSWER_HOW_REFUSED] = ERR_UPSTREAM_REFUSED, [ANSWER_HOW_CUT] = ERR_UPSTREAM_UNKNOWN,
    [ANSWER_HOW_INVALID] = ERR_UPSTREAM_ANSWER,  [ANSWER_HOW_TOO_LARGE] = ERR_UPSTREAM_LARGE,
};

/* What egress may say of the world, of a name that no header can hold, and of an agent key whose
 * calls hold too much to take one more; not that the client's key, session or request is wrong in
 * any other way, which clients would act on. */
static enum err outcome(const struct msg_answer_end *m)
{
    bool held = m->code == ERR_RATE_LIMITED && m->how == ANSWER_HOW_UNSENT;

    return err_kind(m->code) == ERR_KIND_WORLD || m->code == ERR_INVALID_PARAMS || held
               ? m->code
               : outcomes[m->how];
}

void call_end(struct call *c, const void *arg)
{
    const struct msg_answer_end *m = arg;

    if (m->how == ANSWER_HOW_REFUSED && c->stale_ends > 0) {
        c->stale_ends--;
        return;
    }
    c->egress = NULL;
    if (m->how == ANSWER_HOW_UNSENT) /* egress may not even have taken it on, and has a permit */
        c->sent_use = (struct use_id){{0}};
    if (m->code == ERR_LEASE_OVER)
        call_unfed(c);
    if (c->kind != CALL_KIND_REQUEST)
        call_finish(c);
    else if (call_is_list(c) && (m->how != ANSWER_HOW_DONE || call_is_discover(c)))
        call_list_from_snapshot(c, outcome(m));
    else if (m->how == ANSWER_HOW_REFUSED && c->open)
        call_enter(c, CALL_REFUSED);
    else
        call_fail(c, outcome(m));
}

void call_late_end(struct call *c, UNUSED const void *arg)
{
    if (c->stale_ends > 0)
        c->stale_ends--;
}

/* The keeper learned of the refusal from egress, as we shall. */
void call_refused_early(struct call *c, const void *arg)
{
    if (c->egress)
        c->stale_ends++;
    c->egress = NULL;
    call_enter(c, CALL_REFUSED);
    call_event(c, c->event, arg);
}

void call_over(struct call *c, UNUSED const void *arg)
{
    c->egress = NULL;
    call_finish(c);
}

/* --- the client, and the clock ---------------------------------------------------------------- */

/* Whether the call goes on without its client. Modern: closing the stream cancels (2026-07-28
 * basic/patterns/cancellation). Legacy: it does not (2025-11-25 basic/transports), once the
 * upstream has the call; one that waits for a person is better repeated than done for nobody. */
static bool goes_on_alone(const struct call *c)
{
    if (c->state == CALL_WAITING)
        return false; /* its message goes with its client */
    if (c->kind == CALL_KIND_NOTIFICATION || c->kind == CALL_KIND_RESPONSE ||
        c->kind == CALL_KIND_END)
        return true;
    return c->era == ERA_LEGACY && (c->state == CALL_SENDING || c->state == CALL_UPSTREAM);
}

void call_gone(struct call *c, UNUSED const void *arg)
{
    c->sink = NULL;
    c->http = NULL;
    if (!goes_on_alone(c)) {
        call_finish(c);
        return;
    }
    /* The upstream has this long to finish what nobody waits for. */
    if (c->state == CALL_SENDING || c->state == CALL_UPSTREAM)
        loop_timer_set(c->timer, limit_get(SET_ANSWER_TIME));
    if (c->state == CALL_UPSTREAM)
        call_event(c, CALL_EV_ROOM, NULL); /* nobody has to be waited for any more */
}

void call_cancelled(struct call *c, UNUSED const void *arg)
{
    call_finish(c);
}

/* A client that starts does not wait for a server that hangs; other calls have this timer only when
 * nobody waits for them any more. */
void call_slow(struct call *c, const void *arg)
{
    const struct msg_call_cancel m = {.call = c->id};

    if (!call_is_discover(c)) {
        call_cancelled(c, arg);
        return;
    }
    tell_call_cancel(c->egress, &m);
    c->egress = NULL;
    call_list_from_snapshot(c, ERR_TIMEOUT);
}
