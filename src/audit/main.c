/*
 * audit: core zone.
 *
 * Writes down what happened: one file, one line a record, each chained to the one before by its
 * hash. A record is written before anything follows from it, and signed and synced with all others
 * of the same moment, until when the keeper's store has it as well (decision 0028). Only it holds
 * the log's signing key. It fears a keeper that was taken over and wants to unsay something: it
 * takes the next record or an exact repeat, nothing else, and its jail has no call that removes,
 * cuts, renames, rewrites or opens anything. It talks to keeper alone. Losing it stops every
 * release of a credential until it is back, and no revocation.
 *
 * After a failed sync it ends at once: the kernel forgets what it could not write, so asking again
 * would be told a lie.
 */
#include "audit/alarm.h"
#include "audit/start.h"
#include "audit/verify.h"
#include "base/limits.h"
#include "base/planted.h"
#include "ipc/gen/audit.h"
#include "ipc/gen/send.h"
#include "ipc/role.h"
#include "os/log.h"

#include <stdlib.h>

enum { RETRY_MS = 2000, WATCH_MS = 60000 };

struct audit {
    struct role_self *role;
    struct start start;
    struct ledger ledger;
    struct chan *keeper;
    uint64_t given; /* the newest record that this keeper sent and that is in the log as it sent it;
                       0: none yet */
    bool differs;   /* it sent another record than the log has: nothing more is taken from it */
    struct loop_timer *lazy; /* runs while something is written and not synced */
    bool lazy_runs;
    struct loop_timer *retry;
    bool refused; /* said so, and nothing changed since: what the keeper has under way gets no
                     answer of its own */
    bool low;     /* as logged last */
    struct loop_timer *watch;
    struct alarm alarm;
};

static void note_low(struct audit *a)
{
    if (a->low == a->ledger.file.low)
        return;
    a->low = a->ledger.file.low;
    log_event(LEVEL_WARN, "audit_disk", LOG_STR("is", a->low ? "full" : "all right again"),
              LOG_NUM("seq", a->ledger.seq));
}

/* Only what this keeper sent itself: one with an older store would otherwise take for its own what
 * another life of it wrote. */
static void ack(struct audit *a)
{
    const struct ledger *l = &a->ledger;
    struct msg_audit_ack m = {.seq = a->given < l->synced ? a->given : l->synced,
                              .written = a->given < l->written ? a->given : l->written,
                              .low = l->file.low,
                              .scarce = a->alarm.scarce};

    if (m.seq > 0)
        m.head = ledger_hash(l, m.seq);
    a->refused = false;
    tell_audit_ack(a->keeper, &m);
}

/* Long before it is full. */
static void watch(void *ctx)
{
    struct audit *a = ctx;
    uint64_t left = append_free(&a->ledger.file);

    loop_timer_set(a->watch, WATCH_MS);
    if (!alarm_look(&a->alarm, left))
        return;
    log_event(LEVEL_WARN, "audit_disk",
              LOG_STR("is", a->alarm.scarce ? "filling up" : "all right again"),
              LOG_NUM("free_mib", left >> 20), LOG_NUM("log_mib", a->ledger.file.size >> 20));
    ack(a);
}

static void refuse(struct audit *a, uint64_t seq, enum err why)
{
    struct msg_audit_refused m = {.seq = seq, .code = why};

    if (a->refused)
        return;
    a->refused = true;
    log_event(LEVEL_WARN, "audit_refused", LOG_NUM("seq", seq), LOG_ERR(why));
    tell_audit_refused(a->keeper, &m);
}

NORETURN static void disk_failed(void)
{
    log_event(LEVEL_ERROR, "audit_disk_failed");
    abort();
}

static void settle(struct audit *a, enum err e)
{
    if (e && e != ERR_NO_SPACE)
        disk_failed();
    if (e && a->given > a->ledger.synced)
        refuse(a, a->ledger.synced + 1, e);
    else
        ack(a); /* also that it is low, when all that this keeper sent is on disk */
    note_low(a);
    if (a->low)
        loop_timer_set(a->retry, RETRY_MS);
}

static void flush(void *ctx)
{
    struct audit *a = ctx;

    a->lazy_runs = false;
    settle(a, ledger_flush(&a->ledger));
}

