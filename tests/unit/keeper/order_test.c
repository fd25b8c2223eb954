/* The order of things: nothing is released before store and audit have it, a revocation in between
 * wins, a crash at any point sends nothing twice. */
#include "world.h"

#include <sqlite3.h>
#include <stdio.h>

#include "crypto/hash.h"
#include "crypto/judged.h"
#include "ipc/gen/keeper.h"
#include "keeper/call.h"
#include "keeper/outbox.h"
#include "keeper/revoke.h"

/* As when the folders of a start are not there: its end comes all the same. */
static void test_closed_and_never_opened(UNUSED void **state)
{
    struct keeper k = {.loop = NULL};

    keeper_close(&k);
}

static int setup(void **state)
{
    world_setup_ann(state);
    connect_ann(*state);
    return 0;
}

/* --- release ---------------------------------------------------------------------------------- */

/* The plant release_early turns this red. */
static void test_nothing_before_the_acknowledgement(void **state)
{
    struct world *w = *state;

    w->r->audit_silent = true;
    say_call(w, 1);
    rig_quiet(w->r->egress);
    rig_quiet(w->r->gateway);
    assert_int_equal(running(w), 1);                       /* in the store it is */
    assert_int_equal(w->r->events[EVENT_USE_RESERVED], 1); /* and audit was told */
    rig_audit_ack(w->r);
    (void)permit_of(w, 1);
}

static void audit_says(struct world *w, uint64_t seq, uint64_t written)
{
    assert_err(send_audit_ack(w->r->audit->own,
                              &(struct msg_audit_ack){
                                  .seq = seq, .head = w->r->audit_log[seq], .written = written}),
               ERR_OK);
}

/* What audit has in its file is enough, since the store keeps the record until audit has it on disk
 * as well: a power cut that takes it back from the file takes nothing (decision 0028). */
static void test_written_is_enough_and_sent_again(void **state)
{
    struct world *w = *state;
    uint64_t synced = w->r->audit_seq, written = 0;

    w->r->audit_silent = true;
    say_call(w, 1);
    rig_settle(w->r);
    written = w->r->audit_seq;
    audit_says(w, synced, written);
    (void)permit_of(w, 1);
    rig_kill(w->r->audit);
    w->r->audit_seq = w->r->audit_given = synced; /* the disk lost the end */
    w->r->audit = rig_peer(w->r, ROLE_AUDIT, 0, 31, 0);
    rig_audit_state(w->r);
    rig_settle(w->r);
    assert_int_equal(w->r->audit_seq, written);
    say_call(w, 2); /* and nothing of it counts for the new process */
    rig_quiet(w->r->egress);
    audit_says(w, written, w->r->audit_seq);
    (void)permit_of(w, 2);
}

/* Nothing is written before what is on disk, nor after what was sent. */
static void test_an_ack_that_cannot_be(void **state)
{
    struct world *w = *state;

    w->r->audit_silent = true;
    say_call(w, 1);
    rig_settle(w->r);
    audit_says(w, w->r->audit_seq, w->r->audit_seq - 1);
    rig_settle(w->r);
    assert_true(rig_refused(w->r->audit));
    rig_quiet(w->r->egress);
    w->r->audit = rig_peer(w->r, ROLE_AUDIT, 0, 31, 0);
    w->r->audit_seq--;
    rig_audit_state(w->r);
    rig_settle(w->r);
    audit_says(w, w->r->audit_seq - 1, w->r->audit_seq + 1);
    rig_settle(w->r);
    assert_true(rig_refused(w->r->audit));
    rig_quiet(w->r->egress);
}

