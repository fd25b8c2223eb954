/* Small files: whole or not at all, private, and nothing over a symbolic link. */
#include "os/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[32];

static const char *in(const char *name)
{
    static char path[2][64];
    static int turn;
    char *p = path[turn++ % 2];

    snprintf(p, 64, "%s/%s", dir, name);
    return p;
}

static void test_create_and_read(void **state)
{
    struct buf b = BUF_INIT(8);
    struct stat st;

    (void)state;
    assert_int_equal(file_read(in("a"), true, &b), ERR_NOT_FOUND);
    assert_int_equal(file_create(in("a"), SLICE_LIT("12345678")), ERR_OK);
    assert_int_equal(stat(in("a"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(file_create(in("a"), SLICE_LIT("x")), ERR_EXISTS);
    assert_int_equal(file_read(in("a"), true, &b), ERR_OK);
    assert_true(slice_eq_str(buf_slice(&b), "12345678"));
    /* No room for one more byte. */
    assert_int_equal(file_read(in("a"), true, &b), ERR_TOO_LARGE);
    buf_clear(&b);
    assert_int_equal(chmod(in("a"), 0640), 0);
    assert_int_equal(file_read(in("a"), true, &b), ERR_FORBIDDEN);
    assert_int_equal(file_read(in("a"), false, &b), ERR_OK);
    assert_int_equal(file_remove(in("a")), ERR_OK);
    assert_int_equal(file_remove(in("a")), ERR_OK);
    buf_free(&b);
}

/* Whoever opens a FIFO waits until somebody opens its other end. */
static void test_nothing_but_plain_files(void **state)
{
    static const int flags[] = {O_RDONLY, O_WRONLY | O_APPEND | O_CREAT, O_RDWR};
    struct buf b = BUF_INIT(8);
    int fd = -1;

    (void)state;
    assert_int_equal(mkfifo(in("fifo"), 0600), 0);
    assert_int_equal(file_read(in("fifo"), true, &b), ERR_FORBIDDEN);
    assert_int_equal(file_destroy(in("fifo")), ERR_FORBIDDEN);
    assert_int_equal(file_reserve(in("fifo"), 1), ERR_FORBIDDEN);
    assert_int_equal(file_check(in("fifo")), ERR_FORBIDDEN);
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        assert_int_equal(file_open(in("fifo"), flags[i], &fd), ERR_FORBIDDEN);
    assert_int_equal(fd, -1);
    assert_int_equal(file_remove(in("fifo")), ERR_OK);
    assert_int_equal(file_check(in("fifo")), ERR_OK);
    assert_int_equal(file_open(in("fifo"), O_RDONLY, &fd), ERR_NOT_FOUND);
    buf_free(&b);
}

static void test_no_links(void **state)
{
    struct buf b = BUF_INIT(8);

    (void)state;
    assert_int_equal(file_create(in("target"), SLICE_LIT("t")), ERR_OK);
    assert_int_equal(symlink("target", in("link")), 0);
    assert_int_equal(file_read(in("link"), false, &b), ERR_IO);
    assert_int_equal(file_create(in("link"), SLICE_LIT("x")), ERR_EXISTS);
    assert_int_equal(file_destroy(in("link")), ERR_IO);
    assert_int_equal(file_remove(in("link")), ERR_OK);
    assert_int_equal(file_read(dir, false, &b), ERR_FORBIDDEN);
    assert_int_equal(file_read(in("target"), false, &b), ERR_OK);
    assert_int_equal(file_remove(in("target")), ERR_OK);
    buf_free(&b);
}

/* A second name shows that the bytes were overwritten, not only unlinked. */
static void test_destroy(void **state)
{
    struct buf b = BUF_INIT(8);

    (void)state;
    assert_int_equal(file_create(in("key"), SLICE_LIT("secret")), ERR_OK);
    assert_int_equal(link(in("key"), in("other")), 0);
    assert_int_equal(file_destroy(in("key")), ERR_OK);
    assert_int_equal(access(in("key"), F_OK), -1);
    assert_int_equal(file_read(in("other"), true, &b), ERR_OK);
    assert_int_equal(b.n, 6);
    assert_int_equal(memcmp(b.p, "\0\0\0\0\0\0", 6), 0);
    assert_int_equal(file_destroy(in("key")), ERR_OK);
    assert_int_equal(file_remove(in("other")), ERR_OK);
    buf_free(&b);
}

static void test_reserve(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(file_reserve(in("r"), 1 << 20), ERR_OK);
    assert_int_equal(stat(in("r"), &st), 0);
    assert_true(st.st_blocks * 512 >= 1 << 20);
    /* More than there is: refused, and nothing is kept. */
    assert_int_not_equal(file_reserve(in("r"), (uint64_t)1 << 60), ERR_OK);
    assert_int_equal(access(in("r"), F_OK), -1);
    assert_int_equal(file_mkdir(in("d")), ERR_OK);
    assert_int_equal(file_mkdir(in("d")), ERR_OK);
    assert_int_equal(rmdir(in("d")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create_and_read), cmocka_unit_test(test_nothing_but_plain_files),
        cmocka_unit_test(test_no_links),        cmocka_unit_test(test_destroy),
        cmocka_unit_test(test_reserve),
    };
    int failed = 0;

    strcpy(dir, "/tmp/sg-file-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    return rmdir(dir) != 0 || failed;
}
