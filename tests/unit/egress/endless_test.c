/* Upstreams that say too much, too slowly, or nothing more. */
#include "egress/modern.h"

static void flood(struct rig *r, struct rig_conn *c, const char *head, const char *piece,
                  unsigned n)
{
    rig_say(c, head);
    for (unsigned k = 0; k < n && c->fd >= 0; k++) {
        rig_say(c, piece);
        loop_turn(r->s.loop, 0);
    }
}

static void test_endless(void **state)
{
    static const struct {
        const char *head, *piece;
        enum err code;
        enum answer_how how;
    } floods[] = {
        {JSON_HEAD "\r\n", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", ERR_TOO_LARGE, ANSWER_HOW_TOO_LARGE},
        {JSON_HEAD "Content-Length: 999999999\r\n\r\n", " ", ERR_TOO_LARGE, ANSWER_HOW_TOO_LARGE},
        {SSE_HEAD "\r\ndata: ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ERR_TOO_LARGE,
         ANSWER_HOW_TOO_LARGE},
        {SSE_HEAD "\r\n", "data: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", ERR_TOO_LARGE,
         ANSWER_HOW_TOO_LARGE},
        {"HTTP/1.1 500 Oops\r\n\r\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         ERR_TOO_LARGE, ANSWER_HOW_TOO_LARGE},
        {"HTTP/1.1 200 OK\r\nX: ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID},
        {"HTTP/1.1 200 OK\r\n", "X: a\r\n", ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID},
        {"", "HTTP/1.1 103 Hints\r\n\r\n", ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID},
    };
    static const uint64_t limits[] = {SET_BODY_BYTES, 65536};
    struct rig *r = &rig;

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(floods); k++) {
        unsigned i;

        rig_start(r, &(struct rig_conf){.limits = limits, .limits_n = 1});
        i = rig_ask(r, (struct rig_ask){0});
        rig_requests(r, 1);
        flood(r, &r->conns[0], floods[k].head, floods[k].piece, 20000);
        rig_both(r, i);
        if (rig_use_of(r, i)->result.code != floods[k].code ||
            rig_use_of(r, i)->result.result != RESULT_ANSWERED ||
            rig_call_of(r, i)->how != floods[k].how)
            fail_msg("flood %zu: %s %s", k, err_name(rig_use_of(r, i)->result.code),
                     answer_how_name(rig_call_of(r, i)->how));
        rig_stop(r);
    }
}

static void test_silence(void **state)
{
    static const uint64_t limits[] = {SET_ANSWER_TIME, 1000};
    struct rig *r = &rig;
    unsigned i, k;

    (void)state;
    rig_start(r, &(struct rig_conf){.limits = limits, .limits_n = 1});
    i = rig_ask(r, (struct rig_ask){0});
    k = rig_ask(r, (struct rig_ask){.user = 2});
    rig_requests(r, 2);
    rig_say_stream(&r->conns[r->requests[1].conn]); /* begins, and then no more */
    rig_both(r, i);
    rig_both(r, k);
    assert_int_equal(rig_use_of(r, i)->result.result, RESULT_UNKNOWN);
    assert_err(rig_use_of(r, i)->result.code, ERR_TIMEOUT);
    assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_UNKNOWN);
    assert_int_equal(rig_call_of(r, k)->how, ANSWER_HOW_CUT);
    rig_stop(r);
}

/* Bytes now and then keep it alive. */
static void test_slow(void **state)
{
    static const uint64_t limits[] = {SET_ANSWER_TIME, 4000};
    static const char text[] = JSON_HEAD "Content-Length: 36\r\n\r\n" R7;
    struct rig *r = &rig;
    unsigned i;

    (void)state;
    rig_start(r, &(struct rig_conf){.limits = limits, .limits_n = 1});
    i = rig_ask(r, (struct rig_ask){.body = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"x\"}"});
    rig_requests(r, 1);
    for (size_t at = 0; at < sizeof(text) - 1; at++) {
        rig_say_n(&r->conns[0], text + at, 1);
        stage_idle(&r->s, at % 20 == 0 ? 1000 : 1);
    }
    rig_both(r, i);
    assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_DONE);
    rig_stop(r);
}

#define LISTEN "{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"subscriptions/listen\",\"params\":{}}"

/* A stream that listens may be quiet for as long as it likes; not so one that was never begun, or
 * was refused by half. */
static void test_quiet_listening(void **state)
{
    static const uint64_t limits[] = {SET_ANSWER_TIME, 1000};
    struct rig *r = &rig;
    unsigned listens, unbegun, refused, other;

    (void)state;
    rig_start(r, &(struct rig_conf){.limits = limits, .limits_n = 1});
    listens = rig_ask(r, (struct rig_ask){.body = LISTEN});
    rig_requests(r, 1);
    rig_say_stream(&r->conns[r->requests[0].conn]);
    stage_until_count(&r->s, &rig_call_of(r, listens)->heads, 1);
    unbegun = rig_ask(r, (struct rig_ask){.body = LISTEN, .user = 2});
    rig_requests(r, 2);
    refused = rig_ask(r, (struct rig_ask){.body = LISTEN, .user = 3});
    rig_requests(r, 3);
    rig_say(&r->conns[r->requests[2].conn], "HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\n");
    other = rig_ask(r, (struct rig_ask){.user = 4});
    rig_requests(r, 4);
    rig_say_stream(&r->conns[r->requests[3].conn]);
    rig_both(r, unbegun);
    rig_both(r, refused);
    rig_both(r, other); /* quiet since later than the one that listens */
    assert_err(rig_use_of(r, unbegun)->result.code, ERR_TIMEOUT);
    assert_err(rig_use_of(r, other)->result.code, ERR_TIMEOUT);
    assert_int_equal(rig_call_of(r, listens)->ends, 0);
    rig_say_event(&r->conns[r->requests[0].conn], &r->requests[0],
                  "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}");
    stage_until_count(&r->s, &rig_call_of(r, listens)->messages, 1);
    stage_idle(&r->s, 1200); /* nor does it end by being quiet again */
    assert_int_equal(rig_call_of(r, listens)->ends, 0);
    rig_stop(r);
}

/* A stream that says something for ever ends all the same; one that listens does not. */
static void test_without_end(void **state)
{
    static const uint64_t limits[] = {SET_CALL_TIME, 1000};
    struct rig *r = &rig;
    unsigned i, k;

    (void)state;
    rig_start(r, &(struct rig_conf){.limits = limits, .limits_n = 1});
    i = rig_ask(r, (struct rig_ask){0});
    k = rig_ask(r, (struct rig_ask){.body = LISTEN, .user = 2});
    rig_requests(r, 2);
    rig_say_stream(&r->conns[0]);
    rig_say_stream(&r->conns[1]);
    while (rig_call_of(r, i)->ends == 0) {
        for (unsigned c = 0; c < 2; c++)
            if (r->conns[c].fd >= 0)
                rig_say(&r->conns[c], "3\r\n:\n\n\r\n");
        stage_idle(&r->s, 50);
    }
    assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_CUT);
    assert_int_equal(rig_call_of(r, k)->ends, 0);
    rig_stop(r);
}

#define T(name) cmocka_unit_test_teardown(name, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_endless),         T(test_silence),     T(test_slow),
        T(test_quiet_listening), T(test_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
