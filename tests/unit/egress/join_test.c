/* The two halves of a use, through the real egress process: when a call does not leave. */
#include "egress/modern.h"

#include <sys/socket.h>

#include "ipc/gen/send.h"
#include "os/clock.h"
#include "os/sock.h"

/* None leaves, and the gateway that sent it is reported and cut off. */
static void check_refused(const struct rig_ask *rows, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        struct rig *r = start(answer);
        unsigned i = rig_ask(r, rows[k]);

        rig_result(r, i);
        if (rig_use_of(r, i)->result.result != RESULT_UNSENT)
            fail_msg("row %zu", k);
        stage_until_count(&r->s, &r->alerts, 1);
        assert_null(r->gateway->chan);
        assert_int_equal(r->dial_wants, 0);
        assert_int_equal(r->requests_n, 0);
        rig_stop(r);
    }
}

static void test_other_body(void **state)
{
    static const struct rig_ask rows[] = {
        {.wrong_body = CALL("8")},
        {.wrong_projection = CALL("7")},
        {.wrong_kind = true},
        {.body = "{\"jsonrpc\":\"2.0\",\"id\":7,\"id\":7,\"method\":\"tools/call\"}"},
        {.body = "not json"},
        {.body = "[" CALL("7") "]"},
        {.body = CALL("7"), .kind = CALL_KIND_NOTIFICATION},
        {.body = CALL("7"), .kind = CALL_KIND_RESPONSE},
    };

    (void)state;
    check_refused(rows, ARRAY_LEN(rows));
}

/* Permitted to the byte, and with a member that the server may take for another. */
static void test_misread(void **state)
{
    static const struct rig_ask rows[] = {
        {.body =
             "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"t\"},"
             "\"Params\":{\"name\":\"u\"}}"},
        {.body =
             "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"t\","
             "\"Name\":\"u\"}}"},
    };

    (void)state;
    check_refused(rows, ARRAY_LEN(rows));
}

/* An array of n numbers as the arguments of a call; NUL-terminated. */
static void put_array(struct buf *out, unsigned levels, unsigned n)
{
    buf_put_str(out, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":"
                     "\"t\",\"arguments\":{\"a\":");
    for (unsigned i = 0; i < levels; i++)
        buf_put_u8(out, '[');
    for (unsigned i = 0; i < n; i++)
        buf_put_str(out, i == 0 ? "0" : ",0");
    for (unsigned i = 0; i < levels; i++)
        buf_put_u8(out, ']');
    buf_put_str(out, "}}}");
    buf_put_u8(out, 0);
}

/* Nor with another header, which a server may go by. */
static void test_other_header(void **state)
{
    static const struct request_headers yes = {{{SLICE_LIT("Tenant"), SLICE_LIT("test")}}, 1};
    static const struct {
        const struct request_headers *judged;
        const char *name, *value;
    } rows[] = {{NULL, "Tenant", "test"}, {&yes, "Tenant", "live"}, {&yes, "tenant", "test"}};

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct rig *r = start(answer);
        struct rig_ask a = {.body = CALL("7"), .permit_only = true, .headers = rows[k].judged};
        unsigned i = rig_ask(r, a);

        a.headers =
            &(struct request_headers){{{slice_str(rows[k].name), slice_str(rows[k].value)}}, 1};
        rig_head(r, i, &a);
        rig_body(r, i, &a);
        rig_result(r, i);
        stage_until_count(&r->s, &r->alerts, 1);
        if (rig_use_of(r, i)->result.result != RESULT_UNSENT || r->requests_n > 0)
            fail_msg("row %zu", k);
        rig_stop(r);
    }
}

/* A body that the keeper permitted, and that breaks a limit here, ends that call and no other: the
 * gateway is not to blame for what a client can choose. */
