/* Tests of src/base/id.c: one text per id and one id per text. */
#include "unit.h"

#include "base/id.h"

#include <string.h>

static void test_text_and_back(void **state)
{
    struct user_id id = {{0, 1, 0x7f, 0x80, 0xff, 0xab, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
    struct user_id back;
    struct buf b = BUF_INIT(ID_TEXT);

    (void)state;
    ID_PUT(&b, id);
    assert_err(buf_err(&b), ERR_OK);
    assert_slice(buf_slice(&b), "00017f80ffab060708090a0b0c0d0e0f");
    assert_true(id_parse(buf_slice(&b), back.b, sizeof back.b));
    assert_true(ID_EQ(id, back));
    buf_free(&b);
}

static void test_refused_texts(void **state)
{
    static const char *const wrong[] = {
        "",
        "0",
        "00017f80ffab060708090a0b0c0d0e0",
        "00017f80ffab060708090a0b0c0d0e0f0",
        "00017f80ffab060708090a0b0c0d0e0f00",
        "00017F80ffab060708090a0b0c0d0e0f",
        "00017f80ffab060708090a0b0c0d0e0g",
        "00017f80ffab060708090a0b0c0d0e0 ",
        " 0017f80ffab060708090a0b0c0d0e0f",
        "0x017f80ffab060708090a0b0c0d0e0f",
        "00017f80-fab060708090a0b0c0d0e0f",
        "00017f80ffab060708090a0b0c0d0e:/",
        "00017f80ffab060708090a0b0c0d0e`@",
    };
    struct handoff_id id;
    struct handoff_id before;

    (void)state;
    memset(&id, 0x55, sizeof id);
    before = id;
    for (unsigned i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_false(id_parse(slice_str(wrong[i]), id.b, sizeof id.b));
        assert_true(ID_EQ(id, before));
    }
    assert_false(id_parse(SLICE_LIT("00017f80\0fab060708090a0b0c0d0e0f"), id.b, sizeof id.b));
}

static void test_equal_looks_at_every_byte(void **state)
{
    struct lease_id a = {{0}};

    (void)state;
    assert_true(ID_IS_ZERO(a));
    for (unsigned i = 0; i < ID_BYTES * 8; i++) {
        struct lease_id b = a;
        b.b[i / 8] = (uint8_t)(1u << (i % 8));
        assert_false(ID_EQ(a, b));
        assert_false(ID_IS_ZERO(b));
        assert_true(ID_EQ(b, b));
    }
}

static void compare_id_with_digest(void *ctx)
{
    struct user_id a = {{0}};
    struct digest b = {{0}};

    (void)ctx;
    (void)ID_EQ(a, b);
}

static void test_two_kinds_are_a_bug(void **state)
{
    (void)state;
    assert_aborts(compare_id_with_digest, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_and_back),
        cmocka_unit_test(test_refused_texts),
        cmocka_unit_test(test_equal_looks_at_every_byte),
        cmocka_unit_test(test_two_kinds_are_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
