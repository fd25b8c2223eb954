/* Names that nobody answers: they hold up their own upstream, and no other. The C library's
 * resolver is this file's, and so is the clock. */
#include "dialer/resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static unsigned held, held_most;
static bool let_go;
static uint64_t now;

uint64_t __wrap_clock_boot_ms(void);

uint64_t __wrap_clock_boot_ms(void)
{
    uint64_t t;

    pthread_mutex_lock(&lock);
    t = now;
    pthread_mutex_unlock(&lock);
    return t;
}

void freeaddrinfo(struct addrinfo *a)
{
    (void)a;
}

/* Names are "good", "late", which is good after a while, "silent", until it is let go, and others,
 * which do not exist. */
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    static struct sockaddr_in to = {.sin_family = AF_INET};
    static struct addrinfo found = {.ai_addr = (struct sockaddr *)&to};

    (void)service;
    (void)hints;
    if (strcmp(host, "late") == 0) {
        pthread_mutex_lock(&lock);
        now += LIM_LOOK_UP_SOON_MS + 1;
        pthread_mutex_unlock(&lock);
    }
    if (strcmp(host, "good") == 0 || strcmp(host, "late") == 0) {
        *ret = &found;
        return 0;
    }
    if (strncmp(host, "silent", 6) == 0) {
        pthread_mutex_lock(&lock);
        if (++held > held_most)
            held_most = held;
        pthread_cond_broadcast(&moved);
        while (!let_go)
            pthread_cond_wait(&moved, &lock);
        held--;
        pthread_mutex_unlock(&lock);
    }
    return EAI_NONAME;
}

struct fixture {
    struct loop *l;
    struct resolver *r;
    unsigned answers;
    uint64_t last;
};

static void on_answer(void *ctx, const struct resolver_answer *a)
{
    struct fixture *f = ctx;

    f->answers++;
    f->last = a->ticket;
}

static void set_let_go(bool to)
{
    pthread_mutex_lock(&lock);
    let_go = to;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&lock);
}

/* No test lets names that nobody answers have that many; waiting for more would be in vain. */
static bool holds_too_many(void)
{
    bool yes;

    pthread_mutex_lock(&lock);
    yes = held_most > LIM_RESOLVERS_UNPROVEN;
    pthread_mutex_unlock(&lock);
    return yes;
}

static void run(struct fixture *f, unsigned answers)
{
    for (int i = 0; i < 600 && f->answers < answers && !holds_too_many(); i++)
        loop_turn(f->l, 100);
    assert_int_equal(f->answers, answers);
}

static void until_held(unsigned n)
{
    pthread_mutex_lock(&lock);
    while (held < n)
        pthread_cond_wait(&moved, &lock);
    pthread_mutex_unlock(&lock);
}

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){.l = loop_new()};
    held_most = 0;
    now = 0;
    set_let_go(false);
    assert_int_equal(resolver_new(f.l, on_answer, &f, &f.r), ERR_OK);
    assert_int_equal(resolver_start(f.r), ERR_OK);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    set_let_go(true);
    resolver_free(f->r);
    loop_free(f->l);
    return 0;
}

static void ask(struct fixture *f, uint64_t ticket, uint16_t upstream, const char *host)
{
    assert_int_equal(resolver_ask(f->r, ticket, upstream, slice_str(host)), ERR_OK);
}

/* What is neither a name nor an address is not looked up at all. */
static void test_what_is_no_host(void **state)
{
    static const char *const hosts[] = {"",    "fe80::1%eth0", "a b", "a/b", "a;b", "a@b",
                                        "a[b", "a`b",          "a{b", "a+b", "a,b", "\xc3\xa4"};
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++)
        assert_int_equal(resolver_ask(f->r, i, 1, slice_str(hosts[i])), ERR_UPSTREAM_DOWN);
    assert_int_equal(resolver_ask(f->r, 0, LIM_UPSTREAMS, SLICE_LIT("good")), ERR_UPSTREAM_ADDRESS);
    ask(f, 100, 1, "AZ.az-09_");
    ask(f, 101, 1, "2001:db8::1");
    run(f, 2);
}

static void test_a_silent_name_server_holds_up_its_own(void **state)
{
    struct fixture *f = *state;

    for (uint64_t i = 0; i < LIM_DIALS_PER_UPSTREAM; i++)
        ask(f, i, 1, "silent");
    until_held(LIM_RESOLVERS_PER_UPSTREAM);
    ask(f, 100, 2, "other");
    run(f, 1);
    assert_int_equal(f->last, 100);
    set_let_go(true);
    run(f, 1 + LIM_DIALS_PER_UPSTREAM);
    assert_int_equal(held_most, LIM_RESOLVERS_PER_UPSTREAM);
}

static void test_its_share_of_the_queue(void **state)
{
    struct fixture *f = *state;
    unsigned n = 0;

    while (n < LIM_DIALS && resolver_ask(f->r, n, 1, SLICE_LIT("silent")) == ERR_OK)
        n++;
    assert_true(n >= LIM_DIALS_PER_UPSTREAM &&
                n <= LIM_DIALS_PER_UPSTREAM + LIM_RESOLVERS_PER_UPSTREAM);
    ask(f, 1000, 2, "other");
    run(f, 1);
    assert_int_equal(f->last, 1000);
    set_let_go(true);
    run(f, 1 + n);
}

/* Each of some upstreams asks for what no server answers, as often as it may have a thread. */
static unsigned ask_silent(struct fixture *f, uint16_t first)
{
    unsigned n = 0;

    for (uint16_t i = 0; i < LIM_RESOLVERS; i++) {
        for (unsigned k = 0; k < LIM_RESOLVERS_PER_UPSTREAM; k++)
            ask(f, n++, first + i, "silent");
    }
    return n;
}

static void test_silent_name_servers_leave_threads(void **state)
{
    struct fixture *f = *state;
    unsigned n;

    ask(f, 1000, 1, "good");
    run(f, 1);
    n = 1 + ask_silent(f, 10);
    until_held(LIM_RESOLVERS_UNPROVEN);
    ask(f, 1001, 1, "good");
    run(f, 2);
    assert_int_equal(f->last, 1001);
    set_let_go(true);
    run(f, ++n);
    assert_int_equal(held_most, LIM_RESOLVERS_UNPROVEN);

    /* When they are known as such, they leave some to one that has asked for nothing yet. */
    held_most = 0;
    set_let_go(false);
    n += ask_silent(f, 10);
    until_held(LIM_RESOLVERS_SLOW);
    ask(f, 1002, 2, "other");
    run(f, f->answers + 1);
    assert_int_equal(f->last, 1002);
    set_let_go(true);
    run(f, ++n);
    assert_int_equal(held_most, LIM_RESOLVERS_SLOW);
}

/* Who was answered late waits with those who were not answered. */
static void test_late_is_not_well(void **state)
{
    struct fixture *f = *state;
    unsigned n;

    ask(f, 1000, 1, "late");
    run(f, 1);
    ask(f, 1001, 2, "good");
    run(f, 2);
    n = 2 + ask_silent(f, 10);
    until_held(LIM_RESOLVERS_UNPROVEN);
    ask(f, 1002, 1, "good");
    ask(f, 1003, 2, "good");
    run(f, 3);
    assert_int_equal(f->last, 1003);
    set_let_go(true);
    run(f, n + 2);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_what_is_no_host),        T(test_a_silent_name_server_holds_up_its_own),
        T(test_its_share_of_the_queue), T(test_silent_name_servers_leave_threads),
        T(test_late_is_not_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
