/* Tests of src/audit/key.c. */
#include "logs.h"

#include "audit/key.h"

struct fixture {
    char folder[64];
    char path[128];
    struct sec *key;
    struct sign_public public;
    const char *wrong;
};

static int set_up(void **state)
{
    struct fixture *f = MEM_NEW(struct fixture);

    scratch_make(f->folder);
    snprintf(f->path, sizeof f->path, "%s/audit.key", f->folder);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    sec_free(f->key);
    scratch_remove(f->folder);
    mem_free(f);
    return 0;
}

static enum err load(struct fixture *f, bool may_make)
{
    sec_free(f->key);
    f->key = NULL;
    return key_load(f->folder, may_make, &f->key, &f->public, &f->wrong);
}

static void test_made_once(void **state)
{
    struct fixture *f = *state;
    struct sign_public first;
    struct buf text = BUF_INIT(5000);
    struct buf wanted = BUF_INIT(100);
    char path[128];
    struct stat st;

    assert_err(load(f, false), ERR_NOT_FOUND);
    assert_err(load(f, true), ERR_OK);
    first = f->public;
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, SIGN_SEED_BYTES);
    assert_err(load(f, true), ERR_OK);
    assert_true(ID_EQ(first, f->public));
    assert_err(load(f, false), ERR_OK);
    assert_true(ID_EQ(first, f->public));

    snprintf(path, sizeof path, "%s/audit.pub", f->folder);
    slurp(path, &text);
    buf_put_hex(&wanted, ID_SLICE(first));
    buf_put_u8(&wanted, '\n');
    assert_true(slice_eq(buf_slice(&text), buf_slice(&wanted)));
    buf_free(&text);
    buf_free(&wanted);
}

static void test_wrong_files(void **state)
{
    static const char *const wrong[] = {
        "",
        "0123456789abcdef0123456789abcde",
        "0123456789abcdef0123456789abcdef0",
        "0123456789abcdef0123456789abcdef and much more than that",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        spill(f->path, slice_str(wrong[i]));
        assert_err(load(f, false), ERR_CORRUPT);
        assert_string_equal(f->wrong, "audit.key");
    }
    spill(f->path, SLICE_LIT("0123456789abcdef0123456789abcdef"));
    assert_int_equal(chmod(f->path, 0604), 0);
    assert_err(load(f, true), ERR_FORBIDDEN);
    assert_int_equal(chmod(f->path, 0640), 0);
    assert_err(load(f, true), ERR_FORBIDDEN);
    assert_int_equal(chmod(f->path, 0600), 0);
    assert_err(load(f, true), ERR_OK);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(mkdir(f->path, 0700), 0);
    assert_err(load(f, true), ERR_FORBIDDEN);
    assert_null(f->key);
}

/* Both files, cut at any byte by a crash while they were made. */
static void test_left_over_from_a_crash(void **state)
{
    struct fixture *f = *state;
    struct buf public = BUF_INIT(5000);
    char path[128];

    snprintf(path, sizeof path, "%s/audit.pub", f->folder);
    for (size_t n = 0; n < SIGN_SEED_BYTES; n++) {
        unlink(path);
        spill(f->path, slice_sub(SLICE_LIT("0123456789abcdef0123456789abcdef"), 0, n));
        assert_err(load(f, true), ERR_OK);
    }
    slurp(path, &public);
    for (size_t n = 0; n < public.n; n++) {
        struct buf again = BUF_INIT(5000);

        spill(path, slice_sub(buf_slice(&public), 0, n));
        assert_err(load(f, false), ERR_OK);
        slurp(path, &again);
        assert_true(slice_eq(buf_slice(&public), buf_slice(&again)));
        buf_free(&again);
    }
    public.p[5] ^= 1;
    spill(path, slice_sub(buf_slice(&public), 0, 10));
    assert_err(load(f, false), ERR_CORRUPT);
    assert_string_equal(f->wrong, "audit.pub");
    buf_put_str(&public, "more");
    spill(path, buf_slice(&public));
    assert_err(load(f, false), ERR_CORRUPT);
    buf_free(&public);
}

static void test_paths_that_are_too_long(void **state)
{
    struct fixture *f = *state;
    char folder[KEY_PATH];

    memset(folder, 'x', sizeof folder - 1);
    folder[sizeof folder - 1] = '\0';
    assert_err(key_load(folder, true, &f->key, &f->public, &f->wrong), ERR_TOO_LARGE);
}

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_made_once),
        FIXTURE_TEST(test_wrong_files),
        FIXTURE_TEST(test_left_over_from_a_crash),
        FIXTURE_TEST(test_paths_that_are_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
