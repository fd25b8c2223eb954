/* Tests of src/base/buf.c: the maximum, the failed state, and that what was in a buffer is wiped.
 */
#include "unit.h"

#include "base/buf.h"

#include <string.h>

static void test_grows_to_exactly_the_maximum(void **state)
{
    struct buf b = BUF_INIT(100);

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        buf_put_u8(&b, (uint8_t)i);
    assert_err(buf_err(&b), ERR_OK);
    assert_int_equal(b.n, 100);
    assert_int_equal(b.cap, 100);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(b.p[i], i);
    buf_put_u8(&b, 1);
    assert_err(buf_err(&b), ERR_TOO_LARGE);
    buf_free(&b);
}

static void test_failed_keeps_what_was_there_and_refuses_more(void **state)
{
    struct buf b = BUF_INIT(5);

    (void)state;
    buf_put_str(&b, "abc");
    buf_put_str(&b, "def");
    assert_err(buf_err(&b), ERR_TOO_LARGE);
    assert_slice(buf_slice(&b), "abc");
    buf_put_str(&b, "d"); /* would fit, but the buffer has failed */
    assert_null(buf_room(&b, 0));
    assert_slice(buf_slice(&b), "abc");
    buf_clear(&b);
    assert_err(buf_err(&b), ERR_OK);
    buf_put_str(&b, "12345");
    assert_err(buf_err(&b), ERR_OK);
    assert_slice(buf_slice(&b), "12345");
    buf_free(&b);
}

static void test_maximum_zero(void **state)
{
    struct buf b = BUF_INIT(0);

    (void)state;
    buf_put(&b, SLICE_EMPTY);
    buf_put_str(&b, "");
    assert_err(buf_err(&b), ERR_OK);
    buf_put_u8(&b, 'x');
    assert_err(buf_err(&b), ERR_TOO_LARGE);
    assert_int_equal(buf_slice(&b).n, 0);
    buf_free(&b);
}

static void test_huge_requests_fail(void **state)
{
    struct buf b = BUF_INIT(SIZE_MAX);

    (void)state;
    buf_put_str(&b, "x");
    assert_null(buf_room(&b, SIZE_MAX));
    assert_err(buf_err(&b), ERR_TOO_LARGE);
    buf_clear(&b);
    buf_put_hex(&b, (struct slice){(const uint8_t *)"", SIZE_MAX / 2 + 1});
    assert_err(buf_err(&b), ERR_TOO_LARGE);
    buf_free(&b);
}

static void test_numbers_and_formats(void **state)
{
    static const uint8_t bytes[] = {0x00, 0x9f, 0xff};
    struct buf b = BUF_INIT(4096);
    char long_text[1000];

    (void)state;
    buf_put_u64_dec(&b, 0);
    buf_put_u8(&b, ' ');
    buf_put_u64_dec(&b, UINT64_MAX);
    buf_put_u8(&b, ' ');
    buf_put_hex(&b, slice_of(bytes, sizeof bytes));
    buf_put_hex(&b, SLICE_EMPTY);
    buf_printf(&b, " %s-%d", "x", -1);
    assert_slice(buf_slice(&b), "0 18446744073709551615 009fff x--1");
    buf_clear(&b);

    memset(long_text, 'a', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    buf_printf(&b, "<%s>", long_text);
    assert_int_equal(b.n, sizeof long_text + 1);
    assert_int_equal(b.p[0], '<');
    assert_int_equal(b.p[999], 'a');
    assert_int_equal(b.p[1000], '>');
    buf_free(&b);
}

static void test_room_and_added(void **state)
{
    struct buf b = BUF_INIT(1000);
    uint8_t *p = buf_room(&b, 200);

    (void)state;
    assert_non_null(p);
    memcpy(p, "hello", 5);
    buf_added(&b, 5);
    assert_slice(buf_slice(&b), "hello");
    assert_int_equal(b.n, 5);
    assert_true(b.cap >= 200);
    buf_free(&b);
}

static void test_a_nul_behind(void **state)
{
    static const char text[] = "0123456789";
    struct buf b = BUF_INIT(5000);

    (void)state;
    assert_non_null(buf_room(&b, 1));
    assert_int_equal(b.p[0], 0);
    for (size_t n = 1; n <= 5000; n++) { /* over each growth */
        if (n % 2 == 0)
            buf_put_u8(&b, 'x');
        else
            buf_put(&b, slice_of(text, 1));
        assert_int_equal(b.n, n);
        assert_int_equal(b.p[n], 0);
    }
    buf_cut(&b, 100);
    assert_int_equal(b.p[100], 0);
    buf_consume(&b, 50);
    assert_int_equal(b.p[50], 0);
    buf_clear(&b);
    assert_int_equal(b.p[0], 0);
    buf_free(&b);
}

static void test_consume(void **state)
{
    struct buf b = BUF_INIT(100);

    (void)state;
    buf_consume(&b, 0);
    buf_put_str(&b, "secretrest");
    buf_consume(&b, 6);
    assert_slice(buf_slice(&b), "rest");
    for (unsigned i = 4; i < 10; i++)
        assert_int_equal(b.p[i], 0);
    buf_consume(&b, 4);
    assert_int_equal(b.n, 0);
    buf_free(&b);
}

static void test_clear_wipes_and_keeps_the_memory(void **state)
{
    struct buf b = BUF_INIT(100);
    const uint8_t *p;

    (void)state;
    buf_put_str(&b, "password");
    p = b.p;
    buf_clear(&b);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(p[i], 0);
    buf_put_str(&b, "x");
    assert_ptr_equal(b.p, p);
    buf_free(&b);
    assert_null(b.p);
    assert_int_equal(b.max, 100);
    buf_free(&b);
    buf_free(NULL);
}

static void consume_too_much(void *ctx)
{
    struct buf b = BUF_INIT(10);

    (void)ctx;
    buf_put_str(&b, "abc");
    buf_consume(&b, 4);
}

static void add_too_much(void *ctx)
{
    struct buf b = BUF_INIT(10);

    (void)ctx;
    if (buf_room(&b, 5) != NULL)
        buf_added(&b, 11);
}

static void put_itself(void *ctx)
{
    struct buf b = BUF_INIT(1000);

    (void)ctx;
    buf_put_str(&b, "abc");
    buf_put(&b, buf_slice(&b));
}

static void test_bugs_abort(void **state)
{
    (void)state;
    assert_aborts(consume_too_much, NULL);
    assert_aborts(add_too_much, NULL);
    assert_aborts(put_itself, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows_to_exactly_the_maximum),
        cmocka_unit_test(test_failed_keeps_what_was_there_and_refuses_more),
        cmocka_unit_test(test_maximum_zero),
        cmocka_unit_test(test_huge_requests_fail),
        cmocka_unit_test(test_numbers_and_formats),
        cmocka_unit_test(test_room_and_added),
        cmocka_unit_test(test_a_nul_behind),
        cmocka_unit_test(test_consume),
        cmocka_unit_test(test_clear_wipes_and_keeps_the_memory),
        cmocka_unit_test(test_bugs_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
