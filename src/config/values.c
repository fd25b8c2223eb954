/* Single values of the configuration: paths, addresses, words, numbers, times. */
#include "base/limits.h"
#include "config/parse.h"
#include "proto/url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum err parse_text(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    ((struct config_rule *)to.section)->kind = RULE_TEXT;
    return parse_copy(x, node, to);
}

/* Relative paths start at the file's own folder, so that a moved installation still works. */
enum err parse_path(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    char text[CONFIG_PATH];
    enum err e = parse_copy(x, node, (struct parse_to){.member = text, .size = sizeof(text)});
    bool whole = !e && text[0] == '/';

    if (!e && snprintf(to.member, to.size, "%s%s%s", whole ? "" : x->folder, whole ? "" : "/",
                       text) >= (int)to.size)
        e = parse_fail(x, node, "the path is longer than %zu bytes; shorten it", to.size - 1);
    return e;
}

enum err parse_word(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    const char *word = to.member;
    enum err e = parse_copy(x, node, to);

    if (!e && word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-")] != '\0')
        return parse_fail(x, node, "use lower-case letters, digits, '_' and '-' alone");
    return e;
}

enum err parse_boolean(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    static const char *const words[] = {"false", "true", NULL};
    unsigned v = 0;
    enum err e = parse_word_of(x, node, words, &v);

    if (!e)
        *(bool *)to.member = v == 1;
    return e;
}

/* An enum is an unsigned number here, as gcc and clang have it when none of its values is negative. */
enum err parse_level(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    return parse_word_of(x, node, level_names, to.member);
}

enum err parse_lease_kind(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    return parse_word_of(x, node, lease_kind_names, to.member);
}

enum err parse_place_in(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    ((struct config_place *)to.section)->line = (int)node->start_mark.line + 1;
    return parse_word_of(x, node, place_names, to.member);
}

/* Only what the server answers without changing anything, since Sidegate sends it on its own
 * account. */
enum err parse_method(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    static const char *const words[] = {
        "ping", "tools/list", "resources/list", "resources/templates/list", "prompts/list", NULL};
    unsigned v = 0;
    enum err e = parse_word_of(x, node, words, &v);

    if (!e)
        snprintf(to.member, to.size, "%s", words[v]);
    return e;
}

static enum err parse_count(struct parse *x, yaml_node_t *node, uint64_t min, uint64_t max,
                            uint64_t *ret)
{
    struct slice s;
    uint64_t v = 0;
    enum err e = parse_scalar(x, node, &s);

    if (e)
        return e;
    if (!slice_to_u64(s, max, &v) || v < min)
        return parse_fail(x, node, "write a whole number from %llu to %llu",
                          (unsigned long long)min, (unsigned long long)max);
    *ret = v;
    return ERR_OK;
}

static enum err parse_some(struct parse *x, yaml_node_t *node, uint32_t max, uint32_t *ret)
{
    uint64_t v = 0;
    enum err e = parse_count(x, node, 1, max, &v);

    if (!e)
        *ret = (uint32_t)v;
    return e;
}

enum err parse_processes(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    return parse_some(x, node, LIM_GATEWAYS, to.member);
}

enum err parse_uses(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    return parse_some(x, node, 1000000, to.member);
}

/* Milliseconds, or a number with its unit. */
static bool duration(struct slice s, uint64_t *ret)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    uint64_t v = 0, each = 1;

    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (slice_ends(s, slice_str(units[i].unit))) {
            each = units[i].ms;
            s = slice_sub(s, 0, s.n - strlen(units[i].unit));
            break;
        }
    }
    if (!slice_to_u64(s, UINT64_C(1) << 40, &v))
        return false;
    *ret = v * each;
    return true;
}

static enum err parse_duration(struct parse *x, yaml_node_t *node, uint64_t min, uint64_t max,
                               uint64_t *ret)
{
    struct slice s;
    uint64_t v = 0;
    enum err e = parse_scalar(x, node, &s);

    if (e)
        return e;
    if (!duration(s, &v) || v < min || v > max)
        return parse_fail(
            x, node, "write a time from %llu to %llu milliseconds, such as 500, 30s, 10m, 8h or 7d",
            (unsigned long long)min, (unsigned long long)max);
    *ret = v;
    return ERR_OK;
}

enum err parse_time(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    return parse_duration(x, node, 1000, UINT64_C(31536000000), to.member);
}

/* A limit: times may have a unit, all else is a plain number. */
static enum err parse_limit(struct parse *x, yaml_node_t *node, enum limit l)
{
    const struct limit_row *row = limit_row(l);

