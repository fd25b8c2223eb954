/*
 * The table of a call's states, and the way of an event to what it does. Run by the gateway. What
 * came from keeper and egress about a call that is over is dropped before it gets here, since both
 * may speak while call_gone is on its way; what comes out of turn about one that lives ends their
 * channel.
 */
#include "gateway/answer.h"
#include "gateway/core.h"
#include "gateway/deliver.h"
#include "gateway/ends.h"
#include "gateway/lists.h"
#include "gateway/open.h"
#include "gateway/own.h"
#include "gateway/send.h"
#include "gateway/snapshot.h"
#include "os/log.h"

static void call_ignore(UNUSED struct call *c, UNUSED const void *arg)
{
}

struct call_row {
    call_action *action;
    uint32_t next;
};

/* As call.def has the column next. */
enum {
    STAY = 0,
#define STATE(name, waits_for) name = CALL_BIT(name),
#include "gateway/call.def"
};

static const struct call_row rows[CALL_STATE_COUNT][CALL_EV_COUNT] = {
#define ON(state, event, action, next) [CALL_##state][CALL_EV_##event] = {action, next},
#include "gateway/call.def"
};

static const struct call_row any[CALL_EV_COUNT] = {
#define ANY(event, action, next) [CALL_EV_##event] = {action, next},
#include "gateway/call.def"
};

/* Whose event it is; NULL: ours. */
static struct chan *source(const struct call *c, enum call_ev ev)
{
    if (ev < CALL_EV_KEEPER_LOST)
        return c->g->keeper;
    if (ev >= CALL_EV_HEAD && ev <= CALL_EV_END)
        return c->egress;
    return NULL;
}

static void out_of_turn(const struct call *c, enum call_ev ev)
{
    struct chan *from = source(c, ev);

    BUG_IF(!from);
    log_event(LEVEL_ERROR, "out_of_turn", LOG_STR("state", call_state_name(c->state)),
              LOG_NUM("event", ev));
    chan_breach(from, BREACH_CALL_OUT_OF_TURN);
}

/* An action that has the call go on by another event does so last: from then on it is that row
 * which says what may follow. */
void call_event(struct call *c, enum call_ev ev, const void *arg)
{
    const struct call_row *row = &rows[c->state][ev];

    if (!row->action)
        row = &any[ev];
    if (!row->action) {
        out_of_turn(c, ev);
        return;
    }
    c->event = ev;
    c->next = row->next;
    row->action(c, arg);
}
