/*
 * A POST through the gateway as it is, on the stage of its unit tests: an agent's message and its
 * headers, and what the upstream answers. First byte: who answers what; then a header line; then
 * the body, up to a NUL byte; then the upstream's messages, one a line. Nobody is cut off, what is
 * sent is what was shown and can be read by egress, the client gets an answer, and nothing stays.
 */
#include "../unit/gateway/stage.h"

#include "crypto/hash.h"
#include "fuzz.h"
#include "os/log.h"
#include "proto/mcp_header.h"
#include "proto/misread.h"
#include "proto/projection.h"

enum {
    LEGACY = 1,    /* in a session */
    ANONYMOUS = 2, /* the permit is without a credential */
    HANDOFF = 4,   /* a person is needed */
    NO_ANSWER = 8, /* the upstream refuses */
    STREAM = 16,   /* the upstream answers by events */
    HEADER = 64,   /* the header line is sent */
    DENY = 128,    /* the keeper says no */
};

enum { IDLE_TURNS = 8, LINE_BYTES = 256, INPUT_BYTES = 32768 };

struct scene {
    struct stage *s;
    struct client c;
    uint8_t how;
    struct slice answer;
    unsigned seen[MSG_COUNT];
};

/* The stage stays from one input to the next: a gateway serves many. */
static struct stage *the_stage(const char **ret_session)
{
    static struct stage *s;
    static char session[ID_TEXT + 1];
    void *state = NULL;

    if (s == NULL) {
        log_set_level(LEVEL_ERROR);
        /* One key sends all inputs, most of them to be refused. */
        MUST(limit_set(SET_KEY_BURST, limit_row(SET_KEY_BURST)->max) == ERR_OK);
        MUST(limit_set(SET_KEY_RATE, limit_row(SET_KEY_RATE)->max) == ERR_OK);
        MUST(stage_setup(&state) == 0);
        s = state;
        open_session(s, "/mcp/both", "{\"elicitation\":{\"url\":{},\"form\":{}},\"sampling\":{}}",
                     session);
    }
    *ret_session = session;
    return s;
}

/* --- the client ------------------------------------------------------------------------------- */

/* The headers that a modern message must repeat. */
static void put_repeated(struct buf *out, struct slice body)
{
    struct buf text = BUF_INIT(SIZE_MAX), name = BUF_INIT(SIZE_MAX);
    struct json j;
    struct jsonrpc m;
    struct slice s;

    j = JSON_INIT;
    buf_put_str(out, "MCP-Protocol-Version: 2026-07-28\r\n");
    if (json_parse(&j, body, NULL) == ERR_OK && jsonrpc_read(&j, &m) == ERR_OK &&
        m.method != JSON_NONE) {
        s = json_str_slice(&j, m.method, &text);
        if (http_is_field_value(s) && s.n > 0)
            buf_printf(out, "Mcp-Method: %.*s\r\n", (int)s.n, (const char *)s.p);
        if (mcp_name_of(&j, &m) != JSON_NONE) {
            mcp_header_encode(&name, json_str_slice(&j, mcp_name_of(&j, &m), &text));
            buf_printf(out, "Mcp-Name: %.*s\r\n", (int)name.n, (const char *)name.p);
        }
    }
    json_free(&j);
    buf_free(&text);
    buf_free(&name);
}

static void ask(struct scene *t, const char *session, struct slice line, struct slice body)
{
    struct buf b = BUF_INIT(1 << 20), all = BUF_INIT(1 << 20);

    buf_printf(&all,
               "POST /mcp/both HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer " TOKEN
               "\r\nContent-Type: application/json\r\nAccept: application/json, "
               "text/event-stream\r\nContent-Length: %zu\r\n",
               (unsigned)t->s->port, body.n);
    if (t->how & LEGACY)
        buf_printf(&b, "MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: %s\r\n", session);
    else
        put_repeated(&b, body);
    buf_put(&all, buf_slice(&b));
    for (size_t i = 0; i < line.n && (t->how & HEADER); i++)
        buf_put_u8(&all, line.p[i] == '\r' ? ' ' : line.p[i]);
    if ((t->how & HEADER) && line.n > 0)
        buf_put_str(&all, "\r\n");
    buf_put_str(&all, "\r\n");
    buf_put(&all, body);
    client_open(&t->c, t->s->port);
    client_send(&t->c, buf_slice(&all));
    buf_free(&b);
    buf_free(&all);
}

