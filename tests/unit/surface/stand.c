/*
 * The real surface, as its own process in its jail, with a scripted keeper, for a browser:
 * tests/pages/flow.mjs drives it. One person, "ana" with the password "correct horse", and one
 * handoff, HANDOFF.
 *
 *     surface-stand PROGRAM
 *
 * writes its port and the surface's process id as one line when PROGRAM said that it is ready. Then
 * lines on standard input change what the keeper does: "new" makes the handoff wait again, "refuse"
 * makes the server refuse what is given, "accept" ends that, "end" ends the session, "die" ends the
 * keeper's channel, "back" makes a new one. Ends 1 when the surface does.
 */
#include "fake.h"

#include "crypto/init.h"
#include "crypto/open.h"
#include "os/sock.h"
#include "os/spawn.h"

#include <stdlib.h>
#include <unistd.h>

static struct fake *f;
static struct chan *supervisor; /* our end */
static struct sec *verifier;
static struct box_public public;
static bool ended, refusing;
static uint16_t port;
static int listener;
static struct child child;

static void must(enum err e)
{
    if (e != ERR_OK) {
        fprintf(stderr, "surface-stand: %s\n", err_name(e));
        exit(1);
    }
}

/* --- what the keeper does --------------------------------------------------------------------- */

static void on_login(struct fake *x, union msg_any *m)
{
    char bytes[] = "session";

    ended = false;
    if (!slice_eq_str(m->login.name, "ana") || !sec_equal(m->login.verifier, verifier)) {
        fake_deny(x, m->login.req, DENIAL_WRONG_PASSWORD);
        return;
    }
    struct sec *cookie = sec_take(bytes, 7);
    must(send_login_ok(x->keeper, &(struct msg_login_ok){
                                      .req = m->login.req, .cookie = cookie, .life_ms = 600000}));
    sec_free(cookie);
}

static void changed(void)
{
    if (f->req && f->keeper)
        must(send_inbox_changed(f->keeper, &(struct msg_inbox_changed){.req = f->req}));
}

static void on_submit(struct fake *x, union msg_any *m)
{
    struct msg_handoff_submit *s = &m->handoff_submit;

    x->problem = PROBLEM_NONE;
    if (!sec_equal(s->verifier, verifier))
        x->problem = PROBLEM_WRONG_PASSWORD;
    else if (refusing)
        x->problem = PROBLEM_REFUSED;
    else
        x->state = HANDOFF_STATE_COMPLETED;
    if (fake_knows(x, s->req, s->cookie))
        fake_view(x, s->req, s->handoff);
    changed();
}

static void on_inbox_get(struct fake *x, union msg_any *m)
{
    uint64_t req = m->inbox_get.req;
    struct msg_inbox_row row = {.req = req,
                                .upstream = 3,
                                .client_label = SLICE_LIT("laptop"),
                                .tool = SLICE_LIT("weather"),
                                .words = SLICE_LIT("amber falcon"),
                                .expires = UINT64_C(4000000000000)};
    bool waits = x->state == HANDOFF_STATE_CREATED || x->state == HANDOFF_STATE_OPENED;

    if (ended) {
        fake_deny(x, req, DENIAL_LOG_IN);
        return;
    }
    if (!fake_knows(x, req, m->inbox_get.cookie))
        return;
    if (waits && id_parse(SLICE_LIT(HANDOFF), row.handoff.b, ID_BYTES))
        must(send_inbox_row(x->keeper, &row));
    fake_end_rows(x, req);
}

static void on_watch(struct fake *x, union msg_any *m)
{
    x->req = m->inbox_watch.req;
}

static void on_watch_end(struct fake *x, union msg_any *m)
{
    if (x->req == m->watch_end.req)
        x->req = 0;
}

/* A new keeper, whom the surface gets as a peer. */
static void bring_keeper(void)
{
    static uint64_t generation;
    int fd = fake_connect(f);

    must(send_peer(supervisor, &(struct msg_peer){.role = ROLE_KEEPER, .generation = ++generation},
                   fd));
    close(fd);
    f->req = 0;
    must(send_seal_key(f->keeper, &(struct msg_seal_key){1, public.key}));
}

