/*
 * The life of handoffs. Run by the keeper. Trusts nobody: who may cause which event is checked by
 * who calls (submit.c, pages.c, call_decide.c), and whether it may happen now by the table.
 * ARCHITECTURE, "One handoff, step by step".
 */
#include "keeper/handoff.h"

#include "base/mem.h"
#include "base/planted.h"
#include "crypto/random.h"
#include "ipc/gen/keeper.h"
#include "ipc/gen/send.h"
#include "keeper/outbox.h"
#include "os/log.h"

enum {
    SHOWN = 4096 /* remembered signals; the oldest goes first, they are hints */,
    HOUR_MS = 3600000
};

/* statements.def has these as numbers. */
_Static_assert(HANDOFF_STATE_CREATED == 0 && HANDOFF_STATE_SUBMITTED == 2 &&
                   HANDOFF_STATE_COMPLETED == 3 && HANDOFF_STATE_COUNT == 8,
               "live ones are below 3, those that expire by time below 2");

struct handoff_transition {
    bool allowed;
    enum handoff_state next;
    enum event record;
};

static const struct handoff_transition steps[HANDOFF_STATE_COUNT][HANDOFF_EVENTS] = {
#define H(state, event, next, record)                                                              \
    [HANDOFF_STATE_##state][HANDOFF_##event] = {true, HANDOFF_STATE_##next, EVENT_##record},
#include "keeper/handoff.def"
#undef H
};

bool handoff_step(enum handoff_state state, enum handoff_event event, enum handoff_state *ret_next)
{
    BUG_IF((unsigned)state >= HANDOFF_STATE_COUNT || (unsigned)event >= HANDOFF_EVENTS);
    if (!steps[state][event].allowed)
        return false;
    *ret_next = steps[state][event].next;
    return true;
}

bool handoff_is_live(enum handoff_state s)
{
    return s == HANDOFF_STATE_CREATED || s == HANDOFF_STATE_OPENED || s == HANDOFF_STATE_SUBMITTED;
}

/* --- inside work ------------------------------------------------------------------------------ */

enum err handoff_read(struct keeper *k, struct handoff_id id, struct handoff_row *ret)
{
    return store_one(k->store, Q_handoff_get, VALS(V_ID(id)), ret);
}

/* Whether one key may open one more within a budget that it shares: as with bytes (base/share.h), it
 * gets no more than what others then have left. So it stops nobody, were it to decline all that it
 * opens; and however many keys do so, each other one has its least. */
static bool leaves_some(uint64_t most, uint64_t all, uint64_t mine)
{
    uint64_t left = most > all ? most - all : 0;
    uint64_t wanted = PLANTED(prompts_unshared) ? 1 : mine + 2; /* this one, and mine for others */

    return mine < limit_get(SET_PROMPTS_LEAST) || wanted <= left;
}

/* Prompts have budgets: an agent key's own, for how many at once and in an hour, and the shared
 * ones. Three in an hour, since one for all of key, person and upstream together would grow with
 * every key and every upstream. */
static enum err within_budget(struct keeper *k, const struct handoff_ask *a)
{
    uint64_t now = keeper_now(k);
    struct recent_row n; /* all agent keys', and of the one that asks; here: at this upstream */
    enum err e = store_one(
        k->store, Q_handoff_recent_counts,
        VALS(V_WHO(a->who), V_STR(a->upstream), V_INT(now > HOUR_MS ? now - HOUR_MS : 0)), &n);

    if (e)
        return e;
    /* A key is one person's, so what it opened for the person is all that it opened. */
    if (n.open >= limit_get(SET_HANDOFFS_PER_CLIENT) ||
        n.all_mine >= limit_get(SET_PROMPTS_PER_HOUR) ||
        !leaves_some(limit_get(SET_USER_PROMPTS_PER_HOUR), n.all, n.all_mine) ||
        !leaves_some(limit_get(SET_UPSTREAM_PROMPTS_PER_HOUR), n.here, n.here_mine))
        return ERR_TOO_MANY_PROMPTS;
    return ERR_OK;
}

static struct record record_of(const struct handoff_row *r, enum event event)
{
    return (struct record){.event = event,
                           .who = r->who,
                           .upstream = slice_str(r->upstream),
                           .handoff = r->id,
                           .connection = r->connection,
                           .number = r->need};
}

static enum err open_fresh(struct keeper *k, const struct handoff_ask *a, struct handoff_found *ret)
{
    struct handoff_id id;
    struct record rec;
    uint64_t now = keeper_now(k);
    enum err e = within_budget(k, a);

    if (e)
        return e;
    RANDOM_ID(id);
    e = store_do(k->store, Q_handoff_add,
                 VALS(V_ID(id), V_WHO(a->who), V_STR(a->upstream), V_INT(a->kind), V_INT(a->need),
                      V_STR(a->method), V_STR(a->tool), V_INT(now), V_INT(now + a->life),
                      V_ID(a->request), V_BYTES(a->shown)));
    if (!e)
        e = handoff_read(k, id, &ret->row);
    if (e)
        return e;
    ret->fresh = true;
    rec = record_of(&ret->row, EVENT_HANDOFF_CREATED);
    return outbox_add(k, &rec, &ret->seq);
}

enum err handoff_find_or_open(struct keeper *k, const struct handoff_ask *a,
                              struct handoff_found *ret)
{
    struct handoff_id_row live;
    enum err e = store_one(
        k->store, Q_handoff_live_for,
        VALS(V_WHO(a->who), V_STR(a->upstream), V_INT(a->kind), V_INT(!a->apart), V_ID(a->request)),
        &live);

    *ret = (struct handoff_found){.seq = 0};
    if (e == ERR_NOT_FOUND)
        return open_fresh(k, a, ret);
    if (!e)
        e = handoff_read(k, live.id, &ret->row);
    /* Its time is over and only the timer has not come yet. */
    if (!e && ret->row.expires <= keeper_now(k) && ret->row.state != HANDOFF_STATE_SUBMITTED) {
        ret->over = ret->row;
        e = handoff_move(k, &ret->over, HANDOFF_EXPIRE, NULL, &ret->seq);
        return e ? e : open_fresh(k, a, ret);
    }
    return e;
}

enum err handoff_move(struct keeper *k, struct handoff_row *row, enum handoff_event event,
                      const struct handoff_change *change, uint64_t *ret_seq)
{
    const struct handoff_change known = {.problem = row->problem}, *c = change ? change : &known;
    const struct handoff_transition *s = &steps[row->state][event];
    struct record rec;
    uint64_t rows = 0;
    enum err e = ERR_OK;

    if (!s->allowed)
        return ERR_GONE;
    row->ended = handoff_is_live(s->next) ? 0 : keeper_now(k);
    e = store_change(k->store, Q_handoff_move,
                     VALS(V_INT(s->next), V_INT(c->problem), V_INT(c->tries), V_ID(c->connection),
                          V_INT(c->tested), V_INT(row->ended), V_ID(row->id), V_INT(row->state)),
                     &rows);
    if (e)
        return e;
    if (rows != 1 && !PLANTED(completed_twice))
        return ERR_GONE;
    row->state = s->next;
    row->problem = c->problem;
    row->submits += c->tries;
    row->tested = c->tested;
    row->connection = c->connection;
    rec = record_of(row, s->record);
    rec.code = c->code;
    return outbox_add(k, &rec, ret_seq);
}

/* Its row says no more what it is, and keeps no other from ending: its id is on record. */
static enum err drop_unreadable(struct keeper *k, struct handoff_id id)
{
    enum err e = store_do(k->store, Q_handoff_drop, VALS(V_ID(id)));

    return e ? e : NOTE(k, .event = EVENT_HANDOFF_FAILED, .handoff = id, .code = ERR_CORRUPT);
}

static enum err move_one(struct keeper *k, const struct handoff_which *w,
                         const struct handoff_change *change, struct handoff_moved **list,
                         const struct handoff_row *row)
{
    struct handoff_moved *m = MEM_NEW(struct handoff_moved);

    *m = (struct handoff_moved){.next = *list, .row = *row};
    *list = m;
    return handoff_move(k, &m->row, w->event, change, &m->seq);
}

enum err handoff_move_all(struct keeper *k, const struct handoff_which *w,
                          const struct handoff_change *change, struct handoff_moved **list)
{
    struct handoff_id_row first;
    enum err e = ERR_OK;

    handoff_moved_free(list);
    while (!e && !(e = store_first(k->store, w->q, w->vals, &first))) {
        struct handoff_row row;

        e = handoff_read(k, first.id, &row);
        if (!e)
            e = move_one(k, w, change, list, &row);
        else if (e == ERR_CORRUPT)
            e = drop_unreadable(k, first.id);
        if (e == ERR_NOT_FOUND)
            e = ERR_CORRUPT;
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

void handoff_moved_free(struct handoff_moved **list)
{
    while (*list) {
        struct handoff_moved *m = *list;

        *list = m->next;
        mem_free(m);
    }
}

/* --- after the commit ------------------------------------------------------------------------- */

struct handoff_telling {
    struct keeper *k;
    struct outbox_wait audited;
    struct handoff_id id;
    struct user_id user;
    enum handoff_state state;
};

static void forget(struct keeper *k, struct handoff_shown *s)
{
    group_leave(&s->of_handoff);
    group_leave(&s->of_session);
    TAILQ_REMOVE(&k->handoffs->shown, s, in_list);
    k->handoffs->shown_n--;
    mem_free(s);
}

static void signal_sessions(struct keeper *k, const struct handoff_telling *t)
{
    struct group_link *l = NULL;

    while ((l = group_first(&k->handoffs->by_handoff, ID_SLICE(t->id)))) {
        struct handoff_shown *s = l->thing;

        tell_handoff_signal(peers_chan(&k->peers, s->session.gateway),
                            &(struct msg_handoff_signal){
                                .session = s->session.id, .handoff = t->id, .state = t->state});
        forget(k, s);
    }
}

static void tell(void *ctx)
{
    struct handoff_telling *t = ctx;

    t->k->handoffs->events->changed(t->k, t->user);
    if (!handoff_is_live(t->state)) {
        signal_sessions(t->k, t);
        t->k->handoffs->events->ended(t->k, t->id);
    }
    mem_free(t);
}

static void arm(struct keeper *k);

void handoff_changed(struct keeper *k, const struct handoff_row *row, uint64_t seq)
{
    struct handoff_telling *t = MEM_NEW(struct handoff_telling);

    *t =
        (struct handoff_telling){.k = k, .id = row->id, .user = row->who.user, .state = row->state};
    if (!handoff_is_live(row->state))
        log_event(LEVEL_INFO, "handoff_ended", LOG_ID("handoff", row->id),
                  LOG_STR("upstream", row->upstream),
                  LOG_STR("state", handoff_state_name(row->state)));
    arm(k);
    outbox_when(k, row->state == HANDOFF_STATE_COMPLETED ? seq : 0, &t->audited, tell, t);
}

void handoff_all_changed(struct keeper *k, struct handoff_moved **list)
{
    for (const struct handoff_moved *m = *list; m; m = m->next)
        handoff_changed(k, &m->row, m->seq);
    handoff_moved_free(list);
}

void handoff_was_shown(struct keeper *k, struct handoff_id id, uint64_t gateway,
                       struct session_id s)
{
    struct handoff_shown *n = MEM_NEW(struct handoff_shown);

    n->session = (struct handoff_session){gateway, s};
    TAILQ_INSERT_TAIL(&k->handoffs->shown, n, in_list);
    group_join(&k->handoffs->by_handoff, ID_SLICE(id), &n->of_handoff, n);
    group_join(&k->handoffs->by_session, slice_of(&n->session, sizeof(n->session)), &n->of_session,
               n);
    if (++k->handoffs->shown_n > SHOWN)
        forget(k, TAILQ_FIRST(&k->handoffs->shown));
}

void keeper_on_session_gone(struct keeper *k, struct chan *c, const struct msg_session_gone *m)
{
    const struct handoff_session at = {peer_of(c)->serial, m->session};
    struct group_link *l = NULL;

    while ((l = group_first(&k->handoffs->by_session, slice_of(&at, sizeof(at)))))
        forget(k, l->thing);
}

void handoff_gateway_lost(struct keeper *k, uint64_t gateway)
{
    struct handoff_shown *next = NULL;

    for (struct handoff_shown *s = TAILQ_FIRST(&k->handoffs->shown); s; s = next) {
        next = TAILQ_NEXT(s, in_list);
        if (s->session.gateway == gateway)
            forget(k, s);
    }
}

/* --- expiry ----------------------------------------------------------------------------------- */

static enum err expire_work(void *ctx)
{
    struct keeper *k = ctx;
    const struct handoff_which due = {STORE_GIVES(handoff_id_row, Q_handoff_due),
                                      VALS(V_INT(keeper_now(k))), HANDOFF_EXPIRE};

    return handoff_move_all(k, &due, NULL, &k->handoffs->over);
}

static void expire_done(void *ctx, enum err e)
{
    struct keeper *k = ctx;

    k->handoffs->expiring = false;
    if (e) {
        log_event(LEVEL_ERROR, "handoffs_not_expired", LOG_ERR(e));
        loop_timer_set(k->handoffs->timer, 1000);
        handoff_moved_free(&k->handoffs->over);
    } else {
        handoff_all_changed(k, &k->handoffs->over);
        arm(k);
    }
}

static void on_timer(void *ctx)
{
    struct keeper *k = ctx;

    if (k->handoffs->expiring)
        return;
    k->handoffs->expiring = true;
    /* Urgent: it ends something. */
    store_work(k->store, STORE_URGENT, expire_work, expire_done, k);
}

static void armed(void *ctx, enum err e)
{
    struct keeper *k = ctx;
    uint64_t next = k->handoffs->next.n, now = keeper_now(k), wait = next > now ? next - now : 0;

    if (!e && next > 0)
        loop_timer_set(k->handoffs->timer, wait < 60000 ? wait : 60000);
}

/* Sets the timer for the next one. In steps of a minute at most, so that a wall clock that jumps
 * forward ends things soon. */
static void arm(struct keeper *k)
{
    store_ask(k->store, Q_handoff_next, VALS(), &k->handoffs->next, armed, k);
}

void handoff_open_all(struct keeper *k, const struct handoff_events *events)
{
    k->handoffs->events = events;
    TAILQ_INIT(&k->handoffs->shown);
    k->handoffs->timer = loop_timer_new(k->loop, on_timer, k);
    arm(k);
}

void handoff_close_all(struct keeper *k)
{
    if (!k->handoffs->timer)
        return;
    loop_timer_free(k->handoffs->timer);
    while (!TAILQ_EMPTY(&k->handoffs->shown))
        forget(k, TAILQ_FIRST(&k->handoffs->shown));
}
