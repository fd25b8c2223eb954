/* Tests of what one process may have written to the log: how much, and of that the share that is
 * kept for what somebody should look at. */
#include "unit.h"

#include "base/limits.h"
#include "supervisor/supervisor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FOR_ALL = LIM_LOG_BURST - LIM_LOG_KEPT };

/* A process of a supervisor, whose log is a file. Time stands still: its loop never turns. */
struct world {
    struct config config;
    struct supervisor sup;
    struct proc proc;
    int log, old; /* our own descriptor 2 */
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    w->config.level = LEVEL_INFO;
    w->sup.config = &w->config;
    w->sup.loop = loop_new();
    w->proc.sup = &w->sup;
    strcpy(w->proc.label, "gateway 0");
    w->log = memfd_create("log", MFD_CLOEXEC);
    w->old = dup(2);
    assert_true(w->log >= 0 && w->old >= 0 && dup2(w->log, 2) == 2);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    dup2(w->old, 2);
    close(w->old);
    close(w->log);
    loop_free(w->sup.loop);
    free(w);
    return 0;
}

static void say(struct world *w, const char *line, unsigned times)
{
    while (times-- > 0)
        logs_line(&w->proc, slice_str(line));
}

/* How often the log has it. */
static unsigned logged(const struct world *w, const char *text)
{
    size_t n = (size_t)lseek(w->log, 0, SEEK_END);
    char *all = calloc(1, n + 1);
    unsigned times = 0;

    assert_non_null(all);
    assert_int_equal(pread(w->log, all, n, 0), n);
    for (const char *p = all; (p = strstr(p, text)) != NULL; p++)
        times++;
    free(all);
    return times;
}

static void test_warnings_have_a_share(void **state)
{
    struct world *w = *state;

    say(w, "info chatter", LIM_LOG_BURST * 2);
    assert_int_equal(logged(w, "event=chatter"), FOR_ALL);
    say(w, "warn look", LIM_LOG_KEPT - 1);
    say(w, "error look", 1);
    assert_int_equal(logged(w, "event=look"), LIM_LOG_KEPT);
    say(w, "error look", 1); /* and that is all */
    assert_int_equal(logged(w, "event=look"), LIM_LOG_KEPT);
}

/* Nobody waits for a share that is not used. */
static void test_warnings_may_have_all(void **state)
{
    struct world *w = *state;

    say(w, "warn look", LIM_LOG_BURST * 2);
    assert_int_equal(logged(w, "event=look"), LIM_LOG_BURST);
}

static void test_goes_on(void **state)
{
    struct world *w = *state;

    say(w, "info chatter", FOR_ALL + 7);
    w->proc.budget.pace.at -= 1000; /* a second passes */
    say(w, "info chatter", LIM_LOG_RATE + 3);
    assert_int_equal(logged(w, "event=chatter"), FOR_ALL + LIM_LOG_RATE);
    assert_int_equal(logged(w, "log_lines_dropped by=\"gateway 0\" count=7\n"), 1);
}

static void test_debug_is_longer(void **state)
{
    struct world *w = *state;

    w->config.level = LEVEL_DEBUG;
    say(w, "debug chatter", LIM_LOG_BURST * 11);
    assert_int_equal(logged(w, "event=chatter"), FOR_ALL * 10);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_warnings_have_a_share),
        T(test_warnings_may_have_all),
        T(test_goes_on),
        T(test_debug_is_longer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
