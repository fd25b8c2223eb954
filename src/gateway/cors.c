/*
 * Host and Origin checks, and CORS. Run by the gateway on every request before anything else.
 * Trusts the configured lists alone. Specifications: cors.h.
 *
 * The Origin is echoed only when it is on the list, so the list is what browsers see.
 */
#include "gateway/cors.h"

#include "base/planted.h"

enum err cors_check(const struct gateway_conf *c, const struct http_req *req)
{
    struct slice host = SLICE_EMPTY, origin = SLICE_EMPTY;

    if (!PLANTED(gateway_any_host) &&
        (http_req_field(req, "Host", &host) != ERR_OK || !gateway_conf_has_host(c, host)))
        return ERR_BAD_HOST;
    if (PLANTED(gateway_any_origin))
        return ERR_OK;
    switch (http_req_field(req, "Origin", &origin)) {
    case ERR_OK: return gateway_conf_has_origin(c, origin) ? ERR_OK : ERR_BAD_ORIGIN;
    case ERR_NOT_FOUND: return ERR_OK;
    default: return ERR_BAD_ORIGIN;
    }
}

size_t cors_fields(const struct gateway_conf *c, const struct http_req *req, struct http_field *ret)
{
    struct slice origin = SLICE_EMPTY;
    const struct http_field always[] = {
        {SLICE_LIT("Access-Control-Allow-Origin"), SLICE_EMPTY},
        {SLICE_LIT("Access-Control-Expose-Headers"), SLICE_LIT("Mcp-Session-Id, WWW-Authenticate")},
        {SLICE_LIT("Vary"), SLICE_LIT("Origin")},
    };

    if (http_req_field(req, "Origin", &origin) != ERR_OK || !gateway_conf_has_origin(c, origin))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(always); i++)
        ret[i] = always[i];
    ret[0].value = origin;
    return ARRAY_LEN(always);
}

/* --- preflight -------------------------------------------------------------------------------- */

static const char *const allowed[] = {"Authorization", "Content-Type", "Accept", "Last-Event-ID"};

static bool header_allowed(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
        if (slice_eq_nocase(name, slice_str(allowed[i])))
            return true;
    }
    return slice_eq_nocase(slice_sub(name, 0, 4), SLICE_LIT("Mcp-")) && http_is_token(name);
}

/* Of the headers that the browser asks for (Mcp-Param-* have any name), those that we allow. */
static void put_headers(struct buf *out, struct slice asked)
{
    while (asked.n > 0) {
        struct slice name = slice_trim(slice_until(&asked, ','));

        if (!header_allowed(name))
            continue;
        if (out->n > 0)
            buf_put_str(out, ", ");
        buf_put(out, name);
    }
}

void cors_preflight(const struct gateway_conf *c, struct http_req *req)
{
    struct http_field f[CORS_FIELDS];
    struct slice asked = SLICE_EMPTY;
    struct buf headers = BUF_INIT(LIM_HEADER_BYTES);
    size_t n = cors_fields(c, req, f);

    f[n++] = (struct http_field){SLICE_LIT("Allow"), SLICE_LIT(CORS_METHODS)};
    if (n > 1) {
        if (http_req_field(req, "Access-Control-Request-Headers", &asked) == ERR_OK)
            put_headers(&headers, asked);
        f[n++] =
            (struct http_field){SLICE_LIT("Access-Control-Allow-Methods"), SLICE_LIT(CORS_METHODS)};
        f[n++] =
            (struct http_field){SLICE_LIT("Access-Control-Allow-Headers"), buf_slice(&headers)};
        f[n++] = (struct http_field){SLICE_LIT("Access-Control-Max-Age"), SLICE_LIT("600")};
    }
    http_reply(req, 204, f, n, SLICE_EMPTY);
    buf_free(&headers);
}
