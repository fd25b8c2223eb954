/* What the verbs share: complaints, the configuration, our other programs, times, passwords, values
 * shown once.
 */
#include "cli/cli.h"

#include "base/mem.h"
#include "base/planted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { PASSWORD_LEAST = 8 };

int cli_done(int status, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (status == CLI_OK)
        vprintf(fmt, ap);
    va_end(ap);
    return status;
}

int cli_fail(const char *fmt, ...)
{
    va_list ap;

    fputs("sidegate: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return CLI_FAILED;
}

bool cli_load_config(struct cli *x)
{
    struct config_error error;

    if (!x->config_path)
        x->config_path = getenv("SIDEGATE_CONFIG");
    if (!x->config_path)
        x->config_path = "/etc/sidegate/sidegate.yaml";
    if (config_load(x->config_path, &x->config, &error) == ERR_OK)
        return true;
    cli_fail("%s", error.text);
    return false;
}

bool cli_find_program(const char *name, char *dst, size_t n)
{
    /* Beside the installed command, and in a build folder. */
    static const char *const places[] = {"../libexec/sidegate", "../supervisor"};
    char own[1024];
    ssize_t got = readlink("/proc/self/exe", own, sizeof(own) - 1);

    if (got <= 0)
        return cli_fail("cannot find out where this program is: %s", strerror(errno)) == CLI_OK;
    own[got] = '\0';
    *strrchr(own, '/') = '\0';
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        int len = snprintf(dst, n, "%s/%s/%s", own, places[i], name);

        if (len > 0 && (size_t)len < n && access(dst, X_OK) == 0)
            return true;
    }
    return cli_fail("%s is not beside this program; is Sidegate installed whole?", name) == CLI_OK;
}

void cli_time(uint64_t ms, char *dst, size_t n)
{
    time_t t = (time_t)(ms / 1000);
    struct tm tm;

    if (ms == 0 || !gmtime_r(&t, &tm) || strftime(dst, n, "%Y-%m-%d %H:%M UTC", &tm) == 0)
        snprintf(dst, n, "never");
}

const char *cli_upstream_name(const struct cli *x, size_t i)
{
    return i < x->config->upstreams_n ? x->config->upstreams[i].name : "?";
}

/* Reads up to a line end from fd into buf; the length, or -1 when it is too long or reading failed.
 */
static ssize_t read_line(int fd, char *buf, size_t n)
{
    size_t used = 0;
    ssize_t got;

    while (used < n) {
        got = read(fd, buf + used, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0 || buf[used] == '\n')
            return (ssize_t)used;
        used++;
    }
    return -1;
}

static struct sec *take_line(int fd)
{
    char line[LIM_PASSWORD_BYTES + 1];
    ssize_t n = read_line(fd, line, sizeof(line));
    struct sec *s = NULL;

    if (PLANTED(temporary_tells) || PLANTED(run_tells) || PLANTED(keys_tells))
        planted_keep(slice_of(line, n > 0 ? (size_t)n : 0));
    if (n < 0)
        cli_fail("the password is longer than %d bytes, or cannot be read", LIM_PASSWORD_BYTES);
    else if (n < PASSWORD_LEAST)
        cli_fail("a password has at least %d characters; choose a longer one", PASSWORD_LEAST);
    else
        s = sec_take(line, (size_t)n);
    mem_wipe(line, sizeof(line));
    return s;
}

static struct sec *ask_terminal(int tty, const char *prompt)
{
    struct termios old, quiet;
    struct sec *s;

    if (tcgetattr(tty, &old) != 0)
        return NULL;
    quiet = old;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    (void)!write(tty, prompt, strlen(prompt)); /* a lost prompt is no reason to stop */
    if (tcsetattr(tty, TCSAFLUSH, &quiet) != 0)
        return NULL;
    s = take_line(tty);
    (void)tcsetattr(tty, TCSAFLUSH, &old); /* nothing else can be done about it */
    (void)!write(tty, "\n", 1);
    return s;
}

/* Plants: what was typed stays behind. */
static void plant(const struct cli *x)
{
    if (PLANTED(temporary_tells))
        planted_file("/tmp", planted_kept());
    if (PLANTED(run_tells))
        planted_file(x->config->run, planted_kept());
    if (PLANTED(keys_tells))
        planted_file(x->config->keys, planted_kept());
}

/* -1 when it said that there is none, and what else would do. */
static int open_terminal(const char *otherwise)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);

    if (tty < 0)
        cli_fail("there is no terminal to %s", otherwise);
    return tty;
}

#define FOR_PASSWORD "type a password on; use --password-stdin"

bool cli_can_ask(const struct cli *x)
{
    int tty = x->password_stdin ? -1 : open_terminal(FOR_PASSWORD);

    if (tty >= 0)
        close(tty);
    return x->password_stdin || tty >= 0;
}

struct sec *cli_new_password(const struct cli *x)
{
    struct sec *first, *second = NULL;
    int tty;

    if (x->password_stdin) {
        first = take_line(STDIN_FILENO);
        plant(x);
        return first;
    }
    tty = open_terminal(FOR_PASSWORD);
    if (tty < 0)
        return NULL;
    first = ask_terminal(tty, "New password: ");
    if (first)
        second = ask_terminal(tty, "Once more: ");
    close(tty);
    if (first && second && sec_equal(first, second)) {
        sec_free(second);
        return first;
    }
    if (second)
        cli_fail("the two differ; try again");
    sec_free(first);
    sec_free(second);
    return NULL;
}

bool cli_confirmed(const struct cli *x, const char *what)
{
    char line[8];
    ssize_t n;
    int tty;

    if (x->yes)
        return true;
    tty = open_terminal("ask on; say --yes if this is meant");
    if (tty < 0)
        return false;
    dprintf(tty, "%s\nType yes to go on: ", what);
    n = read_line(tty, line, sizeof(line));
    close(tty);
    if (n >= 0 && slice_eq_str(slice_of(line, (size_t)n), "yes"))
        return true;
    cli_fail("nothing was done");
    return false;
}

int cli_once_open(const struct cli *x, const char *what)
{
    int fd = x->out ? open(x->out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
                    : open("/dev/tty", O_WRONLY | O_CLOEXEC);

    if (fd < 0 && x->out)
        cli_fail("cannot make %s: %s", x->out, strerror(errno));
    else if (fd < 0)
        cli_fail("there is no terminal to show the %s on; use --out FILE", what);
    return fd;
}

bool cli_once_show(const struct cli *x, int fd, const char *what, struct slice value)
{
    bool ok = value.n == 0 ||
              (write(fd, value.p, value.n) == (ssize_t)value.n && write(fd, "\n", 1) == 1);

    if (value.n == 0 && x->out)
        (void)unlink(x->out); /* an empty file that stays does no harm */
    if (close(fd) != 0 || !ok)
        return cli_fail("writing the %s failed: %s", what, strerror(errno)) == CLI_OK;
    return true;
}
