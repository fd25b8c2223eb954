/* application/x-www-form-urlencoded (WHATWG URL 5), strict: at most FORM_FIELDS pairs; a name
 * twice, a bad escape, invalid UTF-8 and NUL are refused. Decoded bytes are secrets: the buffer
 * wipes them. */
#ifndef SG_PROTO_FORM_H
#define SG_PROTO_FORM_H

#include "base/buf.h"

#define FORM_FIELDS 32

struct form {
    struct buf text; /* decoded names and values */
    struct {
        uint32_t name_at, name_n, value_at, value_n;
    } f[FORM_FIELDS];
    size_t n;
};

void form_init(struct form *f);
void form_free(struct form *f); /* wipes */

/* ERR_OK; ERR_TOO_LARGE beyond LIM_FORM_BYTES or FORM_FIELDS; ERR_DUPLICATE_KEY; ERR_SYNTAX. */
MUST_USE enum err form_parse(struct form *f, struct slice body);
/* The value of a field, or SLICE_EMPTY; *ret_there tells them apart (may be NULL). Lives until
 * form_free. */
struct slice form_get(const struct form *f, const char *name, bool *ret_there);

#endif
