/* The stage of stage.h. */
#include "unit.h"

#include "stage/stage.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "base/planted.h"
#include "ipc/gen/send.h"
#include "os/clock.h"
#include "os/sock.h"

enum { PATIENCE_MS = 20000, LOG_BYTES = 4 << 20 };

static bool supervisor_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    struct stage *s = ctx;

    if (type == MSG_READY) {
        chan_run(c);
        s->ready = true;
    }
    s->fn(s->ctx, ROLE_SUPERVISOR, type, m, fd);
    return true;
}

static void supervisor_closed(void *ctx, struct chan *c, enum err why)
{
    struct stage *s = ctx;

    (void)c; /* freed by stage_stop */
    (void)why;
    (void)s;
}

static bool peer_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    struct stage_peer *p = ctx;

    (void)c;
    p->stage->fn(p->stage->ctx, p->role, type, m, fd);
    return true;
}

static void peer_closed(void *ctx, struct chan *c, enum err why)
{
    struct stage_peer *p = ctx;

    p->why = why;
    p->chan = NULL;
    chan_free(c);
}

static void on_log(void *ctx, unsigned events)
{
    struct stage *s = ctx;
    uint8_t piece[4096];
    ssize_t n = read(s->log_fd, piece, sizeof(piece));

    (void)events;
    if (n > 0) {
        buf_put(&s->log, slice_of(piece, (size_t)n));
        if (getenv("STAGE_LOG") != NULL)
            fprintf(stderr, "%.*s", (int)n, (const char *)piece);
    } else if (n == 0) {
        loop_watch_set(s->log_watch, 0);
        loop_unwatch(s->log_watch);
        s->log_watch = NULL;
    }
}

static void on_end(void *ctx, unsigned events)
{
    struct stage *s = ctx;

    (void)events;
    loop_unwatch(s->end_watch); /* before spawn_reap, which closes the handle */
    s->end_watch = NULL;
    assert_err(spawn_reap(&s->child, &s->end), ERR_OK);
    s->ended = true;
}

static const struct chan_events supervisor_events = {supervisor_message, supervisor_closed, NULL};
static const struct chan_events peer_events = {peer_message, peer_closed, NULL};

void stage_start(struct stage *s, enum role role, const char *path, stage_fn *fn, void *ctx)
{
    /* A role leaves its loop to the end of the process, which a leak detector would report. */
    const char *const argv[] = {path, NULL};
    const char *env[] = {"PATH=/usr/bin:/bin", "ASAN_OPTIONS=detect_leaks=0", NULL, NULL, NULL};
    struct msg_boot boot = {
        .instance = 7,
        .generation = 70,
        .log_level = LEVEL_DEBUG,
        .use_landlock = true,
        .uid = getuid(),
        .gid = getgid(),
    };
    char trust[300] = "SSL_CERT_FILE=";
    int fds[2], log[2];

    if (getenv("SSL_CERT_FILE") != NULL) {
        strncat(trust, getenv("SSL_CERT_FILE"), sizeof(trust) - strlen(trust) - 1);
        env[2] = trust;
    }
    env[env[2] == NULL ? 2 : 3] = planted_env();
    *s = (struct stage){.loop = loop_new(), .role = role, .fn = fn, .ctx = ctx};
    buf_init(&s->log, LOG_BYTES);
    assert_err(sock_pair(fds), ERR_OK);
    assert_err(spawn_log_pipe(log), ERR_OK);
    assert_err(spawn_child(
                   &(struct spawn){
                       .path = path, .argv = argv, .env = env, .channel = fds[1], .log = log[1]},
                   &s->child),
               ERR_OK);
    sock_close(fds[1]);
    sock_close(log[1]);
    s->log_fd = log[0];
    s->log_watch = loop_watch(s->loop, s->log_fd, LOOP_READ, on_log, s);
    s->end_watch = loop_watch(s->loop, s->child.handle, LOOP_READ, on_end, s);
    chan_own(0, 0);
    s->supervisor = chan_new(s->loop, fds[0], ROLE_SUPERVISOR, (struct chan_peer){.role = role},
                             &supervisor_events, s);
    assert_err(send_boot(s->supervisor, &boot), ERR_OK);
}

