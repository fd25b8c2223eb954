/* Cookies (RFC 6265bis), only what a session needs. */
#ifndef SG_PROTO_COOKIE_H
#define SG_PROTO_COOKIE_H

#include "base/buf.h"

/*
 * The value of the cookie with this name in a Cookie field's value. ERR_OK when exactly one is
 * there; ERR_NOT_FOUND when none; ERR_BAD_HEADERS when there are two or the field is malformed: two
 * cookies of one name mean that somebody else could set one, so neither is taken.
 */
MUST_USE enum err cookie_get(struct slice header, const char *name, struct slice *ret);

struct cookie {
    const char *name; /* __Host- names need secure and path "/" and get no Domain (BUG otherwise) */
    struct slice value;
    uint64_t max_age; /* seconds; 0 deletes the cookie, COOKIE_SESSION leaves Max-Age out */
    bool secure;
    bool strict; /* SameSite=Strict instead of Lax */
};
#define COOKIE_SESSION UINT64_MAX

/* Appends a Set-Cookie field's value: always Path=/, HttpOnly and SameSite. ERR_SYNTAX when the
 * value has bytes that RFC 6265 does not allow in one. */
MUST_USE enum err cookie_put(struct buf *out, const struct cookie *c);

#endif
