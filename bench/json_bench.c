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

static void jansson_both(struct work *w)
{
    struct slice s = buf_slice(&w->text);

    if (!json_ref_read_and_write(s.p, s.n))
        fail("jansson refused the message");
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

static void report(const char *name, double value, double reference)
{
    printf("{\"name\":\"%s\",\"value\":%.4g,\"unit\":\"us/KB\",\"ratio\":%.3g,\"to\":\"jansson "
           "read and write\"}\n",
           name, value, value / reference);
}

int main(void)
{
    static const struct {
        const char *name;
        int tools;
    } cases[] = {{"1 KB", 4}, {"20 KB", 88}, {"1 MB", 4500}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct work w = {.text = BUF_INIT(8 << 20), .out = BUF_INIT(8 << 20)};
        char name[64];
        double reference, value;

        json_init(&w.json);
        make_list(&w.text, cases[i].tools);
        our_read(&w);
        reference = measure(&w, jansson_both);
        printf("{\"name\":\"jansson read and write, %s\",\"value\":%.4g,\"unit\":\"us/KB\"}\n",
               cases[i].name, reference);
        value = measure(&w, our_read);
        snprintf(name, sizeof(name), "JSON read, %s", cases[i].name);
        report(name, value, reference);
        value = measure(&w, our_write);
        snprintf(name, sizeof(name), "JSON write, %s", cases[i].name);
        report(name, value, reference);
        json_free(&w.json);
        buf_free(&w.text);
        buf_free(&w.out);
    }
    return 0;
}
