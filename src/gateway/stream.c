/*
 * GET and DELETE: the legacy session's own stream, and its end (MCP 2025-11-25 basic/transports
 * "Listening for Messages from the Server", "Session Management"). Run by the gateway. The modern
 * era has neither: 405.
 */
#include "gateway/intake.h"

#include "gateway/call_in.h"
#include "gateway/own.h"

static enum err take(struct call *c)
{
    enum err e = c->up->eras & MCP_ERA_LEGACY ? ERR_OK : ERR_BAD_METHOD;

    if (e == ERR_OK)
        e = intake_token(c);
    if (e == ERR_OK)
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

/* Without a lease to ride on the keeper says no, or cuts it later, and the client's stream is
 * Sidegate's alone. */
void call_feed(struct session *s, struct sec *token)
{
    struct call *c = call_new(s->g, s->up, NULL);

    c->kind = CALL_KIND_STREAM;
    c->token = token;
    call_join(c, s);
    s->unfed = false;
    s->feed = c;
    call_open(c, SLICE_EMPTY);
}

void call_unfed(struct call *c)
{
    if (c->kind == CALL_KIND_STREAM && c->session->feed == c)
        c->session->unfed = true;
}

/* Which is settled no earlier than when the call is permitted: a person may take minutes, and the
 * end of the last feed may be on its way. */
bool call_may_feed(const struct call *c)
{
    return c->kind == CALL_KIND_REQUEST && c->session != NULL;
}

bool call_feeds(const struct call *c)
{
    const struct session *s = c->session;

    return call_may_feed(c) && !c->anonymous && s->unfed && s->stream != NULL && s->feed == NULL;
}

void intake_get(struct gateway *g, const struct upstream *up, struct http_req *req)
{
    struct call *c = call_new(g, up, req);
    struct session *s = NULL;
    struct sec *token = NULL;
    enum err e = check_accept(c);

    c->kind = CALL_KIND_STREAM;
    c->want = CALL_WANT_OWN;
    c->on_own = own_stream;
    if (e == ERR_OK)
        e = take(c);
    if (e == ERR_OK && c->session->stream != NULL)
        e = ERR_EXISTS;
    if (e != ERR_OK) {
        call_fail(c, e);
        return;
    }
    s = c->session;
    token = sec_clone(c->token);
    call_open(c, SLICE_EMPTY); /* first, so that the keeper answers it first */
    if (s->feed == NULL)
        call_feed(s, token);
    else
        sec_free(token);
}

/* The upstream's session is ended under the same token, at the same time; see call_closing. */
void intake_delete(struct gateway *g, const struct upstream *up, struct http_req *req)
{
    struct call *c = call_new(g, up, req);
    enum err e = take(c);

    c->kind = CALL_KIND_END;
    if (e != ERR_OK)
        call_fail(c, e);
    else
        call_open(c, SLICE_EMPTY);
}

static void say_ended(struct call *c)
{
    struct sink *sink = c->sink;

    c->sink = NULL; /* moved */
    c->http = NULL;
    if (sink != NULL)
        sink_status(sink, 204, NULL, 0);
}

void call_closing(struct call *c)
{
    c->session->closing = c;
    say_ended(c);
    session_end(c->session);
}

void call_close(struct call *c)
{
    struct session *s = c->session;
    bool frees_session = s->closing == c;

    say_ended(c);
    call_finish(c);
    if (!frees_session)
        session_end(s);
}
