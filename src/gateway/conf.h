/* What the supervisor told the gateway of the configuration. */
#ifndef SG_GATEWAY_CONF_H
#define SG_GATEWAY_CONF_H

#include "base/buf.h"
#include "base/limits.h"
#include "ipc/gen/messages.h"
#include "proto/mcp.h"

/* One configured upstream. */
struct gateway_upstream {
    uint16_t number;
    char name[33];
    char title[LIM_LABEL_BYTES + 1]; /* the name when none was given */
    unsigned eras;                   /* bits of enum era */
    bool needs_credential;
};

struct gateway_conf {
    char surface[256]; /* origin of the pages */
    char (*hosts)[256];
    char (*origins)[256];
    struct gateway_upstream *upstreams;
    size_t n_hosts, n_origins, n_upstreams;
    bool alone; /* no other gateway process serves beside this one */
    bool bad;   /* a row could not be used */
};

void gateway_conf_done(struct gateway_conf *c);

/* Whether all is there that the gateway needs. */
MUST_USE enum err gateway_conf_check(const struct gateway_conf *c);

/* Compared without case (RFC 9110 7.2). */
bool gateway_conf_has_host(const struct gateway_conf *c, struct slice host);
/* Compared to the byte (RFC 6454 6.2 writes origins in one way). */
bool gateway_conf_has_origin(const struct gateway_conf *c, struct slice origin);
/* NULL when there is none of that name. */
const struct gateway_upstream *gateway_conf_upstream_by_name(const struct gateway_conf *c,
                                                             struct slice name);

#endif
