/*
 * The configuration as surface needs it: hosts, titles, fields, leases. Run by surface before its
 * jail; trusts the supervisor, which checked the file.
 */
#include "surface/conf.h"

#include "base/mem.h"
#include "ipc/gen/surface.h"

void surface_conf_free(struct surface_conf *c)
{
    for (size_t i = 0; i < LIM_UPSTREAMS; i++) {
        mem_free(c->upstreams[i]);
        c->upstreams[i] = NULL;
    }
}

void surface_on_conf_site(struct surface_conf *c, const struct msg_conf_site *m)
{
    if (!slice_to_cstr(m->surface_url, c->url, sizeof(c->url)))
        c->bad = true;
}

void surface_on_conf_host(struct surface_conf *c, const struct msg_conf_host *m)
{
    if (c->hosts_n == CONF_HOSTS ||
        !slice_to_cstr(m->host, c->hosts[c->hosts_n], sizeof(c->hosts[0])))
        c->bad = true;
    else
        c->hosts_n++;
}

void surface_on_conf_upstream(struct surface_conf *c, const struct msg_conf_upstream *m)
{
    if (m->upstream >= LIM_UPSTREAMS || c->upstreams[m->upstream]) {
        c->bad = true;
        return;
    }
    struct surface_conf_upstream *u = MEM_NEW(struct surface_conf_upstream);
    c->upstreams[m->upstream] = u;
    u->lease = (struct page_lease){m->lease, m->lease_uses, m->lease_ms};
    if (!slice_to_cstr(m->title.n ? m->title : m->name, u->title, sizeof(u->title)))
        c->bad = true;
}

void surface_on_conf_field(struct surface_conf *c, const struct msg_conf_field *m)
{
    struct surface_conf_upstream *u =
        m->upstream < LIM_UPSTREAMS ? c->upstreams[m->upstream] : NULL;

    if (!u || m->index >= LIM_FIELDS || m->index != u->fields_n) {
        c->bad = true;
        return;
    }
    struct surface_conf_field *f = &u->fields[u->fields_n++];
    f->masked = m->masked;
    f->wants = m->wants;
    if (!slice_to_cstr(m->label.n ? m->label : m->name, f->label, sizeof(f->label)) ||
        !slice_to_cstr(m->hint, f->hint, sizeof(f->hint)))
        c->bad = true;
}

enum err surface_conf_check(const struct surface_conf *c)
{
    return c->bad || c->hosts_n == 0 || surface_conf_host(c).n == 0 ? ERR_CONFIG : ERR_OK;
}

const struct surface_conf_upstream *surface_conf_upstream(const struct surface_conf *c,
                                                          uint16_t upstream)
{
    return upstream < LIM_UPSTREAMS ? c->upstreams[upstream] : NULL;
}

struct slice surface_conf_title(const struct surface_conf *c, uint16_t upstream)
{
    const struct surface_conf_upstream *u = surface_conf_upstream(c, upstream);

    return u ? slice_str(u->title) : SLICE_LIT("?");
}

struct slice surface_conf_host(const struct surface_conf *c)
{
    struct slice url = slice_str(c->url);
    size_t at = slice_find(url, SLICE_LIT("://"));

    return slice_sub(url, at + 3, url.n);
}

bool surface_conf_is_host(const struct surface_conf *c, struct slice host)
{
    for (size_t i = 0; i < c->hosts_n; i++) {
        if (slice_eq_nocase(host, slice_str(c->hosts[i])))
            return true;
    }
    return false;
}
