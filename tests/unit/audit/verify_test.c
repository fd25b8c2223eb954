/* Tests of src/audit/verify.c and walk.c: each way to tamper with a log is found, and the right
 * record is named. */
#include "logs.h"

#include "audit/verify.h"

enum { RECORDS = 12, BATCH = 3, LINES = 1 + 1 + RECORDS + RECORDS / BATCH };

/* A log of 12 records in batches of 3: line 0 is the first, 1 a head, then r r r h, r r r h ... */
struct fixture {
    struct sec *key;
    struct sign_public public;
    struct buf lines[LINES + 4];
    size_t count;
    struct audit_known known;
    struct audit_verdict v;
};

static size_t line_of_record(uint64_t seq)
{
    return 2 + (seq - 1) + (seq - 1) / BATCH;
}

static size_t line_of_head(uint64_t seq)
{
    return line_of_record(seq) + 1;
}

static void split(struct fixture *f, struct slice all)
{
    while (all.n > 0) {
        size_t feed = slice_find_byte(all, '\n');

        buf_init(&f->lines[f->count], LINE_BYTES);
        buf_put(&f->lines[f->count++], slice_sub(all, 0, feed + 1));
        all = slice_sub(all, feed + 1, all.n);
    }
}

/* Writes a log with its own key, so that a forger's can be made too; detail goes into record 5. */
static void make_log(struct fixture *f, const struct sec *key, const struct sign_public *public,
                     struct slice detail)
{
    struct buf all = BUF_INIT(1 << 16);
    struct digest last;
    struct line_head head = {0};

    line_put_first(&all, public, 0, &head.prev);
    line_put_head(&all, &head, key, &last);
    for (uint64_t seq = 1; seq <= RECORDS; seq++) {
        struct msg_audit_append m = record_of(seq);

        if (seq == 5)
            m.detail = detail;
        record_put(&all, &m, &last, &last);
        f->known = (struct audit_known){seq, last};
        if (seq % BATCH == 0) {
            head = (struct line_head){seq, 3, last};
            line_put_head(&all, &head, key, &last);
        }
    }
    f->count = 0;
    split(f, buf_slice(&all));
    assert_int_equal(f->count, LINES);
    buf_free(&all);
}

static void drop_lines(struct fixture *f)
{
    for (size_t i = 0; i < f->count; i++)
        buf_free(&f->lines[i]);
    f->count = 0;
}

static int set_up(void **state)
{
    struct fixture *f = MEM_NEW(struct fixture);

    f->key = key_of_byte(1, &f->public);
    make_log(f, f->key, &f->public, SLICE_LIT("as it was"));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    drop_lines(f);
    sec_free(f->key);
    mem_free(f);
    return 0;
}

static void verify(struct fixture *f, const struct audit_known *known)
{
    FILE *file = tmpfile();

    assert_non_null(file);
    for (size_t i = 0; i < f->count; i++)
        fwrite(f->lines[i].p, 1, f->lines[i].n, file);
    fflush(file);
    rewind(file);
    assert_err(audit_verify(fileno(file), &f->public, known, &f->v), ERR_OK);
    fclose(file);
}

static void assert_fault(struct fixture *f, enum audit_fault fault, uint64_t seq)
{
    verify(f, &f->known);
    assert_string_equal(audit_fault_sentence(f->v.fault), audit_fault_sentence(fault));
    assert_int_equal(f->v.seq, seq);
    assert_true(f->v.records < seq || fault == AUDIT_SIGNATURE || fault == AUDIT_EDITED ||
                fault == AUDIT_UNCHAINED || fault == AUDIT_REWRITTEN || fault == AUDIT_REORDERED ||
                fault == AUDIT_TRUNCATED);
}

static void remove_line(struct fixture *f, size_t at)
{
    buf_free(&f->lines[at]);
    f->count--;
    memmove(&f->lines[at], &f->lines[at + 1], (f->count - at) * sizeof f->lines[0]);
}

static void swap_lines(struct fixture *f, size_t a, size_t b)
{
    struct buf t = f->lines[a];

    f->lines[a] = f->lines[b];
    f->lines[b] = t;
}

/* Exchanges one byte in the middle of a line. */
static void edit(struct fixture *f, size_t at, const char *from, char to)
{
    size_t i = slice_find(buf_slice(&f->lines[at]), slice_str(from));

    assert_true(i < f->lines[at].n);
    f->lines[at].p[i] = (uint8_t)to;
}

