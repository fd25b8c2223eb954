/* Tests of src/audit/lines.c. */
#include "logs.h"

#include "audit/lines.h"

/* A descriptor from which these bytes can be read. */
static int fd_of(struct slice bytes)
{
    FILE *f = tmpfile();
    int fd;

    assert_non_null(f);
    assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
    rewind(f);
    fd = dup(fileno(f));
    fclose(f);
    return fd;
}

static void test_lines_and_their_places(void **state)
{
    int fd = fd_of(SLICE_LIT("one\n\nthree\ntorn"));
    struct lines l;
    struct slice s;

    (void)state;
    lines_init(&l, fd);
    assert_err(lines_next(&l, &s), ERR_OK);
    assert_slice(s, "one");
    assert_int_equal(l.offset, 0);
    assert_err(lines_next(&l, &s), ERR_OK);
    assert_slice(s, "");
    assert_int_equal(l.offset, 4);
    assert_err(lines_next(&l, &s), ERR_OK);
    assert_slice(s, "three");
    assert_int_equal(l.offset, 5);
    assert_err(lines_next(&l, &s), ERR_NOT_FOUND);
    assert_slice(s, "torn");
    assert_int_equal(l.offset, 11);
    assert_err(lines_next(&l, &s), ERR_NOT_FOUND);
    assert_slice(s, "");
    lines_done(&l);
    close(fd);
}

static void test_empty(void **state)
{
    int fd = fd_of(SLICE_EMPTY);
    struct lines l;
    struct slice s;

    (void)state;
    lines_init(&l, fd);
    assert_err(lines_next(&l, &s), ERR_NOT_FOUND);
    assert_slice(s, "");
    lines_done(&l);
    close(fd);
}

/* Longer than the memory that it has: nothing is lost at the seams. */
static void test_many(void **state)
{
    enum { COUNT = 20000 };
    struct buf b = BUF_INIT(COUNT * 20);
    struct lines l;
    struct slice s;
    int fd;

    (void)state;
    for (unsigned i = 0; i < COUNT; i++)
        buf_printf(&b, "line %u%.*s\n", i, (int)(i % 8), "xxxxxxxx");
    fd = fd_of(buf_slice(&b));
    lines_init(&l, fd);
    for (unsigned i = 0; i < COUNT; i++) {
        char wanted[32];

        snprintf(wanted, sizeof wanted, "line %u%.*s", i, (int)(i % 8), "xxxxxxxx");
        assert_err(lines_next(&l, &s), ERR_OK);
        assert_true(slice_eq_str(s, wanted));
        assert_true(slice_eq(slice_sub(buf_slice(&b), l.offset, l.offset + s.n), s));
    }
    assert_err(lines_next(&l, &s), ERR_NOT_FOUND);
    assert_int_equal(l.offset, b.n);
    lines_done(&l);
    buf_free(&b);
    close(fd);
}

static void test_too_long(void **state)
{
    struct buf b = BUF_INIT(LINE_BYTES * 4);
    struct lines l;
    struct slice s;
    int fd;

    (void)state;
    for (unsigned i = 0; i < LINE_BYTES - 1; i++)
        buf_put_u8(&b, 'a');
    buf_put_u8(&b, '\n'); /* the longest line */
    for (unsigned i = 0; i < LINE_BYTES + 10; i++)
        buf_put_u8(&b, 'b');
    buf_put_u8(&b, '\n');
    fd = fd_of(buf_slice(&b));
    lines_init(&l, fd);
    assert_err(lines_next(&l, &s), ERR_OK);
    assert_int_equal(s.n, LINE_BYTES - 1);
    assert_err(lines_next(&l, &s), ERR_OK);
    assert_int_equal(s.n, LINE_BYTES);
    assert_err(lines_next(&l, &s), ERR_OK);
    assert_slice(s, "bbbbbbbbbb");
    assert_err(lines_next(&l, &s), ERR_NOT_FOUND);
    lines_done(&l);
    buf_free(&b);
    close(fd);
}

static void test_unreadable(void **state)
{
    struct lines l;
    struct slice s;

    (void)state;
    lines_init(&l, -1);
    assert_err(lines_next(&l, &s), ERR_IO);
    lines_done(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_and_their_places),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
