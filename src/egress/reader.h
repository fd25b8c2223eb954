/*
 * From the bytes of an upstream's answer to its messages: one JSON body, or the events of a stream.
 * Each message is parsed strictly, held against what was asked, and given on; what is not one ends
 * the answer. Pure.
 */
#ifndef SG_EGRESS_READER_H
#define SG_EGRESS_READER_H

#include "proto/mcp.h"
#include "proto/sse.h"

enum reader_from {
    READER_JSON,   /* one message, with status 2xx */
    READER_ERROR,  /* one JSON-RPC error, with status 4xx or 5xx */
    READER_EVENTS, /* a stream */
};

struct reader_rules {
    enum reader_from from;
    enum era era;
    bool is_request; /* else a legacy session's stream, which has no final message */
    struct slice id; /* of the request, JSON text; borrowed */
    bool own_id;     /* an error without an id is no answer to it */
    size_t max_message, max_messages;
};

/* final: it is the response to the request. The document lives as long as the call. An error ends
 * the answer. */
typedef enum err reader_fn(void *ctx, const struct json *j, const struct jsonrpc *m, bool final);

struct reader {
    struct reader_rules rules;
    reader_fn *fn;
    void *ctx;
    struct buf body;       /* of one JSON message */
    struct sse_reader sse; /* of a stream */
    struct json json;
    size_t messages;
    bool final; /* the response came */
};

void reader_init(struct reader *r, const struct reader_rules *rules, reader_fn *fn, void *ctx);
void reader_free(struct reader *r);
/* The memory that it has. */
size_t reader_bytes(const struct reader *r);

/*
 * Takes bytes. ERR_OK; ERR_TOO_LARGE: a message, or the number of messages, passes its maximum;
 * ERR_UPSTREAM_ANSWER: not MCP: malformed JSON or JSON-RPC, a response to something else, a request
 * from a modern server; or what fn returned. After the response bytes are dropped.
 */
MUST_USE enum err reader_feed(struct reader *r, struct slice s);
/* The body is complete. ERR_CLOSED: a stream ended without the response. Otherwise as reader_feed.
 */
MUST_USE enum err reader_finish(struct reader *r);

#endif
