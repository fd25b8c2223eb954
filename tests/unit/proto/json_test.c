/* The JSON reader, writer and editor: every refusal of json.h beside what is accepted. */
#include "proto/json.h"
#include "proto_test.h"

/* --- what is accepted, and how it is written again -------------------------------------------- */

static const struct {
    struct slice in, out;
} accepted[] = {
#define ROW(in, out)                                                                               \
    {                                                                                              \
        {(const uint8_t *)"" in, sizeof(in) - 1},                                                  \
        {                                                                                          \
            (const uint8_t *)"" out, sizeof(out) - 1                                               \
        }                                                                                          \
    }
#define SAME(in) ROW(in, in)
    SAME("null"),
    SAME("true"),
    SAME("false"),
    SAME("{}"),
    SAME("[]"),
    SAME("\"\""),
    SAME("[[],{},[{}],{\"\":[]}]"),
    ROW(" \t\r\n{ \"a\" : 1 , \"b\" : [ 1 , 2 ] } \n", "{\"a\":1,\"b\":[1,2]}"),
    ROW("[ ]", "[]"),
    ROW("{ }", "{}"),
    /* numbers stay text */
    SAME("0"),
    SAME("-0"),
    SAME("-0.0"),
    SAME("1E2"),
    SAME("1e+2"),
    SAME("0.1"),
    SAME("100.0"),
    SAME("9007199254740993"),
    SAME("9223372036854775808"),
    SAME("18446744073709551616"),
    SAME("1234567890123456789012345678901234567890"),
    SAME("1e400"),
    SAME("-1e-400"),
    SAME("[0,-1,0.5,1e1]"),
    /* strings: one way of writing each */
    ROW("\"\\u0061\\/\\u00e9\\ud83d\\ude00\"", "\"a/\xc3\xa9\xf0\x9f\x98\x80\""),
    ROW("\"\\b\\f\\n\\r\\t\\\"\\\\\"", "\"\\b\\f\\n\\r\\t\\\"\\\\\""),
    ROW("\"\\u0000\\u001F\\u000a\"", "\"\\u0000\\u001f\\n\""),
    SAME("\"\x7f\""),
    SAME("\"\xe2\x80\xa8\xe2\x80\xa9\""),
    SAME("\"\xef\xbb\xbf\""),
    ROW("\"\\ufeff\\uffff\"", "\"\xef\xbb\xbf\xef\xbf\xbf\""),
    SAME(
        "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""),
    ROW("{\"\\u0061\":1}", "{\"a\":1}"),
    ROW("{\"a\\u0000\":1,\"a\":2}", "{\"a\\u0000\":1,\"a\":2}"),
    ROW("[1,[2,[ 3]],[4]]", "[1,[2,[3]],[4]]"),
    /* long runs, over eight bytes, with the interesting byte at each place */
    SAME("\"12345678\""),
    SAME("\"1234567\xc3\xa9"
         "9\""),
    ROW("\"123456\\n89\"", "\"123456\\n89\""),
    ROW("\"1234567890123\\u00e9\"", "\"1234567890123\xc3\xa9\""),
};

static void test_accepted(void **state)
{
    struct json j;
    (void)state;
    j = JSON_INIT;
    for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
        struct buf out = BUF_INIT(1000);
        size_t at = 0;
        enum err e = json_parse(&j, accepted[i].in, &at);
        if (e != ERR_OK)
            fail_msg("row %zu: %s at %zu", i, err_name(e), at);
        json_copy(&j, 0, &out);
        if (!slice_eq(buf_slice(&out), accepted[i].out))
            fail_msg("row %zu: %.*s", i, (int)out.n, (char *)out.p);
        /* Written again, it reads the same. */
        struct buf again = BUF_INIT(1000);
        assert_ok(json_parse(&j, buf_slice(&out), NULL));
        json_copy(&j, 0, &again);
        assert_true(slice_eq(buf_slice(&out), buf_slice(&again)));
        buf_free(&out);
        buf_free(&again);
    }
    json_free(&j);
}

/* --- what is refused, and where --------------------------------------------------------------- */

