/* One request, without the process around it, so that the upstream's bytes can come at
 * any point of it: before the first byte of the request, as it leaves, and while it has not. */
#include "unit.h"

#include "egress/pool_in.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "egress/http.h"
#include "os/clock.h"

#define HEAD   "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define ANSWER HEAD "Content-Length: 4\r\n\r\ngood"
#define EVIL   HEAD "Content-Length: 4\r\n\r\nevil"

enum { CONNS = 8, LARGE = 16 << 20, TURNS = 5000 /* of 1 ms, for what comes at once */ };

struct asked {
    struct http *http;
    struct buf text;
    struct http_outcome end;
    unsigned asked, heads, ends, wants;
    bool waits;               /* for a connection, until the test gives one */
    bool full;                /* takes nothing now */
    const char *as_it_leaves; /* said by the upstream after the look at the connection */
};

static struct rig {
    struct loop *loop;
    struct egress_conf conf;
    struct pools *pools;
    struct pool *pool;
    int listener;
    int ends[CONNS]; /* the upstream's */
    unsigned conns;
    struct http *open[CONNS]; /* one may be left by a test that fails */
    unsigned asked;
} rig;

/* --- the upstream ----------------------------------------------------------------------------- */

static void say(const char *text)
{
    size_t n = strlen(text);

    assert_int_equal(send(rig.ends[rig.conns - 1], text, n, MSG_NOSIGNAL), n);
}

/* What has come, in one read. */
static size_t hear(char *text, size_t n)
{
    ssize_t got = rig.conns == 0 ? 0 : recv(rig.ends[rig.conns - 1], text, n - 1, MSG_DONTWAIT);

    text[got < 0 ? 0 : got] = '\0';
    return got < 0 ? 0 : (size_t)got;
}

static void until_heard(char *text, size_t n)
{
    for (unsigned turns = 0; hear(text, n) == 0; turns++) {
        assert_true(turns < TURNS);
        loop_turn(rig.loop, 1);
    }
}

static void give_connection(const struct http *to)
{
    struct sockaddr_in a;
    socklen_t n = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(rig.conns < CONNS);
    assert_int_equal(getsockname(rig.listener, (struct sockaddr *)&a, &n), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, n), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    rig.ends[rig.conns] = accept(rig.listener, NULL, NULL);
    assert_true(rig.ends[rig.conns++] >= 0);
    pool_give(rig.pool, fd, to);
}

/* --- the request ------------------------------------------------------------------------------ */

static void on_want_socket(void *ctx)
{
    struct asked *a = ctx;

    a->wants++;
    if (a->waits)
        return;
    give_connection(a->http);
    http_retry(a->http);
}

static enum err on_may_send(void *ctx)
{
    struct asked *a = ctx;

    a->asked++;
    if (a->as_it_leaves != NULL)
        say(a->as_it_leaves);
    return ERR_OK;
}

static enum err on_head(void *ctx, const struct head *h)
{
    struct asked *a = ctx;

    (void)h;
    a->heads++;
    return ERR_OK;
}

static enum err on_body(void *ctx, struct slice s)
{
    struct asked *a = ctx;

    if (a->full)
        return ERR_AGAIN;
    buf_put(&a->text, s);
    return ERR_OK;
}

static void on_end(void *ctx, const struct http_outcome *e)
{
    struct asked *a = ctx;

    a->end = *e;
    a->ends++;
}

static const struct http_events events = {on_want_socket, on_may_send, on_head, on_body, on_end};

static void ask(struct asked *a, enum http_method method, struct slice body)
{
    assert_true(rig.asked < CONNS);
    a->text = BUF_INIT(1000);
    a->http = rig.open[rig.asked++] = http_new(rig.pool, method, &events, a);
    if (method == HTTP_POST)
        http_body(a->http, body);
    http_start(a->http);
}

/* No turn of the loop first, which would see what waits on idle connections. */
static void ask_at_once(struct asked *a)
{
    ask(a, HTTP_POST, SLICE_LIT("{}"));
    http_go(a->http);
}

static void until_end(const struct asked *a)
{
    while (a->ends == 0)
        loop_turn(rig.loop, -1);
}

