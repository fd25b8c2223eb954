/* Who is told of a new process, and in which order. The channels are real, the processes are not. */
#include "unit.h"

#include <string.h>
#include <sys/socket.h>

#include "os/sock.h"
#include "supervisor/supervisor.h"

enum { PROCS = 5 };

struct world {
    struct supervisor sup;
    struct proc procs[PROCS];
    int theirs[PROCS]; /* each process's end */
};

struct proc *proc_find(const struct supervisor *s, enum role role, UNUSED uint32_t instance)
{
    struct proc *p;

    TAILQ_FOREACH(p, &s->procs, entry) {
        if (p->role == role)
            return p;
    }
    return NULL;
}

void proc_restart(UNUSED struct proc *p, UNUSED const char *why)
{
}

static bool on_message(UNUSED void *ctx, UNUSED struct chan *c, UNUSED enum msg type,
                       UNUSED union msg_any *m, UNUSED int fd)
{
    return true;
}

static void on_closed(UNUSED void *ctx, UNUSED struct chan *c, UNUSED enum err why)
{
}

static const struct chan_events events = {on_message, on_closed, NULL};

/* How many packets wait for that process; they are thrown away. */
static unsigned heard(struct world *w, size_t i)
{
    static uint8_t bytes[LIM_FRAME_BYTES];
    unsigned n = 0;

    while (recv(w->theirs[i], bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
        n++;
    return n;
}

static void add(struct world *w, size_t i, enum role role)
{
    struct proc *p = &w->procs[i];
    int fds[2];

    assert_err(sock_pair(fds), ERR_OK);
    *p = (struct proc){.sup = &w->sup, .role = role, .state = PROC_RUNNING, .generation = 10 + i};
    p->chan = chan_new(w->sup.loop, fds[0], ROLE_SUPERVISOR, (struct chan_peer){.role = role},
                       &events, p);
    chan_run(p->chan);
    w->theirs[i] = fds[1];
    TAILQ_INSERT_TAIL(&w->sup.procs, p, entry);
}

/* As a start makes them: the keeper is there before most, and is told of an egress last, by when
 * everybody whom it may set to work for that has been told. */
static void test_keeper_is_told_last(UNUSED void **state)
{
    static const enum role roles[PROCS] = {ROLE_AUDIT, ROLE_KEEPER, ROLE_DIALER, ROLE_GATEWAY,
                                           ROLE_EGRESS};
    enum { KEEPER = 1, DIALER = 2, GATEWAY = 3, EGRESS = 4 };
    struct world w = {0};

    w.sup.loop = loop_new();
    TAILQ_INIT(&w.sup.procs);
    for (size_t i = 0; i < PROCS; i++)
        add(&w, i, roles[i]);
    loop_turn(w.sup.loop, 0);
    for (size_t i = 0; i < PROCS; i++)
        (void)heard(&w, i); /* the hello */
    /* Something for the keeper waits already. */
    chan_tell(w.procs[KEEPER].chan, MSG_STOP, &(struct msg_stop){0}, false);
    wiring_connect(&w.procs[EGRESS]);
    assert_int_equal(heard(&w, DIALER), 1);
    assert_int_equal(heard(&w, GATEWAY), 1);
    assert_int_equal(heard(&w, EGRESS), 2);
    assert_int_equal(heard(&w, KEEPER), 0);
    loop_turn(w.sup.loop, 0);
    assert_int_equal(heard(&w, KEEPER), 2);
    assert_int_equal(heard(&w, EGRESS), 1);
    for (size_t i = 0; i < PROCS; i++) {
        chan_free(w.procs[i].chan);
        sock_close(w.theirs[i]);
    }
    loop_free(w.sup.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_keeper_is_told_last)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
