/* What a client gets, at last or on the way. */
#ifndef SG_GATEWAY_REPLY_H
#define SG_GATEWAY_REPLY_H

#include "gateway/call.h"

/* The last message for the client; the call is finished. */
void call_reply(struct call *c, struct slice message);
/* Likewise, with an HTTP status and fields where the answer is not a stream yet. */
void call_reply_http(struct call *c, unsigned status, const struct http_field *extra, size_t n,
                     struct slice message);
/* A message on the way to the last one; nothing without a client. */
void call_say(struct call *c, struct slice message);
/* The error as answer; the call is finished. */
void call_fail(struct call *c, enum err e);
/* The last message for the client; egress may still have something to clean up. */
void call_answer_with(struct call *c, unsigned status, struct slice message);

/* The HTTP fields that an answer with this error has beside the others; returns how many. */
size_t reply_fields(enum err e, const struct http_field **ret);

#endif
