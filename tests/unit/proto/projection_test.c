/* The projection: what stands in it, where it is cut, and that nothing escapes it. */
#include "proto/projection.h"
#include "proto_test.h"

/* A stand-in for SHA-256 that tells different texts apart in these tests. */
static struct digest fake_sha256(struct slice s)
{
    struct digest d;
    uint64_t h = s.n;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < sizeof(d.b); i++)
        d.b[i] = (uint8_t)(h >> i % 8 * 8);
    return d;
}

static void project(const char *text, struct buf *out)
{
    struct json j;
    j = JSON_INIT;
    assert_ok(json_parse(&j, slice_str(text), NULL));
    struct projection_in in = {&j,
                               json_get(&j, 0, "method"),
                               json_get(&j, 0, "name"),
                               json_get(&j, 0, "params"),
                               fake_sha256,
                               NULL};
    assert_ok(projection_write(&in, out));
    json_free(&j);
}

/* As text: tag, value, separated by spaces. */
static void show(struct slice p, struct buf *out)
{
    size_t at = 0;
    char tag;
    struct slice v;
    while (projection_next(p, &at, &tag, &v)) {
        buf_put_u8(out, (uint8_t)tag);
        if (tag == 'X' || tag == 'n')
            assert_int_equal(v.n, tag == 'n' ? DIGEST_BYTES : 0);
        else
            buf_put(out, v);
        buf_put_u8(out, ' ');
    }
    assert_int_equal(at, p.n);
}

static const struct {
    const char *in, *out;
} rows[] = {
    {"{\"method\":\"m\"}", "Mm "},
    {"{\"method\":\"m\",\"name\":\"n\"}", "Mm Nn "},
    {"{\"method\":\"\\u006d\",\"name\":\"\\u006e\",\"params\":{}}", "Mm Nn "},
    {"{\"method\":\"m\",\"params\":{\"arguments\":{}}}", "Mm P/arguments o "},
    {"{\"method\":\"m\",\"params\":[]}", "Mm "},
    {"{\"method\":\"m\",\"params\":{\"a\":1.50,\"b\":\"x\\ty\",\"c\":true,\"d\":false,\"e\":"
     "null,\"f\":{},\"g\":[]}}",
     "Mm P/a d1.50 P/b sx\ty P/c t P/d f P/e z P/f o P/g a "},
    {"{\"method\":\"m\",\"params\":{\"a\":{\"b\":[1,[2,3],{\"c\":4}],\"d\":5},\"e\":6}}",
     "Mm P/a/b/0 d1 P/a/b/1/0 d2 P/a/b/1/1 d3 P/a/b/2/c d4 P/a/d d5 P/e d6 "},
    {"{\"method\":\"m\",\"params\":{\"a/b~c\":1,\"\\u0064\":2,\"\":3}}",
     "Mm P/a~1b~0c d1 P/d d2 P/ d3 "},
    {"{\"method\":\"m\",\"params\":[[[1]],[2]]}", "Mm P/0/0/0 d1 P/1/0 d2 "},
    {"{\"method\":\"m\",\"params\":{\"_meta\":{\"a\":1},\"b\":2,\"requestState\":\"s\",\"c\":{"
     "\"_meta\":3},\"input\\u0052esponses\":{}}}",
     "Mm P/b d2 P/c/_meta d3 "},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf p = BUF_INIT(LIM_PROJECTION_BYTES), text = BUF_INIT(1000);
        project(rows[i].in, &p);
        show(buf_slice(&p), &text);
        if (!slice_eq_str(buf_slice(&text), rows[i].out))
            fail_msg("%s: %.*s", rows[i].in, (int)text.n, (char *)text.p);
        buf_free(&p);
        buf_free(&text);
    }
}

/* White space and the way of writing a string make no difference; anything else does. */
static void test_same_and_different(void **state)
{
    struct buf a = BUF_INIT(1000), b = BUF_INIT(1000);
    (void)state;
    project("{\"method\":\"m\",\"params\":{\"k\":[\"\\u0061\"]}}", &a);
    project(" { \"params\" : { \"k\" : [ \"a\" ] } , \"method\" : \"m\" } ", &b);
    assert_true(slice_eq(buf_slice(&a), buf_slice(&b)));
    static const char *const other[] = {
        "{\"method\":\"m\",\"params\":{\"k\":\"a\"}}",
        "{\"method\":\"m\",\"params\":{\"k\":[\"b\"]}}",
        "{\"method\":\"m\",\"arguments\":{\"j\":[\"a\"]}}",
        "{\"method\":\"m2\",\"params\":{\"k\":[\"a\"]}}",
        "{\"method\":\"m\",\"name\":\"\",\"params\":{\"k\":[\"a\"]}}",
        "{\"method\":\"m\",\"params\":{\"k\":[\"a\",[]]}}",
        "{\"method\":\"m\",\"arguments\":{\"k/0\":\"a\"}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(other); i++) {
        buf_clear(&b);
        project(other[i], &b);
        assert_false(slice_eq(buf_slice(&a), buf_slice(&b)));
    }
    buf_free(&a);
    buf_free(&b);
}

