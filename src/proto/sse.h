/*
 * text/event-stream (WHATWG HTML 9.2), read piece by piece and written.
 *
 * Reading: lines end in CR, LF or CRLF, also when a piece ends between CR and LF; one byte order
 * mark at the start is skipped; comments and all fields but data are skipped, since nobody asks for
 * an event's type and id; data lines are joined by LF; an event without data is not reported. An
 * unfinished event at the end of the stream is dropped, as the specification says.
 */
#ifndef SG_PROTO_SSE_H
#define SG_PROTO_SSE_H

#include "base/buf.h"

struct sse_reader {
    struct buf line, data;
    bool started, after_cr, has_data, reported;
    enum err broken; /* what ended the stream */
};

/* No event's data and no line may pass max_event bytes. */
void sse_reader_init(struct sse_reader *r, size_t max_event);
void sse_reader_free(struct sse_reader *r);

/*
 * Takes bytes from *in until one event is complete or *in is empty; *in is advanced past what was
 * taken. ERR_OK with *ret_got true and *ret_data the event's (until the next call), or with
 * *ret_got false when more bytes are needed; ERR_TOO_LARGE when a line or event passes the maximum;
 * ERR_SYNTAX when data is not UTF-8. After an error the reader takes nothing more.
 */
MUST_USE enum err sse_read(struct sse_reader *r, struct slice *in, struct slice *ret_data,
                           bool *ret_got);

/* Appends one event. id and type may be empty. CR, LF and NUL in id or type are our bug; data may
 * hold line ends: CR, LF and CRLF start a new data line. */
void sse_put_event(struct buf *out, struct slice type, struct slice id, struct slice data);
/* Appends ":" and an empty line: keeps the connection, says nothing. */
void sse_put_comment(struct buf *out);
/* Appends a retry field on its own, in milliseconds. */
void sse_put_retry(struct buf *out, uint64_t ms);

#endif
