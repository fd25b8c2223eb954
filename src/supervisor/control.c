/*
 * The control socket: who may connect is decided here, by the kernel's word on who they are; what
 * they say is for the keeper, who gets the connection as a peer. Run by the supervisor, which reads
 * no byte from it.
 */
#include "supervisor/supervisor.h"

#include "ipc/gen/send.h"
#include "os/folder.h"
#include "os/listen.h"
#include "os/log.h"
#include "os/sock.h"

static void hand_over(struct supervisor *s, int fd)
{
    const struct proc *keeper = proc_find(s, ROLE_KEEPER, 0);
    const struct msg_peer m = {.role = ROLE_CLI, .instance = ++s->clients};
    unsigned uid = 0, pid = 0;

    if (listen_peer(fd, &uid, &pid) != ERR_OK || (uid != s->uid && uid != 0)) {
        log_event(LEVEL_WARN, "control_refused", LOG_NUM("uid", uid), LOG_NUM("from_pid", pid));
        return;
    }
    if (!keeper || keeper->state != PROC_RUNNING || !keeper->chan ||
        send_peer(keeper->chan, &m, fd) != ERR_OK) {
        log_event(LEVEL_WARN, "control_too_early", LOG_NUM("from_pid", pid));
        return;
    }
    log_event(LEVEL_INFO, "control", LOG_NUM("uid", uid), LOG_NUM("from_pid", pid),
              LOG_NUM("client", m.instance));
}

static void control_readable(void *ctx, unsigned events)
{
    struct supervisor *s = ctx;
    int fd = -1;

    (void)events; /* only reading is watched */
    if (listen_path_accept(s->control_fd, &fd) != ERR_OK)
        return;
    hand_over(s, fd);
    sock_close(fd); /* the keeper has its own copy, or the caller sees the end */
}

void control_start(struct supervisor *s)
{
    s->control_watch = loop_watch(s->loop, s->control_fd, LOOP_READ, control_readable, s);
}

void control_stop(struct supervisor *s)
{
    if (s->control_fd < 0)
        return;
    loop_unwatch(s->control_watch);
    s->control_watch = NULL;
    sock_close(s->control_fd);
    s->control_fd = -1;
    folder_remove_file(s->control_path);
}
