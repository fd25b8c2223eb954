/* The password thread. */
#include "surface/hasher.h"

#include "base/limits.h"
#include "crypto/init.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct got {
    size_t n, failed;
    uint64_t last;
    struct sec *verifier;
};

static void on_hashed(void *ctx, uint64_t ticket, struct sec *verifier)
{
    struct got *g = ctx;

    g->n++;
    g->failed += verifier == NULL;
    assert_true(ticket > g->last); /* in the order asked */
    g->last = ticket;
    sec_free(g->verifier);
    g->verifier = verifier;
}

static const struct password_cost cheap = {1, 8192};
static const uint8_t salt[PASSWORD_SALT_BYTES] = {1};

static struct sec *password(const char *text)
{
    char copy[32];

    (void)strcpy(copy, text);
    return sec_take(copy, strlen(copy));
}

static void wait_for(struct loop *l, const struct got *g, size_t n)
{
    for (int i = 0; g->n < n && i < 6000; i++)
        loop_turn(l, 10);
    assert_int_equal(g->n, n);
}

static void test_hashes(void **state)
{
    struct loop *l = loop_new();
    struct got g = {0};
    struct hasher *h = NULL;
    struct sec *direct = NULL, *p = password("correct horse");

    (void)state;
    assert_int_equal(hasher_new(l, on_hashed, &g, &h), ERR_OK);
    assert_int_equal(hasher_ask(h, 1, password("correct horse"), salt, cheap), ERR_OK);
    wait_for(l, &g, 1);
    assert_int_equal(password_verifier(p, salt, cheap, &direct), ERR_OK);
    assert_true(sec_equal(direct, g.verifier));
    /* A cost that is not allowed. */
    assert_int_equal(hasher_ask(h, 2, password("x"), salt, (struct password_cost){0, 0}), ERR_OK);
    wait_for(l, &g, 2);
    assert_int_equal(g.failed, 1);
    sec_free(direct);
    sec_free(p);
    sec_free(g.verifier);
    hasher_free(h);
    loop_free(l);
}

static void test_queue_is_bounded(void **state)
{
    struct loop *l = loop_new();
    struct got g = {0};
    struct hasher *h = NULL;
    uint64_t asked = 0;

    (void)state;
    assert_int_equal(hasher_new(l, on_hashed, &g, &h), ERR_OK);
    while (hasher_ask(h, asked + 1, password("x"), salt, cheap) == ERR_OK)
        asked++;
    assert_int_equal(asked, LIM_HASHES); /* none is taken off before the loop turns */
    wait_for(l, &g, LIM_HASHES);
    assert_int_equal(hasher_ask(h, asked + 1, password("x"), salt, cheap), ERR_OK);
    /* Freed with work waiting. */
    hasher_free(h);
    sec_free(g.verifier);
    loop_free(l);
}

static const struct password_cost dear = {LIM_PASSWORD_OPS_MOST, LIM_PASSWORD_MEM};

/* The thread is busy with the first for longer than all of this takes. */
static void test_who_left_is_not_hashed(void **state)
{
    struct loop *l = loop_new();
    struct got g = {0};
    struct hasher *h = NULL;

    (void)state;
    assert_int_equal(limit_set(SET_PAGE_TIME, 100), ERR_OK);
    assert_int_equal(hasher_new(l, on_hashed, &g, &h), ERR_OK);
    assert_int_equal(hasher_ask(h, 1, password("x"), salt, dear), ERR_OK);
    assert_int_equal(hasher_ask(h, 2, password("x"), salt, dear), ERR_OK);
    assert_int_equal(hasher_ask(h, 3, password("x"), salt, cheap), ERR_OK);
    /* Who waits has waited for too long to let more in. */
    while (hasher_ask(h, 4, password("x"), salt, dear) == ERR_OK)
        hasher_drop(h, 4);
    hasher_drop(h, 2);
    hasher_drop(h, 3);
    hasher_drop(h, 3); /* it is not there any more */
    assert_int_equal(hasher_ask(h, 5, password("x"), salt, cheap), ERR_OK);
    wait_for(l, &g, 2);
    assert_int_equal(g.last, 5);
    assert_int_equal(limit_set(SET_PAGE_TIME, 10000), ERR_OK);
    hasher_free(h);
    sec_free(g.verifier);
    loop_free(l);
}

static int set_up(void **state)
{
    (void)state;
    crypto_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_queue_is_bounded),
        cmocka_unit_test(test_who_left_is_not_hashed),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
