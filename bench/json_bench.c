/*
 * How long our JSON reader and writer take for MCP messages, beside jansson with its strict flags
 * in the same run, in turn with it. Prints one JSON line a figure, for bench/bench.mjs. Trusts
 * nothing; a program for people who measure.
 *
 * What is written: a document that is in our form already, which we copy as one piece; one that is
 * in another, since each of its containers begins with a space; and the first with a number
 * changed far inside, which both sides have found before.
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
    struct json_ref *ref, *ref_number;
    struct buf text, out;
    uint32_t number;
};

struct spread {
    double least, median, most;
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

static void our_edit(struct work *w)
{
    struct json_edits edits;

    json_edits_init(&edits, 16);
    json_edit_replace(&edits, w->number, SLICE_LIT("24"));
    buf_clear(&w->out);
    if (json_copy_edited(&w->json, 0, &edits, &w->out) != ERR_OK)
        fail("our writer had no room for what is changed");
    json_edits_free(&edits);
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

static void jansson_edit(struct work *w)
{
    json_ref_set_number(w->ref_number, 24);
    json_ref_write(w->ref);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Microseconds per KB of the message, once. */
static double measure(struct work *w, void (*f)(struct work *))
{
    double start = now_ns();
    unsigned long n;

    for (n = 0; (n & 63) != 0 || now_ns() - start < ROUND_NS; n++)
        f(w);
    return (now_ns() - start) / 1000 / (double)n * 1024 / (double)w->text.n;
}

static struct spread spread_of(double took[ROUNDS])
{
    qsort(took, ROUNDS, sizeof(took[0]), by_value);
    return (struct spread){took[0], took[ROUNDS / 2], took[ROUNDS - 1]};
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

/* The same with a space at the beginning of each array and object; no string of it has a bracket. */
static void put_spaces(struct buf *text, struct buf *scratch)
{
    buf_clear(scratch);
    for (size_t i = 0; i < text->n; i++) {
        buf_put_u8(scratch, text->p[i]);
        if (text->p[i] == '{' || text->p[i] == '[')
            buf_put_u8(scratch, ' ');
    }
    buf_clear(text);
    buf_put(text, buf_slice(scratch));
}

/* Each side reads the text, and finds the number that is changed: of the tool in the middle. */
static void read_both(struct work *w, uint32_t tools)
{
    uint32_t at;

    our_read(w);
    jansson_read(w);
    at = json_first(&w->json, json_get(&w->json, json_get(&w->json, 0, "result"), "tools"));
    for (uint32_t i = 0; i < tools / 2; i++)
        at = json_next(&w->json, at);
    at = json_get(&w->json, json_get(&w->json, at, "inputSchema"), "properties");
    w->number = json_get(&w->json, json_get(&w->json, at, "hours"), "maximum");
    w->ref_number = json_ref_number(w->ref, tools / 2);
    if (w->number == JSON_NONE || w->ref_number == NULL)
        fail("the number to be changed is not there");
}

static void say(const char *what, const char *size, const char *whose, const struct spread *took)
{
    printf(
        "{\"name\":\"JSON %s, %s: %s\",\"value\":%.4g,\"unit\":\"us/KB\",\"min\":%.4g,\"max\":%.4g",
        what, size, whose, took->median, took->least, took->most);
}

/* One figure of ours beside jansson's, round by round. */
static void compare(struct work *w, const char *what, const char *size, void (*ours)(struct work *),
                    void (*theirs)(struct work *))
{
    double us[ROUNDS], them[ROUNDS];
    struct spread our, their;

    for (int i = 0; i < ROUNDS; i++) {
        them[i] = measure(w, theirs);
        us[i] = measure(w, ours);
    }
    our = spread_of(us);
    their = spread_of(them);
    say(what, size, "jansson", &their);
    printf("}\n");
    say(what, size, "Sidegate", &our);
    printf(",\"ratios\":[{\"to\":\"jansson\",\"ratio\":%.3g}]}\n", our.median / their.median);
}

static void compare_all(struct work *w, const char *size, int tools)
{
    make_list(&w->text, tools);
    read_both(w, (uint32_t)tools);
    compare(w, "write, already in our form: copied", size, our_write, jansson_write);
    compare(w, "write, a number changed far inside", size, our_edit, jansson_edit);
    compare(w, "read", size, our_read, jansson_read);
    put_spaces(&w->text, &w->out);
    read_both(w, (uint32_t)tools);
    compare(w, "write, in another form", size, our_write, jansson_write);
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
        compare_all(&w, cases[i].size, cases[i].tools);
        json_ref_free(w.ref);
        json_free(&w.json);
        buf_free(&w.text);
        buf_free(&w.out);
    }
    return 0;
}
