/* What no single value can show: names that must agree, hosts that must differ, headers that are
 * not to be set. */
#include "config/parse.h"
#include "proto/http_field.h"
#include "proto/url.h"

#include <stdio.h>
#include <string.h>

/* Headers that frame or route the request, or that Sidegate writes itself. */
static const char *const reserved[] = {
    "Host",
    "Connection",
    "Content-Length",
    "Content-Type",
    "Content-Encoding",
    "Transfer-Encoding",
    "TE",
    "Trailer",
    "Upgrade",
    "Keep-Alive",
    "Accept",
    "Accept-Encoding",
    "Cookie",
    "Origin",
    "User-Agent",
    "Expect",
    "Last-Event-ID",
    "Proxy-Authorization",
    "Proxy-Connection",
};

static bool header_allowed(const char *name)
{

    if (!http_is_token(slice_str(name)) || strncasecmp(name, "Mcp-", 4) == 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
        if (strcasecmp(name, reserved[i]) == 0)
            return false;
    }
    return true;
}

static bool is_field(const struct config_upstream *u, const char *name, size_t n)
{

    for (size_t i = 0; i < u->fields_n; i++) {
        if (strlen(u->fields[i].name) == n && strncmp(u->fields[i].name, name, n) == 0)
            return true;
    }
    return false;
}

/* Each {name} must be a field, and there must be one. */
static enum err check_format(struct parse *x, const struct config_upstream *u,
                             const struct config_place *p)
{
    const char *s = p->format, *end;
    int found = 0;

    while ((s = strpbrk(s, "{}"))) {
        end = *s == '{' ? strchr(s, '}') : NULL;
        if (!end)
            return parse_fail_line(x, p->line, "format has a single brace; write {field}");
        if (!is_field(u, s + 1, (size_t)(end - s - 1)))
            return parse_fail_line(x, p->line,
                                   "format names {%.*s}, which is not one of the fields",
                                   (int)(end - s - 1), s + 1);
        found++;
        s = end + 1;
    }
    if (found == 0)
        return parse_fail_line(x, p->line,
                               "format has no {field}, so no credential would be sent; add one");
    if (p->in == PLACE_HEADER && !http_is_field_value(slice_str(p->format)))
        return parse_fail_line(x, p->line, "format may hold printable ASCII alone");
    return ERR_OK;
}

static enum err check_named(struct parse *x, const struct config_upstream *u,
                            struct config_place *p)
{
    if (p->name[0] == '\0')
        return parse_fail_line(x, p->line,
                               "'name' is missing: the name of the header or query parameter");
    if (p->in == PLACE_HEADER && !header_allowed(p->name))
        return parse_fail_line(x, p->line,
                               "'%.60s' is not a header that a credential may be put in", p->name);
    if (p->user[0] != '\0' || p->password[0] != '\0')
        return parse_fail_line(x, p->line, "'user' and 'password' go with 'in: basic' alone");
    if (p->format[0] == '\0' && u->fields_n == 1)
        snprintf(p->format, sizeof(p->format), "{%s}", u->fields[0].name);
    if (p->format[0] == '\0')
        return parse_fail_line(x, p->line, "'format' is missing: which of the fields goes here?");
    return check_format(x, u, p);
}

static enum err check_basic(struct parse *x, const struct config_upstream *u,
                            struct config_place *p)
{
    if (p->user[0] == '\0' || p->password[0] == '\0')
        return parse_fail_line(x, p->line,
                               "'in: basic' needs 'user' and 'password', each the name of a field");
    if (!is_field(u, p->user, strlen(p->user)) || !is_field(u, p->password, strlen(p->password)))
        return parse_fail_line(x, p->line, "'user' and 'password' must be names of fields");
    if (p->name[0] != '\0' || p->format[0] != '\0')
        return parse_fail_line(x, p->line, "'in: basic' takes no 'name' and no 'format'");
    snprintf(p->name, sizeof(p->name), "Authorization");
    return ERR_OK;
}

static enum err check_places(struct parse *x, struct config_upstream *u)
{
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < u->places_n; i++) {
        struct config_place *p = &u->places[i];

        e = p->in == PLACE_BASIC ? check_basic(x, u, p) : check_named(x, u, p);
        for (size_t k = 0; !e && k < i; k++) {
            if ((p->in == PLACE_QUERY) == (u->places[k].in == PLACE_QUERY) &&
                strcasecmp(p->name, u->places[k].name) == 0)
                e = parse_fail_line(x, p->line, "two places use the name '%.60s'; remove one",
                                    p->name);
        }
    }
    return e;
}

static enum err check_upstream(struct parse *x, struct config_upstream *u)
{
    if (!u->tls && u->ranges_n == 0)
        return parse_fail_line(
            x, u->line,
            "'%s' is reached without TLS; use https, or list its address under allow_addresses",
            u->name);
    if (u->protocols == 0)
        return parse_fail_line(x, u->line, "'%s' has an empty list of protocols", u->name);
    if (u->fields_n > 0 && u->places_n == 0)
        return parse_fail_line(
            x, u->line, "the credential of '%s' has no place, so it would not be sent", u->name);
    if (u->places_n > 0 && u->fields_n == 0)
        return parse_fail_line(x, u->line, "the credential of '%s' has no fields to ask for",
                               u->name);
    return check_places(x, u);
}

/* Cookies ignore ports: with one host name for both, a page's session cookie would be sent to the
 * gateway. */
static enum err check_hosts(struct parse *x)
{
    struct config *c = x->config;
    struct slice host, pages;
    struct url u;
    uint16_t port;

    if (url_parse(slice_str(c->surface_url), &u) != ERR_OK)
        return parse_fail_line(x, 1, "surface.url is not valid");
    pages = u.host;
    for (size_t i = 0; i < c->hosts_n; i++) {
        if (url_authority(slice_str(c->hosts[i].s), &host, &port) == ERR_OK &&
            slice_eq_nocase(host, pages))
            return parse_fail_line(x, 1,
                                   "gateway and surface have the same host name '%.80s'; cookies "
                                   "ignore ports, so use two "
                                   "names, such as 127.0.0.1 and localhost",
                                   c->hosts[i].s);
    }
    if (c->gateway.port == c->surface.port && strcmp(c->gateway.address, c->surface.address) == 0)
        return parse_fail_line(
            x, 1, "gateway and surface listen on the same address and port; change one");
    return ERR_OK;
}

enum err config_check(struct parse *x)
{
    struct config *c = x->config;
    size_t data_n = strlen(c->data);
    enum err e = check_hosts(x);

    if (e)
        return e;
    if (strncmp(c->keys, c->data, data_n) == 0 &&
        (c->keys[data_n] == '/' || c->keys[data_n] == '\0'))
        return parse_fail_line(
            x, 1, "'keys' lies inside 'data'; a backup of the data would then hold the key to it");
    for (size_t i = 0; !e && i < c->upstreams_n; i++)
        e = check_upstream(x, &c->upstreams[i]);
    return e;
}
