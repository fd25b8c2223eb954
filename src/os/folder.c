/*
 * Folders. Run by the supervisor before it gives up what rights it has. Trusts the configuration
 * for which folders, and nobody for what they are.
 */
#include "os/folder.h"

#include <errno.h>
#include <fcntl.h>
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

enum err folder_ready(const char *path, unsigned uid, unsigned gid, char *ret_path, size_t n)
{
    char absolute[PATH_MAX];
    struct stat st;

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return folder_err(errno);
    if (realpath(path, absolute) == NULL || stat(absolute, &st) != 0)
        return folder_err(errno);
    if (!S_ISDIR(st.st_mode))
        return ERR_NOT_FOUND;
    if (geteuid() == 0 && st.st_uid == 0 && uid != 0) {
        if (chown(absolute, uid, gid) != 0 || stat(absolute, &st) != 0)
            return folder_err(errno);
    }
    if (st.st_uid != uid || (st.st_mode & 077) != 0)
        return ERR_FORBIDDEN;
    return slice_to_cstr(slice_str(absolute), ret_path, n) ? ERR_OK : ERR_TOO_LARGE;
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
    return slice_to_cstr(slice_str(path), ret_path, n) ? ERR_OK : ERR_TOO_LARGE;
}

enum err folder_lock(const char *path, uint64_t ms, int *ret_fd)
{
    enum { PAUSE_MS = 10 };
    uint64_t until = clock_boot_ms() + ms;
    int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return ERR_IO;
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
