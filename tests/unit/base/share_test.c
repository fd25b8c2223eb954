/* Tests of base/share: who may hold how much, and that what was taken is given back. */
#include "unit.h"

#include "base/limits.h"
#include "base/share.h"

enum { LEAST = LIM_SHARE_LEAST, MOST = 16 * LEAST, EACH = 4 * LEAST };

static struct share *owner(struct shares *all, const char *name)
{
    return share_get(all, slice_str(name));
}

static void test_take_and_give(void **state)
{
    struct shares all;
    struct share *ana, *same;
    struct hold a, b;

    (void)state;
    shares_init(&all, MOST, EACH);
    ana = owner(&all, "ana");
    same = owner(&all, "ana");
    assert_ptr_equal(ana, same);
    hold_init(&a, ana);
    hold_init(&b, same);
    assert_err(hold_set(&a, 3 * LEAST), ERR_OK);
    assert_err(hold_set(&a, 3 * LEAST), ERR_OK); /* what it is, not what is added */
    assert_err(hold_set(&b, LEAST), ERR_OK);
    assert_int_equal(all.held, 4 * LEAST);
    assert_err(hold_set(&a, LEAST), ERR_OK);
    assert_int_equal(ana->held, 2 * LEAST);
    share_put(ana);
    share_put(same);
    hold_free(&a);
    assert_int_equal(all.held, LEAST);
    hold_free(&b);
    hold_free(&b);
    assert_int_equal(all.held, 0);
    assert_null(all.by_owner);
}

/* Beyond its share: its own fault, and nothing changes. */
static void test_own_share(void **state)
{
    struct shares all;
    struct share *ana;
    struct hold a, b;

    (void)state;
    shares_init(&all, MOST, EACH);
    ana = owner(&all, "ana");
    hold_init(&a, ana);
    hold_init(&b, ana);
    assert_err(hold_set(&a, EACH), ERR_OK);
    assert_err(hold_set(&a, EACH + 1), ERR_RATE_LIMITED);
    assert_err(hold_set(&b, 1), ERR_RATE_LIMITED);
    assert_err(hold_may(&b, 1), ERR_RATE_LIMITED);
    assert_int_equal(all.held, EACH);
    assert_err(hold_set(&a, EACH - 1), ERR_OK);
    assert_err(hold_may(&b, 1), ERR_OK);
    assert_err(hold_set(&b, 1), ERR_OK);
    hold_free(&a);
    hold_free(&b);
    share_put(ana);
}

/* However many come and take what they can get, the next one finds room. */
static void test_room_for_one_who_comes(void **state)
{
    struct shares all;
    struct hold h[8];

    (void)state;
    shares_init(&all, MOST, MOST);
    for (size_t i = 0; i < ARRAY_LEN(h); i++) {
        char name[] = {'a', (char)('a' + i), 0};
        struct share *s = owner(&all, name);
        uint64_t n = 0;

        hold_init(&h[i], s);
        while (hold_set(&h[i], n + LEAST / 4) == ERR_OK)
            n += LEAST / 4;
        assert_err(hold_may(&h[i], n + LEAST / 4), ERR_AGAIN);
        print_message("    owner %zu: %u quarters\n", i, (unsigned)(n / (LEAST / 4)));
        assert_true(n >= LEAST);
        assert_true(n <= MOST / 2);
        assert_true(all.held <= MOST + ARRAY_LEN(h) * LEAST);
        share_put(s);
    }
    for (size_t i = 0; i < ARRAY_LEN(h); i++)
        hold_free(&h[i]);
    assert_int_equal(all.held, 0);
}

/* Two at once end up with the same. */
static void test_two_alike(void **state)
{
    struct shares all;
    struct hold h[2];
    uint64_t n[2] = {0, 0};
    bool more = true;

    (void)state;
    shares_init(&all, MOST, MOST);
    for (size_t i = 0; i < 2; i++) {
        struct share *s = owner(&all, i == 0 ? "ana" : "bob");

        hold_init(&h[i], s);
        share_put(s);
    }
    while (more) {
        more = false;
        for (size_t i = 0; i < 2; i++) {
            if (hold_set(&h[i], n[i] + 1024) == ERR_OK) {
                n[i] += 1024;
                more = true;
            }
        }
    }
    assert_in_range(n[0], MOST / 3 - 2048, MOST / 3 + 2048);
    assert_in_range(n[1], MOST / 3 - 2048, MOST / 3 + 2048);
    hold_free(&h[0]);
    hold_free(&h[1]);
}

/* What nobody counts is not counted. */
static void test_without_an_owner(void **state)
{
    struct hold h;

    (void)state;
    hold_init(&h, NULL);
    assert_err(hold_set(&h, UINT64_MAX), ERR_OK);
    hold_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take_and_give),          cmocka_unit_test(test_own_share),
        cmocka_unit_test(test_room_for_one_who_comes), cmocka_unit_test(test_two_alike),
        cmocka_unit_test(test_without_an_owner),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
