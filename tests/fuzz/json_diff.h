/* One text through our reader, jansson and simdjson. */
#ifndef SG_FUZZ_JSON_DIFF_H
#define SG_FUZZ_JSON_DIFF_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Aborts with the reason when two readers accept the text with different values, or when one
 * refuses it for a reason that json.h does not name. Returns whether ours accepted it. */
int json_diff(const uint8_t *data, size_t size);

/* Why an oracle refused a text that ours may accept. */
enum oracle {
    ORACLE_OK,
    ORACLE_NUMBER, /* a number too large for it */
    ORACLE_NUL,    /* U+0000 */
    ORACLE_OTHER
};

/* The two oracles. With ORACLE_OK *ret is a dump of the value, as json_diff.c describes it; the
 * caller frees it. Each has a file of its own: their names are the same as ours. */
enum oracle jansson_dump(const uint8_t *data, size_t size, char **ret, size_t *ret_n);
enum oracle simdjson_dump(const uint8_t *data, size_t size, char **ret, size_t *ret_n);

#ifdef __cplusplus
}
#endif
#endif
