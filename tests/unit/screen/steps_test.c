/* The steps of the screen: who chooses values and texts gets no more of them than anyone. */
#include "rig.h"

static void fill(struct buf *out, uint8_t c, size_t n)
{
    while (n-- > 0)
        buf_put_u8(out, c);
}

/* A message of one string. */
static void put_message(struct buf *out, struct slice text)
{
    buf_clear(out);
    buf_put_u8(out, '[');
    json_put_str(out, text);
    buf_put_u8(out, ']');
}

/* The most for a message that is looked at as written and string by string. */
static size_t most_steps(struct slice message, struct slice text)
{
    return SCREEN_STEPS + SCREEN_STEPS_A_BYTE * (message.n + text.n);
}

/* Who chooses both the value and the texts gets no more steps than anyone, and nothing more out. */
static void check_worst(uint8_t c, size_t n, const char *end)
{
    struct buf value = BUF_INIT(SIZE_MAX), text = BUF_INIT(SIZE_MAX), doc = BUF_INIT(SIZE_MAX),
               out = BUF_INIT(SIZE_MAX);
    struct json j;
    json_init(&j);
    fill(&value, c, LIM_FIELD_BYTES - slice_str(end).n);
    buf_put_str(&value, end);
    struct screen *s = with(buf_slice(&value));
    fill(&text, c, n);
    put_message(&doc, buf_slice(&text));
    assert_int_equal(run(s, buf_slice(&doc), &out), 1);
    assert_true(slice_eq_str(buf_slice(&out), "[\"" MARK "\"]"));
    assert_in_range(screen_steps(s), 1, most_steps(buf_slice(&doc), buf_slice(&text)));
    /* The request holds no more than a part of it, and then the answer has it all. */
    size_t before = screen_steps(s);
    buf_clear(&text);
    fill(&text, c, n < LIM_FIELD_BYTES ? n : LIM_FIELD_BYTES - 1);
    put_message(&doc, buf_slice(&text));
    assert_ok(json_parse(&j, buf_slice(&doc), NULL));
    assert_int_equal(screen_excuse(s, &j), 0);
    assert_in_range(screen_steps(s) - before, 1, most_steps(SLICE_EMPTY, buf_slice(&text)));
    before = screen_steps(s);
    buf_clear(&text);
    buf_clear(&out);
    fill(&text, c, n);
    buf_put(&text, buf_slice(&value));
    put_message(&doc, buf_slice(&text));
    assert_int_equal(run(s, buf_slice(&doc), &out), 1);
    assert_true(slice_find(buf_slice(&out), S(MARK)) < out.n);
    assert_true(slice_find(buf_slice(&out), slice_sub(buf_slice(&value), 1, value.n)) == out.n);
    assert_in_range(screen_steps(s) - before, 1, most_steps(buf_slice(&doc), buf_slice(&text)));
    json_free(&j);
    screen_free(s);
    buf_free(&value);
    buf_free(&text);
    buf_free(&doc);
    buf_free(&out);
}

static void test_worst_values(void **state)
{
    (void)state;
    check_worst('\\', 2000, "");
    check_worst('\\', 2000, "x");
    check_worst('\\', 20000, "x");
    check_worst('+', 20000, "");
    check_worst('+', 20000, "x");
    check_worst('a', 200000, "");
    check_worst('a', 200000, "x");
}

/* A request of 200,000 bytes that had the value at once is not compared any further; one that holds
 * nearly all of it is, until the steps are spent, and that excuses less and not more. */
static void test_steps_of_requests(void **state)
{
    struct buf text = BUF_INIT(SIZE_MAX), doc = BUF_INIT(SIZE_MAX);
    struct json j;
    (void)state;
    json_init(&j);
    fill(&text, 'a', 200000);
    put_message(&doc, buf_slice(&text));
    assert_ok(json_parse(&j, buf_slice(&doc), NULL));
    struct screen *s = with(slice_sub(buf_slice(&text), 0, LIM_FIELD_BYTES));
    assert_int_equal(screen_excuse(s, &j), 1);
    assert_in_range(screen_steps(s), 1, text.n + LIM_FIELD_BYTES);
    assert_false(screen_gave_up(s));
    screen_free(s);
    /* The value stands behind what spends the steps. */
    buf_put_u8(&text, 'x');
    put_message(&doc, buf_slice(&text));
    assert_ok(json_parse(&j, buf_slice(&doc), NULL));
    s = with(slice_sub(buf_slice(&text), text.n - LIM_FIELD_BYTES, text.n));
    assert_int_equal(screen_excuse(s, &j), 0);
    assert_true(screen_gave_up(s));
    assert_in_range(screen_steps(s), 1, most_steps(SLICE_EMPTY, buf_slice(&text)));
    screen_free(s);
    json_free(&j);
    buf_free(&text);
    buf_free(&doc);
}

