/*
 * POST: one message of a client is read, once and strictly, checked against its headers, and made a
 * call. Run by the gateway on bytes that an agent chose; nothing of them is trusted, and nothing is
 * looked at again after this. Specifications: MCP 2026-07-28 basic/transports/streamable-http,
 * basic/versioning; 2025-11-25 basic/transports, basic/lifecycle; RFC 6750 2.1.
 */
#include "gateway/intake.h"

#include "base/planted.h"
#include "crypto/hash.h"
#include "gateway/core.h"
#include "gateway/open.h"
#include "gateway/own.h"
#include "gateway/own_tools.h"
#include "gateway/params.h"
#include "gateway/reply.h"
#include "gateway/rewrite.h"
#include "gateway/session.h"
#include "proto/mcp_header.h"
#include "proto/mcp_write.h"
#include "proto/misread.h"
#include "proto/request.h"

/* --- headers ---------------------------------------------------------------------------------- */

enum err intake_bearer(const struct http_req *req, struct slice *ret)
{
    const struct slice scheme = SLICE_LIT("Bearer ");
    struct slice v = SLICE_EMPTY;

    if (http_req_field(req, "Authorization", &v) != ERR_OK ||
        !slice_eq_nocase(slice_sub(v, 0, scheme.n), scheme))
        return ERR_UNAUTHENTICATED;
    v = slice_trim(slice_sub(v, scheme.n, v.n));
    if (v.n == 0 || v.n > LIM_TOKEN_BYTES)
        return ERR_UNAUTHENTICATED;
    *ret = v;
    return ERR_OK;
}

enum err intake_token(struct call *c)
{
    uint8_t token[LIM_TOKEN_BYTES];
    struct slice v = SLICE_EMPTY;
    struct digest hash;
    enum err e = c->http->refused;

    if (!e)
        e = intake_bearer(c->http, &v);
    if (e)
        return e;
    if (PLANTED(link_tells) || PLANTED(refusal_tells))
        planted_keep(v);
    c->token = sec_take(token, slice_copy(v, token, sizeof(token)));
    hash = hash_sec_sha256(c->token);
    call_take_agent(c, &hash);
    return sec_room(c->token);
}

enum err intake_session(struct call *c)
{
    struct slice id = SLICE_EMPTY;
    struct gateway_session *s = NULL;
    enum err e = ERR_OK;

    if (http_req_field(c->http, "Mcp-Session-Id", &id) != ERR_OK)
        return ERR_NO_SESSION;
    e = gateway_session_find(c->g, id, c->up, c->agent, &s);
    if (e)
        return e;
    if (s->n_calls >= limit_get(SET_CALLS_PER_CLIENT))
        return ERR_RATE_LIMITED;
    session_join(s, c);
    return ERR_OK;
}

static enum err check_types(const struct http_req *req)
{
    struct slice type = SLICE_EMPTY, accept = SLICE_EMPTY;

    if (http_req_field(req, "Content-Type", &type) != ERR_OK ||
        !http_media_type_is(type, "application/json"))
        return ERR_BAD_CONTENT_TYPE;
    if (http_req_field(req, "Accept", &accept) != ERR_OK ||
        !http_accepts(accept, "application/json") || !http_accepts(accept, "text/event-stream"))
        return ERR_BAD_ACCEPT;
    return ERR_OK;
}

/* --- the message ------------------------------------------------------------------------------ */

static void keep_text(struct buf *out, const struct json *j, uint32_t node)
{
    if (node != JSON_NONE)
        buf_put(out, jsonrpc_id_text(j, node));
}

