/* Answers from bytes to messages, in pieces of every size, and what is none. */
#include "unit.h"

#include "egress/reader.h"

#include <stdio.h>
#include <string.h>

struct seen {
    struct buf text; /* what came, one message a line; "!" before the final one */
    enum err say;
};

static enum err on_message(void *ctx, const struct json *j, const struct jsonrpc *m, bool final)
{
    struct seen *s = ctx;

    (void)m;
    if (final)
        buf_put_u8(&s->text, '!');
    json_copy(j, 0, &s->text);
    buf_put_u8(&s->text, '\n');
    return s->say;
}

static enum err run(const struct reader_rules *rules, const char *text, size_t piece,
                    struct seen *s)
{
    struct slice all = slice_str(text);
    struct reader r;
    enum err e = ERR_OK;

    reader_init(&r, rules, on_message, s);
    while (all.n > 0 && e == ERR_OK) {
        e = reader_feed(&r, slice_sub(all, 0, piece));
        all = slice_sub(all, piece, all.n);
    }
    if (e == ERR_OK)
        e = reader_finish(&r);
    reader_free(&r);
    return e;
}

#define R(id)    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":{}}"
#define E(id)    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"error\":{\"code\":-1,\"message\":\"m\"}}"
#define NOTE     "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\"}"
#define ASK      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\"}"
#define EV(text) "data: " text "\n\n"

static const struct {
    enum reader_from from;
    bool modern, stream;
    const char *id, *text;
    enum err want;
    const char *seen;
} rows[] = {
    {READER_JSON, true, false, "7", R("7"), ERR_OK, "!" R("7") "\n"},
    {READER_JSON, true, false, "7", R("7.0"), ERR_UPSTREAM_ANSWER, ""},
    {READER_JSON, true, false, "7", " " R("7") "\n", ERR_OK, "!" R("7") "\n"},
    {READER_JSON, true, false, "7", E("7"), ERR_OK, "!" E("7") "\n"},
    {READER_JSON, true, false, "7", E("null"), ERR_OK, "!" E("7") "\n"},
    {READER_JSON, true, false, "7",
     "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-1,\"message\":\"m\"}}", ERR_OK,
     "!{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-1,\"message\":\"m\"},\"id\":7}\n"},
    {READER_JSON, true, false, "\"a\"", E("null"), ERR_OK, "!" E("\"a\"") "\n"},
    {READER_JSON, true, false, "7", R("8"), ERR_UPSTREAM_ANSWER, ""},
    {READER_JSON, true, false, "7", R("\"7\""), ERR_UPSTREAM_ANSWER, ""},
    {READER_JSON, true, false, "7", R("null"), ERR_UPSTREAM_ANSWER, ""},
    {READER_JSON, true, false, "\"a\"", R("\"\\u0061\""), ERR_OK, "!" R("\"a\"") "\n"},
    {READER_JSON, true, false, "7", "", ERR_UPSTREAM_ANSWER, ""},
    {READER_JSON, true, false, "7", "<html>", ERR_UPSTREAM_ANSWER, ""},
    {READER_JSON, true, false, "7", "[" R("7") "]", ERR_UPSTREAM_ANSWER, ""},
    {READER_JSON, true, false, "7", R("7") R("7"), ERR_UPSTREAM_ANSWER, ""},
    {READER_JSON, true, false, "7", "{\"jsonrpc\":\"2.0\",\"id\":7,\"id\":7,\"result\":{}}",
     ERR_UPSTREAM_ANSWER, ""},
    {READER_JSON, true, false, "7", NOTE, ERR_UPSTREAM_ANSWER, ""},
    {READER_JSON, false, false, "7", ASK, ERR_UPSTREAM_ANSWER, ""},
    {READER_ERROR, true, false, "7", E("7"), ERR_OK, "!" E("7") "\n"},
    {READER_ERROR, true, false, "7", R("7"), ERR_UPSTREAM_ANSWER, ""},
    {READER_ERROR, true, false, "7", "{\"error\":\"no\"}", ERR_UPSTREAM_ANSWER, ""},
    {READER_EVENTS, true, false, "7", EV(R("7")), ERR_OK, "!" R("7") "\n"},
    {READER_EVENTS, true, false, "7", ": c\n\nid: 1\ndata:\n\n" EV(NOTE) EV(R("7")), ERR_OK,
     NOTE "\n!" R("7") "\n"},
    {READER_EVENTS, true, false, "7", EV(R("7")) EV(R("7")), ERR_OK, "!" R("7") "\n"},
    {READER_EVENTS, true, false, "7", EV(R("7")) EV("junk"), ERR_OK, "!" R("7") "\n"},
    {READER_EVENTS, true, false, "7", EV(NOTE), ERR_CLOSED, NOTE "\n"},
    {READER_EVENTS, true, false, "7", "", ERR_CLOSED, ""},
    {READER_EVENTS, true, false, "7", "data: " R("7"), ERR_CLOSED, ""},
    {READER_EVENTS, true, false, "7", EV(R("8")), ERR_UPSTREAM_ANSWER, ""},
    {READER_EVENTS, true, false, "7", EV("<html>"), ERR_UPSTREAM_ANSWER, ""},
    {READER_EVENTS, true, false, "7", "data: \xff\n\n", ERR_UPSTREAM_ANSWER, ""},
    {READER_EVENTS, true, false, "7", EV(ASK) EV(R("7")), ERR_UPSTREAM_ANSWER, ""},
    {READER_EVENTS, false, false, "7", EV(ASK) EV(R("7")), ERR_OK, ASK "\n!" R("7") "\n"},
    {READER_EVENTS, false, true, "", EV(NOTE) EV(ASK), ERR_OK, NOTE "\n" ASK "\n"},
    {READER_EVENTS, false, true, "", EV(R("7")) EV(NOTE), ERR_OK, NOTE "\n"},
    {READER_EVENTS, false, true, "", "", ERR_OK, ""},
};

