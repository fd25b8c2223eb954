/*
 * Egress, with gateways, a dialer or a keeper that were taken over. What leaves is what the keeper
 * permitted, to the byte, for the gateway and the call that it was permitted for, once; whoever
 * tries otherwise loses the channel, and the upstream sees nothing.
 */
#include "as_egress.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "os/clock.h"
#include "os/sock.h"

/* --- gateways --------------------------------------------------------------------------------- */

/* Another body than policy saw; also one that means the same. */
static void swapped_body(struct play *p)
{
    static const char *const bodies[] = {
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
        "\"params\":{\"name\":\"forecast\",\"arguments\":{\"city\":\"Rome\"}}}",
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\","
        "\"params\":{\"name\":\"forecast\",\"arguments\":{\"city\":\"Oslo\"}}}",
        "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"tools/call\","
        "\"params\":{\"name\":\"forecast\",\"arguments\":{\"city\":\"Oslo\"}}}",
        "{}",
        "[",
        "not json at all",
    };

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct as_egress_use u = as_egress_use(as_egress_body);

        u.part.part = slice_str(bodies[i]);
        u.head.size = (uint32_t)strlen(bodies[i]);
        as_egress_say(&u);
        must_refuse(as_egress.gateway);
        as_egress_unsent(p, &u);
        as_egress_meet(p);
    }
}

/* The body is right, and the keeper was shown something else; and the other way round. */
static void swapped_projection(struct play *p)
{
    for (int i = 0; i < 2; i++) {
        struct as_egress_use u = as_egress_use(as_egress_body);

        (i == 0 ? u.permit.projection.b : u.permit.body.b)[31] ^= 1;
        as_egress_say(&u);
        must_refuse(as_egress.gateway);
        as_egress_unsent(p, &u);
        as_egress_meet(p);
    }
}

/* A requestState that no keeper opened, in a body that one permitted. */
static void state_brought(struct play *p)
{
    static const char *const bodies[] = {
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"forecast\","
        "\"requestState\":\"forged\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"forecast\","
        "\"requestState\":null}}"};

    for (size_t i = 0; i < 2 * ARRAY_LEN(bodies); i++) {
        struct as_egress_use u = as_egress_use(bodies[i / 2]);

        u.permit.has_state = i % 2;
        as_egress_say(&u);
        must_refuse(as_egress.gateway);
        as_egress_unsent(p, &u);
        as_egress_meet(p);
    }
}

/* Of what kind it is. */
static void swapped_kind(struct play *p)
{
    for (int kind = CALL_KIND_NOTIFICATION; kind < CALL_KIND_COUNT; kind++) {
        struct as_egress_use u = as_egress_use(as_egress_body);

        u.head.kind = (enum call_kind)kind;
        as_egress_say(&u);
        must_refuse(as_egress.gateway);
        if (unheard(as_egress.keeper, MSG_USE_RESULT) > 0)
            as_egress_unsent(p, &u);
        else
            say(as_egress.keeper, MSG_DROP, &(struct msg_drop){u.permit.connection});
        as_egress_meet(p);
    }
}

/* The use of another gateway, before and after its permit, under every number. */
static void foreign_use(struct play *p)
{
    struct end *other;
    struct as_egress_use u = as_egress_use(as_egress_body);

    say(as_egress.keeper, MSG_PERMIT, &u.permit);
    SAY(as_egress.gateway, MSG_CREDIT, credit, 999, 1); /* so that the permit is there */
    other = play_peer(p, ROLE_GATEWAY, SECOND);
    play_settle(p);
    say(other, MSG_SEND_HEAD, &u.head);
    say(other, MSG_SEND_PART, &u.part);
    must_refuse(other);
    say(as_egress.gateway, MSG_SEND_HEAD, &u.head); /* whose it is may go on */
    say(as_egress.gateway, MSG_SEND_PART, &u.part);
    as_egress_taken(p, &u);
    assert_int_equal(as_egress_result(&u).result, RESULT_UNKNOWN);

    other = play_peer(p, ROLE_GATEWAY, SECOND);
    u = as_egress_use(as_egress_body);
    say(other, MSG_SEND_HEAD, &u.head);
    say(other, MSG_SEND_PART, &u.part);
    play_settle(p);
    say(as_egress.keeper, MSG_PERMIT, &u.permit);
    must_refuse(other);
    as_egress_unsent(p, &u);
}

