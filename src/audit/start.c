/*
 * Opening the audit log. Run by audit before its jail, on a file that a crash, a bad disk or
 * somebody may have changed since. What is removed here can only be of a batch that was not
 * synced: no signed head follows it, and only when one does is a record acknowledged as on disk.
 * Until then the keeper keeps it, and sends it again. Should more be removed after all, the keeper
 * sees it, since it knows the newest record that was.
 */
#include "audit/start.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/key.h"
#include "audit/lines.h"
#include "audit/tail.h"
#include "audit/verify.h"
#include "os/alive.h"
#include "os/clock.h"
#include "os/file.h"

enum { PATH = 512 /* data_dir is shorter by more than the names below it */ };

struct log_reader {
    struct lines lines;
    struct log_walk walk;
    struct ledger *ledger;
    const struct sign_public *public;
    struct buf last_head; /* the text of the newest one */
};

static bool is_good_head(const struct log_reader *r, struct slice text)
{
    struct line l;

    return line_parse(text, &l) == ERR_OK && l.kind == LINE_HEAD && line_hash_is_right(&l) &&
           line_check_signature(&l, r->public) == ERR_OK;
}

/* What begins with this text does not continue the chain. ERR_OK: nothing behind it was ever
 * signed, so it may be cut off. */
static enum err may_be_cut(struct log_reader *r, struct slice text)
{
    enum err e;

    do {
        if (is_good_head(r, text))
            return ERR_CORRUPT;
        e = lines_next(&r->lines, &text);
    } while (!e);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Begins in the middle of the chain, at byte start: with a head, which must be good, since nothing
 * before it is looked at. */
static enum err begin_at(struct log_reader *r, uint64_t start)
{
    struct slice text;
    struct line l;
    enum err e = ERR_OK;

