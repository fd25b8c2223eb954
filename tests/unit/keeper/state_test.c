/* requestState: the legs of one call, of Sidegate's own questions and of the upstream's. */
#include "world.h"

#include <string.h>

#include "crypto/hash.h"
#include "keeper/call.h"

static void test_legs(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct msg_call_hold *h = NULL;
    uint64_t n = 2;

    (void)ask(w, &st);
    for (uint64_t leg = 1; leg <= limit_get(SET_HOLD_LEGS); leg++) {
        struct msg_call_open o = retry(w, n, &st);

        /* The first retry says what the person's client did; later ones may carry nothing. */
        if (leg > 1)
            o.answer = ANSWER_NONE;
        rig_say_call(w->r, &o);
        h = &rig_take(w->r->gateway, MSG_CALL_HOLD)->call_hold;
        assert_int_equal(h->call, n);
        assert_int_equal(h->state.n == 0, leg == limit_get(SET_HOLD_LEGS));
        buf_clear(&st);
        buf_put(&st, h->state);
        gone(w, n++);
    }
    assert_int_equal(w->r->events[EVENT_HANDOFF_CREATED], 1);
    buf_free(&st);
}

static void test_answers(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct handoff_id id = ask(w, &st), again;
    struct msg_call_open o = retry(w, 2, &st);

    /* Nothing said: the link again, of the same handoff. */
    o.answer = ANSWER_NONE;
    rig_say_call(w->r, &o);
    again = rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.handoff;
    assert_true(ID_EQ(id, again));
    /* Cancelled: it stays where it is. */
    o = retry(w, 3, &st);
    o.answer = ANSWER_CANCEL;
    rig_say_call(w->r, &o);
    neutral(w, 3, ENDING_WAITING);
    /* Accepted, but the call cannot be held open. */
    o = retry(w, 4, &st);
    o.caps = 1u << CALL_CAP_LINK;
    rig_say_call(w->r, &o);
    neutral(w, 4, ENDING_WAITING);
    /* Declined: it is over, for everybody who waits. */
    o = retry(w, 5, &st);
    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_HOLD);
    o = retry(w, 6, &st);
    o.answer = ANSWER_DECLINE;
    rig_say_call(w->r, &o);
    neutral(w, 6, ENDING_DECLINED);
    neutral(w, 5, ENDING_DECLINED);
    assert_int_equal(w->r->events[EVENT_HANDOFF_DECLINED], 1);
    /* A late retry learns how it ended. */
    o = retry(w, 7, &st);
    rig_say_call(w->r, &o);
    neutral(w, 7, ENDING_DECLINED);
    buf_free(&st);
}

/* Two retries of one requestState: both wait, one request leaves, the other is told that this state
 * is spent. */
static void test_one_state_one_request(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct handoff_id id = ask(w, &st);
    struct msg_call_open o;
    struct msg_call_permit *p = NULL;
    struct use_id use;

    for (uint64_t n = 2; n <= 3; n++) {
        o = retry(w, n, &st);
        rig_say_call(w->r, &o);
        assert_int_equal(rig_take(w->r->gateway, MSG_CALL_HOLD)->call_hold.call, n);
    }
    complete(w, id, "sk-ann");
    use = rig_take(w->r->egress, MSG_PERMIT)->permit.use;
    rig_quiet(w->r->egress);
    /* In any order: one permit, one refusal. */
    rig_settle(w->r);
    if (TAILQ_FIRST(&w->r->gateway->said)->type == MSG_CALL_PERMIT) {
        p = &rig_take(w->r->gateway, MSG_CALL_PERMIT)->call_permit;
        (void)rig_take(w->r->gateway, MSG_CALL_DENY);
    } else {
        assert_int_equal(rig_take(w->r->gateway, MSG_CALL_DENY)->call_deny.code, ERR_BAD_STATE);
        p = &rig_take(w->r->gateway, MSG_CALL_PERMIT)->call_permit;
    }
    assert_true(ID_EQ(p->use, use));
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    /* And a third, after the call was sent. */
    o = retry(w, 4, &st);
    rig_say_call(w->r, &o);
    denied(w, 4, ERR_BAD_STATE);
    buf_free(&st);
}

