/* Tests of src/os/worker.c: jobs that the test itself holds up. */
#include "unit.h"

#include <pthread.h>

#include "base/mem.h"
#include "os/worker.h"

enum { MAX = 6 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool held;                 /* who begins waits until it is not */
    unsigned began, ran, done; /* threads, threads, loop */
    unsigned alive;            /* jobs */
    uint64_t last, last_begun;
} all = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void run(struct worker_job *j)
{
    pthread_mutex_lock(&all.lock);
    all.began++;
    all.last_begun = j->ticket;
    pthread_cond_broadcast(&all.changed);
    while (all.held)
        pthread_cond_wait(&all.changed, &all.lock);
    all.ran++;
    pthread_mutex_unlock(&all.lock);
}

static void on_done(void *ctx, struct worker_job *j)
{
    assert_ptr_equal(ctx, &all);
    all.done++;
    all.last = j->ticket;
}

static void job_free(struct worker_job *j)
{
    all.alive--;
    mem_free(j);
}

static const struct worker_ops ops = {MAX, 2, 2, {3, 1, 1}, run, on_done, job_free};

static struct worker *start(struct loop *l, size_t threads, bool held)
{
    struct worker *w;

    all.held = held;
    all.began = all.ran = all.done = all.alive = 0;
    assert_err(worker_new(l, &ops, &all, &w), ERR_OK);
    if (threads > 0)
        assert_err(worker_start(w, threads), ERR_OK);
    return w;
}

static enum err ask_lane(struct worker *w, uint64_t ticket, unsigned group, unsigned lane)
{
    struct worker_job *j = MEM_NEW(struct worker_job);

    all.alive++;
    j->group = group;
    j->lane = lane;
    return worker_ask(w, j, ticket);
}

static enum err ask_in(struct worker *w, uint64_t ticket, unsigned group)
{
    return ask_lane(w, ticket, group, 0);
}

/* Each in a group of its own. */
static enum err ask(struct worker *w, uint64_t ticket)
{
    return ask_in(w, ticket, (unsigned)ticket);
}

static void wait_begun(unsigned n)
{
    pthread_mutex_lock(&all.lock);
    while (all.began < n)
        pthread_cond_wait(&all.changed, &all.lock);
    pthread_mutex_unlock(&all.lock);
}

static void let_go(void)
{
    pthread_mutex_lock(&all.lock);
    all.held = false;
    pthread_cond_broadcast(&all.changed);
    pthread_mutex_unlock(&all.lock);
}

static void wait_done(struct loop *l, unsigned n)
{
    while (all.done < n)
        loop_turn(l, 1000);
    assert_int_equal(all.done, n);
    assert_int_equal(all.ran, n);
}

static void test_bounded_and_in_order(void **state)
{
    struct loop *l = loop_new();
    struct worker *w = start(l, 1, false);

    (void)state;
    for (uint64_t i = 1; i <= MAX; i++)
        assert_err(ask(w, i), ERR_OK);
    assert_err(ask(w, 9), ERR_AGAIN); /* none is taken off before the loop turns */
    wait_done(l, MAX);
    assert_int_equal(all.last, MAX);
    assert_int_equal(all.alive, 0);
    assert_err(ask(w, 10), ERR_OK);
    wait_done(l, MAX + 1);
    worker_free(w);
    loop_free(l);
}

static void test_asked_before_the_threads(void **state)
{
    struct loop *l = loop_new();
    struct worker *w = start(l, 0, false);

    (void)state;
    assert_err(ask(w, 1), ERR_OK);
    assert_err(worker_start(w, 2), ERR_OK);
    wait_done(l, 1);
    worker_free(w);
    loop_free(l);
}

static void test_threads_work_side_by_side(void **state)
{
    struct loop *l = loop_new();
    struct worker *w = start(l, 3, true);

    (void)state;
    for (uint64_t i = 1; i <= 3; i++)
        assert_err(ask(w, i), ERR_OK);
    wait_begun(3); /* or for ever */
    let_go();
    wait_done(l, 3);
    worker_free(w);
    loop_free(l);
}

