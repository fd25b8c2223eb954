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

/* --- long logs -------------------------------------------------------------------------------- */

enum { LONG = 2 * LIM_AUDIT_REPEAT + 5000 };

/* A log of LONG records, in batches of all sizes, and one of a single record at the end. */
static int set_up_long(void **state)
{
    struct fixture *f = NULL;

    set_up(state);
    f = *state;
    assert_err(begin(f), ERR_OK);
    for (uint64_t n = 1; f->ledger.seq < LONG - 1; n = n % 200 + 1)
        add(f, f->ledger.seq + n < LONG ? n : LONG - 1 - f->ledger.seq);
    add(f, 1);
    end(f);
    return 0;
}

/* Changes the letters of "tools/call" in that record. */
static void edit(struct fixture *f, uint64_t seq)
{
    struct buf all = BUF_INIT(64 << 20);
    char begins[64];
    size_t at;

    slurp(f->log, &all);
    snprintf(begins, sizeof begins, "\n{\"seq\":%llu,", (unsigned long long)seq);
    at = slice_find(buf_slice(&all), slice_str(begins));
    assert_true(at < all.n);
    at += slice_find(slice_sub(buf_slice(&all), at, all.n), SLICE_LIT("tools/call"));
    all.p[at] = 'T';
    spill(f->log, buf_slice(&all));
    buf_free(&all);
}

static void assert_repeat(struct fixture *f, uint64_t seq, enum err want)
{
    struct msg_audit_append m = record_of(seq);

    assert_err(ledger_take(&f->ledger, &m), want);
}

/* A start knows of a long log what one that read it whole would know: each repeat that can be told
 * is told, and the records go on. */
static void test_long_log_goes_on(void **state)
{
    struct fixture *f = *state;

    assert_err(begin(f), ERR_OK);
    assert_int_equal(f->ledger.seq, LONG);
    assert_int_equal(f->ledger.synced, LONG);
    assert_int_equal(f->ledger.epoch, 3);
    assert_int_equal(f->ledger.marked, LONG - LIM_AUDIT_REPEAT + 1);
    for (uint64_t seq = f->ledger.marked; seq <= LONG; seq++)
        assert_repeat(f, seq, ERR_OK);
    assert_repeat(f, f->ledger.marked - 1, ERR_CORRUPT);
    assert_true(ID_EQ(f->ledger.head, ledger_hash(&f->ledger, LONG)));
    add(f, 3);
    end(f);
    assert_sound(f, LONG + 3);
    assert_err(begin(f), ERR_OK);
    assert_int_equal(f->ledger.seq, LONG + 3);
    end(f);
}

/* An edit among the records that a start reads stops it; an older one is verify's to find. */
static void test_edits_in_a_long_log(void **state)
{
    struct fixture *f = *state;
    struct audit_verdict v;
    int fd;

    edit(f, 100);
    assert_err(begin(f), ERR_OK);
    end(f);
    fd = open(f->log, O_RDONLY);
    assert_err(audit_verify(fd, &f->start.public, NULL, &v), ERR_OK);
    close(fd);
    assert_int_equal(v.fault, AUDIT_EDITED);
    assert_int_equal(v.seq, 100);
    edit(f, LONG - LIM_AUDIT_REPEAT + 1);
    assert_err(begin(f), ERR_CORRUPT);
}

/* Cut anywhere in its last batches, it starts; of what is behind the last head as much is known. */
static void test_torn_long_log(void **state)
{
    struct fixture *f = *state;
    struct buf all = BUF_INIT(64 << 20);

    slurp(f->log, &all);
    for (size_t gone = 1; gone < 6000; gone += 97) {
        uint64_t seq = 0;

        spill(f->log, slice_sub(buf_slice(&all), 0, all.n - gone));
        assert_err(begin(f), ERR_OK);
        seq = f->ledger.seq;
        assert_in_range(seq, LONG - 15, LONG);
        assert_int_equal(f->ledger.marked, seq - LIM_AUDIT_REPEAT + 1);
        assert_repeat(f, f->ledger.marked, ERR_OK);
        end(f);
    }
    buf_free(&all);
}

/* A head that somebody put in, where a start begins: it is signed by nobody. */
static void test_forged_head_in_a_long_log(void **state)
{
    struct fixture *f = *state;
    struct buf all = BUF_INIT(64 << 20), out = BUF_INIT(64 << 20);
    const char *text = "\n{\"head\":1,\"epoch\":1,\"prev\":\"00\",\"sig\":\"00\",\"hash\":\"00\"}";
    char begins[64];
    size_t at;

    slurp(f->log, &all);
    snprintf(begins, sizeof begins, "\n{\"seq\":%d,", LONG - LIM_AUDIT_REPEAT - 1);
    at = slice_find(buf_slice(&all), slice_str(begins));
    assert_true(at < all.n);
    buf_put(&out, slice_sub(buf_slice(&all), 0, at));
    buf_put_str(&out, text);
    buf_put(&out, slice_sub(buf_slice(&all), at, all.n));
    spill(f->log, buf_slice(&out));
    assert_err(begin(f), ERR_CORRUPT);
    buf_free(&all);
    buf_free(&out);
}

/* Bytes that this process has read so far. */
static uint64_t bytes_read(void)
{
    char text[256] = "";
    unsigned long long n = 0;
    int fd = open("/proc/self/io", O_RDONLY);

    assert_true(fd >= 0);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    assert_int_equal(sscanf(text, "rchar: %llu", &n), 1);
    return n;
}

/* However long the log is, a start reads as much of it. */
static void test_a_start_reads_the_end(void **state)
{
    struct fixture *f = *state;
    uint64_t before = bytes_read(), first = 0;
    struct stat st;

    assert_err(begin(f), ERR_OK);
    first = bytes_read() - before;
    for (int i = 0; i < 200; i++)
        add(f, 300);
    end(f);
    assert_int_equal(stat(f->log, &st), 0);
    before = bytes_read();
    assert_err(begin(f), ERR_OK);
    assert_int_equal(f->ledger.seq, LONG + 60000);
    end(f);
    assert_in_range(bytes_read() - before, 1, first + 2 * LEDGER_BATCH_MOST);
    assert_true((uint64_t)st.st_size > 3 * first / 2);
}

#define TL(f) cmocka_unit_test_setup_teardown(f, set_up_long, tear_down)

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
        TL(test_long_log_goes_on),
        TL(test_edits_in_a_long_log),
        TL(test_torn_long_log),
        TL(test_forged_head_in_a_long_log),
        TL(test_a_start_reads_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
