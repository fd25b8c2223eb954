/* Lists and mappings of the configuration: upstreams, their credentials, and the sections of the
 * root. */
#include "base/buf.h"
#include "base/mem.h"
#include "config/parse.h"
#include "proto/mcp.h"
#include "proto/url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* What bounds a lease of some kinds alone; who wrote it for another would believe in a bound that
 * is not there. */
static const struct {
    const char *key;
    unsigned kinds;
} lease_bounds[] = {
    {"uses", 1u << LEASE_KIND_TASK},
    {"time", 1u << LEASE_KIND_ONCE | 1u << LEASE_KIND_TASK},
};

static enum err lease_bound_check(struct parse *x, yaml_node_t *key, enum lease_kind kind)
{
    struct slice name;
    enum err e = parse_scalar(x, key, &name);

    for (size_t i = 0; !e && i < ARRAY_LEN(lease_bounds); i++) {
        if (slice_eq_str(name, lease_bounds[i].key) && !(lease_bounds[i].kinds & 1u << kind))
            e = parse_fail(x, key, "a lease of kind %s takes no '%s'; remove it",
                           lease_kind_names[kind], lease_bounds[i].key);
    }
    return e;
}

enum err parse_lease(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    const struct config_upstream *u = to.section;
    enum err e = parse_nested(x, node, to);

    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         !e && pair < node->data.mapping.pairs.top; pair++)
        e = lease_bound_check(x, yaml_document_get_node(x->doc, pair->key), u->lease);
    return e;
}

static enum err parse_field(struct parse *x, yaml_node_t *node, size_t i, void *to)
{
    struct config_upstream *u = to;
    struct config_field *f = &u->fields[i];
    enum err e = ERR_OK;

    f->secret = true;
    e = parse_section(x, node, "field", f);
    if (e)
        return e;
    for (size_t k = 0; k < i; k++) {
        if (strcmp(u->fields[k].name, f->name) == 0)
            return parse_fail(x, node, "there are two fields '%s'; rename one", f->name);
    }
    if (f->label[0] == '\0')
        parse_default(f->label, sizeof(f->label), f->name);
    u->fields_n = i + 1;
    return ERR_OK;
}

enum err parse_fields(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    return parse_list(x, node, LIM_FIELDS, parse_field, to.section);
}

static enum err parse_place(struct parse *x, yaml_node_t *node, size_t i, void *to)
{
    struct config_upstream *u = to;

    u->places_n = i + 1;
    return parse_section(x, node, "place", &u->places[i]);
}

enum err parse_places(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    return parse_list(x, node, LIM_PLACES, parse_place, to.section);
}

static enum err parse_rule(struct parse *x, yaml_node_t *node, size_t i, void *to)
{
    struct config_upstream *u = to;

    if (node->type == YAML_MAPPING_NODE &&
        node->data.mapping.pairs.top - node->data.mapping.pairs.start != 1)
        return parse_fail(x, node,
                          "a rule has exactly one of status, code or text; write several rules");
    u->rules_n = i + 1;
    return parse_section(x, node, "rule", &u->rules[i]);
}

enum err parse_rules(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    return parse_list(x, node, LIM_RULES, parse_rule, to.section);
}

static bool range_parse(const char *text, struct config_range *r)
{
    char address[64];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    uint64_t prefix = 0;

    if (n >= sizeof(address))
        return false;
    snprintf(address, sizeof(address), "%.*s", (int)n, text);
    if (inet_pton(AF_INET, address, r->address) == 1)
        r->n = 4;
    else if (inet_pton(AF_INET6, address, r->address) == 1)
        r->n = 16;
    else
        return false;
    prefix = r->n * 8u;
    if (slash && !slice_to_u64(slice_str(slash + 1), prefix, &prefix))
        return false;
    r->prefix = (uint8_t)prefix;
    return true;
}

static enum err parse_range(struct parse *x, yaml_node_t *node, size_t i, void *to)
{
    struct config_upstream *u = to;
    char text[80];
    enum err e = parse_copy(x, node, (struct parse_to){.member = text, .size = sizeof(text)});

