/* Tests of src/audit/line.c: what is written can be read, and nothing else can. */
#include "logs.h"

#include "crypto/hash.h"

struct fixture {
    struct sec *key;
    struct sign_public public;
    struct buf out;
    struct digest prev;
    struct digest hash;
};

static int set_up(void **state)
{
    struct fixture *f = MEM_NEW(struct fixture);

    f->key = key_of_byte(1, &f->public);
    buf_init(&f->out, LINE_BYTES);
    memset(&f->prev, 0x77, sizeof f->prev);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    sec_free(f->key);
    buf_free(&f->out);
    mem_free(f);
    return 0;
}

static struct slice without_feed(const struct fixture *f)
{
    assert_true(f->out.n > 0 && f->out.p[f->out.n - 1] == '\n');
    return slice_sub(buf_slice(&f->out), 0, f->out.n - 1);
}

static void test_first(void **state)
{
    struct fixture *f = *state;
    struct line l;

    line_put_first(&f->out, &f->public, 0, &f->hash);
    assert_true(slice_starts(buf_slice(&f->out), SLICE_LIT("{\"log\":1,\"key\":\"")));
    assert_err(line_parse(without_feed(f), &l), ERR_OK);
    assert_int_equal(l.kind, LINE_FIRST);
    assert_true(ID_IS_ZERO(l.prev));
    assert_true(ID_EQ(l.public, f->public));
    assert_true(ID_EQ(l.hash, f->hash));
    assert_true(line_hash_is_right(&l));
}

static void put_head(struct fixture *f)
{
    struct line_head head = {12, 5, f->prev};

    line_put_head(&f->out, &head, f->key, &f->hash);
}

static void test_head(void **state)
{
    struct fixture *f = *state;
    struct sign_public other;
    struct sec *other_key = key_of_byte(2, &other);
    struct line l;

    put_head(f);
    assert_err(line_parse(without_feed(f), &l), ERR_OK);
    assert_int_equal(l.kind, LINE_HEAD);
    assert_int_equal(l.seq, 12);
    assert_int_equal(l.epoch, 5);
    assert_true(ID_EQ(l.prev, f->prev));
    assert_true(line_hash_is_right(&l));
    assert_err(line_check_signature(&l, &f->public), ERR_OK);
    assert_err(line_check_signature(&l, &other), ERR_CORRUPT);
    sec_free(other_key);
}

static void test_record(void **state)
{
    struct fixture *f = *state;
    struct digest sum;
    struct line l;

    buf_put_str(&f->out, "{\"seq\":7,\"epoch\":2,\"event\":\"login\"");
    line_put_end(&f->out, 0, &f->prev, &f->hash);
    assert_err(line_parse(without_feed(f), &l), ERR_OK);
    assert_int_equal(l.kind, LINE_RECORD);
    assert_int_equal(l.seq, 7);
    assert_int_equal(l.epoch, 2);
    assert_true(ID_EQ(l.prev, f->prev));
    assert_true(ID_EQ(l.hash, f->hash));
    sum = hash_sha256(
        slice_sub(buf_slice(&f->out), 0, slice_find(buf_slice(&f->out), SLICE_LIT(",\"hash\""))));
    assert_true(ID_EQ(sum, f->hash)); /* so that anyone with sha256sum can check it */
}

/* Every changed bit is either not a line any more, or a line whose hash is wrong, or (in the hash
 * itself) likewise. */
static void test_every_changed_bit_shows(void **state)
{
    struct fixture *f = *state;

    put_head(f);
    for (size_t i = 0; i < (f->out.n - 1) * 8; i++) {
        struct line l;

        f->out.p[i / 8] ^= (uint8_t)(1u << (i % 8));
        if (line_parse(without_feed(f), &l) == ERR_OK)
            assert_false(line_hash_is_right(&l));
        f->out.p[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
}

static void test_every_cut_is_refused(void **state)
{
    struct fixture *f = *state;
    struct line l;

    put_head(f);
    for (size_t n = 0; n < f->out.n - 1; n++)
        assert_err(line_parse(slice_sub(buf_slice(&f->out), 0, n), &l), ERR_CORRUPT);
    assert_err(line_parse(buf_slice(&f->out), &l), ERR_CORRUPT);
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define TAIL  ",\"prev\":\"" ZEROS "\",\"hash\":\"" ZEROS "\"}"

static void test_refused_forms(void **state)
{
    static const char *const wrong[] = {
        "",
        "{}",
        "{" TAIL,
        TAIL,
        "{\"seq\":1" TAIL,
        "{\"seq\":1,\"epoch\":" TAIL,
        "{\"seq\":01,\"epoch\":1" TAIL,
        "{\"seq\":-1,\"epoch\":1" TAIL,
        "{\"seq\":1.0,\"epoch\":1" TAIL,
        "{\"seq\":18446744073709551616,\"epoch\":1" TAIL,
        "{\"seq\": 1,\"epoch\":1" TAIL,
        "{ \"seq\":1,\"epoch\":1" TAIL,
        "{\"epoch\":1,\"seq\":1" TAIL,
        "{\"head\":1,\"epoch\":1" TAIL,
        "{\"log\":2,\"key\":\"" ZEROS "\"" TAIL,
        "{\"log\":1,\"key\":\"00\"" TAIL,
        "{\"seq\":1,\"epoch\":1,\"prev\":\"" ZEROS "\"}",
        "{\"seq\":1,\"epoch\":1,\"hash\":\"" ZEROS "\"}",
        "{\"seq\":1,\"epoch\":1,\"hash\":\"" ZEROS "\",\"prev\":\"" ZEROS "\"}",
    };
    struct line l;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_err(line_parse(slice_str(wrong[i]), &l), ERR_CORRUPT);
    assert_err(line_parse(SLICE_LIT("{\"seq\":1,\"epoch\":1" TAIL), &l), ERR_OK);
    assert_false(line_hash_is_right(&l));
}

static void test_times(void **state)
{
    static const struct {
        uint64_t ms;
        const char *text;
    } rows[] = {
        {0, ",\"time\":\"1970-01-01T00:00:00.000Z\""},
        {86399999, ",\"time\":\"1970-01-01T23:59:59.999Z\""},
        {951782399000, ",\"time\":\"2000-02-28T23:59:59.000Z\""},
        {951782400000, ",\"time\":\"2000-02-29T00:00:00.000Z\""},
        {951868800000, ",\"time\":\"2000-03-01T00:00:00.000Z\""},
        {1795387381250, ",\"time\":\"2026-11-22T22:43:01.250Z\""},
        {1798761599999, ",\"time\":\"2026-12-31T23:59:59.999Z\""},
        {1798761600000, ",\"time\":\"2027-01-01T00:00:00.000Z\""},
        {4107542400000, ",\"time\":\"2100-03-01T00:00:00.000Z\""},
        {4107542399000, ",\"time\":\"2100-02-28T23:59:59.000Z\""},
        {253402300799999, ",\"time\":\"9999-12-31T23:59:59.999Z\""},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_clear(&f->out);
        line_put_time(&f->out, rows[i].ms);
        assert_true(slice_eq_str(buf_slice(&f->out), rows[i].text));
    }
    buf_clear(&f->out);
    line_put_time(&f->out, UINT64_MAX); /* some year; no crash */
    assert_err(buf_err(&f->out), ERR_OK);
}

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_first),
        FIXTURE_TEST(test_head),
        FIXTURE_TEST(test_record),
        FIXTURE_TEST(test_every_changed_bit_shows),
        FIXTURE_TEST(test_every_cut_is_refused),
        FIXTURE_TEST(test_refused_forms),
        FIXTURE_TEST(test_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