static void test_permit_says_what_was_decided(void **state)
{
    struct world *w = *state;
    struct msg_permit *p = NULL;
    struct digest projection = judged_digest(&(struct judged){
                      CALL_KIND_REQUEST, SLICE_LIT("tools/call"), SLICE_LIT("forecast"),
                      SLICE_LIT("M...N..."), hash_sha256(SLICE_LIT("forecast for Oslo")), false}),
                  body = hash_sha256(SLICE_LIT("body"));
    uint64_t now = loop_now(w->r->loop);

    say_call(w, 1);
    p = permit_of(w, 1);
    assert_true(ID_EQ(p->projection, projection));
    assert_true(ID_EQ(p->body, body));
    assert_int_equal(p->gateway, 0);
    assert_int_equal(p->gateway_generation, 11);
    assert_in_range(p->not_after, now, now + limit_get(SET_PERMIT_TIME) + 1000);
    assert_false(ID_IS_ZERO(p->user));
    assert_false(ID_IS_ZERO(p->connection));
}

static void test_revoked_in_between(void **state)
{
    struct world *w = *state;

    w->r->audit_silent = true;
    say_call(w, 1);
    rig_settle(w->r);
    revoke_all(w);
    assert_int_equal(rig_take(w->r->egress, MSG_DROP)->drop.connection.b[0] >= 0, 1);
    assert_int_equal(rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.code,
                     ERR_OK); /* although audit is silent */
    rig_audit_ack(w->r);
    denied(w, 1, ERR_FORBIDDEN);
    rig_quiet(w->r->egress);
}

/* Revoked in the very turn of the call, on either side of it. */
static void test_revoked_in_the_same_turn(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);

    rig_say_call(w->r, &o);
    revoke_all(w);
    rig_settle(w->r);
    rig_take(w->r->cli, MSG_CTL_DONE);
    rig_take(w->r->egress, MSG_DROP);
    rig_quiet(w->r->egress);
    rig_settle(w->r);
    if (TAILQ_FIRST(&w->r->gateway->said)->type == MSG_CALL_DENY)
        denied(w, 1, ERR_FORBIDDEN);
    else /* the revocation was seen first */
        rig_take(w->r->gateway, MSG_CALL_HANDOFF);
}

/* Revoked, and the store does not know it yet: what is acknowledged now is not released. */
static void test_revoked_and_not_stored(void **state)
{
    struct world *w = *state;
    union msg_any ack;

    w->r->audit_silent = true;
    say_call(w, 1);
    rig_settle(w->r);
    ack.audit_ack = (struct msg_audit_ack){.seq = w->r->audit_seq,
                                           .written = w->r->audit_seq,
                                           .head = w->r->audit_log[w->r->audit_seq]};
    revoke_connections(w->r->k, &(struct revoke_which){.all = true}, NULL, NULL);
    assert_true(keeper_dispatch(w->r->k, w->r->audit->theirs, MSG_AUDIT_ACK, &ack, -1));
    (void)rig_take(w->r->egress, MSG_DROP);
    denied(w, 1, ERR_FORBIDDEN);
    rig_quiet(w->r->egress);
}

static void test_no_audit_no_release_revoke_works(void **state)
{
    struct world *w = *state;

    rig_kill(w->r->audit);
    say_call(w, 1);
    rig_quiet(w->r->egress);
    revoke_all(w);
    assert_int_equal(rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.code, ERR_OK);
    rig_forget(w->r->egress);
    /* It comes back, gets what it missed, and nothing was lost. */
    w->r->audit = rig_peer(w->r, ROLE_AUDIT, 0, 31, 0);
    rig_audit_state(w->r);
    denied(w, 1, ERR_FORBIDDEN);
    assert_int_equal(w->r->events[EVENT_CONNECTION_REVOKED], 1);
    rig_quiet(w->r->egress);
}

static void test_audit_restarts(void **state)
{
    struct world *w = *state;

    w->r->audit_silent = true;
    say_call(w, 1);
    rig_settle(w->r);
    rig_kill(w->r->audit);
    rig_quiet(w->r->egress);
    w->r->audit_silent = false;
    w->r->audit = rig_peer(w->r, ROLE_AUDIT, 0, 31, 0);
    rig_audit_state(w->r); /* it had it on disk, and says so only now */
    (void)permit_of(w, 1);
    assert_int_equal(w->r->events[EVENT_USE_RESERVED], 1);
}

