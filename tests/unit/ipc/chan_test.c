/* Tests of src/ipc/chan.c: two ends in one process, and hostile frames written to one of them by
 * hand. */
#include "chan_world.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* The clock, which a test can put forward. */
uint64_t __real_clock_boot_ms(void);
uint64_t __wrap_clock_boot_ms(void);
static uint64_t clock_ahead;

uint64_t __wrap_clock_boot_ms(void)
{
    return __real_clock_boot_ms() + clock_ahead;
}

static void test_messages_go_both_ways_in_order(void **state)
{
    struct world *w = *state;

    both(w);
    for (uint64_t i = 1; i <= 100; i++)
        assert_err(send_call_gone(w->a.chan, &(struct msg_call_gone){.call = i}), ERR_OK);
    assert_err(send_call_deny(w->b.chan, &(struct msg_call_deny){.call = 7}), ERR_OK);
    turns(w);
    assert_int_equal(w->b.messages, 100);
    assert_int_equal(w->b.number, 100);
    assert_int_equal(w->a.messages, 1);
    assert_int_equal(w->a.last, MSG_CALL_DENY);
    assert_int_equal(chan_peer(w->b.chan)->instance, 3);
    assert_string_equal(w->log, "");
}

static void test_a_value_that_does_not_fit_is_refused_and_the_channel_lives(void **state)
{
    struct world *w = *state;
    struct msg_call_hold m = {.call = 1};

    both(w);
    m.state = slice_of(fill_bytes, LIM_STATE_BYTES + 1);
    assert_err(send_call_hold(w->b.chan, &m), ERR_TOO_LARGE);
    m.state = SLICE_EMPTY;
    assert_err(send_call_hold(w->b.chan, &m), ERR_OK);
    turns(w);
    assert_int_equal(w->a.messages, 1);
}

static void test_the_end_is_told_once_after_what_was_sent(void **state)
{
    struct world *w = *state;

    both(w);
    assert_err(send_call_gone(w->a.chan, &(struct msg_call_gone){.call = 5}), ERR_OK);
    chan_free(w->a.chan);
    w->a.chan = NULL;
    turns(w);
    assert_int_equal(w->b.messages, 1);
    assert_int_equal(w->b.closed, 1);
    assert_err(w->b.why, ERR_CLOSED);
}

static void test_sending_to_a_peer_that_is_gone(void **state)
{
    struct world *w = *state;

    alone(w, true);
    turns(w);
    send_raw(w, MSG_CALL_GONE, FILL_LEAST, -1);
    sock_close(w->raw);
    w->raw = -1;
    assert_err(send_call_deny(w->b.chan, &(struct msg_call_deny){.call = 1}), ERR_OK);
    turns(w);
    assert_int_equal(w->b.messages, 1); /* what it said before it went is not lost */
    assert_int_equal(w->b.closed, 1);
}

static void test_freed_by_its_own_handler(void **state)
{
    struct world *w = *state;

    both(w);
    w->b.free_in_message = true;
    for (uint64_t i = 0; i < 3; i++)
        assert_err(send_call_gone(w->a.chan, &(struct msg_call_gone){.call = i}), ERR_OK);
    turns(w);
    assert_int_equal(w->b.messages, 1);
    assert_int_equal(w->b.closed, 0);
    assert_int_equal(w->a.closed, 1);
}

static void test_refused_by_its_handler(void **state)
{
    struct world *w = *state;

    both(w);
    w->b.refuse = true;
    assert_err(send_call_gone(w->a.chan, &(struct msg_call_gone){.call = 1}), ERR_OK);
    assert_err(send_call_gone(w->a.chan, &(struct msg_call_gone){.call = 2}), ERR_OK);
    turns(w);
    assert_int_equal(w->b.messages, 1);
    assert_err(w->b.why, ERR_PROTOCOL);
    assert_non_null(strstr(w->log,
                           "error channel_violation peer=\"gateway\" instance=3 generation=9 "
                           "message=\"call_gone\" what=\"out of turn\""));
    assert_int_equal(w->a.closed, 1);
}

