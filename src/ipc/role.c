/*
 * The life that all roles share; ARCHITECTURE.md, "The life of a role", has it in words. Run by
 * every role but the supervisor. Trusts the supervisor, whose channel is descriptor 3; when that
 * channel ends, so does the process.
 */
#include "ipc/role.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/planted.h"
#include "crypto/init.h"
#include "ipc/gen/send.h"
#include "os/alive.h"
#include "os/log.h"
#include "os/removed.h"
#include "os/sock.h"

#include <stdio.h>
#include <sys/queue.h>

enum { SUPERVISOR_FD = 3, STATUS_FAILED = 1, STATUS_ALONE = 2 };

struct neighbour {
    LIST_ENTRY(neighbour) entry;
    struct chan *chan;
};

struct role_self {
    const struct role_ops *ops;
    void *ctx;
    struct loop *loop;
    struct chan *supervisor;
    struct role_boot boot;
    struct box box;
    bool booted;         /* boot came */
    bool opened;         /* open was called */
    const char *watched; /* by role_watch */
    LIST_HEAD(, neighbour) peers;
    int status;
};

struct loop *role_loop(const struct role_self *r)
{
    return r->loop;
}

const struct role_boot *role_boot(const struct role_self *r)
{
    return &r->boot;
}

struct chan *role_supervisor(const struct role_self *r)
{
    return r->supervisor;
}

static struct neighbour *find_peer(const struct role_self *r, enum role role, uint32_t instance)
{
    struct neighbour *p;

    LIST_FOREACH(p, &r->peers, entry) {
        if (chan_peer(p->chan)->role == role && chan_peer(p->chan)->instance == instance)
            return p;
    }
    return NULL;
}

struct chan *role_peer(const struct role_self *r, enum role role, uint32_t instance)
{
    const struct neighbour *p = find_peer(r, role, instance);

    return p ? p->chan : NULL;
}

static void drop_peer(struct role_self *r, struct neighbour *p)
{
    LIST_REMOVE(p, entry);
    r->ops->lost(r, r->ctx, p->chan);
    chan_free(p->chan);
    mem_free(p);
}

static bool peer_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    struct role_self *r = ctx;

    if (r->ops->message(r->ctx, c, type, m, fd))
        return true;
    sock_close(fd);
    return false;
}

static void peer_closed(void *ctx, struct chan *c, enum err why)
{
    struct role_self *r = ctx;
    const struct chan_peer *who = chan_peer(c);
    struct msg_alert alert = {
        .role = who->role, .instance = who->instance, .generation = who->generation, .code = why};

    if (who->role != ROLE_CLI)
        log_event(LEVEL_INFO, "peer_lost", LOG_STR("peer", role_name(who->role)),
                  LOG_NUM("instance", who->instance), LOG_ERR(why));
    if (why != ERR_CLOSED && who->role != ROLE_CLI)
        tell_alert(r->supervisor, &alert);
    drop_peer(r, find_peer(r, who->role, who->instance));
}

static void peer_writable(void *ctx, struct chan *c)
{
    struct role_self *r = ctx;

    if (r->ops->writable)
        r->ops->writable(r, r->ctx, c);
}

static const struct chan_events peer_events = {peer_message, peer_closed, peer_writable};

static bool on_peer(struct role_self *r, const struct msg_peer *m, int fd)
{
    struct neighbour *old = find_peer(r, m->role, m->instance), *p;
    struct chan_peer who = {m->role, m->instance, m->generation, m->upstream};

    /* A second supervisor would be back in the boot phase, and could configure anew. */
    if (!sock_is_channel(fd) || m->role == ROLE_SUPERVISOR) {
        sock_close(fd);
        return false;
    }
    if (old)
        drop_peer(r, old);
    p = MEM_NEW(struct neighbour);
    p->chan = chan_new(r->loop, fd, r->ops->role, who, &peer_events, r);
    LIST_INSERT_HEAD(&r->peers, p, entry);
    r->ops->peer(r, r->ctx, p->chan);
    return true;
}

static bool on_listener(struct role_self *r, int fd)
{
    if (!r->ops->listener || !sock_is_listener(fd)) {
        sock_close(fd);
        return false;
    }
    r->ops->listener(r, r->ctx, fd);
    return true;
}

static bool on_boot(struct role_self *r, const struct msg_boot *m)
{
    struct role_boot *b = &r->boot;

    if (!slice_to_cstr(m->data_dir, b->data_dir, sizeof b->data_dir) ||
        !slice_to_cstr(m->key_dir, b->key_dir, sizeof b->key_dir))
        return false;
    b->instance = m->instance;
    b->generation = m->generation;
    r->box = (struct box){.role = r->ops->box,
                          .use_landlock = m->use_landlock,
                          .uid = m->uid,
                          .gid = m->gid,
                          .data_dir = b->data_dir,
                          .key_dir = b->key_dir};
    r->booted = true;
    chan_own(m->instance, m->generation);
    log_set_level(m->log_level);
    return true;
}