/* Another call of the same gateway; its generation before. */
static void foreign_call(struct play *p)
{
    struct as_egress_use u = as_egress_use(as_egress_body);

    u.head.call = ++as_egress.last_call;
    u.part.call = u.head.call;
    as_egress_say(&u);
    must_refuse(as_egress.gateway);
    as_egress_unsent(p, &u);
    as_egress_meet(p);
    u = as_egress_use(as_egress_body);
    u.permit.gateway_generation--;
    as_egress_say(&u);
    must_refuse(as_egress.gateway);
    as_egress_unsent(p, &u);
}

/* A use is used once; a second head for it, or for its call, is a breach. */
static void twice(struct play *p)
{
    for (int i = 0; i < 2; i++) {
        struct as_egress_use u = as_egress_use(as_egress_body);
        struct msg_send_head again = u.head;

        if (i == 0)
            again.call = ++as_egress.last_call;
        else
            again.use = FRESH(use_id);
        say(as_egress.gateway, MSG_SEND_HEAD, &u.head);
        say(as_egress.gateway, MSG_SEND_HEAD, &again);
        must_refuse(as_egress.gateway);
        say(as_egress.keeper, MSG_PERMIT, &u.permit);
        as_egress_unsent(p, &u);
        as_egress_meet(p);
    }
}

/* Heads that would be more than a head. */
static void bad_heads(struct play *p)
{
    for (int i = 0; i < 6; i++) {
        struct as_egress_use u = as_egress_use(as_egress_body);

        switch (i) {
        case 0: u.head.size = 0; break;
        case 1: u.head.protocol = SLICE_EMPTY; break;
        case 2: u.head.protocol = SLICE_LIT(" x"); break;
        case 3: u.head.last_event_id = SLICE_LIT("x "); break;
        case 4: u.head.kind = CALL_KIND_STREAM; break; /* with a body */
        default:
            u.head.kind = CALL_KIND_STREAM; /* which the modern era has not */
            u.head.size = 0;
        }
        say(as_egress.gateway, MSG_SEND_HEAD, &u.head);
        must_refuse(as_egress.gateway);
        as_egress_meet(p);
    }
}

/* More parts than the head said, empty ones, and of calls that are none. */
static void bad_parts(struct play *p)
{
    struct as_egress_use u = as_egress_use(as_egress_body);
    static uint8_t much[LIM_PART_BYTES];

    SAY(as_egress.gateway, MSG_SEND_PART, send_part, 4711, slice_of(much, sizeof much));
    SAY(as_egress.gateway, MSG_SEND_PARAM, send_param, 4711, SLICE_LIT("A"), SLICE_LIT("b"));
    SAY(as_egress.gateway, MSG_CALL_CANCEL, call_cancel, 4711);
    SAY(as_egress.gateway, MSG_CREDIT, credit, 4711, UINT32_MAX);
    must_stand(as_egress.gateway); /* they may be of a call that has just ended */
    for (int i = 0; i < 2; i++) {
        u = as_egress_use(as_egress_body);
        say(as_egress.gateway, MSG_SEND_HEAD, &u.head);
        SAY(as_egress.gateway, MSG_SEND_PART, send_part, u.head.call,
            slice_of(much, i == 0 ? sizeof much : 0));
        must_refuse(as_egress.gateway);
        as_egress_meet(p);
    }
}

/* Headers of the client's that would be other headers. */
static void bad_params(struct play *p)
{
    static const struct {
        const char *name, *value;
    } bad[] = {{"", "x"},   {"A b", "x"},       {"A:", "x"}, {"A", ""},
               {"A", " x"}, {"A\xc3\xa4", "x"}, {"A", "x "}};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct as_egress_use u = as_egress_use(as_egress_body);

        say(as_egress.gateway, MSG_SEND_HEAD, &u.head);
        SAY(as_egress.gateway, MSG_SEND_PARAM, send_param, u.head.call, slice_str(bad[i].name),
            slice_str(bad[i].value));
        must_refuse(as_egress.gateway);
        as_egress_meet(p);
    }
}

