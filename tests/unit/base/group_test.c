/* Tests of base/group: who is found by which key, in which order, and that nothing is left. */
#include "unit.h"

#include "base/group.h"

struct thing {
    struct group_link link;
    unsigned number;
};

static unsigned first(const struct groups *all, const char *key)
{
    const struct group_link *l = group_first(all, slice_str(key));

    return l ? ((const struct thing *)l->thing)->number : 0;
}

static void test_join_and_leave(void **state)
{
    struct groups all = {NULL};
    struct thing things[] = {{.number = 1}, {.number = 2}, {.number = 3}, {.number = 4}};
    static const char *const keys[] = {"ana", "ana", "an", "ana"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(things); i++)
        group_join(&all, slice_str(keys[i]), &things[i].link, &things[i]);
    assert_int_equal(group_size(&all, SLICE_LIT("ana")), 3);
    assert_int_equal(group_size(&all, SLICE_LIT("an")), 1); /* a beginning is another key */
    assert_int_equal(group_size(&all, SLICE_LIT("anna")), 0);
    assert_int_equal(first(&all, "ana"), 1);
    assert_ptr_equal(group_next(&things[0].link), &things[1].link);
    group_leave(&things[1].link);
    group_leave(&things[1].link); /* it is in none */
    assert_ptr_equal(group_next(&things[0].link), &things[3].link);
    assert_null(group_next(&things[3].link));
    group_leave(&things[0].link);
    assert_int_equal(first(&all, "ana"), 4);
    group_leave(&things[3].link);
    assert_int_equal(first(&all, "ana"), 0);
    assert_int_equal(first(&all, "an"), 3);
    group_join(&all, SLICE_LIT("ana"), &things[1].link, &things[1]);
    assert_int_equal(first(&all, "ana"), 2);
    group_leave(&things[1].link);
    group_leave(&things[2].link);
    assert_null(all.by_key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_join_and_leave)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
