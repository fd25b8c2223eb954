/*
 * Where the messages of one answer go: the client's HTTP request, as one JSON body or as an event
 * stream (MCP 2025-11-25 basic/transports, 2026-07-28 basic/transports/streamable-http). Keeps what
 * the client does not take yet, and keeps a quiet stream alive with comments.
 */
#ifndef SG_GATEWAY_SINK_H
#define SG_GATEWAY_SINK_H

#include "gateway/conf.h"
#include "httpd/httpd.h"

struct sink;

struct sink_events {
    /* sink_full() was true and is not any more. */
    void (*room)(void *ctx);
    /* The client left. The sink is gone with this call. */
    void (*gone)(void *ctx);
};

/* A sink for req, whose user pointer it takes. It frees itself: after sink_reply or sink_end it must
 * not be used any more, nor after gone(). */
struct sink *sink_new(struct loop *loop, const struct gateway_conf *c, struct http_req *req,
                      const struct sink_events *events, void *ctx);

/* The sink has another owner from now on. */
void sink_own(struct sink *s, const struct sink_events *events, void *ctx);

/* One message as the whole answer, or no body, with at most four further fields. */
void sink_reply(struct sink *s, unsigned status, const struct http_field *extra, size_t n,
                struct slice message);

/* Begins the stream; nothing when it was begun. */
void sink_open(struct sink *s);
/* Whether it is a stream by now. */
bool sink_is_stream(const struct sink *s);
/* Sends one message on the stream, which is begun when it is not yet. */
void sink_event(struct sink *s, struct slice message);
/* An event with an id and no data (2025-11-25 "Resumability": priming). */
void sink_prime(struct sink *s, struct slice id);
/* Ends the stream when all was taken. */
void sink_end(struct sink *s);
/* Whether a message of n bytes has room in the share of the request's agent key. */
MUST_USE enum err sink_fits(const struct sink *s, size_t n);
/* Whether more should wait: until room(). */
bool sink_full(const struct sink *s);

/* For httpd's callbacks. */
void sink_on_drained(struct sink *s);
void sink_on_end(struct sink *s);

#endif
