/*
 * One HTTP/1.1 request to the upstream and its answer, over a pool's connections.
 *
 * A request leaves at most once: may_send is asked once, before the first byte, and a request that
 * has begun to leave is given no other connection.
 *
 * What is on the connection before that first byte is no answer of ours: such a connection is not
 * used. After it whatever comes is the answer, whether the upstream has read the request or not; a
 * connection that did not take all of the request is not used again.
 */
#ifndef SG_EGRESS_HTTP_H
#define SG_EGRESS_HTTP_H

#include "base/buf.h"
#include "egress/head.h"
#include "egress/pool.h"

enum http_method { HTTP_POST, HTTP_GET, HTTP_DELETE };

struct http_outcome {
    enum err err;    /* ERR_OK: the answer came whole; else why not (below) */
    bool sent;       /* the first byte may have left */
    unsigned status; /* 0: no complete head came */
};

/*
 * http_free may be called from want_socket and end, from the others not.
 * err of end: ERR_UPSTREAM_DOWN, ERR_UPSTREAM_TLS, ERR_TIMEOUT, ERR_CLOSED (it ended early),
 * ERR_UPSTREAM_ANSWER (not HTTP as head.h has it), what was given to http_fail, or what head or
 * body returned.
 */
struct http_events {
    /* A connection is needed: http_retry when the pool has been given one, or http_fail. */
    void (*want_socket)(void *ctx);
    /* Immediately before the first byte: ERR_OK or why not. */
    enum err (*may_send)(void *ctx);
    /* The head is complete; an error ends the request. */
    enum err (*head)(void *ctx, const struct head *h);
    /* Bytes of the body: ERR_OK takes them; ERR_AGAIN takes none and pauses until http_resume; any
     * other error ends the request. */
    enum err (*body)(void *ctx, struct slice s);
    /* Once, unless http_free comes first. */
    void (*end)(void *ctx, const struct http_outcome *o);
};

/* The pool is held until http_free. events and ctx are borrowed. */
struct http *http_new(struct pool *p, enum http_method method, const struct http_events *events,
                      void *ctx);
/* A header; name and value must be clean (BUG otherwise: callers check what comes from outside). */
void http_header(struct http *h, const char *name, struct slice value);
/* The same as one line "Name: value"; for credentials, and not checked again. */
void http_header_line(struct http *h, struct slice line);
/* Joined to the configured path. */
void http_query(struct http *h, struct slice query);
/* Borrowed until the end. */
void http_body(struct http *h, struct slice body);

/* Before http_start: from its first byte on the request has ms to come to its end (ERR_TIMEOUT),
 * whatever comes meanwhile. */
void http_within(struct http *h, uint64_t ms);
/* From head: the upstream may say nothing for as long as it likes. That it is there at all, TCP asks
 * it (SO_KEEPALIVE, by the dialer). */
void http_listens(struct http *h);
/* Once, when all of it is there; it leaves at the end of this turn of the loop. */
void http_start(struct http *h);
/* What http_start and http_retry defer; ctx is the request. */
void http_go(void *ctx);
/* After want_socket: the pool has been given a connection. */
void http_retry(struct http *h);
/* Only between want_socket and http_retry: no connection can be had. Calls end. */
void http_fail(struct http *h, enum err why);
/* Whether all of the request has left. */
bool http_has_left(const struct http *h);
/* After body said ERR_AGAIN: it is asked again. */
void http_resume(struct http *h);
/* Ends the request if it is not over, closing its connection. Takes NULL. */
void http_free(struct http *h);

#endif