/* --- orders ----------------------------------------------------------------------------------- */

static void order(char c)
{
    switch (c) {
    case 'n':
        f->state = HANDOFF_STATE_CREATED;
        changed();
        break;
    case 'r': refusing = true; break;
    case 'a': refusing = false; break;
    case 'e':
        ended = true;
        if (f->req)
            fake_deny(f, f->req, DENIAL_LOG_IN);
        break;
    case 'd': fake_kill_keeper(f); break;
    case 'b': bring_keeper(); break;
    default: break;
    }
}

static void on_input(void *ctx, unsigned events)
{
    char line[64];
    ssize_t n = read(0, line, sizeof(line));

    (void)events;
    if (n <= 0)
        loop_stop(ctx);
    for (ssize_t i = 0; i < n; i++) {
        if (i == 0 || line[i - 1] == '\n')
            order(line[i]);
    }
}

/* --- what the supervisor does ----------------------------------------------------------------- */

static void boot(void)
{
    char url[64];

    (void)snprintf(url, sizeof(url), "http://localhost:%u", port);
    must(send_boot(supervisor, &(struct msg_boot){.generation = 1,
                                                  .log_level = LEVEL_DEBUG,
                                                  .use_landlock = true,
                                                  .uid = getuid(),
                                                  .gid = getgid()}));
    must(send_conf_site(supervisor, &(struct msg_conf_site){.surface_url = slice_str(url)}));
    must(send_conf_host(supervisor, &(struct msg_conf_host){.host = slice_str(url + 7)}));
    must(send_conf_upstream(supervisor, &fake_upstream));
    for (size_t i = 0; i < ARRAY_LEN(fake_fields); i++)
        must(send_conf_field(supervisor, &fake_fields[i]));
    must(send_boot_end(supervisor, &(struct msg_boot_end){0}));
}

static bool from_surface(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    (void)ctx;
    (void)m;
    if (type != MSG_READY || fd >= 0)
        return false;
    chan_run(c);
    must(send_listener(c, &(struct msg_listener){0}, listener));
    close(listener);
    bring_keeper();
    printf("%u %d\n", port, child.pid);
    fflush(stdout);
    return true;
}

static void surface_ended(void *ctx, struct chan *c, enum err why)
{
    (void)ctx;
    (void)c;
    fprintf(stderr, "surface-stand: the surface ended: %s\n", err_name(why));
    exit(1);
}

static void start(const char *program)
{
    static const struct chan_events events = {from_surface, surface_ended, NULL};
    const char *const argv[] = {"surface", NULL}, *const env[] = {NULL};
    int fds[2];

    must(sock_pair(fds));
    must(spawn_child(
        &(struct spawn){.path = program, .argv = argv, .env = env, .channel = fds[1], .log = 2},
        &child));
    close(fds[1]);
    supervisor = chan_new(f->loop, fds[0], ROLE_SUPERVISOR,
                          (struct chan_peer){.role = ROLE_SURFACE}, &events, NULL);
    boot();
}

int main(int argc, char **argv)
{
    char password[] = "correct horse";
    struct password_cost cost = {1, 8192};

    if (argc != 2) {
        fputs("usage: surface-stand PROGRAM\n", stderr);
        return 2;
    }
    crypto_init();
    struct sec *key = open_box_key(1, &public), *p = sec_take(password, sizeof(password) - 1);
    must(password_verifier(p, (const uint8_t *)"0123456789abcde", cost, &verifier));
    listener = client_listener(&port);
    f = fake_bare();
    f->state = HANDOFF_STATE_DECLINED;
    f->on[MSG_LOGIN] = on_login;
    f->on[MSG_HANDOFF_SUBMIT] = on_submit;
    f->on[MSG_INBOX_GET] = on_inbox_get;
    f->on[MSG_INBOX_WATCH] = on_watch;
    f->on[MSG_WATCH_END] = on_watch_end;
    loop_watch(f->loop, 0, LOOP_READ, on_input, f->loop);
    start(argv[1]);
    loop_run(f->loop);
    sec_free(key);
    sec_free(p);
    return 0;
}
