/*
 * A hostile program in the place of each peer of each role: the real binary, in its real jail, with
 * this program as its supervisor. It sends every message of the table that the peer may not send
 * (right in form), broken frames, and every message that it may send with all kinds of values. The
 * first two must end the channel and be told to the supervisor, whatever comes must not end the
 * role, and at the end the role must still stop in order. That the role went to jail at all is
 * asked of the kernel. Arguments: the absolute path of the
 * build, and a role, or all.
 * Prints a line for each pair, and the sum.
 */
#include "ipc/messages.h"

#include "base/planted.h"
#include "config/config.h"
#include "ipc/gen/send.h"
#include "os/box.h"
#include "os/clock.h"
#include "os/landlock.h"
#include "os/log.h"
#include "os/sock.h"
#include "supervisor/supervisor.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATIENCE_MS = 60000, TURN_MS = 10, NOISE = 300 };

static const struct pair {
    enum role role, peer;
} pairs[] = {
    {ROLE_KEEPER, ROLE_GATEWAY}, {ROLE_KEEPER, ROLE_SURFACE}, {ROLE_KEEPER, ROLE_EGRESS},
    {ROLE_KEEPER, ROLE_DIALER},  {ROLE_KEEPER, ROLE_AUDIT},   {ROLE_KEEPER, ROLE_CLI},
    {ROLE_AUDIT, ROLE_KEEPER},   {ROLE_GATEWAY, ROLE_KEEPER}, {ROLE_GATEWAY, ROLE_EGRESS},
    {ROLE_SURFACE, ROLE_KEEPER}, {ROLE_EGRESS, ROLE_KEEPER},  {ROLE_EGRESS, ROLE_GATEWAY},
    {ROLE_EGRESS, ROLE_DIALER},  {ROLE_DIALER, ROLE_KEEPER},  {ROLE_DIALER, ROLE_EGRESS},
};

static const char config_text[] =
    "data: data\nkeys: keys\nrun: run\nupstreams:\n"
    "  weather:\n    url: http://127.0.0.1:9/mcp\n    allow_addresses: [127.0.0.0/8]\n"
    "    credential:\n      fields:\n        - {name: key, label: Key}\n"
    "      place:\n        - {in: header, name: Authorization, format: \"Bearer {key}\"}\n";

struct scene {
    const char *build;
    struct pair pair;
    bool landlock;
    struct supervisor sup;
    struct proc proc;
    char dir[64];
    int raw; /* the hostile end; -1: none now */
    uint64_t peer_generation;
    unsigned alerts, alerts_before;
    bool ready, ended;
    bool mute; /* the peer may say nothing: there is no noise of it */
    struct child_end end;
    const char *problem; /* the first one */
    char detail[600];
};

static void problem(struct scene *s, const char *what, const char *detail)
{
    if (s->problem != NULL)
        return;
    s->problem = what;
    snprintf(s->detail, sizeof s->detail, "%s", detail);
}

static bool on_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    struct scene *s = ctx;

    (void)fd; /* nothing to the supervisor carries one */
    if (type == MSG_READY) {
        chan_run(c);
        s->ready = true;
    }
    if (type == MSG_ALERT && m->alert.role == s->pair.peer)
        s->alerts++;
    return true;
}

static void on_closed(void *ctx, struct chan *c, enum err why)
{
    struct scene *s = ctx;

    (void)why; /* its end is looked at */
    chan_free(c);
    s->proc.chan = NULL;
}

static const struct chan_events events = {on_message, on_closed, NULL};

static void on_end(void *ctx, unsigned child_events)
{
    struct scene *s = ctx;

    (void)child_events;
    loop_unwatch(s->proc.child_watch);
    s->proc.child_watch = NULL;
    s->ended = spawn_reap(&s->proc.child, &s->end) == ERR_OK;
}

/* The role's log is read so that it does not fill up, and kept out of the way. */
static void on_log(void *ctx, unsigned log_events)
{
    const struct scene *s = ctx;
    char piece[4096];
    ssize_t n;

    (void)log_events;
    while ((n = read(s->proc.log_fd, piece, sizeof piece)) > 0)
        if (getenv("HOSTILE_LOG") != NULL)
            (void)!write(2, piece, (size_t)n);
}

