/*
 * How long our JSON reader and writer take for MCP messages, beside jansson with its strict flags
 * in the same run. Prints one JSON line a figure, for bench/bench.mjs. Trusts nothing; a program
 * for people who measure.
 */
#include "base/buf.h"
#include "base/slice.h"
#include "proto/json.h"

#include "json_ref.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS   7
#define ROUND_NS 100000000.0 /* each measurement runs at least this long */

struct work {
    struct json json;
    struct json_ref *ref;
    struct buf text, out;
};

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "json-bench: %s\n", what);
    exit(1);
}

static void our_read(struct work *w)
{
    if (json_parse(&w->json, buf_slice(&w->text), NULL) != ERR_OK)
        fail("our reader refused the message");
}

static void our_write(struct work *w)
{
    buf_clear(&w->out);
    json_copy(&w->json, 0, &w->out);
    if (buf_err(&w->out) != ERR_OK)
        fail("our writer had no room");
}

static void jansson_read(struct work *w)
{
    json_ref_free(w->ref);
    w->ref = json_ref_read(w->text.p, w->text.n);
    if (w->ref == NULL)
        fail("jansson refused the message");
}

static void jansson_write(struct work *w)
{
    json_ref_write(w->ref);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Microseconds per KB of the message, the median of ROUNDS. */
static double measure(struct work *w, void (*f)(struct work *))
{
    double took[ROUNDS], start;
    unsigned long n;

    for (int i = 0; i < ROUNDS; i++) {
        start = now_ns();
        for (n = 0; (n & 63) != 0 || now_ns() - start < ROUND_NS; n++)
            f(w);
        took[i] = (now_ns() - start) / 1000 / (double)n * 1024 / (double)w->text.n;
    }
    qsort(took, ROUNDS, sizeof(took[0]), by_value);
    return took[ROUNDS / 2];
}

/* A tools/list answer with this many tools. */
static void make_list(struct buf *out, int tools)
{
    buf_put_str(out, "{\"jsonrpc\":\"2.0\",\"id\":17,\"result\":{\"tools\":[");
    for (int i = 0; i < tools; i++) {
        buf_put_str(out, i > 0 ? "," : "");
        buf_printf(out,
                   "{\"name\":\"tool_%d\",\"description\":\"Reads what station %d measured; gives "
                   "\\\"text\\\".\",",
                   i, i);
        buf_put_str(out, "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"station\":{"
                         "\"type\":\"string\"},"
                         "\"hours\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":48}},"
                         "\"required\":[\"station\"]}}");
    }
    buf_put_str(out, "]}}");
}

/* One figure of ours beside jansson's. */
static void compare(struct work *w, const char *what, const char *size, void (*ours)(struct work *),
                    void (*theirs)(struct work *))
{
    double reference = measure(w, theirs), value = measure(w, ours);

    printf("{\"name\":\"JSON %s, %s: jansson\",\"value\":%.4g,\"unit\":\"us/KB\"}\n", what, size,
           reference);
    printf("{\"name\":\"JSON %s, %s: Sidegate\",\"value\":%.4g,\"unit\":\"us/KB\",\"ratios\":[{"
           "\"to\":\"jansson\",\"ratio\":%.3g}]}\n",
           what, size, value, value / reference);
}

int main(void)
{
    static const struct {
        const char *size;
        int tools;
    } cases[] = {{"1 KB", 4}, {"20 KB", 88}, {"1 MB", 4500}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct work w = {.text = BUF_INIT(8 << 20), .out = BUF_INIT(8 << 20)};

        w.json = JSON_INIT;
        make_list(&w.text, cases[i].tools);
        our_read(&w);
        jansson_read(&w);
        compare(&w, "read", cases[i].size, our_read, jansson_read);
        compare(&w, "write", cases[i].size, our_write, jansson_write);
        json_ref_free(w.ref);
        json_free(&w.json);
        buf_free(&w.text);
        buf_free(&w.out);
    }
    return 0;
}
