/*
 * Absolute http(s) URLs, request targets and authorities (RFC 3986, RFC 9110 4.2), narrowed so that
 * two parsers cannot read one text in two ways. Run by gateway and surface on peers' bytes, by
 * config on the operator's. Trusts nothing.
 */
#include "proto/url.h"

#include <arpa/inet.h>

#include "base/ascii.h"

/* The byte of the %XX at s.p[0], or -1. */
static int percent(struct slice s)
{
    if (s.n < 3 || s.p[0] != '%' || ascii_hex(s.p[1]) < 0 || ascii_hex(s.p[2]) < 0)
        return -1;
    return ascii_hex(s.p[1]) << 4 | ascii_hex(s.p[2]);
}

static bool one_of(uint8_t c, const char *set)
{
    return c != 0 && strchr(set, c);
}

static bool is_unreserved(uint8_t c)
{
    return ascii_is_letter(c) || ascii_is_digit(c) || one_of(c, "-._~");
}

/* pchar, "/" and "?" of RFC 3986 3.3 and 3.4; percent escapes must be whole. */
static bool path_or_query_ok(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '%') {
            if (percent(slice_sub(s, i, s.n)) < 0)
                return false;
        } else if (!is_unreserved(s.p[i]) && !one_of(s.p[i], "!$&'()*+,;=:@/?")) {
            return false;
        }
    }
    return true;
}

/* --- hosts ------------------------------------------------------------------------------------ */

/* An address in the form of RFC 4291 2.2, or four decimal numbers without leading zeros; no zone. */
static bool is_address(int family, struct slice s)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;

    return slice_to_cstr(s, text, sizeof(text)) && inet_pton(family, text, &address) == 1;
}

/* Labels of letters, digits, "-" and "_"; a last label that begins with a digit would be read as a
 * number by some resolvers (WHATWG URL 3.5), so it is refused unless the whole is an IPv4 address.
 */
static bool is_name(struct slice s)
{
    size_t label = 0, last = 0;
    if (s.n == 0 || s.n > 253)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.') {
            if (label == 0)
                return false;
            label = 0;
            last = i + 1;
            continue;
        }
        if (!ascii_is_letter(s.p[i]) && !ascii_is_digit(s.p[i]) && !one_of(s.p[i], "-_"))
            return false;
        if (++label > 63 || (label == 1 && s.p[i] == '-'))
            return false;
    }
    return label > 0 && !ascii_is_digit(s.p[last]);
}

/* host [":" port], the whole of s. */
static enum err authority(struct slice s, struct url *u)
{
    size_t k;
    if (s.n && s.p[0] == '[') {
        k = slice_find_byte(s, ']');
        u->host = slice_sub(s, 1, k);
        u->host_is_ipv6 = true;
        if (k == s.n || !is_address(AF_INET6, u->host))
            return ERR_SYNTAX;
        s = slice_sub(s, k + 1, s.n);
    } else {
        k = slice_find_byte(s, ':');
        u->host = slice_sub(s, 0, k);
        u->host_is_ipv4 = is_address(AF_INET, u->host);
        if (!u->host_is_ipv4 && !is_name(u->host))
            return ERR_SYNTAX;
        s = slice_sub(s, k, s.n);
    }
    if (s.n) {
        uint64_t port;
        if (s.p[0] != ':' || !slice_to_u64(slice_sub(s, 1, s.n), 65535, &port) || port == 0)
            return ERR_SYNTAX;
        u->port = (uint16_t)port;
        u->port_given = true;
    }
    return ERR_OK;
}

enum err url_authority(struct slice text, struct slice *ret_host, uint16_t *ret_port)
{
    struct url u = {.port = 0};
    enum err e = authority(text, &u);
    if (!e) {
        *ret_host = u.host;
        *ret_port = u.port;
    }
    return e;
}

/* --- whole URLs ------------------------------------------------------------------------------- */

