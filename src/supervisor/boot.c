/*
 * Boot: turns the configuration into messages, each to the roles that need it and to no other. Run
 * by the supervisor for each process it starts. Trusts the configuration, which was checked as a
 * whole.
 */
#include "supervisor/supervisor.h"

#include "base/chars.h"
#include "ipc/gen/send.h"

#include <stdio.h>
#include <string.h>

#define TEXT(array) slice_str(array)

/* Whether role is a receiver of this message, by the table. */
static bool wants(const struct proc *p, enum msg type)
{
    return msg_info((uint16_t)type)->to & (1u << p->role);
}

/* The first error stays. */
static void keep(enum err *e, enum err next)
{
    if (!*e)
        *e = next;
}

static enum err send_limits(const struct proc *p)
{
    const uint64_t *limits = p->sup->config->limits;
    enum err e = ERR_OK;

    for (unsigned i = 0; i < SET_COUNT; i++)
        keep(&e, send_conf_limit(p->chan, &(struct msg_conf_limit){(uint16_t)i, limits[i]}));
    return e;
}

static enum err send_one_host(const struct proc *p, const char *host)
{
    return send_conf_host(p->chan, &(struct msg_conf_host){.host = slice_str(host)});
}

/* The authority of an origin such as http://localhost:8401. */
static const char *authority(const char *origin)
{
    size_t at = slice_find(slice_str(origin), SLICE_LIT("://"));

    return origin[at] == '\0' ? origin : origin + at + 3;
}

static enum err send_site(const struct proc *p)
{
    const struct config *c = p->sup->config;
    enum err e = ERR_OK;

    if (wants(p, MSG_CONF_SITE))
        keep(&e, send_conf_site(p->chan, &(struct msg_conf_site){TEXT(c->surface_url)}));
    if (p->role == ROLE_SURFACE)
        keep(&e, send_one_host(p, authority(c->surface_url)));
    if (p->role == ROLE_GATEWAY) {
        for (size_t i = 0; i < c->hosts_n; i++)
            keep(&e, send_one_host(p, c->hosts[i].s));
    }
    if (wants(p, MSG_CONF_ORIGIN)) {
        for (size_t i = 0; i < c->origins_n; i++)
            keep(&e, send_conf_origin(p->chan, &(struct msg_conf_origin){TEXT(c->origins[i].s)}));
    }
    return e;
}

static enum err send_upstream(const struct proc *p, uint16_t i, const struct config_upstream *u)
{
    const struct msg_conf_upstream m = {.upstream = i,
                                        .name = TEXT(u->name),
                                        .title = TEXT(u->title),
                                        .protocols = (uint8_t)u->protocols,
                                        .needs_credential = u->fields_n > 0,
                                        .lease = u->lease,
                                        .lease_uses = u->lease_uses,
                                        .lease_ms = u->lease_ms,
                                        .has_verify = u->verify_method[0] != '\0'};
    const struct msg_conf_endpoint at = {.upstream = i,
                                         .tls = u->tls,
                                         .host = TEXT(u->host),
                                         .port = u->port,
                                         .path = TEXT(u->path)};
    enum err e = ERR_OK;

    if (wants(p, MSG_CONF_UPSTREAM))
        keep(&e, send_conf_upstream(p->chan, &m));
    if (wants(p, MSG_CONF_ENDPOINT))
        keep(&e, send_conf_endpoint(p->chan, &at));
    for (size_t k = 0; k < u->ranges_n && wants(p, MSG_CONF_ALLOW); k++) {
        const struct config_range *r = &u->ranges[k];
        keep(&e, send_conf_allow(
                     p->chan, &(struct msg_conf_allow){i, slice_of(r->address, r->n), r->prefix}));
    }
    return e;
}

/* Whether a format has this field in it. */
static bool has_field(const char *format, const char *name)
{
    char braced[72];

    snprintf(braced, sizeof braced, "{%s}", name);
    return strstr(format, braced) != NULL;
}

