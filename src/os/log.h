/*
 * The operational log. One record: level, event name (a literal), typed fields. Written as one line
 * to descriptor 2, which the supervisor reads, stamps with the role, sanitises and writes on. There
 * is no field for free bytes: text from outside goes through LOG_TEXT, which prints printable
 * ASCII, escapes the rest and cuts at 256 bytes. A struct sec does not compile as a field.
 *
 *     log_event(LEVEL_WARN, "upstream_refused", LOG_ID("use", id), LOG_TEXT("upstream", name),
 * LOG_ERR(e));
 */
#ifndef SG_OS_LOG_H
#define SG_OS_LOG_H

#include "base/err.h"
#include "base/id.h"
#include "base/slice.h"
#include "ipc/gen/enums.h"

struct log_field {
    const char *key; /* a literal */
    enum { LOG_F_TEXT, LOG_F_NUM, LOG_F_HEX, LOG_F_ERR } type;
    struct slice text;
    uint64_t num;
};

#define LOG_TEXT(k, s) ((struct log_field){(k), LOG_F_TEXT, (s), 0}) /* struct slice */
#define LOG_STR(k, s)                                                                              \
    ((struct log_field){(k), LOG_F_TEXT, slice_str(s), 0}) /* const char * of ours */
#define LOG_NUM(k, v)                                                                              \
    ((struct log_field){(k), LOG_F_NUM, SLICE_EMPTY, (uint64_t)(+(v))}) /* no pointer */
#define LOG_ID(k, id) ((struct log_field){(k), LOG_F_HEX, ID_SLICE(id), 0})
#define LOG_ERR(e)    ((struct log_field){"error", LOG_F_ERR, SLICE_EMPTY, (uint64_t)(+(e))})

#define log_event(level, event, ...)                                                               \
    log_write((level), "" event,                                                                   \
              (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, )(struct log_field){0}})

void log_set_level(enum level most);
/* Whether records of this level are written; for those that are costly to make. */
bool log_wants(enum level level);
/* How LOG_TEXT prints: in double quotes, printable ASCII, the rest escaped, cut at 256 bytes with
 * "+" and how many are left out. */
void log_put_text(struct buf *out, struct slice s);

/* Takes over where lines go (each ends with a line feed); the supervisor's own, and tests. NULL:
 * descriptor 2 again. */
typedef void log_sink_fn(void *ctx, struct slice line);
void log_set_sink(log_sink_fn *fn, void *ctx);
/* Writes a whole line to descriptor 2; false when whoever reads there does not take it in time: it
 * is lost. */
bool log_out(struct slice line);
/* fields ends with a row whose key is NULL. */
void log_write(enum level level, const char *event, const struct log_field *fields);

#endif
