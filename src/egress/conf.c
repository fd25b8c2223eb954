/*
 * The configuration of egress: rows from the supervisor, which has read and checked the file. They
 * are checked again here where a mistake would send a request without its credential, or with it in
 * another place.
 */
#include "egress/conf.h"

#include "ipc/gen/egress.h"
#include "proto/mcp.h"

enum { PATH_BYTES = 1024, HOST_BYTES = 255, TEXT_BYTES = 512 };

void egress_conf_init(struct egress_conf *c)
{
    *c = (struct egress_conf){
        .name = BUF_INIT(TEXT_BYTES),
        .host = BUF_INIT(HOST_BYTES + 1),
        .path = BUF_INIT(PATH_BYTES + 1),
        .verify_method = BUF_INIT(LIM_METHOD_BYTES),
    };
}

void egress_conf_free(struct egress_conf *c)
{
    buf_free(&c->name);
    buf_free(&c->host);
    buf_free(&c->path);
    buf_free(&c->verify_method);
    for (size_t i = 0; i < c->fields_n; i++)
        buf_free(&c->fields[i].name);
    for (size_t i = 0; i < c->places_n; i++) {
        buf_free(&c->places[i].name);
        buf_free(&c->places[i].format);
    }
    for (size_t i = 0; i < c->rules_n; i++)
        buf_free(&c->rules[i].value);
    egress_conf_init(c);
}

static void set(struct egress_conf *c, struct buf *b, struct slice s)
{
    buf_set(b, s);
    if (buf_err(b) != ERR_OK)
        c->bad = true;
}

/* Every row must be of the one upstream that the first row named, and good. */
static bool takes(struct egress_conf *c, uint16_t upstream, bool good)
{
    if (!c->has_upstream || upstream != c->upstream || !good)
        c->bad = true;
    return !c->bad;
}

void egress_on_conf_upstream(struct egress_conf *c, const struct msg_conf_upstream *m)
{
    if (c->has_upstream)
        c->bad = true;
    c->has_upstream = true;
    c->upstream = m->upstream;
    c->modern = m->protocols & ERAS_MODERN;
    c->legacy = m->protocols & ERAS_LEGACY;
    set(c, &c->name, m->name);
}

void egress_on_conf_endpoint(struct egress_conf *c, const struct msg_conf_endpoint *m)
{
    if (!takes(c, m->upstream, true))
        return;
    c->has_endpoint = true;
    c->tls = m->tls;
    c->port = m->port;
    set(c, &c->host, m->host);
    set(c, &c->path, m->path);
}

void egress_on_conf_field(struct egress_conf *c, const struct msg_conf_field *m)
{
    struct egress_conf_field *f = &c->fields[c->fields_n];

    if (!takes(c, m->upstream, c->fields_n < LIM_FIELDS && m->index == c->fields_n))
        return;
    *f = (struct egress_conf_field){.name = BUF_INIT(TEXT_BYTES), .masked = m->masked};
    set(c, &f->name, m->name);
    c->fields_n++;
}

/* Of that name, or fields_n. */
static size_t field_index(const struct egress_conf *c, struct slice name)
{
    for (size_t i = 0; i < c->fields_n; i++)
        if (slice_eq(buf_slice(&c->fields[i].name), name))
            return i;
    return c->fields_n;
}

void egress_on_conf_place(struct egress_conf *c, const struct msg_conf_place *m)
{
    struct egress_conf_place *p = &c->places[c->places_n];

    if (!takes(c, m->upstream, c->places_n < LIM_PLACES))
        return;
    *p = (struct egress_conf_place){
        .in = m->in, .name = BUF_INIT(TEXT_BYTES), .format = BUF_INIT(TEXT_BYTES)};
    set(c, &p->name, m->name);
    set(c, &p->format, m->format);
    p->user = field_index(c, m->user);
    p->password = field_index(c, m->password);
    c->places_n++;
}

void egress_on_conf_rule(struct egress_conf *c, const struct msg_conf_rule *m)
{
    struct egress_conf_rule *r = &c->rules[c->rules_n];
    bool negative = slice_starts(m->value, SLICE_LIT("-"));
    uint64_t number = 0;
    bool good = slice_to_u64(slice_sub(m->value, negative, m->value.n), INT32_MAX, &number) ||
                (m->rule == RULE_TEXT && m->value.n > 0);

    if (!takes(c, m->upstream, c->rules_n < LIM_RULES && good))
        return;
    *r = (struct egress_conf_rule){.rule = m->rule, .value = BUF_INIT(TEXT_BYTES)};
    r->number = negative ? -(int64_t)number : (int64_t)number;
    set(c, &r->value, m->value);
    c->rules_n++;
}

void egress_on_conf_verify(struct egress_conf *c, const struct msg_conf_verify *m)
{
    if (takes(c, m->upstream, true))
        set(c, &c->verify_method, m->method);
}

bool egress_conf_format_next(const struct egress_conf *c, struct slice format, size_t *at,
                             struct slice *ret_text, size_t *ret_field)
{
    struct slice rest = slice_sub(format, *at, format.n);
    size_t open = slice_find_byte(rest, '{'), close, field;

    if (rest.n == 0)
        return false;
    if (open > 0) {
        *ret_text = slice_sub(rest, 0, open);
        *ret_field = c->fields_n;
        if (slice_find_byte(*ret_text, '}') < open)
            return false;
        *at += open;
        return true;
    }
    close = slice_find_byte(rest, '}');
    field = field_index(c, slice_sub(rest, 1, close));
    if (close == rest.n || field == c->fields_n)
        return false;
    *ret_field = field;
    *ret_text = SLICE_EMPTY;
    *at += close + 1;
    return true;
}

enum err egress_conf_check(const struct egress_conf *c)
{
    if (c->bad || !c->has_upstream || !c->has_endpoint || !(c->modern || c->legacy))
        return ERR_CONFIG;
    if (c->host.n == 0 || c->port == 0 || !slice_starts(buf_slice(&c->path), SLICE_LIT("/")))
        return ERR_CONFIG;
    if ((c->fields_n == 0) != (c->places_n == 0))
        return ERR_CONFIG;
    return ERR_OK;
}
