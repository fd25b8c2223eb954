/*
 * What the gateway answers itself. Run by the gateway after the keeper named the caller. Trusts the
 * keeper; of an upstream it repeats what it says of itself (capabilities, instructions), screened,
 * under its configured name. Specifications: MCP 2025-11-25 basic/lifecycle, basic/utilities/ping,
 * server/utilities/logging; 2026-07-28 server/discover.
 */
#include "gateway/own.h"

#include "gateway/core.h"
#include "gateway/own_tools.h"
#include "gateway/reply.h"
#include "gateway/session.h"
#include "gateway/snapshot.h"
#include "os/log.h"
#include "proto/mcp_write.h"

enum { ANSWER_BYTES = LIM_SNAPSHOT_BYTES + 65536, DISCOVER_TTL_MS = 0 };

void call_owned(struct call *c, const void *arg)
{
    const struct msg_call_own *m = arg;

    if (!c->on_own) {
        chan_breach(c->g->keeper, BREACH_WRONG_ANSWER);
        return;
    }
    c->client = m->client;
    if (session_is_foreign(c, &m->client))
        call_fail(c, ERR_UNKNOWN_SESSION);
    else
        c->on_own(c, m);
}

/* --- who we are ------------------------------------------------------------------------------- */

/* What an upstream is offered as, from its stored initialize or discover result, which may be
 * missing: then tools alone, since ours are there. */
static void put_capabilities(struct buf *out, const struct json *j, uint32_t caps)
{
    struct json_edits e;

    if (!json_is(j, caps, JSON_OBJECT)) {
        buf_put_str(out, "{\"tools\":{\"listChanged\":true}}");
        return;
    }
    json_edits_init(&e, 256);
    /* setLevel is answered here, and obeyed, whatever the upstream can do. */
    if (json_get(j, caps, "tools") == JSON_NONE)
        json_edit_add_member(&e, caps, SLICE_LIT("tools"), SLICE_LIT("{\"listChanged\":true}"));
    BUG_IF(json_copy_edited(j, caps, &e, out) != ERR_OK); /* out holds any snapshot */
    json_edits_free(&e);
}

static void put_instructions(struct buf *out, const struct gateway_upstream *up,
                             const struct json *j, uint32_t instructions)
{
    struct buf scratch = BUF_INIT(LIM_SNAPSHOT_BYTES);
    struct slice theirs = json_str_slice(j, instructions, &scratch);

    if (up->needs_credential)
        buf_put_str(out, own_instructions);
    if (up->needs_credential && theirs.n > 0)
        buf_put_str(out, "\n\n");
    buf_put(out, theirs);
    buf_free(&scratch);
}

/* Fills info from the stored text; the buffers back it. */
static void describe(const struct call *c, struct slice stored, struct mcp_server_info *ret,
                     struct buf *caps, struct buf *instructions)
{
    struct json j = JSON_INIT;
    uint32_t root = JSON_NONE; /* nothing is stored */

    if (json_parse(&j, stored, NULL) == ERR_OK)
        root = 0;
    put_capabilities(caps, &j, json_get(&j, root, "capabilities"));
    put_instructions(instructions, c->up, &j, json_get(&j, root, "instructions"));
    json_free(&j);
    *ret = (struct mcp_server_info){.name = slice_str(c->up->name),
                                    .title = slice_str(c->up->title),
                                    .version = SLICE_LIT(SIDEGATE_VERSION),
                                    .capabilities = buf_slice(caps),
                                    .instructions = buf_slice(instructions),
                                    .eras = c->up->eras};
}

