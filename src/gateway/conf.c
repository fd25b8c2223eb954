/*
 * The configuration as the gateway needs it. Run by the gateway before it is jailed; trusts the
 * supervisor, which read and checked the file.
 */
#include "gateway/conf.h"

#include "base/mem.h"
#include "ipc/gen/gateway.h"

enum { MAX_ROWS = 256 };

void gateway_conf_done(struct gateway_conf *c)
{
    mem_free(c->hosts);
    mem_free(c->origins);
    mem_free(c->upstreams);
    *c = (struct gateway_conf){0};
}

static void put_text(struct gateway_conf *c, struct slice s, char *dst, size_t n)
{
    if (!slice_to_cstr(s, dst, n) || s.n == 0)
        c->bad = true;
}

static void put_row(struct gateway_conf *c, struct slice s, char (**rows)[256], size_t *n)
{
    if (!*rows)
        *rows = mem_zalloc_array(MAX_ROWS, sizeof(**rows));
    if (*n == MAX_ROWS) {
        c->bad = true;
        return;
    }
    put_text(c, s, (*rows)[(*n)++], sizeof(**rows));
}

void gateway_on_conf_site(struct gateway_conf *c, const struct msg_conf_site *m)
{
    put_text(c, m->surface_url, c->surface, sizeof(c->surface));
    c->alone = m->alone;
}

void gateway_on_conf_host(struct gateway_conf *c, const struct msg_conf_host *m)
{
    put_row(c, m->host, &c->hosts, &c->n_hosts);
}

void gateway_on_conf_origin(struct gateway_conf *c, const struct msg_conf_origin *m)
{
    put_row(c, m->origin, &c->origins, &c->n_origins);
}

void gateway_on_conf_upstream(struct gateway_conf *c, const struct msg_conf_upstream *m)
{
    struct gateway_upstream *u = NULL;

    if (!c->upstreams)
        c->upstreams = mem_zalloc_array(LIM_UPSTREAMS, sizeof(*c->upstreams));
    if (c->n_upstreams == LIM_UPSTREAMS) {
        c->bad = true;
        return;
    }
    u = &c->upstreams[c->n_upstreams++];
    u->number = m->upstream;
    put_text(c, m->name, u->name, sizeof(u->name));
    put_text(c, m->title.n > 0 ? m->title : m->name, u->title, sizeof(u->title));
    u->eras = m->protocols & ERAS_BOTH;
    u->needs_credential = m->needs_credential;
    if (u->eras == 0)
        c->bad = true;
}

enum err gateway_conf_check(const struct gateway_conf *c)
{
    return c->bad || c->surface[0] == '\0' || c->n_hosts == 0 ? ERR_CONFIG : ERR_OK;
}

bool gateway_conf_has_host(const struct gateway_conf *c, struct slice host)
{
    for (size_t i = 0; i < c->n_hosts; i++) {
        if (slice_eq_nocase(host, slice_str(c->hosts[i])))
            return true;
    }
    return false;
}

bool gateway_conf_has_origin(const struct gateway_conf *c, struct slice origin)
{
    for (size_t i = 0; i < c->n_origins; i++) {
        if (slice_eq_str(origin, c->origins[i]))
            return true;
    }
    return false;
}

const struct gateway_upstream *gateway_conf_upstream_by_name(const struct gateway_conf *c,
                                                             struct slice name)
{
    for (size_t i = 0; i < c->n_upstreams; i++) {
        if (slice_eq_str(name, c->upstreams[i].name))
            return &c->upstreams[i];
    }
    return NULL;
}