/* At the end of each turn that brought records. */
static void put_down(void *ctx)
{
    struct audit *a = ctx;

    settle(a, ledger_write(&a->ledger));
    if (!a->lazy_runs && !PLANTED(unsynced_for_ever))
        loop_timer_set(a->lazy, LIM_AUDIT_LAZY_TIME);
    a->lazy_runs = true;
}

/* While the disk is full: is there room again? If so, the keeper is told by an ack. */
static void retry(void *ctx)
{
    struct audit *a = ctx;
    bool was_stuck = a->ledger.stuck;

    append_reserve(&a->ledger.file, 0);
    if (was_stuck || !a->ledger.file.low)
        flush(a);
    else
        loop_timer_set(a->retry, RETRY_MS);
}

void audit_on_audit_append(struct audit *a, struct chan *c, const struct msg_audit_append *m)
{
    enum err e;

    if (c != a->keeper || a->differs) /* what a keeper before left under way is sent again */
        return;
    if (ledger_is_full(&a->ledger) && !a->ledger.stuck)
        flush(a);
    e = ledger_take(&a->ledger, m);
    if (!e) {
        a->refused = false;
        if (m->seq > a->given)
            a->given = m->seq;
        loop_defer(role_loop(a->role), put_down, a);
    } else if (e == ERR_AGAIN)
        refuse(a, a->ledger.seq + 1, e);
    else if (e == ERR_NO_SPACE)
        refuse(a, a->ledger.synced + 1, e);
    else {
        a->differs = true;
        refuse(a, m->seq, e);
    }
}

static enum err on_open(struct role_self *r, void *ctx)
{
    struct audit *a = ctx;
    const struct role_boot *boot = role_boot(r);
    enum err e = start_log(&a->start, &a->ledger, boot->data_dir, boot->key_dir);

    a->role = r;
    if (e) {
        log_event(LEVEL_ERROR, "audit_log_unusable", LOG_STR("why", a->start.wrong), LOG_ERR(e),
                  LOG_STR("hint", "are data: and keys: the folders that belong together?"));
        return e;
    }
    if (a->start.cut > 0)
        log_event(LEVEL_WARN, "audit_tail_cut", LOG_NUM("bytes", a->start.cut));
    e = role_watch(r, AUDIT_LOG_NAME);
    if (e)
        return e;
    a->lazy = loop_timer_new(role_loop(r), flush, a);
    a->retry = loop_timer_new(role_loop(r), retry, a);
    a->watch = loop_timer_new(role_loop(r), watch, a);
    note_low(a);
    if (a->low)
        loop_timer_set(a->retry, RETRY_MS);
    return ERR_OK;
}

static void on_ready(UNUSED struct role_self *r, void *ctx)
{
    struct audit *a = ctx;

    watch(a);
    log_event(LEVEL_INFO, "audit_ready", LOG_NUM("seq", a->ledger.synced),
              LOG_NUM("epoch", a->ledger.epoch));
}

static void on_peer(UNUSED struct role_self *r, void *ctx, struct chan *c)
{
    struct audit *a = ctx;
    const struct ledger *l = &a->ledger;

    if (chan_peer(c)->role != ROLE_KEEPER) {
        chan_breach(c, BREACH_STRANGER);
        return;
    }
    if (l->seq > l->synced)
        flush(a); /* what the keeper before left */
    a->keeper = c;
    a->given = 0;
    a->differs = false;
    a->refused = false;
    tell_audit_state(c, &(struct msg_audit_state){.seq = l->synced,
                                                  .head = l->head,
                                                  .epoch = l->epoch,
                                                  .low = l->file.low,
                                                  .scarce = a->alarm.scarce});
}

static void on_lost(UNUSED struct role_self *r, void *ctx, struct chan *c)
{
    struct audit *a = ctx;

    if (a->keeper == c)
        a->keeper = NULL;
}

static void on_stop(UNUSED struct role_self *r, void *ctx)
{
    struct audit *a = ctx;

    flush(a);
}

int main(void)
{
    static const struct role_ops ops = {
        .role = ROLE_AUDIT,
        .box = BOX_audit,
        .message = audit_dispatch,
        .open = on_open,
        .ready = on_ready,
        .peer = on_peer,
        .lost = on_lost,
        .stop = on_stop,
    };
    static struct audit audit;

    return role_main(&ops, &audit);
}
