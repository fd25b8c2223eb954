/* Cookies, RFC 6265bis 4.1 and 4.2. Run by surface; trusts nothing of what a browser sends. */
#include "proto/cookie.h"

#include <inttypes.h>

#include "proto/http_field.h"

/* cookie-octet: visible ASCII without quote, comma, semicolon, backslash. */
static bool is_value(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c <= 0x20 || c >= 0x7f || c == '"' || c == ',' || c == ';' || c == '\\')
            return false;
    }
    return true;
}

enum err cookie_get(struct slice header, const char *name, struct slice *ret)
{
    struct slice found = SLICE_EMPTY;
    size_t times = 0;
    while (header.n) {
        struct slice pair = slice_trim(slice_until(&header, ';'));
        size_t eq = slice_find_byte(pair, '=');
        /* Other people's cookies on this host may be as odd as they like; ours may not. */
        if (eq == pair.n || !slice_eq_str(slice_trim(slice_sub(pair, 0, eq)), name))
            continue;
        found = slice_sub(pair, eq + 1, pair.n);
        if (times++ || !is_value(found))
            return ERR_BAD_HEADERS;
    }
    if (times == 0)
        return ERR_NOT_FOUND;
    *ret = found;
    return ERR_OK;
}

enum err cookie_put(struct buf *out, const struct cookie *c)
{
    struct slice name = slice_str(c->name);
    BUG_IF(!http_is_token(name));
    BUG_IF(slice_starts(name, SLICE_LIT("__Host-")) && !c->secure);
    if (!is_value(c->value))
        return ERR_SYNTAX;
    buf_put(out, name);
    buf_put_u8(out, '=');
    buf_put(out, c->value);
    buf_put_str(out, "; Path=/");
    if (c->max_age != COOKIE_SESSION)
        buf_printf(out, "; Max-Age=%" PRIu64, c->max_age);
    buf_put_str(out, c->secure ? "; Secure" : "");
    buf_put_str(out, c->strict ? "; HttpOnly; SameSite=Strict" : "; HttpOnly; SameSite=Lax");
    return buf_err(out);
}
