/* Posted forms. */
#include "proto/form.h"
#include "proto_test.h"

static void test_accepted(void **state)
{
    struct form f;
    bool there;
    (void)state;
    form_init(&f);
    assert_ok(form_parse(&f, S("user=ann&key=a%2Bb+c%26&empty=&bare&%C3%A9=%F0%9F%98%80&&=x")));
    assert_int_equal(f.n, 6);
    assert_slice(form_get(&f, "user", &there), "ann");
    assert_true(there);
    assert_slice(form_get(&f, "key", NULL), "a+b c&");
    assert_slice(form_get(&f, "empty", &there), "");
    assert_true(there);
    assert_slice(form_get(&f, "bare", &there), "");
    assert_true(there);
    assert_slice(form_get(&f, "\xc3\xa9", NULL), "\xf0\x9f\x98\x80");
    assert_slice(form_get(&f, "", NULL), "x");
    assert_slice(form_get(&f, "other", &there), "");
    assert_false(there);
    assert_ok(form_parse(&f, SLICE_EMPTY));
    assert_int_equal(f.n, 0);
    form_free(&f);
}

static void test_refused(void **state)
{
    static const struct {
        const char *body;
        enum err e;
    } rows[] = {
        {"a=1&a=2", ERR_DUPLICATE_KEY},
        {"a=1&b=2&%61=3", ERR_DUPLICATE_KEY},
        {"a&a", ERR_DUPLICATE_KEY},
        {"a=%", ERR_SYNTAX},
        {"a=%4", ERR_SYNTAX},
        {"a=%zz", ERR_SYNTAX},
        {"%=1", ERR_SYNTAX},
        {"a=%00", ERR_SYNTAX},
        {"%00=a", ERR_SYNTAX},
        {"a=%ff", ERR_SYNTAX},
        {"a=%C3", ERR_SYNTAX},
        {"a=\xff", ERR_SYNTAX},
        {"a=%ED%A0%80", ERR_SYNTAX},
        {"a=1&b=%&c=3", ERR_SYNTAX},
    };
    struct form f;
    (void)state;
    form_init(&f);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_err(form_parse(&f, slice_str(rows[i].body)), rows[i].e);
        assert_int_equal(f.n, 0);
        assert_int_equal(f.text.n, 0);
    }
    assert_err(form_parse(&f, S("a=\0")), ERR_SYNTAX);
    form_free(&f);
}

static void test_limits(void **state)
{
    struct form f;
    struct buf b = BUF_INIT(100000);
    (void)state;
    form_init(&f);
    for (unsigned i = 0; i < FORM_FIELDS; i++)
        buf_printf(&b, "%sf%u=%u", i ? "&" : "", i, i);
    assert_ok(form_parse(&f, buf_slice(&b)));
    buf_put_str(&b, "&more=1");
    assert_err(form_parse(&f, buf_slice(&b)), ERR_TOO_LARGE);
    buf_clear(&b);
    buf_put_str(&b, "a=");
    while (b.n < LIM_FORM_BYTES)
        buf_put_u8(&b, 'x');
    assert_ok(form_parse(&f, buf_slice(&b)));
    buf_put_u8(&b, 'x');
    assert_err(form_parse(&f, buf_slice(&b)), ERR_TOO_LARGE);
    form_free(&f);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
