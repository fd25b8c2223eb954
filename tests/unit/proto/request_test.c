/* What a request is: what makes no difference, and that everything else does. */
#include "proto/request.h"
#include "proto_test.h"

#include <time.h>

static void put(void *ctx, struct slice s)
{
    buf_put(ctx, s);
}

/* The canonical form of a message. */
static void form(struct slice text, struct buf *out)
{
    struct json j;
    struct jsonrpc m;

    j = JSON_INIT;
    assert_ok(json_parse(&j, text, NULL));
    assert_ok(jsonrpc_read(&j, &m));
    buf_clear(out);
    request_put(&j, &m, NULL, put, out);
    json_free(&j);
}

#define CALL(params)                                                                               \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":" params "}"
#define ONE                                                                                        \
    CALL(                                                                                          \
        "{\"name\":\"pay\",\"arguments\":{\"to\":\"a/b\",\"sum\":10.50,\"deep\":{\"x\":[1,{\"k\":" \
        "null}],\"\":true}}}")

static const char *const same[] = {
    ONE,
    /* another order of members, at every depth */
    "{\"params\":{\"arguments\":{\"deep\":{\"\":true,\"x\":[1,{\"k\":null}]},\"sum\":10.50,\"to\":"
    "\"a/b\"},\"name\":\"pay\"},\"method\":\"tools/call\",\"id\":\"other\",\"jsonrpc\":\"2.0\"}",
    /* white space and escapes, in keys and values */
    CALL(" { \"n\\u0061me\" : \"p\\u0061y\" , \"arguments\":{\"to\":\"a\\/b\",\"sum\":10.50,\"d"
         "\\u0065ep\":{\"x\":[1,{\"k\":null}],\"\":true}}}"),
    /* the hop's own words, and what continues a request */
    CALL("{\"_meta\":{\"a\":1},\"name\":\"pay\",\"requestState\":\"s\",\"arguments\":{\"to\":\"a/"
         "b\","
         "\"sum\":10.50,\"deep\":{\"x\":[1,{\"k\":null}],\"\":true}},\"inputResponses\":{\"q\":{}}"
         "}"),
};

static const char *const others[] = {
    CALL("{\"name\":\"pay\",\"arguments\":{\"to\":\"a/"
         "b\",\"sum\":10.5,\"deep\":{\"x\":[1,{\"k\":null}"
         "],\"\":true}}}"), /* another way to write a number */
    CALL("{\"name\":\"pay\",\"arguments\":{\"to\":\"a/"
         "b\",\"sum\":\"10.50\",\"deep\":{\"x\":[1,{\"k\":"
         "null}],\"\":true}}}"),
    CALL("{\"name\":\"pay\",\"arguments\":{\"to\":\"a/c\",\"sum\":10.50,\"deep\":{\"x\":[1,{\"k\":"
         "null}],\"\":true}}}"),
    CALL("{\"name\":\"pay\",\"arguments\":{\"to\":\"a/"
         "b\",\"sum\":10.50,\"deep\":{\"x\":[{\"k\":null},"
         "1],\"\":true}}}"), /* the order of elements */
    CALL("{\"name\":\"pay\",\"arguments\":{\"to\":\"a/b\",\"sum\":10.50,\"deep\":{\"x\":[1,{\"k\":"
         "false}],\"\":true}}}"),
    CALL("{\"name\":\"pay\",\"arguments\":{\"to\":\"a/"
         "b\",\"sum\":10.50,\"deep\":{\"x\":[1,{\"k\":{}}]"
         ",\"\":true}}}"),
    CALL("{\"name\":\"pay\",\"arguments\":{\"to\":\"a/"
         "b\",\"sum\":10.50,\"deep\":{\"x\":[1,{\"k\":null"
         "}],\"_meta\":1,\"\":true}}}"), /* such a name deeper is like any other */
    CALL("{\"name\":\"pay\",\"task\":{},\"arguments\":{\"to\":\"a/"
         "b\",\"sum\":10.50,\"deep\":{\"x\":[1,"
         "{\"k\":null}],\"\":true}}}"),
    CALL("{\"name\":\"Pay\",\"arguments\":{\"to\":\"a/"
         "b\",\"sum\":10.50,\"deep\":{\"x\":[1,{\"k\":null}"
         "],\"\":true}}}"),
    CALL("{\"name\":\"pay\"}"),
    CALL("{\"name\":\"pay\",\"arguments\":{}}"),
    CALL("{\"name\":\"pay\",\"arguments\":[]}"),
    CALL("{}"),
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"prompts/"
    "get\",\"params\":{\"name\":\"pay\",\"arguments\":"
    "{\"to\":\"a/b\",\"sum\":10.50,\"deep\":{\"x\":[1,{\"k\":null}],\"\":true}}}}",
    CALL("{\"name\":\"pay\",\"arguments\":{\"n\":9007199254740993}}"),
    CALL("{\"name\":\"pay\",\"arguments\":{\"n\":9007199254740992}}"),
    CALL("{\"name\":\"pay\",\"arguments\":{\"a\":\"bc\",\"d\":\"\"}}"),
    CALL("{\"name\":\"pay\",\"arguments\":{\"a\":\"b\",\"cd\":\"\"}}"),
    CALL("{\"name\":\"pay\",\"arguments\":{\"a\\u0000b\":1}}"),
    CALL("{\"name\":\"pay\",\"arguments\":{\"a\":{\"b\":{}},\"c\":{}}}"),
    CALL("{\"name\":\"pay\",\"arguments\":{\"a\":{\"b\":{},\"c\":{}}}}"),
};

