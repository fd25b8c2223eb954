/*
 * A store or a log that was rolled back alone. The keeper must find it at the first start and at
 * each one after, however much or little was missed meanwhile and whatever is recorded since; what
 * begins something is refused, what ends something works.
 */
#include "world.h"

#include <stdio.h>

#include "ipc/gen/keeper.h"
#include "keeper/outbox.h"
#include "os/clock.h"
#include "store/internal.h"

static int setup(void **state)
{
    world_setup_ann(state);
    connect_ann(*state);
    return 0;
}

/* Sets the files of the store aside; the keeper may be running. */
static void copy(struct world *w)
{
    char line[256];

    snprintf(line, sizeof(line), "mkdir -p %s/old && cp %s/sidegate.db* %s/old/", w->r->dir,
             w->r->dir, w->r->dir);
    assert_int_equal(system(line), 0);
}

/* Puts them back in place of what is there; the keeper is not running. Not before the time that
 * stands in them is over: until then two starts on it may record the same. */
static void put_back(struct world *w)
{
    uint64_t until = clock_steady_ms() + LIM_CLOCK_STEP;
    char line[256];

    while (clock_steady_ms() < until)
        continue;
    snprintf(line, sizeof(line), "rm %s/sidegate.db* && cp %s/old/sidegate.db* %s/", w->r->dir,
             w->r->dir, w->r->dir);
    assert_int_equal(system(line), 0);
}

static enum err ctl_code(struct world *w)
{
    return rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.code;
}

/* And the command is told so. */
static void revoke_done(struct world *w)
{
    revoke_all(w);
    assert_err(ctl_code(w), ERR_OK);
    rig_forget(w->r->egress);
}

static void recheck(struct world *w)
{
    assert_err(send_ctl_audit_recheck(w->r->cli->own, &(struct msg_ctl_audit_recheck){0}), ERR_OK);
    assert_err(ctl_code(w), ERR_OK);
}

static enum err head_code(struct world *w)
{
    struct msg_ctl_done *d = NULL;

    assert_err(send_ctl_audit_head(w->r->cli->own, &(struct msg_ctl_audit_head){0}), ERR_OK);
    (void)rig_take(w->r->cli, MSG_CTL_AUDIT_HEAD_IS);
    d = &rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done;
    assert_int_equal(d->code != ERR_OK, d->detail.n > 0); /* it says what to do */
    return d->code;
}

static enum err call(struct world *w, enum call_want want)
{
    struct msg_call_open o = rig_call(1, w->ann);

    o.want = want;
    rig_say_call(w->r, &o);
    return rig_take(w->r->gateway, MSG_CALL_DENY)->call_deny.code;
}

/* In this life of the keeper nothing is begun, it says so, and ending things works. */
static void assert_refuses(struct world *w)
{
    struct digest hash = {{7}};

    assert_err(call(w, CALL_WANT_SEND), ERR_CORRUPT);
    assert_err(call(w, CALL_WANT_OWN), ERR_CORRUPT); /* the key may have been removed since */
    rig_quiet(w->r->egress);
    assert_err(head_code(w), ERR_CORRUPT);
    assert_err(
        send_ctl_key_add(w->r->cli->own, &(struct msg_ctl_key_add){.user_name = SLICE_LIT("ann"),
                                                                   .label = SLICE_LIT("two"),
                                                                   .token_hash = hash}),
        ERR_OK);
    assert_err(ctl_code(w), ERR_CORRUPT);
    sec_free(rig_login(w->r, "ann", "ann's password")); /* to revoke, one must be able to */
}

static void assert_works(struct world *w)
{
    struct msg_call_open o = rig_call(1, w->ann);

    assert_err(head_code(w), ERR_OK);
    rig_say_call(w->r, &o);
    (void)rig_take(w->r->egress, MSG_PERMIT);
}

/* Ends the keeper, in one way or the other, and starts it again. */
static void next_life(struct world *w, int n)
{
    rig_close(w->r, n % 2 == 0);
    rig_open(w->r);
}

/* The older store, at many starts: nothing of it is ever taken up, nor added to the log. */
static void assert_never_taken_up(struct world *w)
{
    uint64_t end = w->r->audit_seq;

    put_back(w);
    for (int n = 0; n < 6; n++) {
        if (n == 0)
            rig_open(w->r);
        else
            next_life(w, n);
        assert_refuses(w);
        assert_int_equal(w->r->audit_seq, end);
        if (n == 2)
            recheck(w); /* changes nothing: it is found again */
    }
    revoke_done(w);
    next_life(w, 0);
    assert_refuses(w);
}

static void test_behind_by_one_start(void **state)
{
    struct world *w = *state;

    rig_close(w->r, false);
    copy(w);
    rig_open(w->r);
    rig_settle(w->r);
    rig_close(w->r, false);
    assert_never_taken_up(w);
}