static void check(struct asked *a, const char *text)
{
    assert_int_equal(a->ends, 1);
    assert_int_equal(a->asked, 1);
    assert_err(a->end.err, ERR_OK);
    assert_int_equal(a->end.status, 200);
    assert_int_equal(a->text.n, strlen(text));
    assert_memory_equal(a->text.p, text, a->text.n);
    for (unsigned i = 0; i < rig.asked; i++)
        if (rig.open[i] == a->http)
            rig.open[i] = NULL;
    http_free(a->http);
    buf_free(&a->text);
}

/* A connection that is kept alive. */
static void warm_up(void)
{
    struct asked a = {.as_it_leaves = ANSWER};
    char text[1000];

    ask(&a, HTTP_POST, SLICE_LIT("{}"));
    until_end(&a);
    check(&a, "good");
    assert_true(hear(text, sizeof(text)) > 0);
}

static int setup(void **state)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct pool_key key;

    (void)state;
    memset(&key, 1, sizeof(key));
    rig = (struct rig){.loop = loop_new()};
    rig.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(rig.listener, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(rig.listener, CONNS), 0);
    egress_conf_init(&rig.conf);
    buf_put_str(&rig.conf.host, "localhost");
    buf_put_str(&rig.conf.path, "/mcp");
    rig.conf.port = 80;
    rig.pools = pools_new(rig.loop, &rig.conf, NULL);
    rig.pool = pool_get(rig.pools, &key);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < rig.asked; i++)
        http_free(rig.open[i]);
    pools_drop(rig.pools, &rig.pool->key.connection);
    pool_put(rig.pool);
    while (rig.pools->count > 0)
        loop_turn(rig.loop, -1);
    mem_free(rig.pools);
    loop_free(rig.loop);
    egress_conf_free(&rig.conf);
    for (unsigned i = 0; i < rig.conns; i++)
        close(rig.ends[i]);
    close(rig.listener);
    return 0;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_one_write(void **state)
{
    struct asked a = {0};
    char text[1000];

    (void)state;
    ask(&a, HTTP_POST, SLICE_LIT("{\"body\":1}"));
    until_heard(text, sizeof(text));
    assert_non_null(strstr(text, "\r\n\r\n{\"body\":1}"));
    say(ANSWER);
    until_end(&a);
    check(&a, "good");
}

/* Before the first byte of the request: whatever it is, it is not the answer, and the request
 * leaves on another connection. */
static void test_surplus_before(void **state)
{
    static const char *const early[] = {EVIL, "H",
                                        "HTTP/1.1 400 No\r\nContent-Length: 4\r\n\r\nevil"};
    char text[1000];

    (void)state;
    warm_up();
    for (size_t k = 0; k < ARRAY_LEN(early); k++) {
        struct asked a = {0};

        say(early[k]);
        ask_at_once(&a);
        assert_int_equal(hear(text, sizeof(text)), 0);
        until_heard(text, sizeof(text));
        assert_int_equal(rig.conns, k + 2);
        say(ANSWER);
        until_end(&a);
        check(&a, "good");
    }
}

/* The same for the end: no call is lost in a connection that was closed before. */
static void test_closed_before(void **state)
{
    struct asked a = {.as_it_leaves = NULL};
    char text[1000];

    (void)state;
    warm_up();
    assert_int_equal(shutdown(rig.ends[0], SHUT_RDWR), 0);
    ask_at_once(&a);
    until_heard(text, sizeof(text));
    say(ANSWER);
    until_end(&a);
    check(&a, "good");
    assert_int_equal(rig.conns, 2);
}

/* A new connection on which the server speaks first. */
static void test_greeting(void **state)
{
    struct asked a = {0};
    char text[1000];

    (void)state;
    give_connection(NULL);
    say("220 hello\r\n");
    ask_at_once(&a);
    until_heard(text, sizeof(text));
    say(ANSWER);
    until_end(&a);
    check(&a, "good");
    assert_int_equal(rig.conns, 2);
}

/* One that comes later does not take the connection that another has waited for. */
static void test_dialed_for_one(void **state)
{
    struct asked a = {.waits = true}, b = {.waits = true};
    char text[1000];

    (void)state;
    ask_at_once(&a);
    assert_int_equal(a.wants, 1);
    give_connection(a.http);
    ask_at_once(&b);
    assert_int_equal(b.wants, 1);
    http_retry(a.http);
    until_heard(text, sizeof(text));
    assert_int_equal(a.wants, 1);
    say(ANSWER);
    until_end(&a);
    check(&a, "good");
    http_retry(b.http);
    until_heard(text, sizeof(text));
    assert_int_equal(rig.conns, 1);
    say(ANSWER);
    until_end(&b);
    check(&b, "good");
}

