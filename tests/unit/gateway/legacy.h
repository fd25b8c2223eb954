/* Sessions of a legacy client: what the tests of that era share. */
#ifndef SG_TEST_GATEWAY_LEGACY_H
#define SG_TEST_GATEWAY_LEGACY_H

#include "stage.h"

#define URL    "{\"elicitation\":{\"url\":{}}}"
#define FORM   "{\"elicitation\":{},\"sampling\":{},\"roots\":{\"listChanged\":true}}"
#define RESULT "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}"
#define CALL                                                                                       \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"forecast\","   \
    "\"arguments\":{},\"_meta\":{\"progressToken\":1}}}"
#define AUTH "Authorization: Bearer " TOKEN "\r\nAccept: text/event-stream\r\n"

static inline void start(struct stage *s, struct client *c, const char *session, const char *body)
{
    *c = (struct client){0};
    post_in(s, c, session, body);
    let_through(s, c);
}

/* Accepts a GET stream; the keeper says that there is no connection for the upstream's. */
static inline void open_stream(struct stage *s, struct client *c, const char *session,
                               bool with_feed)
{
    unsigned opens = s->n[MSG_CALL_OPEN], heads = s->n[MSG_SEND_HEAD];
    struct buf h = BUF_INIT(512);

    *c = (struct client){0};
    buf_printf(&h, AUTH "Mcp-Session-Id: %s\r\n", session);
    buf_put_u8(&h, 0);
    request(s, c, "GET /mcp/both", (const char *)h.p, NULL);
    buf_free(&h);
    WAIT_MSG(s, c, MSG_CALL_OPEN, opens + 2);
    assert_int_equal(s->open.kind, CALL_KIND_STREAM);
    assert_int_equal(s->open.want, CALL_WANT_SEND);
    say_own(s, s->open.call - 1, with_feed, false);
    if (with_feed)
        say_permit(s, s->open.call, &s->alice, false);
    else
        say_deny(s, s->open.call, ERR_FORBIDDEN);
    WAIT(s, c, has(c, "Content-Type: text/event-stream\r\n"));
    if (with_feed)
        WAIT_MSG(s, c, MSG_SEND_HEAD, heads + 1);
    quiet(s, c);
}

#endif
