/*
 * The file of the audit log: appending, syncing, and a reserve of disk blocks behind its end, so
 * that on a full disk there is still room to record what ends something.
 */
#ifndef SG_AUDIT_APPEND_H
#define SG_AUDIT_APPEND_H

#include <sys/types.h>
#include <sys/vfs.h>

#include "base/buf.h"

/* What it asks of the kernel; a table, so that tests can have a full or a broken disk. */
struct append_calls {
    ssize_t (*write)(int fd, const void *p, size_t n);
    int (*fdatasync)(int fd);
    int (*fallocate)(int fd, int mode, off_t offset, off_t n);
    int (*fstatfs)(int fd, struct statfs *ret);
};
extern const struct append_calls APPEND_CALLS; /* the real ones */

struct append_file {
    int fd;          /* open for appending; not owned */
    uint64_t size;   /* bytes in it */
    uint64_t room;   /* up to where blocks are known to be reserved */
    bool low;        /* the reserve cannot be kept: the disk is full */
    bool no_reserve; /* the file system has no such thing: fullness shows only when writing fails */
    const struct append_calls *calls;
};

void append_init(struct append_file *f, int fd, uint64_t size, const struct append_calls *calls);
/* Sees to it that LIM_AUDIT_RESERVE bytes would still be there after n more; sets f->low. */
void append_reserve(struct append_file *f, size_t n);
/* Bytes that are free on its disk; UINT64_MAX when that cannot be said. */
uint64_t append_free(const struct append_file *f);
/* Writes pending, and takes out of it what is written. ERR_NO_SPACE: the rest is still in it and
 * must come before anything else; ERR_IO. */
MUST_USE enum err append_write(struct append_file *f, struct buf *pending);
/* Puts what was appended on the disk. ERR_IO: it is unknown what is there now, and asking again
 * would not tell. */
MUST_USE enum err append_sync(const struct append_file *f);

#endif
