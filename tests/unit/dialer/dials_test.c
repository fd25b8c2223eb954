/* Dials from the name to the socket: the wall, the limits, and who is not told any more. */
#include "dialer/dials.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "os/log.h"

struct fixture {
    struct loop *l;
    struct dials *d;
    struct address_wall wall;
    unsigned calls;
    struct dial_key key;
    enum err e;
    int fd;
    unsigned per_err[ERR_COUNT];
    unsigned clients;
};

static void quiet(void *ctx, struct slice line)
{
    (void)ctx;
    (void)line;
}

static void on_end(void *ctx, const struct dial_key *key, enum err e, int fd)
{
    struct fixture *f = ctx;

    f->calls++;
    f->key = *key;
    f->e = e;
    f->per_err[e]++;
    if (f->fd >= 0)
        close(f->fd);
    f->fd = fd;
}

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){.l = loop_new(), .fd = -1};
    log_set_sink(quiet, NULL);
    assert_int_equal(dials_new(f.l, &f.wall, on_end, &f, &f.d), ERR_OK);
    assert_int_equal(dials_start(f.d), ERR_OK);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    if (f->fd >= 0)
        close(f->fd);
    dials_free(f->d);
    address_wall_done(&f->wall);
    loop_free(f->l);
    assert_int_equal(limit_set(SET_CONNECT_TIME, limit_row(SET_CONNECT_TIME)->def), ERR_OK);
    return 0;
}

static void run(struct fixture *f, unsigned calls)
{
    for (int i = 0; i < 300 && f->calls < calls; i++)
        loop_turn(f->l, 100);
    assert_int_equal(f->calls, calls);
}

static int listener(uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t n = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

static void test_loopback_needs_permission(void **state)
{
    struct fixture *f = *state;
    const struct dial_key key = {5, 1, 2, 7, {{1}}}, other = {6, 1, 2, 8, {{1}}};
    const uint8_t net[] = {127, 0, 0, 0};
    uint16_t port;
    int fd = listener(&port);

    dials_add(f->d, &key, SLICE_LIT("127.0.0.1"), port);
    run(f, 1);
    assert_int_equal(f->e, ERR_UPSTREAM_ADDRESS);

    assert_int_equal(address_wall_add(&f->wall, 7, slice_of(net, 4), 8), ERR_OK);
    dials_add(f->d, &other, SLICE_LIT("127.0.0.1"), port);
    run(f, 2);
    assert_int_equal(f->e, ERR_UPSTREAM_ADDRESS);

    dials_add(f->d, &key, SLICE_LIT("127.0.0.1"), port);
    run(f, 3);
    assert_int_equal(f->e, ERR_OK);
    assert_true(f->fd >= 0);
    assert_int_equal(f->key.dial, 5);
    assert_int_equal(f->key.egress, 1);
    assert_int_equal(f->key.egress_generation, 2);

    dials_add(f->d, &key, SLICE_LIT("localhost"), port); /* ::1 is skipped, 127.0.0.1 is taken */
    run(f, 4);
    assert_int_equal(f->e, ERR_OK);
    close(fd);
}

/* Other ways to write this machine, all of which a resolver understands. */
static void test_other_writings(void **state)
{
    static const char *const writings[] = {
        "0x7f.1",  "127.1", "2130706433",       "0177.0.0.1", "0",
        "0.0.0.0", "::1",   "::ffff:127.0.0.1", "0x7f000001", "::"};
    struct fixture *f = *state;
    const struct dial_key key = {1, 1, 1, 1, {{1}}};

    for (unsigned i = 0; i < ARRAY_LEN(writings); i++) {
        dials_add(f->d, &key, slice_str(writings[i]), 80);
        run(f, i + 1);
        if (f->e != ERR_UPSTREAM_ADDRESS && f->e != ERR_UPSTREAM_DOWN)
            fail_msg("%s: %s", writings[i], err_name(f->e));
    }
}

static void test_bad_names(void **state)
{
    struct fixture *f = *state;
    const struct dial_key key = {1, 1, 1, 1, {{1}}};
    char longer[300];

    for (unsigned i = 0; i < sizeof(longer); i++)
        longer[i] = 'a';
    dials_add(f->d, &key, SLICE_EMPTY, 80);
    dials_add(f->d, &key, slice_of("a\0b", 3), 80);
    dials_add(f->d, &key, slice_of(longer, sizeof(longer)), 80);
    assert_int_equal(f->per_err[ERR_UPSTREAM_DOWN], 3);
}

static void test_nobody_listens(void **state)
{
    struct fixture *f = *state;
    const struct dial_key key = {1, 1, 1, 7, {{1}}};
    const uint8_t net[] = {127, 0, 0, 0};
    uint16_t port;

    close(listener(&port));
    assert_int_equal(address_wall_add(&f->wall, 7, slice_of(net, 4), 8), ERR_OK);
    dials_add(f->d, &key, SLICE_LIT("127.0.0.1"), port);
    run(f, 1);
    assert_int_equal(f->e, ERR_UPSTREAM_DOWN);
}

/* A listener whose queue is full drops what comes: the connection is never made. */
static void test_times_out(void **state)
{
    struct fixture *f = *state;
    const struct dial_key key = {1, 1, 1, 7, {{1}}};
    const uint8_t net[] = {127, 0, 0, 0};
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t n = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fill[8];

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 0), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    for (unsigned i = 0; i < ARRAY_LEN(fill); i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fill[i], (struct sockaddr *)&a, sizeof(a)); /* in progress for ever */
    }
    assert_int_equal(limit_set(SET_CONNECT_TIME, 300), ERR_OK);
    assert_int_equal(address_wall_add(&f->wall, 7, slice_of(net, 4), 8), ERR_OK);
    dials_add(f->d, &key, SLICE_LIT("127.0.0.1"), ntohs(a.sin_port));
    run(f, 1);
    assert_int_equal(f->e, ERR_TIMEOUT);
    for (unsigned i = 0; i < ARRAY_LEN(fill); i++)
        close(fill[i]);
    close(fd);
}

