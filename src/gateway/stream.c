/*
 * GET and DELETE: the legacy session's own stream, and its end (MCP 2025-11-25 basic/transports
 * "Listening for Messages from the Server", "Session Management"). Run by the gateway. The modern
 * era has neither: 405.
 */
#include "gateway/stream.h"

#include "gateway/feed.h"
#include "gateway/open.h"
#include "gateway/own.h"
#include "gateway/reply.h"
#include "gateway/session.h"

static enum err take(struct call *c)
{
    enum err e = c->up->eras & ERAS_LEGACY ? ERR_OK : ERR_BAD_METHOD;

    if (!e)
        e = intake_token(c);
    if (!e)
        e = intake_session(c);
    return e;
}

static enum err check_accept(const struct call *c)
{
    struct slice accept = SLICE_EMPTY;

    return http_req_field(c->http, "Accept", &accept) == ERR_OK &&
                   http_accepts(accept, "text/event-stream")
               ? ERR_OK
               : ERR_BAD_ACCEPT;
}

void stream_get(struct gateway *g, const struct gateway_upstream *up, struct http_req *req)
{
    struct call *c = call_new(g, up, req);
    struct gateway_session *s = NULL;
    struct sec *token = NULL;
    enum err e = check_accept(c);

    c->kind = CALL_KIND_STREAM;
    c->want = CALL_WANT_OWN;
    c->on_own = own_stream;
    if (!e)
        e = take(c);
    if (!e && c->session->stream)
        e = ERR_EXISTS;
    if (e) {
        call_fail(c, e);
        return;
    }
    s = c->session;
    token = sec_clone(c->token);
    call_open(c, SLICE_EMPTY); /* first, so that the keeper answers it first */
    if (!s->feed)
        call_feed(s, token);
    else
        sec_free(token);
}

/* The upstream's session is ended under the same token, at the same time; see session_closing. */
void stream_delete(struct gateway *g, const struct gateway_upstream *up, struct http_req *req)
{
    struct call *c = call_new(g, up, req);
    enum err e = take(c);

    c->kind = CALL_KIND_END;
    if (e)
        call_fail(c, e);
    else
        call_open(c, SLICE_EMPTY);
}
