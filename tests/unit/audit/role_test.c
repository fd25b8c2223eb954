/*
 * Tests of src/audit/main.c: the program itself, in its jail. The test plays supervisor and keeper.
 * SIDEGATE_AUDIT says where the program is.
 */
#include "logs.h"

#include <sched.h>
#include <sys/mount.h>

#include "audit/verify.h"
#include "base/limits.h"
#include "base/planted.h"
#include "ipc/gen/send.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/sock.h"
#include "os/spawn.h"

enum { PATIENCE_MS = 20000, MOST = 64 };

struct world {
    char folder[64];
    char log[128];
    struct loop *loop;
    struct child child;
    struct chan *supervisor;
    struct chan *keeper;
    int log_fd;         /* of its log; 0: that of the test */
    uint64_t disk_warn; /* 0: as always */
    bool ready;
    bool alert;
    bool keeper_ended;
    struct msg_audit_state state;
    unsigned states;
    struct msg_audit_ack ack; /* the newest */
    unsigned early;           /* of what was written and not synced */
    struct msg_audit_refused refused[MOST];
    unsigned refusals;
};

static bool on_supervisor(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    struct world *w = ctx;

    (void)m;
    (void)fd;
    if (type == MSG_READY) {
        chan_run(c);
        w->ready = true;
    }
    w->alert |= type == MSG_ALERT;
    return true;
}

static bool on_keeper(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    struct world *w = ctx;

    (void)c;
    (void)fd;
    if (type == MSG_AUDIT_STATE) {
        w->state = m->audit_state;
        w->states++;
    }
    if (type == MSG_AUDIT_ACK) {
        assert_true(m->audit_ack.seq >= w->ack.seq);
        assert_true(m->audit_ack.written >= w->ack.written);
        w->early += m->audit_ack.written > m->audit_ack.seq;
        w->ack = m->audit_ack;
    }
    if (type == MSG_AUDIT_REFUSED && w->refusals < MOST)
        w->refused[w->refusals++] = m->audit_refused;
    return true;
}

static void on_closed(void *ctx, struct chan *c, enum err why)
{
    struct world *w = ctx;

    (void)why;
    if (c == w->keeper) {
        w->keeper_ended = true;
        w->keeper = NULL;
    } else
        w->supervisor = NULL;
    chan_free(c);
}

static const struct chan_events SUPERVISOR = {on_supervisor, on_closed, NULL};
static const struct chan_events KEEPER = {on_keeper, on_closed, NULL};

#define WAIT_FOR(w, condition)                                                                     \
    do {                                                                                           \
        uint64_t until_ = clock_boot_ms() + PATIENCE_MS;                                           \
        while (!(condition)) {                                                                     \
            assert_true(clock_boot_ms() < until_);                                                 \
            loop_turn((w)->loop, 100);                                                             \
        }                                                                                          \
    } while (0)

static void start_program(struct world *w)
{
    const char *path = getenv("SIDEGATE_AUDIT");
    const char *const argv[] = {"audit", NULL};
    const char *const env[] = {planted_env(), NULL};
    struct msg_boot boot = {.generation = 1,
                            .log_level = w->log_fd > 0 ? LEVEL_INFO : LEVEL_ERROR,
                            .uid = geteuid(),
                            .gid = getegid(),
                            .data_dir = slice_str(w->folder),
                            .key_dir = slice_str(w->folder)};
    int fds[2];

    assert_non_null(path);
    assert_err(sock_pair(fds), ERR_OK);
    assert_err(spawn_child(&(struct spawn){.path = path,
                                           .argv = argv,
                                           .env = env,
                                           .channel = fds[1],
                                           .log = w->log_fd > 0 ? w->log_fd : STDERR_FILENO},
                           &w->child),
               ERR_OK);
    sock_close(fds[1]);
    w->ready = false;
    w->supervisor = chan_new(w->loop, fds[0], ROLE_SUPERVISOR,
                             (struct chan_peer){.role = ROLE_AUDIT}, &SUPERVISOR, w);
    assert_err(send_boot(w->supervisor, &boot), ERR_OK);
    if (w->disk_warn > 0)
        assert_err(
            send_conf_limit(w->supervisor, &(struct msg_conf_limit){SET_DISK_WARN, w->disk_warn}),
            ERR_OK);
    assert_err(send_boot_end(w->supervisor, &(struct msg_boot_end){0}), ERR_OK);
    WAIT_FOR(w, w->ready);
}

