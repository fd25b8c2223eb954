/* Upstreams that misbehave, and what each comes to: for the keeper, for the gateway, and how often
 * the call arrived. */
#include "unit.h"

#include "egress/modern.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define E7                                                                                         \
    "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32601,\"message\":\"no\"}}" /* 63          \
                                                                                     */

/* One answer to one call, word by word, then maybe the end of the connection. */
static const struct row {
    const char *name, *text;
    bool hang_up;
    enum result result;
    bool refused;
    enum err code;
    enum answer_how how;
    enum err how_code;
    unsigned messages;
} rows[] = {
    {"good", JSON_HEAD "Content-Length: 36\r\n\r\n" R7, false, RESULT_ANSWERED, false, ERR_OK,
     ANSWER_HOW_DONE, ERR_OK, 1},
    {"until the end", JSON_HEAD "\r\n" R7, true, RESULT_ANSWERED, false, ERR_OK, ANSWER_HOW_DONE,
     ERR_OK, 1},
    {"interim", "HTTP/1.1 100 Continue\r\n\r\n" JSON_HEAD "Content-Length: 36\r\n\r\n" R7, false,
     RESULT_ANSWERED, false, ERR_OK, ANSWER_HOW_DONE, ERR_OK, 1},
    {"chunks", JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n24\r\n" R7 "\r\n0\r\nX: y\r\n\r\n",
     false, RESULT_ANSWERED, false, ERR_OK, ANSWER_HOW_DONE, ERR_OK, 1},
    {"closes at once", "", true, RESULT_UNKNOWN, false, ERR_CLOSED, ANSWER_HOW_UNKNOWN,
     ERR_UPSTREAM_UNKNOWN, 0},
    {"closes in the head", "HTTP/1.1 200 OK\r\nContent-Ty", true, RESULT_UNKNOWN, false, ERR_CLOSED,
     ANSWER_HOW_UNKNOWN, ERR_UPSTREAM_UNKNOWN, 0},
    {"closes in the body", JSON_HEAD "Content-Length: 36\r\n\r\n{\"jsonrpc\"", true, RESULT_UNKNOWN,
     false, ERR_CLOSED, ANSWER_HOW_UNKNOWN, ERR_UPSTREAM_UNKNOWN, 0},
    {"closes in a chunk", JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n24\r\n{\"jso", true,
     RESULT_UNKNOWN, false, ERR_CLOSED, ANSWER_HOW_UNKNOWN, ERR_UPSTREAM_UNKNOWN, 0},
    {"closes a stream", SSE_HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false,
     RESULT_UNKNOWN, false, ERR_CLOSED, ANSWER_HOW_CUT, ERR_UPSTREAM_UNKNOWN, 0},
    {"closes in an event", SSE_HEAD "\r\ndata: {\"jsonrpc", true, RESULT_UNKNOWN, false, ERR_CLOSED,
     ANSWER_HOW_CUT, ERR_UPSTREAM_UNKNOWN, 0},
    {"cut JSON until the end", JSON_HEAD "\r\n{\"jsonrpc\":", true, RESULT_ANSWERED, false,
     ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"HTML", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>", false,
     RESULT_ANSWERED, false, ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"HTML that says JSON", JSON_HEAD "Content-Length: 6\r\n\r\n<html>", false, RESULT_ANSWERED,
     false, ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"no type", "HTTP/1.1 200 OK\r\nContent-Length: 36\r\n\r\n" R7, false, RESULT_ANSWERED, false,
     ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"202", "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", false, RESULT_ANSWERED, false,
     ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"204", "HTTP/1.1 204 No Content\r\n\r\n", false, RESULT_ANSWERED, false, ERR_UPSTREAM_ANSWER,
     ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", true, RESULT_ANSWERED, false, ERR_UPSTREAM_ANSWER,
     ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"empty JSON", JSON_HEAD "Content-Length: 0\r\n\r\n", false, RESULT_ANSWERED, false,
     ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"wrong id", JSON_HEAD "Content-Length: 36\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":8,\"result\":{}}",
     false, RESULT_ANSWERED, false, ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER,
     0},
    {"wrong id in a stream", SSE_HEAD "\r\ndata: {\"jsonrpc\":\"2.0\",\"id\":8,\"result\":{}}\n\n",
     false, RESULT_ANSWERED, false, ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER,
     0},
    {"two answers in one body", JSON_HEAD "Content-Length: 72\r\n\r\n" R7 R7, false,
     RESULT_ANSWERED, false, ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"a batch", JSON_HEAD "Content-Length: 38\r\n\r\n[" R7 "]", false, RESULT_ANSWERED, false,
     ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"two answers in a stream", SSE_HEAD "\r\ndata: " R7 "\n\ndata: " R7 "\n\n", false,
     RESULT_ANSWERED, false, ERR_OK, ANSWER_HOW_DONE, ERR_OK, 1},
    {"asks in a modern stream",
     SSE_HEAD "\r\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\"}\n\n", false,
     RESULT_ANSWERED, false, ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"two Content-Length", JSON_HEAD "Content-Length: 36\r\nContent-Length: 36\r\n\r\n" R7, false,
     RESULT_ANSWERED, false, ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"Content-Length and chunks",
     JSON_HEAD "Content-Length: 36\r\nTransfer-Encoding: chunked\r\n\r\n24\r\n" R7 "\r\n0\r\n\r\n",
     false, RESULT_ANSWERED, false, ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER,
     0},
    {"chunks and Content-Length",
     JSON_HEAD "Transfer-Encoding: chunked\r\nContent-Length: 36\r\n\r\n24\r\n" R7 "\r\n0\r\n\r\n",
     false, RESULT_ANSWERED, false, ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER,
     0},
    {"gzip", JSON_HEAD "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x01", false,
     RESULT_ANSWERED, false, ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"gzip as transfer coding",
     JSON_HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n1\r\n\x1f\r\n0\r\n\r\n", false,
     RESULT_ANSWERED, false, ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"folded", JSON_HEAD "X: a\r\n b\r\nContent-Length: 36\r\n\r\n" R7, false, RESULT_ANSWERED,
     false, ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"bare LF", "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Length: 36\n\n" R7, false,
     RESULT_ANSWERED, false, ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"bad chunk size", JSON_HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n", false, RESULT_ANSWERED,
     false, ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", false,
     RESULT_ANSWERED, false, ERR_UPSTREAM_ANSWER, ANSWER_HOW_INVALID, ERR_UPSTREAM_ANSWER, 0},
    {"redirect",
     "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://localhost/\r\nContent-Length: 0\r\n\r\n",
     false, RESULT_ANSWERED, false, ERR_UPSTREAM_STATUS, ANSWER_HOW_INVALID, ERR_UPSTREAM_STATUS,
     0},
    {"301 with a body",
     "HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Type: application/json\r\nContent-Length: "
     "36\r\n\r\n" R7,
     false, RESULT_ANSWERED, false, ERR_UPSTREAM_STATUS, ANSWER_HOW_INVALID, ERR_UPSTREAM_STATUS,
     0},
    {"500", "HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\noops", false,
     RESULT_ANSWERED, false, ERR_UPSTREAM_STATUS, ANSWER_HOW_INVALID, ERR_UPSTREAM_STATUS, 0},
    {"503 with JSON of another kind",
     "HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nContent-Length: "
     "14\r\n\r\n{\"error\":\"no\"}",
     false, RESULT_ANSWERED, false, ERR_UPSTREAM_STATUS, ANSWER_HOW_INVALID, ERR_UPSTREAM_STATUS,
     0},
    {"500 with a result",
     "HTTP/1.1 500 Busy\r\nContent-Type: application/json\r\nContent-Length: 36\r\n\r\n" R7, false,
     RESULT_ANSWERED, false, ERR_UPSTREAM_STATUS, ANSWER_HOW_INVALID, ERR_UPSTREAM_STATUS, 0},
    {"404 with an error",
     "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 63\r\n\r\n" E7,
     false, RESULT_ANSWERED, false, ERR_OK, ANSWER_HOW_DONE, ERR_OK, 1},
    {"403", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", false, RESULT_ANSWERED, false,
     ERR_UPSTREAM_STATUS, ANSWER_HOW_INVALID, ERR_UPSTREAM_STATUS, 0},
    {"401", "HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer\r\nContent-Length: 2\r\n\r\nno", false,
     RESULT_ANSWERED, true, ERR_UPSTREAM_REFUSED, ANSWER_HOW_REFUSED, ERR_UPSTREAM_REFUSED, 0},
    {"401 with an error",
     "HTTP/1.1 401 No\r\nContent-Type: application/json\r\nContent-Length: 63\r\n\r\n" E7, false,
     RESULT_ANSWERED, true, ERR_UPSTREAM_REFUSED, ANSWER_HOW_REFUSED, ERR_UPSTREAM_REFUSED, 0},
    {"401 cut", "HTTP/1.1 401 No\r\nContent-Length: 20\r\n\r\nno", true, RESULT_UNKNOWN, false,
     ERR_CLOSED, ANSWER_HOW_UNKNOWN, ERR_UPSTREAM_UNKNOWN, 0},
};

static void on_row(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    const struct row *row = &rows[r->step];

    (void)q;
    rig_say(c, row->text);
    if (row->hang_up)
        rig_hang_up(c);
}

static void check_row(struct rig *r, unsigned i, const struct row *row)
{
    const struct rig_use *u = rig_use_of(r, i);
    const struct rig_call *c = rig_call_of(r, i);

    if (u->result.result != row->result || u->result.refused != row->refused ||
        u->result.code != row->code || c->how != row->how || c->code != row->how_code ||
        c->messages != row->messages || c->ends != 1)
        fail_msg("%s: %s %d %s, %s %s, %u messages", row->name, result_name(u->result.result),
                 u->result.refused, err_name(u->result.code), answer_how_name(c->how),
                 err_name(c->code), c->messages);
}

/* Each on a fresh connection, and each on one that was used before. */
static void test_rows(void **state)
{
    struct rig *r = &rig;

    (void)state;
    for (unsigned k = 0; k < ARRAY_LEN(rows); k++) {
        unsigned i;

        rig_start(r, &(struct rig_conf){0});
        r->script = on_row;
        r->step = k;
        i = rig_ask(r, (struct rig_ask){.body = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"x\"}"});
        rig_both(r, i);
        check_row(r, i, &rows[k]);
        assert_int_equal(r->requests_n, 1);

        r->step = 0;
        i = rig_ask(r, (struct rig_ask){.body = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"y\"}"});
        rig_both(r, i);
        check_row(r, i, &rows[0]); /* whatever was before, the next one is well */
        r->step = k;
        i = rig_ask(r, (struct rig_ask){.body = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"x\"}"});
        rig_both(r, i);
        check_row(r, i, &rows[k]);
        stage_idle(&r->s, 10);
        assert_int_equal(r->requests_n, 3); /* never sent again */
        rig_stop(r);
    }
}

/* --- surplus bytes ---------------------------------------------------------------------------- */

#define EVIL "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"evil\":true}}"

static void say_evil(struct rig_conn *c)
{
    char head[200];

    snprintf(head, sizeof(head), JSON_HEAD "Content-Length: %zu\r\n\r\n", strlen(EVIL));
    rig_say(c, head);
    rig_say(c, EVIL);
}

static void answer_and_evil(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    answer(r, c, q);
    say_evil(c);
}

static void test_surplus_at_once(void **state)
{
    struct rig *r = &rig;
    unsigned i;

    (void)state;
    rig_start(r, &(struct rig_conf){0});
    r->script = answer_and_evil;
    for (unsigned k = 0; k < 3; k++) {
        i = rig_ask(r, (struct rig_ask){0});
        rig_both(r, i);
        assert_null(strstr((const char *)rig_call_of(r, i)->text.p, "evil"));
    }
    assert_int_equal(r->requests_n, 3);
    assert_int_equal(r->conns_n, 3);
    rig_stop(r);
}

static void test_surplus_later(void **state)
{
    struct rig *r = &rig;
    unsigned i;

    (void)state;
    rig_start(r, &(struct rig_conf){0});
    r->script = answer;
    i = rig_ask(r, (struct rig_ask){0});
    rig_both(r, i);
    stage_idle(&r->s, 300);
    say_evil(&r->conns[0]);
    while (r->conns[0].fd >= 0)
        stage_idle(&r->s, 5);
    i = rig_ask(r, (struct rig_ask){0});
    rig_both(r, i);
    assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_DONE);
    assert_null(strstr((const char *)rig_call_of(r, i)->text.p, "evil"));
    assert_int_equal(r->requests[1].conn, 1);
    rig_stop(r);
}