void stage_ready(struct stage *s)
{
    struct msg_boot_end m = {0};

    assert_err(send_boot_end(s->supervisor, &m), ERR_OK);
    stage_until(s, &s->ready);
}

struct stage_peer *stage_peer(struct stage *s, enum role role, uint32_t instance,
                              uint64_t generation)
{
    struct msg_peer m = {.role = role, .instance = instance, .generation = generation};
    struct stage_peer *p = &s->peers[s->peers_n++];
    int fds[2];

    assert_true(s->peers_n <= STAGE_PEERS);
    assert_err(sock_pair(fds), ERR_OK);
    assert_err(send_peer(s->supervisor, &m, fds[1]), ERR_OK);
    sock_close(fds[1]);
    *p = (struct stage_peer){.stage = s, .role = role};
    chan_own(instance, generation);
    p->chan = chan_new(s->loop, fds[0], role,
                       (struct chan_peer){.role = s->role, .instance = 7, .generation = 70},
                       &peer_events, p);
    chan_run(p->chan);
    return p;
}

void stage_cut(struct stage_peer *p)
{
    chan_free(p->chan);
    p->chan = NULL;
}

static void turn(struct stage *s, uint64_t until)
{
    if (clock_boot_ms() >= until) {
        fprintf(stderr, "%.*s", (int)s->log.n, (const char *)s->log.p);
        fail_msg("nothing happened for %d ms", PATIENCE_MS);
    }
    loop_turn(s->loop, 50);
}

static void fail_if_ended(const struct stage *s)
{
    if (!s->ended)
        return;
    fprintf(stderr, "%.*s", (int)s->log.n, (const char *)s->log.p);
    fail_msg("the role ended: %s %d", s->end.signalled ? "signal" : "status", s->end.code);
}

void stage_until(struct stage *s, const volatile bool *flag)
{
    uint64_t until = clock_boot_ms() + PATIENCE_MS;

    while (!*flag) {
        turn(s, until);
        if (flag != &s->ended)
            fail_if_ended(s);
    }
}

void stage_until_count(struct stage *s, const volatile unsigned *count, unsigned want)
{
    uint64_t until = clock_boot_ms() + PATIENCE_MS;

    while (*count < want) {
        turn(s, until);
        fail_if_ended(s);
    }
}

void stage_idle(struct stage *s, unsigned ms)
{
    uint64_t until = clock_boot_ms() + ms;

    while (clock_boot_ms() < until)
        loop_turn(s->loop, 10);
    fail_if_ended(s);
}

static void free_all(struct stage *s)
{
    for (size_t i = 0; i < s->peers_n; i++)
        chan_free(s->peers[i].chan);
    chan_free(s->supervisor);
    loop_unwatch(s->log_watch);
    loop_unwatch(s->end_watch);
    sock_close(s->log_fd);
    buf_free(&s->log);
    loop_free(s->loop);
    *s = (struct stage){0};
}

void stage_stop(struct stage *s)
{
    struct msg_stop m = {0};
    bool well;

    assert_err(send_stop(s->supervisor, &m), ERR_OK);
    stage_until(s, &s->ended);
    well = !s->end.signalled && s->end.code == 0;
    if (!well)
        fprintf(stderr, "%.*s", (int)s->log.n, (const char *)s->log.p);
    assert_true(well);
    free_all(s);
}

void stage_kill(struct stage *s)
{
    if (s->loop == NULL)
        return; /* stopped in good order */
    /* What it still says concerns nobody: a test that failed would answer it, and fail again. */
    for (size_t i = 0; i < s->peers_n; i++)
        stage_cut(&s->peers[i]);
    if (!s->ended &&
        s->child.pid > 0) { /* it was started: 0 would be this test and all beside it */
        spawn_signal(&s->child, SIGKILL);
        while (!s->ended)
            loop_turn(s->loop, 50);
    }
    free_all(s);
}

bool stage_logged(const struct stage *s, const char *text)
{
    struct slice all = buf_slice(&s->log);

    return slice_find(all, slice_str(text)) < all.n;
}