    if (lseek(r->lines.fd, (off_t)start, SEEK_SET) < 0)
        return ERR_IO;
    r->lines.next = start;
    if (start == 0)
        return ERR_OK;
    e = lines_next(&r->lines, &text);
    if (!e && !is_good_head(r, text))
        e = ERR_CORRUPT;
    if (!e)
        e = line_parse(text, &l);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_CORRUPT : e;
    walk_from(&r->walk, &l, r->public);
    ledger_read_from(r->ledger, &l);
    return ERR_OK;
}

/* Follows the chain as far as it goes; *ret_end is where in the file. */
static enum err follow(struct log_reader *r, uint64_t *ret_end)
{
    for (;;) {
        struct slice text;
        struct line l;
        enum audit_fault fault;
        enum err e = lines_next(&r->lines, &text);

        *ret_end = r->lines.offset;
        if (e == ERR_NOT_FOUND)
            return ERR_OK; /* what is left, if anything, is less than a line */
        if (e)
            return e;
        fault = walk_line(&r->walk, text, r->public, &l);
        if (fault != AUDIT_SOUND)
            return r->walk.lines == 0 ? ERR_CORRUPT : may_be_cut(r, text);
        ledger_read(r->ledger, &l);
        alive();
        if (l.kind == LINE_HEAD) {
            buf_clear(&r->last_head);
            buf_put(&r->last_head, text);
        }
    }
}

/* The newest signature covers every hash before it, so it is the only one that is checked here. */
static enum err check_last_head(struct log_reader *r)
{
    if (r->walk.signed_seq == 0 && r->last_head.n == 0)
        return ERR_OK;
    return is_good_head(r, buf_slice(&r->last_head)) ? ERR_OK : ERR_CORRUPT;
}

static enum err read_log(struct start *s, struct ledger *ledger, const char *path,
                         uint64_t *ret_end)
{
    struct log_reader r = {
        .ledger = ledger, .public = &s->public, .last_head = BUF_INIT(LINE_BYTES)};
    uint64_t start = 0;
    int fd = -1;
    enum err e = file_open(path, O_RDONLY, &fd);

    if (e)
        return e;
    r.walk.skip_signatures = true;
    lines_init(&r.lines, fd);
    e = tail_find(fd, ledger->file.size, &start);
    if (!e)
        e = begin_at(&r, start);
    if (!e)
        e = follow(&r, ret_end);
    if (!e)
        e = check_last_head(&r);
    lines_done(&r.lines);
    buf_free(&r.last_head);
    close(fd);
    return e;
}

/* A plain file of ours, of one name, that nobody else may read or write. */
static bool is_ours(const struct stat *st)
{
    return S_ISREG(st->st_mode) && st->st_nlink == 1 && st->st_uid == geteuid() &&
           (st->st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

static enum err open_log(struct start *s, const char *path, uint64_t *ret_size)
{
    struct stat st;
    enum err e = file_open(path, O_WRONLY | O_APPEND | O_CREAT, &s->fd);

    if (e)
        return e;
    if (fstat(s->fd, &st) != 0)
        return ERR_IO;
    if (!is_ours(&st))
        return ERR_FORBIDDEN;
    if (flock(s->fd, LOCK_EX | LOCK_NB) != 0)
        return ERR_EXISTS;
    if (fstat(s->fd, &st) != 0) /* again, since who had the lock may have written */
        return ERR_IO;
    *ret_size = (uint64_t)st.st_size;
    return ERR_OK;
}

/* Removes bytes from end on, which are at most one batch. */
static enum err cut(struct start *s, uint64_t size, uint64_t end)
{
    s->cut = size - end;
    if (s->cut == 0)
        return ERR_OK;
    if (s->cut > LEDGER_BATCH_MOST)
        return ERR_CORRUPT;
    return ftruncate(s->fd, (off_t)end) == 0 && fsync(s->fd) == 0 ? ERR_OK : ERR_IO;
}

/* Ends what a crash left without a signature, or begins the log. A full disk is no reason not to
 * start: what is on disk can be told. */
static enum err complete(struct start *s, struct ledger *ledger, bool is_new)
{
    enum err e;

    if (is_new)
        ledger_begin(ledger, &s->public, clock_wall_ms());
    else if (append_sync(&ledger->file) != ERR_OK)
        return ERR_IO;
    e = ledger_flush(ledger);
    return e == ERR_NO_SPACE && !is_new ? ERR_OK : e;
}

static enum err read_and_complete(struct start *s, struct ledger *ledger, const char *path,
                                  uint64_t size)
{
    uint64_t end = 0;
    enum err e;

    s->wrong = "the log was damaged or edited";
    e = read_log(s, ledger, path, &end);
    if (e)
        return e;
    s->wrong = "the log has more unsigned bytes at its end than one batch";
    e = cut(s, size, end);
    if (e)
        return e;
    ledger->file.size = end;
    ledger->file.room = end;
    s->wrong = "the log cannot be written";
    return complete(s, ledger, end == 0);
}

/* So that the name of a new log survives a power cut. */
static enum err sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed;

    if (fd < 0)
        return ERR_IO;
    failed = fsync(fd);
    close(fd);
    return failed ? ERR_IO : ERR_OK;
}

static enum err open_paths(struct start *s, const char *data_dir, char path[PATH],
                           uint64_t *ret_size)
{
    char folder[PATH];
    enum err e;

    if (snprintf(folder, PATH, "%s/%s", data_dir, AUDIT_FOLDER_NAME) >= PATH ||
        snprintf(path, PATH, "%s/%s", data_dir, AUDIT_LOG_NAME) >= PATH)
        return ERR_TOO_LARGE;
    s->wrong = "the folder of the log cannot be made";
    e = file_mkdir(folder);
    if (e)
        return e;
    s->wrong = "the log cannot be opened, is not ours alone, or is in use";
    e = open_log(s, path, ret_size);
    return !e && *ret_size == 0 ? sync_folder(folder) : e;
}

enum err start_log(struct start *s, struct ledger *ledger, const char *data_dir,
                   const char *key_dir)
{
    char path[PATH];
    uint64_t size = 0;
    enum err e;

    *s = (struct start){.fd = -1, .wrong = "the path of the log is too long"};
    e = open_paths(s, data_dir, path, &size);
    if (!e)
        e = key_load(key_dir, size == 0, &s->key, &s->public, &s->wrong);
    if (!e) {
        ledger_init(ledger, s->fd, size, s->key, &APPEND_CALLS);
        e = read_and_complete(s, ledger, path, size);
        if (e)
            ledger_done(ledger);
    }
    if (e) {
        sec_free(s->key);
        s->key = NULL;
        if (s->fd >= 0)
            close(s->fd);
        s->fd = -1;
    }
    return e;
}
