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

/* Blocks that begin alike: a text of that beginning has each of them compared at each place. */
static void put_twins(struct buf *out)
{
    for (unsigned i = 0; out->n + SCREEN_BLOCK <= LIM_FIELD_BYTES; i++)
        buf_printf(out, "aaaaaaaaa%03x", i);
}

/* Who chooses both the value and the texts gets no more steps than anyone, and nothing more out:
 * value, and n times c. */
static void check_worst(struct slice value, uint8_t c, size_t n)
{
    struct buf text = BUF_INIT(SIZE_MAX), doc = BUF_INIT(SIZE_MAX), out = BUF_INIT(SIZE_MAX);
    struct json j;
    j = JSON_INIT;
    struct screen *s = with(value);
    fill(&text, c, n);
    buf_put(&text, value);
    fill(&text, c, n);
    put_message(&doc, buf_slice(&text));
    assert_in_range(run(s, buf_slice(&doc), &out), 1, 2);
    assert_true(slice_find(buf_slice(&out), S(MARK)) < out.n);
    assert_true(slice_find(buf_slice(&out), slice_sub(value, value.n / 2, value.n)) == out.n);
    assert_in_range(screen_steps(s), 1, most_steps(buf_slice(&doc), buf_slice(&text)));
    size_t before = screen_steps(s);
    buf_clear(&text);
    fill(&text, c, n);
    put_message(&doc, buf_slice(&text));
    assert_ok(json_parse(&j, buf_slice(&doc), NULL));
    (void)screen_excuse(s, &j, NULL, 0);
    assert_in_range(screen_steps(s) - before, 1, most_steps(SLICE_EMPTY, buf_slice(&text)));
    json_free(&j);
    screen_free(s);
    buf_free(&text);
    buf_free(&doc);
    buf_free(&out);
}