/* Gives a line the hash of what it says now, and the line before it as its last. */
static void rehash(struct fixture *f, size_t at)
{
    struct buf fresh = BUF_INIT(LINE_BYTES);
    struct line l;
    struct line before;
    struct digest hash;
    struct slice text = slice_sub(buf_slice(&f->lines[at]), 0, f->lines[at].n - 1);

    assert_err(line_parse(text, &l), ERR_OK);
    assert_err(
        line_parse(slice_sub(buf_slice(&f->lines[at - 1]), 0, f->lines[at - 1].n - 1), &before),
        ERR_OK);
    assert_int_equal(l.kind, LINE_RECORD);
    buf_put(&fresh, slice_sub(l.hashed, 0, slice_find(l.hashed, SLICE_LIT(",\"prev\":"))));
    line_put_end(&fresh, 0, &before.hash, &hash);
    buf_free(&f->lines[at]);
    f->lines[at] = fresh;
}

static void test_sound(void **state)
{
    struct fixture *f = *state;
    struct audit_known older = {1, {{0}}};
    struct line l;

    verify(f, &f->known);
    assert_int_equal(f->v.fault, AUDIT_SOUND);
    assert_int_equal(f->v.records, RECORDS);
    assert_int_equal(f->v.signed_seq, RECORDS);
    assert_int_equal(f->v.epoch, 3);
    assert_true(ID_EQ(f->v.head, f->known.head));
    verify(f, NULL);
    assert_int_equal(f->v.fault, AUDIT_SOUND);
    /* A keeper that knows less than the log, as while it runs. */
    assert_err(line_parse(slice_sub(buf_slice(&f->lines[2]), 0, f->lines[2].n - 1), &l), ERR_OK);
    older.head = l.hash;
    verify(f, &older);
    assert_int_equal(f->v.fault, AUDIT_SOUND);
}

static void test_an_edited_record(void **state)
{
    struct fixture *f = *state;

    edit(f, line_of_record(7), "use_reserved", 'x');
    assert_fault(f, AUDIT_EDITED, 7);
    assert_int_equal(f->v.line, line_of_record(7) + 1);
    assert_int_equal(f->v.records, 6);
    assert_int_equal(f->v.signed_seq, 6);
}

static void test_an_edited_record_with_a_new_hash(void **state)
{
    struct fixture *f = *state;

    edit(f, line_of_record(7), "use_reserved", 'x');
    rehash(f, line_of_record(7));
    assert_fault(f, AUDIT_UNCHAINED, 8);
}

static void test_everything_behind_an_edit_rehashed(void **state)
{
    struct fixture *f = *state;

    edit(f, line_of_record(8), "use_reserved", 'x');
    rehash(f, line_of_record(8));
    rehash(f, line_of_record(9));
    assert_fault(f, AUDIT_UNCHAINED, 9); /* the head after it */
    assert_int_equal(f->v.line, line_of_head(9) + 1);
}

static void test_rewritten_by_somebody_without_the_key(void **state)
{
    struct fixture *f = *state;
    struct sign_public other;
    struct sec *forger = key_of_byte(2, &other);
    struct audit_known known = f->known;

    drop_lines(f);
    make_log(f, forger, &other, SLICE_LIT("as they want it"));
    f->known = known;
    assert_fault(f, AUDIT_OTHER_KEY, 1);
    /* With the right first line, and signatures by the wrong key. */
    drop_lines(f);
    make_log(f, forger, &f->public, SLICE_LIT("as they want it"));
    f->known = known;
    verify(f, &f->known);
    assert_int_equal(f->v.fault, AUDIT_SIGNATURE);
    assert_int_equal(f->v.signed_seq, 0);
    sec_free(forger);
}

static void test_rewritten_by_somebody_with_the_key(void **state)
{
    struct fixture *f = *state;
    struct audit_known known = f->known;

    drop_lines(f);
    make_log(f, f->key, &f->public, SLICE_LIT("as they want it"));
    f->known = known;
    assert_fault(f, AUDIT_REWRITTEN, RECORDS); /* the keeper knows better */
    verify(f, NULL);
    assert_int_equal(f->v.fault, AUDIT_SOUND); /* and nobody else */
}

static void test_every_removed_record(void **state)
{
    for (uint64_t seq = 1; seq <= RECORDS; seq++) {
        struct fixture *f;

        set_up((void **)&f);
        remove_line(f, line_of_record(seq));
        if (seq % BATCH == 0) /* the head after it comes first */
            assert_fault(f, AUDIT_UNCHAINED, seq - 1);
        else
            assert_fault(f, AUDIT_REMOVED, seq);
        tear_down((void **)&f);
    }
    (void)state;
}

static void test_a_removed_batch(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < BATCH + 1; i++)
        remove_line(f, line_of_record(4));
    assert_fault(f, AUDIT_REMOVED, 4);
}

static void test_a_removed_signature(void **state)
{
    struct fixture *f = *state;

    remove_line(f, line_of_head(6));
    assert_fault(f, AUDIT_UNCHAINED, 7);
}

static void test_a_removed_beginning(void **state)
{
    struct fixture *f = *state;

    remove_line(f, 0);
    assert_fault(f, AUDIT_NO_BEGINNING, 1);
}