static const struct {
    struct slice in;
    enum err e;
    size_t at;
} refused[] = {
#define NO(in, e, at)                                                                              \
    {                                                                                              \
        {(const uint8_t *)"" in, sizeof(in) - 1}, ERR_##e, at                                      \
    }
    NO("", SYNTAX, 0),
    NO(" ", SYNTAX, 1),
    NO("nul", SYNTAX, 0),
    NO("nulll", SYNTAX, 4),
    NO("True", SYNTAX, 0),
    NO("NaN", SYNTAX, 0),
    NO("Infinity", SYNTAX, 0),
    NO("-Infinity", SYNTAX, 0),
    NO("'a'", SYNTAX, 0),
    NO("{a:1}", SYNTAX, 1),
    NO("{'a':1}", SYNTAX, 1),
    /* numbers */
    NO("01", SYNTAX, 1),
    NO("-", SYNTAX, 0),
    NO("-01", SYNTAX, 2),
    NO("+1", SYNTAX, 0),
    NO("1.", SYNTAX, 0),
    NO(".5", SYNTAX, 0),
    NO("1.e1", SYNTAX, 0),
    NO("1e", SYNTAX, 0),
    NO("1e+", SYNTAX, 0),
    NO("0x10", SYNTAX, 1),
    NO("1_000", SYNTAX, 1),
    NO("\xef\xbc\x91", SYNTAX, 0),
    /* structure */
    NO("[", SYNTAX, 1),
    NO("[1", SYNTAX, 2),
    NO("[1,", SYNTAX, 3),
    NO("[1,]", SYNTAX, 3),
    NO("[,1]", SYNTAX, 1),
    NO("[1 2]", SYNTAX, 3),
    NO("[1;2]", SYNTAX, 2),
    NO("]", SYNTAX, 0),
    NO("[1}", SYNTAX, 2),
    NO("{\"a\":1]", SYNTAX, 6),
    NO("{", SYNTAX, 1),
    NO("{\"a\"", SYNTAX, 4),
    NO("{\"a\":", SYNTAX, 5),
    NO("{\"a\":1", SYNTAX, 6),
    NO("{\"a\":1,}", SYNTAX, 7),
    NO("{\"a\" 1}", SYNTAX, 5),
    NO("{\"a\"}", SYNTAX, 4),
    NO("{1:2}", SYNTAX, 1),
    NO("{null:2}", SYNTAX, 1),
    NO("{,}", SYNTAX, 1),
    NO(":", SYNTAX, 0),
    NO("{\"a\"::1}", SYNTAX, 5),
    /* around it */
    NO("\xef\xbb\xbf{}", SYNTAX, 0),
    NO("{}x", SYNTAX, 2),
    NO("{} {}", SYNTAX, 3),
    NO("1 2", SYNTAX, 2),
    NO("{}\0", SYNTAX, 2),
    NO("\0{}", SYNTAX, 0),
    NO("{}\v", SYNTAX, 2),
    NO("\f{}", SYNTAX, 0),
    NO("\xc2\xa0{}", SYNTAX, 0),
    NO("/* c */ {}", SYNTAX, 0),
    NO("{} // c", SYNTAX, 3),
    NO("[1/**/]", SYNTAX, 2),
    NO("{}\n#", SYNTAX, 3),
    /* strings */
    NO("\"", SYNTAX, 1),
    NO("\"a", SYNTAX, 2),
    NO("\"a\\", SYNTAX, 2),
    NO("\"a\\\"", SYNTAX, 4),
    NO("\"\\x41\"", SYNTAX, 1),
    NO("\"\\v\"", SYNTAX, 1),
    NO("\"\\'\"", SYNTAX, 1),
    NO("\"\\a\"", SYNTAX, 1),
    NO("\"\\u\"", SYNTAX, 1),
    NO("\"\\u12\"", SYNTAX, 1),
    NO("\"\\u123g\"", SYNTAX, 1),
    NO("\"\\U0041\"", SYNTAX, 1),
    NO("\"\\u+041\"", SYNTAX, 1),
    NO("\"\n\"", SYNTAX, 1),
    NO("\"\t\"", SYNTAX, 1),
    NO("\"a\0b\"", SYNTAX, 2),
    NO("\"\x1f\"", SYNTAX, 1),
    NO("\"12345678\x01\"", SYNTAX, 9),
    /* surrogates */
    NO("\"\\ud800\"", SYNTAX, 1),
    NO("\"\\udc00\"", SYNTAX, 1),
    NO("\"\\ud800x\"", SYNTAX, 1),
    NO("\"\\ud800\\n\"", SYNTAX, 1),
    NO("\"\\ud800\\u0061\"", SYNTAX, 1),
    NO("\"\\ud800\\ud800\"", SYNTAX, 1),
    NO("\"\\udc00\\ud800\"", SYNTAX, 1),
    NO("\"\\ud83d\\ude0\"", SYNTAX, 1),
    /* UTF-8 */
    NO("\"\x80\"", SYNTAX, 1),
    NO("\"\xff\"", SYNTAX, 1),
    NO("\"\xc3\"", SYNTAX, 1),
    NO("\"\xc0\x80\"", SYNTAX, 1),
    NO("\"\xc1\xbf\"", SYNTAX, 1),
    NO("\"\xe0\x80\x80\"", SYNTAX, 1),
    NO("\"\xe0\x9f\xbf\"", SYNTAX, 1),
    NO("\"\xed\xa0\x80\"", SYNTAX, 1),
    NO("\"\xed\xbf\xbf\"", SYNTAX, 1),
    NO("\"\xf0\x80\x80\x80\"", SYNTAX, 1),
    NO("\"\xf0\x8f\xbf\xbf\"", SYNTAX, 1),
    NO("\"\xf4\x90\x80\x80\"", SYNTAX, 1),
    NO("\"\xf5\x80\x80\x80\"", SYNTAX, 1),
    NO("\"\xf8\x88\x80\x80\x80\"", SYNTAX, 1),
    NO("\"\xe2\x82\"", SYNTAX, 1),
    NO("\"\xc3(\"", SYNTAX, 1),
    NO("{\"\xc3\":1}", SYNTAX, 2),
    /* equal keys; the offset is that of a second one */
    NO("{\"a\":1,\"a\":2}", DUPLICATE_KEY, 8),
    NO("{\"a\":1,\"a\":1}", DUPLICATE_KEY, 8),
    NO("{\"a\":1,\"\\u0061\":2}", DUPLICATE_KEY, 8),
    NO("{\"\\u0061\":1,\"a\":2}", DUPLICATE_KEY, 13),
    NO("{\"\\u00e9\":1,\"\xc3\xa9\":2}", DUPLICATE_KEY, 13),
    NO("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}", DUPLICATE_KEY, 19),
    NO("{\"\\n\":1,\"\\u000a\":2}", DUPLICATE_KEY, 9),
    NO("{\"\":1,\"\":2}", DUPLICATE_KEY, 7),
    NO("{\"\\/\":1,\"/\":2}", DUPLICATE_KEY, 9),
    NO("[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]", DUPLICATE_KEY, 20),
};

