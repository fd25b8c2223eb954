/*
 * The keeper, with an audit that was taken over, which may keep everything from being released and
 * must not be able to hide what was; and with a hostile user of the command.
 */
#include "as_people.h"

#include <string.h>

#include "crypto/hash.h"

/* --- a taken-over audit ----------------------------------------------------------------------- */

static void acknowledge(struct end *e, uint64_t seq)
{
    SAY(e, MSG_AUDIT_ACK, audit_ack, .seq = seq, .written = seq, .head = as_people_head(seq));
}

/* More than there is, or less than before. */
static void acks_beyond_and_back(struct play *p)
{
    const int64_t steps[] = {1, 1000, INT64_MAX, -1, -2};

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        as_people_settle();
        acknowledge(as_people.audit, as_people.seq + (uint64_t)steps[i]);
        must_refuse(as_people.audit);
        as_people_meet();
    }
    acknowledge(as_people.audit, 0); /* "nothing yet": it changes nothing */
    as_people_settle();
    must_stand(as_people.audit);
    acknowledge(as_people.audit, UINT64_MAX);
    must_refuse(as_people.audit);
}

/* Before it said where it stands, and when another has taken its place. */
static void acks_out_of_place(struct play *p)
{
    struct end *mute = play_peer(p, ROLE_AUDIT, HOSTILE);

    acknowledge(mute, as_people.seq);
    must_refuse(mute);
    mute = play_peer(p, ROLE_AUDIT, HOSTILE);
    SAY(mute, MSG_AUDIT_REFUSED, audit_refused, as_people.seq + 1, ERR_AGAIN);
    must_refuse(mute);
    mute = as_people.audit;
    mute->instance = HONEST;
    as_people.audit = play_peer(p, ROLE_AUDIT, SECOND);
    SAY(as_people.audit, MSG_AUDIT_STATE, audit_state, .seq = as_people.seq,
        .head = as_people_head(as_people.seq), .epoch = as_people.epoch);
    as_people_settle();
    acknowledge(mute, as_people.seq);
    must_refuse(mute);
}

/* A call that waits for its record to be acknowledged; the record before it. */
static struct msg_call_open waiting_call(uint64_t *ret_before)
{
    struct msg_call_open m = as_people_call(KEY_ANA, WEATHER);

    as_people_settle();
    as_people.silent = true;
    *ret_before = as_people.seq;
    as_people_open(&m);
    UNTIL(as_people.play, as_people_serve() && as_people.seq > *ret_before);
    return m;
}

/* No acknowledgement, no permit; and of two the one that is acknowledged. */
static void silent(struct play *p)
{
    uint64_t before;
    struct msg_call_open m = waiting_call(&before), next = as_people_call(KEY_ANA, WEATHER);

    as_people_settle();
    as_people_nothing_released();
    as_people_open(&next);
    UNTIL(p, as_people_serve() && as_people.seq > before + 1);
    as_people_settle();
    as_people_nothing_released();
    acknowledge(as_people.audit, before + 1);
    (void)as_people_permit(&m);
    as_people_settle();
    as_people_nothing_released();
    as_people_denied(next.call, ERR_UNAVAILABLE);
}

/* Nothing is released; ending things works. Then an honest log again. */
static void must_hold_back(struct play *p, enum err why)
{
    struct msg_call_open m = as_people_call(KEY_ANA, WEATHER);

    as_people_open(&m);
    as_people_denied(m.call, why);
    m = as_people_call(KEY_BEN, OPEN);
    as_people_open(&m);
    as_people_denied(m.call, why);
    assert_err(as_people_ctl(MSG_CTL_REVOKE, &(struct msg_ctl_revoke){.scope = CTL_SCOPE_ALL}),
               ERR_OK);
    assert_int_equal(as_people_left_to_ana(WEATHER), -1);
    as_people_nothing_released();
    must_stand(p->supervisor);
}

/* What it found is not forgotten at the next start, unless somebody who looked says so. */
static void recheck(void)
{
    assert_err(as_people_ctl(MSG_CTL_AUDIT_RECHECK, &(struct msg_ctl_audit_recheck){0}), ERR_OK);
}

/* A new life of the keeper, with the honest log; the peers are new. */
static void start_again(struct play *p)
{
    recheck();
    play_again(p);
    memset(as_people.egress, 0, sizeof as_people.egress);
    as_people.silent = false;
    as_people_meet();
    as_people_connect(KEY_ANA, WEATHER);
}

