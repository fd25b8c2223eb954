/* Tests of src/ipc/wire.c with the tables of every message: what is put can be got, and nothing
 * else can. */
#include "messages.h"

#include "base/mem.h"

static void put(enum msg type, enum fill how, struct buf *out)
{
    union msg_any m;

    fill_message(msg_info((uint16_t)type), how, &m);
    assert_err(wire_put(out, (uint16_t)type, msg_info((uint16_t)type), &m), ERR_OK);
    wire_done(msg_info((uint16_t)type), &m);
}

/* On a copy of exactly n bytes, so that a sanitizer sees the first byte read behind it. */
static enum err get(struct slice frame, enum msg type, union msg_any *m)
{
    uint8_t *copy = mem_zalloc(frame.n);
    enum err e;

    if (frame.n > 0)
        memcpy(copy, frame.p, frame.n);
    e = wire_get(copy, frame.n, msg_info((uint16_t)type), m);
    mem_free(copy);
    return e;
}

static enum err get_and_drop(struct slice frame, enum msg type)
{
    union msg_any m;
    enum err e = get(frame, type, &m);

    if (e == ERR_OK)
        wire_done(msg_info((uint16_t)type), &m);
    return e;
}

static void test_every_message_comes_back_as_it_was(void **state)
{
    (void)state;
    for (int how = FILL_LEAST; how <= FILL_MOST; how++) {
        for (int t = MSG_NONE + 1; t < MSG_COUNT; t++) {
            const struct wire_message *info = msg_info((uint16_t)t);
            struct buf first = BUF_INIT(LIM_FRAME_BYTES), second = BUF_INIT(LIM_FRAME_BYTES);
            union msg_any m;
            uint16_t type = 0;

            put((enum msg)t, (enum fill)how, &first);
            assert_err(wire_type_of(buf_slice(&first), &type), ERR_OK);
            assert_int_equal(type, t);
            buf_put(&second, buf_slice(&first));
            assert_err(wire_get(second.p, second.n, info, &m), ERR_OK);
            struct buf again = BUF_INIT(LIM_FRAME_BYTES);
            assert_err(wire_put(&again, type, info, &m), ERR_OK);
            assert_true(slice_eq(buf_slice(&again), buf_slice(&first)));
            wire_done(info, &m);
            buf_free(&first);
            buf_free(&second);
            buf_free(&again);
        }
    }
}

static void test_every_cut_and_every_extra_byte_is_refused(void **state)
{
    (void)state;
    for (int t = MSG_NONE + 1; t < MSG_COUNT; t++) {
        struct buf b = BUF_INIT(LIM_FRAME_BYTES);

        put((enum msg)t, FILL_SOME, &b);
        for (size_t n = 0; n < b.n; n++)
            assert_err(get_and_drop(slice_of(b.p, n), (enum msg)t), ERR_PROTOCOL);
        assert_err(get_and_drop(buf_slice(&b), (enum msg)t), ERR_OK);
        buf_put_u8(&b, 0);
        assert_err(get_and_drop(buf_slice(&b), (enum msg)t), ERR_PROTOCOL);
        buf_free(&b);
    }
}

/* Offset of a field in the frame of a message filled with FILL_SOME. */
static size_t offset_of_field(const struct wire_message *info, size_t field)
{
    static const size_t fixed[] = {
        [WIRE_BOOL] = 1, [WIRE_U8] = 1,  [WIRE_U16] = 2, [WIRE_U32] = 4,    [WIRE_U64] = 8,
        [WIRE_ENUM] = 1, [WIRE_ERR] = 2, [WIRE_ID] = 16, [WIRE_DIGEST] = 32};
    size_t at = 2;

    for (size_t i = 0; i < field; i++) {
        const struct wire_field *f = &info->fields[i];
        at += f->type >= WIRE_STR ? 2 + fill_length(FILL_SOME, f->max) : fixed[f->type];
    }
    return at;
}

static void spoil(struct buf *b, const struct wire_field *f, size_t at)
{
    switch (f->type) {
    case WIRE_BOOL: b->p[at] = 2; break;
    case WIRE_ENUM: b->p[at] = (uint8_t)f->max; break;
    case WIRE_STR: b->p[at + 2] = 0x07; break;
    default: /* no error; a length that is more than its maximum, or than what is there */
        b->p[at] = 0xff;
        b->p[at + 1] = 0xff;
        break;
    }
}

static void test_every_bound_of_every_field(void **state)
{
    unsigned tried = 0;

    (void)state;
    for (int t = MSG_NONE + 1; t < MSG_COUNT; t++) {
        const struct wire_message *info = msg_info((uint16_t)t);

        for (size_t i = 0; i < info->fields_n; i++) {
            struct buf b = BUF_INIT(LIM_FRAME_BYTES);
            enum wire_type type = info->fields[i].type;

            if (type != WIRE_BOOL && type != WIRE_ENUM && type != WIRE_ERR && type < WIRE_STR)
                continue;
            put((enum msg)t, FILL_SOME, &b);
            spoil(&b, &info->fields[i], offset_of_field(info, i));
            assert_err(get_and_drop(buf_slice(&b), (enum msg)t), ERR_PROTOCOL);
            buf_free(&b);
            tried++;
        }
    }
    assert_true(tried > 100);
}

