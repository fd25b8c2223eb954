/*
 * Tests of the whole supervisor, as a process, with fake_role.c in the place of every other
 * program: what is started and wired, what happens when one ends, misbehaves or lies in its log,
 * and the orderly stop. Arguments: the supervisor's and the stand-in's path.
 */
#include "unit.h"

#include "ipc/chan.h"
#include "os/listen.h"
#include "os/sock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { PATIENCE_MS = 20000 };

static const char *supervisor_path, *fake_path;

struct world {
    char dir[64];
    char log[1 << 20];
    size_t n, seen[2]; /* read so far; looked at so far: the supervisor's lines, its roles' */
    pid_t pid;
    int fd;
    uint16_t ports[2]; /* free a moment ago */
};

static void copy_file(const char *from, const char *to)
{
    static char bytes[1 << 16];
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT, 0755);
    ssize_t n;

    assert_true(in >= 0 && out >= 0);
    while ((n = read(in, bytes, sizeof bytes)) > 0)
        assert_int_equal(write(out, bytes, (size_t)n), n);
    close(in);
    close(out);
}

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static const char *at(const struct world *w, const char *name)
{
    static char path[4][160];
    static unsigned next;
    char *p = path[next++ % 4];

    snprintf(p, sizeof path[0], "%s/%s", w->dir, name);
    return p;
}

/* What the next start of that role shall do. */
static void play(const struct world *w, const char *role, const char *what)
{
    char name[64];

    snprintf(name, sizeof name, "data/%s%s.play", strcmp(role, "keeper") == 0 ? "store/" : "",
             role);
    write_text(at(w, name), what);
    assert_int_equal(chmod(at(w, name), 0644), 0);
}

static int world_new(void **state)
{
    static const char *const roles[] = {"keeper",  "audit",  "gateway",
                                        "surface", "egress", "dialer"};
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    snprintf(w->dir, sizeof w->dir, "/tmp/sidegate-serve-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    assert_int_equal(mkdir(at(w, "bin"), 0755), 0);
    assert_int_equal(mkdir(at(w, "data"), 0700), 0);
    assert_int_equal(mkdir(at(w, "data/store"), 0700), 0);
    copy_file(supervisor_path, at(w, "bin/sidegate-supervisor"));
    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        char name[32];
        snprintf(name, sizeof name, "bin/%s", roles[i]);
        copy_file(fake_path, at(w, name));
    }
    for (int i = 0; i < 2; i++) {
        int fd = -1;
        assert_err(listen_tcp("127.0.0.77", 0, &fd, &w->ports[i]), ERR_OK);
        sock_close(fd);
    }
    w->fd = -1;
    w->pid = -1;
    *state = w;
    return 0;
}

static void configure(const struct world *w, const char *user)
{
    char text[1024];

    snprintf(text, sizeof text,
             "data: data\nkeys: keys\nrun: run\n%s%s\nlog: {level: info}\n"
             "gateway: {listen: 127.0.0.77:%u, processes: 2}\n"
             "surface: {listen: 127.0.0.77:%u, url: http://localhost:1}\n"
             "upstreams:\n  weather:\n    url: http://127.0.0.1:9/mcp\n    allow_addresses: "
             "[127.0.0.0/8]\n",
             user[0] != '\0' ? "user: " : "", user, w->ports[0], w->ports[1]);
    write_text(at(w, "c.yaml"), text);
}

static void start(struct world *w, const char *option)
{
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    w->n = w->seen[0] = w->seen[1] = 0;
    w->log[0] = '\0';
    w->pid = fork();
    assert_true(w->pid >= 0);
    if (w->pid == 0) {
        dup2(fds[1], 2);
        execl(at(w, "bin/sidegate-supervisor"), "sidegate-supervisor", "--config", at(w, "c.yaml"),
              option, NULL);
        _exit(126);
    }
    close(fds[1]);
    w->fd = fds[0];
}

static void start_usual(struct world *w)
{
    configure(w, geteuid() == 0 ? "root" : "");
    start(w, NULL);
}

