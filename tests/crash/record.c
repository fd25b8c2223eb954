/*
 * Linked into keeper and audit in the build with -Drecord=true: writes down, in order and with the
 * time, every change to files and names in folders named "data" and "keys" and every sync, so that
 * tests/crash/states.mjs can make what a disk holds after a power cut: all that was synced, and of
 * the rest nothing, or any part. Interposes the C library's calls, which SQLite and our own code
 * use alike; the record goes to record.PID in the data folder, opened before the jail with the
 * first file below either.
 *
 * A record: u64 time in ns (CLOCK_MONOTONIC, when the call had returned), u8 call, u16 length and
 * path, u64 offset, u32 length and bytes; little endian.
 */
/* The fortified and the large-file headers define these calls themselves. */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum call { OPENED = 'o', WROTE = 'w', CUT = 't', SYNCED = 's', REMOVED = 'u' };
enum { FILES = 256, PATH = 512 };

static char paths[FILES][PATH]; /* by descriptor; "" is not ours */
/* Where the next write() goes: kept here, since a jailed process may not ask. */
static off_t positions[FILES];
static int out = -1;

#define REAL(ret, name, ...)                                                                       \
    static ret (*real)(__VA_ARGS__);                                                               \
    if (real == NULL)                                                                              \
    real = (ret(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static ssize_t real_write(int fd, const void *p, size_t n)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    return real(fd, p, n);
}

static void put(uint8_t *dst, uint64_t v, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        dst[i] = (uint8_t)(v >> (8 * i));
}

static void record(enum call call, const char *path, uint64_t offset, const void *bytes, size_t n)
{
    uint8_t head[8 + 1 + 2 + PATH + 8 + 4];
    size_t path_n = strlen(path), at = 0;
    struct timespec now;
    int saved = errno;

    if (out < 0)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    put(head, (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec, 8);
    head[8] = (uint8_t)call;
    put(head + 9, path_n, 2);
    memcpy(head + 11, path, path_n);
    at = 11 + path_n;
    put(head + at, offset, 8);
    put(head + at + 8, n, 4);
    (void)!real_write(out, head, at + 12);
    if (n > 0)
        (void)!real_write(out, bytes, n);
    errno = saved;
}

static const char *path_of(int fd)
{
    return fd >= 0 && fd < FILES && paths[fd][0] != '\0' ? paths[fd] : NULL;
}

static int real_open(const char *path, int flags, mode_t mode)
{
    REAL(int, "open64", const char *, int, ...);
    return real(path, flags, mode);
}

/* Where "/data" or "/keys" begins in a path at or below such a folder, or NULL. */
static const char *ours(const char *path)
{
    static const char *const folders[] = {"/data", "/keys"};

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        const char *at = strstr(path, folders[i]);

        if (at != NULL && (at[5] == '/' || at[5] == 0) && strlen(path) < PATH)
            return at;
    }
    return NULL;
}

static void open_record(const char *path, const char *folder)
{
    char name[PATH + 32];

    if (out >= 0)
        return;
    snprintf(name, sizeof(name), "%.*s/data/record.%d", (int)(folder - path), path, (int)getpid());
    out = real_open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static off_t real_seek(int fd, off_t offset, int whence)
{
    REAL(off_t, "lseek64", int, off_t, int);
    return real(fd, offset, whence);
}

static int opened(const char *path, int flags, int fd)
{
    const char *folder = ours(path);

    if (fd < 0 || fd >= FILES)
        return fd;
    paths[fd][0] = '\0';
    if (folder == NULL)
        return fd;
    open_record(path, folder);
    strcpy(paths[fd], path);
    positions[fd] = (flags & O_APPEND) ? real_seek(fd, 0, SEEK_END) : 0;
    if (flags & (O_CREAT | O_TRUNC))
        record(OPENED, path, (flags & O_TRUNC) != 0, NULL, 0);
    return fd;
}

int open(const char *path, int flags, ...)
{
    va_list ap;
    mode_t mode;

    va_start(ap, flags);
    mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return opened(path, flags, real_open(path, flags, mode));
}

int open64(const char *path, int flags, ...)
{
    va_list ap;
    mode_t mode;

    va_start(ap, flags);
    mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return opened(path, flags, real_open(path, flags, mode));
}

int openat(int folder, const char *path, int flags, ...)
{
    REAL(int, "openat64", int, const char *, int, ...);
    va_list ap;
    mode_t mode;

    va_start(ap, flags);
    mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return opened(path, flags, real(folder, path, flags, mode));
}

ssize_t write(int fd, const void *p, size_t n)
{
    ssize_t done = real_write(fd, p, n);
    const char *path = path_of(fd);

    if (path != NULL && done > 0) {
        record(WROTE, path, (uint64_t)positions[fd], p, (size_t)done);
        positions[fd] += done;
    }
    return done;
}

static ssize_t wrote_at(const char *name, int fd, const void *p, size_t n, off_t offset)
{
    ssize_t (*real)(int, const void *, size_t, off_t) =
        (ssize_t(*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, name);
    ssize_t done = real(fd, p, n, offset);
    const char *path = path_of(fd);

    if (path != NULL && done > 0)
        record(WROTE, path, (uint64_t)offset, p, (size_t)done);
    return done;
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t offset)
{
    return wrote_at("pwrite", fd, p, n, offset);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off_t offset)
{
    return wrote_at("pwrite64", fd, p, n, offset);
}

static off_t sought(int fd, off_t offset, int whence)
{
    off_t at = real_seek(fd, offset, whence);

    if (path_of(fd) != NULL && at >= 0)
        positions[fd] = at;
    return at;
}

off_t lseek(int fd, off_t offset, int whence)
{
    return sought(fd, offset, whence);
}

off_t lseek64(int fd, off_t offset, int whence)
{
    return sought(fd, offset, whence);
}

static int cut(const char *name, int fd, off_t size)
{
    int (*real)(int, off_t) = (int (*)(int, off_t))dlsym(RTLD_NEXT, name);
    int status = real(fd, size);
    const char *path = path_of(fd);

    if (path != NULL && status == 0)
        record(CUT, path, (uint64_t)size, NULL, 0);
    return status;
}

int ftruncate(int fd, off_t size)
{
    return cut("ftruncate", fd, size);
}

int ftruncate64(int fd, off_t size)
{
    return cut("ftruncate64", fd, size);
}

static int synced(const char *name, int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int status = real(fd);
    const char *path = path_of(fd);

    if (path != NULL && status == 0)
        record(SYNCED, path, 0, NULL, 0);
    return status;
}

int fsync(int fd)
{
    return synced("fsync", fd);
}

int fdatasync(int fd)
{
    return synced("fdatasync", fd);
}

int unlink(const char *path)
{
    REAL(int, "unlink", const char *);
    int status = real(path);

    if (status == 0 && ours(path) != NULL)
        record(REMOVED, path, 0, NULL, 0);
    return status;
}

int close(int fd)
{
    REAL(int, "close", int);

    if (fd >= 0 && fd < FILES)
        paths[fd][0] = '\0';
    return real(fd);
}