/* What is beyond a limit and nothing worse ends that call, and nothing of it is kept. */
static void beyond_limits(struct play *p)
{
    const uint32_t sizes[] = {(uint32_t)limit_get(SET_BODY_BYTES) + LIM_REWRITE_BYTES + 1,
                              UINT32_MAX};

    for (size_t i = 0; i <= ARRAY_LEN(sizes); i++) {
        struct as_egress_use u = as_egress_use(as_egress_body);

        if (i < ARRAY_LEN(sizes))
            u.head.size = sizes[i];
        say(as_egress.keeper, MSG_PERMIT, &u.permit);
        say(as_egress.gateway, MSG_SEND_HEAD, &u.head);
        for (int n = 0; n <= LIM_MCP_PARAMS; n++)
            SAY(as_egress.gateway, MSG_SEND_PARAM, send_param, u.head.call, SLICE_LIT("A"),
                SLICE_LIT("b"));
        say(as_egress.gateway, MSG_SEND_PART, &u.part);
        as_egress_unsent(p, &u);
        assert_int_equal(hear(as_egress.gateway, MSG_ANSWER_END)->answer_end.how,
                         ANSWER_HOW_UNSENT);
        must_stand(as_egress.gateway);
    }
}

/* Heads without permits: they cost little, and end by themselves. */
static void flood(struct play *p)
{
    for (int i = 0; i < 5000; i++) {
        struct msg_send_head m = {.call = 100000 + (uint64_t)i,
                                  .use = FRESH(use_id),
                                  .kind = CALL_KIND_REQUEST,
                                  .protocol = SLICE_LIT("2026-07-28"),
                                  .size = 4 << 20};
        say(as_egress.gateway, MSG_SEND_HEAD, &m);
    }
    assert_int_equal(hear(as_egress.gateway, MSG_ANSWER_END)->answer_end.how, ANSWER_HOW_UNSENT);
    end_close(as_egress.gateway); /* and takes them along */
    as_egress.gateway = NULL;
    as_egress_meet(p);
}

/* A legacy upstream, which hangs up after each answer. */
struct legacy {
    struct client c;
    char sessions; /* the next initialize begins this one */
    char used;     /* that of the last call */
};

static void legacy_say(struct legacy *l, const char *status, const char *more)
{
    char text[512];

    snprintf(text, sizeof text, "HTTP/1.1 %s\r\nConnection: close\r\n%s", status, more);
    client_send(&l->c, text);
    client_close(&l->c);
}

#define LEGACY_JSON "Content-Type: application/json\r\n"

static void legacy_answer(struct legacy *l)
{
    char init[] = LEGACY_JSON "Mcp-Session-Id: ?\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":"
                              "\"sidegate-initialize\",\"result\":{\"protocolVersion\":"
                              "\"2025-11-25\",\"capabilities\":{},\"serverInfo\":"
                              "{\"name\":\"x\",\"version\":\"1\"}}}";
    struct slice got = buf_slice(&l->c.got), field = SLICE_LIT("Mcp-Session-Id: ");

    if (client_has(&l->c, "\"method\":\"initialize\"") && client_has(&l->c, "}}}")) {
        *strchr(init, '?') = l->sessions++;
        legacy_say(l, "200 OK", init);
    } else if (client_has(&l->c, "notifications/initialized\"}")) {
        legacy_say(l, "202 Accepted", "Content-Length: 0\r\n\r\n");
    } else if (client_has(&l->c, as_egress_body)) {
        got = buf_slice(&l->c.got);
        l->used = (char)got.p[slice_find(got, field) + field.n];
        legacy_say(l, "200 OK", LEGACY_JSON "\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}");
    }
}

/* For UNTIL: what egress asks is answered; true when the use is over. */
static bool legacy_serve(struct play *p, struct legacy *l)
{
    uint64_t dial;
    int fd;

    if (l->c.fd >= 0) {
        legacy_answer(l);
    } else if (unheard(as_egress.keeper, MSG_DIAL_WANT) > 0) {
        dial = hear(as_egress.keeper, MSG_DIAL_WANT)->dial_want.dial;
        fd = tcp_connect(as_egress.port);
        say_fd(as_egress.dialer, MSG_DIALED, &(struct msg_dialed){dial}, fd);
        sock_close(fd);
        l->c = (struct client){.fd = tcp_accept(p, as_egress.listener)};
        buf_init(&l->c.got, 1 << 16);
    }
    return unheard(as_egress.keeper, MSG_USE_RESULT) > 0;
}

/* Calls in that session of the gateway's; the upstream's session that was used. */
static char legacy_call(struct play *p, struct end *gateway, struct session_id session,
                        struct legacy *l)
{
    struct as_egress_use u = as_egress_use(as_egress_body);

