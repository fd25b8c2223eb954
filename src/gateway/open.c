/*
 * Asking the keeper to let a message through. Run by the gateway. The token goes with the question
 * and is forgotten, unless the session's stream waits for a call to bring a feed along; so is the
 * client's message, once the body is made that would be sent.
 */
#include "gateway/open.h"

#include "base/planted.h"
#include "crypto/hash.h"
#include "gateway/core.h"
#include "gateway/params.h"
#include "gateway/reply.h"
#include "gateway/rewrite.h"
#include "gateway/session.h"
#include "ipc/gen/send.h"
#include "proto/projection.h"

static enum err make_projection(struct call *c, const struct request_headers *h,
                                struct buf *projection, struct buf *name)
{
    if (!call_has_message(c))
        return ERR_OK; /* nothing to show */
    projection_put_name(
        &(struct projection_in){.j = &c->in, .name = c->req.name, .sha256 = hash_sha256}, name);
    return projection_of(&c->in, &c->req.rpc, h, hash_sha256, projection);
}

static struct digest digest_request(const struct call *c, const struct request_headers *h)
{
    struct hash_blake2b hash;

    hash_blake2b_init(&hash);
    request_put(&c->in, &c->req.rpc, h, hash_blake2b_add, &hash);
    return hash_blake2b_done(&hash);
}

static enum err send_open(struct call *c)
{
    struct buf projection = BUF_INIT(LIM_PROJECTION_BYTES), name = BUF_INIT(LIM_NAME_BYTES);
    struct buf method = BUF_INIT(LIM_METHOD_BYTES);
    struct request_headers headers = params_read(c);
    enum err e = make_projection(c, &headers, &projection, &name);

    if (!e) {
        const struct msg_call_open m = {
            .call = c->id,
            .upstream = c->up->number,
            .token = c->token,
            .era = c->era,
            .kind = c->kind,
            .want = c->want,
            .method = json_str_slice(&c->in, c->req.rpc.method, &method),
            .name = buf_slice(&name),
            .projection = buf_slice(&projection),
            .request = digest_request(c, &headers),
            .answers = rewrite_has_answers(&c->in, &c->req),
            .of = c->want == CALL_WANT_SEND ? c->target : 0,
            .body_digest = c->body_digest,
            .caps = 1u << CALL_CAP_HOLD | (call_shows_links(c) ? 1u << CALL_CAP_LINK : 0),
            .session = c->session ? c->session->id : (struct session_id){{0}},
            .state = buf_slice(&c->came),
            .answer = c->answer,
        };
        e = c->g->keeper ? send_call_open(c->g->keeper, &m) : ERR_UNAVAILABLE;
    }
    buf_free(&projection);
    buf_free(&name);
    buf_free(&method);
    return e == ERR_CLOSED ? ERR_UNAVAILABLE : e;
}

/* A keeper that stands still is asked no more than its channel holds: one that is given up loses
 * everybody's calls. What a call holds while it waits is counted in its agent key's share. */
static bool must_wait(const struct call *c)
{
    return c->g->keeper && chan_full(c->g->keeper) && !PLANTED(calls_unpaced);
}

/* The message is needed no more, only the body. */
void call_ask(struct call *c, UNUSED const void *arg)
{
    enum err e;

    if (must_wait(c)) {
        e = call_hold(c);
        if (e)
            call_fail(c, e);
        else
            call_enter(c, CALL_WAITING);
        return;
    }
    e = send_open(c);
    if (!call_may_feed(c)) {
        sec_free(c->token);
        c->token = NULL;
    }
    if (e) {
        call_fail(c, e);
        return;
    }
    json_free(&c->in);
    if (c->http)
        http_body_done(c->http);
    c->open = true;
    e = call_hold(c);
    if (e)
        call_fail(c, e);
    else
        call_enter(c, CALL_ASKED);
}

void call_open(struct call *c, struct slice new_id)
{
    enum err e = ERR_OK;

    c->body_digest = hash_sha256(SLICE_EMPTY);
    if (c->want == CALL_WANT_SEND && call_has_message(c))
        e = rewrite_body(&c->in, &c->req, new_id, &c->body, &c->body_digest);
    if (e)
        call_fail(c, e);
    else
        call_event(c, CALL_EV_WRITABLE, NULL);
}