static void test_limits_end_the_call(void **state)
{
    static const struct {
        unsigned levels, n;
        enum err code;
    } rows[] = {
        {1, LIM_JSON_NODES, ERR_TOO_LARGE},
        {LIM_JSON_DEPTH, 1, ERR_TOO_DEEP},
    };
    struct rig *r = start(answer);
    unsigned running = rig_ask(r, (struct rig_ask){.body = CALL("1"), .body_later = true}), i;

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct buf b = BUF_INIT(4 << 20);

        put_array(&b, rows[k].levels, rows[k].n);
        i = rig_ask(r, (struct rig_ask){.body = (const char *)b.p});
        rig_result(r, i);
        assert_result(r, i, RESULT_UNSENT, rows[k].code);
        rig_both(r, i);
        assert_end(r, i, ANSWER_HOW_UNSENT, rows[k].code);
        buf_free(&b);
    }
    rig_body(r, running, &(struct rig_ask){.body = CALL("1")});
    rig_both(r, running);
    assert_end(r, running, ANSWER_HOW_DONE, ERR_OK);
    assert_non_null(r->gateway->chan);
    assert_int_equal(r->alerts, 0);
    assert_int_equal(r->requests_n, 1);
    rig_stop(r);
}

/* So does a body of more bytes than any may have, or a header too many. */
static void test_sizes_end_the_call(void **state)
{
    struct rig *r = start(answer);
    struct msg_send_head head = {.call = 40,
                                 .use = rig_use_id(40),
                                 .era = ERA_MODERN,
                                 .kind = CALL_KIND_REQUEST,
                                 .protocol = SLICE_LIT("2026-07-28"),
                                 .size = (uint32_t)limit_get(SET_BODY_BYTES) + LIM_REWRITE_BYTES};

    (void)state;
    head.size++;
    rig_permit(r, 40, &(struct rig_ask){.body = CALL("1")});
    assert_err(send_send_head(r->gateway->chan, &head), ERR_OK);
    stage_until_count(&r->s, &rig_call_of(r, 40)->ends, 1);
    assert_end(r, 40, ANSWER_HOW_UNSENT, ERR_TOO_LARGE);
    head.size--;
    head.call = 41;
    head.use = rig_use_id(41);
    rig_permit(r, 41, &(struct rig_ask){.body = CALL("1")});
    assert_err(send_send_head(r->gateway->chan, &head), ERR_OK);
    for (unsigned n = 0; n <= LIM_MCP_PARAMS; n++) {
        assert_int_equal(rig_call_of(r, 41)->ends, 0);
        assert_err(send_send_param(r->gateway->chan,
                                   &(struct msg_send_param){41, SLICE_LIT("a"), SLICE_LIT("b")}),
                   ERR_OK);
    }
    stage_until_count(&r->s, &rig_call_of(r, 41)->ends, 1);
    assert_end(r, 41, ANSWER_HOW_UNSENT, ERR_TOO_LARGE);
    assert_non_null(r->gateway->chan);
    assert_int_equal(r->alerts, 0);
    rig_stop(r);
}

static void test_foreign_gateway(void **state)
{
    struct rig *r = start(answer);
    struct rig_ask a = {.body = CALL("1")};
    unsigned i = rig_ask(r, (struct rig_ask){.body = CALL("1"), .permit_only = true}), k;

    (void)state;
    a.gateway = r->gateway2; /* the permit is for the first */
    rig_head(r, i, &a);
    stage_until_count(&r->s, &r->alerts, 1);
    assert_null(r->gateway2->chan);
    a.gateway = r->gateway; /* whose use it is gets it all the same */
    rig_head(r, i, &a);
    rig_body(r, i, &a);
    rig_both(r, i);
    assert_end(r, i, ANSWER_HOW_DONE, ERR_OK);
    assert_int_equal(r->requests_n, 1);

    k = rig_ask(r, (struct rig_ask){.body = CALL("2")});
    rig_both(r, k);
    assert_end(r, k, ANSWER_HOW_DONE, ERR_OK);
    rig_stop(r);
}

