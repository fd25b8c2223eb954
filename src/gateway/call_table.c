/*
 * The table of a call's states, and the way of an event to what it does. Run by the gateway. What
 * came from keeper and egress about a call that is over is dropped before it gets here, since both
 * may speak while call_gone is on its way; what comes out of turn about one that lives ends their
 * channel.
 */
#include "gateway/call_table.h"

#include "base/mem.h"
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

static void call_ignore(struct call *c, enum call_ev ev, const void *arg)
{
    (void)c;
    (void)ev;
    (void)arg;
}

struct row {
    call_action *action;
    uint32_t next;
};

/* As call.def has the column next. */
enum {
    STAY = 0,
#define STATE(name, waits_for) name = CALL_BIT(name),
#include "gateway/call.def"
};

static const struct row rows[CALL_STATE_COUNT][CALL_EV_COUNT] = {
#define ON(state, event, action, next) [CALL_##state][CALL_EV_##event] = {action, next},
#include "gateway/call.def"
};

static const struct row any[CALL_EV_COUNT] = {
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

    BUG_IF(from == NULL);
    log_event(LOG_ERROR, "out_of_turn", LOG_STR("state", call_state_name(c->state)),
              LOG_NUM("event", ev));
    chan_breach(from, BREACH_CALL_OUT_OF_TURN);
}

/* An action that has the call go on by another event does so last: from then on it is that row
 * which says what may follow. */
void call_event(struct call *c, enum call_ev ev, const void *arg)
{
    const struct row *row = &rows[c->state][ev];

    if (row->action == NULL)
        row = &any[ev];
    if (row->action == NULL) {
        out_of_turn(c, ev);
        return;
    }
    c->next = row->next;
    row->action(c, ev, arg);
}

/* An action may end other calls than its own, so each is looked up again by its number. */
void calls_event(struct gateway *g, enum call_ev ev, const struct digest *token)
{
    uint64_t *ids = NULL;
    size_t n = 0;
    struct call *c = NULL, *next = NULL;

    ids = mem_zalloc_array(HASH_COUNT(g->calls), sizeof(*ids));
    HASH_ITER(hh, g->calls, c, next) {
        if (token == NULL || ID_EQ(c->token_hash, *token))
            ids[n++] = c->id;
    }
    for (size_t i = 0; i < n; i++) {
        c = call_by_id(g, ids[i]);
        if (c != NULL)
            call_event(c, ev, NULL);
    }
    mem_free(ids);
}
