/*
 * The addresses of the surface, and the checks that come before them: Host, where a form came from,
 * the session's cookie. Run by surface on what browsers, and whoever makes them ask, send. RFC
 * 9110, RFC 6265bis, Fetch Metadata.
 */
#include "surface/route.h"

#include "base/base64.h"
#include "base/planted.h"
#include "os/log.h"
#include "surface/reply.h"

/* The looks of a page are the same for everybody, and are given under any name: the page that says
 * which name is right has them too. */
enum needs { NEEDS_NO_HOST, NEEDS_NOTHING, NEEDS_SESSION };
enum about { ABOUT_NOTHING, ABOUT_HANDOFF, ABOUT_CONNECTION, ABOUT_CONNECTIONS };

#define FORM_SMALL 8192 /* bytes: names, tokens, a password; escaped three for one */

/* One "*" in a pattern stands for an id. GET is HEAD too, and changes nothing. */
static const struct route {
    const char *method, *pattern;
    enum needs needs;
    enum about about;
    size_t body_max;
    void (*handle)(struct visit *v);
} routes[] = {
    {"GET", "/", NEEDS_NOTHING, ABOUT_NOTHING, 0, files_root},
    {"GET", "/login", NEEDS_NOTHING, ABOUT_NOTHING, 0, login_show},
    {"POST", "/login", NEEDS_NOTHING, ABOUT_NOTHING, FORM_SMALL, login_post},
    {"POST", "/logout", NEEDS_SESSION, ABOUT_NOTHING, FORM_SMALL, logout_post},
    {"GET", "/h/*", NEEDS_SESSION, ABOUT_HANDOFF, 0, give_show},
    {"POST", "/h/*", NEEDS_SESSION, ABOUT_HANDOFF, LIM_FORM_BYTES, give_post},
    {"POST", "/h/*/decline", NEEDS_SESSION, ABOUT_HANDOFF, FORM_SMALL, give_decline},
    {"GET", "/inbox", NEEDS_SESSION, ABOUT_NOTHING, 0, inbox_show},
    {"GET", "/inbox/events", NEEDS_NOTHING, ABOUT_NOTHING, 0, inbox_events},
    {"GET", "/connections", NEEDS_SESSION, ABOUT_CONNECTIONS, 0, connections_show},
    {"POST", "/connections/*/revoke", NEEDS_SESSION, ABOUT_CONNECTION, FORM_SMALL,
     connections_revoke},
    {"GET", "/style.css", NEEDS_NO_HOST, ABOUT_NOTHING, 0, files_style},
    {"GET", "/inbox.js", NEEDS_NOTHING, ABOUT_NOTHING, 0, files_script},
    {"GET", "/icon.svg", NEEDS_NO_HOST, ABOUT_NOTHING, 0, files_icon},
    {"GET", "/health", NEEDS_NOTHING, ABOUT_NOTHING, 0, files_health},
};

/* Whether path fits the pattern; *ret_id is what stands for its "*". */
static bool fits(const char *pattern, struct slice path, struct slice *ret_id)
{
    struct slice want = slice_str(pattern);
    size_t star = slice_find_byte(want, '*');

    *ret_id = SLICE_EMPTY;
    if (star == want.n)
        return slice_eq(want, path);
    struct slice before = slice_sub(want, 0, star), after = slice_sub(want, star + 1, want.n);
    struct slice rest = slice_sub(path, star, path.n);
    size_t end = slice_find_byte(rest, '/');
    if (!slice_starts(path, before) || !slice_eq(slice_sub(rest, end, rest.n), after))
        return false;
    *ret_id = slice_sub(rest, 0, end);
    return true;
}

static bool same_method(const char *want, struct slice method)
{
    return slice_eq_str(method, want) ||
           (slice_eq_str(method, "HEAD") && slice_eq_str(slice_str(want), "GET"));
}

/* NULL when there is none; *ret_path: the address is there, for another method. */
static const struct route *find(const struct http_req *req, struct slice *ret_id, bool *ret_path)
{
    *ret_path = false;
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (!fits(routes[i].pattern, req->path, ret_id))
            continue;
        *ret_path = true;
        if (same_method(routes[i].method, req->method))
            return &routes[i];
    }
    return NULL;
}

size_t route_body_max(const struct http_req *req)
{
    struct slice id;
    bool path;
    const struct route *r = find(req, &id, &path);

    return r ? r->body_max : FORM_SMALL; /* so that a page says what is wrong, not the server */
}

/* --- the checks ------------------------------------------------------------------------------- */

