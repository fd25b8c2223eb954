/* Every page renders, whole, with every value escaped. */
#include "surface/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW UINT64_C(1795387500000)

static const struct page_frame frame = {.host = {(const uint8_t *)"localhost:8401", 14},
                                        .user = {(const uint8_t *)"a<n>a", 5},
                                        .now = NOW};

static bool has(const struct buf *b, const char *text)
{
    return slice_find(buf_slice(b), slice_str(text)) < b->n;
}

static void check_whole(struct buf *b)
{
    assert_true(slice_starts(buf_slice(b), SLICE_LIT("<!DOCTYPE html>")));
    assert_true(slice_ends(buf_slice(b), SLICE_LIT("</html>\n")));
    assert_false(has(b, "{{"));
    assert_false(has(b, "<n>"));
    assert_false(has(b, " style="));
    assert_false(has(b, "<style"));
    assert_false(has(b, "onclick"));
    assert_false(has(b, "https://"));
    assert_false(has(b, "src=\"http"));
}

static void test_messages(void **state)
{
    (void)state;
    for (int i = 0; i < PAGE_COUNT; i++) {
        struct buf b = BUF_INIT(PAGE_MAX);
        page_message(&b, &frame, (enum page_text)i, SLICE_LIT("<n>"), SLICE_LIT("/h/0?<n>\""));
        check_whole(&b);
        assert_true(page_status((enum page_text)i) >= 200 && page_status((enum page_text)i) < 600);
        buf_free(&b);
    }
}

static void test_login(void **state)
{
    struct buf b = BUF_INIT(PAGE_MAX);
    struct page_login p = {.csrf = SLICE_LIT("\"><n>"),
                           .handoff = SLICE_LIT("\"><n>"),
                           .name = SLICE_LIT("\"><n>"),
                           .error = "<n>"};

    (void)state;
    page_login(&b, &frame, &p);
    check_whole(&b);
    assert_false(has(&b, "\">&lt;n"));
    buf_free(&b);
}

static struct page_handoff sample(const struct page_field *fields, size_t n)
{
    return (struct page_handoff){.title = SLICE_LIT("Up \"><n>"),
                                 .said.client_label = SLICE_LIT("a\xe2\x80\xae<n>\n\n\xff"),
                                 .said.method = SLICE_LIT("tools/call"),
                                 .said.tool = SLICE_LIT("t\x1b[2J<n>"),
                                 .said.words = SLICE_LIT("<n> <n>"),
                                 .said.expires = NOW + 90000,
                                 .lease = {LEASE_KIND_TASK, 3, 600000},
                                 .fields = fields,
                                 .fields_n = n};
}

static void test_handoff(void **state)
{
    struct page_field fields[LIM_FIELDS];
    struct buf b = BUF_INIT(PAGE_MAX);

    (void)state;
    for (size_t i = 0; i < LIM_FIELDS; i++)
        fields[i] = (struct page_field){SLICE_LIT("l<n>"), i % 2 ? SLICE_LIT("h<n>") : SLICE_EMPTY,
                                        i % 3 == 0, i == 5 ? "<n>" : NULL};
    struct page_handoff p = sample(fields, LIM_FIELDS);
    page_handoff(&b, &frame, &p);
    check_whole(&b);
    assert_true(has(&b, "a[U+202E]&lt;n&gt;[U+000A][U+000A][0xFF]"));
    assert_true(has(&b, "t[U+001B][2J"));
    assert_true(has(&b, "aria-describedby=\"f5-error f5-hint\" autofocus"));
    assert_true(has(&b, "aria-describedby=\"f1-hint\">"));
    assert_true(has(&b, "3 times within 10 minutes"));
    assert_true(has(&b, "in 1 minute"));
    buf_free(&b);
}

static void test_handoff_variants(void **state)
{
    static const struct {
        enum need need;
        enum problem problem;
        enum lease_kind lease;
        const char *method, *tool, *says;
    } rows[] = {
        {NEED_MISSING, PROBLEM_NONE, LEASE_KIND_ONCE, "tools/call", "t", "Call the tool"},
        {NEED_STALE, PROBLEM_REFUSED, LEASE_KIND_KEEP, "resources/read", "r", "Read the resource"},
        {NEED_USED_UP, PROBLEM_UNREACHABLE, LEASE_KIND_ONCE, "prompts/get", "p", "Get the prompt"},
        {NEED_EXPIRED, PROBLEM_TOO_MANY, LEASE_KIND_KEEP, "x/y", "", "Use the method"},
        {NEED_ASKED, PROBLEM_WRONG_PASSWORD, LEASE_KIND_ONCE, "", "", "Nothing at once"},
        {NEED_MISSING, PROBLEM_NONE, LEASE_KIND_ONCE, "tools/call", "", "Use the method"},
    };
    struct page_field field = {.label = SLICE_LIT("Key")};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf b = BUF_INIT(PAGE_MAX);
        struct page_handoff p = sample(&field, 1);
        p.said.need = rows[i].need;
        p.said.problem = rows[i].problem;
        p.lease.kind = rows[i].lease;
        p.said.method = slice_str(rows[i].method);
        p.said.tool = slice_str(rows[i].tool);
        page_handoff(&b, &frame, &p);
        check_whole(&b);
        if (!has(&b, rows[i].says))
            fail_msg("%zu: %.*s", i, (int)b.n, (const char *)b.p);
        assert_int_equal(has(&b, "role=\"alert\""), rows[i].problem != PROBLEM_NONE);
        buf_free(&b);
    }
}

static void put_shown(struct buf *b, char tag, struct slice s)
{
    buf_put_u8(b, (uint8_t)tag);
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_put_u8(b, (uint8_t)(s.n >> shift));
    buf_put(b, s);
}