static void rolled_back(struct play *p)
{
    for (int i = 0; i < 6; i++) {
        uint64_t acked;
        struct msg_call_open m = waiting_call(&acked);
        const struct msg_audit_state states[] = {
            {.seq = acked - 1, as_people_head(acked - 1), .epoch = as_people.epoch},
            {.seq = acked, FRESH(digest), .epoch = as_people.epoch},
            {.seq = 0},
            {.seq = acked + 100, FRESH(digest), .epoch = as_people.epoch},
            {.seq = UINT64_MAX, FRESH(digest), .epoch = as_people.epoch},
            {.seq = acked, as_people_head(acked), .epoch = as_people.epoch + 1},
        };

        as_people.audit = play_peer(p, ROLE_AUDIT, HONEST);
        say(as_people.audit, MSG_AUDIT_STATE, &states[i]);
        as_people_denied(m.call, ERR_CORRUPT);
        must_hold_back(p, ERR_CORRUPT);
        start_again(p);
    }
}

/* It says that what it acknowledged is not what it has. */
static void refuses_as_corrupt(struct play *p)
{
    uint64_t acked;
    struct msg_call_open m = waiting_call(&acked);

    SAY(as_people.audit, MSG_AUDIT_REFUSED, audit_refused, acked + 1, ERR_CORRUPT);
    as_people_denied(m.call, ERR_CORRUPT);
    acknowledge(as_people.audit, acked + 1);
    must_hold_back(p, ERR_CORRUPT);
    start_again(p);
}

/* No space, for as long as it says so. */
static void refuses_for_space(struct play *p)
{
    uint64_t acked;
    struct msg_call_open m = waiting_call(&acked);

    SAY(as_people.audit, MSG_AUDIT_REFUSED, audit_refused, acked + 1, ERR_NO_SPACE);
    as_people_denied(m.call, ERR_NO_SPACE);
    must_hold_back(p, ERR_NO_SPACE);
    SAY(as_people.audit, MSG_AUDIT_ACK, audit_ack, .seq = as_people.seq, .written = as_people.seq,
        .head = as_people_head(as_people.seq), .low = true);
    must_hold_back(p, ERR_NO_SPACE);
    as_people.silent = false;
    as_people_settle();
    acknowledge(as_people.audit, as_people.seq);
    as_people_settle();
    as_people_connect(KEY_ANA, WEATHER);
}

static void refusals_out_of_range(struct play *p)
{
    const uint64_t numbers[] = {0, as_people.seq - 1, as_people.seq + 1000, UINT64_MAX};

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        as_people_settle();
        SAY(as_people.audit, MSG_AUDIT_REFUSED, audit_refused, numbers[i], ERR_CORRUPT);
        must_refuse(as_people.audit);
        as_people_meet();
    }
}

/* The head that it acknowledged is remembered: the true log is then another one. */
static void wrong_head(struct play *p)
{
    uint64_t acked;
    struct msg_call_open m = waiting_call(&acked);
    struct digest lie = FRESH(digest);
    struct msg_audit_state state = {.seq = acked + 1, .epoch = as_people.epoch};

    assert_int_equal(as_people.seq, acked + 1);
    SAY(as_people.audit, MSG_AUDIT_ACK, audit_ack, .seq = acked + 1, .written = acked + 1,
        .head = lie);
    as_people_result(WEATHER, as_people_permit(&m), RESULT_ANSWERED);
    as_people.audit = play_peer(p, ROLE_AUDIT, HONEST);
    state.head = as_people_head(acked + 1);
    say(as_people.audit, MSG_AUDIT_STATE, &state);
    as_people_settle();
    must_hold_back(p, ERR_CORRUPT);
    recheck();
    play_again(p);
    memset(as_people.egress, 0, sizeof as_people.egress);
    as_people.seq = acked + 1;
    as_people.silent = false;
    as_people.audit = play_peer(p, ROLE_AUDIT, HONEST);
    state.head = lie;
    say(as_people.audit, MSG_AUDIT_STATE, &state);
    as_people_meet();
    as_people_connect(KEY_ANA, WEATHER);
}

/* --- a hostile user of the command ------------------------------------------------------------ */

