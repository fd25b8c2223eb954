/*
 * The gateway, with a keeper that was taken over. The keeper decides everything, so it can gain
 * nothing here; but what it says out of turn, in the wrong place or in the wrong form must neither
 * end the process nor leave a client waiting, and what clients get stays JSON, whatever the keeper
 * puts into it.
 */
#include "as_gateway.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "proto/json.h"

static struct handoff_id some_handoff = {{0x77}};
static char session[64]; /* Ana's */
static struct session_id session_id;

/* What was said before is dealt with, and the keeper stands. */
static void settle(struct play *p)
{
    struct as_call c;

    must_stand(as_gateway.keeper);
    as_gateway_call(&c, OPEN);
    SAY(as_gateway.keeper, MSG_CALL_DENY, call_deny, c.call, ERR_FORBIDDEN);
    as_gateway_answered(p, &c, "403");
    must_stand(as_gateway.keeper);
}

/* --- out of turn ------------------------------------------------------------------------------ */

static void say_about(enum msg type, uint64_t call)
{
    struct end *k = as_gateway.keeper;

    switch (type) {
    case MSG_CALL_PERMIT:
        SAY(k, type, call_permit, .call = call, .use = FRESH(use_id), .client = {{1}},
            .egress_generation = as_gateway.egress[WEATHER]->generation);
        break;
    case MSG_CALL_OWN: SAY(k, type, call_own, .call = call, .client = {{1}}); break;
    case MSG_CALL_HANDOFF:
        SAY(k, type, call_handoff, .call = call, .client = {{1}}, .handoff = some_handoff,
            .words = SLICE_LIT("two words"), .state = SLICE_LIT("state"));
        break;
    case MSG_CALL_HOLD:
        SAY(k, type, call_hold, .call = call, .handoff = some_handoff, .state = SLICE_LIT("leg"));
        break;
    case MSG_CALL_NEUTRAL: SAY(k, type, call_neutral, .call = call); break;
    case MSG_CALL_DENY: SAY(k, type, call_deny, call, ERR_FORBIDDEN); break;
    default: SAY(k, MSG_SNAPSHOT_PART, snapshot_part, .call = call, .kind = SNAPSHOT_SERVER);
    }
}

static void be_asked(struct as_call *c)
{
    as_gateway_call(c, WEATHER);
}

static void be_held(struct as_call *c)
{
    as_gateway_call(c, WEATHER);
    say_about(MSG_CALL_HOLD, c->call);
    while (!client_has(&c->c, "text/event-stream"))
        play_turn(as_gateway.keeper->play, 5);
}

static void be_upstream(struct as_call *c)
{
    as_gateway_call(c, WEATHER);
    as_gateway_permit(c);
}

static void be_own(struct as_call *c)
{
    as_gateway_legacy(c, session, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}");
}

static void be_connect(struct as_call *c)
{
    as_gateway_modern(c, WEATHER, "tools/call", "\"name\":\"sidegate_connect\",\"arguments\":{},");
}

static void be_snapshot(struct as_call *c)
{
    as_gateway_modern(c, WEATHER, "server/discover", "");
    as_gateway_permit(c);
    as_gateway_end(c, ANSWER_HOW_UNSENT);
    IGNORE(hear(as_gateway.keeper, MSG_SNAPSHOT_GET));
}

static void be_note(struct as_call *c)
{
    as_gateway_legacy(c, session,
                      "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/roots/list_changed\"}");
}

static void be_elicited(struct as_call *c)
{
    as_gateway_legacy(c, session, as_gateway_tool);
    say_about(MSG_CALL_HANDOFF, c->call);
    while (!client_has(&c->c, "elicitation/create"))
        play_turn(as_gateway.keeper->play, 5);
}

#define PERMIT   (1u << 0)
#define OWN      (1u << 1)
#define HANDOFF  (1u << 2)
#define HOLD     (1u << 3)
#define NEUTRAL  (1u << 4)
#define DENY     (1u << 5)
#define SNAPSHOT (1u << 6)

static const enum msg types[] = {MSG_CALL_PERMIT,  MSG_CALL_OWN,  MSG_CALL_HANDOFF, MSG_CALL_HOLD,
                                 MSG_CALL_NEUTRAL, MSG_CALL_DENY, MSG_SNAPSHOT_PART};