    if (e)
        return e;
    if (!range_parse(text, &u->ranges[i]))
        return parse_fail(x, node, "write an address range, such as 127.0.0.0/8 or fd00::/8");
    u->ranges_n = i + 1;
    return ERR_OK;
}

enum err parse_ranges(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    return parse_list(x, node, CONFIG_RANGES, parse_range, to.section);
}

static enum err parse_protocol(struct parse *x, yaml_node_t *node, UNUSED size_t i, void *to)
{
    static const char *const words[] = {
        [ERA_MODERN] = MCP_VERSION_MODERN, [ERA_LEGACY] = MCP_VERSION_LEGACY, [ERA_COUNT] = NULL};
    struct config_upstream *u = to;
    unsigned v = 0;
    enum err e = parse_word_of(x, node, words, &v);

    if (!e)
        u->protocols |= 1u << v;
    return e;
}

enum err parse_protocols(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    ((struct config_upstream *)to.section)->protocols = 0;
    return parse_list(x, node, ERA_COUNT, parse_protocol, to.section);
}

enum err parse_upstream_url(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    struct config_upstream *up = to.section;
    struct buf target = BUF_INIT(sizeof(up->path) - 1);
    struct slice s;
    struct url u;
    enum err e = parse_copy(x, node, to);

    if (!e)
        e = parse_scalar(x, node, &s);
    if (e)
        return e;
    if (url_parse(s, &u) != ERR_OK || !slice_to_cstr(u.host, up->host, sizeof(up->host)))
        return parse_fail(
            x, node,
            "write an http or https URL without user name and fragment, such as https://host/mcp");
    url_put_target(&target, &u);
    if (buf_err(&target) != ERR_OK ||
        !slice_to_cstr(buf_slice(&target), up->path, sizeof(up->path)))
        e = parse_fail(x, node, "the path is longer than %zu bytes; shorten it",
                       sizeof(up->path) - 1);
    up->tls = u.https;
    up->port = u.port;
    buf_free(&target);
    return e;
}

static enum err parse_upstream(struct parse *x, yaml_node_pair_t *pair, struct config_upstream *u)
{
    yaml_node_t *key = yaml_document_get_node(x->doc, pair->key);
    enum err e = parse_copy(x, key, (struct parse_to){.member = u->name, .size = sizeof(u->name)});

    if (e)
        return e;
    if (u->name[strspn(u->name, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
        return parse_fail(x, key,
                          "an upstream's name has lower-case letters, digits and '-' alone; it is "
                          "part of the address /mcp/NAME");
    if (config_upstream_find(x->config, u->name) < x->config->upstreams_n)
        return parse_fail(x, key, "there are two upstreams '%s'; rename one", u->name);
    u->line = (int)key->start_mark.line + 1;
    u->protocols = ERAS_BOTH;
    u->lease = LEASE_KIND_TASK;
    u->lease_uses = 20;
    u->lease_ms = 600000;
    e = parse_section(x, yaml_document_get_node(x->doc, pair->value), "upstream", u);
    if (!e && u->title[0] == '\0')
        parse_default(u->title, sizeof(u->title), u->name);
    return e;
}

enum err parse_upstreams(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    struct config *c = to.section;
    size_t n = 0;
    enum err e = ERR_OK;

    if (node->type != YAML_MAPPING_NODE)
        return parse_fail(x, node, "write upstreams as 'name:' with indented keys under it");
    n = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    if (n > LIM_UPSTREAMS)
        return parse_fail(x, node, "there are more than %d upstreams; remove some", LIM_UPSTREAMS);
    c->upstreams = mem_zalloc_array(n, sizeof(*c->upstreams));
    while (!e && c->upstreams_n < n) {
        e = parse_upstream(x, &node->data.mapping.pairs.start[c->upstreams_n],
                           &c->upstreams[c->upstreams_n]);
        if (!e)
            c->upstreams_n++;
    }
    return e;
}
