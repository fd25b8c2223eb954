/* Tests of src/crypto/box_seal.c and its opening half in open.c. */
#include "secrets.h"

#include "base/limits.h"
#include "crypto/blob.h"
#include "crypto/open.h"

struct fixture {
    struct sec *key;
    struct box_public public;
    struct buf blob;
};

static int set_up(void **state)
{
    struct fixture *f = MEM_NEW(struct fixture);

    f->key = open_box_key(9, &f->public);
    buf_init(&f->blob, 1 << 16);
    assert_err(box_seal(&f->public, SLICE_LIT("typed"), &f->blob), ERR_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    sec_free(f->key);
    buf_free(&f->blob);
    mem_free(f);
    return 0;
}

static void assert_refused(struct fixture *f, struct slice blob)
{
    struct sec *s = NULL;

    assert_err(open_box(f->key, &f->public, blob, &s), ERR_CORRUPT);
    assert_null(s);
}

static void test_opens_again(void **state)
{
    struct fixture *f = *state;
    struct sec *s = NULL;
    uint32_t id = 0;

    assert_int_equal(f->blob.n, 5 + BOX_OVERHEAD);
    assert_err(blob_key_id(buf_slice(&f->blob), BLOB_BOX, &id), ERR_OK);
    assert_int_equal(id, 9);
    assert_err(open_box(f->key, &f->public, buf_slice(&f->blob), &s), ERR_OK);
    assert_true(sec_is(s, SLICE_LIT("typed")));
    sec_free(s);

    buf_clear(&f->blob);
    assert_err(box_seal(&f->public, SLICE_EMPTY, &f->blob), ERR_OK);
    assert_err(open_box(f->key, &f->public, buf_slice(&f->blob), &s), ERR_OK);
    assert_int_equal(sec_len(s), 0);
    sec_free(s);
}

static void test_every_changed_bit_is_refused(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < f->blob.n * 8; i++) {
        f->blob.p[i / 8] ^= (uint8_t)(1u << (i % 8));
        assert_refused(f, buf_slice(&f->blob));
        f->blob.p[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
}

static void test_every_cut_is_refused(void **state)
{
    struct fixture *f = *state;

    for (size_t n = 0; n < f->blob.n; n++)
        assert_refused(f, slice_sub(buf_slice(&f->blob), 0, n));
    buf_put_u8(&f->blob, 0);
    assert_refused(f, buf_slice(&f->blob));
}

static void test_of_another_keeper(void **state)
{
    struct fixture *f = *state;
    struct box_public public;
    struct sec *key = open_box_key(9, &public);
    struct sec *s = NULL;

    assert_err(open_box(key, &public, buf_slice(&f->blob), &s), ERR_CORRUPT);
    assert_err(open_box(f->key, &public, buf_slice(&f->blob), &s), ERR_CORRUPT);
    public = f->public;
    public.id = 10;
    assert_err(open_box(f->key, &public, buf_slice(&f->blob), &s), ERR_CORRUPT);
    assert_null(s);
    sec_free(key);
}

static void test_too_large(void **state)
{
    struct fixture *f = *state;
    uint8_t *bytes = mem_zalloc(LIM_SECRET_BYTES + 1);
    struct buf small = BUF_INIT(BOX_OVERHEAD + 4);
    struct sec *s = NULL;

    buf_clear(&f->blob);
    assert_err(box_seal(&f->public, slice_of(bytes, LIM_SECRET_BYTES + 1), &f->blob), ERR_OK);
    assert_refused(f, buf_slice(&f->blob));
    buf_clear(&f->blob);
    assert_err(box_seal(&f->public, slice_of(bytes, LIM_SECRET_BYTES), &f->blob), ERR_OK);
    assert_err(open_box(f->key, &f->public, buf_slice(&f->blob), &s), ERR_OK);
    sec_free(s);
    assert_err(box_seal(&f->public, SLICE_LIT("typed"), &small), ERR_TOO_LARGE);
    assert_int_equal(small.n, 0);
    buf_free(&small);
    mem_free(bytes);
}

static void test_no_public_key(void **state)
{
    struct box_public zero = {.id = 1};
    struct buf out = BUF_INIT(1000);

    (void)state;
    assert_err(box_seal(&zero, SLICE_LIT("typed"), &out), ERR_CORRUPT); /* a point of low order */
    assert_int_equal(out.n, 0);
    buf_free(&out);
}

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_opens_again),
        FIXTURE_TEST(test_every_changed_bit_is_refused),
        FIXTURE_TEST(test_every_cut_is_refused),
        FIXTURE_TEST(test_of_another_keeper),
        FIXTURE_TEST(test_too_large),
        cmocka_unit_test(test_no_public_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
