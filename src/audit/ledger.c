/*
 * Which records are in the log. Run by audit; fed by keeper, whose numbering it holds the keeper
 * to. What was once in a batch is written exactly as it is, in the end, even if a full disk cuts
 * the write in two.
 */
#include "audit/ledger.h"

#include "audit/record.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/planted.h"

void ledger_init(struct ledger *l, int fd, uint64_t size, const struct sec *key,
                 const struct append_calls *calls)
{
    *l = (struct ledger){.key = key, .pending = BUF_INIT(LEDGER_BATCH_MOST)};
    append_init(&l->file, fd, size, calls);
    l->marks = mem_zalloc_array(LIM_AUDIT_REPEAT, sizeof *l->marks);
}

void ledger_done(struct ledger *l)
{
    buf_free(&l->pending);
    mem_free(l->marks);
    l->marks = NULL;
}

static struct ledger_mark *mark_of(const struct ledger *l, uint64_t seq)
{
    return &l->marks[seq % LIM_AUDIT_REPEAT];
}

static void add_record(struct ledger *l, uint64_t seq, uint64_t epoch, struct ledger_mark mark)
{
    *mark_of(l, seq) = mark;
    if (l->marked == 0)
        l->marked = seq;
    else if (seq - l->marked >= LIM_AUDIT_REPEAT)
        l->marked = seq - LIM_AUDIT_REPEAT + 1;
    l->seq = seq;
    l->epoch = epoch;
    l->last = mark.hash;
    l->headed = false;
}

static void set_synced(struct ledger *l)
{
    l->synced = l->written = l->seq;
    if (l->seq > 0)
        l->head = mark_of(l, l->seq)->hash;
}

void ledger_read(struct ledger *l, const struct line *line)
{
    if (line->kind == LINE_RECORD)
        add_record(l, line->seq, line->epoch, (struct ledger_mark){line->prev, line->hash});
    l->last = line->hash;
    l->headed = line->kind == LINE_HEAD;
    if (l->headed)
        set_synced(l);
}

void ledger_read_from(struct ledger *l, const struct line *head)
{
    l->seq = head->seq;
    l->epoch = head->epoch;
    l->last = head->hash;
    l->headed = true;
}

void ledger_begin(struct ledger *l, const struct sign_public *public, uint64_t time)
{
    line_put_first(&l->pending, public, time, &l->last);
}

static enum err take_repeat(struct ledger *l, const struct msg_audit_append *m)
{
    struct buf line = BUF_INIT(LINE_BYTES);
    const struct ledger_mark *mark = mark_of(l, m->seq);
    struct digest hash;

    if (m->seq < l->marked || l->marked == 0)
        return ERR_CORRUPT;
    record_put(&line, m, &mark->prev, &hash);
    buf_free(&line);
    return ID_EQ(hash, mark->hash) ? ERR_OK : ERR_CORRUPT;
}

enum err ledger_take(struct ledger *l, const struct msg_audit_append *m)
{
    struct ledger_mark mark = {.prev = l->last};

    if (m->seq <= l->seq)
        return take_repeat(l, m);
    if (l->stuck)
        return ERR_NO_SPACE;
    if (m->seq != l->seq + 1)
        return ERR_AGAIN;
    BUG_IF(ledger_is_full(l));
    record_put(&l->pending, m, &mark.prev, &mark.hash);
    add_record(l, m->seq, m->epoch, mark);
    return ERR_OK;
}

struct digest ledger_hash(const struct ledger *l, uint64_t seq)
{
    BUG_IF(seq < l->marked || l->marked == 0 || seq > l->seq);
    return mark_of(l, seq)->hash;
}

bool ledger_is_full(const struct ledger *l)
{
    return l->pending.n + l->unsynced >= LEDGER_BATCH;
}

static void put_head(struct ledger *l)
{
    struct line_head head = {l->seq, l->epoch, l->last};

    line_put_head(&l->pending, &head, l->key, &l->last);
    l->headed = true;
}

enum err ledger_write(struct ledger *l)
{
    size_t n = l->pending.n;
    enum err e = ERR_OK;

    append_reserve(&l->file, n);
    if (n > 0)
        e = append_write(&l->file, &l->pending);
    l->unsynced += n - l->pending.n;
    if (PLANTED(unwritten_acked))
        e = ERR_OK;
    l->stuck = e == ERR_NO_SPACE;
    if (!e)
        l->written = l->seq;
    return e;
}

static enum err sync(struct ledger *l)
{
    l->unsynced = 0;
    return append_sync(&l->file);
}

/* A head is written behind what is on disk: one that a power cut left behind a hole would look like
 * an edit, which is never cut off. */
enum err ledger_flush(struct ledger *l)
{
    enum err e = ledger_write(l);

    if (!e && !l->headed) {
        if (!PLANTED(head_before_sync))
            e = sync(l);
        put_head(l);
        if (!e)
            e = ledger_write(l);
    }
    if (e || l->unsynced == 0)
        return e;
    e = sync(l);
    if (!e)
        set_synced(l);
    return e;
}
