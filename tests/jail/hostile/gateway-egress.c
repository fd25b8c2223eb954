/*
 * The gateway, with an egress process that was taken over. It can lie about the answers to its own
 * upstream's calls. It must not reach a call of another upstream, make the gateway say what is no
 * JSON-RPC of that very call, turn a client against its own key or session, or end the process.
 */
#include "as_gateway.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"

static struct end *hostile(void)
{
    return as_gateway.egress[WEATHER];
}

/* --- calls that are not its own --------------------------------------------------------------- */

/* Of another client, at another upstream: each message alone is a breach. */
static void calls_of_others(struct play *p)
{
    uint64_t call = as_gateway.bystander.call;
    struct as_call own;

    for (int i = 0; i < 3; i++) {
        as_gateway_call(&own, WEATHER);
        as_gateway_permit(&own);
        switch (i) {
        case 0: SAY(hostile(), MSG_ANSWER_HEAD, answer_head, call, ANSWER_KIND_SSE); break;
        case 1:
            SAY(hostile(), MSG_ANSWER_PART, answer_part, call, true,
                SLICE_LIT(AS_GATEWAY_RESULT("stolen")));
            break;
        default: SAY(hostile(), MSG_ANSWER_END, answer_end, .call = call);
        }
        must_refuse(hostile());
        as_gateway_gets(p, &own, "-32603"); /* whose own calls end with it */
        as_gateway_answered(p, &own, "200");
        as_gateway_meet(p);
    }
}

static void say_all(uint64_t call)
{
    SAY(hostile(), MSG_ANSWER_HEAD, answer_head, call, ANSWER_KIND_SSE);
    SAY(hostile(), MSG_ANSWER_PART, answer_part, call, true,
        SLICE_LIT(AS_GATEWAY_RESULT("stolen")));
    SAY(hostile(), MSG_ANSWER_END, answer_end, .call = call);
}

/* Never opened, or over: nothing comes of it. */
static void calls_of_nobody(struct play *p)
{
    struct as_call c;

    as_gateway_call(&c, WEATHER);
    as_gateway_permit(&c);
    as_gateway_answer(&c, AS_GATEWAY_RESULT("t"));
    as_gateway_answered(p, &c, "200");
    as_gateway_gone(&c);
    say_all(c.call);
    say_all(0);
    say_all(UINT64_MAX);
    play_turn(p, 20);
    must_stand(hostile());
}

/* What was asked for later is not there yet, and is not spoilt for then. */
static void answers_before_the_question(struct play *p)
{
    struct as_call c;

    as_gateway_call(&c, WEATHER);
    say_all(c.call);
    SAY(as_gateway.keeper, MSG_CALL_HOLD, call_hold, .call = c.call, .state = SLICE_LIT("leg"));
    as_gateway_gets(p, &c, "text/event-stream");
    say_all(c.call);
    as_gateway_permit(&c);
    as_gateway_answer(&c, AS_GATEWAY_RESULT("asked"));
    as_gateway_gets(p, &c, "asked");
    assert_false(client_has(&c.c, "stolen"));
    as_gateway_answered(p, &c, "200");
}

/* A permit names one generation; the next one is not asked in its place. */
static void old_generation(struct play *p)
{
    struct as_call c;

    as_gateway_call(&c, WEATHER);
    SAY(as_gateway.keeper, MSG_CALL_PERMIT, call_permit, .call = c.call, .use = FRESH(use_id),
        .egress_generation = hostile()->generation - 1, .client = {{1}});
    say_all(c.call);
    as_gateway_gets(p, &c, "-32603");
    assert_int_equal(unheard(hostile(), MSG_SEND_HEAD), 0);
    assert_false(client_has(&c.c, "stolen"));
    client_close(&c.c);
}

/* --- answers ---------------------------------------------------------------------------------- */