static void test_breach_found_by_its_handler(void **state)
{
    struct world *w = *state;

    both(w);
    chan_breach(w->b.chan, BREACH_FOREIGN_CALL);
    assert_int_equal(w->b.closed, 0); /* never from inside */
    assert_err(send_call_deny(w->b.chan, &(struct msg_call_deny){.call = 1}), ERR_CLOSED);
    turns(w);
    assert_int_equal(w->b.closed, 1);
    assert_err(w->b.why, ERR_PROTOCOL);
}

/* Each message, with right content, from a gateway to the keeper: only its own ones pass. */
static void test_direction_phase_and_descriptor_of_every_message(void **state)
{
    unsigned passed = 0, refused = 0;

    (void)state;
    for (int t = MSG_NONE + 1; t < MSG_COUNT; t++) {
        const struct wire_message *info = msg_info((uint16_t)t);
        bool may =
            (info->from & 1u << ROLE_GATEWAY) && (info->to & 1u << ROLE_KEEPER) && !info->boot;

        for (int with_fd = 0; with_fd < 2; with_fd++) {
            struct world *w;
            void *p;

            assert_int_equal(start(&p), 0);
            w = p;
            alone(w, true);
            send_raw(w, (enum msg)t, FILL_SOME, with_fd ? w->raw : -1);
            turns(w);
            if (may && info->fd == (bool)with_fd) {
                assert_int_equal(w->b.last, t);
                passed++;
            } else {
                assert_int_equal(w->b.messages, 0);
                assert_err(w->b.why, ERR_PROTOCOL);
                refused++;
            }
            assert_int_equal(end(&p), 0);
        }
    }
    assert_true(passed > 5 && refused > 100);
}

static void test_hostile_frames(void **state)
{
    static uint8_t large[LIM_FRAME_BYTES + 1];
    const struct {
        const char *what;
        struct slice frame;
    } rows[] = {
        {"unknown message", SLICE_LIT("\0")},
        {"unknown message", SLICE_LIT("\0\0")},
        {"unknown message", SLICE_LIT("\xff\xff")},
        {"unknown message", SLICE_LIT("\0\0sidegate")}, /* a second hello */
        {"not decodable", slice_of((const uint8_t[]){0, MSG_CALL_GONE, 1}, 3)},
        {"too long", slice_of(large, sizeof large)},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world *w;
        void *p;

        assert_int_equal(start(&p), 0);
        w = p;
        alone(w, true);
        assert_err(sock_send(w->raw, rows[i].frame, -1), ERR_OK);
        send_raw(w, MSG_CALL_GONE, FILL_SOME, -1);
        turns(w);
        assert_int_equal(w->b.messages, 0); /* what follows a violation is not read */
        assert_err(w->b.why, ERR_PROTOCOL);
        assert_non_null(strstr(w->log, rows[i].what));
        assert_int_equal(end(&p), 0);
    }
}

static void test_hello_is_first_and_right(void **state)
{
    static const uint8_t good[33] = {0, 0, 's', 'i', 'd', 'e', 'g', 'a', 't', 'e'};
    static const struct {
        size_t at;
        const char *what;
    } rows[] = {{2, "no Sidegate process"},   {9, "no Sidegate process"},
                {10, "another messages.def"}, {17, "another messages.def"},
                {18, "another role"},         {22, "another generation"},
                {30, "another generation"},   {31, NULL}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t hello[31];
        struct world *w;
        void *p;

        assert_int_equal(start(&p), 0);
        w = p;
        alone(w, false);
        memcpy(hello, good, sizeof hello);
        for (int k = 0; k < 8; k++)
            hello[10 + k] = (uint8_t)(MSG_TABLE_ID >> (56 - 8 * k));
        hello[18] = ROLE_GATEWAY;
        hello[22] = 3;
        hello[30] = 9;
        if (rows[i].at < sizeof hello)
            hello[rows[i].at] ^= 0x40;
        assert_err(sock_send(w->raw, slice_of(hello, sizeof hello), -1), ERR_OK);
        send_raw(w, MSG_CALL_GONE, FILL_SOME, -1);
        turns(w);
        assert_int_equal(w->b.messages, rows[i].what == NULL);
        if (rows[i].what != NULL)
            assert_non_null(strstr(w->log, rows[i].what));
        assert_int_equal(end(&p), 0);
    }
}

