/* Calls: every way in which a client's message is answered, in both eras, and retries of
 * requestState. */
#include "rig.h"

#include <string.h>

#include "crypto/hash.h"
#include "crypto/judged.h"

enum { HOUR_MS = 3600000 };

struct world {
    struct rig *r;
    struct sec *ann, *bob; /* agent tokens */
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    rig_setup((void **)&w->r);
    rig_add_user(w->r, "ann", "ann's password");
    rig_add_key(w->r, "ann", "laptop", "ann-token");
    rig_add_user(w->r, "bob", "bob's password");
    rig_add_key(w->r, "bob", "desk", "bob-token");
    w->ann = rig_sec("ann-token");
    w->bob = rig_sec("bob-token");
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    sec_free(w->ann);
    sec_free(w->bob);
    rig_teardown((void **)&w->r);
    free(w);
    return 0;
}

static void gone(struct world *w, uint64_t call)
{
    assert_err(send_call_gone(w->r->gateway->own, &(struct msg_call_gone){.call = call}), ERR_OK);
}

static void denied(struct world *w, uint64_t call, enum err code)
{
    struct msg_call_deny *d = &rig_take(w->r->gateway, MSG_CALL_DENY)->call_deny;

    assert_int_equal(d->call, call);
    assert_string_equal(err_name((enum err)d->code), err_name(code));
}

static void neutral(struct world *w, uint64_t call, enum ending ending)
{
    struct msg_call_neutral *n = &rig_take(w->r->gateway, MSG_CALL_NEUTRAL)->call_neutral;

    assert_int_equal(n->call, call);
    assert_string_equal(ending_name(n->ending), ending_name(ending));
}

static void connect_ann(struct world *w)
{
    rig_connect(w->r, UP_KEY, "ann", "ann's password", "ann-token", "sk-ann");
}

/* Takes the permit on both sides. */
static struct use_id permitted(struct world *w, uint64_t call, bool anonymous)
{
    struct msg_permit *p = &rig_take(w->r->egress, MSG_PERMIT)->permit;
    struct msg_call_permit *c = &rig_take(w->r->gateway, MSG_CALL_PERMIT)->call_permit;

    assert_int_equal(c->call, call);
    assert_int_equal(p->call, call);
    assert_true(ID_EQ(p->use, c->use));
    assert_int_equal(c->anonymous, anonymous);
    assert_int_equal(p->credential != NULL && sec_len(p->credential) > 0, !anonymous);
    return p->use;
}

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

static void want_refusal(struct world *w, struct use_id use, uint64_t ask)
{
    assert_err(
        send_refuse_want(w->r->egress->own, &(struct msg_refuse_want){.use = use, .ask = ask}),
        ERR_OK);
}

/* An error that egress writes: with the credential of the use that runs, taking nothing. */
static void test_refuse(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);
    struct msg_permit *p = NULL;
    struct connection_id connection;
    struct use_id use;

    connect_ann(w);
    o.era = ERA_LEGACY;
    rig_say_call(w->r, &o);
    p = &rig_take(w->r->egress, MSG_PERMIT)->permit;
    use = p->use;
    connection = p->connection;
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_PERMIT)->call_permit.call, 1);
    for (uint64_t ask = 1; ask <= LIM_ASKS; ask++) {
        want_refusal(w, use, ask);
        p = &rig_take(w->r->egress, MSG_PERMIT)->permit;
        assert_int_equal(p->mode, MODE_REFUSE);
        assert_int_equal(p->call, ask);
        assert_true(ID_EQ(p->connection, connection));
        assert_true(sec_len(p->credential) > 0);
        rig_result(w->r->egress, p->use, RESULT_ANSWERED, false);
    }
    rig_settle(w->r);
    rig_quiet(w->r->gateway); /* which hears nothing of it */
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    rig_settle(w->r);
    want_refusal(w, use, 7);
    rig_settle(w->r);
    rig_quiet(w->r->egress); /* it is over */
}

/* Egress counts them; one that does not is not believed. */
static void test_refuse_without_end(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);
    struct use_id use;

    connect_ann(w);
    o.era = ERA_LEGACY;
    rig_say_call(w->r, &o);
    use = permitted(w, 1, false);
    for (uint64_t ask = 1; ask <= LIM_ASKS; ask++) {
        want_refusal(w, use, ask);
        IGNORE(rig_take(w->r->egress, MSG_PERMIT));
    }
    want_refusal(w, use, LIM_ASKS + 1);
    assert_true(rig_refused(w->r->egress));
}

