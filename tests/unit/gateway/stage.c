#include "stage.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/init.h"
#include "ipc/gen/gateway.h"
#include "os/sock.h"

/* --- actors ----------------------------------------------------------------------------------- */

static void copy(struct slice from, char *to, size_t n)
{
    assert_true(from.n < n);
    to[slice_copy(from, to, n)] = '\0';
}

static enum err copy_token(void *ctx, struct slice s)
{
    copy(s, ctx, LIM_TOKEN_BYTES + 1);
    return ERR_OK;
}

static void see_open(struct stage *s, const struct msg_call_open *m)
{
    struct seen_open *o = &s->open;
    struct buf projection = o->projection;

    buf_clear(&projection);
    buf_put(&projection, m->projection);
    *o = (struct seen_open){.call = m->call,
                            .upstream = m->upstream,
                            .era = m->era,
                            .kind = m->kind,
                            .want = m->want,
                            .body_digest = m->body_digest,
                            .request = m->request,
                            .projection = projection,
                            .caps = m->caps,
                            .session = m->session,
                            .answers = m->answers,
                            .answer = m->answer};
    copy(m->method, o->method, sizeof(o->method));
    copy(m->name, o->name, sizeof(o->name));
    copy(m->state, o->state, sizeof(o->state));
    assert_non_null(m->token);
    assert_err(sec_with(m->token, copy_token, o->token), ERR_OK);
}

static void see_head(struct stage *s, const struct msg_send_head *m)
{
    s->head = (struct seen_head){.call = m->call,
                                 .use = m->use,
                                 .era = m->era,
                                 .kind = m->kind,
                                 .client = m->client,
                                 .session = m->session,
                                 .size = m->size};
    copy(m->protocol, s->head.protocol, sizeof(s->head.protocol));
    copy(m->caps, s->head.caps, sizeof(s->head.caps));
    buf_clear(&s->body);
}

static void see_param(struct stage *s, const struct msg_send_param *m)
{
    struct buf b = BUF_INIT(sizeof(s->head.params) - 1);

    /* Egress cuts off who sends another. */
    assert_true(http_is_token(m->name) && http_is_field_value(m->value) && m->value.n > 0);
    buf_put_str(&b, s->head.params);
    buf_put(&b, m->name);
    buf_put_u8(&b, '=');
    buf_put(&b, m->value);
    buf_put_u8(&b, ';');
    copy(buf_slice(&b), s->head.params, sizeof(s->head.params));
    assert_true(s->head.params_n < LIM_MCP_PARAMS);
    copy(m->name, s->head.param[s->head.params_n].name, sizeof(s->head.param[0].name));
    copy(m->value, s->head.param[s->head.params_n].value, sizeof(s->head.param[0].value));
    s->head.params_n++;
    buf_free(&b);
}

struct request_headers stage_headers(const struct stage *s)
{
    struct request_headers h = {.n = s->head.params_n};

    for (size_t i = 0; i < h.n; i++)
        h.v[i] = (struct http_field){slice_str(s->head.param[i].name),
                                     slice_str(s->head.param[i].value)};
    return h;
}

static bool on_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    struct stage *s = ctx;

    (void)c;
    assert_int_equal(fd, -1);
    s->n[type]++;
    switch (type) {
    case MSG_TOKEN_CHECK:
        s->check = m->token_check.check;
        if (!s->asks_nobody)
            say_known(s, s->check, !s->knows_nobody);
        break;
    case MSG_CALL_OPEN: see_open(s, &m->call_open); break;
    case MSG_CALL_GONE:
        s->gone_call = m->call_gone.call;
        s->gone_use = m->call_gone.use;
        break;
    case MSG_CALL_CANCEL: s->cancelled_call = m->call_cancel.call; break;
    case MSG_ASK_REFUSE:
        buf_printf(&s->refusals, "%llu ", (unsigned long long)m->ask_refuse.call);
        buf_put(&s->refusals, m->ask_refuse.id);
        buf_printf(&s->refusals, " %s\n", refusal_name(m->ask_refuse.why));
        break;
    case MSG_CALL_ANSWER: s->answer = m->call_answer.answer; break;
    case MSG_SNAPSHOT_GET: s->snapshot = m->snapshot_get.kind; break;
    case MSG_SEND_HEAD: see_head(s, &m->send_head); break;
    case MSG_SEND_PARAM: see_param(s, &m->send_param); break;
    case MSG_SEND_PART: buf_put(&s->body, m->send_part.part); break;
    case MSG_CREDIT: s->credit += m->credit.bytes; break;
    default: break;
    }
    return true;
}