static void test_reordered_records(void **state)
{
    struct fixture *f = *state;

    swap_lines(f, line_of_record(4), line_of_record(5));
    assert_fault(f, AUDIT_REORDERED, 4);
}

static void test_a_repeated_record(void **state)
{
    struct fixture *f = *state;

    buf_clear(&f->lines[line_of_record(5)]);
    buf_put(&f->lines[line_of_record(5)], buf_slice(&f->lines[line_of_record(4)]));
    assert_fault(f, AUDIT_REORDERED, 4);
}

static void test_a_second_beginning(void **state)
{
    struct fixture *f = *state;

    buf_clear(&f->lines[line_of_record(5)]);
    buf_put(&f->lines[line_of_record(5)], buf_slice(&f->lines[0]));
    assert_fault(f, AUDIT_REORDERED, 5);
}

static void test_edited_heads(void **state)
{
    struct fixture *f = *state;

    edit(f, line_of_head(6), "\"epoch\":3", 'x');
    assert_fault(f, AUDIT_EDITED, 7);
    assert_int_equal(f->v.line, line_of_head(6) + 1);
    drop_lines(f);
    make_log(f, f->key, &f->public, SLICE_LIT("x"));
    f->lines[line_of_head(6)].p[8] = '5'; /* {"head":6 */
    assert_fault(f, AUDIT_EDITED, 6);
}

static void test_truncated(void **state)
{
    struct fixture *f = *state;

    remove_line(f, f->count - 1); /* the last signature only */
    assert_fault(f, AUDIT_TRUNCATED, 10);
    while (f->count > line_of_head(6) + 1)
        remove_line(f, f->count - 1);
    assert_fault(f, AUDIT_TRUNCATED, 7);
    assert_int_equal(f->v.line, 0);
    verify(f, NULL);
    assert_int_equal(f->v.fault, AUDIT_SOUND); /* only the keeper can tell */
    assert_int_equal(f->v.records, 6);
    while (f->count > 0)
        remove_line(f, f->count - 1);
    assert_fault(f, AUDIT_NO_BEGINNING, 1);
}

static void test_cut_in_the_middle_of_a_line(void **state)
{
    struct fixture *f = *state;

    f->lines[f->count - 1].n -= 10;
    assert_fault(f, AUDIT_TRUNCATED, 10);
    assert_true(f->v.torn > 100);
    f->known.seq = 9; /* a write that is happening now is no fault */
    f->known.head = (struct digest){{0}};
    verify(f, NULL);
    assert_int_equal(f->v.fault, AUDIT_SOUND);
    assert_true(f->v.torn > 100);
}

static void test_rubbish(void **state)
{
    static const char *const rubbish[] = {"\n", "x\n", "{}\n", "{\"seq\":1}\n"};

    for (size_t i = 0; i < ARRAY_LEN(rubbish); i++) {
        struct fixture *f;

        set_up((void **)&f);
        buf_clear(&f->lines[line_of_record(5)]);
        buf_put_str(&f->lines[line_of_record(5)], rubbish[i]);
        assert_fault(f, AUDIT_EDITED, 5);
        tear_down((void **)&f);
    }
    (void)state;
}

/* No single changed bit anywhere goes unseen. */
static void test_every_changed_bit_is_found(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < f->count; i++) {
        for (size_t at = 0; at < f->lines[i].n; at += 3) {
            f->lines[i].p[at] ^= 1;
            verify(f, &f->known);
            assert_int_not_equal(f->v.fault, AUDIT_SOUND);
            f->lines[i].p[at] ^= 1;
        }
    }
    verify(f, &f->known);
    assert_int_equal(f->v.fault, AUDIT_SOUND);
}

static void test_unreadable(void **state)
{
    struct fixture *f = *state;

    assert_err(audit_verify(-1, &f->public, NULL, &f->v), ERR_IO);
}

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_sound),
        FIXTURE_TEST(test_an_edited_record),
        FIXTURE_TEST(test_an_edited_record_with_a_new_hash),
        FIXTURE_TEST(test_everything_behind_an_edit_rehashed),
        FIXTURE_TEST(test_rewritten_by_somebody_without_the_key),
        FIXTURE_TEST(test_rewritten_by_somebody_with_the_key),
        cmocka_unit_test(test_every_removed_record),
        FIXTURE_TEST(test_a_removed_batch),
        FIXTURE_TEST(test_a_removed_signature),
        FIXTURE_TEST(test_a_removed_beginning),
        FIXTURE_TEST(test_reordered_records),
        FIXTURE_TEST(test_a_repeated_record),
        FIXTURE_TEST(test_a_second_beginning),
        FIXTURE_TEST(test_edited_heads),
        FIXTURE_TEST(test_truncated),
        FIXTURE_TEST(test_cut_in_the_middle_of_a_line),
        cmocka_unit_test(test_rubbish),
        FIXTURE_TEST(test_every_changed_bit_is_found),
        FIXTURE_TEST(test_unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
