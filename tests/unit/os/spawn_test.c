/* Tests of src/os/spawn.c and src/os/signals.c: what a child has and has not, and how its end is
 * learnt. The child is this program itself, called with an argument. */
#include "unit.h"

#include "os/loop.h"
#include "os/signals.h"
#include "os/sock.h"
#include "os/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

extern char **environ;

/* --- the child -------------------------------------------------------------------------------- */

/* Bits of what is not as it should be. */
static int child_problems(void)
{
    int death = 0, bad = 0;
    sigset_t blocked;
    char c;

    for (int fd = 4; fd < 1024; fd++)
        bad |= fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    bad |= read(0, &c, 1) == 0 ? 0 : 2;
    bad |= prctl(PR_GET_PDEATHSIG, &death) == 0 && death == SIGKILL ? 0 : 4;
    bad |= getpgrp() == getpid() ? 0 : 8;
    bad |=
        environ[0] != NULL && strcmp(environ[0], "ONLY=this") == 0 && environ[1] == NULL ? 0 : 16;
    bad |= sigprocmask(SIG_BLOCK, NULL, &blocked) == 0 && sigisemptyset(&blocked) ? 0 : 32;
    bad |= signal(SIGTERM, SIG_DFL) == SIG_DFL && signal(SIGPIPE, SIG_IGN) == SIG_IGN ? 0 : 64;
    return bad;
}

static int child(const char *what)
{
    if (strcmp(what, "look") == 0)
        return child_problems();
    if (strcmp(what, "talk") == 0)
        return write(2, "line\n", 5) == 5 && sock_send(3, SLICE_LIT("hello"), -1) == ERR_OK ? 7 : 1;
    for (;;)
        (void)pause();
}

/* --- the tests -------------------------------------------------------------------------------- */

struct run {
    struct child child;
    int channel[2], log[2];
};

static enum err run(struct run *r, const char *path, const char *what)
{
    const char *argv[] = {"child", what, NULL};
    const char *env[] = {"ONLY=this", NULL};
    struct spawn s = {.path = path, .argv = argv, .env = env};
    enum err e;

    assert_err(sock_pair(r->channel), ERR_OK);
    assert_err(spawn_log_pipe(r->log), ERR_OK);
    s.channel = r->channel[1];
    s.log = r->log[1];
    e = spawn_child(&s, &r->child);
    sock_close(r->channel[1]);
    sock_close(r->log[1]);
    return e;
}

static struct child_end wait_end(struct run *r)
{
    struct child_end end = {0};

    assert_true(sock_wait(r->child.handle, 10000));
    assert_err(spawn_reap(&r->child, &end), ERR_OK);
    assert_int_equal(r->child.handle, -1);
    sock_close(r->channel[0]);
    sock_close(r->log[0]);
    return end;
}

static void test_child_has_nothing_but_its_four_descriptors(void **state)
{
    struct run r;
    struct child_end end;
    int leak = open("/dev/null", O_RDONLY); /* without close-on-exec, on purpose */
    sigset_t some;

    (void)state;
    sigemptyset(&some);
    sigaddset(&some, SIGTERM);
    sigprocmask(SIG_BLOCK, &some, NULL);
    signal(SIGTERM, SIG_IGN);
    assert_err(run(&r, "/proc/self/exe", "look"), ERR_OK);
    end = wait_end(&r);
    assert_false(end.signalled);
    assert_int_equal(end.code, 0);
    signal(SIGTERM, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &some, NULL);
    close(leak);
}

static void test_child_talks(void **state)
{
    struct run r;
    uint8_t in[16];
    size_t n = 0;
    int pass;

    (void)state;
    assert_err(run(&r, "/proc/self/exe", "talk"), ERR_OK);
    assert_true(sock_wait(r.channel[0], 10000));
    assert_err(sock_recv(r.channel[0], in, sizeof in, &n, &pass), ERR_OK);
    assert_slice(slice_of(in, n), "hello");
    assert_true(sock_wait(r.log[0], 10000));
    assert_int_equal(read(r.log[0], in, sizeof in), 5);
    assert_int_equal(wait_end(&r).code, 7);
}

static void test_child_is_signalled(void **state)
{
    struct run r;
    struct child_end end;

    (void)state;
    assert_err(run(&r, "/proc/self/exe", "sleep"), ERR_OK);
    assert_err(spawn_reap(&r.child, &end), ERR_AGAIN);
    spawn_signal(&r.child, SIGTERM);
    end = wait_end(&r);
    assert_true(end.signalled);
    assert_int_equal(end.code, SIGTERM);
}

static void test_no_such_program(void **state)
{
    struct run r;

    (void)state;
    assert_err(run(&r, "/nonexistent/sidegate-keeper", ""), ERR_NOT_FOUND);
    sock_close(r.channel[0]);
    sock_close(r.log[0]);
    assert_err(run(&r, "/etc/passwd", ""), ERR_FORBIDDEN);
    sock_close(r.channel[0]);
    sock_close(r.log[0]);
}

static int caught;

static void on_signal(void *ctx, int signal_number)
{
    caught = signal_number;
    loop_stop(ctx);
}

static void test_signals_come_through_the_loop(void **state)
{
    struct loop *l = loop_new();
    struct signals *s = signals_new(l, (const int[]){SIGUSR1, SIGUSR2}, 2, on_signal, l);

    (void)state;
    assert_int_equal(kill(getpid(), SIGUSR2), 0);
    loop_run(l);
    assert_int_equal(caught, SIGUSR2);
    signals_free(s);
    loop_free(l);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_child_has_nothing_but_its_four_descriptors),
        cmocka_unit_test(test_child_talks),
        cmocka_unit_test(test_child_is_signalled),
        cmocka_unit_test(test_no_such_program),
        cmocka_unit_test(test_signals_come_through_the_loop),
    };

    return argc == 2 ? child(argv[1]) : cmocka_run_group_tests(tests, NULL, NULL);
}
