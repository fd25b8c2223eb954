/* The scene of as_gateway.h. */
#include "as_gateway.h"

#include <stdio.h>
#include <string.h>

#include "os/sock.h"
#include "proto/json.h"

struct as_gateway as_gateway;

static const char *const names[] = {"weather", "open"};

void as_gateway_meet(struct play *p)
{
    struct as_gateway *s = &as_gateway;

    play_turn(p, 0);
    if (s->keeper == NULL || s->keeper->over)
        s->keeper = play_peer(p, ROLE_KEEPER, HONEST);
    for (unsigned i = WEATHER; i <= OPEN; i++)
        if (s->egress[i] == NULL || s->egress[i]->over)
            s->egress[i] = play_peer(p, ROLE_EGRESS, i);
}

/* --- clients ---------------------------------------------------------------------------------- */

void as_gateway_post(struct as_call *c, const char *key, const char *more, const char *body)
{
    struct buf text = BUF_INIT(1 << 20);

    client_open(&c->c, as_gateway.port);
    buf_printf(&text, "POST /mcp/%s HTTP/1.1\r\nHost: " GATEWAY_HOST "\r\nConnection: close\r\n",
               names[c->upstream]);
    buf_printf(&text, "Authorization: Bearer sgk_%s\r\nContent-Length: %zu\r\n", key, strlen(body));
    buf_put_str(&text, "Content-Type: application/json\r\n"
                       "Accept: application/json, text/event-stream\r\n");
    buf_put_str(&text, more);
    buf_put_str(&text, "\r\n");
    buf_put_str(&text, body);
    buf_put_u8(&text, 0);
    client_send(&c->c, (const char *)text.p);
    buf_free(&text);
}

static void modern(struct as_call *c, const char *key, const char *method, const char *members)
{
    char head[256], body[4096], name[64] = "";

    if (sscanf(members, "\"name\":\"%40[a-z_]", name) == 1)
        strcat(name, "\r\n");
    snprintf(head, sizeof head, "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: %s\r\n%s%s",
             method, name[0] != 0 ? "Mcp-Name: " : "", name);
    snprintf(body, sizeof body,
             "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"%s\",\"params\":{%s\"_meta\":{"
             "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
             "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"x\",\"version\":\"1\"},"
             "\"io.modelcontextprotocol/clientCapabilities\":"
             "{\"elicitation\":{\"url\":{},\"form\":{}}}}}}",
             method, members);
    as_gateway_post(c, key, head, body);
}

void as_gateway_modern(struct as_call *c, unsigned upstream, const char *method,
                       const char *members)
{
    *c = (struct as_call){.upstream = upstream};
    modern(c, "ana", method, members);
    c->call = hear(as_gateway.keeper, MSG_CALL_OPEN)->call_open.call;
}

void as_gateway_call(struct as_call *c, unsigned upstream)
{
    as_gateway_modern(c, upstream, "tools/call", "\"name\":\"forecast\",\"arguments\":{},");
}

static const char initialize[] =
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
    "\"2025-11-25\",\"capabilities\":{\"elicitation\":{\"url\":{}}},"
    "\"clientInfo\":{\"name\":\"c\",\"version\":\"1\"}}}";

struct session_id as_gateway_session(struct play *p, char ret[64])
{
    struct end *keeper = as_gateway.keeper;
    struct as_call c;
    struct session_id id;
    struct slice field = SLICE_LIT("Mcp-Session-Id: "), got;

    as_gateway_initialize(&c);
    SAY(keeper, MSG_CALL_OWN, call_own, .call = c.call, .client = {{1}});
    IGNORE(hear(keeper, MSG_SNAPSHOT_GET));
    SAY(keeper, MSG_SNAPSHOT_PART, snapshot_part, .call = c.call, .kind = SNAPSHOT_SERVER);
    as_gateway_gets(p, &c, "protocolVersion");
    UNTIL(p, client_ended(&c.c));
    got = buf_slice(&c.c.got);
    got = slice_sub(got, slice_find(got, field) + field.n, got.n);
    got = slice_sub(got, 0, ID_TEXT);
    assert_true(id_parse(got, id.b, ID_BYTES));
    snprintf(ret, 64, "Mcp-Session-Id: %.*s\r\n", (int)got.n, (const char *)got.p);
    client_close(&c.c);
    return id;
}

void as_gateway_initialize(struct as_call *c)
{
    *c = (struct as_call){.upstream = WEATHER};
    as_gateway_post(c, "ana", "", initialize);
    c->call = hear(as_gateway.keeper, MSG_CALL_OPEN)->call_open.call;
}

const char as_gateway_tool[] = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\","
                               "\"params\":{\"name\":\"forecast\",\"arguments\":{}}}";

void as_gateway_legacy(struct as_call *c, const char *session, const char *body)
{
    char head[256];

    *c = (struct as_call){.upstream = WEATHER};
    snprintf(head, sizeof head, "MCP-Protocol-Version: 2025-11-25\r\n%s", session);
    as_gateway_post(c, "ana", head, body);
    c->call = hear(as_gateway.keeper, MSG_CALL_OPEN)->call_open.call;
}

/* --- what they got ---------------------------------------------------------------------------- */

static void show(const struct as_call *c, const char *wants)
{
    fail_msg("no \"%s\" but: %.*s", wants, (int)c->c.got.n, (const char *)c->c.got.p);
}

