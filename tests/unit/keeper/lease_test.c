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

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_once),
        T(test_once_is_one_request),
        T(test_once_from_connect),
        T(test_continuing_takes_nothing),
        T(test_goes_on_so_often),
        T(test_once_is_given_back_when_unsent),
        T(test_task),
        T(test_expired_lease),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
