/* Tests of src/crypto/sign.c. */
#include "secrets.h"

#include "crypto/sign.h"

#define PURPOSE "sidegate test 1"

/* RFC 8032 7.1, test 1: the key pair of a seed. */
static void test_key_of_a_seed(void **state)
{
    struct buf bytes = BUF_INIT(32);
    struct sign_public public;
    struct sec *seed;
    struct sec *key;

    (void)state;
    put_unhex(&bytes, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    seed = sec_take(bytes.p, bytes.n);
    key = sign_key(seed, &public);
    assert_hex(ID_SLICE(public),
               "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    sec_free(seed);
    sec_free(key);
    buf_free(&bytes);
}

static void test_checks(void **state)
{
    struct sec *seed = key_of(1);
    struct sec *other_seed = key_of(2);
    struct sign_public public;
    struct sign_public other;
    struct sec *key = sign_key(seed, &public);
    struct sec *other_key = sign_key(other_seed, &other);
    struct slice message = SLICE_LIT("seq 7");
    struct signature s = sign_make(key, PURPOSE, message);

    (void)state;
    assert_err(sign_check(&public, PURPOSE, message, &s), ERR_OK);
    assert_err(sign_check(&other, PURPOSE, message, &s), ERR_CORRUPT);
    assert_err(sign_check(&public, PURPOSE, SLICE_LIT("seq 8"), &s), ERR_CORRUPT);
    assert_err(sign_check(&public, PURPOSE, SLICE_LIT("seq 7 "), &s), ERR_CORRUPT);
    assert_err(sign_check(&public, PURPOSE, SLICE_EMPTY, &s), ERR_CORRUPT);
    assert_err(sign_check(&public, "sidegate test 2", message, &s), ERR_CORRUPT);
    assert_err(sign_check(&public, "", SLICE_LIT(PURPOSE "\0seq 7"), &s), ERR_CORRUPT);
    for (size_t i = 0; i < SIGN_BYTES * 8; i++) {
        struct signature wrong = s;

        wrong.b[i / 8] ^= (uint8_t)(1u << (i % 8));
        assert_err(sign_check(&public, PURPOSE, message, &wrong), ERR_CORRUPT);
    }
    s = sign_make(key, PURPOSE, SLICE_EMPTY);
    assert_err(sign_check(&public, PURPOSE, SLICE_EMPTY, &s), ERR_OK);
    sec_free(seed);
    sec_free(key);
    sec_free(other_seed);
    sec_free(other_key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key_of_a_seed),
        cmocka_unit_test(test_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