/* Of a new agent key. */
static void add_for_another(struct fixture *f, uint16_t upstream)
{
    const struct dial_key key = {.upstream = upstream, .client = {{++f->clients >> 8, f->clients}}};

    dials_add(f->d, &key, SLICE_LIT("127.0.0.1"), 9);
}

static void test_too_many_at_once(void **state)
{
    struct fixture *f = *state;

    /* Of one upstream, which leaves room for others, but not without end. */
    for (unsigned i = 0; i < LIM_DIALS_PER_UPSTREAM + 5; i++)
        add_for_another(f, 7);
    assert_int_equal(f->per_err[ERR_AGAIN], 5);
    for (unsigned i = LIM_DIALS_PER_UPSTREAM; i < LIM_DIALS + 5; i++)
        add_for_another(f, (uint16_t)(8 + i / LIM_DIALS_PER_UPSTREAM));
    assert_int_equal(f->per_err[ERR_AGAIN], 10);
    run(f, LIM_DIALS + 10);
    assert_int_equal(f->per_err[ERR_UPSTREAM_ADDRESS], LIM_DIALS);
    add_for_another(f, 7);
    run(f, LIM_DIALS + 11);
    assert_int_equal(f->per_err[ERR_AGAIN], 10);
}

/* One agent key leaves as many to others as it has, at each upstream and of all; so does the next.
 */
static void test_dials_of_one_key(void **state)
{
    static const unsigned most[] = {LIM_DIALS / 2, LIM_DIALS / 2 + LIM_DIALS / 4};
    struct fixture *f = *state;

    for (uint8_t k = 0; k < ARRAY_LEN(most); k++) {
        struct dial_key key = {.client = {{100, k}}};

        for (unsigned i = 0; i < 2 * LIM_DIALS; i++) {
            key.upstream = (uint16_t)(i / LIM_DIALS_PER_UPSTREAM);
            dials_add(f->d, &key, SLICE_LIT("127.0.0.1"), 9);
        }
        assert_int_equal((k + 1) * 2 * LIM_DIALS - f->per_err[ERR_AGAIN], most[k]);
    }
    f->per_err[ERR_AGAIN] = 0;
    for (uint16_t i = 0; i < 2 * LIM_DIALS / LIM_DIALS_PER_UPSTREAM; i++)
        add_for_another(f, i);
    assert_int_equal(f->per_err[ERR_AGAIN], 0);
}

static void test_forgotten_egress_is_not_told(void **state)
{
    struct fixture *f = *state;
    const struct dial_key old = {1, 4, 1, 7, {{1}}}, new = {2, 4, 2, 7, {{1}}};

    dials_add(f->d, &old, SLICE_LIT("127.0.0.1"), 9);
    dials_add(f->d, &new, SLICE_LIT("127.0.0.1"), 9);
    dials_forget(f->d, 4, 1);
    run(f, 1);
    for (int i = 0; i < 3; i++)
        loop_turn(f->l, 20);
    assert_int_equal(f->calls, 1);
    assert_int_equal(f->key.egress_generation, 2);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_loopback_needs_permission),
        T(test_other_writings),
        T(test_bad_names),
        T(test_nobody_listens),
        T(test_times_out),
        T(test_too_many_at_once),
        T(test_dials_of_one_key),
        T(test_forgotten_egress_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