static bool is_our_host(const struct visit *v)
{
    struct slice host;

    if (PLANTED(surface_any_host))
        return true;
    return http_req_field(v->http, "Host", &host) == ERR_OK &&
           surface_conf_is_host(&v->s->conf, host);
}

/*
 * Whether a form was posted from one of our own pages. Browsers say so in Sec-Fetch-Site, which no
 * page can forge. Their Origin is "null", since our pages send no referrer (Fetch, "append a
 * request Origin header"); it counts only beside Sec-Fetch-Site. A browser too old for that must
 * name our origin.
 */
static bool is_our_form(const struct visit *v)
{
    struct slice site, origin;
    enum err site_err = http_req_field(v->http, "Sec-Fetch-Site", &site);
    enum err origin_err = http_req_field(v->http, "Origin", &origin);
    bool named = origin_err == ERR_OK && slice_eq_str(origin, v->s->conf.url);

    if (PLANTED(surface_any_origin))
        return true;
    if (site_err == ERR_NOT_FOUND)
        return named;
    return site_err == ERR_OK && slice_eq_str(site, "same-origin") &&
           (named || (origin_err == ERR_OK && slice_eq_str(origin, "null")));
}

/* The session that the browser shows. ERR_NOT_FOUND: none that could be one; ERR_BAD_HEADERS: two;
 * ERR_AGAIN: there is no room for it. */
static enum err read_session(struct visit *v)
{
    struct slice header, text;
    struct buf b = BUF_INIT(64);

    if (http_req_field(v->http, "Cookie", &header) != ERR_OK)
        return ERR_NOT_FOUND;
    enum err e = cookie_get(header, REPLY_SESSION_COOKIE, &text);
    if (!e && (base64_decode(BASE64_URL, text, &b) != ERR_OK || b.n == 0))
        e = ERR_NOT_FOUND;
    if (!e)
        v->cookie = sec_take(b.p, b.n);
    buf_free(&b);
    return e ? e : sec_room(v->cookie);
}

static bool read_id(struct visit *v, const struct route *r, struct slice id)
{
    v->about_connections = r->about == ABOUT_CONNECTIONS || r->about == ABOUT_CONNECTION;
    if (r->about == ABOUT_CONNECTION)
        return id_parse(id, v->connection.b, ID_BYTES);
    v->about_handoff = r->about == ABOUT_HANDOFF && id_parse(id, v->handoff.b, ID_BYTES);
    return r->about != ABOUT_HANDOFF || v->about_handoff;
}

/* What RFC 9110 15.5.6 wants beside a 405. */
static const char *allowed(const struct http_req *req)
{
    bool get = false, post = false;
    struct slice id;

    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (!fits(routes[i].pattern, req->path, &id))
            continue;
        get |= slice_eq_str(slice_str(routes[i].method), "GET");
        post |= slice_eq_str(slice_str(routes[i].method), "POST");
    }
    return get && post ? "GET, HEAD, POST" : get ? "GET, HEAD" : "POST";
}

static void refuse(struct visit *v, enum page_text text)
{
    if (text == PAGE_BAD_METHOD)
        v->allow = allowed(v->http);
    log_event(LEVEL_INFO, "visit_refused", LOG_NUM("status", page_status(text)));
    reply_text(v, text, NULL, SLICE_EMPTY);
}

void route_visit(struct visit *v)
{
    struct slice id;
    bool path;
    const struct route *r = find(v->http, &id, &path);

    if (!(r && r->needs == NEEDS_NO_HOST) && !is_our_host(v)) {
        refuse(v, PAGE_BAD_HOST);
    } else if (!r && slice_starts(v->http->path, SLICE_LIT("/h/"))) {
        refuse(v, path ? PAGE_BAD_METHOD : PAGE_NOT_YOURS);
    } else if (!r) {
        refuse(v, path ? PAGE_BAD_METHOD : PAGE_NO_PAGE);
    } else if (slice_eq_str(v->http->method, "POST") && !is_our_form(v)) {
        refuse(v, PAGE_BAD_ORIGIN);
    } else if (!read_id(v, r, id)) {
        refuse(v, PAGE_NOT_YOURS);
    } else {
        enum err e = read_session(v);
        if (e == ERR_BAD_HEADERS)
            refuse(v, PAGE_BAD_COOKIES);
        else if (e == ERR_AGAIN)
            refuse(v, PAGE_BUSY);
        else if (e && r->needs == NEEDS_SESSION)
            reply_to_login(v);
        else
            r->handle(v);
    }
}