/* A text that spends the steps takes no other with it, and stands for itself inside base64 too. */
static void test_steps_of_neighbours(void **state)
{
    struct buf value = BUF_INIT(SIZE_MAX), text = BUF_INIT(SIZE_MAX), doc = BUF_INIT(SIZE_MAX),
               out = BUF_INIT(SIZE_MAX), want = BUF_INIT(SIZE_MAX);
    (void)state;
    fill(&value, 'a', LIM_FIELD_BYTES - 1);
    buf_put_u8(&value, 'x');
    fill(&text, 'a', 200000);
    struct screen *s = with(buf_slice(&value));
    buf_put_str(&doc, "{\"id\":1,\"a\":[");
    json_put_str(&doc, buf_slice(&text));
    buf_put_str(&doc, ",\"an ordinary text\"],\"blob\":\"");
    base64_put(&doc, BASE64, buf_slice(&text));
    buf_put_str(&doc, "\",\"z\":\"another\"}");
    assert_int_equal(run(s, buf_slice(&doc), &out), 2);
    buf_put_str(&want, "{\"id\":1,\"a\":[\"" MARK "\",\"an ordinary text\"],\"blob\":\"");
    base64_put(&want, BASE64, S(MARK));
    buf_put_str(&want, "\",\"z\":\"another\"}");
    assert_true(slice_eq(buf_slice(&out), buf_slice(&want)));
    screen_free(s);
    buf_free(&value);
    buf_free(&text);
    buf_free(&doc);
    buf_free(&out);
    buf_free(&want);
}

/* Nothing but values in any encoding, or nearly such: half of what there is for each byte. */
static void check_ordinary(struct slice value, size_t e)
{
    struct buf code = BUF_INIT(SIZE_MAX), text = BUF_INIT(SIZE_MAX), doc = BUF_INIT(SIZE_MAX),
               out = BUF_INIT(SIZE_MAX);
    struct screen *s = with(value);
    uint32_t n = 0;
    for (; text.n < 300000; n++) {
        buf_clear(&code);
        encoders[e].fn(&code, value);
        buf_put(&text, buf_slice(&code));
        buf_put_str(&text, " ~ ");
        buf_put(&text, slice_sub(buf_slice(&code), 0, 4));
        buf_put_str(&text, " ~ ");
    }
    put_message(&doc, buf_slice(&text));
    if (run(s, buf_slice(&doc), &out) != n ||
        screen_steps(s) > SCREEN_STEPS_A_BYTE / 2 * (doc.n + text.n))
        fail_msg("%s: %zu steps for %zu and %zu bytes", encoders[e].name, screen_steps(s), doc.n,
                 text.n);
    screen_free(s);
    buf_free(&code);
    buf_free(&text);
    buf_free(&doc);
    buf_free(&out);
}

static void test_steps_of_ordinary_texts(void **state)
{
    struct buf lines = BUF_INIT(SIZE_MAX);
    (void)state;
    for (unsigned i = 0; i < 100; i++)
        buf_printf(&lines, "%x%c", i * 2654435761u, i % 8 == 7 ? '\n' : '/');
    for (size_t e = 0; e < ARRAY_LEN(encoders); e++) {
        check_ordinary(S(SECRET), e);
        check_ordinary(S(AWKWARD), e);
        check_ordinary(S("00000000"), e);
        check_ordinary(buf_slice(&lines), e);
    }
    buf_free(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worst_values),
        cmocka_unit_test(test_steps_of_requests),
        cmocka_unit_test(test_steps_of_neighbours),
        cmocka_unit_test(test_steps_of_ordinary_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
