/*
 * Time in words. Run by surface; pure.
 */
#include "surface/say.h"

#include <stdio.h>
#include <time.h>

#define LAST_SECOND UINT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define DAY_MS      UINT64_C(86400000)

static struct tm split(uint64_t ms)
{
    uint64_t s = ms / 1000;
    time_t t = (time_t)(s > LAST_SECOND ? LAST_SECOND : s);
    struct tm tm = {0};

    BUG_IF(!gmtime_r(&t, &tm));
    return tm;
}

static void put(char ret[SAY_TEXT], const char *format, uint64_t ms)
{
    struct tm tm = split(ms);

    /* The formats are the literals below. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    BUG_IF(strftime(ret, SAY_TEXT, format, &tm) == 0);
#pragma GCC diagnostic pop
}

void say_iso(uint64_t ms, char ret[SAY_TEXT])
{
    put(ret, "%Y-%m-%dT%H:%M:%SZ", ms);
}

void say_moment(uint64_t ms, uint64_t now, char ret[SAY_TEXT])
{
    if (ms / DAY_MS == now / DAY_MS)
        put(ret, "%H:%M UTC", ms);
    else
        put(ret, "%-d %b %Y, %H:%M UTC", ms);
}

void say_span(uint64_t ms, char ret[SAY_TEXT])
{
    static const struct {
        uint64_t ms;
        const char *one, *many;
    } units[] = {
        {DAY_MS, "day", "days"},
        {3600000, "hour", "hours"},
        {60000, "minute", "minutes"},
        {1000, "second", "seconds"},
    };
    size_t i = 0;

    while (i + 1 < ARRAY_LEN(units) && ms < units[i].ms)
        i++;
    unsigned long long n = ms / units[i].ms;
    (void)snprintf(ret, SAY_TEXT, "%llu %s", n, n == 1 ? units[i].one : units[i].many); /* fits */
}

void say_distance(uint64_t ms, uint64_t now, char ret[SAY_TEXT])
{
    char span[SAY_TEXT];
    bool ahead = ms > now;
    uint64_t d = ahead ? ms - now : now - ms;

    if (d < 60000) {
        (void)snprintf(ret, SAY_TEXT, "%s",
                       ahead ? "in less than a minute" : "just now"); /* fits */
        return;
    }
    say_span(d, span);
    (void)snprintf(ret, SAY_TEXT, ahead ? "in %.30s" : "%.30s ago", span); /* fits */
}
