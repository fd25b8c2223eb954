/*
 * The queue of audit records. Run by the keeper. Trusts audit to have on disk what it acknowledges,
 * and nothing else: numbers and heads are compared with its own.
 * ARCHITECTURE, "One call, step by step" 3; decision 0006.
 */
#include "keeper/outbox.h"

#include "base/planted.h"
#include "ipc/gen/keeper.h"
#include "ipc/gen/send.h"
#include "keeper/auth.h"
#include "keeper/sums.h"
#include "os/log.h"

enum {
    WINDOW = 1024,   /* records sent and not yet acknowledged */
    BATCH = 64,      /* read from the store at once */
    BACKLOG = 65536, /* records waiting; beyond it only what ends something is recorded */
    SAVE_MS = 250,   /* how long an acknowledgement may wait for a transaction to ride in */
    RETRY_MS = 1000
};

enum rate { RATE_KEY, RATE_PERSON, RATE_STRANGER, RATE_BOUND, RATE_OWNER };

static const struct {
    bool begins; /* may be refused when too many records wait */
    enum rate rate;
} events[] = {
#define R(event, begins, rate) [EVENT_##event] = {begins, RATE_##rate},
#include "keeper/event.def"
#undef R
};

enum {
#define R(event, begins, rate) ROW_##event,
#include "keeper/event.def"
#undef R
    ROWS
};
_Static_assert((int)ROWS == (int)EVENT_COUNT, "each event has its row");

static void push(struct keeper *k);

enum recording outbox_recording(const struct keeper *k)
{
    const struct outbox *o = k->outbox;

    if (o->broken)
        return RECORDING_APART;
    if (o->why_not == ERR_NO_SPACE || o->unstored == ERR_NO_SPACE)
        return RECORDING_FULL;
    if (o->audit == 0 || o->why_not || o->unstored)
        return RECORDING_LOST;
    return o->scarce ? RECORDING_FILLING : RECORDING_FINE;
}

/* Something of that may have changed. */
static void tell_surface(struct keeper *k)
{
    const struct msg_health m = {.recording = outbox_recording(k)};

    if (m.recording == k->outbox->said || PLANTED(health_blind))
        return;
    k->outbox->said = m.recording;
    tell_health(peers_any(&k->peers, ROLE_SURFACE), &m);
}

/* The store knows of less than audit has acknowledged. */
static bool is_behind(const struct outbox *o)
{
    return o->stored != o->acked;
}

static enum err nothing(UNUSED void *ctx)
{
    return ERR_OK;
}

/* A transaction of its own for what nobody else's carried along, and to see whether one goes through
 * again. */
static void on_timer(void *ctx)
{
    struct keeper *k = ctx;

    if (is_behind(k->outbox) || k->outbox->unstored) {
        store_work(k->store, STORE_NORMAL, nothing, NULL, NULL);
        loop_timer_set(k->outbox->timer, RETRY_MS); /* if the store cannot take it now */
    }
    push(k);
}

/* Rides in every transaction. The time in the store is ahead of all that is committed (decision
 * 0030). */
static enum err save(void *ctx)
{
    struct keeper *k = ctx;
    struct outbox *o = k->outbox;
    uint64_t now = keeper_now(k);
    enum err e = ERR_OK;

    o->saving = o->acked; /* more may be acknowledged before this is committed */
    o->saving_clock = o->node.clock;
    if (!is_behind(o) && now <= o->node.clock)
        return ERR_OK;
    o->saving_clock = now + LIM_CLOCK_STEP;
    e = store_do(
        k->store, Q_node_save,
        VALS(V_INT(PLANTED(clock_back) ? now : o->saving_clock), V_INT(o->acked), V_ID(o->head)));
    return e || !is_behind(o) ? e : store_do(k->store, Q_outbox_drop, VALS(V_INT(o->acked)));
}

static void saved(void *ctx, enum err e)
{
    struct keeper *k = ctx;
    struct outbox *o = k->outbox;

    o->unstored = e;
    tell_surface(k);
    if (e) {
        loop_timer_set(o->timer, RETRY_MS);
        return;
    }
    o->stored = o->saving;
    o->node.clock = o->saving_clock;
    if (is_behind(o))
        loop_timer_set(o->timer, SAVE_MS);
    push(k);
}