static void test_refused(void **state)
{
    struct json j;
    (void)state;
    j = JSON_INIT;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        size_t at = 12345;
        enum err e = json_parse(&j, refused[i].in, &at);
        if (e != refused[i].e || at != refused[i].at)
            fail_msg("row %zu %.*s: %s at %zu", i, (int)refused[i].in.n, (char *)refused[i].in.p,
                     err_name(e), at);
        assert_int_equal(j.n, 0);
    }
    json_free(&j);
}

/* Every prefix of a good document is refused, and every byte of it replaced by NUL. */
static void test_cut_and_holes(void **state)
{
    static const char doc[] =
        "{\"a\":[1.5e3,true,null,\"x\\u00e9\xc3\xa9\"],\"bcdefghijk\":{\"c\":-0}}";
    char copy[sizeof(doc)];
    struct json j;
    (void)state;
    j = JSON_INIT;
    assert_ok(json_parse(&j, slice_str(doc), NULL));
    for (size_t n = 0; n < sizeof(doc) - 1; n++) {
        char *exact = mem_strndup(doc, n);
        assert_err(json_parse(&j, slice_of(exact, n), NULL), ERR_SYNTAX);
        mem_free(exact);
        memcpy(copy, doc, sizeof(doc));
        copy[n] = 0;
        assert_err(json_parse(&j, slice_of(copy, sizeof(doc) - 1), NULL), ERR_SYNTAX);
    }
    json_free(&j);
}

