/* The upstreams as the configuration has them, from the conf_* rows of the start. Fixed while the
 * process lives. */
#ifndef SG_KEEPER_CONF_H
#define SG_KEEPER_CONF_H

#include "ipc/gen/messages.h"

struct keeper_upstream {
    bool there;    /* conf_upstream came */
    bool dialable; /* conf_endpoint came */
    bool needs_credential;
    bool has_verify;
    uint8_t fields;            /* of its credential */
    uint8_t wants[LIM_FIELDS]; /* of each, for base/chars.h */
    uint16_t port;
    enum lease_kind lease;
    uint32_t lease_uses;
    uint64_t lease_ms; /* 0: no limit */
    char name[33];     /* what the store knows it by: the index may change with the configuration */
    char title[LIM_LABEL_BYTES + 1];
    char host[256];
};

struct keeper_conf {
    struct keeper_upstream upstreams[LIM_UPSTREAMS];
    bool bad; /* a row that cannot be */
};

/* ERR_CONFIG: rows are missing or contradict each other. */
MUST_USE enum err keeper_conf_check(const struct keeper_conf *f);

/* NULL for an index that is none. */
const struct keeper_upstream *keeper_conf_get(const struct keeper_conf *f, uint16_t index);
/* False when no upstream has that name now. */
MUST_USE bool keeper_conf_index(const struct keeper_conf *f, struct slice name, uint16_t *ret);

#endif