/* Until the role's supervisor channel says so, or patience ends. */
static bool until(struct scene *s, bool (*done)(const struct scene *s))
{
    uint64_t end = clock_boot_ms() + PATIENCE_MS;

    while (!done(s) && clock_boot_ms() < end)
        loop_turn(s->sup.loop, TURN_MS);
    return done(s);
}

static bool is_ready(const struct scene *s)
{
    return s->ready || s->ended;
}

static bool has_ended(const struct scene *s)
{
    return s->ended;
}

/* The kernel's word that the role is in jail, and not the role's. */
static void must_be_jailed(struct scene *s)
{
    static const char *const lines[] = {"NoNewPrivs:\t1\n", "Seccomp:\t2\n",
                                        "CapEff:\t0000000000000000\n"};
    char path[64], text[4096] = "";
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/status", (int)s->proc.child.pid);
    f = fopen(path, "re");
    if (f == NULL || fread(text, 1, sizeof text - 1, f) == 0)
        problem(s, "the kernel says nothing", path);
    if (f != NULL)
        fclose(f);
    for (size_t i = 0; i < ARRAY_LEN(lines) && box_has_seccomp(); i++)
        if (strstr(text, lines[i]) == NULL)
            problem(s, "it is not in jail", lines[i]);
}

static bool start_role(struct scene *s)
{
    char path[512];
    const char *argv[] = {"sidegate", role_name(s->pair.role), "0", NULL};
    /* A role leaves its loop to the end of the process, which a leak detector would report. */
    const char *env[] = {"LC_ALL=C", "ASAN_OPTIONS=detect_leaks=0", planted_env(), NULL};
    struct spawn sp = {.path = path, .argv = argv, .env = env};
    int channel[2], log[2];

    snprintf(path, sizeof path, "%s/src/%s/%s", s->build, role_name(s->pair.role),
             role_name(s->pair.role));
    if (sock_pair(channel) != ERR_OK || spawn_log_pipe(log) != ERR_OK)
        abort();
    sp.channel = channel[1];
    sp.log = log[1];
    if (spawn_child(&sp, &s->proc.child) != ERR_OK) {
        problem(s, "cannot be started", path);
        return false;
    }
    sock_close(channel[1]);
    sock_close(log[1]);
    s->proc.log_fd = log[0];
    s->proc.log_watch = loop_watch(s->sup.loop, log[0], LOOP_READ | LOOP_EDGE, on_log, s);
    s->proc.child_watch = loop_watch(s->sup.loop, s->proc.child.handle, LOOP_READ, on_end, s);
    s->proc.chan = chan_new(s->sup.loop, channel[0], ROLE_SUPERVISOR,
                            (struct chan_peer){.role = s->pair.role}, &events, s);
    if (boot_send(&s->proc) != ERR_OK || !until(s, is_ready) || s->ended) {
        problem(s, "did not become ready", "");
        return false;
    }
    must_be_jailed(s);
    return true;
}

static void put_number(uint8_t *p, uint64_t v, int n)
{
    while (n-- > 0)
        *p++ = (uint8_t)(v >> (8 * n));
}

/* A new channel to the role, with a right hello. */
static bool attach(struct scene *s)
{
    struct msg_peer m = {.role = s->pair.peer, .generation = ++s->peer_generation};
    uint8_t hello[31] = "\0\0sidegate";
    int fds[2];

    sock_close(s->raw);
    s->raw = -1;
    if (s->proc.chan == NULL || sock_pair(fds) != ERR_OK)
        return false;
    if (send_peer(s->proc.chan, &m, fds[1]) != ERR_OK)
        abort();
    sock_close(fds[1]);
    s->raw = fds[0];
    put_number(hello + 10, MSG_TABLE_ID, 8);
    put_number(hello + 18, s->pair.peer, 1);
    put_number(hello + 23, s->peer_generation, 8);
    return sock_send(s->raw, slice_of(hello, sizeof hello), -1) == ERR_OK;
}

/* Takes what the role says to its peer; true when it has closed the channel. */
static bool raw_ended(const struct scene *s)
{
    static uint8_t in[LIM_FRAME_BYTES];
    size_t n;
    int fd = -1;
    enum err e;

    while ((e = sock_recv(s->raw, in, sizeof in, &n, &fd)) == ERR_OK)
        sock_close(fd);
    return s->ended || e == ERR_CLOSED;
}

static bool is_told(const struct scene *s)
{
    return s->alerts > s->alerts_before || s->ended;
}