/* --- limits ----------------------------------------------------------------------------------- */

static enum err parse_nested(unsigned depth)
{
    struct buf b = BUF_INIT(1 << 20);
    struct json j;
    j = JSON_INIT;
    for (unsigned i = 0; i < depth; i++)
        buf_put_str(&b, i % 2 ? "{\"k\":" : "[");
    buf_put_str(&b, "1");
    for (unsigned i = depth; i-- > 0;)
        buf_put_str(&b, i % 2 ? "}" : "]");
    enum err e = json_parse(&j, buf_slice(&b), NULL);
    if (e == ERR_OK) {
        /* The deepest document fits into as many levels of our own. */
        struct buf out = BUF_INIT(1 << 20);
        struct json_writer w;
        json_w_init(&w, &out);
        for (unsigned i = 0; i < depth; i++)
            json_w_array(&w);
        json_w_copy(&w, &j, 0);
        json_w_end(&w, depth);
        assert_int_equal(out.n, b.n + 2 * (size_t)depth);
        buf_free(&out);
    }
    json_free(&j);
    buf_free(&b);
    return e;
}

static void test_depth(void **state)
{
    (void)state;
    assert_ok(parse_nested(LIM_JSON_DEPTH));
    assert_err(parse_nested(LIM_JSON_DEPTH + 1), ERR_TOO_DEEP);
    assert_err(parse_nested(100000), ERR_TOO_DEEP);
}

/* n times before, the number, after; between brackets. */
static enum err parse_many(const char *brackets, const char *before, const char *after, unsigned n)
{
    struct buf b = BUF_INIT(16 << 20);
    struct json j;
    j = JSON_INIT;
    buf_put_u8(&b, (uint8_t)brackets[0]);
    for (unsigned i = 0; i < n; i++)
        buf_printf(&b, "%s%s%u%s", i ? "," : "", before, i, after);
    buf_put_u8(&b, (uint8_t)brackets[1]);
    assert_ok(buf_err(&b));
    enum err e = json_parse(&j, buf_slice(&b), NULL);
    if (e == ERR_OK)
        assert_int_equal(json_count(&j, 0), n);
    json_free(&j);
    buf_free(&b);
    return e;
}

static void test_sizes(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 40; n++)
        assert_ok(parse_many("{}", "\"key", "\":1", n));
    assert_ok(parse_many("{}", "\"", "\":1", LIM_JSON_KEYS));
    assert_err(parse_many("{}", "\"", "\":1", LIM_JSON_KEYS + 1), ERR_TOO_LARGE);
    assert_ok(parse_many("[]", "", "", LIM_JSON_NODES - 1));
    assert_err(parse_many("[]", "", "", LIM_JSON_NODES), ERR_TOO_LARGE);
}

/* One repeated key at every distance, in objects small and large, plain and escaped. */
static void test_equal_keys_anywhere(void **state)
{
    struct json j;
    (void)state;
    j = JSON_INIT;
    for (unsigned n = 2; n < 40; n++) {
        for (unsigned first = 0; first + 1 < n; first++) {
            struct buf b = BUF_INIT(1 << 16);
            unsigned second = first + 1 + (first * 7 + n) % (n - first - 1);
            buf_put_u8(&b, '{');
            for (unsigned i = 0; i < n; i++) {
                const char *name = i == first ? "same" : "s\\u0061me";
                if (i == first || i == second)
                    buf_printf(&b, "%s\"%s\":1", i ? "," : "", name);
                else
                    buf_printf(&b, "%s\"k%u\":{}", i ? "," : "", i);
            }
            buf_put_u8(&b, '}');
            assert_err(json_parse(&j, buf_slice(&b), NULL), ERR_DUPLICATE_KEY);
            buf_free(&b);
        }
    }
    json_free(&j);
}

/* An object of n keys of so many bytes, alike but for a number at this place; from, if it is not 0,
 * is the byte that is written as an escape. Returns how many pairs were compared. */