static void connect_as(struct world *w, enum role role)
{
    static uint64_t generation;
    int fds[2];

    generation++;
    w->states = 0;
    w->ack = (struct msg_audit_ack){0};
    w->keeper_ended = false;
    assert_err(sock_pair(fds), ERR_OK);
    w->keeper = chan_new(w->loop, fds[0], role, (struct chan_peer){.role = ROLE_AUDIT}, &KEEPER, w);
    assert_err(send_peer(w->supervisor, &(struct msg_peer){.role = role, .generation = generation},
                         fds[1]),
               ERR_OK);
    sock_close(fds[1]);
}

static void connect_keeper(struct world *w)
{
    connect_as(w, ROLE_KEEPER);
    WAIT_FOR(w, w->states == 1);
}

static struct child_end kill_program(struct world *w, int signal)
{
    struct child_end end = {0};
    enum err e;

    spawn_signal(&w->child, signal);
    do {
        assert_true(sock_wait(w->child.handle, PATIENCE_MS));
        e = spawn_reap(&w->child, &end);
    } while (e == ERR_AGAIN);
    assert_err(e, ERR_OK);
    chan_free(w->keeper);
    chan_free(w->supervisor);
    w->keeper = w->supervisor = NULL;
    return end;
}

static int set_up(void **state)
{
    struct world *w = MEM_NEW(struct world);

    scratch_make(w->folder);
    snprintf(w->log, sizeof w->log, "%s/%s", w->folder, AUDIT_LOG_NAME);
    w->loop = loop_new();
    start_program(w);
    connect_keeper(w);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    if (w->supervisor != NULL)
        IGNORE(kill_program(w, SIGKILL));
    loop_free(w->loop);
    scratch_remove(w->folder);
    mem_free(w);
    return 0;
}

static void append(struct world *w, uint64_t from, uint64_t to)
{
    for (uint64_t seq = from; seq <= to; seq++) {
        struct msg_audit_append m = record_of(seq);

        assert_err(send_audit_append(w->keeper, &m), ERR_OK);
    }
}

static void assert_sound(struct world *w, uint64_t seq)
{
    struct audit_known known = {w->ack.seq, w->ack.head};
    struct audit_verdict v;
    int fd = open(w->log, O_RDONLY);

    assert_err(audit_verify(fd, NULL, &known, &v), ERR_OK);
    close(fd);
    assert_string_equal(audit_fault_sentence(v.fault), audit_fault_sentence(AUDIT_SOUND));
    assert_int_equal(v.signed_seq, seq);
}

static void test_records_are_acknowledged(void **state)
{
    struct world *w = *state;

    assert_int_equal(w->state.seq, 0);
    assert_true(ID_IS_ZERO(w->state.head));
    assert_false(w->state.low);
    append(w, 1, 1);
    WAIT_FOR(w, w->ack.seq == 1);
    append(w, 2, 50);
    WAIT_FOR(w, w->ack.seq == 50);
    assert_sound(w, 50);
    append(w, 20, 50); /* again */
    append(w, 51, 51);
    WAIT_FOR(w, w->ack.seq == 51);
    assert_int_equal(w->refusals, 0);
    assert_sound(w, 51);
}

/* Said when it is in the file; the sync follows by itself. */
static void test_written_before_it_is_synced(void **state)
{
    struct world *w = *state;

    append(w, 1, 1);
    WAIT_FOR(w, w->ack.seq == 1);
    assert_int_equal(w->early, 1);
    append(w, 2, 2);
    WAIT_FOR(w, w->ack.seq == 2);
    assert_int_equal(w->early, 2);
    assert_sound(w, 2);
}

/* More than is reserved at the start, so that the jail is asked for more. */
static void test_many_records(void **state)
{
    enum { COUNT = 12000 };
    struct world *w = *state;

    for (uint64_t seq = 1; seq <= COUNT; seq += 100) {
        append(w, seq, seq + 99);
        WAIT_FOR(w, w->ack.seq + 1000 >= seq);
    }
    WAIT_FOR(w, w->ack.seq == COUNT);
    assert_false(w->ack.low);
    assert_int_equal(w->refusals, 0);
    assert_sound(w, COUNT);
}

static void test_out_of_order_is_refused_once(void **state)
{
    struct world *w = *state;

    append(w, 1, 3);
    append(w, 5, 9); /* one answer is enough for what was under way */
    WAIT_FOR(w, w->ack.seq == 3 && w->refusals > 0);
    assert_int_equal(w->refused[0].seq, 4);
    assert_int_equal(w->refused[0].code, ERR_AGAIN);
    append(w, 4, 9);
    WAIT_FOR(w, w->ack.seq == 9);
    assert_int_equal(w->refusals, 1);
    assert_sound(w, 9);
}