static const struct {
    void (*be)(struct as_call *c);
    unsigned may;
    bool goes_on; /* without the keeper */
} states[] = {
    {be_asked, PERMIT | HANDOFF | HOLD | NEUTRAL | DENY, false},
    {be_held, PERMIT | HANDOFF | NEUTRAL | DENY, false},
    {be_upstream, PERMIT | HANDOFF | HOLD | NEUTRAL | DENY, true},
    {be_own, OWN | DENY, false},
    {as_gateway_initialize, OWN | DENY, false},
    {be_connect, OWN | HANDOFF | HOLD | NEUTRAL | DENY, false},
    {be_snapshot, SNAPSHOT | DENY, false},
    {be_note, PERMIT | DENY, false},
    {be_elicited, PERMIT | HANDOFF | HOLD | NEUTRAL | DENY, false},
};

/* It was said: the call goes on in some way. */
static void was_taken(struct play *p, struct as_call *c, enum msg type)
{
    if (type == MSG_CALL_PERMIT) {
        IGNORE(hear(as_gateway.egress[WEATHER], MSG_SEND_HEAD));
        IGNORE(hear(as_gateway.egress[WEATHER], MSG_SEND_PART));
        as_gateway_end(c, ANSWER_HOW_DONE);
    }
    settle(p);
}

/* Every state and every message: those that do not fit end the channel, and no client waits. */
static void out_of_turn(struct play *p)
{
    session_id = as_gateway_session(p, session);
    for (size_t s = 0; s < ARRAY_LEN(states); s++) {
        for (size_t t = 0; t < ARRAY_LEN(types); t++) {
            struct as_call c;

            states[s].be(&c);
            say_about(types[t], c.call);
            if (states[s].may & 1u << t) {
                was_taken(p, &c, types[t]);
            } else {
                must_refuse(as_gateway.keeper);
                UNTIL(p, states[s].goes_on || client_ended(&c.c));
                as_gateway_meet(p);
            }
            client_close(&c.c);
        }
    }
}

/* Calls that were never opened, or are over. */
static void calls_of_nobody(struct play *p)
{
    struct as_call c;

    as_gateway_call(&c, WEATHER);
    as_gateway_permit(&c);
    as_gateway_answer(&c, AS_GATEWAY_RESULT("t"));
    as_gateway_answered(p, &c, "200");
    as_gateway_gone(&c);
    for (size_t t = 0; t < ARRAY_LEN(types); t++) {
        say_about(types[t], 0);
        say_about(types[t], c.call);
        say_about(types[t], UINT64_MAX);
    }
    settle(p);
}

/* --- who it is -------------------------------------------------------------------------------- */

/* Whoever the keeper says has come: not the one who opened the session. */
static void session_of_another(struct play *p)
{
    static const char ping[] = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}";
    struct as_call c;

    session_id = as_gateway_session(p, session);
    as_gateway_legacy(&c, session, as_gateway_tool);
    SAY(as_gateway.keeper, MSG_CALL_PERMIT, call_permit, .call = c.call, .use = FRESH(use_id),
        .egress_generation = as_gateway.egress[WEATHER]->generation, .client = {{2}});
    as_gateway_answered(p, &c, "404");
    as_gateway_legacy(&c, session, as_gateway_tool);
    SAY(as_gateway.keeper, MSG_CALL_HANDOFF, call_handoff, .call = c.call, .client = {{2}},
        .handoff = some_handoff);
    as_gateway_gets(p, &c, "HTTP/1.1 404");
    assert_false(client_has(&c.c, "/h/"));
    as_gateway_answered(p, &c, "404");
    as_gateway_legacy(&c, session, ping);
    SAY(as_gateway.keeper, MSG_CALL_OWN, call_own, .call = c.call, .client = {{2}});
    as_gateway_answered(p, &c, "404");
    settle(p);
    assert_int_equal(unheard(as_gateway.egress[WEATHER], MSG_SEND_HEAD), 0);
}

/* A session is told of the end of what it was shown, and of no other handoff; nor by another name.
 */
static void signals_of_others(struct play *p)
{
    struct msg_handoff_signal m = {.state = HANDOFF_STATE_COMPLETED};
    struct as_call c;

    session_id = as_gateway_session(p, session);
    be_elicited(&c);
    for (int i = 0; i < HANDOFF_STATE_COUNT; i++) {
        m = (struct msg_handoff_signal){session_id, FRESH(handoff_id), (enum handoff_state)i};
        say(as_gateway.keeper, MSG_HANDOFF_SIGNAL, &m);
        m.handoff = (struct handoff_id){{0}};
        say(as_gateway.keeper, MSG_HANDOFF_SIGNAL, &m);
        m.session = FRESH(session_id);
        m.handoff = some_handoff;
        say(as_gateway.keeper, MSG_HANDOFF_SIGNAL, &m);
        m.session = (struct session_id){{0}};
        say(as_gateway.keeper, MSG_HANDOFF_SIGNAL, &m);
    }
    settle(p);
    assert_false(client_has(&c.c, "elicitation/complete"));
    m.session = session_id;
    say(as_gateway.keeper, MSG_HANDOFF_SIGNAL, &m);
    as_gateway_gets(p, &c, "elicitation/complete");
    client_close(&c.c);
}

