/* What the supervisor said of the configuration, as far as pages need it. */
#ifndef SG_SURFACE_CONF_H
#define SG_SURFACE_CONF_H

#include "surface/page.h"

#define CONF_HOSTS 16

struct surface_conf_field {
    char label[LIM_LABEL_BYTES + 1];
    char hint[257];
    bool masked;
    uint8_t wants; /* for base/chars.h */
};

struct surface_conf_upstream {
    char title[LIM_LABEL_BYTES + 1];
    struct page_lease lease;
    struct surface_conf_field fields[LIM_FIELDS];
    size_t fields_n;
};

struct surface_conf {
    char url[256]; /* the origin of the pages */
    char hosts[CONF_HOSTS][256];
    size_t hosts_n;
    struct surface_conf_upstream *upstreams[LIM_UPSTREAMS]; /* NULL: not configured */
    bool bad;                                               /* a row made no sense */
};

void surface_conf_free(struct surface_conf *c);

/* ERR_OK when the rows are a whole: an origin, a host, no gaps between fields. */
MUST_USE enum err surface_conf_check(const struct surface_conf *c);

/* The upstream, or NULL. */
const struct surface_conf_upstream *surface_conf_upstream(const struct surface_conf *c,
                                                          uint16_t upstream);
/* Its title; "?" for one that is not configured any more. */
struct slice surface_conf_title(const struct surface_conf *c, uint16_t upstream);
/* The host and port of the pages, as people read it in the address bar. */
struct slice surface_conf_host(const struct surface_conf *c);
/* Whether a Host value is ours. */
bool surface_conf_is_host(const struct surface_conf *c, struct slice host);

#endif
