/* Event streams: every way of ending a line, cut at every place. */
#include "proto/sse.h"
#include "proto_test.h"

/* What came out, as text: data; per event. */
static enum err read_all(struct slice in, size_t step, struct buf *out)
{
    struct sse_reader r;
    enum err e = ERR_OK;
    sse_reader_init(&r, 1000);
    for (size_t at = 0; at < in.n && e == ERR_OK; at += step) {
        struct slice piece = slice_sub(in, at, at + step);
        while (piece.n && e == ERR_OK) {
            struct slice data;
            bool got = false;
            e = sse_read(&r, &piece, &data, &got);
            if (e == ERR_OK && got) {
                buf_put(out, data);
                buf_put_u8(out, ';');
            }
        }
    }
    sse_reader_free(&r);
    return e;
}

static const struct {
    struct slice in, out;
} streams[] = {
#define ROW(in, out)                                                                               \
    {                                                                                              \
        {(const uint8_t *)"" in, sizeof(in) - 1},                                                  \
        {                                                                                          \
            (const uint8_t *)"" out, sizeof(out) - 1                                               \
        }                                                                                          \
    }
    ROW("data: a\n\n", "a;"),
    ROW("data:a\r\n\r\ndata: b\r\rdata:  c\n\n", "a;b; c;"),
    ROW("\xef\xbb\xbf"
        "data: a\n\n",
        "a;"),
    ROW("\xef\xbb\xbf\xef\xbb\xbf"
        "data: a\n\n",
        ""),
    ROW(":comment\n\n:\r\n\r\ndata: a\n\n", "a;"),
    ROW("event: x\nid: 7\ndata: a\ndata: b\ndata\ndata:\n\n", "a\nb\n\n;"),
    ROW("id: 1\n\ndata: a\n\n", "a;"),
    ROW("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", "a;b;c;"),
    ROW("id: a\0b\ndata: x\n\n", "x;"),
    ROW("event: x\n\ndata: a\n\n", "a;"),
    ROW("event: x\nevent: y\ndata: a\n\n", "a;"),
    ROW("other: 1\ndatax: 2\n data: 3\nDATA: 4\ndata: 5\n\n", "5;"),
    ROW("retry: 10\nretry: x\ndata: a\n\n", "a;"),
    ROW("data: a\n", ""),
    ROW("data: a\n\r\n", "a;"),
    ROW("\n\n\r\r\n\n", ""),
    ROW("data: {\"a\":\"\xc3\xa9\"}\n\ndata: cut", "{\"a\":\"\xc3\xa9\"};"),
    ROW("", ""),
};

static void test_streams(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
        for (size_t step = 1; step <= streams[i].in.n + 1; step++) {
            struct buf out = BUF_INIT(1000);
            enum err e = read_all(streams[i].in, step, &out);
            if (e != ERR_OK || !slice_eq(buf_slice(&out), streams[i].out))
                fail_msg("row %zu step %zu: %s %.*s", i, step, err_name(e), (int)out.n,
                         (char *)out.p);
            buf_free(&out);
        }
    }
}

static void test_refused(void **state)
{
    struct buf in = BUF_INIT(10000), out = BUF_INIT(10000);
    (void)state;
    assert_err(read_all(S("data: \xff\n\n"), 100, &out), ERR_SYNTAX);
    assert_err(read_all(S("data: \xc3\n\n"), 1, &out), ERR_SYNTAX);
    assert_err(read_all(S("event: \xff\n\n"), 100, &out), ERR_SYNTAX);
    /* a line that never ends */
    for (int i = 0; i < 2000; i++)
        buf_put_u8(&in, 'x');
    assert_err(read_all(buf_slice(&in), 7, &out), ERR_TOO_LARGE);
    /* an event of many lines */
    buf_clear(&in);
    for (int i = 0; i < 400; i++)
        buf_put_str(&in, "data: abc\n");
    assert_err(read_all(buf_slice(&in), 7, &out), ERR_TOO_LARGE);
    /* a type, which nobody looks at, and which is no longer than a line all the same */
    buf_clear(&in);
    buf_put_str(&in, "event: ");
    for (int i = 0; i < 1100; i++)
        buf_put_u8(&in, 'x');
    buf_put_str(&in, "\n");
    assert_err(read_all(buf_slice(&in), 100, &out), ERR_TOO_LARGE);
    buf_free(&in);
    buf_free(&out);
}

static void test_broken_stays_broken(void **state)
{
    struct sse_reader r;
    struct slice data;
    bool got = false;
    struct slice in = S("data: \xff\n\ndata: a\n\n");
    (void)state;
    sse_reader_init(&r, 100);
    assert_err(sse_read(&r, &in, &data, &got), ERR_SYNTAX);
    in = S("data: a\n\n");
    assert_err(sse_read(&r, &in, &data, &got), ERR_SYNTAX);
    assert_false(got);
    sse_reader_free(&r);
}

static void test_one_event_a_call(void **state)
{
    struct sse_reader r;
    struct slice data;
    bool got = false;
    struct slice in = S("retry: 250\ndata: a\n\ndata: b\n\n");
    (void)state;
    sse_reader_init(&r, 100);
    assert_ok(sse_read(&r, &in, &data, &got));
    assert_true(got);
    assert_slice(data, "a");
    assert_slice(in, "data: b\n\n");
    assert_ok(sse_read(&r, &in, &data, &got));
    assert_true(got);
    assert_slice(data, "b");
    in = SLICE_EMPTY;
    assert_ok(sse_read(&r, &in, &data, &got));
    assert_false(got);
    sse_reader_free(&r);
}

static void test_writing(void **state)
{
    struct buf b = BUF_INIT(500);
    (void)state;
    sse_put_event(&b, SLICE_EMPTY, SLICE_EMPTY, S("{\"a\":1}"));
    assert_buf(&b, "data: {\"a\":1}\n\n");
    buf_clear(&b);
    sse_put_event(&b, S("message"), S("3-1"), S(""));
    assert_buf(&b, "event: message\nid: 3-1\ndata: \n\n");
    buf_clear(&b);
    sse_put_event(&b, SLICE_EMPTY, SLICE_EMPTY, S("a\r\nevent: x\rid: y\n\nz"));
    assert_buf(&b, "data: a\ndata: event: x\ndata: id: y\ndata: \ndata: z\n\n");
    buf_clear(&b);
    sse_put_comment(&b);
    sse_put_retry(&b, 500);
    assert_buf(&b, ":\n\nretry: 500\n\n");
    struct buf out = BUF_INIT(100);
    assert_ok(read_all(buf_slice(&b), 3, &out));
    assert_int_equal(out.n, 0);
    buf_free(&b);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_broken_stays_broken),
        cmocka_unit_test(test_one_event_a_call),
        cmocka_unit_test(test_writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
