/*
 * Each role's jail, tried from inside: a process that applies the role's row of
 * src/os/box_roles.def does one forbidden thing and must be killed or refused for it, with Landlock
 * and with Landlock pretended absent. A few things that the role needs are tried too, since a jail
 * in which everything dies would pass the rest. Prints a line for each, and the sum.
 */
#include "os/box.h"
#include "os/landlock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ALLOWED = 0, REFUSED = 1, NOT_JAILED = 2 };

/* What the process has when it goes to jail: more than any role does. */
static struct {
    char dir[64], data[96], keys[96], log_path[128];
    int listener, server, plain, datagram, log, pair[2];
    struct sockaddr_in address; /* of server */
    pid_t parent;
} have;

static int wake[2], told[2];

/* --- attempts: >= 0 when the kernel did it ---------------------------------------------------- */

static long call(long number, long a, long b, long c, long d)
{
    return syscall(number, a, b, c, d, 0, 0);
}

static long open_for(const char *path, int flags)
{
    return openat(AT_FDCWD, path, flags, 0600);
}

static long read_passwd(void)
{
    return open_for("/etc/passwd", O_RDONLY);
}

static long read_elsewhere(void)
{
    return open_for("/usr/bin/env", O_RDONLY);
}

static long write_elsewhere(void)
{
    char path[128];

    snprintf(path, sizeof path, "%s/escaped", have.dir);
    return open_for(path, O_WRONLY | O_CREAT);
}

static long write_data(void)
{
    char path[128];

    snprintf(path, sizeof path, "%s/store/written", have.data);
    return open_for(path, O_WRONLY | O_CREAT);
}

static long open_master_key(void)
{
    char path[128];

    snprintf(path, sizeof path, "%s/master/key", have.keys);
    return open_for(path, O_RDONLY);
}

static long open_audit_log(void)
{
    return open_for(have.log_path, O_RDWR);
}

static long open_audit_key(void)
{
    char path[128];

    snprintf(path, sizeof path, "%s/audit.key", have.keys);
    return open_for(path, O_RDONLY);
}

static long open_own_memory(void)
{
    return open_for("/proc/self/mem", O_RDWR);
}

static long list_root(void)
{
    char room[512];
    long fd = open_for("/", O_RDONLY | O_DIRECTORY);

    return fd < 0 ? fd : call(SYS_getdents64, fd, (long)room, sizeof room, 0);
}

static long remove_log(void)
{
    return unlink(have.log_path);
}

static long rename_log(void)
{
    char to[160];

    snprintf(to, sizeof to, "%s.old", have.log_path);
    return rename(have.log_path, to);
}

static long truncate_log(void)
{
    return ftruncate(have.log, 0);
}

static long clear_append(void)
{
    return fcntl(have.log, F_SETFL, 0);
}

static long append_log(void)
{
    return write(have.log, "more\n", 5);
}

static long overwrite_log(void)
{
    return pwrite(have.log, "less\n", 5, 0);
}

static long punch_log(void)
{
    return fallocate(have.log, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 1);
}

static long socket_inet(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static long socket_inet6(void)
{
    return socket(AF_INET6, SOCK_DGRAM, 0);
}

static long socket_unix(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long socket_netlink(void)
{
    return socket(AF_NETLINK, SOCK_RAW, 0);
}

static long socket_packet(void)
{
    return socket(AF_PACKET, SOCK_RAW, 0);
}

static long socket_pair(void)
{
    int fds[2];

    return socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

static long connect_out(void)
{
    return connect(have.plain, (const struct sockaddr *)&have.address, sizeof have.address);
}

static long fast_open(int fd)
{
    return sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, (const struct sockaddr *)&have.address,
                  sizeof have.address);
}

static long fast_open_sendto(void)
{
    return fast_open(have.plain);
}

static long fast_open_sendmsg_on(int fd)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t) "x", .iov_len = 1};
    struct msghdr m = {.msg_name = &have.address,
                       .msg_namelen = sizeof have.address,
                       .msg_iov = &part,
                       .msg_iovlen = 1};

    return sendmsg(fd, &m, MSG_FASTOPEN | MSG_NOSIGNAL);
}

