/* jansson, for the differential test of the JSON reader. Test only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "json_diff.h"

struct out {
    char *p;
    size_t n, cap;
};

static void put(struct out *o, const void *p, size_t n)
{
    if (o->n + n > o->cap) {
        o->cap = (o->n + n) * 2;
        o->p = realloc(o->p, o->cap);
        if (o->p == NULL)
            abort();
    }
    memcpy(o->p + o->n, p, n);
    o->n += n;
}

static void put_string(struct out *o, const char *p, size_t n)
{
    char text[32];
    put(o, text, (size_t)snprintf(text, sizeof(text), "s%zu:", n));
    put(o, p, n);
}

static void dump(struct out *o, json_t *v)
{
    char text[32];
    double d;
    unsigned long long bits;
    size_t i;
    const char *name;
    json_t *x;

    switch (json_typeof(v)) {
    case JSON_NULL: put(o, "z", 1); break;
    case JSON_TRUE: put(o, "t", 1); break;
    case JSON_FALSE: put(o, "f", 1); break;
    case JSON_INTEGER:
        put(o, text,
            (size_t)snprintf(text, sizeof(text), "i%lld;", (long long)json_integer_value(v)));
        break;
    case JSON_REAL:
        d = json_real_value(v);
        if (d == 0)
            d = 0; /* the sign of zero is not compared */
        memcpy(&bits, &d, sizeof(bits));
        put(o, text, (size_t)snprintf(text, sizeof(text), "d%llu;", bits));
        break;
    case JSON_STRING: put_string(o, json_string_value(v), json_string_length(v)); break;
    case JSON_ARRAY:
        put(o, "[", 1);
        json_array_foreach(v, i, x) dump(o, x);
        put(o, "]", 1);
        break;
    case JSON_OBJECT:
        put(o, "{", 1);
        json_object_foreach(v, name, x)
        {
            put_string(o, name, strlen(name));
            dump(o, x);
        }
        put(o, "}", 1);
        break;
    }
}

enum oracle jansson_dump(const uint8_t *data, size_t size, char **ret, size_t *ret_n)
{
    struct out o = {NULL, 0, 0};
    json_error_t error;
    json_t *v = json_loadb(size ? (const char *)data : "", size,
                           JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (v == NULL) {
        switch (json_error_code(&error)) {
        case json_error_numeric_overflow: return ORACLE_NUMBER;
        case json_error_null_character:
        case json_error_null_byte_in_key: return ORACLE_NUL;
        default: return ORACLE_OTHER;
        }
    }
    dump(&o, v);
    json_decref(v);
    *ret = o.p;
    *ret_n = o.n;
    return ORACLE_OK;
}
