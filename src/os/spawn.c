/*
 * Starts roles. Run by the supervisor alone. Between fork and exec only calls that are safe there,
 * and every failure is reported through a pipe that a successful exec closes.
 */
#include "os/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_FREE = 16 /* above every descriptor that the child will have */ };

struct plan {
    const struct spawn *s;
    int input, channel, log, report;
    pid_t parent;
};

static bool fresh_signals(void)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        if (i != SIGKILL && i != SIGSTOP)
            (void)signal(i, SIG_DFL); /* some numbers are the C library's own and cannot be set */
    /* A reader of the log that goes away is not a reason to end. */
    (void)signal(SIGPIPE, SIG_IGN);
    return sigemptyset(&none) == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

static bool place_descriptors(struct plan *p)
{
    return dup2(p->input, 0) == 0 && dup2(p->log, 1) == 1 && dup2(p->log, 2) == 2 &&
           dup2(p->channel, 3) == 3 && close_range(4, (unsigned)p->report - 1, 0) == 0 &&
           close_range((unsigned)p->report + 1, ~0u, 0) == 0;
}

static void become(struct plan *p)
{
    static const struct rlimit no_core = {0, 0};
    int e;

    (void)umask(077); /* cannot fail */
    if (fresh_signals() && setpgid(0, 0) == 0 && setrlimit(RLIMIT_CORE, &no_core) == 0 &&
        prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == p->parent && chdir("/") == 0 &&
        place_descriptors(p))
        (void)execve(p->s->path, (char *const *)(uintptr_t)p->s->argv,
                     (char *const *)(uintptr_t)p->s->env); /* returns only to fail */
    e = errno == 0 ? ESRCH : errno;
    (void)!write(p->report, &e, sizeof e); /* the exit status says it too */
    _exit(127);
}

static enum err spawn_err(int e)
{
    switch (e) {
    case ENOENT:
    case ENOTDIR: return ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case ENOEXEC: return ERR_FORBIDDEN;
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE: return ERR_UNAVAILABLE;
    default: return ERR_IO;
    }
}

/* Copies of the descriptors at high numbers, so that placing one does not overwrite another. */
static enum err plan_init(struct plan *p, const struct spawn *s, int report)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    *p = (struct plan){
        .s = s, .input = -1, .channel = -1, .log = -1, .report = -1, .parent = getpid()};
    if (null < 0)
        return spawn_err(errno);
    p->input = fcntl(s->input > 0 ? s->input : null, F_DUPFD_CLOEXEC, FIRST_FREE);
    p->channel = fcntl(s->channel, F_DUPFD_CLOEXEC, FIRST_FREE);
    p->log = fcntl(s->log, F_DUPFD_CLOEXEC, FIRST_FREE);
    p->report = fcntl(report, F_DUPFD_CLOEXEC, FIRST_FREE);
    (void)close(null); /* nothing was written */
    return p->input < 0 || p->channel < 0 || p->log < 0 || p->report < 0 ? spawn_err(errno)
                                                                         : ERR_OK;
}

static void plan_done(struct plan *p)
{
    int fds[] = {p->input, p->channel, p->log, p->report};

    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        if (fds[i] >= 0)
            (void)close(fds[i]); /* copies */
}

/* Waits for the exec, which closes the pipe, or for the reason why it did not come. */
static enum err await_exec(int report)
{
    int e = 0;
    ssize_t n;

    do
        n = read(report, &e, sizeof e);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        return ERR_OK;
    return spawn_err(n == (ssize_t)sizeof e ? e : EIO);
}

static enum err start(const struct spawn *s, int report[2], struct child *ret)
{
    struct plan p;
    struct child c = {.pid = -1, .handle = -1};
    enum err e = plan_init(&p, s, report[1]);

    if (e)
        goto out;
    errno = 0;
    c.pid = fork();
    if (c.pid == 0)
        become(&p);
    if (c.pid < 0) {
        e = spawn_err(errno);
        goto out;
    }
    plan_done(&p);
    (void)close(report[1]); /* so that the read below ends */
    report[1] = -1;
    e = await_exec(report[0]);
    c.handle = (int)syscall(SYS_pidfd_open, c.pid, 0);
    if (!e && c.handle < 0)
        e = ERR_UNAVAILABLE;
    if (e) {
        (void)kill(c.pid, SIGKILL);    /* it may have ended already */
        (void)waitpid(c.pid, NULL, 0); /* ours, and ending */
        if (c.handle >= 0)
            (void)close(c.handle); /* not needed */
        return e;
    }
    *ret = c;
    return ERR_OK;
out:
    plan_done(&p);
    return e;
}

enum err spawn_child(const struct spawn *s, struct child *ret)
{
    int report[2];
    enum err e;

    if (pipe2(report, O_CLOEXEC) != 0)
        return spawn_err(errno);
    e = start(s, report, ret);
    for (int i = 0; i < 2; i++)
        if (report[i] >= 0)
            (void)close(report[i]); /* was read, or nobody reads */
    return e;
}

void spawn_signal(const struct child *c, int signal)
{
    /* Not reaped yet, so the number is still this child's; a group that is gone is no error. */
    (void)kill(-c->pid, signal);
}

enum err spawn_reap(struct child *c, struct child_end *ret)
{
    siginfo_t info = {0};

    if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG) != 0)
        return ERR_IO;
    if (info.si_pid == 0)
        return ERR_AGAIN;
    (void)close(c->handle); /* its process is gone */
    c->handle = -1;
    *ret = (struct child_end){.signalled = info.si_code != CLD_EXITED, .code = info.si_status};
    return ERR_OK;
}

enum err spawn_log_pipe(int ret_fds[2])
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
        return spawn_err(errno);
    ret_fds[0] = fds[0];
    ret_fds[1] = fds[1];
    return ERR_OK;
}
