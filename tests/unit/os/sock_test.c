/* Tests of src/os/sock.c: message boundaries, descriptors with messages, and who may listen where.
 */
#include "unit.h"

#include "os/listen.h"
#include "os/sock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct pair {
    int fds[2];
    uint8_t in[64];
    size_t n;
    int pass;
};

static int start(void **state)
{
    struct pair *p = calloc(1, sizeof *p);

    assert_non_null(p);
    assert_err(sock_pair(p->fds), ERR_OK);
    p->pass = -1;
    *state = p;
    return 0;
}

static int end(void **state)
{
    struct pair *p = *state;

    sock_close(p->fds[0]);
    sock_close(p->fds[1]);
    sock_close(p->pass);
    free(p);
    return 0;
}

static enum err take(struct pair *p)
{
    return sock_recv(p->fds[1], p->in, sizeof p->in, &p->n, &p->pass);
}

static void test_messages_keep_their_bounds(void **state)
{
    struct pair *p = *state;

    assert_err(take(p), ERR_AGAIN);
    assert_err(sock_send(p->fds[0], SLICE_LIT("one"), -1), ERR_OK);
    assert_err(sock_send(p->fds[0], SLICE_LIT("three"), -1), ERR_OK);
    assert_err(take(p), ERR_OK);
    assert_slice(slice_of(p->in, p->n), "one");
    assert_int_equal(p->pass, -1);
    assert_err(take(p), ERR_OK);
    assert_slice(slice_of(p->in, p->n), "three");
    assert_int_equal(fcntl(p->fds[0], F_GETFD), FD_CLOEXEC);
    assert_true(fcntl(p->fds[0], F_GETFL) & O_NONBLOCK);
}

static void test_too_long_is_refused_whole(void **state)
{
    struct pair *p = *state;
    uint8_t big[65] = {0};

    assert_err(sock_send(p->fds[0], slice_of(big, 65), -1), ERR_OK);
    assert_err(sock_send(p->fds[0], slice_of(big, 64), -1), ERR_OK);
    assert_err(take(p), ERR_PROTOCOL);
    assert_err(take(p), ERR_OK);
    assert_int_equal(p->n, 64);
}

static void test_what_was_sent_before_the_end_arrives(void **state)
{
    struct pair *p = *state;

    assert_err(sock_send(p->fds[1], SLICE_LIT("unread"), -1), ERR_OK);
    assert_err(sock_send(p->fds[0], SLICE_LIT("last"), -1), ERR_OK);
    sock_close(p->fds[0]);
    p->fds[0] = -1;
    assert_err(take(p), ERR_OK);
    assert_slice(slice_of(p->in, p->n), "last");
    assert_err(take(p), ERR_CLOSED);
    assert_err(sock_send(p->fds[1], SLICE_LIT("x"), -1), ERR_CLOSED); /* and no SIGPIPE */
}

static void test_full(void **state)
{
    struct pair *p = *state;
    static uint8_t big[65536];
    enum err e;
    unsigned sent = 0;

    while ((e = sock_send(p->fds[0], slice_of(big, sizeof big), -1)) == ERR_OK)
        sent++;
    assert_err(e, ERR_AGAIN);
    assert_true(sent >= 2);
}