/* In the instant between the look at the connection and the request: the answer is there before the
 * request is. Whichever way it goes, it is not taken, and the call goes well. */
static void test_surplus_in_the_same_instant(void **state)
{
    struct rig *r = &rig;

    (void)state;
    rig_start(r, &(struct rig_conf){0});
    r->script = answer;
    for (unsigned k = 0; k < 10; k++) {
        unsigned i = rig_ask(r, (struct rig_ask){0}), before;
        rig_both(r, i);
        before = r->requests[r->requests_n - 1].conn;
        say_evil(&r->conns[before]); /* both are written before egress gets a turn */
        i = rig_ask(r, (struct rig_ask){0});
        rig_both(r, i);
        if (rig_call_of(r, i)->how != ANSWER_HOW_DONE || rig_call_of(r, i)->text.p == NULL ||
            strstr((const char *)rig_call_of(r, i)->text.p, "evil") != NULL)
            fail_msg("round %u", k);
    }
    rig_stop(r);
}

/* The server closes a kept-alive connection just when a call goes out on it. */
static void close_second(struct rig *r, struct rig_conn *c, const struct rig_request *q)
{
    if (c->requests == 2)
        rig_hang_up(c);
    else
        answer(r, c, q);
}

static void test_closed_as_the_call_is_read(void **state)
{
    struct rig *r = &rig;
    unsigned i;

    (void)state;
    rig_start(r, &(struct rig_conf){0});
    r->script = close_second;
    i = rig_ask(r, (struct rig_ask){0});
    rig_both(r, i);
    i = rig_ask(r, (struct rig_ask){0});
    rig_both(r, i);
    assert_int_equal(rig_use_of(r, i)->result.result, RESULT_UNKNOWN);
    assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_UNKNOWN);
    stage_idle(&r->s, 100);
    assert_int_equal(r->requests_n, 2);
    assert_int_equal(r->dial_wants, 1);
    rig_stop(r);
}

