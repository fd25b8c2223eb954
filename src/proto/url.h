/*
 * Absolute http and https URLs (RFC 3986, narrowed). Refused: other schemes, user information,
 * fragments, control bytes, spaces, bytes beyond ASCII, backslashes, bad percent escapes, an empty
 * host, a host that is no name of letters, digits, "-", "_" and ".", no dotted IPv4 and no [IPv6],
 * numbers as hosts in any other writing (0x7f.1, 127.1, 2130706433), port 0.
 */
#ifndef SG_PROTO_URL_H
#define SG_PROTO_URL_H

#include "base/buf.h"

struct url {
    bool https;
    struct slice host; /* as written, of an IPv6 address without the brackets */
    bool host_is_ipv6, host_is_ipv4;
    uint16_t port; /* 80 or 443 when none is written */
    bool port_given;
    struct slice path;  /* "" or begins with "/"; without the query */
    struct slice query; /* without "?"; has_query tells "" from none */
    bool has_query;
};

/* The slices point into text. ERR_OK or ERR_SYNTAX. */
MUST_USE enum err url_parse(struct slice text, struct url *ret);

/* Appends "scheme://host[:port]" in lower case without a default port: an origin (RFC 6454). */
void url_put_origin(struct buf *out, const struct url *u);
/* "/" when the path is empty, then "?query" if there is one. */
void url_put_target(struct buf *out, const struct url *u);

/* Appends s with everything but RFC 3986 unreserved characters as %XX (upper case): safe as a name
 * or value in a query and in a path segment. */
void url_put_escaped(struct buf *out, struct slice s);
/* Appends s with %XX decoded. ERR_SYNTAX on a bad escape; a decoded NUL is allowed. */
MUST_USE enum err url_unescape(struct slice s, struct buf *out);

/*
 * An origin-form request target, "/path?query": ERR_SYNTAX when it does not begin with "/", has
 * control bytes, a fragment, a backslash, bad percent escapes, an escaped NUL, "/" or backslash, or
 * a "." or ".." segment, escaped or not. *ret_path and *ret_query point into target.
 */
MUST_USE enum err url_target(struct slice target, struct slice *ret_path, struct slice *ret_query);

/* host[:port] of a Host or :authority value; port 0 when none is written. ERR_SYNTAX. */
MUST_USE enum err url_authority(struct slice text, struct slice *ret_host, uint16_t *ret_port);

#endif
