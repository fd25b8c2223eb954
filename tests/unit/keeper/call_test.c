/* Calls: who asks, what each class of message gets, in both eras, and how calls end. */
#include "world.h"

#include "crypto/hash.h"
#include "keeper/auth.h"
#include "keeper/call.h"
#include "keeper/handoff.h"

/* --- who -------------------------------------------------------------------------------------- */

static void test_who_is_it(void **state)
{
    struct world *w = *state;
    struct sec *wrong = rig_sec("nobody's token");
    struct msg_call_open o = rig_call(1, wrong);

    rig_say_call(w->r, &o);
    denied(w, 1, ERR_UNAUTHENTICATED);
    o = rig_call(2, NULL);
    rig_say_call(w->r, &o);
    denied(w, 2, ERR_UNAUTHENTICATED);
    o = rig_call(3, w->ann);
    o.upstream = RIG_UPSTREAMS;
    rig_say_call(w->r, &o);
    denied(w, 3, ERR_NO_ROUTE);
    o = rig_call(4, w->ann);
    o.upstream = 60000;
    rig_say_call(w->r, &o);
    denied(w, 4, ERR_NO_ROUTE);
    sec_free(wrong);
}

/* Before a body is read. */
static void test_whose_token(void **state)
{
    struct world *w = *state;
    struct sec *wrong = rig_sec("nobody's token");
    const struct {
        struct sec *token;
        bool known;
    } rows[] = {{w->ann, true}, {wrong, false}, {NULL, false}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct msg_token_check m = {.check = 70 + i, .token = rows[i].token};
        struct msg_token_known *known = NULL;

        assert_err(send_token_check(w->r->gateway->own, &m), ERR_OK);
        known = &rig_take(w->r->gateway, MSG_TOKEN_KNOWN)->token_known;
        assert_int_equal(known->check, 70 + i);
        assert_int_equal(known->known, rows[i].known);
    }
    rig_quiet(w->r->gateway); /* it is no call */
    sec_free(wrong);
}

/* --- classes ---------------------------------------------------------------------------------- */

static void test_own_and_status(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);
    struct msg_call_own *own = NULL;

    o.want = CALL_WANT_STATUS;
    rig_say_call(w->r, &o);
    own = &rig_take(w->r->gateway, MSG_CALL_OWN)->call_own;
    assert_slice(own->user_name, "ann");
    assert_false(own->connected);
    assert_false(own->pending);
    o = rig_call(2, w->ann);
    o.want = CALL_WANT_CONNECT;
    rig_say_call(w->r, &o);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.need, NEED_ASKED);
    o = rig_call(3, w->ann);
    o.want = CALL_WANT_OWN;
    rig_say_call(w->r, &o);
    own = &rig_take(w->r->gateway, MSG_CALL_OWN)->call_own;
    assert_true(own->pending);
    gone(w, 1);
    gone(w, 2);
    gone(w, 3);
    connect_ann(w);
    o = rig_call(4, w->ann);
    o.want = CALL_WANT_CONNECT;
    rig_say_call(w->r, &o);
    own = &rig_take(w->r->gateway, MSG_CALL_OWN)->call_own;
    assert_true(own->connected);
    assert_false(own->pending);
    /* Bob is somebody else. */
    o = rig_call(5, w->bob);
    o.want = CALL_WANT_STATUS;
    rig_say_call(w->r, &o);
    own = &rig_take(w->r->gateway, MSG_CALL_OWN)->call_own;
    assert_slice(own->user_name, "bob");
    assert_false(own->connected);
}

