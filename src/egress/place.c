/*
 * Placing a credential. Egress runs it once a use, with the credential opened; the bytes came from
 * a person's form by way of the keeper, and are refused here, as they were there, when they could
 * end a header line and begin another.
 */
#include "egress/place.h"

#include "base/base64.h"
#include "proto/http_field.h"
#include "proto/url.h"
#include "screen/screen.h"

enum {
    VALUE_BYTES = LIM_CREDENTIAL_BYTES + 512, /* all fields and a format */
    LINE_BYTES = VALUE_BYTES * 4 / 3 + 512,   /* base64, and a name */
    QUERY_BYTES = LIM_PLACES * 3 * VALUE_BYTES,
};

struct place_fields {
    const struct egress_conf *conf;
    struct slice value[LIM_FIELDS];
    place_secret_fn *fn;
    void *ctx;
};

void place_init(struct place_out *p)
{
    *p = (struct place_out){.query = BUF_INIT(QUERY_BYTES)};
    for (size_t i = 0; i < LIM_PLACES; i++)
        p->lines[i] = BUF_INIT(LINE_BYTES);
}

void place_free(struct place_out *p)
{
    for (size_t i = 0; i < LIM_PLACES; i++)
        buf_free(&p->lines[i]);
    buf_free(&p->query);
    place_init(p);
}

static void tell(const struct place_fields *f, struct slice secret, bool made)
{
    if (f->fn && secret.n > 0)
        f->fn(f->ctx, secret, made);
}

static bool can_stand_anywhere(struct slice s)
{
    return slice_find_byte(s, '\r') == s.n && slice_find_byte(s, '\n') == s.n &&
           slice_find_byte(s, '\0') == s.n;
}

static enum err unpack(struct place_fields *f, struct slice s)
{
    for (size_t i = 0; i < f->conf->fields_n; i++) {
        size_t n;

        if (s.n < 2)
            return ERR_PROTOCOL;
        n = (size_t)s.p[0] << 8 | s.p[1];
        if (n > s.n - 2)
            return ERR_PROTOCOL;
        f->value[i] = slice_sub(s, 2, 2 + n);
        if (!can_stand_anywhere(f->value[i]))
            return ERR_INVALID_PARAMS;
        if (f->conf->fields[i].masked)
            tell(f, f->value[i], false);
        s = slice_sub(s, 2 + n, s.n);
    }
    return s.n == 0 ? ERR_OK : ERR_PROTOCOL;
}

/* The format with its fields in. Secrets that are too short to be looked for by themselves are so
 * with what stands around them. */
static void expand(const struct place_fields *f, struct slice format, struct buf *out)
{
    size_t at = 0, i;
    struct slice text;
    bool is_short = false;

    while (egress_conf_format_next(f->conf, format, &at, &text, &i)) {
        bool field = i < f->conf->fields_n;

        buf_put(out, field ? f->value[i] : text);
        is_short |= field && f->conf->fields[i].masked && f->value[i].n > 0 &&
                    f->value[i].n < SCREEN_VALUE_MIN;
    }
    if (is_short)
        tell(f, buf_slice(out), true);
}

static void put_line(struct place_out *p, struct slice name, struct slice value)
{
    struct buf *line = &p->lines[p->lines_n++];

    buf_put(line, name);
    buf_put(line, SLICE_LIT(": "));
    buf_put(line, value);
}

static enum err put_header(const struct place_fields *f, const struct egress_conf_place *at,
                           struct buf *value, struct place_out *p)
{
    expand(f, buf_slice(&at->format), value);
    if (value->n == 0 || !http_is_field_value(buf_slice(value)))
        return ERR_INVALID_PARAMS;
    put_line(p, buf_slice(&at->name), buf_slice(value));
    return ERR_OK;
}

static enum err put_query(const struct place_fields *f, const struct egress_conf_place *at,
                          struct buf *value, struct place_out *p)
{
    expand(f, buf_slice(&at->format), value);
    if (p->query.n > 0)
        buf_put_u8(&p->query, '&');
    url_put_escaped(&p->query, buf_slice(&at->name));
    buf_put_u8(&p->query, '=');
    url_put_escaped(&p->query, buf_slice(value));
    return ERR_OK;
}

