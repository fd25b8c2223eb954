/*
 * The life of one process: start by exec, ready, end, start again with back-off. Run by the
 * supervisor. Trusts of a process only its exit; of its messages the three that messages.def lets
 * it send here.
 */
#include "supervisor/supervisor.h"

#include "base/mem.h"
#include "base/planted.h"
#include "ipc/gen/send.h"
#include "ipc/gen/supervisor.h"
#include "os/box.h"
#include "os/folder.h"
#include "os/log.h"
#include "os/sock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void end_of_patience(void *ctx);
static void again(struct proc *p);

static void set_label(struct proc *p)
{
    const char *role = role_name(p->role);

    if (p->role == ROLE_EGRESS)
        snprintf(p->label, sizeof p->label, "%s %s", role,
                 p->sup->config->upstreams[p->instance].name);
    else if (p->role == ROLE_GATEWAY)
        snprintf(p->label, sizeof p->label, "%s %u", role, p->instance);
    else
        snprintf(p->label, sizeof p->label, "%s", role);
}

struct proc *proc_new(struct supervisor *s, enum role role, uint32_t instance)
{
    struct proc *p = MEM_NEW(struct proc);

    p->sup = s;
    p->role = role;
    p->instance = instance;
    p->log_fd = -1;
    p->child.handle = -1;
    p->log_line = BUF_INIT(4 * LIM_LOG_LINE);
    p->timer = loop_timer_new(s->loop, end_of_patience, p);
    set_label(p);
    TAILQ_INSERT_TAIL(&s->procs, p, entry);
    return p;
}

void proc_free(struct proc *p)
{
    BUG_IF(proc_lives(p));
    TAILQ_REMOVE(&p->sup->procs, p, entry);
    loop_timer_free(p->timer);
    buf_free(&p->log_line);
    mem_free(p);
}

struct proc *proc_find(const struct supervisor *s, enum role role, uint32_t instance)
{
    struct proc *p;

    TAILQ_FOREACH(p, &s->procs, entry) {
        if (p->role == role && p->instance == instance)
            return p;
    }
    return NULL;
}

bool proc_lives(const struct proc *p)
{
    return p->state == PROC_BOOT || p->state == PROC_RUNNING || p->state == PROC_STOPPING;
}

/* --- what it says ----------------------------------------------------------------------------- */

void supervisor_on_ready(struct proc *p, const struct msg_ready *m)
{
    chan_run(p->chan);
    if (p->state != PROC_BOOT) /* it is being stopped */
        return;
    p->state = PROC_RUNNING;
    p->ready_since = loop_now(p->sup->loop);
    loop_timer_stop(p->timer);
    log_event(LEVEL_INFO, "process_ready", LOG_STR("name", p->label),
              LOG_NUM("number", p->child.pid), LOG_NUM("landlock", m->landlock_abi),
              LOG_NUM("seccomp", box_has_seccomp()));
    wiring_connect(p);
    stages_changed(p->sup);
}

void supervisor_on_starting(struct proc *p, UNUSED const struct msg_starting *m)
{
    if (p->state == PROC_BOOT)
        loop_timer_set(p->timer, p->sup->config->limits[SET_START_TIME]);
}

void supervisor_on_egress_want(struct proc *keeper, const struct msg_egress_want *m)
{
    struct supervisor *s = keeper->sup;
    struct proc *p;

    if (m->upstream >= s->config->upstreams_n) {
        chan_breach(keeper->chan, BREACH_UNKNOWN_UPSTREAM);
        return;
    }
    if (s->stopping || s->init)
        return;
    p = proc_find(s, ROLE_EGRESS, m->upstream);
    if (!p)
        p = proc_new(s, ROLE_EGRESS, m->upstream);
    if (p->state == PROC_IDLE)
        again(p);
    else
        p->wanted = true;
}

static void on_closed(void *ctx, struct chan *c, enum err why)
{
    struct proc *p = ctx;

    chan_free(c);
    p->chan = NULL;
    if (why != ERR_CLOSED)
        log_event(LEVEL_ERROR, "process_misbehaved", LOG_STR("name", p->label), LOG_ERR(why));
    /* Without a channel it serves nobody. Most often it has ended already. */
    if (proc_lives(p) && p->state != PROC_STOPPING)
        spawn_signal(&p->child, SIGKILL);
}