static void test_lists_never_ask(void **state)
{
    static const char *const methods[] = {"tools/list",          "prompts/list",
                                          "resources/list",      "resources/templates/list",
                                          "completion/complete", "logging/setLevel"};
    struct world *w = *state;
    uint64_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        struct msg_call_open o = rig_call(++n, w->ann);

        o.method = slice_str(methods[i]);
        o.name = SLICE_EMPTY;
        rig_say_call(w->r, &o);
        rig_result(w->r->egress, permitted(w, n, true), RESULT_ANSWERED, true);
        /* Refused: for a list the gateway has a snapshot, for the rest the refusal is said. */
        if (i < 4)
            rig_quiet(w->r->gateway);
        else
            denied(w, n, ERR_UPSTREAM_REFUSED);
    }
    assert_int_equal(w->r->events[EVENT_HANDOFF_CREATED], 0);
    connect_ann(w);
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        struct msg_call_open o = rig_call(++n, w->ann);

        o.method = slice_str(methods[i]);
        rig_say_call(w->r, &o);
        rig_result(w->r->egress, permitted(w, n, false), RESULT_ANSWERED, false);
    }
    rig_quiet(w->r->gateway);
}

static void test_ride(void **state)
{
    static const enum call_kind kinds[] = {CALL_KIND_NOTIFICATION, CALL_KIND_RESPONSE,
                                           CALL_KIND_STREAM, CALL_KIND_END};
    struct world *w = *state;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct msg_call_open o = rig_call(i + 1, w->ann);

        o.kind = kinds[i];
        rig_say_call(w->r, &o);
        denied(w, i + 1, ERR_FORBIDDEN);
    }
    connect_ann(w);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct msg_call_open o = rig_call(i + 11, w->ann);

        o.kind = kinds[i];
        rig_say_call(w->r, &o);
        rig_result(w->r->egress, permitted(w, i + 11, false), RESULT_ANSWERED, false);
    }
}

static void test_no_credential_needed(void **state)
{
    struct world *w = *state;
    struct fake *open_egress = rig_peer(w->r, ROLE_EGRESS, 3, 16, UP_OPEN);
    struct msg_call_open o = rig_call(1, w->ann);
    struct msg_permit *p = NULL;

    o.upstream = UP_OPEN;
    rig_say_call(w->r, &o);
    p = &rig_take(open_egress, MSG_PERMIT)->permit;
    assert_true(ID_IS_ZERO(p->connection));
    assert_null(p->credential);
    assert_true(rig_take(w->r->gateway, MSG_CALL_PERMIT)->call_permit.anonymous);
    rig_result(open_egress, p->use, RESULT_ANSWERED, true);
    denied(w, 1, ERR_UPSTREAM_REFUSED);
}

/* --- what a client can be given --------------------------------------------------------------- */

static void test_no_link_no_handoff_message(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);

    o.caps = 0;
    rig_say_call(w->r, &o);
    neutral(w, 1, ENDING_WAITING);
    o = rig_call(2, w->ann); /* the next call, from a client that can, finds the same handoff */
    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_HANDOFF);
    assert_int_equal(w->r->events[EVENT_HANDOFF_CREATED], 1);
}

static void test_same_handoff_for_all(void **state)
{
    struct world *w = *state;
    struct msg_call_open a = rig_call(1, w->ann), b = rig_call(2, w->ann);
    struct handoff_id first, second;

    rig_say_call(w->r, &a); /* in one turn of the loop */
    rig_say_call(w->r, &b);
    first = rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.handoff;
    second = rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.handoff;
    assert_true(ID_EQ(first, second));
    assert_int_equal(w->r->events[EVENT_HANDOFF_CREATED], 1);
    /* Another client of the same upstream has another. */
    b = rig_call(3, w->bob);
    rig_say_call(w->r, &b);
    second = rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.handoff;
    assert_false(ID_EQ(first, second));
}

/* --- legacy ----------------------------------------------------------------------------------- */

static struct msg_call_open legacy(struct world *w, uint64_t number)
{
    struct msg_call_open o = rig_call(number, w->ann);

    o.era = ERA_LEGACY;
    o.session.b[0] = 7;
    return o;
}