static void people_that_cannot_be(struct play *p)
{
    static const uint8_t salt[17];
    struct sec *v = as_people.person[ANA].verifier;
    const struct {
        struct msg_ctl_user_add m;
        enum err add, change;
    } rows[] = {
        {{SLICE_EMPTY, slice_of(salt, 16), 1, 8192, v}, ERR_OUT_OF_RANGE, ERR_OUT_OF_RANGE},
        {{SLICE_LIT("eve"), slice_of(salt, 15), 1, 8192, v}, ERR_OUT_OF_RANGE, ERR_OUT_OF_RANGE},
        {{SLICE_LIT("eve"), SLICE_EMPTY, 1, 8192, v}, ERR_OUT_OF_RANGE, ERR_OUT_OF_RANGE},
        {{SLICE_LIT("eve"), slice_of(salt, 16), 0, 8192, v}, ERR_OUT_OF_RANGE, ERR_OUT_OF_RANGE},
        {{SLICE_LIT("eve"), slice_of(salt, 16), UINT64_MAX, 8192, v},
         ERR_OUT_OF_RANGE,
         ERR_OUT_OF_RANGE},
        {{SLICE_LIT("eve"), slice_of(salt, 16), 1, 0, v}, ERR_OUT_OF_RANGE, ERR_OUT_OF_RANGE},
        {{SLICE_LIT("eve"), slice_of(salt, 16), 1, UINT64_MAX, v},
         ERR_OUT_OF_RANGE,
         ERR_OUT_OF_RANGE},
        {{SLICE_LIT("eve"), slice_of(salt, 16), 1, 8192, secret_of("short")},
         ERR_OUT_OF_RANGE,
         ERR_OUT_OF_RANGE},
        {{SLICE_LIT("ana"), slice_of(salt, 16), 1, 8192, secret_of("short")},
         ERR_OUT_OF_RANGE,
         ERR_OUT_OF_RANGE},
        {{SLICE_LIT("eve"), slice_of(salt, 16), 1, 8192, NULL}, ERR_OUT_OF_RANGE, ERR_OUT_OF_RANGE},
    };
    const struct msg_ctl_user_add again = {SLICE_LIT("ana"), slice_of(salt, 16), 1, 8192, v};
    struct msg_ctl_user_password other = {SLICE_LIT("eve"), slice_of(salt, 16), 1, 8192, v};

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct msg_ctl_user_add *m = &rows[i].m;
        const struct msg_ctl_user_password change = {m->name, m->salt, m->ops, m->mem, m->verifier};

        assert_err(as_people_ctl(MSG_CTL_USER_ADD, m), rows[i].add);
        assert_err(as_people_ctl(MSG_CTL_USER_PASSWORD, &change), rows[i].change);
    }
    assert_err(as_people_ctl(MSG_CTL_USER_ADD, &again), ERR_EXISTS);
    assert_err(as_people_ctl(MSG_CTL_USER_PASSWORD, &other), ERR_NOT_FOUND);
    other.name = SLICE_LIT("ANA");
    assert_err(as_people_ctl(MSG_CTL_USER_PASSWORD, &other), ERR_NOT_FOUND);
    (void)as_people_ctl(MSG_CTL_USER_LIST, &(struct msg_ctl_user_list){0});
    assert_int_equal(unheard(as_people.cli, MSG_CTL_USER_ROW), PEOPLE);
    as_people_login(ANA);
}

/* A key of that hash is Ana's: it does not become Ben's, nor hers twice. */
static void keys_that_cannot_be(struct play *p)
{
    struct msg_ctl_key_add m = {.user_name = SLICE_LIT("ben"),
                                .label = SLICE_LIT("x"),
                                .token_hash = hash_sha256(SLICE_LIT("sgk_of_ana"))};
    struct msg_call_open call = as_people_call(KEY_ANA, WEATHER);

    (void)p;
    assert_err(as_people_ctl(MSG_CTL_KEY_ADD, &m), ERR_EXISTS);
    m.user_name = SLICE_LIT("ana");
    assert_err(as_people_ctl(MSG_CTL_KEY_ADD, &m), ERR_EXISTS);
    m = (struct msg_ctl_key_add){.label = SLICE_LIT("x"), .token_hash = FRESH(digest)};
    assert_err(as_people_ctl(MSG_CTL_KEY_ADD, &m), ERR_NOT_FOUND);
    m.user_name = SLICE_LIT("eve");
    assert_err(as_people_ctl(MSG_CTL_KEY_ADD, &m), ERR_NOT_FOUND);
    call.want = CALL_WANT_OWN;
    as_people_open(&call);
    assert_true(
        slice_eq_str(as_people_hear(as_people.gateway, MSG_CALL_OWN)->call_own.user_name, "ana"));
}