static void test_behind_by_a_revocation(void **state)
{
    struct world *w = *state;

    rig_close(w->r, false);
    copy(w);
    rig_open(w->r);
    revoke_done(w);
    rig_close(w->r, true);
    assert_never_taken_up(w);
}

static void test_behind_by_many_records(void **state)
{
    struct world *w = *state;

    rig_close(w->r, false);
    copy(w);
    rig_open(w->r);
    for (int i = 0; i < 40; i++) {
        char token[16];

        snprintf(token, sizeof(token), "token %d", i);
        rig_add_key(w->r, "ann", "another", token);
    }
    revoke_done(w);
    rig_close(w->r, false);
    assert_never_taken_up(w);
}

/* The copy was made while it ran, and no start lies between: both have the same epoch. */
static void test_behind_in_the_same_life(void **state)
{
    struct world *w = *state;

    rig_settle(w->r);
    copy(w);
    revoke_done(w);
    rig_close(w->r, true);
    assert_never_taken_up(w);
}

/* What was found is not forgotten when audit says that all is well. */
static void test_found_once(void **state)
{
    struct world *w = *state;

    rig_kill(w->r->audit);
    w->r->audit = rig_peer(w->r, ROLE_AUDIT, 0, 31, 0);
    assert_err(send_audit_state(w->r->audit->own,
                                &(struct msg_audit_state){.seq = w->r->audit_seq + 5, .epoch = 1}),
               ERR_OK);
    assert_refuses(w);
    for (int n = 0; n < 3; n++) {
        next_life(w, n); /* the true log is there again */
        assert_refuses(w);
    }
    recheck(w);
    assert_refuses(w); /* not in this life */
    next_life(w, 0);
    assert_works(w);
}

/* A log that was cut is found, and when the whole one was put back, it goes on. */
static void test_log_put_right(void **state)
{
    struct world *w = *state;
    uint64_t end = 0;

    rig_settle(w->r);
    loop_turn(w->r->loop, 300); /* the last acknowledgement gets a transaction of its own */
    rig_close(w->r, false);
    end = w->r->audit_seq;
    w->r->audit_seq = end - 2;
    rig_open(w->r);
    assert_refuses(w);
    assert_int_equal(w->r->audit_seq, end - 2);
    recheck(w);
    rig_close(w->r, false);
    w->r->audit_seq = end;
    rig_open(w->r);
    assert_works(w);
}

/* Before a keeper has sent its first record no log can have its epoch. */
static void test_epoch_of_the_first_state(void **state)
{
    struct world *w = *state;

    rig_close(w->r, false);
    w->r->audit_epoch++; /* a life that this store knows nothing of */
    rig_open(w->r);
    assert_refuses(w);
}

/* Audit tells of records that it was never sent: they are not taken for ours. */
static void test_ack_of_what_was_not_sent(void **state)
{
    struct world *w = *state;
    uint64_t acked = w->r->k->outbox->acked;

    w->r->audit_silent = true;
    rig_kill(w->r->audit);
    revoke_done(w); /* recorded, and not sent */
    w->r->audit = rig_peer(w->r, ROLE_AUDIT, 0, 31, 0);
    assert_err(send_audit_state(w->r->audit->own,
                                &(struct msg_audit_state){
                                    .seq = acked, .head = w->r->k->outbox->head, .epoch = 1}),
               ERR_OK);
    assert_err(send_audit_ack(w->r->audit->own,
                              &(struct msg_audit_ack){.seq = acked + 1, .written = acked + 1}),
               ERR_OK);
    rig_settle(w->r);
    assert_true(w->r->k->outbox->acked <= acked + 1);
    assert_err(send_audit_ack(w->r->audit->own,
                              &(struct msg_audit_ack){.seq = w->r->k->outbox->given + 1,
                                                      .written = w->r->k->outbox->given + 1}),
               ERR_OK);
    assert_true(rig_refused(w->r->audit));
}

/* It contradicts itself about what it acknowledged. */
static void test_another_head_for_the_same_record(void **state)
{
    struct world *w = *state;
    struct digest other = {{7}};

    rig_settle(w->r);
    assert_int_equal(w->r->k->outbox->acked, w->r->audit_seq);
    assert_err(send_audit_ack(w->r->audit->own, &(struct msg_audit_ack){.seq = w->r->audit_seq,
                                                                        .written = w->r->audit_seq,
                                                                        .head = other}),
               ERR_OK);
    assert_true(rig_refused(w->r->audit));
    assert_true(ID_EQ(w->r->k->outbox->head, w->r->audit_log[w->r->audit_seq]));
}