/* Reads more of the log; false at its end. */
static bool read_log(struct world *w)
{
    ssize_t n;

    if (!sock_wait(w->fd, PATIENCE_MS))
        fail_msg("the log says nothing any more; it said last:\n%s",
                 w->log + (w->n > 900 ? w->n - 900 : 0)); /* cmocka cuts what is longer */
    assert_true(w->n < sizeof w->log - 1);
    n = read(w->fd, w->log + w->n, sizeof w->log - 1 - w->n);
    w->n += n > 0 ? (size_t)n : 0;
    w->log[w->n] = '\0';
    return n > 0;
}

static bool line_has(const char *line, size_t n, const char *const *words)
{
    for (; *words != NULL; words++)
        if (memmem(line, n, *words, strlen(*words)) == NULL)
            return false;
    return true;
}

/* The next line from here on that has all these words; lines before it are passed over. A role's
 * lines come by a pipe, and are in no order to what the supervisor says itself. */
static const char *expect_words(struct world *w, const char *const *words)
{
    size_t *seen = &w->seen[strncmp(words[0], "process=", 8) == 0];

    for (;;) {
        const char *line = w->log + *seen, *end;
        while ((end = strchr(line, '\n')) == NULL) {
            if (!read_log(w))
                fail_msg("the log ended without %s:\n%s", words[0], w->log);
        }
        *seen = (size_t)(end + 1 - w->log);
        if (line_has(line, (size_t)(end - line), words))
            return line;
    }
}

#define expect(w, ...) expect_words((w), (const char *const[]){__VA_ARGS__, NULL})

static void rewind_log(struct world *w)
{
    w->seen[0] = w->seen[1] = 0;
}

static void signal_one(const char *line, int sig)
{
    const char *p = strstr(line, " number=");

    assert_non_null(p);
    assert_int_equal(kill((pid_t)strtol(p + strlen(" number="), NULL, 10), sig), 0);
}

static int wait_status(struct world *w)
{
    int status = 0;

    while (read_log(w))
        ;
    close(w->fd);
    w->fd = -1;
    assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
    w->pid = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int stop(struct world *w)
{
    assert_int_equal(kill(w->pid, SIGTERM), 0);
    return wait_status(w);
}

static void remove_all(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *e;
    char inner[512];

    while (d != NULL && (e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, e->d_name);
        if (unlink(inner) != 0)
            remove_all(inner);
    }
    if (d != NULL)
        closedir(d);
    rmdir(path);
}

static int world_free(void **state)
{
    struct world *w = *state;

    if (w->pid > 0) {
        kill(w->pid, SIGKILL);
        waitpid(w->pid, NULL, 0);
    }
    sock_close(w->fd);
    remove_all(w->dir);
    free(w);
    return 0;
}

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
        T(test_everything_is_started_and_wired),
        T(test_the_order_of_a_stop),
        T(test_whoever_is_killed_comes_back_and_is_wired_again),
        T(test_ends_of_other_kinds_are_named),
        T(test_what_cannot_start_stops_the_start),
        T(test_later_it_is_tried_again),
        T(test_egress_on_demand),
        T(test_egress_that_cannot_start),
        T(test_an_upstream_that_is_none),
        T(test_the_accused_is_started_again_but_not_the_core),
        T(test_a_log_that_lies),
        T(test_lies),
        T(test_strangers_are_not_its_to_accuse),
        T(test_a_log_that_babbles),
        T(test_a_start_that_goes_on),
        T(test_a_start_that_does_not),
        T(test_one_that_does_not_end_is_killed),
        T(test_children_die_with_the_supervisor),
        T(test_waits_for_what_is_left_of_an_earlier_one),
        T(test_control_socket_goes_to_the_keeper),
        T(test_one_at_a_time),
        T(test_init_starts_the_core_alone),
        T(test_without_landlock),
        T(test_bad_starts_say_why),
        T(test_folders_of_the_keeper),
        T(test_root_becomes_somebody_else),
    };

    if (argc != 3)
        return 2;
    supervisor_path = argv[1];
    fake_path = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