/* Call 2 holds, and is permitted in the moment in which its leg ends: *st is its next leg's. */
static struct use_id permit_and_leave(struct world *w, struct buf *st)
{
    struct handoff_id id = ask(w, st);
    struct msg_call_open o = retry(w, 2, st);
    struct msg_call_hold *h = NULL;
    struct use_id use;

    rig_say_call(w->r, &o);
    h = &rig_take(w->r->gateway, MSG_CALL_HOLD)->call_hold;
    buf_clear(st);
    buf_put(st, h->state);
    complete(w, id, "sk-ann");
    use = permitted(w, 2, false);
    gone(w, 2);
    return use;
}

static void is_withdrawn(struct world *w, struct use_id use)
{
    struct msg_cut *c = &rig_take(w->r->egress, MSG_CUT)->cut;

    assert_true(ID_EQ(c->use, use));
    assert_int_equal(c->code, ERR_CLOSED);
}

/* What the gateway did not give to egress nobody will, so egress is told at once; the next leg's
 * call waits until it has said that nothing left. Plant: permit_stays. */
static void test_permit_of_a_leg_that_ended(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct use_id use = permit_and_leave(w, &st);
    struct msg_call_open o = retry(w, 3, &st);

    is_withdrawn(w, use);
    rig_say_call(w->r, &o);
    o = retry(w, 4, &st);
    rig_say_call(w->r, &o);
    denied(w, 4, ERR_BAD_STATE); /* one waits */
    rig_quiet(w->r->gateway);
    rig_result(w->r->egress, use, RESULT_UNSENT, false);
    use = permitted(w, 3, false);
    gone_sent(w, 3, use);
    rig_quiet(w->r->egress); /* it was sent, and its result may come later than this */
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    buf_free(&st);
}

/* The same, and it had left: the state stays spent. Or whoever waited leaves, and another waits. */
static void test_leg_that_was_sent(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct use_id use = permit_and_leave(w, &st);
    struct msg_call_open o = retry(w, 3, &st);

    is_withdrawn(w, use);
    rig_say_call(w->r, &o);
    rig_quiet(w->r->gateway);
    gone(w, 3);
    rig_quiet(w->r->egress);
    o = retry(w, 4, &st);
    rig_say_call(w->r, &o);
    rig_quiet(w->r->gateway);
    rig_result(w->r->egress, use, RESULT_UNKNOWN, false);
    denied(w, 4, ERR_BAD_STATE);
    buf_free(&st);
}

/* What goes on with a call takes nothing of its lease, so unsent it gives nothing back. */
static void test_unsent_continuation(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct msg_call_open o;

    use_lease(w, LEASE_KIND_TASK, 1, HOUR_MS);
    connect_ann(w);
    ask_upstream(w, rig_call(10, w->ann), "theirs", &st);
    o = retry(w, 20, &st);
    rig_say_call(w->r, &o);
    rig_result(w->r->egress, continued(w, 20, "theirs"), RESULT_UNSENT, false);
    say_call(w, 30);
    (void)rig_take(w->r->gateway, MSG_CALL_HANDOFF);
    buf_free(&st);
}

/* Call 3 waits for the use of call 2, which is withdrawn. */
static struct use_id wait_for_leg(struct world *w, struct buf *st)
{
    struct use_id use = permit_and_leave(w, st);
    struct msg_call_open o = retry(w, 3, st);

    is_withdrawn(w, use);
    rig_say_call(w->r, &o);
    rig_quiet(w->r->gateway);
    return use;
}

/* It ends in any other way than by that use; and at last the keeper closes while one waits. */
static void test_who_waits_is_ended(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct use_id use = wait_for_leg(w, &st);
    struct msg_call_open o = retry(w, 4, &st);

    rig_again(w->r->gateway);
    rig_quiet(w->r->egress);
    rig_say_call(w->r, &o);
    rig_quiet(w->r->gateway);
    assert_err(send_ctl_key_remove(
                   w->r->cli->own,
                   &(struct msg_ctl_key_remove){.client = w->r->k->calls->by_key->who.client}),
               ERR_OK);
    denied(w, 4, ERR_UNAUTHENTICATED);
    (void)rig_take(w->r->gateway, MSG_TOKEN_GONE);
    rig_result(w->r->egress, use, RESULT_UNSENT, false);
    rig_quiet(w->r->gateway);
    buf_free(&st);
}

