/*
 * The upstream's stream of a legacy session, whose messages go to the client's own. Run by the
 * gateway. It rides on a lease, so it may end before the client's stream does, and comes back with
 * a call that has one.
 */
#include "gateway/feed.h"

#include "gateway/open.h"
#include "gateway/session.h"

/* Without a lease to ride on the keeper says no, or cuts it later, and the client's stream is
 * Sidegate's alone. */
void call_feed(struct gateway_session *s, struct sec *token)
{
    struct call *c = call_new(s->g, s->up, NULL);

    c->kind = CALL_KIND_STREAM;
    c->token = token;
    session_join(s, c);
    s->unfed = false;
    s->feed = c;
    call_open(c, SLICE_EMPTY);
}

void call_unfed(struct call *c)
{
    if (c->kind == CALL_KIND_STREAM && c->session->feed == c)
        c->session->unfed = true;
}

bool call_feeds(const struct call *c)
{
    const struct gateway_session *s = c->session;

    return call_may_feed(c) && !c->anonymous && s->unfed && s->stream && !s->feed;
}