static void test_same(void **state)
{
    struct buf want = BUF_INIT(4096), got = BUF_INIT(4096);

    (void)state;
    form(slice_str(ONE), &want);
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        form(slice_str(same[i]), &got);
        if (!slice_eq(buf_slice(&want), buf_slice(&got)))
            fail_msg("another request: %s", same[i]);
    }
    buf_free(&want);
    buf_free(&got);
}

/* Each differs from the one, and from each other. */
static void test_others(void **state)
{
    struct buf a = BUF_INIT(4096), b = BUF_INIT(4096);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        form(slice_str(ONE), &a);
        form(slice_str(others[i]), &b);
        if (slice_eq(buf_slice(&a), buf_slice(&b)))
            fail_msg("the same request: %s", others[i]);
        for (size_t k = 0; k < i; k++) {
            form(slice_str(others[k]), &a);
            if (slice_eq(buf_slice(&a), buf_slice(&b)))
                fail_msg("the same request: %s and %s", others[i], others[k]);
        }
    }
    buf_free(&a);
    buf_free(&b);
}

/* The form is what the header says, and is never changed: approvals are for digests of it. */
static void test_bytes(void **state)
{
    static const char want[] = "sidegate request 1\0"
                               "s\0\0\0\12tools/call"
                               "s\0\0\0\3pay"
                               "o\0\0\0\2"
                               "s\0\0\0\11arguments"
                               "o\0\0\0\2"
                               "s\0\0\0\1B"
                               "a\0\0\0\3tfz"
                               "s\0\0\0\1a"
                               "d\0\0\0\0031e0"
                               "s\0\0\0\4names\0\0\0\3pay";
    struct buf got = BUF_INIT(4096);

    (void)state;
    form(slice_str(CALL("{\"name\":\"pay\",\"arguments\":{\"a\":1e0,\"B\":[true,false,null]}}")),
         &got);
    assert_true(slice_eq(buf_slice(&got), slice_of(want, sizeof(want) - 1)));
    form(slice_str("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"), &got);
    assert_int_equal(got.n, 0);
    buf_free(&got);
}

/* Headers are of it, to the byte and in their order: another server may go by any of them. */
static void test_headers(void **state)
{
    static const struct {
        const char *name, *value;
    } headers[][2] = {
        {{NULL, NULL}},
        {{"Tenant", "test"}},
        {{"Tenant", "live"}},
        {{"tenant", "test"}},
        {{"Tenan", "ttest"}},
        {{"Tenant", "test"}, {"Delete", "all"}},
        {{"Delete", "all"}, {"Tenant", "test"}},
        {{"Tenant", "test"}, {"Tenant", "test"}},
    };
    struct buf forms[ARRAY_LEN(headers)];
    struct json j;
    struct jsonrpc m;

    (void)state;
    j = JSON_INIT;
    assert_ok(json_parse(&j, slice_str(ONE), NULL));
    assert_ok(jsonrpc_read(&j, &m));
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        struct request_headers h = {.n = 0};

        for (size_t k = 0; k < 2 && headers[i][k].name != NULL; k++)
            h.v[h.n++] =
                (struct http_field){slice_str(headers[i][k].name), slice_str(headers[i][k].value)};
        forms[i] = BUF_INIT(4096);
        request_put(&j, &m, &h, put, &forms[i]);
        for (size_t k = 0; k < i; k++) {
            if (slice_eq(buf_slice(&forms[i]), buf_slice(&forms[k])))
                fail_msg("the same request: %zu and %zu", k, i);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        buf_free(&forms[i]);
    json_free(&j);
}

/* --- many documents --------------------------------------------------------------------------- */

static uint64_t seed;

static unsigned dice(unsigned sides)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % sides;
}