void outbox_open(struct keeper *k, outbox_stuck_fn *stuck)
{
    struct outbox *o = k->outbox;

    TAILQ_INIT(&o->waits);
    o->rows = BUF_INIT(BATCH * sizeof(struct record_row));
    o->stuck = stuck;
    o->issued = o->node.newest;
    o->acked = o->stored = o->written = o->node.acked_seq;
    o->head = o->node.acked_head;
    o->broken = o->node.rolled_back;
    if (o->broken)
        log_event(LEVEL_ERROR, "rolled_back", LOG_STR("which", "found at an earlier start"),
                  LOG_STR("hint", OUTBOX_ROLLED_BACK));
    o->timer = loop_timer_new(k->loop, on_timer, k);
    store_ride(k->store, save, saved, k);
}

void outbox_close(struct keeper *k)
{
    if (k->outbox->timer)
        loop_timer_free(k->outbox->timer);
    buf_free(&k->outbox->rows);
}

/* --- records ---------------------------------------------------------------------------------- */

/* Whether it is one of too many, and so only counted. */
static bool is_summed(struct keeper *k, const struct record *r)
{
    bool may = true;

    if (events[r->event].rate == RATE_PERSON)
        may = auth_person_may(k, r->who.user);
    else if (events[r->event].rate == RATE_STRANGER)
        may = auth_stranger_may(k);
    if (!may)
        sums_add(k, r->event, (struct principal){.user = r->who.user});
    return !may;
}

enum err outbox_add(struct keeper *k, const struct record *r, uint64_t *ret_seq)
{
    struct number_row seq;
    enum err e = ERR_OK;

    if (r->number == 0 && is_summed(k, r)) {
        *ret_seq = 0;
        return ERR_OK;
    }
    if (events[r->event].begins && k->outbox->issued - k->outbox->acked > BACKLOG)
        return ERR_UNAVAILABLE;
    e = store_one(k->store, Q_outbox_next, VALS(), &seq);
    if (!e)
        e = store_do(k->store, Q_outbox_add,
                     VALS(V_INT(seq.n), V_INT(k->epoch), V_INT(keeper_now(k)), V_INT(r->event),
                          V_WHO(r->who), V_BYTES(r->upstream), V_ID(r->handoff), V_ID(r->use),
                          V_ID(r->connection), V_INT(r->code), V_INT(r->number),
                          V_ID(r->projection), V_ID(r->body), V_BYTES(r->detail)));
    if (e)
        return e;
    k->outbox->issued = seq.n; /* too high when this is undone; that only makes it an upper bound */
    *ret_seq = seq.n;
    return ERR_OK;
}

enum err outbox_note(struct keeper *k, const struct record *r)
{
    uint64_t seq = 0;

    return outbox_add(k, r, &seq);
}

static enum err send_record(struct chan *c, const struct record_row *row)
{
    return send_audit_append(c, &(struct msg_audit_append){.seq = row->seq,
                                                           .epoch = row->epoch,
                                                           .time = row->time,
                                                           .event = row->event,
                                                           .user = row->user,
                                                           .client = row->client,
                                                           .upstream = slice_str(row->upstream),
                                                           .handoff = row->handoff,
                                                           .use = row->use,
                                                           .connection = row->connection,
                                                           .code = row->code,
                                                           .number = row->number,
                                                           .projection = row->projection,
                                                           .body = row->body,
                                                           .detail = slice_str(row->detail)});
}

/* How far behind is audit, and how far the store: after a crash all that the store does not know as
 * acknowledged goes to audit again, which cannot tell a repeat of more than these from another
 * record. */
static bool may_send(const struct outbox *o)
{
    return o->sent - o->acked < WINDOW &&
           (o->sent - o->stored < LIM_AUDIT_REPEAT || PLANTED(repeats_unbounded));
}

/* The next records that are committed. */
static enum err read_batch(void *ctx)
{
    struct keeper *k = ctx;
    struct outbox *o = k->outbox;

    return store_all(k->store, Q_outbox_from, VALS(V_INT(o->from), V_INT(BATCH)), &o->rows);
}

/* Those that may go now, up to one that could not be read. None when since they were read it begins
 * elsewhere. */