static uint32_t compare_alike(unsigned n, size_t bytes, size_t place, size_t from)
{
    struct buf b = BUF_INIT(16 << 20);
    struct json j;
    uint32_t compared;

    j = JSON_INIT;
    for (unsigned i = 0; i < n; i++) {
        char digits[5];

        (void)snprintf(digits, sizeof(digits), "%04u", i);
        buf_put_str(&b, i == 0 ? "{\"" : ",\"");
        for (size_t at = 0; at < bytes; at++) {
            if (at - place < 4)
                buf_put_u8(&b, (uint8_t)digits[at - place]);
            else
                buf_put_str(&b, from > 0 && at == from ? "\\u0061" : "a");
        }
        buf_put_str(&b, "\":1");
    }
    buf_put_u8(&b, '}');
    assert_ok(json_parse(&j, buf_slice(&b), NULL));
    compared = j.compared;
    json_free(&j);
    buf_free(&b);
    return compared;
}

/* Whichever of their bytes differ, keys are told apart by their hashes: nobody who chooses them can
 * make comparing them take longer than reading them. Of 4000 keys two have the same hash once in
 * five hundred runs, three pairs never. */
static void test_keys_that_look_alike(void **state)
{
    enum { FEW = 12, MANY = 4000, ALLOWED = 2 };

    (void)state;
    for (size_t place = 0; place + 4 <= 64; place++) {
        assert_in_range(compare_alike(FEW, 64, place, place == 0 ? 63 : place - 1), 0, ALLOWED);
        assert_in_range(compare_alike(1000, 64, place, 0), 0, ALLOWED);
    }
    assert_in_range(compare_alike(MANY, 1010, 1010 - 20, 0), 0, ALLOWED);
    assert_in_range(compare_alike(MANY, 1010, 1010 - 20, 1), 0, ALLOWED);
    assert_in_range(compare_alike(MANY, 1010, 20, 1), 0, ALLOWED);
    assert_in_range(compare_alike(MANY, 1010, 0, 1009), 0, ALLOWED);
}

/* Nor does a length that only zero bytes make. */
static void test_keys_of_zeros(void **state)
{
    struct buf b = BUF_INIT(1 << 20);
    struct json j;

    (void)state;
    j = JSON_INIT;
    for (unsigned n = 0; n < 200; n++) {
        buf_put_str(&b, n == 0 ? "{\"" : ",\"");
        for (unsigned i = 0; i < n; i++)
            buf_put_str(&b, "\\u0000");
        buf_put_str(&b, "\":1");
    }
    buf_put_u8(&b, '}');
    assert_ok(json_parse(&j, buf_slice(&b), NULL));
    assert_in_range(j.compared, 0, 2);
    json_free(&j);
    buf_free(&b);
}

/* --- reading ---------------------------------------------------------------------------------- */

static const char sample[] =
    "{\"id\":7,\"\\u006dethod\":\"t\\u006fols\",\"params\":{\"list\":[1,\"two\",[3],"
    "{}],\"empty\":{}},\"last\":-9223372036854775808}";

static void test_reading(void **state)
{
    struct json j;
    struct buf b = BUF_INIT(100);
    int64_t i;
    (void)state;
    j = JSON_INIT;
    assert_ok(json_parse(&j, slice_str(sample), NULL));
    assert_true(json_is(&j, 0, JSON_OBJECT));
    assert_int_equal(json_count(&j, 0), 4);
    assert_true(json_i64(&j, json_get(&j, 0, "id"), &i));
    assert_int_equal(i, 7);
    assert_true(json_i64(&j, json_get(&j, 0, "last"), &i));
    assert_true(i == INT64_MIN);
    uint32_t method = json_get(&j, 0, "method");
    assert_true(json_str_eq_c(&j, method, "tools"));
    assert_false(json_str_eq_c(&j, method, "tool"));
    assert_false(json_str_eq_c(&j, method, "toolsx"));
    assert_ok(json_str(&j, method, &b));
    assert_buf(&b, "tools");
    assert_slice(json_raw(&j, method), "t\\u006fols");
    uint32_t list = json_get(&j, json_get(&j, 0, "params"), "list");
    assert_int_equal(json_count(&j, list), 4);
    uint32_t e = json_first(&j, list);
    assert_slice(json_raw(&j, e), "1");
    e = json_next(&j, e);
    assert_slice(json_str_slice(&j, e, &b), "two");
    e = json_next(&j, e);
    assert_slice(json_raw(&j, e), "[3]");
    e = json_next(&j, e);
    assert_true(json_is(&j, e, JSON_OBJECT));
    assert_int_equal(json_next(&j, e), JSON_NONE);
    assert_int_equal(json_first(&j, e), JSON_NONE);
    uint32_t k = json_first(&j, 0);
    assert_slice(json_raw(&j, json_next(&j, json_next(&j, json_next(&j, k)))), "last");
    assert_int_equal(json_next(&j, json_value(&j, k)), JSON_NONE);
    json_free(&j);
    buf_free(&b);
}