static void keep(struct stage *s, struct chan *c)
{
    for (size_t i = 0; i < ARRAY_LEN(s->channels); i++) {
        if (s->channels[i] == NULL) {
            s->channels[i] = c;
            return;
        }
    }
    fail_msg("too many channels");
}

static void forget(struct stage *s, struct chan *c)
{
    for (size_t i = 0; i < ARRAY_LEN(s->channels); i++) {
        if (s->channels[i] == c)
            s->channels[i] = NULL;
    }
    chan_free(c);
}

void stage_end(struct stage *s, struct chan **actor)
{
    forget(s, *actor);
    *actor = NULL;
}

static void on_actor_closed(void *ctx, struct chan *c, enum err why)
{
    struct stage *s = ctx;

    if (c == s->keeper) {
        s->keeper_ended = true;
        s->keeper_why = why;
        s->keeper = NULL;
    } else {
        s->egress_ended = true;
        s->egress_why = why;
        s->egress = NULL;
    }
    forget(s, c);
}

static const struct chan_events actor_events = {on_message, on_actor_closed, NULL};

static bool on_near_message(void *ctx, struct chan *c, enum msg type, union msg_any *m, int fd)
{
    struct stage *s = ctx;

    return gateway_dispatch(&s->g, c, type, m, fd);
}

static void on_near_closed(void *ctx, struct chan *c, enum err why)
{
    struct stage *s = ctx;

    (void)why;
    gateway_lost(&s->g, c);
    if (c == s->near_keeper)
        s->near_keeper = NULL;
    else
        s->near_egress = NULL;
    forget(s, c);
}

static void on_near_writable(void *ctx, struct chan *c)
{
    struct stage *s = ctx;

    gateway_writable(&s->g, c);
}

static const struct chan_events near_events = {on_near_message, on_near_closed, on_near_writable};

/* The gateway's end of a new channel; *ret_far is the other. */
static struct chan *add_near(struct stage *s, struct chan_peer who, int *ret_far)
{
    struct chan *near = NULL;
    int fds[2];

    assert_err(sock_pair(fds), ERR_OK);
    near = chan_new(s->loop, fds[0], ROLE_GATEWAY, who, &near_events, s);
    keep(s, near);
    gateway_peer(&s->g, near);
    *ret_far = fds[1];
    return near;
}

static struct chan *add_actor(struct stage *s, enum role role, int fd)
{
    const struct chan_peer gateway = {.role = ROLE_GATEWAY};
    struct chan *actor = chan_new(s->loop, fd, role, gateway, &actor_events, s);

    keep(s, actor);
    return actor;
}

static void add_peer(struct stage *s, struct chan_peer who, struct chan **ret_near,
                     struct chan **ret_actor)
{
    int far = -1;

    *ret_near = add_near(s, who, &far);
    *ret_actor = add_actor(s, who.role, far);
}

void stage_add_egress(struct stage *s, uint16_t upstream, uint64_t generation)
{
    const struct chan_peer who = {
        .role = ROLE_EGRESS, .generation = generation, .upstream = upstream};

    add_peer(s, who, &s->near_egress, &s->egress);
}

void stage_add_keeper(struct stage *s)
{
    const struct chan_peer who = {.role = ROLE_KEEPER, .generation = 1};

    add_peer(s, who, &s->near_keeper, &s->keeper);
}

void stage_still_keeper(struct stage *s)
{
    const struct chan_peer who = {.role = ROLE_KEEPER, .generation = 2};

    stage_end(s, &s->keeper);
    while (s->near_keeper != NULL)
        loop_turn(s->loop, 5);
    s->near_keeper = add_near(s, who, &s->still);
}

void stage_wake_keeper(struct stage *s)
{
    s->keeper = add_actor(s, ROLE_KEEPER, s->still);
}

