/* What is given back is wiped, whoever had it; realloc keeps what it should. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

/* What is free holds pointers of the C library's, so one byte alone says nothing. */
enum { MARK = 0x5a, IN_A_ROW = 4 };

/* Whether marks stand in n bytes that are not ours any more; by number, since no compiler lets us
 * look there. */
static bool still_there(uintptr_t at, size_t n)
{
    unsigned row = 0;

    for (size_t i = 0; i < n && row < IN_A_ROW; i++)
        row = *(const volatile uint8_t *)(at + i) == MARK ? row + 1 : 0;
    return row == IN_A_ROW;
}

static uint8_t *filled(size_t n)
{
    uint8_t *p = malloc(n);

    assert_non_null(p);
    memset(p, MARK, n);
    return p;
}

static void test_free_wipes(void **state)
{
    static const size_t sizes[] = {24, 100, 1000, 5000, 60000};

    (void)state;
    free(NULL);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        uint8_t *p = filled(sizes[i]),
                *next = filled(24); /* so that it is not given to the kernel */
        uintptr_t at = (uintptr_t)p;

        assert_true(still_there(at, sizes[i]));
        free(p);
        assert_false(still_there(at, sizes[i]));
        free(next);
    }
}

static void test_realloc_wipes(void **state)
{
    uint8_t *p = filled(100), *q;
    uintptr_t at = (uintptr_t)p;

    (void)state;
    q = realloc(p, 3000);
    assert_non_null(q);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(q[i], MARK);
    assert_false(still_there(at, 100));
    at = (uintptr_t)q;
    q = realloc(q, 50);
    assert_non_null(q);
    for (size_t i = 0; i < 50; i++)
        assert_int_equal(q[i], MARK);
    assert_false(still_there(at, 3000));
    at = (uintptr_t)q;
    assert_null(realloc(q, 0));
    assert_false(still_there(at, 50));
    q = realloc(NULL, 10);
    assert_non_null(q);
    free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_free_wipes),
        cmocka_unit_test(test_realloc_wipes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