/* What later code needs when the message itself is gone. */
static void keep(struct call *c)
{
    static const enum call_kind kinds[] = {
        [JSONRPC_REQUEST] = CALL_KIND_REQUEST,
        [JSONRPC_NOTIFICATION] = CALL_KIND_NOTIFICATION,
        [JSONRPC_RESULT] = CALL_KIND_RESPONSE,
        [JSONRPC_ERROR] = CALL_KIND_RESPONSE,
    };
    const struct mcp_request *q = &c->req;

    c->kind = kinds[q->rpc.kind];
    c->era = q->era;
    c->method = q->method;
    c->caps = q->caps;
    if (c->kind == CALL_KIND_REQUEST)
        keep_text(&c->id_text, &c->in, q->rpc.id);
    keep_text(&c->progress, &c->in, q->meta.progress_token);
    c->has_cursor = json_get(&c->in, q->rpc.params, "cursor") != JSON_NONE;
    if (c->era == ERA_MODERN)
        c->quirk = quirk_find(&c->in, q->meta.client_info);
}

/* The refusal names the member, or somebody would have to guess. */
static enum err check_members(struct call *c)
{
    uint32_t key = misread_member(&c->in, &c->req.rpc);
    struct buf name = BUF_INIT(LIM_NAME_BYTES);

    if (key == JSON_NONE || PLANTED(misread_taken))
        return ERR_OK;
    json_copy(&c->in, key, &name);
    buf_put_str(&c->mismatch, "the member ");
    buf_put(&c->mismatch,
            buf_err(&name) == ERR_OK ? buf_slice(&name) : SLICE_LIT("with the long name"));
    buf_put_str(&c->mismatch,
                " is none that belongs there, or one in other capitals; leave it out");
    buf_free(&name);
    return ERR_MISREAD;
}

static enum err read_message(struct call *c)
{
    struct slice version = SLICE_EMPTY;
    struct mcp_request q;
    enum err e = rewrite_read(&c->in, c->http->body);

    if (e)
        return e;
    if (http_req_field(c->http, "MCP-Protocol-Version", &version) == ERR_BAD_HEADERS)
        return ERR_BAD_HEADERS;
    e = mcp_request_read(&c->in, version, &q);
    if (e == ERR_NOT_JSONRPC) {
        keep_text(&c->id_text, &c->in, jsonrpc_id_of(&c->in));
        return e;
    }
    c->req = q;
    keep(c);
    if (!e)
        e = check_members(c);
    return e == ERR_HEADER_MISMATCH ? mcp_header_differs(&c->mismatch, "MCP-Protocol-Version") : e;
}

/* The era that this upstream is not served in: modern clients are told which one is, and begin
 * again (2026-07-28 basic/versioning); to legacy ones it is a parameter that we cannot use. */
static enum err check_era(const struct call *c)
{
    if (c->up->eras & 1u << c->era)
        return ERR_OK;
    return c->era == ERA_MODERN ? ERR_UNKNOWN_VERSION : ERR_WRONG_ERA;
}

/* Methods that a client may not send, or not in this era; those of extensions are passed on. */
static enum err check_method(const struct call *c)
{
    const struct mcp_method_row *r = c->method;

    if (c->kind != CALL_KIND_RESPONSE &&
        (!(r->eras & 1u << c->era) || !(r->from & MCP_FROM_CLIENT)))
        return c->kind == CALL_KIND_REQUEST ? ERR_UNKNOWN_METHOD : ERR_OK;
    return ERR_OK;
}

/* --- requests --------------------------------------------------------------------------------- */

/* Another call of the session, a request with that id; NULL: there is none. */
static struct call *request_of_id(const struct call *c, struct slice id, bool even_if_answered)
{
    struct call *o = NULL;

    LIST_FOREACH(o, &c->session->calls, in_session) {
        if (o != c && o->kind == CALL_KIND_REQUEST && o->id_text.n > 0 &&
            (even_if_answered || o->state != CALL_ENDING) &&
            jsonrpc_id_eq(buf_slice(&o->id_text), id))
            break;
    }
    return o;
}

/* Two requests in progress with one id could not be told apart (2025-11-25 basic/index "Requests").
 */
static bool id_in_use(const struct call *c)
{
    return c->session && request_of_id(c, buf_slice(&c->id_text), false);
}

