/* Tests of src/base/mem.c. */
#include "unit.h"

#include "base/mem.h"

#include <string.h>

static void test_zeroed(void **state)
{
    uint8_t *p = mem_zalloc(1000);
    uint8_t *q = mem_zalloc(0);

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(p[i], 0);
    assert_non_null(q);
    memset(p, 0xff, 1000);
    mem_free(p);
    p = mem_alloc(1000);
    memset(p, 0xff, 1000);
    mem_free(p);
    mem_free(q);
    mem_free(NULL);
}

static void test_strndup(void **state)
{
    char *s = mem_strndup("abcdef", 3);
    char *empty = mem_strndup(NULL, 0);

    (void)state;
    assert_string_equal(s, "abc");
    assert_string_equal(empty, "");
    mem_free(s);
    mem_free(empty);
}

static void test_wipe(void **state)
{
    char text[] = "secret!";

    (void)state;
    mem_wipe(text, 6);
    assert_memory_equal(text, "\0\0\0\0\0\0!", 8);
    mem_wipe(NULL, 0);
}

static void allocate_an_overflow(void *ctx)
{
    (void)ctx;
    mem_free(mem_zalloc_array(SIZE_MAX / 2, 3));
}

static void allocate_too_much(void *ctx)
{
    (void)ctx;
    mem_free(mem_zalloc(SIZE_MAX / 4));
}

static void allocate_too_much_of_anything(void *ctx)
{
    (void)ctx;
    mem_free(mem_alloc(SIZE_MAX / 4));
}

static void test_impossible_sizes_abort(void **state)
{
    (void)state;
    assert_aborts(allocate_an_overflow, NULL);
    if (UNDER_ASAN) /* its allocator ends the process in its own way */
        return;
    assert_aborts(allocate_too_much, NULL);
    assert_aborts(allocate_too_much_of_anything, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zeroed),
        cmocka_unit_test(test_strndup),
        cmocka_unit_test(test_wipe),
        cmocka_unit_test(test_impossible_sizes_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
