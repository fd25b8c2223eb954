/* What the request itself has of a value is not taken out of the answer, and nothing less excuses it. */
#include "rig.h"

#define JWT_HEAD "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJzdXBhYmFzZSIsInJlZ"
#define JWT      JWT_HEAD "iI6ImFiY2RlZmdoaWprbG1ub3AifQ.SIGNATURE-part-0123456789abcdef"

/* A guess in the request, in any form and place, makes the value pass in every form. */
static void test_excuse(void **state)
{
    static const char *const requests[] = {"{\"params\":{\"arguments\":{\"guess\":\"secret-1\"}}}",
                                           "[\"x\\u0073ecret-1x\"]",
                                           "{\"secret-1\":1}",
                                           "[\"%73ecret-1\"]",
                                           "[\"c2VjcmV0LTE=\"]",
                                           "[\"7365637265742d31\"]",
                                           "{\"data\":\"c2Vj cmV0LTE\"}"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        struct screen *s = screen_new(S(LABEL), LISTS_KEY);
        add(s, S("secret-1"));
        add(s, S("other-2"));
        screen_add_made(s, S("Bearer secret-1"));
        screen_add_made(s, S("secret-1:other-2"));
        assert_int_equal(excuse(s, requests[i]), 1);
        check(s, "[\"secret-1\",\"%73ecret-1\",\"c2VjcmV0LTE=\",\"other-2\",\"Bearer secret-1\"]",
              "[\"secret-1\",\"%73ecret-1\",\"c2VjcmV0LTE=\",\"" MARK "\",\"Bearer secret-1\"]", 1);
        check(s, "[\"secret-1:other-2\"]", "[\"secret-1:" MARK "\"]", 1);
        screen_free(s);
    }
    struct screen *s = with(S("12345678"));
    (void)excuse(s, "{\"n\":912345678}");
    check(s, "[12345678]", "[12345678]", 0);
    screen_free(s);
    s = with(S("secret-1"));
    (void)excuse(s, "[\"secret-\",\"1\",\"secret\"]");
    check(s, "[\"secret-1\"]", "[\"" MARK "\"]", 1);
    screen_free(s);
}

/* Blocks that a request has pass, and no others: the beginning of a token may be public. */
static void test_excuse_of_a_beginning(void **state)
{
    static const char *const requests[] = {
        "[\"" JWT_HEAD "\"]",
        "[\"65794a68624763694f694a49557a49314e694973496e523563434936496b705856434a39\"]",
        "[\"ZXlKaGJHY2lPaUpJVXpJMU5pSXNJblI1Y0NJNklrcFhWQ0o5LmV5SnBjM01pT2lKemRY\"]",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        struct screen *s = with(S(JWT));
        struct buf out = BUF_INIT(1024);
        (void)excuse(s, requests[i]);
        check(s, requests[i], requests[i], 0); /* its redaction would tell that it is one */
        assert_int_equal(run(s, S("[\"Bearer " JWT "\"]"), &out), 1);
        assert_true(slice_starts(buf_slice(&out), S("[\"Bearer eyJhbGciOiJIUzI1NiI")));
        assert_true(slice_ends(buf_slice(&out), S(MARK "\"]")));
        assert_in_range(out.n, 40, 100);
        buf_free(&out);
        screen_free(s);
    }
}

/* Headers that its sender chose are the request's too. */
static void test_excuse_of_headers(void **state)
{
    const struct slice headers[] = {S("Mcp-Param-Pin"), S("98765432"),
                                    S("=?base64?c2VjcmV0LTE=?=")};
    struct screen *s = screen_new(S(LABEL), LISTS_KEY);
    struct json none;
    (void)state;
    none = JSON_INIT;
    add(s, S("98765432"));
    add(s, S("secret-1"));
    add(s, S("other-secret"));
    assert_int_equal(screen_excuse(s, &none, headers, ARRAY_LEN(headers)), 2);
    check(s, "[98765432,\"secret-1\",\"other-secret\"]", "[98765432,\"secret-1\",\"" MARK "\"]", 1);
    json_free(&none);
    screen_free(s);
}

