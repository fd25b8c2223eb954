/* The plays of play.h. */
#include "play.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/planted.h"
#include "os/box.h"
#include "os/clock.h"
#include "os/landlock.h"
#include "os/sock.h"

enum { PATIENCE_MS = 60000, LOG_BYTES = 64 << 20, ENDS = 512, HELLO_BYTES = 31, SECRETS = 4096 };

static struct sec *secrets[SECRETS];
static size_t secrets_n;

/* --- ends ------------------------------------------------------------------------------------- */

static struct end *end_new(struct play *p, int fd, enum role role)
{
    struct end *e = MEM_NEW(struct end);

    *e = (struct end){.play = p, .fd = fd, .role = role};
    TAILQ_INIT(&e->lines);
    TAILQ_INSERT_TAIL(&p->ends, e, entry);
    return e;
}

static void line_free(struct line *l)
{
    wire_done(msg_info((uint16_t)l->type), &l->m);
    sock_close(l->fd);
    mem_free(l);
}

static void end_free(struct end *e)
{
    struct line *l;

    while ((l = TAILQ_FIRST(&e->lines)) != NULL) {
        TAILQ_REMOVE(&e->lines, l, entry);
        line_free(l);
    }
    TAILQ_REMOVE(&e->play->ends, e, entry);
    end_close(e);
    mem_free(e);
}

void end_close(struct end *e)
{
    sock_close(e->fd);
    e->fd = -1;
}

static void put_number(uint8_t *p, uint64_t v, int n)
{
    while (n-- > 0)
        *p++ = (uint8_t)(v >> (8 * n));
}

void end_hello(struct end *e)
{
    uint8_t hello[HELLO_BYTES] = "\0\0sidegate";

    put_number(hello + 10, MSG_TABLE_ID, 8);
    put_number(hello + 18, e->role, 1);
    put_number(hello + 19, e->instance, 4);
    put_number(hello + 23, e->generation, 8);
    say_raw(e, slice_of(hello, sizeof hello), NULL, 0);
}

struct end *play_mute_peer(struct play *p, enum role role, uint32_t instance)
{
    int fds[2];
    struct end *e;
    struct msg_peer m = {.role = role, .instance = instance, .generation = ++p->last_generation};

    assert_err(sock_pair(fds), ERR_OK);
    e = end_new(p, fds[0], role);
    e->instance = instance;
    e->generation = m.generation;
    m.upstream = role == ROLE_EGRESS ? (uint16_t)instance : 0;
    say_fd(p->supervisor, MSG_PEER, &m, fds[1]);
    sock_close(fds[1]);
    return e;
}

struct end *play_peer(struct play *p, enum role role, uint32_t instance)
{
    struct end *e = play_mute_peer(p, role, instance);

    end_hello(e);
    return e;
}

/* --- saying ----------------------------------------------------------------------------------- */

