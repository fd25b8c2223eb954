/*
 * The jail. Run by every role, once, between opening what it needs and saying "ready". Trusts its
 * caller's choice of row and nothing that any peer said. Order: who we are, limits, no new
 * privileges, Landlock, seccomp; every step that fails ends the start.
 */
#include "os/box.h"

#include "base/planted.h"
#include "os/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum box_path {
    BOX_ALL_READ = 1,
    BOX_DATA = 2,
    BOX_KEYS = 4,
    BOX_RUN = 8,
    BOX_NULL = 16,
    BOX_RESOLVER = 32
};

enum box_set {
    BOX_BASE = 1,
    BOX_ACCEPT = 2,
    BOX_THREAD = 4,
    BOX_STORE = 8,
    BOX_APPEND = 16,
    BOX_HANDED = 32,
    BOX_CONNECT = 64,
    BOX_PARENT = 128
};

static const struct box_row {
    const char *name;
    rlim_t descriptors;
    unsigned paths, sets;
} rows[] = {
#define R(role, descriptors, paths, sets) [BOX_##role] = {#role, (descriptors), (paths), (sets)},
#include "os/box_roles.def"
};

/* What pthread_create asks for: all of the process is shared, nothing is new but the thread. */
enum {
    BOX_THREAD_FLAGS =
        CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
    BOX_NEW_FLAGS = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                    CLONE_NEWPID | CLONE_NEWNET | CLONE_PTRACE | CLONE_VFORK
};
/* Stands for our process id, which is known only when the filter is made. */
#define BOX_SELF UINT64_MAX

static const struct box_rule {
    enum box_set set;
    const char *call;
    uint32_t action;
    unsigned n;
    struct scmp_arg_cmp args[2];
} rules[] = {
#define ARG(index, operator, value)                                                                \
    {                                                                                              \
        (index), (operator), (uint64_t)(value), 0                                                  \
    }
#define MASKED(index, mask, value)                                                                 \
    {                                                                                              \
        (index), SCMP_CMP_MASKED_EQ, (uint64_t)(mask), (uint64_t)(value)                           \
    }
#define RULE(set, call, action, n, ...) {BOX_##set, #call, (action), (n), {__VA_ARGS__}},
#define NO_ARG                                                                                     \
    {                                                                                              \
        0, 0, 0, 0                                                                                 \
    }
#define ALLOW(set, call)                RULE(set, call, SCMP_ACT_ALLOW, 0, NO_ARG)
#define ALLOW_IF(set, call, count, ...) RULE(set, call, SCMP_ACT_ALLOW, (count), __VA_ARGS__)
#define ANSWER(set, call, error)        RULE(set, call, SCMP_ACT_ERRNO(error), 0, NO_ARG)
#define ANSWER_IF(set, call, error, count, ...)                                                    \
    RULE(set, call, SCMP_ACT_ERRNO(error), (count), __VA_ARGS__)
#define DENY(set, call)                RULE(set, call, SCMP_ACT_KILL_PROCESS, 0, NO_ARG)
#define DENY_IF(set, call, count, ...) RULE(set, call, SCMP_ACT_KILL_PROCESS, (count), __VA_ARGS__)
#include "os/box_rules.def"
};

bool box_has_seccomp(void)
{
    return !SANITIZED;
}

void box_no_dumps(void)
{
    static const struct rlimit no_core = {0, 0};

    BUG_IF(!SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0);
    BUG_IF(setrlimit(RLIMIT_CORE, &no_core) != 0);
}

enum err box_find_user(const char *name, unsigned *ret_uid, unsigned *ret_gid)
{
    struct passwd *p = getpwnam(name);

    if (!p)
        return ERR_NOT_FOUND;
    *ret_uid = p->pw_uid;
    *ret_gid = p->pw_gid;
    return ERR_OK;
}

enum err box_become(unsigned uid, unsigned gid)
{
    uid_t r, e, s;
    /* A second call, in a process that the first one's started, has nothing to change and no right
     * to. */
    bool change = geteuid() == 0 && (uid != 0 || getegid() != gid || getgroups(0, NULL) != 0);

    if (change &&
        (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0))
        return ERR_SANDBOX;
    if (getresuid(&r, &e, &s) != 0 || r != uid || e != uid || s != uid || getgid() != gid)
        return ERR_SANDBOX;
    /* Who was root and is not any more must not be able to come back. */
    return uid != 0 && setuid(0) == 0 ? ERR_SANDBOX : ERR_OK;
}

/* Also root of a container has none of root's powers left, and neither has anything it starts. */
static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

    return syscall(SYS_capset, &header, none) == 0;
}

