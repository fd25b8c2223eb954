/*
 * The form of a log line. Run by the supervisor on what the roles write. Pure; trusts nothing of
 * its input.
 */
#include "supervisor/logline.h"

#include <stdio.h>
#include <time.h>

static bool is_name_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_plain_byte(uint8_t c)
{
    return is_name_byte(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == ':';
}

/* The length of the longest start of s whose bytes all pass. */
static size_t run_of(struct slice s, bool (*pass)(uint8_t))
{
    size_t n = 0;

    while (n < s.n && pass(s.p[n]))
        n++;
    return n;
}

/* The length of a quoted text at the start of s, with what stands behind a cut one; 0: there is
 * none. */
static size_t quoted(struct slice s)
{
    size_t i = 1, n;

    if (s.n == 0 || s.p[0] != '"')
        return 0;
    for (; i < s.n && s.p[i] != '"'; i++) {
        if (s.p[i] == '\\' && ++i == s.n)
            return 0;
        if (s.p[i] < 0x20 || s.p[i] > 0x7e)
            return 0;
    }
    if (i >= s.n)
        return 0;
    i++;
    if (i == s.n || s.p[i] != '+')
        return i;
    n = run_of(slice_sub(s, i + 1, s.n), is_plain_byte);
    return n == 0 ? 0 : i + 1 + n;
}

/* " key=value" at the start of s; its length, or 0. */
static size_t field(struct slice s)
{
    size_t key, value;

    if (s.n == 0 || s.p[0] != ' ')
        return 0;
    key = run_of(slice_sub(s, 1, s.n), is_name_byte);
    if (key == 0 || key + 1 >= s.n || s.p[key + 1] != '=')
        return 0;
    s = slice_sub(s, key + 2, s.n);
    value = quoted(s);
    if (value == 0)
        value = run_of(s, is_plain_byte);
    return value == 0 ? 0 : key + 2 + value;
}

static bool level_of(struct slice word, enum level *ret)
{
    for (int l = LEVEL_ERROR; l <= LEVEL_DEBUG; l++) {
        if (slice_eq_str(word, level_name((enum level)l))) {
            *ret = (enum level)l;
            return true;
        }
    }
    return false;
}

bool logline_parse(struct slice line, enum level *ret_level, struct slice *ret_event,
                   struct slice *ret_rest)
{
    size_t space = slice_find_byte(line, ' ');
    struct slice event = slice_sub(line, space + 1, line.n), rest;
    enum level level;
    size_t n = run_of(event, is_name_byte), at = 0;

    if (space == line.n || n == 0 || !level_of(slice_sub(line, 0, space), &level))
        return false;
    rest = slice_sub(event, n, event.n);
    while (at < rest.n) {
        size_t one = field(slice_sub(rest, at, rest.n));
        if (one == 0)
            return false;
        at += one;
    }
    *ret_level = level;
    *ret_event = slice_sub(event, 0, n);
    *ret_rest = rest;
    return true;
}

static void put_time(struct buf *out, uint64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    char text[32];
    struct tm tm;

    if (!gmtime_r(&seconds, &tm) || strftime(text, sizeof text, "%FT%T", &tm) == 0)
        buf_put_str(out, "unknown");
    else
        buf_printf(out, "%s.%03uZ", text, (unsigned)(ms % 1000));
}

void logline_put(struct buf *out, const struct logline *l)
{
    buf_put_str(out, "time=");
    put_time(out, l->time);
    buf_printf(out, " level=%s process=\"%s\" pid=%u event=", level_name(l->level), l->process,
               l->pid);
    buf_put(out, l->event);
    buf_put(out, l->rest);
    buf_put_u8(out, '\n');
}