/* One try; false: there is no room. */
static bool send_frame(const struct end *e, struct slice frame, const int *fds, size_t n)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(4 * sizeof(int))];
    } space = {0};
    struct iovec part = {(void *)(uintptr_t)frame.p, frame.n};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

    if (n > 0) {
        m.msg_control = space.bytes;
        m.msg_controllen = CMSG_SPACE(n * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(n * sizeof(int));
        memcpy(CMSG_DATA(c), fds, n * sizeof(int));
    }
    return sendmsg(e->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 ||
           (errno != EAGAIN && errno != EWOULDBLOCK);
}

void say_raw(struct end *e, struct slice frame, const int *fds, size_t n)
{
    assert_true(n <= 4);
    while (e->fd >= 0 && !e->over && !send_frame(e, frame, fds, n))
        play_turn(e->play, 5);
}

void frame_put(struct buf *out, enum msg type, const void *m)
{
    assert_err(wire_put(out, (uint16_t)type, msg_info((uint16_t)type), m), ERR_OK);
}

void say_fd(struct end *e, enum msg type, const void *m, int fd)
{
    struct buf frame = BUF_INIT(LIM_FRAME_BYTES);

    frame_put(&frame, type, m);
    say_raw(e, buf_slice(&frame), &fd, fd >= 0 ? 1 : 0);
    buf_free(&frame);
}

void say(struct end *e, enum msg type, const void *m)
{
    say_fd(e, type, m, -1);
}

/* --- hearing ---------------------------------------------------------------------------------- */

/* The role itself must keep to the table. */
static void take_line(struct end *e, const uint8_t *frame, size_t n, int fd)
{
    struct line *l = mem_zalloc(sizeof *l + n);
    uint16_t type = MSG_NONE;
    const struct wire_message *info;

    memcpy(l->frame, frame, n);
    assert_err(wire_type_of(slice_of(frame, n), &type), ERR_OK);
    l->type = (enum msg)type;
    l->fd = fd;
    if (type == MSG_NONE) { /* the hello */
        assert_int_equal(n, HELLO_BYTES);
        mem_free(l);
        return;
    }
    info = msg_info(type);
    assert_non_null(info);
    assert_true(info->from & 1u << e->play->role && info->to & 1u << e->role);
    assert_int_equal(info->fd, fd >= 0);
    assert_err(wire_get(l->frame, n, info, &l->m), ERR_OK);
    TAILQ_INSERT_TAIL(&e->lines, l, entry);
    if (e->play->listen != NULL)
        l->taken = e->play->listen(e->play->ctx, e, l);
}

/* One frame, or 0xffff and several, each behind its length. */
static void take_packet(struct end *e, const uint8_t *packet, size_t n, int fd)
{
    size_t at = 2;

    if (n < 2 || packet[0] != 0xff || packet[1] != 0xff) {
        take_line(e, packet, n, fd);
        return;
    }
    assert_int_equal(fd, -1);
    while (at < n) {
        size_t length = (size_t)packet[at + 1] << 16 | (size_t)packet[at + 2] << 8 | packet[at + 3];

        assert_true(packet[at] == 0 && length <= n - at - 4);
        take_line(e, packet + at + 4, length, -1);
        at += 4 + length;
    }
}

static void take_all(struct end *e)
{
    static uint8_t packet[LIM_FRAME_BYTES];
    size_t n;
    int fd;
    enum err got;

    while ((got = sock_recv(e->fd, packet, sizeof packet, &n, &fd)) == ERR_OK)
        take_packet(e, packet, n, fd);
    if (got != ERR_AGAIN)
        e->over = true;
}

static void take_log(struct play *p)
{
    uint8_t piece[65536];
    ssize_t n;

    while ((n = read(p->log_fd, piece, sizeof piece)) > 0) {
        buf_put(&p->log, slice_of(piece, (size_t)n));
        if (getenv("PLAY_LOG") != NULL)
            (void)!write(2, piece, (size_t)n);
    }
}

static void take_end(struct play *p)
{
    if (!p->ended)
        p->ended = spawn_reap(&p->child, &p->how) == ERR_OK;
}

void play_turn(struct play *p, int ms)
{
    struct pollfd fds[ENDS + 2];
    struct end *e, *of[ENDS];
    size_t n = 0;

    TAILQ_FOREACH(e, &p->ends, entry) {
        if (e->fd < 0 || e->over)
            continue;
        assert_true(n < ENDS);
        of[n] = e;
        fds[n++] = (struct pollfd){e->fd, POLLIN, 0};
    }
    fds[n] = (struct pollfd){p->log_fd, POLLIN, 0};
    fds[n + 1] = (struct pollfd){p->ended ? -1 : p->child.handle, POLLIN, 0};
    if (p->aside != NULL) {
        p->aside(p->ctx);
        ms = ms > 5 ? 5 : ms;
    }
    if (poll(fds, n + 2, ms) <= 0)
        return;
    take_log(p);
    for (size_t i = 0; i < n; i++)
        if (fds[i].revents != 0)
            take_all(of[i]);
    if (fds[n + 1].revents != 0)
        take_end(p);
}

uint64_t play_deadline(void)
{
    return clock_boot_ms() + PATIENCE_MS;
}

static void show_log(const struct play *p)
{
    size_t from = p->log.n > 4000 ? p->log.n - 4000 : 0;

    if (getenv("PLAY_LOG") == NULL)
        fprintf(stderr, "# ... %.*s\n", (int)(p->log.n - from), (const char *)p->log.p + from);
}

static void fail_if_ended(struct play *p, const char *waits_for)
{
    if (!p->ended)
        return;
    take_log(p);
    show_log(p);
    fail_msg("the role ended (%s %d) while waiting for: %s", p->how.signalled ? "signal" : "status",
             p->how.code, waits_for);
}

void play_in_time(struct play *p, uint64_t deadline, const char *waits_for)
{
    if (strcmp(waits_for, "p->ended") != 0)
        fail_if_ended(p, waits_for);
    if (clock_boot_ms() < deadline)
        return;
    show_log(p);
    fail_msg("waited in vain for: %s", waits_for);
}

static struct line *find_line(const struct end *e, const enum msg *types)
{
    struct line *l;

    TAILQ_FOREACH(l, &e->lines, entry) {
        for (size_t i = 0; types[i] != MSG_NONE; i++)
            if (!l->taken && l->type == types[i])
                return l;
    }
    return NULL;
}

struct line *hear_one_of(struct end *e, const enum msg *types)
{
    const char *name = msg_info((uint16_t)types[0])->name;
    uint64_t deadline = play_deadline();
    struct line *l;

    while ((l = find_line(e, types)) == NULL) {
        if (e->over || e->fd < 0) {
            play_turn(e->play, 200); /* maybe it has died */
            fail_if_ended(e->play, name);
            show_log(e->play);
            fail_msg("the channel to %s ended while waiting for: %s", role_name(e->role), name);
        }
        play_in_time(e->play, deadline, name);
        play_turn(e->play, 20);
    }
    l->taken = true;
    return l;
}

struct line *hear_line(struct end *e, enum msg type)
{
    const enum msg types[] = {type, MSG_NONE};

    return hear_one_of(e, types);
}

const union msg_any *hear(struct end *e, enum msg type)
{
    return &hear_line(e, type)->m;
}

unsigned unheard(const struct end *e, enum msg type)
{
    const struct line *l;
    unsigned n = 0;

    TAILQ_FOREACH(l, &e->lines, entry) {
        n += l->type == type && !l->taken;
    }
    return n;
}

/* --- judging ---------------------------------------------------------------------------------- */

static struct line *find_alert(const struct end *e)
{
    struct line *l;

    TAILQ_FOREACH(l, &e->play->supervisor->lines, entry) {
        const struct msg_alert *m = &l->m.alert;

        if (l->type == MSG_ALERT && !l->taken && m->role == e->role && m->instance == e->instance &&
            m->generation == e->generation)
            return l;
    }
    return NULL;
}

void must_refuse(struct end *e)
{
    struct line *l;

    UNTIL(e->play, e->over);
    if (e->role != ROLE_CLI) {
        UNTIL(e->play, find_alert(e) != NULL);
        l = find_alert(e);
        l->taken = true;
        assert_string_equal(err_name(l->m.alert.code), err_name(ERR_PROTOCOL));
    }
    fail_if_ended(e->play, "the end of a channel");
}

bool logged(struct play *p, const char *text)
{
    struct slice all;

    take_log(p); /* what came before the event that made the caller ask may still be in the pipe */
    all = slice_sub(buf_slice(&p->log), p->log_mark, p->log.n);

    return slice_find(all, slice_str(text)) < all.n;
}

void play_mark(struct play *p)
{
    take_log(p);
    p->log_mark = p->log.n;
}

void must_refuse_for(struct end *e, const char *message, const char *what)
{
    char text[256];

    snprintf(text, sizeof text, "message=\"%s\" what=\"%s\"", message, what);
    must_refuse(e);
    UNTIL(e->play, logged(e->play, text));
}

/* Whether the role has read all that we said on the channel. */
static bool is_read(const struct end *e)
{
    int left = 0;

    return e->fd < 0 || e->over || ioctl(e->fd, SIOCOUTQ, &left) != 0 || left == 0;
}

/* Whether its loop waits for something. */
static bool is_asleep(const struct play *p)
{
    char path[64], text[512] = "";
    const char *state;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)p->child.pid);
    f = fopen(path, "re");
    if (f == NULL)
        return true;
    state = fgets(text, sizeof text, f) == NULL ? NULL : strrchr(text, ')');
    fclose(f);
    return state == NULL || state[2] == 'S' || state[2] == 'Z';
}

