/*
 * One MCP message to the upstream over HTTP, and what came of it: the request, what its status and
 * content type mean, and the messages of the answer.
 */
#ifndef SG_EGRESS_EXCHANGE_H
#define SG_EGRESS_EXCHANGE_H

#include "egress/http.h"
#include "egress/reader.h"

struct exchange;

enum exchange_how {
    EXCHANGE_DONE,       /* the response was given to message; or a stream ended */
    EXCHANGE_ACCEPTED,   /* 2xx to what has no response, anything to a DELETE */
    EXCHANGE_REFUSED,    /* 401, or a rule of the configuration; received in full */
    EXCHANGE_STATUS,     /* another HTTP status, without a JSON-RPC error for us */
    EXCHANGE_NO_SESSION, /* 404 to a request with a session id */
    EXCHANGE_NO_STREAM,  /* 405 to a GET */
    EXCHANGE_FAILED,     /* err says why */
};

struct exchange_end {
    enum exchange_how how;
    enum err err;    /* of EXCHANGE_FAILED */
    bool sent;       /* the first byte may have left */
    unsigned status; /* of HTTP; 0 when no head came */
};

struct exchange_ask {
    const struct conf *conf;
    struct pool *pool;
    enum mcp_era era;
    enum call_kind kind;
    bool has_session;      /* a session id goes along */
    bool is_long;          /* messages may come without end (subscriptions/listen, a GET) */
    struct slice body, id; /* borrowed; id as JSON text, of a request */
};

/* exchange_free, exchange_linger and starting another exchange: from want_socket and end only. */
struct exchange_events {
    void (*want_socket)(void *ctx);
    enum err (*may_send)(void *ctx);
    /* The answer has begun, with a good status. from is READER_EVENTS when messages will come one
     * by one. */
    void (*head)(void *ctx, const struct head *h, enum reader_from from);
    /* ERR_UPSTREAM_REFUSED: a rule matches this response. */
    reader_fn *message;
    /* Before more of the answer is read, of which this many bytes are held here. ERR_AGAIN: nothing
     * can be taken now; exchange_resume follows. Another error ends the answer. */
    enum err (*may_read)(void *ctx, size_t held);
    void (*end)(void *ctx, const struct exchange_end *e);
};

/* conf and pool are held; body and id are borrowed until the end, events and ctx too. Freed by
 * exchange_free or exchange_linger. */
struct exchange *exchange_new(const struct exchange_ask *ask, const struct exchange_events *events,
                              void *ctx);
/* To add headers to before exchange_start. Accept and Content-Type are there. */
struct http *exchange_http(struct exchange *x);
/* Once, when the headers are added. */
void exchange_start(struct exchange *x);
/* After want_socket: the pool has been given a connection. */
void exchange_retry(struct exchange *x);
/* After want_socket: none can be had. Calls end. */
void exchange_fail(struct exchange *x, enum err why);
/* More can be taken. */
void exchange_resume(struct exchange *x);
/* Takes NULL. */
void exchange_free(struct exchange *x);
/* Instead of exchange_free after the end: reads on for a moment without telling anybody, so that
 * the connection can be used again. Takes NULL. */
void exchange_linger(struct exchange *x);

#endif
