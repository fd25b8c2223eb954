/* The policy table, every cell of it, written out a second time: one row a class, one letter a
 * standing. */
#include "unit.h"

#include "keeper/policy.h"

/* T take, R ride, A anonymous, O own, H handoff, - denied. In the order of enum policy_standing. */
static const struct {
    enum policy_class class;
    const char *acts;
} wanted[] = {
    {CLASS_OWN, "OOOOOOOOOOOO"},     {CLASS_STATUS, "OOOOOOOOOOOO"},
    {CLASS_CONNECT, "OHOOOOHHHHH-"}, {CLASS_CALL, "AHTHTTHHHHH-"},
    {CLASS_LIST, "AAAARRAAAAAA"},    {CLASS_RIDE, "A---RR-R----"},
    {CLASS_BELONG, "A---RRRRR---"},  {CLASS_CONTINUE, "AHTHRRRRRHH-"},
};

static char letter(enum policy_act a)
{
    static const char letters[] = {[ACT_DENY] = '-',      [ACT_TAKE] = 'T', [ACT_RIDE] = 'R',
                                   [ACT_ANONYMOUS] = 'A', [ACT_OWN] = 'O',  [ACT_HANDOFF] = 'H'};

    return letters[a];
}

static void test_every_cell(void **state)
{
    (void)state;
    assert_int_equal(ARRAY_LEN(wanted), CLASS_COUNT);
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        char got[STAND_COUNT + 1] = {0};

        for (int s = 0; s < STAND_COUNT; s++)
            got[s] = letter(policy_decide(wanted[i].class, (enum policy_standing)s));
        assert_string_equal(got, wanted[i].acts);
    }
}

/* What holds whatever the table says: the credential goes out on a live lease only, and only calls
 * and the person's own tool ask. */
static void test_rules_over_the_table(void **state)
{
    (void)state;
    for (int c = 0; c < CLASS_COUNT; c++) {
        for (int s = 0; s < STAND_COUNT; s++) {
            enum policy_act a = policy_decide((enum policy_class)c, (enum policy_standing)s);
            bool live = s == STAND_ONCE || s == STAND_TASK || s == STAND_KEEP;

            if (a == ACT_TAKE)
                assert_true(live && (c == CLASS_CALL || c == CLASS_CONTINUE));
            if (a == ACT_RIDE)
                assert_true((live && s != STAND_ONCE) || (s == STAND_LAST && c == CLASS_RIDE) ||
                            c == CLASS_BELONG || c == CLASS_CONTINUE);
            if (a == ACT_HANDOFF)
                assert_true((c == CLASS_CALL || c == CLASS_CONTINUE || c == CLASS_CONNECT) &&
                            !live && s != STAND_SUSPENDED);
            if (a == ACT_ANONYMOUS)
                assert_true(s == STAND_NO_NEED || c == CLASS_LIST);
        }
    }
}

static void outside(void *ctx)
{
    (void)ctx;
    (void)policy_decide(CLASS_COUNT, STAND_ONCE);
}

static void test_outside_the_table(void **state)
{
    (void)state;
    assert_aborts(outside, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cell),
        cmocka_unit_test(test_rules_over_the_table),
        cmocka_unit_test(test_outside_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