static bool is_settled(const struct play *p)
{
    const struct end *e;

    TAILQ_FOREACH(e, &p->ends, entry) {
        if (!is_read(e))
            return false;
    }
    return is_asleep(p);
}

void play_settle(struct play *p)
{
    UNTIL(p, p->ended || is_settled(p));
    play_turn(p, 0);
}

void must_stand(struct end *e)
{
    play_settle(e->play);
    if (e->over)
        show_log(e->play);
    assert_false(e->over);
}

/* --- boot ------------------------------------------------------------------------------------- */

/* Only what this role gets. */
static void row_if(const struct play *p, enum msg type, const void *m)
{
    if (msg_info((uint16_t)type)->to & 1u << p->role)
        say(p->supervisor, type, m);
}

static void say_upstream(const struct play *p, uint16_t number)
{
    static const char *const names[] = {"weather", "open", "once", "tried"};
    const struct msg_conf_upstream up = {.upstream = number,
                                         .name = slice_str(names[number]),
                                         .title = slice_str(names[number]),
                                         .protocols = 3,
                                         .needs_credential = number != OPEN,
                                         .lease =
                                             number == ONCE ? LEASE_KIND_ONCE : LEASE_KIND_TASK,
                                         .lease_uses = number == ONCE ? 1 : 20,
                                         .lease_ms = 600000,
                                         .has_verify = number == TRIED};
    const struct msg_conf_endpoint at = {
        .upstream = number, .host = SLICE_LIT("127.0.0.1"), .port = 9, .path = SLICE_LIT("/mcp")};
    const uint8_t loopback[] = {127, 0, 0, 0};

    row_if(p, MSG_CONF_UPSTREAM, &up);
    row_if(p, MSG_CONF_ENDPOINT, &at);
    row_if(p, MSG_CONF_ALLOW,
           &(struct msg_conf_allow){.upstream = number, slice_of(loopback, 4), .prefix = 8});
    if (number == OPEN)
        return;
    row_if(p, MSG_CONF_FIELD,
           &(struct msg_conf_field){.upstream = number,
                                    .name = SLICE_LIT("key"),
                                    .label = SLICE_LIT("API key"),
                                    .masked = true});
    row_if(p, MSG_CONF_PLACE,
           &(struct msg_conf_place){.upstream = number,
                                    .in = PLACE_HEADER,
                                    .name = SLICE_LIT("Authorization"),
                                    .format = SLICE_LIT("Bearer {key}")});
}