/* The same with the halves in the other order. */
static void test_foreign_gateway_first(void **state)
{
    struct rig *r = start(answer);
    struct rig_ask a = {.body = CALL("1"), .gateway = r->gateway2};

    (void)state;
    rig_head(r, 0, &a);
    rig_body(r, 0, &a);
    stage_idle(&r->s, 20);
    a.gateway = r->gateway;
    rig_permit(r, 0, &a);
    rig_result(r, 0);
    assert_result(r, 0, RESULT_UNSENT, ERR_PROTOCOL);
    stage_until_count(&r->s, &r->alerts, 1);
    assert_null(r->gateway2->chan);
    assert_non_null(r->gateway->chan);
    assert_int_equal(r->dial_wants, 0);
    assert_int_equal(r->requests_n, 0);
    rig_stop(r);
}

/* What a gateway says that goes into headers, or that does not fit together. (No message between
 * processes holds a control character, tests/unit/ipc.) */
static void test_heads_that_are_refused(void **state)
{
    static const struct rig_ask rows[] = {
        {.body = CALL("1"), .protocol = " 2026-07-28"},
        {.body = CALL("1"), .protocol = "2026\u00e6"},
        {.body = CALL("1"), .last_event_id = "1 "},
        {.body = CALL("1"), .last_event_id = "\u00e6"},
        {.kind = CALL_KIND_STREAM, .era = ERA_LEGACY, .last_event_id = "\u00e6"},
        {.kind = CALL_KIND_STREAM, .era = ERA_LEGACY, .body = CALL("1")},
        {.kind = CALL_KIND_STREAM, .era = ERA_MODERN},
        {.body = ""},
    };

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct rig *r = start(answer);

        rig_permit(r, 0, &rows[k]);
        rig_head(r, 0, &rows[k]);
        stage_until_count(&r->s, &r->alerts, 1);
        if (r->gateway->chan != NULL || r->dial_wants > 0)
            fail_msg("row %zu", k);
        rig_stop(r);
    }
}

static void test_params_that_are_refused(void **state)
{
    static const struct {
        const char *name, *value;
        enum era era;
        bool after_body;
    } rows[] = {
        {"Region", "v\u00e6r", ERA_MODERN, false},
        {"Region", "no ", ERA_MODERN, false},
        {"Region", "", ERA_MODERN, false},
        {"Region: x", "no", ERA_MODERN, false},
        {"Re gion", "no", ERA_MODERN, false},
        {"R\u00e9gion", "no", ERA_MODERN, false},
        {"", "no", ERA_MODERN, false},
        {"Region", "no", ERA_LEGACY, false},
        {"Region", "no", ERA_MODERN, true},
    };

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct rig *r = start(answer);
        unsigned i =
            rig_ask(r, (struct rig_ask){.body = CALL("1"), .era = rows[k].era, .body_later = true});
        const struct msg_send_param m = {
            .call = i, .name = slice_str(rows[k].name), .value = slice_str(rows[k].value)};

        if (rows[k].after_body)
            assert_err(send_send_part(r->gateway->chan, &(struct msg_send_part){i, SLICE_LIT(" ")}),
                       ERR_OK);
        stage_idle(&r->s, 20);
        if (r->alerts > 0)
            fail_msg("row %zu: before it", k);
        assert_err(send_send_param(r->gateway->chan, &m), ERR_OK);
        stage_until_count(&r->s, &r->alerts, 1);
        if (r->gateway->chan != NULL || r->dial_wants > 0)
            fail_msg("row %zu", k);
        rig_stop(r);
    }
}

static void test_use_twice(void **state)
{
    struct rig *r = start(answer);
    struct rig_ask a = {.body = CALL("1")};
    unsigned i = rig_ask(r, a);

    (void)state;
    rig_both(r, i);
    rig_head(r, i + 10, &(struct rig_ask){.body = CALL("1")}); /* a new call, of another use */
    rig_head(r, i + 10, &(struct rig_ask){.body = CALL("1")}); /* and again */
    stage_until_count(&r->s, &r->alerts, 1);
    assert_null(r->gateway->chan);
    assert_int_equal(r->requests_n, 1);
    rig_stop(r);
}