static void test_a_group_has_its_share(void **state)
{
    struct loop *l = loop_new();
    struct worker *w = start(l, 3, true);

    (void)state;
    assert_err(ask_in(w, 1, 1), ERR_OK);
    assert_err(ask_in(w, 2, 1), ERR_OK);
    wait_begun(2);
    assert_err(ask_in(w, 3, 1), ERR_OK);
    assert_err(ask_in(w, 4, 1), ERR_OK);
    assert_err(ask_in(w, 5, 1), ERR_AGAIN);
    assert_err(ask_in(w, 6, 2), ERR_OK);
    wait_begun(3);
    assert_int_equal(all.last_begun, 6); /* and not 3, which came before it */
    let_go();
    wait_done(l, 5);
    worker_free(w);
    loop_free(l);
}

/* Of lane 1 only one begins, though there are threads; until its group is of lane 0. */
static void test_a_lane_has_its_share(void **state)
{
    struct loop *l = loop_new();
    struct worker *w = start(l, 3, true);

    (void)state;
    assert_err(ask_lane(w, 1, 1, 1), ERR_OK);
    wait_begun(1);
    assert_err(ask_lane(w, 2, 2, 1), ERR_OK);
    assert_err(ask_lane(w, 3, 3, 2), ERR_OK); /* counts for lane 1 too */
    assert_err(ask_lane(w, 4, 4, 0), ERR_OK);
    wait_begun(2);
    assert_int_equal(all.last_begun, 4);
    worker_set_lane(w, 2, 0);
    wait_begun(3);
    assert_int_equal(all.last_begun, 2);
    let_go();
    wait_done(l, 4);
    assert_int_equal(all.last_begun, 3);
    worker_free(w);
    loop_free(l);
}

/* What waits in lane 0 begins before what has waited longer in another. */
static void test_first_lane_first(void **state)
{
    struct loop *l = loop_new();
    struct worker *w = start(l, 1, true);

    (void)state;
    assert_err(ask(w, 1), ERR_OK);
    wait_begun(1);
    assert_err(ask_lane(w, 2, 2, 2), ERR_OK);
    assert_err(ask_lane(w, 3, 3, 1), ERR_OK);
    assert_err(ask_lane(w, 4, 4, 0), ERR_OK);
    let_go();
    wait_done(l, 4);
    assert_int_equal(all.last, 2);
    worker_free(w);
    loop_free(l);
}

static void test_dropped_is_not_done(void **state)
{
    struct loop *l = loop_new();
    struct worker *w = start(l, 1, true);

    (void)state;
    assert_err(ask(w, 1), ERR_OK);
    wait_begun(1);
    for (uint64_t i = 2; i <= MAX; i++)
        assert_err(ask(w, i), ERR_OK);
    worker_drop(w, 3);
    worker_drop(w, 2);
    worker_drop(w, 2);
    worker_drop(w, 1); /* a thread has it */
    assert_int_equal(all.alive, MAX - 2);
    assert_err(ask(w, MAX + 1), ERR_OK); /* there is room again */
    assert_err(ask(w, MAX + 2), ERR_OK);
    assert_err(ask(w, MAX + 3), ERR_AGAIN);
    let_go();
    wait_done(l, MAX);
    assert_int_equal(all.last, MAX + 2);
    worker_free(w);
    loop_free(l);
}

/* With one in a thread, others waiting, and none that the loop has looked at. */
static void test_freed_with_work_waiting(void **state)
{
    struct loop *l = loop_new();
    struct worker *w = start(l, 1, true);

    (void)state;
    for (uint64_t i = 1; i <= MAX; i++)
        assert_err(ask(w, i), ERR_OK);
    wait_begun(1);
    let_go();
    worker_free(w);
    assert_int_equal(all.alive, 0);
    assert_int_equal(all.done, 0);
    worker_free(NULL);
    loop_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounded_and_in_order),
        cmocka_unit_test(test_asked_before_the_threads),
        cmocka_unit_test(test_threads_work_side_by_side),
        cmocka_unit_test(test_a_group_has_its_share),
        cmocka_unit_test(test_a_lane_has_its_share),
        cmocka_unit_test(test_first_lane_first),
        cmocka_unit_test(test_dropped_is_not_done),
        cmocka_unit_test(test_freed_with_work_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
