/* Where an answer's body ends: as a whole, and with each byte coming by itself. */
#include "unit.h"

#include "egress/body.h"

static struct body body_of(const char *how)
{
    struct head h = {.status = 200};
    struct body b;

    h.has_coding = strcmp(how, "chunked") == 0;
    h.has_length = how[0] >= '0' && how[0] <= '9';
    if (h.has_length)
        assert_true(slice_to_u64(slice_str(how), UINT64_MAX, &h.length));
    if (strcmp(how, "none") == 0)
        h = (struct head){.status = 204, .has_length = true, .length = 5};
    body_init(&b, &h);
    return b;
}

/* What the content is, when pieces of n bytes come; what is left over goes to rest. */
static enum err feed(struct body *b, struct slice all, size_t n, struct buf *content,
                     struct buf *rest)
{
    enum err e = ERR_AGAIN;

    while (e == ERR_AGAIN && (all.n > 0 || rest->n > 0)) {
        struct slice in, part = SLICE_EMPTY;
        const bool last = all.n == 0;

        buf_put(rest, slice_take(&all, n));
        in = buf_slice(rest);
        while ((e = body_next(b, &in, &part)) == ERR_OK && part.n > 0) {
            buf_put(content, part);
            body_took(b, &in, part.n);
        }
        buf_consume(rest, rest->n - in.n);
        if (last)
            break;
    }
    return e;
}

#define X16(s) s s s s s s s s s s s s s s s s

static const struct {
    const char *how, *in, *content;
    enum err err;
    const char *rest;
} rows[] = {
    {"0", "", "", ERR_OK, ""},
    {"4", "good", "good", ERR_OK, ""},
    {"4", "go", "go", ERR_AGAIN, ""},
    {"4", "goodness", "good", ERR_OK, "ness"},
    {"none", "HTTP", "", ERR_OK, "HTTP"},
    {"end", "good", "good", ERR_AGAIN, ""},
    {"chunked", "4\r\ngood\r\n0\r\n\r\n", "good", ERR_OK, ""},
    {"chunked", "2\r\ngo\r\n2\r\nod\r\n0\r\n\r\nmore", "good", ERR_OK, "more"},
    {"chunked", "00000004\r\ngood\r\n000\r\n\r\n", "good", ERR_OK, ""},
    {"chunked", "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", ERR_OK,
     ""},
    {"chunked", "4;name=\"va\tlue\"\r\ngood\r\n0;x\r\n\r\n", "good", ERR_OK, ""},
    {"chunked", "4 \t\r\ngood\r\n0 ;x\r\n\r\n", "good", ERR_OK, ""},
    {"chunked", "4\r\ngood\r\n0\r\nA: b\r\nC: d\r\n\r\n", "good", ERR_OK, ""},
    {"chunked", "4\r\ngood\r\n0\r\n", "good", ERR_AGAIN, ""},
    {"chunked", "4\r\ngo", "go", ERR_AGAIN, ""},
    {"chunked", "\r\n", "", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", ";x\r\n", "", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", "4\ngood\r\n0\r\n\r\n", "", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", " 4\r\ngood\r\n0\r\n\r\n", "", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", "0x4\r\ngood\r\n0\r\n\r\n", "", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", "-4\r\ngood\r\n0\r\n\r\n", "", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", "+4\r\ngood\r\n0\r\n\r\n", "", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", "4 4\r\ngood\r\n0\r\n\r\n", "", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", "g\r\ngood\r\n0\r\n\r\n", "", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", "4;\x01\r\ngood\r\n0\r\n\r\n", "", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", "4;a\rb\r\ngood\r\n0\r\n\r\n", "", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", "4\r\r\ngood\r\n0\r\n\r\n", "", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", "00000000000000004\r\ngood\r\n", "", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", "fffffffffffffffff\r\ngood\r\n", "", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", "ffffffffffffffff\r\ngood", "good", ERR_AGAIN, ""},
    {"chunked", "4\r\ngoodX\r\n0\r\n\r\n", "good", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", "4\r\ngood\n0\r\n\r\n", "good", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", "4\r\ngood0\r\n\r\n", "good", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", "4\r\ngood\r\n0\r\n\n", "good", ERR_UPSTREAM_ANSWER, NULL},
    {"chunked", "4\r\ngood\r\n0\r\nA: b\n\r\n", "good", ERR_UPSTREAM_ANSWER, NULL},
    /* No end of the line in LIM_CHUNK_LINE */
    {"chunked", "4;" X16(X16("xxxxx")), "", ERR_UPSTREAM_ANSWER, NULL},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct slice in = slice_str(rows[k].in);

        for (size_t n = 1; n <= in.n + 1; n++) {
            struct body b = body_of(rows[k].how);
            struct buf content = BUF_INIT(1000), rest = BUF_INIT(2000);
            struct slice none = SLICE_EMPTY, part = SLICE_EMPTY;
            enum err e = in.n > 0 ? feed(&b, in, n, &content, &rest) : body_next(&b, &none, &part);

            if (e != rows[k].err || !slice_eq_str(buf_slice(&content), rows[k].content))
                fail_msg("row %zu by %zu: %s, \"%.*s\"", k, n, err_name(e), (int)content.n,
                         (const char *)content.p);
            /* What was fed in one piece shows what is left over. */
            if (rows[k].rest && n > in.n)
                assert_true(slice_eq_str(buf_slice(&rest), rows[k].rest));
            buf_free(&content);
            buf_free(&rest);
        }
    }
}

static void test_trailers_have_a_limit(void **state)
{
    struct body b = body_of("chunked");
    struct buf content = BUF_INIT(10), rest = BUF_INIT(LIM_HEADER_BYTES * 2),
               all = BUF_INIT(LIM_HEADER_BYTES * 2);

    (void)state;
    buf_put_str(&all, "0\r\n");
    while (all.n <= LIM_HEADER_BYTES + 100)
        buf_put_str(&all, "A: 0123456789012345678901234567890123456789\r\n");
    assert_err(feed(&b, buf_slice(&all), 100, &content, &rest), ERR_UPSTREAM_ANSWER);
    buf_free(&all);
    buf_free(&rest);
}

static void test_who_may_end(void **state)
{
    static const char *const hows[] = {"0", "4", "none", "chunked", "end"};

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(hows); k++) {
        struct body b = body_of(hows[k]);
        assert_int_equal(body_may_end(&b), strcmp(hows[k], "end") == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_trailers_have_a_limit),
        cmocka_unit_test(test_who_may_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