static void test_audit_refuses(void **state)
{
    struct world *w = *state;

    w->r->audit_silent = true;
    say_call(w, 1);
    rig_settle(w->r);
    assert_err(
        send_audit_refused(w->r->audit->own, &(struct msg_audit_refused){.seq = w->r->audit_seq,
                                                                         .code = ERR_NO_SPACE}),
        ERR_OK);
    w->r->audit_seq--; /* it has not got it */
    denied(w, 1, ERR_NO_SPACE);
    say_call(w, 2); /* at once */
    denied(w, 2, ERR_NO_SPACE);
    rig_quiet(w->r->egress);
    /* Room again: no help needed. */
    w->r->audit_silent = false;
    rig_audit_ack(w->r);
    rig_settle(w->r);
    say_call(w, 3);
    (void)permit_of(w, 3);
}

static void test_audit_low(void **state)
{
    struct world *w = *state;

    assert_err(send_audit_ack(w->r->audit->own,
                              &(struct msg_audit_ack){.seq = w->r->audit_seq,
                                                      .written = w->r->audit_seq,
                                                      .head = w->r->audit_log[w->r->audit_seq],
                                                      .low = true}),
               ERR_OK);
    rig_settle(w->r);
    say_call(w, 1);
    denied(w, 1, ERR_NO_SPACE);
    revoke_all(w);
    assert_int_equal(rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.code, ERR_OK);
}

static void assert_recording(struct world *w, enum recording wanted)
{
    rig_settle(w->r);
    assert_string_equal(recording_name(w->r->recording), recording_name(wanted));
}

/* Surface is told how things stand with the log, whenever that changes and at no other time. */
static void test_health(void **state)
{
    struct world *w = *state;
    struct msg_audit_ack ack = {.seq = w->r->audit_seq,
                                .written = w->r->audit_seq,
                                .head = w->r->audit_log[w->r->audit_seq]};
    static const struct {
        bool low, scarce;
        enum recording wanted;
    } rows[] = {
        {false, true, RECORDING_FILLING},
        {true, true, RECORDING_FULL},
        {false, true, RECORDING_FILLING},
        {false, false, RECORDING_FINE},
    };
    unsigned told = 0;

    assert_recording(w, RECORDING_FINE);
    told = w->r->healths;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ack.low = rows[i].low;
        ack.scarce = rows[i].scarce;
        assert_err(send_audit_ack(w->r->audit->own, &ack), ERR_OK);
        assert_err(send_audit_ack(w->r->audit->own, &ack), ERR_OK);
        assert_recording(w, rows[i].wanted);
        assert_int_equal(w->r->healths, told + i + 1);
    }
    rig_kill(w->r->audit);
    assert_recording(w, RECORDING_LOST);
    rig_kill(w->r->surface);
    w->r->surface = rig_peer(w->r, ROLE_SURFACE, 0, 31, 0);
    w->r->recording = RECORDING_FINE;
    assert_recording(w, RECORDING_LOST); /* another one is told at once */
    w->r->audit = rig_peer(w->r, ROLE_AUDIT, 0, 31, 0);
    rig_audit_state(w->r);
    assert_recording(w, RECORDING_FINE);
    rig_kill(w->r->audit);
    w->r->audit = rig_peer(w->r, ROLE_AUDIT, 0, 32, 0);
    assert_err(send_audit_state(w->r->audit->own, &(struct msg_audit_state){.seq = 0}), ERR_OK);
    assert_recording(w, RECORDING_APART);
}

static void test_permit_time(void **state)
{
    struct world *w = *state;

    assert_err(limit_set(SET_PERMIT_TIME, 100), ERR_OK);
    w->r->audit_silent = true;
    say_call(w, 1);
    rig_settle(w->r);
    for (int i = 0; running(w) > 0 && i < 20; i++) /* other timers end a turn too */
        loop_turn(w->r->loop, 200);
    denied(w, 1, ERR_UNAVAILABLE);
    rig_audit_ack(w->r);
    rig_quiet(w->r->egress);
    assert_int_equal(running(w), 0);
}

/* --- audit says something else than the store ------------------------------------------------- */

