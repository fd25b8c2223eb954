/* Inside config: how a value of the document becomes a member of a struct. */
#ifndef SG_CONFIG_PARSE_H
#define SG_CONFIG_PARSE_H

#include "config/config.h"

#include <yaml.h>

struct parse {
    yaml_document_t *doc;
    const char *name;   /* of the file, for errors */
    const char *folder; /* where relative paths start */
    struct config *config;
    struct config_error *error;
};

/* Where a value goes: the struct of its section, and the member with its size; and under which
 * key it stands. */
struct parse_to {
    void *section;
    void *member;
    size_t size;
    const char *key;
};

typedef enum err parse_fn(struct parse *x, yaml_node_t *node, struct parse_to to);

/* Writes the error with the node's position; always ERR_CONFIG. fmt ends with what to do. */
enum err parse_fail(struct parse *x, const yaml_node_t *node, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
enum err parse_fail_line(struct parse *x, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The bytes of a scalar; ERR_CONFIG when it is a list or a mapping, or holds control characters. */
MUST_USE enum err parse_scalar(struct parse *x, yaml_node_t *node, struct slice *ret);
/* Copies a scalar of 1 to size-1 bytes. */
MUST_USE enum err parse_copy(struct parse *x, yaml_node_t *node, struct parse_to to);

/* Reads a mapping by the rows of keys.def with that section name. */
MUST_USE enum err parse_section(struct parse *x, yaml_node_t *node, const char *section, void *to);

/* One element of a list; i counts from 0. */
typedef enum err parse_item_fn(struct parse *x, yaml_node_t *node, size_t i, void *to);
/* Reads a list of at most max elements. */
MUST_USE enum err parse_list(struct parse *x, yaml_node_t *node, size_t max, parse_item_fn *item,
                             void *to);

/* Whether the scalar is one of the words; its index, or an error that lists them all. */
MUST_USE enum err parse_word_of(struct parse *x, yaml_node_t *node, const char *const *words,
                                unsigned *ret);

/* Sets a member of ours that the file left out; s fits. */
void parse_default(char *dst, size_t n, const char *s);

/* What no single value can show: names that must agree, hosts that must differ. */
MUST_USE enum err config_check(struct parse *x);

#define K(section, key, parser, member, must, def, text) parse_fn parse_##parser;
#include "config/keys.def"
#undef K

#endif
