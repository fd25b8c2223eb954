/*
 * Folders. Run by the supervisor before it gives up what rights it has. Trusts the configuration
 * for which folders, and nobody for what they are.
 */
#include "os/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/slice.h"
#include "os/clock.h"
#include "os/file.h"

static enum err folder_err(int e)
{
    switch (e) {
    case ENOENT:
    case ENOTDIR: return ERR_NOT_FOUND;
    case EACCES:
    case EPERM: return ERR_FORBIDDEN;
    case ENAMETOOLONG: return ERR_TOO_LARGE;
    default: return ERR_IO;
    }
}

static enum err copy(const char *path, char *ret, size_t n)
{
    return slice_to_cstr(slice_str(path), ret, n) ? ERR_OK : ERR_TOO_LARGE;
}

/* Whether nobody but root can change what is there: for a folder, its names. In one with the sticky
 * bit others can change only names of their own. */
static bool is_roots(const struct stat *st)
{
    return st->st_uid == 0 &&
           ((st->st_mode & 022) == 0 || (S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0));
}

/* The folder that path is in; ERR_TOO_LARGE. */
static enum err parent_of(const char *path, char ret[PATH_MAX])
{
    char own[PATH_MAX];
    enum err e = copy(path, own, sizeof(own));

    return e ? e : copy(dirname(own), ret, PATH_MAX);
}

static enum err make_in(int parent, const char *path, bool give, unsigned uid, unsigned gid)
{
    char own[PATH_MAX];
    const char *name;
    struct stat st;
    int fd = -1;
    enum err e = copy(path, own, sizeof(own));

    if (e)
        return e;
    name = basename(own);
    /* Where others may write, they could put something else in its place to be given away. */
    if (give && (fstat(parent, &st) != 0 || !is_roots(&st)))
        return ERR_FORBIDDEN;
    if (mkdirat(parent, name, 0700) != 0)
        return folder_err(errno);
    if (!give)
        return ERR_OK;
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fchown(fd, uid, gid) != 0)
        e = folder_err(errno);
    if (fd >= 0)
        (void)close(fd); /* nothing was written */
    return e;
}

static enum err make(const char *path, unsigned uid, unsigned gid)
{
    char in[PATH_MAX];
    int parent = -1;
    enum err e = parent_of(path, in);

    if (e)
        return e;
    parent = open(in, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0)
        return folder_err(errno);
    e = make_in(parent, path, geteuid() == 0 && uid != 0, uid, gid);
    (void)close(parent); /* nothing was written */
    return e;
}

enum err folder_ready(const char *path, unsigned uid, unsigned gid, char *ret_path, size_t n)
{
    char absolute[PATH_MAX];
    struct stat st;
    enum err e = ERR_OK;

    if (stat(path, &st) != 0)
        e = errno == ENOENT ? make(path, uid, gid) : folder_err(errno);
    if (e)
        return e;
    if (!realpath(path, absolute) || stat(absolute, &st) != 0)
        return folder_err(errno);
    if (!S_ISDIR(st.st_mode))
        return ERR_NOT_FOUND;
    if (st.st_uid != uid || (st.st_mode & 077) != 0)
        return ERR_FORBIDDEN;
    return copy(absolute, ret_path, n);
}

enum err folder_enter(const char *path, char *ret, size_t n)
{
    struct slice s = slice_str(path);

    for (size_t i = 1; i <= s.n; i++) {
        if (i < s.n && s.p[i] != '/')
            continue;
        if (!slice_to_cstr(slice_sub(s, 0, i), ret, n))
            return ERR_TOO_LARGE;
        if (faccessat(AT_FDCWD, ret, X_OK, AT_EACCESS) != 0)
            return folder_err(errno);
    }
    return ERR_OK;
}

enum err folder_find_root_file(const char *path, char *ret_path, size_t n)
{
    char absolute[PATH_MAX], own[PATH_MAX];
    char *at = own;
    struct stat st;

    if (lstat(path, &st) != 0 || !realpath(path, absolute))
        return folder_err(errno);
    if (!S_ISREG(st.st_mode))
        return ERR_FORBIDDEN;
    BUG_IF(copy(absolute, own, sizeof(own)) != ERR_OK);
    do {
        if (lstat(at, &st) != 0 || !is_roots(&st))
            return ERR_FORBIDDEN;
        at = dirname(at);
    } while (strcmp(at, "/") != 0);
    return copy(absolute, ret_path, n);
}

enum err folder_find_program(const char *name, char *ret_path, size_t n)
{
    char own[PATH_MAX], path[PATH_MAX + 128];
    ssize_t got = readlink("/proc/self/exe", own, sizeof own - 1);

    if (got <= 0)
        return ERR_NOT_FOUND;
    own[got] = '\0';
    *strrchr(own, '/') = '\0';
    snprintf(path, sizeof path, "%s/%s", own, name);
    if (access(path, X_OK) != 0)
        snprintf(path, sizeof path, "%s/../%s/%s", own, name, name);
    if (access(path, X_OK) != 0)
        return ERR_NOT_FOUND;
    return copy(path, ret_path, n);
}

enum err folder_lock(const char *path, uint64_t ms, int *ret_fd)
{
    enum { PAUSE_MS = 10 };
    uint64_t until = clock_boot_ms() + ms;
    int fd = -1;
    enum err e = file_open(path, O_RDONLY | O_CREAT, &fd);

    if (e)
        return e;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        bool taken = errno == EWOULDBLOCK;
        if (!taken || clock_boot_ms() >= until) {
            (void)close(fd); /* nothing was written */
            return taken ? ERR_EXISTS : ERR_IO;
        }
        (void)poll(NULL, 0, PAUSE_MS); /* a pause; whoever has it is ending */
    }
    *ret_fd = fd;
    return ERR_OK;
}

void folder_remove_file(const char *path)
{
    (void)unlink(path); /* it may not be there */
}