enum err url_parse(struct slice text, struct url *ret)
{
    struct url u = {.https = false};
    size_t colon = slice_find_byte(text, ':'), k = 0;
    struct slice scheme = slice_sub(text, 0, colon), rest = slice_sub(text, colon, text.n);
    u.https = slice_eq_nocase(scheme, SLICE_LIT("https"));
    if ((!u.https && !slice_eq_nocase(scheme, SLICE_LIT("http"))) ||
        !slice_starts(rest, SLICE_LIT("://")))
        return ERR_SYNTAX;
    rest = slice_sub(rest, 3, rest.n);
    while (k < rest.n && rest.p[k] != '/' && rest.p[k] != '?' && rest.p[k] != '#')
        k++;
    enum err e = authority(slice_sub(rest, 0, k), &u);
    if (e)
        return e;
    if (!u.port_given)
        u.port = u.https ? 443 : 80;
    rest = slice_sub(rest, k, rest.n);
    k = slice_find_byte(rest, '?');
    u.path = slice_sub(rest, 0, k);
    u.has_query = k < rest.n;
    u.query = slice_sub(rest, k + 1, rest.n);
    /* "#" is not among the allowed bytes, so a fragment is refused here too. */
    if (!path_or_query_ok(u.path) || !path_or_query_ok(u.query))
        return ERR_SYNTAX;
    *ret = u;
    return ERR_OK;
}

void url_put_origin(struct buf *out, const struct url *u)
{
    buf_put_str(out, u->https ? "https://" : "http://");
    if (u->host_is_ipv6)
        buf_put_u8(out, '[');
    for (size_t i = 0; i < u->host.n; i++)
        buf_put_u8(out, ascii_lower(u->host.p[i]));
    if (u->host_is_ipv6)
        buf_put_u8(out, ']');
    if (u->port != (u->https ? 443 : 80))
        buf_printf(out, ":%u", u->port);
}

void url_put_target(struct buf *out, const struct url *u)
{
    if (u->path.n)
        buf_put(out, u->path);
    else
        buf_put_u8(out, '/');
    if (u->has_query) {
        buf_put_u8(out, '?');
        buf_put(out, u->query);
    }
}

void url_put_escaped(struct buf *out, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (is_unreserved(s.p[i]))
            buf_put_u8(out, s.p[i]);
        else
            buf_printf(out, "%%%02X", s.p[i]);
    }
}

enum err url_unescape(struct slice s, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '%') {
            buf_put_u8(out, s.p[i]);
            continue;
        }
        int v = percent(slice_sub(s, i, s.n));
        if (v < 0)
            return ERR_SYNTAX;
        buf_put_u8(out, (uint8_t)v);
        i += 2;
    }
    return buf_err(out);
}

/* --- request targets -------------------------------------------------------------------------- */

/* A segment that is "." or ".." when its dots, plain or escaped, are counted. */
static bool is_dots(struct slice s)
{
    size_t dots = 0;
    while (s.n) {
        int v = s.p[0] == '%' ? percent(s) : s.p[0];
        if (v != '.')
            return false;
        dots++;
        s = slice_sub(s, s.p[0] == '%' ? 3 : 1, s.n);
    }
    return dots == 1 || dots == 2;
}

/* No escaped NUL, slash or backslash, no dot segments. */
static bool path_is_plain(struct slice path)
{
    size_t from = 1;
    for (size_t i = 1; i <= path.n; i++) {
        if (i == path.n || path.p[i] == '/') {
            if (is_dots(slice_sub(path, from, i)))
                return false;
            from = i + 1;
        } else if (path.p[i] == '%') {
            int v = percent(slice_sub(path, i, path.n));
            if (v <= 0 || v == '/' || v == '\\')
                return false;
        }
    }
    return true;
}

enum err url_target(struct slice target, struct slice *ret_path, struct slice *ret_query)
{
    size_t k = slice_find_byte(target, '?');
    struct slice path = slice_sub(target, 0, k), query = slice_sub(target, k + 1, target.n);
    if (target.n == 0 || target.p[0] != '/' || !path_or_query_ok(path) ||
        !path_or_query_ok(query) || !path_is_plain(path))
        return ERR_SYNTAX;
    *ret_path = path;
    *ret_query = query;
    return ERR_OK;
}
