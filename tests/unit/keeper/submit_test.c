/* The form of a handoff, in every way it can go, and trying what it brought. */
#include "page_world.h"

#include <string.h>

#include "keeper/handoff.h"

/* --- the form --------------------------------------------------------------------------------- */

static void test_stored_not_tested(void **state)
{
    struct world *w = *state;

    open_page(w, UP_KEY, "sk-1");
    rig_post_form(w->r, &w->f);
    assert_false(view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE)->tested);
    get(w, w->f.cookie); /* as the store has it */
    assert_false(view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE)->tested);
    assert_false(asks(w, UP_KEY, 5));
    /* Again, from another tab or the back button. */
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_GONE);
    assert_int_equal(w->r->events[EVENT_HANDOFF_COMPLETED], 1);
    assert_int_equal(w->r->events[EVENT_LEASE_GRANTED], 1);
}

static void test_two_fields(void **state)
{
    struct world *w = *state;
    struct fake *two = rig_peer(w->r, ROLE_EGRESS, 4, 17, UP_TWO);

    open_page(w, UP_TWO, "part");
    rig_post_form(w->r, &w->f);
    view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE);
    assert_false(asks(w, UP_TWO, 5));
    assert_int_equal(sec_len(rig_take(two, MSG_PERMIT)->permit.credential), 2 * (2 + 4));
}

/* Two tabs post in the same turn. */
static void test_two_posts_at_once(void **state)
{
    struct world *w = *state;

    open_page(w, UP_KEY, "sk-1");
    rig_post_form(w->r, &w->f);
    rig_post_form(w->r, &w->f);
    rig_settle(w->r);
    assert_int_equal(w->r->events[EVENT_HANDOFF_COMPLETED], 1);
    /* The loser is told at once, the winner when audit has it. */
    denied(w, DENIAL_GONE);
    view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE);
}

static void test_told_only_when_durable(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(2, w->token);

    open_page(w, UP_KEY, "sk-1");
    o.era = ERA_LEGACY;
    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_HANDOFF);
    assert_err(send_call_answer(w->r->gateway->own,
                                &(struct msg_call_answer){.call = 2, .answer = ANSWER_ACCEPT}),
               ERR_OK);
    rig_take(w->r->gateway, MSG_CALL_HOLD);
    w->r->audit_silent = true;
    rig_post_form(w->r, &w->f);
    rig_quiet(w->r->surface);
    rig_quiet(w->r->gateway);
    rig_quiet(w->r->egress);
    assert_int_equal(w->r->events[EVENT_HANDOFF_COMPLETED], 1);
    w->r->audit_silent = false;
    rig_audit_ack(w->r);
    view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE);
    rig_take(w->r->gateway, MSG_CALL_PERMIT);
    rig_take(w->r->egress, MSG_PERMIT);
}

/* The plant cookie_completes turns this red: a session alone completes nothing. */
static void test_proof(void **state)
{
    struct world *w = *state;

    open_page(w, UP_KEY, "sk-1");
    w->f.proof = "not ann's password";
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_WRONG_PASSWORD);
    get(w, w->f.cookie);
    assert_int_equal(view(w, HANDOFF_STATE_OPENED, PROBLEM_WRONG_PASSWORD)->tries_left, 9);
    w->f.proof = ""; /* none at all */
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_WRONG_PASSWORD);
    w->f.proof = "bob's password";
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_WRONG_PASSWORD);
    assert_int_equal(w->r->events[EVENT_PROOF_FAILED], 3);
    assert_true(asks(w, UP_KEY, 5));
    rig_forget(w->r->gateway);
    w->f.proof = NULL;
    rig_post_form(w->r, &w->f);
    view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE);
}

static void test_too_many_proofs(void **state)
{
    struct world *w = *state;

    assert_err(limit_set(SET_SUBMITS_PER_HANDOFF, 2), ERR_OK);
    open_page(w, UP_KEY, "sk-1");
    w->f.proof = "guess";
    for (int i = 0; i < 2; i++) {
        rig_post_form(w->r, &w->f);
        denied(w, DENIAL_WRONG_PASSWORD);
    }
    get(w, w->f.cookie);
    view(w, HANDOFF_STATE_FAILED, PROBLEM_TOO_MANY);
    w->f.proof = NULL;
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_GONE);
    assert_int_equal(w->r->events[EVENT_HANDOFF_FAILED], 1);
}

