/* Tests of src/crypto/sec.c: closed outside sec_with, wiped, compared whole. */
#include "secrets.h"

#include "base/limits.h"

static void test_take_wipes_the_source(void **state)
{
    char source[] = "swordfish";
    struct sec *s = sec_take(source, 9);

    (void)state;
    assert_memory_equal(source, "\0\0\0\0\0\0\0\0\0", 9);
    assert_int_equal(sec_len(s), 9);
    assert_true(sec_is(s, SLICE_LIT("swordfish")));
    assert_false(sec_is(s, SLICE_LIT("swordfisk")));
    sec_free(s);
    sec_free(NULL);
}

static void test_empty_and_largest(void **state)
{
    uint8_t *bytes = mem_zalloc(LIM_SECRET_BYTES);
    struct sec *empty = sec_take(NULL, 0);
    struct sec *large;

    (void)state;
    assert_true(sec_is(empty, SLICE_EMPTY));
    assert_true(sec_equal(empty, empty));
    memset(bytes, 7, LIM_SECRET_BYTES);
    large = sec_take(bytes, LIM_SECRET_BYTES);
    assert_int_equal(sec_len(large), LIM_SECRET_BYTES);
    assert_false(sec_equal(empty, large));
    sec_free(empty);
    sec_free(large);
    mem_free(bytes);
}

/* What a peer sent empty, a handler may look at without care. */
static void test_null_is_empty(void **state)
{
    struct sec *empty = sec_take(NULL, 0), *some = sec_of("x");

    (void)state;
    assert_int_equal(sec_len(NULL), 0);
    assert_true(sec_is(NULL, SLICE_EMPTY));
    assert_null(sec_clone(NULL));
    assert_true(sec_equal(NULL, NULL));
    assert_true(sec_equal(NULL, empty));
    assert_false(sec_equal(NULL, some));
    assert_false(sec_equal(some, NULL));
    sec_free(empty);
    sec_free(some);
}

static enum err fails(void *ctx, struct slice bytes)
{
    (void)ctx;
    (void)bytes;
    return ERR_TIMEOUT;
}

static void test_with_returns_what_the_function_returns(void **state)
{
    struct sec *s = sec_of("x");

    (void)state;
    assert_err(sec_with(s, fails, NULL), ERR_TIMEOUT);
    assert_true(sec_is(s, SLICE_LIT("x"))); /* and it was closed again */
    sec_free(s);
}

static void test_equal(void **state)
{
    struct sec *a = sec_of("0123456789");
    struct sec *copy = sec_clone(a);

    (void)state;
    assert_true(sec_equal(a, a));
    assert_true(sec_equal(a, copy));
    for (size_t i = 0; i < 10; i++) {
        char other[] = "0123456789";
        struct sec *b;

        other[i] ^= 1;
        b = sec_take(other, 10);
        assert_false(sec_equal(a, b));
        sec_free(b);
    }
    sec_free(copy);
    copy = sec_of("012345678");
    assert_false(sec_equal(a, copy));
    sec_free(copy);
    assert_true(sec_is(a, SLICE_LIT("0123456789")));
    sec_free(a);
}

static enum err keep_pointer(void *ctx, struct slice bytes)
{
    *(const uint8_t **)ctx = bytes.p;
    return ERR_OK;
}

static volatile uint8_t sink;

static void read_after_with(void *ctx)
{
    const uint8_t *p = NULL;

    (void)ctx;
    IGNORE(sec_with(sec_of("secret"), keep_pointer, &p));
    sink = *p;
}

static void read_after_free(void *ctx)
{
    const uint8_t *p = NULL;
    struct sec *s = sec_of("secret");

    (void)ctx;
    IGNORE(sec_with(s, keep_pointer, &p));
    sec_free(s);
    sink = *p;
}

static enum err read_behind(void *ctx, struct slice bytes)
{
    (void)ctx;
    sink = *(bytes.p + bytes.n);
    return ERR_OK;
}

static void read_behind_the_end(void *ctx)
{
    (void)ctx;
    IGNORE(sec_with(sec_of("secret"), read_behind, NULL));
}

static enum err write_into(void *ctx, struct slice bytes)
{
    (void)ctx;
    *(uint8_t *)(uintptr_t)bytes.p = 1;
    return ERR_OK;
}

static void write_while_open(void *ctx)
{
    (void)ctx;
    IGNORE(sec_with(sec_of("secret"), write_into, NULL));
}

static void test_memory_is_guarded(void **state)
{
    (void)state;
    assert_dies(read_after_with, NULL, SIGSEGV);
    assert_dies(read_after_free, NULL, SIGSEGV);
    assert_dies(read_behind_the_end, NULL, SIGSEGV);
    assert_dies(write_while_open, NULL, SIGSEGV);
}

static enum err called(void *ctx, struct slice bytes)
{
    (void)bytes;
    *(bool *)ctx = true;
    return ERR_OK;
}

/* What there is no room for ends nothing: it is of no use to anybody. */
static void test_one_too_many(void **state)
{
    static struct sec *all[LIM_SECRETS];
    struct sec *lost, *some;
    bool was_called = false;
    char source[] = "swordfish";

    (void)state;
    for (size_t i = 0; i < LIM_SECRETS; i++) {
        all[i] = sec_take(NULL, 0);
        assert_err(sec_room(all[i]), ERR_OK);
    }
    lost = sec_take(source, 9);
    assert_memory_equal(source, "\0\0\0\0\0\0\0\0\0", 9);
    assert_err(sec_room(lost), ERR_AGAIN);
    assert_err(sec_room(sec_clone(lost)), ERR_AGAIN);
    assert_err(sec_with(lost, called, &was_called), ERR_AGAIN);
    assert_false(was_called);
    assert_true(sec_len(lost) > LIM_SECRET_BYTES);
    assert_false(sec_equal(lost, lost));
    assert_false(sec_equal(lost, NULL));
    assert_false(sec_equal(all[0], lost));
    sec_free(lost);
    sec_free(all[0]);
    some = sec_of("swordfish");
    assert_err(sec_room(some), ERR_OK);
    assert_true(sec_is(some, SLICE_LIT("swordfish")));
    sec_free(some);
    for (size_t i = 1; i < LIM_SECRETS; i++)
        sec_free(all[i]);
    assert_err(sec_room(NULL), ERR_OK);
}

static enum err open_again(void *ctx, struct slice bytes)
{
    (void)bytes;
    return sec_with(ctx, fails, NULL);
}

static void open_twice(void *ctx)
{
    struct sec *s = sec_of("secret");

    (void)ctx;
    IGNORE(sec_with(s, open_again, s));
}

static void take_too_much(void *ctx)
{
    (void)ctx;
    sec_free(sec_take(mem_zalloc(LIM_SECRET_BYTES + 1), LIM_SECRET_BYTES + 1));
}

static void test_bugs_abort(void **state)
{
    (void)state;
    assert_aborts(open_twice, NULL);
    assert_aborts(take_too_much, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take_wipes_the_source),
        cmocka_unit_test(test_empty_and_largest),
        cmocka_unit_test(test_null_is_empty),
        cmocka_unit_test(test_with_returns_what_the_function_returns),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_memory_is_guarded),
        cmocka_unit_test(test_one_too_many),
        cmocka_unit_test(test_bugs_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
