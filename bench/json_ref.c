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

struct json_ref *json_ref_number(const struct json_ref *j, size_t tool)
{
    static const char *const path[] = {"inputSchema", "properties", "hours", "maximum"};
    json_t *at = json_object_get(json_object_get((const json_t *)j, "result"), "tools");

    at = json_array_get(at, tool);
    for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++)
        at = json_object_get(at, path[i]);
    return (struct json_ref *)at;
}

void json_ref_set_number(struct json_ref *number, int value)
{
    if (json_integer_set((json_t *)number, value) != 0)
        abort();
}

void json_ref_free(struct json_ref *j)
{
    json_decref((json_t *)j);
}