/* A random value. The members of an object are written from a random one on, and one leaf, the one
 * that *left counts down to, is another. */
static void put_random(struct buf *out, unsigned depth, uint64_t shape, int *left, unsigned turn)
{
    static const char *const leaves[] = {"1", "1.0", "\"\"", "\"1\"", "true", "null", "{}", "[]"};
    unsigned n, what;

    seed = shape;
    what = dice(depth == 0 ? 1 : 3);
    n = 1 + dice(4);
    if (what == 0) {
        unsigned leaf = dice(ARRAY_LEN(leaves));
        buf_put_str(out, leaves[(leaf + ((*left)-- == 0)) % ARRAY_LEN(leaves)]);
        return;
    }
    buf_put_u8(out, what == 1 ? '{' : '[');
    for (unsigned i = 0; i < n; i++) {
        unsigned k = what == 1 ? (i + turn) % n : i;
        if (i > 0)
            buf_put_u8(out, ',');
        if (what == 1)
            buf_printf(out, "\"k%u\":", k);
        put_random(out, depth - 1, shape * 31 + k + 1, left, turn);
    }
    buf_put_u8(out, what == 1 ? '}' : ']');
}

static int document(struct buf *out, uint64_t shape, int other, unsigned turn)
{
    int left = other;

    buf_clear(out);
    buf_put_str(out, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":{\"x\":");
    put_random(out, 4, shape, &left, turn);
    buf_put_str(out, "}}");
    return other - left;
}

static void put_nothing(void *ctx, struct slice s)
{
    (void)ctx;
    (void)s;
}

/* Thousands of names that are long, begin alike and are written with escapes: no more work than a
 * few times reading them. By processor time, since others may use the machine. */
static void test_long_names_cost_little(void **state)
{
    struct buf text = BUF_INIT(8 << 20);
    struct json j;
    struct jsonrpc m;
    clock_t start, read;

    (void)state;
    buf_put_str(&text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":{");
    for (unsigned i = 0; i < 4000; i++) {
        buf_put_str(&text, i == 0 ? "\"" : ",\"");
        for (unsigned k = 0; k < 165; k++)
            buf_put_str(&text, "\\u0061");
        buf_printf(&text, "%u\":1", i * 2654435761u);
    }
    buf_put_str(&text, "}}");
    assert_ok(buf_err(&text));
    j = JSON_INIT;
    start = clock();
    assert_ok(json_parse(&j, buf_slice(&text), NULL));
    read = clock() - start;
    assert_ok(jsonrpc_read(&j, &m));
    start = clock();
    request_put(&j, &m, NULL, put_nothing, NULL);
    assert_true(clock() - start < 3 * (read + CLOCKS_PER_SEC / 1000));
    json_free(&j);
    buf_free(&text);
}

static void test_many(void **state)
{
    struct buf text = BUF_INIT(1 << 20), a = BUF_INIT(1 << 20), b = BUF_INIT(1 << 20);

    (void)state;
    for (uint64_t shape = 1; shape < 2000; shape++) {
        int leaves = document(&text, shape, 1 << 20, 0);

        form(buf_slice(&text), &a);
        for (unsigned turn = 1; turn < 4; turn++) {
            document(&text, shape, 1 << 20, turn);
            form(buf_slice(&text), &b);
            assert_true(slice_eq(buf_slice(&a), buf_slice(&b)));
        }
        for (int other = 0; other < leaves; other += 1 + leaves / 8) {
            document(&text, shape, other, 0);
            form(buf_slice(&text), &b);
            assert_false(slice_eq(buf_slice(&a), buf_slice(&b)));
        }
    }
    buf_free(&text);
    buf_free(&a);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),  cmocka_unit_test(test_others),
        cmocka_unit_test(test_bytes), cmocka_unit_test(test_long_names_cost_little),
        cmocka_unit_test(test_many),  cmocka_unit_test(test_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