static void say_starting(void *ctx)
{
    const struct role_self *r = ctx;

    tell_starting(r->supervisor, &(struct msg_starting){0});
    chan_flush(r->supervisor); /* the loop does not turn now */
}

/* This process cannot go on, and said why: it ends, and is started again. */
static void fail(struct role_self *r)
{
    r->status = STATUS_FAILED;
    loop_stop(r->loop);
}

static void on_removed(void *ctx)
{
    struct role_self *r = ctx;

    log_event(
        LEVEL_ERROR, "data_removed", LOG_STR("file", r->watched),
        LOG_STR("hint", "somebody removed data: under the running Sidegate; nothing is begun"));
    fail(r);
}

enum err role_watch(struct role_self *r, const char *name)
{
    struct removed *watch = NULL; /* not freed: it ends with the process */
    char path[sizeof r->boot.data_dir + 32];

    r->watched = name;
    snprintf(path, sizeof path, "%s/%s", r->boot.data_dir, name);
    return removed_new(r->loop, path, on_removed, r, &watch);
}

/* Open, then the jail, then "ready": nothing of value comes before that. */
static void on_boot_end(struct role_self *r)
{
    bool jailed = !PLANTED(unjailed) || r->ops->role != ROLE_SURFACE;
    struct msg_ready m = {0};
    const char *what = "";
    enum err e = ERR_OK;

    r->opened = true;
    alive_tell(say_starting, r);
    e = r->ops->open(r, r->ctx);
    alive_tell(NULL, NULL);
    if (e)
        log_event(LEVEL_ERROR, "open_failed", LOG_ERR(e));
    else if (jailed && (e = box_apply(&r->box, &m.landlock_abi, &what)) != ERR_OK)
        log_event(LEVEL_ERROR, "jail_failed", LOG_STR("part", what), LOG_ERR(e));
    else
        e = send_ready(r->supervisor, &m);
    if (e) {
        fail(r);
        return;
    }
    chan_run(r->supervisor);
    if (r->ops->ready)
        r->ops->ready(r, r->ctx);
}

static void on_stop(struct role_self *r)
{
    if (r->ops->stop)
        r->ops->stop(r, r->ctx);
    r->status = 0;
    loop_stop(r->loop);
}

static bool supervisor_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    struct role_self *r = ctx;

    if (!r->booted)
        return type == MSG_BOOT && on_boot(r, &m->boot);
    switch (type) {
    case MSG_CONF_LIMIT:
        return m->conf_limit.index < SET_COUNT &&
               limit_set((enum limit)m->conf_limit.index, m->conf_limit.value) == ERR_OK;
    case MSG_BOOT_END: on_boot_end(r); return true;
    case MSG_PEER: return on_peer(r, &m->peer, fd);
    case MSG_LISTENER: return on_listener(r, fd);
    case MSG_STOP: on_stop(r); return true;
    default: return peer_message(r, c, type, m, fd);
    }
}

static void supervisor_closed(void *ctx, struct chan *c, enum err why)
{
    struct role_self *r = ctx;

    (void)c; /* freed at the end, with everything */
    log_event(LEVEL_WARN, "supervisor_lost", LOG_ERR(why));
    fail(r);
}

static const struct chan_events supervisor_events = {supervisor_message, supervisor_closed, NULL};

int role_main(const struct role_ops *ops, void *ctx)
{
    static struct role_self
        r; /* not on the stack: what the loop still holds at the end is no leak */
    struct neighbour *p;

    r = (struct role_self){.ops = ops, .ctx = ctx, .status = STATUS_FAILED};
    box_no_dumps();
    if (!sock_is_channel(SUPERVISOR_FD)) {
        log_event(LEVEL_ERROR, "not_started_by_supervisor",
                  LOG_STR("hint", "run: sidegate serve; this program is a part of it"));
        return STATUS_ALONE;
    }
    crypto_init();
    LIST_INIT(&r.peers);
    r.loop = loop_new();
    r.supervisor = chan_new(r.loop, SUPERVISOR_FD, ops->role,
                            (struct chan_peer){.role = ROLE_SUPERVISOR}, &supervisor_events, &r);
    loop_run(r.loop);
    if (r.opened && ops->close)
        ops->close(ctx);
    while ((p = LIST_FIRST(&r.peers))) {
        LIST_REMOVE(p, entry);
        chan_free(p->chan);
        mem_free(p);
    }
    chan_free(r.supervisor);
    /* The loop is left as it is: a role's own timers and watches end with the process. */
    return r.status;
}