/* Not when its connection was revoked meanwhile. */
static void test_refuse_not_without_lease(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);
    struct use_id use;

    connect_ann(w);
    o.era = ERA_LEGACY;
    rig_say_call(w->r, &o);
    use = permitted(w, 1, false);
    assert_err(send_ctl_revoke(w->r->cli->own, &(struct msg_ctl_revoke){.scope = CTL_SCOPE_ALL}),
               ERR_OK);
    IGNORE(rig_take(w->r->egress, MSG_DROP));
    want_refusal(w, use, 1);
    rig_settle(w->r);
    rig_quiet(w->r->egress);
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

/* --- modern: the held retry ------------------------------------------------------------------- */

/* Opens call 1 and keeps the requestState it gets. */
static struct handoff_id ask(struct world *w, struct buf *state)
{
    struct msg_call_open o = rig_call(1, w->ann);
    struct msg_call_handoff *h = NULL;

    rig_say_call(w->r, &o);
    h = &rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff;
    buf_clear(state);
    buf_put(state, h->state);
    gone(w, 1);
    return h->handoff;
}

static struct msg_call_open retry(struct world *w, uint64_t number, const struct buf *state)
{
    struct msg_call_open o = rig_call(number, w->ann);

    o.state = buf_slice(state);
    o.answer = ANSWER_ACCEPT;
    return o;
}

static void complete(struct world *w, struct handoff_id id, const char *value)
{
    struct rig_form f = {
        .cookie_of = "ann", .password = "ann's password", .handoff = id, .values = {value}};

    rig_open_form(w->r, &f);
    rig_post_form(w->r, &f);
    assert_int_equal(rig_take(w->r->surface, MSG_HANDOFF_VIEW)->handoff_view.state,
                     HANDOFF_STATE_COMPLETED);
    rig_close_form(&f);
}

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
    o.caps = CAP_LINK;
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
    assert_err(send_ctl_revoke(w->r->cli->own, &(struct msg_ctl_revoke){.scope = CTL_SCOPE_ALL}),
               ERR_OK);
    rig_take(w->r->cli, MSG_CTL_DONE);
    o = retry(w, 3, &st);
    rig_say_call(w->r, &o);
    denied(w, 3, ERR_BAD_STATE);
    assert_int_equal(w->r->events[EVENT_HANDOFF_CREATED], 1);
    buf_free(&st);
}

static size_t rows(struct world *w, enum stmt q)
{
    struct store_rows r;
    size_t n = 0;

    store_query(w->r->k->store, q, VALS(), &r);
    while (store_next(&r))
        n++;
    assert_err(store_end(&r), ERR_OK);
    return n;
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
        assert_int_equal(rows(w, Q_use_all), 1);
        rig_result(w->r->egress, use, ends[n % 3], false);
        rig_settle(w->r);
        assert_int_equal(rows(w, Q_use_all), 0);
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

/* Opens that call, whose answer asks for input; its use is over. */
static void ask_upstream(struct world *w, struct msg_call_open o, const char *theirs,
                         struct buf *st)
{
    struct use_id use;

    rig_say_call(w->r, &o);
    use = permitted(w, o.call, false);
    rig_seal(w->r->egress, use, theirs, st);
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    gone(w, o.call);
}

/* The permit of a continuation, with the upstream's state, or NULL. */
static struct use_id continued(struct world *w, uint64_t call, const char *theirs)
{
    struct msg_permit *p = &rig_take(w->r->egress, MSG_PERMIT)->permit;

    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_PERMIT)->call_permit.call, call);
    assert_int_equal(p->call, call);
    assert_int_equal(p->has_state, theirs != NULL);
    assert_true(slice_eq_str(p->state, theirs ? theirs : ""));
    return p->use;
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
    assert_err(send_ctl_revoke(w->r->cli->own, &(struct msg_ctl_revoke){.scope = CTL_SCOPE_ALL}),
               ERR_OK);
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