static void test_one_descriptor_comes_along(void **state)
{
    struct pair *p = *state;
    int pipe_fds[2];
    char c = 0;

    assert_int_equal(pipe(pipe_fds), 0);
    assert_err(sock_send(p->fds[0], SLICE_LIT("fd"), pipe_fds[1]), ERR_OK);
    assert_err(take(p), ERR_OK);
    assert_true(p->pass >= 0);
    assert_int_equal(fcntl(p->pass, F_GETFD), FD_CLOEXEC);
    assert_int_equal(write(p->pass, "y", 1), 1);
    assert_int_equal(read(pipe_fds[0], &c, 1), 1);
    assert_int_equal(c, 'y');
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

static int open_descriptors(void)
{
    int n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* What sock_send never does: count copies of fd with one message. */
static void send_many(int to, int fd, size_t count)
{
    uint8_t space[CMSG_SPACE(8 * sizeof(int))] = {0};
    struct iovec part = {.iov_base = (void *)(uintptr_t) "x", .iov_len = 1};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = space,
                       .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(count * sizeof(int));
    for (size_t i = 0; i < count; i++)
        memcpy(CMSG_DATA(c) + i * sizeof(int), &fd, sizeof fd);
    assert_int_equal(sendmsg(to, &m, 0), 1);
}

static void test_more_descriptors_are_refused_and_closed(void **state)
{
    struct pair *p = *state;
    int before = open_descriptors();

    for (size_t count = 2; count <= 8; count++) {
        send_many(p->fds[0], p->fds[0], count);
        assert_err(take(p), ERR_PROTOCOL);
        assert_int_equal(open_descriptors(), before);
    }
}

/* Fewer descriptors than the process has: none comes in. */
static void test_no_descriptor_is_free(void **state)
{
    struct pair *p = *state;
    struct rlimit before, none;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3;
    assert_err(sock_send(p->fds[0], SLICE_LIT("fd"), p->fds[0]), ERR_OK);
    assert_err(sock_send(p->fds[0], SLICE_LIT("more"), p->fds[0]), ERR_OK);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_err(take(p), ERR_OK);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_slice(slice_of(p->in, p->n), "fd");
    assert_int_equal(p->pass, SOCK_LOST);
    assert_err(take(p), ERR_OK);
    assert_slice(slice_of(p->in, p->n), "more");
    assert_true(p->pass >= 0);
}

static void test_kinds(void **state)
{
    struct pair *p = *state;
    int listener = -1, pipe_fds[2];
    uint16_t port = 0;

    assert_err(listen_tcp("127.0.0.1", 0, &listener, &port), ERR_OK);
    assert_int_equal(pipe(pipe_fds), 0);
    assert_true(sock_is_channel(p->fds[0]));
    assert_false(sock_is_channel(listener));
    assert_false(sock_is_channel(pipe_fds[0]));
    assert_false(sock_is_channel(-1));
    assert_true(sock_is_listener(listener));
    assert_false(sock_is_listener(p->fds[0]));
    assert_false(sock_is_listener(pipe_fds[0]));
    sock_close(listener);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

static void test_quiet(void **state)
{
    struct pair *p = *state;

    assert_true(sock_is_quiet(p->fds[0]));
    assert_err(sock_send(p->fds[1], SLICE_LIT("x"), -1), ERR_OK);
    assert_false(sock_is_quiet(p->fds[0]));
    assert_false(sock_is_quiet(p->fds[0])); /* it was only looked at */
    assert_int_equal(shutdown(p->fds[1], SHUT_RDWR), 0);
    assert_false(sock_is_quiet(p->fds[0])); /* ended */
    assert_false(sock_is_quiet(-1));
}

static void test_bytes_of_a_stream(void **state)
{
    static uint8_t many[1 << 20], got[sizeof(many)];
    size_t n = 0, took = 0;
    enum err e;
    int fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_err(sock_take(fds[0], got, sizeof(got), &took), ERR_AGAIN);
    do
        e = sock_put(fds[1], slice_of(many, sizeof(many)), &n);
    while (!e);
    assert_err(e, ERR_AGAIN); /* nobody reads; nothing waits */
    assert_err(sock_take(fds[0], got, 5, &took), ERR_OK);
    assert_int_equal(took, 5);
    sock_close(fds[1]);
    do
        e = sock_take(fds[0], got, sizeof(got), &took);
    while (!e && took > 0);
    assert_err(e, ERR_OK);                                        /* the end */
    assert_err(sock_put(fds[0], SLICE_LIT("x"), &n), ERR_CLOSED); /* and no signal */
    sock_close(fds[0]);
}

static void test_listeners_are_on_loopback(void **state)
{
    static const char *const refused[] = {"0.0.0.0",   "10.0.0.1", "::",    "::ffff:127.0.0.1",
                                          "localhost", "",         "127.1", "[::1]"};
    int fd = -1, second = -1;
    uint16_t port = 0, again = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        assert_err(listen_tcp(refused[i], 0, &fd, &port), ERR_CONFIG);
    assert_err(listen_tcp("127.0.0.2", 0, &fd, &port), ERR_OK);
    assert_int_equal(sock_port(fd), port);
    assert_int_equal(sock_port(-1), -1);
    assert_true(port > 0);
    assert_err(listen_tcp("127.0.0.2", port, &second, &again), ERR_EXISTS);
    sock_close(fd);
    assert_err(listen_tcp("127.0.0.2", port, &second, &again), ERR_OK);
    assert_int_equal(port, again);
    sock_close(second);
}

static void test_control_socket(void **state)
{
    char folder[] = "/tmp/sidegate-sock-XXXXXX", path[64], file[64];
    int fd = -1, second = -1, client = -1, server = -1;
    unsigned uid = 99, pid = 0;
    struct stat st;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/control", folder);
    assert_err(listen_path_connect(path, &client), ERR_NOT_FOUND);
    assert_err(listen_path(path, &fd), ERR_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_err(listen_path(path, &second), ERR_EXISTS);
    assert_err(listen_path_accept(fd, &server), ERR_OK); /* the question whether we live */
    sock_close(server);
    assert_err(listen_path_accept(fd, &server), ERR_AGAIN);
    assert_err(listen_path_connect(path, &client), ERR_OK);
    assert_err(listen_path_accept(fd, &server), ERR_OK);
    assert_err(listen_peer(server, &uid, &pid), ERR_OK);
    assert_int_equal(uid, getuid());
    assert_int_equal(pid, getpid());
    assert_true(sock_is_channel(server));
    sock_close(client);
    sock_close(server);
    sock_close(fd); /* as if killed: the file stays */
    assert_err(listen_path_connect(path, &client), ERR_NOT_FOUND);
    assert_err(listen_path(path, &fd), ERR_OK);
    sock_close(fd);
    unlink(path);
    snprintf(file, sizeof file, "%s/file", folder);
    close(open(file, O_CREAT | O_WRONLY, 0600));
    assert_err(listen_path(file, &fd), ERR_CONFIG);
    assert_int_equal(access(file, F_OK), 0); /* and it is still there */
    unlink(file);
    rmdir(folder);
}

static void test_path_too_long(void **state)
{
    char path[200];
    int fd;

    (void)state;
    memset(path, 'a', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    assert_err(listen_path(path, &fd), ERR_CONFIG);
    assert_err(listen_path_connect(path, &fd), ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_messages_keep_their_bounds, start, end),
        cmocka_unit_test_setup_teardown(test_too_long_is_refused_whole, start, end),
        cmocka_unit_test_setup_teardown(test_what_was_sent_before_the_end_arrives, start, end),
        cmocka_unit_test_setup_teardown(test_full, start, end),
        cmocka_unit_test_setup_teardown(test_one_descriptor_comes_along, start, end),
        cmocka_unit_test_setup_teardown(test_more_descriptors_are_refused_and_closed, start, end),
        cmocka_unit_test_setup_teardown(test_no_descriptor_is_free, start, end),
        cmocka_unit_test_setup_teardown(test_kinds, start, end),
        cmocka_unit_test(test_bytes_of_a_stream),
        cmocka_unit_test_setup_teardown(test_quiet, start, end),
        cmocka_unit_test(test_bytes_of_a_stream),
        cmocka_unit_test(test_listeners_are_on_loopback),
        cmocka_unit_test(test_control_socket),
        cmocka_unit_test(test_path_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
