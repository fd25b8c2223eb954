/*
 * The head of an upstream's answer: status line and header fields, line by line. Only what stands in this struct is ever looked
 * at; nothing of it goes towards the agent. Pure.
 *
 * Refused, since two readers could see two messages in it (RFC 9112 6.3, 11.2): more than one
 * Content-Length or Transfer-Encoding or Content-Type, both of the first two, a coding other than
 * chunked, chunked in HTTP/1.0, folded lines, names that are not tokens, control bytes, lines
 * that do not end in CRLF; a content coding (it was not asked for); more than LIM_HEADERS fields or
 * LIM_HEADER_BYTES; more than LIM_INTERIM interim answers.
 */
#ifndef SG_EGRESS_HEAD_H
#define SG_EGRESS_HEAD_H

#include "base/buf.h"
#include "base/limits.h"

enum head_type { HEAD_NO_TYPE, HEAD_JSON, HEAD_SSE, HEAD_OTHER };

struct head {
    unsigned status; /* 200 to 599 once complete */
    enum head_type type;
    bool complete; /* the empty line came */
    bool has_length, has_coding;
    bool closes, http_1_0; /* Connection: close; a version that knows no other way */
    uint64_t length;
    unsigned keep_alive; /* seconds the upstream keeps an idle connection; 0: it did not say */
    struct buf session;  /* Mcp-Session-Id, or empty */
    /* for the reader */
    bool in_fields, has_type, has_content_coding, has_session;
    unsigned fields, interim;
    size_t bytes;
};

void head_init(struct head *h);
void head_free(struct head *h);

/* Takes one line with its CRLF: the status line, a field, the empty line; after a complete head
 * also trailers, which are not looked at. ERR_OK or ERR_UPSTREAM_ANSWER. */
MUST_USE enum err head_line(struct head *h, struct slice line);

#endif
