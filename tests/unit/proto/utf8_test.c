/* UTF-8, against a second way of telling: every code point, and every two and three byte sequence.
 */
#include "proto/utf8.h"
#include "proto_test.h"

static void test_every_code_point(void **state)
{
    struct buf b = BUF_INIT(8);
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        uint32_t got = 0;
        if (cp == 0xd800)
            cp = 0xe000;
        buf_clear(&b);
        utf8_put(&b, cp);
        assert_int_equal(utf8_next(buf_slice(&b), &got), b.n);
        assert_int_equal(got, cp);
    }
    buf_free(&b);
}

/* A sequence is right if and only if it is what utf8_put writes for the number in it. */
static void check_sequence(const uint8_t *p, size_t n)
{
    static const uint8_t mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    uint32_t cp = p[0] & mask[len];
    bool ok = len <= n && (p[0] < 0x80 || p[0] >= 0xc0) && p[0] < 0xf8;
    for (size_t i = 1; i < len && i < n; i++) {
        ok = ok && (p[i] & 0xc0) == 0x80;
        cp = cp << 6 | (p[i] & 0x3f);
    }
    ok = ok && cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff);
    ok = ok && cp >= (len == 1 ? 0u : len == 2 ? 0x80u : len == 3 ? 0x800u : 0x10000u);
    assert_int_equal(utf8_next(slice_of(p, n), NULL), ok ? len : 0);
}

static void test_every_short_sequence(void **state)
{
    (void)state;
    for (uint32_t w = 0; w < 0x10000; w++) {
        uint8_t p[4] = {(uint8_t)(w >> 8), (uint8_t)w, 0x80, 0xbf};
        for (size_t n = 1; n <= 4; n++)
            check_sequence(p, n);
        p[2] = 0x7f;
        check_sequence(p, 4);
        p[2] = 0xc0;
        check_sequence(p, 4);
    }
}

static void test_edges(void **state)
{
    (void)state;
    assert_int_equal(utf8_next(SLICE_EMPTY, NULL), 0);
    assert_true(utf8_valid(SLICE_EMPTY));
    assert_true(utf8_valid(S("a\0\xc3\xa9\xf4\x8f\xbf\xbf")));
    assert_false(utf8_valid(S("a\xc3")));
    assert_false(utf8_valid(S("\xf4\x90\x80\x80")));
}

static void test_invisible(void **state)
{
    static const uint32_t yes[] = {0,      7,      0x0d,   0x1b,   0x7f,   0x85,    0xad,
                                   0x61c,  0x200b, 0x200e, 0x202e, 0x2028, 0x2066,  0x2069,
                                   0x2060, 0xfeff, 0xfe0f, 0x3164, 0xfff9, 0xe0041, 0x10ffff};
    static const uint32_t no[] = {'\t',  '\n',   ' ',    'a',     0xa0,    0xe9,
                                  0x5d0, 0x2010, 0x3042, 0x1f600, 0x20000, 0xfffd};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(yes); i++)
        assert_true(utf8_is_invisible(yes[i]));
    for (size_t i = 0; i < ARRAY_LEN(no); i++)
        assert_false(utf8_is_invisible(no[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_every_short_sequence),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_invisible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