/* A server that closes idle connections: nobody's call is lost to it. */
static void test_closed_when_idle(void **state)
{
    struct rig *r = &rig;

    (void)state;
    rig_start(r, &(struct rig_conf){0});
    r->script = answer;
    for (unsigned k = 0; k < 5; k++) {
        unsigned i = rig_ask(r, (struct rig_ask){0});
        rig_both(r, i);
        assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_DONE);
        rig_hang_up(&r->conns[k]);
        stage_idle(&r->s, 10);
    }
    rig_stop(r);
}

/* --- a request that is not read -------------------------------------------------------------- */

/* A large request, and a server that refuses it before it has read it. */
static void test_refused_early(void **state)
{
    static char body[3000000];
    struct rig *r = &rig;
    unsigned i;

    (void)state;
    strcpy(body, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"x\",\"params\":{\"t\":\"");
    memset(body + strlen(body), 'x', 2900000);
    strcat(body, "\"}}");
    rig_start(r, &(struct rig_conf){0});
    i = rig_ask(r, (struct rig_ask){.body = body});
    stage_until_count(&r->s, &r->conns_n, 1);
    loop_unwatch(r->conns[0].watch); /* reads nothing */
    r->conns[0].watch = loop_watch(r->s.loop, r->conns[0].fd, 0, NULL, NULL);
    stage_idle(&r->s, 50);
    rig_say(&r->conns[0],
            "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    rig_both(r, i);
    assert_int_equal(rig_use_of(r, i)->result.status, 413);
    assert_err(rig_use_of(r, i)->result.code, ERR_UPSTREAM_STATUS);
    rig_stop(r);
}

/* Servers that answer a large request well before they have read it, and never read it. */
static void test_answered_early(void **state)
{
    static const char *const answers[] = {
        JSON_HEAD "Content-Length: 36\r\n\r\n" R7,
        JSON_HEAD "Transfer-Encoding: chunked\r\n\r\n24\r\n" R7 "\r\n0\r\n\r\n",
        SSE_HEAD "\r\ndata: " R7 "\n\n", /* and the stream goes on */
    };
    static char body[4000000];
    static char piece[65536];
    struct rig *r = &rig;

    (void)state;
    strcpy(body, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"x\",\"params\":{\"t\":\"");
    memset(body + strlen(body), 'x', 3900000);
    strcat(body, "\"}}");
    for (unsigned k = 0; k < ARRAY_LEN(answers); k++) {
        size_t left = 0;
        ssize_t n;
        unsigned i;

        rig_start(r, &(struct rig_conf){0});
        i = rig_ask(r, (struct rig_ask){.body = body});
        stage_until_count(&r->s, &r->conns_n, 1);
        loop_unwatch(r->conns[0].watch); /* reads nothing */
        r->conns[0].watch = loop_watch(r->s.loop, r->conns[0].fd, 0, NULL, NULL);
        while (recv(r->conns[0].fd, piece, 1, MSG_PEEK | MSG_DONTWAIT) < 1)
            loop_turn(r->s.loop, 5);
        rig_say(&r->conns[0], answers[k]);
        rig_both(r, i);
        check_row(r, i, &rows[0]);
        r->script = answer;
        i = rig_ask(r, (struct rig_ask){.body = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"y\"}"});
        rig_both(r, i);
        check_row(r, i, &rows[0]);
        assert_int_equal(r->requests_n, 1); /* of the first there was no end */
        assert_int_equal(r->requests[0].conn, 1);
        while ((n = recv(r->conns[0].fd, piece, sizeof(piece), 0)) > 0)
            left += (size_t)n;
        assert_true(left < strlen(body)); /* nor does the rest leave later */
        rig_stop(r);
    }
}

#define T(name) cmocka_unit_test_teardown(name, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_rows),
        T(test_surplus_at_once),
        T(test_surplus_later),
        T(test_surplus_in_the_same_instant),
        T(test_closed_as_the_call_is_read),
        T(test_closed_when_idle),
        T(test_refused_early),
        T(test_answered_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