static void test_store_behind_the_log(void **state)
{
    struct world *w = *state;

    rig_kill(w->r->audit);
    w->r->audit = rig_peer(w->r, ROLE_AUDIT, 0, 31, 0);
    assert_err(send_audit_state(w->r->audit->own,
                                &(struct msg_audit_state){.seq = w->r->audit_seq + 5,
                                                          .head = w->r->audit_log[w->r->audit_seq],
                                                          .epoch = 1}),
               ERR_OK);
    rig_settle(w->r);
    say_call(w, 1);
    denied(w, 1, ERR_CORRUPT);
    revoke_all(w);
    assert_int_equal(rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.code, ERR_OK);
}

static void broken_log(struct world *w, const struct msg_audit_state *m)
{
    rig_kill(w->r->audit);
    w->r->audit = rig_peer(w->r, ROLE_AUDIT, 0, 31, 0);
    assert_err(send_audit_state(w->r->audit->own, m), ERR_OK);
    rig_settle(w->r);
    say_call(w, 1);
    denied(w, 1, ERR_CORRUPT);
    assert_err(send_ctl_audit_head(w->r->cli->own, &(struct msg_ctl_audit_head){0}), ERR_OK);
    assert_int_equal(rig_take(w->r->cli, MSG_CTL_AUDIT_HEAD_IS)->ctl_audit_head_is.seq,
                     w->r->audit_seq);
    assert_int_equal(rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.code, ERR_CORRUPT);
}

static void test_log_behind_the_head(void **state)
{
    struct world *w = *state;

    broken_log(w, &(struct msg_audit_state){.seq = w->r->audit_seq - 1, .epoch = 1});
}

static void test_log_with_another_head(void **state)
{
    struct world *w = *state;

    broken_log(w, &(struct msg_audit_state){.seq = w->r->audit_seq, .epoch = 1});
}

static void test_log_of_a_later_epoch(void **state)
{
    struct world *w = *state;

    broken_log(w, &(struct msg_audit_state){.seq = w->r->audit_seq,
                                            .head = w->r->audit_log[w->r->audit_seq],
                                            .epoch = 9});
}

static enum err add_record(void *ctx)
{
    struct keeper *k = ctx;
    uint64_t seq = 0;

    return outbox_add(k, &(struct record){.event = EVENT_LOGOUT}, &seq);
}

/* A record comes after the store was asked how far it is, and before it answers: it is sent. */
static void test_issued_meanwhile(void **state)
{
    struct world *w = *state;
    struct keeper *k = w->r->k;
    union msg_any m;

    rig_settle(w->r);
    rig_kill(w->r->audit);
    w->r->audit = rig_peer(w->r, ROLE_AUDIT, 0, 31, 0);
    m.audit_state = (struct msg_audit_state){
        .seq = w->r->audit_seq, .head = w->r->audit_log[w->r->audit_seq], .epoch = k->epoch};
    w->r->audit_given = w->r->audit_seq;
    store_work(k->store, STORE_NORMAL, add_record, NULL, k);
    assert_true(keeper_dispatch(k, w->r->audit->theirs, MSG_AUDIT_STATE, &m, -1));
    rig_settle(w->r);
    assert_int_equal(w->r->events[EVENT_LOGOUT], 1);
}

