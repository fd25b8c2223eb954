/* How the whole supervisor starts: what it waits for, and what it says when it cannot. */
#include "run.h"

#include "os/sock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

static void test_what_cannot_start_stops_the_start(void **state)
{
    struct world *w = *state;

    configure(w, geteuid() == 0 ? "root" : "");
    play(w, "keeper", "fail");
    start(w, NULL);
    expect(w, "process=\"keeper\"", "event=open_failed error=CORRUPT");
    expect(w, "event=cannot_start name=\"keeper\"");
    assert_int_equal(wait_status(w), 1);
}

static void configure_more(const struct world *w, const char *more)
{
    int fd = -1;

    configure(w, geteuid() == 0 ? "root" : "");
    fd = open(at(w, "c.yaml"), O_WRONLY | O_APPEND);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, more, strlen(more)), strlen(more));
    close(fd);
}

/* Slow is one that says nothing for start_time; with something large to open it says so. */
static void test_a_start_that_goes_on(void **state)
{
    struct world *w = *state;

    configure_more(w, "limits: {start_time: 1s}\n");
    play(w, "audit", "slow");
    start(w, NULL);
    expect(w, "sidegate is ready");
    assert_int_equal(stop(w), 0);
    assert_null(strstr(w->log, "process_too_slow"));
}

static void test_a_start_that_does_not(void **state)
{
    struct world *w = *state;

    configure_more(w, "limits: {start_time: 1s}\n");
    play(w, "audit", "stuck");
    start(w, NULL);
    expect(w, "event=process_too_slow name=\"audit\" to=\"start\"");
    expect(w, "event=cannot_start name=\"audit\"");
    assert_int_equal(wait_status(w), 1);
}

/* Whatever of an earlier Sidegate still lives has the lock, and with it listeners, store and log.
 */
static void test_waits_for_what_is_left_of_an_earlier_one(void **state)
{
    struct world *w = *state;
    int lock;

    start_usual(w);
    expect(w, "sidegate is ready");
    lock = open(at(w, "run/lock"), O_RDONLY);
    assert_true(lock >= 0);
    assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), -1);
    assert_int_equal(kill(w->pid, SIGKILL), 0);
    assert_int_equal(wait_status(w), -1);
    assert_int_equal(flock(lock, LOCK_EX), 0); /* the last of its children is gone */
    start(w, NULL);
    assert_false(sock_wait(w->fd, 100)); /* it waits */
    assert_int_equal(flock(lock, LOCK_UN), 0);
    expect(w, "sidegate is ready");
    close(lock);
    assert_int_equal(stop(w), 0);
}

static void test_one_at_a_time(void **state)
{
    struct world *w = *state, second;

    start_usual(w);
    expect(w, "sidegate is ready");
    second = *w;
    start(&second, NULL);
    expect(&second, "another Sidegate is running");
    assert_int_equal(wait_status(&second), 1);
    assert_int_equal(stop(w), 0);
}

static void test_init_starts_the_core_alone(void **state)
{
    struct world *w = *state;

    configure(w, geteuid() == 0 ? "root" : "");
    start(w, "--init");
    expect(w, "sidegate is ready for its command alone");
    assert_int_equal(stop(w), 0);
    assert_null(strstr(w->log, "gateway"));
    assert_non_null(strstr(w->log, "process_ready name=\"audit\""));
}

/* Decision 0031 rests on it. */
static void test_a_gateway_knows_whether_it_is_alone(void **state)
{
    struct world *w = *state;

    for (unsigned n = 1; n <= 2; n++) {
        configure_with(w, geteuid() == 0 ? "root" : "", n);
        start(w, NULL);
        expect(w, "sidegate is ready");
        assert_int_equal(stop(w), 0);
        assert_int_equal(strstr(w->log, "alone=1") != NULL, n == 1);
        assert_int_equal(strstr(w->log, "alone=0") != NULL, n == 2);
    }
}

static void test_without_landlock(void **state)
{
    struct world *w = *state;

    configure(w, geteuid() == 0 ? "root" : "");
    start(w, "--no-landlock");
    expect(w, "sidegate is ready");
    assert_int_equal(stop(w), 0);
    assert_null(strstr(w->log, "landlock=7"));
    assert_non_null(strstr(w->log, "landlock=0"));
}