/* --- life ------------------------------------------------------------------------------------- */

static void configure(struct gateway_conf *c, uint16_t port)
{
    static const struct {
        uint16_t number;
        const char *name;
        uint8_t protocols;
        bool needs;
    } ups[] = {
        {UP_BOTH, "both", 3, true},
        {UP_MODERN, "modern", 1, true},
        {UP_LEGACY, "legacy", 2, true},
        {UP_OPEN, "open", 3, false},
    };
    const struct msg_conf_site site = {.surface_url = SLICE_LIT(SURFACE)};
    const struct msg_conf_origin origin = {.origin = SLICE_LIT("http://localhost:6274")};
    struct msg_conf_host host = {0};
    struct buf b = BUF_INIT(64);

    buf_printf(&b, "127.0.0.1:%u", (unsigned)port);
    host.host = buf_slice(&b);
    gateway_on_conf_site(c, &site);
    gateway_on_conf_host(c, &host);
    gateway_on_conf_origin(c, &origin);
    for (size_t i = 0; i < ARRAY_LEN(ups); i++) {
        const struct msg_conf_upstream m = {.upstream = ups[i].number,
                                            .name = slice_str(ups[i].name),
                                            .title = SLICE_LIT("The Weather"),
                                            .protocols = ups[i].protocols,
                                            .needs_credential = ups[i].needs};
        gateway_on_conf_upstream(c, &m);
    }
    assert_err(gateway_conf_check(c), ERR_OK);
    buf_free(&b);
}

int stage_setup(void **state)
{
    struct stage *s = MEM_NEW(struct stage);
    int fd = client_listener(&s->port);

    crypto_init();
    assert_err(limit_set(SET_HOLD_TIME, 50000), ERR_OK);
    assert_err(limit_set(SET_COMMENT_TIME, 15000), ERR_OK);
    assert_err(limit_set(SET_PERMIT_TIME, 15000), ERR_OK);
    assert_err(limit_set(SET_BODY_BYTES, 4194304), ERR_OK);
    assert_err(limit_set(SET_STREAM_BUFFER, 65536), ERR_OK);
    assert_err(limit_set(SET_SESSION_IDLE, 3600000), ERR_OK);
    s->loop = loop_new();
    buf_init(&s->body, 8 << 20);
    buf_init(&s->refusals, 64 * 1024);
    buf_init(&s->open.projection, LIM_PROJECTION_BYTES);
    memset(s->alice.b, 0xa1, sizeof(s->alice.b));
    memset(s->bob.b, 0xb0, sizeof(s->bob.b));
    gateway_init(&s->g, s->loop);
    s->g.instance = 7;
    configure(&s->g.conf, s->port);
    gateway_open(&s->g);
    httpd_listen(s->g.http, fd);
    stage_add_keeper(s);
    stage_add_egress(s, UP_BOTH, 5);
    *state = s;
    return 0;
}

int stage_teardown(void **state)
{
    struct stage *s = *state;

    gateway_done(&s->g);
    for (size_t i = 0; i < ARRAY_LEN(s->channels); i++)
        chan_free(s->channels[i]);
    for (int i = 0; i < 3; i++)
        loop_turn(s->loop, 0);
    loop_free(s->loop);
    buf_free(&s->body);
    buf_free(&s->refusals);
    buf_free(&s->open.projection);
    mem_free(s);
    return 0;
}

/* --- clients ---------------------------------------------------------------------------------- */

void request(struct stage *s, struct client *c, const char *line, const char *headers,
             const char *body)
{
    struct buf b = BUF_INIT(16 << 20);

    if (c->fd <= 0)
        client_open(c, s->port);
    buf_printf(&b, "%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n", line, (unsigned)s->port);
    buf_put_str(&b, headers);
    if (body != NULL)
        buf_printf(&b, "Content-Length: %zu\r\n", strlen(body));
    buf_put_str(&b, "\r\n");
    if (body != NULL)
        buf_put_str(&b, body);
    client_send(c, buf_slice(&b));
    buf_free(&b);
}

#define COMMON                                                                                     \
    "Authorization: Bearer " TOKEN "\r\nContent-Type: application/json\r\n"                        \
    "Accept: application/json, text/event-stream\r\n"