static void test_one_more_than_the_maximum(void **state)
{
    (void)state;
    for (int t = MSG_NONE + 1; t < MSG_COUNT; t++) {
        const struct wire_message *info = msg_info((uint16_t)t);

        for (size_t i = 0; i < info->fields_n; i++) {
            const struct wire_field *f = &info->fields[i];
            struct buf b = BUF_INIT(LIM_FRAME_BYTES);
            union msg_any m;
            struct slice s = slice_of(fill_bytes, f->max + 1);

            if (f->type != WIRE_STR && f->type != WIRE_BYTES)
                continue;
            fill_message(info, FILL_LEAST, &m);
            memcpy((uint8_t *)&m + f->offset, &s, sizeof s);
            assert_err(wire_put(&b, (uint16_t)t, info, &m), ERR_TOO_LARGE);
            assert_int_equal(b.n, 0);
            buf_free(&b);
        }
    }
}

static void test_text_is_clean(void **state)
{
    static const struct {
        struct slice text;
        bool clean;
    } rows[] = {
        {SLICE_LIT("plain"), true},
        {SLICE_LIT(""), true},
        {SLICE_LIT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91"), true},
        {SLICE_LIT("\xc2\xa0"), true},
        {SLICE_LIT("\xef\xbf\xbf"), true},
        {SLICE_LIT("\xf4\x8f\xbf\xbf"), true},
        {SLICE_LIT("\xed\x9f\xbf"), true},
        {SLICE_LIT("\n"), false},
        {SLICE_LIT("a\0b"), false},
        {SLICE_LIT("\x7f"), false},
        {SLICE_LIT("\xc2\x85"), false},
        {SLICE_LIT("\xc0\x80"), false},
        {SLICE_LIT("\xc1\xbf"), false},
        {SLICE_LIT("\xe0\x9f\xbf"), false},
        {SLICE_LIT("\xed\xa0\x80"), false},
        {SLICE_LIT("\xf0\x8f\xbf\xbf"), false},
        {SLICE_LIT("\xf4\x90\x80\x80"), false},
        {SLICE_LIT("\xf5\x80\x80\x80"), false},
        {SLICE_LIT("\x80"), false},
        {SLICE_LIT("\xe2\x82"), false},
        {SLICE_LIT("\xe2\x28\xa1"), false},
        {SLICE_LIT("\xff"), false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct msg_conf_host m = {.host = rows[i].text};
        struct buf b = BUF_INIT(LIM_FRAME_BYTES);
        uint8_t frame[64] = {0, MSG_CONF_HOST, 0, (uint8_t)rows[i].text.n};

        assert_err(wire_put(&b, MSG_CONF_HOST, msg_info(MSG_CONF_HOST), &m),
                   rows[i].clean ? ERR_OK : ERR_OUT_OF_RANGE);
        if (rows[i].text.n > 0)
            memcpy(frame + 4, rows[i].text.p, rows[i].text.n);
        assert_err(get_and_drop(slice_of(frame, 4 + rows[i].text.n), MSG_CONF_HOST),
                   rows[i].clean ? ERR_OK : ERR_PROTOCOL);
        buf_free(&b);
    }
}

static void test_secret_leaves_the_frame_and_can_be_kept(void **state)
{
    struct buf b = BUF_INIT(LIM_FRAME_BYTES);
    union msg_any m;
    struct sec *kept;

    (void)state;
    put(MSG_CALL_OPEN, FILL_SOME, &b);
    assert_true(slice_find(buf_slice(&b), SLICE_LIT("kkkkk")) < b.n);
    assert_err(wire_get(b.p, b.n, msg_info(MSG_CALL_OPEN), &m), ERR_OK);
    assert_int_equal(slice_find(buf_slice(&b), SLICE_LIT("k")), b.n);
    kept = m.call_open.token;
    m.call_open.token = NULL; /* moved */
    wire_done(msg_info(MSG_CALL_OPEN), &m);
    assert_int_equal(sec_len(kept), 5);
    sec_free(kept);
    buf_free(&b);
}

static void test_trace_shows_no_secret(void **state)
{
    struct buf b = BUF_INIT(4096);
    union msg_any m;

    (void)state;
    fill_message(msg_info(MSG_LOGOUT), FILL_SOME, &m);
    wire_trace(&b, msg_info(MSG_LOGOUT), &m);
    assert_slice(buf_slice(&b), "logout req=9187201950435737471 cookie=secret(5) csrf=(32)");
    wire_done(msg_info(MSG_LOGOUT), &m);
    buf_clear(&b);
    fill_message(msg_info(MSG_SEND_PART), FILL_SOME, &m);
    wire_trace(&b, msg_info(MSG_SEND_PART), &m);
    assert_slice(buf_slice(&b), "send_part call=9187201950435737471 part=(5)");
    wire_done(msg_info(MSG_SEND_PART), &m);
    buf_clear(&b);
    m.login_start = (struct msg_login_start){.req = 1, .name = SLICE_LIT("hunter2")};
    wire_trace(&b, msg_info(MSG_LOGIN_START), &m);
    assert_slice(buf_slice(&b), "login_start req=1 name=(7) browser=none");
    buf_clear(&b);
    m.login = (struct msg_login){.req = 1, .name = SLICE_LIT("hunter2")};
    wire_trace(&b, msg_info(MSG_LOGIN), &m);
    assert_slice(buf_slice(&b), "login req=1 name=(7) browser=none verifier=secret(0)");
    buf_free(&b);
}

static void test_put_refuses_an_enum_that_is_none(void **state)
{
    struct buf b = BUF_INIT(LIM_FRAME_BYTES);
    struct msg_answer_head m = {.kind = ANSWER_KIND_COUNT};

    (void)state;
    assert_err(wire_put(&b, MSG_ANSWER_HEAD, msg_info(MSG_ANSWER_HEAD), &m), ERR_OUT_OF_RANGE);
    assert_int_equal(b.n, 0);
    buf_free(&b);
}

static void test_errors_that_there_are(void **state)
{
    static const struct {
        unsigned code;
        enum err want;
    } rows[] = {
        {ERR_OK, ERR_OK},           {ERR_COUNT - 1, ERR_OK},
        {ERR_COUNT, ERR_PROTOCOL},  {UINT8_MAX + 1, ERR_PROTOCOL},
        {UINT16_MAX, ERR_PROTOCOL},
    };
    struct msg_cut m = {.code = ERR_COUNT};
    struct buf b = BUF_INIT(LIM_FRAME_BYTES);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        union msg_any got;

        put(MSG_CUT, FILL_LEAST, &b);
        b.n -= 2; /* the code */
        wire_put_number(&b, rows[i].code, 2);
        assert_err(get(buf_slice(&b), MSG_CUT, &got), rows[i].want);
        if (rows[i].want == ERR_OK)
            assert_int_equal(got.cut.code, rows[i].code);
        buf_clear(&b);
    }
    assert_err(wire_put(&b, MSG_CUT, msg_info(MSG_CUT), &m), ERR_OUT_OF_RANGE);
    assert_int_equal(b.n, 0);
    buf_free(&b);
}

static void test_put_leaves_a_full_buffer_alone(void **state)
{
    struct buf b = BUF_INIT(28);
    struct msg_call_gone m = {.call = 1};

    (void)state;
    assert_err(wire_put(&b, MSG_CALL_GONE, msg_info(MSG_CALL_GONE), &m), ERR_OK);
    assert_int_equal(b.n, 26);
    assert_err(wire_put(&b, MSG_CALL_GONE, msg_info(MSG_CALL_GONE), &m), ERR_TOO_LARGE);
    assert_int_equal(b.n, 26);
    buf_free(&b);
}

static void test_numbers_that_are_no_message(void **state)
{
    uint16_t type = 1;

    (void)state;
    assert_null(msg_info(MSG_NONE));
    assert_null(msg_info(MSG_COUNT));
    assert_null(msg_info(UINT16_MAX));
    assert_err(wire_type_of(SLICE_EMPTY, &type), ERR_PROTOCOL);
    assert_err(wire_type_of(SLICE_LIT("\0"), &type), ERR_PROTOCOL);
    assert_int_equal(type, 1);
}

/* Every row can be as large as its maxima say and still be one frame. */
static void test_the_largest_of_each_message_fits_a_frame(void **state)
{
    (void)state;
    for (int t = MSG_NONE + 1; t < MSG_COUNT; t++) {
        struct buf b = BUF_INIT(LIM_FRAME_BYTES);

        put((enum msg)t, FILL_MOST, &b);
        buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_message_comes_back_as_it_was),
        cmocka_unit_test(test_every_cut_and_every_extra_byte_is_refused),
        cmocka_unit_test(test_every_bound_of_every_field),
        cmocka_unit_test(test_one_more_than_the_maximum),
        cmocka_unit_test(test_text_is_clean),
        cmocka_unit_test(test_secret_leaves_the_frame_and_can_be_kept),
        cmocka_unit_test(test_trace_shows_no_secret),
        cmocka_unit_test(test_put_refuses_an_enum_that_is_none),
        cmocka_unit_test(test_errors_that_there_are),
        cmocka_unit_test(test_put_leaves_a_full_buffer_alone),
        cmocka_unit_test(test_numbers_that_are_no_message),
        cmocka_unit_test(test_the_largest_of_each_message_fits_a_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