static void test_a_message_before_the_hello(void **state)
{
    struct world *w = *state;

    alone(w, false);
    send_raw(w, MSG_CALL_GONE, FILL_SOME, -1);
    turns(w);
    assert_int_equal(w->b.messages, 0);
    assert_err(w->b.why, ERR_PROTOCOL);
}

static void test_once_means_once(void **state)
{
    struct world *w = *state;
    int fds[2];

    assert_err(sock_pair(fds), ERR_OK);
    w->a.chan = chan_new(w->loop, fds[0], ROLE_AUDIT, keeper, &events, &w->a);
    w->b.chan = chan_new(w->loop, fds[1], ROLE_KEEPER, (struct chan_peer){.role = ROLE_AUDIT},
                         &events, &w->b);
    assert_err(send_audit_state(w->a.chan, &(struct msg_audit_state){.seq = 1}), ERR_OK);
    turns(w);
    assert_int_equal(w->b.messages, 1);
    chan_free(w->a.chan);
    w->a.chan = NULL;
    turns(w);
    assert_int_equal(w->b.closed, 1);
    /* The same twice by hand. */
    assert_err(sock_pair(fds), ERR_OK);
    w->a.chan = chan_new(w->loop, fds[0], ROLE_AUDIT, keeper, &events, &w->a);
    w->b.chan = chan_new(w->loop, fds[1], ROLE_KEEPER, (struct chan_peer){.role = ROLE_AUDIT},
                         &events, &w->b);
    turns(w);
    w->raw = -1;
    assert_err(sock_copy(fds[0], &w->raw), ERR_OK);
    send_raw(w, MSG_AUDIT_STATE, FILL_SOME, -1);
    send_raw(w, MSG_AUDIT_STATE, FILL_SOME, -1);
    turns(w);
    assert_int_equal(w->b.messages, 2);
    assert_err(w->b.why, ERR_PROTOCOL);
    assert_non_null(strstr(w->log, "repeated"));
}

static void test_boot_phase(void **state)
{
    struct world *w = *state;
    int fds[2];

    assert_err(sock_pair(fds), ERR_OK);
    w->a.chan = chan_new(w->loop, fds[0], ROLE_SUPERVISOR, (struct chan_peer){.role = ROLE_DIALER},
                         &events, &w->a);
    w->b.chan = chan_new(w->loop, fds[1], ROLE_DIALER, (struct chan_peer){.role = ROLE_SUPERVISOR},
                         &events, &w->b);
    assert_err(send_boot(w->a.chan, &(struct msg_boot){.instance = 1}), ERR_OK);
    assert_err(send_ready(w->b.chan, &(struct msg_ready){0}), ERR_OK);
    turns(w);
    assert_int_equal(w->a.messages, 1);
    assert_int_equal(w->b.messages, 1);
    chan_run(w->a.chan); /* the role is not there yet: what comes now is out of phase */
    assert_err(send_stop(w->a.chan, &(struct msg_stop){0}), ERR_OK);
    turns(w);
    assert_int_equal(w->b.messages, 1);
    assert_err(w->b.why, ERR_PROTOCOL);
    assert_non_null(strstr(w->log, "not in this phase"));
}

static void send_in_the_wrong_phase(void *ctx)
{
    struct world *w = ctx;

    tell_ready(w->a.chan, &(struct msg_ready){0}); /* it dies */
}

static void send_what_is_the_peers(void *ctx)
{
    struct world *w = ctx;

    tell_call_deny(w->a.chan, &(struct msg_call_deny){0}); /* it dies */
}

static void tell_what_does_not_fit(void *ctx)
{
    struct world *w = ctx;

    tell_call_hold(w->b.chan,
                   &(struct msg_call_hold){.state = slice_of(fill_bytes, LIM_STATE_BYTES + 1)});
}