static enum err prepare_initialize(struct call *c)
{
    uint32_t caps = json_get(&c->in, c->req.rpc.params, "capabilities");

    c->quirk = quirk_find(&c->in, json_get(&c->in, c->req.rpc.params, "clientInfo"));
    json_copy(&c->in, caps, &c->body);
    return c->body.n > LIM_CAPS_BYTES || buf_err(&c->body) != ERR_OK ? ERR_TOO_LARGE : ERR_OK;
}

static enum err prepare_set_level(struct call *c)
{
    c->level = session_log_level(&c->in, c->req.rpc.params);
    return c->level < 0 ? ERR_INVALID_PARAMS : ERR_OK;
}

static const struct own_row {
    enum mcp_method method;
    own_fn *own;
    enum err (*prepare)(struct call *c);
} own_rows[] = {
    {MCP_INITIALIZE, own_initialize, prepare_initialize},
    {MCP_PING, own_ping, NULL},
    {MCP_LOGGING_SET_LEVEL, own_set_level, prepare_set_level},
};

static enum err prepare_own(struct call *c)
{
    for (size_t i = 0; i < ARRAY_LEN(own_rows); i++) {
        const struct own_row *r = &own_rows[i];

        if (r->method != c->method->method)
            continue;
        c->want = CALL_WANT_OWN;
        c->on_own = r->own;
        return r->prepare ? r->prepare(c) : ERR_OK;
    }
    return ERR_OK;
}

static void prepare_tool(struct call *c)
{
    struct buf scratch = BUF_INIT(64);

    if (c->method->method == MCP_TOOLS_CALL && c->up->needs_credential &&
        own_tool_find(json_str_slice(&c->in, c->req.name, &scratch), &c->want))
        c->on_own = own_tool;
    buf_free(&scratch);
}

/* What the person's client said to our link. */
static const enum answer answers[] = {
    [MCP_ACTION_NONE] = ANSWER_NONE,
    [MCP_ACTION_ACCEPT] = ANSWER_ACCEPT,
    [MCP_ACTION_DECLINE] = ANSWER_DECLINE,
    [MCP_ACTION_CANCEL] = ANSWER_CANCEL,
};

/* A retry: the state, and what the person's client said to our link. */
static enum err prepare_retry(struct call *c)
{
    const struct mcp_request *q = &c->req;

    /* In the legacy era these are no part of a request, and what is none is not asked about. */
    if (c->era == ERA_LEGACY &&
        (request_has_state(&c->in, &q->rpc) || request_has_answers(&c->in, &q->rpc)))
        return ERR_INVALID_PARAMS;
    if (q->state == JSON_NONE)
        return ERR_OK;
    if (json_str(&c->in, q->state, &c->came) != ERR_OK || c->came.n == 0)
        return ERR_BAD_STATE;
    c->answer = answers[mcp_elicit_action(&c->in, json_get(&c->in, q->responses, MCP_INPUT_KEY))];
    return ERR_OK;
}

static enum err start_request(struct call *c)
{
    enum err e = prepare_own(c);

    if (!e)
        e = prepare_retry(c);
    if (!e && id_in_use(c))
        e = ERR_ID_IN_USE;
    if (e)
        return e;
    prepare_tool(c);
    call_open(c, SLICE_EMPTY);
    return ERR_OK;
}

/* Taken, and nobody is told of it: nobody else counts it, either. */
static void drop(struct call *c)
{
    if (!refusals_take(&c->g->refusals, c->hold.share)) {
        call_fail(c, ERR_TOO_FAST);
        return;
    }
    call_let_go(c, 202);
    call_finish(c);
}

/* --- notifications ---------------------------------------------------------------------------- */

/* What is cancelled ends here at once, since an upstream that obeys answers nothing any more; it is
 * told when it has the call (2025-11-25 basic/utilities/cancellation). */
