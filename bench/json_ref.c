/*
 * The reference of json_bench.c: jansson with the flags that make it as strict as our reader. A
 * file of its own, since its header and ours claim the same names.
 */
#include "json_ref.h"

#include <jansson.h>
#include <stdlib.h>

struct json_ref *json_ref_read(const uint8_t *text, size_t n)
{
    return (struct json_ref *)json_loadb((const char *)text, n, JSON_REJECT_DUPLICATES, NULL);
}

void json_ref_write(const struct json_ref *j)
{
    free(json_dumps((const json_t *)j, JSON_COMPACT | JSON_PRESERVE_ORDER));
}

void json_ref_free(struct json_ref *j)
{
    json_decref((json_t *)j);
}
