/* Egress with its keeper, a gateway, the dialer, and an upstream that this program is too. */
#include "as_egress.h"

#include <string.h>
#include <sys/socket.h>

#include "crypto/hash.h"
#include "judged.h"
#include "os/clock.h"
#include "os/sock.h"

struct as_egress as_egress;

const char as_egress_body[] =
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
    "\"params\":{\"name\":\"forecast\",\"arguments\":{\"city\":\"Oslo\"}}}";

void as_egress_meet(struct play *p)
{
    play_turn(p, 0);
    if (as_egress.keeper == NULL || as_egress.keeper->over)
        as_egress.keeper = play_peer(p, ROLE_KEEPER, HONEST);
    if (as_egress.gateway == NULL || as_egress.gateway->over)
        as_egress.gateway = play_peer(p, ROLE_GATEWAY, HONEST);
    if (as_egress.dialer == NULL || as_egress.dialer->over)
        as_egress.dialer = play_peer(p, ROLE_DIALER, HONEST);
}

static void set(struct play *p)
{
    as_egress = (struct as_egress){.listener = -1};
    as_egress.listener = tcp_listener(&as_egress.port);
    as_egress_meet(p);
}

struct as_egress_use as_egress_use(const char *body)
{
    static const char packed[] = "\0\25" AS_EGRESS_SECRET;
    struct as_egress_use u = {.permit = {.use = FRESH(use_id)}};
    uint64_t call = ++as_egress.last_call;

    u.permit.gateway = as_egress.gateway->instance;
    u.permit.gateway_generation = as_egress.gateway->generation;
    u.permit.call = call;
    u.permit.not_after = clock_boot_ms() + 15000;
    u.permit.projection = judged_of(CALL_KIND_REQUEST, slice_str(body), NULL);
    u.permit.body = hash_sha256(slice_str(body));
    u.permit.user = FRESH(user_id);
    u.permit.connection = FRESH(connection_id);
    u.permit.credential = secret_of_slice(slice_of((const uint8_t *)packed, sizeof packed - 1));
    u.head = (struct msg_send_head){.call = call,
                                    .use = u.permit.use,
                                    .era = ERA_MODERN,
                                    .kind = CALL_KIND_REQUEST,
                                    .client = FRESH(client_id),
                                    .protocol = SLICE_LIT("2026-07-28"),
                                    .size = (uint32_t)strlen(body)};
    u.part = (struct msg_send_part){call, slice_str(body)};
    return u;
}

void as_egress_say(const struct as_egress_use *u)
{
    say(as_egress.keeper, MSG_PERMIT, &u->permit);
    say(as_egress.gateway, MSG_SEND_HEAD, &u->head);
    say(as_egress.gateway, MSG_SEND_PART, &u->part);
}

int as_egress_dial(struct play *p, const struct as_egress_use *u)
{
    const struct msg_dial_want *m = &hear(as_egress.keeper, MSG_DIAL_WANT)->dial_want;
    int fd = tcp_connect(as_egress.port);

    assert_true(ID_EQ(m->use, u->permit.use));
    say_fd(as_egress.dialer, MSG_DIALED, &(struct msg_dialed){m->dial}, fd);
    sock_close(fd);
    return tcp_accept(p, as_egress.listener);
}

void as_egress_taken(struct play *p, const struct as_egress_use *u)
{
    struct client up = {.fd = as_egress_dial(p, u)};

    buf_init(&up.got, 1 << 20);
    UNTIL(p, client_has(&up, "Oslo"));
    client_close(&up);
}

struct msg_use_result as_egress_result(const struct as_egress_use *u)
{
    struct msg_use_result m;

    do /* those before ended in one way or another */
        m = hear(as_egress.keeper, MSG_USE_RESULT)->use_result;
    while (!ID_EQ(m.use, u->permit.use));
    return m;
}

void as_egress_unsent(struct play *p, const struct as_egress_use *u)
{
    int fd;

    assert_int_equal(as_egress_result(u).result, RESULT_UNSENT);
    play_turn(p, 0);
    fd = accept(as_egress.listener, NULL, NULL);
    assert_true(fd < 0);
    assert_int_equal(unheard(as_egress.keeper, MSG_DIAL_WANT), 0);
}

/* One use, all the way. */
static void check(struct play *p)
{
    struct client up = {.fd = -1};
    struct as_egress_use u;
    const struct msg_answer_end *end;
    struct line *l;

    as_egress_meet(p);
    u = as_egress_use(as_egress_body);
    as_egress_say(&u);
    buf_init(&up.got, 1 << 20);
    up.fd = as_egress_dial(p, &u);
    UNTIL(p, client_has(&up, "Oslo"));
    assert_true(client_has(&up, "Authorization: Bearer " AS_EGRESS_SECRET "\r\n"));
    client_send(&up, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 38\r\n"
                     "\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{  }}");
    l = hear_line(as_egress.gateway, MSG_ANSWER_PART);
    assert_int_equal(l->m.answer_part.call, u.head.call);
    do
        end = &hear(as_egress.gateway, MSG_ANSWER_END)->answer_end;
    while (end->call != u.head.call);
    assert_int_equal(end->how, ANSWER_HOW_DONE);
    assert_int_equal(as_egress_result(&u).result, RESULT_ANSWERED);
    client_close(&up);
}

static void clear(void)
{
    sock_close(as_egress.listener);
    as_egress.listener = -1;
}

const struct cast cast_egress = {ROLE_EGRESS, set, check, clear};