/* A document of n bytes of value under key, with a last member that the cut hides. */
static void big(struct buf *doc, size_t key_n, size_t value_n, const char *last)
{
    buf_put_str(doc, "{\"method\":\"m\",\"params\":{\"small\":1,\"");
    for (size_t i = 0; i < key_n; i++)
        buf_put_u8(doc, 'k');
    buf_put_str(doc, "\":\"");
    for (size_t i = 0; i < value_n; i++)
        buf_put_u8(doc, 'v');
    buf_printf(doc, "\",\"last\":%s}}", last);
    buf_put_u8(doc, 0);
}

static void test_cut(void **state)
{
    static const size_t sizes[][2] = {{1, LIM_PROJECTION_BYTES},
                                      {LIM_PROJECTION_BYTES, 1},
                                      {1, 1 << 20},
                                      {1 << 20, 1},
                                      {LIM_PROJECTION_BYTES / 2, LIM_PROJECTION_BYTES / 2}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct buf doc = BUF_INIT(3 << 20), a = BUF_INIT(LIM_PROJECTION_BYTES);
        struct buf text = BUF_INIT(LIM_PROJECTION_BYTES);
        big(&doc, sizes[i][0], sizes[i][1], "1");
        project((char *)doc.p, &a);
        show(buf_slice(&a), &text);
        assert_slice(buf_slice(&text), "Mm P/small d1 X ");
        buf_free(&doc);
        buf_free(&a);
        buf_free(&text);
    }
}

/* At every size around the limit the projection keeps within it. */
static void test_limit(void **state)
{
    (void)state;
    for (size_t n = LIM_PROJECTION_BYTES - 120; n < LIM_PROJECTION_BYTES; n++) {
        struct buf doc = BUF_INIT(1 << 20), p = BUF_INIT(LIM_PROJECTION_BYTES);
        big(&doc, 1, n, "1");
        project((char *)doc.p, &p);
        assert_true(p.n <= LIM_PROJECTION_BYTES);
        buf_free(&doc);
        buf_free(&p);
    }
}

/* Long keys over many leaves: the work stays linear, or this test would not end. */
static void test_hostile(void **state)
{
    struct buf doc = BUF_INIT(8 << 20), p = BUF_INIT(LIM_PROJECTION_BYTES);
    (void)state;
    buf_put_str(&doc, "{\"method\":\"m\",\"params\":{\"");
    for (int i = 0; i < 1 << 21; i++)
        buf_put_u8(&doc, 'k');
    buf_put_str(&doc, "\":[");
    for (int i = 0; i < 200000; i++)
        buf_put_str(&doc, i ? ",1" : "1");
    buf_put_str(&doc, "]}}");
    buf_put_u8(&doc, 0);
    project((char *)doc.p, &p);
    buf_free(&doc);
    buf_free(&p);
}

static void test_names(void **state)
{
    struct json j;
    struct buf b = BUF_INIT(1000), doc = BUF_INIT(1000);
    (void)state;
    j = JSON_INIT;
    for (unsigned extra = 0; extra < 2; extra++) {
        buf_clear(&doc);
        buf_clear(&b);
        buf_printf(&doc, "{\"method\":\"m\",\"name\":\"%0*d\"}", (int)(LIM_NAME_BYTES + extra), 0);
        assert_ok(json_parse(&j, buf_slice(&doc), NULL));
        struct projection_in in = {&j, 2, 4, JSON_NONE, fake_sha256, NULL};
        projection_put_name(&in, &b);
        assert_int_equal(b.n, extra ? 7 + 64 : LIM_NAME_BYTES);
        buf_clear(&b);
        assert_ok(projection_write(&in, &b));
        assert_int_equal(b.p[6], extra ? 'n' : 'N');
    }
    static const char *const odd[] = {"a\\nb", "a\\u0000", "\\u202e", "\\ttab"};
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        buf_clear(&doc);
        buf_clear(&b);
        buf_printf(&doc, "{\"method\":\"m\",\"name\":\"%s\"}", odd[i]);
        assert_ok(json_parse(&j, buf_slice(&doc), NULL));
        struct projection_in in = {&j, 2, 4, JSON_NONE, fake_sha256, NULL};
        projection_put_name(&in, &b);
        assert_true(slice_starts(buf_slice(&b), SLICE_LIT("sha256:")));
    }
    json_free(&j);
    buf_free(&b);
    buf_free(&doc);
}

