/*
 * What an upstream answers, on its way to the client: parts of whole JSON messages, which egress
 * has checked and screened. Run by the gateway. Trusts that a message is JSON, and nothing in it;
 * no header, status or field of the upstream's stream reaches this process. Credit is given back
 * as fast as the client reads. Specifications: MCP 2025-11-25 basic/transports; 2026-07-28
 * basic/patterns/mrtr.
 */
#include "gateway/answer.h"

#include "base/planted.h"
#include "gateway/core.h"
#include "gateway/own.h"
#include "gateway/params.h"
#include "gateway/reply.h"
#include "gateway/session.h"
#include "gateway/transform.h"
#include "ipc/gen/send.h"
#include "os/log.h"
#include "proto/mcp_write.h"

/* Room for what we add to a message. */
enum { ADDED_BYTES = LIM_PART_BYTES + 16384 };

/* --- credit ----------------------------------------------------------------------------------- */

static struct sink *destination(const struct call *c)
{
    return c->kind == CALL_KIND_STREAM ? c->session->stream : c->sink;
}

/* Half a window at a time; a client that does not read gets none. */
static void give_credit(struct call *c)
{
    const struct sink *s = destination(c);
    const struct msg_credit m = {.call = c->id, .bytes = c->credit};

    if (!c->egress || c->credit < 2 * LIM_PART_BYTES || (s && sink_full(s)))
        return;
    c->credit = 0;
    tell_credit(c->egress, &m);
}

void call_room(struct call *c, UNUSED const void *arg)
{
    give_credit(c);
}

/* --- the last message ------------------------------------------------------------------------- */

/* What the specification has an HTTP status for (2026-07-28 streamable-http "Error Handling"). */
static unsigned status_of(const struct call *c, const struct jsonrpc *m)
{
    if (c->era != ERA_MODERN)
        return 200;
    switch (m->code) {
    case RPC_METHOD_NOT_FOUND: return 404;
    case RPC_HEADER_MISMATCH:
    case RPC_MISSING_CAPABILITY:
    case RPC_UNSUPPORTED_VERSION: return 400;
    default: return 200;
    }
}

static void give_result(struct call *c, const struct json *j, uint32_t result)
{
    const struct transform t = {
        .j = j,
        .result = result,
        .era = c->era,
        .method = c->method,
        .add_tools = c->method->method == MCP_TOOLS_LIST && c->up->needs_credential,
        .is_private = !c->anonymous || c->up->needs_credential,
        .is_stored = c->on_snapshot,
    };
    struct buf out = BUF_INIT(2 * limit_get(SET_BODY_BYTES) + ADDED_BYTES);
    enum err e = transform_result(&t, &out);

    if (c->era == ERA_MODERN && c->method->method == MCP_TOOLS_LIST)
        params_learn(c, j, result);

    if (e)
        call_fail(c, e);
    else
        call_answer_with(c, 200, buf_slice(&out));
    buf_free(&out);
}

static bool offers_modern(const struct json *j, const struct jsonrpc *m)
{
    uint32_t list = json_get(j, json_get(j, m->error, "data"), "supported");

    for (uint32_t v = json_first(j, list); v != JSON_NONE; v = json_next(j, v)) {
        if (json_str_eq_c(j, v, MCP_VERSION_MODERN))
            return true;
    }
    return false;
}

/* What makes the official clients fall back: from a server of the modern era, and from one that
 * never heard of it. Without its key a server may say anything. */
static bool says_legacy_only(const struct call *c, const struct json *j, const struct jsonrpc *m)
{
    if (m->kind != JSONRPC_ERROR)
        return false;
    if (m->code == RPC_UNSUPPORTED_VERSION)
        return !offers_modern(j, m);
    return !(c->anonymous && c->up->needs_credential) &&
           (m->code == RPC_METHOD_NOT_FOUND || m->code == RPC_SERVER_ERROR);
}

/* What it says of itself, in our words; anything else is answered when egress is through. */
static void give_description(struct call *c, const struct json *j, const struct jsonrpc *m)
{
    struct buf text = BUF_INIT(LIM_SNAPSHOT_BYTES);

    c->legacy_only = says_legacy_only(c, j, m);

    if (m->kind == JSONRPC_RESULT)
        json_copy(j, m->result, &text);
    if (text.n > 0 && buf_err(&text) == ERR_OK)
        own_describe(c, buf_slice(&text));
    buf_free(&text);
}

/* Modern: the upstream asks for input (basic/patterns/mrtr). */
static bool may_give(struct call *c, const struct json *j, uint32_t result)
{
    if (c->era != ERA_MODERN || !mcp_result_is_input_required(j, result))
        return true;
    if (!c->method->may_ask || !transform_may_ask(j, result, c->caps)) {
        call_fail(c, ERR_UPSTREAM_ANSWER);
        return false;
    }
    return true;
}

static void on_response(struct call *c, const struct json *j, const struct jsonrpc *m)
{
    if (c->kind != CALL_KIND_REQUEST)
        return; /* the session's stream carries no answers */
    if (m->id == JSON_NONE || !jsonrpc_id_eq(jsonrpc_id_text(j, m->id), buf_slice(&c->id_text)))
        call_fail(c, ERR_UPSTREAM_ANSWER);
    else if (call_is_discover(c))
        give_description(c, j, m);
    else if (m->kind == JSONRPC_ERROR)
        call_answer_with(c, status_of(c, m), buf_slice(&c->message));
    else if (may_give(c, j, m->result))
        give_result(c, j, m->result);
}