void as_gateway_gets(struct play *p, struct as_call *c, const char *text)
{
    UNTIL(p, client_has(&c->c, text) || client_ended(&c->c));
    if (!client_has(&c->c, text))
        show(c, text);
}

static void must_be_json(const struct as_call *c, struct slice s)
{
    struct json j;

    j = JSON_INIT;
    if (json_parse(&j, s, NULL) != ERR_OK)
        show(c, "JSON");
    json_free(&j);
}

/* Of a stream each line that is data; of another body the whole. */
static void each_is_json(const struct as_call *c, struct slice body)
{
    const struct slice data = SLICE_LIT("data: ");
    bool stream = slice_find(buf_slice((struct buf *)(uintptr_t)&c->c.got),
                             SLICE_LIT("text/event-stream")) < c->c.got.n;

    if (!stream && body.n > 0)
        must_be_json(c, body);
    while (stream && body.n > 0) {
        size_t n = slice_find_byte(body, '\n');

        if (slice_starts(body, data) && n > data.n)
            must_be_json(c, slice_sub(body, data.n, n));
        body = slice_sub(body, n + 1, body.n);
    }
}

void as_gateway_answered(struct play *p, struct as_call *c, const char *status)
{
    const struct slice end = SLICE_LIT("\r\n\r\n");
    struct slice got;
    char line[64];

    UNTIL(p, client_ended(&c->c));
    snprintf(line, sizeof line, "HTTP/1.1 %s ", status != NULL ? status : "");
    if (status != NULL && !client_has(&c->c, line))
        show(c, line);
    got = buf_slice(&c->c.got);
    each_is_json(c, slice_sub(got, slice_find(got, end) + end.n, got.n));
    client_close(&c->c);
}

/* --- honest peers ----------------------------------------------------------------------------- */

static struct end *egress_of(const struct as_call *c)
{
    return as_gateway.egress[c->upstream];
}

void as_gateway_permit(struct as_call *c)
{
    const struct msg_send_head *head;
    struct msg_call_permit m = {.call = c->call,
                                .use = FRESH(use_id),
                                .egress_generation = egress_of(c)->generation,
                                .client = {{1}}};

    say(as_gateway.keeper, MSG_CALL_PERMIT, &m);
    head = &hear(egress_of(c), MSG_SEND_HEAD)->send_head;
    assert_true(head->call == c->call && ID_EQ(head->use, m.use));
    assert_int_equal(hear(egress_of(c), MSG_SEND_PART)->send_part.part.n, head->size);
}

void as_gateway_head(struct as_call *c, enum answer_kind kind)
{
    SAY(egress_of(c), MSG_ANSWER_HEAD, answer_head, c->call, kind);
}

void as_gateway_part(struct as_call *c, const char *message)
{
    SAY(egress_of(c), MSG_ANSWER_PART, answer_part, c->call, true, slice_str(message));
}

void as_gateway_end(struct as_call *c, enum answer_how how)
{
    SAY(egress_of(c), MSG_ANSWER_END, answer_end, .call = c->call, .how = how);
}

void as_gateway_answer(struct as_call *c, const char *message)
{
    as_gateway_head(c, ANSWER_KIND_JSON);
    as_gateway_part(c, message);
    as_gateway_end(c, ANSWER_HOW_DONE);
}

void as_gateway_gone(struct as_call *c)
{
    uint64_t call;

    do
        call = hear(as_gateway.keeper, MSG_CALL_GONE)->call_gone.call;
    while (call != c->call);
}

/* --- the scene -------------------------------------------------------------------------------- */

/* Every token is an agent key's, as far as reading a body goes. */
static bool vouch(void *ctx, struct end *e, struct line *l)
{
    (void)ctx;
    if (l->type != MSG_TOKEN_CHECK)
        return false;
    SAY(e, MSG_TOKEN_KNOWN, token_known, .check = l->m.token_check.check, .known = true);
    return true;
}

static void set(struct play *p)
{
    struct as_call *c = &as_gateway.bystander;
    int listener;

    p->listen = vouch;
    as_gateway = (struct as_gateway){.bystander = {.upstream = OPEN}};
    listener = tcp_listener(&as_gateway.port);
    say_fd(p->supervisor, MSG_LISTENER, &(struct msg_listener){0}, listener);
    sock_close(listener);
    as_gateway_meet(p);
    modern(c, "ben", "tools/call", "\"name\":\"forecast\",\"arguments\":{},");
    c->call = hear(as_gateway.keeper, MSG_CALL_OPEN)->call_open.call;
    as_gateway_permit(c);
}

/* Whose call was under way gets its answer and nothing else; and a whole call goes through. */
static void check(struct play *p)
{
    struct as_call c, *by = &as_gateway.bystander;

    as_gateway_meet(p);
    as_gateway_call(&c, WEATHER);
    as_gateway_permit(&c);
    as_gateway_answer(&c, AS_GATEWAY_RESULT("for Ana"));
    as_gateway_gets(p, &c, "for Ana");
    as_gateway_answered(p, &c, "200");
    as_gateway_answer(by, AS_GATEWAY_RESULT("for Ben"));
    as_gateway_gets(p, by, "for Ben");
    assert_false(client_has(&by->c, "Ana"));
    assert_false(client_has(&by->c, "stolen"));
    as_gateway_answered(p, by, "200");
}

static void clear(void)
{
    client_close(&as_gateway.bystander.c);
}

const struct cast cast_gateway = {ROLE_GATEWAY, set, check, clear};