/* projection_of, as readable text. */
static void test_of_messages(void **state)
{
    static const struct {
        const char *text, *want;
    } messages[] = {
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"x\","
         "\"arguments\":{\"a\":1}}}",
         "Mtools/call Nx P/arguments/a d1 "},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}", "Mtools/list "},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
         "cancelled\",\"params\":{\"requestId\":1}}",
         "Mnotifications/cancelled P/requestId d1 "},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x/y\",\"params\":{\"arguments\":7}}",
         "Mx/y P/arguments d7 "},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"arguments\":7}}", ""},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"m\"}}", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
        struct buf p = BUF_INIT(LIM_PROJECTION_BYTES), shown = BUF_INIT(1024);
        struct json j;
        struct jsonrpc m;
        j = JSON_INIT;
        assert_int_equal(json_parse(&j, slice_str(messages[i].text), NULL), ERR_OK);
        assert_int_equal(jsonrpc_read(&j, &m), ERR_OK);
        assert_int_equal(projection_of(&j, &m, NULL, fake_sha256, &p), ERR_OK);
        show(buf_slice(&p), &shown);
        buf_put_u8(&shown, 0);
        assert_string_equal((const char *)shown.p, messages[i].want);
        buf_free(&p);
        buf_free(&shown);
        json_free(&j);
    }
}

/* Headers are shown behind the params, under names that no pointer has, and as what they say. */
static void test_of_headers(void **state)
{
    const struct request_headers h = {{{SLICE_LIT("Tenant"), SLICE_LIT("live")},
                                       {SLICE_LIT("a"), SLICE_LIT("=?base64?w6Q=?=")},
                                       {SLICE_LIT("b"), SLICE_LIT("=?base64?w6Q?=")}},
                                      3};
    struct buf p = BUF_INIT(2 * LIM_PROJECTION_BYTES), shown = BUF_INIT(LIM_PROJECTION_BYTES);
    struct buf text = BUF_INIT(2 * LIM_PROJECTION_BYTES);
    struct jsonrpc m;
    struct json j;

    (void)state;
    j = JSON_INIT;
    assert_ok(json_parse(
        &j, S("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\",\"params\":{\"a\":1}}"), NULL));
    assert_ok(jsonrpc_read(&j, &m));
    assert_ok(projection_of(&j, &m, &h, fake_sha256, &p));
    show(buf_slice(&p), &shown);
    assert_true(
        slice_eq(buf_slice(&shown), S("Mx P/a d1 PMcp-Param-Tenant slive PMcp-Param-a s\xc3\xa4 "
                                      "PMcp-Param-b s=?base64?w6Q?= ")));
    json_free(&j);
    /* There is room for one, and that there are others is said. */
    buf_put_str(&text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\",\"params\":{\"a\":\"");
    for (size_t i = 0; i < LIM_PROJECTION_BYTES - 64; i++)
        buf_put_u8(&text, 'x');
    buf_put_str(&text, "\"}}");
    assert_ok(json_parse(&j, buf_slice(&text), NULL));
    assert_ok(jsonrpc_read(&j, &m));
    buf_clear(&p);
    assert_ok(projection_of(&j, &m, &h, fake_sha256, &p));
    assert_true(p.n <= LIM_PROJECTION_BYTES);
    assert_true(slice_ends(buf_slice(&p), S("liveX\0\0\0\0")));
    json_free(&j);
    buf_free(&p);
    buf_free(&shown);
    buf_free(&text);
}

static void test_next_malformed(void **state)
{
    size_t at;
    char tag;
    struct slice v;
    (void)state;
    static const char *const bad[] = {"", "M", "M\1\1\1", "M\1\1\1\1", "M\377\377\377\377aaaa"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        at = 0;
        assert_false(projection_next(slice_str(bad[i]), &at, &tag, &v));
    }
    at = 50;
    assert_false(projection_next(S("M\0\0\0\1a"), &at, &tag, &v));
}

static void test_room(void **state)
{
    struct json j;
    struct buf small = BUF_INIT(10);
    (void)state;
    j = JSON_INIT;
    assert_ok(json_parse(&j, S("{\"method\":\"1234567\"}"), NULL));
    struct projection_in in = {&j, 2, JSON_NONE, JSON_NONE, fake_sha256, NULL};
    assert_err(projection_write(&in, &small), ERR_TOO_LARGE);
    json_free(&j);
    buf_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_same_and_different),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_of_messages),
        cmocka_unit_test(test_of_headers),
        cmocka_unit_test(test_next_malformed),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