/* --- what it says ----------------------------------------------------------------------------- */

/* Every code that there is. */
static void codes(struct play *p)
{
    session_id = as_gateway_session(p, session);
    for (enum err code = ERR_OK; code < ERR_COUNT; code++) {
        for (int legacy = 0; legacy < 2; legacy++) {
            struct as_call c;

            if (legacy)
                as_gateway_legacy(&c, session, as_gateway_tool);
            else
                as_gateway_call(&c, WEATHER);
            SAY(as_gateway.keeper, MSG_CALL_DENY, call_deny, c.call, code);
            as_gateway_gets(p, &c, "\"id\":7,\"error\":{\"code\":");
            as_gateway_answered(p, &c, NULL);
        }
    }
}

/* Texts that are awkward in JSON, in an event stream and in a header, at their greatest length. */
static const struct {
    uint8_t byte;
    const char *text; /* NULL: the byte alone */
} awkward[] = {
    {0, NULL},
    {1, NULL},
    {'\n', NULL},
    {'"', NULL},
    {'\\', NULL},
    {0x7f, NULL},
    {0xff, NULL},
    {0, "\xe2\x80\xa8\"\\"},
    {0, "\"},\"x\":{\""},
    {0, "\r\n\r\ndata: x"},
};

static struct slice awkward_text(size_t i, size_t n)
{
    static uint8_t text[LIM_STATE_BYTES];

    assert_true(n <= sizeof text);
    for (size_t at = 0; at < n; at++)
        text[at] = awkward[i].text == NULL ? awkward[i].byte
                                           : (uint8_t)awkward[i].text[at % strlen(awkward[i].text)];
    return slice_of(text, n);
}

static void awkward_states(struct play *p)
{
    for (size_t i = 0; i < ARRAY_LEN(awkward); i++) {
        struct slice state = awkward_text(i, LIM_STATE_BYTES);
        struct as_call c;

        as_gateway_call(&c, WEATHER);
        SAY(as_gateway.keeper, MSG_CALL_HANDOFF, call_handoff, .call = c.call, .client = {{1}},
            .handoff = some_handoff, .words = SLICE_LIT("two words"), .state = state);
        as_gateway_gets(p, &c, "/h/77");
        as_gateway_answered(p, &c, "200");
    }
    must_stand(as_gateway.keeper);
}

static void awkward_words(struct play *p)
{
    /* 64 bytes. */
    static const char words[] = "\"\\ </script>\xe2\x80\xa8\xe2\x80\xae\xf0\x9f\x94\x91"
                                "\"},{\"x\":\"%t%p%w and so on until the end.-\"";
    struct slice at_most = slice_str(words);
    struct as_call c;

    assert_int_equal(at_most.n, 64);
    for (int ending = 0; ending < ENDING_COUNT; ending++) {
        as_gateway_call(&c, WEATHER);
        SAY(as_gateway.keeper, MSG_CALL_NEUTRAL, call_neutral, .call = c.call, .words = at_most,
            .ending = (enum ending)ending);
        as_gateway_gets(p, &c, "\"isError\":true");
        as_gateway_answered(p, &c, "200");
    }
    for (int need = 0; need < NEED_COUNT; need++) {
        as_gateway_call(&c, WEATHER);
        SAY(as_gateway.keeper, MSG_CALL_HANDOFF, call_handoff, .call = c.call, .words = at_most,
            .need = (enum need)need, .state = SLICE_LIT("x"));
        as_gateway_gets(p, &c, "/h/00");
        as_gateway_answered(p, &c, "200");
    }
}

/* --- stored lists ----------------------------------------------------------------------------- */

static void be_listed(struct as_call *c)
{
    as_gateway_modern(c, WEATHER, "tools/list", "");
    as_gateway_permit(c);
    as_gateway_end(c, ANSWER_HOW_UNSENT);
    IGNORE(hear(as_gateway.keeper, MSG_SNAPSHOT_GET));
}

static void say_stored(struct as_call *c, enum snapshot kind, struct slice s)
{
    SAY(as_gateway.keeper, MSG_SNAPSHOT_PART, snapshot_part, .call = c->call, .kind = kind,
        .size = (uint32_t)s.n, .part = s);
}

