/*
 * The audit log, with a keeper that was taken over and wants to unsay something: it may add
 * records, and nothing else. What is on disk is verified after each row.
 */
#include "as_audit.h"

#include "base/limits.h"

/* Refused as another record than the log has: then nothing more is taken from that keeper, not even
 * what would be right. The next keeper goes on. */
static void differs(struct play *p, const struct msg_audit_append *m)
{
    struct msg_audit_append next = as_audit_record(as_audit.seq + 1);

    say(as_audit.keeper, MSG_AUDIT_APPEND, m);
    assert_err(hear(as_audit.keeper, MSG_AUDIT_REFUSED)->audit_refused.code, ERR_CORRUPT);
    say(as_audit.keeper, MSG_AUDIT_APPEND, &next);
    as_audit_meet(p);
    as_audit_append();
}

static void some_records(void)
{
    for (int i = 0; i < 5; i++)
        as_audit_append();
}

/* Every field of a record that is written is written for good. */
static void rewriting(struct play *p)
{
    struct msg_audit_append m;

    some_records();
    for (int field = 0; field < 13; field++) {
        m = as_audit_record(3);
        switch (field) {
        case 0: m.epoch++; break;
        case 1: m.time++; break;
        case 2: m.event = EVENT_LOGIN; break;
        case 3: m.user.b[0] ^= 1; break;
        case 4: m.client.b[15] ^= 1; break;
        case 5: m.upstream = SLICE_LIT("open"); break;
        case 6: m.handoff.b[0] ^= 1; break;
        case 7: m.use.b[0] ^= 1; break;
        case 8: m.connection.b[0] ^= 1; break;
        case 9: m.code++; break;
        case 10: m.number++; break;
        case 11: m.projection.b[0] ^= 1; break;
        default: m.detail = SLICE_LIT("as it never was"); break;
        }
        differs(p, &m);
        as_audit_verify(p);
    }
}

/* Records that are not the next one. */
static void numbers(struct play *p)
{
    static const uint64_t jumps[] = {2, 3, 100, UINT64_MAX - 50};
    struct msg_audit_append m;

    some_records();
    for (size_t i = 0; i < ARRAY_LEN(jumps); i++) {
        m = as_audit_record(as_audit.seq + jumps[i]);
        say(as_audit.keeper, MSG_AUDIT_APPEND, &m);
        assert_err(hear(as_audit.keeper, MSG_AUDIT_REFUSED)->audit_refused.code, ERR_AGAIN);
        as_audit_append(); /* so that the next refusal is said */
    }
    m = as_audit_record(0); /* none has this number */
    differs(p, &m);
    as_audit_verify(p);
}

/* The store's epoch as the log has it never goes back: a store that was rolled back is found by it.
 */
static void epoch(struct play *p)
{
    struct msg_audit_append m = as_audit_record(as_audit.seq + 1);

    m.epoch = 9;
    as_audit_next(&m);
    as_audit_verify(p);
}

/* What is longer than the log keeps of repeats cannot be repeated, nor changed. */
static void long_ago(struct play *p)
{
    struct msg_audit_append m;

    for (uint64_t i = 1; i <= LIM_AUDIT_REPEAT + 100; i++) {
        m = as_audit_record(i);
        say(as_audit.keeper, MSG_AUDIT_APPEND, &m);
    }
    do
        as_audit.head = hear(as_audit.keeper, MSG_AUDIT_ACK)->audit_ack.head;
    while (unheard(as_audit.keeper, MSG_AUDIT_ACK) > 0);
    as_audit.seq = LIM_AUDIT_REPEAT + 100;
    as_audit_append(); /* which waits for what is still to come */
    m = as_audit_record(1);
    m.detail = SLICE_LIT("as it never was");
    differs(p, &m);
    as_audit_verify(p);
}

/* Text in a record that would be another record, were it written as it is. */
static void text(struct play *p)
{
    struct msg_audit_append m = as_audit_record(as_audit.seq + 1);

    m.detail = SLICE_LIT("\",\"seq\":1,\"event\":\"login\"} \\\" \\u0000 \xe2\x80\xa8");
    m.upstream = SLICE_LIT("\"}{\"");
    as_audit_next(&m);
    as_audit_verify(p);
}

/* Two keepers: the newer is the one; of the older nothing is taken any more. */
static void two_keepers(struct play *p)
{
    struct end *old = as_audit.keeper;
    struct msg_audit_append m;

    some_records();
    as_audit.keeper = play_peer(p, ROLE_KEEPER, HONEST);
    assert_int_equal(hear(as_audit.keeper, MSG_AUDIT_STATE)->audit_state.seq, as_audit.seq);
    m = as_audit_record(as_audit.seq + 1);
    m.detail = SLICE_LIT("by the old one");
    say(old, MSG_AUDIT_APPEND, &m);
    UNTIL(p, old->over);
    as_audit_append();
    as_audit_verify(p);
}

/* What was acknowledged is there after a kill; what a killed process had begun is no harm. */
static void killed(struct play *p)
{
    const struct msg_audit_state *state;
    struct msg_audit_append m;

    some_records();
    for (uint64_t i = 1; i <= 50; i++) {
        m = as_audit_record(as_audit.seq + i);
        say(as_audit.keeper, MSG_AUDIT_APPEND, &m);
    }
    play_again(p);
    as_audit.keeper = play_peer(p, ROLE_KEEPER, HONEST);
    state = &hear(as_audit.keeper, MSG_AUDIT_STATE)->audit_state;
    assert_in_range(state->seq, as_audit.seq, as_audit.seq + 50);
    as_audit.seq = state->seq;
    as_audit.head = state->head;
    m = as_audit_record(2);
    m.number++;
    differs(p, &m);
}

static const struct row rows[] = {
    {"records written anew", rewriting},
    {"records that are not the next", numbers},
    {"an epoch", epoch},
    {"a record of long ago", long_ago},
    {"text that looks like a record", text},
    {"two keepers", two_keepers},
    {"killed, then lied to", killed},
};

int main(int argc, char **argv)
{
    const struct program program = {&cast_audit, rows, ARRAY_LEN(rows)};

    return program_main(&program, 1, argc, argv);
}
