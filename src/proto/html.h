/*
 * HTML output: escaping, and templates that cannot forget to escape.
 *
 * A template is text with {{name}} (always escaped), {{#if name}}...{{/if}}, {{#unless name}}...
 * {{/unless}} and {{#each name}}...{{/each}}; no others, nothing unescaped, no expressions. Inside
 * each, a name is looked up in the row first, then outside. Sections nest up to 8 deep.
 */
#ifndef SG_PROTO_HTML_H
#define SG_PROTO_HTML_H

#include "base/buf.h"

/* Appends s with & < > " ' as entities. For text and for attribute values in double quotes. */
void html_put(struct buf *out, struct slice s);
/*
 * The same for text that an agent or an upstream wrote: control characters with line ends and tabs,
 * bidirectional controls, zero-width and other invisible characters, and bytes that are not UTF-8
 * show as "[U+XXXX]" (bytes as "[0xXX]"), and at most max characters are shown, then an ellipsis.
 */
void html_put_foreign(struct buf *out, struct slice s, size_t max);

enum html_kind {
    HTML_TEXT,    /* {{name}}; true when not empty */
    HTML_HEX,     /* {{name}} as hexadecimal digits */
    HTML_FOREIGN, /* {{name}} through html_put_foreign, at most HTML_FOREIGN_MAX characters */
    HTML_BOOL,    /* {{#if}} only */
    HTML_ROWS     /* {{#each}}; true when there is a row */
};
#define HTML_FOREIGN_MAX 500

struct html_value;
struct html_row {
    const struct html_value *v;
    size_t n;
};
struct html_value {
    const char *name;
    enum html_kind kind;
    struct slice text;           /* TEXT, HEX, FOREIGN */
    bool yes;                    /* BOOL */
    const struct html_row *rows; /* ROWS */
    size_t rows_n;
};

/*
 * Appends the template with its values. ERR_SYNTAX when the template is malformed or names a value
 * that is not there or of the wrong kind (templates are ours: callers treat it as a bug, and a test
 * runs every template); ERR_TOO_LARGE when out is full.
 */
MUST_USE enum err html_render(struct buf *out, struct slice template,
                              const struct html_row *values);

#endif