static void must_end(struct scene *s, const char *what)
{
    s->alerts_before = s->alerts;
    if (!until(s, raw_ended))
        problem(s, "the channel was not ended", what);
    if (s->pair.peer != ROLE_CLI && s->problem == NULL && !until(s, is_told))
        problem(s, "the supervisor was not told", what);
    if (s->ended)
        problem(s, "the role ended", what);
}

static struct slice frame_of(enum msg type, enum fill how)
{
    static struct buf frame = BUF_INIT(LIM_FRAME_BYTES);
    union msg_any m;

    buf_clear(&frame);
    fill_message(msg_info((uint16_t)type), how, &m);
    if (wire_put(&frame, (uint16_t)type, msg_info((uint16_t)type), &m) != ERR_OK)
        abort();
    wire_done(msg_info((uint16_t)type), &m);
    return buf_slice(&frame);
}

static bool permitted(const struct scene *s, enum msg type)
{
    const struct wire_message *info = msg_info((uint16_t)type);

    return (info->from & 1u << s->pair.peer) && (info->to & 1u << s->pair.role) && !info->boot;
}

static void try_forbidden(struct scene *s)
{
    for (int t = MSG_NONE + 1; t < MSG_COUNT && s->problem == NULL; t++) {
        if (permitted(s, (enum msg)t))
            continue;
        if (!attach(s) || sock_send(s->raw, frame_of((enum msg)t, FILL_SOME), -1) != ERR_OK)
            problem(s, "cannot send", msg_info((uint16_t)t)->name);
        must_end(s, msg_info((uint16_t)t)->name);
    }
}

static void try_broken(struct scene *s)
{
    static const struct {
        const char *what;
        const char *bytes;
        size_t n;
    } rows[] = {{"one byte", "x", 1},
                {"no such message", "\xff\xff", 2},
                {"a second hello", "\0\0sidegate", 10}};

    for (size_t i = 0; i < ARRAY_LEN(rows) && s->problem == NULL; i++) {
        if (!attach(s) || sock_send(s->raw, slice_of(rows[i].bytes, rows[i].n), -1) != ERR_OK)
            problem(s, "cannot send", rows[i].what);
        must_end(s, rows[i].what);
    }
    for (int t = MSG_NONE + 1; t < MSG_COUNT && s->problem == NULL; t++) {
        struct slice f = frame_of((enum msg)t, FILL_SOME);
        if (!permitted(s, (enum msg)t) || f.n < 3)
            continue;
        /* Cut by one, and with a descriptor that it has not, or without the one that it has. */
        if (!attach(s) || sock_send(s->raw, slice_sub(f, 0, f.n - 1), -1) != ERR_OK)
            problem(s, "cannot send", "cut");
        must_end(s, "cut");
        if (!attach(s) ||
            sock_send(s->raw, f, msg_info((uint16_t)t)->fd ? -1 : s->proc.log_fd) != ERR_OK)
            problem(s, "cannot send", "descriptor");
        must_end(s, "descriptor");
    }
}

/* Reproducible, so that a failure can be had again. */
static uint32_t noise(void)
{
    static uint32_t x = 2463534242u;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}

static void send_noise(struct scene *s, struct slice f)
{
    uint8_t copy[4096];
    size_t n = f.n < sizeof copy ? f.n : sizeof copy;

    memcpy(copy, f.p, n);
    for (uint32_t k = noise() % 6; k > 0 && n > 2; k--)
        copy[2 + noise() % (n - 2)] = (uint8_t)noise();
    IGNORE(sock_send(s->raw, slice_of(copy, n), -1)); /* the role may have had enough */
}

/* All that the peer may say, in any order and with any values: the role may end the channel, and
 * must live. */