/* The credential of that use is refused; the person gives another one. st: of the handoff. */
static void refuse_and_give(struct world *w, uint64_t call, struct use_id use, struct buf *st)
{
    struct msg_call_handoff *h = NULL;

    rig_result(w->r->egress, use, RESULT_ANSWERED, true);
    h = &rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff;
    buf_clear(st);
    buf_put(st, h->state);
    gone(w, call);
    complete(w, h->handoff, "sk-new");
    (void)rig_take(w->r->egress, MSG_DROP); /* what the old one had */
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

/* The agent key wants links in an error: legacy, and declared, or there is none. */
static void test_legacy_link_by_error(void **state)
{
    static const struct {
        const char *token;
        enum era era;
        uint8_t caps;
        bool asked, by_error;
    } rows[] = {
        {"error-token", ERA_LEGACY, CAP_LINK | CAP_HOLD, true, true},
        {"error-token", ERA_LEGACY, CAP_HOLD, false, false},
        {"error-token", ERA_MODERN, CAP_LINK | CAP_HOLD, true, false},
        {"ann-token", ERA_LEGACY, CAP_LINK | CAP_HOLD, true, false},
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
        assert_err(auth_load(w->r->k), ERR_OK);
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
    TAILQ_FOREACH(s, &w->r->k->handoffs.shown, in_list)
        n++;
    assert_true(n < MANY);
    handoff_gateway_lost(w->r->k, GATEWAY);
    assert_true(TAILQ_EMPTY(&w->r->k->handoffs.shown));
    (void)legacy_ask(w, 2);
    complete(w, id, "sk-ann");
    assert_int_equal(rig_take(w->r->gateway, MSG_HANDOFF_SIGNAL)->handoff_signal.session.b[0], 7);
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

/* --- leases ----------------------------------------------------------------------------------- */

static void use_lease(struct world *w, enum lease_kind kind, uint32_t uses, uint64_t ms)
{
    w->r->k->conf.upstreams[UP_KEY].lease = kind;
    w->r->k->conf.upstreams[UP_KEY].lease_uses = uses;
    w->r->k->conf.upstreams[UP_KEY].lease_ms = ms;
}

/* What is no request, and belongs to call of (0: to none). */
static void beside(struct world *w, uint64_t number, enum call_kind kind, const char *method,
                   uint64_t of)
{
    struct msg_call_open o = rig_call(number, w->ann);

    o.kind = kind;
    o.method = slice_str(method);
    o.of = of;
    rig_say_call(w->r, &o);
}

static void test_once(void **state)
{
    struct world *w = *state;
    struct msg_call_open a = rig_call(1, w->ann), b = rig_call(2, w->ann),
                         list = rig_call(3, w->ann);
    struct use_id use;

    use_lease(w, LEASE_KIND_ONCE, 0, 0);
    connect_ann(w);
    list.method = SLICE_LIT("tools/list");
    rig_say_call(w->r, &list); /* does not spend it */
    (void)permitted(w, 3, true);
    rig_say_call(w->r, &a); /* both in one turn: one of them */
    rig_say_call(w->r, &b);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.need, NEED_USED_UP);
    use = permitted(w, 1, false);
    /* While it runs, what belongs to it may ride, and nothing else; afterwards neither. */
    beside(w, 4, CALL_KIND_RESPONSE, "", 1);
    (void)permitted(w, 4, false);
    beside(w, 5, CALL_KIND_NOTIFICATION, "notifications/cancelled", 1);
    (void)permitted(w, 5, false);
    beside(w, 6, CALL_KIND_RESPONSE, "", 0);
    denied(w, 6, ERR_FORBIDDEN);
    beside(w, 7, CALL_KIND_RESPONSE, "", 77);
    denied(w, 7, ERR_FORBIDDEN);
    beside(w, 8, CALL_KIND_NOTIFICATION, "notifications/roots/list_changed", 1);
    denied(w, 8, ERR_FORBIDDEN);
    beside(w, 9, CALL_KIND_STREAM, "", 1);
    denied(w, 9, ERR_FORBIDDEN);
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    rig_settle(w->r);
    beside(w, 10, CALL_KIND_RESPONSE, "", 1);
    denied(w, 10, ERR_FORBIDDEN);
}

static struct msg_call_open other_call(struct world *w, uint64_t number)
{
    struct msg_call_open o = rig_call(number, w->ann);

    o.request = hash_sha256(SLICE_LIT("forecast for Rome"));
    return o;
}

/* The yes is for what the page showed: not for another argument, and not for what rides. */
static void test_once_is_one_request(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = other_call(w, 1);
    struct use_id use;

    use_lease(w, LEASE_KIND_ONCE, 0, 0);
    connect_ann(w);
    beside(w, 2, CALL_KIND_NOTIFICATION, "notifications/roots/list_changed", 0);
    denied(w, 2, ERR_FORBIDDEN);
    rig_say_call(w->r, &o);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.need, NEED_USED_UP);
    rig_quiet(w->r->egress);
    /* How it is shown is no part of it: another order of its members. */
    o = rig_call(3, w->ann);
    o.projection = SLICE_LIT("N...M...");
    rig_say_call(w->r, &o);
    use = permitted(w, 3, false);
    rig_result(w->r->egress, use, RESULT_ANSWERED, false);
    rig_settle(w->r);
    o = rig_call(4, w->ann); /* once */
    rig_say_call(w->r, &o);
    IGNORE(rig_take(w->r->gateway, MSG_CALL_HANDOFF));
}

/* Sidegate's own tool: what is given there admits nothing, and is no reason to ask again for
 * itself. */
static void test_once_from_connect(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct msg_call_handoff *h = NULL;

    use_lease(w, LEASE_KIND_ONCE, 0, 0);
    o.want = CALL_WANT_CONNECT;
    rig_say_call(w->r, &o);
    h = &rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff;
    buf_put(&st, h->state);
    complete(w, h->handoff, "sk-ann");
    o = retry(w, 2, &st);
    o.want = CALL_WANT_CONNECT;
    rig_say_call(w->r, &o);
    assert_true(rig_take(w->r->gateway, MSG_CALL_OWN)->call_own.connected);
    o = rig_call(3, w->ann);
    rig_say_call(w->r, &o);
    h = &rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff;
    rig_quiet(w->r->egress);
    buf_clear(&st);
    buf_put(&st, h->state);
    complete(w, h->handoff, "sk-ann");
    IGNORE(rig_take(w->r->egress, MSG_DROP));
    o = retry(w, 4, &st);
    rig_say_call(w->r, &o);
    (void)permitted(w, 4, false);
    buf_free(&st);
}

/* A continuation belongs to the use that it continues, and takes nothing more of its lease; but the
 * same request once more is another one. Nor does it outlive the lease's time. */
static void test_continuing_takes_nothing(void **state)
{
    static const struct {
        enum lease_kind kind;
        uint32_t uses;
    } rows[] = {{LEASE_KIND_ONCE, 0}, {LEASE_KIND_TASK, 1}};
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct msg_call_open o;
    struct use_id use;
    uint64_t n = 1;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        use_lease(w, rows[i].kind, rows[i].uses, HOUR_MS);
        connect_ann(w);
        rig_forget(w->r->egress); /* it drops the one before */
        ask_upstream(w, rig_call(n++, w->ann), "1", &st);
        for (int k = 0; k < 2; k++) { /* which asks again */
            o = retry(w, n++, &st);
            o.answers = true;
            rig_say_call(w->r, &o);
            use = continued(w, o.call, k == 0 ? "1" : "2");
            rig_seal(w->r->egress, use, "2", &st);
            rig_result(w->r->egress, use, RESULT_ANSWERED, false);
        }
        o = rig_call(n++, w->ann);
        rig_say_call(w->r, &o);
        assert_int_equal(rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.need,
                         NEED_USED_UP);
        w->r->k->clock_base += HOUR_MS;
        o = retry(w, n++, &st);
        rig_say_call(w->r, &o);
        rig_quiet(w->r->egress);
        rig_forget(w->r->gateway);
    }
    buf_free(&st);
}