/* --- the keeper ------------------------------------------------------------------------------- */

static bool is_new(struct scene *t, enum msg type)
{
    bool is = t->s->n[type] != t->seen[type];

    t->seen[type] = t->s->n[type];
    return is;
}

static void decide(struct scene *t)
{
    struct stage *s = t->s;
    const struct seen_open *o = &s->open;
    bool person = o->kind == CALL_KIND_REQUEST &&
                  (o->want == CALL_WANT_CONNECT || (t->how & HANDOFF && o->want == CALL_WANT_SEND));

    if (t->how & DENY)
        say_deny(s, o->call, ERR_FORBIDDEN);
    else if (o->want == CALL_WANT_OWN || o->want == CALL_WANT_STATUS)
        say_own(s, o->call, t->how & ANONYMOUS, t->how & HANDOFF);
    else if (person && (o->caps & 1) && o->state[0] == '\0')
        say_handoff(s, o->call, o->era == ERA_MODERN ? "sealed by the keeper" : "");
    else if (person)
        say_neutral(s, o->call, ENDING_DECLINED);
    else if (o->want == CALL_WANT_SEND)
        say_permit(s, o->call, &s->alice, t->how & ANONYMOUS);
    else
        say_deny(s, o->call, ERR_FORBIDDEN);
}

/* --- egress ----------------------------------------------------------------------------------- */

/* As egress does it. */
static void check_sent(const struct stage *s)
{
    struct buf projection = BUF_INIT(LIM_PROJECTION_BYTES);
    struct digest d = hash_sha256(buf_slice(&s->body));
    const struct request_headers headers = stage_headers(s);
    struct json j;
    struct jsonrpc m;

    j = JSON_INIT;
    MUST(json_parse(&j, buf_slice(&s->body), NULL) == ERR_OK);
    MUST(jsonrpc_read(&j, &m) == ERR_OK);
    MUST(misread_member(&j, &m) == JSON_NONE);
    MUST(projection_of(&j, &m, &headers, hash_sha256, &projection) == ERR_OK);
    MUST(slice_eq(buf_slice(&projection), buf_slice(&s->open.projection)));
    MUST(ID_EQ(d, s->open.body_digest));
    json_free(&j);
    buf_free(&projection);
}

/* What egress lets through: whole messages, and a response once, at the end. */
static bool may_pass(const struct scene *t, struct slice text, bool *ret_final)
{
    struct json j;
    struct jsonrpc m;
    bool may;

    j = JSON_INIT;
    may = json_parse(&j, text, NULL) == ERR_OK && jsonrpc_read(&j, &m) == ERR_OK;
    *ret_final = may && (m.kind == JSONRPC_RESULT || m.kind == JSONRPC_ERROR);
    if (may && !*ret_final)
        may = (t->how & STREAM) && (m.kind == JSONRPC_NOTIFICATION || (t->how & LEGACY));
    json_free(&j);
    return may;
}

static void say_text(struct stage *s, uint64_t call, struct slice text)
{
    for (size_t at = 0; at < text.n; at += LIM_PART_BYTES) {
        const struct msg_answer_part m = {.call = call,
                                          .part = slice_sub(text, at, at + LIM_PART_BYTES),
                                          .last = at + LIM_PART_BYTES >= text.n};

        MUST(send_answer_part(s->egress, &m) == ERR_OK);
    }
}

/* Which the gateway answers by what is stored. */
static bool is_list(const char *method)
{
    static const char *const lists[] = {"tools/list", "prompts/list", "resources/list",
                                        "resources/templates/list"};

    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        if (strcmp(method, lists[i]) == 0)
            return true;
    return false;
}