/* Look-ups of what is not there end in JSON_NONE and nothing worse. */
static void test_reading_nothing(void **state)
{
    struct json j;
    struct buf b = BUF_INIT(100);
    int64_t i = 1;
    (void)state;
    j = JSON_INIT;
    assert_ok(json_parse(&j, slice_str(sample), NULL));
    uint32_t none = json_get(&j, json_get(&j, 0, "no"), "_meta");
    assert_int_equal(none, JSON_NONE);
    assert_int_equal(json_get(&j, json_get(&j, 0, "id"), "x"), JSON_NONE);
    assert_int_equal(json_get(&j, 0, ""), JSON_NONE);
    assert_false(json_is(&j, none, JSON_NULL));
    assert_int_equal(json_raw(&j, none).n, 0);
    assert_int_equal(json_count(&j, none), 0);
    assert_int_equal(json_first(&j, none), JSON_NONE);
    assert_int_equal(json_next(&j, none), JSON_NONE);
    assert_int_equal(json_next(&j, 0), JSON_NONE);
    assert_int_equal(json_value(&j, none), JSON_NONE);
    assert_int_equal(json_value(&j, 0), JSON_NONE);
    assert_err(json_str(&j, none, &b), ERR_INVALID_PARAMS);
    assert_err(json_str(&j, 0, &b), ERR_INVALID_PARAMS);
    assert_false(json_str_eq_c(&j, none, ""));
    assert_false(json_i64(&j, none, &i));
    assert_int_equal(i, 1);
    json_free(&j);
    buf_free(&b);
}

static void test_integers(void **state)
{
    static const struct {
        const char *text;
        bool i;
    } rows[] = {
        {"0", true},
        {"-0", true},
        {"18446744073709551615", false},
        {"18446744073709551616", false},
        {"9223372036854775807", true},
        {"9223372036854775808", false},
        {"-9223372036854775808", true},
        {"-9223372036854775809", false},
        {"1.0", false},
        {"1e2", false},
        {"\"1\"", false},
        {"true", false},
    };
    struct json j;
    (void)state;
    j = JSON_INIT;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        int64_t i;
        assert_ok(json_parse(&j, slice_str(rows[r].text), NULL));
        assert_int_equal(json_i64(&j, 0, &i), rows[r].i);
    }
    json_free(&j);
}