/* A connection goes from one request to the next within a turn. */
static void test_freed_in_the_same_turn(void **state)
{
    struct asked a = {.as_it_leaves = ANSWER}, b = {.as_it_leaves = ANSWER};

    (void)state;
    warm_up();
    ask(&a, HTTP_POST, SLICE_LIT("{}"));
    ask_at_once(&b);
    assert_int_equal(b.wants, 0);
    until_end(&a);
    until_end(&b);
    check(&a, "good");
    check(&b, "good");
    assert_int_equal(rig.conns, 1);
}

/* Nothing is read there while its reader is slow; the connection is not idle for that. */
static void test_slow_reader_on_used_connection(void **state)
{
    struct asked a = {.as_it_leaves = HEAD "Content-Length: 8\r\n\r\ngood", .full = true};
    uint64_t until;
    unsigned turns = 0;

    (void)state;
    warm_up();
    ask_at_once(&a);
    say("ness"); /* 4 of 8 bytes that are the answer */
    for (until = clock_boot_ms() + 100; clock_boot_ms() < until; turns++)
        loop_turn(rig.loop, 10);
    assert_true(turns < 20); /* what waits there does not wake anybody meanwhile */
    a.full = false;
    http_resume(a.http);
    until_end(&a);
    check(&a, "goodness");
    assert_int_equal(rig.conns, 1);
}

/* It is for anybody when that one has left on another, or is gone. */
static void test_dialed_in_vain(void **state)
{
    struct asked a = {.waits = true}, b = {.waits = true};
    char text[1000];

    (void)state;
    ask_at_once(&a);
    give_connection(a.http);
    http_fail(a.http, ERR_TIMEOUT);
    assert_err(a.end.err, ERR_TIMEOUT);
    http_free(a.http);
    rig.open[0] = NULL;
    buf_free(&a.text);
    ask_at_once(&b);
    assert_int_equal(b.wants, 0);
    until_heard(text, sizeof(text));
    say(ANSWER);
    until_end(&b);
    check(&b, "good");
}

/* Each pool of that connection, used or idle, whoever its user is, and no other. */
static void test_drop_by_connection(void **state)
{
    const struct pool_key keys[] = {{.user = {{2}}, .connection = {{2}}},
                                    {.user = {{3}}, .connection = {{2}}},
                                    {.user = {{2}}, .connection = {{3}}}};
    struct pool *pools[ARRAY_LEN(keys)], *again;

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(keys); k++)
        pools[k] = pool_get(rig.pools, &keys[k]);
    pool_put(pools[1]);
    assert_int_equal(rig.pools->count, 4);
    pools_drop(rig.pools, &keys[0].connection);
    assert_int_equal(rig.pools->count,
                     3); /* the idle one is gone, the used one goes when put back */
    again = pool_get(rig.pools, &keys[0]);
    assert_ptr_not_equal(again, pools[0]);
    pool_put(again);
    pool_put(pools[0]);
    assert_ptr_equal(pool_get(rig.pools, &keys[2]), pools[2]);
    pool_put(pools[2]);
    pool_put(pools[2]);
    pools_drop(rig.pools, &keys[0].connection);
    pools_drop(rig.pools, &keys[2].connection);
    while (rig.pools->count > 1) /* the fixture's */
        loop_turn(rig.loop, -1);
}

/* After it: the answer, though the upstream cannot have read anything. */
static void test_answer_before_reading(void **state)
{
    struct asked a = {.as_it_leaves = ANSWER}, b = {.as_it_leaves = ANSWER};

    (void)state;
    ask(&a, HTTP_POST, SLICE_LIT("{}"));
    until_end(&a);
    check(&a, "good");
    ask(&b, HTTP_POST, SLICE_LIT("{}"));
    until_end(&b);
    check(&b, "good");
    assert_int_equal(rig.conns, 1); /* all of both left */
}

/* A connection is watched when it is idle. */
static void test_surplus_after(void **state)
{
    struct asked a = {.as_it_leaves = ANSWER}, b = {.as_it_leaves = ANSWER};
    char text[1000];

    (void)state;
    ask(&a, HTTP_GET, SLICE_EMPTY);
    until_end(&a);
    check(&a, "good");
    assert_true(hear(text, sizeof(text)) > 0);
    say(EVIL);
    do
        loop_turn(rig.loop, -1); /* for ever, if nobody watches */
    while (recv(rig.ends[0], text, sizeof(text), MSG_DONTWAIT) < 0 && errno == EAGAIN);
    ask(&b, HTTP_GET, SLICE_EMPTY);
    until_end(&b);
    check(&b, "good");
    assert_int_equal(rig.conns, 2);
}