/* One record cannot be read: those before it are sent, and nothing is begun. */
static void test_unreadable_record(void **state)
{
    struct world *w = *state;
    char path[96];
    sqlite3 *db = NULL;

    w->r->audit_silent = true;
    for (int i = 0; i < 3; i++)
        assert_err(store_run(w->r->k->store, STORE_NORMAL, add_record, w->r->k), ERR_OK);
    rig_close(w->r, false);
    w->r->events[EVENT_LOGOUT] = 0;
    snprintf(path, sizeof(path), "%s/sidegate.db", w->r->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE outbox SET event = 9999"
                                  " WHERE seq = (SELECT max(seq) FROM outbox)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    w->r->audit_silent = false;
    rig_open(w->r);
    rig_settle(w->r);
    assert_int_equal(w->r->events[EVENT_LOGOUT], 2);
    assert_int_equal(w->r->events[EVENT_KEEPER_STARTED], 1); /* that of the life before */
    assert_err(outbox_ready(w->r->k), ERR_CORRUPT);
}

/* The head that was acknowledged outlives a restart. */
static void test_head_is_kept(void **state)
{
    struct world *w = *state;

    say_call(w, 1); /* carries the last acknowledgement along */
    rig_settle(w->r);
    loop_turn(w->r->loop, 300);
    rig_crash(w->r);
    assert_int_equal(w->r->k->outbox->acked, w->r->audit_seq);
    w->r->audit_seq = 1; /* a log that was cut meanwhile */
    rig_kill(w->r->audit);
    w->r->audit = rig_peer(w->r, ROLE_AUDIT, 0, 31, 0);
    rig_audit_state(w->r);
    rig_settle(w->r);
    assert_true(w->r->k->outbox->broken);
}

static void test_hostile_audit(void **state)
{
    struct world *w = *state;

    assert_err(
        send_audit_ack(w->r->audit->own, &(struct msg_audit_ack){.seq = w->r->audit_seq + 100,
                                                                 .written = w->r->audit_seq + 100}),
        ERR_OK);
    assert_true(rig_refused(w->r->audit));
    say_call(w, 1);
    rig_quiet(w->r->egress);
}

/* --- crash ------------------------------------------------------------------------------------ */

static void test_crash_when_released(void **state)
{
    struct world *w = *state;
    struct use_id use;
    uint64_t epoch = w->r->k->epoch;

    w->r->k->conf.upstreams[UP_KEY].lease = LEASE_KIND_KEEP;
    say_call(w, 1);
    use = permit_of(w, 1)->use;
    rig_crash(w->r);
    assert_int_equal(w->r->k->epoch, epoch + 1);
    assert_int_equal(running(w), 0);
    rig_quiet(w->r->egress); /* never again */
    assert_int_equal(w->r->events[EVENT_USE_UNKNOWN], 1);
    rig_result(w->r->egress, use, RESULT_UNSENT, false); /* of an earlier life: nobody's */
    rig_quiet(w->r->cli);
    assert_non_null(w->r->egress->theirs);
    say_call(w, 2);
    (void)permit_of(w, 2);
}

/* The client has its answer; the end of the use rides, and is lost: the use is unknown. */
static void test_crash_while_the_end_rides(void **state)
{
    struct world *w = *state;
    struct keeper_use *u = NULL;
    struct use_id use;

    say_call(w, 1);
    use = permit_of(w, 1)->use;
    u = w->r->k->uses->by_id;
    assert_err(send_use_result(w->r->egress->own,
                               &(struct msg_use_result){.use = use, .result = RESULT_ANSWERED}),
               ERR_OK);
    while (u->state != USE_ENDING)
        loop_turn(w->r->loop, 1000);
    assert_int_equal(w->r->k->calls->by_key->state,
                     KEEPER_CALL_OVER); /* it does not wait for that */
    assert_int_equal(running(w), 1);
    rig_crash(w->r);
    assert_int_equal(running(w), 0);
    assert_int_equal(w->r->events[EVENT_USE_UNKNOWN], 1);
    assert_int_equal(w->r->events[EVENT_USE_RESULT], 0);
    rig_quiet(w->r->egress);
    say_call(w, 2);
    (void)permit_of(w, 2);
}

static void test_crash_before_the_acknowledgement(void **state)
{
    struct world *w = *state;

    w->r->audit_silent = true;
    say_call(w, 1);
    rig_settle(w->r);
    assert_int_equal(running(w), 1);
    rig_crash(w->r);
    assert_int_equal(running(w), 0);
    w->r->audit_silent = false;
    rig_audit_ack(w->r);
    rig_quiet(w->r->egress);
    assert_int_equal(w->r->events[EVENT_USE_UNKNOWN], 1);
}

/* A record of the outbox that audit has not got is sent again after the restart. */
static void test_crash_outbox(void **state)
{
    struct world *w = *state;
    uint64_t before = w->r->audit_seq;

    rig_kill(w->r->audit);
    revoke_all(w);
    rig_settle(w->r);
    rig_crash(w->r);
    rig_settle(w->r);
    assert_true(w->r->audit_seq > before);
    assert_int_equal(w->r->events[EVENT_CONNECTION_REVOKED], 1);
    assert_int_equal(w->r->events[EVENT_KEEPER_STARTED], 2);
}

static enum err note_logout(void *ctx)
{
    struct keeper *k = ctx;

    return NOTE(k, .event = EVENT_LOGOUT);
}

static enum err note_and_fail(void *ctx)
{
    enum err e = note_logout(ctx);

    return e ? e : ERR_EXISTS;
}

/* The number of a record that is undone is the next one's, with some that wait or none: audit would
 * not take what comes after a gap. */
static void test_undone_leaves_no_gap(void **state)
{
    struct world *w = *state;
    struct keeper *k = w->r->k;

    for (uint64_t before = w->r->audit_seq, n = 1; n <= 2; n++) {
        while (k->outbox->stored < before + n - 1) /* what was acknowledged has left */
            loop_turn(w->r->loop, 1000);
        store_work(k->store, STORE_NORMAL, note_and_fail, NULL, k);
        store_work(k->store, STORE_NORMAL, note_logout, NULL, k);
        store_work(k->store, STORE_NORMAL, note_and_fail, NULL, k);
        rig_settle(w->r);
        assert_int_equal(w->r->audit_seq, before + n);
        assert_int_equal(w->r->events[EVENT_LOGOUT], n);
    }
}

/* --- reflections ------------------------------------------------------------------------------ */

static void test_reflections_have_a_budget(void **state)
{
    struct world *w = *state;
    struct use_id use;

    assert_err(limit_set(SET_SCREEN_HITS, 3), ERR_OK);
    say_call(w, 1);
    use = permit_of(w, 1)->use;
    assert_err(send_use_hits(w->r->egress->own, &(struct msg_use_hits){.use = use, .hits = 2}),
               ERR_OK);
    rig_quiet(w->r->egress);
    assert_int_equal(w->r->events[EVENT_REFLECTED], 1);
    assert_err(
        send_use_result(w->r->egress->own,
                        &(struct msg_use_result){.use = use, .result = RESULT_ANSWERED, .hits = 2}),
        ERR_OK);
    rig_take(w->r->egress, MSG_DROP);
    assert_int_equal(w->r->events[EVENT_CONNECTION_SUSPENDED], 1);
    say_call(w, 2);
    denied(w, 2, ERR_SUSPENDED);
}

/* What was reserved before a connection was suspended, or went stale, is not released after it. */
static void ended_in_between(struct world *w, const struct msg_use_result *how)
{
    struct msg_use_result m = *how;

    say_call(w, 1);
    m.use = permit_of(w, 1)->use;
    w->r->audit_silent = true;
    say_call(w, 2);
    rig_quiet(w->r->egress);
    assert_int_equal(running(w), 2);
    assert_err(send_use_result(w->r->egress->own, &m), ERR_OK);
    rig_settle(w->r);
    rig_forget(w->r->egress);
    rig_forget(w->r->gateway);
    rig_audit_ack(w->r);
    rig_quiet(w->r->egress);
}

static void test_suspended_in_between(void **state)
{
    struct world *w = *state;

    assert_err(limit_set(SET_SCREEN_HITS, 3), ERR_OK);
    ended_in_between(w, &(struct msg_use_result){.result = RESULT_ANSWERED, .hits = 4});
    denied(w, 2, ERR_SUSPENDED);
}

/* Decided upon first, in one commit with what suspends it. */
static void test_suspended_in_the_same_commit(void **state)
{
    struct world *w = *state;
    union msg_any open = {.call_open = rig_call(2, w->ann)}, end = {0};

    assert_err(limit_set(SET_SCREEN_HITS, 3), ERR_OK);
    say_call(w, 1);
    end.use_result =
        (struct msg_use_result){.use = permit_of(w, 1)->use, .result = RESULT_ANSWERED, .hits = 4};
    assert_true(keeper_dispatch(w->r->k, w->r->gateway->theirs, MSG_CALL_OPEN, &open, -1));
    assert_true(keeper_dispatch(w->r->k, w->r->egress->theirs, MSG_USE_RESULT, &end, -1));
    (void)rig_take(w->r->egress, MSG_DROP);
    denied(w, 2, ERR_SUSPENDED);
    assert_int_equal(w->r->events[EVENT_USE_RESERVED], 2);
    rig_quiet(w->r->egress);
}

/* The call that waits is asked about like the one that met the refusal. */
static void test_stale_in_between(void **state)
{
    struct world *w = *state;

    ended_in_between(w, &(struct msg_use_result){.result = RESULT_ANSWERED, .refused = true});
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.call, 2);
}

