/*
 * What the supervisor said of this process' one upstream, checked once more: a format that names no
 * field would send a request without its credential.
 */
#ifndef SG_EGRESS_CONF_H
#define SG_EGRESS_CONF_H

#include "base/limits.h"
#include "ipc/gen/messages.h"

struct egress_conf_field {
    struct buf name;
    bool masked; /* a secret; else something like a user name, which is not screened */
};

struct egress_conf_place {
    enum place in;
    struct buf name, format; /* header, query */
    size_t user, password;   /* basic: indices of fields */
};

struct egress_conf_rule {
    enum rule rule;
    struct buf value;
    int64_t number; /* of status and code */
};

struct egress_conf {
    bool bad; /* a row did not fit; egress_conf_check says so */
    bool has_upstream, has_endpoint;
    uint16_t upstream;
    struct buf name;
    bool modern, legacy;
    bool tls;
    struct buf host; /* a name or a numeric address; of IPv6 without brackets */
    uint16_t port;
    struct buf path; /* "/mcp", maybe with a query */
    struct egress_conf_field fields[LIM_FIELDS];
    size_t fields_n;
    struct egress_conf_place places[LIM_PLACES];
    size_t places_n;
    struct egress_conf_rule rules[LIM_RULES];
    size_t rules_n;
    struct buf verify_method;
};

void egress_conf_init(struct egress_conf *c);
void egress_conf_free(struct egress_conf *c);

/* Whether all came that must, and fits together, but for what place_check looks at. ERR_CONFIG. */
MUST_USE enum err egress_conf_check(const struct egress_conf *c);

/*
 * Walks a format such as "Bearer {token}": the next piece from *at. True with *ret_field a field's
 * index, or fields_n and *ret_text the literal text. False at the end; and *at is then the length
 * unless the format is malformed.
 */
MUST_USE bool egress_conf_format_next(const struct egress_conf *c, struct slice format, size_t *at,
                                      struct slice *ret_text, size_t *ret_field);

#endif
