/*
 * The dialer, with a keeper that was taken over: it may name any destination, but the wall is the
 * dialer's; and sockets go to nobody but the egress process that the dial is for.
 */
#include "as_dialer.h"

#include <stdio.h>

#include "base/limits.h"
#include "os/sock.h"

static struct msg_dial_failed dial_fails(const struct msg_dial *m)
{
    struct msg_dial_failed f;

    say(as_dialer.keeper, MSG_DIAL, m);
    f = hear(as_dialer.egress, MSG_DIAL_FAILED)->dial_failed;
    assert_int_equal(f.dial, m->dial);
    return f;
}

/* Whoever decides, loopback alone was allowed for these upstreams, and for others nothing. */
static void addresses(struct play *p)
{
    static const char *const hosts[] = {
        "169.254.169.254", "10.0.0.1", "192.168.0.1",      "172.16.0.1",       "0.0.0.0",
        "255.255.255.255", "::",       "fe80::1",          "fd00::1",          "224.0.0.1",
        "100.64.0.1",      "::1",      "::ffff:10.0.0.1",  "64:ff9b::a00:1",   "2002:a00:1::",
        "192.0.2.1",       "ff02::1",  "::ffff:a9fe:a9fe", "::169.254.169.254"};
    struct msg_dial m;

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        m = as_dialer_dial();
        m.host = slice_str(hosts[i]);
        assert_err(dial_fails(&m).code, ERR_UPSTREAM_ADDRESS);
    }
    m = as_dialer_dial();
    m.upstream = 7; /* nobody has configured it */
    assert_err(dial_fails(&m).code, ERR_UPSTREAM_ADDRESS);
    m = as_dialer_dial();
    m.upstream = 0xffff;
    assert_err(dial_fails(&m).code, ERR_UPSTREAM_ADDRESS);
}

/* Other ways to write an address that the wall would refuse, or no address at all. */
static void names(struct play *p)
{
    static const char *const hosts[] = {
        "0x0a000001", "167772161",  "012.0.0.1",   "10.1",        "",  " ", ".",
        "..",         "a b",        "fe80::1%lo",  "[::1]",       "-", "@", "localhost:22",
        "/etc/hosts", "127.0.0.1/", "unix:/tmp/x", "xn--\xc3\xa4"};
    struct msg_dial m;

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        m = as_dialer_dial();
        m.host = slice_str(hosts[i]);
        assert_int_not_equal(dial_fails(&m).code, ERR_OK);
    }
    m = as_dialer_dial();
    m.port = 0;
    assert_int_not_equal(dial_fails(&m).code, ERR_OK);
}

/* Nothing comes, not even a word, to whom the dial is not for. */
static void foreign_egress(struct play *p)
{
    struct msg_dial m = as_dialer_dial();
    struct end *other = play_peer(p, ROLE_EGRESS, OPEN);

    m.egress = 5; /* not there */
    say(as_dialer.keeper, MSG_DIAL, &m);
    m = as_dialer_dial();
    m.egress_generation--;
    say(as_dialer.keeper, MSG_DIAL, &m);
    m = as_dialer_dial();
    m.egress_generation++;
    say(as_dialer.keeper, MSG_DIAL, &m);
    m = as_dialer_dial();
    m.egress = OPEN; /* with the other's generation */
    say(as_dialer.keeper, MSG_DIAL, &m);
    /* One that fits comes after all of them. */
    m = as_dialer_dial();
    say(as_dialer.keeper, MSG_DIAL, &m);
    assert_int_equal(hear(as_dialer.egress, MSG_DIALED)->dialed.dial, m.dial);
    assert_int_equal(unheard(as_dialer.egress, MSG_DIALED), 0);
    assert_int_equal(unheard(as_dialer.egress, MSG_DIAL_FAILED), 0);
    assert_int_equal(unheard(other, MSG_DIALED) + unheard(other, MSG_DIAL_FAILED), 0);
    for (int i = 0; i < 5;
         i++) /* each of the connections that were made is closed again, or here */
        sock_close(tcp_accept(p, as_dialer.listener));
}

/* The process that it was for is replaced while it dials: the new one gets nothing. */
static void replaced_egress(struct play *p)
{
    struct end *old = as_dialer.egress;
    struct msg_dial m[20];

    for (size_t i = 0; i < ARRAY_LEN(m); i++) {
        m[i] = as_dialer_dial();
        say(as_dialer.keeper, MSG_DIAL, &m[i]);
    }
    as_dialer.egress = play_peer(p, ROLE_EGRESS, WEATHER);
    UNTIL(p, old->over);
    m[0] = as_dialer_dial();
    say(as_dialer.keeper, MSG_DIAL, &m[0]);
    assert_int_equal(hear(as_dialer.egress, MSG_DIALED)->dialed.dial, m[0].dial);
    assert_int_equal(unheard(as_dialer.egress, MSG_DIALED), 0);
    assert_int_equal(unheard(as_dialer.egress, MSG_DIAL_FAILED), 0);
    as_dialer_forget();
}

/* Each dial has one answer, also of many at once, and of a number that is used twice. */
static void flood(struct play *p)
{
    enum { COUNT = 3 * LIM_DIALS };
    unsigned answers = 0;
    struct msg_dial m = as_dialer_dial();
    const enum msg types[] = {MSG_DIALED, MSG_DIAL_FAILED, MSG_NONE};

    (void)p;
    m.host = SLICE_LIT("10.0.0.1");
    for (int i = 0; i < COUNT; i++) {
        if (i % 2 == 0)
            m.dial++;
        say(as_dialer.keeper, MSG_DIAL, &m);
    }
    as_dialer.last_dial = m.dial;
    while (answers < COUNT) {
        assert_int_equal(hear_one_of(as_dialer.egress, types)->type, MSG_DIAL_FAILED);
        answers++;
    }
}

static const struct row rows[] = {
    {"destinations that are forbidden", addresses},
    {"destinations that are none", names},
    {"dials for another egress, and another generation", foreign_egress},
    {"an egress replaced while it is dialed for", replaced_egress},
    {"more dials than there may be", flood},
};

int main(int argc, char **argv)
{
    const struct program program = {&cast_dialer, rows, ARRAY_LEN(rows)};

    return program_main(&program, 1, argc, argv);
}
