/* Answers that their gateway does not take at once: what waits, and where. */
#include "egress/modern.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "ipc/gen/send.h"

enum { EVENT = 4096 };

/* The rest of the event that is being written, of sent bytes, as far as the connection takes it. */
static ssize_t put_event(const struct rig_conn *c, size_t sent)
{
    static char event[EVENT];

    memset(event, 'a', EVENT);
    memcpy(event, "data: {\"jsonrpc\":\"2.0\",\"method\":\"n/x\",\"params\":{\"t\":\"", 53);
    memcpy(event + EVENT - 5, "\"}}\n\n", 5);
    return send(c->fd, event + sent % EVENT, EVENT - sent % EVENT, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Writes events until the connection takes no more; how many bytes went. */
static size_t fill(struct rig *r, const struct rig_conn *c, unsigned rounds)
{
    size_t sent = 0;
    unsigned idle = 0;

    for (unsigned k = 0; k < rounds && idle < 40; k++) {
        ssize_t n = put_event(c, sent);

        if (n > 0) {
            sent += (size_t)n;
            idle = 0;
        } else {
            idle++;
            loop_turn(r->s.loop, 5);
        }
    }
    return sent;
}

static unsigned memory_of(int pid)
{
    char path[64], line[256];
    unsigned kb = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f) != NULL)
        if (sscanf(line, "VmRSS: %u", &kb) == 1)
            break;
    fclose(f);
    return kb;
}

static void test_back_pressure(void **state)
{
    struct rig *r = &rig;
    struct rig_call *c;
    unsigned i, before;
    size_t sent;

    (void)state;
    rig_start(r, &(struct rig_conf){0});
    r->no_credit = true;
    i = rig_ask(r, (struct rig_ask){0});
    c = rig_call_of(r, i);
    rig_requests(r, 1);
    rig_say(&r->conns[0], SSE_HEAD "\r\n");
    stage_until_count(&r->s, &c->heads, 1);
    before = memory_of(r->s.child.pid);
    sent = fill(r, &r->conns[0], 100000);
    while (c->bytes < 4 * LIM_PART_BYTES)
        sent += fill(r, &r->conns[0], 100);
    stage_idle(&r->s, 50);
    /* The first credit went through; the rest stands in the sockets, not in egress. */
    assert_int_equal(c->bytes, 4 * LIM_PART_BYTES);
    assert_true(sent < 100000 * 4096ul / 4);
    if (!UNDER_ASAN)
        assert_true(memory_of(r->s.child.pid) - before < 3000);
    r->no_credit = false;
    assert_err(send_credit(r->gateway->chan, &(struct msg_credit){i, 1000000}), ERR_OK);
    while (c->bytes < 900000) {
        fill(r, &r->conns[0], 400);
        loop_turn(r->s.loop, 5);
    }
    assert_int_equal(c->ends, 0);
    rig_stop(r);
}

/* A call whose gateway gives all credit, at its first event. */
static struct rig_conn *begin(struct rig *r, struct stage_peer *gateway, unsigned *ret)
{
    struct rig_conn *c;

    r->no_credit = true;
    *ret = rig_ask(r, (struct rig_ask){.gateway = gateway});
    rig_requests(r, r->requests_n + 1);
    assert_err(send_credit(gateway->chan, &(struct msg_credit){*ret, 100000000}), ERR_OK);
    c = &r->conns[r->requests[r->requests_n - 1].conn];
    rig_say(c, SSE_HEAD "\r\n");
    stage_until_count(&r->s, &rig_call_of(r, *ret)->heads, 1);
    return c;
}

/* Its gateway does not read: egress reads what its channel holds, and stops. How many bytes the
 * upstream wrote. */
static size_t fill_channel(const struct rig_conn *c)
{
    struct pollfd p = {.fd = c->fd, .events = POLLOUT};
    size_t sent = 0;
    ssize_t n;

    while (poll(&p, 1, 300) == 1 && (n = put_event(c, sent)) > 0)
        sent += (size_t)n; /* no turn of our loop meanwhile */
    assert_true(sent > CHAN_FULL);
    return sent;
}

/* It goes on when there is room again. */
static void goes_on(struct rig *r, struct rig_conn *c, unsigned i, size_t sent)
{
    while (sent % EVENT > 0) {
        ssize_t n = put_event(c, sent);

        sent += n > 0 ? (size_t)n : 0;
        loop_turn(r->s.loop, 5);
    }
    stage_until_count(&r->s, &rig_call_of(r, i)->messages, (unsigned)(sent / EVENT));
    rig_say(c, "data: " R7 "\n\n");
    rig_both(r, i);
    assert_end(r, i, ANSWER_HOW_DONE, ERR_OK);
}