static struct handoff_id legacy_ask(struct world *w, uint64_t number)
{
    struct msg_call_open o = legacy(w, number);
    struct msg_call_handoff *h = NULL;

    rig_say_call(w->r, &o);
    h = &rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff;
    assert_int_equal(h->state.n, 0);
    return h->handoff;
}

static void say_answer(struct world *w, uint64_t call, enum answer a)
{
    assert_err(
        send_call_answer(w->r->gateway->own, &(struct msg_call_answer){.call = call, .answer = a}),
        ERR_OK);
}

static void test_legacy_accept(void **state)
{
    struct world *w = *state;
    struct handoff_id id = legacy_ask(w, 1);
    struct msg_handoff_signal *s = NULL;

    say_answer(w, 1, ANSWER_ACCEPT);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_HOLD)->call_hold.state.n, 0);
    complete(w, id, "sk-ann");
    s = &rig_take(w->r->gateway, MSG_HANDOFF_SIGNAL)->handoff_signal;
    assert_int_equal(s->session.b[0], 7);
    assert_int_equal(s->state, HANDOFF_STATE_COMPLETED);
    (void)permitted(w, 1, false);
    say_answer(w, 1, ANSWER_DECLINE); /* late, and of no effect */
    rig_quiet(w->r->gateway);
}

static void test_legacy_other_answers(void **state)
{
    struct world *w = *state;
    struct handoff_id id = legacy_ask(w, 1);

    say_answer(w, 1, ANSWER_CANCEL);
    neutral(w, 1, ENDING_WAITING);
    (void)legacy_ask(w, 2);
    say_answer(w, 2, ANSWER_NONE); /* the client could not */
    neutral(w, 2, ENDING_WAITING);
    (void)legacy_ask(w, 3);
    say_answer(w, 3, ANSWER_DECLINE);
    assert_int_equal(rig_take(w->r->gateway, MSG_HANDOFF_SIGNAL)->handoff_signal.state,
                     HANDOFF_STATE_DECLINED);
    rig_take(w->r->gateway, MSG_HANDOFF_SIGNAL); /* shown three times */
    rig_take(w->r->gateway, MSG_HANDOFF_SIGNAL);
    neutral(w, 3, ENDING_DECLINED);
    (void)id;
    say_answer(w, 99, ANSWER_ACCEPT); /* of a call that is over */
    rig_quiet(w->r->gateway);
}

/* The person finishes before the client answered: the call goes on. */
static void test_legacy_done_before_the_answer(void **state)
{
    struct world *w = *state;
    struct handoff_id id = legacy_ask(w, 1);

    complete(w, id, "sk-ann");
    rig_take(w->r->gateway, MSG_HANDOFF_SIGNAL);
    (void)permitted(w, 1, false);
}

static enum err load_keys(void *ctx)
{
    return auth_load(ctx);
}

/* The agent key wants links in an error: legacy, and declared, or there is none. */
static void test_legacy_link_by_error(void **state)
{
    static const struct {
        const char *token;
        enum era era;
        uint8_t caps;
        bool asked, by_error;
    } rows[] = {
        {"error-token", ERA_LEGACY, 1u << CALL_CAP_LINK | 1u << CALL_CAP_HOLD, true, true},
        {"error-token", ERA_LEGACY, 1u << CALL_CAP_HOLD, false, false},
        {"error-token", ERA_MODERN, 1u << CALL_CAP_LINK | 1u << CALL_CAP_HOLD, true, false},
        {"ann-token", ERA_LEGACY, 1u << CALL_CAP_LINK | 1u << CALL_CAP_HOLD, true, false},
    };
    struct world *w = *state;

    assert_err(send_ctl_key_add(
                   w->r->cli->own,
                   &(struct msg_ctl_key_add){.user_name = SLICE_LIT("ann"),
                                             .label = SLICE_LIT("old"),
                                             .token_hash = hash_sha256(SLICE_LIT("error-token")),
                                             .link_by_error = true}),
               ERR_OK);
    assert_err(rig_take(w->r->cli, MSG_CTL_DONE)->ctl_done.code, ERR_OK);
    for (unsigned again = 0; again < 2; again++) {
        for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
            struct sec *token = rig_sec(rows[i].token);
            struct msg_call_open o = rig_call(10 * again + i, token);

            o.era = rows[i].era;
            o.caps = rows[i].caps;
            o.session.b[0] = rows[i].era == ERA_LEGACY ? 7 : 0;
            rig_say_call(w->r, &o);
            if (rows[i].asked)
                assert_int_equal(rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.by_error,
                                 rows[i].by_error);
            else
                neutral(w, o.call, ENDING_WAITING);
            sec_free(token);
        }
        /* The same from the store as from memory. */
        assert_err(store_run(w->r->k->store, STORE_READ, load_keys, w->r->k), ERR_OK);
    }
}