    u.permit.gateway = gateway->instance;
    u.permit.gateway_generation = gateway->generation;
    u.permit.user = (struct user_id){{1}};
    u.permit.connection = (struct connection_id){{1}};
    u.head.era = ERA_LEGACY;
    u.head.client = (struct client_id){{1}};
    u.head.session = session;
    u.head.protocol = SLICE_LIT("2025-11-25");
    say(as_egress.keeper, MSG_PERMIT, &u.permit);
    say(gateway, MSG_SEND_HEAD, &u.head);
    say(gateway, MSG_SEND_PART, &u.part);
    UNTIL(p, legacy_serve(p, l));
    assert_int_equal(as_egress_result(&u).result, RESULT_ANSWERED);
    assert_int_equal(hear(gateway, MSG_ANSWER_PART)->answer_part.call, u.head.call);
    assert_int_equal(hear(gateway, MSG_ANSWER_END)->answer_end.call, u.head.call);
    return l->used;
}

/* The session of another gateway, though everything else is known: neither used nor ended. Nor is
 * that of the same gateway's life before. */
static void foreign_session(struct play *p)
{
    struct legacy l = {.c = {.fd = -1}, .sessions = 'A'};
    const struct msg_session_end m = {FRESH(session_id)};
    struct end *other = play_peer(p, ROLE_GATEWAY, SECOND);

    assert_int_equal(legacy_call(p, as_egress.gateway, m.session, &l), 'A');
    say(other, MSG_SESSION_END, &m);
    assert_int_equal(legacy_call(p, other, m.session, &l), 'B');
    assert_int_equal(legacy_call(p, as_egress.gateway, m.session, &l), 'A');
    say(as_egress.gateway, MSG_SESSION_END, &m);
    assert_int_equal(legacy_call(p, as_egress.gateway, m.session, &l), 'C');
    assert_int_equal(legacy_call(p, other, m.session, &l), 'B');
    other = play_peer(p, ROLE_GATEWAY, SECOND);
    assert_int_equal(legacy_call(p, other, m.session, &l), 'D');
}

/* --- the dialer ------------------------------------------------------------------------------- */

/* What comes instead of a connected socket. */
static void no_socket(struct play *p)
{
    for (int i = 0; i < 7; i++) {
        struct as_egress_use u = as_egress_use(as_egress_body);
        uint16_t port;
        int fds[2] = {-1, -1};

        as_egress_say(&u);
        switch (i) {
        case 0: fds[0] = dup(p->log_fd); break; /* a pipe */
        case 1: assert_int_equal(pipe(fds), 0); break;
        case 2: fds[0] = fileno(tmpfile()); break; /* which epoll does not take */
        case 3: fds[0] = tcp_listener(&port); break;
        case 4: fds[0] = socket(AF_INET, SOCK_STREAM, 0); break; /* to nobody */
        case 5: fds[0] = socket(AF_INET, SOCK_DGRAM, 0); break;
        default: assert_err(sock_pair(fds), ERR_OK);
        }
        say_fd(as_egress.dialer, MSG_DIALED,
               &(struct msg_dialed){hear(as_egress.keeper, MSG_DIAL_WANT)->dial_want.dial}, fds[0]);
        UNTIL(p, unheard(as_egress.keeper, MSG_USE_RESULT) > 0 || as_egress.dialer->over ||
                     unheard(as_egress.keeper, MSG_DIAL_WANT) > 0);
        if (as_egress.dialer->over)
            must_refuse(as_egress.dialer);
        SAY(as_egress.keeper, MSG_DROP, drop, u.permit.connection);
        assert_int_equal(as_egress_result(&u).result, RESULT_UNSENT);
        while (unheard(as_egress.keeper, MSG_DIAL_WANT) > 0)
            IGNORE(hear(as_egress.keeper, MSG_DIAL_WANT)); /* it had tried again */
        sock_close(fds[0]);
        sock_close(fds[1]);
        as_egress_meet(p);
    }
}

/* Sockets for dials that nobody wants are closed; failures have no effect. */
static void unwanted(struct play *p)
{
    static const uint64_t dials[] = {0, 1, 2, UINT64_MAX};

    for (size_t i = 0; i < ARRAY_LEN(dials); i++) {
        struct token t = token_new();

        say_fd(as_egress.dialer, MSG_DIALED, &(struct msg_dialed){dials[i]}, t.sent);
        SAY(as_egress.dialer, MSG_DIAL_FAILED, dial_failed, dials[i], ERR_UPSTREAM_DOWN);
        token_must_close(p, &t);
    }
}

