/*
 * Stands for every role in the tests of the supervisor: it has the common life and the jail of the
 * role in argv[1], says in its log what it gets, and misbehaves as the file <data>/<role>.play
 * says. A play is for the first start that finds it: the file is removed.
 */
#include "base/mem.h"
#include "ipc/gen/send.h"
#include "ipc/role.h"
#include "os/alive.h"
#include "os/clock.h"
#include "os/log.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/socket.h>

enum { CHANNEL = 3 }; /* to the supervisor: every role starts with it */

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

    (void)fd;
    if (type == MSG_CONF_SITE)
        log_event(LEVEL_INFO, "site", LOG_NUM("alone", m->conf_site.alone));
    if (chan_peer(c)->role == ROLE_SUPERVISOR)
        f->confs++;
    log_event(LEVEL_INFO, "got", LOG_STR("message", msg_info((uint16_t)type)->name));
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
    log_event(LEVEL_INFO, "opened", LOG_NUM("confs", f->confs), LOG_NUM("uid", getuid()),
              LOG_STR("data", role_boot(r)->data_dir), LOG_STR("keys", role_boot(r)->key_dir));
    if (playing(f, "slow") || playing(f, "stuck")) {
        uint64_t end = clock_steady_ms() + 3500;

        while (clock_steady_ms() < end) {
            const struct timespec pause = {.tv_nsec = 10000000};

            nanosleep(&pause, NULL);
            if (playing(f, "slow"))
                alive();
        }
    }
    return playing(f, "fail") ? ERR_CORRUPT : ERR_OK;
}

static void shout(void)
{
    static const char lines[] =
        "error forged\x1b[2J\nlevel=error process=\"keeper\"\ninfo fine k=\"v\"\n\n"
        "info bad k=\"v\nno end";

    (void)!write(2, lines, sizeof lines - 1);
}

/* What the other side of a channel must not take, said past the channel's own rules. */
static void say_raw(struct slice frame)
{
    (void)!send(CHANNEL, frame.p, frame.n, 0);
}

static void say(enum msg type, const void *m)
{
    struct buf frame = BUF_INIT(LIM_FRAME_BYTES);

    BUG_IF(wire_put(&frame, (uint16_t)type, msg_info((uint16_t)type), m) != ERR_OK);
    say_raw(buf_slice(&frame));
    buf_free(&frame);
}

/* Everybody of those roles, whose generations are near its own. */
static void accuse(const struct fake *f, const enum role *roles, size_t n)
{
    uint64_t own = role_boot(f->self)->generation;

    for (size_t i = 0; i < n; i++) {
        for (uint64_t g = own - 10; g < own + 10; g++)
            say(MSG_ALERT, &(struct msg_alert){.role = roles[i], .generation = g, .code = 1});
    }
}

/* Lines that are none, that are too long, and one that does not end. */
static void babble(void)
{
    static const char bad[] = "info a k=\"\\\x1b[2J\"\n"
                              "info a k=\"\\\xc3\xa9\"\n"
                              "info a k=\x1b\r\0\x07\n"
                              "info a\0 k=v\n"
                              "\xff\xfe\x9b\n";
    static char rest[20000];

    memset(rest, 0x1b, sizeof rest);
    (void)!write(2, bad, sizeof bad - 1);
    (void)!write(2, rest, sizeof rest);
    (void)!write(2, "\ninfo babbled\n", 14);
    memset(rest, 'x', sizeof rest);
    (void)!write(2, rest, sizeof rest);
}

static void lie(const struct fake *f)
{
    static const enum role strangers[] = {ROLE_SURFACE, ROLE_DIALER, ROLE_AUDIT, ROLE_GATEWAY};

    if (playing(f, "ready-twice"))
        say(MSG_READY, &(struct msg_ready){0});
    if (playing(f, "another's"))
        say(MSG_STOP, &(struct msg_stop){0});
    if (playing(f, "no-message"))
        say_raw(SLICE_LIT("\xff\xff"
                          "abc"));
    if (playing(f, "cut"))
        say_raw(SLICE_LIT("\0"));
    if (playing(f, "want-none"))
        say(MSG_EGRESS_WANT, &(struct msg_egress_want){.upstream = 999});
    if (playing(f, "accuse-strangers"))
        accuse(f, strangers, ARRAY_LEN(strangers));
    if (playing(f, "babble"))
        babble();
}

/* In a turn after the one that sends "ready". */
static void die(void *ctx)
{
    const struct fake *f = ctx;

    lie(f);
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
}

static void on_listener(struct role_self *r, void *ctx, int fd)
{
    (void)r;
    (void)ctx;
    (void)fd;
    log_event(LEVEL_INFO, "got_listener");
}

static void on_peer(struct role_self *r, void *ctx, struct chan *c)
{
    const struct fake *f = ctx;
    const struct chan_peer *p = chan_peer(c);

    (void)r;
    log_event(LEVEL_INFO, "got_peer", LOG_STR("peer", role_name(p->role)),
              LOG_NUM("instance", p->instance));
    if ((playing(f, "accuse-gateway") && p->role == ROLE_GATEWAY) ||
        (playing(f, "accuse-keeper") && p->role == ROLE_KEEPER))
        chan_breach(c, BREACH_FOREIGN_CALL);
}

static void on_lost(struct role_self *r, void *ctx, struct chan *c)
{
    (void)r;
    (void)ctx;
    log_event(LEVEL_INFO, "lost_peer", LOG_STR("peer", role_name(chan_peer(c)->role)));
}

static void on_stop(struct role_self *r, void *ctx)
{
    const struct fake *f = ctx;

    (void)r;
    if (playing(f, "hang")) {
        log_event(LEVEL_INFO, "hanging");
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
