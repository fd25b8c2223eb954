/* Tests of src/os/loop.c: what may happen inside callbacks, and in which order things run. */
#include "unit.h"

#include "os/loop.h"
#include "os/sock.h"

#include <string.h>
#include <unistd.h>

struct trail {
    struct loop *loop;
    struct loop_watch *watch[2];
    struct loop_timer *timer;
    int fds[2][2];
    char text[64];
};

static void step(struct trail *t, char c)
{
    size_t n = strlen(t->text);

    assert_true(n + 1 < sizeof t->text);
    t->text[n] = c;
}

static void trail_init(struct trail *t)
{
    memset(t, 0, sizeof *t);
    t->loop = loop_new();
    for (int i = 0; i < 2; i++)
        assert_err(sock_pair(t->fds[i]), ERR_OK);
}

static void trail_done(struct trail *t)
{
    for (int i = 0; i < 2; i++) {
        loop_unwatch(t->watch[i]);
        sock_close(t->fds[i][0]);
        sock_close(t->fds[i][1]);
    }
    loop_timer_free(t->timer);
    loop_free(t->loop);
}

static void on_both_remove_both(void *ctx, unsigned events)
{
    struct trail *t = ctx;

    assert_int_equal(events & LOOP_READ, LOOP_READ);
    step(t, 'r');
    for (int i = 0; i < 2; i++) {
        loop_unwatch(t->watch[i]);
        t->watch[i] = NULL;
    }
}

static void test_removed_in_the_same_turn_is_not_called(void **state)
{
    struct trail t;

    (void)state;
    trail_init(&t);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(write(t.fds[i][1], "x", 1), 1);
        t.watch[i] = loop_watch(t.loop, t.fds[i][0], LOOP_READ, on_both_remove_both, &t);
    }
    loop_turn(t.loop, 1000);
    assert_string_equal(t.text, "r");
    trail_done(&t);
}

static void on_event(void *ctx, unsigned events)
{
    struct trail *t = ctx;
    char c;

    if (events & LOOP_READ)
        step(t, 'r');
    if (events & LOOP_WRITE)
        step(t, 'w');
    if (events & LOOP_HANGUP)
        step(t, 'h');
    (void)!read(t->fds[0][0], &c, 1);
}

static void test_events_that_are_watched(void **state)
{
    struct trail t;

    (void)state;
    trail_init(&t);
    t.watch[0] = loop_watch(t.loop, t.fds[0][0], LOOP_WRITE, on_event, &t);
    loop_turn(t.loop, 1000);
    loop_watch_set(t.watch[0], LOOP_READ);
    loop_turn(t.loop, 0);
    assert_string_equal(t.text, "w");
    assert_int_equal(write(t.fds[0][1], "x", 1), 1);
    loop_turn(t.loop, 1000);
    assert_string_equal(t.text, "wr");
    sock_close(t.fds[0][1]);
    t.fds[0][1] = -1;
    loop_turn(t.loop, 1000);
    assert_string_equal(t.text, "wrrh");
    trail_done(&t);
}

static void on_timer(void *ctx)
{
    step(ctx, 't');
}

static void on_deferred(void *ctx)
{
    step(ctx, 'd');
}

static void on_deferred_twice(void *ctx)
{
    struct trail *t = ctx;

    step(t, 'e');
    loop_defer(t->loop, on_deferred, t);
}

static void on_deferred_again(void *ctx)
{
    struct trail *t = ctx;

    step(t, 'D');
    loop_defer(t->loop, on_deferred_twice, t);
}

static void on_read_all_kinds(void *ctx, unsigned events)
{
    struct trail *t = ctx;

    on_event(t, events);
    loop_timer_set(t->timer, 0);
    loop_defer(t->loop, on_deferred_again, t);
    loop_defer(t->loop, on_deferred_again, t);
}

