/* Tests of src/crypto/random.c: it cannot be shown to be random, only not to be broken in the ways
 * that happen. */
#include "secrets.h"

#include <errno.h>

#include "crypto/random.h"

static void test_ids_differ(void **state)
{
    struct handoff_id ids[200];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        RANDOM_ID(ids[i]);
        assert_false(ID_IS_ZERO(ids[i]));
        for (size_t j = 0; j < i; j++)
            assert_false(ID_EQ(ids[i], ids[j]));
    }
}

static void test_every_byte_is_filled_and_no_other(void **state)
{
    uint8_t seen[64] = {0};
    uint8_t bytes[66];

    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        memset(bytes, 0, sizeof bytes);
        random_bytes(bytes + 1, 64);
        assert_int_equal(bytes[0], 0);
        assert_int_equal(bytes[65], 0);
        for (size_t i = 0; i < sizeof seen; i++)
            seen[i] |= bytes[i + 1];
    }
    for (size_t i = 0; i < sizeof seen; i++)
        assert_int_not_equal(seen[i], 0);
    random_bytes(bytes, 0);
}

static void test_secrets_differ(void **state)
{
    struct sec *a = random_sec(32);
    struct sec *b = random_sec(32);

    (void)state;
    assert_int_equal(sec_len(a), 32);
    assert_false(sec_equal(a, b));
    sec_free(a);
    sec_free(b);
}

/* What a process that starts with this seed draws first, as one number. */
static uint64_t first_draw(const char *seed, const char *name)
{
    uint64_t v = 0;
    int fds[2];
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        program_invocation_short_name = (char *)(uintptr_t)name;
        setenv("SIDEGATE_TEST_SEED", seed, 1);
        random_bytes(&v, 4);
        random_bytes((uint8_t *)&v + 4, 4);
        _exit(write(fds[1], &v, sizeof v) == sizeof v ? 0 : 1);
    }
    assert_int_equal(read(fds[0], &v, sizeof v), sizeof v);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(fds[0]);
    close(fds[1]);
    return v;
}

static void test_the_seed_counts_in_its_build_only(void **state)
{
#ifdef SIDEGATE_TEST_SEED
    const bool seeded = true;
#else
    const bool seeded = false;
#endif
    (void)state;
    assert_int_equal(first_draw("1", "keeper") == first_draw("1", "keeper"), seeded);
    assert_false(first_draw("1", "keeper") == first_draw("2", "keeper"));
    assert_false(first_draw("1", "keeper") == first_draw("1", "surface"));
    assert_false(first_draw("1", "x") == first_draw("1x", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* First, because the library must not have been started in the parent. */
        cmocka_unit_test(test_the_seed_counts_in_its_build_only),
        cmocka_unit_test(test_ids_differ),
        cmocka_unit_test(test_every_byte_is_filled_and_no_other),
        cmocka_unit_test(test_secrets_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
