/*
 * Where the body of an upstream's answer ends (RFC 9112 6.3 and 7.1), and what of the bytes that
 * come is its content. Pure.
 *
 * Refused: a chunk's size that is not 1 to 16 hexadecimal digits, lines that do not end in CRLF,
 * control bytes behind a size, a line of more than LIM_CHUNK_LINE, trailers of more than
 * LIM_HEADER_BYTES. Chunk extensions and trailers are passed over.
 */
#ifndef SG_EGRESS_BODY_H
#define SG_EGRESS_BODY_H

#include "egress/head.h"

enum body_part { BODY_SIZE, BODY_CHUNK, BODY_CHUNK_END, BODY_TRAILERS, BODY_WHOLE };

struct body {
    bool is_chunked, to_end; /* neither: by length */
    uint64_t left;           /* bytes of content that are known to come */
    enum body_part part;     /* of a chunked one */
    size_t trailers;         /* bytes */
};

/* Of an answer with this head, which is complete. */
void body_init(struct body *b, const struct head *h);

/*
 * Cuts what is no content off the beginning of *in. ERR_OK: *ret_content is the content at the
 * beginning of *in, or empty when the body has come whole; body_took then says what was used of it.
 * ERR_AGAIN: more must come. ERR_UPSTREAM_ANSWER.
 */
MUST_USE enum err body_next(struct body *b, struct slice *in, struct slice *ret_content);
void body_took(struct body *b, struct slice *in, size_t n);

/* Whether it may end where the connection does. */
bool body_may_end(const struct body *b);

/* Cuts one line off *in, with its end. False: none is there yet. */
MUST_USE bool body_line(struct slice *in, struct slice *ret_line);

#endif
