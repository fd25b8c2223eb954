/* Tests of src/ipc/chan.c: frames that share a packet. */
#include "chan_world.h"

/* How many packets are there to be read, and the frames in them. */
static size_t packets(struct world *w, size_t frame_bytes, size_t *ret_frames)
{
    static uint8_t in[LIM_FRAME_BYTES];
    size_t n = 0, count = 0;
    int pass = -1;

    for (*ret_frames = 0; sock_recv(w->raw, in, sizeof in, &n, &pass) == ERR_OK; count++)
        *ret_frames += (n - (n > frame_bytes ? 2 : 0)) / frame_bytes;
    return count;
}

/* What is said in one turn goes in as few packets as may be, and a large one by itself. */
static void test_frames_share_a_packet(void **state)
{
    static uint8_t most[LIM_PART_BYTES];
    struct world *w = *state;
    size_t frames = 0;

    alone(w, true);
    turns(w);
    (void)packets(w, 1, &frames); /* the hello */
    for (uint64_t i = 1; i <= 100; i++)
        assert_err(send_token_gone(w->b.chan, &(struct msg_token_gone){.token = {{1}}}), ERR_OK);
    turns(w);
    assert_int_equal(packets(w, 4 + 2 + 32, &frames), 4);
    assert_int_equal(frames, 100);
    for (int i = 0; i < 3; i++)
        assert_err(send_snapshot_part(
                       w->b.chan, &(struct msg_snapshot_part){.part = slice_of(most, sizeof most)}),
                   ERR_OK);
    turns(w);
    assert_int_equal(packets(w, sizeof most, &frames), 3);
}

/* A packet of n good frames by hand, and something behind them. */
static void send_packet(struct world *w, int n, struct slice behind, int fd)
{
    struct buf b = BUF_INIT(LIM_FRAME_BYTES);

    buf_put(&b, SLICE_LIT("\xff\xff"));
    for (int i = 1; i <= n; i++) {
        buf_put(&b, SLICE_LIT("\0\0\0\x1a"));
        assert_err(wire_put(&b, MSG_CALL_GONE, msg_info(MSG_CALL_GONE),
                            &(struct msg_call_gone){.call = (uint64_t)i}),
                   ERR_OK);
    }
    buf_put(&b, behind);
    assert_err(sock_send(w->raw, buf_slice(&b), fd), ERR_OK);
    buf_free(&b);
}

static void test_hostile_packets(void **state)
{
    static const struct {
        int n, taken;
        struct slice behind;
        bool fd;
    } rows[] = {
        {2, 2, {NULL, 0}, false},
        {32, 32, {NULL, 0}, false},
        {33, 32, {NULL, 0}, false},                                     /* one too many */
        {2, 2, {(const uint8_t *)"\0\0\0", 3}, false},                  /* half a length */
        {2, 2, {(const uint8_t *)"\0\0\0\2\0", 5}, false},              /* less than it says */
        {2, 2, {(const uint8_t *)"\xff\xff\xff\xff\0\0", 6}, false},    /* likewise */
        {2, 2, {(const uint8_t *)"\0\0\0\0", 4}, false},                /* a frame of nothing */
        {2, 2, {(const uint8_t *)"\0\0\0\x0a\0\0sidegate", 14}, false}, /* a hello */
        {2, 2, {(const uint8_t *)"\0\0\0\2\xff\xff", 6}, false},        /* several in several */
        {2, 0, {NULL, 0}, true},  /* a descriptor for none of them */
        {0, 0, {NULL, 0}, false}, /* of none */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool good = rows[i].n > 0 && rows[i].n <= 32 && rows[i].behind.n == 0 && !rows[i].fd;
        struct world *w;
        void *p;

        assert_int_equal(start(&p), 0);
        w = p;
        alone(w, true);
        send_packet(w, rows[i].n, rows[i].behind, rows[i].fd ? w->raw : -1);
        turns(w);
        assert_int_equal(w->b.messages, rows[i].taken);
        assert_int_equal(w->b.number, rows[i].taken);
        assert_int_equal(w->b.closed, !good);
        if (!good)
            assert_err(w->b.why, ERR_PROTOCOL);
        assert_int_equal(end(&p), 0);
    }
}

/* A handler that frees, or refuses, hears nothing of what was behind in the same packet. */
static void test_ended_in_the_middle_of_a_packet(void **state)
{
    struct world *w = *state;

    alone(w, true);
    w->b.refuse = true;
    send_packet(w, 3, SLICE_EMPTY, -1);
    turns(w);
    assert_int_equal(w->b.messages, 1);
    assert_int_equal(w->b.closed, 1);
    sock_close(w->raw);
    w->b = (struct side){.free_in_message = true, .fd = -1};
    alone(w, true);
    send_packet(w, 3, SLICE_EMPTY, -1);
    turns(w);
    assert_int_equal(w->b.messages, 1);
    assert_int_equal(w->b.closed, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_frames_share_a_packet),
        T(test_hostile_packets),
        T(test_ended_in_the_middle_of_a_packet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
