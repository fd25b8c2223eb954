/*
 * The keeper, while a new credential is tried, with an egress, a surface or a gateway that was
 * taken over. Only the egress process that has the trial says how it went, once; a credential that
 * was not accepted, or that was revoked meanwhile, or whose handoff is over, is not used for calls.
 */
#include "as_people.h"

struct trial {
    struct handoff_id handoff;
    struct use_id use;
    uint64_t req; /* of the form */
};

static struct end *tries(void)
{
    return as_people.egress[TRIED];
}

/* Opens a handoff for the key's person and posts its form; egress has the permit. */
static struct trial begin(unsigned key, unsigned person)
{
    struct msg_call_open call = as_people_call(key, TRIED);
    struct msg_handoff_submit form;
    const struct msg_permit *m;
    struct trial t;

    call.want = CALL_WANT_CONNECT;
    t.handoff = as_people_ask(&call)->handoff;
    assert_int_equal(as_people_view(person, t.handoff), HANDOFF_STATE_OPENED);
    form = as_people_form(person, t.handoff);
    t.req = form.req;
    say(as_people.surface, MSG_HANDOFF_SUBMIT, &form);
    UNTIL(as_people.play, as_people_serve() && tries() != NULL && !tries()->over);
    m = &as_people_hear(tries(), MSG_PERMIT)->permit;
    assert_int_equal(m->mode, MODE_VERIFY);
    t.use = m->use;
    return t;
}

static void say_how(struct end *e, struct use_id use, enum result result, bool refused)
{
    SAY(e, MSG_USE_RESULT, use_result, .use = use, .result = result, .refused = refused);
}

/* The person's page shows the state; its form was answered with the same. */
static void must_be(const struct trial *t, unsigned person, enum handoff_state state)
{
    const struct msg_handoff_view *m =
        &as_people_hear(as_people.surface, MSG_HANDOFF_VIEW)->handoff_view;

    assert_int_equal(m->req, t->req);
    assert_string_equal(handoff_state_name(m->state), handoff_state_name(state));
    assert_int_equal(as_people_view(person, t->handoff), state);
}

/* The number of uses of the person's connection; -1: none. */
static int64_t left(unsigned person)
{
    struct connection_id id;

    return as_people_left(person, TRIED, &id);
}

/* What was given for the upstream, by anybody. */
static void revoke_tried(void)
{
    const struct msg_ctl_revoke m = {.scope = CTL_SCOPE_UPSTREAM, .name = SLICE_LIT("tried")};

    assert_err(as_people_ctl(MSG_CTL_REVOKE, &m), ERR_OK);
}

/* --- results ---------------------------------------------------------------------------------- */

/* Of all that can be said of it, one thing alone means that it was accepted. In turn for two
 * people, who may try so and so often in a minute. */
static void every_result(struct play *p)
{
    static const enum err codes[] = {ERR_OK, ERR_UPSTREAM_ANSWER};
    unsigned who = ANA;

    (void)p;
    for (unsigned i = 0; i < RESULT_COUNT * 2 * ARRAY_LEN(codes); i++) {
        struct msg_use_result m = {.result = (enum result)(i / 2 % RESULT_COUNT),
                                   .refused = i & 1,
                                   .code = codes[i / 2 / RESULT_COUNT]};
        bool good = m.result == RESULT_ANSWERED && !m.refused && m.code == ERR_OK;
        struct trial t = begin(who == ANA ? KEY_ANA : KEY_BEN, who);

        m.use = t.use;
        say(tries(), MSG_USE_RESULT, &m);
        must_be(&t, who, good ? HANDOFF_STATE_COMPLETED : HANDOFF_STATE_OPENED);
        assert_int_equal(left(who), good ? 20 : -1);
        if (good)
            revoke_tried();
        who = who == ANA ? BEN : ANA;
    }
}

/* The first counts, whichever it is: a second one in the same breath is a breach, a later one about
 * nothing. */
static void two_results(struct play *p)
{
    (void)p;
    for (int later = 0; later < 2; later++) {
        for (int refused = 1; refused >= 0; refused--) {
            struct trial t = begin(KEY_ANA, ANA);

            say_how(tries(), t.use, RESULT_ANSWERED, refused);
            if (later)
                must_be(&t, ANA, refused ? HANDOFF_STATE_OPENED : HANDOFF_STATE_COMPLETED);
            say_how(tries(), t.use, RESULT_ANSWERED, !refused);
            if (!later)
                must_be(&t, ANA, refused ? HANDOFF_STATE_OPENED : HANDOFF_STATE_COMPLETED);
            as_people_settle();
            assert_int_equal(as_people_view(ANA, t.handoff),
                             refused ? HANDOFF_STATE_OPENED : HANDOFF_STATE_COMPLETED);
            assert_int_equal(left(ANA), refused ? -1 : 20);
        }
        revoke_tried();
    }
}

/* --- trials of others ------------------------------------------------------------------------- */

/* Another upstream's egress is cut off, and the trial waits for its own. */
static void by_another_egress(struct play *p)
{
    struct trial t = begin(KEY_ANA, ANA);

    (void)p;
    (void)as_people_use(KEY_BEN, OPEN); /* so that it is there */
    for (int refused = 0; refused < 2; refused++) {
        say_how(as_people.egress[OPEN], t.use, RESULT_ANSWERED, refused);
        must_refuse(as_people.egress[OPEN]);
        as_people_settle();
        assert_int_equal(as_people_view(ANA, t.handoff), HANDOFF_STATE_SUBMITTED);
        assert_int_equal(left(ANA), -1);
        (void)as_people_use(KEY_BEN, OPEN); /* its next life */
    }
    say_how(tries(), t.use, RESULT_ANSWERED, false);
    must_be(&t, ANA, HANDOFF_STATE_COMPLETED);
}

