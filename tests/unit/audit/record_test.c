/* Tests of src/audit/record.c: the exact bytes, and that the largest record fits a line. */
#include "logs.h"

static const struct digest PREV = {{0x11}};

static void test_exact_bytes(void **state)
{
    struct msg_audit_append m = record_of(42);
    struct buf out = BUF_INIT(LINE_BYTES);
    struct digest hash;

    (void)state;
    m.detail = SLICE_LIT("say \"no\" \\ \xc3\xa9");
    m.code = ERR_NO_SPACE;
    record_put(&out, &m, &PREV, &hash);
    assert_true(slice_starts(
        buf_slice(&out),
        SLICE_LIT("{\"seq\":42,\"epoch\":3,\"time\":\"2026-11-22T22:43:01.292Z\",\"event\":\"use_"
                  "reserved\","
                  "\"outcome\":\"NO_SPACE\",\"user\":\"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1\","
                  "\"client\":\"a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2\",\"upstream\":\"weather\","
                  "\"use\":\"a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3\",\"number\":420,\"body\":\"a4a4")));
    assert_true(
        slice_find(buf_slice(&out),
                   SLICE_LIT(",\"detail\":\"say \\\"no\\\" \\\\ \xc3\xa9\",\"prev\":\"11000000")) <
        out.n);
    buf_free(&out);
}

static void test_what_does_not_apply_is_left_out(void **state)
{
    struct msg_audit_append m = {.seq = 1, .event = EVENT_KEEPER_STARTED};
    struct buf out = BUF_INIT(LINE_BYTES);
    struct digest hash;

    (void)state;
    record_put(&out, &m, &PREV, &hash);
    assert_true(slice_starts(
        buf_slice(&out),
        SLICE_LIT("{\"seq\":1,\"epoch\":0,\"time\":\"1970-01-01T00:00:00.000Z\",\"event\":"
                  "\"keeper_started\",\"outcome\":\"OK\",\"prev\":\"11")));
    buf_free(&out);
}

/* A string cannot end itself and begin another member. */
static void test_strings_stay_strings(void **state)
{
    struct msg_audit_append m = {.seq = 1, .detail = SLICE_LIT("x\",\"event\":\"login")};
    struct buf out = BUF_INIT(LINE_BYTES);
    struct digest hash;

    (void)state;
    record_put(&out, &m, &PREV, &hash);
    assert_true(slice_find(buf_slice(&out), SLICE_LIT("\"event\":\"login\"")) == out.n);
    buf_free(&out);
}

static void test_every_member_counts(void **state)
{
    struct msg_audit_append base = record_of(5);
    struct msg_audit_append rows[15];
    struct digest first;
    struct digest again;
    struct buf out = BUF_INIT(64 * LINE_BYTES);

    (void)state;
    record_put(&out, &base, &PREV, &first);
    record_put(&out, &base, &PREV, &again);
    assert_true(ID_EQ(first, again));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        rows[i] = base;
    rows[0].seq++;
    rows[1].epoch++;
    rows[2].time++;
    rows[3].event = EVENT_USE_RESULT;
    rows[4].user.b[15]++;
    rows[5].client.b[15]++;
    rows[6].upstream = SLICE_LIT("weathes");
    rows[7].handoff.b[15]++;
    rows[8].use.b[15]++;
    rows[9].connection.b[15]++;
    rows[10].code = ERR_IO;
    rows[11].number++;
    rows[12].projection.b[31]++;
    rows[13].body.b[31]++;
    rows[14].detail = SLICE_EMPTY;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct digest hash;

        record_put(&out, &rows[i], &PREV, &hash);
        assert_false(ID_EQ(first, hash));
    }
    record_put(&out, &base, &first, &again);
    assert_false(ID_EQ(first, again));
    buf_free(&out);
}

static void test_the_largest_fits(void **state)
{
    char quotes[256];
    struct msg_audit_append m = record_of(UINT64_MAX);
    struct buf out = BUF_INIT(LINE_BYTES);
    struct digest hash;
    struct line l;

    (void)state;
    memset(quotes, '"', sizeof quotes);
    memset(&m.handoff, 1, sizeof m.handoff);
    memset(&m.connection, 1, sizeof m.connection);
    memset(&m.projection, 1, sizeof m.projection);
    m.epoch = m.time = m.number = UINT64_MAX;
    m.upstream = slice_of(quotes, 32);
    m.detail = slice_of(quotes, 256);
    m.code = UINT16_MAX;
    record_put(&out, &m, &PREV, &hash);
    assert_err(buf_err(&out), ERR_OK);
    assert_err(line_parse(slice_sub(buf_slice(&out), 0, out.n - 1), &l), ERR_OK);
    assert_true(line_hash_is_right(&l));
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_bytes),
        cmocka_unit_test(test_what_does_not_apply_is_left_out),
        cmocka_unit_test(test_strings_stay_strings),
        cmocka_unit_test(test_every_member_counts),
        cmocka_unit_test(test_the_largest_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
