/* The configuration of one upstream, and where its credential goes. */
#include "unit.h"

#include "egress/place.h"
#include "ipc/gen/egress.h"

#include <string.h>

static struct msg_conf_field field(uint8_t index, const char *name, bool masked)
{
    return (struct msg_conf_field){
        .upstream = 3, .index = index, .name = slice_str(name), .masked = masked};
}

static struct msg_conf_place place(enum place in, const char *name, const char *format)
{
    return (struct msg_conf_place){
        .upstream = 3, .in = in, .name = slice_str(name), .format = slice_str(format)};
}

static void base_conf(struct egress_conf *c)
{
    const struct msg_conf_upstream u = {.upstream = 3, .name = SLICE_LIT("up"), .protocols = 3};
    const struct msg_conf_endpoint e = {
        .upstream = 3, .host = SLICE_LIT("h"), .port = 1, .path = SLICE_LIT("/")};
    const struct msg_conf_field user = field(0, "user", false), key = field(1, "key", true);

    egress_conf_init(c);
    egress_on_conf_upstream(c, &u);
    egress_on_conf_endpoint(c, &e);
    egress_on_conf_field(c, &user);
    egress_on_conf_field(c, &key);
}

/* Packs up to two fields. */
static struct slice pack(struct buf *out, struct slice a, struct slice b)
{
    buf_clear(out);
    buf_put_u8(out, (uint8_t)(a.n >> 8));
    buf_put_u8(out, (uint8_t)a.n);
    buf_put(out, a);
    buf_put_u8(out, (uint8_t)(b.n >> 8));
    buf_put_u8(out, (uint8_t)b.n);
    buf_put(out, b);
    return buf_slice(out);
}

struct told {
    struct buf text; /* secrets, one a line */
};

static void tell(void *ctx, struct slice value, bool made)
{
    struct told *t = ctx;

    buf_put_str(&t->text, made ? "of it: " : "");
    buf_put(&t->text, value);
    buf_put_u8(&t->text, '\n');
}

static const struct {
    enum place in;
    const char *name, *format, *user, *key;
    const char *line, *query, *told; /* line NULL: refused */
} rows[] = {
    {PLACE_HEADER, "Authorization", "Bearer {key}", "ann", "k-1", "Authorization: Bearer k-1", "",
     "k-1\nof it: Bearer k-1\n"},
    {PLACE_HEADER, "X-Key", "{key}", "", "k", "X-Key: k", "", "k\nof it: k\n"},
    {PLACE_HEADER, "X", "{user}:{key}!", "ann", "hunter2", "X: ann:hunter2!", "", "hunter2\n"},
    {PLACE_HEADER, "X", "{user}:{key}!", "ann", "k", "X: ann:k!", "", "k\nof it: ann:k!\n"},
    {PLACE_HEADER, "X", "{key}{key}", "ann", "k", "X: kk", "", "k\nof it: kk\n"},
    {PLACE_HEADER, "X", "a\"{key}\"", "", "k", "X: a\"k\"", "", "k\nof it: a\"k\"\n"},
    {PLACE_QUERY, "api key", "{key}", "", "a b&c=%\xc3\xa9", "", "api%20key=a%20b%26c%3D%25%C3%A9",
     "a b&c=%\xc3\xa9\n"},
    {PLACE_QUERY, "k", "v{key}", "", "x", "", "k=vx", "x\nof it: vx\n"},
    {PLACE_BASIC, NULL, NULL, "Aladdin", "open sesame",
     "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "",
     "open sesame\nof it: Aladdin:open sesame\n"},
    {PLACE_BASIC, NULL, NULL, "", "", "Authorization: Basic Og==", "", "of it: :\n"},
    {PLACE_BASIC, NULL, NULL, "u", "p:q", "Authorization: Basic dTpwOnE=", "",
     "p:q\nof it: u:p:q\n"},
    /* refused */
    {PLACE_HEADER, "X", "{key}", "", "a\r\nEvil: 1", NULL, "", ""},
    {PLACE_HEADER, "X", "{key}", "", "a\nb", NULL, "", ""},
    {PLACE_HEADER, "X", "{key}", "", "a\rb", NULL, "", ""},
    {PLACE_HEADER, "X", "{key}", "", "a\x01", NULL, "", ""},
    {PLACE_HEADER, "X", "{key}", "", "caf\xc3\xa9", NULL, "", ""},
    {PLACE_HEADER, "X", "{key}", "", " a", NULL, "", ""},
    {PLACE_HEADER, "X", "{key}", "", "a ", NULL, "", ""},
    {PLACE_HEADER, "X", "{key}", "", "", NULL, "", ""},
    {PLACE_HEADER, "X", "{key}", "a\nb", "k", NULL, "", ""}, /* a field that is not even used */
    {PLACE_QUERY, "k", "{key}", "", "a\nb", NULL, "", ""},
    {PLACE_BASIC, NULL, NULL, "a:b", "p", NULL, "", ""},
    {PLACE_BASIC, NULL, NULL, "a", "p\n", NULL, "", ""},
};