static void test_legacy_session_gone(void **state)
{
    struct world *w = *state;
    struct handoff_id id = legacy_ask(w, 1);
    struct session_id s = {{7}};

    gone(w, 1);
    assert_err(send_session_gone(w->r->gateway->own, &(struct msg_session_gone){.session = s}),
               ERR_OK);
    complete(w, id, "sk-ann");
    rig_quiet(w->r->gateway);
}

/* However many links were shown, to whom the last one was is remembered. */
static void test_shown_are_bounded(void **state)
{
    enum { MANY = 2 * 4096 + 2, GATEWAY = 99 };
    struct world *w = *state;
    struct handoff_id id = legacy_ask(w, 1);
    const struct handoff_shown *s = NULL;
    unsigned n = 0;

    for (unsigned i = 0; i < MANY; i++)
        handoff_was_shown(w->r->k, id, GATEWAY, (struct session_id){{8}});
    TAILQ_FOREACH(s, &w->r->k->handoffs->shown, in_list)
        n++;
    assert_true(n < MANY);
    handoff_gateway_lost(w->r->k, GATEWAY);
    assert_true(TAILQ_EMPTY(&w->r->k->handoffs->shown));
    (void)legacy_ask(w, 2);
    complete(w, id, "sk-ann");
    assert_int_equal(rig_take(w->r->gateway, MSG_HANDOFF_SIGNAL)->handoff_signal.session.b[0], 7);
}

/* --- who is found ----------------------------------------------------------------------------- */

static size_t waiting(struct world *w, struct handoff_id id)
{
    rig_settle(w->r);
    return group_size(&w->r->k->calls->by_handoff, ID_SLICE(id));
}

static void hold(struct world *w, uint64_t call)
{
    say_answer(w, call, ANSWER_ACCEPT);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_HOLD)->call_hold.call, call);
}

/* A call is found by its handoff while it waits for that, asked or held, however it ends. */
static void test_found_while_it_waits(void **state)
{
    struct world *w = *state;
    struct handoff_id id = legacy_ask(w, 1);

    assert_int_equal(waiting(w, id), 1);
    say_answer(w, 1, ANSWER_CANCEL);
    neutral(w, 1, ENDING_WAITING);
    assert_int_equal(waiting(w, id), 0);
    (void)legacy_ask(w, 2);
    gone(w, 2);
    assert_int_equal(waiting(w, id), 0);
    (void)legacy_ask(w, 3);
    hold(w, 3);
    assert_int_equal(waiting(w, id), 1);
    gone(w, 3);
    assert_int_equal(waiting(w, id), 0);
    (void)legacy_ask(w, 4);
    (void)legacy_ask(w, 5);
    rig_kill(w->r->gateway);
    assert_null(w->r->k->calls->by_handoff.by_key);
    assert_null(w->r->k->calls->by_client.by_key);
    assert_null(w->r->k->handoffs->by_handoff.by_key);
    assert_null(w->r->k->handoffs->by_session.by_key);
}