/* Lowers soft and hard limit to at most n. */
static bool lower(int which, rlim_t n)
{
    struct rlimit l;

    if (getrlimit((__rlimit_resource_t)which, &l) != 0)
        return false;
    l.rlim_max = l.rlim_max < n ? l.rlim_max : n;
    l.rlim_cur = l.rlim_max;
    return setrlimit((__rlimit_resource_t)which, &l) == 0;
}

static bool limit_resources(const struct box_row *row)
{
    if (!lower(RLIMIT_CORE, 0) || !lower(RLIMIT_NOFILE, row->descriptors))
        return false;
    if (!(row->sets & (BOX_THREAD | BOX_PARENT)) && !lower(RLIMIT_NPROC, 0))
        return false;
    /* Pipes and sockets are not files: who has no file to write writes none. */
    return (row->sets & (BOX_STORE | BOX_APPEND | BOX_PARENT)) || lower(RLIMIT_FSIZE, 0);
}

static size_t list_paths(const struct box *b, unsigned paths, struct landlock_path *ret)
{
    const struct {
        unsigned bit;
        struct landlock_path p;
    } all[] = {{BOX_ALL_READ, {"/", false, true}},
               {BOX_DATA, {b->data_dir, true, false}},
               {BOX_KEYS, {b->key_dir, true, false}},
               {BOX_RUN, {b->run_dir, true, false}},
               {BOX_NULL, {"/dev/null", true, false}},
               {BOX_RESOLVER, {"/etc", false, false}},
               {BOX_RESOLVER, {"/run/systemd/resolve", false, false}}};
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if ((paths & all[i].bit) && all[i].p.path && all[i].p.path[0] != '\0')
            ret[n++] = all[i].p;
    return n;
}

static enum err apply_landlock(const struct box *b, const struct box_row *row, uint32_t *ret_abi)
{
    struct landlock_path paths[8];
    uint32_t abi = b->use_landlock ? landlock_abi() : 0;
    unsigned net = 0;

    *ret_abi = abi;
    if (abi == 0 || (PLANTED(landlock_off) && b->role == BOX_dialer))
        return ERR_OK;
    if (row->sets & (BOX_CONNECT | BOX_PARENT))
        net |= LANDLOCK_CONNECT;
    /* What the parent may not do, its children may not either, but it binds its listeners before.
     */
    return landlock_restrict(abi, paths, list_paths(b, row->paths, paths), net);
}

static bool add_rule(scmp_filter_ctx filter, const struct box_rule *r)
{
    struct scmp_arg_cmp args[ARRAY_LEN(r->args)];
    int call = seccomp_syscall_resolve_name(r->call);

    if (call == __NR_SCMP_ERROR)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(args); i++) {
        args[i] = r->args[i];
        if (args[i].datum_a == BOX_SELF)
            args[i].datum_a = (uint64_t)getpid();
    }
    /* A call that this machine's architecture does not have gets a negative number, and is left
     * out. */
    return call < 0 || seccomp_rule_add_array(filter, r->action, call, r->n, args) == 0;
}

static enum err apply_seccomp(const struct box_row *row)
{
    bool parent = row->sets & BOX_PARENT;
    scmp_filter_ctx filter = seccomp_init(parent ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS);
    bool ok = filter &&
              seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
              seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 1) == 0 &&
              seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
              seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0;

    for (size_t i = 0; i < ARRAY_LEN(rules) && ok; i++)
        if (row->sets & rules[i].set)
            ok = add_rule(filter, &rules[i]);
    ok = ok && seccomp_load(filter) == 0;
    if (filter)
        seccomp_release(filter);
    return ok ? ERR_OK : ERR_SANDBOX;
}

/* The C library opens /etc/localtime at the first use of either; in jail that would be death. */
static void warm_up(void)
{
    struct tm tm;
    time_t now = time(NULL);

    tzset();
    (void)gmtime_r(&now, &tm); /* for its side effect */
}

enum err box_apply(const struct box *b, uint32_t *ret_landlock_abi, const char **ret_what)
{
    const struct box_row *row = &rows[b->role];
    bool no_filter = SANITIZED || (PLANTED(seccomp_off) && b->role == BOX_gateway);
    uint32_t abi = 0;

    warm_up();
    box_no_dumps();
    if (box_become(b->uid, b->gid) != ERR_OK)
        *ret_what = "user";
    else if (!SANITIZED && !drop_capabilities())
        *ret_what = "capabilities";
    else if (!SANITIZED && !limit_resources(row))
        *ret_what = "resource limits";
    else if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        *ret_what = "no new privileges";
    else if (!SANITIZED && apply_landlock(b, row, &abi) != ERR_OK)
        *ret_what = "landlock";
    else if (!no_filter && apply_seccomp(row) != ERR_OK)
        *ret_what = "seccomp";
    else {
        *ret_landlock_abi = abi;
        return ERR_OK;
    }
    return ERR_SANDBOX;
}
