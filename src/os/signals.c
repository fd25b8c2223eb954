/*
 * A signalfd on the loop, so that no code ever runs inside a signal handler. Run by the supervisor.
 */
#include "os/signals.h"

#include "base/mem.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct signals {
    int fd;
    struct loop_watch *watch;
    signals_fn *fn;
    void *ctx;
};

/* Only reading is watched. */
static void signals_ready(void *ctx, UNUSED unsigned events)
{
    struct signals *s = ctx;
    struct signalfd_siginfo info;

    if (read(s->fd, &info, sizeof info) == (ssize_t)sizeof info)
        s->fn(s->ctx, (int)info.ssi_signo);
}

struct signals *signals_new(struct loop *l, const int *which, size_t n, signals_fn *fn, void *ctx)
{
    struct signals *s = MEM_NEW(struct signals);
    sigset_t set;

    BUG_IF(sigemptyset(&set) != 0);
    for (size_t i = 0; i < n; i++)
        BUG_IF(sigaddset(&set, which[i]) != 0);
    BUG_IF(sigprocmask(SIG_BLOCK, &set, NULL) != 0);
    s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    BUG_IF(s->fd < 0);
    s->fn = fn;
    s->ctx = ctx;
    s->watch = loop_watch(l, s->fd, LOOP_READ, signals_ready, s);
    return s;
}

bool signals_have_terminal(void)
{
    int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

void signals_free(struct signals *s)
{
    if (!s)
        return;
    loop_unwatch(s->watch);
    (void)close(s->fd); /* only read from */
    mem_free(s);
}
