/*
 * The configuration file: one YAML document, checked completely before anything of it is used.
 * Linked by supervisor and the command alone; other roles get rows of it as messages.
 * Keys, types, defaults and their texts stand in keys.def; docs/configuration.md and
 * etc/sidegate.yaml are held against it by tests/drift.
 */
#ifndef SG_CONFIG_CONFIG_H
#define SG_CONFIG_CONFIG_H

#include "base/limits.h"
#include "ipc/gen/enums.h"

enum {
    CONFIG_PATH = 256,     /* bytes of a path or host, with its NUL */
    CONFIG_HOSTS = 16,     /* entries of gateway.hosts */
    CONFIG_ORIGINS = 32,   /* entries of gateway.origins */
    CONFIG_RANGES = 16,    /* entries of allow_addresses */
    CONFIG_FILE = 1048576, /* bytes of the whole file */
};

struct config_text {
    char s[CONFIG_PATH];
};

struct config_listen {
    char address[64]; /* a numeric IPv4 or IPv6 address without brackets */
    uint16_t port;
};

struct config_range {
    uint8_t address[16];
    uint8_t n; /* 4 or 16 */
    uint8_t prefix;
};

struct config_field {
    char name[65], label[LIM_LABEL_BYTES + 1], hint[257];
    bool secret;
};

struct config_place {
    enum place in;
    char name[LIM_LABEL_BYTES + 1], format[513], user[65], password[65];
    int line;
};

struct config_rule {
    enum rule kind;
    char value[257];
};

struct config_upstream {
    char name[33], title[LIM_LABEL_BYTES + 1];
    char url[1537];
    bool tls;
    char host[CONFIG_PATH];
    uint16_t port;
    char path[1025];    /* with its leading slash, and the query */
    unsigned protocols; /* bits of enum era */
    struct config_range ranges[CONFIG_RANGES];
    size_t ranges_n;
    struct config_field fields[LIM_FIELDS];
    size_t fields_n; /* 0: needs no credential */
    struct config_place places[LIM_PLACES];
    size_t places_n;
    struct config_rule rules[LIM_RULES];
    size_t rules_n;
    enum lease_kind lease;
    uint32_t lease_uses;
    uint64_t lease_ms;
    char verify_method[LIM_METHOD_BYTES + 1]; /* "": none */
    int line;
};

struct config {
    char data[CONFIG_PATH], keys[CONFIG_PATH], run[CONFIG_PATH], user[33];
    enum level level;
    struct config_listen gateway, surface;
    uint32_t gateways;
    struct config_text hosts[CONFIG_HOSTS];
    size_t hosts_n;
    struct config_text origins[CONFIG_ORIGINS];
    size_t origins_n;
    char surface_url[CONFIG_PATH]; /* an origin, without a trailing slash */
    uint64_t limits[SET_COUNT];
    struct config_upstream *upstreams;
    size_t upstreams_n;
};

struct config_error {
    char text[768]; /* "file:line:column: what is wrong; what to do", printable ASCII */
};

/*
 * Reads and checks the file at path. On success *ret is a new configuration, to be freed with
 * config_free. ERR_CONFIG: *ret_error says where and what; ERR_IO, ERR_TOO_LARGE: the same for a
 * file that cannot be read. Relative paths inside the file are taken from the file's own folder.
 */
MUST_USE enum err config_load(const char *path, struct config **ret,
                              struct config_error *ret_error);
/* The same from bytes; name stands for the file in errors and folder is where relative paths start.
 */
MUST_USE enum err config_parse(struct slice text, const char *name, const char *folder,
                               struct config **ret, struct config_error *ret_error);
void config_free(struct config *c); /* takes NULL */

/* Index of the upstream with that name, or upstreams_n. */
size_t config_upstream_find(const struct config *c, const char *name);

/* One row of keys.def, for the reference and the drift test; NULL behind the last one. */
struct config_key_row {
    const char *section, *name, *must, *def, *text;
};
const struct config_key_row *config_key_row(size_t i);

#endif
