/* The thin slice: a person, an agent key, a call, a handoff, a permit, a result. */
#include "rig.h"

#include <string.h>

static void test_whole_way(void **state)
{
    struct rig *r = *state;
    struct rig_form f = {.cookie_of = "ann", .password = "correct horse", .values = {"sk-secret"}};
    struct sec *token = NULL;
    struct msg_call_open open;
    struct msg_call_handoff *h = NULL;
    struct msg_permit *p = NULL;
    struct msg_call_permit *cp = NULL;
    struct buf st = BUF_INIT(LIM_STATE_BYTES);

    rig_add_user(r, "ann", "correct horse");
    rig_add_key(r, "ann", "laptop", "agent-token");
    token = rig_sec("agent-token");

    open = rig_call(1, token);
    rig_say_call(r, &open);
    h = &rig_take(r->gateway, MSG_CALL_HANDOFF)->call_handoff;
    assert_int_equal(h->call, 1);
    assert_int_equal(h->need, NEED_MISSING);
    assert_true(h->state.n > 0);
    buf_put(&st, h->state);
    f.handoff = h->handoff;

    /* The client shows the link and comes back: it is held. */
    open = rig_call(2, token);
    open.state = buf_slice(&st);
    open.answer = ANSWER_ACCEPT;
    rig_say_call(r, &open);
    assert_int_equal(rig_take(r->gateway, MSG_CALL_HOLD)->call_hold.call, 2);

    rig_open_form(r, &f);
    rig_post_form(r, &f);
    assert_int_equal(rig_take(r->surface, MSG_HANDOFF_VIEW)->handoff_view.state,
                     HANDOFF_STATE_COMPLETED);

    p = &rig_take(r->egress, MSG_PERMIT)->permit;
    assert_int_equal(p->mode, MODE_CALL);
    assert_int_equal(p->call, 2);
    assert_int_equal(p->gateway_generation, 11);
    cp = &rig_take(r->gateway, MSG_CALL_PERMIT)->call_permit;
    assert_int_equal(cp->call, 2);
    assert_int_equal(cp->egress_generation, 15);
    assert_false(cp->anonymous);
    assert_true(ID_EQ(cp->use, p->use));
    assert_int_equal(sec_len(p->credential), 2 + strlen("sk-secret"));

    rig_result(r->egress, p->use, RESULT_ANSWERED, false);
    rig_quiet(r->gateway);
    assert_int_equal(r->events[EVENT_USE_RESERVED], 1);
    assert_int_equal(r->events[EVENT_USE_RESULT], 1);
    assert_int_equal(r->events[EVENT_HANDOFF_COMPLETED], 1);

    rig_close_form(&f);
    buf_free(&st);
    sec_free(token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole_way, rig_setup, rig_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
