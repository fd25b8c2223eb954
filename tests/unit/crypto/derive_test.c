/* Tests of src/crypto/derive.c: the same for the same purpose, and different for any other. */
#include "secrets.h"

#include "crypto/derive.h"

static void test_each_purpose_has_its_own_key(void **state)
{
    static const struct {
        uint8_t from;
        const char *label;
        const char *context;
    } rows[] = {
        {1, "state", ""},   {1, "state", "a"},  {1, "state", "b"},
        {1, "statea", ""},  {1, "statea", "b"}, {1, "stat", "e"},
        {1, "session", ""}, {2, "state", ""},   {1, "s", "tatea"},
    };
    struct sec *keys[ARRAY_LEN(rows)];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sec *from = key_of(rows[i].from);
        struct sec *again;

        keys[i] = derive_key(from, rows[i].label, slice_str(rows[i].context));
        again = derive_key(from, rows[i].label, slice_str(rows[i].context));
        assert_int_equal(sec_len(keys[i]), DERIVE_KEY_BYTES);
        assert_true(sec_equal(keys[i], again));
        assert_false(sec_equal(keys[i], from));
        for (size_t j = 0; j < i; j++)
            assert_false(sec_equal(keys[i], keys[j]));
        sec_free(from);
        sec_free(again);
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        sec_free(keys[i]);
}

/* What is stored is encrypted with derived keys: they may never change. */
static void test_the_first_versions_key(void **state)
{
    struct sec *from = key_of(1);
    struct sec *key = derive_key(from, "state", SLICE_LIT("7"));
    struct buf wanted = BUF_INIT(32);

    (void)state;
    put_unhex(&wanted, "d28a880a029da557568f0b80ff673fdf5612de048befb8b93d86b749cbd776d6");
    assert_true(sec_is(key, buf_slice(&wanted)));
    buf_free(&wanted);
    sec_free(key);
    sec_free(from);
}

static void label_empty(void *ctx)
{
    (void)ctx;
    sec_free(derive_key(key_of(1), "", SLICE_EMPTY));
}

static void label_too_long(void *ctx)
{
    (void)ctx;
    sec_free(derive_key(key_of(1), "123456789012345678901234567890123", SLICE_EMPTY));
}

static void key_too_short(void *ctx)
{
    (void)ctx;
    sec_free(derive_key(sec_of("0123456789012345678901234567890"), "state", SLICE_EMPTY));
}

static void test_bugs_abort(void **state)
{
    (void)state;
    assert_aborts(label_empty, NULL);
    assert_aborts(label_too_long, NULL);
    assert_aborts(key_too_short, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_purpose_has_its_own_key),
        cmocka_unit_test(test_the_first_versions_key),
        cmocka_unit_test(test_bugs_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