static void test_rows(void **state)
{
    static const size_t pieces[] = {1, 2, 3, 7, 16, 100000};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t p = 0; p < ARRAY_LEN(pieces); p++) {
            const struct reader_rules rules = {
                .from = rows[i].from,
                .era = rows[i].modern ? ERA_MODERN : ERA_LEGACY,
                .is_request = !rows[i].stream,
                .id = slice_str(rows[i].id),
                .max_message = 10000,
                .max_messages = 10,
            };
            struct seen s = {BUF_INIT(100000), ERR_OK};
            enum err e = run(&rules, rows[i].text, pieces[p], &s);
            if (e != rows[i].want || !slice_eq_str(buf_slice(&s.text), rows[i].seen))
                fail_msg("row %zu in pieces of %zu: %s, %.*s", i, pieces[p], err_name(e),
                         (int)s.text.n, (const char *)s.text.p);
            buf_free(&s.text);
        }
}

static void test_maxima(void **state)
{
    static char text[3000];
    struct reader_rules rules = {.from = READER_JSON,
                                 .era = ERA_MODERN,
                                 .is_request = true,
                                 .id = SLICE_LIT("7"),
                                 .max_message = 100,
                                 .max_messages = 3};
    struct seen s = {BUF_INIT(100000), ERR_OK};

    (void)state;
    memset(text, ' ', 200);
    assert_err(run(&rules, text, 10, &s), ERR_TOO_LARGE);
    rules.from = READER_EVENTS;
    snprintf(text, sizeof(text), "data: %0200d\n\n", 1);
    assert_err(run(&rules, text, 10, &s), ERR_TOO_LARGE);
    snprintf(text, sizeof(text), "data: %0200d", 1); /* no end in sight */
    assert_err(run(&rules, text, 10, &s), ERR_TOO_LARGE);
    assert_err(run(&rules, EV(NOTE) EV(NOTE) EV(NOTE) EV(NOTE), 10, &s), ERR_TOO_LARGE);
    buf_clear(&s.text);
    assert_err(run(&rules, EV(NOTE) EV(NOTE) EV(R("7")), 10, &s), ERR_OK);
    buf_free(&s.text);
}

static void test_callee_ends_it(void **state)
{
    const struct reader_rules rules = {.from = READER_EVENTS,
                                       .era = ERA_MODERN,
                                       .is_request = true,
                                       .id = SLICE_LIT("7"),
                                       .max_message = 1000,
                                       .max_messages = 3};
    struct seen s = {BUF_INIT(100000), ERR_UPSTREAM_REFUSED};

    (void)state;
    assert_err(run(&rules, EV(R("7")), 10, &s), ERR_UPSTREAM_REFUSED);
    buf_free(&s.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_maxima),
        cmocka_unit_test(test_callee_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
