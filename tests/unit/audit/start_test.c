/* Tests of src/audit/start.c: after any crash the log is whole, what was acknowledged is there, and
 * damage stops the start. */
#include "logs.h"

#include "audit/start.h"
#include "audit/verify.h"

struct fixture {
    char folder[64];
    char log[128];
    struct start start;
    struct ledger ledger;
    struct buf bytes; /* of the log */
};

static enum err begin(struct fixture *f)
{
    return start_log(&f->start, &f->ledger, f->folder, f->folder);
}

static void end(struct fixture *f)
{
    ledger_done(&f->ledger);
    sec_free(f->start.key);
    close(f->start.fd);
}

static void add(struct fixture *f, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct msg_audit_append m = record_of(f->ledger.seq + 1);

        assert_err(ledger_take(&f->ledger, &m), ERR_OK);
    }
    assert_err(ledger_flush(&f->ledger), ERR_OK);
}

static void reread(struct fixture *f)
{
    buf_clear(&f->bytes);
    slurp(f->log, &f->bytes);
}

/* A log with 6 records in two batches. */
static int set_up(void **state)
{
    struct fixture *f = MEM_NEW(struct fixture);

    buf_init(&f->bytes, 1 << 20);
    scratch_make(f->folder);
    snprintf(f->log, sizeof f->log, "%s/%s", f->folder, AUDIT_LOG_NAME);
    assert_err(begin(f), ERR_OK);
    add(f, 3);
    add(f, 3);
    end(f);
    reread(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    scratch_remove(f->folder);
    buf_free(&f->bytes);
    mem_free(f);
    return 0;
}

static void assert_sound(struct fixture *f, uint64_t records)
{
    struct audit_verdict v;
    int fd = open(f->log, O_RDONLY);

    assert_err(audit_verify(fd, &f->start.public, NULL, &v), ERR_OK);
    close(fd);
    assert_string_equal(audit_fault_sentence(v.fault), audit_fault_sentence(AUDIT_SOUND));
    assert_int_equal(v.records, records);
    assert_int_equal(v.signed_seq, records);
    assert_int_equal(v.torn, 0);
}

static void test_goes_on_where_it_was(void **state)
{
    struct fixture *f = *state;
    struct msg_audit_append m = record_of(2);
    size_t size = f->bytes.n;

    assert_err(begin(f), ERR_OK);
    assert_int_equal(f->ledger.seq, 6);
    assert_int_equal(f->ledger.synced, 6);
    assert_int_equal(f->ledger.epoch, 3);
    assert_int_equal(f->start.cut, 0);
    reread(f);
    assert_int_equal(f->bytes.n, size); /* starting alone writes nothing */
    assert_err(ledger_take(&f->ledger, &m), ERR_OK);
    m.number++;
    assert_err(ledger_take(&f->ledger, &m), ERR_CORRUPT);
    add(f, 2);
    end(f);
    assert_sound(f, 8);
}

/* Cut at each byte, as a crash may. The first batch (records 1 to 3) was acknowledged, and so must
 * be there. */
static void test_every_torn_tail(void **state)
{
    struct fixture *f = *state;
    struct buf whole = BUF_INIT(1 << 20);
    size_t safe = 0;
    size_t feeds = 0;

    buf_put(&whole, buf_slice(&f->bytes));
    while (feeds < 2 + 3 + 1) /* the first line and its head, three records, their head */
        feeds += whole.p[safe++] == '\n';
    for (size_t n = safe; n < whole.n; n += 5) {
        uint64_t seq;

        spill(f->log, slice_sub(buf_slice(&whole), 0, n));
        assert_err(begin(f), ERR_OK);
        seq = f->ledger.seq;
        assert_in_range(seq, 3, 6);
        assert_int_equal(f->ledger.synced, seq); /* with a signature again */
        assert_true(whole.p[n - 1] == '\n' || f->start.cut > 0);
        add(f, 1);
        end(f);
        assert_sound(f, seq + 1);
    }
    buf_free(&whole);
}

/* What a disk may show after a power cut: the size is there, the bytes are not. */
static void test_zeros_at_the_end(void **state)
{
    struct fixture *f = *state;
    static const uint8_t zeros[5000];

    buf_put(&f->bytes, slice_of(zeros, sizeof zeros));
    spill(f->log, buf_slice(&f->bytes));
    assert_err(begin(f), ERR_OK);
    assert_int_equal(f->start.cut, sizeof zeros);
    assert_int_equal(f->ledger.seq, 6);
    add(f, 1);
    end(f);
    assert_sound(f, 7);
}

static void test_no_more_is_cut_than_one_batch(void **state)
{
    struct fixture *f = *state;
    uint8_t *zeros = mem_zalloc(LEDGER_BATCH_MOST + 1);

    buf_put(&f->bytes, slice_of(zeros, LEDGER_BATCH_MOST + 1));
    spill(f->log, buf_slice(&f->bytes));
    assert_err(begin(f), ERR_CORRUPT);
    mem_free(zeros);
}

/* Refuses, and leaves the file as it is. */
static void assert_refused(struct fixture *f)
{
    struct buf before = BUF_INIT(1 << 20);

    slurp(f->log, &before);
    assert_err(begin(f), ERR_CORRUPT);
    assert_non_null(f->start.wrong);
    reread(f);
    assert_true(slice_eq(buf_slice(&before), buf_slice(&f->bytes)));
    buf_free(&before);
}

static void test_damage_before_the_last_signature(void **state)
{
    struct fixture *f = *state;
    size_t last = f->bytes.n - 1; /* where the last line begins */

    while (f->bytes.p[last - 1] != '\n')
        last--;
    /* From the line feed before it on, damage looks like a write that was cut off; the keeper knows
     * that it was acknowledged. */
    for (size_t at = 0; at < last - 1; at += 11) {
        f->bytes.p[at] ^= 1;
        spill(f->log, buf_slice(&f->bytes));
        assert_refused(f);
        f->bytes.p[at] ^= 1;
    }
}

static void test_a_removed_record(void **state)
{
    struct fixture *f = *state;
    struct buf less = BUF_INIT(1 << 20);
    size_t from = slice_find(buf_slice(&f->bytes), SLICE_LIT("{\"seq\":2,"));
    size_t to = slice_find(buf_slice(&f->bytes), SLICE_LIT("{\"seq\":3,"));

    buf_put(&less, slice_sub(buf_slice(&f->bytes), 0, from));
    buf_put(&less, slice_sub(buf_slice(&f->bytes), to, f->bytes.n));
    spill(f->log, buf_slice(&less));
    assert_refused(f);
    buf_free(&less);
}

static void test_not_a_log(void **state)
{
    struct fixture *f = *state;

    spill(f->log, SLICE_LIT("hello\n"));
    assert_refused(f);
}

static void test_crash_while_the_log_begins(void **state)
{
    struct fixture *f = *state;
    size_t first = slice_find_byte(buf_slice(&f->bytes), '\n') + 1;
    size_t second =
        first + slice_find_byte(slice_sub(buf_slice(&f->bytes), first, f->bytes.n), '\n') + 1;

    for (size_t n = 0; n < second; n += 3) {
        spill(f->log, slice_sub(buf_slice(&f->bytes), 0, n));
        assert_err(begin(f), ERR_OK);
        assert_int_equal(f->ledger.seq, 0);
        assert_true(ID_IS_ZERO(f->ledger.head));
        add(f, 1);
        end(f);
        assert_sound(f, 1);
    }
}

static void test_two_at_once(void **state)
{
    struct fixture *f = *state;
    struct fixture other = *f;

    assert_err(begin(f), ERR_OK);
    assert_err(begin(&other), ERR_EXISTS);
    end(f);
    assert_err(begin(f), ERR_OK);
    end(f);
}

static void test_without_its_key(void **state)
{
    struct fixture *f = *state;
    char key[128];
    char public[128];

    snprintf(key, sizeof key, "%s/audit.key", f->folder);
    snprintf(public, sizeof public, "%s/audit.pub", f->folder);
    assert_int_equal(unlink(key), 0);
    assert_err(begin(f), ERR_NOT_FOUND); /* another key is not made up */
    spill(key, SLICE_LIT("0123456789abcdef0123456789abcdef"));
    assert_err(begin(f), ERR_CORRUPT); /* audit.pub is another's */
    assert_string_equal(f->start.wrong, "audit.pub");
    assert_int_equal(unlink(public), 0);
    assert_refused(f); /* and so is the log */
}

static void test_readable_by_others(void **state)
{
    struct fixture *f = *state;
    char elsewhere[128];

    assert_int_equal(chmod(f->log, 0640), 0);
    assert_err(begin(f), ERR_FORBIDDEN);
    assert_int_equal(chmod(f->log, 0600), 0);
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", f->folder);
    assert_int_equal(link(f->log, elsewhere), 0);
    assert_err(begin(f), ERR_FORBIDDEN);
    assert_int_equal(unlink(f->log), 0);
    assert_int_equal(symlink(elsewhere, f->log), 0);
    assert_err(begin(f), ERR_IO);
}

static void test_nowhere(void **state)
{
    struct fixture *f = *state;

    assert_err(start_log(&f->start, &f->ledger, "/nonexistent/folder", f->folder), ERR_NOT_FOUND);
}

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_goes_on_where_it_was),
        FIXTURE_TEST(test_every_torn_tail),
        FIXTURE_TEST(test_zeros_at_the_end),
        FIXTURE_TEST(test_no_more_is_cut_than_one_batch),
        FIXTURE_TEST(test_damage_before_the_last_signature),
        FIXTURE_TEST(test_a_removed_record),
        FIXTURE_TEST(test_not_a_log),
        FIXTURE_TEST(test_crash_while_the_log_begins),
        FIXTURE_TEST(test_two_at_once),
        FIXTURE_TEST(test_without_its_key),
        FIXTURE_TEST(test_readable_by_others),
        FIXTURE_TEST(test_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