static void test_proof_rate(void **state)
{
    struct world *w = *state;

    open_page(w, UP_KEY, "sk-1");
    assert_err(limit_set(SET_LOGINS_PER_MINUTE, 2), ERR_OK);
    w->f.proof = "guess";
    for (int i = 0; i < 2; i++) {
        get(w, w->f.cookie);
        assert_true(
            view(w, HANDOFF_STATE_OPENED, i ? PROBLEM_WRONG_PASSWORD : PROBLEM_NONE)->may_prove);
        rig_post_form(w->r, &w->f);
        denied(w, DENIAL_WRONG_PASSWORD);
    }
    get(w, w->f.cookie); /* the next need not be hashed */
    assert_false(view(w, HANDOFF_STATE_OPENED, PROBLEM_WRONG_PASSWORD)->may_prove);
    w->f.proof = NULL;
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_RATE);
}

/* Who only knows the name cannot keep the person from finishing. */
static void test_proofs_count_apart_from_log_ins(void **state)
{
    struct world *w = *state;

    open_page(w, UP_KEY, "sk-1"); /* one log-in */
    assert_err(limit_set(SET_LOGINS_PER_MINUTE, 2), ERR_OK);
    for (int i = 0; i < 2; i++) {
        login(w, "ann", "guess");
        denied(w, i < 1 ? DENIAL_WRONG_PASSWORD : DENIAL_RATE);
    }
    rig_post_form(w->r, &w->f);
    view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE);
}

static void test_csrf(void **state)
{
    struct world *w = *state;

    open_page(w, UP_KEY, "sk-1");
    w->f.csrf.b[31] ^= 1;
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_CSRF);
    assert_err(send_handoff_decline(w->r->surface->own,
                                    &(struct msg_handoff_decline){.cookie = w->f.cookie,
                                                                  .handoff = w->handoff,
                                                                  .csrf = w->f.csrf}),
               ERR_OK);
    denied(w, DENIAL_CSRF);
    w->f.csrf.b[31] ^= 1;
    rig_post_form(w->r, &w->f);
    view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE);
}

static void test_decline(void **state)
{
    struct world *w = *state;

    open_page(w, UP_KEY, "sk-1");
    assert_err(send_handoff_decline(
                   w->r->surface->own,
                   &(struct msg_handoff_decline){
                       .req = 3, .cookie = w->f.cookie, .handoff = w->handoff, .csrf = w->f.csrf}),
               ERR_OK);
    rig_take(w->r->surface, MSG_PAGE_DONE);
    assert_err(send_handoff_decline(
                   w->r->surface->own,
                   &(struct msg_handoff_decline){
                       .req = 3, .cookie = w->f.cookie, .handoff = w->handoff, .csrf = w->f.csrf}),
               ERR_OK);
    denied(w, DENIAL_GONE);
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_GONE);
    get(w, w->f.cookie);
    view(w, HANDOFF_STATE_DECLINED, PROBLEM_NONE);
}

static void test_expiry(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(2, w->token);

    open_page(w, UP_KEY, "sk-1");
    o.era = ERA_LEGACY;
    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_HANDOFF);
    assert_err(send_call_answer(w->r->gateway->own,
                                &(struct msg_call_answer){.call = 2, .answer = ANSWER_ACCEPT}),
               ERR_OK);
    rig_take(w->r->gateway, MSG_CALL_HOLD);
    w->r->k->clock_base += limit_get(SET_HANDOFF_TIME);
    rig_post_form(w->r, &w->f); /* before the timer has come */
    denied(w, DENIAL_GONE);
    loop_timer_set(w->r->k->handoffs->timer, 0);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_NEUTRAL)->call_neutral.ending,
                     ENDING_EXPIRED);
    get(w, w->f.cookie);
    view(w, HANDOFF_STATE_EXPIRED, PROBLEM_NONE);
}

/* The values are what they were sealed for: this handoff, this person, this process, all fields in
 * order. */
static void post_raw(struct world *w, struct slice plain, uint32_t key)
{
    struct buf sealed = BUF_INIT(LIM_SECRET_BYTES);
    struct sec *v = rig_verifier("ann's password");

    assert_err(box_seal(&w->r->k->box, plain, &sealed), ERR_OK);
    assert_err(send_handoff_submit(w->r->surface->own,
                                   &(struct msg_handoff_submit){.req = 5,
                                                                .cookie = w->f.cookie,
                                                                .handoff = w->handoff,
                                                                .csrf = w->f.csrf,
                                                                .verifier = v,
                                                                .key = key,
                                                                .sealed = buf_slice(&sealed)}),
               ERR_OK);
    buf_free(&sealed);
    sec_free(v);
}

static void plain_of(struct world *w, struct buf *b, const char *name)
{
    buf_put(b, ID_SLICE(w->handoff));
    buf_put_u8(b, (uint8_t)strlen(name));
    buf_put_str(b, name);
}