/* The end of a handoff, or of an agent key, is for those whose it is. */
static void test_others_wait_on(void **state)
{
    struct world *w = *state;
    const struct msg_call_handoff *bobs = NULL;
    struct handoff_id anns = legacy_ask(w, 1);

    use_lease(w, LEASE_KIND_KEEP, 0, 0);
    for (uint64_t call = 3; call <= 5; call++) {
        struct msg_call_open o = legacy(w, call);

        o.token = w->bob;
        o.session.b[0] = 8;
        o.want = call == 5 ? CALL_WANT_OWN : o.want; /* answered at once */
        rig_say_call(w->r, &o);
        if (call == 5)
            break;
        bobs = &rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff;
        hold(w, call);
    }
    rig_take(w->r->gateway, MSG_CALL_OWN);
    assert_true(ID_EQ(legacy_ask(w, 2), anns));
    hold(w, 2);
    assert_int_equal(waiting(w, anns), 2);
    complete(w, anns, "sk-ann");
    rig_take(w->r->gateway, MSG_HANDOFF_SIGNAL); /* shown twice */
    rig_take(w->r->gateway, MSG_HANDOFF_SIGNAL);
    (void)permitted(w, 1, false); /* who waited longest goes first */
    (void)permitted(w, 2, false);
    assert_int_equal(waiting(w, anns), 0);
    assert_int_equal(waiting(w, bobs->handoff), 2);
    assert_err(
        send_ctl_key_remove(w->r->cli->own, &(struct msg_ctl_key_remove){.client = bobs->client}),
        ERR_OK);
    denied(w, 3, ERR_UNAUTHENTICATED);
    denied(w, 4, ERR_UNAUTHENTICATED);
    rig_take(w->r->gateway, MSG_TOKEN_GONE);
    rig_take(w->r->gateway, MSG_HANDOFF_SIGNAL);
    rig_take(w->r->gateway, MSG_HANDOFF_SIGNAL);
    rig_quiet(w->r->gateway);
    assert_null(w->r->k->calls->by_handoff.by_key);
    assert_null(w->r->k->handoffs->by_handoff.by_key);
    assert_int_equal(group_size(&w->r->k->calls->by_client, ID_SLICE(bobs->client)), 1);
    for (uint64_t call = 1; call <= 5; call++)
        gone(w, call);
    rig_settle(w->r);
    assert_null(w->r->k->calls->by_client.by_key);
}

/* --- the credential is refused ---------------------------------------------------------------- */

static void test_refused_then_given_again(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);
    struct msg_call_handoff *h = NULL;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);

    connect_ann(w);
    rig_say_call(w->r, &o);
    rig_result(w->r->egress, permitted(w, 1, false), RESULT_ANSWERED, true);
    h = &rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff;
    assert_int_equal(h->call, 1);
    assert_int_equal(h->need, NEED_STALE);
    assert_int_equal(w->r->events[EVENT_CONNECTION_STALE], 1);
    buf_put(&st, h->state);
    complete(w, h->handoff, "sk-new");
    assert_int_equal(rig_take(w->r->egress, MSG_DROP)->drop.connection.b[0] >= 0, 1);
    o = retry(w, 2, &st);
    rig_say_call(w->r, &o);
    (void)permitted(w, 2, false);
    buf_free(&st);
}

/* --- who leaves ------------------------------------------------------------------------------- */

static void test_gone(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);

    /* While it is decided: what was reserved is given back. */
    use_lease(w, LEASE_KIND_ONCE, 0, 0);
    connect_ann(w);
    rig_say_call(w->r, &o);
    gone(w, 1);
    rig_quiet(w->r->egress);
    rig_quiet(w->r->gateway);
    o = rig_call(2, w->ann);
    rig_say_call(w->r, &o);
    (void)permitted(w, 2, false);
    gone(w, 2); /* while it runs: the use goes on and its result counts */
    rig_settle(w->r);
    gone(w, 2); /* twice */
    gone(w, 77);
    rig_quiet(w->r->gateway);
}

