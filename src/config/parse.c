/*
 * From a YAML document to structs, by the table keys.def: unknown, doubled and missing keys are
 * errors with their line. Run by supervisor and the command; trusts nothing of the file. YAML 1.1
 * as libyaml reads it; anchors and tags are not needed and tags are ignored.
 */
#include "config/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct parse_row {
    struct config_key_row key;
    parse_fn *fn;
    size_t offset, size;
};

/* The struct that each section fills. */
typedef struct config section_root, section_log, section_gateway, section_surface;
typedef struct config_upstream section_upstream, section_credential, section_lease, section_verify;
typedef struct config_field section_field;
typedef struct config_place section_place;
typedef struct config_rule section_rule;

static const struct parse_row rows[] = {
#define K(section, key, parser, member, must, def, text)                                           \
    {{#section, #key, must, def, text},                                                            \
     parse_##parser,                                                                               \
     offsetof(section_##section, member),                                                          \
     sizeof(((section_##section *)NULL)->member)},
#include "config/keys.def"
#undef K
};

const struct config_key_row *config_key_row(size_t i)
{
    return i < ARRAY_LEN(rows) ? &rows[i].key : NULL;
}

static enum err fail_at(struct parse *x, size_t line, size_t column, const char *fmt, va_list ap)
    PRINTF_LIKE(4, 0);
static enum err fail_at(struct parse *x, size_t line, size_t column, const char *fmt, va_list ap)
{
    char what[512];

    vsnprintf(what, sizeof(what), fmt, ap);
    for (size_t i = 0; what[i] != '\0'; i++) {
        if (what[i] < 0x20 || what[i] > 0x7e)
            what[i] = '?';
    }
    if (column > 0)
        snprintf(x->error->text, sizeof(x->error->text), "%.200s:%zu:%zu: %s", x->name, line,
                 column, what);
    else
        snprintf(x->error->text, sizeof(x->error->text), "%.200s:%zu: %s", x->name, line, what);
    return ERR_CONFIG;
}

enum err parse_fail(struct parse *x, const yaml_node_t *node, const char *fmt, ...)
{
    va_list ap;
    enum err e;

    va_start(ap, fmt);
    e = fail_at(x, node->start_mark.line + 1, node->start_mark.column + 1, fmt, ap);
    va_end(ap);
    return e;
}

enum err parse_fail_line(struct parse *x, int line, const char *fmt, ...)
{
    va_list ap;
    enum err e;

    va_start(ap, fmt);
    e = fail_at(x, (size_t)line, 0, fmt, ap);
    va_end(ap);
    return e;
}

enum err parse_scalar(struct parse *x, yaml_node_t *node, struct slice *ret)
{

    if (node->type != YAML_SCALAR_NODE)
        return parse_fail(x, node, "one value is wanted here, not a list or mapping");
    for (size_t i = 0; i < node->data.scalar.length; i++) {
        if (node->data.scalar.value[i] < 0x20 || node->data.scalar.value[i] == 0x7f)
            return parse_fail(x, node,
                              "the value holds a control character or line break; remove it");
    }
    *ret = slice_of(node->data.scalar.value, node->data.scalar.length);
    return ERR_OK;
}

enum err parse_copy(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    struct slice s;
    enum err e = parse_scalar(x, node, &s);

    if (e)
        return e;
    if (s.n == 0)
        return parse_fail(x, node, "the value is empty; write one or leave the key out");
    if (!slice_to_cstr(s, to.member, to.size))
        return parse_fail(x, node, "the value is longer than %zu bytes; shorten it", to.size - 1);
    return ERR_OK;
}

void parse_default(char *dst, size_t n, const char *s)
{
    BUG_IF(!slice_to_cstr(slice_str(s), dst, n));
}

enum err parse_word_of(struct parse *x, yaml_node_t *node, const char *const *words, unsigned *ret)
{
    char all[256] = "";
    struct slice s;
    size_t i, used = 0;
    enum err e = parse_scalar(x, node, &s);

    if (e)
        return e;
    for (i = 0; words[i]; i++) {
        if (slice_eq_str(s, words[i])) {
            *ret = (unsigned)i;
            return ERR_OK;
        }
        used +=
            (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", i > 0 ? ", " : "", words[i]);
        BUG_IF(used >= sizeof(all));
    }
    return parse_fail(x, node, "'%.60s' is not known here; write one of: %s", (const char *)s.p,
                      all);
}

enum err parse_list(struct parse *x, yaml_node_t *node, size_t max, parse_item_fn *item, void *to)
{
    yaml_node_item_t *first = node->data.sequence.items.start;
    enum err e = ERR_OK;

    if (node->type != YAML_SEQUENCE_NODE)
        return parse_fail(x, node, "a list is wanted here; write [a, b] or lines with '- '");
    for (size_t i = 0; !e && first + i < node->data.sequence.items.top; i++) {
        yaml_node_t *child = yaml_document_get_node(x->doc, first[i]);

        e = i < max ? item(x, child, i, to)
                    : parse_fail(x, child, "there are more than %zu entries; remove some", max);
    }
    return e;
}

static const struct parse_row *row_find(const char *section, struct slice name)
{

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (strcmp(rows[i].key.section, section) == 0 && slice_eq_str(name, rows[i].key.name))
            return &rows[i];
    }
    return NULL;
}

/* Levenshtein distance of two short words; what is longer than 31 bytes is far from everything. */
static size_t distance(struct slice a, const char *b)
{
    size_t row[33], n = strlen(b), i, j;

    if (a.n > 31 || n > 31)
        return 99;
    for (j = 0; j <= n; j++)
        row[j] = j;
    for (i = 1; i <= a.n; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (j = 1; j <= n; j++) {
            size_t above = row[j], best = diagonal + (a.p[i - 1] != (uint8_t)b[j - 1]);

            if (above + 1 < best)
                best = above + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[n];
}

static enum err unknown_key(struct parse *x, yaml_node_t *key, const char *section,
                            struct slice name)
{
    const char *nearest = NULL;
    size_t i, best = 4;

    for (i = 0; i < ARRAY_LEN(rows); i++) {
        size_t d =
            strcmp(rows[i].key.section, section) == 0 ? distance(name, rows[i].key.name) : 99;

        if (d < best) {
            best = d;
            nearest = rows[i].key.name;
        }
    }
    if (nearest)
        return parse_fail(x, key, "'%.60s' is not a key here; did you mean '%s'?",
                          (const char *)name.p, nearest);
    return parse_fail(x, key, "'%.60s' is not a key here; see docs/configuration.md",
                      (const char *)name.p);
}

static enum err parse_member(struct parse *x, yaml_node_pair_t *pair, const char *section, void *to,
                             uint64_t *seen)
{
    yaml_node_t *key = yaml_document_get_node(x->doc, pair->key);
    yaml_node_t *value = yaml_document_get_node(x->doc, pair->value);
    const struct parse_row *row;
    struct slice name;
    enum err e = parse_scalar(x, key, &name);

    if (e)
        return e;
    row = row_find(section, name);
    if (!row)
        return unknown_key(x, key, section, name);
    if (*seen & (UINT64_C(1) << (row - rows)))
        return parse_fail(x, key, "'%s' stands here twice; remove one", row->key.name);
    *seen |= UINT64_C(1) << (row - rows);
    return row->fn(x, value,
                   (struct parse_to){to, (uint8_t *)to + row->offset, row->size, row->key.name});
}

enum err parse_section(struct parse *x, yaml_node_t *node, const char *section, void *to)
{
    uint64_t seen = 0;
    enum err e = ERR_OK;

    _Static_assert(ARRAY_LEN(rows) <= 64, "seen has a bit per row");
    if (node->type != YAML_MAPPING_NODE)
        return parse_fail(x, node, "keys with values are wanted here; write 'key: value'");
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         !e && pair < node->data.mapping.pairs.top; pair++)
        e = parse_member(x, pair, section, to, &seen);
    for (size_t i = 0; !e && i < ARRAY_LEN(rows); i++) {
        if (rows[i].key.must[0] == 'r' && strcmp(rows[i].key.section, section) == 0 &&
            !(seen & (UINT64_C(1) << i)))
            e = parse_fail(x, node, "'%s' is missing here; add it", rows[i].key.name);
    }
    return e;
}

enum err parse_nested(struct parse *x, yaml_node_t *node, struct parse_to to)
{
    return parse_section(x, node, to.key, to.section);
}