static void answer(struct scene *t)
{
    struct stage *s = t->s;
    uint64_t call = s->head.call;
    struct slice rest = t->answer;
    bool final = false;

    if (s->head.kind != CALL_KIND_REQUEST) {
        say_head(s, call, ANSWER_KIND_ACCEPTED);
        say_end(s, call, ANSWER_HOW_DONE, ERR_OK);
        return;
    }
    if (t->how & NO_ANSWER) {
        say_end(s, call, ANSWER_HOW_REFUSED, ERR_UPSTREAM_REFUSED);
        if (s->open.want == CALL_WANT_SEND && !is_list(s->open.method))
            say_deny(s, call, ERR_FORBIDDEN);
        return;
    }
    if (t->how & STREAM)
        say_head(s, call, ANSWER_KIND_SSE);
    while (rest.n > 0 && !final) {
        struct slice text = fuzz_line(&rest);

        if (!may_pass(t, text, &final))
            break;
        if (!(t->how & STREAM))
            say_head(s, call, ANSWER_KIND_JSON);
        say_text(s, call, text);
    }
    say_end(s, call, final ? ANSWER_HOW_DONE : ANSWER_HOW_INVALID,
            final ? ERR_OK : ERR_UPSTREAM_ANSWER);
}

/* --- one input -------------------------------------------------------------------------------- */

static void react(struct scene *t)
{
    struct stage *s = t->s;

    if (is_new(t, MSG_CALL_OPEN))
        decide(t);
    if (is_new(t, MSG_SNAPSHOT_GET))
        say_snapshot(s, s->open.call, s->snapshot, t->how & ANONYMOUS ? "" : "{\"tools\":[{}]}");
    if (s->n[MSG_SEND_HEAD] != t->seen[MSG_SEND_HEAD] && s->body.n == s->head.size) {
        t->seen[MSG_SEND_HEAD] = s->n[MSG_SEND_HEAD];
        check_sent(s);
        answer(t);
    }
}

/* Until nothing happens any more: all of it is in this thread. */
static void play(struct scene *t)
{
    struct stage *s = t->s;

    for (unsigned idle = 0; idle < IDLE_TURNS;) {
        size_t before = t->c.got.n, after = 0;

        for (enum msg m = MSG_NONE; m < MSG_COUNT; m++)
            before += s->n[m];
        loop_turn(s->loop, 0);
        client_read(&t->c);
        MUST(s->keeper != NULL && s->egress != NULL); /* nobody was cut off */
        react(t);
        after = t->c.got.n;
        for (enum msg m = MSG_NONE; m < MSG_COUNT; m++)
            after += s->n[m];
        idle = before == after ? idle + 1 : 0;
    }
}

/* What the client left behind is forgotten. */
static void leave(struct scene *t)
{
    uint64_t start = client_now();

    client_close(&t->c);
    while (HASH_COUNT(t->s->g.calls) > 0) {
        MUST(client_now() - start < 60000);
        loop_turn(t->s->loop, 1);
        react(t);
    }
    MUST(t->s->keeper != NULL && t->s->egress != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of(data, size), line, body;
    struct scene t = {0};
    const char *session = NULL;
    size_t end;

    if (size == 0 || size > INPUT_BYTES)
        return 0;
    t.s = the_stage(&session);
    t.how = data[0];
    in = slice_sub(in, 1, in.n);
    line = fuzz_line(&in);
    if (line.n > LINE_BYTES || slice_find_byte(line, 0) < line.n)
        return 0;
    end = slice_find_byte(in, 0);
    body = slice_sub(in, 0, end);
    t.answer = slice_sub(in, end + 1, in.n);
    for (enum msg m = MSG_NONE; m < MSG_COUNT; m++)
        t.seen[m] = t.s->n[m];
    ask(&t, session, line, body);
    play(&t);
    /* An answer, or a stream that has begun: only a person is waited for. */
    MUST(client_count(&t.c, "HTTP/1.1 ") > 0 || (t.how & HEADER));
    leave(&t);
    return 0;
}
