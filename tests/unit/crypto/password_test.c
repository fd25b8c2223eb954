/* Tests of src/crypto/password.c, with a cost that is low enough for tests. */
#include "secrets.h"

#include "base/limits.h"
#include "crypto/password.h"

static const uint8_t SALT[PASSWORD_SALT_BYTES] = "0123456789abcdef";
static const struct password_cost COST = {1, 65536};

static struct sec *verifier_of(const char *password, const uint8_t *salt, struct password_cost cost)
{
    struct sec *typed = sec_of(password);
    struct sec *v = NULL;

    assert_err(password_verifier(typed, salt, cost, &v), ERR_OK);
    assert_int_equal(sec_len(v), PASSWORD_VERIFIER_BYTES);
    sec_free(typed);
    return v;
}

static void test_everything_counts(void **state)
{
    static const uint8_t other_salt[PASSWORD_SALT_BYTES] = "0123456789abcdeg";
    struct sec *v = verifier_of("correct horse", SALT, COST);
    struct sec *others[] = {
        verifier_of("correct horsf", SALT, COST),
        verifier_of("correct hors", SALT, COST),
        verifier_of("", SALT, COST),
        verifier_of("correct horse", other_salt, COST),
        verifier_of("correct horse", SALT, (struct password_cost){2, 65536}),
        verifier_of("correct horse", SALT, (struct password_cost){1, 131072}),
    };
    struct sec *again = verifier_of("correct horse", SALT, COST);

    (void)state;
    assert_true(sec_equal(v, again));
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_false(sec_equal(v, others[i]));
        sec_free(others[i]);
    }
    sec_free(v);
    sec_free(again);
}

/* Stored passwords must keep working. */
static void test_the_first_versions_verifier(void **state)
{
    struct sec *v = verifier_of("correct horse", SALT, COST);
    struct buf wanted = BUF_INIT(32);

    (void)state;
    put_unhex(&wanted, "32364fd7ed54f4951b0d6bc3bed2f212c66235738a114c5f8ba3b6a1ee3abb10");
    assert_true(sec_is(v, buf_slice(&wanted)));
    buf_free(&wanted);
    sec_free(v);
}

static void test_costs_outside_the_limits(void **state)
{
    static const struct password_cost wrong[] = {
        {0, 65536},
        {1, 0},
        {1, 8191},
        {LIM_PASSWORD_OPS_MOST + 1, 65536},
        {1, LIM_PASSWORD_MEM_MOST + 1ull},
        {UINT64_MAX, 65536},
        {1, UINT64_MAX},
    };
    struct sec *typed = sec_of("x");
    struct sec *v = NULL;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_err(password_verifier(typed, SALT, wrong[i], &v), ERR_OUT_OF_RANGE);
    assert_null(v);
    sec_free(typed);
}

static void test_no_memory_is_an_answer(void **state)
{
    struct sec *typed;
    struct sec *v = NULL;
    struct rlimit old;
    struct rlimit low;
    enum err e;

    (void)state;
    if (UNDER_ASAN)
        skip(); /* its shadow is larger than any limit */
    typed = sec_of("x");
    assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
    low = (struct rlimit){1 << 27, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &low), 0);
    e = password_verifier(typed, SALT, (struct password_cost){1, LIM_PASSWORD_MEM_MOST}, &v);
    assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
    assert_err(e, ERR_UNAVAILABLE);
    assert_null(v);
    sec_free(typed);
}

static void test_the_default_is_within_the_limits(void **state)
{
    struct password_cost cost = password_cost_default();

    (void)state;
    assert_true(cost.ops >= 1 && cost.ops <= LIM_PASSWORD_OPS_MOST);
    assert_true(cost.mem >= 19456 * 1024 && cost.mem <= LIM_PASSWORD_MEM_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_counts),
        cmocka_unit_test(test_the_first_versions_verifier),
        cmocka_unit_test(test_costs_outside_the_limits),
        cmocka_unit_test(test_no_memory_is_an_answer),
        cmocka_unit_test(test_the_default_is_within_the_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
