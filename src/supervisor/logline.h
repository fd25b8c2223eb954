/*
 * One line of a process's log: checked against the form that os/log.c gives it, by a reader that
 * does not trust the writer. A gateway that was taken over can log lies; it cannot log escape
 * sequences, line feeds, or lines in another's name.
 */
#ifndef SG_SUPERVISOR_LOGLINE_H
#define SG_SUPERVISOR_LOGLINE_H

#include "base/buf.h"
#include "os/log.h"

/* Splits "level event key=value ..."; *ret_rest is the fields with their leading space, or empty.
 * False when line has any other form: then it is to be quoted as a whole. */
MUST_USE bool logline_parse(struct slice line, enum level *ret_level, struct slice *ret_event,
                            struct slice *ret_rest);

/* Appends "time=... level=... role=... pid=... event=...", the fields, and a line feed. */
struct logline {
    uint64_t time; /* ms since 1970 */
    enum level level;
    const char *process; /* ours: "gateway 0" */
    uint32_t pid;
    struct slice event, rest; /* as logline_parse gave them */
};
void logline_put(struct buf *out, const struct logline *l);

#endif