/* Only that nobody hears it is forgiven. */
static void test_telling(void **state)
{
    struct world *w = *state;
    const struct msg_call_deny m = {.call = 1};

    both(w);
    tell_call_deny(w->b.chan, &m);
    turns(w);
    assert_int_equal(w->a.messages, 1);
    tell_call_deny(NULL, &m);
    assert_aborts(tell_what_does_not_fit, w);
    chan_breach(w->b.chan, BREACH_FOREIGN_CALL);
    assert_err(send_call_deny(w->b.chan, &m), ERR_CLOSED);
    tell_call_deny(w->b.chan, &m);
    turns(w);
    assert_int_equal(w->a.messages, 1);
}

static void test_own_mistakes_abort(void **state)
{
    struct world *w = *state;

    both(w);
    assert_aborts(send_in_the_wrong_phase, w);
    assert_aborts(send_what_is_the_peers, w);
}

static void test_back_pressure(void **state)
{
    struct world *w = *state;
    struct msg_answer_part m = {.part = slice_of(fill_bytes, LIM_PART_BYTES)};
    unsigned sent = 0;
    int fds[2];

    assert_err(sock_pair(fds), ERR_OK);
    w->a.chan = chan_new(w->loop, fds[0], ROLE_EGRESS, gateway, &events, &w->a);
    w->raw = fds[1];
    while (!chan_full(w->a.chan)) {
        assert_err(send_answer_part(w->a.chan, &m), ERR_OK);
        sent++;
        loop_turn(w->loop, 0);
    }
    assert_int_equal(w->a.writable, 0);
    w->b.chan = chan_new(w->loop, fds[1], ROLE_GATEWAY, (struct chan_peer){.role = ROLE_EGRESS},
                         &events, &w->b);
    w->raw = -1;
    for (int i = 0; i < 10; i++)
        turns(w);
    assert_int_equal(w->a.writable, 1);
    assert_int_equal(w->b.messages, sent);
}

/* So many bytes into a channel whose other end is read by the test, if at all. */
static enum err fill(struct world *w, size_t bytes)
{
    struct msg_answer_part m = {.part = slice_of(fill_bytes, LIM_PART_BYTES)};
    enum err e = ERR_OK;
    int fds[2];

    if (w->a.chan == NULL) {
        assert_err(sock_pair(fds), ERR_OK);
        w->a.chan = chan_new(w->loop, fds[0], ROLE_EGRESS, gateway, &events, &w->a);
        w->raw = fds[1];
    }
    for (size_t n = 0; n < bytes && e == ERR_OK; n += LIM_PART_BYTES)
        e = send_answer_part(w->a.chan, &m);
    return e;
}

static void check_given_up(struct world *w)
{
    turns(w);
    assert_int_equal(w->a.closed, 1);
    assert_err(w->a.why, ERR_TOO_LARGE);
}

static void test_a_peer_that_never_reads_is_given_up(void **state)
{
    struct world *w = *state;

    assert_err(fill(w, CHAN_QUEUE + LIM_FRAME_BYTES), ERR_OK);
    clock_ahead += CHAN_STILL_MS / 2;
    assert_err(fill(w, 1), ERR_OK);
    clock_ahead += CHAN_STILL_MS / 2;
    assert_err(fill(w, 1), ERR_CLOSED);
    check_given_up(w);
}

/* However much at once: what counts is whether it goes on. */
static void test_a_busy_peer_is_not_given_up(void **state)
{
    static uint8_t frame[LIM_FRAME_BYTES];
    struct world *w = *state;

    assert_err(fill(w, CHAN_QUEUE + LIM_FRAME_BYTES), ERR_OK);
    for (int i = 0; i < 3; i++) {
        loop_turn(w->loop, 0);
        clock_ahead += CHAN_STILL_MS / 2;
        while (recv(w->raw, frame, sizeof(frame), MSG_DONTWAIT) > 0)
            ;
        loop_turn(w->loop, 0);
        assert_err(fill(w, 1), ERR_OK);
    }
}

static void test_a_queue_has_an_end(void **state)
{
    struct world *w = *state;

    assert_err(fill(w, CHAN_QUEUE_MOST + LIM_FRAME_BYTES), ERR_CLOSED);
    check_given_up(w);
}