/* The requestState that it came with is still the one that may be sent once. */
static void test_stale_in_between_keeps_the_chain(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct msg_call_open o = rig_call(2, w->ann);
    struct msg_use_result m = {.result = RESULT_ANSWERED, .refused = true};
    struct keeper_call *c = NULL;
    struct use_id chain;

    say_call(w, 1);
    m.use = permit_of(w, 1)->use;
    rig_seal(w->r->egress, m.use, "theirs", &st);
    w->r->audit_silent = true;
    o.state = buf_slice(&st);
    rig_say_call(w->r, &o);
    rig_quiet(w->r->egress);
    assert_int_equal(running(w), 2);
    for (c = w->r->k->calls->by_key; c != NULL && c->key.number != 2; c = c->hh.next)
        ;
    assert_non_null(c);
    chain = c->chain;
    assert_false(ID_IS_ZERO(chain));
    assert_err(send_use_result(w->r->egress->own, &m), ERR_OK);
    rig_settle(w->r);
    rig_forget(w->r->egress);
    rig_forget(w->r->gateway);
    rig_audit_ack(w->r);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.call, 2);
    assert_true(ID_EQ(c->chain, chain));
    buf_free(&st);
}

static void test_suspended_by_a_running_answer(void **state)
{
    struct world *w = *state;
    struct use_id use;

    assert_err(limit_set(SET_SCREEN_HITS, 3), ERR_OK);
    say_call(w, 1);
    use = permit_of(w, 1)->use;
    w->r->audit_silent = true;
    say_call(w, 2);
    assert_err(send_use_hits(w->r->egress->own, &(struct msg_use_hits){.use = use, .hits = 4}),
               ERR_OK);
    rig_take(w->r->egress, MSG_DROP);
    rig_audit_ack(w->r);
    rig_quiet(w->r->egress);
    denied(w, 2, ERR_SUSPENDED);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_and_never_opened),
        T(test_nothing_before_the_acknowledgement),
        T(test_written_is_enough_and_sent_again),
        T(test_an_ack_that_cannot_be),
        T(test_permit_says_what_was_decided),
        T(test_revoked_in_between),
        T(test_revoked_in_the_same_turn),
        T(test_revoked_and_not_stored),
        T(test_no_audit_no_release_revoke_works),
        T(test_audit_restarts),
        T(test_audit_refuses),
        T(test_audit_low),
        T(test_health),
        T(test_permit_time),
        T(test_store_behind_the_log),
        T(test_log_behind_the_head),
        T(test_log_with_another_head),
        T(test_log_of_a_later_epoch),
        T(test_issued_meanwhile),
        T(test_unreadable_record),
        T(test_head_is_kept),
        T(test_hostile_audit),
        T(test_crash_when_released),
        T(test_crash_while_the_end_rides),
        T(test_crash_before_the_acknowledgement),
        T(test_crash_outbox),
        T(test_undone_leaves_no_gap),
        T(test_reflections_have_a_budget),
        T(test_suspended_in_between),
        T(test_suspended_in_the_same_commit),
        T(test_stale_in_between),
        T(test_stale_in_between_keeps_the_chain),
        T(test_suspended_by_a_running_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