static void test_another_record_of_the_same_number(void **state)
{
    struct world *w = *state;
    struct msg_audit_append m = record_of(2);

    append(w, 1, 3);
    WAIT_FOR(w, w->ack.seq == 3);
    m.detail = SLICE_LIT("never happened");
    assert_err(send_audit_append(w->keeper, &m), ERR_OK);
    WAIT_FOR(w, w->refusals > 0);
    assert_int_equal(w->refused[0].seq, 2);
    assert_int_equal(w->refused[0].code, ERR_CORRUPT);
    assert_sound(w, 3);
}

/* After a difference nothing more is taken from that keeper, not even what would be the next
 * record.
 */
static void test_nothing_after_a_difference(void **state)
{
    struct world *w = *state;
    struct msg_audit_append m = record_of(2);

    append(w, 1, 3);
    WAIT_FOR(w, w->ack.seq == 3);
    chan_free(w->keeper);
    connect_keeper(w);
    append(w, 1, 1);
    m.epoch++;
    assert_err(send_audit_append(w->keeper, &m), ERR_OK);
    append(w, 3, 6);
    WAIT_FOR(w, w->refusals > 0);
    assert_int_equal(w->refused[0].seq, 2);
    assert_int_equal(w->refused[0].code, ERR_CORRUPT);
    chan_free(w->keeper);
    connect_keeper(w); /* what was under way is not taken now either */
    assert_int_equal(w->state.seq, 3);
    assert_int_equal(w->refusals, 1);
    append(w, 3, 4); /* another one is believed again */
    WAIT_FOR(w, w->ack.seq == 4);
    assert_sound(w, 4);
}

/* What another life of the keeper wrote is not acknowledged to this one before it said the same. */
static void test_only_what_was_sent_is_acknowledged(void **state)
{
    struct world *w = *state;

    append(w, 1, 9);
    WAIT_FOR(w, w->ack.seq == 9);
    chan_free(w->keeper);
    connect_keeper(w);
    append(w, 4, 5);
    WAIT_FOR(w, w->ack.seq > 0);
    WAIT_FOR(w, w->ack.seq == 5);
    assert_sound(w, 9); /* compares the head of record 5 */
    append(w, 6, 10);
    WAIT_FOR(w, w->ack.seq == 10);
    assert_sound(w, 10);
}

static void test_killed_at_any_time(void **state)
{
    struct world *w = *state;
    uint64_t sent = 0;

    for (unsigned round = 0; round < 10; round++) {
        uint64_t acknowledged;
        struct child_end end;

        append(w, w->state.seq + 1, w->state.seq + 200);
        sent = w->state.seq + 200;
        for (unsigned i = 0; i <= round; i++)
            loop_turn(w->loop, 1);
        acknowledged = w->ack.written; /* a file stays when who wrote it is killed */
        end = kill_program(w, SIGKILL);
        assert_true(end.signalled && end.code == SIGKILL);
        start_program(w);
        connect_keeper(w);
        assert_in_range(w->state.seq, acknowledged, sent);
    }
    append(w, w->state.seq + 1, w->state.seq + 1);
    WAIT_FOR(w, w->ack.seq == w->state.seq + 1);
    assert_sound(w, w->ack.seq);
}

static void test_another_keeper(void **state)
{
    struct world *w = *state;

    append(w, 1, 3);
    WAIT_FOR(w, w->ack.seq == 3);
    chan_free(w->keeper);
    connect_keeper(w);
    assert_int_equal(w->state.seq, 3);
    assert_int_equal(w->state.epoch, 3);
    append(w, 2, 4);
    WAIT_FOR(w, w->ack.seq == 4);
    assert_sound(w, 4);
}

static void test_nobody_but_the_keeper(void **state)
{
    struct world *w = *state;

    chan_free(w->keeper);
    connect_as(w, ROLE_GATEWAY);
    WAIT_FOR(w, w->keeper_ended);
    assert_int_equal(w->states, 0);
}

