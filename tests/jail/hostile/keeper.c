/*
 * The keeper, with a gateway or an egress that was taken over. It alone holds what the attacks are
 * after: who somebody is, what is stored, and whether something may be sent. A peer may end what it
 * could have ended anyway; it must not get a permit that is not its own, another person's things,
 * or one use more than a lease has.
 */
#include "as_people.h"

#include <string.h>

#include "crypto/hash.h"

/* --- a taken-over gateway --------------------------------------------------------------------- */

static void token_of_nobody(struct play *p)
{
    static const char *const tokens[] = {
        "", "sgk_of_nobody", "sgk_of_an", "sgk_of_ana ", "SGK_OF_ANA", "ana"};
    struct msg_call_open m;

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
        m = as_people_call(KEY_ANA, WEATHER);
        m.token = secret_of(tokens[i]);
        as_people_open(&m);
        as_people_denied(m.call, ERR_UNAUTHENTICATED);
    }
}

static void no_such_upstream(struct play *p)
{
    static const uint16_t numbers[] = {4, LIM_UPSTREAMS - 1, LIM_UPSTREAMS, 0x8000, UINT16_MAX};
    struct msg_call_open m;

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        m = as_people_call(KEY_ANA, numbers[i]);
        as_people_open(&m);
        as_people_denied(m.call, ERR_NO_ROUTE);
    }
}

/* While it runs, is over, is held: the number is taken. Its permit was one. */
static void number_twice(struct play *p)
{
    struct msg_call_open m = as_people_call(KEY_ANA, WEATHER);

    (void)p;
    as_people_open(&m);
    (void)as_people_permit(&m);
    as_people_open(&m);
    must_refuse(as_people.gateway);
    as_people_meet();
    m = as_people_call(KEY_ANA, WEATHER);
    m.want = CALL_WANT_OWN;
    as_people_open(&m);
    (void)as_people_hear(as_people.gateway, MSG_CALL_OWN);
    m.want = CALL_WANT_SEND;
    as_people_open(&m);
    must_refuse(as_people.gateway);
    as_people_meet();
    m = as_people_call(KEY_ANA, ONCE);
    (void)as_people_ask(&m);
    m.upstream = WEATHER;
    as_people_open(&m);
    must_refuse(as_people.gateway);
}

/* The state of a handoff of Ana's first key. */
static struct msg_call_open with_state(void)
{
    struct msg_call_open m = as_people_call(KEY_ANA, ONCE);

    m.state = as_people_ask(&m)->state;
    assert_true(m.state.n > 0);
    return m;
}

/* It is good for nothing. */
static void bad_state(struct msg_call_open m)
{
    m.call = ++as_people.number;
    as_people_open(&m);
    as_people_denied(m.call, ERR_BAD_STATE);
}

/* Its owner's retry is good still. */
static void good_state(struct msg_call_open m)
{
    m.call = ++as_people.number;
    m.answer = ANSWER_ACCEPT;
    as_people_open(&m);
    assert_int_equal(as_people_hear(as_people.gateway, MSG_CALL_HOLD)->call_hold.call, m.call);
}

static void state_of_another(struct play *p)
{
    struct msg_call_open good = with_state(), m = good;

    (void)p;
    m.token = as_people.token[KEY_BEN];
    bad_state(m);
    m.token = as_people.token[KEY_ANA_OTHER];
    bad_state(m);
    good_state(good);
}

static void state_for_another_request(struct play *p)
{
    struct msg_call_open good = with_state(), m = good;

    (void)p;
    m.request = hash_sha256(SLICE_LIT("forecast Rome"));
    bad_state(m);
    m.projection = SLICE_EMPTY;
    bad_state(m);
    m = good;
    m.upstream = WEATHER;
    bad_state(m);
    m.upstream = OPEN;
    bad_state(m);
    good_state(good);
}

