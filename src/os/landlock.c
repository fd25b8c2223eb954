/*
 * Landlock (Documentation/userspace-api/landlock.rst of the kernel). Run by every role on its way
 * to jail. The structures and flags are written out here as the kernel's ABI has them, because the
 * headers to build with may be older than the kernel to run on.
 */
#include "os/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CREATE_RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };
enum { NET_BIND_TCP = 1, NET_CONNECT_TCP = 2 };
enum { SCOPE_ABSTRACT_UNIX = 1, SCOPE_SIGNAL = 2 };

enum {
    FS_EXECUTE = 1 << 0,
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_REFER = 1 << 13,    /* version 2 */
    FS_TRUNCATE = 1 << 14, /* version 3 */
    FS_IOCTL_DEV = 1 << 15 /* version 5 */
};
enum {
    FS_VERSION_1 = (1 << 13) - 1,
    FS_OF_FILES = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV,
    /* Making device nodes is nobody's. */
    FS_MAKE_DEVICES = 1 << 6 | 1 << 11,
};

struct ruleset_attr {
    uint64_t fs;
    uint64_t net;   /* version 4 */
    uint64_t scope; /* version 6 */
};

struct path_beneath_attr {
    uint64_t allowed;
    int32_t fd;
} __attribute__((packed));

uint32_t landlock_abi(void)
{
    long v = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

    return v > 0 ? (uint32_t)v : 0;
}

static uint64_t known_fs(uint32_t abi)
{
    uint64_t fs = FS_VERSION_1;

    if (abi >= 2)
        fs |= FS_REFER;
    if (abi >= 3)
        fs |= FS_TRUNCATE;
    if (abi >= 5)
        fs |= FS_IOCTL_DEV;
    return fs;
}

static int new_ruleset(uint32_t abi, unsigned net)
{
    struct ruleset_attr a = {.fs = known_fs(abi)};
    size_t size = sizeof a.fs;

    if (abi >= 4) {
        a.net = NET_BIND_TCP | ((net & LANDLOCK_CONNECT) ? 0u : NET_CONNECT_TCP);
        size = sizeof a.fs + sizeof a.net;
    }
    if (abi >= 6) {
        a.scope = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
        size = sizeof a;
    }
    return (int)syscall(SYS_landlock_create_ruleset, &a, size, 0);
}

static enum err add_path(int ruleset, uint64_t known, const struct landlock_path *p)
{
    struct path_beneath_attr a = {.fd = open(p->path, O_PATH | O_CLOEXEC)};
    struct stat st;
    long failed = -1;

    if (a.fd < 0)
        return errno == ENOENT ? ERR_OK : ERR_SANDBOX;
    a.allowed = p->write ? known & ~(uint64_t)(FS_EXECUTE | FS_MAKE_DEVICES)
                         : (uint64_t)(FS_READ_FILE | FS_READ_DIR);
    if (p->run)
        a.allowed |= FS_EXECUTE;
    if (fstat(a.fd, &st) == 0) {
        if (!S_ISDIR(st.st_mode))
            a.allowed &= FS_OF_FILES;
        failed = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &a, 0);
    }
    (void)close(a.fd); /* names a path only */
    return failed ? ERR_SANDBOX : ERR_OK;
}

enum err landlock_restrict(uint32_t abi, const struct landlock_path *paths, size_t n, unsigned net)
{
    int ruleset = new_ruleset(abi, net);
    enum err e = ruleset < 0 ? ERR_SANDBOX : ERR_OK;

    for (size_t i = 0; i < n && !e; i++)
        e = add_path(ruleset, known_fs(abi), &paths[i]);
    if (!e && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
               syscall(SYS_landlock_restrict_self, ruleset, 0) != 0))
        e = ERR_SANDBOX;
    if (ruleset >= 0)
        (void)close(ruleset); /* in force or not, it is done with */
    return e;
}