/* Parts of the last message and what they say; each ends the call with an error of ours. */
static void answers_that_are_none(struct play *p)
{
    static const char *const texts[] = {
        "",
        "stolen",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"t\":\"stolen",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"t\":\"stolen\xff\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"t\":\"stolen\xed\xa0\x80\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"t\":\"stolen\n\ndata: x\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"t\":\"stolen\r\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"t\":\"stolen\x01\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{},\"t\":\"stolen\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"id\":7,\"result\":{\"t\":\"stolen\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"t\":\"stolen\"},\"error\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"t\":\"stolen\"},\"method\":\"x\"}",
        "{\"jsonrpc\":\"1.0\",\"id\":7,\"result\":{\"t\":\"stolen\"}}",
        "[{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"t\":\"stolen\"}}]",
        "{\"jsonrpc\":\"2.0\",\"id\":8,\"result\":{\"t\":\"stolen\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":\"7\",\"result\":{\"t\":\"stolen\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":7.0,\"result\":{\"t\":\"stolen\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":1,\"message\":\"stolen\"}}",
        "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":1,\"message\":\"stolen\"}}",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        for (int kind = ANSWER_KIND_JSON; kind <= ANSWER_KIND_ACCEPTED; kind++) {
            struct as_call c;

            as_gateway_call(&c, WEATHER);
            as_gateway_permit(&c);
            as_gateway_head(&c, (enum answer_kind)kind);
            as_gateway_part(&c, texts[i]);
            as_gateway_gets(p, &c, "\"id\":7,\"error\":{\"code\":-32603");
            assert_false(client_has(&c.c, "stolen"));
            as_gateway_answered(p, &c, "200");
        }
    }
    must_stand(hostile());
}

/* JSON may have any white space between its parts; an event stream has its own ideas of lines. */
static void lines_in_answers(struct play *p)
{
    static const char *const texts[] = {
        "{\n\n\"jsonrpc\"\n:\"2.0\",\r\n\r\n\"method\"\r:\"notifications/x\",\r\r\"params\":{}}",
        "{\n\n\"jsonrpc\"\n:\"2.0\",\r\n\r\n\"id\"\r:7,\n\n\n\"result\"\n\n:{}}",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct as_call c;

        as_gateway_call(&c, WEATHER);
        as_gateway_permit(&c);
        as_gateway_head(&c, ANSWER_KIND_SSE);
        as_gateway_part(&c, texts[i]);
        as_gateway_end(&c, ANSWER_HOW_DONE);
        UNTIL(p, client_ended(&c.c));
        assert_false(client_has(&c.c, "\n:\"2.0\""));
        assert_false(client_has(&c.c, "\n\"jsonrpc\""));
        assert_false(client_has(&c.c, "\r:"));
        assert_false(client_has(&c.c, "\n\"result\""));
        client_close(&c.c);
    }
}

/* What egress says of how it ended must not turn the client against its key, its session or what it
 * asked: for every code that there is. */
static void ends_of_every_kind(struct play *p)
{
    for (enum err code = ERR_OK; code < ERR_COUNT; code++) {
        for (int how = 0; how < ANSWER_HOW_COUNT; how++) {
            struct as_call c;

            if (how == ANSWER_HOW_REFUSED) /* waits for the keeper */
                continue;
            as_gateway_call(&c, WEATHER);
            as_gateway_permit(&c);
            SAY(hostile(), MSG_ANSWER_END, answer_end, c.call, (enum answer_how)how, code);
            UNTIL(p, client_ended(&c.c));
            assert_true(client_has(&c.c, "\"id\":7,\"error\":{\"code\":"));
            if (client_has(&c.c, "HTTP/1.1 401") || client_has(&c.c, "HTTP/1.1 403") ||
                client_has(&c.c, "HTTP/1.1 404") || client_has(&c.c, "WWW-Authenticate"))
                fail_msg("code %u: %.*s", code, (int)c.c.got.n, (const char *)c.c.got.p);
            client_close(&c.c);
        }
    }
}

