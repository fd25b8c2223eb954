/*
 * The reference of json_bench.c: jansson with the flags that make it as strict as our reader. A
 * file of its own, since its header and ours claim the same names.
 */
#include "json_ref.h"

#include <jansson.h>
#include <stdlib.h>

bool json_ref_read_and_write(const uint8_t *text, size_t n)
{
    json_t *j = json_loadb((const char *)text, n, JSON_REJECT_DUPLICATES, NULL);
    char *again = j != NULL ? json_dumps(j, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    bool ok = again != NULL;

    free(again);
    json_decref(j);
    return ok;
}