static const struct chan_events events = {supervisor_dispatch, on_closed, NULL};

/* --- its log ---------------------------------------------------------------------------------- */

static void close_log(struct proc *p)
{
    if (p->log_fd < 0)
        return;
    loop_unwatch(p->log_watch);
    p->log_watch = NULL;
    sock_close(p->log_fd);
    p->log_fd = -1;
}

static void log_readable(void *ctx, unsigned log_events)
{
    (void)log_events; /* only reading is watched */
    if (!logs_read(ctx))
        close_log(ctx);
}

static void finish_log(struct proc *p)
{
    if (p->log_fd >= 0)
        (void)logs_read(p); /* it is closed either way */
    close_log(p);
    if (p->log_line.n > 0)
        logs_line(p, buf_slice(&p->log_line));
    buf_clear(&p->log_line);
}

/* --- its end ---------------------------------------------------------------------------------- */

static void say_ended(const struct proc *p, const struct child_end *end)
{
    bool fine = p->state == PROC_STOPPING && !end->signalled && end->code == 0;
    const char *how = !end->signalled        ? "exit"
                      : end->code == SIGSYS  ? "killed by its sandbox"
                      : end->code == SIGABRT ? "aborted on a bug"
                                             : "signal";

    log_event(fine ? LEVEL_INFO : LEVEL_ERROR, "process_ended", LOG_STR("name", p->label),
              LOG_NUM("number", p->child.pid), LOG_STR("how", how), LOG_NUM("code", end->code));
}

static uint64_t pause_before_next(struct proc *p, bool was_ready)
{
    uint64_t most = was_ready ? LIM_AGAIN_MOST : LIM_AGAIN_FAILED;
    uint64_t ms = (uint64_t)LIM_AGAIN_FIRST << (p->failures < 16 ? p->failures : 16);

    return ms < most ? ms : most;
}

/* From IDLE: starts it after the pause that its failures ask for. */
static void again(struct proc *p)
{
    p->state = PROC_WAITING;
    p->wanted = false;
    loop_timer_set(p->timer, p->failures == 0 ? 0 : pause_before_next(p, p->ready_since != 0));
}

static void tell_keeper_no_egress(const struct proc *p)
{
    const struct proc *keeper = proc_find(p->sup, ROLE_KEEPER, 0);

    if (keeper && keeper->state == PROC_RUNNING && keeper->chan &&
        send_egress_failed(keeper->chan, &(struct msg_egress_failed){(uint16_t)p->instance}) !=
            ERR_OK)
        log_event(LEVEL_WARN, "keeper_not_told", LOG_STR("name", p->label));
}

/* What follows an end that nobody asked for. */
static void after_end(struct proc *p, bool was_ready)
{
    struct supervisor *s = p->sup;

    if (was_ready && loop_now(s->loop) - p->ready_since >= LIM_STEADY_TIME)
        p->failures = 0;
    p->failures++;
    if (p->role != ROLE_EGRESS && !s->serving && !was_ready) {
        log_event(LEVEL_ERROR, "cannot_start", LOG_STR("name", p->label));
        stages_stop(s, EXIT_FAILURE);
        return;
    }
    if (p->role == ROLE_EGRESS && !was_ready)
        tell_keeper_no_egress(p);
    if (p->role != ROLE_EGRESS || p->wanted)
        again(p);
}

static void child_ended(void *ctx, unsigned child_events)
{
    struct proc *p = ctx;
    struct child_end end;
    bool was_ready = p->state == PROC_RUNNING;

    (void)child_events; /* only reading is watched */
    loop_unwatch(p->child_watch);
    p->child_watch = NULL;
    if (spawn_reap(&p->child, &end) != ERR_OK)
        end = (struct child_end){.code = -1};
    finish_log(p);
    say_ended(p, &end);
    chan_free(p->chan);
    p->chan = NULL;
    loop_timer_stop(p->timer);
    if (!was_ready)
        p->ready_since = 0;
    p->state = PROC_IDLE;
    if (!p->sup->stopping)
        after_end(p, was_ready);
    stages_changed(p->sup);
}

/* --- its start -------------------------------------------------------------------------------- */