/* What the places of this field can carry. */
static uint8_t wants_of(const struct config_upstream *u, const struct config_field *f)
{
    uint8_t wants = 0;

    for (size_t i = 0; i < u->places_n; i++) {
        const struct config_place *at = &u->places[i];

        if (at->in == PLACE_HEADER && has_field(at->format, f->name))
            wants |= CHARS_ASCII;
        if (at->in == PLACE_BASIC && strcmp(at->user, f->name) == 0)
            wants |= CHARS_NO_COLON;
    }
    return wants;
}

static enum err send_fields(const struct proc *p, uint16_t i, const struct config_upstream *u)
{
    enum err e = ERR_OK;

    for (size_t k = 0; k < u->fields_n && wants(p, MSG_CONF_FIELD); k++) {
        const struct config_field *f = &u->fields[k];
        keep(&e, send_conf_field(p->chan, &(struct msg_conf_field){.upstream = i,
                                                                   .index = (uint8_t)k,
                                                                   .name = TEXT(f->name),
                                                                   .label = TEXT(f->label),
                                                                   .hint = TEXT(f->hint),
                                                                   .masked = f->secret,
                                                                   .wants = wants_of(u, f)}));
    }
    return e;
}

/* How a credential is used; egress alone. */
static enum err send_use(const struct proc *p, uint16_t i, const struct config_upstream *u)
{
    enum err e = ERR_OK;

    for (size_t k = 0; k < u->places_n && wants(p, MSG_CONF_PLACE); k++) {
        const struct config_place *at = &u->places[k];
        keep(&e,
             send_conf_place(p->chan, &(struct msg_conf_place){.upstream = i,
                                                               .in = at->in,
                                                               .name = TEXT(at->name),
                                                               .format = TEXT(at->format),
                                                               .user = TEXT(at->user),
                                                               .password = TEXT(at->password)}));
    }
    for (size_t k = 0; k < u->rules_n && wants(p, MSG_CONF_RULE); k++) {
        const struct config_rule *r = &u->rules[k];
        keep(&e, send_conf_rule(p->chan, &(struct msg_conf_rule){i, r->kind, TEXT(r->value)}));
    }
    if (u->verify_method[0] != '\0' && wants(p, MSG_CONF_VERIFY))
        keep(&e, send_conf_verify(p->chan, &(struct msg_conf_verify){
                                               .upstream = i, .method = TEXT(u->verify_method)}));
    return e;
}

static enum err send_upstreams(const struct proc *p)
{
    const struct config *c = p->sup->config;
    enum err e = ERR_OK;

    for (size_t i = 0; i < c->upstreams_n; i++) {
        if (p->role == ROLE_EGRESS && i != p->instance)
            continue;
        keep(&e, send_upstream(p, (uint16_t)i, &c->upstreams[i]));
        keep(&e, send_fields(p, (uint16_t)i, &c->upstreams[i]));
        keep(&e, send_use(p, (uint16_t)i, &c->upstreams[i]));
    }
    return e;
}

struct folders {
    char data[272], keys[272]; /* those of the configuration, and a name */
};

/* The keeper has folders of its own in there, and its jail opens nothing beside them: neither the
 * audit log nor the key that signs it. */
static struct folders folders_of(const struct proc *p)
{
    const struct supervisor *s = p->sup;
    bool keeper = p->role == ROLE_KEEPER;
    struct folders f;

    snprintf(f.data, sizeof f.data, "%s%s", s->data_dir, keeper ? "/store" : "");
    snprintf(f.keys, sizeof f.keys, "%s%s", s->key_dir, keeper ? "/master" : "");
    return f;
}

enum err boot_send(const struct proc *p)
{
    const struct supervisor *s = p->sup;
    const struct folders folders = folders_of(p);
    const struct msg_boot m = {.instance = p->instance,
                               .generation = p->generation,
                               .log_level = s->config->level,
                               .use_landlock = s->use_landlock,
                               .uid = s->uid,
                               .gid = s->gid,
                               .data_dir = TEXT(folders.data),
                               .key_dir = TEXT(folders.keys)};
    enum err e = send_boot(p->chan, &m);

    keep(&e, send_limits(p));
    keep(&e, send_site(p));
    keep(&e, send_upstreams(p));
    keep(&e, send_boot_end(p->chan, &(struct msg_boot_end){0}));
    return e;
}
