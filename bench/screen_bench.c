/*
 * How fast the screen looks through texts in which nothing is to be found, beside memmem looking for
 * the value as it is in the same run, and how long making a matcher takes. Prints one JSON line a
 * figure, for bench/bench.mjs. A program for people who measure.
 */
#include "base/base64.h"
#include "base/buf.h"
#include "base/slice.h"
#include "proto/json.h"
#include "screen/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS     40
#define ROUND_NS   5000000.0 /* each measurement runs at least this long */
#define LISTS_KEY  UINT64_C(0x9e3779b97f4a7c15)
#define TEXT_BYTES 262144
#define VALUE      "sk_live_4eC39HqLyjWDarjtT1zdp7dc"

struct work {
    struct screen *screen;
    struct slice value;
    struct buf text, out;
    struct json json;
};

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Nanoseconds for one call of f, the best of ROUNDS: others use the machine too. */
static double measure(struct work *w, void (*f)(struct work *))
{
    double best = 0, took, start;
    unsigned long n;

    for (int i = 0; i < ROUNDS; i++) {
        start = now_ns();
        for (n = 0; n == 0 || now_ns() - start < ROUND_NS; n++)
            f(w);
        took = (now_ns() - start) / (double)n;
        best = i == 0 || took < best ? took : best;
    }
    return best;
}

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "screen-bench: %s\n", what);
    exit(1);
}

static void look(struct work *w)
{
    must(!screen_has(w->screen, buf_slice(&w->text)), "something was found");
}

static void look_as_it_is(struct work *w)
{
    must(memmem(w->text.p, w->text.n, w->value.p, w->value.n) == NULL, "the value was found");
}

static void screen_whole_message(struct work *w)
{
    uint32_t hits;

    buf_clear(&w->out);
    must(screen_message(w->screen, &w->json, &w->out, &hits) == ERR_OK && hits == 0,
         "something was found");
}

static void copy_message(struct work *w)
{
    buf_clear(&w->out);
    json_copy(&w->json, 0, &w->out);
}

static void make(struct work *w)
{
    struct screen *s = screen_new(SLICE_LIT("bench"), LISTS_KEY);

    screen_add(s, w->value, 0, w->value.n);
    screen_free(s);
}

static void copy_value(struct work *w)
{
    buf_clear(&w->out);
    base64_put(&w->out, BASE64, w->value);
}

/* --- texts ------------------------------------------------------------------------------------ */

static unsigned seed = 1;

static unsigned next(unsigned below)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % below;
}

static const char *word(void)
{
    static const char *const words[] = {
        "the",     "station", "measures", "wind",  "and",   "don't",  "rain",   "every",  "hour;",
        "results", "are",     "kept",     "for",   "two",   "weeks.", "A",      "sketch", "skill",
        "of",      "live",    "data",     "shows", "clear", "limits", "(table", "4)",     "since"};

    return words[next(sizeof(words) / sizeof(words[0]))];
}

static void put_prose(struct buf *out)
{
    buf_printf(out, "%s%c", word(), next(12) == 0 ? '\n' : ' ');
}

static void put_base64(struct buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (int i = 0; i < 76; i++)
        buf_put_u8(out, (uint8_t)digits[next(64)]);
    buf_put_u8(out, '\n');
}

static void put_escapes(struct buf *out)
{
    static const char *const escapes[] = {"\\n", "\\\"", "%20", "&amp;", "\\u00e9", "&#39;", "%2F"};

    buf_printf(out, "%s%s", word(), escapes[next(7)]);
}

static void put_near_misses(struct buf *out)
{
    buf_printf(out, "%.*s ", (int)(4 + next(7)), &VALUE[next(3) * 8]);
}

static void put_all_escaped(struct buf *out)
{
    buf_printf(out, "\\u%04x", 0x20 + next(90));
}

static void put_broken_escapes(struct buf *out)
{
    static const char *const escapes[] = {"%z", "&q;", "\\q", "&#;", "%5", "\\u12", "&amp"};

    buf_put_str(out, escapes[next(7)]);
}

/* --- figures ---------------------------------------------------------------------------------- */

static void say(const char *name, double value, const char *unit, const char *to, double reference)
{
    printf("{\"name\":\"%s: %s\",\"value\":%.4g,\"unit\":\"%s\"}\n", name, to, reference, unit);
    printf("{\"name\":\"%s: Sidegate\",\"value\":%.4g,\"unit\":\"%s\",\"ratios\":[{\"to\":\"%s\","
           "\"ratio\":%.3g}]}\n",
           name, value, unit, to, value / reference);
}

static void figure_of_text(const char *what, void (*put)(struct buf *out))
{
    struct work w = {.value = SLICE_LIT(VALUE), .text = BUF_INIT(2 * TEXT_BYTES)};
    char name[64];

    w.screen = screen_new(SLICE_LIT("bench"), LISTS_KEY);
    screen_add(w.screen, w.value, 0, w.value.n);
    while (w.text.n < TEXT_BYTES)
        put(&w.text);
    snprintf(name, sizeof name, "Screen, %s", what);
    say(name, (double)w.text.n * 1000 / measure(&w, look), "MB/s", "memmem",
        (double)w.text.n * 1000 / measure(&w, look_as_it_is));
    screen_free(w.screen);
    buf_free(&w.text);
}

static void figure_of_message(void)
{
    struct work w = {
        .value = SLICE_LIT(VALUE), .text = BUF_INIT(8192), .out = BUF_INIT(TEXT_BYTES)};

    w.json = JSON_INIT;
    w.screen = screen_new(SLICE_LIT("bench"), LISTS_KEY);
    screen_add(w.screen, w.value, 0, w.value.n);
    buf_put_str(&w.text, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[");
    for (int i = 0; w.text.n < 950; i++)
        buf_printf(&w.text, "%s{\"type\":\"text\",\"text\":\"%s %s %s\"}", i > 0 ? "," : "", word(),
                   word(), word());
    buf_put_str(&w.text, "]}}");
    must(json_parse(&w.json, buf_slice(&w.text), NULL) == ERR_OK, "the message is none");
    say("Screen, a message of 1 KB", measure(&w, screen_whole_message) / 1000, "us", "copying it",
        measure(&w, copy_message) / 1000);
    screen_free(w.screen);
    json_free(&w.json);
    buf_free(&w.text);
    buf_free(&w.out);
}

static void figure_of_making(size_t n)
{
    struct work w = {.text = BUF_INIT(8192), .out = BUF_INIT(TEXT_BYTES)};
    char name[64];

    put_base64(&w.text);
    while (w.text.n < n)
        put_base64(&w.text);
    w.value = slice_sub(buf_slice(&w.text), 0, n);
    snprintf(name, sizeof name, "Screen, made for %zu bytes", n);
    say(name, measure(&w, make) / 1000, "us", "one base64 of it", measure(&w, copy_value) / 1000);
    buf_free(&w.text);
    buf_free(&w.out);
}

int main(void)
{
    static const struct {
        const char *what;
        void (*put)(struct buf *out);
    } texts[] = {
        {"prose", put_prose},
        {"base64", put_base64},
        {"many escapes", put_escapes},
        {"near misses", put_near_misses},
        {"nothing but \\\\uXXXX", put_all_escaped},
        {"nothing but broken escapes", put_broken_escapes},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        figure_of_text(texts[i].what, texts[i].put);
    figure_of_message();
    figure_of_making(32);
    figure_of_making(4096);
    return 0;
}