static void test_bad_starts_say_why(void **state)
{
    struct world *w = *state;

    configure(w, "no-such-account");
    start(w, NULL);
    expect(w, "the account that 'user:' names does not exist");
    assert_int_equal(wait_status(w), 1);
    start(w, "--nonsense");
    expect(w, "usage: ");
    assert_int_equal(wait_status(w), 2);
    write_text(at(w, "c.yaml"), "data: data\nrum: run\n");
    start(w, NULL);
    expect(w, "c.yaml:2:");
    assert_int_equal(wait_status(w), 1);
    configure(w, geteuid() == 0 ? "root" : "");
    assert_int_equal(chmod(at(w, "data"), 0755), 0);
    start(w, NULL);
    expect(w, "data must belong to the account that Sidegate runs as, and be closed to others");
    assert_int_equal(wait_status(w), 1);
}

/* What the keeper is told that it may work in, its jail lets it open: not what is audit's. */
static void test_folders_of_the_keeper(void **state)
{
    struct world *w = *state;

    configure(w, geteuid() == 0 ? "root" : "");
    start(w, NULL);
    expect(w, "process=\"keeper\"", "event=opened", "/data/store\"", "/keys/master\"");
    rewind_log(w);
    expect(w, "process=\"audit\"", "event=opened", "/data\"", "/keys\"");
    expect(w, "text=\"sidegate is ready\"");
    assert_int_equal(stop(w), 0);
}

/* Deleted, not mounted, or mistyped: what would be made there would stand in the way of the right
 * one. */
static void test_keys_without_data(void **state)
{
    struct world *w = *state;

    configure(w, geteuid() == 0 ? "root" : "");
    assert_int_equal(mkdir(at(w, "keys"), 0700), 0);
    assert_int_equal(mkdir(at(w, "keys/master"), 0700), 0);
    write_text(at(w, "keys/master/master-1.key"), "key");

    start(w, NULL); /* there is something in data/, and the keeper looks what it is */
    expect(w, "sidegate is ready");
    assert_int_equal(stop(w), 0);

    assert_int_equal(rmdir(at(w, "data/store")), 0);
    start(w, "--init");
    expect(w, "event=keys_of_another_store", "data");
    assert_int_equal(wait_status(w), 1);
    assert_int_equal(rmdir(at(w, "data")), 0); /* it is still empty */

    start(w, NULL);
    expect(w, "event=keys_of_another_store", "data");
    assert_int_equal(wait_status(w), 1);
    assert_int_equal(access(at(w, "data"), F_OK), -1);
}

static void test_root_becomes_somebody_else(void **state)
{
    struct world *w = *state;

    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(w->dir, 0755), 0);
    configure(w, "nobody");
    start(w, NULL);
    expect(w, "data must belong to the account that Sidegate runs as"); /* it is root's */
    assert_int_equal(wait_status(w), 1);
    assert_int_equal(rmdir(at(w, "data/store")), 0);
    assert_int_equal(rmdir(at(w, "data")), 0);
    start(w, NULL);
    expect(w, "process=\"keeper\"", "event=opened", "uid=65534");
    expect(w, "sidegate is ready");
    assert_int_equal(stop(w), 0);
    assert_null(strstr(w->log, "uid=0"));
    configure(w, "");
    start(w, NULL);
    expect(w, "there is no account 'sidegate'");
    assert_int_equal(wait_status(w), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_new, world_free)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        T(test_what_cannot_start_stops_the_start),
        T(test_a_start_that_goes_on),
        T(test_a_start_that_does_not),
        T(test_waits_for_what_is_left_of_an_earlier_one),
        T(test_one_at_a_time),
        T(test_init_starts_the_core_alone),
        T(test_a_gateway_knows_whether_it_is_alone),
        T(test_without_landlock),
        T(test_bad_starts_say_why),
        T(test_folders_of_the_keeper),
        T(test_keys_without_data),
        T(test_root_becomes_somebody_else),
    };

    if (!run_programs(argc, argv))
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
