/* Tests of src/crypto/sec.c and slots.c: guarded, wiped, compared whole, as many as there is room for. */
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

static enum err read_behind(void *ctx, struct slice bytes)
{
    (void)ctx;
    *(volatile uint8_t *)(uintptr_t)(bytes.p + bytes.n) ^= 1;
    return ERR_OK;
}

static void write_behind_the_end(void *ctx)
{
    struct sec *s = sec_of("secret");

    (void)ctx;
    IGNORE(sec_with(s, read_behind, NULL));
    sec_free(s);
}

/* Whoever runs on from there comes to a page without access before anything else. */
static void read_on(void *ctx)
{
    const volatile uint8_t *p = NULL;

    (void)ctx;
    IGNORE(sec_with(sec_of("secret"), keep_pointer, &p));
    for (;;)
        sink = *p++;
}

static void read_back(void *ctx)
{
    const volatile uint8_t *p = NULL;

    (void)ctx;
    IGNORE(sec_with(sec_of("secret"), keep_pointer, &p));
    for (;;)
        sink = *p--;
}

static void test_memory_is_guarded(void **state)
{
    (void)state;
    assert_dies(read_on, NULL, SIGSEGV);
    assert_dies(read_back, NULL, SIGSEGV);
    assert_aborts(write_behind_the_end, NULL);
}

/* The slot that was left is the next one that is taken. */
static void test_wiped_when_freed(void **state)
{
    const uint8_t *p = NULL, *again = NULL;
    struct sec *s = sec_of("swordfish");

    (void)state;
    IGNORE(sec_with(s, keep_pointer, &p));
    assert_memory_equal(p, "swordfish", 9);
    sec_free(s);
    assert_memory_equal(p, "\0\0\0\0\0\0\0\0\0", 9);
    s = sec_of("herring");
    IGNORE(sec_with(s, keep_pointer, &again));
    assert_ptr_equal(p, again);
    sec_free(s);
}

/* One of each length beside every other; what one is has no part in another. */
static void test_every_length(void **state)
{
    static const size_t lengths[] = {0, 1, 63, 64, 65, 256, 257, 1024, 1025, 4096, 4097, 20479};
    uint8_t *bytes = mem_zalloc(LIM_SECRET_BYTES);
    struct sec *all[4][ARRAY_LEN(lengths)];

    (void)state;
    for (size_t k = 0; k < 4; k++) {
        for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
            memset(bytes, (int)(16 * k + i + 1), lengths[i]);
            all[k][i] = sec_take(bytes, lengths[i]);
        }
    }
    for (size_t k = 0; k < 4; k++) {
        for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
            memset(bytes, (int)(16 * k + i + 1), lengths[i]);
            assert_true(sec_is(all[k][i], slice_of(bytes, lengths[i])));
            sec_free(all[k][i]);
        }
    }
    mem_free(bytes);
}

static enum err called(void *ctx, struct slice bytes)
{
    (void)bytes;
    *(bool *)ctx = true;
    return ERR_OK;
}

/* What there is no room for ends nothing: it is of no use to anybody. Of large and of small ones
 * there are as many as there is memory for, whatever there was of the others before. */
static void check_one_too_many(size_t n, size_t most)
{
    struct sec **all = mem_zalloc_array(most + 1, sizeof(all[0]));
    uint8_t *bytes = mem_zalloc(n);
    struct sec *lost, *some;
    bool was_called = false;
    size_t alive = 0;

    while (alive < most && sec_room(all[alive] = sec_take(bytes, n)) == ERR_OK)
        alive++;
    assert_in_range(alive, most / 2, most - 1);
    memset(bytes, 7, n);
    lost = sec_take(bytes, n);
    assert_int_equal(bytes[0], 0);
    assert_int_equal(bytes[n - 1], 0);
    assert_err(sec_room(lost), ERR_AGAIN);
    assert_err(sec_room(sec_clone(lost)), ERR_AGAIN);
    assert_err(sec_with(lost, called, &was_called), ERR_AGAIN);
    assert_false(was_called);
    assert_true(sec_len(lost) > LIM_SECRET_BYTES);
    assert_false(sec_equal(lost, lost));
    assert_false(sec_equal(lost, NULL));
    assert_false(sec_equal(all[0], lost));
    assert_err(sec_room(sec_clone(all[0])), ERR_AGAIN);
    sec_free(lost);
    sec_free(all[0]);
    some = sec_take(bytes, n);
    assert_err(sec_room(some), ERR_OK);
    sec_free(some);
    for (size_t i = 1; i < alive; i++)
        sec_free(all[i]);
    mem_free(bytes);
    mem_free(all);
}

static void test_one_too_many(void **state)
{
    (void)state;
    check_one_too_many(9, LIM_SECRETS_BYTES / 64);
    check_one_too_many(LIM_SECRET_BYTES, LIM_SECRETS_BYTES / 2 / LIM_SECRET_BYTES);
    check_one_too_many(64, LIM_SECRETS_BYTES / 64);
    assert_err(sec_room(NULL), ERR_OK);
}

static void test_large_ones_leave_room(void **state)
{
    enum { MOST = 8192 };
    static struct sec *large[MOST], *small[MOST];
    uint8_t *bytes = mem_zalloc(LIM_SECRET_BYTES);
    size_t n = 0;

    (void)state;
    while (n < MOST &&
           sec_room(large[n] = sec_take(bytes, n % 2 ? 1025 : LIM_SECRET_BYTES)) == ERR_OK)
        n++;
    assert_true(n < MOST);
    for (size_t i = 0; i < MOST; i++) {
        small[i] = sec_of("swordfish");
        assert_err(sec_room(small[i]), ERR_OK);
    }
    for (size_t i = 0; i < MOST; i++)
        sec_free(small[i]);
    while (n > 0)
        sec_free(large[--n]);
    mem_free(bytes);
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
        cmocka_unit_test(test_wiped_when_freed),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_one_too_many),
        cmocka_unit_test(test_large_ones_leave_room),
        cmocka_unit_test(test_bugs_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
