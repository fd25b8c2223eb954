/* Escaping and templates. */
#include "proto/html.h"
#include "proto_test.h"

static void test_escape(void **state)
{
    struct buf b = BUF_INIT(200);
    (void)state;
    html_put(&b, S("<a href=\"x\">&'\xc3\xa9\n</a>"));
    assert_buf(&b, "&lt;a href=&quot;x&quot;&gt;&amp;&#39;\xc3\xa9\n&lt;/a&gt;");
    buf_free(&b);
}

static void test_foreign(void **state)
{
    static const struct {
        struct slice in;
        size_t max;
        const char *out;
    } rows[] = {
        {{(const uint8_t *)"a<b", 3}, 9, "a&lt;b"},
        {{(const uint8_t *)"a\0b", 3}, 9, "a[U+0000]b"},
        {{(const uint8_t *)"a\x1b[2J", 5}, 9, "a[U+001B][2J"},
        {{(const uint8_t *)"a\r\n\n\tb", 6}, 9, "a[U+000D][U+000A][U+000A][U+0009]b"},
        {{(const uint8_t *)"a\xe2\x80\xa8"
                           "b",
          5},
         9,
         "a[U+2028]b"},
        {{(const uint8_t *)"\xe2\x80\xae", 3}, 9, "[U+202E]"},
        {{(const uint8_t *)"\xe2\x80\x8b", 3}, 9, "[U+200B]"},
        {{(const uint8_t *)"\xf3\xa0\x81\x81", 4}, 9, "[U+E0041]"},
        {{(const uint8_t *)"\xff\xc3", 2}, 9, "[0xFF][0xC3]"},
        {{(const uint8_t *)"12345", 5}, 5, "12345"},
        {{(const uint8_t *)"\n\t\n", 3}, 2, "[U+000A][U+0009]\xe2\x80\xa6"},
        {{(const uint8_t *)"123456", 6}, 5, "12345\xe2\x80\xa6"},
        {{(const uint8_t *)"\xc3\xa9\xc3\xa9", 4}, 1, "\xc3\xa9\xe2\x80\xa6"},
        {{(const uint8_t *)"", 0}, 0, ""},
        {{(const uint8_t *)"a", 1}, 0, "\xe2\x80\xa6"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf b = BUF_INIT(200);
        html_put_foreign(&b, rows[i].in, rows[i].max);
        if (!slice_eq_str(buf_slice(&b), rows[i].out))
            fail_msg("row %zu: %.*s", i, (int)b.n, (char *)b.p);
        buf_free(&b);
    }
}

#define TEXT(key, s)                                                                               \
    {                                                                                              \
        .name = key, .kind = HTML_TEXT, .text = {(const uint8_t *)"" s, sizeof(s) - 1 }            \
    }
#define BOOL(key, v)                                                                               \
    {                                                                                              \
        .name = key, .kind = HTML_BOOL, .yes = (v)                                                 \
    }

static const struct html_value row_1[] = {TEXT("name", "<1>"), BOOL("last", false)};
static const struct html_value row_2[] = {TEXT("name", "2"), BOOL("last", true)};
static const struct html_row rows_of[] = {{row_1, 2}, {row_2, 2}};
static const struct html_value values[] = {
    TEXT("who", "a&b"),
    TEXT("name", "outer"),
    TEXT("empty", ""),
    BOOL("yes", true),
    BOOL("no", false),
    {.name = "id", .kind = HTML_HEX, .text = {(const uint8_t *)"\x00\xab<", 3}},
    {.name = "said", .kind = HTML_FOREIGN, .text = {(const uint8_t *)"x\xe2\x80\xae<", 5}},
    {.name = "rows", .kind = HTML_ROWS, .rows = rows_of, .rows_n = 2},
    {.name = "none", .kind = HTML_ROWS},
};
static const struct html_row top = {values, ARRAY_LEN(values)};

static void test_templates(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"", ""},
        {"plain } text {", "plain } text {"},
        {"<p>{{who}}</p>", "<p>a&amp;b</p>"},
        {"{{said}}", "x[U+202E]&lt;"},
        {"{{#if id}}{{id}}{{/if}}", "00ab3c"},
        {"{{#if yes}}Y{{/if}}{{#if no}}N{{/if}}{{#unless no}}U{{/unless}}{{#unless "
         "yes}}V{{/unless}}",
         "YU"},
        {"{{#if who}}1{{/if}}{{#if empty}}2{{/if}}{{#if rows}}3{{/if}}{{#if none}}4{{/if}}", "13"},
        {"{{#each rows}}[{{name}}{{#unless last}},{{/unless}}{{who}}]{{/each}}{{name}}",
         "[&lt;1&gt;,a&amp;b][2a&amp;b]outer"},
        {"{{#each none}}x{{/each}}", ""},
        {"{{#if yes}}{{#if no}}a{{/if}}{{#if yes}}b{{/if}}{{/if}}", "b"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf b = BUF_INIT(500);
        enum err e = html_render(&b, slice_str(rows[i].in), &top);
        if (e != ERR_OK || !slice_eq_str(buf_slice(&b), rows[i].out))
            fail_msg("row %zu: %s %.*s", i, err_name(e), (int)b.n, (char *)b.p);
        buf_free(&b);
    }
}

static void test_bad_templates(void **state)
{
    static const char *const rows[] = {
        "{{who",
        "{{}}",
        "{{unknown}}",
        "{{{who}}}",
        "{{yes}}",
        "{{rows}}",
        "{{#if}}x{{/if}}",
        "{{#if yes}}",
        "{{/if}}",
        "{{#if yes}}{{/each}}",
        "{{#if yes}}{{#each rows}}{{/if}}{{/each}}",
        "{{#each who}}x{{/each}}",
        "{{#with who}}x{{/with}}",
        "{{#if who }}x{{/if}}",
        "{{ who}}",
        "{{who }}",
        "{{#if yes}}{{/if",
        "{{#each rows}}{{missing}}{{/each}}",
        "{{#if yes}}{{#if yes}}{{#if yes}}{{#if yes}}{{#if yes}}{{#if yes}}{{#if yes}}{{#if "
        "yes}}{{#if yes}}x"
        "{{/if}}{{/if}}{{/if}}{{/if}}{{/if}}{{/if}}{{/if}}{{/if}}{{/if}}",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf b = BUF_INIT(500);
        if (html_render(&b, slice_str(rows[i]), &top) != ERR_SYNTAX)
            fail_msg("%s", rows[i]);
        buf_free(&b);
    }
    struct buf small = BUF_INIT(3);
    assert_err(html_render(&small, S("1234"), &top), ERR_TOO_LARGE);
    buf_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_templates),
        cmocka_unit_test(test_bad_templates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