static void test_numbers_equal(void **state)
{
    static const struct {
        const char *a, *b;
        bool eq;
    } rows[] = {
        {"42", "42.0", true},
        {"42", "4.2e1", true},
        {"42", "420E-1", true},
        {"0", "-0", true},
        {"0", "0.000e99", true},
        {"100", "1e2", true},
        {"1e400", "10e399", true},
        {"0.001", "1e-3", true},
        {"-1.50", "-15e-1", true},
        {"9007199254740993", "9007199254740992", false},
        {"1e9999999999999999999999", "1e9999999999999999999999", true},
        {"1e9999999999999999999999", "10e9999999999999999999998", false},
        {"0e9999999999999999999999", "0", true},
        {"42", "-42", false},
        {"42", "421", false},
        {"42", "43", false},
        {"42", "4200", false},
        {"42", "0x2a", false},
        {"42", " 42", false},
        {"42", "", false},
        {"1e00000000000000000000000000002", "100", true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(json_number_eq(slice_str(rows[i].a), slice_str(rows[i].b)), rows[i].eq);
        assert_int_equal(json_number_eq(slice_str(rows[i].b), slice_str(rows[i].a)), rows[i].eq);
    }
}

/* --- writing ---------------------------------------------------------------------------------- */

static void test_put_str(void **state)
{
    struct buf b = BUF_INIT(200);
    (void)state;
    json_put_str(&b, S("a\"b\\c\n\t\x01\x7f/\xc3\xa9"));
    assert_buf(&b, "\"a\\\"b\\\\c\\n\\t\\u0001\x7f/\xc3\xa9\"");
    buf_clear(&b);
    json_put_str(&b, S("\0x\xff\xed\xa0\x80y"));
    assert_buf(&b, "\"\\u0000x\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdy\"");
    buf_free(&b);
}

static void test_writer(void **state)
{
    struct buf b = BUF_INIT(200);
    struct json_writer w;
    (void)state;
    json_w_init(&w, &b);
    json_w_object(&w);
    json_w_key(&w, "a");
    json_w_array(&w);
    json_w_raw(&w, SLICE_LIT("null"));
    json_w_object(&w);
    json_w_end(&w, 1);
    json_w_array(&w);
    json_w_str(&w, SLICE_LIT("y"));
    json_w_end(&w, 2);
    json_w_member(&w, "b\n", SLICE_LIT("x"));
    json_w_member_raw(&w, "c", SLICE_LIT("{}"));
    json_w_member_object(&w, "d");
    json_w_member_number(&w, "e", INT64_MIN);
    json_w_end(&w, 2);
    assert_buf(&b, "{\"a\":[null,{},[\"y\"]],\"b\\n\":\"x\",\"c\":{},"
                   "\"d\":{\"e\":-9223372036854775808}}");
    buf_free(&b);
}

/* --- editing ---------------------------------------------------------------------------------- */

static void check_edit(const char *doc, void (*edit)(struct json_edits *, const struct json *),
                       const char *want)
{
    struct json j;
    struct json_edits e;
    struct buf out = BUF_INIT(4096);
    j = JSON_INIT;
    json_edits_init(&e, 4096);
    assert_ok(json_parse(&j, slice_str(doc), NULL));
    edit(&e, &j);
    assert_ok(json_copy_edited(&j, 0, &e, &out));
    if (!slice_eq_str(buf_slice(&out), want))
        fail_msg("%.*s", (int)out.n, (char *)out.p);
    /* A list can be used again. */
    buf_clear(&out);
    assert_ok(json_copy_edited(&j, 0, &e, &out));
    assert_true(slice_eq_str(buf_slice(&out), want));
    assert_ok(json_parse(&j, buf_slice(&out), NULL));
    json_edits_free(&e);
    json_free(&j);
    buf_free(&out);
}

static void edit_nothing(struct json_edits *e, const struct json *j)
{
    (void)e;
    (void)j;
}

static void edit_set(struct json_edits *e, const struct json *j)
{
    uint32_t params = json_get(j, 0, "params");
    json_edit_set(e, j, params, "requestState", SLICE_LIT("\"new\""));
    json_edit_set(e, j, params, "more", SLICE_LIT("[1]"));
    json_edit_unset(e, j, params, "gone");
    json_edit_unset(e, j, params, "never");
    json_edit_set(e, j, json_get(j, params, "_meta"), "io.x/y", SLICE_LIT("{}"));
}

static void edit_remove_all(struct json_edits *e, const struct json *j)
{
    for (uint32_t k = json_first(j, 0); k != JSON_NONE; k = json_next(j, k))
        json_edit_remove(e, k);
}

static void edit_elements(struct json_edits *e, const struct json *j)
{
    uint32_t first = json_first(j, 0);
    json_edit_remove(e, first);
    json_edit_replace_str(e, json_next(j, first), S("q\"\n"));
    json_edit_add_element(e, 0, SLICE_LIT("{\"tool\":1}"));
    json_edit_add_element(e, 0, SLICE_LIT("2"));
}

static void edit_key(struct json_edits *e, const struct json *j)
{
    json_edit_replace_str(e, json_first(j, 0), S("[redacted]"));
    json_edit_replace(e, json_get(j, 0, "b"), SLICE_LIT("1"));
    json_edit_replace(e, json_get(j, 0, "b"), SLICE_LIT("2"));
}

static void edit_under_replaced(struct json_edits *e, const struct json *j)
{
    uint32_t a = json_get(j, 0, "a");
    json_edit_set(e, j, a, "x", SLICE_LIT("9"));
    json_edit_replace(e, a, SLICE_LIT("null"));
    json_edit_remove(e, json_get_key(j, 0, SLICE_LIT("b")));
    json_edit_add_member(e, json_get(j, 0, "b"), SLICE_LIT("z"), SLICE_LIT("0"));
}

static void edit_root(struct json_edits *e, const struct json *j)
{
    (void)j;
    json_edit_replace(e, 0, SLICE_LIT("[]"));
}

static void test_edits(void **state)
{
    (void)state;
    check_edit("{ \"a\": [1, {\"b\": \"\\u0062\"}] }", edit_nothing, "{\"a\":[1,{\"b\":\"b\"}]}");
    check_edit(
        "{\"params\":{\"requestState\":{\"old\":[1,2]},\"gone\":[{}],\"_meta\":{\"k\":1},\"z\":0}}",
        edit_set,
        "{\"params\":{\"requestState\":\"new\",\"_meta\":{\"k\":1,\"io.x/"
        "y\":{}},\"z\":0,\"more\":[1]}}");
    check_edit("{\"a\":1,\"b\":{\"c\":[2]},\"d\":[]}", edit_remove_all, "{}");
    check_edit("[[1],2,3]", edit_elements, "[\"q\\\"\\n\",3,{\"tool\":1},2]");
    check_edit("{\"secret\":[1],\"b\":{\"c\":3}}", edit_key, "{\"[redacted]\":[1],\"b\":2}");
    check_edit("{\"a\":{\"x\":1},\"b\":{},\"c\":[]}", edit_under_replaced, "{\"a\":null,\"c\":[]}");
    check_edit("{\"a\":1}", edit_root, "[]");
}

static void test_edit_subtree(void **state)
{
    struct json j;
    struct json_edits e;
    struct buf out = BUF_INIT(100);
    (void)state;
    j = JSON_INIT;
    json_edits_init(&e, 100);
    assert_ok(json_parse(&j, S("{\"a\":{\"b\":[1,2]},\"c\":3}"), NULL));
    json_edit_add_element(&e, json_get(&j, json_get(&j, 0, "a"), "b"), SLICE_LIT("0"));
    json_edit_set(&e, &j, 0, "c", SLICE_LIT("4"));
    assert_ok(json_copy_edited(&j, json_get(&j, 0, "a"), &e, &out));
    assert_buf(&out, "{\"b\":[1,2,0]}");
    buf_clear(&out);
    json_copy(&j, json_first(&j, 0), &out); /* a key alone */
    assert_buf(&out, "\"a\"");
    json_edits_free(&e);
    json_free(&j);
    buf_free(&out);
}

/* Too little room, for the texts or for the result, is an error and not a cut message. */
static void test_edit_room(void **state)
{
    struct json j;
    struct json_edits e;
    struct buf out = BUF_INIT(10);
    (void)state;
    j = JSON_INIT;
    json_edits_init(&e, 8);
    assert_ok(json_parse(&j, S("{\"a\":1}"), NULL));
    json_edit_set(&e, &j, 0, "a", SLICE_LIT("\"1234567\""));
    assert_err(json_copy_edited(&j, 0, &e, &out), ERR_TOO_LARGE);
    json_edits_free(&e);
    json_edits_init(&e, 1);
    json_edit_set(&e, &j, 0, "b", SLICE_LIT("22"));
    assert_err(json_copy_edited(&j, 0, &e, &out), ERR_TOO_LARGE);
    json_edits_free(&e);
    json_free(&j);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cut_and_holes),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_equal_keys_anywhere),
        cmocka_unit_test(test_keys_that_look_alike),
        cmocka_unit_test(test_keys_of_zeros),
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_reading_nothing),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_numbers_equal),
        cmocka_unit_test(test_put_str),
        cmocka_unit_test(test_writer),
        cmocka_unit_test(test_edits),
        cmocka_unit_test(test_edit_subtree),
        cmocka_unit_test(test_edit_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
