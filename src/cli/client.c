/* The command's side of the control socket; see client.h. Trusts the keeper at its other end. */
#include "cli/client.h"

#include "ipc/chan.h"
#include "os/listen.h"
#include "os/sock.h"

#include <stdio.h>

struct client {
    struct cli *x;
    struct loop *loop;
    struct chan *chan;
    const struct client_rows *rows;
    bool headed; /* the header is printed */
    int status;
};

static void print_header(struct client *cl)
{
    if (cl->rows && cl->rows->header && !cl->headed)
        puts(cl->rows->header);
    cl->headed = true;
}

#define ROW(function, message, kind)                                                               \
    void function(struct client *cl, const struct message *m)                                      \
    {                                                                                              \
        print_header(cl);                                                                          \
        if (cl->rows && cl->rows->kind)                                                            \
            cl->rows->kind(cl->x, m);                                                              \
    }

ROW(cli_on_ctl_user_row, msg_ctl_user_row, user)
ROW(cli_on_ctl_key_row, msg_ctl_key_row, key)
ROW(cli_on_ctl_connection_row, msg_ctl_connection_row, connection)
ROW(cli_on_ctl_upstream_row, msg_ctl_upstream_row, upstream)
ROW(cli_on_ctl_audit_head_is, msg_ctl_audit_head_is, head)

static int not_found(const struct cli *x)
{
    if (x->argument)
        return cli_fail("there is no '%s' here", x->argument);
    if (x->user)
        return cli_fail("there is no user '%s'; 'sidegate user list' shows them", x->user);
    if (x->upstream)
        return cli_fail("there is no upstream '%s'; 'sidegate upstream list' shows them",
                        x->upstream);
    return cli_fail("%s", err_sentence(ERR_NOT_FOUND));
}

void cli_on_ctl_done(struct client *cl, const struct msg_ctl_done *m)
{
    if (m->code == ERR_OK) {
        print_header(cl);
        cl->status = CLI_OK;
    } else if (m->detail.n > 0) {
        cl->status = cli_fail("%.*s", (int)m->detail.n, (const char *)m->detail.p);
    } else if (m->code == ERR_NOT_FOUND) {
        cl->status = not_found(cl->x);
    } else {
        cl->status = cli_fail("%s", err_sentence(m->code));
    }
    if (m->code == ERR_OK && cl->rows && cl->rows->done)
        cl->rows->done(cl->x, m);
    loop_stop(cl->loop);
}

static void on_closed(void *ctx, UNUSED struct chan *c, enum err why)
{
    struct client *cl = ctx;

    cl->status =
        cli_fail("Sidegate closed the control connection (%s); its log says why", err_name(why));
    loop_stop(cl->loop);
}

static enum err connect_control(const struct cli *x, int *ret_fd)
{
    char path[CONFIG_PATH + 16];

    snprintf(path, sizeof(path), "%s/control", x->config->run);
    return listen_path_connect(path, ret_fd);
}

bool client_is_up(const struct cli *x)
{
    int fd = -1;
    bool up = connect_control(x, &fd) == ERR_OK;

    sock_close(fd);
    return up;
}

static int connect_failed(const struct cli *x, enum err e)
{
    if (e == ERR_NOT_FOUND)
        return cli_fail("Sidegate is not running here (no control socket in %s); start it with "
                        "'sidegate serve'",
                        x->config->run);
    if (e == ERR_FORBIDDEN)
        return cli_fail("you may not use the control socket in %s; run this as the account that "
                        "Sidegate runs as, or as root",
                        x->config->run);
    return cli_fail("the control socket in %s cannot be used: %s", x->config->run, err_sentence(e));
}

int client_ask(struct cli *x, enum msg type, const void *m, const struct client_rows *rows)
{
    static const struct chan_events events = {cli_dispatch, on_closed, NULL};
    struct client cl = {.x = x, .rows = rows, .status = CLI_FAILED};
    int fd = -1;
    enum err e = connect_control(x, &fd);

    if (e)
        return connect_failed(x, e);
    cl.loop = loop_new();
    cl.chan =
        chan_new(cl.loop, fd, ROLE_CLI, (struct chan_peer){.role = ROLE_KEEPER}, &events, &cl);
    e = chan_send(cl.chan, type, m, -1);
    if (!e)
        loop_run(cl.loop);
    else
        cl.status = cli_fail("an argument is too long or has control characters in it: %s",
                             err_sentence(e));
    chan_free(cl.chan);
    loop_free(cl.loop);
    return cl.status;
}
