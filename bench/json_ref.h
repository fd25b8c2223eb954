/* The reference of json_bench.c: jansson. */
#ifndef SG_BENCH_JSON_REF_H
#define SG_BENCH_JSON_REF_H

#include <stddef.h>
#include <stdint.h>

/* A document that jansson has read. */
struct json_ref;

/* Reads n bytes as strictly as our reader. NULL: refused. The caller frees. */
struct json_ref *json_ref_read(const uint8_t *text, size_t n);
/* Writes it into a buffer of jansson's own, which is freed again. */
void json_ref_write(const struct json_ref *j);
/* A number inside a tools/list answer: how many hours that tool may be asked for at most. Lives as
 * long as the document. NULL: it is not there. */
struct json_ref *json_ref_number(const struct json_ref *j, size_t tool);
void json_ref_set_number(struct json_ref *number, int value);
/* Frees a document; NULL is none. */
void json_ref_free(struct json_ref *j);

#endif