/* An upstream that is gone before its socket arrives, or one that no descriptor is free for, is no
 * fault of the dialer. */
static void test_reset_before_it_arrives(void **state)
{
    const struct linger at_once = {.l_onoff = 1};
    struct rig *r = start(answer);
    unsigned i;
    int fd;

    (void)state;
    r->no_dial = true;
    i = rig_ask(r, (struct rig_ask){0});
    stage_until_count(&r->s, &r->dial_wants, 1);
    fd = rig_connect(r);
    stage_until_count(&r->s, &r->conns_n, 1);
    assert_int_equal(setsockopt(r->conns[0].fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)),
                     0);
    rig_hang_up(&r->conns[0]);
    assert_true(sock_wait(fd, 60000));
    rig_give(r, fd);
    rig_both(r, i);
    assert_result(r, i, RESULT_UNSENT, ERR_UPSTREAM_DOWN);
    assert_end(r, i, ANSWER_HOW_UNSENT, ERR_UPSTREAM_DOWN);
    r->no_dial = false;
    i = rig_ask(r, (struct rig_ask){0});
    rig_both(r, i);
    assert_result(r, i, RESULT_ANSWERED, ERR_OK);
    assert_int_equal(r->alerts, 0);
    rig_stop(r);
}

/* What one key waits for is not what others wait for. */
static void test_dials_of_one_key(void **state)
{
    struct rig *r = start(answer);
    unsigned first = 0, other;

    (void)state;
    r->no_dial = true;
    for (unsigned k = 0; k <= LIM_DIALS_PER_KEY; k++) {
        unsigned i = rig_ask(r, (struct rig_ask){.client = 1});

        first = k == 0 ? i : first;
    }
    other = rig_ask(r, (struct rig_ask){.client = 2, .user = 2, .connection = 2});
    stage_until_count(&r->s, &rig_use_of(r, other)->dial_wants, 1);
    assert_int_equal(r->dial_wants, LIM_DIALS_PER_KEY + 1);
    rig_dialed(r, 1);
    rig_both(r, first);
    stage_until_count(&r->s, &r->dial_wants, LIM_DIALS_PER_KEY + 2);
    rig_stop(r);
}

/* One key's calls have all its dials, and are cancelled. */
static void leave_dials_behind(struct rig *r)
{
    unsigned i[LIM_DIALS_PER_KEY];

    r->no_dial = true;
    for (unsigned k = 0; k < LIM_DIALS_PER_KEY; k++)
        i[k] = rig_ask(r, (struct rig_ask){.client = 1});
    stage_until_count(&r->s, &r->dial_wants, LIM_DIALS_PER_KEY);
    for (unsigned k = 0; k < LIM_DIALS_PER_KEY; k++) {
        assert_err(send_call_cancel(r->gateway->chan, &(struct msg_call_cancel){i[k]}), ERR_OK);
        rig_result(r, i[k]);
    }
}

/* The dialer goes on with a dial whose call is over, so that counts until it is done. */
static void test_dials_left_behind(void **state)
{
    struct rig *r = start(answer);
    unsigned next, other;

    (void)state;
    leave_dials_behind(r);
    next = rig_ask(r, (struct rig_ask){.client = 1});
    other = rig_ask(r, (struct rig_ask){.client = 2, .user = 2, .connection = 2});
    stage_until_count(&r->s, &rig_use_of(r, other)->dial_wants, 1);
    assert_int_equal(rig_use_of(r, next)->dial_wants, 0);
    rig_dialed(r, 1);
    stage_until_count(&r->s, &rig_use_of(r, next)->dial_wants, 1);
    rig_stop(r);
}