static void test_gateway_dies(void **state)
{
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct handoff_id id = ask(w, &st);
    struct msg_call_open o = retry(w, 2, &st);

    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_HOLD);
    rig_kill(w->r->gateway);
    w->r->gateway = rig_peer(w->r, ROLE_GATEWAY, 0, 21, 0);
    complete(w, id, "sk-ann"); /* the handoff stayed */
    rig_quiet(w->r->egress);
    rig_quiet(w->r->gateway);
    o = retry(w, 2, &st); /* the new gateway counts from the start */
    rig_say_call(w->r, &o);
    (void)permitted(w, 2, false);
    buf_free(&st);
}

/* --- limits ----------------------------------------------------------------------------------- */

static void test_calls_per_client(void **state)
{
    struct world *w = *state;
    struct msg_call_open o;

    assert_err(limit_set(SET_CALLS_PER_CLIENT, 2), ERR_OK);
    for (uint64_t n = 1; n <= 3; n++) {
        o = rig_call(n, w->ann);
        o.want = CALL_WANT_OWN;
        rig_say_call(w->r, &o);
        rig_settle(w->r);
        assert_err(store_run(w->r->k->store, STORE_READ, load_keys, w->r->k),
                   ERR_OK); /* as after a removal that failed */
    }
    rig_take(w->r->gateway, MSG_CALL_OWN);
    rig_take(w->r->gateway, MSG_CALL_OWN);
    denied(w, 3, ERR_RATE_LIMITED);
    rig_forget(w->r->gateway);
    o = rig_call(5, w->bob);
    o.want = CALL_WANT_OWN;
    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_OWN);
    gone(w, 1);
    o = rig_call(6, w->ann);
    o.want = CALL_WANT_OWN;
    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_OWN);
}

/* What is kept of each call for policy and pages is counted: one agent key gets half of it. */
static void test_shown_is_counted(void **state)
{
    struct world *w = *state;
    static uint8_t large[LIM_PROJECTION_BYTES];
    const uint64_t most = LIM_PROJECTIONS_BYTES / 2 / sizeof(large);
    struct msg_call_open o;

    assert_err(limit_set(SET_CALLS_PER_CLIENT, most + 2), ERR_OK);
    assert_err(limit_set(SET_KEY_RATE, 100000), ERR_OK);
    assert_err(limit_set(SET_KEY_BURST, 100000), ERR_OK);
    assert_err(limit_set(SET_PERSON_RATE, 100000), ERR_OK);
    assert_err(limit_set(SET_PERSON_BURST, 100000), ERR_OK);
    for (uint64_t n = 1; n <= most + 1; n++) {
        o = rig_call(n, w->ann);
        o.want = CALL_WANT_OWN;
        o.projection = slice_of(large, sizeof(large));
        rig_say_call(w->r, &o);
        if (n <= most)
            rig_take(w->r->gateway, MSG_CALL_OWN);
    }
    denied(w, most + 1, ERR_RATE_LIMITED);
    o.call++;
    o.token = w->bob;
    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_OWN);
    gone(w, o.call);
    gone(w, 1);
    o.call++;
    o.token = w->ann;
    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_OWN);
}

/* Opens a handoff with that call, which must be a fresh one, and declines it. */
static void prompt(struct world *w, const struct msg_call_open *open)
{
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct msg_call_open o = *open;

    rig_say_call(w->r, &o);
    buf_put(&st, rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.state);
    gone(w, o.call);
    o.call += 1000;
    o.state = buf_slice(&st);
    o.answer = ANSWER_DECLINE;
    rig_say_call(w->r, &o);
    neutral(w, o.call, ENDING_DECLINED);
    buf_free(&st);
}

/* Each budget counts its own: an agent key's over all upstreams, a person's over all keys and
 * upstreams, and a person's at one upstream over all keys. After an hour it is whole again. */