    if (strcmp(row->unit, "milliseconds") == 0)
        return parse_duration(x, node, row->min, row->max, &x->config->limits[l]);
    return parse_count(x, node, row->min, row->max, &x->config->limits[l]);
}

enum err parse_limits(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    bool seen[SET_COUNT] = {false};

    (void)to; /* fills config->limits by name */
    if (node->type != YAML_MAPPING_NODE)
        return parse_fail(x, node, "write limits as 'name: number'");
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        yaml_node_t *key = yaml_document_get_node(x->doc, pair->key);
        struct slice name;
        enum limit l = 0;
        enum err e = parse_scalar(x, key, &name);

        if (e)
            return e;
        if (!limit_by_text(name, &l))
            return parse_fail(x, key,
                              "there is no limit '%.60s'; see the table in docs/configuration.md",
                              (const char *)name.p);
        if (seen[l])
            return parse_fail(x, key, "'%.60s' stands here twice; remove one",
                              (const char *)name.p);
        seen[l] = true;
        e = parse_limit(x, yaml_document_get_node(x->doc, pair->value), l);
        if (e)
            return e;
    }
    return ERR_OK;
}

static bool is_loopback(const char *address)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, address, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, address, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

enum err parse_listen(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    struct config_listen *l = to.member;
    struct slice s, host;
    uint16_t port = 0;
    enum err e = parse_scalar(x, node, &s);

    if (e)
        return e;
    if (url_authority(s, &host, &port) != ERR_OK || port == 0 ||
        !slice_to_cstr(host, l->address, sizeof(l->address)))
        return parse_fail(x, node,
                          "write an address and a port, such as 127.0.0.1:8402 or [::1]:8402");
    if (!is_loopback(l->address))
        return parse_fail(
            x, node,
            "only loopback addresses (127.0.0.1, ::1) can be listened on: there are no TLS "
            "listeners yet; put a TLS proxy on this machine in front");
    l->port = port;
    return ERR_OK;
}

static enum err parse_host(struct parse *x, yaml_node_t *node, size_t i, void *to)
{
    struct config *c = to;
    struct slice s, host;
    uint16_t port;
    enum err e = parse_scalar(x, node, &s);

    if (e)
        return e;
    if (url_authority(s, &host, &port) != ERR_OK ||
        !slice_to_cstr(s, c->hosts[i].s, sizeof(c->hosts[i].s)))
        return parse_fail(x, node, "write a Host header value, such as 127.0.0.1:8402");
    c->hosts_n = i + 1;
    return ERR_OK;
}

enum err parse_hosts(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    return parse_list(x, node, CONFIG_HOSTS, parse_host, to.section);
}

/* Reads a URL that must be no more than scheme, host and port. */
static enum err parse_origin_text(struct parse *x, yaml_node_t *node, char *dst, size_t n)
{
    struct buf origin = BUF_INIT(CONFIG_PATH - 1);
    struct slice s;
    struct url u;
    enum err e = parse_scalar(x, node, &s);

    if (e)
        return e;
    if (url_parse(s, &u) == ERR_OK && (u.path.n == 0 || slice_eq_str(u.path, "/")) && !u.has_query)
        url_put_origin(&origin, &u);
    if (origin.n == 0 || buf_err(&origin) != ERR_OK || !slice_to_cstr(buf_slice(&origin), dst, n))
        e = parse_fail(x, node, "write scheme, host and port alone, such as http://localhost:8401");
    buf_free(&origin);
    return e;
}

static enum err parse_origin(struct parse *x, yaml_node_t *node, size_t i, void *to)
{
    struct config *c = to;

    c->origins_n = i + 1;
    return parse_origin_text(x, node, c->origins[i].s, sizeof(c->origins[i].s));
}

enum err parse_origins(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    return parse_list(x, node, CONFIG_ORIGINS, parse_origin, to.section);
}

enum err parse_surface_url(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    return parse_origin_text(x, node, to.member, to.size);
}

enum err parse_status(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    uint64_t v = 0;
    enum err e = parse_count(x, node, 400, 599, &v);

    ((struct config_rule *)to.section)->kind = RULE_STATUS;
    if (!e)
        snprintf(to.member, to.size, "%llu", (unsigned long long)v);
    return e;
}

enum err parse_code(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    struct slice s, digits;
    uint64_t v = 0;
    enum err e = parse_scalar(x, node, &s);

    ((struct config_rule *)to.section)->kind = RULE_CODE;
    if (e)
        return e;
    digits = slice_starts(s, SLICE_LIT("-")) ? slice_sub(s, 1, s.n) : s;
    if (!slice_to_u64(digits, INT32_MAX, &v))
        return parse_fail(x, node, "write a JSON-RPC error code, such as -32001");
    return parse_copy(x, node, to);
}