/* Every character changed in turn, every length, and all ends of the text. */
static void state_forged(struct play *p)
{
    static const char ends[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=";
    struct msg_call_open good = with_state(), m = good;
    char text[LIM_STATE_BYTES + 1];
    size_t n = slice_copy(good.state, (uint8_t *)text, sizeof text);
    char last = text[n - 1];

    (void)p;
    for (size_t i = 0; i < n; i++) {
        char was = text[i];

        text[i] = was == 'A' ? 'B' : 'A';
        m.state = slice_of(text, n);
        bad_state(m);
        text[i] = was;
        m.state = slice_of(text, i);
        if (i > 0)
            bad_state(m);
    }
    for (size_t i = 0; ends[i] != 0; i++) {
        text[n - 1] = ends[i];
        m.state = slice_of(text, n);
        if (ends[i] != last)
            bad_state(m);
        text[n - 1] = last;
        text[n] = ends[i];
        m.state = slice_of(text, n + 1);
        bad_state(m);
    }
    good_state(good);
}

/* The handoff is completed; then its state is good for one call. */
static void state_twice(struct play *p)
{
    struct msg_call_open m = as_people_call(KEY_ANA_OTHER, WEATHER);
    const struct msg_call_handoff *h = as_people_ask(&m);

    (void)p;
    as_people_complete(ANA, h->handoff);
    m.state = h->state;
    m.answer = ANSWER_ACCEPT;
    m.call = ++as_people.number;
    as_people_open(&m);
    (void)as_people_permit(&m);
    bad_state(m);
    bad_state(m);
}

/* What a gateway may say about a call. */
static void about_call(struct end *gateway, uint64_t call)
{
    SAY(gateway, MSG_CALL_ANSWER, call_answer, call, ANSWER_DECLINE);
    SAY(gateway, MSG_SNAPSHOT_GET, snapshot_get, call, SNAPSHOT_TOOLS);
    SAY(gateway, MSG_CALL_GONE, call_gone, .call = call);
}

/* Numbers that it never opened, and one that is another gateway's, which waits. */
static void calls_of_others(struct play *p)
{
    struct msg_call_open m = as_people_call(KEY_ANA, ONCE);
    const struct msg_call_handoff *h;
    struct end *hostile = play_peer(p, ROLE_GATEWAY, HOSTILE);

    m.era = ERA_LEGACY;
    m.session = FRESH(session_id);
    h = as_people_ask(&m);
    about_call(hostile, m.call);
    about_call(hostile, 0);
    about_call(hostile, UINT64_MAX);
    SAY(hostile, MSG_SESSION_GONE, session_gone, m.session);
    as_people_settle();
    must_stand(hostile);
    assert_true(TAILQ_EMPTY(&hostile->lines));
    as_people_complete(ANA, h->handoff);
    assert_int_equal(as_people_hear(as_people.gateway, MSG_HANDOFF_SIGNAL)->handoff_signal.state,
                     HANDOFF_STATE_COMPLETED);
    (void)as_people_permit(&m);
    as_people_settle();
    assert_true(TAILQ_EMPTY(&hostile->lines));
}

/* Answers to what no upstream asked: with no state, with one of a handoff, with one that it made.
 */
static void answers_unasked(struct play *p)
{
    struct msg_call_open m = as_people_call(KEY_ANA, WEATHER);

    (void)p;
    m.answers = true;
    bad_state(m);
    m.state = SLICE_LIT("made_up");
    bad_state(m);
    m = with_state();
    m.answers = true;
    bad_state(m);
    as_people_nothing_released();
}

/* --- a taken-over egress ---------------------------------------------------------------------- */

typedef void about_use(struct end *e, struct use_id use);

static void say_result(struct end *e, struct use_id use)
{
    SAY(e, MSG_USE_RESULT, use_result, .use = use, .result = RESULT_UNSENT);
}

static void say_hits(struct end *e, struct use_id use)
{
    SAY(e, MSG_USE_HITS, use_hits, .use = use, .hits = UINT32_MAX);
}

static void say_dial(struct end *e, struct use_id use)
{
    SAY(e, MSG_DIAL_WANT, dial_want, .use = use, .dial = 7);
}

static void say_snapshot(struct end *e, struct use_id use)
{
    SAY(e, MSG_SNAPSHOT_PUT, snapshot_put, .use = use, .kind = SNAPSHOT_TOOLS, .size = 2,
        .part = SLICE_LIT("{}"));
}

static void say_seal(struct end *e, struct use_id use)
{
    SAY(e, MSG_STATE_SEAL, state_seal, .use = use, .has_state = true, .state = SLICE_LIT("mine"));
}

static about_use *const about_uses[] = {say_result, say_hits, say_dial, say_snapshot, say_seal};

/* Another egress says it: refused, and the use is as it was. */
static void uses_of_others(struct play *p)
{
    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(about_uses); i++) {
        struct use_id own = as_people_use(KEY_BEN, OPEN), other = as_people_use(KEY_ANA, WEATHER);
        int64_t before = as_people_left_to_ana(WEATHER);

        assert_false(ID_EQ(own, other));
        about_uses[i](as_people.egress[OPEN], other);
        must_refuse(as_people.egress[OPEN]);
        as_people_settle();
        assert_int_equal(as_people_left_to_ana(WEATHER), before);
        must_stand(as_people.egress[WEATHER]);
        as_people_result(WEATHER, other, RESULT_UNSENT);
        as_people_settle();
        assert_int_equal(as_people_left_to_ana(WEATHER), before + 1);
    }
}

