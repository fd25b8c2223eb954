/* The file of the audit log. Run by audit. Trusts the kernel to write at the end, since the
 * descriptor can do nothing else. */
#include "audit/append.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/planted.h"

enum {
    STEP = 1024 * 1024 /* bytes reserved ahead of need, so that it is not asked for each batch */
};

const struct append_calls APPEND_CALLS = {write, fdatasync, fallocate, fstatfs};

void append_init(struct append_file *f, int fd, uint64_t size, const struct append_calls *calls)
{
    *f = (struct append_file){.fd = fd, .size = size, .room = size, .calls = calls};
}

/* errno of the last try, or 0. */
static int reserve_to(struct append_file *f, uint64_t end)
{
    int failed;

    do
        failed =
            f->calls->fallocate(f->fd, FALLOC_FL_KEEP_SIZE, (off_t)f->size, (off_t)(end - f->size));
    while (failed != 0 && errno == EINTR);
    if (failed != 0)
        return errno;
    f->room = end;
    return 0;
}

void append_reserve(struct append_file *f, size_t n)
{
    uint64_t need = f->size + n + LIM_AUDIT_RESERVE;
    int error;

    if (f->no_reserve || (need <= f->room && !f->low))
        return;
    error = reserve_to(f, need + STEP);
    if (error == ENOSPC || error == EDQUOT)
        error = reserve_to(f, need);
    f->low = error == ENOSPC || error == EDQUOT;
    f->no_reserve = error != 0 && !f->low;
}

uint64_t append_free(const struct append_file *f)
{
    struct statfs s;

    if (f->calls->fstatfs(f->fd, &s) != 0)
        return UINT64_MAX;
    return (uint64_t)s.f_bavail * (uint64_t)s.f_bsize;
}

enum err append_write(struct append_file *f, struct buf *pending)
{
    while (pending->n > 0) {
        ssize_t n = f->calls->write(f->fd, pending->p, pending->n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0 || (n < 0 && (errno == ENOSPC || errno == EDQUOT))) {
            f->low = true;
            return ERR_NO_SPACE;
        }
        if (n < 0)
            return ERR_IO;
        buf_consume(pending, (size_t)n);
        f->size += (uint64_t)n;
    }
    if (f->no_reserve)
        f->low = false; /* nothing else would tell */
    return ERR_OK;
}

enum err append_sync(const struct append_file *f)
{
    if (PLANTED(audit_sync_off))
        return ERR_OK;
    return f->calls->fdatasync(f->fd) == 0 ? ERR_OK : ERR_IO;
}