static void reply_initialize(struct call *c, const struct mcp_server_info *info, struct buf *out)
{
    struct gateway_session *s = NULL;
    struct buf id = BUF_INIT(ID_TEXT);
    const struct session_start n = {.up = c->up,
                                    .client = c->client,
                                    .token = c->agent->token,
                                    .caps = c->caps,
                                    .caps_text = buf_slice(&c->body),
                                    .quirk = c->quirk};
    enum err e = session_new(c->g, &n, &s);

    if (e) {
        call_fail(c, e);
        return;
    }
    mcp_put_initialize(out, buf_slice(&c->id_text), SLICE_LIT(MCP_VERSION_LEGACY), info);
    ID_PUT(&id, s->id);
    const struct http_field f[] = {{SLICE_LIT("Mcp-Session-Id"), buf_slice(&id)}};
    call_reply_http(c, 200, f, ARRAY_LEN(f), buf_slice(out));
    buf_free(&id);
}

void own_describe(struct call *c, struct slice described)
{
    struct buf caps = BUF_INIT(ANSWER_BYTES), instructions = BUF_INIT(ANSWER_BYTES);
    struct buf out = BUF_INIT(8 * ANSWER_BYTES); /* a byte of text may become six */
    struct mcp_server_info info;

    /* The client would settle on an era in which no call comes through; told, it falls back. */
    if (c->legacy_only && described.n == 0 && (c->up->eras & ERAS_LEGACY)) {
        call_fail(c, ERR_UNKNOWN_VERSION);
        return;
    }
    describe(c, described, &info, &caps, &instructions);
    if (c->method->method == MCP_INITIALIZE) {
        reply_initialize(c, &info, &out);
    } else {
        mcp_put_discover(&out, buf_slice(&c->id_text), DISCOVER_TTL_MS, &info);
        call_answer_with(c, 200, buf_slice(&out));
    }
    buf_free(&caps);
    buf_free(&instructions);
    buf_free(&out);
}

void own_initialize(struct call *c, UNUSED const struct msg_call_own *m)
{
    c->on_snapshot = own_describe;
    call_want_snapshot(c, SNAPSHOT_SERVER);
}

/* --- small ones ------------------------------------------------------------------------------- */

void own_ping(struct call *c, UNUSED const struct msg_call_own *m)
{
    struct buf out = BUF_INIT(4096);

    mcp_put_empty_result(&out, buf_slice(&c->id_text), c->era);
    call_reply(c, buf_slice(&out));
    buf_free(&out);
}

void own_set_level(struct call *c, const struct msg_call_own *m)
{
    c->session->log_level = c->level;
    own_ping(c, m);
}

void own_accept(struct call *c, UNUSED const struct msg_call_own *m)
{
    call_let_go(c, 202);
    call_finish(c);
}

void own_answer(struct call *c, UNUSED const struct msg_call_own *m)
{
    struct call *target = call_by_id(c->g, c->target);

    if (c->no_url)
        c->session->no_url = true;
    call_let_go(c, 202);
    if (target && target->session == c->session)
        call_event(target, CALL_EV_ANSWER, &c->answer);
    call_finish(c);
}

/* --- sessions --------------------------------------------------------------------------------- */

void own_stream(struct call *c, UNUSED const struct msg_call_own *m)
{
    struct sink *sink = c->sink;
    enum err e = sink ? session_take_stream(c->session, sink) : ERR_OK;

    if (e) {
        call_fail(c, e);
        return;
    }
    c->sink = NULL; /* moved to the session */
    c->http = NULL;
    call_finish(c);
}

/* --- our tools -------------------------------------------------------------------------------- */

static const char *status_text(const struct call *c, const struct msg_call_own *m)
{
    if (!c->up->needs_credential)
        return "This server needs no credential. Call the tool that you need.";
    if (m->connected)
        return "Connected: Sidegate has what this server needs. Call the tool that you need.";
    if (m->pending)
        return "Not connected: something waits for the person. Tell them, wait until they say that "
               "it is finished, then call the tool that you need.";
    return "Not connected. Call sidegate_connect to ask the person.";
}

void own_tool(struct call *c, const struct msg_call_own *m)
{
    struct buf out = BUF_INIT(8192);

    mcp_put_text_result(&out, buf_slice(&c->id_text), c->era, slice_str(status_text(c, m)), false);
    call_reply(c, buf_slice(&out));
    buf_free(&out);
}
