/* Shared between json.c, json_read.c and json_write.c alone. */
#ifndef SG_PROTO_JSON_IN_H
#define SG_PROTO_JSON_IN_H

#include "proto/json.h"

/* The escape whose backslash stands at s.p[0]: its length and code point; 0 when it is none. */
size_t json_escape(struct slice s, uint32_t *ret);
/* The length of the number at the start of s; 0 when there is none. */
size_t json_number_len(struct slice s);

/* A string being read byte by byte, decoded, without memory. */
struct json_cursor {
    struct slice rest;
    bool has_escapes;
};
struct json_cursor json_cursor(const struct json *j, uint32_t node);
/* Orders decoded strings; 0 is equal. Any order will do, as long as it is one. */
int json_cursor_cmp(struct json_cursor a, struct json_cursor b);

#endif