static enum err send_rows(struct keeper *k)
{
    struct outbox *o = k->outbox;
    struct chan *c = peers_chan(&k->peers, o->audit);
    const struct record_row *row = (const void *)o->rows.p;
    enum err e = c ? ERR_OK : ERR_CLOSED;

    if (o->comparing || o->broken || o->from != o->sent)
        return ERR_OK;
    for (size_t n = o->rows.n / sizeof(*row); n > 0 && !e && may_send(o); n--, row++) {
        e = row->seq == o->sent + 1 ? send_record(c, row) : ERR_CORRUPT; /* one is missing */
        if (!e)
            o->sent = row->seq;
    }
    if (o->given < o->sent)
        o->given = o->sent;
    return e;
}

static void batch_read(void *ctx, enum err e)
{
    struct keeper *k = ctx;
    struct outbox *o = k->outbox;
    enum err sent = send_rows(k);

    o->reading = false;
    e = e ? e : sent;
    if (e && e != ERR_CLOSED) {
        log_event(LEVEL_ERROR, "audit_record_unreadable", LOG_NUM("after", o->sent), LOG_ERR(e));
        o->why_not = e;
        tell_surface(k);
    } else if (!e && (o->again || o->rows.n == BATCH * sizeof(struct record_row))) {
        push(k);
    }
}

/* Sends what is committed and may go. */
static void push(struct keeper *k)
{
    struct outbox *o = k->outbox;

    o->again = o->reading;
    if (o->reading || o->comparing || o->broken || !may_send(o) || o->issued <= o->sent ||
        !peers_chan(&k->peers, o->audit))
        return;
    o->reading = true;
    o->from = o->sent;
    store_work(k->store, STORE_READ, read_batch, batch_read, k);
}

/* --- waiting ---------------------------------------------------------------------------------- */

void outbox_when(struct keeper *k, uint64_t seq, struct outbox_wait *w, outbox_fn *fn, void *ctx)
{
    struct outbox_wait *before = TAILQ_LAST(&k->outbox->waits, outbox_waits);

    if (seq <= k->outbox->written) {
        fn(ctx);
        return;
    }
    *w = (struct outbox_wait){.seq = seq, .fn = fn, .ctx = ctx};
    while (before && before->seq > seq)
        before = TAILQ_PREV(before, outbox_waits, in_queue);
    if (before)
        TAILQ_INSERT_AFTER(&k->outbox->waits, before, w, in_queue);
    else
        TAILQ_INSERT_HEAD(&k->outbox->waits, w, in_queue);
}

void outbox_forget(struct keeper *k, struct outbox_wait *w)
{
    if (w->fn)
        TAILQ_REMOVE(&k->outbox->waits, w, in_queue);
    w->fn = NULL;
}

static void run_waits(struct keeper *k)
{
    struct outbox_wait *w = NULL;

    while ((w = TAILQ_FIRST(&k->outbox->waits)) && w->seq <= k->outbox->written) {
        outbox_fn *fn = w->fn;

        outbox_forget(k, w);
        fn(w->ctx);
    }
}

enum err outbox_ready(const struct keeper *k)
{
    return k->outbox->broken ? ERR_CORRUPT : k->outbox->why_not;
}

/* --- what audit says -------------------------------------------------------------------------- */

static enum err mark_rolled_back(void *ctx)
{
    struct keeper *k = ctx;

    return store_do(k->store, Q_node_rolled_back, VALS(V_INT(1)));
}

static void marked_rolled_back(UNUSED void *ctx, enum err e)
{
    if (e) /* the next start compares again */
        log_event(LEVEL_ERROR, "rolled_back_not_stored", LOG_ERR(e));
}

static void rolled_back(struct keeper *k, const char *which, uint64_t log_seq)
{
    log_event(LEVEL_ERROR, "rolled_back", LOG_STR("which", which), LOG_NUM("log", log_seq),
              LOG_NUM("acknowledged", k->outbox->acked), LOG_NUM("recorded", k->outbox->issued),
              LOG_STR("hint", OUTBOX_ROLLED_BACK));
    if (PLANTED(rollback_taken))
        return;
    k->outbox->broken = true;
    store_work(k->store, STORE_URGENT, mark_rolled_back, marked_rolled_back, k);
    k->outbox->stuck(k, ERR_CORRUPT);
}