/* Whoever waited first is next, and who leaves the middle of those that wait is left out. */
static void test_turns_in_order(void **state)
{
    struct rig *r = start(answer);
    unsigned i[4];

    (void)state;
    leave_dials_behind(r);
    for (unsigned k = 0; k < ARRAY_LEN(i); k++)
        i[k] = rig_ask(r, (struct rig_ask){.client = 1});
    stage_idle(&r->s, 20);
    assert_int_equal(r->dial_wants, LIM_DIALS_PER_KEY);
    assert_err(send_call_cancel(r->gateway->chan, &(struct msg_call_cancel){i[1]}), ERR_OK);
    rig_result(r, i[1]);
    for (unsigned k = 0; k < ARRAY_LEN(i); k++) {
        if (k == 1)
            continue;
        assert_int_equal(rig_use_of(r, i[k])->dial_wants, 0);
        rig_dialed(r, k + 1);
        stage_until_count(&r->s, &rig_use_of(r, i[k])->dial_wants, 1);
    }
    assert_int_equal(rig_use_of(r, i[1])->dial_wants, 0);
    rig_stop(r);
}

/* One that the dialer says nothing about is over with its time, as there may be no dialer. */
static void test_dials_never_answered(void **state)
{
    static const uint64_t limits[] = {SET_CONNECT_TIME, 100};
    unsigned next;

    (void)state;
    rig_start(&rig, &(struct rig_conf){.limits = limits, .limits_n = 1});
    leave_dials_behind(&rig);
    rig_both(&rig, rig_ask(&rig, (struct rig_ask){.client = 1})); /* which takes as long */
    next = rig_ask(&rig, (struct rig_ask){.client = 1});
    stage_until_count(&rig.s, &rig_use_of(&rig, next)->dial_wants, 1);
    rig_stop(&rig);
}

static void test_deadline(void **state)
{
    struct rig *r = start(answer);
    unsigned i = rig_ask(r, (struct rig_ask){.not_after = 1}), k;

    (void)state;
    rig_both(r, i);
    assert_result(r, i, RESULT_UNSENT, ERR_TIMEOUT);
    assert_end(r, i, ANSWER_HOW_UNSENT, ERR_TIMEOUT);

    /* It passes while the connection is being made. */
    r->no_dial = true;
    k = rig_ask(r, (struct rig_ask){.not_after = clock_boot_ms() + 60, .user = 2});
    stage_until_count(&r->s, &r->dial_wants, 2);
    stage_idle(&r->s, 100);
    rig_dialed(r, r->last_dial);
    rig_both(r, k);
    assert_result(r, k, RESULT_UNSENT, ERR_TIMEOUT);
    assert_int_equal(r->requests_n, 0);
    rig_stop(r);
}

static void test_halves_that_stay_alone(void **state)
{
    static const uint64_t limits[] = {SET_PERMIT_TIME, 100};
    struct rig *r = &rig;
    unsigned i, k, l;

    (void)state;
    rig_start(r, &(struct rig_conf){.limits = limits, .limits_n = 1});
    i = rig_ask(r, (struct rig_ask){.permit_only = true});
    rig_result(r, i);
    assert_result(r, i, RESULT_UNSENT, ERR_TIMEOUT);

    k = rig_ask(r, (struct rig_ask){.head_only = true});
    stage_until_count(&r->s, &rig_call_of(r, k)->ends, 1);
    assert_end(r, k, ANSWER_HOW_UNSENT, ERR_TIMEOUT);
    assert_int_equal(rig_use_of(r, k)->results, 0);

    l = rig_ask(r, (struct rig_ask){.body_later = true});
    rig_both(r, l);
    assert_result(r, l, RESULT_UNSENT, ERR_TIMEOUT);
    assert_end(r, l, ANSWER_HOW_UNSENT, ERR_TIMEOUT);
    assert_int_equal(r->dial_wants, 0);
    rig_stop(r);
}

