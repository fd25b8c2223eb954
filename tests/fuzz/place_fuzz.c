/*
 * A credential and where it goes: first line the places ("header NAME FORMAT", "query NAME FORMAT"
 * or "basic", with ";" between them), the rest the packed fields "user" and "key". Whatever a field
 * holds, it stays in its header line or its member of the query, and each secret is told.
 */
#include "egress/place.h"
#include "fuzz.h"
#include "ipc/gen/egress.h"
#include "proto/http_field.h"

struct told {
    size_t plain; /* masked fields */
};

static void tell(void *ctx, struct slice value, bool made)
{
    struct told *t = ctx;

    MUST(value.n > 0);
    t->plain += !made;
}

static struct slice word(struct slice *s, uint8_t end)
{
    size_t k = slice_find_byte(*s, end);
    struct slice w = slice_sub(*s, 0, k);

    *s = slice_sub(*s, k + 1, s->n);
    return w;
}

static void add_place(struct egress_conf *c, struct slice text)
{
    struct msg_conf_place m = {.upstream = 3, .in = PLACE_HEADER};
    struct slice kind = word(&text, ' ');

    if (slice_eq_str(kind, "basic")) {
        m.in = PLACE_BASIC;
        m.user = SLICE_LIT("user");
        m.password = SLICE_LIT("key");
    } else {
        m.in = slice_eq_str(kind, "query") ? PLACE_QUERY : PLACE_HEADER;
        m.name = word(&text, ' ');
        m.format = text;
    }
    egress_on_conf_place(c, &m);
}

static void make_conf(struct egress_conf *c, struct slice places)
{
    const struct msg_conf_upstream u = {.upstream = 3, .name = SLICE_LIT("up"), .protocols = 3};
    const struct msg_conf_endpoint e = {
        .upstream = 3, .host = SLICE_LIT("h"), .port = 1, .path = SLICE_LIT("/")};
    const struct msg_conf_field user = {.upstream = 3, .name = SLICE_LIT("user")};
    const struct msg_conf_field key = {
        .upstream = 3, .index = 1, .name = SLICE_LIT("key"), .masked = true};

    egress_conf_init(c);
    egress_on_conf_upstream(c, &u);
    egress_on_conf_endpoint(c, &e);
    egress_on_conf_field(c, &user);
    egress_on_conf_field(c, &key);
    while (places.n > 0)
        add_place(c, word(&places, ';'));
}

static void check_line(const struct buf *line)
{
    struct slice s = buf_slice(line), name;

    name = word(&s, ':');
    MUST(http_is_token(name));
    MUST(s.n > 1 && s.p[0] == ' ');
    MUST(http_is_field_value(slice_sub(s, 1, s.n)));
}

static void check_query(struct slice s, size_t places)
{
    size_t members = s.n > 0;

    for (size_t i = 0; i < s.n; i++) {
        MUST(s.p[i] > 0x20 && s.p[i] < 0x7f && s.p[i] != '#' && s.p[i] != '?');
        members += s.p[i] == '&';
    }
    MUST(members == places);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of(data, size), places = fuzz_line(&in);
    struct told told = {0};
    struct place_out p;
    struct egress_conf c;
    size_t query = 0;

    make_conf(&c, places);
    if (egress_conf_check(&c) == ERR_OK && place_check(&c) == ERR_OK) {
        place_init(&p);
        enum err e = place_fill(&c, in, tell, &told, &p);
        MUST(e == ERR_OK || e == ERR_PROTOCOL || e == ERR_INVALID_PARAMS);
        for (size_t i = 0; i < c.places_n; i++)
            query += c.places[i].in == PLACE_QUERY;
        if (e == ERR_OK) {
            MUST(p.lines_n + query == c.places_n);
            /* The key is what follows the user; an empty one is no secret. */
            MUST(told.plain == (in.n > 4 + ((size_t)in.p[0] << 8 | in.p[1])));
            for (size_t i = 0; i < p.lines_n; i++)
                check_line(&p.lines[i]);
            check_query(buf_slice(&p.query), query);
        } else {
            MUST(p.lines_n == 0 && p.query.n == 0);
        }
        place_free(&p);
    }
    egress_conf_free(&c);
    return 0;
}