static void start_cancel(struct call *c)
{
    uint32_t id = json_get(&c->in, c->req.rpc.params, "requestId");
    struct call *o = NULL;
    bool is_upstream;

    if (c->session && id != JSON_NONE)
        o = request_of_id(c, jsonrpc_id_text(&c->in, id), true);
    is_upstream = o && o->egress;
    if (is_upstream) {
        c->target = o->id;
        call_open(c, SLICE_EMPTY);
    }
    if (o)
        call_event(o, CALL_EV_CANCEL, NULL);
    if (!is_upstream)
        drop(c);
}

static enum err start_notification(struct call *c)
{
    switch (c->method->method) {
    case MCP_N_CANCELLED: start_cancel(c); return ERR_OK;
    case MCP_N_INITIALIZED:
        c->want = CALL_WANT_OWN;
        c->on_own = own_accept;
        break;
    default: break;
    }
    call_open(c, SLICE_EMPTY);
    return ERR_OK;
}

/* --- answers ---------------------------------------------------------------------------------- */

static void answer_ours(struct call *c)
{
    c->want = CALL_WANT_OWN;
    c->on_own = own_answer;
    c->no_url = c->req.rpc.kind == JSONRPC_ERROR;
    c->answer = answers[mcp_elicit_action(&c->in, c->req.rpc.result)];
    if (c->answer == ANSWER_NONE)
        c->answer =
            ANSWER_CANCEL; /* not understood, it is no refusal: the handoff stays in the inbox */
}

/* To a request of ours, to one of the upstream's, or to none that is open, which is dropped. */
static enum err start_response(struct call *c)
{
    struct buf scratch = BUF_INIT(LIM_RPC_ID_BYTES), id = BUF_INIT(LIM_RPC_ID_BYTES);
    struct ask *k = NULL;

    if (!c->session)
        return ERR_NOT_JSONRPC; /* the modern era has none */
    k = ask_by_id(&c->session->asks, json_str_slice(&c->in, c->req.rpc.id, &scratch));
    buf_free(&scratch);
    if (!k) {
        drop(c);
        return ERR_OK;
    }
    c->target = k->call;
    if (k->ours)
        answer_ours(c);
    buf_put(&id, buf_slice(&k->upstream_id));
    ask_free(&c->session->asks, k);
    call_open(c, buf_slice(&id));
    buf_free(&id);
    return ERR_OK;
}

/* --- POST ------------------------------------------------------------------------------------- */

static bool needs_session(const struct call *c)
{
    return c->era == ERA_LEGACY && c->method->method != MCP_INITIALIZE;
}

/* Whether a method exists comes before what is wrong with its parameters and headers, or a client
 * that asks for what its era has no more would be told to mend its request. */
static enum err check_content(struct call *c, enum err e)
{
    if (e && e != ERR_INVALID_PARAMS && e != ERR_HEADER_MISMATCH)
        return e;
    if (c->era == ERA_MODERN && check_method(c) != ERR_OK)
        return ERR_UNKNOWN_METHOD;
    return e;
}

static enum err take(struct call *c)
{
    enum err e = check_types(c->http);

    if (!e)
        e = intake_token(c);
    if (!e)
        e = check_content(c, read_message(c));
    if (!e)
        e = check_era(c);
    if (!e)
        e = mcp_header_check(c->http->fields, c->http->n_fields, &c->in, &c->req, &c->mismatch);
    if (!e && c->era == ERA_MODERN)
        e = params_take(c);
    if (!e && needs_session(c))
        e = intake_session(c);
    if (!e && c->era == ERA_LEGACY)
        e = check_method(c);
    return e;
}

/* The rest do not come by POST. */
static enum err (*const starts[])(struct call *c) = {
    [CALL_KIND_REQUEST] = start_request,
    [CALL_KIND_NOTIFICATION] = start_notification,
    [CALL_KIND_RESPONSE] = start_response,
};

void intake_post(struct gateway *g, const struct gateway_upstream *up, struct http_req *req)
{
    struct call *c = call_new(g, up, req);
    enum err e = take(c);

    if (!e)
        e = starts[c->kind](c);
    if (e)
        call_fail(c, e);
}
