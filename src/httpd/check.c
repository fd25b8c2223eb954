/*
 * What: the strict look at a request's target and header fields that libmicrohttpd does not take.
 * Run by gateway and surface, once a request, before anything else reads the fields. Trusts
 * nothing. Specifications: RFC 9112 3.2 (Host, target), 5.1 (field lines), 6.1 to 6.3 (framing),
 * RFC 9110 5.
 *
 * libmicrohttpd takes the first of two Content-Length fields, prefers Transfer-Encoding over it,
 * answers a look-up by name with the first field of that name; two parsers that read one request
 * differently is how requests are smuggled. So all fields are walked, and doubt is refused.
 */
#include "httpd/internal.h"
#include "proto/url.h"

/* Fields that may stand once. A name that ends in "-" stands for all that begin so. */
static const char *const single[] = {
    "Host",         "Content-Length", "Transfer-Encoding", "Authorization", "Origin",
    "Content-Type", "Cookie",         "Last-Event-ID",     "Expect",        "Mcp-",
};

static bool name_is(struct slice name, const char *want)
{
    struct slice w = slice_str(want);

    if (w.p[w.n - 1] == '-')
        name = slice_sub(name, 0, w.n);
    return slice_eq_nocase(name, w);
}

static bool is_single(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(single); i++) {
        if (name_is(name, single[i]))
            return true;
    }
    return false;
}

/* SP, HTAB, visible ASCII, and the obsolete bytes from 0x80 on, which cookies of other programs on
 * the same host may have. */
static bool value_ok(struct slice v)
{
    for (size_t i = 0; i < v.n; i++) {
        if ((v.p[i] < 0x20 && v.p[i] != '\t') || v.p[i] == 0x7f)
            return false;
    }
    return true;
}

struct walk {
    struct req *r;
    enum err e;
};

static enum MHD_Result on_field(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_n,
                                const char *value, size_t value_n)
{
    struct walk *w = cls;
    struct req *r = w->r;
    struct http_field f = {slice_of(key, key_n), slice_trim(slice_of(value, value_n))};

    (void)kind;
    if (r->pub.n_fields == LIM_HEADERS || !http_is_token(f.name) || !value_ok(f.value) ||
        (is_single(f.name) && http_req_field(&r->pub, key, &(struct slice){0}) != ERR_NOT_FOUND)) {
        w->e = ERR_BAD_HEADERS;
        return MHD_NO;
    }
    r->fields[r->pub.n_fields++] = f;
    return MHD_YES;
}

enum err http_req_field(const struct http_req *req, const char *name, struct slice *ret)
{
    size_t n = http_field_find(req->fields, req->n_fields, name, ret);

    if (n == 0)
        *ret = SLICE_EMPTY;
    return n == 0 ? ERR_NOT_FOUND : n == 1 ? ERR_OK : ERR_BAD_HEADERS;
}

/* RFC 9112 6.1: a length beside a coding, or a coding that the version or we do not know. */
static enum err check_framing(const struct req *r, struct slice version)
{
    struct slice coding = SLICE_EMPTY, length = SLICE_EMPTY, expect = SLICE_EMPTY;
    bool has_coding = http_req_field(&r->pub, "Transfer-Encoding", &coding) == ERR_OK;
    bool has_length = http_req_field(&r->pub, "Content-Length", &length) == ERR_OK;
    uint64_t n = 0;

    if (has_coding && (has_length || !slice_eq_nocase(coding, SLICE_LIT("chunked")) ||
                       slice_eq_str(version, "HTTP/1.0")))
        return ERR_BAD_HEADERS;
    if (has_length && !slice_to_u64(length, INT64_MAX, &n))
        return ERR_BAD_HEADERS;
    if (http_req_field(&r->pub, "Expect", &expect) == ERR_OK && !check_expects_continue(r))
        return ERR_BAD_HEADERS;
    return ERR_OK;
}

uint64_t check_content_length(const struct req *r)
{
    struct slice length = SLICE_EMPTY;
    uint64_t n = 0;

    if (http_req_field(&r->pub, "Content-Length", &length) != ERR_OK ||
        !slice_to_u64(length, INT64_MAX, &n))
        return 0;
    return n;
}

bool check_expects_continue(const struct req *r)
{
    struct slice expect = SLICE_EMPTY;

    return http_req_field(&r->pub, "Expect", &expect) == ERR_OK &&
           slice_eq_nocase(expect, SLICE_LIT("100-continue"));
}

enum err check_head(struct req *r, const char *method, const char *version)
{
    struct walk w = {.r = r, .e = ERR_OK};
    struct slice host = SLICE_EMPTY, v = slice_str(version);

    r->pub.method = slice_str(method);
    r->pub.fields = r->fields;
    (void)MHD_get_connection_values_n(r->mc, MHD_HEADER_KIND, on_field, &w);
    if (w.e != ERR_OK)
        return w.e;
    if (!slice_eq_str(v, "HTTP/1.1") && !slice_eq_str(v, "HTTP/1.0"))
        return ERR_BAD_HEADERS;
    if (!http_is_token(r->pub.method) || http_req_field(&r->pub, "Host", &host) != ERR_OK)
        return ERR_BAD_HEADERS;
    if (url_target(slice_str(r->target), &r->pub.path, &r->pub.query) != ERR_OK)
        return ERR_BAD_HEADERS;
    return check_framing(r, v);
}
