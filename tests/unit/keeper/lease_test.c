/* Leases: what takes from one, what goes beside it, and what it is for. */
#include "world.h"

#include "crypto/hash.h"

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

static struct msg_call_handoff *asked(struct world *w, const struct msg_call_open *o)
{
    struct msg_call_handoff *h = NULL;

    rig_say_call(w->r, o);
    h = &rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff;
    assert_int_equal(h->call, o->call);
    return h;
}

/* The page of a handoff shows that projection, and the words that its call was told. */
static void shows(struct world *w, const struct msg_call_handoff *h, const char *projection)
{
    struct sec *cookie = rig_login(w->r, "ann", "ann's password");
    struct msg_handoff_view *v = NULL;

    assert_err(send_handoff_get(w->r->surface->own,
                                &(struct msg_handoff_get){.cookie = cookie, .handoff = h->handoff}),
               ERR_OK);
    v = &rig_take(w->r->surface, MSG_HANDOFF_VIEW)->handoff_view;
    assert_true(slice_eq_str(v->shown, projection));
    assert_true(slice_eq(v->words, h->words));
    assert_int_equal(v->for_request, projection[0] != 0);
    sec_free(cookie);
}

/* The link and the words that a call is given lead to its own page, and to no other call's; what is
 * opened for none is apart from them. */
static void test_once_each_its_page(void **state)
{
    struct world *w = *state;
    struct msg_call_open oslo = rig_call(1, w->ann), rome = other_call(w, 2);
    struct msg_call_handoff *for_oslo = NULL, *for_rome = NULL, *for_none = NULL;
    struct msg_call_neutral *n = NULL;

    use_lease(w, LEASE_KIND_ONCE, 0, 0);
    rome.projection = SLICE_LIT("M...Rome");
    for_oslo = asked(w, &oslo);
    for_rome = asked(w, &rome);
    oslo.call = 3;
    oslo.want = CALL_WANT_CONNECT;
    for_none = asked(w, &oslo);
    assert_false(ID_EQ(for_none->handoff, for_oslo->handoff));
    shows(w, for_oslo, "M...N...");
    shows(w, for_rome, "M...Rome");
    shows(w, for_none, "");
    assert_int_equal(w->r->events[EVENT_HANDOFF_CREATED], 3);
    /* Each once more: it is the same one. Of a client that cannot be asked too. */
    oslo.call = 4;
    assert_true(ID_EQ(asked(w, &oslo)->handoff, for_none->handoff));
    oslo = rig_call(5, w->ann);
    assert_true(ID_EQ(asked(w, &oslo)->handoff, for_oslo->handoff));
    rome.call = 6;
    rome.caps = 0;
    rig_say_call(w->r, &rome);
    n = &rig_take(w->r->gateway, MSG_CALL_NEUTRAL)->call_neutral;
    assert_true(ID_EQ(n->handoff, for_rome->handoff));
    assert_true(slice_eq(n->words, for_rome->words));
    assert_int_equal(w->r->events[EVENT_HANDOFF_CREATED], 3);
    /* So many, as others are. */
    assert_err(limit_set(SET_HANDOFFS_PER_CLIENT, 3), ERR_OK);
    rome.call = 7;
    rome.request = hash_sha256(SLICE_LIT("forecast for Bonn"));
    rig_say_call(w->r, &rome);
    denied(w, 7, ERR_TOO_MANY_PROMPTS);
}

/* Where a yes is for all calls, one page is. */
static void test_other_leases_share_a_page(void **state)
{
    static const enum lease_kind kinds[] = {LEASE_KIND_TASK, LEASE_KIND_KEEP};
    struct world *w = *state;
    uint64_t n = 1;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct msg_call_open oslo = rig_call(n++, w->ann), rome = other_call(w, n++);
        struct handoff_id first;

        use_lease(w, kinds[i], 0, 0);
        first = asked(w, &oslo)->handoff;
        assert_true(ID_EQ(asked(w, &rome)->handoff, first));
        rome.call = n++;
        rome.want = CALL_WANT_CONNECT;
        assert_true(ID_EQ(asked(w, &rome)->handoff, first));
    }
    assert_int_equal(w->r->events[EVENT_HANDOFF_CREATED], 1);
}

