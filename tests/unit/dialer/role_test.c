/* The dialer itself, in its jail: what it dials arrives at the right egress, as a working socket.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "ipc/gen/send.h"
#include "stage/stage.h"

struct seen {
    struct stage s;
    unsigned dialed, failed;
    uint64_t last;
    enum err code;
    int fd;
    uint32_t to_instance;
};

static void on_message(void *ctx, enum role to, enum msg type, union msg_any *m, int fd)
{
    struct seen *x = ctx;

    if (type == MSG_DIALED) {
        assert_int_equal(to, ROLE_EGRESS);
        x->dialed++;
        x->last = m->dialed.dial;
        x->fd = fd;
    } else if (type == MSG_DIAL_FAILED) {
        assert_int_equal(to, ROLE_EGRESS);
        x->failed++;
        x->last = m->dial_failed.dial;
        x->code = m->dial_failed.code;
    }
}

static struct seen seen;

static int setup(void **state)
{
    const uint8_t net[] = {127, 0, 0, 0};
    struct msg_conf_allow allow = {.upstream = 3, .address = slice_of(net, 4), .prefix = 8};

    seen = (struct seen){.fd = -1};
    stage_start(&seen.s, ROLE_DIALER, getenv("DIALER"), on_message, &seen);
    assert_err(send_conf_allow(seen.s.supervisor, &allow), ERR_OK);
    stage_ready(&seen.s);
    *state = &seen;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    stage_kill(&seen.s);
    return 0;
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

static void dial(struct stage_peer *keeper, struct msg_dial m)
{
    assert_err(send_dial(keeper->chan, &m), ERR_OK);
}

static void test_hands_over_a_socket(void **state)
{
    struct seen *x = *state;
    struct stage_peer *keeper = stage_peer(&x->s, ROLE_KEEPER, 0, 1);
    struct stage_peer *egress = stage_peer(&x->s, ROLE_EGRESS, 3, 5);
    uint16_t port;
    int listening = listener(&port), accepted;
    char got[4] = "";

    dial(keeper, (struct msg_dial){.dial = 11,
                                   .egress = 3,
                                   .egress_generation = 5,
                                   .upstream = 3,
                                   .host = SLICE_LIT("localhost"),
                                   .port = port});
    stage_until_count(&x->s, &x->dialed, 1);
    assert_int_equal(x->last, 11);
    accepted = accept(listening, NULL, NULL);
    assert_int_equal(write(x->fd, "abc", 3), 3);
    assert_int_equal(read(accepted, got, 3), 3);
    assert_string_equal(got, "abc");
    close(accepted);
    close(x->fd);

    /* Another upstream has no such permission. */
    dial(keeper, (struct msg_dial){.dial = 12,
                                   .egress = 3,
                                   .egress_generation = 5,
                                   .upstream = 4,
                                   .host = SLICE_LIT("localhost"),
                                   .port = port});
    stage_until_count(&x->s, &x->failed, 1);
    assert_int_equal(x->last, 12);
    assert_err(x->code, ERR_UPSTREAM_ADDRESS);
    assert_true(stage_logged(&x->s, "address_refused"));

    /* Nor does a name that does not exist kill it: the resolver reads files and asks servers. */
    dial(keeper, (struct msg_dial){.dial = 13,
                                   .egress = 3,
                                   .egress_generation = 5,
                                   .upstream = 3,
                                   .host = SLICE_LIT("no-such-name.invalid"),
                                   .port = port});
    stage_until_count(&x->s, &x->failed, 2);
    assert_true(x->code == ERR_UPSTREAM_DOWN || x->code == ERR_TIMEOUT);
    close(listening);
    (void)egress;
    stage_stop(&x->s);
}

static void test_old_generation_gets_nothing(void **state)
{
    struct seen *x = *state;
    struct stage_peer *keeper = stage_peer(&x->s, ROLE_KEEPER, 0, 1);
    struct stage_peer *egress = stage_peer(&x->s, ROLE_EGRESS, 3, 6);
    struct msg_dial m = {.dial = 1, .egress = 3, .egress_generation = 5, .upstream = 3};
    uint16_t port;
    int listening = listener(&port);

    m.host = SLICE_LIT("127.0.0.1");
    m.port = port;
    dial(keeper, m);
    m.dial = 2;
    m.egress_generation = 6;
    dial(keeper, m);
    stage_until_count(&x->s, &x->dialed, 1);
    assert_int_equal(x->last, 2);
    stage_idle(&x->s, 50);
    assert_int_equal(x->dialed, 1);
    assert_int_equal(x->failed, 0);
    close(x->fd);
    close(listening);
    (void)egress;
    stage_stop(&x->s);
}

/* A dial for an egress that is gone, then no keeper: nothing to do, nothing to die of. */
static void test_goes_on_without_peers(void **state)
{
    struct seen *x = *state;
    struct stage_peer *keeper = stage_peer(&x->s, ROLE_KEEPER, 0, 1);
    struct stage_peer *egress = stage_peer(&x->s, ROLE_EGRESS, 3, 5);
    struct msg_dial m = {.dial = 1, .egress = 3, .egress_generation = 5, .upstream = 3};

    m.host = SLICE_LIT("127.0.0.1");
    m.port = 9;
    stage_cut(egress);
    dial(keeper, m);
    stage_idle(&x->s, 50);
    stage_cut(keeper);
    stage_idle(&x->s, 50);
    stage_stop(&x->s);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_hands_over_a_socket),
        T(test_old_generation_gets_nothing),
        T(test_goes_on_without_peers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