static void test_sealed_for_an_earlier_process(void **state)
{
    struct world *w = *state;

    open_page(w, UP_KEY, "sk-1");
    post_raw(w, SLICE_LIT("x"), w->r->k->box.id + 1);
    denied(w, DENIAL_AGAIN);
    get(w, w->f.cookie);
    view(w, HANDOFF_STATE_OPENED, PROBLEM_NONE);
}

/* What surface would never make ends its channel, and nothing is stored. */
static const struct {
    const char *name; /* of the person inside */
    const char *tail;
    size_t n;
} wrongly[] = {
    {"ann", "", 0},                           /* no field */
    {"ann", "\x01\x00\x01x", 4},              /* not the first */
    {"ann", "\x00\x00\x02x", 4},              /* shorter than it says */
    {"ann", "\x00\x00\x01xy", 5},             /* something after it */
    {"ann", "\x00\x00\x01x\x01\x00\x01y", 8}, /* one too many */
    {"ann", "\x00\x00\x00", 3},               /* empty */
    {"bob", "\x00\x00\x01x", 4},              /* typed by another */
    {"an", "n\x00\x00\x01x", 5},              /* a name that is cut */
    {"ann", "\x00\x00\x02k\n", 5},            /* what no place can carry */
    {"ann", "\x00\x00\x02\xc3\xbc", 5},       /* what a header cannot */
};

static void test_sealed_wrongly(void **state)
{
    struct world *w = *state;
    struct buf b = BUF_INIT(256);

    assert_err(limit_set(SET_LOGINS_PER_MINUTE, 100), ERR_OK);
    open_page(w, UP_KEY, "sk-1");
    for (size_t i = 0; i < ARRAY_LEN(wrongly) + 2; i++) {
        size_t row = i < ARRAY_LEN(wrongly) ? i : 6;

        buf_clear(&b);
        w->handoff.b[3] ^= i == ARRAY_LEN(wrongly); /* for another handoff */
        plain_of(w, &b, i < ARRAY_LEN(wrongly) ? wrongly[i].name : "ann");
        w->handoff.b[3] ^= i == ARRAY_LEN(wrongly);
        buf_put(&b, slice_of(wrongly[row].tail, wrongly[row].n));
        post_raw(w, i > ARRAY_LEN(wrongly) ? SLICE_LIT("short") : buf_slice(&b), w->r->k->box.id);
        assert_true(rig_refused(w->r->surface));
        rig_again(w->r->surface);
        rig_take(w->r->surface, MSG_SEAL_KEY);
        get(w, w->f.cookie);
        view(w, HANDOFF_STATE_OPENED, PROBLEM_NONE);
    }
    buf_free(&b);
}

/* --- trying it -------------------------------------------------------------------------------- */

static struct msg_permit *trial(struct world *w)
{
    struct msg_permit *p = &rig_take(w->tried, MSG_PERMIT)->permit;

    assert_int_equal(p->mode, MODE_VERIFY);
    assert_int_equal(p->gateway_generation, 0);
    assert_int_equal(p->call, 0);
    assert_true(sec_len(p->credential) > 2);
    return p;
}

static void test_tried_and_good(void **state)
{
    struct world *w = *state;

    open_page(w, UP_TRIED, "sk-1");
    rig_post_form(w->r, &w->f);
    rig_quiet(w->r->surface);
    rig_post_form(w->r, &w->f); /* a second click while it is tried */
    denied(w, DENIAL_AGAIN);
    get(w, w->f.cookie);
    view(w, HANDOFF_STATE_SUBMITTED, PROBLEM_NONE);
    rig_result(w->tried, trial(w)->use, RESULT_ANSWERED, false);
    assert_true(view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE)->tested);
    get(w, w->f.cookie);
    assert_true(view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE)->tested);
    assert_int_equal(w->r->events[EVENT_USE_RESERVED], 1);
    assert_false(asks(w, UP_TRIED, 5));
}

static void test_tried_and_refused(void **state)
{
    struct world *w = *state;

    assert_err(limit_set(SET_SUBMITS_PER_HANDOFF, 2), ERR_OK);
    open_page(w, UP_TRIED, "sk-bad");
    rig_post_form(w->r, &w->f);
    rig_result(w->tried, trial(w)->use, RESULT_ANSWERED, true);
    assert_int_equal(view(w, HANDOFF_STATE_OPENED, PROBLEM_REFUSED)->tries_left, 1);
    assert_true(asks(w, UP_TRIED, 5));
    rig_forget(w->r->gateway);
    rig_post_form(w->r, &w->f);
    rig_result(w->tried, trial(w)->use, RESULT_ANSWERED, true);
    view(w, HANDOFF_STATE_FAILED, PROBLEM_TOO_MANY);
}

