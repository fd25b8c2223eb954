/* What the gateway answers itself, once the keeper said who asks: the on_own of a call. */
#ifndef SG_GATEWAY_OWN_H
#define SG_GATEWAY_OWN_H

#include "gateway/call.h"

typedef void own_fn(struct call *c, const struct msg_call_own *m);

own_fn own_initialize; /* c->body: the client's capabilities as JSON text */
own_fn own_ping;
own_fn own_set_level; /* c->level */
own_fn own_accept;    /* a notification that ends here */
own_fn own_answer;    /* c->answer and c->no_url, to call c->target */
own_fn own_stream;    /* GET */
own_fn own_tool;      /* sidegate_connect, sidegate_status */

/* Answers initialize or server/discover with what the server says of itself: the result of one of
 * these as JSON text, or empty. Empty where the server is legacy_only: -32022, and the client falls
 * back. */
void own_describe(struct call *c, struct slice described);

call_action call_owned;

#endif