static void ids_of_nobody(struct play *p)
{
    const struct {
        enum msg type;
        union msg_any m;
        enum err want;
    } rows[] = {
        {MSG_CTL_USER_REMOVE, {.ctl_user_remove = {SLICE_EMPTY}}, ERR_NOT_FOUND},
        {MSG_CTL_USER_REMOVE, {.ctl_user_remove = {SLICE_LIT("eve")}}, ERR_NOT_FOUND},
        {MSG_CTL_KEY_REMOVE, {.ctl_key_remove = {{{0}}}}, ERR_NOT_FOUND},
        {MSG_CTL_KEY_REMOVE, {.ctl_key_remove = {FRESH(client_id)}}, ERR_NOT_FOUND},
        {MSG_CTL_KEY_LIST, {.ctl_key_list = {SLICE_LIT("eve")}}, ERR_NOT_FOUND},
        {MSG_CTL_CONNECTION_LIST, {.ctl_connection_list = {SLICE_LIT("eve")}}, ERR_NOT_FOUND},
        {MSG_CTL_REVOKE, {.ctl_revoke = {.scope = CTL_SCOPE_CONNECTION}}, ERR_NOT_FOUND},
        {MSG_CTL_REVOKE,
         {.ctl_revoke = {.scope = CTL_SCOPE_CONNECTION, .connection = FRESH(connection_id)}},
         ERR_NOT_FOUND},
        {MSG_CTL_REVOKE, {.ctl_revoke = {.scope = CTL_SCOPE_USER}}, ERR_NOT_FOUND},
        {MSG_CTL_REVOKE,
         {.ctl_revoke = {.scope = CTL_SCOPE_USER, .name = SLICE_LIT("eve")}},
         ERR_NOT_FOUND},
        {MSG_CTL_REVOKE, {.ctl_revoke = {.scope = CTL_SCOPE_UPSTREAM}}, ERR_NOT_FOUND},
        {MSG_CTL_REVOKE,
         {.ctl_revoke = {.scope = CTL_SCOPE_UPSTREAM, .name = SLICE_LIT("eve")}},
         ERR_NOT_FOUND},
        {MSG_CTL_UPSTREAM_PROBE, {.ctl_upstream_probe = {SLICE_EMPTY}}, ERR_NOT_FOUND},
        {MSG_CTL_UPSTREAM_PROBE, {.ctl_upstream_probe = {SLICE_LIT("eve")}}, ERR_NOT_FOUND},
    };

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_err(as_people_ctl(rows[i].type, &rows[i].m), rows[i].want);
    assert_int_equal(unheard(as_people.cli, MSG_CTL_KEY_ROW), 0);
    assert_int_equal(unheard(as_people.cli, MSG_CTL_CONNECTION_ROW), 0);
    assert_true(as_people_left_to_ana(WEATHER) > 0);
}

/* The message, which begins with a name, with one of n bytes; the command's channel. */
static struct end *say_name(enum msg type, size_t n)
{
    enum { LENGTH = 3 }; /* after the type, in two bytes, of which the first is zero here */
    union msg_any m = {0};
    struct buf empty = BUF_INIT(LIM_FRAME_BYTES), frame = BUF_INIT(LIM_FRAME_BYTES);

    frame_put(&empty, type, &m);
    buf_put(&frame, slice_sub(buf_slice(&empty), 0, LENGTH));
    buf_put_u8(&frame, (uint8_t)n);
    for (size_t i = 0; i < n; i++)
        buf_put_u8(&frame, 'a');
    buf_put(&frame, slice_sub(buf_slice(&empty), LENGTH + 1, empty.n));
    say_raw(as_people.cli, buf_slice(&frame), NULL, 0);
    buf_free(&empty);
    buf_free(&frame);
    return as_people.cli;
}

/* As long as the table has it: answered. One byte more: refused. */
static void names_too_long(struct play *p)
{
    static const struct {
        enum msg type;
        size_t most;
    } rows[] = {{MSG_CTL_USER_REMOVE, LIM_USER_NAME_BYTES},
                {MSG_CTL_USER_ADD, LIM_USER_NAME_BYTES},
                {MSG_CTL_USER_PASSWORD, LIM_USER_NAME_BYTES},
                {MSG_CTL_KEY_ADD, LIM_USER_NAME_BYTES},
                {MSG_CTL_KEY_LIST, LIM_USER_NAME_BYTES},
                {MSG_CTL_CONNECTION_LIST, LIM_USER_NAME_BYTES},
                {MSG_CTL_UPSTREAM_PROBE, 32}};

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        as_people_meet();
        (void)as_people_hear(say_name(rows[i].type, rows[i].most), MSG_CTL_DONE);
        must_refuse(say_name(rows[i].type, rows[i].most + 1));
    }
}

static const struct row rows[] = {
    {"audit: acks beyond and back", acks_beyond_and_back},
    {"audit: acks out of place", acks_out_of_place},
    {"audit: silent", silent},
    {"audit: rolled back", rolled_back},
    {"audit: refuses as corrupt", refuses_as_corrupt},
    {"audit: refuses for space", refuses_for_space},
    {"audit: refusals out of range", refusals_out_of_range},
    {"audit: a wrong head", wrong_head},
    {"cli: people that cannot be", people_that_cannot_be},
    {"cli: keys that cannot be", keys_that_cannot_be},
    {"cli: ids of nobody", ids_of_nobody},
    {"cli: names too long", names_too_long},
};

int main(int argc, char **argv)
{
    static const struct program keeper = {&cast_people, rows, ARRAY_LEN(rows)};

    return program_main(&keeper, 1, argc, argv);
}
