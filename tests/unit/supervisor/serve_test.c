/* Tests of the whole supervisor: what is started and wired, what happens when one ends, misbehaves or
 * lies in its log, and the orderly stop. */
#include "run.h"

#include "base/limits.h"
#include "os/listen.h"
#include "os/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static void test_everything_is_started_and_wired(void **state)
{
    static const char *const meetings[][2] = {{"process=\"keeper\"", "peer=\"audit\""},
                                              {"process=\"keeper\"", "peer=\"gateway\" instance=0"},
                                              {"process=\"keeper\"", "peer=\"surface\""},
                                              {"process=\"keeper\"", "peer=\"gateway\" instance=1"},
                                              {"process=\"keeper\"", "peer=\"dialer\""},
                                              {"process=\"audit\"", "peer=\"keeper\""},
                                              {"process=\"surface\"", "peer=\"keeper\""},
                                              {"process=\"dialer\"", "peer=\"keeper\""},
                                              {"process=\"gateway 1\"", "peer=\"keeper\""}};
    struct world *w = *state;

    start_usual(w);
    expect(w, "text=\"sidegate is ready\"");
    for (size_t i = 0; i < ARRAY_LEN(meetings); i++) {
        rewind_log(w);
        expect(w, "event=got_peer", meetings[i][0], meetings[i][1]);
    }
    rewind_log(w);
    expect(w, "process=\"gateway 0\"", "event=got_listener");
    rewind_log(w);
    expect(w, "process=\"surface\"", "event=got_listener");
    assert_int_equal(stop(w), 0);
    assert_null(strstr(w->log, "level=error"));
    /* Nobody has a peer that the graph does not give it. */
    assert_null(strstr(w->log, "process=\"gateway 0\" pid=1 event=got_peer peer=\"audit\""));
    assert_int_equal(access(at(w, "run/control"), F_OK), -1);
}

static void test_the_order_of_a_stop(void **state)
{
    struct world *w = *state;

    start_usual(w);
    expect(w, "sidegate is ready");
    assert_int_equal(kill(w->pid, SIGINT), 0);
    expect(w, "event=stopping");
    expect(w, "event=process_ended", "gateway");
    expect(w, "event=process_ended", "dialer");
    expect(w, "event=process_ended", "keeper");
    expect(w, "event=process_ended", "audit");
    expect(w, "event=stopped");
    assert_int_equal(wait_status(w), 0);
}

static void test_whoever_is_killed_comes_back_and_is_wired_again(void **state)
{
    static const char *const names[] = {"name=\"keeper\"", "name=\"audit\"", "name=\"gateway 1\"",
                                        "name=\"surface\"", "name=\"dialer\""};
    struct world *w = *state;

    start_usual(w);
    expect(w, "sidegate is ready");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        rewind_log(w);
        signal_one(expect(w, "event=process_started", names[i]), SIGKILL);
        expect(w, "event=process_ended", names[i], "how=\"signal\" code=9");
        expect(w, "event=process_started", names[i]);
        expect(w, "event=process_ready", names[i]);
        expect(w, "event=got_peer", i == 0 ? "peer=\"audit\"" : "peer=\"keeper\"");
    }
    assert_int_equal(stop(w), 0);
}

static void test_ends_of_other_kinds_are_named(void **state)
{
    struct world *w = *state;

    configure(w, geteuid() == 0 ? "root" : "");
    play(w, "surface", "abort");
    play(w, "gateway", "open");
    start(w, NULL);
    expect(w, "process=\"surface\"", "event=not_a_record"); /* the line of the abort */
    expect(w, "event=process_ended", "name=\"surface\"", "aborted on a bug");
    expect(w, "event=process_ready", "name=\"surface\"");
    if (!UNDER_ASAN) {
        rewind_log(w);
        expect(w, "event=process_ended", "name=\"gateway ", "killed by its sandbox");
        expect(w, "event=process_ready", "name=\"gateway ");
    }
    assert_int_equal(stop(w), 0);
}

static void test_later_it_is_tried_again(void **state)
{
    struct world *w = *state;
    const char *line;

    start_usual(w);
    line = expect(w, "event=process_started", "name=\"keeper\"");
    expect(w, "sidegate is ready");
    play(w, "keeper", "fail");
    signal_one(line, SIGKILL);
    expect(w, "event=open_failed");
    expect(w, "event=process_ready", "name=\"keeper\"");
    assert_int_equal(stop(w), 0);
}