static void test_descriptor_goes_along_and_stays_the_senders(void **state)
{
    struct world *w = *state;
    int fds[2], pipe_fds[2];

    assert_err(sock_pair(fds), ERR_OK);
    assert_int_equal(pipe(pipe_fds), 0);
    w->a.chan = chan_new(w->loop, fds[0], ROLE_DIALER, (struct chan_peer){.role = ROLE_EGRESS},
                         &events, &w->a);
    w->b.chan = chan_new(w->loop, fds[1], ROLE_EGRESS, (struct chan_peer){.role = ROLE_DIALER},
                         &events, &w->b);
    assert_err(send_dialed(w->a.chan, &(struct msg_dialed){.dial = 4}, pipe_fds[1]), ERR_OK);
    turns(w);
    assert_int_equal(w->b.number, 4);
    assert_true(w->b.fd >= 0);
    assert_true(fcntl(pipe_fds[1], F_GETFD) >= 0);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

/* Not the sender's fault: the message is there, its descriptor is not, and the channel goes on. */
static void test_descriptor_for_which_there_is_no_room(void **state)
{
    struct world *w = *state;
    int fds[2];
    struct rlimit before, none;

    assert_err(sock_pair(fds), ERR_OK);
    w->a.chan = chan_new(w->loop, fds[0], ROLE_DIALER, (struct chan_peer){.role = ROLE_EGRESS},
                         &events, &w->a);
    w->b.chan = chan_new(w->loop, fds[1], ROLE_EGRESS, (struct chan_peer){.role = ROLE_DIALER},
                         &events, &w->b);
    turns(w);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3;
    assert_err(send_dialed(w->a.chan, &(struct msg_dialed){.dial = 4}, 2), ERR_OK);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    turns(w);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(w->b.closed, 0);
    assert_int_equal(w->b.number, 4);
    assert_int_equal(w->b.fd, -1);
    assert_non_null(strstr(w->log, "no_descriptor_free"));
    assert_err(send_dialed(w->a.chan, &(struct msg_dialed){.dial = 5}, 2), ERR_OK);
    turns(w);
    assert_int_equal(w->b.number, 5);
    assert_true(w->b.fd >= 0);
}

#define ZERO_ID "00000000000000000000000000000000"

static void test_trace_at_debug(void **state)
{
    struct world *w = *state;

    log_set_level(LEVEL_DEBUG);
    both(w);
    assert_err(send_call_gone(w->a.chan, &(struct msg_call_gone){.call = 5}), ERR_OK);
    turns(w);
    assert_non_null(strstr(w->log, "debug message way=\"out\" peer=\"keeper\" instance=0 "
                                   "message=\"call_gone call=5 use=" ZERO_ID "\"\n"));
    assert_non_null(strstr(w->log, "debug message way=\"in\" peer=\"gateway\" instance=3 "
                                   "message=\"call_gone call=5 use=" ZERO_ID "\"\n"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_messages_go_both_ways_in_order),
        T(test_a_value_that_does_not_fit_is_refused_and_the_channel_lives),
        T(test_the_end_is_told_once_after_what_was_sent),
        T(test_sending_to_a_peer_that_is_gone),
        T(test_freed_by_its_own_handler),
        T(test_refused_by_its_handler),
        T(test_breach_found_by_its_handler),
        cmocka_unit_test(test_direction_phase_and_descriptor_of_every_message),
        cmocka_unit_test(test_hostile_frames),
        cmocka_unit_test(test_hello_is_first_and_right),
        T(test_a_message_before_the_hello),
        T(test_once_means_once),
        T(test_boot_phase),
        T(test_telling),
        T(test_own_mistakes_abort),
        T(test_back_pressure),
        T(test_a_peer_that_never_reads_is_given_up),
        T(test_a_busy_peer_is_not_given_up),
        T(test_a_queue_has_an_end),
        T(test_descriptor_goes_along_and_stays_the_senders),
        T(test_descriptor_for_which_there_is_no_room),
        T(test_trace_at_debug),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
