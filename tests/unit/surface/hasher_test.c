/* The password thread. */
#include "surface/hasher.h"

#include "base/limits.h"
#include "crypto/init.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct got {
    size_t n, failed;
    uint64_t tickets[2 * LIM_HASHES + 2]; /* in the order that they came */
    struct sec *verifier;
};

static void on_hashed(void *ctx, uint64_t ticket, struct sec *verifier)
{
    struct got *g = ctx;

    assert_true(g->n < ARRAY_LEN(g->tickets));
    g->tickets[g->n++] = ticket;
    g->failed += verifier == NULL;
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

/* One of the usual cost, each under a name of its own. */
static enum err ask_in(struct hasher *h, enum hasher_lane lane, uint64_t ticket)
{
    char name[32];

    (void)snprintf(name, sizeof(name), "made-up-%u", (unsigned)ticket);
    return hasher_ask(
        h,
        &(struct hasher_ask){
            .ticket = ticket, .lane = lane, .name = slice_str(name), .salt = salt, .cost = cheap},
        password("x"));
}

static enum err ask(struct hasher *h, uint64_t ticket, const char *typed, struct password_cost cost)
{
    return hasher_ask(h,
                      &(struct hasher_ask){.ticket = ticket,
                                           .lane = HASHER_STRANGERS,
                                           .name = SLICE_LIT("ana"),
                                           .salt = salt,
                                           .cost = cost},
                      password(typed));
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
    assert_int_equal(ask(h, 1, "correct horse", cheap), ERR_OK);
    wait_for(l, &g, 1);
    assert_int_equal(password_verifier(p, salt, cheap, &direct), ERR_OK);
    assert_true(sec_equal(direct, g.verifier));
    /* A cost that is not allowed. */
    assert_int_equal(ask(h, 2, "x", (struct password_cost){0, 0}), ERR_OK);
    wait_for(l, &g, 2);
    assert_int_equal(g.failed, 1);
    sec_free(direct);
    sec_free(p);
    sec_free(g.verifier);
    hasher_free(h);
    loop_free(l);
}

/* None is taken off before the loop turns, but the one that the thread has. */
static void test_lanes_are_bounded(void **state)
{
    struct loop *l = loop_new();
    struct got g = {0};
    struct hasher *h = NULL;
    uint64_t strangers = 0, known = 0;

    (void)state;
    assert_int_equal(hasher_new(l, on_hashed, &g, &h), ERR_OK);
    while (ask_in(h, HASHER_STRANGERS, strangers + 1) == ERR_OK)
        strangers++;
    assert_int_equal(strangers, LIM_HASHES + 1);
    while (ask_in(h, HASHER_KNOWN, 101 + known) == ERR_OK)
        known++;
    assert_int_equal(known, LIM_HASHES); /* however many strangers there are */
    /* After the one under way all who are known, and then strangers, in the order asked. */
    wait_for(l, &g, strangers + known);
    assert_int_equal(g.tickets[0], 1);
    for (size_t i = 0; i < known; i++)
        assert_int_equal(g.tickets[1 + i], 101 + i);
    for (size_t i = 1; i < strangers; i++)
        assert_int_equal(g.tickets[known + i], 1 + i);
    /* Freed with work waiting. */
    assert_int_equal(ask_in(h, HASHER_STRANGERS, 1), ERR_OK);
    assert_int_equal(ask_in(h, HASHER_KNOWN, 2), ERR_OK);
    assert_int_equal(ask_in(h, HASHER_STRANGERS, 3), ERR_OK);
    hasher_free(h);
    sec_free(g.verifier);
    loop_free(l);
}

static void test_one_name_fills_no_lane(void **state)
{
    struct loop *l = loop_new();
    struct got g = {0};
    struct hasher *h = NULL;
    uint64_t asked = 0;

    (void)state;
    assert_int_equal(hasher_new(l, on_hashed, &g, &h), ERR_OK);
    while (ask(h, asked + 1, "x", cheap) == ERR_OK)
        asked++;
    assert_int_equal(asked, LIM_HASHES_OF_NAME + 1); /* one of them is under way */
    assert_int_equal(ask_in(h, HASHER_STRANGERS, 50), ERR_OK);
    hasher_drop(h, asked); /* who left makes room */
    assert_int_equal(ask(h, 51, "x", cheap), ERR_OK);
    assert_int_equal(ask(h, 52, "x", cheap), ERR_AGAIN);
    wait_for(l, &g, LIM_HASHES_OF_NAME + 2);
    for (size_t i = 0; i < g.n; i++)
        assert_int_not_equal(g.tickets[i], asked); /* it is this one that left */
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
    assert_int_equal(hasher_new(l, on_hashed, &g, &h), ERR_OK);
    assert_int_equal(ask(h, 1, "x", dear), ERR_OK);
    assert_int_equal(ask(h, 2, "x", dear), ERR_OK);
    assert_int_equal(ask(h, 3, "x", cheap), ERR_OK);
    assert_int_equal(limit_set(SET_PAGE_TIME, 100), ERR_OK);
    /* Who waits has waited for too long to let more in. */
    while (ask(h, 4, "x", dear) == ERR_OK)
        hasher_drop(h, 4);
    assert_int_equal(ask_in(h, HASHER_KNOWN, 6), ERR_OK); /* which is true of one lane */
    hasher_drop(h, 6);
    hasher_drop(h, 2);
    hasher_drop(h, 3);
    hasher_drop(h, 3); /* it is not there any more */
    assert_int_equal(ask(h, 5, "x", cheap), ERR_OK);
    wait_for(l, &g, 2);
    assert_int_equal(g.tickets[1], 5);
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
        cmocka_unit_test(test_lanes_are_bounded),
        cmocka_unit_test(test_one_name_fills_no_lane),
        cmocka_unit_test(test_who_left_is_not_hashed),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