void play_configure(struct play *p)
{
    const struct msg_boot boot = {.instance = p->instance,
                                  .generation = p->generation,
                                  .log_level = LEVEL_INFO,
                                  .use_landlock = p->landlock,
                                  .uid = getuid(),
                                  .gid = getgid(),
                                  .data_dir = slice_str(p->data),
                                  .key_dir = slice_str(p->keys)};

    say(p->supervisor, MSG_BOOT, &boot);
    /* A permit whose gateway was refused waits so long. */
    SAY(p->supervisor, MSG_CONF_LIMIT, conf_limit, SET_PERMIT_TIME, 1500);
    /* Of what comes too fast nothing is looked at any more. */
    SAY(p->supervisor, MSG_CONF_LIMIT, conf_limit, SET_KEY_BURST, 100000);
    SAY(p->supervisor, MSG_CONF_LIMIT, conf_limit, SET_PERSON_BURST, 100000);
    row_if(p, MSG_CONF_SITE, &(struct msg_conf_site){.surface_url = SLICE_LIT(SITE)});
    row_if(p, MSG_CONF_HOST,
           &(struct msg_conf_host){p->role == ROLE_SURFACE ? SLICE_LIT(SURFACE_HOST)
                                                           : SLICE_LIT(GATEWAY_HOST)});
    for (uint16_t i = WEATHER; i <= OPEN; i++)
        if (p->role != ROLE_EGRESS || p->instance == i)
            say_upstream(p, i);
    for (uint16_t i = ONCE; i <= TRIED && p->role == ROLE_KEEPER; i++)
        say_upstream(p, i);
}

void play_boot(struct play *p)
{
    const union msg_any *m;

    play_configure(p);
    say(p->supervisor, MSG_BOOT_END, &(struct msg_boot_end){0});
    m = hear(p->supervisor, MSG_READY);
    assert_int_equal(m->ready.landlock_abi, p->landlock ? landlock_abi() : 0);
}

/* --- life ------------------------------------------------------------------------------------- */