/* Once it is broken no acknowledgement moves anything. */
static void test_nothing_moves_when_broken(void **state)
{
    struct world *w = *state;
    struct outbox *o = w->r->k->outbox;
    uint64_t acked = 0;

    w->r->audit_silent = true;
    revoke_done(w);
    acked = o->acked;
    assert_true(o->given > acked);
    assert_err(
        send_audit_refused(w->r->audit->own,
                           &(struct msg_audit_refused){.seq = o->given, .code = ERR_CORRUPT}),
        ERR_OK);
    assert_err(send_audit_ack(w->r->audit->own,
                              &(struct msg_audit_ack){.seq = o->given, .written = o->given}),
               ERR_OK);
    rig_settle(w->r);
    assert_true(o->broken);
    assert_int_equal(o->acked, acked);
    assert_non_null(w->r->audit->theirs);
}

static enum err many_work(void *ctx)
{
    struct keeper *k = ctx;
    enum err e = ERR_OK;
    uint64_t seq = 0;

    for (int i = 0; !e && i < LIM_AUDIT_REPEAT + 4000; i++)
        e = outbox_add(k, &(struct record){.event = EVENT_LOGOUT}, &seq);
    return e;
}

/* More records waited for audit than it can tell repeats of, and the keeper dies before the store
 * has what was acknowledged: the next life sends no more of them again than audit can tell. */
static void test_repeats_after_a_long_wait(void **state)
{
    struct world *w = *state;
    struct keeper *k = w->r->k;
    uint64_t seq = 0;

    loop_timer_stop(k->tidy); /* what it writes takes acknowledgements along */
    w->r->audit_silent = true;
    assert_err(store_run(k->store, STORE_NORMAL, many_work, k), ERR_OK);
    rig_settle(w->r);
    /* Of one record only, so that no turn is as long as the time after which the store learns. */
    seq = k->outbox->acked + 1;
    assert_err(send_audit_ack(w->r->audit->own,
                              &(struct msg_audit_ack){
                                  .seq = seq, .written = seq, .head = w->r->audit_log[seq]}),
               ERR_OK);
    while (k->outbox->stored == k->outbox->acked)
        loop_turn(w->r->loop, 1000);
    loop_timer_stop(k->outbox->timer); /* from now on it learns of nothing any more */
    w->r->audit_silent = false;
    rig_audit_ack(w->r);
    for (int idle = 0; idle < 100; idle++) {
        uint64_t before = k->outbox->acked;

        loop_turn(w->r->loop, 0);
        if (k->outbox->acked != before)
            idle = 0;
    }
    rig_crash(w->r);
    rig_settle(w->r);
    assert_err(head_code(w), ERR_OK);
    rig_forget(w->r->cli);
    assert_false(w->r->k->outbox->broken);
}

static struct store_item ride; /* the keeper's */
static uint64_t acknowledged;

/* One more acknowledgement, between the commit and what the keeper hears of it. */
static void ack_and_tell(void *ctx, enum err e)
{
    struct world *w = ctx;
    struct keeper *k = w->r->k;
    union msg_any ack;

    if (acknowledged == 0) {
        acknowledged = k->outbox->acked + 1;
        ack.audit_ack = (struct msg_audit_ack){
            .seq = acknowledged, .written = acknowledged, .head = w->r->audit_log[acknowledged]};
        assert_true(keeper_dispatch(k, w->r->audit->theirs, MSG_AUDIT_ACK, &ack, -1));
    }
    ride.done(k, e);
}

static enum err nothing(UNUSED void *ctx)
{
    return ERR_OK;
}

static enum err save_of_keeper(void *ctx)
{
    return ride.work(((struct world *)ctx)->r->k);
}

/* What is acknowledged while a transaction runs is not in it: it gets one of its own. */
static void test_acknowledged_while_it_is_stored(void **state)
{
    struct world *w = *state;
    struct keeper *k = w->r->k;
    struct buf rows;

    rig_settle(w->r);
    w->r->audit_silent = true;
    ride = k->store->ride;
    acknowledged = 0;
    revoke_done(w); /* recorded, and not acknowledged */
    store_ride(k->store, save_of_keeper, ack_and_tell, w);
    assert_err(store_run(k->store, STORE_NORMAL, nothing, NULL), ERR_OK);
    assert_int_equal(k->outbox->acked, acknowledged);
    assert_true(k->outbox->stored < acknowledged);
    while (k->outbox->stored < acknowledged)
        loop_turn(w->r->loop, 1000);
    rows = rig_rows(w->r, Q_node_get);
    assert_int_equal(((const struct node_row *)(const void *)rows.p)->acked_seq, acknowledged);
    buf_free(&rows);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_behind_by_one_start),
        T(test_behind_by_a_revocation),
        T(test_behind_by_many_records),
        T(test_behind_in_the_same_life),
        T(test_found_once),
        T(test_log_put_right),
        T(test_epoch_of_the_first_state),
        T(test_ack_of_what_was_not_sent),
        T(test_another_head_for_the_same_record),
        T(test_nothing_moves_when_broken),
        T(test_repeats_after_a_long_wait),
        T(test_acknowledged_while_it_is_stored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