/* What it has sealed for a use of its own is good for whoever asked, for that request, once. */
static void sealed_for_its_own(struct play *p)
{
    struct msg_call_open good = as_people_call(KEY_ANA, WEATHER), m;
    struct end *e = as_people.egress[WEATHER];
    struct use_id use;

    (void)p;
    as_people_open(&good);
    use = as_people_permit(&good);
    e = as_people.egress[WEATHER];
    say_seal(e, use);
    good.state = as_people_hear(e, MSG_STATE_SEALED)->state_sealed.state;
    m = good;
    m.token = as_people.token[KEY_BEN];
    bad_state(m);
    m.token = as_people.token[KEY_ANA_OTHER];
    bad_state(m);
    m = good;
    m.request = hash_sha256(SLICE_LIT("forecast Rome"));
    bad_state(m);
    m = good;
    m.upstream = OPEN;
    bad_state(m);
    as_people_nothing_released();
    good.call = ++as_people.number;
    as_people_open(&good);
    (void)as_people_permit(&good);
    bad_state(good);
    say_seal(e, use); /* a second one */
    must_refuse(e);
}

/* No such use, or none any more: nothing comes of it. */
static void uses_of_nobody(struct play *p)
{
    struct use_id use = as_people_use(KEY_ANA, WEATHER);
    int64_t before = as_people_left_to_ana(WEATHER);

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(about_uses); i++)
        about_uses[i](as_people.egress[WEATHER], FRESH(use_id));
    as_people_result(WEATHER, use, RESULT_ANSWERED);
    /* Its end rides in the transaction of the next call, which is given back. */
    as_people_result(WEATHER, as_people_use(KEY_ANA, WEATHER), RESULT_UNSENT);
    as_people_settle();
    for (size_t i = 0; i < ARRAY_LEN(about_uses); i++)
        about_uses[i](as_people.egress[WEATHER], use);
    as_people_settle();
    must_stand(as_people.egress[WEATHER]);
    as_people_nothing_released();
    assert_int_equal(as_people_left_to_ana(WEATHER), before);
}

/* However the second one comes: in the same breath, or when the first is stored. */
static void unsent_twice(struct play *p)
{
    int64_t before;

    (void)p;
    for (int later = 0; later < 2; later++) {
        struct use_id first = as_people_use(KEY_ANA, WEATHER),
                      use = as_people_use(KEY_ANA, WEATHER);

        before = as_people_left_to_ana(WEATHER);
        as_people_result(WEATHER, use, RESULT_UNSENT);
        if (later)
            as_people_settle();
        as_people_result(WEATHER, use, RESULT_UNSENT);
        as_people_settle();
        assert_int_equal(as_people_left_to_ana(WEATHER), before + 1);
        as_people_result(WEATHER, first, RESULT_ANSWERED);
        as_people_result(WEATHER, first, RESULT_UNSENT);
        as_people_settle();
        assert_int_equal(as_people_left_to_ana(WEATHER), before + 1);
    }
}