static void test_keeper_lost(void **state)
{
    struct rig *r = start(NULL);
    unsigned running = rig_ask(r, (struct rig_ask){.user = 1}), waiting, alone;

    (void)state;
    rig_requests(r, 1);
    r->no_dial = true;
    waiting = rig_ask(r, (struct rig_ask){.user = 2});
    stage_until_count(&r->s, &r->dial_wants, 2);
    alone = rig_ask(r, (struct rig_ask){.user = 3, .body_later = true});
    stage_idle(&r->s, 30);
    stage_cut(r->keeper);
    stage_until_count(&r->s, &rig_call_of(r, waiting)->ends, 1);
    stage_until_count(&r->s, &rig_call_of(r, alone)->ends, 1);
    assert_end(r, waiting, ANSWER_HOW_UNSENT, ERR_UNAVAILABLE);
    assert_end(r, alone, ANSWER_HOW_UNSENT, ERR_UNAVAILABLE);
    /* What runs goes on. */
    rig_say_json(&r->conns[0], &r->requests[0], RESULT);
    stage_until_count(&r->s, &rig_call_of(r, running)->ends, 1);
    assert_end(r, running, ANSWER_HOW_DONE, ERR_OK);
    assert_int_equal(r->requests_n, 1);
    rig_stop(r);
}

/* But not what only reads: nobody would say when what it rides on is over. */
static void test_listen_ends_with_its_keeper(void **state)
{
    struct rig *r = start(NULL);
    unsigned i = rig_ask(r, (struct rig_ask){.body = "{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":"
                                                     "\"subscriptions/listen\",\"params\":{}}"});

    (void)state;
    rig_requests(r, 1);
    rig_say_stream(&r->conns[0]);
    stage_until_count(&r->s, &rig_call_of(r, i)->heads, 1);
    stage_cut(r->keeper);
    stage_until_count(&r->s, &rig_call_of(r, i)->ends, 1);
    assert_end(r, i, ANSWER_HOW_CUT, ERR_LEASE_OVER);
    rig_stop(r);
}

static void test_gateway_lost(void **state)
{
    struct rig *r = start(NULL);
    unsigned running = rig_ask(r, (struct rig_ask){.user = 1}), waiting;

    (void)state;
    rig_requests(r, 1);
    r->no_dial = true;
    waiting = rig_ask(r, (struct rig_ask){.user = 2});
    stage_until_count(&r->s, &r->dial_wants, 2);
    stage_cut(r->gateway);
    rig_result(r, running);
    rig_result(r, waiting);
    assert_result(r, running, RESULT_UNKNOWN, ERR_CLOSED);
    assert_result(r, waiting, RESULT_UNSENT, ERR_CLOSED);
    while (r->conns[0].fd >= 0)
        stage_idle(&r->s, 5);
    rig_stop(r);
}

static void test_cancel(void **state)
{
    struct rig *r = start(NULL);
    unsigned i = rig_ask(r, (struct rig_ask){0}), early;

    (void)state;
    rig_requests(r, 1);
    assert_err(send_call_cancel(r->gateway->chan, &(struct msg_call_cancel){i}), ERR_OK);
    rig_result(r, i);
    assert_result(r, i, RESULT_UNKNOWN, ERR_CLOSED);
    while (r->conns[0].fd >= 0)
        stage_idle(&r->s, 5);
    assert_int_equal(rig_call_of(r, i)->ends, 0);

    /* Before the permit came. */
    early = rig_ask(r, (struct rig_ask){.head_only = true, .head_first = true});
    assert_err(send_call_cancel(r->gateway->chan, &(struct msg_call_cancel){early}), ERR_OK);
    stage_idle(&r->s, 20);
    rig_permit(r, early, &(struct rig_ask){.body = CALL("1")});
    rig_result(r, early);
    assert_result(r, early, RESULT_UNSENT, ERR_CLOSED);
    /* The same, and the rest of its body does not come. */
    early = r->next_id++;
    rig_head(r, early, &(struct rig_ask){.body = CALL("1")});
    assert_err(send_call_cancel(r->gateway->chan, &(struct msg_call_cancel){early}), ERR_OK);
    stage_idle(&r->s, 20);
    rig_permit(r, early, &(struct rig_ask){.body = CALL("1")});
    rig_result(r, early);
    assert_result(r, early, RESULT_UNSENT, ERR_CLOSED);
    /* The gateway has not given it at all, and says so to the keeper. */
    early = rig_ask(r, (struct rig_ask){.permit_only = true});
    assert_err(send_cut(r->keeper->chan, &(struct msg_cut){rig_use_id(early), ERR_CLOSED}), ERR_OK);
    rig_result(r, early);
    assert_result(r, early, RESULT_UNSENT, ERR_CLOSED);
    assert_int_equal(r->requests_n, 1);
    rig_stop(r);
}

