#include "run.h"

#include "os/listen.h"
#include "os/sock.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *supervisor_path, *fake_path;

bool run_programs(int argc, char **argv)
{
    if (argc != 3)
        return false;
    supervisor_path = argv[1];
    fake_path = argv[2];
    return true;
}

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

void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

const char *at(const struct world *w, const char *name)
{
    static char path[4][160];
    static unsigned next;
    char *p = path[next++ % 4];

    snprintf(p, sizeof path[0], "%s/%s", w->dir, name);
    return p;
}

void play(const struct world *w, const char *role, const char *what)
{
    char name[64];

    snprintf(name, sizeof name, "data/%s%s.play", strcmp(role, "keeper") == 0 ? "store/" : "",
             role);
    write_text(at(w, name), what);
    assert_int_equal(chmod(at(w, name), 0644), 0);
}

int world_new(void **state)
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

void configure(const struct world *w, const char *user)
{
    configure_with(w, user, 2);
}

void configure_with(const struct world *w, const char *user, unsigned gateways)
{
    char text[1024];

    snprintf(text, sizeof text,
             "data: data\nkeys: keys\nrun: run\n%s%s\nlog: {level: info}\n"
             "gateway: {listen: 127.0.0.77:%u, processes: %u}\n"
             "surface: {listen: 127.0.0.77:%u, url: http://localhost:1}\n"
             "upstreams:\n  weather:\n    url: http://127.0.0.1:9/mcp\n    allow_addresses: "
             "[127.0.0.0/8]\n",
             user[0] != '\0' ? "user: " : "", user, w->ports[0], gateways, w->ports[1]);
    write_text(at(w, "c.yaml"), text);
}

void start(struct world *w, const char *option)
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

void start_usual(struct world *w)
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

bool line_has(const char *line, size_t n, const char *const *words)
{
    for (; *words != NULL; words++)
        if (memmem(line, n, *words, strlen(*words)) == NULL)
            return false;
    return true;
}

const char *expect_words(struct world *w, const char *const *words)
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

void rewind_log(struct world *w)
{
    w->seen[0] = w->seen[1] = 0;
}

void signal_one(const char *line, int sig)
{
    const char *p = strstr(line, " number=");

    assert_non_null(p);
    assert_int_equal(kill((pid_t)strtol(p + strlen(" number="), NULL, 10), sig), 0);
}

int wait_status(struct world *w)
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

int stop(struct world *w)
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

int world_free(void **state)
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
