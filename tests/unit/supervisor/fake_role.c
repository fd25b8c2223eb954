/*
 * Stands for every role in the tests of the supervisor: it has the common life and the jail of the
 * role in argv[1], says in its log what it gets, and misbehaves as the file <data>/<role>.play
 * says. A play is for the first start that finds it: the file is removed.
 */
#include "base/mem.h"
#include "ipc/gen/send.h"
#include "ipc/role.h"
#include "os/log.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fake {
    enum role role;
    char play[32];
    unsigned confs;
    struct role_self *self;
};

static bool playing(const struct fake *f, const char *what)
{
    return strcmp(f->play, what) == 0;
}

static bool on_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    struct fake *f = ctx;

    (void)m;
    (void)fd;
    if (chan_peer(c)->role == ROLE_SUPERVISOR)
        f->confs++;
    log_event(LOG_INFO, "got", LOG_STR("message", msg_info((uint16_t)type)->name));
    return true;
}

static enum err on_open(struct role_self *r, void *ctx)
{
    struct fake *f = ctx;
    char path[400];
    ssize_t n;
    int fd;

    f->self = r;
    snprintf(path, sizeof path, "%s/%s.play", role_boot(r)->data_dir, role_name(f->role));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        n = read(fd, f->play, sizeof f->play - 1);
        f->play[n > 0 ? n : 0] = '\0';
        close(fd);
        unlink(path);
    }
    log_event(LOG_INFO, "opened", LOG_NUM("confs", f->confs), LOG_NUM("uid", getuid()),
              LOG_STR("data", role_boot(r)->data_dir), LOG_STR("keys", role_boot(r)->key_dir));
    return playing(f, "fail") ? ERR_CORRUPT : ERR_OK;
}

static void shout(void)
{
    static const char lines[] =
        "error forged\x1b[2J\nlevel=error process=\"keeper\"\ninfo fine k=\"v\"\n\n"
        "info bad k=\"v\nno end";

    (void)!write(2, lines, sizeof lines - 1);
}

/* In a turn after the one that sends "ready". */
static void die(void *ctx)
{
    const struct fake *f = ctx;

    if (playing(f, "abort"))
        bug_at(__FILE__, __LINE__, "as the test wants");
    if (playing(f, "open"))
        (void)!open("/etc/passwd", O_RDONLY);
}

static void on_ready(struct role_self *r, void *ctx)
{
    struct fake *f = ctx;

    loop_timer_set(loop_timer_new(role_loop(r), die, f), 1);
    if (playing(f, "shout"))
        shout();
    if (playing(f, "want"))
        tell_egress_want(role_supervisor(r), &(struct msg_egress_want){.upstream = 0});
    if (playing(f, "want-none"))
        tell_egress_want(role_supervisor(r), &(struct msg_egress_want){.upstream = 999});
}

static void on_listener(struct role_self *r, void *ctx, int fd)
{
    (void)r;
    (void)ctx;
    (void)fd;
    log_event(LOG_INFO, "got_listener");
}

static void on_peer(struct role_self *r, void *ctx, struct chan *c)
{
    const struct fake *f = ctx;
    const struct chan_peer *p = chan_peer(c);

    (void)r;
    log_event(LOG_INFO, "got_peer", LOG_STR("peer", role_name(p->role)),
              LOG_NUM("instance", p->instance));
    if ((playing(f, "accuse-gateway") && p->role == ROLE_GATEWAY) ||
        (playing(f, "accuse-keeper") && p->role == ROLE_KEEPER))
        chan_refuse(c);
}

static void on_lost(struct role_self *r, void *ctx, struct chan *c)
{
    (void)r;
    (void)ctx;
    log_event(LOG_INFO, "lost_peer", LOG_STR("peer", role_name(chan_peer(c)->role)));
}

static void on_stop(struct role_self *r, void *ctx)
{
    const struct fake *f = ctx;

    (void)r;
    if (playing(f, "hang")) {
        log_event(LOG_INFO, "hanging");
        for (;;)
            mem_free(mem_zalloc(1));
    }
}

int main(int argc, char **argv)
{
    static const enum box_role boxes[] = {
        [ROLE_KEEPER] = BOX_keeper,   [ROLE_AUDIT] = BOX_audit,   [ROLE_GATEWAY] = BOX_gateway,
        [ROLE_SURFACE] = BOX_surface, [ROLE_EGRESS] = BOX_egress, [ROLE_DIALER] = BOX_dialer};
    struct fake fake = {0};
    struct role_ops ops = {.message = on_message,
                           .open = on_open,
                           .ready = on_ready,
                           .listener = on_listener,
                           .peer = on_peer,
                           .lost = on_lost,
                           .stop = on_stop};

    for (int r = ROLE_KEEPER; r <= ROLE_DIALER && argc > 1; r++)
        if (strcmp(argv[1], role_name((enum role)r)) == 0)
            fake.role = (enum role)r;
    ops.role = fake.role;
    ops.box = boxes[fake.role];
    return fake.role == ROLE_SUPERVISOR ? 2 : role_main(&ops, &fake);
}