static void test_egress_on_demand(void **state)
{
    struct world *w = *state;

    configure(w, geteuid() == 0 ? "root" : "");
    play(w, "keeper", "want");
    start(w, NULL);
    expect(w, "sidegate is ready");
    rewind_log(w);
    expect(w, "event=process_started", "name=\"egress weather\"");
    expect(w, "event=process_ready", "name=\"egress weather\"");
    expect(w, "process=\"egress weather\"", "event=got_peer", "peer=\"keeper\"");
    assert_int_equal(stop(w), 0);
    assert_non_null(strstr(w->log, "event=got_peer peer=\"egress\" instance=0"));
}

static void test_egress_that_cannot_start(void **state)
{
    struct world *w = *state;

    configure(w, geteuid() == 0 ? "root" : "");
    play(w, "keeper", "want");
    play(w, "egress", "fail");
    start(w, NULL);
    expect(w, "process=\"keeper\"", "event=got message=\"egress_failed\"");
    assert_int_equal(stop(w), 0);
}

static void test_an_upstream_that_is_none(void **state)
{
    struct world *w = *state;

    configure(w, geteuid() == 0 ? "root" : "");
    play(w, "keeper", "want-none");
    start(w, NULL);
    expect(w, "event=channel_violation peer=\"keeper\"");
    expect(w, "event=process_ended", "name=\"keeper\"");
    expect(w, "event=process_ready", "name=\"keeper\"");
    assert_int_equal(stop(w), 0);
}

static void test_the_accused_is_started_again_but_not_the_core(void **state)
{
    struct world *w = *state;

    configure(w, geteuid() == 0 ? "root" : "");
    play(w, "keeper", "accuse-gateway");
    start(w, NULL);
    expect(w, "event=alert by=\"keeper\" about=\"gateway ");
    expect(w, "event=process_restarted name=\"gateway ");
    expect(w, "event=process_ready", "name=\"gateway ");
    assert_int_equal(stop(w), 0);
    play(w, "surface", "accuse-keeper");
    start(w, NULL);
    expect(w, "event=alert by=\"surface\" about=\"keeper\"");
    expect(w, "event=process_restarted name=\"surface\"");
    expect(w, "event=process_ready", "name=\"surface\"");
    assert_int_equal(stop(w), 0);
    assert_null(strstr(w->log, "process_restarted name=\"keeper\""));
}

static void test_a_log_that_lies(void **state)
{
    struct world *w = *state;

    configure(w, geteuid() == 0 ? "root" : "");
    play(w, "gateway", "shout");
    start(w, NULL);
    expect(w, "process=\"gateway ", "event=not_a_record text=\"error forged\\x1b[2J\"");
    expect(w, "process=\"gateway ",
           "event=not_a_record text=\"level=error process=\\\"keeper\\\"\"");
    expect(w, "process=\"gateway ", "level=info", "event=fine k=\"v\"");
    expect(w, "process=\"gateway ", "event=not_a_record text=\"info bad k=\\\"v\"");
    assert_int_equal(stop(w), 0);
    assert_null(strchr(w->log, 0x1b));
}