static long fast_open_sendmsg(void)
{
    return fast_open_sendmsg_on(have.plain);
}

/* A listener that is shut down is an unconnected socket again. */
static long fast_open_listener(void)
{
    if (shutdown(have.listener, SHUT_RDWR) != 0)
        return -1;
    return fast_open_sendmsg_on(have.listener);
}

static long send_datagram(void)
{
    return sendto(have.datagram, "x", 1, 0, (const struct sockaddr *)&have.address,
                  sizeof have.address);
}

static long listen_again(void)
{
    return listen(have.plain, 1);
}

static long bind_other(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};

    return bind(have.plain, (const struct sockaddr *)&any, sizeof any);
}

static long attach_filter(void)
{
    struct sock_filter pass = BPF_STMT(BPF_RET | BPF_K, 0xffff);
    struct sock_fprog program = {1, &pass};

    return setsockopt(have.plain, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

static long accept_one(void)
{
    return accept4(have.listener, NULL, NULL, SOCK_NONBLOCK) < 0 && errno != EAGAIN ? -1 : 0;
}

static long talk(void)
{
    char c;

    return send(have.pair[0], "x", 1, 0) == 1 && recv(have.pair[1], &c, 1, 0) == 1 ? 0 : -1;
}

static long plain_fork(void)
{
    long pid = call(SYS_clone, SIGCHLD, 0, 0, 0);

    if (pid == 0)
        _exit(0);
    return pid;
}

static long new_user_namespace(void)
{
    return call(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0);
}

/* A thread by its flags, with one flag more. */
static long thread_that_is_none(void)
{
    return call(SYS_clone,
                CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                    CLONE_NEWNET,
                0, 0, 0);
}

static long clone_three(void)
{
    uint64_t args[11] = {0};

    args[4] = SIGCHLD;
    return call(SYS_clone3, (long)args, sizeof args, 0, 0);
}

static void *nothing(void *p)
{
    return p;
}

static long start_thread(void)
{
    pthread_t t;

    return pthread_create(&t, NULL, nothing, NULL) == 0 && pthread_join(t, NULL) == 0 ? 0 : -1;
}

static long run_program(void)
{
    char *const argv[] = {(char *)(uintptr_t) "true", NULL};

    return execve("/bin/true", argv, argv + 1);
}

static long trace_parent(void)
{
    return ptrace(PTRACE_ATTACH, have.parent, NULL, NULL);
}

static long read_parent(void)
{
    char c;
    struct iovec mine = {&c, 1}, theirs = {&have, 1};

    return process_vm_readv(have.parent, &mine, 1, &theirs, 1, 0);
}

static long signal_parent(void)
{
    return kill(have.parent, 0);
}

static long signal_parents_thread(void)
{
    return call(SYS_tgkill, have.parent, have.parent, 0, 0);
}

static long take_parents_descriptor(void)
{
    long fd = call(SYS_pidfd_open, have.parent, 0, 0, 0);

    return fd < 0 ? fd : call(SYS_pidfd_getfd, fd, 0, 0, 0);
}

static long be_dumpable(void)
{
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long map_executable(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
               ? -1
               : 0;
}

static long make_executable(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static long memory(void)
{
    void *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED || mprotect(p, 4096, PROT_NONE) != 0 ? -1 : munmap(p, 1 << 20);
}

static long memory_file(void)
{
    return memfd_create("x", 0);
}

static long raise_limits(void)
{
    struct rlimit l = {1024, 1024};

    return setrlimit(RLIMIT_NPROC, &l);
}

static long become_root(void)
{
    return setresuid(0, 0, 0);
}

static long change_root(void)
{
    return chroot(have.dir);
}

static long leave_namespaces(void)
{
    return unshare(CLONE_NEWNS);
}

static long ring(void)
{
    char params[120] = {0};

    return call(SYS_io_uring_setup, 1, (long)params, 0, 0);
}

static long berkeley(void)
{
    return call(SYS_bpf, 0, 0, 0, 0);
}

static long keys_of_the_kernel(void)
{
    return call(SYS_keyctl, 0, 0, 0, 0);
}

static long watch_performance(void)
{
    return call(SYS_perf_event_open, 0, 0, 0, 0);
}

static long another_filter(void)
{
    return call(SYS_seccomp, 1, 0, 0, 0);
}

static long no_such_call(void)
{
    return call(4000, 0, 0, 0, 0);
}

#ifdef __x86_64__
/* The 32-bit way into the kernel has other numbers: 5 is open. */
static long the_other_door(void)
{
    long result;

    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
    return result;
}

static long x32_door(void)
{
    return call(0x40000000 + SYS_getpid, 0, 0, 0, 0);
}
#endif

/* A thread that was there before the jail must be in it. */
static void *old_thread(void *unused)
{
    char c = 0;

    (void)unused;
    /* Its own start, which calls rseq, must be over before the jail closes. */
    (void)!write(told[1], &c, 1);
    if (read(wake[0], &c, 1) == 1) {
        long got = socket(AF_INET, SOCK_STREAM, 0);
        c = got < 0 ? REFUSED : ALLOWED;
        (void)!write(told[1], &c, 1);
    }
    return NULL;
}

static long from_an_older_thread(void)
{
    char c = REFUSED;

    if (write(wake[1], "x", 1) != 1 || read(told[0], &c, 1) != 1)
        return -1;
    return c == ALLOWED ? 0 : -1;
}

static long allocate_and_end(void)
{
    free(malloc(1 << 20));
    return call(SYS_getpid, 0, 0, 0, 0);
}

static long abort_itself(void)
{
    abort();
}

/*
 * What must happen, per role in the order below: k killed, r refused, a done, l done but for
 * Landlock, m killed but for Landlock, which refuses first, d killed by abort's own signal, . not
 * tried (it hangs on whether root runs this).
 */
static const enum box_role roles[] = {BOX_keeper, BOX_audit,  BOX_gateway,   BOX_surface,
                                      BOX_egress, BOX_dialer, BOX_supervisor};
static const char *const role_names[] = {"keeper", "audit",  "gateway",   "surface",
                                         "egress", "dialer", "supervisor"};

static const struct attempt {
    const char *name;
    long (*fn)(void);
    const char *wanted;
} attempts[] = {
    {"talk on its channel", talk, "aaaaaaa"},
    {"use memory", memory, "aaaaaaa"},
    {"allocate", allocate_and_end, "aaaaaaa"},
    {"accept a connection", accept_one, "kkaakka"},
    {"start a thread", start_thread, "kkkkkaa"},
    {"write to the data folder", write_data, "akkkkka"},
    {"append to the log", append_log, "aakkkka"},
    {"read /etc/passwd", read_passwd, "lkkkkaa"},
    {"read elsewhere", read_elsewhere, "lkkkkla"},
    {"write elsewhere", write_elsewhere, "lkkkkkl"},
    {"open the master key", open_master_key, "akkkkla"},
    {"open the audit log", open_audit_log, "lkkkkka"},
    {"open the key of the audit log", open_audit_key, "lkkkkla"},
    {"open its own memory for writing", open_own_memory, ".kkkkk."},
    {"list the root folder", list_root, "mkkkkma"},
    {"remove the log", remove_log, "lkkkkka"},
    {"rename the log", rename_log, "kkkkkka"},
    {"truncate the log", truncate_log, "akkkkka"},
    {"clear the log's append flag", clear_append, "kkkkkka"},
    {"write into the middle of the log", overwrite_log, "akkkkka"},
    {"punch a hole into the log", punch_log, "akkkkka"},
    {"make an IPv4 socket", socket_inet, "kkkkkaa"},
    {"make an IPv6 socket", socket_inet6, "kkkkkaa"},
    {"make a Unix socket", socket_unix, "kkkkkra"},
    {"make a netlink socket", socket_netlink, "kkkkkra"},
    {"make a packet socket", socket_packet, "kkkkkk."},
    {"make a socket pair", socket_pair, "kkkkkka"},
    {"connect", connect_out, "kkkkkaa"},
    {"connect by sendto with MSG_FASTOPEN", fast_open_sendto, "kkkkkka"},
    {"connect by sendmsg with MSG_FASTOPEN", fast_open_sendmsg, "kkkkkka"},
    {"connect with a listener that is shut down", fast_open_listener, "kkkkkkr"},
    {"send a datagram to an address", send_datagram, "kkkkkka"},
    {"listen", listen_again, "kkkkkka"},
    {"bind", bind_other, "kkkkkkl"},
    {"attach a socket filter", attach_filter, "kkkkkk."},
    {"fork", plain_fork, "kkkkkka"},
    {"fork into a new namespace", new_user_namespace, "kkkkkkk"},
    {"make a thread in a new network", thread_that_is_none, "kkkkkkk"},
    {"clone3", clone_three, "kkkkkrr"},
    {"run a program", run_program, "kkkkkka"},
    {"trace its parent", trace_parent, "kkkkkkk"},
    {"read its parent's memory", read_parent, "kkkkkkk"},
    {"signal its parent", signal_parent, "kkkkkkl"},
    {"signal its parent's thread", signal_parents_thread, "kkkkkkl"},
    {"take its parent's descriptor", take_parents_descriptor, "kkkkkkk"},
    {"allow dumps", be_dumpable, "kkkkkka"},
    {"map executable memory", map_executable, "kkkkkka"},
    {"make memory executable", make_executable, "kkkkkka"},
    {"make a memory file", memory_file, "kkkkkka"},
    {"raise a limit", raise_limits, "kkkkkka"},
    {"become root", become_root, "kkkkkk."},
    {"change its root", change_root, "kkkkkkk"},
    {"leave its namespaces", leave_namespaces, "kkkkkkk"},
    {"set up io_uring", ring, "kkkkkkk"},
    {"load BPF", berkeley, "kkkkkkk"},
    {"use kernel keys", keys_of_the_kernel, "kkkkkkk"},
    {"watch performance", watch_performance, "kkkkkkk"},
    {"add a filter", another_filter, "kkkkkkr"},
    {"call what there is not", no_such_call, "kkkkkkr"},
#ifdef __x86_64__
    {"use the 32-bit door", the_other_door, "kkkkkkk"},
    {"use the x32 door", x32_door, "kkkkkkk"},
#endif
    {"make a socket in an older thread", from_an_older_thread, "kkkkkaa"},
    {"abort", abort_itself, "ddddddd"},
};

static void make_key(const char *name)
{
    char path[160];

    snprintf(path, sizeof path, "%s/%s", have.keys, name);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static void prepare(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof have.address;
    char store[128], master[128];

    snprintf(have.dir, sizeof have.dir, "/tmp/sidegate-jail-XXXXXX");
    if (mkdtemp(have.dir) == NULL)
        abort();
    snprintf(have.data, sizeof have.data, "%s/data", have.dir);
    snprintf(have.keys, sizeof have.keys, "%s/keys", have.dir);
    snprintf(have.log_path, sizeof have.log_path, "%s/log", have.data);
    snprintf(store, sizeof store, "%s/store", have.data);
    snprintf(master, sizeof master, "%s/master", have.keys);
    if (mkdir(have.data, 0700) != 0 || mkdir(have.keys, 0700) != 0 || mkdir(store, 0700) != 0 ||
        mkdir(master, 0700) != 0)
        abort();
    make_key("master/key");
    make_key("audit.key");
    have.server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    have.parent = getpid();
    if (bind(have.server, (struct sockaddr *)&any, sizeof any) != 0 ||
        listen(have.server, 16) != 0 ||
        getsockname(have.server, (struct sockaddr *)&have.address, &n) != 0)
        abort();
}

/* What a role has of its own: made in the child, so that one attempt does not spoil the next. */
static void prepare_child(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    pthread_t t;
    char started;

    have.plain = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    have.datagram = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    have.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (bind(have.listener, (struct sockaddr *)&any, sizeof any) != 0 ||
        listen(have.listener, 1) != 0)
        abort();
    have.log = open(have.log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (have.log < 0 || write(have.log, "first\n", 6) != 6 || pipe(wake) != 0 || pipe(told) != 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET, 0, have.pair) != 0 ||
        pthread_create(&t, NULL, old_thread, NULL) != 0 || read(told[0], &started, 1) != 1)
        abort();
}

static int in_jail(enum box_role role, bool landlock, long (*fn)(void))
{
    char data[160], keys[160];
    /* The keeper's own folders within those of all, as the supervisor tells it. */
    const char *own[] = {role == BOX_keeper ? "/store" : "", role == BOX_keeper ? "/master" : ""};
    const struct box b = {.role = role,
                          .use_landlock = landlock,
                          .uid = geteuid(),
                          .gid = getegid(),
                          .data_dir = data,
                          .key_dir = keys};
    bool expected = landlock && landlock_abi() != 0;
    const char *what = "";
    uint32_t abi = 0;

    snprintf(data, sizeof data, "%s%s", have.data, own[0]);
    snprintf(keys, sizeof keys, "%s%s", have.keys, own[1]);
    prepare_child();
    if (box_apply(&b, &abi, &what) != ERR_OK || (abi != 0) != expected) {
        fprintf(stderr, "the jail is not applied: %s\n", what);
        return NOT_JAILED;
    }
    return fn() < 0 ? REFUSED : ALLOWED;
}

/* One of "kradx"; x is something else. */
static char outcome(enum box_role role, bool landlock, long (*fn)(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(in_jail(role, landlock, fn));
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return 'x';
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS || WTERMSIG(status) == SIGXFSZ ? 'k'
               : WTERMSIG(status) == SIGABRT                             ? 'd'
                                                                         : 'x';
    return WEXITSTATUS(status) == ALLOWED ? 'a' : WEXITSTATUS(status) == REFUSED ? 'r' : 'x';
}

static bool one(const struct attempt *t, size_t role, bool landlock)
{
    char wanted = t->wanted[role], got = outcome(roles[role], landlock, t->fn);

    if (wanted == 'l')
        wanted = landlock ? 'r' : 'a';
    if (wanted == 'm')
        wanted = landlock ? 'r' : 'k';
    printf("%s - %s, %s Landlock: %s (%c)\n", wanted == got ? "ok" : "not ok", role_names[role],
           landlock ? "with" : "without", t->name, got);
    if (wanted != got)
        printf("#   wanted %c\n", wanted);
    return wanted == got;
}

static void clean_up(void)
{
    static const char *const names[] = {
        "data/store/written", "data/store",     "data/log", "data",    "keys/master/key",
        "keys/master",        "keys/audit.key", "keys",     "escaped", ""};
    char path[160];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", have.dir, names[i]);
        if (unlink(path) != 0)
            (void)rmdir(path); /* what is left is in a folder of ours in /tmp */
    }
}

int main(void)
{
    unsigned passed = 0, failed = 0;
    bool landlock_here = landlock_abi() != 0;

    if (!box_has_seccomp())
        return 77; /* sanitizers need calls that the jail refuses: Meson calls this skipped */
    setvbuf(stdout, NULL, _IOLBF, 0);
    prepare();
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
        for (size_t role = 0; role < sizeof roles / sizeof roles[0]; role++) {
            for (int landlock = 0; landlock <= (landlock_here ? 1 : 0); landlock++) {
                if (attempts[i].wanted[role] == '.')
                    continue;
                if (one(&attempts[i], role, landlock))
                    passed++;
                else
                    failed++;
            }
        }
    }
    clean_up();
    if (!landlock_here)
        printf("# this kernel has no Landlock: tried without it only\n");
    printf("%u passed, %u failed\n", passed, failed);
    return failed > 0;
}