static void test_egress_lost_while_one_waits(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);

    (void)wait_for_leg(w, &st);
    rig_again(w->r->egress);
    denied(w, 3, ERR_BAD_STATE);
    buf_free(&st);
}

static void test_closed_while_one_waits(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);

    (void)wait_for_leg(w, &st);
    buf_free(&st);
}

/* A state that is over while its call waits is no good when the row of its chain is gone. */
static void test_state_that_ended_meanwhile(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES), other = BUF_INIT(LIM_STATE_BYTES);
    struct msg_call_open o;
    struct use_id use;

    connect_ann(w);
    ask_upstream(w, rig_call(10, w->ann), "theirs", &st);
    o = retry(w, 20, &st);
    rig_say_call(w->r, &o);
    use = continued(w, 20, "theirs");
    gone_sent(w, 20, use);
    o = retry(w, 21, &st);
    rig_say_call(w->r, &o);
    rig_quiet(w->r->gateway);
    w->r->k->clock_base += limit_get(SET_HANDOFF_TIME) + HOUR_MS + 1;
    ask_upstream(w, rig_call(30, w->ann), "x", &other);
    o = retry(w, 31, &other);
    rig_say_call(w->r, &o);
    (void)continued(w, 31, "x"); /* spends its chain, and tidies */
    rig_result(w->r->egress, use, RESULT_UNSENT, false);
    denied(w, 21, ERR_BAD_STATE);
    buf_free(&st);
    buf_free(&other);
}

/* The leg ends while its use is decided, before anything was released. */
static void test_leg_that_was_decided(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct handoff_id id = ask(w, &st);
    struct msg_call_open o = retry(w, 2, &st);

    complete(w, id, "sk-ann");
    rig_say_call(w->r, &o);
    gone(w, 2);
    o = retry(w, 3, &st);
    rig_say_call(w->r, &o);
    (void)permitted(w, 3, false);
    buf_free(&st);
}

/* A gateway that is gone sends nothing: what it was permitted is taken back. */
static void test_permit_of_a_gateway_that_is_gone(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);
    struct use_id use;

    connect_ann(w);
    rig_say_call(w->r, &o);
    use = permitted(w, 1, false);
    rig_kill(w->r->gateway);
    is_withdrawn(w, use);
}

/* A state that made its request is refused before anybody is asked for it: a yes to it would be
 * good for nothing. */
static void test_spent_state_asks_nobody(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct handoff_id id = ask(w, &st);
    struct msg_call_open o;

    complete(w, id, "sk-ann");
    o = retry(w, 2, &st);
    rig_say_call(w->r, &o);
    rig_result(w->r->egress, permitted(w, 2, false), RESULT_ANSWERED, false);
    revoke_all(w);
    rig_take(w->r->cli, MSG_CTL_DONE);
    o = retry(w, 3, &st);
    rig_say_call(w->r, &o);
    denied(w, 3, ERR_BAD_STATE);
    assert_int_equal(w->r->events[EVENT_HANDOFF_CREATED], 1);
    buf_free(&st);
}

/* What became of a use is in the audit log; the store has those that run. */
static void test_uses_leave_no_rows(void **state)
{
    static const enum result ends[] = {RESULT_ANSWERED, RESULT_UNSENT, RESULT_UNKNOWN};
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);

    connect_ann(w);
    for (uint64_t n = 1; n <= 30; n++) {
        struct use_id use;

        o.call = n;
        rig_say_call(w->r, &o);
        use = permitted(w, n, false);
        assert_int_equal(running(w), 1);
        rig_result(w->r->egress, use, ends[n % 3], false);
        rig_settle(w->r);
        assert_int_equal(running(w), 0);
        gone(w, n);
    }
}