static void test_order_of_a_turn(void **state)
{
    struct trail t;

    (void)state;
    trail_init(&t);
    t.timer = loop_timer_new(t.loop, on_timer, &t);
    t.watch[0] = loop_watch(t.loop, t.fds[0][0], LOOP_READ, on_read_all_kinds, &t);
    assert_int_equal(write(t.fds[0][1], "x", 1), 1);
    loop_turn(t.loop, 1000);
    assert_string_equal(t.text, "rtDe"); /* once, although deferred twice */
    loop_turn(t.loop, 1000);             /* returns at once: something is deferred */
    assert_string_equal(t.text, "rtDed");
    /* What goes on deferring waits for what has come meanwhile. */
    assert_int_equal(write(t.fds[0][1], "x", 1), 1);
    loop_turn(t.loop, 1000);
    assert_int_equal(write(t.fds[0][1], "x", 1), 1);
    loop_turn(t.loop, 1000);
    assert_string_equal(t.text, "rtDedrtDertdDe");
    trail_done(&t);
}

static void on_deferred_cancels(void *ctx)
{
    struct trail *t = ctx;

    step(t, 'c');
    loop_undefer(t->loop, on_deferred, t);
}

static void test_deferred_is_taken_back(void **state)
{
    struct trail t;

    (void)state;
    trail_init(&t);
    loop_defer(t.loop, on_deferred, &t);
    loop_undefer(t.loop, on_deferred, &t);
    loop_undefer(t.loop, on_deferred, &t);
    loop_turn(t.loop, 0);
    assert_string_equal(t.text, "");
    loop_defer(t.loop, on_deferred_cancels, &t);
    loop_defer(t.loop, on_deferred, &t); /* of the same turn, and not run yet */
    loop_turn(t.loop, 0);
    assert_string_equal(t.text, "c");
    loop_defer(t.loop, on_deferred, &t); /* left behind: loop_free takes it */
    trail_done(&t);
}

static void on_timer_again(void *ctx)
{
    struct trail *t = ctx;

    step(t, 't');
    loop_timer_set(t->timer, 0);
}

static void test_a_timer_set_by_itself_runs_once_a_turn(void **state)
{
    struct trail t;

    (void)state;
    trail_init(&t);
    t.timer = loop_timer_new(t.loop, on_timer_again, &t);
    loop_timer_set(t.timer, 0);
    loop_turn(t.loop, 1000);
    assert_string_equal(t.text, "t");
    loop_turn(t.loop, 1000);
    assert_string_equal(t.text, "tt");
    loop_timer_stop(t.timer);
    loop_turn(t.loop, 0);
    assert_string_equal(t.text, "tt");
    trail_done(&t);
}

static void on_timer_frees_itself(void *ctx)
{
    struct trail *t = ctx;

    step(t, 'f');
    loop_timer_free(t->timer);
    t->timer = NULL;
    loop_stop(t->loop);
}

static void test_run_until_stop_and_time_goes_on(void **state)
{
    struct trail t;
    uint64_t before;

    (void)state;
    trail_init(&t);
    before = loop_now(t.loop);
    t.timer = loop_timer_new(t.loop, on_timer_frees_itself, &t);
    loop_timer_set(t.timer, 5);
    loop_run(t.loop);
    assert_string_equal(t.text, "f");
    assert_true(loop_now(t.loop) >= before + 5);
    trail_done(&t);
}

static void test_edge_is_told_once(void **state)
{
    struct trail t;
    char c;

    (void)state;
    trail_init(&t);
    t.watch[1] = loop_watch(t.loop, t.fds[1][0], LOOP_READ | LOOP_EDGE, on_event, &t);
    assert_int_equal(write(t.fds[1][1], "x", 1), 1);
    loop_turn(t.loop, 1000);
    loop_turn(t.loop, 0);
    assert_string_equal(t.text, "r");
    assert_int_equal(read(t.fds[1][0], &c, 1), 1);
    trail_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_removed_in_the_same_turn_is_not_called),
        cmocka_unit_test(test_events_that_are_watched),
        cmocka_unit_test(test_order_of_a_turn),
        cmocka_unit_test(test_deferred_is_taken_back),
        cmocka_unit_test(test_a_timer_set_by_itself_runs_once_a_turn),
        cmocka_unit_test(test_run_until_stop_and_time_goes_on),
        cmocka_unit_test(test_edge_is_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