static void test_rows(void **state)
{
    struct buf packed = BUF_INIT(20000);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct msg_conf_place p =
            place(rows[i].in, rows[i].name == NULL ? "Authorization" : rows[i].name,
                  rows[i].format == NULL ? "" : rows[i].format);
        struct told told = {BUF_INIT(1000)};
        struct place_out out;
        struct egress_conf c;
        enum err e;

        base_conf(&c);
        p.user = rows[i].in == PLACE_BASIC ? SLICE_LIT("user") : SLICE_EMPTY;
        p.password = rows[i].in == PLACE_BASIC ? SLICE_LIT("key") : SLICE_EMPTY;
        egress_on_conf_place(&c, &p);
        assert_err(egress_conf_check(&c), ERR_OK);
        place_init(&out);
        e = place_fill(&c, pack(&packed, slice_str(rows[i].user), slice_str(rows[i].key)), tell,
                       &told, &out);
        if (rows[i].line == NULL) {
            assert_err(e, ERR_INVALID_PARAMS);
            assert_int_equal(out.lines_n, 0);
            assert_int_equal(out.query.n, 0);
        } else {
            assert_err(e, ERR_OK);
            if (rows[i].in != PLACE_QUERY) {
                assert_int_equal(out.lines_n, 1);
                assert_true(slice_eq_str(buf_slice(&out.lines[0]), rows[i].line));
            }
            assert_true(slice_eq_str(buf_slice(&out.query), rows[i].query));
            assert_true(slice_eq_str(buf_slice(&told.text), rows[i].told));
        }
        place_free(&out);
        buf_free(&told.text);
        egress_conf_free(&c);
    }
    buf_free(&packed);
}

static void test_two_places(void **state)
{
    const struct msg_conf_place header = place(PLACE_HEADER, "X", "{user}"),
                                query = place(PLACE_QUERY, "k", "{key}"),
                                more = place(PLACE_QUERY, "l", "{user}");
    struct buf packed = BUF_INIT(100);
    struct place_out out;
    struct egress_conf c;

    (void)state;
    base_conf(&c);
    egress_on_conf_place(&c, &header);
    egress_on_conf_place(&c, &query);
    egress_on_conf_place(&c, &more);
    place_init(&out);
    assert_err(place_fill(&c, pack(&packed, SLICE_LIT("u"), SLICE_LIT("k")), NULL, NULL, &out),
               ERR_OK);
    assert_true(slice_eq_str(buf_slice(&out.lines[0]), "X: u"));
    assert_true(slice_eq_str(buf_slice(&out.query), "k=k&l=u"));
    place_free(&out);
    buf_free(&packed);
    egress_conf_free(&c);
}

static void test_nul_in_a_value(void **state)
{
    const struct msg_conf_place p = place(PLACE_QUERY, "k", "{key}");
    struct buf packed = BUF_INIT(100);
    struct place_out out;
    struct egress_conf c;

    (void)state;
    base_conf(&c);
    egress_on_conf_place(&c, &p);
    place_init(&out);
    assert_err(place_fill(&c, pack(&packed, SLICE_EMPTY, slice_of("a\0b", 3)), NULL, NULL, &out),
               ERR_INVALID_PARAMS);
    place_free(&out);
    buf_free(&packed);
    egress_conf_free(&c);
}

/* A packed credential that is not exactly the fields. */
static void test_malformed(void **state)
{
    static const struct {
        const char *p;
        size_t n;
    } packed[] = {{"", 0},        {"\0", 1},         {"\0\1", 2},        {"\0\1a", 3},
                  {"\0\1a\0", 4}, {"\0\1a\0\2b", 6}, {"\0\1a\0\1b!", 7}, {"\xff\xff", 2}};
    const struct msg_conf_place p = place(PLACE_HEADER, "X", "{key}");
    struct place_out out;
    struct egress_conf c;

    (void)state;
    base_conf(&c);
    egress_on_conf_place(&c, &p);
    for (size_t i = 0; i < ARRAY_LEN(packed); i++) {
        place_init(&out);
        assert_err(place_fill(&c, slice_of(packed[i].p, packed[i].n), NULL, NULL, &out),
                   ERR_PROTOCOL);
        place_free(&out);
    }
    egress_conf_free(&c);
}

/* Many places with the longest value: refused, not cut. */
static void test_too_large(void **state)
{
    static char value[LIM_FIELD_BYTES];
    struct buf packed = BUF_INIT(20000);
    const struct msg_conf_place p = place(PLACE_HEADER, "X", "{key}{key}{key}{key}{key}");
    struct place_out out;
    struct egress_conf c;

    (void)state;
    memset(value, 'v', sizeof(value));
    base_conf(&c);
    egress_on_conf_place(&c, &p);
    place_init(&out);
    assert_err(place_fill(&c, pack(&packed, SLICE_EMPTY, slice_of(value, sizeof(value))), NULL,
                          NULL, &out),
               ERR_INVALID_PARAMS);
    assert_int_equal(out.lines_n, 0);
    place_free(&out);
    buf_free(&packed);
    egress_conf_free(&c);
}