/* A lease of one use: not sent means one more, and no more than one. */
static void unsent_twice_once(struct play *p)
{
    struct msg_call_open m;
    struct use_id use;

    (void)p;
    as_people_connect(KEY_ANA, ONCE);
    for (int i = 0; i < 3; i++) {
        use = as_people_use(KEY_ANA, ONCE);
        assert_int_equal(as_people_left_to_ana(ONCE), 0);
        as_people_result(ONCE, use, RESULT_UNSENT);
        as_people_result(ONCE, use, RESULT_UNSENT);
        as_people_settle();
        assert_int_equal(as_people_left_to_ana(ONCE), 1);
    }
    use = as_people_use(KEY_ANA, ONCE);
    m = as_people_call(KEY_ANA, ONCE);
    (void)as_people_ask(&m);
    as_people_result(ONCE, use, RESULT_ANSWERED);
    as_people_result(ONCE, use, RESULT_UNSENT);
    as_people_settle();
    m = as_people_call(KEY_ANA, ONCE);
    (void)as_people_ask(&m);
    assert_int_equal(as_people_left_to_ana(ONCE), 0);
}

static void results_out_of_range(struct play *p)
{
    static const uint16_t codes[] = {ERR_COUNT, 0x7fff, UINT16_MAX};
    int64_t before;

    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        struct buf b = BUF_INIT(LIM_FRAME_BYTES);
        struct use_id use = as_people_use(KEY_ANA, WEATHER);

        before = as_people_left_to_ana(WEATHER);
        frame_put(&b, MSG_USE_RESULT,
                  &(struct msg_use_result){.use = use, .result = RESULT_UNSENT});
        b.n -= 2; /* the code */
        wire_put_number(&b, codes[i], 2);
        play_mark(p);
        say_raw(as_people.egress[WEATHER], buf_slice(&b), NULL, 0);
        buf_free(&b);
        must_refuse_for(as_people.egress[WEATHER], "use_result", "not decodable");
        as_people_settle();
        assert_int_equal(as_people_left_to_ana(WEATHER), before); /* unknown: not given back */
    }
}

static const uint8_t zeros[LIM_PART_BYTES];

/* Each row: up to three parts, of which the last is refused. */
static void snapshot_lies(struct play *p)
{
    static const struct {
        struct {
            enum snapshot kind;
            uint32_t size, offset;
            size_t n;
        } part[3];
    } rows[] = {
        {{{SNAPSHOT_TOOLS, 0, 0, 0}}},
        {{{SNAPSHOT_TOOLS, 0, 0, 5}}},
        {{{SNAPSHOT_TOOLS, 9, 0, 0}}},
        {{{SNAPSHOT_TOOLS, LIM_SNAPSHOT_BYTES + 1, 0, 9}}},
        {{{SNAPSHOT_TOOLS, UINT32_MAX, 0, 9}}},
        {{{SNAPSHOT_TOOLS, 9, 1, 8}}},
        {{{SNAPSHOT_TOOLS, 9, UINT32_MAX, 9}}},
        {{{SNAPSHOT_TOOLS, 9, 0, 10}}},
        {{{SNAPSHOT_TOOLS, 1, 0, LIM_PART_BYTES}}},
        {{{SNAPSHOT_TOOLS, 9, 0, 4}, {SNAPSHOT_TOOLS, 9, 4, 6}}},
        {{{SNAPSHOT_TOOLS, 9, 0, 4}, {SNAPSHOT_TOOLS, 9, 3, 5}}},
        {{{SNAPSHOT_TOOLS, 9, 0, 4}, {SNAPSHOT_TOOLS, 9, 5, 4}}},
        {{{SNAPSHOT_TOOLS, 9, 0, 4}, {SNAPSHOT_TOOLS, 99, 4, 5}}},
        {{{SNAPSHOT_TOOLS, 9, 0, 4}, {SNAPSHOT_PROMPTS, 9, 4, 5}}},
        {{{SNAPSHOT_TOOLS, 9, 0, 4}, {SNAPSHOT_TOOLS, 9, 4, 0}}},
        {{{SNAPSHOT_TOOLS, 9, 0, 9}, {SNAPSHOT_TOOLS, 9, 9, 1}}},
        {{{SNAPSHOT_TOOLS, 9, 0, 4}, {SNAPSHOT_TOOLS, 5, 0, 4}, {SNAPSHOT_TOOLS, 9, 4, 5}}},
    };

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct use_id use = as_people_use(KEY_BEN, OPEN);

        for (size_t k = 0; k < 3 && (k == 0 || rows[i].part[k].n + rows[i].part[k].size > 0); k++)
            SAY(as_people.egress[OPEN], MSG_SNAPSHOT_PUT, snapshot_put, .use = use,
                .kind = rows[i].part[k].kind, .size = rows[i].part[k].size,
                .offset = rows[i].part[k].offset, .part = slice_of(zeros, rows[i].part[k].n));
        must_refuse(as_people.egress[OPEN]);
    }
}

