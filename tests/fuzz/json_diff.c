/*
 * The promise "what was checked is what is sent" rests on nobody reading another value out of a
 * text than we do. Here the same text goes through our reader, jansson (strict flags) and simdjson.
 *
 * Who accepts what: ours refuses in addition more than LIM_JSON_DEPTH levels and LIM_JSON_NODES
 * values, and equal keys where simdjson keeps both; it accepts in addition numbers of any size, and
 * U+0000 in strings (jansson without JSON_ALLOW_NUL does not). Nothing else may differ, and no
 * value.
 */
#include "json_diff.h"

#include <string.h>

#include "fuzz.h"
#include "proto/json.h"

static bool is_whole(struct slice s)
{
    return slice_find_byte(s, '.') == s.n && slice_find_byte(s, 'e') == s.n &&
           slice_find_byte(s, 'E') == s.n;
}

/* A number as a double, rounded by the C library. */
static double as_double(struct slice s)
{
    char *text = malloc(s.n + 1);
    MUST(text != NULL);
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    double v = strtod(text, NULL);
    free(text);
    return v;
}

/* --- our dump: z t f, i<digits>; d<bits of the double>; s<length>:<bytes> [..] {key value ..} - */

static void dump_number(const struct json *j, uint32_t node, struct buf *out)
{
    struct slice s = json_raw(j, node);
    int64_t i;
    uint64_t u, bits;
    if (is_whole(s) && json_i64(j, node, &i)) {
        buf_printf(out, "i%lld;", (long long)i);
    } else if (is_whole(s) && slice_to_u64(s, UINT64_MAX, &u)) {
        buf_printf(out, "i%llu;", (unsigned long long)u);
    } else {
        double v = as_double(s);
        if (v == 0)
            v = 0;
        memcpy(&bits, &v, sizeof(bits));
        buf_printf(out, "d%llu;", (unsigned long long)bits);
    }
}

static void dump(const struct json *j, uint32_t node, struct buf *out)
{
    struct buf s = BUF_INIT(SIZE_MAX);
    switch (j->nodes[node].type) {
    case JSON_NULL: buf_put_u8(out, 'z'); break;
    case JSON_TRUE: buf_put_u8(out, 't'); break;
    case JSON_FALSE: buf_put_u8(out, 'f'); break;
    case JSON_NUMBER: dump_number(j, node, out); break;
    case JSON_STRING:
        MUST(json_str(j, node, &s) == ERR_OK);
        buf_printf(out, "s%zu:", s.n);
        buf_put(out, buf_slice(&s));
        break;
    case JSON_ARRAY:
        buf_put_u8(out, '[');
        for (uint32_t i = json_first(j, node); i != JSON_NONE; i = json_next(j, i))
            dump(j, i, out);
        buf_put_u8(out, ']');
        break;
    default:
        buf_put_u8(out, '{');
        for (uint32_t k = json_first(j, node); k != JSON_NONE; k = json_next(j, k)) {
            dump(j, k, out);
            dump(j, json_value(j, k), out);
        }
        buf_put_u8(out, '}');
    }
    buf_free(&s);
}

/* Shows the text before the test stops. */
static void must(bool holds, const char *what, const uint8_t *data, size_t size)
{
    if (holds)
        return;
    fprintf(stderr, "%s; the text is:\n", what);
    for (size_t i = 0; i < size; i++)
        fprintf(stderr, data[i] >= 0x20 && data[i] < 0x7f && data[i] != '\\' ? "%c" : "\\x%02x",
                data[i]);
    fprintf(stderr, "\n");
    abort();
}

/* What both accept has one value; what ours alone accepts is a number or a U+0000. */
static bool agrees(enum oracle verdict, struct slice theirs, const struct json *j, enum err e)
{
    bool same = true;
    if (e == ERR_OK && verdict == ORACLE_OK) {
        struct buf ours = BUF_INIT(SIZE_MAX);
        dump(j, 0, &ours);
        same = slice_eq(buf_slice(&ours), theirs);
        buf_free(&ours);
    } else if (e == ERR_OK) {
        same = verdict == ORACLE_NUMBER || verdict == ORACLE_NUL;
    }
    return same;
}

int json_diff(const uint8_t *data, size_t size)
{
    struct json j;
    char *theirs = NULL;
    size_t n = 0;
    enum oracle verdict;
    j = JSON_INIT;
    enum err e = json_parse(&j, slice_of(data, size), NULL);
    bool limit = e == ERR_TOO_DEEP || e == ERR_TOO_LARGE;

    verdict = simdjson_dump(data, size, &theirs, &n);
    must(agrees(verdict, slice_of(theirs, n), &j, e), "simdjson reads another value", data, size);
    must(e == ERR_OK || verdict != ORACLE_OK || limit || e == ERR_DUPLICATE_KEY,
         "simdjson accepts what we refuse", data, size);
    free(theirs);

    theirs = NULL;
    n = 0;
    verdict = jansson_dump(data, size, &theirs, &n);
    must(agrees(verdict, slice_of(theirs, n), &j, e), "jansson reads another value", data, size);
    /* jansson takes a NUL byte after a word such as "false" for the end of the text. */
    limit = limit || (size > 0 && memchr(data, 0, size) != NULL);
    must(e == ERR_OK || verdict != ORACLE_OK || limit, "jansson accepts what we refuse", data,
         size);
    free(theirs);
    json_free(&j);
    return e == ERR_OK;
}