static void test_prompt_budgets(void **state)
{
    enum who { LAPTOP, PHONE, BOB };
    struct at {
        enum who who;
        uint16_t upstream;
    };
    static const struct {
        enum limit limit;
        struct at asked[2], refused, free;
    } rows[] = {
        {SET_PROMPTS_PER_HOUR,
         {{LAPTOP, UP_KEY}, {LAPTOP, UP_TWO}},
         {LAPTOP, UP_TRIED},
         {PHONE, UP_KEY}},
        {SET_USER_PROMPTS_PER_HOUR,
         {{LAPTOP, UP_KEY}, {PHONE, UP_TWO}},
         {PHONE, UP_TRIED},
         {BOB, UP_TRIED}},
        {SET_UPSTREAM_PROMPTS_PER_HOUR,
         {{LAPTOP, UP_KEY}, {PHONE, UP_KEY}},
         {LAPTOP, UP_KEY},
         {LAPTOP, UP_TWO}},
    };
    struct world *w = *state;
    struct sec *phone = NULL, *tokens[3];
    uint64_t n = 1;

    rig_add_key(w->r, "ann", "phone", "ann-phone");
    phone = rig_sec("ann-phone");
    tokens[LAPTOP] = w->ann;
    tokens[PHONE] = phone;
    tokens[BOB] = w->bob;
    assert_err(limit_set(SET_PROMPTS_LEAST, 1), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct at tries[] = {rows[i].asked[0], rows[i].asked[1], rows[i].refused,
                                   rows[i].free};

        assert_err(limit_set(rows[i].limit, 2), ERR_OK);
        for (size_t t = 0; t < ARRAY_LEN(tries); t++) {
            struct msg_call_open o = rig_call(n++, tokens[tries[t].who]);

            o.upstream = tries[t].upstream;
            if (t != 2) {
                prompt(w, &o);
                continue;
            }
            rig_say_call(w->r, &o);
            denied(w, o.call, ERR_TOO_MANY_PROMPTS);
        }
        assert_err(limit_set(rows[i].limit, limit_row(rows[i].limit)->def), ERR_OK);
        w->r->k->clock_base += HOUR_MS + 1;
    }
    assert_err(limit_set(SET_PROMPTS_LEAST, limit_row(SET_PROMPTS_LEAST)->def), ERR_OK);
    sec_free(phone);
}

/* Opens what a key gets, each declined at once, and then one more, at these two upstreams in turn. */
static void prompts_of_key(struct world *w, struct sec *token, unsigned gets, const uint16_t at[2])
{
    struct msg_call_open o;
    unsigned n = 0;

    for (; n < gets; n++) {
        o = rig_call(n + 1, token);
        o.upstream = at[n % 2];
        prompt(w, &o);
    }
    o = rig_call(n + 1, token);
    o.upstream = at[n % 2];
    rig_say_call(w->r, &o);
    denied(w, o.call, ERR_TOO_MANY_PROMPTS);
}

/* What keys share is not used up by some of them: each key that comes finds half of what is left,
 * or its least, and another person has all of it. */