/* --- the keeper ------------------------------------------------------------------------------- */

/* One permit has one use; a second for the same is a breach. */
static void permit_twice(struct play *p)
{
    struct as_egress_use u = as_egress_use(as_egress_body);

    say(as_egress.keeper, MSG_PERMIT, &u.permit);
    say(as_egress.keeper, MSG_PERMIT, &u.permit);
    must_refuse(as_egress.keeper);
    say(as_egress.gateway, MSG_SEND_HEAD, &u.head);
    say(as_egress.gateway, MSG_SEND_PART, &u.part);
    play_settle(p);
    assert_true(accept(as_egress.listener, NULL, NULL) < 0);
    end_close(as_egress.gateway); /* whose head waits for another permit */
    as_egress.gateway = NULL;
    as_egress_meet(p);
}

/* Of a keeper that has gone nothing is sent any more. */
static void old_permit(struct play *p)
{
    struct as_egress_use u = as_egress_use(as_egress_body);

    say(as_egress.keeper, MSG_PERMIT, &u.permit);
    play_settle(p);
    as_egress.keeper = play_peer(p, ROLE_KEEPER, HONEST);
    play_settle(p);
    say(as_egress.gateway, MSG_SEND_HEAD, &u.head);
    say(as_egress.gateway, MSG_SEND_PART, &u.part);
    play_settle(p);
    assert_true(accept(as_egress.listener, NULL, NULL) < 0);
    assert_int_equal(unheard(as_egress.keeper, MSG_DIAL_WANT), 0);
    end_close(as_egress.gateway);
    as_egress.gateway = NULL;
    as_egress_meet(p);
}

/* Too late is never. */
static void late_permit(struct play *p)
{
    struct as_egress_use u = as_egress_use(as_egress_body);
    const struct msg_dial_want *m;
    int fd;

    u.permit.not_after = clock_boot_ms() - 1;
    as_egress_say(&u);
    play_settle(p);
    if (unheard(as_egress.keeper, MSG_USE_RESULT) ==
        0) { /* it is looked at before the first byte */
        m = &hear(as_egress.keeper, MSG_DIAL_WANT)->dial_want;
        fd = tcp_connect(as_egress.port);
        say_fd(as_egress.dialer, MSG_DIALED, &(struct msg_dialed){m->dial}, fd);
        sock_close(fd);
        fd = tcp_accept(p, as_egress.listener);
        assert_int_equal(as_egress_result(&u).result, RESULT_UNSENT);
        char byte;
        assert_true(recv(fd, &byte, 1, MSG_DONTWAIT) <= 0);
        sock_close(fd);
    } else {
        as_egress_unsent(p, &u);
    }
}

/* Credentials that are packed wrongly, or would be more than one header. */
static void bad_credentials(struct play *p)
{
    static const struct {
        const char *bytes;
        size_t n;
    } bad[] = {{"\0", 1},         {"\0\5abc", 5}, {"\xff\xff", 2}, {"\0\3a\r\n", 5},
               {"\0\1a\0\1b", 6}, {"\0\1\0", 3},  {"\0\0", 2},     {"\0\3a\nb", 5}};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct as_egress_use u = as_egress_use(as_egress_body);

        u.permit.credential = secret_of_slice(slice_of((const uint8_t *)bad[i].bytes, bad[i].n));
        as_egress_say(&u);
        as_egress_unsent(p, &u);
    }
}

static const struct row rows[] = {
    {"a body swapped between permit and send", swapped_body},
    {"a requestState of its own making", state_brought},
    {"a digest that does not match", swapped_projection},
    {"another kind of message", swapped_kind},
    {"the use of another gateway", foreign_use},
    {"a use for another call, and of a gateway before", foreign_call},
    {"a use, and a call, twice", twice},
    {"the session of another gateway", foreign_session},
    {"heads that are none", bad_heads},
    {"parts that are too many or of nothing", bad_parts},
    {"headers in headers", bad_params},
    {"more than the limits allow", beyond_limits},
    {"heads without end", flood},
    {"what is no connected socket", no_socket},
    {"sockets that nobody wants", unwanted},
    {"a permit twice", permit_twice},
    {"the permit of a keeper that has gone", old_permit},
    {"a permit that comes too late", late_permit},
    {"credentials that are none", bad_credentials},
};

int main(int argc, char **argv)
{
    const struct program program = {&cast_egress, rows, ARRAY_LEN(rows)};

    return program_main(&program, 1, argc, argv);
}