static void test_full_channel(void **state)
{
    struct rig *r = &rig;
    struct rig_conn *c;
    unsigned i;

    (void)state;
    rig_start(r, &(struct rig_conf){0});
    c = begin(r, r->gateway, &i);
    goes_on(r, c, i, fill_channel(c));
    rig_stop(r);
}

/* Of two gateways each is waited for alone. */
static void test_two_full_channels(void **state)
{
    struct rig *r = &rig;
    struct rig_conn *c, *d;
    unsigned i, k;
    size_t first, second;

    (void)state;
    rig_start(r, &(struct rig_conf){0});
    c = begin(r, r->gateway, &i);
    d = begin(r, r->gateway2, &k);
    first = fill_channel(c);
    second = fill_channel(d);
    goes_on(r, d, k, second);
    goes_on(r, c, i, first);
    rig_stop(r);
}

/* Who has left waits no more. */
static void test_left_while_full(void **state)
{
    struct rig *r = &rig;
    struct pollfd p = {.events = POLLRDHUP};
    struct rig_conn *c;
    unsigned i, other;

    (void)state;
    rig_start(r, &(struct rig_conf){0});
    c = begin(r, r->gateway, &i);
    (void)fill_channel(c);
    assert_err(send_call_cancel(r->gateway->chan, &(struct msg_call_cancel){i}), ERR_OK);
    chan_flush(r->gateway->chan);
    p.fd = c->fd;
    assert_int_equal(poll(&p, 1, -1), 1); /* its connection is closed */
    r->script = answer;
    other = rig_ask(r, (struct rig_ask){.user = 2});
    rig_both(r, other);
    assert_end(r, other, ANSWER_HOW_DONE, ERR_OK);
    rig_stop(r);
}

/* A refusal that comes while the client does not read: what waits is dropped, so that the call can
 * be sent again at once. */
static void test_refused_while_blocked(void **state)
{
    static const struct msg_conf_rule rules[] = {{0, RULE_CODE, {(const uint8_t *)"-32001", 6}}};
    struct rig *r = &rig;
    struct buf text = BUF_INIT(8192);
    unsigned i;

    (void)state;
    rig_start(r, &(struct rig_conf){.rules = rules, .rules_n = 1});
    r->no_credit = true;
    i = rig_ask(r, (struct rig_ask){0});
    rig_requests(r, 1);
    rig_say(&r->conns[0], SSE_HEAD "\r\n");
    fill(r, &r->conns[0], 4 * LIM_PART_BYTES / 4096);
    while (rig_call_of(r, i)->bytes < 4 * LIM_PART_BYTES - 4096)
        loop_turn(r->s.loop, 5);
    /* In one piece: more than the credit left, and the refusal. */
    buf_put_str(&text, "data: {\"jsonrpc\":\"2.0\",\"method\":\"n\",\"params\":{\"t\":\"");
    for (unsigned k = 0; k < 5000; k++)
        buf_put_u8(&text, 'x');
    buf_put_str(&text, "\"}}\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"error\":"
                       "{\"code\":-32001,\"message\":\"x\"}}\n\n");
    rig_say_n(&r->conns[0], text.p, text.n);
    rig_both(r, i);
    assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_REFUSED);
    assert_true(rig_call_of(r, i)->bytes <= 4 * LIM_PART_BYTES);
    rig_stop(r);
    buf_free(&text);
}

/* A large answer arrives whole, a credit at a time. */
static void test_large_answer(void **state)
{
    static char text[3000000];
    struct rig *r = &rig;
    const struct rig_call *c;
    unsigned i;

    (void)state;
    strcpy(text, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"t\":\"");
    memset(text + strlen(text), 'x', 2900000);
    strcat(text, "\"}}");
    rig_start(r, &(struct rig_conf){0});
    i = rig_ask(r, (struct rig_ask){0});
    c = rig_call_of(r, i);
    rig_requests(r, 1);
    rig_say(&r->conns[0], JSON_HEAD "Connection: close\r\n\r\n");
    for (size_t at = 0; at < strlen(text);) {
        ssize_t n = send(r->conns[0].fd, text + at, strlen(text + at), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            at += (size_t)n;
        else
            loop_turn(r->s.loop, 5);
    }
    rig_hang_up(&r->conns[0]);
    rig_both(r, i);
    assert_int_equal(c->how, ANSWER_HOW_DONE);
    assert_int_equal(c->messages, 1);
    assert_int_equal(c->bytes, strlen(text));
    assert_true(c->parts >= c->bytes / LIM_PART_BYTES);
    rig_stop(r);
}

#define T(name) cmocka_unit_test_teardown(name, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_back_pressure),   T(test_full_channel),          T(test_two_full_channels),
        T(test_left_while_full), T(test_refused_while_blocked), T(test_large_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
