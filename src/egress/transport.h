/*
 * What carries a use's messages to the upstream and the answers back, one message at a time. HTTP is
 * one (exchange.c); nothing above it knows how it goes about that, but for the status of an answer.
 */
#ifndef SG_EGRESS_TRANSPORT_H
#define SG_EGRESS_TRANSPORT_H

#include "base/id.h"
#include "ipc/gen/messages.h"
#include "proto/mcp.h"

struct egress;
struct use;

enum transport_how {
    TRANSPORT_DONE,       /* the response was given to message; or a stream ended */
    TRANSPORT_ACCEPTED,   /* it was taken, and has no response */
    TRANSPORT_REFUSED,    /* 401, or a rule of the configuration; received in full */
    TRANSPORT_STATUS,     /* another HTTP status, without a JSON-RPC error for us */
    TRANSPORT_NO_SESSION, /* the upstream knows the session no more */
    TRANSPORT_NO_STREAM,  /* it has no stream of that kind */
    TRANSPORT_FAILED,     /* err says why */
};

struct transport_end {
    enum transport_how how;
    enum err err;    /* of TRANSPORT_FAILED */
    bool sent;       /* the first byte may have left */
    unsigned status; /* of HTTP; 0 when no head came */
};

/* Any but end may be NULL. */
struct transport_events {
    /* Immediately before the first byte: it may leave, and does. */
    void (*leaves)(struct use *u);
    /* The answer has begun, and is good; it is a stream when messages will come one by one. session
     * is the id that came with it, or empty. */
    void (*head)(struct use *u, bool is_stream, struct slice session);
    /* final: it is the response to the request. The document lives as long as the call. An error
     * ends the answer. */
    enum err (*message)(struct use *u, const struct json *j, const struct jsonrpc *m, bool final);
    /* Once, unless cancel comes first. The transport is through with the message by then. */
    void (*end)(struct use *u, const struct transport_end *e);
};

struct transport_ask {
    enum era era;
    enum call_kind kind;
    bool has_session;      /* the upstream may answer that it knows the session no more */
    bool is_long;          /* messages may come without end (subscriptions/listen, a GET) */
    struct slice body, id; /* borrowed until the end; id as JSON text, of a request */
    const struct transport_events *events;
};

struct transport {
    /* First, before the jail: what it needs of files is read. */
    enum err (*open)(struct egress *all);
    /* Sends one message, with the use's credential and session. ERR_INVALID_PARAMS: it has a name
     * that cannot go along; nothing has begun. Events come later than this call. */
    enum err (*send)(struct use *u, const struct transport_ask *ask);
    /* After use_may_read said ERR_AGAIN: more of the answer can be taken. */
    void (*credit)(struct use *u);
    /* The use is over: what is still under way is broken off, without an end. */
    void (*cancel)(struct use *u);
    /* What was opened with that connection is closed, and nothing of it used again. */
    void (*drop)(struct egress *all, const struct connection_id *connection);
};

#endif
