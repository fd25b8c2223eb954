/* Tests of src/crypto/aead.c, blob.c and open.c: what is sealed opens with the same key and data,
 * and with nothing else. */
#include "secrets.h"

#include "crypto/aead.h"
#include "crypto/blob.h"
#include "crypto/open.h"

struct fixture {
    struct sec *secret_key;
    struct aead_key key;
    struct buf blob;
    struct buf out;
};

static const struct slice AD = SLICE_LIT("credential/row 7/user 3");

static int set_up(void **state)
{
    struct fixture *f = MEM_NEW(struct fixture);

    f->secret_key = key_of(0x42);
    f->key = (struct aead_key){0x01020304, f->secret_key};
    buf_init(&f->blob, 1000);
    buf_init(&f->out, 1000);
    assert_err(aead_seal(&f->key, AD, SLICE_LIT("attack at dawn"), &f->blob), ERR_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    sec_free(f->secret_key);
    buf_free(&f->blob);
    buf_free(&f->out);
    mem_free(f);
    return 0;
}

/* Both ways of opening refuse and give nothing out. */
static void assert_refused(const struct aead_key *key, struct slice ad, struct slice blob)
{
    struct buf out = BUF_INIT(1000);
    struct sec *s = NULL;

    assert_err(open_aead(key, ad, blob, &out), ERR_CORRUPT);
    assert_int_equal(out.n, 0);
    assert_err(open_aead_sec(key, ad, blob, &s), ERR_CORRUPT);
    assert_null(s);
    buf_free(&out);
}

static void test_opens_again(void **state)
{
    struct fixture *f = *state;
    struct sec *s = NULL;
    uint32_t id = 0;

    assert_int_equal(f->blob.n, 14 + AEAD_OVERHEAD);
    assert_err(blob_key_id(buf_slice(&f->blob), BLOB_XCHACHA20, &id), ERR_OK);
    assert_int_equal(id, 0x01020304);
    assert_err(open_aead(&f->key, AD, buf_slice(&f->blob), &f->out), ERR_OK);
    assert_slice(buf_slice(&f->out), "attack at dawn");
    assert_err(open_aead_sec(&f->key, AD, buf_slice(&f->blob), &s), ERR_OK);
    assert_true(sec_is(s, SLICE_LIT("attack at dawn")));
    sec_free(s);
}

static void test_secret_and_empty_texts(void **state)
{
    struct fixture *f = *state;
    struct sec *plain = sec_of("hunter2");
    struct sec *s = NULL;

    buf_clear(&f->blob);
    buf_put_str(&f->blob, "before"); /* appended, not overwritten */
    assert_err(aead_seal_sec(&f->key, SLICE_EMPTY, plain, &f->blob), ERR_OK);
    buf_consume(&f->blob, 6);
    assert_err(open_aead_sec(&f->key, SLICE_EMPTY, buf_slice(&f->blob), &s), ERR_OK);
    assert_true(sec_equal(s, plain));
    sec_free(s);
    sec_free(plain);

    buf_clear(&f->blob);
    assert_err(aead_seal(&f->key, AD, SLICE_EMPTY, &f->blob), ERR_OK);
    assert_err(open_aead_sec(&f->key, AD, buf_slice(&f->blob), &s), ERR_OK);
    assert_int_equal(sec_len(s), 0);
    sec_free(s);
    assert_err(open_aead(&f->key, AD, buf_slice(&f->blob), &f->out), ERR_OK);
    assert_int_equal(f->out.n, 0);
}

static void test_never_the_same_blob_twice(void **state)
{
    struct fixture *f = *state;

    assert_err(aead_seal(&f->key, AD, SLICE_LIT("attack at dawn"), &f->out), ERR_OK);
    assert_false(slice_eq(buf_slice(&f->blob), buf_slice(&f->out)));
}

static void test_every_changed_bit_is_refused(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < f->blob.n * 8; i++) {
        f->blob.p[i / 8] ^= (uint8_t)(1u << (i % 8));
        assert_refused(&f->key, AD, buf_slice(&f->blob));
        f->blob.p[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
}

static void test_every_cut_is_refused(void **state)
{
    struct fixture *f = *state;

    for (size_t n = 0; n < f->blob.n; n++)
        assert_refused(&f->key, AD, slice_sub(buf_slice(&f->blob), 0, n));
    buf_put_u8(&f->blob, 0);
    assert_refused(&f->key, AD, buf_slice(&f->blob));
}

static void test_other_data_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_refused(&f->key, SLICE_EMPTY, buf_slice(&f->blob));
    assert_refused(&f->key, SLICE_LIT("credential/row 7/user 4"), buf_slice(&f->blob));
    assert_refused(&f->key, SLICE_LIT("credential/row 7/user 3 "), buf_slice(&f->blob));
    assert_refused(&f->key, SLICE_LIT("credential/row 7/user "), buf_slice(&f->blob));
}

static void test_other_keys_are_refused(void **state)
{
    struct fixture *f = *state;
    struct sec *other = key_of(0x43);
    struct aead_key wrong_key = {f->key.id, other};
    struct aead_key wrong_id = {f->key.id + 1, f->secret_key};

    assert_refused(&wrong_key, AD, buf_slice(&f->blob));
    assert_refused(&wrong_id, AD, buf_slice(&f->blob));
    /* The id that is written in the blob is bound too: telling the blob that it is of the other key
     * does not help. */
    f->blob.p[5]++;
    assert_refused(&wrong_id, AD, buf_slice(&f->blob));
    sec_free(other);
}

static void test_other_version_and_algorithm(void **state)
{
    struct fixture *f = *state;
    uint32_t id = 77;

    for (unsigned v = 0; v < 256; v++) {
        if (v == BLOB_VERSION)
            continue;
        f->blob.p[0] = (uint8_t)v;
        assert_err(blob_key_id(buf_slice(&f->blob), BLOB_XCHACHA20, &id), ERR_CORRUPT);
        assert_refused(&f->key, AD, buf_slice(&f->blob));
    }
    f->blob.p[0] = BLOB_VERSION;
    assert_err(blob_key_id(buf_slice(&f->blob), BLOB_BOX, &id), ERR_CORRUPT);
    f->blob.p[1] = BLOB_BOX;
    assert_err(blob_key_id(buf_slice(&f->blob), BLOB_XCHACHA20, &id), ERR_CORRUPT);
    assert_refused(&f->key, AD, buf_slice(&f->blob));
    assert_err(blob_key_id(SLICE_LIT("\1\1\0\0\0"), BLOB_XCHACHA20, &id), ERR_CORRUPT);
    assert_int_equal(id, 77);
}

static void test_no_room(void **state)
{
    struct fixture *f = *state;
    struct buf small = BUF_INIT(14 + AEAD_OVERHEAD - 1);

    assert_err(aead_seal(&f->key, AD, SLICE_LIT("attack at dawn"), &small), ERR_TOO_LARGE);
    assert_int_equal(small.n, 0);
    buf_free(&small);
    buf_init(&small, 13);
    assert_err(open_aead(&f->key, AD, buf_slice(&f->blob), &small), ERR_TOO_LARGE);
    assert_int_equal(small.n, 0);
    buf_free(&small);
}

/* Made by the first version of this code: stores written by it must open in every later one. */
static void test_a_blob_of_the_first_version(void **state)
{
    struct fixture *f = *state;

    buf_clear(&f->blob);
    put_unhex(&f->blob, "0101010203044eee487ab89673af85dd10b22f43b29883897656bbf4cfd8400f"
                        "0708f9dcb429e92b7b7f3dde71406ed68f86c7b684f89106532dceed");
    assert_err(open_aead(&f->key, AD, buf_slice(&f->blob), &f->out), ERR_OK);
    assert_slice(buf_slice(&f->out), "attack at dawn");
}

static void seal_with_a_short_key(void *ctx)
{
    struct sec *key = sec_of("short");
    struct buf out = BUF_INIT(100);

    (void)ctx;
    IGNORE(aead_seal(&(struct aead_key){1, key}, SLICE_EMPTY, SLICE_EMPTY, &out));
}

static void test_short_key_is_a_bug(void **state)
{
    (void)state;
    assert_aborts(seal_with_a_short_key, NULL);
}

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_opens_again),
        FIXTURE_TEST(test_secret_and_empty_texts),
        FIXTURE_TEST(test_never_the_same_blob_twice),
        FIXTURE_TEST(test_every_changed_bit_is_refused),
        FIXTURE_TEST(test_every_cut_is_refused),
        FIXTURE_TEST(test_other_data_is_refused),
        FIXTURE_TEST(test_other_keys_are_refused),
        FIXTURE_TEST(test_other_version_and_algorithm),
        FIXTURE_TEST(test_no_room),
        FIXTURE_TEST(test_a_blob_of_the_first_version),
        cmocka_unit_test(test_short_key_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
