/*
 * A file that has lost its names. Run by keeper and audit. The descriptor is one that only names
 * the file (O_PATH): closing another would end the locks that SQLite has on it.
 */
#include "os/removed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/planted.h"

struct removed {
    removed_fn *fn;
    void *ctx;
    struct loop_timer *timer;
    int fd;
};

static void look(void *ctx)
{
    struct removed *r = ctx;
    struct stat st;

    if (!PLANTED(removal_overlooked) && fstat(r->fd, &st) == 0 && st.st_nlink == 0)
        r->fn(r->ctx);
    else
        loop_timer_set(r->timer, LIM_REMOVED_EVERY);
}

enum err removed_new(struct loop *l, const char *path, removed_fn *fn, void *ctx,
                     struct removed **ret)
{
    int fd = open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
    struct removed *r;

    if (fd < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    r = MEM_NEW(struct removed);
    *r = (struct removed){.fn = fn, .ctx = ctx, .fd = fd};
    r->timer = loop_timer_new(l, look, r);
    loop_timer_set(r->timer, LIM_REMOVED_EVERY);
    *ret = r;
    return ERR_OK;
}

void removed_free(struct removed *r)
{
    if (!r)
        return;
    loop_timer_free(r->timer);
    (void)close(r->fd); /* nothing was written */
    mem_free(r);
}
