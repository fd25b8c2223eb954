/*
 * The attack that grows a key byte by byte: an upstream returns pages that the agent wrote, together
 * with its key. Whoever knows a beginning of the key writes all that may follow it, and looks which
 * line is taken out. So two keys that agree in what is known must leave the same answers behind,
 * whatever the agent writes, as long as it is no whole block that was not known before.
 */
#include "rig.h"

enum { MESSAGES = 10000, KNOWN = SCREEN_BLOCK, KEY = 33, LINES = 8 };

static unsigned seed = 7;

static unsigned next(unsigned below)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % below;
}

/* None of what the encoders put beside a piece, which would complete it. */
static void put_random(struct buf *out, size_t n)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZcdefghijklnopqrstuvw0123456789";

    while (n-- > 0)
        buf_put_u8(out, (uint8_t)letters[next(sizeof(letters) - 1)]);
}

/* A piece of one of the keys without a whole block but the known one: right guesses of all that can
 * be right without being one. */
static struct slice piece(const struct buf keys[2])
{
    struct slice key = buf_slice(&keys[next(2)]);
    size_t from = next(KEY - 1);
    size_t most = from <= KNOWN ? KNOWN + SCREEN_BLOCK - 1 : KEY; /* 12 to 24 is a block */

    return slice_sub(key, from, from + 1 + next((unsigned)(most - from)));
}

/* A line of a page: a piece in some encoding, with something or nothing beside it. */
static void put_line(struct buf *out, const struct buf keys[2])
{
    size_t e = next(ENCODERS);

    if (next(2))
        buf_put_str(out, "key=");
    encoders[e].fn(out, piece(keys));
    if (next(2))
        buf_put_str(out, "~~~");
    buf_put_u8(out, '\n');
}

static void put_answer(struct buf *out, struct slice page, struct slice key)
{
    buf_put_str(out, "{\"page\":");
    json_put_str(out, page);
    buf_put_str(out, ",\"headers\":{\"authorization\":");
    json_put_str(out, key);
    buf_put_str(out, "}}");
}

/* What the agent gets; in its request is what it knows, or nothing. */
static void ask(struct slice key, struct slice request, struct slice page, struct buf *ret)
{
    struct screen *s = with(key);
    struct buf answer = BUF_INIT(SIZE_MAX);
    struct json j;

    j = JSON_INIT;
    assert_ok(json_parse(&j, request, NULL));
    (void)screen_excuse(s, &j, NULL, 0);
    put_answer(&answer, page, key);
    buf_clear(ret);
    (void)run(s, buf_slice(&answer), ret);
    buf_free(&answer);
    json_free(&j);
    screen_free(s);
}

static void test_growth(void **state)
{
    struct buf keys[2] = {BUF_INIT(64), BUF_INIT(64)}, page = BUF_INIT(8192),
               request = BUF_INIT(8192), got[2] = {BUF_INIT(65536), BUF_INIT(65536)};
    (void)state;
    put_random(&keys[0], KNOWN);
    buf_put(&keys[1], buf_slice(&keys[0]));
    for (int k = 0; k < 2; k++)
        put_random(&keys[k], KEY - KNOWN);
    for (int m = 0; m < MESSAGES; m++) {
        buf_clear(&page);
        buf_clear(&request);
        for (int i = 0; i < LINES; i++)
            put_line(&page, keys);
        buf_put_u8(&request, '[');
        json_put_str(&request, next(2) ? slice_sub(buf_slice(&keys[0]), 0, KNOWN)
                                       : slice_sub(buf_slice(&page), 0, page.n / 2));
        buf_put_u8(&request, ']');
        for (int k = 0; k < 2; k++)
            ask(buf_slice(&keys[k]), buf_slice(&request), buf_slice(&page), &got[k]);
        if (!slice_eq(buf_slice(&got[0]), buf_slice(&got[1])))
            fail_msg("message %d tells the keys apart:\n%.*s\n%.*s\n%.*s", m, (int)page.n,
                     (char *)page.p, (int)got[0].n, (char *)got[0].p, (int)got[1].n,
                     (char *)got[1].p);
    }
    for (int k = 0; k < 2; k++) {
        buf_free(&keys[k]);
        buf_free(&got[k]);
    }
    buf_free(&page);
    buf_free(&request);
}

/* Guesses of a short value in the request itself, which the upstream sends back: nothing is taken out
 * whether one is right or not. */
static void test_guesses_in_a_request(void **state)
{
    struct buf request = BUF_INIT(65536), got = BUF_INIT(65536);
    struct json j;
    (void)state;
    j = JSON_INIT;
    buf_put_u8(&request, '[');
    for (unsigned pin = 73150000; pin < 73151000; pin++)
        buf_printf(&request, "%s%u", pin > 73150000 ? "," : "", pin);
    buf_put_u8(&request, ']');
    assert_ok(json_parse(&j, buf_slice(&request), NULL));
    for (int right = 0; right < 2; right++) {
        struct screen *s = with(right ? S("73150815") : S("12345678"));
        assert_int_equal(screen_excuse(s, &j, NULL, 0), right);
        buf_clear(&got);
        assert_int_equal(run(s, buf_slice(&request), &got), 0);
        assert_true(slice_eq(buf_slice(&got), buf_slice(&request)));
        screen_free(s);
    }
    json_free(&j);
    buf_free(&request);
    buf_free(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_guesses_in_a_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