/* Another secret that happens to hold the known one stays screened. */
static void test_excuse_of_a_part(void **state)
{
    struct screen *s = screen_new(S(LABEL), LISTS_KEY);
    (void)state;
    add(s, S("admin"));
    add(s, S("admin-9f8s7d6"));
    (void)excuse(s, "[\"admin\"]");
    check(s, "[\"admin\",\"admin-9f8s7d6\"]", "[\"admin\",\"" MARK "\"]", 1);
    screen_free(s);
    /* Part of a block excuses nothing, and is never taken out. */
    s = with(S("abcdefghijklmnopqrstuvwxyzABCDEFGHI"));
    (void)excuse(s, "[\"abcdefghijk\",\"ghijklmnopqrstuvw\",\"nopqrstuvwxyzABCDEFGHI\"]");
    assert_int_equal(screen_known(s), 0);
    check(s, "[\"abcdefghijk\",\"ghijklmnopqrstuvw\",\"nopqrstuvwxyzABCDEFGHI\"]",
          "[\"abcdefghijk\",\"ghijklmnopqrstuvw\",\"nopqrstuvwxyzABCDEFGHI\"]", 0);
    check(s, "[\"abcdefghijklmnopqrstuvwxyzABCDEFGHI\"]", "[\"" MARK "\"]", 1);
    screen_free(s);
    /* The last block is only had with what is left over; without it that would be shown. */
    s = with(S("abcdefghijklmnopqrstuvwxyzABCDEFGHI"));
    (void)excuse(s, "[\"abcdefghijklmnopqrstuvwxyzABCDEFGH\"]");
    assert_int_equal(screen_known(s), 1);
    check(s, "[\"abcdefghijklmnopqrstuvwxyzABCDEFGHI\"]", "[\"a" MARK "\"]", 1);
    screen_free(s);
}

/* A request that has the value excuses its other forms, or a server that misreads what it was sent
 * would tell that a guess was right. */
static void test_latin_1_excused(void **state)
{
    static const char request[] = "{\"arguments\":{\"a\":\"p\xc3\xa4ssw\xc3\xb6rt\"}}";
    static const char *const answers[] = {
        "[\"p\xc3\xa4ssw\xc3\xb6rt\"]",
        "[\"p\xc3\x83\xc2\xa4ssw\xc3\x83\xc2\xb6rt\"]",
        "[\"p%E4ssw%F6rt\"]",
    };
    struct screen *s = with(S("p\xc3\xa4ssw\xc3\xb6rt"));
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        assert_true(screen_has(s, slice_str(answers[i])));
    assert_true(excuse(s, request) > 0);
    assert_false(screen_active(s));
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        check(s, answers[i], answers[i], 0);
    screen_free(s);
}

/* What is no secret of a value stays, unless there is too little else. */
static void test_public_beginning(void **state)
{
    struct screen *s = screen_new(S(LABEL), LISTS_KEY);
    (void)state;
    screen_add(s, S("Token secret-1"), 6, 14);
    screen_add(s, S("ana:pin1"), 4, 8);
    screen_add(s, S("(digits=3132333435)"), 8, 18);
    screen_add_form(s, S("12345"), 0, 5);
    screen_add_form(s, S("another-form"), 0, 12);
    check(s, "[\"Token secret-1\",\"Token secret-\"]", "[\"Token " MARK "\",\"Token secret-\"]", 1);
    check(s, "[\"ana:pin1\",\"ana:\",\"pin1\"]", "[\"" MARK "\",\"ana:\",\"pin1\"]", 1);
    check(s, "[\"12345\"]", "[\"" MARK "\"]", 1);
    (void)excuse(s, "[\"3132333435\"]");
    check(s, "[\"12345\",\"another-form\",\"ana:pin1\"]",
          "[\"12345\",\"another-form\",\"" MARK "\"]", 1);
    screen_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_excuse),
        cmocka_unit_test(test_excuse_of_a_beginning),
        cmocka_unit_test(test_excuse_of_headers),
        cmocka_unit_test(test_excuse_of_a_part),
        cmocka_unit_test(test_latin_1_excused),
        cmocka_unit_test(test_public_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
