/* What rules and the screen do with an upstream's answers, through the real egress process. */
#include "egress/modern.h"

#include <string.h>

static void test_rules(void **state)
{
    static const struct msg_conf_rule rules[] = {
        {0, RULE_STATUS, {(const uint8_t *)"403", 3}},
        {0, RULE_CODE, {(const uint8_t *)"-32001", 6}},
        {0, RULE_TEXT, {(const uint8_t *)"Invalid API key", 15}},
    };
    static const struct {
        const char *text; /* a whole answer, or the JSON */
        bool refused;
    } answers[] = {
        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", true},
        {"HTTP/1.1 402 Pay\r\nContent-Length: 0\r\n\r\n", false},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32001,\"message\":\"x\"}}", true},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32002,\"message\":\"x\"}}", false},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":1,\"message\":\"an Invalid API key, "
         "sorry\"}}",
         true},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":1,\"message\":\"an Invalid "
         "\\u0041PI key\"}}",
         true},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"isError\":true,\"content\":[{\"type\":"
         "\"text\","
         "\"text\":\"Invalid API key\"}]}}",
         true},
        {"{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[{\"type\":\"text\",\"text\":"
         "\"Invalid "
         "API key\"}]}}",
         false}, /* somebody else's: not an error */
    };
    struct rig *r = &rig;

    (void)state;
    rig_start(r, &(struct rig_conf){.rules = rules, .rules_n = ARRAY_LEN(rules)});
    for (unsigned k = 0; k < ARRAY_LEN(answers); k++) {
        unsigned i = rig_ask(r, (struct rig_ask){0});
        struct rig_conn *c;

        rig_requests(r, k + 1);
        c = &r->conns[r->requests[k].conn];
        if (answers[k].text[0] == '{')
            rig_say_json(c, &r->requests[k], answers[k].text);
        else
            rig_say(c, answers[k].text);
        rig_both(r, i);
        if (rig_use_of(r, i)->result.refused != answers[k].refused ||
            (rig_call_of(r, i)->how == ANSWER_HOW_REFUSED) != answers[k].refused ||
            rig_use_of(r, i)->result.result != RESULT_ANSWERED)
            fail_msg("answer %u", k);
        if (answers[k].refused)
            assert_int_equal(rig_call_of(r, i)->bytes, 0);
    }
    rig_stop(r);
}

/* However long the answer, and whichever of its texts it is. */
static void test_rules_in_long_answers(void **state)
{
    static const struct msg_conf_rule rules[] = {
        {0, RULE_TEXT, {(const uint8_t *)"the \"key\" is bad", 16}},
    };
    static const struct {
        const char *before, *after; /* many bytes stand between them */
    } answers[] = {
        {"{\"jsonrpc\":\"2.0\",\"id\":%ID,\"error\":{\"code\":1,\"message\":\"",
         " \\u0074he \\\"key\\\" is bad\"}}"},
        {"{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"isError\":true,\"content\":[{\"type\":"
         "\"text\","
         "\"text\":\"",
         "\"},{\"type\":\"text\",\"text\":\"the \\\"key\\\" is bad\"}]}}"},
    };
    struct rig *r = &rig;

    (void)state;
    rig_start(r, &(struct rig_conf){.rules = rules, .rules_n = ARRAY_LEN(rules)});
    for (unsigned k = 0; k < ARRAY_LEN(answers); k++) {
        unsigned i = rig_ask(r, (struct rig_ask){0});
        struct buf text = BUF_INIT(256 * 1024);

        buf_put_str(&text, answers[k].before);
        for (unsigned n = 0; n < 10000; n++)
            buf_put_str(&text, "far more");
        buf_put_str(&text, answers[k].after);
        buf_put_u8(&text, 0);
        assert_err(buf_err(&text), ERR_OK);
        rig_requests(r, k + 1);
        rig_say_json(&r->conns[r->requests[k].conn], &r->requests[k], (const char *)text.p);
        rig_both(r, i);
        assert_true(rig_use_of(r, i)->result.refused);
        assert_int_equal(rig_call_of(r, i)->how, ANSWER_HOW_REFUSED);
        assert_int_equal(rig_call_of(r, i)->bytes, 0);
        buf_free(&text);
    }
    rig_stop(r);
}

#define SECRET "s3cret-canary-0123456789"

