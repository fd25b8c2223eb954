/* The files of web/, embedded by the build, so that the surface opens none. */
#ifndef SG_SURFACE_WEB_H
#define SG_SURFACE_WEB_H

#include "base/slice.h"

enum web_file {
#define W(name, array) WEB_##name,
#include "surface/web.def"
#undef W
    WEB_COUNT
};

#define WEB_TAG 16 /* characters of a tag */

/* Static bytes. */
struct slice web_bytes(enum web_file f);
/* Hexadecimal digits that change with the content, for caches (FNV-1a; not for security). */
void web_tag(enum web_file f, char ret[WEB_TAG + 1]);

#endif
