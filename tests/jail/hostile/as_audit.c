/* The audit log with its keeper. */
#include "as_audit.h"

#include <fcntl.h>
#include <stdio.h>

#include "audit/verify.h"
#include "os/sock.h"

struct as_audit as_audit;

void as_audit_meet(struct play *p)
{
    const struct msg_audit_state *m;

    as_audit.keeper = play_peer(p, ROLE_KEEPER, HONEST);
    m = &hear(as_audit.keeper, MSG_AUDIT_STATE)->audit_state;
    assert_int_equal(m->seq, as_audit.seq);
    assert_true(ID_EQ(m->head, as_audit.head));
}

static void set(struct play *p)
{
    as_audit = (struct as_audit){0};
    as_audit_meet(p);
}

struct msg_audit_append as_audit_record(uint64_t seq)
{
    return (struct msg_audit_append){.seq = seq,
                                     .epoch = 1,
                                     .time = 1700000000000 + seq,
                                     .event = EVENT_USE_RESERVED,
                                     .upstream = SLICE_LIT("weather"),
                                     .number = seq,
                                     .detail = SLICE_LIT("as it was")};
}

void as_audit_next(const struct msg_audit_append *m)
{
    const struct msg_audit_ack *ack;

    say(as_audit.keeper, MSG_AUDIT_APPEND, m);
    do
        ack = &hear(as_audit.keeper, MSG_AUDIT_ACK)->audit_ack;
    while (ack->seq != m->seq);
    as_audit.seq = ack->seq;
    as_audit.head = ack->head;
}

void as_audit_append(void)
{
    struct msg_audit_append m = as_audit_record(as_audit.seq + 1);

    as_audit_next(&m);
}

void as_audit_verify(struct play *p)
{
    const struct audit_known known = {as_audit.seq, as_audit.head};
    struct audit_verdict v;
    char path[128];
    int fd;

    snprintf(path, sizeof path, "%s/%s", p->data, AUDIT_LOG_NAME);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_err(audit_verify(fd, NULL, &known, &v), ERR_OK);
    sock_close(fd);
    assert_string_equal(audit_fault_sentence(v.fault), audit_fault_sentence(AUDIT_SOUND));
    assert_int_equal(v.signed_seq, as_audit.seq);
}

/* A new keeper finds what the one before left, and goes on. */
static void check(struct play *p)
{
    play_turn(p, 0);
    if (as_audit.keeper->over)
        as_audit_meet(p);
    as_audit_append();
    as_audit_verify(p);
}

static void clear(void)
{
}

const struct cast cast_audit = {ROLE_AUDIT, set, check, clear};
