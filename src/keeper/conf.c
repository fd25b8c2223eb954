/* The rows of the configuration that the keeper needs. They are taken before the jail; the
 * supervisor, which checked them, is trusted, and what cannot be is refused all the same. */
#include "keeper/conf.h"

#include "ipc/gen/keeper.h"

static struct keeper_upstream *row(struct keeper_conf *f, uint16_t index)
{
    if (index < LIM_UPSTREAMS)
        return &f->upstreams[index];
    f->bad = true;
    return NULL;
}

void keeper_on_conf_upstream(struct keeper_conf *f, const struct msg_conf_upstream *m)
{
    struct keeper_upstream *u = row(f, m->upstream);

    if (!u)
        return;
    f->bad |= u->there || m->name.n == 0 || !slice_to_cstr(m->name, u->name, sizeof(u->name)) ||
              !slice_to_cstr(m->title, u->title, sizeof(u->title));
    u->there = true;
    u->needs_credential = m->needs_credential;
    u->lease = m->lease;
    u->lease_uses = m->lease_uses;
    u->lease_ms = m->lease_ms;
    u->has_verify = m->has_verify;
}

void keeper_on_conf_endpoint(struct keeper_conf *f, const struct msg_conf_endpoint *m)
{
    struct keeper_upstream *u = row(f, m->upstream);

    if (!u)
        return;
    f->bad |= m->host.n == 0 || !slice_to_cstr(m->host, u->host, sizeof(u->host));
    u->dialable = true;
    u->port = m->port;
}

void keeper_on_conf_field(struct keeper_conf *f, const struct msg_conf_field *m)
{
    struct keeper_upstream *u = row(f, m->upstream);

    if (!u)
        return;
    f->bad |= m->index >= LIM_FIELDS || m->index != u->fields;
    u->fields = (uint8_t)(m->index + 1);
    u->wants[m->index % LIM_FIELDS] = m->wants;
}

enum err keeper_conf_check(const struct keeper_conf *f)
{
    for (size_t i = 0; i < LIM_UPSTREAMS; i++) {
        const struct keeper_upstream *u = &f->upstreams[i];
        uint16_t first = 0;

        if (!u->there && (u->dialable || u->fields > 0))
            return ERR_CONFIG;
        if (!u->there)
            continue;
        if (!u->dialable || (u->needs_credential && u->fields == 0))
            return ERR_CONFIG;
        if (!keeper_conf_index(f, slice_str(u->name), &first) || first != i)
            return ERR_CONFIG;
    }
    return f->bad ? ERR_CONFIG : ERR_OK;
}

const struct keeper_upstream *keeper_conf_get(const struct keeper_conf *f, uint16_t index)
{
    return index < LIM_UPSTREAMS && f->upstreams[index].there ? &f->upstreams[index] : NULL;
}

bool keeper_conf_index(const struct keeper_conf *f, struct slice name, uint16_t *ret)
{
    for (uint16_t i = 0; i < LIM_UPSTREAMS; i++) {
        if (f->upstreams[i].there && slice_eq_str(name, f->upstreams[i].name)) {
            *ret = i;
            return true;
        }
    }
    return false;
}