/* --- what is checked -------------------------------------------------------------------------- */

static const struct {
    enum place in;
    const char *name, *format, *user, *password;
    bool good;
} places[] = {
    {PLACE_HEADER, "X", "{key}", "", "", true},    {PLACE_HEADER, "X", "no field", "", "", false},
    {PLACE_HEADER, "X", "{other}", "", "", false}, {PLACE_HEADER, "X", "{key", "", "", false},
    {PLACE_HEADER, "X", "key}", "", "", false},    {PLACE_HEADER, "X", "{key}}", "", "", false},
    {PLACE_HEADER, "X", "{{key}", "", "", false},  {PLACE_HEADER, "X", "", "", "", false},
    {PLACE_HEADER, "", "{key}", "", "", false},    {PLACE_HEADER, "X Y", "{key}", "", "", false},
    {PLACE_HEADER, "X:", "{key}", "", "", false},  {PLACE_QUERY, "", "{key}", "", "", false},
    {PLACE_QUERY, "a b", "{key}", "", "", true},   {PLACE_BASIC, "", "", "user", "key", true},
    {PLACE_BASIC, "", "", "user", "other", false}, {PLACE_BASIC, "", "", "", "key", false},
};

static void test_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        struct msg_conf_place p = place(places[i].in, places[i].name, places[i].format);
        struct egress_conf c;

        base_conf(&c);
        p.user = slice_str(places[i].user);
        p.password = slice_str(places[i].password);
        egress_on_conf_place(&c, &p);
        assert_err(egress_conf_check(&c), ERR_OK);
        if ((place_check(&c) == ERR_OK) != places[i].good)
            fail_msg("row %zu", i);
        egress_conf_free(&c);
    }
}

static void test_rules(void **state)
{
    static const struct {
        enum rule rule;
        const char *value;
        bool good;
        int64_t number;
    } rules[] = {
        {RULE_STATUS, "403", true, 403}, {RULE_STATUS, "x", false, 0},
        {RULE_STATUS, "", false, 0},     {RULE_CODE, "-32001", true, -32001},
        {RULE_CODE, "7", true, 7},       {RULE_CODE, "-", false, 0},
        {RULE_CODE, "--1", false, 0},    {RULE_TEXT, "invalid key", true, 0},
        {RULE_TEXT, "", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        const struct msg_conf_rule m = {3, rules[i].rule, slice_str(rules[i].value)};
        const struct msg_conf_place p = place(PLACE_HEADER, "X", "{key}");
        struct egress_conf c;

        base_conf(&c);
        egress_on_conf_place(&c, &p);
        egress_on_conf_rule(&c, &m);
        assert_int_equal(egress_conf_check(&c) == ERR_OK, rules[i].good);
        if (rules[i].good)
            assert_int_equal(c.rules[0].number, rules[i].number);
        egress_conf_free(&c);
    }
}

/* Rows that are too many, of another upstream, out of order, or missing. */
static void test_rows_that_do_not_fit(void **state)
{
    const struct msg_conf_place p = place(PLACE_HEADER, "X", "{key}");
    struct msg_conf_field f = field(3, "z", true);
    struct msg_conf_place other = p;
    struct egress_conf c;

    (void)state;
    for (f.index = 2; f.index < 4; f.index++) { /* 2 is due */
        base_conf(&c);
        egress_on_conf_place(&c, &p);
        egress_on_conf_field(&c, &f);
        assert_err(egress_conf_check(&c), f.index == 2 ? ERR_OK : ERR_CONFIG);
        egress_conf_free(&c);
    }

    base_conf(&c);
    other.upstream = 4;
    egress_on_conf_place(&c, &other);
    assert_err(egress_conf_check(&c), ERR_CONFIG);
    egress_conf_free(&c);

    base_conf(&c); /* fields without a place */
    assert_err(egress_conf_check(&c), ERR_CONFIG);
    egress_conf_free(&c);

    base_conf(&c);
    for (int i = 0; i <= LIM_PLACES; i++)
        egress_on_conf_place(&c, &p);
    assert_err(egress_conf_check(&c), ERR_CONFIG);
    egress_conf_free(&c);

    egress_conf_init(&c);
    assert_err(egress_conf_check(&c), ERR_CONFIG);
    egress_on_conf_place(&c, &p); /* before the upstream's own row */
    assert_err(egress_conf_check(&c), ERR_CONFIG);
    egress_conf_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),           cmocka_unit_test(test_two_places),
        cmocka_unit_test(test_nul_in_a_value), cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_too_large),      cmocka_unit_test(test_places),
        cmocka_unit_test(test_rules),          cmocka_unit_test(test_rows_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