/* What the yes is for: theirs, quoted, bounded; and the page says when it does not show all. */
static void test_asked_for(void **state)
{
    struct page_field field = {.label = SLICE_LIT("Key")};
    struct page_handoff p = sample(&field, 1);
    struct buf b = BUF_INIT(PAGE_MAX), shown = BUF_INIT(LIM_PROJECTION_BYTES);
    char name[32];

    (void)state;
    p.lease.kind = LEASE_KIND_ONCE;
    page_handoff(&b, &frame, &p);
    check_whole(&b);
    assert_true(has(&b, "each call to this server asks you again"));
    assert_false(has(&b, "What the call says"));

    p.said.for_request = true;
    put_shown(&shown, 'M', SLICE_LIT("tools/call"));
    put_shown(&shown, 'N', SLICE_LIT("pay"));
    put_shown(&shown, 'P', SLICE_LIT("/arguments"));
    put_shown(&shown, 'o', SLICE_EMPTY);
    p.said.shown = buf_slice(&shown);
    buf_clear(&b);
    page_handoff(&b, &frame, &p);
    check_whole(&b);
    assert_true(has(&b, "It has no arguments."));
    assert_true(has(&b, "make this call, once, and no other"));
    assert_true(has(&b, "beside the call (_meta) is not shown and may change"));

    buf_clear(&shown);
    put_shown(&shown, 'P', SLICE_LIT("/arguments/to<n>"));
    put_shown(&shown, 's', SLICE_LIT("a\xe2\x80\xae<n>\n\trm"));
    put_shown(&shown, 'P', SLICE_LIT("/task/ttl"));
    put_shown(&shown, 'd', SLICE_LIT("10.50"));
    put_shown(&shown, 'P', SLICE_LIT("/arguments/now"));
    put_shown(&shown, 't', SLICE_EMPTY);
    put_shown(&shown, 'P', SLICE_LIT("Mcp-Param-Tenant"));
    put_shown(&shown, 's', SLICE_LIT("live"));
    p.said.shown = buf_slice(&shown);
    buf_clear(&b);
    page_handoff(&b, &frame, &p);
    check_whole(&b);
    assert_true(has(&b, "<q class=\"theirs\">to&lt;n&gt;</q>"));
    assert_true(has(&b, "<q class=\"theirs\">a[U+202E]&lt;n&gt;[U+000A][U+0009]rm</q>"));
    assert_true(has(&b, "/task/ttl"));
    assert_true(has(&b, ">10.50<"));
    assert_true(has(&b, ">true<"));
    assert_true(has(&b, "<q class=\"theirs\">Mcp-Param-Tenant</q>"));
    assert_true(has(&b, "<q class=\"theirs\">live</q>"));
    assert_false(has(&b, "does not show everything"));

    for (unsigned i = 0; i < LIM_SHOWN_ROWS; i++) {
        snprintf(name, sizeof(name), "/arguments/n%u", i);
        put_shown(&shown, 'P', slice_str(name));
        put_shown(&shown, 'z', SLICE_EMPTY);
    }
    p.said.shown = buf_slice(&shown);
    buf_clear(&b);
    page_handoff(&b, &frame, &p);
    check_whole(&b);
    assert_true(
        has(&b, "And 4 more. This page does not show everything, but your yes is for exactly"));

    buf_clear(&shown);
    put_shown(&shown, 'P', SLICE_LIT("/arguments/a"));
    put_shown(&shown, 's', SLICE_LIT("b"));
    put_shown(&shown, 'X', SLICE_EMPTY);
    p.said.shown = buf_slice(&shown);
    buf_clear(&b);
    page_handoff(&b, &frame, &p);
    assert_true(has(&b, "does not show everything"));
    buf_free(&b);
    buf_free(&shown);
}

static void test_lists(void **state)
{
    struct buf b = BUF_INIT(PAGE_MAX);
    const struct page_row row = {.title = SLICE_LIT("<n>"),
                                 .inbox.client_label = SLICE_LIT("<n>"),
                                 .inbox.tool = SLICE_LIT("<n>"),
                                 .inbox.words = SLICE_LIT("<n>")};
    (void)state;
    page_inbox(&b, &frame, &row, 1);
    check_whole(&b);
    buf_clear(&b);
    page_inbox(&b, &frame, NULL, 0);
    check_whole(&b);
    assert_true(has(&b, "Nothing waits for you"));
    for (int s = 0; s < CONNECTION_STATE_COUNT; s++) {
        for (int l = 0; l < LEASE_KIND_COUNT; l++) {
            struct page_row c = {.connection.state = (enum connection_state)s,
                                 .connection.lease = (enum lease_kind)l,
                                 .title = SLICE_LIT("<n>"),
                                 .connection.client_label = SLICE_LIT("<n>"),
                                 .connection.created = UINT64_MAX,
                                 .connection.last_used = l ? 1 : 0,
                                 .connection.expires = UINT64_MAX,
                                 .connection.uses_left = l ? UINT32_MAX : 1};
            buf_clear(&b);
            page_connections(&b, &frame, &c, 1, true);
            check_whole(&b);
        }
    }
    buf_free(&b);
}

/* A page that does not fit ends early, and nothing worse happens. */
static void test_too_large(void **state)
{
    struct buf b = BUF_INIT(100);

    (void)state;
    page_message(&b, &frame, PAGE_GONE, SLICE_EMPTY, SLICE_EMPTY);
    assert_int_equal(buf_err(&b), ERR_TOO_LARGE);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),  cmocka_unit_test(test_login),
        cmocka_unit_test(test_handoff),   cmocka_unit_test(test_handoff_variants),
        cmocka_unit_test(test_asked_for), cmocka_unit_test(test_lists),
        cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