/* Heads, parts and ends more than once, before and after each other. */
static void twice(struct play *p)
{
    struct as_call c;

    for (int i = 0; i < 4; i++) {
        as_gateway_call(&c, WEATHER);
        as_gateway_permit(&c);
        as_gateway_head(&c, i & 1 ? ANSWER_KIND_JSON : ANSWER_KIND_SSE);
        if (i & 2)
            as_gateway_part(&c, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\"}");
        as_gateway_head(&c, ANSWER_KIND_SSE);
        as_gateway_head(&c, ANSWER_KIND_ACCEPTED);
        as_gateway_part(&c, AS_GATEWAY_RESULT("first"));
        as_gateway_part(&c, AS_GATEWAY_RESULT("stolen"));
        as_gateway_head(&c, ANSWER_KIND_SSE);
        as_gateway_end(&c, ANSWER_HOW_DONE);
        as_gateway_end(&c, ANSWER_HOW_REFUSED);
        as_gateway_end(&c, ANSWER_HOW_DONE);
        as_gateway_part(&c, AS_GATEWAY_RESULT("stolen"));
        as_gateway_gets(p, &c, "first");
        as_gateway_answered(p, &c, "200");
        as_gateway_gone(&c);
    }
    must_stand(hostile());
}

/* A client that reads nothing, and an egress that has no regard for credit: what is kept is
 * bounded, and the call is cut off. One message without an end is, too. */
static void beyond_credit(struct play *p)
{
    static const char begin[] = "{\"jsonrpc\":\"2.0\",\"method\":\"x/y\",\"params\":{}";
    static uint8_t much[LIM_PART_BYTES];
    struct as_call c;
    unsigned sent = 0;

    memset(much, ' ', sizeof much);
    memcpy(much, begin, sizeof begin - 1);
    much[sizeof much - 1] = '}';
    for (int last = 0; last < 2; last++) {
        as_gateway_call(&c, WEATHER);
        as_gateway_permit(&c);
        as_gateway_head(&c, ANSWER_KIND_SSE);
        while (unheard(hostile(), MSG_CALL_CANCEL) == 0) {
            assert_true(++sent < 10 * limit_get(SET_BODY_BYTES) / sizeof much);
            SAY(hostile(), MSG_ANSWER_PART, answer_part, c.call, last == 1,
                slice_of(much, sizeof much));
            play_turn(p, 0);
        }
        assert_int_equal(hear(hostile(), MSG_CALL_CANCEL)->call_cancel.call, c.call);
        as_gateway_gone(&c);
        client_close(&c.c);
    }
    must_stand(hostile());
}

/* --- with the keeper's part in it ------------------------------------------------------------- */

/* Refused after its stream has begun, and let through once more: the whole body goes again. */
static void refused_late(struct play *p)
{
    struct as_call c;

    as_gateway_call(&c, WEATHER);
    as_gateway_permit(&c);
    as_gateway_head(&c, ANSWER_KIND_SSE);
    as_gateway_end(&c, ANSWER_HOW_REFUSED);
    as_gateway_gets(p, &c, "text/event-stream");
    as_gateway_permit(&c);
    as_gateway_answer(&c, AS_GATEWAY_RESULT("after all"));
    as_gateway_gets(p, &c, "after all");
    as_gateway_answered(p, &c, "200");
}

/* Refused when the keeper that knew the call has gone: the next one does not know it, so nobody is
 * waited for. */
static void after_another_keeper(struct play *p)
{
    struct as_call c;

    as_gateway_call(&c, WEATHER);
    as_gateway_permit(&c);
    end_close(as_gateway.keeper);
    as_gateway.keeper = play_peer(p, ROLE_KEEPER, HONEST);
    play_turn(p, 20);
    as_gateway_end(&c, ANSWER_HOW_REFUSED);
    as_gateway_gets(p, &c, "\"id\":7,\"error\":{\"code\":-32603");
    client_close(&c.c);
}

static const struct row rows[] = {
    {"calls of another client", calls_of_others},
    {"calls of nobody, and ended ones", calls_of_nobody},
    {"answers before the question", answers_before_the_question},
    {"a permit for an old generation", old_generation},
    {"answers that are none", answers_that_are_none},
    {"lines in answers", lines_in_answers},
    {"ends of every kind", ends_of_every_kind},
    {"heads, parts and ends twice", twice},
    {"parts beyond credit", beyond_credit},
    {"refused after its stream began", refused_late},
    {"another keeper in the meantime", after_another_keeper},
};

int main(int argc, char **argv)
{
    static const struct program egress = {&cast_gateway, rows, ARRAY_LEN(rows)};

    return program_main(&egress, 1, argc, argv);
}
