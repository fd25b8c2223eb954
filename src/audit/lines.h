/* Reads a file line by line, with a fixed amount of memory. */
#ifndef SG_AUDIT_LINES_H
#define SG_AUDIT_LINES_H

#include "base/buf.h"

struct lines {
    int fd;       /* not owned; read from where it stands */
    struct buf b; /* read, not yet given out from byte at on */
    size_t at;
    uint64_t offset; /* in the file, of the line given out last: counted from 0, or from what next
                        was set to before the first */
    uint64_t next;   /* of the one after it */
};

void lines_init(struct lines *l, int fd);
void lines_done(struct lines *l);
/*
 * The next line without its line feed; it lives until the next call. What is longer than LINE_BYTES
 * comes in pieces of that length. ERR_NOT_FOUND at the end, with what has no line feed behind it,
 * or nothing. ERR_IO.
 */
MUST_USE enum err lines_next(struct lines *l, struct slice *ret);

#endif