static void try_permitted(struct scene *s)
{
    enum msg may[MSG_COUNT];
    size_t n = 0;

    for (int t = MSG_NONE + 1; t < MSG_COUNT; t++)
        if (permitted(s, (enum msg)t))
            may[n++] = (enum msg)t;
    s->mute = n == 0;
    for (int i = 0; i < NOISE && n > 0 && s->problem == NULL; i++) {
        enum msg t = may[noise() % n];

        if ((s->raw < 0 || raw_ended(s)) && !attach(s))
            problem(s, "cannot attach", msg_info((uint16_t)t)->name);
        if (msg_info((uint16_t)t)->fd)
            IGNORE(sock_send(s->raw, frame_of(t, FILL_SOME), s->proc.log_fd)); /* as above */
        else
            send_noise(s, frame_of(t, (enum fill)(noise() % 3)));
        loop_turn(s->sup.loop, 0);
        if (s->ended)
            problem(s, "the role ended after", msg_info((uint16_t)t)->name);
    }
    /* Everything was taken before this is answered. */
    if (s->problem == NULL && attach(s)) {
        IGNORE(sock_send(s->raw, SLICE_LIT("x"), -1));
        must_end(s, "the last byte");
    }
}

static void stop_role(struct scene *s)
{
    if (s->proc.chan == NULL || s->ended)
        return;
    if (s->ready && send_stop(s->proc.chan, &(struct msg_stop){0}) == ERR_OK &&
        until(s, has_ended)) {
        if (s->end.signalled || s->end.code != 0)
            problem(s, "it did not stop in order", s->end.signalled ? "signal" : "status");
        return;
    }
    problem(s, "it did not stop", "");
    spawn_signal(&s->proc.child, SIGKILL);
    (void)until(s, has_ended); /* it will */
}

static void scene_done(struct scene *s)
{
    sock_close(s->raw);
    chan_free(s->proc.chan);
    loop_unwatch(s->proc.log_watch);
    loop_unwatch(s->proc.child_watch);
    sock_close(s->proc.log_fd);
    loop_free(s->sup.loop);
}

static void set_folders(struct scene *s, const char *dir)
{
    snprintf(s->dir, sizeof s->dir, "%s", dir);
    snprintf(s->sup.data_dir, sizeof s->sup.data_dir, "%s/data", dir);
    snprintf(s->sup.key_dir, sizeof s->sup.key_dir, "%s/keys", dir);
    if (mkdir(s->sup.data_dir, 0700) != 0 || mkdir(s->sup.key_dir, 0700) != 0)
        abort();
}

static bool play(const char *build, struct pair pair, bool landlock, const struct config *config)
{
    struct scene s = {.build = build, .pair = pair, .landlock = landlock, .raw = -1};
    char dir[] = "/tmp/sidegate-hostile-XXXXXX", clean[128];

    if (mkdtemp(dir) == NULL)
        abort();
    set_folders(&s, dir);
    s.sup.loop = loop_new();
    s.sup.config = config;
    s.sup.use_landlock = landlock;
    s.sup.uid = getuid();
    s.sup.gid = getgid();
    s.proc = (struct proc){.sup = &s.sup, .role = pair.role, .generation = 5, .log_fd = -1};
    if (start_role(&s)) {
        try_forbidden(&s);
        try_broken(&s);
        try_permitted(&s);
    }
    stop_role(&s);
    scene_done(&s);
    snprintf(clean, sizeof clean, "%s", s.dir);
    if (fork() == 0)
        execlp("rm", "rm", "-rf", clean, NULL);
    wait(NULL);
    printf("%s - %s against a hostile %s%s, %s Landlock\n", s.problem == NULL ? "ok" : "not ok",
           role_name(pair.role), role_name(pair.peer), s.mute ? ", which may say nothing" : "",
           landlock ? "with" : "without");
    if (s.problem != NULL)
        printf("#   %s: %s\n", s.problem, s.detail);
    return s.problem == NULL;
}

static void no_log(void *ctx, struct slice line)
{
    (void)ctx; /* what our own ends of channels say is not of interest */
    (void)line;
}

int main(int argc, char **argv)
{
    struct config *config = NULL;
    struct config_error error;
    unsigned passed = 0, failed = 0;

    if (argc < 2 || argv[1][0] != '/')
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    log_set_sink(no_log, NULL);
    if (config_parse(slice_str(config_text), "test", "/tmp", &config, &error) != ERR_OK) {
        printf("not ok - %s\n", error.text);
        return 1;
    }
    for (int landlock = 0; landlock <= (landlock_abi() != 0 ? 1 : 0); landlock++) {
        for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
            if (argc > 2 && strcmp(argv[2], role_name(pairs[i].role)) != 0)
                continue;
            if (play(argv[1], pairs[i], landlock, config))
                passed++;
            else
                failed++;
        }
    }
    config_free(config);
    printf("%u passed, %u failed\n", passed, failed);
    return failed > 0;
}