/* An upstream that answers and never reads: the answer is good, the connection is not. */
static void never_reads(const char *answer, const char *more)
{
    struct asked a = {.as_it_leaves = answer}, b = {.as_it_leaves = ANSWER};
    struct buf body = BUF_INIT(LARGE);
    unsigned before = rig.conns;

    while (buf_err(&body) == ERR_OK && body.n < LARGE)
        buf_put_str(&body, "0123456789abcdef");
    ask(&a, HTTP_POST, buf_slice(&body));
    while (a.heads == 0)
        loop_turn(rig.loop, -1);
    assert_false(http_has_left(a.http));
    if (more != NULL) {
        assert_int_equal(a.ends, 0);
        say(more);
    }
    until_end(&a);
    check(&a, "good");
    ask(&b, HTTP_POST, SLICE_LIT("{}"));
    until_end(&b);
    assert_true(http_has_left(b.http));
    check(&b, "good");
    assert_int_equal(rig.conns, before + 2);
    buf_free(&body);
}

/* The same of a head: the kernel took it, the upstream does not. */
static void test_long_head_and_never_read(void **state)
{
    struct asked a = {.as_it_leaves = ANSWER};
    struct buf query = BUF_INIT(500000);

    (void)state;
    while (query.n < 400000)
        buf_put_str(&query, "0123456789abcdef");
    a.text = BUF_INIT(1000);
    a.http = rig.open[rig.asked++] = http_new(rig.pool, HTTP_GET, &events, &a);
    http_query(a.http, buf_slice(&query));
    http_start(a.http);
    until_end(&a);
    check(&a, "good");
    assert_int_equal(rig.pool->idle_n, 0);
    buf_free(&query);
}

static void test_answer_and_never_read(void **state)
{
    (void)state;
    never_reads(ANSWER, NULL);
}

static void test_answer_in_pieces_and_never_read(void **state)
{
    (void)state;
    never_reads(HEAD "Transfer-Encoding: chunked\r\n\r\n4\r\ngo", "od\r\n0\r\n\r\n");
}

/* One that answers before it reads, and then reads all of it: it is used again. */
static void test_answer_and_read_later(void **state)
{
    struct asked a = {.as_it_leaves = HEAD "Content-Length: 4\r\n\r\ngo"};
    struct asked b = {.as_it_leaves = ANSWER};
    static char text[1 << 16];
    struct buf body = BUF_INIT(LARGE);

    (void)state;
    while (buf_err(&body) == ERR_OK && body.n < LARGE)
        buf_put_str(&body, "0123456789abcdef");
    ask(&a, HTTP_POST, buf_slice(&body));
    while (a.heads == 0)
        loop_turn(rig.loop, -1);
    while (!http_has_left(a.http) || hear(text, sizeof(text)) > 0)
        if (hear(text, sizeof(text)) == 0)
            loop_turn(rig.loop, 1);
    assert_int_equal(a.ends, 0);
    say("od");
    until_end(&a);
    check(&a, "good");
    ask(&b, HTTP_POST, SLICE_LIT("{}"));
    until_end(&b);
    check(&b, "good");
    assert_int_equal(rig.conns, 1);
    buf_free(&body);
}

/* What an answer says of its end and of its connection, and what becomes of both. `ends`: the
 * upstream closes behind it. */
