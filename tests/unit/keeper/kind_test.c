/* Each kind of handoff, from the call that opens it to the call that its completion lets through. */
#include "page_world.h"

#include "keeper/kind.h"

#include <string.h>

/* How it is opened, what its form gives and cannot give, and whether that is tried. */
static const struct row {
    enum handoff_kind kind;
    enum lease_kind lease;
    enum need need;
    const char *good, *bad;
    bool tried;
} rows[] = {
    {HANDOFF_KIND_SECRET, LEASE_KIND_KEEP, NEED_MISSING, "sk-1", "two\nlines", true},
};
_Static_assert(ARRAY_LEN(rows) == HANDOFF_KIND_COUNT, "each kind is tested");

static struct msg_call_open call(struct world *w, const struct row *row, uint64_t number)
{
    struct msg_call_open o = rig_call(number, w->token);

    o.upstream = UP_TRIED;
    w->r->k->conf.upstreams[UP_TRIED].lease = row->lease;
    return o;
}

static struct handoff_id opened(struct world *w, const struct row *row, uint64_t number)
{
    struct msg_call_open o = call(w, row, number);
    struct msg_call_handoff *h = NULL;

    rig_say_call(w->r, &o);
    h = &rig_take(w->r->gateway, MSG_CALL_HANDOFF)->call_handoff;
    assert_string_equal(need_name(h->need), need_name(row->need));
    assert_err(send_call_gone(w->r->gateway->own, &(struct msg_call_gone){.call = number}), ERR_OK);
    return h->handoff;
}

/* Neither without proof, nor what is not this kind's form. */
static void refused(struct world *w, const struct row *row)
{
    struct msg_handoff_view *v = NULL;

    w->f.proof = "guess";
    w->f.values[0] = row->good;
    rig_post_form(w->r, &w->f);
    denied(w, DENIAL_WRONG_PASSWORD);
    w->f.proof = NULL;
    w->f.values[0] = row->bad;
    rig_post_form(w->r, &w->f);
    assert_true(rig_refused(w->r->surface));
    rig_again(w->r->surface);
    rig_take(w->r->surface, MSG_SEAL_KEY);
    get(w, w->f.cookie);
    v = view(w, HANDOFF_STATE_OPENED, PROBLEM_WRONG_PASSWORD);
    assert_string_equal(handoff_kind_name(v->kind), handoff_kind_name(row->kind));
    assert_int_equal(v->tries_left, limit_get(kind_of(row->kind)->tries) - 1);
}

static void completed(struct world *w, const struct row *row)
{
    w->f.values[0] = row->good;
    rig_post_form(w->r, &w->f);
    if (row->tried) {
        struct msg_permit *p = &rig_take(w->tried, MSG_PERMIT)->permit;

        assert_int_equal(p->mode, MODE_VERIFY);
        rig_result(w->tried, p->use, RESULT_ANSWERED, false);
    }
    assert_int_equal(view(w, HANDOFF_STATE_COMPLETED, PROBLEM_NONE)->tested, row->tried);
    rig_forget(w->tried);
}

static void let_through(struct world *w, const struct row *row, uint64_t number)
{
    struct msg_call_open o = call(w, row, number);
    struct msg_permit *p = NULL;

    rig_say_call(w->r, &o);
    assert_int_equal(rig_take(w->r->gateway, MSG_CALL_PERMIT)->call_permit.call, number);
    p = &rig_take(w->tried, MSG_PERMIT)->permit;
    assert_int_equal(sec_len(p->credential), 2 + strlen(row->good));
    rig_result(w->tried, p->use, RESULT_ANSWERED, false);
}

/* All wait at the same time, for one person, client, upstream and request. */
static void test_each_kind(void **state)
{
    struct world *w = *state;
    struct handoff_id ids[ARRAY_LEN(rows)];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ids[i] = opened(w, &rows[i], 1 + i);
        for (size_t k = 0; k < i; k++)
            assert_false(ID_EQ(ids[i], ids[k]));
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        (void)call(w, &rows[i], 0);
        w->handoff = ids[i];
        w->f =
            (struct rig_form){.cookie_of = "ann", .password = "ann's password", .handoff = ids[i]};
        rig_open_form(w->r, &w->f);
        refused(w, &rows[i]);
        completed(w, &rows[i]);
        let_through(w, &rows[i], 100 + i);
        rig_close_form(&w->f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_kind, world_setup, world_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
