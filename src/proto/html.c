/*
 * HTML output, run by surface. Templates are ours and trusted in their markup; every value is
 * escaped, and text of agents and upstreams is made visible first.
 */
#include "proto/html.h"

#include "base/planted.h"
#include "proto/utf8.h"

#define NESTING 8

/* --- escaping --------------------------------------------------------------------------------- */

static void put_byte(struct buf *out, uint8_t c)
{
    switch (c) {
    case '&': buf_put_str(out, "&amp;"); break;
    case '<': buf_put_str(out, "&lt;"); break;
    case '>': buf_put_str(out, "&gt;"); break;
    case '"': buf_put_str(out, "&quot;"); break;
    case '\'': buf_put_str(out, "&#39;"); break;
    default: buf_put_u8(out, c);
    }
}

void html_put(struct buf *out, struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        put_byte(out, s.p[i]);
}

/* One character, or one byte that is none; its length. A line end is shown too: two lines of a
 * script are not what one is, and a browser shows a space for either. */
static size_t put_one_foreign(struct buf *out, struct slice s)
{
    uint32_t cp;
    size_t k = utf8_next(s, &cp);
    if (k == 0)
        buf_printf(out, "[0x%02X]", s.p[0]);
    else if (((cp == '\n' || cp == '\t') && !PLANTED(line_ends_hidden)) || utf8_is_invisible(cp))
        buf_printf(out, "[U+%04X]", (unsigned)cp);
    else
        html_put(out, slice_sub(s, 0, k));
    return k ? k : 1;
}

void html_put_foreign(struct buf *out, struct slice s, size_t max)
{
    for (size_t chars = 0; s.n; chars++) {
        if (chars == max) {
            buf_put_str(out, "\xe2\x80\xa6");
            return;
        }
        size_t k = put_one_foreign(out, s);
        s = slice_sub(s, k, s.n);
    }
}

/* --- templates -------------------------------------------------------------------------------- */

/* Where names are looked up: the row of an each, then outside. */
struct scope {
    const struct html_row *row;
    const struct scope *outer;
};

static const struct html_value *find(const struct scope *sc, struct slice name)
{
    for (; sc; sc = sc->outer) {
        for (size_t i = 0; i < sc->row->n; i++) {
            if (slice_eq_str(name, sc->row->v[i].name))
                return &sc->row->v[i];
        }
    }
    return NULL;
}

static bool is_true(const struct html_value *v)
{
    switch (v->kind) {
    case HTML_TEXT:
    case HTML_HEX:
    case HTML_FOREIGN: return v->text.n > 0;
    case HTML_BOOL: return v->yes;
    case HTML_ROWS: return v->rows_n > 0;
    }
    BUG_IF(true);
}

/* A tag: {{word name}} with word "#if", "/if", ... or empty. */
struct tag {
    struct slice word, name;
};

/* Cuts text and the tag after it off the front. *ret_last: there was no tag. */
static enum err next_tag(struct slice *t, struct slice *ret_text, struct tag *ret, bool *ret_last)
{
    size_t k = slice_find(*t, SLICE_LIT("{{"));
    *ret_text = slice_sub(*t, 0, k);
    *ret_last = k == t->n;
    *ret = (struct tag){SLICE_EMPTY, SLICE_EMPTY};
    struct slice rest = slice_sub(*t, k + 2, t->n);
    size_t close = slice_find(rest, SLICE_LIT("}}"));
    if (*ret_last) {
        *t = SLICE_EMPTY;
        return ERR_OK;
    }
    struct slice in = slice_sub(rest, 0, close);
    *t = slice_sub(rest, close + 2, rest.n);
    if (close == rest.n || in.n == 0 || slice_find_byte(in, '{') != in.n)
        return ERR_SYNTAX;
    size_t sp = slice_find_byte(in, ' ');
    if (in.p[0] == '#') {
        ret->word = slice_sub(in, 0, sp);
        ret->name = slice_sub(in, sp + 1, in.n);
    } else if (in.p[0] == '/') {
        ret->word = in;
    } else {
        ret->name = in;
    }
    return ERR_OK;
}

