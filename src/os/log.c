/*
 * Writes log records. Run by every role. A record is one line of at most LINE_BYTES, written with
 * one write(2), so that lines of one process never mix:
 *
 *     info use_result use=0f3a... status=200 upstream="weather"
 *
 * The values are what may come from outside, and everything but printable ASCII in them is escaped
 * here; the supervisor, which does not trust the writer, checks it all once more.
 */
#include "os/log.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_BYTES = 2048, TEXT_BYTES = 256 };

static enum level log_most = LEVEL_INFO;
static uint64_t log_lost;
static log_sink_fn *log_sink;
static void *log_sink_ctx;

/* As level_names has them, which is ipc's: os is linked without it. */
static const char *const words[LEVEL_COUNT] = {
    [LEVEL_ERROR] = "error",
    [LEVEL_WARN] = "warn",
    [LEVEL_INFO] = "info",
    [LEVEL_DEBUG] = "debug",
};

void log_set_level(enum level most)
{
    log_most = most;
}

bool log_wants(enum level level)
{
    return level <= log_most;
}

void log_set_sink(log_sink_fn *fn, void *ctx)
{
    log_sink = fn;
    log_sink_ctx = ctx;
}

void log_put_text(struct buf *out, struct slice s)
{
    size_t shown = s.n < TEXT_BYTES ? s.n : TEXT_BYTES;

    buf_put_u8(out, '"');
    for (size_t i = 0; i < shown; i++) {
        uint8_t c = s.p[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c >= 0x20 && c < 0x7f)
            buf_put_u8(out, c);
        else
            buf_printf(out, "\\x%02x", c);
    }
    buf_put_u8(out, '"');
    if (shown < s.n)
        buf_printf(out, "+%zu", s.n - shown);
}

static void put_field(struct buf *out, const struct log_field *f)
{
    buf_put_u8(out, ' ');
    buf_put_str(out, f->key);
    buf_put_u8(out, '=');
    switch (f->type) {
    case LOG_F_TEXT: log_put_text(out, f->text); break;
    case LOG_F_NUM: buf_put_u64_dec(out, f->num); break;
    case LOG_F_HEX: buf_put_hex(out, f->text); break;
    case LOG_F_ERR: buf_put_str(out, err_name((enum err)f->num)); break;
    }
}

bool log_out(struct slice line)
{
    ssize_t n;

    do
        n = write(STDERR_FILENO, line.p, line.n);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)line.n;
}

static bool write_line(struct slice line)
{
    if (!log_sink)
        return log_out(line);
    log_sink(log_sink_ctx, line);
    return true;
}

/* The pipe never blocks a role: what does not fit is lost, counted, and reported by the next line
 * that fits. */
static void report_lost(void)
{
    struct buf line = BUF_INIT(LINE_BYTES);

    buf_printf(&line, "warn log_lines_lost count=%llu\n", (unsigned long long)log_lost);
    if (write_line(buf_slice(&line)))
        log_lost = 0;
    buf_free(&line);
}

void log_write(enum level level, const char *event, const struct log_field *fields)
{
    struct buf line = BUF_INIT(LINE_BYTES);

    if (!log_wants(level))
        return;
    if (log_lost > 0)
        report_lost();
    buf_put_str(&line, words[level]);
    buf_put_u8(&line, ' ');
    buf_put_str(&line, event);
    for (; fields->key; fields++)
        put_field(&line, fields);
    buf_put_u8(&line, '\n');
    if (buf_err(&line) != ERR_OK) {
        buf_clear(&line);
        buf_printf(&line, "%s %s cut=1\n", words[level], event);
    }
    if (!write_line(buf_slice(&line)))
        log_lost++;
    buf_free(&line);
}
