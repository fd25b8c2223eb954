/* Tests of src/audit/ledger.c and append.c: order, repeats, and what happens on a full or broken
 * disk. */
#include "logs.h"

#include <errno.h>

#include "audit/verify.h"
#include "base/limits.h"

/* A disk with so many bytes left, of which some are reserved; everything else it does is real. */
static struct {
    uint64_t room;    /* bytes that can be written in all, reserved ones among them */
    uint64_t free;    /* bytes that can be reserved besides */
    bool unsupported; /* no fallocate here */
    bool broken;      /* fdatasync and write fail */
    unsigned syncs;
    unsigned writes;
    unsigned synced; /* before the last write */
} disk;

static ssize_t disk_write_call(int fd, const void *p, size_t n)
{
    disk.writes++;
    disk.synced = disk.syncs;
    if (disk.broken) {
        errno = EIO;
        return -1;
    }
    if (disk.room == 0) {
        errno = ENOSPC;
        return -1;
    }
    if (n > disk.room)
        n = disk.room;
    disk.room -= n;
    return write(fd, p, n);
}

static int disk_sync_call(int fd)
{
    disk.syncs++;
    if (disk.broken) {
        errno = EIO;
        return -1;
    }
    return fdatasync(fd);
}

static int disk_allocate_call(int fd, int mode, off_t offset, off_t n)
{
    struct stat st;

    assert_int_equal(mode, FALLOC_FL_KEEP_SIZE);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(offset, st.st_size); /* never over what is written */
    if (disk.unsupported)
        errno = EOPNOTSUPP;
    else if ((uint64_t)n > disk.free)
        errno = ENOSPC;
    return disk.unsupported || (uint64_t)n > disk.free ? -1 : 0;
}

static int disk_free_call(int fd, struct statfs *ret)
{
    return fstatfs(fd, ret);
}

static const struct append_calls CALLS = {disk_write_call, disk_sync_call, disk_allocate_call,
                                          disk_free_call};

struct fixture {
    char folder[64];
    char path[80];
    int fd;
    struct sec *key;
    struct sign_public public;
    struct ledger ledger;
};