/* RFC 7617: Basic base64(user ":" password). The whole is told as a secret too, since its base64 is
 * not that of the password alone. */
static enum err put_basic(const struct place_fields *f, const struct egress_conf_place *at,
                          struct buf *value, struct place_out *p)
{
    struct buf text = BUF_INIT(LINE_BYTES);
    struct slice user = f->value[at->user];

    if (slice_find_byte(user, ':') < user.n)
        return ERR_INVALID_PARAMS;
    buf_put(value, user);
    buf_put_u8(value, ':');
    buf_put(value, f->value[at->password]);
    buf_put(&text, SLICE_LIT("Basic "));
    base64_put(&text, BASE64, buf_slice(value));
    put_line(p, SLICE_LIT("Authorization"), buf_slice(&text));
    tell(f, buf_slice(value), true);
    buf_free(&text);
    return ERR_OK;
}

/* --- each kind of place ------------------------------------------------------------------------ */

/* A format is well formed and has a field. */
static bool format_is_good(const struct egress_conf *c, const struct egress_conf_place *p)
{
    struct slice format = buf_slice(&p->format), text;
    size_t at = 0, field, found = 0;

    while (egress_conf_format_next(c, format, &at, &text, &field))
        found += field < c->fields_n;
    return at == format.n && found > 0;
}

static bool header_is_good(const struct egress_conf *c, const struct egress_conf_place *p)
{
    return http_is_token(buf_slice(&p->name)) && format_is_good(c, p);
}

static bool query_is_good(const struct egress_conf *c, const struct egress_conf_place *p)
{
    return p->name.n > 0 && format_is_good(c, p);
}

static bool basic_is_good(const struct egress_conf *c, const struct egress_conf_place *p)
{
    return p->user < c->fields_n && p->password < c->fields_n;
}

/* Whether it is configured well, and how it is filled; value is where it is composed. */
static const struct {
    bool (*is_good)(const struct egress_conf *c, const struct egress_conf_place *p);
    enum err (*put)(const struct place_fields *f, const struct egress_conf_place *at,
                    struct buf *value, struct place_out *p);
} rows[PLACE_COUNT] = {
    [PLACE_HEADER] = {header_is_good, put_header},
    [PLACE_BASIC] = {basic_is_good, put_basic},
    [PLACE_QUERY] = {query_is_good, put_query},
};

enum err place_check(const struct egress_conf *c)
{
    for (size_t i = 0; i < c->places_n; i++)
        if (!rows[c->places[i].in].is_good(c, &c->places[i]))
            return ERR_CONFIG;
    return ERR_OK;
}

static enum err put_place(const struct place_fields *f, const struct egress_conf_place *at,
                          struct place_out *p)
{
    struct buf value = BUF_INIT(VALUE_BYTES);
    enum err e = rows[at->in].put(f, at, &value, p);

    if (!e && buf_err(&value) != ERR_OK)
        e = ERR_INVALID_PARAMS;
    buf_free(&value);
    return e;
}

static enum err fill(struct place_fields *f, struct slice credential, struct place_out *p)
{
    enum err e = unpack(f, credential);

    for (size_t i = 0; !e && i < f->conf->places_n; i++)
        e = put_place(f, &f->conf->places[i], p);
    for (size_t i = 0; !e && i < p->lines_n; i++)
        e = buf_err(&p->lines[i]);
    return e ? e : buf_err(&p->query);
}

enum err place_fill(const struct egress_conf *c, struct slice credential, place_secret_fn *fn,
                    void *ctx, struct place_out *p)
{
    struct place_fields f = {.conf = c, .fn = fn, .ctx = ctx};
    enum err e = fill(&f, credential, p);

    if (e)
        place_free(p);
    return e == ERR_TOO_LARGE ? ERR_INVALID_PARAMS : e;
}