/* The egress that has both says how one went: the other waits. A use that is none, or of a call
 * that runs, says nothing of either. */
static void of_another_person(struct play *p)
{
    struct trial ana, ben;

    (void)p;
    ana = begin(KEY_ANA, ANA);
    ben = begin(KEY_BEN, BEN);
    say_how(tries(), FRESH(use_id), RESULT_ANSWERED, false);
    say_how(tries(), ben.use, RESULT_ANSWERED, false);
    must_be(&ben, BEN, HANDOFF_STATE_COMPLETED);
    assert_int_equal(as_people_view(ANA, ana.handoff), HANDOFF_STATE_SUBMITTED);
    assert_int_equal(left(ANA), -1);
    assert_int_equal(left(BEN), 20);
    say_how(tries(), ben.use, RESULT_ANSWERED, true);
    say_how(tries(), ana.use, RESULT_ANSWERED, true);
    must_be(&ana, ANA, HANDOFF_STATE_OPENED);
    assert_int_equal(left(BEN), 20);
}

/* --- too late --------------------------------------------------------------------------------- */

static void by_revoking(void)
{
    revoke_tried();
}

static void by_removing_the_key(void)
{
    const struct msg_ctl_key_row *row;
    struct msg_ctl_key_remove m;

    assert_err(as_people_ctl(MSG_CTL_KEY_LIST, &(struct msg_ctl_key_list){SLICE_LIT("ana")}),
               ERR_OK);
    do
        row = &hear(as_people.cli, MSG_CTL_KEY_ROW)->ctl_key_row;
    while (!slice_eq_str(row->label, "sgk_of_ana_other"));
    m.client = row->client;
    assert_err(as_people_ctl(MSG_CTL_KEY_REMOVE, &m), ERR_OK);
}

/* What it was for is gone: the server's yes comes too late. */
static void after_its_end(struct play *p)
{
    static void (*const ways[])(void) = {by_revoking, by_removing_the_key};

    (void)p;
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        struct trial t = begin(KEY_ANA_OTHER, ANA);

        ways[i]();
        say_how(tries(), t.use, RESULT_ANSWERED, false);
        as_people_settle();
        assert_int_equal(left(ANA), -1);
        assert_int_not_equal(as_people_view(ANA, t.handoff), HANDOFF_STATE_COMPLETED);
        assert_int_equal(left(ANA), -1);
    }
}

/* Neither a second form nor a no, from the page or from the client, comes between. */
static void meanwhile(struct play *p)
{
    struct msg_call_open call = as_people_call(KEY_ANA, TRIED);
    const struct msg_call_handoff *h = as_people_ask(&call);
    struct as_person *ana = &as_people.person[ANA];
    struct trial t = begin(KEY_ANA, ANA);
    struct msg_handoff_submit form = as_people_form(ANA, t.handoff);

    (void)p;
    say(as_people.surface, MSG_HANDOFF_SUBMIT, &form);
    as_people_page_denied(form.req, DENIAL_AGAIN);
    SAY(as_people.surface, MSG_HANDOFF_DECLINE, handoff_decline, ++as_people.number, ana->cookie,
        t.handoff, ana->csrf);
    as_people_page_denied(as_people.number, DENIAL_GONE);
    call.state = h->state;
    call.answer = ANSWER_DECLINE;
    call.call = ++as_people.number;
    as_people_open(&call);
    assert_int_equal(as_people_hear(as_people.gateway, MSG_CALL_NEUTRAL)->call_neutral.ending,
                     ENDING_WAITING);
    assert_int_equal(unheard(tries(), MSG_PERMIT), 0);
    say_how(tries(), t.use, RESULT_ANSWERED, false);
    must_be(&t, ANA, HANDOFF_STATE_COMPLETED);
}

/* The process that has it goes, or is another one by now: it is not known how it went. */
static void by_an_egress_that_is_gone(struct play *p)
{
    struct trial t = begin(KEY_ANA, ANA);

    end_close(tries());
    must_be(&t, ANA, HANDOFF_STATE_OPENED);
    as_people.egress[TRIED] = play_peer(p, ROLE_EGRESS, TRIED);
    say_how(tries(), t.use, RESULT_ANSWERED, false);
    as_people_settle();
    assert_int_equal(as_people_view(ANA, t.handoff), HANDOFF_STATE_OPENED);
    assert_int_equal(left(ANA), -1);
}

static const struct row rows[] = {
    {"trial: every result", every_result},
    {"trial: two results", two_results},
    {"trial: by another egress", by_another_egress},
    {"trial: of another person", of_another_person},
    {"trial: after its end", after_its_end},
    {"trial: another form, and a no, meanwhile", meanwhile},
    {"trial: by an egress that is gone", by_an_egress_that_is_gone},
};

int main(int argc, char **argv)
{
    static const struct program keeper = {&cast_people, rows, ARRAY_LEN(rows)};

    return program_main(&keeper, 1, argc, argv);
}