static int set_up(void **state)
{
    struct fixture *f = MEM_NEW(struct fixture);

    memset(&disk, 0, sizeof disk);
    disk.room = disk.free = UINT64_MAX;
    scratch_make(f->folder);
    snprintf(f->path, sizeof f->path, "%s/log", f->folder);
    f->fd = open(f->path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    f->key = key_of_byte(1, &f->public);
    ledger_init(&f->ledger, f->fd, 0, f->key, &CALLS);
    ledger_begin(&f->ledger, &f->public, 0);
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    ledger_done(&f->ledger);
    sec_free(f->key);
    close(f->fd);
    scratch_remove(f->folder);
    mem_free(f);
    return 0;
}

static enum err take(struct fixture *f, uint64_t seq)
{
    struct msg_audit_append m = record_of(seq);

    return ledger_take(&f->ledger, &m);
}

/* The file holds records 1 to seq, in order, signed, and the ledger says the same of it. */
static void assert_log(struct fixture *f, uint64_t seq)
{
    struct audit_verdict v;
    struct audit_known known = {f->ledger.synced, f->ledger.head};
    int fd = open(f->path, O_RDONLY);

    assert_true(fd >= 0);
    assert_err(audit_verify(fd, &f->public, &known, &v), ERR_OK);
    close(fd);
    assert_string_equal(audit_fault_sentence(v.fault), audit_fault_sentence(AUDIT_SOUND));
    assert_int_equal(v.records, seq);
    assert_int_equal(v.signed_seq, seq);
    assert_int_equal(v.torn, 0);
    assert_int_equal(f->ledger.synced, seq);
    assert_true(ID_EQ(v.head, f->ledger.head));
}

/* And its head is another, when it is on disk: a good head behind a hole would be taken for an
 * edit. */
static void test_one_batch_is_one_write_and_its_head(void **state)
{
    struct fixture *f = *state;

    disk.writes = disk.syncs = 0;
    for (uint64_t seq = 1; seq <= 100; seq++)
        assert_err(take(f, seq), ERR_OK);
    assert_int_equal(disk.writes, 0);
    assert_int_equal(f->ledger.synced, 0); /* nothing is said to be there before it is */
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    assert_int_equal(disk.writes, 2);
    assert_int_equal(disk.synced, 1);
    assert_int_equal(disk.syncs, 2);
    assert_log(f, 100);
    assert_err(ledger_flush(&f->ledger), ERR_OK); /* nothing to do */
    assert_int_equal(disk.syncs, 2);
    assert_log(f, 100);
}

static void test_gaps_are_refused(void **state)
{
    static const uint64_t wrong[] = {2, 3, 1000, UINT64_MAX};
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_err(take(f, wrong[i]), ERR_AGAIN);
    assert_err(take(f, 1), ERR_OK);
    assert_err(take(f, 3), ERR_AGAIN);
    assert_err(take(f, 2), ERR_OK);
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    assert_log(f, 2);
}

static void test_repeats_are_taken_once(void **state)
{
    struct fixture *f = *state;

    assert_err(take(f, 1), ERR_OK);
    assert_err(take(f, 1), ERR_OK); /* while it waits */
    assert_err(take(f, 2), ERR_OK);
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    for (unsigned i = 0; i < 3; i++) {
        assert_err(take(f, 1), ERR_OK);
        assert_err(take(f, 2), ERR_OK);
        assert_err(ledger_flush(&f->ledger), ERR_OK);
        assert_log(f, 2);
    }
    assert_err(take(f, 3), ERR_OK);
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    assert_log(f, 3);
}

static void test_a_repeat_must_be_the_same(void **state)
{
    struct fixture *f = *state;
    struct msg_audit_append m;

    for (uint64_t seq = 1; seq <= 3; seq++)
        assert_err(take(f, seq), ERR_OK);
    m = record_of(2);
    m.detail = SLICE_LIT("something else");
    assert_err(ledger_take(&f->ledger, &m), ERR_CORRUPT);
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    assert_err(ledger_take(&f->ledger, &m), ERR_CORRUPT);
    m = record_of(3);
    m.epoch++;
    assert_err(ledger_take(&f->ledger, &m), ERR_CORRUPT);
    assert_err(take(f, 0), ERR_CORRUPT); /* there is no record 0 */
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    assert_log(f, 3);
}

static void test_very_old_repeats_cannot_be_told(void **state)
{
    struct fixture *f = *state;
    uint64_t last = LIM_AUDIT_REPEAT + 10;

    for (uint64_t seq = 1; seq <= last; seq++) {
        if (ledger_is_full(&f->ledger))
            assert_err(ledger_flush(&f->ledger), ERR_OK);
        assert_err(take(f, seq), ERR_OK);
    }
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    assert_log(f, last);
    assert_err(take(f, last - LIM_AUDIT_REPEAT), ERR_CORRUPT);
    assert_err(take(f, last - LIM_AUDIT_REPEAT + 1), ERR_OK);
    assert_err(take(f, last), ERR_OK);
}

static void test_low_while_the_reserve_cannot_be_kept(void **state)
{
    struct fixture *f = *state;
    uint64_t seq = 0;

    disk.free = 0; /* full, but for what was reserved at the start */
    while (!f->ledger.file.low && seq < 20000) {
        assert_err(take(f, ++seq), ERR_OK);
        assert_err(ledger_flush(&f->ledger), ERR_OK);
    }
    assert_true(f->ledger.file.low);
    assert_true(f->ledger.file.room - f->ledger.file.size > LIM_AUDIT_RESERVE - LINE_BYTES * 2);
    /* What ends something is still recorded: the reserve is there for it. */
    for (unsigned i = 0; i < 100; i++)
        assert_err(take(f, ++seq), ERR_OK);
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    assert_log(f, seq);
    assert_true(f->ledger.file.low);
    disk.free = LIM_AUDIT_RESERVE + LINE_BYTES; /* just enough */
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    assert_false(f->ledger.file.low);
}

/* The write of a batch is cut off at every byte: nothing is acknowledged, nothing is lost, and the
 * file is whole in the end. */
static void full_at(struct fixture *f, uint64_t room)
{
    uint64_t seq = f->ledger.seq;

    disk.room = room;
    disk.free = 0;
    assert_err(take(f, seq + 1), ERR_OK);
    assert_err(take(f, seq + 2), ERR_OK);
    assert_err(ledger_flush(&f->ledger), ERR_NO_SPACE);
    assert_true(f->ledger.file.low);
    assert_int_equal(f->ledger.synced, seq);
    assert_err(take(f, seq + 3), ERR_NO_SPACE);
    assert_err(take(f, seq + 1), ERR_OK); /* the keeper sends again what was not acknowledged */
    assert_err(ledger_flush(&f->ledger), ERR_NO_SPACE);
    disk.room = disk.free = UINT64_MAX;
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    assert_false(f->ledger.file.low);
    assert_log(f, seq + 2);
    assert_err(take(f, seq + 3), ERR_OK);
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    assert_log(f, seq + 3);
}

static void test_full_in_the_middle_of_a_batch(void **state)
{
    struct fixture *f = *state;
    size_t before = f->ledger.file.size;
    size_t batch;

    assert_err(take(f, 1), ERR_OK);
    assert_err(take(f, 2), ERR_OK);
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    batch = f->ledger.file.size - before;
    for (size_t room = 0; room < batch; room += 7)
        full_at(f, room);
    full_at(f, batch - 1);
}

static void test_full_without_a_reserve(void **state)
{
    struct fixture *f = *state;

    disk.unsupported = true;
    f->ledger.file.room = 0;
    assert_err(take(f, 1), ERR_OK);
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    assert_false(f->ledger.file.low);
    assert_true(f->ledger.file.no_reserve);
    full_at(f, 100);
}

static void test_a_broken_disk_is_not_asked_again(void **state)
{
    struct fixture *f = *state;

    assert_err(take(f, 1), ERR_OK);
    disk.broken = true;
    assert_err(ledger_flush(&f->ledger), ERR_IO);
    assert_int_equal(f->ledger.synced, 0);
}

/* What is written is in the file, and counts as on disk when a head is behind it and both are
 * synced: before that no more than a start may cut off. */
static void test_written_and_synced_later(void **state)
{
    struct fixture *f = *state;
    uint64_t seq = 0, before = f->ledger.file.size;

    disk.syncs = 0;
    while (!ledger_is_full(&f->ledger)) {
        assert_err(take(f, ++seq), ERR_OK);
        assert_err(ledger_write(&f->ledger), ERR_OK);
        assert_int_equal(f->ledger.written, seq);
    }
    assert_int_equal(disk.syncs, 0);
    assert_int_equal(f->ledger.synced, 0);
    assert_true(f->ledger.file.size - before < LEDGER_BATCH_MOST - 2 * LINE_BYTES);
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    assert_int_equal(disk.syncs, 2);
    assert_false(ledger_is_full(&f->ledger));
    assert_log(f, seq);
}

/* A head that a full disk cuts off is synced with what follows, also when that only writes it. */
static void test_a_head_that_was_cut_off(void **state)
{
    struct fixture *f = *state;

    assert_err(take(f, 1), ERR_OK);
    assert_err(ledger_write(&f->ledger), ERR_OK);
    disk.room = 10;
    disk.free = 0;
    assert_err(ledger_flush(&f->ledger), ERR_NO_SPACE);
    assert_int_equal(f->ledger.synced, 0);
    disk.room = disk.free = UINT64_MAX;
    assert_err(ledger_write(&f->ledger), ERR_OK);
    assert_int_equal(f->ledger.synced, 0);
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    assert_log(f, 1);
}

static void test_full_batches_are_seen(void **state)
{
    struct fixture *f = *state;
    uint64_t seq = 0;

    while (!ledger_is_full(&f->ledger))
        assert_err(take(f, ++seq), ERR_OK);
    assert_true(f->ledger.pending.n < LEDGER_BATCH_MOST - 2 * LINE_BYTES);
    assert_err(ledger_flush(&f->ledger), ERR_OK);
    assert_false(ledger_is_full(&f->ledger));
    assert_log(f, seq);
}

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_one_batch_is_one_write_and_its_head),
        FIXTURE_TEST(test_gaps_are_refused),
        FIXTURE_TEST(test_repeats_are_taken_once),
        FIXTURE_TEST(test_a_repeat_must_be_the_same),
        FIXTURE_TEST(test_very_old_repeats_cannot_be_told),
        FIXTURE_TEST(test_low_while_the_reserve_cannot_be_kept),
        FIXTURE_TEST(test_full_in_the_middle_of_a_batch),
        FIXTURE_TEST(test_full_without_a_reserve),
        FIXTURE_TEST(test_a_broken_disk_is_not_asked_again),
        FIXTURE_TEST(test_written_and_synced_later),
        FIXTURE_TEST(test_a_head_that_was_cut_off),
        FIXTURE_TEST(test_full_batches_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