static void test_worst_values(void **state)
{
    static const struct {
        uint8_t c;
        size_t n;
        const char *end;
    } rows[] = {
        {'\\', 2000, ""},  {'\\', 2000, "x"}, {'\\', 20000, "x"}, {'+', 20000, ""},
        {'+', 20000, "x"}, {'a', 200000, ""}, {'a', 200000, "x"}, {'\'', 20000, "x"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf value = BUF_INIT(SIZE_MAX);
        fill(&value, rows[i].c, LIM_FIELD_BYTES - slice_str(rows[i].end).n);
        buf_put_str(&value, rows[i].end);
        check_worst(buf_slice(&value), rows[i].c, rows[i].n);
        buf_free(&value);
    }
    struct buf twins = BUF_INIT(SIZE_MAX);
    put_twins(&twins);
    check_worst(buf_slice(&twins), 'a', 200000);
    buf_free(&twins);
}

/* A request whose steps are spent excuses less, and not more. */
static void test_steps_of_requests(void **state)
{
    struct buf value = BUF_INIT(SIZE_MAX), text = BUF_INIT(SIZE_MAX), doc = BUF_INIT(SIZE_MAX);
    struct json j;
    (void)state;
    j = JSON_INIT;
    put_twins(&value);
    fill(&text, 'a', 200000);
    buf_put(&text, buf_slice(&value));
    put_message(&doc, buf_slice(&text));
    assert_ok(json_parse(&j, buf_slice(&doc), NULL));
    struct screen *s = with(buf_slice(&value));
    assert_int_equal(screen_excuse(s, &j, NULL, 0), 0);
    assert_true(screen_gave_up(s));
    assert_in_range(screen_steps(s), 1, most_steps(SLICE_EMPTY, buf_slice(&text)));
    screen_free(s);
    /* What the request had at once is not compared any further. */
    buf_clear(&text);
    fill(&text, 'a', 200000);
    put_message(&doc, buf_slice(&text));
    assert_ok(json_parse(&j, buf_slice(&doc), NULL));
    s = with(slice_sub(buf_slice(&text), 0, LIM_FIELD_BYTES));
    assert_int_equal(screen_excuse(s, &j, NULL, 0), 2);
    assert_in_range(screen_steps(s), 1, 100);
    assert_false(screen_gave_up(s));
    screen_free(s);
    json_free(&j);
    buf_free(&value);
    buf_free(&text);
    buf_free(&doc);
}

/* A text that spends the steps takes no other with it, and stands for itself inside base64 too. */
static void test_steps_of_neighbours(void **state)
{
    struct buf value = BUF_INIT(SIZE_MAX), text = BUF_INIT(SIZE_MAX), doc = BUF_INIT(SIZE_MAX),
               out = BUF_INIT(SIZE_MAX), want = BUF_INIT(SIZE_MAX);
    (void)state;
    put_twins(&value);
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

/* A value that is not cut, of so many backslashes that a text of twice as many can be read as it in more
 * ways than are followed: that takes all steps, whether it is the value or not. */
static void test_many_readings(void **state)
{
    enum { BACKSLASHES = 100 };
    struct buf value = BUF_INIT(SIZE_MAX), text = BUF_INIT(SIZE_MAX);
    (void)state;
    buf_put_u8(&value, '<');
    fill(&value, '\\', BACKSLASHES);
    buf_put_u8(&value, '>');
    buf_put_u8(&text, '<');
    fill(&text, '\\', 2 * BACKSLASHES);
    for (const char *end = ">x"; *end != '\0'; end++) {
        struct screen *s = screen_new(S(LABEL), LISTS_KEY);
        screen_add_made(s, buf_slice(&value));
        buf_put_u8(&text, (uint8_t)*end);
        assert_true(screen_has(s, buf_slice(&text)));
        assert_true(screen_gave_up(s));
        assert_false(screen_has(s, S("an ordinary text")));
        screen_free(s);
        text.n--;
    }
    buf_free(&value);
    buf_free(&text);
}

/* Blocks of which none begins as the text does, and which are in one list for one key: each that is
 * passed costs a step. For another key they are in many. */
static void test_one_list(void **state)
{
    struct buf value = BUF_INIT(SIZE_MAX), text = BUF_INIT(SIZE_MAX);
    (void)state;
    for (unsigned i = 0xaab; value.n + SCREEN_BLOCK <= LIM_FIELD_BYTES; i++)
        buf_printf(&value, "%03xzzzzzzzzz", i);
    fill(&text, 'a', 200000);
    struct screen *one = screen_new(S(LABEL), 1), *many = with(buf_slice(&value));
    add(one, buf_slice(&value));
    assert_true(screen_has(one, buf_slice(&text)));
    assert_true(screen_gave_up(one));
    assert_in_range(screen_steps(one), text.n, most_steps(SLICE_EMPTY, buf_slice(&text)));
    assert_false(screen_has(many, buf_slice(&text)));
    assert_in_range(screen_steps(many), 0, SCREEN_STEPS_A_BYTE / 2 * text.n);
    screen_free(one);
    screen_free(many);
    buf_free(&value);
    buf_free(&text);
}

/* While the screen is made a block is compared with so many that begin alike as it is worth: one that
 * stands again behind more is looked for twice. */
static void test_making(void **state)
{
    static const struct {
        unsigned twins;
        size_t known;
    } rows[] = {{50, 50}, {100, 101}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf value = BUF_INIT(SIZE_MAX), doc = BUF_INIT(SIZE_MAX);
        struct json j;
        j = JSON_INIT;
        for (unsigned k = 0; k <= rows[i].twins; k++)
            buf_printf(&value, "aaaaaaaaa%03x", k % rows[i].twins);
        put_message(&doc, buf_slice(&value));
        assert_ok(json_parse(&j, buf_slice(&doc), NULL));
        struct screen *s = with(buf_slice(&value));
        assert_int_equal(screen_excuse(s, &j, NULL, 0), rows[i].known);
        assert_false(screen_active(s));
        screen_free(s);
        json_free(&j);
        buf_free(&value);
        buf_free(&doc);
    }
}

/* What stands beside a block may be many escapes: each that is read costs a step. */
static void test_steps_beside(void **state)
{
    enum { BESIDE = SCREEN_BLOCK - 1, TIMES = 1000 };
    struct screen *s = with(S("aaaaaaaaaaaa0123456789AB"));
    struct buf text = BUF_INIT(SIZE_MAX), doc = BUF_INIT(SIZE_MAX), out = BUF_INIT(SIZE_MAX);
    (void)state;
    for (unsigned i = 0; i < TIMES; i++) {
        fill(&text, '\'', BESIDE);
        buf_put_str(&text, "0123456789AB, and ordinary text between");
    }
    put_message(&doc, buf_slice(&text));
    assert_int_equal(run(s, buf_slice(&doc), &out), TIMES);
    assert_in_range(screen_steps(s), TIMES * BESIDE, most_steps(buf_slice(&doc), buf_slice(&text)));
    screen_free(s);
    buf_free(&text);
    buf_free(&doc);
    buf_free(&out);
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
        cmocka_unit_test(test_many_readings),
        cmocka_unit_test(test_one_list),
        cmocka_unit_test(test_making),
        cmocka_unit_test(test_steps_beside),
        cmocka_unit_test(test_steps_of_ordinary_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