void post(struct stage *s, struct client *c, const char *path, const char *headers,
          const char *body)
{
    struct buf line = BUF_INIT(256), h = BUF_INIT(65536);

    buf_printf(&line, "POST %s", path);
    buf_put_u8(&line, 0);
    buf_put_str(&h, COMMON);
    buf_put_str(&h, headers);
    buf_put_u8(&h, 0);
    request(s, c, (const char *)line.p, (const char *)h.p, body);
    buf_free(&line);
    buf_free(&h);
}

void call_modern(struct stage *s, struct client *c, const char *id, const char *caps,
                 const char *members)
{
    struct buf b = BUF_INIT(1 << 20);

    buf_printf(&b,
               "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/call\",\"params\":{\"name\":"
               "\"forecast\",\"arguments\":{\"city\":\"Ulm\",\"days\":3.50},\"_meta\":{",
               id);
    buf_put_str(&b, "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
                    "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"x\",\"version\":\"1\"},"
                    "\"io.modelcontextprotocol/clientCapabilities\":");
    buf_put_str(&b, caps);
    buf_put_str(&b, ",\"progressToken\":\"p\",\"com.example/kept\":[1.0,\"\\u00e4\"]}");
    buf_put_str(&b, members);
    buf_put_str(&b, "}}");
    buf_put_u8(&b, 0);
    post(s, c, "/mcp/both",
         "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: forecast\r\n",
         (const char *)b.p);
    buf_free(&b);
}

void quiet(struct stage *s, struct client *c)
{
    for (int i = 0; i < 10; i++) {
        loop_turn(s->loop, 1);
        client_read(c);
    }
}

bool has(const struct client *c, const char *text)
{
    return client_count(c, text) > 0;
}

void all_is_over(struct stage *s, struct client *c)
{
    WAIT(s, c, HASH_COUNT(s->g.calls) == 0);
    client_close(c);
    assert_false(s->keeper_ended);
    assert_false(s->egress_ended);
}

/* --- the keeper ------------------------------------------------------------------------------- */