/* Where they go is not its choice, and they have an end. */
static void many_dials(struct play *p)
{
    struct use_id use = as_people_use(KEY_ANA, WEATHER);

    (void)p;
    for (int i = 0; i <= LIM_DIALS_PER_USE; i++)
        say_dial(as_people.egress[WEATHER], use);
    must_refuse(as_people.egress[WEATHER]);
    as_people_settle();
    for (int i = 0; i < LIM_DIALS_PER_USE; i++) {
        const struct msg_dial *m = &as_people_hear(as_people.dialer, MSG_DIAL)->dial;

        assert_true(slice_eq_str(m->host, "127.0.0.1") && m->port == 9);
        assert_int_equal(m->egress_generation, as_people.egress[WEATHER]->generation);
    }
}

/* Reflections have a budget, whatever number is said at once: then the connection is no use. */
static void hits_without_end(struct play *p)
{
    struct msg_call_open m;
    struct use_id use;

    (void)p;
    as_people_connect(KEY_ANA, ONCE);
    use = as_people_use(KEY_ANA, ONCE);
    for (int i = 0; i < 3; i++)
        say_hits(as_people.egress[ONCE], use);
    (void)as_people_hear(as_people.egress[ONCE], MSG_DROP);
    as_people_result(ONCE, use, RESULT_UNSENT);
    as_people_settle();
    m = as_people_call(KEY_ANA, ONCE);
    as_people_open(&m);
    as_people_denied(m.call, ERR_SUSPENDED);
}

/* Its word on a drop ends no wait but its own. */
static void dropped_unasked(struct play *p)
{
    (void)p;
    (void)as_people_use(KEY_BEN, OPEN); /* so that it is there */
    SAY(as_people.egress[OPEN], MSG_DROPPED, dropped, 0);
    must_refuse_for(as_people.egress[OPEN], "", "says that it has dropped what it was not told to");
    as_people_settle();
}

static uint32_t size_of_list(uint64_t call)
{
    SAY(as_people.gateway, MSG_SNAPSHOT_GET, snapshot_get, call, SNAPSHOT_TOOLS);
    return as_people_hear(as_people.gateway, MSG_SNAPSHOT_PART)->snapshot_part.size;
}

/* A list seen with Ana's credential is for her calls alone. */
static void lists_of_another(struct play *p)
{
    struct msg_call_open ana = as_people_call(KEY_ANA, WEATHER),
                         ben = as_people_call(KEY_BEN, WEATHER);

    (void)p;
    as_people_open(&ana);
    say_snapshot(as_people.egress[WEATHER], as_people_permit(&ana));
    as_people_settle();
    (void)as_people_ask(&ben);
    assert_int_equal(size_of_list(ben.call), 0);
    assert_int_equal(size_of_list(ana.call), 2);
}

static const struct row rows[] = {
    {"gateway: a token of nobody", token_of_nobody},
    {"gateway: an upstream that is not there", no_such_upstream},
    {"gateway: a call's number twice", number_twice},
    {"gateway: another user's or client's state", state_of_another},
    {"gateway: a state for another request", state_for_another_request},
    {"gateway: a state forged and cut", state_forged},
    {"gateway: a state used twice", state_twice},
    {"gateway: calls of others", calls_of_others},
    {"gateway: answers to what nobody asked", answers_unasked},
    {"egress: uses of another egress", uses_of_others},
    {"egress: uses of nobody, and ended ones", uses_of_nobody},
    {"egress: a state for its own use alone", sealed_for_its_own},
    {"egress: unsent twice", unsent_twice},
    {"egress: unsent twice, of a lease of one use", unsent_twice_once},
    {"egress: results out of range", results_out_of_range},
    {"egress: snapshots that lie", snapshot_lies},
    {"egress: many dials", many_dials},
    {"egress: hits without end", hits_without_end},
    {"egress: a drop that nobody asked for", dropped_unasked},
    {"gateway: lists of another person", lists_of_another},
};

int main(int argc, char **argv)
{
    static const struct program keeper = {&cast_people, rows, ARRAY_LEN(rows)};

    return program_main(&keeper, 1, argc, argv);
}