static void launch(struct play *p)
{
    char path[512];
    const char *const argv[] = {"sidegate", role_name(p->role), "0", NULL};
    /* A role leaves its loop to the end of the process, which a leak detector would report. */
    const char *const env[] = {"LC_ALL=C", "ASAN_OPTIONS=detect_leaks=0", planted_env(), NULL};
    int channel[2], log[2];

    snprintf(path, sizeof path, "%s/src/%s/%s", play_build, role_name(p->role), role_name(p->role));
    assert_err(sock_pair(channel), ERR_OK);
    assert_err(spawn_log_pipe(log), ERR_OK);
    assert_err(
        spawn_child(
            &(struct spawn){
                .path = path, .argv = argv, .env = env, .channel = channel[1], .log = log[1]},
            &p->child),
        ERR_OK);
    sock_close(channel[1]);
    sock_close(log[1]);
    p->ended = false;
    p->log_fd = log[0];
    p->supervisor = end_new(p, channel[0], ROLE_SUPERVISOR);
    end_hello(p->supervisor);
}

struct play *play_new(enum role role, bool landlock)
{
    struct play *p = MEM_NEW(struct play);

    *p = (struct play){.role = role, .generation = 70, .landlock = landlock, .log_fd = -1};
    TAILQ_INIT(&p->ends);
    buf_init(&p->log, LOG_BYTES);
    snprintf(p->dir, sizeof p->dir, "/tmp/sidegate-play-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->data, sizeof p->data, "%s/data", p->dir);
    snprintf(p->keys, sizeof p->keys, "%s/keys", p->dir);
    assert_int_equal(mkdir(p->data, 0700), 0);
    assert_int_equal(mkdir(p->keys, 0700), 0);
    p->last_generation = 100;
    launch(p);
    return p;
}

static void end_process(struct play *p)
{
    if (!p->ended)
        spawn_signal(&p->child, SIGKILL);
    while (!p->ended) {
        IGNORE(sock_wait(p->child.handle, PATIENCE_MS)); /* it is killed */
        take_end(p);
    }
    take_log(p);
    sock_close(p->log_fd);
    p->log_fd = -1;
}

static void remove_folder(const char *dir)
{
    const char *const argv[] = {"rm", "-rf", dir, NULL};
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        execv("/bin/rm", (char *const *)(uintptr_t)argv);
        _exit(1);
    }
    IGNORE(waitpid(pid, &status, 0)); /* a folder that stays is no failure */
}

void play_free(struct play *p)
{
    struct end *e;

    if (p == NULL)
        return;
    end_process(p);
    while ((e = TAILQ_FIRST(&p->ends)) != NULL)
        end_free(e);
    while (secrets_n > 0)
        sec_free(secrets[--secrets_n]);
    buf_free(&p->log);
    remove_folder(p->dir);
    mem_free(p);
}

void play_stop(struct play *p)
{
    say(p->supervisor, MSG_STOP, &(struct msg_stop){0});
    UNTIL(p, p->ended);
    if (p->how.signalled || p->how.code != 0)
        show_log(p);
    assert_false(p->how.signalled);
    assert_int_equal(p->how.code, 0);
}

void play_must_end(struct play *p)
{
    UNTIL(p, p->ended);
    take_log(p);
    if (p->how.signalled)
        show_log(p);
    assert_false(p->how.signalled);
    assert_int_not_equal(p->how.code, 0);
}

void play_again(struct play *p)
{
    struct end *e;

    end_process(p);
    TAILQ_FOREACH(e, &p->ends, entry) {
        end_close(e);
        e->over = true;
    }
    p->generation++;
    launch(p);
    play_boot(p);
}

/* --- odds and ends ---------------------------------------------------------------------------- */

struct token token_new(void)
{
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    return (struct token){fds[0], fds[1]};
}

static bool token_is_closed(const struct token *t)
{
    char byte;

    return read(t->ours, &byte, 1) == 0;
}

void token_must_close(struct play *p, struct token *t)
{
    sock_close(t->sent);
    UNTIL(p, token_is_closed(t));
    sock_close(t->ours);
}

void fill_fresh(void *p, size_t n)
{
    static uint64_t count;
    uint8_t *to = p;

    count++;
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)(i < 8 ? count >> (8 * i) : 0xa0 + i);
}

struct sec *secret_of_slice(struct slice s)
{
    uint8_t copy[LIM_SECRET_BYTES];

    assert_true(secrets_n < SECRETS);
    return secrets[secrets_n++] = sec_take(copy, slice_copy(s, copy, sizeof copy));
}

struct sec *secret_of(const char *text)
{
    return secret_of_slice(slice_str(text));
}