static void test_prompts_leave_some(void **state)
{
    enum { MOST = 8, LEAST = 1, BOBS = 4 };
    static const unsigned anns[] = {4, 2, 1, LEAST, LEAST};
    static const struct {
        enum limit limit;
        uint16_t at[2];
    } rows[] = {
        {SET_USER_PROMPTS_PER_HOUR, {UP_KEY, UP_TWO}},
        {SET_UPSTREAM_PROMPTS_PER_HOUR, {UP_KEY, UP_KEY}},
    };
    struct world *w = *state;
    struct sec *tokens[ARRAY_LEN(anns)];

    for (size_t k = 0; k < ARRAY_LEN(tokens); k++) {
        const char name[] = {'k', 'e', 'y', (char)('0' + k), '\0'};

        rig_add_key(w->r, "ann", name, name);
        tokens[k] = rig_sec(name);
    }
    assert_err(limit_set(SET_PROMPTS_LEAST, LEAST), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_err(limit_set(rows[i].limit, MOST), ERR_OK);
        for (size_t k = 0; k < ARRAY_LEN(tokens); k++)
            prompts_of_key(w, tokens[k], anns[k], rows[i].at);
        prompts_of_key(w, w->bob, BOBS, rows[i].at);
        assert_err(limit_set(rows[i].limit, limit_row(rows[i].limit)->def), ERR_OK);
        w->r->k->clock_base += HOUR_MS + 1;
    }
    assert_err(limit_set(SET_PROMPTS_LEAST, limit_row(SET_PROMPTS_LEAST)->def), ERR_OK);
    for (size_t k = 0; k < ARRAY_LEN(tokens); k++)
        sec_free(tokens[k]);
}

/* A budget lies in the store: a crash gives nothing back. */
static void test_prompt_budget_outlives_a_crash(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);

    assert_err(limit_set(SET_PROMPTS_PER_HOUR, 1), ERR_OK);
    prompt(w, &o);
    rig_crash(w->r);
    o = rig_call(2, w->ann);
    rig_say_call(w->r, &o);
    denied(w, 2, ERR_TOO_MANY_PROMPTS);
}

static void test_handoffs_at_once(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);

    assert_err(limit_set(SET_HANDOFFS_PER_CLIENT, 1), ERR_OK);
    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_HANDOFF);
    o = rig_call(2, w->ann);
    o.upstream = UP_TWO;
    rig_say_call(w->r, &o);
    denied(w, 2, ERR_TOO_MANY_PROMPTS);
}

/* --- hostile ---------------------------------------------------------------------------------- */

static void test_number_twice(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);

    o.want = CALL_WANT_OWN;
    rig_say_call(w->r, &o);
    rig_say_call(w->r, &o);
    assert_true(rig_refused(w->r->gateway));
}

static void test_another_gateways_call(void **state)
{
    struct world *w = *state;
    struct fake *evil = rig_peer(w->r, ROLE_GATEWAY, 1, 22, 0);
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct handoff_id id = ask(w, &st);
    struct msg_call_open o = retry(w, 2, &st);

    rig_say_call(w->r, &o);
    rig_take(w->r->gateway, MSG_CALL_HOLD);
    assert_err(send_call_gone(evil->own, &(struct msg_call_gone){.call = 2}), ERR_OK);
    assert_err(
        send_call_answer(evil->own, &(struct msg_call_answer){.call = 2, .answer = ANSWER_DECLINE}),
        ERR_OK);
    assert_err(send_snapshot_get(evil->own, &(struct msg_snapshot_get){.call = 2}), ERR_OK);
    rig_quiet(evil);
    complete(w, id, "sk-ann"); /* the call is still there */
    (void)permitted(w, 2, false);
    buf_free(&st);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_who_is_it),
        T(test_whose_token),
        T(test_own_and_status),
        T(test_lists_never_ask),
        T(test_ride),
        T(test_no_credential_needed),
        T(test_no_link_no_handoff_message),
        T(test_same_handoff_for_all),
        T(test_legacy_accept),
        T(test_legacy_other_answers),
        T(test_legacy_done_before_the_answer),
        T(test_legacy_link_by_error),
        T(test_legacy_session_gone),
        T(test_shown_are_bounded),
        T(test_found_while_it_waits),
        T(test_others_wait_on),
        T(test_refused_then_given_again),
        T(test_gone),
        T(test_gateway_dies),
        T(test_calls_per_client),
        T(test_shown_is_counted),
        T(test_prompt_budgets),
        T(test_prompts_leave_some),
        T(test_prompt_budget_outlives_a_crash),
        T(test_handoffs_at_once),
        T(test_number_twice),
        T(test_another_gateways_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
