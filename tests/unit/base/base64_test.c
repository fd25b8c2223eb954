/* Base64: RFC 4648's own vectors, the canonical form, and what is refused. */
#include "base/base64.h"
#include "proto/proto_test.h"

static const struct {
    const char *plain, *standard, *url;
} vectors[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "+/+/", "-_-_"},
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct buf b = BUF_INIT(100);
        base64_put(&b, BASE64, slice_str(vectors[i].plain));
        assert_true(slice_eq_str(buf_slice(&b), vectors[i].standard));
        buf_clear(&b);
        base64_put(&b, BASE64_URL, slice_str(vectors[i].plain));
        assert_true(slice_eq_str(buf_slice(&b), vectors[i].url));
        struct slice bare = slice_str(vectors[i].standard);
        bare.n = strlen(vectors[i].url);
        buf_clear(&b);
        base64_put(&b, BASE64_BARE, slice_str(vectors[i].plain));
        assert_true(slice_eq(buf_slice(&b), bare));
        buf_clear(&b);
        assert_ok(base64_decode(BASE64_BARE, bare, &b));
        assert_true(slice_eq_str(buf_slice(&b), vectors[i].plain));
        buf_clear(&b);
        assert_ok(base64_decode(BASE64, slice_str(vectors[i].standard), &b));
        assert_true(slice_eq_str(buf_slice(&b), vectors[i].plain));
        buf_clear(&b);
        assert_ok(base64_decode(BASE64_URL, slice_str(vectors[i].url), &b));
        assert_true(slice_eq_str(buf_slice(&b), vectors[i].plain));
        buf_clear(&b);
        assert_ok(base64_decode_any(slice_str(vectors[i].url), &b));
        assert_ok(base64_decode_any(slice_str(vectors[i].standard), &b));
        assert_int_equal(b.n, 2 * strlen(vectors[i].plain));
        buf_free(&b);
    }
}

static void test_refused(void **state)
{
    static const char *const standard[] = {
        "Z",    "Zg",   "Zg=",    "Zg===", "Zm9v=",    "====", "=",          "Z=g=",     "Zh==",
        "Zm9=", "-_-_", "Zg==\n", "Z g=",  "Zg==Zg==", "A===", "\xc3\xa9==", "Zm9v Zm9v"};
    static const char *const bare[] = {"Z", "Zg==", "Zh", "Zm9", "-_-_", "Zm9vY", "Zg="};
    static const char *const url[] = {"Z", "Zg==", "Zh", "Zm9", "+/+/", "Zm9vY", "Zg="};
    static const char *const any[] = {"Z", "Zm9vY", "Zg===", "Zg=x", "Z!g=", "\xc3\xa9"};
    struct buf b = BUF_INIT(100);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(standard); i++)
        assert_err(base64_decode(BASE64, slice_str(standard[i]), &b), ERR_SYNTAX);
    for (size_t i = 0; i < ARRAY_LEN(url); i++) {
        assert_err(base64_decode(BASE64_URL, slice_str(url[i]), &b), ERR_SYNTAX);
        assert_err(base64_decode(BASE64_BARE, slice_str(bare[i]), &b), ERR_SYNTAX);
    }
    for (size_t i = 0; i < ARRAY_LEN(any); i++)
        assert_err(base64_decode_any(slice_str(any[i]), &b), ERR_SYNTAX);
    buf_free(&b);
}

static void test_lenient(void **state)
{
    struct buf b = BUF_INIT(100);
    (void)state;
    assert_ok(base64_decode_any(S("Zm9v\r\n YmFy"), &b));
    assert_buf(&b, "foobar");
    buf_clear(&b);
    assert_ok(base64_decode_any(S("+/-_"), &b));
    assert_buf(&b, "\xfb\xff\xbf");
    buf_clear(&b);
    assert_ok(base64_decode_any(S("Zh"), &b)); /* bits left over do not matter to a reader */
    assert_buf(&b, "f");
    buf_free(&b);
    struct buf small = BUF_INIT(2);
    assert_err(base64_decode(BASE64, S("Zm9v"), &small), ERR_TOO_LARGE);
    buf_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_lenient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