static enum err find_and_spawn(struct proc *p, int channel, int log)
{
    char path[512], number[16];
    const char *name = role_name(p->role), *env[4] = {"LC_ALL=C"};
    const char *argv[] = {"sidegate", name, NULL, NULL};
    struct spawn s = {.path = path,
                      .argv = argv,
                      .env = env,
                      .input = p->sup->lock_fd,
                      .channel = channel,
                      .log = log};
    char seed[128], *value = NULL;
    size_t env_n = 1;
    enum err e = folder_find_program(name, path, sizeof path);

    snprintf(number, sizeof number, "%u", p->instance);
    if (p->role == ROLE_GATEWAY)
        argv[2] = number;
    if (p->role == ROLE_EGRESS)
        argv[2] = p->sup->config->upstreams[p->instance].name;
#ifdef SIDEGATE_TEST_SEED
    value = getenv("SIDEGATE_TEST_SEED");
#endif
    if (value && snprintf(seed, sizeof seed, "SIDEGATE_TEST_SEED=%s", value) < (int)sizeof seed)
        env[env_n++] = seed;
    env[env_n] = planted_env();
    return e ? e : spawn_child(&s, &p->child);
}

/* The process is there: gives it its configuration. */
static void attach(struct proc *p, int channel, int log)
{
    const struct chan_peer who = {.role = p->role, .instance = p->instance};

    p->chan = chan_new(p->sup->loop, channel, ROLE_SUPERVISOR, who, &events, p);
    p->log_fd = log;
    p->log_watch = loop_watch(p->sup->loop, log, LOOP_READ, log_readable, p);
    p->child_watch = loop_watch(p->sup->loop, p->child.handle, LOOP_READ, child_ended, p);
    p->state = PROC_BOOT;
    loop_timer_set(p->timer, p->sup->config->limits[SET_START_TIME]);
    log_event(LEVEL_INFO, "process_started", LOG_STR("name", p->label),
              LOG_NUM("number", p->child.pid), LOG_NUM("generation", p->generation));
    if (boot_send(p) != ERR_OK) {
        log_event(LEVEL_ERROR, "boot_not_sent", LOG_STR("name", p->label));
        spawn_signal(&p->child, SIGKILL);
    }
}

static void start_now(struct proc *p)
{
    int channel[2] = {-1, -1}, log[2] = {-1, -1};
    enum err e = sock_pair(channel);

    p->generation = ++p->sup->generation;
    if (!e)
        e = spawn_log_pipe(log);
    if (!e)
        e = find_and_spawn(p, channel[1], log[1]);
    sock_close(channel[1]);
    sock_close(log[1]);
    if (!e) {
        attach(p, channel[0], log[0]);
        return;
    }
    sock_close(channel[0]);
    sock_close(log[0]);
    log_event(LEVEL_ERROR, "process_not_started", LOG_STR("name", p->label), LOG_ERR(e));
    p->state = PROC_IDLE;
    p->ready_since = 0;
    after_end(p, false);
    stages_changed(p->sup);
}

void proc_start(struct proc *p)
{
    BUG_IF(proc_lives(p));
    again(p);
}

static void end_of_patience(void *ctx)
{
    struct proc *p = ctx;

    if (p->state == PROC_WAITING) {
        start_now(p);
        return;
    }
    log_event(LEVEL_ERROR, "process_too_slow", LOG_STR("name", p->label),
              LOG_STR("to", p->state == PROC_BOOT ? "start" : "stop"));
    spawn_signal(&p->child, SIGKILL);
}

void proc_stop(struct proc *p)
{
    if (p->state == PROC_WAITING) {
        loop_timer_stop(p->timer);
        p->state = PROC_IDLE;
    }
    if (!proc_lives(p) || p->state == PROC_STOPPING)
        return;
    if (p->state != PROC_RUNNING || !p->chan || send_stop(p->chan, &(struct msg_stop){0}) != ERR_OK)
        spawn_signal(&p->child, SIGKILL);
    p->state = PROC_STOPPING;
    loop_timer_set(p->timer, LIM_STOP_TIME);
}

void proc_restart(struct proc *p, const char *why)
{
    if (p->state != PROC_BOOT && p->state != PROC_RUNNING)
        return;
    log_event(LEVEL_WARN, "process_restarted", LOG_STR("name", p->label), LOG_STR("why", why));
    p->wanted = true;
    spawn_signal(&p->child, SIGKILL);
}
