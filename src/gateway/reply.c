/*
 * What a client finally gets: a message, a status, or an error. Run by the gateway; logs why a call
 * failed. Specifications: MCP 2025-11-25 basic/transports "Sending Messages to the Server";
 * 2026-07-28 basic/transports/streamable-http "Error Handling"; RFC 9110 11.6.1, RFC 6750 3.
 */
#include "gateway/reply.h"

#include "base/planted.h"
#include "gateway/core.h"
#include "gateway/cors.h"
#include "os/log.h"
#include "proto/mcp_write.h"

/* --- statuses --------------------------------------------------------------------------------- */

/* Legacy clients read 404 as "this session has ended", and expect what JSON-RPC says about a
 * request with 200. Everything else has the status of its row in err.def. */
static const enum err legacy_ok[] = {ERR_UNKNOWN_METHOD, ERR_INVALID_PARAMS, ERR_NOT_FOUND,
                                     ERR_NOT_YOURS,      ERR_GONE,           ERR_BAD_STATE,
                                     ERR_OUT_OF_RANGE,   ERR_WRONG_ERA};

/* What the world did to a call is told in the answer to it: an HTTP error would be read as the
 * gateway's, as it should be when Sidegate itself has no room. */
static bool is_outcome(enum err e)
{
    return err_kind(e) == ERR_KIND_WORLD && e != ERR_UNAVAILABLE && e != ERR_EXISTS &&
           e != ERR_AGAIN;
}

static unsigned status_of(enum err e, enum era era)
{
    if (is_outcome(e))
        return 200;
    for (size_t i = 0; era == ERA_LEGACY && i < ARRAY_LEN(legacy_ok); i++) {
        if (legacy_ok[i] == e)
            return 200;
    }
    return err_http(e);
}

/* --- messages --------------------------------------------------------------------------------- */

/* The last message, if the client is there. */
static void give(struct call *c, unsigned status, const struct http_field *extra, size_t n,
                 struct slice message)
{
    struct sink *s = c->sink;

    c->sink = NULL; /* moved */
    c->http = NULL;
    if (s && sink_is_stream(s)) {
        sink_event(s, message);
        sink_end(s);
    } else if (s) {
        sink_reply(s, status, extra, n, message);
    }
}

void call_reply_http(struct call *c, unsigned status, const struct http_field *extra, size_t n,
                     struct slice message)
{
    give(c, status, extra, n, message);
    call_finish(c);
}

void call_reply(struct call *c, struct slice message)
{
    call_reply_http(c, 200, NULL, 0, message);
}

void call_answer_with(struct call *c, unsigned status, struct slice message)
{
    enum err e;

    buf_free(&c->body); /* it is not sent again */
    IGNORE(call_hold(c));
    e = c->sink ? sink_fits(c->sink, message.n) : ERR_OK;
    if (e) {
        call_fail(c, e);
        return;
    }
    give(c, status, NULL, 0, message);
    if (c->egress)
        call_enter(c, CALL_ENDING);
    else
        call_finish(c);
}

void call_say(struct call *c, struct slice message)
{
    if (c->sink)
        sink_event(c->sink, message);
}

/* --- errors ----------------------------------------------------------------------------------- */

/* By the call's number the keeper's line is found, by the use egress's. */
static void log_failure(const struct call *c, enum err e)
{
    log_event(err_kind(e) == ERR_KIND_PEER ? LEVEL_INFO : LEVEL_WARN, "call_failed",
              LOG_NUM("call", c->id), LOG_ID("use", c->use), LOG_STR("upstream", c->up->name),
              LOG_STR("method", c->method->text), LOG_STR("state", call_state_name(c->state)),
              LOG_NUM("ms", loop_now(c->g->loop) - c->began), LOG_ERR(e));
}

/* Agent keys are given by the administrator, so there is nothing to discover (RFC 9728). */
static const struct http_field challenge[] = {
    {SLICE_LIT("WWW-Authenticate"),
     SLICE_LIT("Bearer realm=\"sidegate\", error=\"invalid_token\", "
               "error_description=\"an agent key is needed; sidegate key add makes one\"")},
};

static const struct http_field allow[] = {
    {SLICE_LIT("Allow"), SLICE_LIT(CORS_METHODS)},
};

/* Seconds: what stands in the way is other calls, mostly the client's own, or a rate, of which any
 * is one a second at least. */
static const struct http_field later[] = {
    {SLICE_LIT("Retry-After"), SLICE_LIT("1")},
};

size_t reply_fields(enum err e, const struct http_field **ret)
{
    switch (e) {
    case ERR_BAD_METHOD: *ret = allow; return 1;
    case ERR_UNAUTHENTICATED: *ret = challenge; return 1;
    case ERR_RATE_LIMITED:
    case ERR_TOO_FAST:
    case ERR_AGAIN: *ret = later; return 1;
    default: return 0;
    }
}

/* -32022. The message of the client is kept until it is asked about. */
static void put_versions(const struct call *c, struct slice id, struct buf *out)
{
    struct buf scratch = BUF_INIT(256);
    struct slice requested = SLICE_LIT(MCP_VERSION_MODERN);

    if (c->state == CALL_NEW)
        requested = json_str_slice(&c->in, c->req.meta.version, &scratch);
    mcp_put_unsupported_version(out, id, c->legacy_only ? ERAS_LEGACY : c->up->eras, requested);
    buf_free(&scratch);
}

static void put_error(struct call *c, enum err e, struct buf *out)
{
    struct slice id = buf_slice(&c->id_text);

    if (c->kind != CALL_KIND_REQUEST)
        id = SLICE_EMPTY;
    else if (id.n == 0)
        id = SLICE_LIT("null");
    if (e == ERR_UNKNOWN_VERSION && c->era == ERA_MODERN)
        put_versions(c, id, out);
    else if (e == ERR_HEADER_MISMATCH || e == ERR_MISREAD)
        mcp_put_error(out, &(struct mcp_error){.id = id,
                                               .code = mcp_code_of(e, c->era),
                                               .message = buf_slice(&c->mismatch)});
    else
        mcp_put_err(out, id, e, c->era);
}

/* Of a new call the keeper has not heard. Whoever says "too fast" has counted it. */
static enum err tell_log(struct call *c, enum err e)
{
    if (e != ERR_TOO_FAST &&
        (c->state != CALL_NEW || refusals_logs(&c->g->refusals, c->hold.share, &e)))
        log_failure(c, e);
    return e;
}

void call_fail(struct call *c, enum err why)
{
    struct buf out = BUF_INIT(8192);
    const struct http_field *extra = NULL;
    enum err e = tell_log(c, why);
    size_t n = reply_fields(e, &extra);

    put_error(c, e, &out);
    if (PLANTED(refusal_tells))
        buf_put(&out, planted_kept());
    call_reply_http(c, status_of(e, c->era), extra, n, buf_slice(&out));
    buf_free(&out);
}