static unsigned lines_with(const struct world *w, const char *one, const char *other)
{
    const char *const words[] = {one, other, NULL};
    unsigned n = 0;

    for (const char *line = w->log, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
        n += line_has(line, (size_t)(end - line), words);
    return n;
}

/* Each role in turn says what it must not. It ends for it, and comes back; nobody else does. Which
 * of the gateways finds the play, or whether both do, is chance. */
static void test_lies(void **state)
{
    static const char *const roles[] = {"keeper\"", "audit\"", "dialer\"", "surface\"", "gateway "};
    static const char *const lies[] = {"ready-twice", "another's", "no-message", "cut",
                                       "want-none"};
    struct world *w = *state;

    configure(w, geteuid() == 0 ? "root" : "");
    for (size_t i = 0; i < ARRAY_LEN(roles) * ARRAY_LEN(lies); i++) {
        const char *role = roles[i % ARRAY_LEN(roles)];
        char file[16], name[32], ended[64];

        snprintf(file, sizeof file, "%.*s", (int)strlen(role) - 1, role);
        snprintf(name, sizeof name, "name=\"%s", role);
        snprintf(ended, sizeof ended, "event=process_ended %s", name);
        play(w, file, lies[i / ARRAY_LEN(roles)]);
        start(w, NULL);
        expect(w, "event=process_misbehaved", name);
        expect(w, "level=error", ended);
        expect(w, "event=process_ready", name);
        /* Before the stop, at which a slow build may be killed: that is said at this level too. */
        assert_int_equal(lines_with(w, "level=error", "event=process_ended"),
                         lines_with(w, "level=error", ended));
        assert_int_equal(stop(w), 0);
    }
}

static void test_strangers_are_not_its_to_accuse(void **state)
{
    static const char *const restarted = "event=process_restarted name=";
    struct world *w = *state;
    const char *line;

    configure(w, geteuid() == 0 ? "root" : "");
    play(w, "gateway", "accuse-strangers");
    start(w, NULL);
    line = expect(w, restarted, "accused a stranger");
    assert_non_null(strstr(line, "name=\"gateway "));
    expect(w, "event=process_ready", "name=\"gateway ");
    assert_int_equal(stop(w), 0);
    for (line = w->log; (line = strstr(line, restarted)) != NULL; line++)
        assert_int_equal(strncmp(line + strlen(restarted), "\"gateway ", 9), 0);
}

/* Whatever it writes comes out in lines of ours, printable, bounded and in its own name. */
static void test_a_log_that_babbles(void **state)
{
    struct world *w = *state;

    configure(w, geteuid() == 0 ? "root" : "");
    play(w, "gateway", "babble");
    start(w, NULL);
    expect(w, "process=\"gateway ", "event=babbled");
    assert_int_equal(stop(w), 0);
    for (const char *line = w->log, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        assert_int_equal(strncmp(line, "time=", 5), 0);
        assert_true(end - line < 2 * LIM_LOG_LINE);
        for (const char *c = line; c < end; c++)
            assert_true(*c >= 0x20 && *c < 0x7f);
    }
}

static void test_one_that_does_not_end_is_killed(void **state)
{
    struct world *w = *state;

    configure(w, geteuid() == 0 ? "root" : "");
    play(w, "dialer", "hang");
    start(w, NULL);
    expect(w, "sidegate is ready");
    assert_int_equal(kill(w->pid, SIGTERM), 0);
    expect(w, "event=process_too_slow name=\"dialer\" to=\"stop\"");
    expect(w, "event=process_ended", "name=\"dialer\"", "code=9");
    assert_int_equal(wait_status(w), 0);
}

static void test_children_die_with_the_supervisor(void **state)
{
    struct world *w = *state;

    start_usual(w);
    expect(w, "sidegate is ready");
    assert_int_equal(kill(w->pid, SIGKILL), 0);
    assert_int_equal(wait_status(w), -1);
    for (const char *p = w->log; (p = strstr(p, "process_started")) != NULL; p++) {
        pid_t pid = (pid_t)strtol(strstr(p, "number=") + 7, NULL, 10);
        int handle = (int)syscall(SYS_pidfd_open, pid, 0);
        assert_true(handle < 0 ? errno == ESRCH : sock_wait(handle, PATIENCE_MS));
        sock_close(handle);
    }
    start(w, NULL); /* over the control socket's file that was left behind */
    expect(w, "sidegate is ready");
    assert_int_equal(stop(w), 0);
}

static void test_control_socket_goes_to_the_keeper(void **state)
{
    struct world *w = *state;
    struct stat st;
    int fd = -1;

    start_usual(w);
    expect(w, "sidegate is ready");
    assert_int_equal(stat(at(w, "run/control"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_err(listen_path_connect(at(w, "run/control"), &fd), ERR_OK);
    expect(w, "event=control ");
    expect(w, "process=\"keeper\"", "event=got_peer peer=\"cli\" instance=1");
    sock_close(fd);
    expect(w, "process=\"keeper\"", "event=lost_peer peer=\"cli\"");
    assert_int_equal(stop(w), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_new, world_free)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        T(test_everything_is_started_and_wired),
        T(test_the_order_of_a_stop),
        T(test_whoever_is_killed_comes_back_and_is_wired_again),
        T(test_ends_of_other_kinds_are_named),
        T(test_later_it_is_tried_again),
        T(test_egress_on_demand),
        T(test_egress_that_cannot_start),
        T(test_an_upstream_that_is_none),
        T(test_the_accused_is_started_again_but_not_the_core),
        T(test_a_log_that_lies),
        T(test_lies),
        T(test_strangers_are_not_its_to_accuse),
        T(test_a_log_that_babbles),
        T(test_one_that_does_not_end_is_killed),
        T(test_children_die_with_the_supervisor),
        T(test_control_socket_goes_to_the_keeper),
    };

    if (!run_programs(argc, argv))
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