/* A server that asks whenever it is answered comes to an end, whatever lease it is; a handoff on the
 * way begins nothing anew. */
static void test_goes_on_so_often(void **state)
{
    static const struct {
        enum lease_kind kind;
        bool handoff;
    } rows[] = {{LEASE_KIND_ONCE, false}, {LEASE_KIND_ONCE, true}, {LEASE_KIND_KEEP, false}};
    struct world *w = *state;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);
    struct msg_call_open o;
    struct use_id use;
    uint64_t n = 1;

    assert_err(limit_set(SET_CONTINUATIONS, 3), ERR_OK);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        use_lease(w, rows[i].kind, 0, HOUR_MS);
        connect_ann(w);
        rig_forget(w->r->egress); /* it drops the one before */
        ask_upstream(w, rig_call(n++, w->ann), "1", &st);
        for (int k = 1; k <= 3; k++) {
            assert_true(st.n > 0);
            o = retry(w, n++, &st);
            o.answers = true;
            rig_say_call(w->r, &o);
            use = continued(w, o.call, "1");
            if (k == 2 && rows[i].handoff) {
                refuse_and_give(w, o.call, use, &st);
                o = retry(w, n++, &st);
                o.answers = true;
                rig_say_call(w->r, &o);
                use = continued(w, o.call, "1");
            }
            rig_seal(w->r->egress, use, "1", &st);
            rig_result(w->r->egress, use, RESULT_ANSWERED, false);
            gone(w, o.call);
        }
        assert_int_equal(st.n, 0);
    }
    buf_free(&st);
}