/* Texts that are no list: the client gets its own answer or an error, and nothing beside it. */
static void lists_that_are_none(struct play *p)
{
    static const char *const texts[] = {
        "stolen",
        "{",
        "[]",
        "1",
        "null",
        "\"x\"",
        "{\"tools\":1}",
        "{\"tools\":[1,\"x\",null]}",
        "{\"tools\":[]},\"id\":8",
        "{\"tools\":[]},\"method\":\"stolen\"",
        "{\"tools\":[]},\"error\":{\"code\":1,\"message\":\"stolen\"}",
        "{}},{\"jsonrpc\":\"2.0\",\"method\":\"stolen\"",
        "{\"capabilities\":[],\"instructions\":{}}",
        ("{\"capabilities\":{\"tools\":{\"\\u0000\":\"\\ud834\\udd1e\"}},\"instructions\":"
         "\"\\u0000\\r\\n\"}"),
        "{\"instructions\":\"\xff stolen\"}",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct as_call c;

        be_listed(&c);
        say_stored(&c, SNAPSHOT_TOOLS, slice_str(texts[i]));
        as_gateway_gets(p, &c, "\"id\":7,");
        assert_false(client_has(&c.c, "stolen"));
        as_gateway_answered(p, &c, "200");
        be_snapshot(&c);
        say_stored(&c, SNAPSHOT_SERVER, slice_str(texts[i]));
        as_gateway_gets(p, &c, "\"id\":7,\"result\":{");
        assert_false(client_has(&c.c, "stolen"));
        as_gateway_answered(p, &c, "200");
    }
}

/* Parts of another list, and parts that do not fit together; the last is refused. */
static void lists_that_lie(struct play *p)
{
    static uint8_t blanks[LIM_PART_BYTES];
    static const struct {
        struct {
            enum snapshot kind;
            uint32_t size, offset;
            size_t n;
        } part[2];
    } rows[] = {
        {{{SNAPSHOT_TOOLS, 9, 0, 9}}},
        {{{SNAPSHOT_PROMPTS, 0, 0, 0}}},
        {{{SNAPSHOT_SERVER, 0, 0, 5}}},
        {{{SNAPSHOT_SERVER, 0, 1, 0}}},
        {{{SNAPSHOT_SERVER, 9, 0, 0}}},
        {{{SNAPSHOT_SERVER, LIM_SNAPSHOT_BYTES + 1, 0, 9}}},
        {{{SNAPSHOT_SERVER, UINT32_MAX, 0, 9}}},
        {{{SNAPSHOT_SERVER, 9, 1, 8}}},
        {{{SNAPSHOT_SERVER, 9, UINT32_MAX, 9}}},
        {{{SNAPSHOT_SERVER, 9, 0, 10}}},
        {{{SNAPSHOT_SERVER, 1, 0, LIM_PART_BYTES}}},
        {{{SNAPSHOT_SERVER, 9, 0, 4}, {SNAPSHOT_SERVER, 9, 4, 6}}},
        {{{SNAPSHOT_SERVER, 9, 0, 4}, {SNAPSHOT_SERVER, 9, 3, 5}}},
        {{{SNAPSHOT_SERVER, 9, 0, 4}, {SNAPSHOT_SERVER, 9, 5, 4}}},
        {{{SNAPSHOT_SERVER, 9, 0, 4}, {SNAPSHOT_SERVER, 9, 4, 0}}},
        {{{SNAPSHOT_SERVER, 9, 0, 4}, {SNAPSHOT_TOOLS, 9, 4, 5}}},
        {{{SNAPSHOT_SERVER, 9, 0, 4}, {SNAPSHOT_SERVER, 3, 4, 0}}},
    };

    memset(blanks, ' ', sizeof blanks);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct as_call c;

        be_snapshot(&c);
        for (size_t k = 0; k < 2 && (k == 0 || rows[i].part[k].size > 0); k++)
            SAY(as_gateway.keeper, MSG_SNAPSHOT_PART, snapshot_part, .call = c.call,
                .kind = rows[i].part[k].kind, .size = rows[i].part[k].size,
                .offset = rows[i].part[k].offset, .part = slice_of(blanks, rows[i].part[k].n));
        must_refuse(as_gateway.keeper);
        as_gateway_answered(p, &c, "200"); /* as if nothing were stored */
        as_gateway_meet(p);
    }
}

static const struct row rows[] = {
    {"out of turn", out_of_turn},
    {"calls of nobody, and ended ones", calls_of_nobody},
    {"another's session", session_of_another},
    {"signals of other handoffs and sessions", signals_of_others},
    {"every code", codes},
    {"awkward states", awkward_states},
    {"awkward words", awkward_words},
    {"lists that are none", lists_that_are_none},
    {"lists that lie", lists_that_lie},
};

int main(int argc, char **argv)
{
    static const struct program keeper = {&cast_gateway, rows, ARRAY_LEN(rows)};

    return program_main(&keeper, 1, argc, argv);
}
