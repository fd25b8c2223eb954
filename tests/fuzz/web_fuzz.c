/* What browsers send and what pages show: forms, cookies, header fields, HTML. The first byte
 * chooses. */
#include "fuzz.h"
#include "proto/cookie.h"
#include "proto/form.h"
#include "proto/html.h"
#include "proto/http_field.h"
#include "proto/utf8.h"

static void try_form(struct slice in)
{
    struct form f;
    form_init(&f);
    if (form_parse(&f, in) == ERR_OK) {
        for (size_t i = 0; i < f.n; i++)
            MUST((size_t)f.f[i].value_at + f.f[i].value_n <= f.text.n);
        MUST(utf8_valid(form_get(&f, "a", NULL)));
    } else {
        MUST(f.n == 0 && f.text.n == 0);
    }
    form_free(&f);
}

static void try_cookie(struct slice in)
{
    struct slice v;
    struct buf out = BUF_INIT(SIZE_MAX);
    if (cookie_get(in, "a", &v) == ERR_OK) {
        struct cookie c = {.name = "a", .value = v, .max_age = COOKIE_SESSION};
        MUST(cookie_put(&out, &c) == ERR_OK);
        MUST(http_is_field_value(buf_slice(&out)));
    }
    buf_free(&out);
}

static void try_fields(struct slice in)
{
    if (http_media_type_is(in, "application/json"))
        MUST(in.n >= 16);
    if (http_accepts(in, "text/event-stream"))
        MUST(in.n >= 3);
    if (http_is_token(in))
        MUST(http_is_field_value(in));
}

/* Escaped text has no way out of text or an attribute. */
static void must_be_escaped(struct slice s)
{
    MUST(slice_find_byte(s, '<') == s.n && slice_find_byte(s, '>') == s.n);
    MUST(slice_find_byte(s, '"') == s.n && slice_find_byte(s, '\'') == s.n);
}

static void try_html(struct slice in)
{
    struct buf out = BUF_INIT(SIZE_MAX);
    html_put(&out, in);
    must_be_escaped(buf_slice(&out));
    buf_clear(&out);
    html_put_foreign(&out, in, 100);
    must_be_escaped(buf_slice(&out));
    MUST(utf8_valid(buf_slice(&out)));
    for (struct slice s = buf_slice(&out); s.n;) {
        uint32_t cp = 0;
        size_t k = utf8_next(s, &cp);
        MUST(k > 0 && !utf8_is_invisible(cp) && cp != '\n');
        s = slice_sub(s, k, s.n);
    }
    buf_free(&out);
}

static void try_template(struct slice in)
{
    static const struct html_value row[] = {{.name = "b", .kind = HTML_TEXT}};
    static const struct html_row rows[] = {{row, 1}, {row, 1}};
    struct slice text = slice_str("<\"'>");
    const struct html_value values[] = {
        {.name = "a", .kind = HTML_TEXT, .text = text},
        {.name = "f", .kind = HTML_FOREIGN, .text = text},
        {.name = "y", .kind = HTML_BOOL, .yes = true},
        {.name = "r", .kind = HTML_ROWS, .rows = rows, .rows_n = 2}};
    const struct html_row top = {values, ARRAY_LEN(values)};
    struct buf out = BUF_INIT(1 << 20);
    enum err e = html_render(&out, in, &top);
    MUST(e == ERR_OK || e == ERR_SYNTAX || e == ERR_TOO_LARGE);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct slice in) = {try_form, try_cookie, try_fields, try_html,
                                                     try_template};
    if (size > 0)
        tries[data[0] % ARRAY_LEN(tries)](slice_of(data + 1, size - 1));
    return 0;
}
