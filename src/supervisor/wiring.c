/*
 * Who has a channel to whom. Run by the supervisor; the table below is the whole graph of
 * processes, and there is no other way for two of them to meet.
 */
#include "supervisor/supervisor.h"

#include "ipc/gen/send.h"
#include "ipc/gen/supervisor.h"
#include "os/log.h"
#include "os/sock.h"

static const enum role pairs[][2] = {
    {ROLE_KEEPER, ROLE_AUDIT},  {ROLE_KEEPER, ROLE_GATEWAY}, {ROLE_KEEPER, ROLE_SURFACE},
    {ROLE_KEEPER, ROLE_EGRESS}, {ROLE_KEEPER, ROLE_DIALER},  {ROLE_GATEWAY, ROLE_EGRESS},
    {ROLE_DIALER, ROLE_EGRESS},
};

static bool paired(enum role a, enum role b)
{
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
        if ((pairs[i][0] == a && pairs[i][1] == b) || (pairs[i][0] == b && pairs[i][1] == a))
            return true;
    return false;
}

/* Tells to that its peer is who, at the other end of fd. */
static enum err introduce(const struct proc *to, const struct proc *who, int fd)
{
    const struct msg_peer m = {.role = who->role,
                               .instance = who->instance,
                               .generation = who->generation,
                               .upstream = who->role == ROLE_EGRESS ? (uint16_t)who->instance : 0};

    return send_peer(to->chan, &m, fd);
}

static void connect_two(const struct proc *a, const struct proc *b)
{
    int fds[2] = {-1, -1};
    enum err e = sock_pair(fds);

    if (!e)
        e = introduce(a, b, fds[0]);
    if (!e)
        e = introduce(b, a, fds[1]);
    if (e) /* one of them is ending; its successor is connected anew */
        log_event(LEVEL_WARN, "not_connected", LOG_STR("one", a->label), LOG_STR("other", b->label),
                  LOG_ERR(e));
    sock_close(fds[0]);
    sock_close(fds[1]);
}

void wiring_listen(const struct proc *p)
{
    int fd = p->role == ROLE_GATEWAY   ? p->sup->gateway_fd
             : p->role == ROLE_SURFACE ? p->sup->surface_fd
                                       : -1;

    if (fd >= 0 && send_listener(p->chan, &(struct msg_listener){0}, fd) != ERR_OK)
        log_event(LEVEL_WARN, "no_listener", LOG_STR("process", p->label));
}

static bool meets(const struct proc *p, const struct proc *q)
{
    return q->state == PROC_RUNNING && q->chan && paired(p->role, q->role);
}

/* The keeper sets others to work for each other, and knows of p only when they do: a dial for an
 * egress that the dialer has no channel to would be lost. */
void wiring_connect(struct proc *p)
{
    const struct proc *q, *keeper = proc_find(p->sup, ROLE_KEEPER, 0);

    TAILQ_FOREACH(q, &p->sup->procs, entry) {
        if (q == keeper || !meets(p, q))
            continue;
        connect_two(p, q);
        chan_flush(p->chan); /* both have it before anybody is told more */
        chan_flush(q->chan);
    }
    if (keeper && meets(p, keeper))
        connect_two(p, keeper);
    if (p->sup->serving)
        wiring_listen(p);
}

static bool is_core(enum role r)
{
    return r == ROLE_KEEPER || r == ROLE_AUDIT;
}

/*
 * Whoever is accused is started again, unless the core is accused by somebody who is not, or the
 * accuser has no channel to it: an exposed process that was taken over could otherwise have the
 * keeper or a stranger restarted at will, so then it is the accuser.
 */
void supervisor_on_alert(struct proc *from, const struct msg_alert *m)
{
    struct proc *accused = proc_find(from->sup, m->role, m->instance);

    if (!accused || accused->generation != m->generation)
        return;
    log_event(LEVEL_WARN, "alert", LOG_STR("by", from->label), LOG_STR("about", accused->label),
              LOG_ERR(m->code));
    if (!paired(from->role, accused->role))
        proc_restart(from, "accused a stranger");
    else if (is_core(accused->role) && !is_core(from->role))
        proc_restart(from, "accused the core");
    else
        proc_restart(accused, "broke the protocol");
}