static void test_no_connection(void **state)
{
    static const enum err errs[] = {ERR_UPSTREAM_DOWN, ERR_UPSTREAM_ADDRESS, ERR_TIMEOUT,
                                    ERR_AGAIN};
    struct rig *r = start(answer);
    unsigned i;

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(errs); k++) {
        r->dial_error = errs[k];
        i = rig_ask(r, (struct rig_ask){0});
        rig_both(r, i);
        assert_result(r, i, RESULT_UNSENT, errs[k]);
        assert_end(r, i, ANSWER_HOW_UNSENT, errs[k]);
    }
    r->no_dial = true;
    i = rig_ask(r, (struct rig_ask){0});
    stage_until_count(&r->s, &r->dial_wants, ARRAY_LEN(errs) + 1);
    stage_cut(r->dialer);
    rig_both(r, i);
    assert_result(r, i, RESULT_UNSENT, ERR_UNAVAILABLE);
    rig_stop(r);
}

/* A socket that comes too late is closed, and not somebody else's. */
static void test_late_socket(void **state)
{
    struct rig *r = start(answer);
    unsigned i;

    (void)state;
    r->no_dial = true;
    i = rig_ask(r, (struct rig_ask){0});
    stage_until_count(&r->s, &r->dial_wants, 1);
    assert_err(send_call_cancel(r->gateway->chan, &(struct msg_call_cancel){i}), ERR_OK);
    rig_result(r, i);
    rig_dialed(r, r->last_dial);
    while (r->conns_n < 1 || r->conns[0].fd >= 0)
        stage_idle(&r->s, 5);
    assert_int_equal(r->requests_n, 0);
    rig_stop(r);
}

/* A credential that could end a header line goes nowhere. */
static void test_credential_with_line_end(void **state)
{
    struct rig *r = start(answer);
    unsigned i = rig_ask(r, (struct rig_ask){.credential = "a\r\nEvil: 1"});

    (void)state;
    rig_both(r, i);
    assert_result(r, i, RESULT_UNSENT, ERR_INVALID_PARAMS);
    assert_int_equal(r->dial_wants, 0);
    rig_stop(r);
}

#define T(name) cmocka_unit_test_teardown(name, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_other_body),
        T(test_misread),
        T(test_other_header),
        T(test_limits_end_the_call),
        T(test_sizes_end_the_call),
        T(test_foreign_gateway),
        T(test_foreign_gateway_first),
        T(test_heads_that_are_refused),
        T(test_params_that_are_refused),
        T(test_use_twice),
        T(test_reset_before_it_arrives),
        T(test_dials_of_one_key),
        T(test_dials_left_behind),
        T(test_turns_in_order),
        T(test_dials_never_answered),
        T(test_deadline),
        T(test_halves_that_stay_alone),
        T(test_keeper_lost),
        T(test_listen_ends_with_its_keeper),
        T(test_gateway_lost),
        T(test_cancel),
        T(test_no_connection),
        T(test_late_socket),
        T(test_credential_with_line_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