enum err outbox_recheck(struct keeper *k)
{
    return store_do(k->store, Q_node_rolled_back, VALS(V_INT(0)));
}

static void set_disk(struct keeper *k, bool low, bool scarce)
{
    enum err now = low ? ERR_NO_SPACE : ERR_OK;

    if (k->outbox->why_not != now)
        log_event(low ? LEVEL_ERROR : LEVEL_INFO, "audit_disk", LOG_NUM("full", low));
    k->outbox->why_not = now;
    k->outbox->scarce = scarce;
    tell_surface(k);
}

static void compared(void *ctx, enum err e)
{
    struct keeper *k = ctx;
    struct outbox *o = k->outbox;
    const struct msg_audit_state *m = &o->state;
    /* The newest number in the store, not the newest that was sent, or that a transaction had which
     * was undone. More may have been issued since it was read: audit has said this before that. */
    const uint64_t newest = e ? o->issued : o->node.newest;

    if (--o->comparing > 0) /* a newer process has said something since */
        return;
    o->broken |= e == ERR_CORRUPT;
    if (m->seq < o->acked || (m->seq == o->acked && m->seq > 0 && !ID_EQ(m->head, o->head)))
        rolled_back(k, "log", m->seq);
    else if (m->seq > newest || m->epoch > k->epoch || (!o->met && m->epoch == k->epoch))
        rolled_back(k, "store", m->seq); /* before our first record nobody has our epoch */
    o->met = true;
    set_disk(k, m->low, m->scarce);
    push(k);
}

void keeper_on_audit_state(struct keeper *k, struct chan *c, const struct msg_audit_state *m)
{
    struct outbox *o = k->outbox;

    o->audit = peer_of(c)->serial;
    o->sent = o->given = o->written = o->acked;
    o->state = *m;
    o->comparing++;
    store_ask(k->store, Q_node_get, VALS(), &o->node, compared, k);
}

void outbox_lost(struct keeper *k, uint64_t peer)
{
    if (k->outbox->audit == peer)
        k->outbox->audit = 0;
    tell_surface(k);
}

/* Of what was sent, and of what was acknowledged before the same. */
static bool may_ack(const struct outbox *o, const struct msg_audit_ack *m)
{
    if (m->seq > m->written || m->written > o->given)
        return false;
    return m->seq == 0 || m->seq > o->acked || (m->seq == o->acked && ID_EQ(m->head, o->head));
}

void keeper_on_audit_ack(struct keeper *k, struct chan *c, const struct msg_audit_ack *m)
{
    struct outbox *o = k->outbox;
    uint64_t seq = PLANTED(written_is_acked) ? m->written : m->seq;

    if (o->audit != peer_of(c)->serial || !may_ack(o, m)) {
        chan_breach(c, BREACH_AUDIT_ACK);
        return;
    }
    if (!o->broken && m->written > o->written)
        o->written = m->written;
    if (!o->broken && seq > o->acked) {
        if (!is_behind(o)) /* not put off by each that follows */
            loop_timer_set(o->timer, SAVE_MS);
        o->acked = seq;
        if (o->sent < m->seq) /* it had refused them for want of room */
            o->sent = m->seq;
        o->head = m->head;
    }
    set_disk(k, m->low, m->scarce);
    run_waits(k);
    push(k);
}

void keeper_on_audit_refused(struct keeper *k, struct chan *c, const struct msg_audit_refused *m)
{
    struct outbox *o = k->outbox;

    if (o->audit != peer_of(c)->serial || m->seq <= o->acked || m->seq > o->given) {
        chan_breach(c, BREACH_AUDIT_ACK);
        return;
    }
    if (PLANTED(refusal_is_ack)) {
        o->written = m->seq;
        run_waits(k);
        return;
    }
    o->sent = m->seq - 1;
    log_event(LEVEL_ERROR, "audit_refused", LOG_NUM("seq", m->seq), LOG_ERR(m->code));
    if (m->code == ERR_CORRUPT) {
        rolled_back(k, "a record", m->seq);
    } else if (m->code == ERR_NO_SPACE) {
        /* What waits can be given up at once: it was not released, so nothing was sent. */
        o->why_not = ERR_NO_SPACE;
        k->outbox->stuck(k, ERR_NO_SPACE);
    }
    tell_surface(k);
    loop_timer_set(o->timer, RETRY_MS);
}