static void test_stops_when_told(void **state)
{
    struct world *w = *state;
    struct child_end end = {0};
    enum err e;

    append(w, 1, 1);
    WAIT_FOR(w, w->ack.seq == 1);
    assert_err(send_stop(w->supervisor, &(struct msg_stop){0}), ERR_OK);
    WAIT_FOR(w, w->supervisor == NULL);
    assert_true(sock_wait(w->child.handle, PATIENCE_MS));
    do
        e = spawn_reap(&w->child, &end);
    while (e == ERR_AGAIN);
    assert_false(end.signalled);
    assert_int_equal(end.code, 0);
    chan_free(w->keeper);
    w->keeper = NULL;
    assert_sound(w, 1);
}

static void fill_disk(const char *path)
{
    static const uint8_t page[4096];
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);

    assert_true(fd >= 0);
    while (write(fd, page, sizeof page) > 0)
        ;
    close(fd);
}

/* Sends records one by one until the program says something else than an acknowledgement with that
 * low. */
static uint64_t append_while(struct world *w, uint64_t seq, bool low)
{
    do {
        seq++;
        append(w, seq, seq);
        WAIT_FOR(w, w->ack.written == seq || w->refusals > 0);
    } while (w->refusals == 0 && w->ack.low == low);
    return seq;
}

/*
 * A file system of 16 MiB that is filled by others: first the log lives on its reserve, and says
 * so; then it refuses; and goes on by itself when there is room. Needs the right to mount, and is
 * skipped without.
 */
static void test_disk_full(void **state)
{
    struct world *w = *state;
    char filler[128];
    uint64_t low_from;
    uint64_t refused_at;

    IGNORE(kill_program(w, SIGKILL));
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", w->folder, "tmpfs", 0, "size=16m,mode=0700") != 0)
        skip();
    start_program(w);
    connect_keeper(w);
    snprintf(filler, sizeof filler, "%s/filler", w->folder);
    fill_disk(filler);
    low_from = append_while(w, 0, false);
    assert_true(w->ack.low && w->refusals == 0);
    refused_at = append_while(w, low_from, true);
    assert_int_equal(w->refusals, 1);
    assert_int_equal(w->refused[0].code, ERR_NO_SPACE);
    assert_int_equal(w->refused[0].seq, w->ack.seq + 1); /* from what is not on disk */
    /* All of the reserve was there to be used. */
    assert_true((refused_at - low_from) * LINE_BYTES > LIM_AUDIT_RESERVE);

    assert_int_equal(unlink(filler), 0);
    WAIT_FOR(w, w->ack.seq == refused_at); /* it was cut in two, or waits: it is completed */
    WAIT_FOR(w, !w->ack.low);
    append(w, refused_at, refused_at + 10);
    WAIT_FOR(w, w->ack.seq == refused_at + 10);
    assert_sound(w, refused_at + 10);
    IGNORE(kill_program(w, SIGKILL));
    assert_int_equal(umount2(w->folder, MNT_DETACH), 0);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Long before the disk is full it is said, from the start on; and not when there is enough. */
static void test_warns_of_a_disk(void **state)
{
    static const uint64_t least[] = {1ull << 50, 8 << 20};
    struct world *w = *state;
    char path[128];

    (void)kill_program(w, SIGKILL);
    snprintf(path, sizeof path, "%s/said", w->folder);
    for (size_t i = 0; i < ARRAY_LEN(least); i++) {
        struct buf said = BUF_INIT(1 << 16);

        w->log_fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
        assert_true(w->log_fd > 0);
        w->disk_warn = least[i];
        start_program(w);
        connect_keeper(w);
        assert_int_equal(w->state.scarce, i == 0);
        (void)kill_program(w, SIGKILL);
        slurp(path, &said);
        assert_true(slice_find(buf_slice(&said), SLICE_LIT("audit_ready")) < said.n);
        assert_int_equal(slice_find(buf_slice(&said), SLICE_LIT("filling up")) < said.n, i == 0);
        close(w->log_fd);
        buf_free(&said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_records_are_acknowledged),
        WORLD_TEST(test_written_before_it_is_synced),
        WORLD_TEST(test_many_records),
        WORLD_TEST(test_out_of_order_is_refused_once),
        WORLD_TEST(test_another_record_of_the_same_number),
        WORLD_TEST(test_nothing_after_a_difference),
        WORLD_TEST(test_only_what_was_sent_is_acknowledged),
        WORLD_TEST(test_killed_at_any_time),
        WORLD_TEST(test_another_keeper),
        WORLD_TEST(test_nobody_but_the_keeper),
        WORLD_TEST(test_stops_when_told),
        WORLD_TEST(test_disk_full),
        WORLD_TEST(test_warns_of_a_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