static void test_once_is_given_back_when_unsent(void **state)
{
    static const struct {
        enum result result;
        bool again;
    } rows[] = {{RESULT_UNSENT, true}, {RESULT_UNKNOWN, false}};
    struct world *w = *state;

    use_lease(w, LEASE_KIND_ONCE, 0, 0);
    connect_ann(w);
    for (uint64_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct msg_call_open o = rig_call(1 + i, w->ann);

        rig_say_call(w->r, &o);
        rig_result(w->r->egress, permitted(w, 1 + i, false), rows[i].result, false);
        rig_settle(w->r);
    }
    {
        struct msg_call_open o = rig_call(9, w->ann);

        rig_say_call(w->r, &o);
        rig_take(w->r->gateway, MSG_CALL_HANDOFF);
    }
}

static void test_task(void **state)
{
    struct world *w = *state;
    struct msg_call_open o;

    use_lease(w, LEASE_KIND_TASK, 2, 0);
    connect_ann(w);
    for (uint64_t n = 1; n <= 2; n++) {
        o = rig_call(n, w->ann);
        rig_say_call(w->r, &o);
        rig_result(w->r->egress, permitted(w, n, false), RESULT_ANSWERED, false);
    }
    o = rig_call(3, w->ann);
    rig_say_call(w->r, &o);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.need, NEED_USED_UP);
}

static void test_expired_lease(void **state)
{
    struct world *w = *state;
    struct msg_call_open o = rig_call(1, w->ann);

    use_lease(w, LEASE_KIND_TASK, 5, 1000);
    connect_ann(w);
    rig_say_call(w->r, &o);
    (void)permitted(w, 1, false);
    w->r->k->clock_base += 2000; /* two seconds later */
    o = rig_call(2, w->ann);
    rig_say_call(w->r, &o);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff.need, NEED_EXPIRED);
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
    }
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
            denied(w, o.call, ERR_RATE_LIMITED);
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
    denied(w, o.call, ERR_RATE_LIMITED);
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
    denied(w, 2, ERR_RATE_LIMITED);
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
    denied(w, 2, ERR_RATE_LIMITED);
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
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_who_is_it),
        T(test_whose_token),
        T(test_own_and_status),
        T(test_lists_never_ask),
        T(test_ride),
        T(test_refuse),
        T(test_refuse_without_end),
        T(test_refuse_not_without_lease),
        T(test_no_credential_needed),
        T(test_no_link_no_handoff_message),
        T(test_same_handoff_for_all),
        T(test_legs),
        T(test_answers),
        T(test_one_state_one_request),
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
        T(test_legacy_accept),
        T(test_legacy_other_answers),
        T(test_legacy_done_before_the_answer),
        T(test_legacy_link_by_error),
        T(test_legacy_session_gone),
        T(test_shown_are_bounded),
        T(test_refused_then_given_again),
        T(test_once),
        T(test_once_is_one_request),
        T(test_once_from_connect),
        T(test_continuing_takes_nothing),
        T(test_goes_on_so_often),
        T(test_once_is_given_back_when_unsent),
        T(test_task),
        T(test_expired_lease),
        T(test_gone),
        T(test_gateway_dies),
        T(test_calls_per_client),
        T(test_prompt_budgets),
        T(test_prompts_leave_some),
        T(test_prompt_budget_outlives_a_crash),
        T(test_handoffs_at_once),
        T(test_number_twice),
        T(test_another_gateways_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
