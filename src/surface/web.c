/*
 * The files of web/ as bytes. Run by surface; they are ours and trusted.
 */
#include "surface/web.h"

#include "surface/web_bytes.h"

#include <inttypes.h>
#include <stdio.h>

struct slice web_bytes(enum web_file f)
{
    static const struct {
        const unsigned char *p;
        size_t n;
    } files[WEB_COUNT] = {
#define W(name, array) [WEB_##name] = {array, array##_n},
#include "surface/web.def"
#undef W
    };

    BUG_IF(f >= WEB_COUNT);
    return slice_of(files[f].p, files[f].n);
}

void web_tag(enum web_file f, char ret[WEB_TAG + 1])
{
    struct slice s = web_bytes(f);
    uint64_t tag = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < s.n; i++)
        tag = (tag ^ s.p[i]) * UINT64_C(0x100000001b3);
    (void)snprintf(ret, WEB_TAG + 1, "%016" PRIx64, tag); /* always 16 digits */
}
