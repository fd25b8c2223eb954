/* Small files that must be whole and private. Run by keeper, audit and the command; trusts the file
 * system to keep its promises. */
#include "os/file.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err from_errno(void)
{
    switch (errno) {
    case ENOENT: return ERR_NOT_FOUND;
    case EEXIST: return ERR_EXISTS;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return ERR_NO_SPACE;
    default: return ERR_IO;
    }
}

enum err file_open(const char *path, int flags, int *ret_fd)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    struct stat st;
    enum err e = ERR_OK;

    if (fd < 0) /* ENXIO: a FIFO that nobody reads, or a socket */
        return errno == ENXIO ? ERR_FORBIDDEN : from_errno();
    if (fstat(fd, &st) != 0)
        e = from_errno();
    else if (!S_ISREG(st.st_mode))
        e = ERR_FORBIDDEN;
    if (e)
        (void)close(fd); /* nothing was written */
    else
        *ret_fd = fd;
    return e;
}

enum err file_check(const char *path)
{
    int fd = -1;
    enum err e = file_open(path, O_RDONLY, &fd);

    if (!e)
        (void)close(fd); /* nothing was written */
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err read_all(int fd, bool private, struct buf *out)
{
    struct stat st;
    size_t left = 0;

    if (fstat(fd, &st) != 0)
        return from_errno();
    if (private && (st.st_mode & 077) != 0)
        return ERR_FORBIDDEN;
    if ((uint64_t)st.st_size > out->max - out->n)
        return ERR_TOO_LARGE;
    for (left = (size_t)st.st_size; left > 0;) {
        ssize_t n = read(fd, buf_room(out, left), left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ERR_IO; /* also when it shrank meanwhile */
        buf_added(out, (size_t)n);
        left -= (size_t)n;
    }
    return ERR_OK;
}

enum err file_read(const char *path, bool private, struct buf *out)
{
    int fd = -1;
    enum err e = file_open(path, O_RDONLY, &fd);

    if (e)
        return e;
    e = read_all(fd, private, out);
    (void)close(fd); /* nothing was written */
    return e;
}

static enum err write_all(int fd, struct slice s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return from_errno();
        s = slice_sub(s, (size_t)n, s.n);
    }
    return fsync(fd) == 0 ? ERR_OK : ERR_IO;
}

/* Waits until the names in the directory of path are on disk. */
static enum err sync_dir(const char *path)
{
    struct slice s = slice_str(path);
    char *dir = NULL;
    size_t n = s.n;
    int fd = -1;
    enum err e = ERR_IO;

    while (n > 0 && s.p[n - 1] != '/')
        n--;
    dir = n > 0 ? mem_strndup(s.p, n) : mem_strndup("./", 2);
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        e = fsync(fd) == 0 ? ERR_OK : ERR_IO;
        (void)close(fd);
    }
    mem_free(dir);
    return e;
}

enum err file_create(const char *path, struct slice bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum err e = ERR_OK;

    if (fd < 0)
        return from_errno();
    e = write_all(fd, bytes);
    if (close(fd) != 0 && !e)
        e = from_errno();
    if (!e)
        e = sync_dir(path);
    if (e)
        (void)unlink(path); /* half a file is worse than none; the error is reported either way */
    return e;
}

static enum err overwrite(int fd)
{
    static const uint8_t zeros[4096];
    struct stat st;
    enum err e = ERR_OK;

    if (fstat(fd, &st) != 0)
        return from_errno();
    for (off_t left = st.st_size; !e && left > 0;) {
        size_t n = left < (off_t)sizeof(zeros) ? (size_t)left : sizeof(zeros);

        e = write_all(fd, slice_of(zeros, n));
        left -= (off_t)n;
    }
    return e;
}

enum err file_destroy(const char *path)
{
    int fd = -1;
    enum err e = file_open(path, O_WRONLY, &fd);

    if (e)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    e = overwrite(fd);
    (void)close(fd); /* synced above */
    return e ? e : file_remove(path);
}

enum err file_remove(const char *path)
{
    if (unlink(path) != 0)
        return errno == ENOENT ? ERR_OK : from_errno();
    return sync_dir(path);
}

enum err file_reserve(const char *path, uint64_t bytes)
{
    int fd = -1, failed = 0;
    enum err e = file_open(path, O_RDWR | O_CREAT, &fd);

    if (e)
        return e;
    failed = posix_fallocate(fd, 0, (off_t)bytes);
    if (!failed && fsync(fd) != 0)
        failed = errno;
    (void)close(fd); /* synced above */
    if (!failed)
        return ERR_OK;
    (void)unlink(path); /* what was allocated is worth more to others */
    errno = failed;
    return from_errno();
}

enum err file_mkdir(const char *path)
{
    if (mkdir(path, 0700) != 0)
        return errno == EEXIST ? ERR_OK : from_errno();
    return sync_dir(path);
}

enum err file_any(const char *dir, bool *ret_any)
{
    DIR *d = opendir(dir);
    struct dirent *entry = NULL;
    enum err e = ERR_OK;

    *ret_any = false;
    if (!d)
        return from_errno();
    errno = 0;
    while (!*ret_any && (entry = readdir(d)) != NULL)
        *ret_any = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (!entry && errno != 0)
        e = from_errno();
    (void)closedir(d); /* it was only read */
    return e;
}