/* What was not sent may be tried again with the same state. */
static void test_unsent_state_is_good_again(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct handoff_id id = ask(w, &st);
    struct msg_call_open o;

    complete(w, id, "sk-ann");
    o = retry(w, 2, &st);
    rig_say_call(w->r, &o);
    rig_result(w->r->egress, permitted(w, 2, false), RESULT_UNSENT, false);
    rig_settle(w->r);
    o = retry(w, 3, &st);
    rig_say_call(w->r, &o);
    (void)permitted(w, 3, false);
    buf_free(&st);
}

static void test_foreign_and_forged_states(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES), bad = BUF_INIT(LIM_STATE_BYTES);
    struct msg_call_open o;
    uint64_t n = 10;

    (void)ask(w, &st);
    /* Bob, with Ann's. */
    o = retry(w, n, &st);
    o.token = w->bob;
    rig_say_call(w->r, &o);
    denied(w, n++, ERR_BAD_STATE);
    /* Other arguments; another upstream. */
    o = retry(w, n, &st);
    o.request = hash_sha256(SLICE_LIT("other"));
    rig_say_call(w->r, &o);
    denied(w, n++, ERR_BAD_STATE);
    o = retry(w, n, &st);
    o.upstream = UP_TRIED;
    rig_say_call(w->r, &o);
    denied(w, n++, ERR_BAD_STATE);
    /* Every character changed, in turn; cut; nothing of it. */
    for (size_t i = 0; i < st.n; i++, n++) {
        buf_clear(&bad);
        buf_put(&bad, buf_slice(&st));
        bad.p[i] = bad.p[i] == 'A' ? 'B' : 'A';
        o = retry(w, n, &bad);
        rig_say_call(w->r, &o);
        denied(w, n, ERR_BAD_STATE);
    }
    for (size_t i = 1; i < st.n; i += 7, n++) {
        o = retry(w, n, &st);
        o.state = slice_sub(buf_slice(&st), 0, i);
        rig_say_call(w->r, &o);
        denied(w, n, ERR_BAD_STATE);
    }
    buf_free(&st);
    buf_free(&bad);
}

/* A requestState is good for the person, the agent key, the server and the request that it was
 * given for, and once; whatever else it comes with, nobody is asked and nothing leaves. */
static void test_state_of_a_use(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct sec *other = rig_sec("ann-other");
    struct msg_call_open o = rig_call(1, w->ann);

    rig_add_key(w->r, "ann", "phone", "ann-other");
    connect_ann(w);
    rig_connect(w->r, UP_KEY, "ann", "ann's password", "ann-other", "sk-ann");
    rig_connect(w->r, UP_KEY, "bob", "bob's password", "bob-token", "sk-bob");
    ask_upstream(w, o, "theirs", &st);
    o = retry(w, 2, &st);
    o.request = hash_sha256(SLICE_LIT("forecast for Rome"));
    rig_say_call(w->r, &o);
    denied(w, 2, ERR_BAD_STATE);
    for (uint16_t up = 0; up < RIG_UPSTREAMS; up++) {
        o = retry(w, 3 + up, &st);
        o.upstream = up;
        if (up != UP_KEY) {
            rig_say_call(w->r, &o);
            denied(w, 3 + up, ERR_BAD_STATE);
        }
    }
    o = retry(w, 10, &st);
    o.token = other;
    rig_say_call(w->r, &o);
    denied(w, 10, ERR_BAD_STATE);
    o.call = 11;
    o.token = w->bob;
    rig_say_call(w->r, &o);
    denied(w, 11, ERR_BAD_STATE);
    o.call = 12;
    o.token = NULL;
    rig_say_call(w->r, &o);
    denied(w, 12, ERR_UNAUTHENTICATED);
    rig_quiet(w->r->egress);
    o = retry(w, 13, &st);
    rig_say_call(w->r, &o);
    rig_result(w->r->egress, continued(w, 13, "theirs"), RESULT_ANSWERED, false);
    o.call = 14; /* once */
    rig_say_call(w->r, &o);
    denied(w, 14, ERR_BAD_STATE);
    rig_quiet(w->r->egress);
    sec_free(other);
    buf_free(&st);
}