#define SAY(to, name, ...)                                                                         \
    do {                                                                                           \
        const struct msg_##name m_ = {__VA_ARGS__};                                                \
        assert_err(send_##name(to, &m_), ERR_OK);                                                  \
    } while (0)

static const struct handoff_id handoff = {{0x77, 0x01}};

void say_known(struct stage *s, uint64_t check, bool known)
{
    SAY(s->keeper, token_known, .check = check, .known = known);
}

void say_gone(struct stage *s)
{
    SAY(s->keeper, token_gone, .token = hash_sha256(SLICE_LIT(TOKEN)));
    for (int i = 0; i < 3; i++)
        loop_turn(s->loop, 1);
}

void say_permit(struct stage *s, uint64_t call, const struct client_id *who, bool anonymous)
{
    SAY(s->keeper, call_permit, .call = call, .use = {{1, 2, 3}}, .egress_generation = 5,
        .client = *who, .anonymous = anonymous);
}

void say_own(struct stage *s, uint64_t call, bool connected, bool pending)
{
    SAY(s->keeper, call_own, .call = call, .client = s->alice, .user_name = SLICE_LIT("alice"),
        .connected = connected, .pending = pending);
}

void say_deny(struct stage *s, uint64_t call, enum err code)
{
    SAY(s->keeper, call_deny, .call = call, .code = code);
}

void say_handoff(struct stage *s, uint64_t call, const char *state)
{
    SAY(s->keeper, call_handoff, .call = call, .client = s->alice, .handoff = handoff,
        .words = SLICE_LIT("amber falcon"), .need = NEED_MISSING, .state = slice_str(state));
}

void say_hold(struct stage *s, uint64_t call, const char *state)
{
    SAY(s->keeper, call_hold, .call = call, .handoff = handoff, .words = SLICE_LIT("amber falcon"),
        .state = slice_str(state));
}

void say_neutral(struct stage *s, uint64_t call, enum ending how)
{
    SAY(s->keeper, call_neutral, .call = call, .handoff = handoff,
        .words = SLICE_LIT("amber falcon"), .ending = how);
}

void say_snapshot(struct stage *s, uint64_t call, enum snapshot kind, const char *text)
{
    struct slice all = slice_str(text);
    size_t half = all.n / 2;

    if (all.n < 2) {
        SAY(s->keeper, snapshot_part, .call = call, .kind = kind, .size = (uint32_t)all.n,
            .part = all);
        return;
    }
    SAY(s->keeper, snapshot_part, .call = call, .kind = kind, .size = (uint32_t)all.n,
        .part = slice_sub(all, 0, half));
    SAY(s->keeper, snapshot_part, .call = call, .kind = kind, .size = (uint32_t)all.n,
        .offset = (uint32_t)half, .part = slice_sub(all, half, all.n));
}

/* --- egress ----------------------------------------------------------------------------------- */

void say_head(struct stage *s, uint64_t call, enum answer_kind kind)
{
    SAY(s->egress, answer_head, .call = call, .kind = kind);
}

void say_part(struct stage *s, uint64_t call, const char *text, bool last)
{
    SAY(s->egress, answer_part, .call = call, .last = last, .part = slice_str(text));
}

void say_end(struct stage *s, uint64_t call, enum answer_how how, enum err code)
{
    SAY(s->egress, answer_end, .call = call, .how = how, .code = code);
}

void say_answer(struct stage *s, uint64_t call, const char *text)
{
    say_head(s, call, ANSWER_KIND_JSON);
    say_part(s, call, text, true);
    say_end(s, call, ANSWER_HOW_DONE, ERR_OK);
}

/* --- scenes ----------------------------------------------------------------------------------- */

void open_session(struct stage *s, const char *path, const char *caps, char ret_id[ID_TEXT + 1])
{
    struct client c = {0};
    struct buf b = BUF_INIT(65536);
    unsigned opens = s->n[MSG_CALL_OPEN], gets = s->n[MSG_SNAPSHOT_GET];
    size_t at;

    buf_printf(&b,
               "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
               "\"protocolVersion\":\"2025-11-25\",\"capabilities\":%s,\"clientInfo\":{\"name\":"
               "\"x\",\"version\":\"1\"}}}",
               caps);
    buf_put_u8(&b, 0);
    post(s, &c, path, "", (const char *)b.p);
    buf_free(&b);
    WAIT_MSG(s, &c, MSG_CALL_OPEN, opens + 1);
    assert_int_equal(s->open.want, CALL_WANT_OWN);
    say_own(s, s->open.call, false, false);
    WAIT_MSG(s, &c, MSG_SNAPSHOT_GET, gets + 1);
    assert_int_equal(s->snapshot, SNAPSHOT_SERVER);
    say_snapshot(s, s->open.call, SNAPSHOT_SERVER, "");
    WAIT(s, &c, has(&c, "\"serverInfo\""));
    at = slice_find(buf_slice(&c.got), SLICE_LIT("Mcp-Session-Id: ")) + 16;
    copy(slice_sub(buf_slice(&c.got), at, at + ID_TEXT), ret_id, ID_TEXT + 1);
    WAIT_MSG(s, &c, MSG_CALL_GONE, 1);
    client_close(&c);
}

void post_in(struct stage *s, struct client *c, const char *id, const char *body)
{
    struct buf h = BUF_INIT(256);

    buf_printf(&h, "Mcp-Session-Id: %s\r\nMCP-Protocol-Version: 2025-11-25\r\n", id);
    buf_put_u8(&h, 0);
    post(s, c, "/mcp/both", (const char *)h.p, body);
    buf_free(&h);
}

void let_through_as(struct stage *s, struct client *c, bool anonymous)
{
    unsigned opens = s->n[MSG_CALL_OPEN], heads = s->n[MSG_SEND_HEAD];

    WAIT_MSG(s, c, MSG_CALL_OPEN, opens + 1);
    say_permit(s, s->open.call, &s->alice, anonymous);
    WAIT_MSG(s, c, MSG_SEND_HEAD, heads + 1);
    WAIT(s, c, s->body.n == s->head.size);
}

void let_through(struct stage *s, struct client *c)
{
    let_through_as(s, c, false);
}
