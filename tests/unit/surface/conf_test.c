/* Rows of the configuration that make no sense are noticed before anything is served. */
#include "surface/conf.h"

#include "ipc/gen/surface.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct msg_conf_site site = {
    .surface_url = {(const uint8_t *)"https://side.example", 20}};
static const struct msg_conf_host host = {{(const uint8_t *)"side.example", 12}};

static void start(struct surface_conf *c)
{
    *c = (struct surface_conf){0};
    surface_on_conf_site(c, &site);
    surface_on_conf_host(c, &host);
}

static void test_good(void **state)
{
    struct surface_conf c;

    (void)state;
    start(&c);
    surface_on_conf_upstream(&c,
                             &(struct msg_conf_upstream){.upstream = 255, .name = SLICE_LIT("a")});
    surface_on_conf_field(&c, &(struct msg_conf_field){.upstream = 255, .name = SLICE_LIT("key")});
    assert_int_equal(surface_conf_check(&c), ERR_OK);
    assert_true(slice_eq_str(surface_conf_host(&c), "side.example"));
    assert_true(surface_conf_is_host(&c, SLICE_LIT("Side.Example")));
    assert_false(surface_conf_is_host(&c, SLICE_LIT("side.example:443")));
    assert_string_equal(surface_conf_upstream(&c, 255)->title, "a");
    assert_string_equal(surface_conf_upstream(&c, 255)->fields[0].label, "key");
    assert_null(surface_conf_upstream(&c, 256));
    assert_null(surface_conf_upstream(&c, 0));
    assert_true(slice_eq_str(surface_conf_title(&c, 9), "?"));
    surface_conf_free(&c);
}

static void test_incomplete(void **state)
{
    struct surface_conf c = {0};

    (void)state;
    assert_int_equal(surface_conf_check(&c), ERR_CONFIG);
    surface_on_conf_site(&c, &site);
    assert_int_equal(surface_conf_check(&c), ERR_CONFIG);
    surface_on_conf_host(&c, &host);
    assert_int_equal(surface_conf_check(&c), ERR_OK);
}

static void test_senseless_rows(void **state)
{
    uint8_t longer[300];
    struct surface_conf c;

    (void)state;
    start(&c);
    surface_on_conf_field(&c, &(struct msg_conf_field){.upstream = 1}); /* of no upstream */
    assert_int_equal(surface_conf_check(&c), ERR_CONFIG);
    start(&c);
    surface_on_conf_upstream(&c, &(struct msg_conf_upstream){.upstream = 256});
    assert_int_equal(surface_conf_check(&c), ERR_CONFIG);
    start(&c);
    surface_on_conf_upstream(&c, &(struct msg_conf_upstream){.upstream = 1});
    surface_on_conf_upstream(&c, &(struct msg_conf_upstream){.upstream = 1});
    assert_int_equal(surface_conf_check(&c), ERR_CONFIG);
    surface_conf_free(&c);
    start(&c);
    surface_on_conf_upstream(&c, &(struct msg_conf_upstream){.upstream = 1});
    surface_on_conf_field(&c, &(struct msg_conf_field){.upstream = 1, .index = 1}); /* a gap */
    assert_int_equal(surface_conf_check(&c), ERR_CONFIG);
    surface_conf_free(&c);
    memset(longer, 'a', sizeof(longer));
    for (int i = 0; i < 3; i++) {
        const struct msg_conf_field field = {
            .upstream = 1,
            .label = slice_of(longer, LIM_LABEL_BYTES + (size_t)(i == 1)),
            .hint = slice_of(longer, 256 + (size_t)(i == 2)),
        };
        start(&c);
        surface_on_conf_upstream(&c, &(struct msg_conf_upstream){.upstream = 1});
        surface_on_conf_field(&c, &field);
        assert_int_equal(surface_conf_check(&c), i == 0 ? ERR_OK : ERR_CONFIG);
        surface_conf_free(&c);
    }
    start(&c);
    for (int i = 0; i < CONF_HOSTS; i++)
        surface_on_conf_host(&c, &host);
    assert_int_equal(surface_conf_check(&c), ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_incomplete),
        cmocka_unit_test(test_senseless_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
