/* The two tables of states: each transition that is meant to be there, and each other one refused.
 * Words and base64url besides. */
#include "unit.h"

#include <string.h>

#include "crypto/init.h"
#include "keeper/call.h"
#include "keeper/handoff.h"
#include "keeper/words.h"

struct wanted {
    int state, event, next;
};

#define WANT(s, e, n)                                                                              \
    {                                                                                              \
        HANDOFF_STATE_##s, HANDOFF_##e, HANDOFF_STATE_##n                                          \
    }
static const struct wanted handoffs[] = {
    WANT(CREATED, VIEW, OPENED),        WANT(CREATED, DECLINE, DECLINED),
    WANT(CREATED, CANCEL, CANCELLED),   WANT(CREATED, EXPIRE, EXPIRED),
    WANT(OPENED, SUBMIT, SUBMITTED),    WANT(OPENED, WRONG, OPENED),
    WANT(OPENED, EXHAUST, FAILED),      WANT(OPENED, DECLINE, DECLINED),
    WANT(OPENED, CANCEL, CANCELLED),    WANT(OPENED, EXPIRE, EXPIRED),
    WANT(SUBMITTED, ACCEPT, COMPLETED), WANT(SUBMITTED, REJECT, OPENED),
    WANT(SUBMITTED, EXHAUST, FAILED),   WANT(SUBMITTED, CANCEL, CANCELLED),
};
#undef WANT

static int find(const struct wanted *w, size_t n, int state, int event)
{
    for (size_t i = 0; i < n; i++) {
        if (w[i].state == state && w[i].event == event)
            return w[i].next;
    }
    return -1;
}

static void test_handoffs(void **state)
{
    (void)state;
    for (int s = 0; s < HANDOFF_STATE_COUNT; s++) {
        for (int e = 0; e < HANDOFF_EVENTS; e++) {
            enum handoff_state next = HANDOFF_STATE_COUNT;
            int want = find(handoffs, ARRAY_LEN(handoffs), s, e);

            assert_int_equal(handoff_step((enum handoff_state)s, (enum handoff_event)e, &next),
                             want >= 0);
            assert_int_equal(next, want >= 0 ? want : HANDOFF_STATE_COUNT);
            /* What is over stays over. */
            if (!handoff_is_live((enum handoff_state)s))
                assert_int_equal(want, -1);
        }
    }
}

#define WANT(s, e, n)                                                                              \
    {                                                                                              \
        KEEPER_CALL_##s, KEEPER_CALL_EV_##e, KEEPER_CALL_##n                                       \
    }
static const struct wanted calls[] = {
    WANT(DECIDING, RESERVE, RESERVED), WANT(DECIDING, ASK, ASKED),       WANT(DECIDING, HOLD, HELD),
    WANT(DECIDING, END, OVER),         WANT(RESERVED, RELEASE, RUNNING), WANT(RESERVED, END, OVER),
    WANT(RESERVED, REFUSE, DECIDING),  WANT(RUNNING, REFUSE, DECIDING),  WANT(RUNNING, END, OVER),
    WANT(ASKED, ANSWER, DECIDING),     WANT(ASKED, WAKE, DECIDING),      WANT(HELD, WAKE, DECIDING),
    WANT(DECIDING, WAIT, AFTER),       WANT(AFTER, WAKE, DECIDING),
};

static void test_calls(void **state)
{
    (void)state;
    for (int s = 0; s < KEEPER_CALL_STATES; s++) {
        for (int e = 0; e < KEEPER_CALL_EVENTS; e++) {
            enum keeper_call_state next = KEEPER_CALL_STATES;
            int want = find(calls, ARRAY_LEN(calls), s, e);

            assert_int_equal(call_step((enum keeper_call_state)s, (enum keeper_call_event)e, &next),
                             want >= 0);
            assert_int_equal(next, want >= 0 ? want : (int)KEEPER_CALL_STATES);
        }
    }
}

static void test_words(void **state)
{
    char one[WORDS_MAX], again[WORDS_MAX], other[WORDS_MAX];
    struct handoff_id id = {{1, 2, 3}}, next = {{1, 2, 4}};
    size_t same = 0;

    (void)state;
    words_of(id, one);
    words_of(id, again);
    words_of(next, other);
    assert_string_equal(one, again);
    assert_string_not_equal(one, other);
    assert_non_null(strchr(one, ' '));
    /* They differ between handoffs: of a thousand pairs few are alike. */
    for (int i = 0; i < 1000; i++) {
        id.b[4] = (uint8_t)i;
        id.b[5] = (uint8_t)(i >> 8);
        words_of(id, again);
        same += strcmp(one, again) == 0;
    }
    assert_true(same < 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handoffs),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_words),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