static void test_tried_and_unreachable(void **state)
{
    static const enum result results[] = {RESULT_UNSENT, RESULT_UNKNOWN};
    struct world *w = *state;

    open_page(w, UP_TRIED, "sk-1");
    for (size_t i = 0; i < 2; i++) {
        struct use_id use;

        rig_post_form(w->r, &w->f);
        use = trial(w)->use;
        assert_err(
            send_use_result(w->tried->own, &(struct msg_use_result){.use = use,
                                                                    .result = results[i],
                                                                    .code = ERR_UPSTREAM_DOWN}),
            ERR_OK);
        assert_int_equal(view(w, HANDOFF_STATE_OPENED, PROBLEM_UNREACHABLE)->tries_left, 10);
    }
    /* An answer that is an error of the upstream is no acceptance. */
    rig_post_form(w->r, &w->f);
    assert_err(
        send_use_result(w->tried->own, &(struct msg_use_result){.use = trial(w)->use,
                                                                .result = RESULT_ANSWERED,
                                                                .status = 500,
                                                                .code = ERR_UPSTREAM_STATUS}),
        ERR_OK);
    view(w, HANDOFF_STATE_OPENED, PROBLEM_UNREACHABLE);
    /* Its process dies. */
    rig_post_form(w->r, &w->f);
    (void)trial(w);
    rig_kill(w->tried);
    view(w, HANDOFF_STATE_OPENED, PROBLEM_UNREACHABLE);
    assert_true(asks(w, UP_TRIED, 5));
}

static void test_crash_while_it_is_tried(void **state)
{
    struct world *w = *state;
    struct buf left;

    open_page(w, UP_TRIED, "sk-1");
    rig_post_form(w->r, &w->f);
    (void)trial(w);
    rig_crash(w->r);
    get(w, w->f.cookie);
    view(w, HANDOFF_STATE_OPENED, PROBLEM_UNREACHABLE);
    /* Nothing of the value is left. */
    left = rig_rows(w->r, Q_connection_all);
    assert_int_equal(left.n, 0);
    buf_free(&left);
    w->tried = rig_peer(w->r, ROLE_EGRESS, 2, 26, UP_TRIED);
    /* The old form was for the old process; the page is loaded again and it goes on. */
    rig_post_form(w->r, &w->f);
    rig_result(w->tried, trial(w)->use, RESULT_ANSWERED, false);
    view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE);
}

static void test_revoked_while_it_is_tried(void **state)
{
    struct world *w = *state;
    struct use_id use;

    open_page(w, UP_TRIED, "sk-1");
    rig_post_form(w->r, &w->f);
    use = trial(w)->use;
    assert_err(send_ctl_revoke(w->r->cli->own, &(struct msg_ctl_revoke){.scope = CTL_SCOPE_USER,
                                                                        .name = SLICE_LIT("ann")}),
               ERR_OK);
    rig_take(w->r->cli, MSG_CTL_DONE);
    rig_take(w->tried, MSG_DROP);
    rig_result(w->tried, use, RESULT_ANSWERED, false);
    view(w, HANDOFF_STATE_OPENED, PROBLEM_UNREACHABLE);
    assert_true(asks(w, UP_TRIED, 5));
}

/* The expiry waits for the trial, and not longer. */
static void test_expiry_during_the_trial(void **state)
{
    struct world *w = *state;
    struct use_id use;

    open_page(w, UP_TRIED, "sk-1");
    rig_post_form(w->r, &w->f);
    use = trial(w)->use;
    w->r->k->clock_base += limit_get(SET_HANDOFF_TIME);
    loop_timer_set(w->r->k->handoffs->timer, 0);
    rig_quiet(w->r->surface);
    rig_result(w->tried, use, RESULT_ANSWERED, true);
    view(w, HANDOFF_STATE_OPENED, PROBLEM_REFUSED);
    rig_settle(w->r);
    assert_int_equal(w->r->events[EVENT_HANDOFF_EXPIRED], 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_stored_not_tested),
        T(test_two_fields),
        T(test_two_posts_at_once),
        T(test_told_only_when_durable),
        T(test_proof),
        T(test_too_many_proofs),
        T(test_proof_rate),
        T(test_proofs_count_apart_from_log_ins),
        T(test_csrf),
        T(test_decline),
        T(test_expiry),
        T(test_sealed_for_an_earlier_process),
        T(test_sealed_wrongly),
        T(test_tried_and_good),
        T(test_tried_and_refused),
        T(test_tried_and_unreachable),
        T(test_crash_while_it_is_tried),
        T(test_revoked_while_it_is_tried),
        T(test_expiry_during_the_trial),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