static void test_reflections(void **state)
{
    static const char *const answers[] = {
        "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"t\":\"Bearer " SECRET "\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"t\":\"\\u00733cret-canary-0123456789\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"" SECRET "\":1}}",
        "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"t\":\"czNjcmV0LWNhbmFyeS0wMTIzNDU2Nzg5\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"error\":{\"code\":1,\"message\":\"" SECRET "\"}}",
    };
    struct rig *r = &rig;

    (void)state;
    rig_start(r, &(struct rig_conf){0});
    r->script = answer;
    for (unsigned k = 0; k < ARRAY_LEN(answers); k++) {
        unsigned i;

        r->canned = answers[k];
        i = rig_ask(r, (struct rig_ask){0});
        rig_both(r, i);
        assert_int_equal(rig_use_of(r, i)->hits, 1);
        assert_null(strstr((const char *)rig_call_of(r, i)->text.p, "canary"));
        assert_null(strstr((const char *)rig_call_of(r, i)->text.p, "Y2FuYXJ5"));
        assert_non_null(strstr((const char *)rig_call_of(r, i)->text.p, "[redacted: weather]"));
    }
    assert_false(stage_logged(&r->s, "canary"));
    rig_stop(r);
}

/* What the request itself contained is not taken out: a guess is not confirmed. */
static void test_guess_is_not_confirmed(void **state)
{
    struct rig *r = &rig;
    unsigned i;

    (void)state;
    rig_start(r, &(struct rig_conf){0});
    r->script = answer;
    r->canned = "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"t\":\"" SECRET "\"}}";
    i = rig_ask(r,
                (struct rig_ask){
                    .body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
                            "\"name\":\"echo\",\"arguments\":{\"t\":\"" SECRET "\"}}}"});
    rig_both(r, i);
    assert_non_null(strstr((const char *)rig_call_of(r, i)->text.p, SECRET));
    /* The person can know that the agent has it; it costs nothing, or the cost would tell. */
    assert_true(stage_logged(&r->s, "secret_in_request"));
    assert_int_equal(rig_use_of(r, i)->hits, 0);
    rig_stop(r);
}

/* What the agent chose and what leaves with the request in its headers is the request's too: of
 * both kinds of headers, with the guess among many others, which count as if they stood in the
 * body. */
static void test_guess_in_a_header_is_not_confirmed(void **state)
{
    struct rig *r = &rig;
    struct buf value = BUF_INIT(LIM_HEADER_BYTES);
    struct rig_ask a = {.body =
                            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
                            "\"name\":\"echo\",\"arguments\":{}}}"};
    struct slice got;
    unsigned i;

    (void)state;
    rig_start(r, &(struct rig_conf){0});
    r->script = answer;
    r->canned = "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"t\":\"" SECRET "\"}}";
    buf_put_str(&value, SECRET);
    for (int right = 1; right >= 0; right--) {
        struct request_headers h = {.n = 0};

        while (value.n < LIM_NAME_BYTES - 8)
            buf_put_str(&value, " guess");
        got = slice_sub(buf_slice(&value), right ? 0 : 1, value.n);
        for (size_t n = 0; n < LIM_HIT_BYTES; n += got.n)
            h.v[h.n++] = (struct http_field){SLICE_LIT("Guess"), got};
        a.headers = &h;
        i = rig_ask(r, a);
        rig_both(r, i);
        got = buf_slice(&rig_call_of(r, i)->text);
        assert_int_equal(slice_find(got, SLICE_LIT(SECRET)) < got.n, right);
        assert_int_equal(rig_use_of(r, i)->hits, right ? 0 : 2);
    }
    buf_free(&value);
    rig_stop(r);
}

