/* Tests of src/crypto/hash.c, with the vectors of the specifications. */
#include "secrets.h"

#include "crypto/hash.h"

#define SHA256_ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA256_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void test_sha256(void **state)
{
    struct digest d = hash_sha256(SLICE_LIT("abc"));
    struct sec *s = sec_of("abc");

    (void)state;
    assert_hex(ID_SLICE(d), SHA256_ABC);
    d = hash_sha256(SLICE_EMPTY);
    assert_hex(ID_SLICE(d), SHA256_EMPTY);
    d = hash_sec_sha256(s);
    assert_hex(ID_SLICE(d), SHA256_ABC);
    sec_free(s);
}

static void test_blake2b_in_parts(void **state)
{
    static const uint8_t zeros[sizeof(struct hash_blake2b)];
    uint8_t bytes[300];
    struct hash_blake2b h;
    struct digest whole;
    struct digest parts;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    whole = hash_blake2b(slice_of(bytes, sizeof bytes));
    for (size_t size = 1; size <= sizeof bytes; size += 13) {
        hash_blake2b_init(&h);
        for (size_t at = 0; at < sizeof bytes; at += size)
            hash_blake2b_add(&h, slice_sub(slice_of(bytes, sizeof bytes), at, at + size));
        hash_blake2b_add(&h, SLICE_EMPTY);
        parts = hash_blake2b_done(&h);
        assert_true(ID_EQ(whole, parts));
        assert_memory_equal(&h, zeros, sizeof h);
    }
}

static void test_blake2b(void **state)
{
    struct sec *s = sec_of("abc");
    struct sec *key = key_of(1);
    struct sec *other = key_of(2);
    struct digest d = hash_sec(s);
    struct digest e;

    (void)state;
    assert_hex(ID_SLICE(d), "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    e = hash_blake2b(SLICE_LIT("abc"));
    assert_true(ID_EQ(d, e));
    d = hash_keyed(key, SLICE_LIT("abc"));
    e = hash_keyed(other, SLICE_LIT("abc"));
    assert_false(ID_EQ(d, e));
    e = hash_keyed(key, SLICE_LIT("abd"));
    assert_false(ID_EQ(d, e));
    e = hash_keyed(key, SLICE_LIT("abc"));
    assert_true(ID_EQ(d, e));
    e = hash_keyed(key, SLICE_EMPTY);
    assert_false(ID_EQ(d, e));
    sec_free(s);
    sec_free(key);
    sec_free(other);
}

static void key_too_short(void *ctx)
{
    (void)ctx;
    (void)hash_keyed(sec_of("fifteen bytes.."), SLICE_LIT("abc"));
}

static void test_short_key_is_a_bug(void **state)
{
    (void)state;
    assert_aborts(key_too_short, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_blake2b_in_parts),
        cmocka_unit_test(test_blake2b),
        cmocka_unit_test(test_short_key_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