/* Two pages are open. What is given on one admits its own call, and the other page goes on asking;
 * what is given there takes the place of the first, and with it a yes that was not used yet. */
static void test_once_two_pages_open(void **state)
{
    struct world *w = *state;
    struct msg_call_open oslo = rig_call(1, w->ann), rome = other_call(w, 2);
    struct handoff_id for_oslo, for_rome;

    use_lease(w, LEASE_KIND_ONCE, 0, 0);
    for_oslo = asked(w, &oslo)->handoff;
    for_rome = asked(w, &rome)->handoff;
    complete(w, for_rome, "sk-rome");
    oslo.call = 3;
    assert_true(ID_EQ(asked(w, &oslo)->handoff, for_oslo));
    rig_quiet(w->r->egress);
    complete(w, for_oslo, "sk-oslo");
    rig_take(w->r->egress, MSG_DROP);
    rome.call = 4;
    assert_false(ID_EQ(asked(w, &rome)->handoff, for_rome));
    rig_quiet(w->r->egress);
    oslo.call = 5;
    rig_say_call(w->r, &oslo);
    (void)permitted(w, 5, false);
}

/* A key that is refused when the call has left: that call asks by a page of its own, not by the one
 * that waits for another. */
static void test_once_refused_asks_for_itself(void **state)
{
    struct world *w = *state;
    struct msg_call_open oslo = rig_call(1, w->ann), rome = other_call(w, 2);
    struct msg_call_handoff *h = NULL;
    struct handoff_id for_rome;
    struct use_id use;

    use_lease(w, LEASE_KIND_ONCE, 0, 0);
    connect_ann(w);
    rig_say_call(w->r, &oslo);
    use = permitted(w, 1, false);
    for_rome = asked(w, &rome)->handoff;
    rig_result(w->r->egress, use, RESULT_ANSWERED, true);
    h = &rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff;
    assert_int_equal(h->call, 1);
    assert_int_equal(h->need, NEED_STALE);
    assert_false(ID_EQ(h->handoff, for_rome));
    shows(w, h, "M...N...");
    complete(w, h->handoff, "sk-new");
    rig_take(w->r->egress, MSG_DROP);
    rome.call = 3;
    assert_true(ID_EQ(asked(w, &rome)->handoff, for_rome));
    oslo.call = 4;
    rig_say_call(w->r, &oslo);
    (void)permitted(w, 4, false);
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

/* Nothing follows from the end of a use but where a lease has a last one. */
static void test_which_ends_may_wait(void **state)
{
    static const struct {
        enum lease_kind kind;
        uint32_t uses;
        uint64_t ms;
        bool lazy;
    } rows[] = {
        {LEASE_KIND_KEEP, 0, 0, true},
        {LEASE_KIND_TASK, 0, HOUR_MS, true},
        {LEASE_KIND_TASK, 2, HOUR_MS, false},
        {LEASE_KIND_ONCE, 0, 0, false},
    };
    struct world *w = *state;

    for (uint64_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct msg_call_open o = rig_call(10 * i + 1, w->ann);

        use_lease(w, rows[i].kind, rows[i].uses, rows[i].ms);
        connect_ann(w);
        rig_say_call(w->r, &o);
        assert_int_equal(permit_of(w, o.call)->lazy, rows[i].lazy);
        o.call++;
        o.method = SLICE_LIT("tools/list"); /* on a lease of one call it goes without */
        rig_say_call(w->r, &o);
        assert_int_equal(permit_of(w, o.call)->lazy,
                         rows[i].lazy || rows[i].kind == LEASE_KIND_ONCE);
        revoke_all(w);
        rig_forget(w->r->egress);
        rig_forget(w->r->gateway);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_once),
        T(test_once_is_one_request),
        T(test_once_each_its_page),
        T(test_other_leases_share_a_page),
        T(test_once_two_pages_open),
        T(test_once_refused_asks_for_itself),
        T(test_once_from_connect),
        T(test_continuing_takes_nothing),
        T(test_goes_on_so_often),
        T(test_once_is_given_back_when_unsent),
        T(test_task),
        T(test_expired_lease),
        T(test_which_ends_may_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
