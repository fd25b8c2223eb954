/*
 * Reading the audit log backwards. Run by audit before its jail, on a file that a crash, a bad disk
 * or somebody may have changed since, so nothing is believed of it: a wrong place makes the start
 * fail, or read more than it has to.
 *
 * Records are counted from the last head on, since what stands behind it may be cut off. So there
 * are as many behind the head that is found as a repeat can be told of (ledger.h), and a log that
 * was read from there knows as much as one that was read whole.
 */
#include "audit/tail.h"

#include <errno.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/planted.h"
#include "base/slice.h"
#include "os/alive.h"

enum { CHUNK = 65536, PEEK = 8 /* of a line's beginning, to tell its kind */ };

struct tail {
    int fd;
    uint64_t size, records;
    bool fed, headed; /* a line feed was seen, and a head */
    uint8_t bytes[CHUNK + PEEK];
    size_t n;
};

/* Reads from byte from on, with the beginning of what was read before. */
static enum err fill(struct tail *t, uint64_t from, size_t most)
{
    uint64_t left = t->size - from;

    if (most > left)
        most = (size_t)left;
    t->n = 0;
    while (t->n < most) {
        ssize_t n = pread(t->fd, t->bytes + t->n, most - t->n, (off_t)(from + t->n));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ERR_IO;
        t->n += (size_t)n;
    }
    return ERR_OK;
}

/* The line that begins there; true: it is the one. */
static bool look(struct tail *t, size_t at)
{
    struct slice line = slice_sub(slice_of(t->bytes, t->n), at, at + PEEK);
    uint64_t wanted = PLANTED(start_without_repeats) ? 1 : LIM_AUDIT_REPEAT;

    if (slice_eq(line, SLICE_LIT("{\"head\":"))) {
        if (t->headed && t->records >= wanted)
            return true;
        t->headed = true;
    } else if (t->headed && slice_starts(line, SLICE_LIT("{\"seq\":"))) {
        t->records++;
    }
    return false;
}

/* The line feeds among the first n bytes, from the last one back. */
static bool look_back(struct tail *t, size_t n, size_t *ret_at)
{
    for (size_t i = n; i-- > 0;) {
        if (t->bytes[i] != '\n')
            continue;
        *ret_at = i + 1;
        if (t->fed && look(t, i + 1)) /* what follows the last one is no whole line */
            return true;
        t->fed = true;
    }
    return false;
}

enum err tail_find(int fd, uint64_t size, uint64_t *ret)
{
    struct tail *t = MEM_NEW(struct tail);
    uint64_t end = size, start = 0;
    enum err e = ERR_OK;

    t->fd = fd;
    t->size = size;
    while (!e && end > 0) {
        uint64_t from = end > CHUNK ? end - CHUNK : 0;
        size_t at = 0;

        e = fill(t, from, (size_t)(end - from) + PEEK);
        if (!e && look_back(t, (size_t)(end - from), &at)) {
            start = from + at;
            break;
        }
        end = from;
        alive();
    }
    mem_free(t);
    if (!e)
        *ret = start;
    return e;
}