/* Where no credential is needed nothing else tells one agent from another. */
static void test_state_without_a_credential(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct fake *egress = rig_peer(w->r, ROLE_EGRESS, 3, 16, UP_OPEN);
    struct sec *other = rig_sec("ann-other");
    struct msg_call_open o = rig_call(1, w->ann);

    rig_add_key(w->r, "ann", "phone", "ann-other");
    o.upstream = UP_OPEN;
    rig_say_call(w->r, &o);
    rig_seal(egress, rig_take(egress, MSG_PERMIT)->permit.use, "theirs", &st);
    (void)rig_take(w->r->gateway, MSG_CALL_PERMIT);
    o = retry(w, 2, &st);
    o.upstream = UP_OPEN;
    o.token = other;
    rig_say_call(w->r, &o);
    denied(w, 2, ERR_BAD_STATE);
    o.call = 3;
    o.token = w->bob;
    rig_say_call(w->r, &o);
    denied(w, 3, ERR_BAD_STATE);
    o.call = 4;
    o.token = w->ann;
    o.request = hash_sha256(SLICE_LIT("forecast for Rome"));
    rig_say_call(w->r, &o);
    denied(w, 4, ERR_BAD_STATE);
    rig_quiet(egress);
    o = retry(w, 5, &st);
    o.upstream = UP_OPEN;
    rig_say_call(w->r, &o);
    assert_true(slice_eq_str(rig_take(egress, MSG_PERMIT)->permit.state, "theirs"));
    sec_free(other);
    buf_free(&st);
}

/* Another credential is another account: what the upstream said of one is not said to another. */
static void test_state_after_its_connection(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct msg_call_open o = rig_call(1, w->ann);
    unsigned asked = 0;

    connect_ann(w);
    ask_upstream(w, o, "theirs", &st);
    revoke_all(w);
    rig_take(w->r->cli, MSG_CTL_DONE);
    (void)rig_take(w->r->egress, MSG_DROP);
    asked = w->r->events[EVENT_HANDOFF_CREATED];
    o = retry(w, 2, &st);
    rig_say_call(w->r, &o);
    denied(w, 2, ERR_BAD_STATE);
    assert_int_equal(w->r->events[EVENT_HANDOFF_CREATED], asked);
    connect_ann(w);
    o.call = 3;
    rig_say_call(w->r, &o);
    denied(w, 3, ERR_BAD_STATE);
    rig_quiet(w->r->egress);
    buf_free(&st);
}

/* Nobody answers what was not asked: only with a state that an upstream's question was sealed in.
 */
static void test_answers_belong_to_a_question(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct handoff_id id = ask(w, &st);
    struct msg_call_open o = rig_call(2, w->ann);

    o.answers = true;
    rig_say_call(w->r, &o);
    denied(w, 2, ERR_BAD_STATE);
    complete(w, id, "sk-ann");
    o = retry(w, 3, &st);
    o.answers = true; /* a state of ours is none of theirs */
    rig_say_call(w->r, &o);
    denied(w, 3, ERR_BAD_STATE);
    rig_quiet(w->r->egress);
    ask_upstream(w, rig_call(4, w->ann), NULL, &st);
    o = retry(w, 5, &st);
    o.answers = true;
    rig_say_call(w->r, &o);
    (void)continued(w, 5, NULL);
    ask_upstream(w, rig_call(6, w->ann), "", &st);
    o = retry(w, 7, &st);
    rig_say_call(w->r, &o);
    (void)continued(w, 7, "");
    buf_free(&st);
}