/* Moves *t behind the end of a section whose opening tag was just read; *ret_body is its inside. */
static enum err section(struct slice *t, struct slice *ret_body)
{
    struct slice from = *t;
    int open = 1;
    while (open > 0) {
        struct slice text, before = *t;
        struct tag tag;
        bool last;
        enum err e = next_tag(t, &text, &tag, &last);
        if (e || last)
            return ERR_SYNTAX;
        if (tag.word.n && tag.word.p[0] == '#')
            open++;
        else if (tag.word.n)
            open--;
        *ret_body = slice_sub(from, 0, from.n - before.n + text.n);
    }
    return ERR_OK;
}

/* The name of the tag that must close this section stands right before what is left. */
static bool closed_by(struct slice whole, struct slice left, struct slice word)
{
    struct slice done = slice_sub(whole, 0, whole.n - left.n);
    struct buf want = BUF_INIT(64);
    buf_put_str(&want, "{{/");
    buf_put(&want, slice_sub(word, 1, word.n));
    buf_put_str(&want, "}}");
    bool ok = slice_ends(done, buf_slice(&want));
    buf_free(&want);
    return ok;
}

static enum err render(struct buf *out, struct slice t, const struct scope *sc, int depth);

static enum err render_each(struct buf *out, struct slice body, const struct html_value *v,
                            const struct scope *sc, int depth)
{
    if (v->kind != HTML_ROWS)
        return ERR_SYNTAX;
    for (size_t i = 0; i < v->rows_n; i++) {
        struct scope in = {&v->rows[i], sc};
        enum err e = render(out, body, &in, depth);
        if (e)
            return e;
    }
    return ERR_OK;
}

static enum err render_section(struct buf *out, struct slice *t, const struct tag *tag,
                               const struct scope *sc, int depth)
{
    struct slice whole = *t, body;
    const struct html_value *v = find(sc, tag->name);
    enum err e = section(t, &body);
    if (e || !v || depth == NESTING || !closed_by(whole, *t, tag->word))
        return ERR_SYNTAX;
    if (slice_eq_str(tag->word, "#each"))
        return render_each(out, body, v, sc, depth + 1);
    bool yes = is_true(v);
    if (slice_eq_str(tag->word, "#unless"))
        yes = !yes;
    else if (!slice_eq_str(tag->word, "#if"))
        return ERR_SYNTAX;
    return yes ? render(out, body, sc, depth + 1) : ERR_OK;
}

static enum err render_value(struct buf *out, const struct html_value *v)
{
    switch (v ? v->kind : HTML_ROWS) {
    case HTML_TEXT: html_put(out, v->text); return ERR_OK;
    case HTML_HEX: buf_put_hex(out, v->text); return ERR_OK;
    case HTML_FOREIGN: html_put_foreign(out, v->text, HTML_FOREIGN_MAX); return ERR_OK;
    default: return ERR_SYNTAX;
    }
}

static enum err render(struct buf *out, struct slice t, const struct scope *sc, int depth)
{
    for (;;) {
        struct slice text;
        struct tag tag;
        bool last;
        enum err e = next_tag(&t, &text, &tag, &last);
        if (e)
            return e;
        buf_put(out, text);
        if (last)
            return buf_err(out);
        if (tag.word.n == 0)
            e = render_value(out, find(sc, tag.name));
        else if (tag.word.p[0] == '#')
            e = render_section(out, &t, &tag, sc, depth);
        else
            e = ERR_SYNTAX; /* an end without a beginning */
        if (e)
            return e;
    }
}

enum err html_render(struct buf *out, struct slice template, const struct html_row *values)
{
    struct scope top = {values, NULL};
    return render(out, template, &top, 0);
}
