/*
 * Boot: turns the configuration into messages, each to the roles that need it and to no other. Run
 * by the supervisor for each process it starts. Trusts the configuration, which was checked as a
 * whole.
 */
#include "supervisor/supervisor.h"

#include "base/chars.h"

#include <stdio.h>
#include <string.h>

#define TEXT(array) slice_str(array)

/* What one process is told. */
struct boot {
    const struct proc *p;
    enum err e; /* the first */
};

/* If its role is a receiver of this message, by the table. */
static void say(struct boot *b, enum msg type, const void *m)
{
    if (!b->e && msg_info((uint16_t)type)->to & (1u << b->p->role))
        b->e = chan_send(b->p->chan, type, m, -1);
}
#define SAY(b, type, msg, ...) say((b), type, &(struct msg){__VA_ARGS__})

/* The authority of an origin such as http://localhost:8401. */
static const char *authority(const char *origin)
{
    size_t at = slice_find(slice_str(origin), SLICE_LIT("://"));

    return origin[at] == '\0' ? origin : origin + at + 3;
}

static void say_site(struct boot *b, const struct config *c)
{
    SAY(b, MSG_CONF_SITE, msg_conf_site, TEXT(c->surface_url), .alone = c->gateways == 1);
    if (b->p->role == ROLE_SURFACE)
        SAY(b, MSG_CONF_HOST, msg_conf_host, TEXT(authority(c->surface_url)));
    for (size_t i = 0; i < c->hosts_n && b->p->role == ROLE_GATEWAY; i++)
        SAY(b, MSG_CONF_HOST, msg_conf_host, TEXT(c->hosts[i].s));
    for (size_t i = 0; i < c->origins_n; i++)
        SAY(b, MSG_CONF_ORIGIN, msg_conf_origin, TEXT(c->origins[i].s));
}

static void say_upstream(struct boot *b, uint16_t i, const struct config_upstream *u)
{
    SAY(b, MSG_CONF_UPSTREAM, msg_conf_upstream, .upstream = i, .name = TEXT(u->name),
        .title = TEXT(u->title), .protocols = (uint8_t)u->protocols,
        .needs_credential = u->fields_n > 0, .lease = u->lease, .lease_uses = u->lease_uses,
        .lease_ms = u->lease_ms, .has_verify = u->verify_method[0] != '\0');
    SAY(b, MSG_CONF_ENDPOINT, msg_conf_endpoint, .upstream = i, .tls = u->tls,
        .host = TEXT(u->host), .port = u->port, .path = TEXT(u->path));
    for (size_t k = 0; k < u->ranges_n; k++)
        SAY(b, MSG_CONF_ALLOW, msg_conf_allow, i, slice_of(u->ranges[k].address, u->ranges[k].n),
            u->ranges[k].prefix);
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

static void say_fields(struct boot *b, uint16_t i, const struct config_upstream *u)
{
    for (size_t k = 0; k < u->fields_n; k++) {
        const struct config_field *f = &u->fields[k];

        SAY(b, MSG_CONF_FIELD, msg_conf_field, .upstream = i, .index = (uint8_t)k,
            .name = TEXT(f->name), .label = TEXT(f->label), .hint = TEXT(f->hint),
            .masked = f->secret, .wants = wants_of(u, f));
    }
}

/* How a credential is used; egress alone. */
static void say_use(struct boot *b, uint16_t i, const struct config_upstream *u)
{
    for (size_t k = 0; k < u->places_n; k++) {
        const struct config_place *at = &u->places[k];

        SAY(b, MSG_CONF_PLACE, msg_conf_place, .upstream = i, .in = at->in, .name = TEXT(at->name),
            .format = TEXT(at->format), .user = TEXT(at->user), .password = TEXT(at->password));
    }
    for (size_t k = 0; k < u->rules_n; k++)
        SAY(b, MSG_CONF_RULE, msg_conf_rule, i, u->rules[k].kind, TEXT(u->rules[k].value));
    if (u->verify_method[0] != '\0')
        SAY(b, MSG_CONF_VERIFY, msg_conf_verify, .upstream = i, .method = TEXT(u->verify_method));
}

static void say_upstreams(struct boot *b, const struct config *c)
{
    for (uint16_t i = 0; i < c->upstreams_n; i++) {
        if (b->p->role == ROLE_EGRESS && i != b->p->instance)
            continue;
        say_upstream(b, i, &c->upstreams[i]);
        say_fields(b, i, &c->upstreams[i]);
        say_use(b, i, &c->upstreams[i]);
    }
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
    struct boot b = {.p = p};

    SAY(&b, MSG_BOOT, msg_boot, .instance = p->instance, .generation = p->generation,
        .log_level = s->config->level, .use_landlock = s->use_landlock, .uid = s->uid,
        .gid = s->gid, .data_dir = TEXT(folders.data), .key_dir = TEXT(folders.keys));
    for (uint16_t i = 0; i < SET_COUNT; i++)
        SAY(&b, MSG_CONF_LIMIT, msg_conf_limit, i, s->config->limits[i]);
    say_site(&b, s->config);
    say_upstreams(&b, s->config);
    SAY(&b, MSG_BOOT_END, msg_boot_end, 0);
    return b.e;
}