/* Egress seals once for each of its uses that runs, and for no other. */
static void test_who_seals(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct fake *other = rig_peer(w->r, ROLE_EGRESS, 9, 40, UP_TWO);
    struct msg_state_seal m = {.has_state = true, .state = SLICE_LIT("mine")};
    struct msg_call_open o = rig_call(1, w->ann);

    connect_ann(w);
    rig_say_call(w->r, &o);
    m.use = permitted(w, 1, false);
    assert_err(send_state_seal(other->own, &m), ERR_OK);
    assert_true(rig_refused(other));
    rig_seal(w->r->egress, m.use, "mine", &st);
    assert_err(send_state_seal(w->r->egress->own, &m), ERR_OK);
    assert_true(rig_refused(w->r->egress));
    rig_again(w->r->egress);
    m.use = (struct use_id){{9}}; /* of nobody, or over */
    assert_err(send_state_seal(w->r->egress->own, &m), ERR_OK);
    rig_settle(w->r);
    assert_false(rig_refused(w->r->egress));
    rig_quiet(w->r->egress);
    buf_free(&st);
}

/* A requestState has a time, whoever sent it and whatever became of its handoff: one of the
 * keeper's outlives the handoff a little, so that a late retry learns how that ended; an upstream's
 * lives as long as a handoff. */
static void test_expired_states(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES), late = BUF_INIT(LIM_STATE_BYTES);
    struct msg_call_open o;
    uint64_t life = limit_get(SET_HANDOFF_TIME);

    connect_ann(w);
    ask_upstream(w, rig_call(10, w->ann), "theirs", &st);
    ask_upstream(w, rig_call(11, w->ann), "theirs", &late);
    w->r->k->clock_base += life / 2;
    o = retry(w, 12, &st);
    rig_say_call(w->r, &o);
    (void)continued(w, 12, "theirs");
    w->r->k->clock_base += life / 2;
    o = retry(w, 13, &late);
    rig_say_call(w->r, &o);
    denied(w, 13, ERR_BAD_STATE);
    rig_quiet(w->r->egress);
    buf_free(&st);
    buf_free(&late);
}

static void test_expired_state_of_a_handoff(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct handoff_id id = ask(w, &st);
    struct msg_call_open o;

    /* The handoff is over, and the connection would let the call pass. */
    complete(w, id, "sk-ann");
    w->r->k->clock_base += limit_get(SET_HANDOFF_TIME) + HOUR_MS;
    o = retry(w, 2, &st);
    rig_say_call(w->r, &o);
    denied(w, 2, ERR_BAD_STATE);
    rig_quiet(w->r->egress);
    buf_free(&st);
}

/* The upstream's own state survives a handoff in between. */
static void test_upstream_state_through_a_handoff(void **state)
{
    static char theirs[LIM_UPSTREAM_STATE_BYTES + 1];
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct msg_call_open o;

    memset(theirs, 'x', sizeof(theirs) - 1);
    connect_ann(w);
    ask_upstream(w, rig_call(1, w->ann), theirs, &st);
    /* Its credential is refused on the retry: a handoff, whose state still has the upstream's. */
    o = retry(w, 2, &st);
    o.answers = true;
    rig_say_call(w->r, &o);
    refuse_and_give(w, 2, continued(w, 2, theirs), &st);
    o = retry(w, 3, &st);
    o.answers = true;
    rig_say_call(w->r, &o);
    (void)continued(w, 3, theirs);
    buf_free(&st);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_legs),
        T(test_answers),
        T(test_one_state_one_request),
        T(test_permit_of_a_leg_that_ended),
        T(test_leg_that_was_sent),
        T(test_unsent_continuation),
        T(test_who_waits_is_ended),
        T(test_egress_lost_while_one_waits),
        T(test_closed_while_one_waits),
        T(test_state_that_ended_meanwhile),
        T(test_leg_that_was_decided),
        T(test_permit_of_a_gateway_that_is_gone),
        T(test_spent_state_asks_nobody),
        T(test_uses_leave_no_rows),
        T(test_unsent_state_is_good_again),
        T(test_foreign_and_forged_states),
        T(test_state_of_a_use),
        T(test_state_without_a_credential),
        T(test_state_after_its_connection),
        T(test_answers_belong_to_a_question),
        T(test_who_seals),
        T(test_expired_states),
        T(test_expired_state_of_a_handoff),
        T(test_upstream_state_through_a_handoff),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