/* --- on the way ------------------------------------------------------------------------------- */

static void say(struct call *c, struct slice message)
{
    struct sink *s = destination(c);

    if (s)
        sink_event(s, message);
}

/* With another value of a member; node is JSON text's place, text what becomes of it. */
static void say_edited(struct call *c, const struct json *j, uint32_t node, struct slice text)
{
    struct buf out = BUF_INIT(2 * limit_get(SET_BODY_BYTES) + ADDED_BYTES);
    struct json_edits e;

    json_edits_init(&e, LIM_RPC_ID_BYTES + 64);
    json_edit_replace(&e, node, text);
    if (json_copy_edited(j, 0, &e, &out) == ERR_OK)
        say(c, buf_slice(&out));
    json_edits_free(&e);
    buf_free(&out);
}

static bool is_below_level(const struct call *c, const struct json *j, uint32_t params)
{
    int level = session_log_level(j, params);

    return c->session && level >= 0 && level < c->session->log_level;
}

/* The upstream takes back what it asked the client; the client knows it under our id. */
static void pass_cancelled(struct call *c, const struct json *j, uint32_t params)
{
    uint32_t id = json_get(j, params, "requestId");
    struct ask *k = NULL;
    struct buf text = BUF_INIT(64);

    if (c->session && id != JSON_NONE)
        k = ask_by_upstream_id(&c->session->asks, jsonrpc_id_text(j, id));
    if (!k)
        return;
    ask_put_id(&text, k);
    say_edited(c, j, id, buf_slice(&text));
    ask_free(&c->session->asks, k);
    buf_free(&text);
}

static void on_notification(struct call *c, const struct json *j, const struct jsonrpc *m)
{
    switch (mcp_method_of(j, m)->method) {
    case MCP_N_MESSAGE:
        if (!is_below_level(c, j, m->params))
            say(c, buf_slice(&c->message));
        break;
    case MCP_N_CANCELLED: pass_cancelled(c, j, m->params); break;
    default: say(c, buf_slice(&c->message));
    }
}

/* Egress says so to the upstream: nothing leaves in the client's name that it did not send. */
static void refuse(struct call *c, struct slice id, enum refusal why)
{
    const struct msg_ask_refuse m = {.call = c->id, .id = id, .why = why};

    tell_ask_refuse(c->egress, &m);
}

/* A request of a legacy upstream to its client: only what the client declared, under an id of ours.
 * Anything else is refused at once, or the upstream would wait for it. */
static void on_request(struct call *c, const struct json *j, const struct jsonrpc *m)
{
    struct slice id = jsonrpc_id_text(j, m->id);
    struct ask *k = NULL;
    struct buf text = BUF_INIT(64);

    if (PLANTED(gateway_told))
        planted_keep(buf_slice(&c->message));
    if (!c->session)
        return;
    if (!transform_may_request(j, m, c->session->caps)) {
        refuse(c, id, REFUSAL_UNKNOWN_METHOD);
        return;
    }
    if (destination(c))
        k = ask_new(&c->session->asks, c->kind == CALL_KIND_STREAM ? 0 : c->id, id);
    if (!k) {
        refuse(c, id, REFUSAL_NO_ROOM); /* the client left, or has too many open */
        return;
    }
    ask_put_id(&text, k);
    say_edited(c, j, m->id, buf_slice(&text));
    buf_free(&text);
}

static void on_message(struct call *c, const struct json *j, const struct jsonrpc *m)
{
    switch (m->kind) {
    case JSONRPC_RESULT:
    case JSONRPC_ERROR: on_response(c, j, m); break;
    case JSONRPC_NOTIFICATION: on_notification(c, j, m); break;
    case JSONRPC_REQUEST: on_request(c, j, m); break;
    }
}

void call_final(struct call *c)
{
    struct json *j = &c->g->answer;
    struct jsonrpc m;

    if (json_parse(j, buf_slice(&c->message), NULL) != ERR_OK || jsonrpc_read(j, &m) != ERR_OK)
        call_fail(c, ERR_UPSTREAM_ANSWER);
    else
        on_message(c, j, &m);
}

/* --- what egress says ------------------------------------------------------------------------- */

void call_head(struct call *c, const void *arg)
{
    const struct msg_answer_head *m = arg;

    c->is_stream = m->kind == ANSWER_KIND_SSE;
    if (c->is_stream && c->sink)
        sink_open(c->sink);
}

void call_part(struct call *c, const void *arg)
{
    const struct msg_answer_part *m = arg;
    uint64_t id = c->id;
    struct gateway *g = c->g;
    enum err e;

    buf_put(&c->message, m->part);
    c->credit += (uint32_t)m->part.n;
    e = buf_err(&c->message) != ERR_OK ? ERR_UPSTREAM_ANSWER : call_hold(c);
    if (e) {
        call_fail(c, e);
        return;
    }
    if (m->last) {
        call_final(c);
        c = call_by_id(g, id);
        if (!c)
            return;
        buf_clear(&c->message);
        if (c->message.cap > LIM_REPLY_INLINE)
            buf_free(&c->message); /* the next one may be long in coming */
        IGNORE(call_hold(c));      /* it is less */
    }
    give_credit(c);
}
