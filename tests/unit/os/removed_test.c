/* A file that is removed while it is open. */
#include "os/removed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/sg-removed-XXXXXX", path[64], other[64];

static void count(void *ctx)
{
    ++*(unsigned *)ctx;
}

static void make(const char *name)
{
    FILE *f = fopen(name, "we");

    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
}

static void turn_until(struct loop *l, const unsigned *n)
{
    for (int i = 0; *n == 0 && i < 30; i++)
        loop_turn(l, 1000);
}

static void test_removed(void **state)
{
    struct loop *l = loop_new();
    struct removed *r = NULL;
    unsigned n = 0;

    (void)state;
    assert_int_equal(removed_new(l, path, count, &n, &r), ERR_NOT_FOUND);
    make(path);
    assert_int_equal(removed_new(l, path, count, &n, &r), ERR_OK);
    /* Another name is a name. */
    assert_int_equal(rename(path, other), 0);
    make(path);
    loop_turn(l, 3000);
    assert_int_equal(n, 0);
    assert_int_equal(unlink(other), 0);
    turn_until(l, &n);
    assert_int_equal(n, 1);
    removed_free(r);
    removed_free(NULL);
    assert_int_equal(unlink(path), 0);
    loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_removed)};
    int failed;

    if (mkdtemp(dir) == NULL)
        return 1;
    (void)snprintf(path, sizeof(path), "%s/file", dir);
    (void)snprintf(other, sizeof(other), "%s/other", dir);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)rmdir(dir);
    return failed;
}