/* A dictionary in one request is as dear as its guesses in many. */
static void test_many_guesses_cost_more(void **state)
{
    enum { GUESSES = 3 * LIM_HIT_BYTES };
    struct rig *r = &rig;
    struct buf body = BUF_INIT(2 * GUESSES);
    unsigned i;

    (void)state;
    rig_start(r, &(struct rig_conf){0});
    r->script = answer;
    r->canned = "{\"jsonrpc\":\"2.0\",\"id\":%ID,\"result\":{\"t\":\"" SECRET " " SECRET "\"}}";
    buf_put_str(&body, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{"
                       "\"name\":\"echo\",\"arguments\":{\"t\":\"");
    while (body.n < GUESSES)
        buf_put_str(&body, "guess ");
    buf_put_str(&body, "\"}}}");
    buf_put_u8(&body, 0);
    i = rig_ask(r, (struct rig_ask){.body = (const char *)body.p});
    rig_both(r, i);
    assert_null(strstr((const char *)rig_call_of(r, i)->text.p, SECRET));
    assert_int_equal(rig_use_of(r, i)->hits, 2 * (1 + 3));
    buf_free(&body);
    rig_stop(r);
}

#define MESSAGE(data)                                                                              \
    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":\"" data "\"}" \
    "}"

/* Reflections in a stream are told as they come. */
static void test_reflections_in_a_stream(void **state)
{
    struct rig *r = &rig;
    unsigned i;

    (void)state;
    rig_start(r, &(struct rig_conf){0});
    i = rig_ask(r, (struct rig_ask){0});
    rig_requests(r, 1);
    rig_say_stream(&r->conns[0]);
    for (int k = 0; k < 3; k++)
        rig_say_event(&r->conns[0], &r->requests[0], MESSAGE(SECRET));
    stage_until_count(&r->s, &rig_call_of(r, i)->messages, 3);
    stage_until_count(&r->s, &rig_use_of(r, i)->hits, 3);
    rig_say_event(&r->conns[0], &r->requests[0], RESULT);
    rig_both(r, i);
    assert_int_equal(rig_use_of(r, i)->hits, 3);
    assert_null(strstr((const char *)rig_call_of(r, i)->text.p, "canary"));
    rig_stop(r);
}

/* Nobody counts what an answer reflects when the keeper is gone: it is given to nobody, and the
 * answer ends. What reflects nothing goes on. The plant hits_unheard turns this red. */
static void test_reflections_without_a_keeper(void **state)
{
    struct rig *r = &rig;
    unsigned i;

    (void)state;
    rig_start(r, &(struct rig_conf){0});
    i = rig_ask(r, (struct rig_ask){0});
    rig_requests(r, 1);
    rig_say_stream(&r->conns[0]);
    rig_say_event(&r->conns[0], &r->requests[0], MESSAGE(SECRET));
    stage_until_count(&r->s, &rig_use_of(r, i)->hits, 1);
    stage_cut(r->keeper);
    rig_say_event(&r->conns[0], &r->requests[0], MESSAGE("nothing of it"));
    stage_until_count(&r->s, &rig_call_of(r, i)->messages, 2);
    rig_say_event(&r->conns[0], &r->requests[0], MESSAGE(SECRET));
    rig_say_event(&r->conns[0], &r->requests[0], RESULT);
    stage_until_count(&r->s, &rig_call_of(r, i)->ends, 1);
    assert_int_equal(rig_call_of(r, i)->messages, 2);
    assert_end(r, i, ANSWER_HOW_CUT, ERR_UPSTREAM_UNKNOWN);
    rig_stop(r);
}

/* No copy of the credential is left in the process once its use is over. */
static void test_memory(void **state)
{
    struct rig *r = &rig;
    unsigned i;

    (void)state;
    if (UNDER_ASAN)
        skip();
    rig_start(r, &(struct rig_conf){0});
    i = rig_ask(r, (struct rig_ask){0});
    rig_requests(r, 1);
    if (rig_copies(r, "canary-0123456789") < 0)
        skip();
    assert_true(rig_copies(r, "canary-0123456789") >
                0); /* this is how it looks while it is in use */
    rig_say_json(&r->conns[0], &r->requests[0], RESULT);
    rig_both(r, i);
    r->script = answer;
    for (unsigned k = 0; k < 5; k++)
        rig_both(r, rig_ask(r, (struct rig_ask){0}));
    stage_idle(&r->s, 20);
    assert_int_equal(rig_copies(r, "canary-0123456789"), 0);
    rig_stop(r);
}

#define T(name) cmocka_unit_test_teardown(name, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_rules),
        T(test_rules_in_long_answers),
        T(test_reflections),
        T(test_guess_is_not_confirmed),
        T(test_guess_in_a_header_is_not_confirmed),
        T(test_many_guesses_cost_more),
        T(test_reflections_in_a_stream),
        T(test_reflections_without_a_keeper),
        T(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
