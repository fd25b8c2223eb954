/* HTTP field syntax (RFC 9110 5.5, 5.6, 8.3, 12.5.1): names, values, media types, Accept. */
#ifndef SG_PROTO_HTTP_FIELD_H
#define SG_PROTO_HTTP_FIELD_H

#include "base/buf.h"

/* One header field as received; the value without the white space around it. */
struct http_field {
    struct slice name, value;
};

/* 1*tchar. */
bool http_is_token(struct slice s);
/* Bytes that may stand in a field value as Sidegate sends and accepts it: SP, HTAB, 0x21-0x7e; no
 * white space at either end. Obsolete text (0x80-0xff) is refused. The empty value is allowed. */
bool http_is_field_value(struct slice s);

/* How many fields have that name, case-insensitively; *ret_value is the first one's (may be NULL).
 * A check must look at the number: a field that may stand once and stands twice is refused. */
size_t http_field_find(const struct http_field *fields, size_t n, const char *name,
                       struct slice *ret_value);

/*
 * A media type (RFC 9110 8.3.1) with parameters that are well formed. Type and subtype without
 * case compare to want ("application/json"); charset, if given, must be utf-8. False on anything
 * malformed.
 */
bool http_media_type_is(struct slice value, const char *want);

/*
 * Whether an Accept value admits this media type: by itself, by "type/" followed by a star, or by
 * star/star, with a weight above 0; the most specific range decides. A malformed value admits
 * nothing.
 */
bool http_accepts(struct slice accept, const char *media_type);

#endif