static void test_how_answers_end(void **state)
{
    static const struct {
        const char *answer, *text;
        bool ends, again;
        enum err err;
    } answers[] = {
        {HEAD "Content-Length: 4\r\n\r\ngood", "good", false, true, ERR_OK},
        {HEAD "Content-Length: 0\r\n\r\n", "", false, true, ERR_OK},
        {HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\ngo\r\n2;x\r\nod\r\n0\r\nA: b\r\n\r\n", "good",
         false, true, ERR_OK},
        {"HTTP/1.1 100 Go\r\n\r\n" HEAD "Content-Length: 4\r\n\r\ngood", "good", false, true,
         ERR_OK},
        {"HTTP/1.1 204 None\r\nContent-Length: 9\r\n\r\n", "", false, true, ERR_OK},
        {HEAD "Connection: x, Close\r\nContent-Length: 4\r\n\r\ngood", "good", false, false,
         ERR_OK},
        {HEAD "Connection: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\ngood", "good", false,
         false, ERR_OK},
        {"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\ngood", "good", false, false, ERR_OK},
        {HEAD "Content-Length: 4\r\n\r\ngoodness", "good", false, false, ERR_OK},
        {HEAD "\r\ngood", "good", true, false, ERR_OK},
        {HEAD "\r\n", "", true, false, ERR_OK},
        {HEAD "Content-Length: 5\r\n\r\ngood", "good", true, false, ERR_CLOSED},
        {HEAD "Transfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n", "good", true, false, ERR_CLOSED},
        {HEAD, "", true, false, ERR_CLOSED},
        {"HTTP/1.1 20", "", true, false, ERR_CLOSED},
        {"", "", true, false, ERR_CLOSED},
        {"220 hello\r\n", "", false, false, ERR_UPSTREAM_ANSWER},
        {HEAD "Transfer-Encoding: chunked\r\n\r\nx\r\n", "", false, false, ERR_UPSTREAM_ANSWER},
    };

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(answers); k++) {
        struct asked a = {0};
        unsigned before = rig.conns;
        char text[1000];

        rig.asked = 0;
        warm_up(); /* on a connection that may be used again, or a new one */
        before = rig.conns;
        ask_at_once(&a);
        until_heard(text, sizeof(text));
        for (const char *p = answers[k].answer; *p; p++) {
            char one[2] = {*p, 0};
            say(one);
            loop_turn(rig.loop, 0);
        }
        if (answers[k].ends)
            assert_int_equal(shutdown(rig.ends[rig.conns - 1], SHUT_RDWR), 0);
        until_end(&a);
        if (a.end.err != answers[k].err || !slice_eq_str(buf_slice(&a.text), answers[k].text))
            fail_msg("answer %zu: %s, \"%.*s\"", k, err_name(a.end.err), (int)a.text.n,
                     (const char *)a.text.p);
        assert_int_equal(a.asked, 1);
        assert_int_equal(rig.conns, before);
        if ((rig.pool->idle_n == 1) != answers[k].again)
            fail_msg("answer %zu: %zu idle connections", k, rig.pool->idle_n);
        http_free(a.http);
        rig.asked = 0;
        buf_free(&a.text);
        if (!answers[k].again)
            close(rig.ends[--rig.conns]);
    }
}

/* What is idle for about as long as the upstream keeps it is not used. */
static void test_idle_for_too_long(void **state)
{
    struct asked a = {.as_it_leaves = ANSWER};
    uint64_t until;

    (void)state;
    warm_up();
    pool_keeps(rig.pool, 2);
    for (until = clock_boot_ms() + 1010; clock_boot_ms() < until;)
        loop_turn(rig.loop, 10);
    ask_at_once(&a);
    until_end(&a);
    check(&a, "good");
    assert_int_equal(rig.conns, 2);
}

/* A head that never ends is not kept for ever. */
static void test_endless_line(void **state)
{
    struct asked a = {0};
    char text[1000];

    (void)state;
    ask_at_once(&a);
    until_heard(text, sizeof(text));
    say("HTTP/1.1 200 OK\r\nX: ");
    for (size_t n = 0; n <= LIM_HEADER_BYTES && a.ends == 0; n += 1000) {
        char many[1001];

        memset(many, 'x', 1000);
        many[1000] = 0;
        say(many);
        loop_turn(rig.loop, 0);
    }
    until_end(&a);
    assert_err(a.end.err, ERR_UPSTREAM_ANSWER);
    buf_free(&a.text);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_one_write),
        T(test_surplus_before),
        T(test_closed_before),
        T(test_greeting),
        T(test_dialed_for_one),
        T(test_dialed_in_vain),
        T(test_drop_by_connection),
        T(test_how_answers_end),
        T(test_idle_for_too_long),
        T(test_endless_line),
        T(test_freed_in_the_same_turn),
        T(test_slow_reader_on_used_connection),
        T(test_answer_before_reading),
        T(test_surplus_after),
        T(test_answer_and_read_later),
        T(test_answer_and_never_read),
        T(test_long_head_and_never_read),
        T(test_answer_in_pieces_and_never_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
